namespace Lacquer.Formats.Catalogues;

/// <summary>What is searched for.</summary>
/// <param name="Query">Words, in any order; the last may be unfinished unless a space follows it. Or an identifier.</param>
/// <param name="After">A rank: only what is less well known. 0 for the first page, then <see cref="SearchPage{T}.Next"/>.</param>
/// <param name="Limit">How many at most, from 1.</param>
public sealed record SearchRequest(string Query, long After = 0, int Limit = 20)
{
    /// <summary>Only what was published in this year or later: of a release its date, of a recording the earliest of its releases'. Artists have none. Null: any.</summary>
    public int? FromYear { get; init; }

    /// <summary>Only what was published in this year or before. What has no date is left out. Null: any.</summary>
    public int? ToYear { get; init; }

    /// <summary>Only recordings of at least this popularity: a range of ranks, which costs nothing.</summary>
    public int LeastPopularity { get; init; }

    /// <summary>
    /// Chooses among recordings that were found, for instance those that are held or under some licence, which the catalogue does not know. It is given a few hundred at a time, in rank order, and gives back
    /// those that stay, in that order. Null: all stay.
    /// </summary>
    public Func<IReadOnlyList<RecordingRow>, IEnumerable<RecordingRow>>? Keep { get; init; }
}

/// <summary>How an answer came about.</summary>
public enum SearchForm
{
    /// <summary>The words as typed; also where nothing was found.</summary>
    Typed,

    /// <summary>The query was an identifier that the catalogue knows.</summary>
    Identifier,

    /// <summary>Nothing was found as typed; the words in Latin letters found this.</summary>
    Transliterated,

    /// <summary>Nothing was found as typed; with one letter changed, left out, put in or two swapped in one word, this was.</summary>
    Corrected,
}

/// <summary>What was found: one page of it, best-known first.</summary>
/// <param name="Items">The page. It may be short, even empty, where a filter let little through; <paramref name="Next"/> says whether there is more.</param>
/// <param name="Next">What <see cref="SearchRequest.After"/> of the next page is, or null where this is the last.</param>
/// <param name="Count">How many there are on all pages, or null where that is not known.</param>
/// <param name="IsExact">Whether <paramref name="Count"/> is counted rather than estimated.</param>
/// <param name="Form">How the answer came about.</param>
public sealed record SearchPage<T>(IReadOnlyList<T> Items, long? Next, long? Count, bool IsExact, SearchForm Form);

/// <summary>A recording that was found.</summary>
/// <param name="Recording">The recording.</param>
/// <param name="Release">Its best-known release, or null where it stands on none.</param>
public sealed record FoundRecording(RecordingRow Recording, ReleaseRow? Release);
