using System.Net;
using Lacquer.Formats.Identity;
using Xunit;
using static Lacquer.Tests.Server.ServedArchive;

namespace Lacquer.Tests.Server;

public sealed class FilesTests(ServedArchive served) : IClassFixture<ServedArchive>
{
    [Fact]
    public async Task Audio_comes_whole_with_its_name_as_tag_and_for_good()
    {
        using var answer = await served.AskAsync($"/audio/{Blue.Id}");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("audio/ogg", answer.Content.Headers.ContentType?.ToString());
        Assert.Equal(BlueAudio, await answer.Content.ReadAsByteArrayAsync());
        var root = served.Archive.Ledger.Holding(Blue.Id)!.Object.Root;
        Assert.Equal($"\"{root}\"", answer.Headers.ETag?.Tag);
        Assert.Contains("immutable", answer.Headers.CacheControl?.ToString());
        Assert.Equal("bytes", Assert.Single(answer.Headers.AcceptRanges));
    }

    [Fact]
    public async Task Opus_says_so()
    {
        using var answer = await served.AskAsync($"/audio/{Red.Id}", method: HttpMethod.Head);
        Assert.Equal("audio/ogg; codecs=opus", answer.Content.Headers.ContentType?.ToString());
        Assert.Equal(RedAudio.Length, answer.Content.Headers.ContentLength);
        Assert.Empty(await answer.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task A_range_is_answered_with_those_bytes_and_one_beyond_the_end_is_refused()
    {
        using var part = await served.AskAsync($"/audio/{Blue.Id}", "bytes=100-199");
        Assert.Equal(HttpStatusCode.PartialContent, part.StatusCode);
        Assert.Equal($"bytes 100-199/{BlueAudio.Length}", part.Content.Headers.ContentRange?.ToString());
        Assert.Equal(BlueAudio[100..200], await part.Content.ReadAsByteArrayAsync());

        using var tail = await served.AskAsync("/volumes/small-000001/00000.ogg", "bytes=-10");
        Assert.Equal(BlueAudio[^10..], await tail.Content.ReadAsByteArrayAsync());

        using var beyond = await served.AskAsync($"/audio/{Blue.Id}", "bytes=99999999-");
        Assert.Equal(HttpStatusCode.RequestedRangeNotSatisfiable, beyond.StatusCode);
    }

    [Fact]
    public async Task What_the_browser_has_is_not_sent_again()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/audio/{Blue.Id}");
        request.Headers.TryAddWithoutValidation("If-None-Match", $"\"{served.Archive.Ledger.Holding(Blue.Id)!.Object.Root}\"");
        using var answer = await served.Client.SendAsync(request);
        Assert.Equal(HttpStatusCode.NotModified, answer.StatusCode);
    }

    [Fact]
    public async Task Audio_that_is_not_published_is_refused_with_the_reason()
    {
        foreach (var range in new[] { null, "bytes=0-10" })
        {
            using var answer = await served.AskAsync($"/audio/{Nonfree.Id}", range);
            Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
            Assert.Contains("policy does not publish non-commercial", await answer.Content.ReadAsStringAsync());
            Assert.DoesNotContain("immutable", answer.Headers.CacheControl?.ToString());
        }
    }

    [Fact]
    public async Task Audio_that_is_not_there_is_not_found()
    {
        Assert.Contains("no source has brought", (string?)(await served.JsonAsync($"/audio/{Unheard.Id}", HttpStatusCode.NotFound))["error"]);
        await served.JsonAsync($"/audio/{EntityId.From(EntityKind.Recording, "no", "such")}", HttpStatusCode.NotFound);
        await served.JsonAsync($"/audio/{Blue.ArtistId}", HttpStatusCode.NotFound);
        await served.JsonAsync($"/audio/{served.Archive.Ledger.Holding(Nonfree.Id)!.Object.Root}", HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_volume_has_the_files_of_its_torrent_and_no_others()
    {
        using var file = await served.AskAsync("/volumes/small-000001/00001.opus");
        Assert.Equal(RedAudio, await file.Content.ReadAsByteArrayAsync());
        File.WriteAllText(Path.Combine(served.Archive.Layout.Volume("small-000001"), "stray.ogg"), "not in the torrent");
        foreach (var path in new[] { "stray.ogg", "00009.ogg", "00000.OGG", ".pad", "", "." })
            Assert.Equal(HttpStatusCode.NotFound, (await served.AskAsync($"/volumes/small-000001/{path}")).StatusCode);
    }

    [Fact]
    public async Task A_retired_volume_and_an_unknown_one_are_not_there()
    {
        foreach (var path in new[] { "/volumes/small-000002/00000.ogg", "/volumes/small-000002/.pad/5", "/volumes/none/00000.ogg", "/volumes/", "/volumes/small-000001" })
            Assert.Equal(HttpStatusCode.NotFound, (await served.AskAsync(path)).StatusCode);
    }

    [Fact]
    public async Task HEAD_says_what_GET_would_and_sends_nothing()
    {
        foreach (var path in new[]
        {
            "/", "/lacquer.js", "/api/overview", "/api/search?q=blue", $"/api/recordings/{Blue.Id}", $"/audio/{Blue.Id}", "/volumes/small-000001/00000.ogg", "/volumes/small-000001/.pad/9",
            "/editions/", "/editions/000002/manifest.json",
        })
        {
            using var get = await served.AskAsync(path);
            using var head = await served.AskAsync(path, method: HttpMethod.Head);
            Assert.Equal(HttpStatusCode.OK, head.StatusCode);
            Assert.Equal(get.Content.Headers.ContentType, head.Content.Headers.ContentType);
            Assert.Empty(await head.Content.ReadAsByteArrayAsync());
        }
    }

    [Fact]
    public async Task A_pad_file_is_as_many_zero_bytes_as_its_name_says()
    {
        using var pad = await served.AskAsync("/volumes/small-000001/.pad/70000");
        var bytes = await pad.Content.ReadAsByteArrayAsync();
        Assert.Equal(70000, bytes.Length);
        Assert.All(bytes, b => Assert.Equal(0, b));

        using var second = await served.AskAsync("/volumes/small-000001/.pad/70000-2");
        Assert.Equal(70000, (await second.Content.ReadAsByteArrayAsync()).Length);

        using var part = await served.AskAsync("/volumes/small-000001/.pad/70000", "bytes=69990-");
        Assert.Equal(HttpStatusCode.PartialContent, part.StatusCode);
        Assert.Equal(10, (await part.Content.ReadAsByteArrayAsync()).Length);

        using var head = await served.AskAsync("/volumes/small-000001/.pad/1048575", method: HttpMethod.Head);
        Assert.Equal(1048575, head.Content.Headers.ContentLength);
        foreach (var length in new[] { "0", "1048576", "-1", "1e3", "007", "99999999999999999999", "x", "5-1", "5-", "5-02", "-2", "5-2-2", "1048576-2" })
            Assert.Equal(HttpStatusCode.NotFound, (await served.AskAsync($"/volumes/small-000001/.pad/{length}")).StatusCode);
    }

    [Theory]
    [InlineData("manifest.json", "application/json")]
    [InlineData("manifest.json.minisig", "text/plain; charset=utf-8")]
    [InlineData("feed.xml", "application/rss+xml; charset=utf-8")]
    [InlineData("catalogue.sqlite.zst", "application/zstd")]
    [InlineData("torrents/small-000001.torrent", "application/x-bittorrent")]
    [InlineData("index.html", "text/html; charset=utf-8")]
    [InlineData("", "text/html; charset=utf-8")]
    public async Task An_editions_files_have_their_types(string path, string type)
    {
        using var answer = await served.AskAsync($"/editions/000002/{path}");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(type, answer.Content.Headers.ContentType?.ToString());
        Assert.Contains("immutable", answer.Headers.CacheControl?.ToString());
    }

    [Fact]
    public async Task Editions_are_listed_for_programs_and_for_people()
    {
        Assert.Equal(["000002", "000001"], (await served.JsonAsync("/editions/"))["editions"]!.AsArray().Select(e => (string?)e!["name"]));
        using var page = await served.AskAsync("/editions/", accept: "text/html");
        Assert.Contains("<a href=\"/editions/000002/\">", await page.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Latest_leads_to_the_newest_edition()
    {
        using var answer = await served.AskAsync("/editions/latest/torrents/small-000001.torrent");
        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        Assert.Equal("/editions/000002/torrents/small-000001.torrent", answer.Headers.Location?.OriginalString);
        Assert.Equal("/editions/000002/", (await served.AskAsync("/editions/latest")).Headers.Location?.OriginalString);
        Assert.Equal("/editions/000002/", (await served.AskAsync("/editions/000002")).Headers.Location?.OriginalString);
        Assert.Equal("/editions/", (await served.AskAsync("/editions")).Headers.Location?.OriginalString);
    }

    [Fact]
    public async Task Part_of_an_editions_file_can_be_fetched()
    {
        using var answer = await served.AskAsync("/editions/000002/catalogue.sqlite.zst", "bytes=2-4");
        Assert.Equal("234", await answer.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("/editions/000002/../../signing.key")]
    [InlineData("/editions/000002/..%2f..%2fsigning.key")]
    [InlineData("/editions/000002/%2e%2e/%2e%2e/signing.key")]
    [InlineData("/editions/000002/..\\..\\signing.key")]
    [InlineData("/editions/000002/..%5c..%5csigning.key")]
    [InlineData("/editions/000002/....//....//signing.key")]
    [InlineData("/editions/000002/manifest.json%00.html")]
    [InlineData("/editions/000002//etc/hostname")]
    [InlineData("/editions/000002//manifest.json")]
    [InlineData("/editions/000002/%2fetc%2fhostname")]
    [InlineData("/editions/000002/away/hostname")]
    [InlineData("/editions/000002/away")]
    [InlineData("/editions/000002/toml")]
    [InlineData("/editions/000002/.hidden")]
    [InlineData("/editions/000002/tables.partial/x.json")]
    [InlineData("/editions/000002/half.json.partial")]
    [InlineData("/editions/000002/torrents")]
    [InlineData("/editions/000002/torrents/")]
    [InlineData("/editions/000003.partial/manifest.json")]
    [InlineData("/editions/../signing.key")]
    [InlineData("/editions/..%2fsigning.key")]
    [InlineData("/editions/latest/../../signing.key")]
    [InlineData("/volumes/small-000001/../../signing.key")]
    [InlineData("/volumes/small-000001/..%2f..%2fsigning.key")]
    [InlineData("/volumes/..%2fobjects/x")]
    [InlineData("/volumes/%2e%2e/signing.key")]
    [InlineData("/volumes/small-000001/.pad/..%2f00000.ogg")]
    [InlineData("/volumes/small-000001/00000.ogg%00")]
    [InlineData("/audio/..%2f..%2fsigning.key")]
    [InlineData("/signing.key")]
    [InlineData("/ledger.sqlite")]
    [InlineData("/lacquer.toml")]
    [InlineData("/objects/")]
    public async Task Nothing_outside_of_what_is_published_can_be_fetched(string target)
    {
        var answer = await served.RawAsync(target);
        Assert.Matches("^HTTP/1\\.1 (404|400) ", answer);
        Assert.DoesNotContain("secret", answer);
    }
}
