using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Tables;
using Lacquer.Stages.Exporting;
using Lacquer.Stages.Workbench;
using Lacquer.Tests.Studio;
using Microsoft.Data.Sqlite;
using Xunit;

namespace Lacquer.Tests.Exporting;

/// <summary>A catalogue as tables, read back by DuckDB.</summary>
public sealed partial class ExportTests
{
    private static readonly IProgress<StageProgress> Quiet = new Progress<StageProgress>();

    [Fact]
    public void Every_value_of_every_table_comes_back()
    {
        using var archive = Archive();
        using var scratch = new Scratch();
        var report = Run(archive, scratch["t"]);
        var database = Path.Combine(archive.Layout.Catalogue("000001"), CatalogueReader.CatalogueFileName);
        using var source = TableSource.Open(database);
        Assert.Equal(source.Schemas.Select(s => s.Name), report.Tables.Select(t => t.Name));
        Assert.Contains("recording_isrc", report.Tables.Select(t => t.Name));
        foreach (var schema in source.Schemas)
        {
            var expected = Sqlite(database, $"SELECT * FROM {schema.Name}").Select(row => row.Select((value, i) => Written(schema, schema.Columns[i].Name, value)).ToArray()).ToList();
            var met = Duck.Rows(scratch[$"t/{DataPackage.FileOf(schema.Name)}"]);
            Assert.Equal(expected.Count, report.Tables.Single(t => t.Name == schema.Name).Rows);
            Assert.Equal(expected.OrderBy(Line, StringComparer.Ordinal), met.OrderBy(Line, StringComparer.Ordinal));
        }

        Assert.Contains(Duck.Rows(scratch["t/recording.parquet"]), row => row.Contains("'; DROP TABLE recording; -- \"東京\" 🎵"));
        Assert.Equal([["rec", "QZWES2600004", 1L]], Duck.Ask($"SELECT left(r.eid, 3), i.isrc, r.id FROM {Duck.From(scratch["t/recording.parquet"])} r JOIN {Duck.From(scratch["t/recording-isrc.parquet"])} i ON i.recording = r.id"));
        Assert.DoesNotContain(Directory.EnumerateFileSystemEntries(scratch.Root), f => f.EndsWith(".partial", StringComparison.Ordinal));

        static string Line(object?[] row) => string.Join('|', row.Select(v => Convert.ToString(v, CultureInfo.InvariantCulture)));
    }

    [Fact]
    public void A_schema_not_known_yet_is_exported_as_the_database_describes_it()
    {
        using var archive = new SmallArchive();
        using var scratch = new Scratch();
        archive.Catalogue("000001");
        var database = Path.Combine(archive.Layout.Catalogue("000001"), CatalogueReader.CatalogueFileName);
        File.Delete(database);
        Make(database, """
            CREATE TABLE source(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
            CREATE TABLE release_type(id INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT;
            CREATE TABLE recording(id INTEGER PRIMARY KEY, isrc INTEGER, mbid BLOB) STRICT;
            CREATE TABLE recording_isrc_more(recording INTEGER NOT NULL, isrc INTEGER NOT NULL, PRIMARY KEY(recording, isrc)) STRICT, WITHOUT ROWID;
            CREATE VIEW recording_isrc(isrc, recording) AS SELECT isrc, id FROM recording WHERE isrc IS NOT NULL UNION ALL SELECT isrc, recording FROM recording_isrc_more;
            CREATE TABLE recording_feature(recording INTEGER PRIMARY KEY, tempo REAL, key INTEGER) STRICT;
            CREATE TABLE release(id INTEGER PRIMARY KEY, eid BLOB NOT NULL, type INTEGER, genre_set INTEGER) STRICT;
            CREATE TABLE genre_set(id INTEGER NOT NULL, genre INTEGER NOT NULL, PRIMARY KEY(id, genre)) STRICT, WITHOUT ROWID;
            CREATE TABLE image(release INTEGER NOT NULL, position INTEGER NOT NULL, sha256 BLOB, PRIMARY KEY(release, position)) STRICT, WITHOUT ROWID;
            INSERT INTO source VALUES(1, 'one'), (2, 'two');
            INSERT INTO release_type VALUES(1, 'Album');
            INSERT INTO recording VALUES(1, 0, x'00112233445566778899aabbccddeeff'), (2, NULL, NULL);
            INSERT INTO recording_isrc_more VALUES(2, 9999999);
            INSERT INTO recording_feature VALUES(2, 120.25, NULL);
            INSERT INTO release VALUES(1, x'00000000000000000000', 1, NULL);
            INSERT INTO image VALUES(1, 1, x'00ff'), (1, 2, NULL);
            """);
        var report = Run(archive, scratch["t"]);
        Assert.Equal(["genre_set", "image", "recording", "recording_feature", "recording_isrc", "release", "release_type", "source"], report.Tables.Select(t => t.Name));
        Assert.Equal([[1L, "AA0000000000", "00112233-4455-6677-8899-aabbccddeeff"], [2L, null, null]], Duck.Rows(scratch["t/recording.parquet"]));
        Assert.Equal([["AA0000000000", 1L], ["AA0009999999", 2L]], Duck.Rows(scratch["t/recording-isrc.parquet"]));
        Assert.Equal([[2L, 120.25, null]], Duck.Rows(scratch["t/recording-feature.parquet"]));
        Assert.Equal([[1L, 1L, "00ff"], [1L, 2L, null]], Duck.Rows(scratch["t/image.parquet"]));
        Assert.Equal([[1L, "rel-aaaaaaaaaaaaaaaa", 1L, null]], Duck.Rows(scratch["t/release.parquet"]));

        var package = JsonNode.Parse(File.ReadAllText(scratch["t/datapackage.json"]))!;
        Assert.Equal(["one", "two"], package["sources"]!.AsArray().Select(s => (string)s!["title"]!));
        Assert.Equal("""[{"fields":"type","reference":{"resource":"release_type","fields":"id"}}]""", Schema("release")["foreignKeys"]!.ToJsonString());
        Assert.Equal("""[{"fields":"recording","reference":{"resource":"recording","fields":"id"}}]""", Schema("recording_isrc")["foreignKeys"]!.ToJsonString());
        Assert.Equal("""["release","position"]""", Schema("image")["primaryKey"]!.ToJsonString());
        Assert.Null(Schema("recording_isrc")["primaryKey"]);
        Assert.Equal("""{"name":"mbid","type":"string","format":"uuid","description":"MusicBrainz identifier."}""", Schema("recording")["fields"]![2]!.ToJsonString());
        Assert.Equal("number", (string)Schema("recording_feature")["fields"]![1]!["type"]!);

        JsonNode Schema(string table) => package["resources"]!.AsArray().Single(r => (string)r!["name"]! == table)!["schema"]!;
    }

    [Fact]
    public void The_data_package_has_what_the_specification_asks_for_and_describes_the_files_there_are()
    {
        using var archive = Archive();
        using var scratch = new Scratch();
        Run(archive, scratch["t"]);
        var package = JsonNode.Parse(File.ReadAllText(scratch["t/datapackage.json"]))!.AsObject();
        Assert.Equal("data-package", (string)package["profile"]!);
        Assert.Matches(NamePattern(), (string)package["name"]!);
        Assert.False(package.ContainsKey("licenses"));
        Assert.False(package.ContainsKey("created"));
        var resources = package["resources"]!.AsArray().Select(r => r!.AsObject()).ToList();
        Assert.Equal(Directory.EnumerateFiles(scratch["t"]).Select(Path.GetFileName).Except(["datapackage.json"]).Order(StringComparer.Ordinal), resources.Select(r => (string)r["path"]!).Order(StringComparer.Ordinal));
        Assert.Equal(resources.Count, resources.Select(r => (string)r["name"]!).Distinct().Count());
        foreach (var resource in resources)
        {
            var path = scratch["t/" + (string)resource["path"]!];
            Assert.Matches(NamePattern(), (string)resource["name"]!);
            Assert.Equal(new FileInfo(path).Length, (long)resource["bytes"]!);
            Assert.Equal("sha256:" + Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path))), (string)resource["hash"]!);
            Assert.Equal(Duck.Count(path), (long)resource["rows"]!);
            var fields = resource["schema"]!["fields"]!.AsArray().Select(f => (Name: (string)f!["name"]!, Type: (string)f["type"]!)).ToList();
            var columns = Duck.Ask($"DESCRIBE SELECT * FROM {Duck.From(path)}");
            Assert.Equal(columns.Select(c => ((string)c[0]!, (string)c[1]! switch { "BIGINT" => "integer", "DOUBLE" => "number", "VARCHAR" => "string", var other => other })), fields);
            foreach (var key in (resource["schema"]!["foreignKeys"]?.AsArray() ?? []).Select(k => k!))
            {
                Assert.Contains(fields, f => f.Name == (string)key["fields"]!);
                var other = resources.Single(r => (string)r["name"]! == (string)key["reference"]!["resource"]!);
                var missing = Duck.Ask($"SELECT count(*) FROM {Duck.From(path)} WHERE {(string)key["fields"]!} IS NOT NULL AND {(string)key["fields"]!} NOT IN (SELECT {(string)key["reference"]!["fields"]!} FROM {Duck.From(scratch["t/" + (string)other["path"]!])})");
                // The small archive has no rows of sources and accessions.
                if ((string)other["name"]! is not ("source" or "accession"))
                    Assert.True(missing[0][0] is 0L, $"{missing[0][0]} rows of {(string)resource["name"]!}.{(string)key["fields"]!}");
            }
        }

        string KeysOf(string table) => string.Join(' ', resources.Single(r => (string)r["name"]! == table)["schema"]!["foreignKeys"]!.AsArray().Select(k => $"{k!["fields"]}>{k["reference"]!["resource"]}"));
        Assert.Equal("release>release recording>recording artist_credit>artist_credit", KeysOf("track"));
        Assert.Equal("source>source", KeysOf("accession"));
    }

    [Fact]
    public void The_same_catalogue_gives_the_same_bytes_and_an_export_replaces_an_export()
    {
        using var archive = Archive();
        using var scratch = new Scratch();
        Directory.CreateDirectory(scratch["a"]);
        Run(archive, scratch["a"]);
        Run(archive, scratch["b"]);
        Assert.Equal(Files("a"), Files("b"));
        Run(archive, scratch["b"], "recording", "track");
        Assert.Equal(["datapackage.json", "recording.parquet", "track.parquet"], Directory.EnumerateFiles(scratch["b"]).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        // What a killed run left is no hindrance.
        Directory.CreateDirectory(scratch["b.partial"]);
        File.WriteAllText(scratch["b.partial/recording.parquet"], "half");
        Run(archive, scratch["b"]);
        Assert.Equal(Files("a"), Files("b"));
        Assert.False(Directory.Exists(scratch["b.partial"]));

        List<(string, string)> Files(string folder) => Directory.EnumerateFiles(scratch[folder]).Order(StringComparer.Ordinal).Select(f => (Path.GetFileName(f), Convert.ToHexString(File.ReadAllBytes(f)))).ToList();
    }

    [Fact]
    public void A_folder_with_other_files_is_refused_and_left_as_it_is()
    {
        using var archive = Archive();
        using var scratch = new Scratch();
        Directory.CreateDirectory(scratch["t"]);
        File.WriteAllText(scratch["t/letter.txt"], "dear");
        Assert.Equal(Failure.Refused, Refused(scratch["t"]).Failure);
        Assert.Equal("dear", File.ReadAllText(scratch["t/letter.txt"]));

        Run(archive, scratch["mine"]);
        File.WriteAllText(scratch["mine/notes.txt"], "dear");
        Assert.Equal(Failure.Refused, Refused(scratch["mine"]).Failure);
        Directory.CreateDirectory(scratch["other"]);
        File.WriteAllText(scratch["other/datapackage.json"], """{"name":"other","resources":[]}""");
        Assert.Equal(Failure.Refused, Refused(scratch["other"]).Failure);
        Assert.Equal(Failure.Refused, Refused(archive.Folder).Failure);
        Assert.Equal(Failure.Usage, Refused(scratch["t/letter.txt"]).Failure);
        Assert.Equal(Failure.Missing, Refused(scratch["no/where"]).Failure);
        Assert.DoesNotContain(Directory.EnumerateFileSystemEntries(scratch.Root), f => f.EndsWith(".partial", StringComparison.Ordinal));
        Directory.CreateDirectory(scratch["new.partial"]);
        File.WriteAllText(scratch["new.partial/letter.txt"], "dear");
        Assert.Equal(Failure.Refused, Refused(scratch["new"]).Failure);
        Assert.Equal("dear", File.ReadAllText(scratch["new.partial/letter.txt"]));

        LacquerException Refused(string folder) => Assert.Throws<LacquerException>(() => Run(archive, folder));
    }

    [Fact]
    public void A_table_or_catalogue_that_is_not_there_is_named()
    {
        using var archive = Archive();
        using var scratch = new Scratch();
        var table = Assert.Throws<LacquerException>(() => Run(archive, scratch["t"], "recording", "songs"));
        Assert.Equal((Failure.Usage, "the catalogue has no table 'songs'"), (table.Failure, table.Message));
        Assert.Contains("recording_isrc", table.Hint, StringComparison.Ordinal);
        var request = new ExportRequest(archive.Folder, scratch["t"], "000007");
        Assert.Equal(Failure.Missing, Assert.Throws<LacquerException>(() => Export.Run(request, TimeProvider.System, Quiet, CancellationToken.None)).Failure);
        Assert.Empty(Directory.EnumerateFileSystemEntries(scratch.Root));
    }

    [Fact]
    public void A_damaged_catalogue_is_called_damaged_and_leaves_no_export()
    {
        using var archive = Archive();
        using var scratch = new Scratch();
        var database = Path.Combine(archive.Layout.Catalogue("000001"), CatalogueReader.CatalogueFileName);
        Make(database, "UPDATE recording SET isrc = 9007199254740992");
        Assert.Equal(Failure.Damaged, Assert.Throws<LacquerException>(() => Run(archive, scratch["t"])).Failure);
        File.WriteAllText(database, "no database");
        Assert.Equal(Failure.Damaged, Assert.Throws<LacquerException>(() => Run(archive, scratch["t"])).Failure);
        Assert.False(Directory.Exists(scratch["t"]));
    }

    private static SmallArchive Archive()
    {
        var archive = new SmallArchive();
        archive.Catalogue("000001",
            new SmallRecording("'; DROP TABLE recording; -- \"東京\" 🎵", "Кино\tТест", long.MaxValue / 4, "Première", 1, "QZWES2600004"), new SmallRecording("", "A | B", 5, "é", 2, null, null),
            new SmallRecording("Three", "A | B", 0, "é", 1));
        return archive;
    }

    private static ExportReport Run(SmallArchive archive, string folder, params string[] tables) =>
        Export.Run(new ExportRequest(archive.Folder, folder, Tables: tables.Length == 0 ? null : tables), TimeProvider.System, Quiet, CancellationToken.None);

    // What a value of SQLite's looks like in the table, by the document.
    private static object? Written(TableSchema schema, string column, object? value) => (column, value) switch
    {
        ("eid", byte[] bytes) => new EntityId(schema.Name switch { "artist" => EntityKind.Artist, "release" => EntityKind.Release, _ => EntityKind.Recording }, bytes).ToString(),
        ("isrc", long packed) => Isrc.FromPacked(packed).ToString(),
        (_, byte[] bytes) => Convert.ToHexStringLower(bytes),
        _ => value,
    };

    private static List<object?[]> Sqlite(string path, string sql)
    {
        using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false, Mode = SqliteOpenMode.ReadOnly }.ToString());
        connection.Open();
        return Duck.Rows(connection, sql);
    }

    private static void Make(string path, string sql)
    {
        SQLitePCL.Batteries_V2.Init();
        using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    [GeneratedRegex("^[a-z0-9._-]+$")]
    private static partial Regex NamePattern();
}
