using System.Buffers.Binary;
using Lacquer.Formats.Ledgers;

namespace Lacquer.Stages.Workbench.Ranking;

/// <summary>Holds volumes to what the gate says today.</summary>
internal static class ClearedVolumes
{
    private const int Firsts = 256;
    private const int KeyBytes = 16;

    /// <summary>Volumes not retired that hold something that may not be published, by number, with how much; a notice may be. The ledger is read once from end to end, over files, so that memory does not grow with it.</summary>
    /// <param name="archive">The archive.</param>
    /// <param name="room">Room for it.</param>
    public static IReadOnlyList<(VolumeRow Volume, int Uncleared)> Uncleared(OpenArchive archive, RankingRoom room)
    {
        var volumes = archive.Ledger.Volumes().Where(v => !v.Retired).ToList();
        if (volumes.Count == 0)
            return [];
        using var cleared = new NumberedKeyFiles(room, "cleared", archive.Ledger.ObjectTotals().Count);
        var (read, total) = (0L, archive.Ledger.ObjectTotals().Count);
        Cores.Share(archive, Firsts, (ledger, from, until) => ledger.ScanPublishable((byte)from, (byte)(until - 1), (_, root) =>
        {
            room.Tick("review", Interlocked.Increment(ref read), total);
            cleared.Add(NumberedKeys.KeyOf(root), 0);
        }), room.Stop);
        var uncleared = new int[volumes[^1].Number + 1];
        KeyedScan.Join(cleared, room, "standing", add => Cores.Share(archive, volumes.Count, (ledger, from, until) =>
        {
            var record = new byte[KeyBytes + sizeof(int)];
            ledger.ScanVolumeFiles(volumes[from].Number, volumes[until - 1].Number, (volume, _, root) =>
            {
                root[..KeyBytes].CopyTo(record);
                BinaryPrimitives.WriteInt32LittleEndian(record.AsSpan(KeyBytes), volume);
                add(NumberedKeys.KeyOf(root), record);
            }, withNotices: false);
        }, room.Stop), (of, record) =>
        {
            if (of[NumberedKeys.KeyOf(record[..KeyBytes])] is null)
                Interlocked.Increment(ref uncleared[BinaryPrimitives.ReadInt32LittleEndian(record[KeyBytes..])]);
        });
        return volumes.Where(v => uncleared[v.Number] > 0).Select(v => (v, uncleared[v.Number])).ToList();
    }
}
