using System.Globalization;
using Lacquer.Formats.Identity;
using Lacquer.Stages.Workbench;
using Microsoft.Data.Sqlite;

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
    // ISRCs and ids come from an index, in order; GTINs are sorted by SQLite, in temporary files where there are many.
    private const string Isrcs = "SELECT DISTINCT isrc FROM recording_isrc ORDER BY isrc";
    private const string Recordings = "SELECT eid FROM recording ORDER BY eid";
    private const string Gtins = "SELECT DISTINCT gtin FROM release WHERE gtin IS NOT NULL ORDER BY gtin";

    /// <summary>Counts.</summary>
    public static CompareReport Run(CompareRequest request, IProgress<StageProgress> progress, CancellationToken stop)
    {
        using var a = SealedSql.Open(request.A);
        using var b = SealedSql.Open(request.B);
        return new CompareReport(request.A, request.B,
            Count("compare ISRCs", Merge(a, b, Isrcs, Number, stop)), Count("compare recordings", Merge(a, b, Recordings, Id, stop)), Count("compare releases", Merge(a, b, Gtins, Number, stop)));

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
            CompareKind.Isrcs => Of(Merge(a, b, Isrcs, Number, stop), packed => Isrc.FromPacked(packed).ToString()),
            CompareKind.Recordings => Of(Merge(a, b, Recordings, Id, stop), id => id.ToString()),
            _ => Of(Merge(a, b, Gtins, Number, stop), gtin => gtin.ToString("D13", CultureInfo.InvariantCulture)),
        };
        foreach (var line in lines)
            yield return line;

        IEnumerable<string> Of<T>(IEnumerable<(CompareSide Side, T Key)> merged, Func<T, string> text) => merged.Where(m => m.Side == side).Select(m => text(m.Key));
    }

    private static long Number(SqliteDataReader row) => row.GetInt64(0);

    private static EntityId Id(SqliteDataReader row) => new(EntityKind.Recording, row.GetFieldValue<byte[]>(0));

    private static IEnumerable<(CompareSide Side, T Key)> Merge<T>(SealedSql a, SealedSql b, string sql, Func<SqliteDataReader, T> read, CancellationToken stop)
        where T : IComparable<T>
    {
        using var left = a.Rows(sql, stop).Select(read).GetEnumerator();
        using var right = b.Rows(sql, stop).Select(read).GetEnumerator();
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
