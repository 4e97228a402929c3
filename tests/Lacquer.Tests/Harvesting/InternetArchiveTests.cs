using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Rights;
using Lacquer.Stages.Sources;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Harvesting;

/// <summary>The Internet Archive's search and items become an accession and a catalogue, whatever goes wrong on the way.</summary>
public sealed class InternetArchiveTests
{
    private const string Search = "/services/search/v1/scrape";
    private const string Query = "collection:netlabels AND licenseurl:*";

    private const string Concert = """
        {"created":1700000100,"d1":"ia800100.us.archive.org","files_count":7,"item_last_updated":1700000000,"server":"ia800100.us.archive.org",
        "metadata":{"identifier":"concert","mediatype":"etree","title":"Live at the Barn","creator":["Ann","Bo"],"date":"1999-05-08","collection":["etree","Ann"],
        "licenseurl":"https://creativecommons.org/licenses/by-sa/4.0/","external-identifier":["urn:mb_release_id:0383dadf-2a4e-4d10-a46a-e9e041da8eb3","urn:upc:4006381333931"],"genre":"Folk"},
        "files":[{"name":"set/01 a.flac","source":"original","format":"Flac","size":"1000","md5":"D41D8CD98F00B204E9800998ECF8427E","sha1":"da39a3ee5e6b4b0d3255bfef95601890afd80709","length":"61.5","title":"Opening","track":"1/2","external-identifier":["urn:acoustid:x","urn:mb_recording_id:b1a9c0e9-d987-4042-ae91-78d6a3267d69"]},
        {"name":"set/01 a.mp3","source":"derivative","original":"set/01 a.flac","format":"VBR MP3","size":"100","length":"01:01","bitrate":"128"},
        {"name":"set/02 b.wav","source":"original","format":"WAVE","size":"2000","track":"2/2","creator":"Guest","isrc":"USRC17607839"},
        {"name":"set/02 b_64kb.mp3","source":"derivative","original":"set/02 b.wav","format":"64Kbps MP3","length":"02:03"},
        {"name":"set/02 b.flac","source":"original","format":"Flac","private":"true","track":"2"},
        {"name":"../../etc/passwd.mp3","source":"original","format":"VBR MP3","title":"Bad Path","track":"3"},
        {"name":"concert_meta.xml","source":"metadata","format":"Metadata"}]}
        """;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Items_become_a_catalogue_and_files_with_evidence()
    {
        await using var studio = await HarvestStudio.StartAsync();
        Found(studio, Page(3, null, "concert", "film;movies", "dark"));
        studio.Source.Answers("/metadata/concert", Replies.Json(Concert));
        studio.Source.Answers("/metadata/dark", Replies.Json("""{"created":1,"is_dark":true,"metadata":{"identifier":"dark"}}"""));
        var report = await studio.HarvestAsync("internet-archive", Query, Stop);
        Assert.Equal((1L, 2L), (report.Records, report.SetAside));
        Assert.Equal([("film", "mediatype"), ("dark", "dark")], report.Findings.Select(f => (f.Subject, f.Kind)));
        Assert.Contains($"q={Uri.EscapeDataString(Query)}&", studio.Source.Requests[0].Path, StringComparison.Ordinal);

        studio.Archive.Build();
        Assert.Equal([["Live at the Barn", "Ann, Bo", 19990508L, 4006381333931L]], studio.Archive.Ask("SELECT r.title, c.name, r.date, r.gtin FROM release r JOIN artist_credit c ON c.id = r.artist_credit"));
        Assert.Equal([["Opening", 1L, 61500L, "Ann, Bo"], ["02 b", 2L, 123000L, "Guest"], ["Bad Path", 3L, DBNull.Value, "Ann, Bo"]],
            studio.Archive.Ask("SELECT r.title, t.position, r.duration_ms, c.name FROM track t JOIN recording r ON r.id = t.recording JOIN artist_credit c ON c.id = r.artist_credit ORDER BY t.position"));
        Assert.Equal(2L, studio.Archive.Number("SELECT count(*) FROM recording_source"));

        var line = studio.Lines("internet-archive", 1)[0];
        var files = Files(line);
        Assert.Equal([("concert/set/01 a", "set/01 a.flac", false), ("concert/set/01 a", "set/01 a.mp3", true), ("concert/set/02 b", "set/02 b.wav", false), ("concert/set/02 b", "set/02 b_64kb.mp3", true)],
            files.Select(f => (f.RecordingId, f.FileName, f.IsDerivative)));
        Assert.Equal(($"{studio.Source.Address}download/concert/set/01%20a.flac", 1000L, 61500, "flac", "d41d8cd98f00b204e9800998ecf8427e"), (files[0].Location, files[0].LengthBytes, files[0].DurationMs, files[0].Codec, files[0].Md5));
        var sha256 = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(line)));
        Assert.Equal(new Evidence(EvidenceKind.Record, "licenseurl", "https://creativecommons.org/licenses/by-sa/4.0/", sha256), Assert.Single(files[0].Evidence));

        List<SourceFile> Files(string line)
        {
            using var json = JsonDocument.Parse(line);
            return AdapterList.Of("internet-archive/1")!.Reading(studio.Source.Address.AbsoluteUri).Files("concert", json.RootElement.GetProperty("record")).ToList();
        }
    }

    [Fact]
    public async Task What_comes_is_kept_byte_for_byte()
    {
        await using var studio = await HarvestStudio.StartAsync();
        studio.Source.Answers("/metadata/concert", Replies.Json("\uFEFF" + Concert));
        await studio.HarvestAsync("internet-archive", "item:concert", Stop);
        Assert.Equal([$"{{\"key\":\"concert\",\"record\":{Concert.ReplaceLineEndings(" ")}}}"], studio.Lines("internet-archive", 1));
    }

    [Fact]
    public async Task Only_what_has_changed_is_asked_for_again()
    {
        await using var studio = await HarvestStudio.StartAsync();
        Found(studio, Page(2, null, "concert", "other"), Page(2, null, "concert", "other"), Page(2, null, "concert@2023-11-14T23:13:20Z", "other"));
        studio.Source.Answers("/metadata/concert", Replies.Json(Concert), Replies.Json(Concert.Replace("created\":1700000100", "created\":1700000999", StringComparison.Ordinal)), Replies.Json(Concert.Replace("_updated\":1700000000", "_updated\":1700003600", StringComparison.Ordinal)));
        studio.Source.Answers("/metadata/other", Replies.Json(Item("other")));
        Assert.Equal((2L, 0L), Counted(await studio.HarvestAsync("internet-archive", Query, Stop)));

        var second = await studio.HarvestAsync("internet-archive", Query, Stop);
        Assert.Equal((false, 2L, 4), (second.IsNew, second.Unchanged, studio.Source.Requests.Count));

        // Asked for though nothing is said to have changed: another answer, of the same item.
        var again = await studio.HarvestAsync("internet-archive", "item:concert", Stop);
        Assert.Equal((false, 1L), (again.IsNew, again.Unchanged));

        var third = await studio.HarvestAsync("internet-archive", Query, Stop);
        Assert.Equal((true, 1L, 1L, 7), (third.IsNew, third.Records, third.Unchanged, studio.Source.Requests.Count));
        Assert.Equal(2L, (await studio.HarvestAsync("internet-archive", Query, Stop, "--refresh")).Unchanged);
        Assert.Equal(10, studio.Source.Requests.Count);
    }

    [Fact]
    public async Task Faults_that_pass_cost_time_alone()
    {
        await using var studio = await HarvestStudio.StartAsync();
        var text = Encoding.UTF8.GetBytes(Item("a"));
        Found(studio, Replies.Status(429, "90"), Replies.Json("""{"items":[{"ident"""), Page(2, "next", "a"), Replies.Status(503), Page(2, null, "b"));
        studio.Source.Answers("/metadata/a", Replies.Status(500), Replies.Reset(text, 40), Replies.Encoded("gzip", text, cutAt: 20), Replies.Encoded("gzip", text));
        studio.Source.Answers("/metadata/b", Replies.Json(Item("b")[..50]), Replies.Json(Item("b")));
        Assert.Equal((2L, 0L), Counted(await studio.HarvestAsync("internet-archive", Query, Stop)));
        Assert.InRange(studio.Clock.Passed, TimeSpan.FromSeconds(90), TimeSpan.FromMinutes(10));
    }

    [Fact]
    public async Task What_is_missing_is_said_and_asked_for_again()
    {
        await using var studio = await HarvestStudio.StartAsync();
        await using var elsewhere = await StandIn.StartAsync();
        string[] bad = ["broken", "bomb", "endless", "gone", "moved", "private"];
        Found(studio, Page(8, null, ["good", .. bad, "b/../d"]));
        studio.Source.Answers("/metadata/good", Replies.Json(Item("good")));
        studio.Source.Answers("/metadata/broken", Replies.Status(500));
        studio.Source.Answers("/metadata/bomb", Replies.Endless(gzip: true));
        studio.Source.Answers("/metadata/endless", Replies.Endless(10_000_000_000));
        studio.Source.Answers("/metadata/moved", Replies.Redirect(elsewhere.Answers("/metadata/moved", Replies.Json(Item("moved"))).AbsoluteUri));
        studio.Source.Answers("/metadata/private", Replies.Status(403));
        var report = await studio.HarvestAsync("internet-archive", Query, Stop);
        Assert.Equal((1L, 7L), Counted(report));
        Assert.Equal(bad.Select(b => (b, "missing")).Append(("b/../d", "name")), report.Findings.Select(f => (f.Subject, f.Kind)));
        Assert.Empty(elsewhere.Requests);

        var before = studio.Source.Requests.Count;
        foreach (var item in bad)
            studio.Source.Answers($"/metadata/{item}", Replies.Json(Item(item)));
        Found(studio, Page(7, null, ["good", .. bad]));
        var second = await studio.HarvestAsync("internet-archive", Query, Stop);
        Assert.Equal((6L, 1L, 0L), (second.Records, second.Unchanged, second.SetAside));
        Assert.DoesNotContain(studio.Source.Requests.Skip(before), r => r.Path == "/metadata/good");
    }

    [Fact]
    public async Task An_answer_that_drips_is_given_up()
    {
        await using var studio = await HarvestStudio.StartAsync();
        studio.Source.Answers("/metadata/slow", Replies.Drip(studio.Clock, TimeSpan.FromSeconds(30)));
        var report = await studio.HarvestAsync("internet-archive", "item:slow", Stop);
        Assert.Equal("missing", Assert.Single(report.Findings).Kind);
    }

    [Fact]
    public async Task A_cursor_that_repeats_ends_the_search_with_a_finding()
    {
        await using var studio = await HarvestStudio.StartAsync();
        Found(studio, Page(9, "c", "a"), Page(9, "c", "b"));
        foreach (var item in new[] { "a", "b" })
            studio.Source.Answers($"/metadata/{item}", Replies.Json(Item(item)));
        var report = await studio.HarvestAsync("internet-archive", Query, Stop);
        Assert.Equal((2L, 1L), Counted(report));
        Assert.Equal(("cursor", "the search gave a cursor for the second time, after 2 of 9 items: the rest was not found"), (report.Findings[0].Kind, report.Findings[0].Message));
    }

    [Fact]
    public async Task A_search_that_ends_early_says_so()
    {
        await using var studio = await HarvestStudio.StartAsync();
        Found(studio, Page(9, "c", "a"), Page(9, "d"));
        studio.Source.Answers("/metadata/a", Replies.Json(Item("a")));
        Assert.Equal("the search ended after 1 of 9 items", Assert.Single((await studio.HarvestAsync("internet-archive", Query, Stop)).Findings).Message);
    }

    [Fact]
    public async Task A_search_that_broke_off_goes_on_where_it_was()
    {
        await using var studio = await HarvestStudio.StartAsync();
        var many = Enumerable.Range(0, 60).Select(i => string.Create(CultureInfo.InvariantCulture, $"item-{i:D2}")).ToArray();
        foreach (var item in many)
            studio.Source.Answers($"/metadata/{item}", Replies.Json(Item(item, padding: 20_000)));
        Found(studio, Replies.By("cursor", ("", Page(60, "second", many[..20])), ("second", Page(60, "third", many[20..40])), ("third", Replies.Status(500))));
        Assert.Equal(Failure.Missing, (await Assert.ThrowsAsync<LacquerException>(() => studio.HarvestAsync("internet-archive", Query, Stop))).Failure);

        var before = studio.Source.Requests.Count;
        Found(studio, Replies.By("cursor", ("second", Page(60, "third", many[20..40])), ("third", Page(60, null, many[40..]))));
        Assert.Equal((60L, 0L), Counted(await studio.HarvestAsync("internet-archive", Query, Stop)));
        // Both pages, what is on the last, and what the other run had in hand.
        Assert.InRange(studio.Source.Requests.Count - before, 22, 30);
        Assert.Equal(many, studio.Lines("internet-archive", 1).Select(l => l.Split('"')[3]));
    }

    [Fact]
    public async Task When_nothing_can_be_had_the_search_stops()
    {
        await using var studio = await HarvestStudio.StartAsync();
        Found(studio, Page(50, null, Enumerable.Range(0, 50).Select(i => string.Create(CultureInfo.InvariantCulture, $"item-{i}")).ToArray()));
        for (var i = 0; i < 50; i++)
            studio.Source.Answers(string.Create(CultureInfo.InvariantCulture, $"/metadata/item-{i}"), Replies.Status(403));
        Assert.Equal(Failure.Refused, (await Assert.ThrowsAsync<LacquerException>(() => studio.HarvestAsync("internet-archive", Query, Stop))).Failure);
        Assert.Equal(11, studio.Source.Requests.Count);
    }

    [Theory]
    [InlineData("restricted", """{"metadata":{"identifier":"x","mediatype":"audio","access-restricted-item":"true"},"files":[{"name":"a.mp3","source":"original"}]}""")]
    [InlineData("mediatype", """{"metadata":{"identifier":"x","mediatype":"collection"},"files":[]}""")]
    [InlineData("empty", """{"metadata":{"identifier":"x","mediatype":"audio"},"files":[{"name":"a.jpg","source":"original"}]}""")]
    [InlineData("missing", "{}")]
    [InlineData("missing", "[1]")]
    [InlineData("unreadable", """{"files":[]}""")]
    public async Task What_cannot_be_taken_is_set_aside(string kind, string answer)
    {
        await using var studio = await HarvestStudio.StartAsync();
        studio.Source.Answers("/metadata/x", Replies.Json(answer));
        Assert.Equal(kind, Assert.Single((await studio.HarvestAsync("internet-archive", "item:x", Stop)).Findings).Kind);
    }

    [Fact]
    public void What_is_streamed_alone_has_no_files()
    {
        using var json = JsonDocument.Parse("""{"metadata":{"identifier":"x","mediatype":"etree","collection":["etree","stream_only"]},"files":[{"name":"a.mp3","source":"original"}]}""");
        var adapter = AdapterList.Of("internet-archive/1")!;
        Assert.Empty(adapter.Files("x", json.RootElement));
        Assert.False(Assert.Single(Assert.IsType<SourceRelease>(adapter.Describe("x", json.RootElement)).Tracks).HasFile);
    }

    [Theory]
    [InlineData("")]
    [InlineData("item:../x")]
    [InlineData("item:..")]
    public async Task What_is_no_search_is_refused(string location)
    {
        await using var studio = await HarvestStudio.StartAsync();
        Assert.Equal(Failure.Usage, (await Assert.ThrowsAsync<LacquerException>(() => studio.HarvestAsync("internet-archive", location, Stop))).Failure);
        Assert.Empty(studio.Source.Requests);
    }

    private static (long Records, long SetAside) Counted(Lacquer.Stages.Harvesting.AdapterReport report) => (report.Records, report.SetAside);

    private static void Found(HarvestStudio studio, params ReadOnlySpan<StandIn.Reply> pages) => studio.Source.Answers(Search, pages);

    // IDENTIFIER, IDENTIFIER;MEDIATYPE or IDENTIFIER@DATE.
    private static StandIn.Reply Page(int total, string? cursor, params string[] items) => Replies.Json(JsonSerializer.Serialize(new Dictionary<string, object?>
    {
        ["items"] = items.Select(i => new Dictionary<string, object>
        {
            ["identifier"] = i.Split(';', '@')[0],
            ["mediatype"] = i.Contains(';', StringComparison.Ordinal) ? i.Split(';')[1] : "audio",
            ["oai_updatedate"] = new[] { "2010-01-01T00:00:00Z", i.Contains('@', StringComparison.Ordinal) ? i.Split('@')[1] : "2023-11-14T22:13:30Z" },
        }),
        ["count"] = items.Length,
        ["total"] = total,
        ["cursor"] = cursor,
    }));

    private static string Item(string id, int padding = 0) =>
        $$"""{"created":1700000100,"item_last_updated":1700000000,"metadata":{"identifier":"{{id}}","mediatype":"audio","title":"{{id}}","description":"{{Convert.ToHexString(RandomNumberGenerator.GetBytes(padding))}}"},"files":[{"name":"{{id}}.ogg","source":"original","length":"10"}]}""";
}
