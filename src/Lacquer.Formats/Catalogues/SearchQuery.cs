namespace Lacquer.Formats.Catalogues;

/// <summary>A part of a query: a text matches where it has a term in one of the ranges.</summary>
/// <param name="Ranges">Terms and beginnings of terms; none covers another.</param>
/// <param name="IsWord">Whether it stands for a word as typed, in which a typo may be.</param>
internal sealed record TermGroup(IReadOnlyList<TermRange> Ranges, bool IsWord)
{
    public bool Covers(string term)
    {
        foreach (var range in Ranges)
            if (range.Covers(term))
                return true;
        return false;
    }
}

/// <summary>A query in parts, all of which must match.</summary>
internal static class SearchQuery
{
    /// <summary>More parts than this of a query are not read.</summary>
    public const int MostGroups = 32;

    // Shorter words are left as they are: too many others lie one letter away.
    private const int ShortestCorrected = 4;
    private const int LongestCorrected = 32;

    /// <summary>The parts of a query as typed. The last word may be unfinished unless a space follows it.</summary>
    public static IReadOnlyList<TermGroup> Parse(string query)
    {
        var isUnfinished = query.Length > 0 && !char.IsWhiteSpace(query[Math.Min(query.Length, SearchText.LongestText) - 1]);
        var pieces = SearchTerms.Pieces(SearchText.Fold(query)).ToList();
        var groups = new List<TermGroup>();
        var seen = new HashSet<TermRange>();
        for (var i = 0; i < pieces.Count && groups.Count < MostGroups; i++)
        {
            var (text, isRun) = pieces[i];
            if (!isRun)
            {
                Add(new TermRange(text, isUnfinished && i == pieces.Count - 1), isWord: true);
                continue;
            }

            var paired = false;
            foreach (var pair in SearchTerms.Pairs(text))
            {
                paired = true;
                if (groups.Count < MostGroups)
                    Add(new TermRange(pair, IsPrefix: false), isWord: false);
            }

            // A letter alone begins a pair or ends a run.
            if (!paired)
                Add(new TermRange(text, IsPrefix: true), isWord: false);
        }

        return groups;

        void Add(TermRange range, bool isWord)
        {
            if (seen.Add(range))
                groups.Add(new TermGroup([range], isWord));
        }
    }

    /// <summary>
    /// The texts one typo away from a word: a letter left out, put in or changed, or two neighbours swapped. Letters are those of ASCII or of the word's own script. Empty for a word too short, too long or not of one script's letters.
    /// </summary>
    public static IEnumerable<string> OneTypoAway(string word)
    {
        if (word.Length is < ShortestCorrected or > LongestCorrected || Alphabet(word) is not { } alphabet)
            return [];
        var near = new SortedSet<string>(StringComparer.Ordinal);
        for (var i = 0; i <= word.Length; i++)
        {
            if (i < word.Length)
                near.Add(word.Remove(i, 1));
            if (i + 1 < word.Length)
                near.Add($"{word[..i]}{word[i + 1]}{word[i]}{word[(i + 2)..]}");
            foreach (var letter in alphabet)
            {
                near.Add(word.Insert(i, $"{letter}"));
                if (i < word.Length)
                    near.Add($"{word[..i]}{letter}{word[(i + 1)..]}");
            }
        }

        near.Remove(word);
        return near;
    }

    private static string? Alphabet(string word)
    {
        const string Plain = "0123456789abcdefghijklmnopqrstuvwxyz";
        var alphabet = Plain;
        // Unicode gives a script's letters a half-block of 128 code points or more.
        var block = -1;
        foreach (var letter in word)
        {
            if (char.IsAscii(letter))
                continue;
            if (char.IsSurrogate(letter) || (block >= 0 && letter >> 7 != block))
                return null;
            if (block >= 0)
                continue;
            block = letter >> 7;
            alphabet += string.Concat(Enumerable.Range(block << 7, 128).Select(c => (char)c)
                .Where(c => char.IsLetter(c) && SearchText.Fold($"{c}") == $"{c}"));
        }

        return alphabet;
    }
}
