using System.Net;
using System.Text.Json.Nodes;
using Xunit;
using static Lacquer.Tests.Server.ServedArchive;

namespace Lacquer.Tests.Server;

public sealed class RestTests(ServedArchive served) : IClassFixture<ServedArchive>
{
    [Fact]
    public async Task The_overview_counts_and_tells_what_share_of_the_best_known_is_held()
    {
        var overview = await served.JsonAsync("/api/overview");
        Assert.Equal("A small archive", (string?)overview["archive"]!["title"]);
        Assert.Equal("000001", (string?)overview["catalogue"]);
        Assert.Equal("000002", (string?)overview["edition"]);
        Assert.Equal(57, (int)overview["totals"]!["recordings"]!);
        Assert.Equal(5, (int)overview["held"]!["objects"]!);
        Assert.Equal(4, (int)overview["held"]!["published"]!);
        Assert.Equal(1, (int)overview["held"]!["volumes"]!);
        var bands = overview["held_by_rank"]!.AsArray();
        Assert.Equal([10, 57], bands.Select(b => (int)b!["up_to"]!));
        Assert.Equal([4, 5], bands.Select(b => (int)b!["held"]!));
        Assert.Equal([3, 4], bands.Select(b => (int)b!["published"]!));
        Assert.Equal(1.0, (double)bands[1]!["share_of_listens"]!);
        Assert.Equal(Math.Round((1000 + 900 + 800 + 150 + 100) / (double)(int)overview["totals"]!["listens"]!, 4), (double)bands[1]!["share_of_listens_held"]!);
        Assert.Equal("Blue Monk", (string?)overview["top"]![0]!["title"]);
        Assert.Equal(20, overview["top"]!.AsArray().Count);
    }

    [Theory]
    [InlineData("подмосковные")]
    [InlineData("ВЕЧЕРА соловьев")]
    [InlineData("さくら")]
    [InlineData("البدر")]
    [InlineData("सारे जहाँ")]
    [InlineData("fur el")]
    [InlineData("FÜR ELISE")]
    public async Task A_search_finds_recordings_in_any_script_with_the_last_word_unfinished(string words)
    {
        var found = await served.JsonAsync($"/api/search?q={Uri.EscapeDataString(words)}");
        Assert.Single(found["recordings"]!["items"]!.AsArray());
        Assert.Null(found["recordings"]!["next"]);
    }

    [Fact]
    public async Task A_search_answers_in_three_kinds_best_known_first()
    {
        var found = await served.JsonAsync("/api/search?q=ann");
        Assert.Equal(["Blue Monk", "Red Clay", "Not For Sale"], Titles(found["recordings"]!));
        Assert.Equal(["First Pressing"], Titles(found["releases"]!));
        Assert.Equal("Ann Example", (string?)found["artists"]!["items"]![0]!["name"]);

        var only = await served.JsonAsync("/api/search?q=ann&kind=artists");
        Assert.Null(only["recordings"]);
        Assert.Single(only["artists"]!["items"]!.AsArray());
    }

    [Theory]
    [InlineData("podmoskovnye", "typed", "Подмосковные вечера")]
    [InlineData("櫻", "typed", null)]
    [InlineData("くら", "typed", "さくら さくら")]
    [InlineData("подмосковнве", "corrected", "Подмосковные вечера")]
    [InlineData("блуе монк", "transliterated", "Blue Monk")]
    [InlineData("GB-AYE-06-01498", "identifier", "Blue Monk")]
    public async Task A_search_says_how_it_understood_the_query(string words, string form, string? title)
    {
        var found = (await served.JsonAsync($"/api/search?q={Uri.EscapeDataString(words)}&kind=recordings"))["recordings"]!;
        Assert.Equal(title is null ? [] : [title], Titles(found));
        Assert.Equal(form, (string?)found["form"]);
        Assert.True((bool)found["count_is_exact"]!);
    }

    [Fact]
    public async Task A_found_recording_comes_with_its_release_and_can_be_chosen_by_what_is_held()
    {
        async Task<JsonNode> Found(string filter) => (await served.JsonAsync($"/api/search?q=ann&kind=recordings&{filter}"))["recordings"]!;
        Assert.Equal("First Pressing", (string?)(await Found("limit=1"))["items"]![0]!["release"]!["title"]);
        Assert.Equal(3, (int)(await Found("limit=1"))["count"]!);
        Assert.Equal(["Blue Monk", "Red Clay", "Not For Sale"], Titles(await Found("held=true")));
        Assert.Equal([], Titles(await Found("held=false")));
        Assert.Equal(["Not For Sale"], Titles(await Found("licence=cc-by-nc-4.0")));
        Assert.Equal(["Blue Monk", "Red Clay"], Titles(await Found("held=true&licence=CC-BY-4.0&year=2026")));
        Assert.Equal([], Titles(await Found("year=-2025")));
    }

    [Fact]
    public async Task Pages_follow_each_other_without_gap_or_overlap()
    {
        var titles = new List<string>();
        var pages = 0;
        for (long? after = 0; after is not null; pages++)
        {
            var page = (await served.JsonAsync($"/api/search?q=study&kind=recordings&limit=20&after={after}"))["recordings"]!;
            titles.AddRange(Titles(page).OfType<string>());
            after = (long?)page["next"];
        }

        Assert.Equal(3, pages);
        Assert.Equal(Series.Select(s => s.Title), titles);

        var first = await served.JsonAsync($"/api/artists/{Series[0].ArtistId}/recordings?limit=44");
        var second = await served.JsonAsync($"/api/artists/{Series[0].ArtistId}/recordings?limit=44&after={first["next"]}");
        Assert.Equal(["Study 45"], Titles(second));
    }

    [Fact]
    public async Task A_published_recording_comes_with_everything_that_is_known()
    {
        var r = await served.JsonAsync($"/api/recordings/{Blue.Id}");
        var item = r["recording"]!;
        Assert.True((bool)item["held"]!);
        Assert.True((bool)item["published"]!);
        Assert.Equal($"/audio/{Blue.Id}", (string?)item["audio"]);
        Assert.Null(item["why"]);
        Assert.Equal(["GBAYE0601498"], r["isrcs"]!.AsArray().Select(i => (string?)i));
        Assert.Equal("First Pressing", (string?)r["appearances"]![0]!["release"]!["title"]);
        Assert.Equal("2026-03", (string?)r["appearances"]![0]!["release"]!["date"]);
        Assert.Equal("4006381333931", (string?)r["appearances"]![0]!["release"]!["gtin"]);
        Assert.Equal("CC-BY-4.0", (string?)r["rights"]!["licence"]);
        Assert.Equal("tag", (string?)r["rights"]!["evidence"]!["kind"]);
        Assert.Equal(BlueAudio.Length, (int)r["object"]!["length_bytes"]!);
        Assert.Equal("small-000001", (string?)r["volume"]!["name"]);
        Assert.Equal(0, (int)r["volume"]!["file"]!);
        Assert.Equal("/volumes/small-000001/00000.ogg", (string?)r["volume"]!["url"]);
    }

    [Fact]
    public async Task A_magnet_counts_the_pad_files_before_its_file()
    {
        var r = await served.JsonAsync($"/api/recordings/{Red.Id}");
        Assert.Equal(1, (int)r["volume"]!["file"]!);
        Assert.Matches("^magnet:\\?xt=urn:btih:[0-9a-f]{40}&xt=urn:btmh:1220[0-9a-f]{64}&dn=small-000001&so=2$", (string?)r["volume"]!["magnet"]);
    }

    [Fact]
    public async Task What_cannot_be_heard_says_why()
    {
        async Task<JsonNode> Item(Studio.SmallRecording recording) => (await served.JsonAsync($"/api/recordings/{recording.Id}"))["recording"]!;
        foreach (var (recording, held, why) in new[]
        {
            (Nonfree, true, "kept dark: CC-BY-NC-4.0 may be kept but not published: policy does not publish non-commercial"),
            (Unlicensed, false, "not held: no licence evidence: no LICENSE tag, copyright file or rights.toml speaks of it"),
            (Broken, false, "not held: its audio was set aside: the stream ends in the middle of a page"),
            (Unheard, false, "not held: no source has brought its audio yet"),
        })
        {
            var item = await Item(recording);
            Assert.Equal(held, (bool)item["held"]!);
            Assert.False((bool)item["published"]!);
            Assert.Null(item["audio"]);
            Assert.Equal(why, (string?)item["why"]);
        }
    }

    [Fact]
    public async Task A_dark_recording_is_in_no_volume_and_has_no_magnet() =>
        Assert.Null((await served.JsonAsync($"/api/recordings/{Nonfree.Id}"))["volume"]);

    [Fact]
    public async Task A_recording_in_a_retired_volume_is_in_none() =>
        Assert.Null((await served.JsonAsync($"/api/recordings/{Elise.Id}"))["volume"]);

    [Fact]
    public async Task An_ISRC_finds_its_recordings()
    {
        foreach (var spelling in new[] { "GBAYE0601498", "gb-aye-06-01498", "ISRC%20GBAYE0601498" })
            Assert.Equal("Blue Monk", (string?)(await served.JsonAsync($"/api/isrc/{spelling}"))["recordings"]![0]!["title"]);
        await served.JsonAsync("/api/isrc/GBAYE0601499", HttpStatusCode.NotFound);
        await served.JsonAsync("/api/isrc/blue", HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task A_release_has_its_tracks_in_order()
    {
        var r = await served.JsonAsync($"/api/releases/{Blue.ReleaseId}");
        Assert.Equal(["Blue Monk", "Red Clay", "Not For Sale"], r["tracks"]!.AsArray().Select(t => (string?)t!["recording"]!["title"]));
        Assert.Equal([1, 2, 3], r["tracks"]!.AsArray().Select(t => (int)t!["position"]!));
        Assert.Equal("Ann Example", (string?)r["artists"]![0]!["name"]);
    }

    [Fact]
    public async Task An_artist_has_releases_and_recordings()
    {
        var a = await served.JsonAsync($"/api/artists/{Blue.ArtistId}");
        Assert.Equal("Ann Example", (string?)a["artist"]!["name"]);
        Assert.Equal(["First Pressing"], Titles(a["releases"]!));
        Assert.Equal(3, a["recordings"]!["items"]!.AsArray().Count);
    }

    [Theory]
    [InlineData("/api/search", HttpStatusCode.BadRequest)]
    [InlineData("/api/search?q=a&q=b", HttpStatusCode.BadRequest)]
    [InlineData("/api/search?q=a&limit=0", HttpStatusCode.BadRequest)]
    [InlineData("/api/search?q=a&limit=101", HttpStatusCode.BadRequest)]
    [InlineData("/api/search?q=a&limit=ten", HttpStatusCode.BadRequest)]
    [InlineData("/api/search?q=a&kind=recordings&after=-1", HttpStatusCode.BadRequest)]
    [InlineData("/api/search?q=a&after=5", HttpStatusCode.BadRequest)]
    [InlineData("/api/search?q=a&kind=tracks", HttpStatusCode.BadRequest)]
    [InlineData("/api/search?q=a&held=true", HttpStatusCode.BadRequest)]
    [InlineData("/api/search?q=a&kind=recordings&held=perhaps", HttpStatusCode.BadRequest)]
    [InlineData("/api/search?q=a&kind=artists&year=1990", HttpStatusCode.BadRequest)]
    [InlineData("/api/search?q=a&kind=releases&year=-", HttpStatusCode.BadRequest)]
    [InlineData("/api/search?q=a&kind=releases&popularity=5", HttpStatusCode.BadRequest)]
    [InlineData("/api/search?q=a&kind=recordings&popularity=101", HttpStatusCode.BadRequest)]
    [InlineData("/api/recordings/rec-aaaaaaaaaaaaaaaa", HttpStatusCode.NotFound)]
    [InlineData("/api/recordings/1", HttpStatusCode.NotFound)]
    [InlineData("/api/releases/rec-aaaaaaaaaaaaaaaa", HttpStatusCode.NotFound)]
    [InlineData("/api/artists/%00", HttpStatusCode.NotFound)]
    [InlineData("/api/nothing", HttpStatusCode.NotFound)]
    public async Task What_cannot_be_answered_is_an_error_in_JSON(string path, HttpStatusCode status)
    {
        if (path.Contains("%00", StringComparison.Ordinal))
        {
            Assert.DoesNotContain("200 OK", await served.RawAsync(path));
            return;
        }

        Assert.False(string.IsNullOrEmpty((string?)(await served.JsonAsync(path, status))["error"]));
    }

    [Fact]
    public async Task A_query_of_more_than_200_letters_is_refused_and_one_without_words_finds_nothing()
    {
        await served.JsonAsync($"/api/search?q={new string('a', 201)}", HttpStatusCode.BadRequest);
        await served.JsonAsync($"/api/search?q={new string('a', 200)}");
        foreach (var query in new[] { "", "%22*%22", "%ED%A0%80", "AND%20OR%20NOT", "%27%3B--", "NEAR(" })
            await served.JsonAsync($"/api/search?q={query}");
    }

    [Fact]
    public async Task Titles_with_markup_are_escaped_in_JSON_and_still_read_the_same()
    {
        using var answer = await served.AskAsync($"/api/recordings/{Markup.Id}");
        var text = await answer.Content.ReadAsStringAsync();
        Assert.DoesNotContain("<", text);
        Assert.Equal(Markup.Title, (string?)JsonNode.Parse(text)!["recording"]!["title"]);
        Assert.Equal("nosniff", Assert.Single(answer.Headers.GetValues("X-Content-Type-Options")));
    }

    [Theory]
    [InlineData("localhost", HttpStatusCode.OK)]
    [InlineData("[::1]", HttpStatusCode.OK)]
    [InlineData("rebound.example.org", HttpStatusCode.MisdirectedRequest)]
    public async Task On_loopback_only_loopback_names_are_answered(string host, HttpStatusCode status)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(served.Server.Address, "api/overview"));
        request.Headers.Host = host;
        using var http = new HttpClient();
        using var answer = await http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(status, answer.StatusCode);
    }

    [Theory]
    [InlineData("POST")]
    [InlineData("PUT")]
    [InlineData("DELETE")]
    [InlineData("OPTIONS")]
    [InlineData("TRACE")]
    public async Task Nothing_can_be_written(string method)
    {
        foreach (var path in new[] { "/", "/api/overview", $"/audio/{Blue.Id}", "/editions/", "/nowhere" })
        {
            using var answer = await served.AskAsync(path, method: new HttpMethod(method));
            Assert.Equal(HttpStatusCode.MethodNotAllowed, answer.StatusCode);
            Assert.Equal(["GET", "HEAD"], answer.Content.Headers.Allow.Order());
        }
    }

    private static IEnumerable<string?> Titles(JsonNode page) => page["items"]!.AsArray().Select(i => (string?)i!["title"]);
}
