using System.Buffers.Binary;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Editions;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Ledgers;
using Lacquer.Stages.Workbench;
using Lacquer.Stages.Workbench.Ranking;

namespace Lacquer.Stages.Publishing;

/// <summary>
/// What an edition holds of each recording, in rank order. Catalogue, ledger and objects are each read once from end to end, and brought together over files in a folder for that, so that memory does not grow with them:
/// volumes' files by object, recordings by object, objects by place, then recordings by rank.
/// </summary>
internal sealed class HeldOrder : IDisposable
{
    // The key, then what a row has: the recording's id, where its licence stands, its place.
    private const int KeyBytes = 16;
    private const int RowBytes = EntityId.LengthBytes + sizeof(long) + sizeof(uint);
    private const int AtOnce = 4096;
    private const char Between = '\u001f';

    private readonly RankedRecords _rows;
    private readonly TextFile _rights;

    private HeldOrder(VolumePlaces places, TextFile rights, RankedRecords rows)
    {
        Places = places;
        _rights = rights;
        _rows = rows;
    }

    /// <summary>The volumes' files. Where each is in its torrent has to be said before <see cref="Read"/>.</summary>
    public VolumePlaces Places { get; }

    /// <summary>How many rows there are.</summary>
    public long Count => _rows.Count;

    /// <summary>Brings the rows in order.</summary>
    /// <param name="archive">The archive, whose ledger is read by as many connections as there are cores.</param>
    /// <param name="catalogue">The catalogue that ranks.</param>
    /// <param name="volumes">The volumes of the edition, by number.</param>
    /// <param name="room">Room for it.</param>
    public static HeldOrder Make(OpenArchive archive, CatalogueReader catalogue, IReadOnlyList<VolumeRow> volumes, RankingRoom room)
    {
        var places = new VolumePlaces(room.Folder, volumes);
        var rights = new TextFile(Path.Combine(room.Folder, "rights"));
        RankedRecords? rows = null;
        try
        {
            using var placeOf = new NumberedKeyFiles(room, "place", places.Count);
            if (volumes.Count > 0)
                ScanFiles(archive.Ledger, volumes, places, placeOf);
            var counts = new RankCounts(catalogue.Totals().Recordings);
            using var recordings = new KeyedRecords(room, "recording", placeOf.Parts);
            RankedRecordings.Scan(archive, catalogue, room, (ledger, first, last, rankOf) =>
            {
                var record = new byte[KeyBytes + sizeof(uint) + EntityId.LengthBytes + sizeof(long)];
                ledger.ScanCleared(first, last, (recording, root, licence, reason, policy) =>
                {
                    // A volume is sealed: what it has of a recording that has become another one stays in it, and so does its licence. Such have no rank.
                    var rank = rankOf[NumberedKeys.KeyOf(recording)] ?? 0;
                    counts.Add(rank);
                    root[..KeyBytes].CopyTo(record);
                    BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(KeyBytes), rank);
                    recording.CopyTo(record.AsSpan(KeyBytes + sizeof(uint)));
                    BinaryPrimitives.WriteInt64LittleEndian(record.AsSpan(KeyBytes + sizeof(uint) + EntityId.LengthBytes), rights.Add(string.Join(Between, licence, reason, policy)));
                    recordings.Add(NumberedKeys.KeyOf(root), record);
                });
            });
            var ranked = rows = new RankedRecords(room, counts);
            for (var part = 0; part < placeOf.Parts; part++)
            {
                using var its = placeOf.Read(part);
                recordings.Take(part, record =>
                {
                    if (its[NumberedKeys.KeyOf(record[..KeyBytes])] is not { } place)
                        return;
                    Span<byte> row = stackalloc byte[RowBytes];
                    record[(KeyBytes + sizeof(uint))..].CopyTo(row);
                    BinaryPrimitives.WriteUInt32LittleEndian(row[^sizeof(uint)..], place);
                    ranked.Add(BinaryPrimitives.ReadUInt32LittleEndian(record[KeyBytes..]), row);
                });
            }

            ScanObjects(archive, placeOf, places, room);
            return new HeldOrder(places, rights, rows);
        }
        catch
        {
            places.Dispose();
            rights.Dispose();
            rows?.Dispose();
            throw;
        }
    }

    /// <summary>The rows: those without a rank by id, then in rank order.</summary>
    public IEnumerable<HeldRecording> Read(CancellationToken stop) =>
        _rows.Read().Chunk(AtOnce).InOrder(Environment.ProcessorCount, (some, _) => Task.FromResult(Array.ConvertAll(some, row => At(row.Rank, row.Record.Span))), stop).ToBlockingEnumerable(stop).SelectMany(rows => rows);

    /// <inheritdoc/>
    public void Dispose()
    {
        Places.Dispose();
        _rights.Dispose();
        _rows.Dispose();
    }

    private HeldRecording At(uint rank, ReadOnlySpan<byte> row)
    {
        var place = Places.At(BinaryPrimitives.ReadUInt32LittleEndian(row[^sizeof(uint)..]));
        var rights = _rights[BinaryPrimitives.ReadInt64LittleEndian(row[EntityId.LengthBytes..])].Split(Between, 3);
        return new HeldRecording(rank, new EntityId(EntityKind.Recording, row[..EntityId.LengthBytes]), place.Object, place.Extension, place.Volume.Name, place.Index, place.IndexV1, place.OffsetBytes, place.Name,
            place.LengthBytes, place.Tier, place.DurationMs, rights[0], rights[1], rights[2]);
    }

    private static void ScanFiles(Ledger ledger, IReadOnlyList<VolumeRow> volumes, VolumePlaces places, NumberedKeyFiles placeOf)
    {
        var which = volumes.Select((v, i) => (v.Number, i)).ToDictionary(v => v.Number, v => v.i);
        ledger.ScanVolumeFiles(volumes[0].Number, volumes[^1].Number, (volume, index, root) =>
        {
            if (which.TryGetValue(volume, out var its))
                placeOf.Add(NumberedKeys.KeyOf(root), places.Of(its, index));
        });
    }

    private static void ScanObjects(OpenArchive archive, NumberedKeyFiles placeOf, VolumePlaces places, RankingRoom room)
    {
        var (read, total, sides) = (0L, archive.Ledger.ObjectTotals().Count, Environment.ProcessorCount);
        KeyedScan.Join(placeOf, room, "facts", add => Cores.Share(archive, sides, (ledger, from, until) =>
        {
            var facts = new byte[VolumePlaces.FactsBytes];
            for (var side = from; side < until; side++)
                ledger.ScanObjectFacts((root, sha256, lengthBytes, extension, tier, durationMs) =>
                {
                    room.Tick("objects", Interlocked.Increment(ref read), total);
                    places.Describe(facts, root, sha256, lengthBytes, extension, tier, durationMs);
                    add(NumberedKeys.KeyOf(root), facts);
                }, side, sides);
        }, room.Stop), (its, facts) =>
        {
            if (its[NumberedKeys.KeyOf(facts)] is { } place)
                places.Put(place, facts);
        });
    }
}
