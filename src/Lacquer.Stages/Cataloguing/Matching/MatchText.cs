using System.Text;
using Lacquer.Formats.Catalogues;

namespace Lacquer.Stages.Cataloguing.Matching;

/// <summary>
/// Titles and names made comparable for matching, as hashes. Words are folded (<see cref="SearchText.Fold"/>); a guest ("feat. …") and what only says that a recording was remastered, with its year, are left
/// out, as sources differ in whether they say so. Everything else counts: a live version is not the studio's. One for each thread.
/// </summary>
internal sealed class MatchText
{
    private const int MostWords = 256;
    private const int MostKept = 1 << 16;
    private const ulong Prime = 0x9E3779B97F4A7C15;

    private static readonly ulong Feat = Word("feat"), Ft = Word("ft"), Featuring = Word("featuring"), Remaster = Word("remaster"), Remastered = Word("remastered");

    private readonly Dictionary<string, string> _folded = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string>.AlternateLookup<ReadOnlySpan<char>> _foldedBySpan;
    private readonly ulong[] _words = new ulong[MostWords];
    private readonly bool[] _isYear = new bool[MostWords];
    private char[] _letters = new char[1024];
    private int _count;

    public MatchText() => _foldedBySpan = _folded.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>The hash of a title or name, never 0 unless nothing is left of it.</summary>
    public ulong Hash(ReadOnlySpan<byte> utf8)
    {
        _count = 0;
        if (Ascii.IsValid(utf8))
        {
            AddAscii(utf8);
        }
        else
        {
            if (_letters.Length < utf8.Length)
                _letters = new char[utf8.Length * 2];
            var text = _letters.AsSpan(0, Encoding.UTF8.GetChars(utf8, _letters));
            // Folding knows no context beyond a space, and words recur.
            foreach (var range in text.Split(' '))
                AddFolded(Folded(text[range]));
        }

        return Combine();
    }

    private string Folded(ReadOnlySpan<char> token)
    {
        if (_foldedBySpan.TryGetValue(token, out var kept))
            return kept;
        if (_folded.Count >= MostKept)
            _folded.Clear();
        var text = token.ToString();
        return _folded[text] = SearchText.Fold(text);
    }

    private void AddAscii(ReadOnlySpan<byte> text)
    {
        ulong hash = 0;
        var (length, digits) = (0, 0);
        foreach (var letter in text)
        {
            if (char.IsAsciiLetterOrDigit((char)letter))
            {
                var folded = letter is >= (byte)'A' and <= (byte)'Z' ? (byte)(letter | 0x20) : letter;
                hash = Step(hash, folded);
                length++;
                digits += folded <= '9' ? 1 : 0;
            }
            else if (letter != '\'' && length > 0)
            {
                Add(hash, length, digits);
                (hash, length, digits) = (0, 0, 0);
            }
        }

        if (length > 0)
            Add(hash, length, digits);
    }

    private void AddFolded(string folded)
    {
        ulong hash = 0;
        var (length, digits) = (0, 0);
        foreach (var letter in folded)
        {
            if (letter != ' ')
            {
                hash = Step(hash, letter);
                length++;
                digits += char.IsAsciiDigit(letter) ? 1 : 0;
            }
            else if (length > 0)
            {
                Add(hash, length, digits);
                (hash, length, digits) = (0, 0, 0);
            }
        }

        if (length > 0)
            Add(hash, length, digits);
    }

    private void Add(ulong hash, int length, int digits)
    {
        if (_count == MostWords)
            return;
        _words[_count] = hash;
        _isYear[_count++] = length == 4 && digits == 4;
    }

    private ulong Combine()
    {
        ulong all = 0;
        var kept = 0;
        for (var i = 0; i < _count; i++)
        {
            var word = _words[i];
            if (kept > 0 && (word == Feat || word == Ft || word == Featuring))
                break;
            if (kept > 0 && (IsRemaster(word) || (_isYear[i] && ((i + 1 < _count && IsRemaster(_words[i + 1])) || IsRemaster(_words[i - 1])))))
                continue;
            all = (all ^ word) * Prime;
            all ^= all >> 29;
            kept++;
        }

        return kept == 0 ? 0 : Math.Max(all, 1);
    }

    private static bool IsRemaster(ulong word) => word == Remaster || word == Remastered;

    private static ulong Step(ulong hash, uint letter)
    {
        hash = (hash ^ letter ^ 0x51_7C_C1) * Prime;
        return hash ^ (hash >> 32);
    }

    private static ulong Word(string text)
    {
        ulong hash = 0;
        foreach (var letter in text)
            hash = Step(hash, letter);
        return hash;
    }
}
