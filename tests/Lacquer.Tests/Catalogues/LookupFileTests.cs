using System.Text.Json.Nodes;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Findings;
using Lacquer.Tests.Studio;
using Microsoft.Data.Sqlite;
using Xunit;

namespace Lacquer.Tests.Catalogues;

/// <summary><c>lookups.sqlite</c> as it follows from <c>catalogue.sqlite</c>: what SQL finds there, and byte for byte what the build wrote.</summary>
public sealed class LookupFileTests
{
    // What each look-up must have, asked of the facts in SQL. Of ids the first four bytes.
    private static readonly (string Table, string Sql)[] Expected =
    [
        (LookupTables.ArtistEid, "SELECT eid, id FROM artist"), (LookupTables.RecordingEid, "SELECT eid, id FROM recording"), (LookupTables.ReleaseEid, "SELECT eid, id FROM release"),
        (LookupTables.ArtistMbid, "SELECT mbid, id FROM artist WHERE mbid IS NOT NULL"), (LookupTables.RecordingMbid, "SELECT mbid, id FROM recording WHERE mbid IS NOT NULL"),
        (LookupTables.ReleaseMbid, "SELECT mbid, id FROM release WHERE mbid IS NOT NULL"),
        (LookupTables.Isrc, "SELECT isrc, recording FROM recording_isrc"), (LookupTables.Gtin, "SELECT gtin, id FROM release WHERE gtin IS NOT NULL"),
        (LookupTables.RecordingRelease, "SELECT recording, release FROM track"),
        (LookupTables.ArtistRecording, "SELECT n.artist, r.id FROM recording r JOIN artist_credit_name n ON n.artist_credit = r.artist_credit"),
        (LookupTables.ArtistRelease, "SELECT n.artist, r.id FROM release r JOIN artist_credit_name n ON n.artist_credit = r.artist_credit"),
    ];

    [Fact]
    public void It_has_what_SQL_finds_in_the_facts()
    {
        using var small = new SmallCatalogue();
        Assert.Equal(LookupTables.All.Order(StringComparer.Ordinal), Expected.Select(e => e.Table).Order(StringComparer.Ordinal));
        AssertFollows(small.Folder);
    }

    [Fact]
    public void What_a_build_wrote_is_made_again_byte_for_byte_whatever_the_memory()
    {
        using var archive = new LineArchive();
        var random = Seeded.Random();
        for (var accession = 0; accession < 5; accession++)
            archive.Add(accession % 2 == 0 ? "one" : "two", accession == 1 ? "musicbrainz/1" : "release/1", Enumerable.Range(0, 150).Select(_ => Release(random)));
        archive.Build();
        var folder = archive.Layout.NewestCatalogue()!;
        var built = File.ReadAllBytes(Path.Combine(folder, CatalogueReader.LookupsFileName));
        AssertFollows(folder);
        using var scratch = new Scratch();
        LookupFile.Write(folder, scratch["again.sqlite"], 0, _ => { }, CancellationToken.None);
        Assert.Equal(built, File.ReadAllBytes(scratch["again.sqlite"]));
        Assert.Equal(["again.sqlite"], Directory.GetFileSystemEntries(scratch.Root).Select(Path.GetFileName));
    }

    [Fact]
    public void Pairs_that_outgrow_the_memory_come_out_in_order_and_once()
    {
        using var scratch = new Scratch();
        using var small = new SmallCatalogue();
        var facts = Path.Combine(small.Folder, CatalogueReader.CatalogueFileName);
        var random = Seeded.Random();
        var pairs = Enumerable.Range(1, 120_000).SelectMany(value => Enumerable.Range(0, 3).Select(_ => (Key: (long)random.Next(5000), Value: (long)value))).ToList();
        foreach (var (name, memory) in new[] { ("parts", 0L), ("whole", 1L << 30) })
        {
            using var builder = new LookupBuilder(scratch.Root, memory);
            foreach (var (key, value) in pairs)
                builder.Into(LookupTables.Isrc).Add(key, value);
            builder.Write(scratch[name], facts, "x", _ => { }, CancellationToken.None);
        }

        Assert.Equal(File.ReadAllBytes(scratch["whole"]), File.ReadAllBytes(scratch["parts"]));
        using var database = new SqliteConnection($"Data Source={scratch["parts"]};Mode=ReadOnly;Pooling=False");
        database.Open();
        using var lookup = new Lookup(database.Handle!, LookupTables.Isrc);
        Assert.Equal(pairs.Distinct().Order(), lookup.All());
        Assert.Equal(["parts", "whole"], Directory.GetFileSystemEntries(scratch.Root).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("UPDATE recording SET isrc = -1 WHERE id = 1", "cannot be")]
    [InlineData("UPDATE recording SET eid = x'01' WHERE id = 1", "cannot be")]
    [InlineData("UPDATE recording SET artist_credit = 99 WHERE id = 1", "no credit 99")]
    [InlineData("UPDATE credit SET id = 7 WHERE id = 3", "credits have the number 2 and then 7")]
    [InlineData("UPDATE credit SET artist = -1 WHERE id = 3", "names the artist -1")]
    [InlineData("UPDATE recording SET eid = (SELECT eid FROM recording WHERE id = 2) WHERE id = 1", "recording 1 and 2")]
    [InlineData("INSERT INTO release SELECT id + 10 + i, CAST(x'01020304' || randomblob(6) AS BLOB), title, artist_credit, date, gtin, listens, mbid, type, media_set, market_set, genre_set, licence, label, catalogue_number, accession, offset, key FROM release, (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200) SELECT i FROM n) WHERE id = 1", "begin alike")]
    public void A_catalogue_with_what_cannot_be_is_refused_in_one_line(string change, string because)
    {
        using var scratch = new Scratch();
        SmallCatalogue.Write(scratch.Root);
        using (var database = new SqliteConnection($"Data Source={Path.Combine(scratch.Root, CatalogueReader.CatalogueFileName)};Pooling=False"))
        {
            database.Open();
            using var command = database.CreateCommand();
            command.CommandText = change;
            command.ExecuteNonQuery();
        }

        File.Delete(scratch[CatalogueReader.LookupsFileName]);
        var e = Assert.Throws<LacquerException>(() => SmallCatalogue.WriteLookups(scratch.Root));
        Assert.Equal(Failure.Damaged, e.Failure);
        Assert.Contains(because, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', e.Message);
    }

    // Few names, codes and titles, so that much is merged: credits of several, one artist twice in one; tracks at one place; one recording twice on a release.
    private static string Release(Random random)
    {
        string Pick(params string[] of) => of[random.Next(of.Length)];
        JsonArray Artists(int most) => [.. Enumerable.Range(0, random.Next(1, most)).Select(_ => new JsonObject { ["name"] = Pick("Ada", "Bo", "Cy", "Di", "Various"), ["joinphrase"] = Pick("", " & ", " feat. ") })];
        JsonObject Track(int place) => new()
        {
            ["title"] = $"{Pick("Dawn", "Noon", "Dusk")} {random.Next(60)}",
            ["position"] = random.Next(3) == 0 ? 1 : place + 1,
            ["length"] = random.Next(1, 4) * 60_000,
            ["listens"] = random.Next(100),
            ["artist-credit"] = Artists(4),
            ["recording"] = new JsonObject
            {
                ["id"] = random.Next(3) == 0 ? $"11111111-2222-4333-8444-{random.Next(200):D12}" : null,
                ["isrcs"] = new JsonArray([.. Enumerable.Range(0, random.Next(3)).Select(_ => (JsonNode)$"{Pick("DEA12", "QZWES", "bad")}26{random.Next(300):D5}")]),
            },
        };
        var record = new JsonObject
        {
            ["id"] = random.Next(2) == 0 ? $"11111111-2222-4333-9444-{random.Next(200):D12}" : $"r{random.Next(300)}",
            ["title"] = $"{Pick("First", "Second")} {random.Next(40)}",
            ["barcode"] = Pick("4006381333931", "036000291452", ""),
            ["artist-credit"] = Artists(3),
            ["media"] = new JsonArray(new JsonObject { ["tracks"] = new JsonArray([.. Enumerable.Range(0, random.Next(1, 12)).Select(Track)]) }),
        };
        return new JsonObject { ["entity"] = "release", ["record"] = record }.ToJsonString();
    }

    private static void AssertFollows(string folder)
    {
        using var facts = new SqliteConnection($"Data Source={Path.Combine(folder, CatalogueReader.CatalogueFileName)};Mode=ReadOnly;Pooling=False");
        facts.Open();
        using var lookups = new SqliteConnection($"Data Source={Path.Combine(folder, CatalogueReader.LookupsFileName)};Mode=ReadOnly;Pooling=False");
        lookups.Open();
        foreach (var (table, sql) in Expected)
        {
            var pairs = new SortedSet<(long, long)>();
            using var command = facts.CreateCommand();
            command.CommandText = sql;
            using var row = command.ExecuteReader();
            while (row.Read())
                pairs.Add((row.GetValue(0) is byte[] id ? Lookup.KeyOf(id) : row.GetInt64(0), row.GetInt64(1)));
            using var lookup = new Lookup(lookups.Handle!, table);
            Assert.True(pairs.SequenceEqual(lookup.All()), table);
        }
    }
}
