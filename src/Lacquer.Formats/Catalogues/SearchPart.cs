using System.Text;
using Lacquer.Formats.Identity;

namespace Lacquer.Formats.Catalogues;

/// <summary>
/// A part of what a <see cref="SearchBuilder"/> is made from, for one thread at a time: of each kind of entity the ranks behind those of the part before. Texts are UTF-8, one name a line; bytes that are not
/// count as separators.
/// </summary>
public sealed class SearchPart
{
    // Longer tokens are rare and hardly recur.
    private const int LongestKept = 256;

    // However little memory is allowed, runs are not smaller than this, nor than these many bytes for each term known.
    private const int LeastRunBytes = 512 << 10;
    private const int LeastRunBytesOfTerm = 64;

    // Words that are looked up together.
    private const int MostWaiting = 16;

    // What a byte does to a word: zero parts words; an apostrophe is passed over; a byte that is not ASCII needs the long way; letters and digits stand for themselves, in lower case.
    private const byte Passed = 1, Other = 2;
    private static readonly byte[] Classes = [.. Enumerable.Range(0, 256).Select(Class)];

    private readonly SearchBuilder _builder;
    private readonly string _scratch;
    private readonly long _memoryBytes;
    private readonly long _keptBytes;
    private readonly ByteStrings _terms;
    private readonly ByteStrings _tokens = new();
    private readonly NumberLists _termsOfTokens = new();
    private readonly NumberLists _termsOfCredits = new();
    private readonly NumberLists _termsOfReleases = new();
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
    private readonly List<string> _found = [];
    private readonly byte[] _words = new byte[SearchTerms.LongestTerm * MostWaiting];
    private readonly int[] _ends = new int[MostWaiting];
    private readonly uint[] _hashes = new uint[MostWaiting];
    private int _waiting;
    private readonly byte[] _termBytes = new byte[SearchTerms.LongestTerm * 3];
    private int[] _ids = new int[256];
    private int _count;
    private int _runs;

    /// <summary>Begins a part.</summary>
    /// <param name="builder">What it is a part of.</param>
    /// <param name="terms">The terms of all parts.</param>
    /// <param name="scratch">How the names of files begin in which posting lists are set aside.</param>
    /// <param name="memoryBytes">How much memory to use, about.</param>
    internal SearchPart(SearchBuilder builder, ByteStrings terms, string scratch, long memoryBytes)
    {
        (_builder, _terms, _scratch, _memoryBytes) = (builder, terms, scratch, memoryBytes);
        _keptBytes = Math.Clamp(memoryBytes / 8, 1 << 22, 1 << 28);
    }

    internal SearchKind Recordings { get; } = new(EntityKind.Recording);

    internal SearchKind Releases { get; } = new(EntityKind.Release);

    internal SearchKind Artists { get; } = new(EntityKind.Artist);

    /// <summary>The kinds in the order in which they are written.</summary>
    internal IEnumerable<SearchKind> Kinds => new[] { Recordings, Releases, Artists }.OrderBy(kind => kind.Of);

    /// <summary>A credit, before the entities that have it, whatever part these are of.</summary>
    /// <param name="id">Its number, above the last one's; four bytes are taken for all numbers between those of a part.</param>
    /// <param name="utf8">The credit as printed, and the artists' names, one a line.</param>
    public void Credit(long id, ReadOnlySpan<byte> utf8)
    {
        _count = 0;
        Collect(utf8);
        _termsOfCredits.Add(id, _ids.AsSpan(0, _count));
    }

    /// <summary>The next artist.</summary>
    /// <param name="rank">Its rank, from 1.</param>
    /// <param name="utf8">All its names, one a line.</param>
    public void Artist(long rank, ReadOnlySpan<byte> utf8)
    {
        _count = 0;
        Collect(utf8);
        Add(Artists, rank);
    }

    /// <summary>The next release, before all recordings, whatever part these are of.</summary>
    /// <param name="rank">Its rank, from 1.</param>
    /// <param name="utf8">Its title and other titles, one a line.</param>
    /// <param name="credit">Its credit.</param>
    public void Release(long rank, ReadOnlySpan<byte> utf8, long? credit)
    {
        if (Recordings.Last > 0)
            throw new InvalidOperationException("all releases come before the first recording");
        SearchKind.Check(rank, Releases.Last);
        _count = 0;
        Collect(utf8);
        _termsOfReleases.Add(rank, _ids.AsSpan(0, _count));
        AddCredit(credit);
        Add(Releases, rank);
    }

    /// <summary>The next recording.</summary>
    /// <param name="rank">Its rank, from 1.</param>
    /// <param name="utf8">Its title and other titles, one a line.</param>
    /// <param name="credit">Its credit.</param>
    /// <param name="releases">Its releases, best known first; the first <see cref="SearchTexts.MostReleases"/> are used.</param>
    public void Recording(long rank, ReadOnlySpan<byte> utf8, long? credit, ReadOnlySpan<uint> releases)
    {
        _count = 0;
        Collect(utf8);
        AddCredit(credit);
        for (var i = 0; i < releases.Length && i < SearchTexts.MostReleases; i++)
            foreach (var part in _builder.All)
                if (part._termsOfReleases.TryCopyTo(releases[i], ref _ids, ref _count))
                    break;
        Add(Recordings, rank);
    }

    /// <summary>Forgets what only pushing needs.</summary>
    internal void Forget()
    {
        _tokens.Clear();
        _termsOfTokens.Clear();
        _termsOfCredits.Clear();
        _termsOfReleases.Clear();
    }

    private static byte Class(int letter) => letter switch
    {
        '\'' => Passed,
        >= 0x80 => Other,
        _ when char.IsAsciiLetterOrDigit((char)letter) => (byte)char.ToLowerInvariant((char)letter),
        _ => 0,
    };

    private void AddCredit(long? credit)
    {
        if (credit is not { } id)
            return;
        foreach (var part in _builder.All)
            if (part._termsOfCredits.TryCopyTo(id, ref _ids, ref _count))
                break;
    }

    /// <summary>Adds the terms of a text; a term may come several times.</summary>
    private void Collect(ReadOnlySpan<byte> utf8)
    {
        // No line of it can be too long.
        if (utf8.Length <= SearchText.LongestText)
        {
            CollectLine(utf8);
            return;
        }

        foreach (var line in utf8.Split((byte)'\n'))
            CollectLine(Cut(utf8[line]));
    }

    private void CollectLine(ReadOnlySpan<byte> line)
    {
        var classes = Classes;
        var words = _words;
        var (start, from, to, isOther) = (0, 0, 0, false);
        for (var i = 0; i <= line.Length; i++)
        {
            var letter = i < line.Length ? classes[line[i]] : (byte)0;
            if (letter > Other)
            {
                if (to < from + SearchTerms.LongestTerm)
                    words[to++] = letter;
            }
            else if (letter == 0)
            {
                if (isOther)
                {
                    to = from;
                    CollectToken(line[start..i]);
                }
                else if (to > from)
                {
                    var hash = ByteStrings.Hash(words.AsSpan(from, to - from));
                    _terms.Prefetch(hash);
                    (_hashes[_waiting], _ends[_waiting]) = (hash, from = to);
                    if (++_waiting == MostWaiting)
                        from = to = LookUp();
                }

                (start, isOther) = (i + 1, false);
            }
            else if (letter == Other)
            {
                isOther = true;
            }
        }

        LookUp();
    }

    // A line's words are looked up together, when what the look-up needs has had time to come from memory.
    private int LookUp()
    {
        var start = 0;
        for (var i = 0; i < _waiting; i++)
            _terms.PrefetchLikely(_hashes[i]);
        for (var i = 0; i < _waiting; i++)
        {
            Push(_terms.Add(_words.AsSpan(start, _ends[i] - start), _hashes[i], out _));
            start = _ends[i];
        }

        return _waiting = 0;
    }

    // Folding and transliterating takes microseconds, and tokens recur.
    private void CollectToken(ReadOnlySpan<byte> token)
    {
        if (token.Length > LongestKept)
        {
            CollectTerms(token);
            return;
        }

        var number = _tokens.Add(token, ByteStrings.Hash(token), out var isNew);
        if (!isNew)
        {
            _termsOfTokens.TryCopyTo(number, ref _ids, ref _count);
            return;
        }

        var before = _count;
        CollectTerms(token);
        _termsOfTokens.Add(number, _ids.AsSpan(before, _count - before));
        if (_tokens.Bytes + _termsOfTokens.Bytes > _keptBytes)
        {
            _tokens.Clear();
            _termsOfTokens.Clear();
        }
    }

    private void CollectTerms(ReadOnlySpan<byte> token)
    {
        SearchTerms.AddTo(Encoding.UTF8.GetString(token), _seen, _found);
        foreach (var found in _found)
        {
            var term = _termBytes.AsSpan(0, Encoding.UTF8.GetBytes(found, _termBytes));
            Push(_terms.Add(term, ByteStrings.Hash(term), out _));
        }
    }

    private void Push(int id)
    {
        if (_count == _ids.Length)
            Array.Resize(ref _ids, _count * 2);
        _ids[_count++] = id;
    }

    /// <summary>As much of a line as counts: so many UTF-16 code units.</summary>
    private static ReadOnlySpan<byte> Cut(ReadOnlySpan<byte> line)
    {
        if (line.Length <= SearchText.LongestText)
            return line;
        var bytes = 0;
        for (var units = 0; bytes < line.Length;)
        {
            Rune.DecodeFromUtf8(line[bytes..], out var rune, out var used);
            units += rune.Utf16SequenceLength;
            if (units > SearchText.LongestText)
                break;
            bytes += used;
        }

        return line[..bytes];
    }

    private void Add(SearchKind kind, long rank)
    {
        kind.Add(rank, _ids.AsSpan(0, _count));
        var lists = Recordings.Lists.Bytes + Releases.Lists.Bytes + Artists.Lists.Bytes;
        if (lists > LeastRunBytes && lists > MostListBytes())
            SetAside();
    }

    private long MostListBytes()
    {
        var others = _terms.Bytes / _builder.All.Length + _tokens.Bytes + _termsOfTokens.Bytes + _termsOfCredits.Bytes + _termsOfReleases.Bytes;
        return Math.Max(Math.Max(_memoryBytes - others, _memoryBytes / 4), (long)_terms.Count * LeastRunBytesOfTerm);
    }

    // Other parts may add terms meanwhile, which have no lists here.
    private void SetAside()
    {
        foreach (var kind in Kinds)
        {
            kind.Lists.Flush();
            if (kind.Lists.Postings > 0)
                kind.SetAside(FormattableString.Invariant($"{_scratch}{++_runs:000000}.run"), SearchTermOrder.Of(_terms, kind.Lists.Terms()));
        }

        // Nobody tells the collector of our limit: the blocks of new lists would come on top of these.
        GC.Collect();
    }
}
