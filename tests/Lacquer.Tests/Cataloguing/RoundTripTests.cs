using System.Text;
using System.Text.Json;
using Lacquer.Cli;
using Lacquer.Formats.Accessions;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Ledgers;
using Lacquer.Stages.Cataloguing.Checking;
using Lacquer.Stages.Harvesting;
using Lacquer.Stages.Workbench;
using Lacquer.Tests.Studio;
using Microsoft.Data.Sqlite;
using Xunit;

namespace Lacquer.Tests.Cataloguing;

/// <summary>What sources say comes back out of the catalogue, or another source is named that leads; and what is lost is reported.</summary>
public sealed class RoundTripTests : IDisposable
{
    private const string Ada = """{"name":"Ada Lark","joinphrase":" feat. ","artist":{"id":"aaaaaaaa-0000-4000-8000-000000000001","name":"Ada Lark","sort-name":"Lark, Ada"}}""";
    private const string Bo = """{"name":"B. Finch","joinphrase":"","artist":{"id":"aaaaaaaa-0000-4000-8000-000000000002","name":"Bo Finch","sort-name":"Finch, Bo"}}""";

    private const string Day =
        $$$"""{"entity":"release","record":{"id":"cccccccc-0000-4000-8000-000000000001","title":"Day","artist-credit":[{{{Ada}}},{{{Bo}}}],"date":"2019-05","barcode":"4006381333931","country":"DE","release-events":[{"date":"2019-05","area":{"iso-3166-1-codes":["US"]}}],"label-info":[{"catalog-number":"SR-1","label":{"name":"Small Records"}},{"catalog-number":null,"label":{"name":"Else"}}],"release-group":{"primary-type":"Album","secondary-types":["Live"]},"genres":[{"name":"jazz"},{"name":"ambient"}],"aliases":[{"name":"Jour"}],"cover-art-archive":{"front":true},"media":[{"position":1,"format":"CD","tracks":[{"position":1,"title":"Dawn","length":61000,"recording":{"id":"bbbbbbbb-0000-4000-8000-000000000001","title":"Dawn","length":61000,"isrcs":["USRC17607839","USRC17607840","no code"],"artist-credit":[{{{Ada}}},{{{Bo}}}]}},{"position":2,"title":"Noon (album version)","length":120500,"artist-credit":[{{{Bo}}}],"recording":{"id":"bbbbbbbb-0000-4000-8000-000000000002","title":"Noon","length":120000,"artist-credit":[{{{Ada}}},{{{Bo}}}],"genres":[{"name":"swing"}],"aliases":[{"name":"Midi"}]}}]},{"position":2,"format":"12\" Vinyl","title":"Encore","tracks":[{"position":1,"title":"Dawn","length":61000,"recording":{"id":"bbbbbbbb-0000-4000-8000-000000000001","title":"Dawn","length":61000,"isrcs":["USRC17607839"]}}]}]}}""";

    private const string Artist = """{"entity":"artist","record":{"id":"aaaaaaaa-0000-4000-8000-000000000001","name":"Ada Lark","sort-name":"Lark, Ada","aliases":[{"name":"A. Lark"}],"genres":[{"name":"jazz"}]}}""";

    private const string Recording = """{"entity":"recording","record":{"id":"bbbbbbbb-0000-4000-8000-000000000002","title":"Noon","length":120000,"isrcs":["USRC17607841"]}}""";

    private readonly Scratch _scratch = new();
    private readonly Pipeline _archive;
    private int _last;

    public RoundTripTests() => _archive = new Pipeline(_scratch["archive"]).Init();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task All_that_one_source_says_comes_back()
    {
        Accession("musicbrainz", "musicbrainz/1", Day, Artist, Recording, "{}");
        Accession("shop", "release/1",
            """{"entity":"release","record":{"id":"s1","title":"Elsewhere","licence":"CC-BY-4.0","markets":["FR","DE"],"images":[{"type":"back","url":"https://example.org/b"}],"artist-credit":[{"name":"Cy","role":"main","joinphrase":" & ","artist":{"id":"p1","name":"Cy"}},{"name":"Di","role":"remixer","artist":{"id":"p2","name":"Di Star"}}],"media":[{"tracks":[{"title":"One","length":1000,"explicit":true,"recording":{"id":"t1","licence":"CC0-1.0","features":{"tempo":120.5,"key":9,"mode":0,"energy":0.25}}},{"title":"Two","length":2000}]}]}}""",
            """{"entity":"recording","record":{"id":"t9","title":"Alone","length":5000,"explicit":false,"artist-credit":[{"name":"Cy","artist":{"id":"p1","name":"Cy"}}]}}""");
        Accession("folder", "folder/1", File("a/1.flac", "Three", "Eve", "Box", 3), File("a/2.flac", "Four", "Eve", "Box", 4), File("b.flac", "Five", null, null, 0),
            """{"key":"x.wav","set_aside":{"kind":"k","message":"m"}}""");
        _archive.Catalogue();

        var report = await Check();
        Assert.Equal([], report.Missing);
        Assert.Equal([], report.Led);
        Assert.Equal([], report.Findings);
        Assert.Equal((10, 8, 0, 0, 0, 2), (report.Records, report.Same, report.Differing, report.Lost, report.Superseded, report.SetAside));
        Assert.Equal(7, report.Tracks);
        foreach (var (field, count) in new[] { ("release.artist_credit", 1L), ("release.markets", 1), ("release.labels", 1), ("release.type", 1), ("release.media", 1), ("release.images", 1), ("release.alias", 1), ("recording.isrc", 4),
            ("recording.genres", 1), ("recording.alias", 1), ("track", 3), ("track.artist_credit", 3), ("artist.name", 1), ("artist.alias", 1), ("artist.genres", 1) })
            Assert.Equal((field, count), (field, report.Fields.Single(f => f.Source == "musicbrainz" && f.Field == field).Same));
        foreach (var (field, count) in new[] { ("release.key", 1L), ("release.licence", 1), ("recording.features", 1), ("recording.explicit", 2), ("recording.licence", 1), ("recording.key", 2), ("recording.artist_credit", 3) })
            Assert.Equal((field, count), (field, report.Fields.Single(f => f.Source == "shop" && f.Field == field).Same));
        Assert.Equal(2, report.Fields.Single(f => f.Source == "folder" && f.Field == "track").Same);
        Assert.True(report.IsWhole);
    }

    [Fact]
    public async Task Tracks_before_the_first_and_on_the_data_part_of_a_medium_are_tracks()
    {
        Accession("musicbrainz", "musicbrainz/1",
            """{"entity":"release","record":{"id":"r1","title":"Hidden","media":[{"position":1,"data-tracks":[{"position":2,"title":"Film","recording":{"id":"t3"}}],"pregap":{"position":0,"title":"Before","recording":{"id":"t1"}},"tracks":[{"position":1,"title":"First","recording":{"id":"t2"}}]}]}}""");
        _archive.Catalogue();
        var report = await Check();
        Assert.Equal((1, 1, 3), (report.Records, report.Same, report.Tracks));
        using var catalogue = CatalogueReader.Open(_archive.Layout.NewestCatalogue()!);
        Assert.Equal([(1, "First"), (2, "Film"), (3, "Before")], catalogue.Tracks(1).Select(t => (t.Position, t.Recording.Title)));
    }

    [Fact]
    public async Task The_catalogue_says_of_a_release_what_its_record_says_read_without_the_builds_parser()
    {
        Accession("musicbrainz", "musicbrainz/1", Day);
        _archive.Catalogue();
        using var json = JsonDocument.Parse(Day);
        var record = json.RootElement.GetProperty("record");
        using var catalogue = CatalogueReader.Open(_archive.Layout.NewestCatalogue()!);
        var release = catalogue.Release(record.GetProperty("id").GetGuid())!;
        Assert.Equal(record.GetProperty("title").GetString(), release.Title);
        Assert.Equal("Ada Lark feat. B. Finch", release.ArtistCredit);
        Assert.Equal((20190500, 4006381333931, "Album + Live"), (release.Date, release.Gtin, release.Type));
        Assert.Equal(["DE", "US"], catalogue.Markets(release.Rank));
        Assert.Equal(record.GetProperty("label-info").EnumerateArray().Select(l => (l.GetProperty("label").GetProperty("name").GetString(), l.GetProperty("catalog-number").GetString())),
            catalogue.Labels(release.Rank).Select(l => (l.Name, l.CatalogueNumber)));
        var tracks = catalogue.Tracks(release.Rank);
        var said = record.GetProperty("media").EnumerateArray().SelectMany(m => m.GetProperty("tracks").EnumerateArray().Select(t => (Medium: m.GetProperty("position").GetInt32(), Track: t))).ToList();
        Assert.Equal(said.Select(t => (t.Medium, t.Track.GetProperty("position").GetInt32(), t.Track.GetProperty("title").GetString(), (int?)t.Track.GetProperty("length").GetInt32(), (Guid?)t.Track.GetProperty("recording").GetProperty("id").GetGuid())),
            tracks.Select(t => (t.Medium, t.Position, (string?)(t.Title ?? t.Recording.Title), t.DurationMs ?? t.Recording.DurationMs, t.Recording.Mbid)));
        Assert.Equal("B. Finch", tracks[1].ArtistCredit);
        foreach (var (_, track) in said)
            foreach (var code in track.GetProperty("recording").TryGetProperty("isrcs", out var isrcs) ? isrcs.EnumerateArray().Select(c => c.GetString()!) : [])
                if (Isrc.TryParse(code, out var isrc))
                    Assert.Equal(track.GetProperty("recording").GetProperty("id").GetGuid(), Assert.Single(catalogue.Recordings(isrc)).Mbid);
        Assert.Empty((await Check()).Missing);
    }

    [Fact]
    public async Task Where_two_sources_contradict_each_other_the_one_that_leads_is_named()
    {
        Accession("musicbrainz", "musicbrainz/1", Day);
        Accession("shop", "release/1",
            """{"entity":"release","record":{"id":"s1","title":"DAY","date":"2020-01-01","barcode":"4006381333931","artist-credit":[{"name":"Ada Lark","artist":{"id":"p1","name":"Ada Lark"}}],"media":[{"position":1,"format":"Digital Media","tracks":[{"position":1,"title":"DAWN","length":62000,"recording":{"id":"t1","isrcs":["USRC17607839","GBAYE0601498"]}},{"position":2,"title":"Noon","length":120000,"recording":{"id":"t2"}},{"position":3,"title":"Bonus","length":5000,"recording":{"id":"t3"}}]}]}}""");
        _archive.Catalogue();
        var report = await Check();
        Assert.Equal([], report.Missing);
        Assert.Equal((2, 1, 1, 0), (report.Records, report.Same, report.Differing, report.Lost));
        Assert.All(report.Led, v => Assert.Equal(("shop", 2), (v.Source, v.Accession)));
        var title = Assert.Single(report.Led, v => v.Field == "release.title");
        Assert.Equal(("DAY", "Day"), (title.Said, title.Held));
        Assert.StartsWith("musicbrainz/000001 at ", title.Leads, StringComparison.Ordinal);
        foreach (var field in new[] { "release.title", "release.date", "release.artist_credit", "release.media", "recording.title", "recording.duration_ms", "recording.artist_credit", "track.title", "track.duration_ms", "track.artist_credit" })
            Assert.Contains(report.Led, v => v.Field == field);
        Assert.Equal(2, report.Fields.Single(f => f.Source == "shop" && f.Field == "recording.isrc").Same);
        Assert.Equal(3, report.Fields.Single(f => f.Source == "shop" && f.Field == "recording.key").Same);
    }

    [Fact]
    public async Task A_record_that_a_later_one_took_the_place_of_is_counted_as_that()
    {
        Accession("shop", "release/1", Release("s1", "First", 1), Release("s2", "Other", 2), """{"entity":"recording","record":{"id":"r1","title":"Old"}}""", """{"entity":"artist","record":{"id":"p1","name":"Old name"}}""");
        Accession("music", "folder/1", File("a/1.flac", "Three", "Eve", "Box", 1));
        Accession("shop", "release/1", Release("s1", "Second", 3), """{"entity":"recording","record":{"id":"r1","title":"New"}}""", Release("s1", "Third", 4));
        Accession("music", "folder/1", File("a/1.flac", "Three, again", "Eve", "Box", 1));
        _archive.Catalogue();
        var report = await Check();
        Assert.Equal([], report.Missing);
        Assert.Equal((9, 5, 0, 0, 4, 0), (report.Records, report.Same, report.Differing, report.Lost, report.Superseded, report.SetAside));
    }

    [Fact]
    public async Task Of_two_documents_of_an_artist_by_one_source_the_later_holds()
    {
        Accession("shop", "release/1", """{"entity":"recording","record":{"id":"r1","title":"One","artist-credit":[{"name":"Cy","artist":{"id":"p1","name":"Cy"}}]}}""",
            """{"entity":"artist","record":{"id":"p1","name":"Old name"}}""");
        Accession("shop", "release/1", """{"entity":"artist","record":{"id":"p1","name":"New name"}}""");
        _archive.Catalogue();
        using var catalogue = CatalogueReader.Open(_archive.Layout.NewestCatalogue()!);
        Assert.Equal("New name", catalogue.Artist(EntityId.From(EntityKind.Artist, "shop", "p1"))!.Name);
        var report = await Check();
        Assert.Equal([], report.Missing);
    }

    [Theory]
    [InlineData("UPDATE release SET title = 'Night' WHERE title = 'Day'", "release.title")]
    [InlineData("UPDATE release SET date = 20190600", "release.date")]
    [InlineData("UPDATE release SET gtin = NULL", "release.gtin")]
    [InlineData("UPDATE recording SET duration_ms = 60000 WHERE title = 'Dawn'", "recording.duration_ms")]
    [InlineData("UPDATE recording SET title = 'Dusk' WHERE title = 'Dawn'", "recording.title")]
    [InlineData("DELETE FROM recording_isrc_more", "recording.isrc")]
    [InlineData("UPDATE track SET title = NULL", "track.title")]
    [InlineData("UPDATE track SET duration_ms = NULL", "track.duration_ms")]
    [InlineData("UPDATE track SET artist_credit = NULL", "track.artist_credit")]
    [InlineData("DELETE FROM track WHERE medium = 1 AND position = 2", "track")]
    [InlineData("UPDATE track SET position = 7 WHERE medium = 1 AND position = 2", "track.place")]
    [InlineData("UPDATE track SET recording = 3 - recording WHERE medium = 1", "track.place")]
    [InlineData("DELETE FROM market_set WHERE country = 'US'", "release.markets")]
    [InlineData("DELETE FROM genre_set", "release.genres")]
    [InlineData("DELETE FROM recording_alias", "recording.alias")]
    [InlineData("DELETE FROM release_alias", "release.alias")]
    [InlineData("DELETE FROM image", "release.images")]
    [InlineData("UPDATE medium_format SET name = 'MC' WHERE name = 'CD'", "release.media")]
    [InlineData("UPDATE label SET name = 'Big Records' WHERE name = 'Small Records'", "release.labels")]
    [InlineData("UPDATE artist SET name = 'Eda' WHERE name = 'Ada Lark'", "artist.name")]
    [InlineData("UPDATE artist SET sort_name = NULL", "artist.sort_name")]
    public async Task A_value_that_was_changed_behind_the_builds_back_is_reported_as_lost(string sql, string field)
    {
        Accession("musicbrainz", "musicbrainz/1", Day, Artist);
        _archive.Catalogue();
        Assert.True((await Check()).IsWhole);
        Damage(sql);
        var report = await Check();
        Assert.Contains(report.Missing, v => v.Field == field);
        Assert.True(report.Lost > 0 && !report.IsWhole);
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await App.RunAsync(["catalogue", "--check", "--all", "--archive", _scratch["archive"]], new Terminal(output, error), TestContext.Current.CancellationToken);
        Assert.Equal(ExitCode.Findings, code);
        Assert.Contains("did not come through whole", error.ToString(), StringComparison.Ordinal);
        Assert.Contains(field, output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_release_that_is_gone_is_lost_and_not_superseded()
    {
        Accession("shop", "release/1", Release("s1", "First", 1), Release("s2", "Other", 2));
        _archive.Catalogue();
        Damage("UPDATE release SET accession = NULL, offset = NULL WHERE id = 2");
        var report = await Check();
        Assert.Equal((1, 1, 0), (report.Same, report.Lost, report.Superseded));
        Assert.Equal("release", Assert.Single(report.Missing).Field);
    }

    [Fact]
    public async Task A_sample_is_drawn_evenly_and_again_the_same()
    {
        Accession("a", "release/1", Enumerable.Range(0, 3000).Select(i => Release($"a{i}", $"A {i}", i)).ToArray());
        Accession("b", "release/1", Enumerable.Range(0, 1000).Select(i => Release($"b{i}", $"B {i}", i)).ToArray());
        _archive.Catalogue();
        var report = await Check(400);
        Assert.Equal((true, 400, 400), (report.IsSample, report.Records, report.Same));
        Assert.Equal(300, report.Fields.Single(f => f.Source == "a" && f.Field == "release.title").Same);
        Assert.Equal(JsonSerializer.Serialize(report), JsonSerializer.Serialize(await Check(400)));
        var all = await Check(4000);
        Assert.Equal((false, 4000, 4000), (all.IsSample, all.Records, all.Same));
    }

    [Fact]
    public async Task Tracks_of_one_place_without_identifiers_are_told_apart()
    {
        Accession("shop", "release/1", """{"entity":"release","record":{"id":"s1","title":"Twice","media":[{"tracks":[{"position":1,"title":"One","length":1000},{"position":1,"title":"Two","length":9000},{"position":0,"title":"Three","length":19000},{"position":0,"title":"Four","length":29000}]}]}}""");
        _archive.Catalogue();
        using var catalogue = CatalogueReader.Open(_archive.Layout.NewestCatalogue()!);
        Assert.Equal(4, catalogue.Recordings().Select(r => r.Id).Distinct().Count());
        Assert.Equal([], (await Check()).Missing);
    }

    [Fact]
    public async Task Nothing_of_the_MusicBrainz_sample_is_lost()
    {
        await MusicBrainzHarvest.RunAsync(MusicBrainzHarvest.Plan(new DumpHarvestRequest(_scratch["archive"], RealDumps.Folder, null, false)), TimeProvider.System, new Progress<StageProgress>(), TestContext.Current.CancellationToken);
        _archive.Catalogue();
        var report = await Check();
        TestContext.Current.TestOutputHelper?.WriteLine($"{report.Records} records, {report.Tracks} tracks: {report.Same} the same, {report.Differing} where another leads, {report.Lost} lost, {report.Superseded} superseded, {report.SetAside} set aside");
        Assert.Equal([], report.Missing);
        Assert.True(report.IsWhole);
        Assert.Equal(report.Records, report.Same + report.Differing + report.Superseded + report.SetAside);
    }

    private Task<CatalogueCheckReport> Check(int? sample = null) =>
        CatalogueCheck.RunAsync(new CatalogueCheckRequest(_scratch["archive"], sample), TimeProvider.System, new Progress<StageProgress>(), TestContext.Current.CancellationToken);

    private void Damage(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(_archive.Layout.NewestCatalogue()!, CatalogueReader.CatalogueFileName)};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        Assert.True(command.ExecuteNonQuery() > 0, sql);
    }

    private void Accession(string source, string adapter, params string[] lines)
    {
        var path = _archive.Layout.Accession(source, ++_last);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using (var writer = AccessionWriter.Open(path, new AccessionHeader(_last, source, adapter)))
        {
            foreach (var line in lines)
                writer.Add(Encoding.UTF8.GetBytes(line));
            writer.Finish();
        }

        var bytes = System.IO.File.ReadAllBytes(path);
        using var ledger = Ledger.Open(_archive.Layout.Ledger, TimeProvider.System, "test");
        ledger.AddAccession(new AccessionRow(_last, source, adapter, "made up", lines.Length, bytes.Length, new Sha256Digest(System.Security.Cryptography.SHA256.HashData(bytes))), []);
    }

    private static string Release(string id, string title, int number) =>
        FormattableString.Invariant($$$"""{"entity":"release","record":{"id":"{{{id}}}","title":"{{{title}}}","artist-credit":[{"name":"Cy","artist":{"id":"p1","name":"Cy"}}],"media":[{"tracks":[{"title":"{{{title}}}, part {{{number}}}","length":{{{1000 * (number + 1)}}},"recording":{"id":"{{{id}}}-1"}}]}]}}""");

    private static string File(string key, string title, string? artist, string? album, int track)
    {
        var tags = new Dictionary<string, string> { ["TITLE"] = title, ["LICENSE"] = "CC BY 4.0" };
        if (artist is not null)
            tags["ARTIST"] = artist;
        if (album is not null)
            (tags["ALBUM"], tags["ALBUMARTIST"], tags["DATE"], tags["TRACK"], tags["GENRE"], tags["LABEL"], tags["ISRC"]) = (album, artist!, "2001-02-03", FormattableString.Invariant($"{track}"), "folk;dance", "Loft", FormattableString.Invariant($"DEA12010000{track}"));
        var probe = JsonSerializer.SerializeToElement(new { streams = new[] { new { codec_type = "audio", codec_name = "flac", duration = FormattableString.Invariant($"{100 + track}.5") } }, format = new { tags } });
        return Encoding.UTF8.GetString(new AudioRecord(key, 1000, new Sha256Digest(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(key))), probe, [], null, null).ToLine());
    }
}
