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
        using var holding = new Statement(connection.Handle!, "INSERT INTO holding VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)");
        using var merged = new Statement(connection.Handle!, "INSERT INTO merged VALUES(?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)");
        foreach (var row in held)
        {
            var its = row.Rank > 0 ? holding.Bind(1, row.Rank) : merged;
            its.BindBlob(2, row.Recording.ToArray()).BindBlob(3, row.Object.Digest.Bytes).Bind(4, row.Extension).Bind(5, ids[row.Volume]).Bind(6, row.File).Bind(7, row.FileV1)
                .Bind(8, row.OffsetBytes ?? throw new ArgumentException($"recording {row.Recording} has no offset", nameof(held))).Bind(9, row.Name).Bind(10, row.LengthBytes).Bind(11, row.Tier).Bind(13, row.Licence).Bind(14, row.Reason).Bind(15, row.Policy);
            _ = row.DurationMs is { } durationMs ? its.Bind(12, durationMs) : its.BindNull(12);
            its.Run();
        }

        Run(connection, "COMMIT");
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
