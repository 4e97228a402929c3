using System.Globalization;
using System.Text;

namespace Lacquer.Formats.Catalogues;

/// <summary>
/// The terms of a text: what stands in the index and what a query is made of. Words are folded (<see cref="SearchText.Fold"/>); a run of Han, Kana, Hangul or Bopomofo letters,
/// which is written without spaces between words, becomes its pairs of neighbours and its last letter, so that any one or two of its letters find it.
/// Beside words in other scripts stand their Latin transliterations (AnyAscii), except for Han, whose reading depends on the language.
/// </summary>
public static class SearchTerms
{
    /// <summary>UTF-16 code units of the longest term; a longer word is cut.</summary>
    public const int LongestTerm = 64;

    /// <summary>The program that transliterates, and its version.</summary>
    internal const string Transliteration = "AnyAscii 0.3.3";

    private const int HangulBase = 0xAC00, LeadBase = 0x1100, VowelBase = 0x1161, TailBase = 0x11A7;
    private const int LeadCount = 19, VowelCount = 21, TailCount = 28;

    /// <summary>The distinct terms by which a text is found, in the order they are met: as written, then transliterated.</summary>
    public static IReadOnlyCollection<string> Of(string text)
    {
        var terms = new HashSet<string>(StringComparer.Ordinal);
        var found = new List<string>();
        AddTo(text, terms, found);
        return found;
    }

    /// <summary>
    /// The terms of a text into reused collections, which are cleared first. They are the terms of its tokens, which stand between <see cref="IsSeparator">separators</see>; of each line the first
    /// <see cref="SearchText.LongestText"/> UTF-16 code units count.
    /// </summary>
    internal static void AddTo(string text, HashSet<string> seen, List<string> found)
    {
        seen.Clear();
        found.Clear();
        var latin = new List<string>();
        foreach (var part in text.AsSpan().Split('\n'))
        {
            var line = text.AsSpan(part);
            line = line[..Math.Min(line.Length, SearchText.LongestText)];
            var start = 0;
            for (var i = 0; i <= line.Length; i++)
            {
                if (i < line.Length && !IsSeparator(line[i]))
                    continue;
                if (i > start)
                    AddToken(line[start..i].ToString());
                start = i + 1;
            }
        }

        foreach (var folded in latin)
            Split(folded);

        void AddToken(string token)
        {
            var folded = FoldQuickly(token);
            Split(folded);
            if (!Ascii.IsValid(folded))
                latin.Add(SearchText.Fold(Latin(token)));
        }

        void Split(string folded)
        {
            foreach (var piece in Pieces(folded))
            {
                if (!piece.IsRun)
                    Add(piece.Text);
                else
                {
                    foreach (var pair in Pairs(piece.Text))
                        Add(pair);
                    Add(LastLetter(piece.Text));
                }
            }
        }

        void Add(string term)
        {
            if (seen.Add(term))
                found.Add(term);
        }
    }

    /// <summary>
    /// Whether a letter parts tokens, and so is one of ASCII that is in no word. No normalization reaches across it, nor does folding or transliterating, so tokens can be taken one by one.
    /// </summary>
    internal static bool IsSeparator(char letter) => char.IsAscii(letter) && !char.IsAsciiLetterOrDigit(letter) && letter != '\'';

    /// <summary>A folded text in pieces: words of scripts that part words, cut to <see cref="LongestTerm"/>, and runs of letters of scripts that do not.</summary>
    internal static IEnumerable<Piece> Pieces(string folded)
    {
        if (Ascii.IsValid(folded))
        {
            foreach (var word in folded.Split(' ', StringSplitOptions.RemoveEmptyEntries))
                yield return new Piece(Cut(word), IsRun: false);
            yield break;
        }

        foreach (var word in folded.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var composed = Compose(word);
            var start = 0;
            var isRun = false;
            for (var i = 0; i < composed.Length;)
            {
                var rune = Rune.GetRuneAt(composed, i);
                var here = IsUnspaced(rune.Value);
                if (i > start && here != isRun)
                {
                    yield return Make(composed[start..i], isRun);
                    start = i;
                }

                isRun = here;
                i += rune.Utf16SequenceLength;
            }

            yield return Make(composed[start..], isRun);
        }

        static Piece Make(string text, bool isRun) => new(isRun ? text : Cut(text), isRun);
    }

    /// <summary>The overlapping pairs of a run's letters; none for a run of one.</summary>
    internal static IEnumerable<string> Pairs(string run)
    {
        for (var i = 0; ;)
        {
            var second = i + Rune.GetRuneAt(run, i).Utf16SequenceLength;
            if (second >= run.Length)
                yield break;
            yield return run[i..(second + Rune.GetRuneAt(run, second).Utf16SequenceLength)];
            i = second;
        }
    }

    /// <summary>
    /// A text in Latin letters, as AnyAscii transliterates it; runs of letters with Han among them, and what is neither letter nor digit, become spaces.
    /// </summary>
    internal static string Latin(string text)
    {
        if (text.Length > SearchText.LongestText)
            text = text[..SearchText.LongestText];
        var kept = new StringBuilder(text.Length);
        var run = new StringBuilder();
        var hasHan = false;
        foreach (var rune in Composed(text).EnumerateRunes())
        {
            if (IsUnspaced(rune.Value))
            {
                run.Append(rune);
                hasHan |= IsHan(rune.Value);
                continue;
            }

            EndRun();
            var isWord = Rune.IsLetterOrDigit(rune) || rune.Value is '\'' or '\u2019' or '\u02bc'
                || Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark;
            if (isWord) kept.Append(rune);
            else kept.Append(' ');
        }

        EndRun();
        // AnyAscii's signs for letters that Latin has not: a backquote for ayin, an apostrophe for the soft sign.
        return AnyAscii.Transliteration.Transliterate(kept.ToString()).Replace("`", "", StringComparison.Ordinal);

        void EndRun()
        {
            if (run.Length == 0)
                return;
            if (hasHan) kept.Append(' ');
            else kept.Append(run);
            run.Clear();
            hasHan = false;
        }
    }

    /// <summary>Whether the script of this letter puts no spaces between words, so that its texts are found by pairs of letters.</summary>
    internal static bool IsUnspaced(int rune) => rune >= 0x1100 && (rune <= 0x11FF || IsHan(rune)
        || rune is (>= 0x3041 and <= 0x30FF and not 0x30FB) or (>= 0x3105 and <= 0x312F) or (>= 0x3131 and <= 0x318E) or (>= 0x31A0 and <= 0x31BF) or (>= 0x31F0 and <= 0x31FF)
            or (>= 0xA960 and <= 0xA97C) or (>= 0xAC00 and <= 0xD7FB) or (>= 0xFF66 and <= 0xFF9F) or (>= 0xFFA1 and <= 0xFFDC) or (>= 0x1AFF0 and <= 0x1B16F));

    private static bool IsHan(int rune) => rune is 0x3005 or 0x3006 or 0x3007 or (>= 0x3021 and <= 0x3029) or (>= 0x3038 and <= 0x303B)
        or (>= 0x2E80 and <= 0x2FD5) or (>= 0x3400 and <= 0x4DBF) or (>= 0x4E00 and <= 0x9FFF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x20000 and <= 0x3FFFD);

    private static string LastLetter(string run) => char.IsLowSurrogate(run[^1]) && run.Length > 1 ? run[^2..] : run[^1..];

    private static string Cut(string word) =>
        word.Length <= LongestTerm ? word : word[..(char.IsHighSurrogate(word[LongestTerm - 1]) ? LongestTerm - 1 : LongestTerm)];

    // Folding takes Hangul syllables apart (NFKD); a reader's letter is the syllable. Unicode §3.12, "Hangul Syllable Composition".
    private static string Compose(string word)
    {
        StringBuilder? composed = null;
        for (var i = 0; i < word.Length; i++)
        {
            int lead = word[i] - LeadBase;
            if (lead is >= 0 and < LeadCount && i + 1 < word.Length && word[i + 1] - VowelBase is >= 0 and < VowelCount and var vowel)
            {
                composed ??= new StringBuilder(word, 0, i, word.Length);
                var tail = i + 2 < word.Length && word[i + 2] - TailBase is > 0 and < TailCount and var t ? t : 0;
                composed.Append((char)(HangulBase + (lead * VowelCount + vowel) * TailCount + tail));
                i += tail > 0 ? 2 : 1;
            }
            else
            {
                composed?.Append(word[i]);
            }
        }

        return composed?.ToString() ?? word;
    }

    // й must be one letter before it is transliterated; Normalize throws on lone surrogates and U+FFFE.
    private static string Composed(string text)
    {
        var clean = text.ToCharArray();
        for (var i = 0; i < clean.Length; i++)
        {
            if (char.IsHighSurrogate(clean[i]) && i + 1 < clean.Length && char.IsLowSurrogate(clean[i + 1]))
                i++;
            else if (char.IsSurrogate(clean[i]) || clean[i] == '\ufffe')
                clean[i] = ' ';
        }

        return new string(clean).Normalize(NormalizationForm.FormC);
    }

    // Most texts are ASCII, and for those folding is this; it gives the same as SearchText.Fold.
    private static string FoldQuickly(string text)
    {
        if (text.Length > SearchText.LongestText || !Ascii.IsValid(text))
            return SearchText.Fold(text);
        Span<char> folded = stackalloc char[text.Length];
        var length = 0;
        var gap = false;
        foreach (var letter in text)
        {
            if (char.IsAsciiLetterOrDigit(letter))
            {
                if (gap && length > 0)
                    folded[length++] = ' ';
                gap = false;
                folded[length++] = char.IsAsciiLetterUpper(letter) ? (char)(letter | 0x20) : letter;
            }
            else if (letter != '\'')
            {
                gap = true;
            }
        }

        return new string(folded[..length]);
    }

    /// <summary>A piece of a folded text.</summary>
    /// <param name="Text">A word, or a run of letters of scripts without spaces.</param>
    /// <param name="IsRun">Which of the two.</param>
    internal readonly record struct Piece(string Text, bool IsRun);
}
