using System.Net;
using Lacquer.Tests.Studio;
using Xunit;
using static Lacquer.Tests.Server.ServedArchive;

namespace Lacquer.Tests.Server;

public sealed class PageTests(ServedArchive served) : IClassFixture<ServedArchive>
{
    [Fact]
    public async Task The_page_is_at_every_address_a_listener_can_be_at()
    {
        foreach (var path in new[] { "/", "/search?q=blue", $"/recordings/{Blue.Id}", $"/releases/{Blue.ReleaseId}", $"/artists/{Blue.ArtistId}" })
        {
            using var answer = await served.AskAsync(path);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.Equal("text/html; charset=utf-8", answer.Content.Headers.ContentType?.ToString());
            Assert.Contains("default-src 'self'", Assert.Single(answer.Headers.GetValues("Content-Security-Policy")));
            Assert.Contains("id=\"player\"", await answer.Content.ReadAsStringAsync());
        }

        foreach (var path in new[] { "/nowhere", "/recordings/1", $"/artists/{Blue.Id}" })
        {
            using var answer = await served.AskAsync(path, accept: "text/html");
            Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
            Assert.Equal("text/html; charset=utf-8", answer.Content.Headers.ContentType?.ToString());
        }
    }

    [Fact]
    public async Task The_page_asks_nobody_else_for_anything()
    {
        foreach (var (path, type) in new[] { ("/", "text/html"), ("/lacquer.css", "text/css"), ("/lacquer.js", "text/javascript"), ("/lacquer.svg", "image/svg+xml") })
        {
            using var answer = await served.AskAsync(path);
            Assert.Equal(type, answer.Content.Headers.ContentType?.MediaType);
            var text = (await answer.Content.ReadAsStringAsync()).Replace("http://www.w3.org/2000/svg", "", StringComparison.Ordinal).Replace("https://spdx.org/licenses/", "", StringComparison.Ordinal).Replace("https://musicbrainz.org/", "", StringComparison.Ordinal);
            Assert.DoesNotContain("://", text);
            Assert.DoesNotContain("innerHTML", text);
        }
    }

    [Fact]
    public async Task A_listener_searches_plays_opens_and_goes_back()
    {
        await using var browser = await OpenAsync();
        await browser.UntilAsync("document.querySelector('.row')");
        Assert.Contains("57 recordings known", (await browser.EvaluateAsync("document.querySelector('h1').textContent"))!.GetValue<string>());

        await browser.ClickAsync("#q");
        await browser.TypeAsync("blue mo");
        await browser.UntilAsync("location.pathname === '/search' && document.querySelectorAll('.row').length === 1");
        await browser.ClickAsync($"[data-play='{Blue.Id}']");
        await browser.UntilAsync("document.getElementById('player').currentTime > 0.2");
        Assert.Equal("Blue Monk", (await browser.EvaluateAsync("document.getElementById('now-title').textContent"))!.GetValue<string>());
        Assert.InRange((await browser.EvaluateAsync("document.getElementById('player').duration"))!.GetValue<double>(), 2.9, 3.2);

        // The keyboard alone leads from the search into a recording, and the music goes on.
        await browser.ClickAsync("#q");
        await browser.PressAsync("ArrowDown");
        await browser.PressAsync("Enter");
        await browser.UntilAsync($"location.pathname === '/recordings/{Blue.Id}' && document.querySelector('h1').textContent === 'Blue Monk'");
        Assert.Contains("CC-BY-4.0", (await browser.EvaluateAsync("document.querySelector('main').textContent"))!.GetValue<string>());
        Assert.StartsWith("magnet:", (await browser.EvaluateAsync("document.querySelector('a[href^=magnet]').href"))!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal(1, (await browser.EvaluateAsync("document.querySelectorAll('audio').length"))!.GetValue<int>());

        await browser.EvaluateAsync("history.back()");
        await browser.UntilAsync("location.pathname === '/search' && document.getElementById('q').value === 'blue mo'");
        await browser.EvaluateAsync("history.back()");
        await browser.UntilAsync("location.pathname === '/' && document.querySelector('.hero')");
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task A_release_plays_on_by_itself_to_its_next_held_track()
    {
        await using var browser = await OpenAsync($"/releases/{Blue.ReleaseId}");
        await browser.UntilAsync("document.querySelector('.act.first')");
        await browser.ClickAsync(".act.first");
        await browser.UntilAsync("document.getElementById('player').currentTime > 0.1");
        await browser.EvaluateAsync("document.getElementById('player').currentTime = 2.8");
        await browser.UntilAsync($"document.getElementById('player').src.endsWith('/audio/{Red.Id}') && document.getElementById('player').currentTime > 0.1");
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task Markup_in_titles_is_shown_and_never_run()
    {
        await using var browser = await OpenAsync("/search?q=onerror");
        foreach (var path in new[] { $"/recordings/{Markup.Id}", $"/releases/{Markup.ReleaseId}", $"/artists/{Markup.ArtistId}" })
        {
            await browser.NavigateAsync(new Uri(served.Server.Address, path));
            await browser.UntilAsync("document.querySelector('h1')");
            await browser.EvaluateAsync("document.querySelector('.play, .act.first')?.click()");
            Assert.Equal(0, (await browser.EvaluateAsync("document.querySelectorAll('main img, main script, main b').length"))!.GetValue<int>());
            Assert.Null(await browser.EvaluateAsync("window.cut ?? null"));
        }

        Assert.Contains(Markup.Artist, (await browser.EvaluateAsync("document.querySelector('main').textContent"))!.GetValue<string>());
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task What_is_not_published_has_no_play_button_and_says_why()
    {
        await using var browser = await OpenAsync($"/recordings/{Nonfree.Id}");
        await browser.UntilAsync("document.querySelector('.notice')");
        Assert.Contains("policy does not publish non-commercial", (await browser.EvaluateAsync("document.querySelector('.notice').textContent"))!.GetValue<string>());
        Assert.Equal(0, (await browser.EvaluateAsync("document.querySelectorAll('[data-play]').length"))!.GetValue<int>());
    }

    [Fact]
    public async Task An_unknown_id_is_told_in_words()
    {
        await using var browser = await OpenAsync("/releases/rel-aaaaaaaaaaaaaaaa");
        await browser.UntilAsync("document.querySelector('h1')?.textContent === 'Nothing here'");
    }

    private async Task<Browser> OpenAsync(string path = "/")
    {
        Assert.SkipWhen(Browser.Program is null, "chromium is not installed");
        Assert.SkipUnless(Tone.IsReal, "ffmpeg is not installed, so there is no tone to play");
        var browser = await Browser.StartAsync();
        await browser.NavigateAsync(new Uri(served.Server.Address, path));
        return browser;
    }
}
