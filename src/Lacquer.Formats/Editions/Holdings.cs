using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Objects;
using Microsoft.Data.Sqlite;

namespace Lacquer.Formats.Editions;

/// <summary>What an edition holds of a recording.</summary>
/// <param name="Rank">The recording's rank in the edition's catalogue; 0 for one that has become another there: its object stands in a sealed volume still, and its rights are on record.</param>
/// <param name="Recording">Its id.</param>
/// <param name="Object">Its object.</param>
/// <param name="Extension">The object's extension.</param>
/// <param name="Volume">Name of the volume that has it.</param>
/// <param name="File">Index of the file in the volume, pad files not counted (v2).</param>
/// <param name="FileV1">Index of the file in the volume, pad files counted (v1, and <c>so=</c> of magnets, BEP 53).</param>
/// <param name="OffsetBytes">Where the file begins in the run of all files of the volume, pad files counted (v1); null where an older edition does not say.</param>
/// <param name="Name">The file's name in the volume.</param>
/// <param name="LengthBytes">The object's length.</param>
/// <param name="Tier">The tier it was made for.</param>
/// <param name="DurationMs">Milliseconds, or null.</param>
/// <param name="Licence">The licence it is published under.</param>
/// <param name="Reason">Why the gate cleared it.</param>
/// <param name="Policy">The policy's version.</param>
public sealed record HeldRecording(
    long Rank, EntityId Recording, PiecesRoot Object, string Extension, string Volume, int File, int FileV1, long? OffsetBytes, string Name, long LengthBytes,
    string Tier, int? DurationMs, string Licence, string Reason, string Policy);

/// <summary>
/// <c>holdings.sqlite</c> of an edition: the map from recording to object, volume and file. Written at publish, so that the catalogue, which says what
/// exists, never changes.
/// </summary>
public static class Holdings
{
    /// <summary>The file's name in a catalogue-like folder, uncompressed.</summary>
    public const string FileName = "holdings.sqlite";

    private const string Schema = """
        CREATE TABLE volume(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, stage INTEGER NOT NULL, info_hash_v1 TEXT NOT NULL, info_hash_v2 TEXT NOT NULL) STRICT;
        CREATE TABLE webseed(position INTEGER PRIMARY KEY, url TEXT NOT NULL) STRICT;
        CREATE TABLE holding(recording INTEGER PRIMARY KEY, eid BLOB NOT NULL, object BLOB NOT NULL, extension TEXT NOT NULL, volume INTEGER NOT NULL REFERENCES volume(id), file INTEGER NOT NULL, file_v1 INTEGER NOT NULL, "offset" INTEGER NOT NULL,
            name TEXT NOT NULL, length INTEGER NOT NULL, tier TEXT NOT NULL, duration_ms INTEGER, licence TEXT NOT NULL, reason TEXT NOT NULL, policy TEXT NOT NULL) STRICT;
        CREATE TABLE merged(eid BLOB PRIMARY KEY, object BLOB NOT NULL, extension TEXT NOT NULL, volume INTEGER NOT NULL REFERENCES volume(id), file INTEGER NOT NULL, file_v1 INTEGER NOT NULL, "offset" INTEGER NOT NULL,
            name TEXT NOT NULL, length INTEGER NOT NULL, tier TEXT NOT NULL, duration_ms INTEGER, licence TEXT NOT NULL, reason TEXT NOT NULL, policy TEXT NOT NULL) STRICT;
        """;

    // What a stranger's database may have instead of rows: something that SQLite would run, for as long and in as much memory as it says.
    private const string NoPlainRows = """
        SELECT 1 FROM (VALUES('volume'), ('holding'), ('merged')) AS wanted
        WHERE NOT EXISTS (SELECT 1 FROM pragma_table_list(wanted.column1) l WHERE l.schema = 'main' AND l.type = 'table') OR EXISTS (SELECT 1 FROM pragma_table_xinfo(wanted.column1) WHERE hidden <> 0)
        """;

    /// <summary>Writes the database; <paramref name="held"/> comes in rank order, those without a rank last.</summary>
    public static void Write(string path, IReadOnlyList<ManifestVolume> volumes, IReadOnlyList<string> webseeds, IEnumerable<HeldRecording> held)
    {
        SQLitePCL.Batteries_V2.Init();
        using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        connection.Open();
        Run(connection, $"PRAGMA page_size={CatalogueSchema.PageBytes}; PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; BEGIN; {Schema}");
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var volume in volumes)
        {
            ids.Add(volume.Name, ids.Count + 1);
            Run(connection, "INSERT INTO volume VALUES($1, $2, $3, $4, $5)", ids.Count, volume.Name, volume.Stage, volume.InfoHashV1.ToString(), volume.InfoHashV2.ToString());
        }

        for (var i = 0; i < webseeds.Count; i++)
            Run(connection, "INSERT INTO webseed VALUES($1, $2)", i, webseeds[i]);
        foreach (var row in held)
            Run(connection, row.Rank > 0 ? "INSERT INTO holding VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)" : "INSERT INTO merged VALUES($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
                row.Rank, row.Recording.ToArray(), row.Object.Digest.ToArray(), row.Extension, ids[row.Volume], row.File, row.FileV1, row.OffsetBytes ?? throw new ArgumentException($"recording {row.Recording} has no offset", nameof(held)), row.Name, row.LengthBytes,
                row.Tier, row.DurationMs ?? (object)DBNull.Value, row.Licence, row.Reason, row.Policy);
        Run(connection, "COMMIT");
    }

    /// <summary>Reads the database, in rank order, those without a rank first.</summary>
    /// <exception cref="LacquerException">It is not a holdings database.</exception>
    public static IReadOnlyList<HeldRecording> Read(string path)
    {
        SQLitePCL.Batteries_V2.Init();
        using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false, Mode = SqliteOpenMode.ReadOnly }.ToString());
        try
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = NoPlainRows;
            if (command.ExecuteScalar() is not null)
                throw new ArgumentException("it has views or computed columns where there are tables");
            command.CommandText = "SELECT count(*) FROM pragma_table_info('holding') WHERE name = 'offset'";
            var offset = (long)command.ExecuteScalar()! > 0 ? "h.\"offset\"" : "NULL";
            command.CommandText = $"SELECT h.recording, h.eid, h.object, h.extension, v.name, h.file, h.file_v1, h.name, h.length, h.tier, h.duration_ms, h.licence, h.reason, h.policy, {offset} FROM (SELECT * FROM holding UNION ALL SELECT 0, * FROM merged) h JOIN volume v ON v.id = h.volume ORDER BY h.recording, h.eid";
            using var row = command.ExecuteReader();
            var held = new List<HeldRecording>();
            while (row.Read())
            {
                var extension = row.GetString(3);
                if (!ObjectExtensions.All.Contains(extension))
                    throw new ArgumentException($"an object's extension is none of {string.Join(", ", ObjectExtensions.All)}");
                held.Add(new HeldRecording(row.GetInt64(0), new EntityId(EntityKind.Recording, row.GetFieldValue<byte[]>(1)), new PiecesRoot(new Sha256Digest(row.GetFieldValue<byte[]>(2))),
                    extension, row.GetString(4), row.GetInt32(5), row.GetInt32(6), row.IsDBNull(14) ? null : row.GetInt64(14), row.GetString(7), row.GetInt64(8), row.GetString(9), row.IsDBNull(10) ? null : row.GetInt32(10),
                    row.GetString(11), row.GetString(12), row.GetString(13)));
            }

            return held;
        }
        catch (Exception e) when (e is SqliteException or InvalidCastException or InvalidOperationException or ArgumentException or OverflowException)
        {
            throw new LacquerException(Failure.Damaged, $"{path} cannot be read as holdings: {e.Message.ReplaceLineEndings(" ")}", "fetch the edition again", e);
        }
    }

    private static void Run(SqliteConnection connection, string sql, params ReadOnlySpan<object> values)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        for (var i = 0; i < values.Length; i++)
            command.Parameters.AddWithValue($"${i + 1}", values[i]);
        command.ExecuteNonQuery();
    }
}
