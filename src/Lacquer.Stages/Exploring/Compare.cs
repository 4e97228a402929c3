using System.Globalization;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Identity;
using Lacquer.Stages.Workbench;

namespace Lacquer.Stages.Exploring;

/// <summary>What to compare.</summary>
/// <param name="A">A catalogue's file.</param>
/// <param name="B">Another's.</param>
public sealed record CompareRequest(string A, string B);

/// <summary>What two catalogues can be compared by.</summary>
public enum CompareKind
{
    /// <summary>ISRCs, each once.</summary>
    Isrcs,

    /// <summary>Recordings, by id.</summary>
    Recordings,

    /// <summary>Releases, by GTIN, each once; those without one are left out.</summary>
    Releases,
}

/// <summary>Where something stands.</summary>
public enum CompareSide
{
    /// <summary>In A and in B.</summary>
    Both,

    /// <summary>In A alone.</summary>
    OnlyA,

    /// <summary>In B alone.</summary>
    OnlyB,
}

/// <summary>How much stands where.</summary>
/// <param name="Both">In A and in B.</param>
/// <param name="OnlyA">In A alone.</param>
/// <param name="OnlyB">In B alone.</param>
public sealed record Overlap(long Both, long OnlyA, long OnlyB);

/// <summary>What two catalogues share.</summary>
/// <param name="A">The first catalogue's file.</param>
/// <param name="B">The second's.</param>
/// <param name="Isrcs">ISRCs, each once.</param>
/// <param name="Recordings">Recordings by id.</param>
/// <param name="Releases">Releases by GTIN, each GTIN once.</param>
public sealed record CompareReport(string A, string B, Overlap Isrcs, Overlap Recordings, Overlap Releases);

/// <summary>Sets two sealed catalogues side by side: both are read in the order of what is compared, and merged. Memory stays flat. Reads only.</summary>
public static class Compare
{
    /// <summary>Counts.</summary>
    public static CompareReport Run(CompareRequest request, IProgress<StageProgress> progress, CancellationToken stop)
    {
        using var a = SealedSql.Open(request.A);
        using var b = SealedSql.Open(request.B);
        return new CompareReport(request.A, request.B,
            Count("compare ISRCs", Merge(a, b, sql => Keys(sql, LookupTables.Isrc, stop))), Count("compare recordings", Merge(a, b, sql => Ids(sql, stop))), Count("compare releases", Merge(a, b, sql => Keys(sql, LookupTables.Gtin, stop))));

        Overlap Count<T>(string what, IEnumerable<(CompareSide Side, T Key)> merged)
        {
            var (both, onlyA, onlyB) = (0L, 0L, 0L);
            foreach (var (side, _) in merged)
            {
                if (side == CompareSide.Both) both++;
                else if (side == CompareSide.OnlyA) onlyA++;
                else onlyB++;
                if ((both + onlyA + onlyB) % 10_000 == 0)
                    progress.Report(new StageProgress(what, both + onlyA + onlyB, 0));
            }

            return new Overlap(both, onlyA, onlyB);
        }
    }

    /// <summary>Lists, in order, streamed: ISRCs, ids of recordings, or GTINs of at least thirteen digits.</summary>
    public static IEnumerable<string> List(CompareRequest request, CompareKind kind, CompareSide side, CancellationToken stop)
    {
        using var a = SealedSql.Open(request.A);
        using var b = SealedSql.Open(request.B);
        var lines = kind switch
        {
            CompareKind.Isrcs => Of(Merge(a, b, sql => Keys(sql, LookupTables.Isrc, stop)), packed => Isrc.FromPacked(packed).ToString()),
            CompareKind.Recordings => Of(Merge(a, b, sql => Ids(sql, stop)), id => id.ToString()),
            _ => Of(Merge(a, b, sql => Keys(sql, LookupTables.Gtin, stop)), gtin => gtin.ToString("D13", CultureInfo.InvariantCulture)),
        };
        foreach (var line in lines)
            yield return line;

        IEnumerable<string> Of<T>(IEnumerable<(CompareSide Side, T Key)> merged, Func<T, string> text) => merged.Where(m => m.Side == side).Select(m => text(m.Key));
    }

    // Codes stand in order in the catalogue's look-ups.
    private static IEnumerable<long> Keys(SealedSql sql, string lookup, CancellationToken stop)
    {
        var last = -1L;
        foreach (var (key, _) in sql.Pairs(lookup, stop))
        {
            if (key != last)
                yield return key;
            last = key;
        }
    }

    // Ids are sorted by SQLite, in temporary files where there are many: read once from end to end, which is faster than one by one in their order.
    private static IEnumerable<EntityId> Ids(SealedSql sql, CancellationToken stop) =>
        sql.Rows("SELECT eid FROM recording ORDER BY eid", stop).Select(row => new EntityId(EntityKind.Recording, row.GetFieldValue<byte[]>(0)));

    private static IEnumerable<(CompareSide Side, T Key)> Merge<T>(SealedSql a, SealedSql b, Func<SealedSql, IEnumerable<T>> keys)
        where T : IComparable<T>
    {
        using var left = keys(a).GetEnumerator();
        using var right = keys(b).GetEnumerator();
        var (hasLeft, hasRight) = (left.MoveNext(), right.MoveNext());
        while (hasLeft || hasRight)
        {
            var order = !hasRight ? -1 : !hasLeft ? 1 : left.Current.CompareTo(right.Current);
            yield return order switch
            {
                0 => (CompareSide.Both, left.Current),
                < 0 => (CompareSide.OnlyA, left.Current),
                _ => (CompareSide.OnlyB, right.Current),
            };
            if (order <= 0)
                hasLeft = left.MoveNext();
            if (order >= 0)
                hasRight = right.MoveNext();
        }
    }
}
