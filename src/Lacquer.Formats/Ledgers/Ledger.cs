using System.Data.Common;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Rights;
using Lacquer.Formats.Volumes;
using Microsoft.Data.Sqlite;

namespace Lacquer.Formats.Ledgers;

/// <summary>
/// The archive's own state, in <c>ledger.sqlite</c> or a PostgreSQL database: accessions, objects, jobs, rights decisions, volumes, editions, findings and events. Every method that writes is one
/// transaction, on disk when it returns. Safe for use by several threads. The archive's lock sees to it that one process writes at a time, those apart that take jobs side by side; any number read.
/// </summary>
public sealed partial class Ledger : IDisposable
{
    /// <summary>The number of the format: SQLite's <c>user_version</c>, and <c>format</c> in PostgreSQL's <c>meta</c>.</summary>
    public const int Format = 3;

    /// <summary>How a ledger of a former format becomes one of this.</summary>
    internal const string Renewal = "lacquer init in the archive brings it up to date, and any command that writes does";

    private const string ObjectFacts = "o.root, o.sha256, o.length, o.extension, o.layer, o.digests_v1, o.tier, o.duration_ms, o.loudness, o.peak, o.original, o.original_length, o.undo";
    private const string ObjectColumns = ObjectFacts + ", o.fingerprint, o.samples, o.loudness_blocks, o.album, o.album_loudness, o.album_peak";

    // For lists of a whole volume, which stay in memory: without what takes kilobytes and no torrent needs.
    private const string LeanColumns = ObjectFacts + ", NULL, o.samples, NULL, o.album, o.album_loudness, o.album_peak";
    private const int ObjectWidth = 19;

    // Of a file f of a volume: no audio has such a name.
    private const string IsNotice = "f.name LIKE '%" + Notice.NameEnd + "'";

    private readonly ILedgerDatabase _database;
    private readonly TimeProvider _clock;
    private readonly string _agent;

    private Ledger(ILedgerDatabase database, TimeProvider clock, string agent)
    {
        _database = database;
        _clock = clock;
        _agent = agent;
    }

    /// <summary>Makes an empty ledger; it appears whole or not at all.</summary>
    /// <param name="place">A file that is not there yet, or the address of an empty PostgreSQL database.</param>
    public static void Create(string place)
    {
        if (PostgresAddress.Is(place))
            PostgresLedger.Create(PostgresAddress.Parse(place));
        else
            SqliteLedger.Create(place);
    }

    /// <summary>Opens a ledger; one of the former format is brought up to date where it may be written to.</summary>
    /// <param name="place">Its file, or the address of its PostgreSQL database.</param>
    /// <param name="clock">Gives events their time.</param>
    /// <param name="agent">Program and version, for events.</param>
    /// <param name="readOnly">Whether nothing will be written.</param>
    /// <param name="patience">How a database that went away is waited for; null: it is not.</param>
    /// <exception cref="LacquerException">It is missing or of another format.</exception>
    public static Ledger Open(string place, TimeProvider clock, string agent, bool readOnly = false, LedgerPatience? patience = null) =>
        new(PostgresAddress.Is(place) ? PostgresLedger.Open(PostgresAddress.Parse(place), readOnly, patience ?? LedgerPatience.None) : SqliteLedger.Open(place, clock, readOnly), clock, agent);

    /// <summary>Whether this process may be at work beside others of its kind, or alone, as far as the ledger's database knows of the others. Asked again, it gives up what it had first.</summary>
    public bool TryHold(bool alone) => _database.TryHold(alone);

    /// <summary>A remembered value, or null.</summary>
    public string? Meta(string name) => Read("SELECT value FROM meta WHERE name = $1", row => row.GetString(0), name).FirstOrDefault();

    /// <summary>Remembers a value.</summary>
    public void SetMeta(string name, string value) => Write(() => Run("INSERT INTO meta VALUES($1, $2) ON CONFLICT(name) DO UPDATE SET value = $2", name, value));

    /// <summary>All sealed accessions, by number.</summary>
    public IReadOnlyList<AccessionRow> Accessions() => Read("SELECT number, source, adapter, location, records, length, sha256 FROM accession ORDER BY number",
        row => new AccessionRow(row.GetInt32(0), row.GetString(1), row.GetString(2), row.GetString(3), row.GetInt64(4), row.GetInt64(5), Digest(row, 6)));

    /// <summary>Records a sealed accession and, in the same transaction, what was set aside while it was made. Audio of the source that could not be used may be in order now, and is tried again.</summary>
    public void AddAccession(AccessionRow accession, IEnumerable<Finding> findings) => Write(() =>
    {
        Run("INSERT INTO accession VALUES($1, $2, $3, $4, $5, $6, $7)", accession.Number, accession.Source, accession.Adapter, accession.Location, accession.Records, accession.LengthBytes, accession.Sha256.ToArray());
        Replace("harvest", accession.Source, findings);
        Run("UPDATE job SET attempts = 0 WHERE state = 'set-aside' AND accession IN (SELECT number FROM accession WHERE source = $1)", accession.Source);
        AddEvent("accession", FormattableString.Invariant($"{accession.Number:D6}"), true, $"{accession.Records} records from {accession.Source}");
    });

    /// <summary>Replaces what a stage had set aside within a scope (a source, or "" for all).</summary>
    public void ReplaceFindings(string stage, string scope, IEnumerable<Finding> findings) => Write(() => Replace(stage, scope, findings));

    /// <summary>Everything set aside, by stage and subject.</summary>
    public IReadOnlyList<Finding> Findings() => Read("SELECT stage, subject, kind, message FROM finding ORDER BY stage, scope, subject",
        row => new Finding(row.GetString(0), row.GetString(1), row.GetString(2), row.GetString(3)));

    /// <summary>What a stage set aside within a scope, by subject.</summary>
    public IReadOnlyList<Finding> Findings(string stage, string scope) => Read("SELECT stage, subject, kind, message FROM finding WHERE stage = $1 AND scope = $2 ORDER BY subject",
        row => new Finding(row.GetString(0), row.GetString(1), row.GetString(2), row.GetString(3)), stage, scope);

    /// <summary>What is held of a recording, or null.</summary>
    public HoldingRow? Holding(EntityId recording) => Read(
        $"SELECT {ObjectColumns}, r.keep, r.publish, r.licence, r.reason, r.evidence, r.policy FROM job j JOIN object o ON o.root = j.object JOIN rights r ON r.recording = j.recording WHERE j.recording = $1",
        row => new HoldingRow(ReadObject(row), ReadRights(row, ObjectWidth)), recording.ToArray()).FirstOrDefault();

    /// <summary>Where each of these recordings stands; one that the ledger never heard of is not in the answer.</summary>
    public IReadOnlyDictionary<EntityId, StandingRow> Standings(IEnumerable<EntityId> recordings)
    {
        var standings = new Dictionary<EntityId, StandingRow>();
        // SQLite takes 32,766 parameters; a few hundred keep the statement small.
        foreach (var some in recordings.Distinct().Chunk(256))
        {
            var wanted = string.Join(", ", Enumerable.Range(1, some.Length).Select(i => FormattableString.Invariant($"(${i})")));
            foreach (var (id, standing) in Read(
                $"WITH wanted(recording) AS (VALUES {wanted}) SELECT w.recording, j.state, j.reason, j.object, o.extension, r.publish, r.licence, r.reason FROM wanted w LEFT JOIN job j ON j.recording = w.recording LEFT JOIN object o ON o.root = j.object LEFT JOIN rights r ON r.recording = w.recording WHERE j.recording IS NOT NULL OR r.recording IS NOT NULL",
                row => (new EntityId(EntityKind.Recording, row.GetFieldValue<byte[]>(0)), new StandingRow(
                    row.IsDBNull(1) ? null : State(row.GetString(1)), row.IsDBNull(2) ? "" : row.GetString(2), row.IsDBNull(3) ? null : new PiecesRoot(Digest(row, 3)),
                    row.IsDBNull(4) ? null : row.GetString(4), !row.IsDBNull(5) && row.GetInt32(5) != 0, row.IsDBNull(6) ? null : row.GetString(6), row.IsDBNull(7) ? null : row.GetString(7))),
                [.. some.Select(id => (object)id.ToArray())]))
                standings[id] = standing;
        }

        return standings;
    }

    /// <summary>The object of this name, or null.</summary>
    public ObjectRow? Object(PiecesRoot root) => Read($"SELECT {ObjectColumns} FROM object o WHERE o.root = $1", ReadObject, root.Digest.ToArray()).FirstOrDefault();

    /// <summary>Objects in the order of their names, at most <paramref name="limit"/> after one.</summary>
    public IReadOnlyList<ObjectRow> Objects(PiecesRoot? after, int limit) => Read(
        $"SELECT {ObjectColumns} FROM object o WHERE o.root > $1 ORDER BY o.root LIMIT $2", ReadObject, after?.Digest.ToArray() ?? [], limit);

    /// <summary>The recordings whose audio is this object.</summary>
    public IReadOnlyList<EntityId> RecordingsOf(PiecesRoot root) => Read("SELECT recording FROM job WHERE object = $1 ORDER BY recording", row => new EntityId(EntityKind.Recording, row.GetFieldValue<byte[]>(0)), root.Digest.ToArray());

    /// <summary>Recordings whose audio is held, in the order of their ids, at most <paramref name="limit"/> after one.</summary>
    public IReadOnlyList<EntityId> HeldRecordings(EntityId? after, int limit) => Read(
        "SELECT recording FROM job WHERE state = 'done' AND recording > $1 ORDER BY recording LIMIT $2",
        row => new EntityId(EntityKind.Recording, row.GetFieldValue<byte[]>(0)), after?.ToArray() ?? [], limit);

    /// <summary>How many objects there are, and their bytes; notices are not counted.</summary>
    public (long Count, long LengthBytes) ObjectTotals() => Read(
        "SELECT (SELECT value FROM total WHERE name = 'objects'), (SELECT value FROM total WHERE name = 'object_bytes')", row => (row.GetInt64(0), row.GetInt64(1)))[0];

    /// <summary>How many recordings may be published and are held.</summary>
    public long PublishableCount() => Read("SELECT count(*) FROM job j JOIN rights r ON r.recording = j.recording WHERE j.state = 'done' AND r.publish = 1", row => row.GetInt64(0))[0];

    /// <summary>The volume that holds an object and is not retired, with the file's index; null where none does.</summary>
    public (VolumeRow Volume, int Index, string Name)? VolumeOf(PiecesRoot root)
    {
        var found = Read("SELECT v.number, v.name, v.stage, v.files, v.length, v.info_hash_v1, v.info_hash_v2, v.retired, f.idx, f.name FROM volume_file f JOIN volume v ON v.number = f.volume WHERE f.object = $1 AND v.retired = 0 LIMIT 1",
            row => (ReadVolume(row), row.GetInt32(8), row.GetString(9)), root.Digest.ToArray());
        return found.Count == 0 ? null : found[0];
    }

    /// <summary>The volume of this name, retired or not, or null.</summary>
    public VolumeRow? Volume(string name) => Read("SELECT number, name, stage, files, length, info_hash_v1, info_hash_v2, retired FROM volume WHERE name = $1", ReadVolume, name).FirstOrDefault();

    /// <summary>The object that stands in a volume under this name, and whether it may be published, as some recording that it is of may be, and every notice; null where there is none.</summary>
    public (PiecesRoot Object, bool Publish)? VolumeFile(int volume, string name)
    {
        var found = Read(
            $"SELECT f.object, CASE WHEN {IsNotice} OR EXISTS (SELECT 1 FROM job j JOIN rights r ON r.recording = j.recording WHERE j.object = f.object AND r.publish = 1) THEN 1 ELSE 0 END FROM volume_file f WHERE f.volume = $1 AND f.name = $2",
            row => (new PiecesRoot(Digest(row, 0)), row.GetInt32(1) != 0), volume, name);
        return found.Count == 0 ? null : found[0];
    }

    /// <summary>
    /// Where a volume's file stands by v1: its index, as <c>so=</c> counts (BEP 53), a pad file standing after every file that does not end with a piece (BEP 47), and where it begins in the run of all files, in bytes.
    /// </summary>
    /// <param name="volume">The volume's number.</param>
    /// <param name="index">The file's index, pad files not counted.</param>
    /// <param name="pieceLengthBytes">The archive's piece length.</param>
    public (int Index, long OffsetBytes) PlaceV1(int volume, int index, int pieceLengthBytes) => Read(
        "SELECT count(*) FILTER (WHERE o.length % $3 <> 0), CAST(coalesce(sum((o.length + $3 - 1) / $3), 0) AS BIGINT) FROM volume_file f JOIN object o ON o.root = f.object WHERE f.volume = $1 AND f.idx < $2",
        row => (index + row.GetInt32(0), row.GetInt64(1) * pieceLengthBytes), volume, index, (long)pieceLengthBytes)[0];

    /// <summary>All volumes, by number.</summary>
    public IReadOnlyList<VolumeRow> Volumes() => Read("SELECT number, name, stage, files, length, info_hash_v1, info_hash_v2, retired FROM volume ORDER BY number", ReadVolume);

    /// <summary>A volume's files in order.</summary>
    public IReadOnlyList<VolumeFileRow> VolumeFiles(int volume) => Read(
        $"SELECT {LeanColumns}, f.idx, f.name FROM volume_file f JOIN object o ON o.root = f.object WHERE f.volume = $1 ORDER BY f.idx",
        row => new VolumeFileRow(row.GetInt32(ObjectWidth), row.GetString(ObjectWidth + 1), ReadObject(row)), volume);

    /// <summary>Takes a volume out of publication.</summary>
    public void RetireVolume(VolumeRow volume, string reason) => Write(() =>
    {
        Run("UPDATE volume SET retired = 1 WHERE number = $1", volume.Number);
        AddEvent("retire", volume.Name, true, reason);
    });

    /// <summary>All editions, by number.</summary>
    public IReadOnlyList<EditionRow> Editions() => Read("SELECT number, name, catalogue, manifest FROM edition ORDER BY number",
        row => new EditionRow(row.GetInt32(0), row.GetString(1), row.GetString(2), Digest(row, 3)));

    /// <summary>Records a published edition.</summary>
    public void AddEdition(EditionRow edition) => Write(() =>
    {
        Run("INSERT INTO edition VALUES($1, $2, $3, $4)", edition.Number, edition.Name, edition.Catalogue, edition.Manifest.ToArray());
        AddEvent("publish", edition.Name, true, $"manifest {edition.Manifest}");
    });

    /// <summary>Records that an object's bytes were checked.</summary>
    public void FixityChecked(PiecesRoot root, bool intact, string detail) => Write(() => AddEvent("fixity", root.ToString(), intact, detail));

    /// <summary>Records that the bytes of objects were checked and are right, each with what was looked at, in one transaction.</summary>
    public void FixityChecked(IReadOnlyList<(PiecesRoot Root, string Detail)> intact) => Write(() =>
    {
        foreach (var (root, detail) in intact)
            AddEvent("fixity", root.ToString(), true, detail);
    });

    /// <summary>The extension of the object of this name, or null where there is none.</summary>
    public string? ExtensionOf(PiecesRoot root) => Read("SELECT extension FROM object WHERE root = $1", row => row.GetString(0), root.Digest.ToArray()).FirstOrDefault();

    /// <summary>The events of a subject, oldest first.</summary>
    public IReadOnlyList<EventRow> Events(string subject) => Read("SELECT at, type, subject, outcome, detail, agent FROM event WHERE subject = $1 ORDER BY id",
        row => new EventRow(row.GetString(0), row.GetString(1), row.GetString(2), row.GetString(3), row.GetString(4), row.GetString(5)), subject);

    /// <summary>Whether SQLite says that the disk is full.</summary>
    public static bool IsDiskFull(SqliteException e) => SqliteLedger.IsDiskFull(e);

    /// <inheritdoc/>
    public void Dispose() => _database.Dispose();

    private bool AddObject(ObjectRow obj)
    {
        var isNew = Run("INSERT INTO object VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19) ON CONFLICT(root) DO NOTHING",
            obj.Root.Digest.ToArray(), obj.Sha256.ToArray(), obj.LengthBytes, obj.Extension, obj.PieceLayer, obj.PieceDigestsV1, obj.Tier,
            obj.DurationMs ?? (object)DBNull.Value, obj.LoudnessLufs ?? (object)DBNull.Value, obj.PeakDbfs ?? (object)DBNull.Value,
            obj.Original?.ToArray() ?? (object)DBNull.Value, obj.OriginalLengthBytes ?? (object)DBNull.Value, obj.Undo ?? (object)DBNull.Value, obj.Fingerprint ?? (object)DBNull.Value, obj.Samples?.ToArray() ?? (object)DBNull.Value,
            obj.LoudnessBlocks ?? (object)DBNull.Value, obj.Album?.ToArray() ?? (object)DBNull.Value, obj.AlbumLufs ?? (object)DBNull.Value, obj.AlbumPeakDbfs ?? (object)DBNull.Value) > 0;
        if (isNew && !obj.IsNotice)
            CountObject(1, obj.LengthBytes);
        return isNew;
    }

    private void RemoveObject(ObjectRow obj)
    {
        Run("DELETE FROM object WHERE root = $1", obj.Root.Digest.ToArray());
        CountObject(-1, -obj.LengthBytes);
    }

    private void CountObject(int objects, long lengthBytes)
    {
        Run("UPDATE total SET value = value + $1 WHERE name = 'objects'", objects);
        Run("UPDATE total SET value = value + $1 WHERE name = 'object_bytes'", lengthBytes);
    }

    private void Replace(string stage, string scope, IEnumerable<Finding> findings)
    {
        Run("DELETE FROM finding WHERE stage = $1 AND scope = $2", stage, scope);
        foreach (var finding in findings)
            Run("INSERT INTO finding VALUES($1, $2, $3, $4, $5) ON CONFLICT(stage, scope, subject) DO UPDATE SET kind = $4, message = $5", stage, scope, finding.Subject, finding.Kind, finding.Message);
    }

    private void AddEvent(string type, string subject, bool success, string detail, string? agent = null) => Run("INSERT INTO event(at, type, subject, outcome, agent, detail) VALUES($1, $2, $3, $4, $5, $6)",
        _clock.GetUtcNow().ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture), type, subject, success ? "success" : "failure", agent ?? _agent, detail);

    private void Write(Action work) => _database.Write(() =>
    {
        work();
        return true;
    });

    private int Run(string sql, params ReadOnlySpan<object> values) => _database.Run(sql, values);

    private List<T> Read<T>(string sql, Func<DbDataReader, T> read, params ReadOnlySpan<object> values) => _database.Read(sql, read, values);

    private static Sha256Digest Digest(DbDataReader row, int column) => new(row.GetFieldValue<byte[]>(column));

    private static ObjectRow ReadObject(DbDataReader row) => new(
        new PiecesRoot(Digest(row, 0)), Digest(row, 1), row.GetInt64(2), row.GetString(3), row.GetFieldValue<byte[]>(4), row.GetFieldValue<byte[]>(5), row.GetString(6),
        row.IsDBNull(7) ? null : row.GetInt32(7), row.IsDBNull(8) ? null : row.GetDouble(8), row.IsDBNull(9) ? null : row.GetDouble(9),
        row.IsDBNull(10) ? null : Digest(row, 10), row.IsDBNull(11) ? null : row.GetInt64(11), row.IsDBNull(12) ? null : row.GetFieldValue<byte[]>(12))
    {
        Fingerprint = row.IsDBNull(13) ? null : row.GetFieldValue<byte[]>(13),
        Samples = row.IsDBNull(14) ? null : Digest(row, 14),
        LoudnessBlocks = row.IsDBNull(15) ? null : row.GetFieldValue<byte[]>(15),
        Album = row.IsDBNull(16) ? null : new EntityId(EntityKind.Release, row.GetFieldValue<byte[]>(16)),
        AlbumLufs = row.IsDBNull(17) ? null : row.GetDouble(17),
        AlbumPeakDbfs = row.IsDBNull(18) ? null : row.GetDouble(18),
    };

    private static VolumeRow ReadVolume(DbDataReader row) => new(row.GetInt32(0), row.GetString(1), row.GetInt32(2), row.GetInt32(3), row.GetInt64(4),
        new InfoHashV1(row.GetFieldValue<byte[]>(5)), new InfoHashV2(Digest(row, 6)), row.GetInt32(7) != 0);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UseStringEnumConverter = true)]
[JsonSerializable(typeof(Evidence))]
internal sealed partial class EvidenceJson : JsonSerializerContext;
