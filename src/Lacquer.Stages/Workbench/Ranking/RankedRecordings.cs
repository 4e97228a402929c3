using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Ledgers;

namespace Lacquer.Stages.Workbench.Ranking;

/// <summary>Brings the catalogue's ranks together with what the ledger says of recordings: both are read once from end to end, over files, so that memory does not grow with them.</summary>
internal static class RankedRecordings
{
    private const int Firsts = 256;

    /// <summary>Goes through the ledger's recordings.</summary>
    /// <param name="archive">The archive, whose ledger is read by as many connections as there are cores.</param>
    /// <param name="catalogue">The catalogue that ranks.</param>
    /// <param name="room">Room for it.</param>
    /// <param name="scan">Reads the recordings whose ids begin with a byte from the first to the last; their ranks are found by <see cref="NumberedKeys.KeyOf"/>. Several are at work at once.</param>
    public static void Scan(OpenArchive archive, CatalogueReader catalogue, RankingRoom room, Action<Ledger, byte, byte, NumberedKeys> scan)
    {
        var recordings = catalogue.Totals().Recordings;
        using var ids = new NumberedKeyFiles(room, "id", recordings);
        var read = 0L;
        Cores.Share(Firsts, (from, until) => catalogue.ScanRanks(recordings * from / Firsts, recordings * until / Firsts, (rank, id) =>
        {
            room.Tick("rank", Interlocked.Increment(ref read), recordings);
            ids.Add(NumberedKeys.KeyOf(id), checked((uint)rank));
        }), room.Stop);
        for (var part = 0; part < ids.Parts; part++)
        {
            using var rankOf = ids.Read(part);
            var (first, last) = ids.Range(part);
            Cores.Share(archive, last - first + 1, (ledger, from, until) => scan(ledger, (byte)(first + from), (byte)(first + until - 1), rankOf), room.Stop);
        }
    }
}
