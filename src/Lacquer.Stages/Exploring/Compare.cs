using System.Buffers.Binary;
using System.Globalization;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Stages.Workbench;

namespace Lacquer.Stages.Exploring;

/// <summary>What to compare.</summary>
/// <param name="A">A catalogue's file, or a MusicBrainz dump: an archive, or a folder with some.</param>
/// <param name="B">Another.</param>
public sealed record CompareRequest(string A, string B);

/// <summary>What two catalogues can be compared by.</summary>
public enum CompareKind
{
    /// <summary>ISRCs, each once.</summary>
    Isrcs,

    /// <summary>Recordings: by id; beside a dump by MBID, where those without one are left out.</summary>
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

/// <summary>What a dump has that compares with nothing.</summary>
/// <param name="InvalidIsrcs">Different texts that stand where an ISRC should, and are none.</param>
/// <param name="UnreadableLines">Lines that are no documents.</param>
public sealed record DumpFaults(long InvalidIsrcs, long UnreadableLines);

/// <summary>What two catalogues share.</summary>
/// <param name="A">The first catalogue's file, or the first dump.</param>
/// <param name="B">The second's.</param>
/// <param name="Isrcs">ISRCs, each once.</param>
/// <param name="Recordings">Recordings by id, or by MBID where a dump is compared; null where one side knows no MBIDs.</param>
/// <param name="Releases">Releases by GTIN, each GTIN once; null where one side is a dump without releases.</param>
/// <param name="FaultsA">Of the first, where it is a dump.</param>
/// <param name="FaultsB">Of the second, where it is a dump.</param>
public sealed record CompareReport(string A, string B, Overlap Isrcs, Overlap? Recordings, Overlap? Releases, DumpFaults? FaultsA = null, DumpFaults? FaultsB = null);

/// <summary>
/// Sets two sealed catalogues side by side, or a catalogue and a MusicBrainz dump, or two dumps: both are read in the order of what is compared, and merged. A dump's keys are sorted in temporary files
/// first. Memory stays flat. Reads only.
/// </summary>
public static class Compare
{
    // Codes stand in order in the look-ups; ids are sorted by SQLite, in temporary files where there are many: read once from end to end, which is faster than one by one in their order.
    private const string Recordings = "SELECT eid FROM recording ORDER BY eid";
    private const string Mbids = "SELECT DISTINCT mbid FROM recording WHERE mbid IS NOT NULL ORDER BY mbid";

    /// <summary>Counts.</summary>
    /// <exception cref="LacquerException">A catalogue or a dump is missing or not whole.</exception>
    public static CompareReport Run(CompareRequest request, IProgress<StageProgress> progress, CancellationToken stop)
    {
        using var a = Side.Open(request.A, progress, stop);
        using var b = Side.Open(request.B, progress, stop);
        return new CompareReport(request.A, request.B,
            Count("compare ISRCs", Merge(a.Isrcs(stop), b.Isrcs(stop))),
            !Side.ByMbid(a, b) ? Count("compare recordings", Merge(a.Ids(stop), b.Ids(stop))) : a.KnowsMbids && b.KnowsMbids ? Count("compare recordings", Merge(a.Mbids(stop), b.Mbids(stop))) : null,
            a.KnowsReleases && b.KnowsReleases ? Count("compare releases", Merge(a.Gtins(stop), b.Gtins(stop))) : null,
            a.Faults, b.Faults);

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

    /// <summary>Lists, in order, streamed: ISRCs, ids or MBIDs of recordings, or GTINs of at least thirteen digits.</summary>
    /// <exception cref="LacquerException">A catalogue or a dump is missing or not whole, or does not know such keys.</exception>
    public static IEnumerable<string> List(CompareRequest request, CompareKind kind, CompareSide side, IProgress<StageProgress> progress, CancellationToken stop)
    {
        using var a = Side.Open(request.A, progress, stop);
        using var b = Side.Open(request.B, progress, stop);
        if (kind == CompareKind.Recordings && Side.ByMbid(a, b) && !(a.KnowsMbids && b.KnowsMbids))
            throw new LacquerException(Failure.Usage, "the catalogue knows no MBIDs, by which recordings of a dump are compared", "compare by ISRC: --kind isrcs");
        if (kind == CompareKind.Releases && !(a.KnowsReleases && b.KnowsReleases))
            throw new LacquerException(Failure.Usage, "the dump has no releases", "name a release.tar.xz");
        var lines = kind switch
        {
            CompareKind.Isrcs => Of(Merge(a.Isrcs(stop), b.Isrcs(stop)), packed => Isrc.FromPacked(packed).ToString()),
            CompareKind.Recordings when Side.ByMbid(a, b) => Of(Merge(a.Mbids(stop), b.Mbids(stop)), TextOfMbid),
            CompareKind.Recordings => Of(Merge(a.Ids(stop), b.Ids(stop)), id => id.ToString()),
            _ => Of(Merge(a.Gtins(stop), b.Gtins(stop)), gtin => gtin.ToString("D13", CultureInfo.InvariantCulture)),
        };
        foreach (var line in lines)
            yield return line;

        IEnumerable<string> Of<T>(IEnumerable<(CompareSide Side, T Key)> merged, Func<T, string> text) => merged.Where(m => m.Side == side).Select(m => text(m.Key));
    }

    // The keys of a look-up in order; where a catalogue came alone, they are sorted.
    private static IEnumerable<long> Keys(SealedSql sql, string lookup, string column, CancellationToken stop)
    {
        if (!sql.HasLookups)
        {
            foreach (var row in sql.Rows($"SELECT DISTINCT {column} ORDER BY 1", stop))
                yield return row.GetInt64(0);
            yield break;
        }

        var last = -1L;
        foreach (var (key, _) in sql.Pairs(lookup, stop))
        {
            if (key != last)
                yield return key;
            last = key;
        }
    }

    private static string TextOfMbid(UInt128 mbid)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, mbid);
        return new Guid(bytes, bigEndian: true).ToString();
    }

    private static IEnumerable<(CompareSide Side, T Key)> Merge<T>(IEnumerable<T> a, IEnumerable<T> b)
        where T : IComparable<T>
    {
        using var left = a.GetEnumerator();
        using var right = b.GetEnumerator();
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

    // One of the two: a catalogue, or a dump.
    private sealed class Side : IDisposable
    {
        private readonly SealedSql? _catalogue;
        private readonly DumpKeys? _dump;

        private Side(SealedSql? catalogue, DumpKeys? dump) => (_catalogue, _dump) = (catalogue, dump);

        public DumpFaults? Faults => _dump is null ? null : new DumpFaults(_dump.InvalidIsrcs, _dump.UnreadableLines);

        public bool KnowsMbids => _dump is not null || _catalogue!.Rows("SELECT 1 FROM recording WHERE mbid IS NOT NULL LIMIT 1", CancellationToken.None).Any();

        public bool KnowsReleases => _dump is not { HasReleases: false };

        public static Side Open(string path, IProgress<StageProgress> progress, CancellationToken stop) =>
            MusicBrainzDump.IsAt(path) ? new Side(null, DumpKeys.Read(path, progress, stop)) : new Side(SealedSql.Open(path), null);

        public static bool ByMbid(Side a, Side b) => a._dump is not null || b._dump is not null;

        public IEnumerable<long> Isrcs(CancellationToken stop) => _dump?.Isrcs.InOrder() ?? Keys(_catalogue!, LookupTables.Isrc, "isrc FROM recording_isrc", stop);

        public IEnumerable<EntityId> Ids(CancellationToken stop) => _catalogue!.Rows(Recordings, stop).Select(row => new EntityId(EntityKind.Recording, row.GetFieldValue<byte[]>(0)));

        public IEnumerable<UInt128> Mbids(CancellationToken stop) => _dump?.Recordings.InOrder() ?? _catalogue!.Rows(Compare.Mbids, stop).Select(row => BinaryPrimitives.ReadUInt128BigEndian(row.GetFieldValue<byte[]>(0)));

        public IEnumerable<long> Gtins(CancellationToken stop) => _dump?.Gtins.InOrder() ?? Keys(_catalogue!, LookupTables.Gtin, "gtin FROM release WHERE gtin IS NOT NULL", stop);

        public void Dispose()
        {
            _catalogue?.Dispose();
            _dump?.Dispose();
        }
    }
}
