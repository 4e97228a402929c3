using System.Globalization;
using System.Text.Json.Nodes;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Editions;
using Lacquer.Formats.Tables;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Proof;

/// <summary>What we write is read by sqlite3, zstd, jq and xmllint, as the documents promise.</summary>
[Collection(ProofArchiveUsers.Name)]
public sealed class DatabaseToolTests(ProofArchive proof)
{
    [Fact]
    public void Sqlite3_reads_the_catalogue()
    {
        ProofArchive.Need("sqlite3");
        var catalogue = Path.Combine(proof.Archive.Layout.NewestCatalogue()!, CatalogueReader.CatalogueFileName);
        Sound(catalogue);
        Assert.Equal("1|Déjà vu|Ánna Ström|Första|1\n2|No licence|Кино Тест|Вторая|3\n", Sqlite(catalogue, """
            SELECT recording.id, recording.title, artist_credit.name, release.title, track.position
            FROM recording JOIN artist_credit ON artist_credit.id = recording.artist_credit JOIN track ON track.recording = recording.id JOIN release ON release.id = track.release
            ORDER BY recording.id LIMIT 2
            """));
        Sound(Path.Combine(proof.Archive.Layout.NewestCatalogue()!, CatalogueReader.LookupsFileName));
        Assert.Equal("7|1|7\n", Sqlite(catalogue, "SELECT count(*), min(id), max(id) FROM recording"));
    }

    [Fact]
    public void Sqlite3_searches_and_finds_ranks()
    {
        ProofArchive.Need("sqlite3");
        var folder = proof.Archive.Layout.NewestCatalogue()!;
        var search = Path.Combine(folder, CatalogueReader.SearchFileName);
        Sound(search);
        Assert.Equal("1\n", Sqlite(search, "SELECT rowid FROM recording_text('deja AND vu')"));
        Assert.Equal("2\n", Sqlite(search, "SELECT rowid FROM recording_text('\"кино\" AND \"тест\" AND \"no\"') ORDER BY rowid LIMIT 20"));
        Assert.Equal("東京\n", Sqlite(Path.Combine(folder, CatalogueReader.CatalogueFileName), $"ATTACH 'file:{search}?immutable=1' AS s; SELECT title FROM recording WHERE id IN (SELECT rowid FROM s.recording_text('\"東京\"'))"));
        Assert.Equal("1\n", Sqlite(search, "SELECT count(*) FROM release_text('вторая')"));
    }

    [Fact]
    public void Sqlite3_reads_the_ledger()
    {
        ProofArchive.Need("sqlite3");
        using var scratch = new Scratch();
        // A copy: it is still in use, and with it may lie what is not yet in the file itself.
        foreach (var file in Directory.EnumerateFiles(proof.Folder, "ledger.sqlite*"))
            File.Copy(file, scratch[Path.GetFileName(file)]);
        var ledger = scratch["ledger.sqlite"];
        Assert.Equal("ok\n", Sqlite(ledger, "PRAGMA integrity_check", immutable: false));
        Assert.Equal("", Sqlite(ledger, "PRAGMA foreign_key_check", immutable: false));
        Assert.Equal("denied|2\ndone|5\n", Sqlite(ledger, "SELECT state, count(*) FROM job GROUP BY state ORDER BY state", immutable: false));
        Assert.Equal("5\n", Sqlite(ledger, "SELECT count(*) FROM volume_file JOIN object ON object.root = volume_file.object JOIN job ON job.object = object.root JOIN rights ON rights.recording = job.recording AND rights.publish = 1", immutable: false));
    }

    [Fact]
    public void Duckdb_reads_the_tables_of_an_edition_and_joins_catalogue_and_holdings()
    {
        ProofArchive.Need("sqlite3");
        string Table(string name) => Duck.From(Path.Combine(proof.Edition, "tables", DataPackage.FileOf(name)));
        var rows = Duck.Ask($"""
            SELECT r.title, h.licence, v.name, h.name, h.length, h.object FROM {Table("holding")} h JOIN {Table("volume")} v ON v.id = h.volume JOIN {Table("recording")} r ON r.id = h.recording AND r.eid = h.eid ORDER BY h.recording
            """);
        Assert.Equal(5, rows.Count);
        var files = proof.Manifest.Volumes.SelectMany(v => proof.FilesOf(v).Select(f => (v.Name, File: f))).ToDictionary(x => (x.Name, x.File.Name), x => x.File);
        Assert.All(rows, row => Assert.Equal((row[4], row[5]), ((object?)files[((string)row[2]!, (string)row[3]!)].LengthBytes, files[((string)row[2]!, (string)row[3]!)].Root.ToString())));
        var catalogue = Path.Combine(proof.Archive.Layout.NewestCatalogue()!, CatalogueReader.CatalogueFileName);
        foreach (var table in new[] { "recording", "release", "artist", "track", "recording_isrc" })
            Assert.Equal(Sqlite(catalogue, $"SELECT count(*) FROM {table}").Trim(), $"{Duck.Ask($"SELECT count(*) FROM {Table(table)}")[0][0]}");
    }

    [Fact]
    public void The_data_package_of_an_edition_says_of_its_files_what_the_manifest_says()
    {
        ProofArchive.Need();
        var signed = proof.Manifest.Files.ToDictionary(f => f.Path);
        var package = JsonNode.Parse(File.ReadAllText(Path.Combine(proof.Edition, DataPackage.FileName)))!;
        var described = package["resources"]!.AsArray().Select(r => (Path: (string)r!["path"]!, Bytes: (long)r["bytes"]!, Hash: (string)r["hash"]!)).ToList();
        Assert.All(described, file => Assert.Equal((signed[file.Path].LengthBytes, $"sha256:{signed[file.Path].Sha256}"), (file.Bytes, file.Hash)));
        Assert.Equal(signed.Keys.Where(p => p.StartsWith("tables/", StringComparison.Ordinal) || p.EndsWith(".sqlite.zst", StringComparison.Ordinal)).Order(StringComparer.Ordinal), described.Select(d => d.Path).Order(StringComparer.Ordinal));
        Assert.Contains("tables/holding.parquet", signed.Keys);
        Assert.Contains(DataPackage.FileName, signed.Keys);
        Assert.Contains("href=\"datapackage.json\"", File.ReadAllText(Path.Combine(proof.Edition, "index.html")), StringComparison.Ordinal);
    }

    [Fact]
    public void Zstd_gives_the_archives_catalogue_back_and_holdings_that_sqlite3_joins_with_them()
    {
        ProofArchive.Need("sqlite3", "zstd");
        using var scratch = new Scratch();
        foreach (var name in new[] { CatalogueReader.CatalogueFileName, Holdings.FileName })
        {
            var (exit, output) = Tools.Run("zstd", "-q", "-d", Path.Combine(proof.Edition, name + ".zst"), "-o", scratch[name]);
            Assert.True(exit == 0, output);
        }

        Assert.Equal(File.ReadAllBytes(Path.Combine(proof.Archive.Layout.NewestCatalogue()!, CatalogueReader.CatalogueFileName)), File.ReadAllBytes(scratch[CatalogueReader.CatalogueFileName]));
        Sound(scratch[CatalogueReader.CatalogueFileName]);
        Sound(scratch[Holdings.FileName]);
        var rows = Sqlite(scratch[Holdings.FileName], $"""
            ATTACH 'file:{scratch[CatalogueReader.CatalogueFileName]}?immutable=1' AS c;
            SELECT r.title, h.licence, v.name, h.name, h.file_v1, h.length, lower(hex(h.object)) FROM holding h JOIN volume v ON v.id = h.volume JOIN c.recording r ON r.id = h.recording AND r.eid = h.eid ORDER BY h.recording
            """).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('|')).ToList();
        Assert.Equal(5, rows.Count);
        var files = proof.Manifest.Volumes.SelectMany(v => proof.FilesOf(v).Select(f => (v.Name, File: f))).ToDictionary(x => (x.Name, x.File.Name), x => x.File);
        Assert.All(rows, row =>
        {
            var file = files[(row[2], row[3])];
            Assert.Equal((file.LengthBytes, file.Root.ToString()), (long.Parse(row[5], CultureInfo.InvariantCulture), row[6]));
            Assert.StartsWith("CC-BY", row[1], StringComparison.Ordinal);
        });
    }

    [Fact]
    public void Zstd_and_jq_read_an_accession_line_by_line()
    {
        ProofArchive.Need("zstd", "jq");
        using var scratch = new Scratch();
        var path = Assert.Single(Directory.EnumerateFiles(proof.Archive.Layout.Accessions, "*.jsonl.zst", SearchOption.AllDirectories));
        var (exit, output) = Tools.Run("zstd", "-q", "-d", path, "-o", scratch["lines"]);
        Assert.True(exit == 0, output);
        var lines = File.ReadAllLines(scratch["lines"]);
        (exit, output) = Tools.Run("jq", "-c", "-R", "fromjson | type", scratch["lines"]);
        Assert.True(exit == 0, output);
        Assert.Equal(Enumerable.Repeat("\"object\"", lines.Length), output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.InRange(lines.Length, 7, 10);
        Assert.Equal(0, Tools.Run("zstd", "-q", "-t", path).ExitCode);
    }

    [Fact]
    public void Xmllint_and_jq_read_the_feeds_which_agree_with_the_manifest()
    {
        ProofArchive.Need("xmllint", "jq");
        var feed = Path.Combine(proof.Edition, "feed.xml");
        var (exit, output) = Tools.Run("xmllint", "--noout", feed);
        Assert.True(exit == 0 && output.Length == 0, output);
        var volumes = proof.Manifest.Volumes;
        (exit, output) = Tools.Run("xmllint", "--xpath", "//item/enclosure/@url", feed);
        Assert.True(exit == 0, output);
        Assert.Equal(volumes.Select(v => $"url=\"{proof.Address}editions/000001/{v.TorrentPath}\""), output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        (exit, output) = Tools.Run("jq", "-c", "[.[] | [.name, .files, .length, .info_hash_v1, .info_hash_v2, .torrent]]", Path.Combine(proof.Edition, "torrents.json"));
        Assert.True(exit == 0, output);
        var expected = new JsonArray([.. volumes.Select(v => (JsonNode)new JsonArray(v.Name, v.FileCount, v.LengthBytes, v.InfoHashV1.ToString(), v.InfoHashV2.ToString(), $"{proof.Address}editions/000001/{v.TorrentPath}"))]);
        Assert.Equal(expected.ToJsonString(), JsonNode.Parse(output)!.ToJsonString());
        // OPDS 2.0: a publication has a title and an acquisition link.
        (exit, output) = Tools.Run("jq", "-r", "[.metadata.title, .links[0].rel] + [.publications[] | select((.metadata.title | length) > 0 and .links[0].rel == \"http://opds-spec.org/acquisition/open-access\") | .links[0].href] | .[]", Path.Combine(proof.Edition, "opds.json"));
        Assert.True(exit == 0, output);
        Assert.Equal(["Test archive", "self", $"{proof.Address}editions/000001/catalogue.sqlite.zst", .. volumes.Select(v => $"{proof.Address}editions/000001/{v.TorrentPath}")], output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        (exit, output) = Tools.Run("jq", "-r", ".volumes[].info_hash_v2", Path.Combine(proof.Edition, Manifest.FileName));
        Assert.True(exit == 0, output);
        Assert.Equal(volumes.Select(v => v.InfoHashV2.ToString()), output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    private static void Sound(string path) => Assert.Equal("ok\n", Sqlite(path, "PRAGMA integrity_check"));

    private static string Sqlite(string path, string sql, bool immutable = true)
    {
        var (exit, output) = Tools.Run("sqlite3", "-batch", immutable ? $"file:{path}?immutable=1" : path, sql);
        Assert.True(exit == 0, output);
        return output;
    }
}
