using System.Buffers.Binary;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Ledgers;
using Lacquer.Formats.Objects;
using Lacquer.Stages.Workbench;
using Lacquer.Stages.Workbench.Ranking;

namespace Lacquer.Stages.Pressing;

/// <summary>An object on its way into a volume.</summary>
/// <param name="Rank">The rank of the best-known recording that it is of.</param>
/// <param name="Extension">Its extension.</param>
/// <param name="Hashes">Its hashes.</param>
internal sealed record RankedObject(uint Rank, string Extension, ObjectHashes Hashes);

/// <summary>
/// Everything that may be published and stands in no volume, in rank order. Catalogue, ledger and objects are each read once from end to end, and brought together over files in a folder for that, so that memory does not grow with them:
/// ranks by recording, then ranks by object, then objects by rank.
/// </summary>
internal sealed class PressOrder : IDisposable
{
    // Root, SHA-256, length, extension, bytes of the piece layer; the layer and the pieces' digests follow.
    private const int HeadBytes = 32 + 32 + 8 + 1 + 4;

    private static readonly string[] Extensions = [.. ObjectExtensions.All.Order(StringComparer.Ordinal)];

    private readonly RankedRecords _objects;

    private PressOrder(RankedRecords objects) => _objects = objects;

    /// <summary>How many objects there are.</summary>
    public long Count => _objects.Count;

    /// <summary>Brings them in order.</summary>
    /// <param name="archive">The archive, whose ledger is read by as many connections as there are cores.</param>
    /// <param name="catalogue">The catalogue that ranks.</param>
    /// <param name="room">Room for it.</param>
    public static PressOrder Make(OpenArchive archive, CatalogueReader catalogue, RankingRoom room)
    {
        var counts = new RankCounts(catalogue.Totals().Recordings);
        var volumes = archive.Ledger.Volumes().Where(v => !v.Retired).ToList();
        // Most objects are of one recording, and those that stand in a volume are there a second time.
        var all = new NumberedKeyFiles(room, "object", archive.Ledger.ObjectTotals().Count + volumes.Sum(v => (long)v.Files));
        try
        {
            RankedRecordings.Scan(archive, catalogue, room, (ledger, first, last, rankOf) => ledger.ScanPublishable(first, last, (recording, root) =>
            {
                if (rankOf[NumberedKeys.KeyOf(recording)] is not { } rank)
                    return;
                all.Add(NumberedKeys.KeyOf(root), rank);
                counts.Add(rank);
            }));
            // Rank 0 is below all others: what stands in a volume is out.
            if (volumes.Count > 0)
                archive.Ledger.ScanVolumeFiles(volumes[0].Number, volumes[^1].Number, (_, _, root) => all.Add(NumberedKeys.KeyOf(root), 0));
            if (all.Parts > 1 && volumes.Count > 0)
                all = Above0(all, room);
            return new PressOrder(Distribute(archive, all, new RankedRecords(room, counts), room));
        }
        finally
        {
            all.Dispose();
        }
    }

    /// <summary>The objects in rank order.</summary>
    public IEnumerable<RankedObject> Read() => _objects.Read().Select(its => At(its.Rank, its.Record));

    /// <inheritdoc/>
    public void Dispose() => _objects.Dispose();

    // Of many objects few are new most of the time: those alone have room in memory, and the others need not be set aside.
    private static NumberedKeyFiles Above0(NumberedKeyFiles all, RankingRoom room)
    {
        using (all)
        {
            var count = 0L;
            for (var part = 0; part < all.Parts; part++)
                using (var keys = all.Read(part))
                    keys.Each((_, rank) => count += rank > 0 ? 1 : 0);
            var some = new NumberedKeyFiles(room, "new", count);
            for (var part = 0; part < all.Parts; part++)
                using (var keys = all.Read(part))
                    keys.Each((key, rank) =>
                    {
                        if (rank > 0)
                            some.Add(key, rank);
                    });
            return some;
        }
    }

    private static RankedRecords Distribute(OpenArchive archive, NumberedKeyFiles rankOf, RankedRecords ranked, RankingRoom room)
    {
        try
        {
            var (read, total, sides) = (0L, archive.Ledger.ObjectTotals().Count, Environment.ProcessorCount);
            KeyedScan.Join(rankOf, room, "aside", add => Cores.Share(archive, sides, (ledger, from, until) =>
            {
                var record = Array.Empty<byte>();
                for (var side = from; side < until; side++)
                    ledger.ScanObjects((root, sha256, lengthBytes, extension, pieceLayer, pieceDigestsV1) =>
                    {
                        room.Tick("order", Interlocked.Increment(ref read), total);
                        add(NumberedKeys.KeyOf(root), Record(ref record, root, sha256, lengthBytes, extension, pieceLayer, pieceDigestsV1));
                    }, side, sides);
            }, room.Stop), (keys, record) =>
            {
                if (keys[NumberedKeys.KeyOf(record)] is > 0 and { } rank)
                    ranked.Add(rank, record);
            });
            return ranked;
        }
        catch
        {
            ranked.Dispose();
            throw;
        }
    }

    private static ReadOnlySpan<byte> Record(ref byte[] buffer, ReadOnlySpan<byte> root, ReadOnlySpan<byte> sha256, long lengthBytes, string extension, ReadOnlySpan<byte> pieceLayer, ReadOnlySpan<byte> pieceDigestsV1)
    {
        var length = HeadBytes + pieceLayer.Length + pieceDigestsV1.Length;
        if (buffer.Length < length)
            buffer = new byte[2 * length];
        var record = buffer.AsSpan(0, length);
        root.CopyTo(record);
        sha256.CopyTo(record[32..]);
        BinaryPrimitives.WriteInt64LittleEndian(record[64..], lengthBytes);
        record[72] = (byte)Array.BinarySearch(Extensions, extension, StringComparer.Ordinal);
        BinaryPrimitives.WriteInt32LittleEndian(record[73..], pieceLayer.Length);
        pieceLayer.CopyTo(record[HeadBytes..]);
        pieceDigestsV1.CopyTo(record[(HeadBytes + pieceLayer.Length)..]);
        return record;
    }

    private static RankedObject At(uint rank, ReadOnlyMemory<byte> record)
    {
        var head = record.Span;
        var (layer, digests) = (record.Slice(HeadBytes, BinaryPrimitives.ReadInt32LittleEndian(head[73..])), record[(HeadBytes + BinaryPrimitives.ReadInt32LittleEndian(head[73..]))..]);
        return new RankedObject(rank, Extensions[head[72]], new ObjectHashes(BinaryPrimitives.ReadInt64LittleEndian(head[64..]), new Sha256Digest(head.Slice(32, 32)), new PiecesRoot(new Sha256Digest(head[..32])), layer, digests));
    }
}
