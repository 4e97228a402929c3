using Lacquer.Formats.Identity;

namespace Lacquer.Formats.Ledgers;

/// <summary>Takes a recording that may be published and is held.</summary>
/// <param name="recording">The 10 bytes of its id.</param>
/// <param name="root">The 32 bytes of its object's name.</param>
public delegate void PublishableSink(ReadOnlySpan<byte> recording, ReadOnlySpan<byte> root);

/// <summary>Takes what a torrent needs of an object.</summary>
/// <param name="root">The 32 bytes of its name.</param>
/// <param name="sha256">The 32 bytes of its SHA-256.</param>
/// <param name="lengthBytes">Its length.</param>
/// <param name="extension">Its extension.</param>
/// <param name="pieceLayer">Its piece layer.</param>
/// <param name="pieceDigestsV1">SHA-1 of its pieces.</param>
public delegate void ObjectSink(ReadOnlySpan<byte> root, ReadOnlySpan<byte> sha256, long lengthBytes, string extension, ReadOnlySpan<byte> pieceLayer, ReadOnlySpan<byte> pieceDigestsV1);

/// <summary>Takes a recording that may be published and is held, and why it may be.</summary>
/// <param name="recording">The 10 bytes of its id.</param>
/// <param name="root">The 32 bytes of its object's name.</param>
/// <param name="licence">The licence it is published under.</param>
/// <param name="reason">Why the gate cleared it.</param>
/// <param name="policy">The policy's version.</param>
public delegate void ClearedSink(ReadOnlySpan<byte> recording, ReadOnlySpan<byte> root, string licence, string reason, string policy);

/// <summary>Takes a file of a volume.</summary>
/// <param name="volume">The volume's number.</param>
/// <param name="index">The file's index, pad files not counted.</param>
/// <param name="root">The 32 bytes of its object's name.</param>
public delegate void VolumeFileSink(int volume, int index, ReadOnlySpan<byte> root);

/// <summary>Takes what an edition says of an object.</summary>
/// <param name="root">The 32 bytes of its name.</param>
/// <param name="sha256">The 32 bytes of its SHA-256.</param>
/// <param name="lengthBytes">Its length.</param>
/// <param name="extension">Its extension.</param>
/// <param name="tier">The tier it was made for.</param>
/// <param name="durationMs">Milliseconds, or null.</param>
public delegate void ObjectFactsSink(ReadOnlySpan<byte> root, ReadOnlySpan<byte> sha256, long lengthBytes, string extension, string tier, int? durationMs);

/// <content>What pressing and publishing read, and pressing writes: all of a table, once, in the order in which it lies.</content>
public sealed partial class Ledger
{
    // From so many new files on, and where they are no small part of all, an index is made faster at the end than kept up to date.
    private const long ManyFiles = 200_000;
    private const int SmallPart = 8;

    // No id has so many bytes, so all sort before it.
    private static readonly byte[] AfterAllIds = [.. Enumerable.Repeat((byte)0xFF, EntityId.LengthBytes + 1)];

    /// <summary>All recordings that may be published and are held, whose ids begin with a byte from <paramref name="first"/> up to <paramref name="last"/>.</summary>
    public void ScanPublishable(byte first, byte last, PublishableSink sink) => _database.Scan(
        "SELECT j.recording, j.object FROM job j JOIN rights r ON r.recording = j.recording WHERE j.state = 'done' AND r.publish = 1 AND j.recording >= $1 AND j.recording < $2",
        row => sink(row.Bytes(0), row.Bytes(1)), new[] { first }, last == byte.MaxValue ? AfterAllIds : [(byte)(last + 1)]);

    /// <summary>The same with why they may be published, without those that have no licence.</summary>
    public void ScanCleared(byte first, byte last, ClearedSink sink) => _database.Scan(
        "SELECT j.recording, j.object, r.licence, r.reason, r.policy FROM job j JOIN rights r ON r.recording = j.recording WHERE j.state = 'done' AND r.publish = 1 AND r.licence IS NOT NULL AND j.recording >= $1 AND j.recording < $2",
        row => sink(row.Bytes(0), row.Bytes(1), row.Text(2), row.Text(3), row.Text(4)), new[] { first }, last == byte.MaxValue ? AfterAllIds : [(byte)(last + 1)]);

    /// <summary>The files of all volumes which are not retired, of those whose numbers are from <paramref name="first"/> up to <paramref name="last"/>; all, or those that are not notices.</summary>
    public void ScanVolumeFiles(int first, int last, VolumeFileSink sink, bool withNotices = true) => _database.Scan(
        $"SELECT f.volume, f.idx, f.object FROM volume v JOIN volume_file f ON f.volume = v.number WHERE v.retired = 0 AND v.number >= $1 AND v.number <= $2{(withNotices ? "" : $" AND NOT {IsNotice}")}",
        row => sink((int)row.Integer(0), (int)row.Integer(1), row.Bytes(2)), (long)first, (long)last);

    /// <summary>All objects, or one part of them from 0; the parts are about even.</summary>
    public void ScanObjects(ObjectSink sink, int part = 0, int parts = 1) => _database.Scan(
        $"SELECT root, sha256, length, extension, layer, digests_v1 FROM object WHERE {_database.Part("object", "root", part, parts)}", row => sink(row.Bytes(0), row.Bytes(1), row.Integer(2), row.Text(3), row.Bytes(4), row.Bytes(5)));

    /// <summary>What an edition says of all objects, or of one part of them from 0; the parts are about even.</summary>
    public void ScanObjectFacts(ObjectFactsSink sink, int part = 0, int parts = 1) => _database.Scan(
        $"SELECT root, sha256, length, extension, tier, coalesce(duration_ms, -1) FROM object WHERE {_database.Part("object", "root", part, parts)}",
        row => sink(row.Bytes(0), row.Bytes(1), row.Integer(2), row.Text(3), row.Text(4), row.Integer(5) is >= 0 and var durationMs ? checked((int)durationMs) : null));

    /// <summary>
    /// Readies the ledger for the files of new volumes, whose objects it has named itself; <see cref="EndPressing"/> must follow. What is killed between the two leaves a ledger that is whole and finds an object's volume slowly, until the next call of either.
    /// </summary>
    /// <param name="files">How many there will be.</param>
    public void BeginPressing(long files)
    {
        _database.HoldReferences(false);
        var standing = Read("SELECT coalesce(sum(files), 0) FROM volume", row => row.GetInt64(0))[0];
        if (files >= ManyFiles && files >= standing / SmallPart)
            Write(() => Run("DROP INDEX IF EXISTS volume_file_object"));
        else
            MakeFileIndex();
    }

    /// <summary>Ends what <see cref="BeginPressing"/> began.</summary>
    public void EndPressing()
    {
        MakeFileIndex();
        _database.HoldReferences(true);
    }

    /// <summary>Records sealed volumes with their files, in one transaction.</summary>
    public void AddVolumes(IReadOnlyList<(VolumeRow Volume, IReadOnlyList<(string Name, PiecesRoot Object)> Files)> volumes) => Write(() => InsertVolumes(volumes));

    private void InsertVolumes(IReadOnlyList<(VolumeRow Volume, IReadOnlyList<(string Name, PiecesRoot Object)> Files)> volumes)
    {
        foreach (var (volume, _) in volumes)
            Run("INSERT INTO volume VALUES($1, $2, $3, $4, $5, $6, $7, 0)", volume.Number, volume.Name, volume.Stage, volume.Files, volume.LengthBytes, volume.InfoHashV1.ToArray(), volume.InfoHashV2.Digest.ToArray());
        _database.Insert("volume_file", volumes.SelectMany(v => v.Files.Select((file, i) => new object[] { v.Volume.Number, i, file.Name, file.Object.Digest.ToArray() })));
        foreach (var (volume, _) in volumes)
            AddEvent("press", volume.Name, true, $"{volume.Files} files, {volume.LengthBytes} bytes, stage {volume.Stage}");
    }

    /// <summary>Records a sealed volume that takes the place of another, which is taken out of publication, in one transaction.</summary>
    /// <param name="old">The other.</param>
    /// <param name="reason">Why.</param>
    /// <param name="volume">The volume.</param>
    /// <param name="files">Its files, under the names that they had, and notices in the places of the others.</param>
    /// <param name="notices">The notices that are new.</param>
    public void Succeed(VolumeRow old, string reason, VolumeRow volume, IReadOnlyList<(string Name, PiecesRoot Object)> files, IEnumerable<ObjectRow> notices) => Write(() =>
    {
        foreach (var notice in notices)
            AddObject(notice);
        Run("UPDATE volume SET retired = 1 WHERE number = $1", old.Number);
        AddEvent("retire", old.Name, true, $"{reason}; its successor is {volume.Name}");
        InsertVolumes([(volume, files)]);
        Run("INSERT INTO volume_successor VALUES($1, $2)", volume.Number, old.Number);
    });

    /// <summary>Indexes of a volume's files that may be published: those of some recording that may be, and notices.</summary>
    public IReadOnlySet<int> ClearedFiles(int volume) => Read(
        $"SELECT f.idx FROM volume_file f WHERE f.volume = $1 AND ({IsNotice} OR EXISTS (SELECT 1 FROM job j JOIN rights r ON r.recording = j.recording WHERE j.object = f.object AND r.publish = 1))", row => row.GetInt32(0), volume).ToHashSet();

    /// <summary>Of volumes that took the place of others: by their number, the other.</summary>
    public IReadOnlyDictionary<int, VolumeRow> Predecessors() => Read(
        "SELECT v.number, v.name, v.stage, v.files, v.length, v.info_hash_v1, v.info_hash_v2, v.retired, s.volume FROM volume_successor s JOIN volume v ON v.number = s.predecessor", row => (row.GetInt32(8), ReadVolume(row))).ToDictionary(r => r.Item1, r => r.Item2);

    /// <summary>Records a sealed volume.</summary>
    public void AddVolume(VolumeRow volume, IReadOnlyList<(string Name, PiecesRoot Object)> files) => AddVolumes([(volume, files)]);

    private void MakeFileIndex() => _database.SortOnDisk(() => Write(() => Run("CREATE INDEX IF NOT EXISTS volume_file_object ON volume_file(object)")));
}
