namespace Lacquer.Formats.Catalogues;

/// <summary>Finds up to a limit of ranks after one up to another.</summary>
internal delegate SearchSlice Matching(long after, long last, int limit);

/// <summary>Some of what matches, in rank order.</summary>
/// <param name="Ranks">The first of it.</param>
/// <param name="Scanned">Up to which rank that is all; null: there is no more.</param>
internal readonly record struct SearchSlice(List<long> Ranks, long? Scanned)
{
    public static SearchSlice Nothing => new([], null);

    public static SearchSlice Of(List<long> ranks, int limit) => new(ranks, ranks.Count < limit ? null : ranks[^1]);
}
