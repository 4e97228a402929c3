using Lacquer.Formats.Findings;
using Lacquer.Stages.Sources.Fetching;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Harvesting.Fetching;

/// <summary>robots.txt, by RFC 9309.</summary>
public sealed class RobotsTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    // RFC 9309, 2.2.2 and 2.2.3.
    [InlineData("allow: /example/page/\ndisallow: /example/page/disallowed.gif", "/example/page/disallowed.gif", false)]
    [InlineData("allow: /example/page/\ndisallow: /example/page/disallowed.gif", "/example/page/x", true)]
    [InlineData("disallow: /foo/bar/ツ", "/foo/bar/%E3%83%84", false)]
    [InlineData("disallow: /foo/bar/%E3%83%84", "/foo/bar/ツ", false)]
    [InlineData("disallow: /foo/bar/%62%61%7A", "/foo/bar/baz", false)]
    [InlineData("disallow: *.gif$", "/a/b.gif", false)]
    [InlineData("disallow: *.gif$", "/a/b.gif?x", true)]
    [InlineData("disallow: /path/file-with-a-%2A.html", "/path/file-with-a-%2a.html", false)]
    [InlineData("disallow: /this/*/exactly$", "/this/is/not/exactly", false)]
    [InlineData("disallow: /this/*/exactly$", "/this/is/exactly/so", true)]
    [InlineData("disallow: /*aa$", "/a", true)]
    [InlineData("disallow: /a*a$", "/a", true)]
    [InlineData("disallow: /", "/robots.txt", true)]
    [InlineData("disallow: /a\nallow: /a", "/a", true)]
    [InlineData("disallow:", "/a", true)]
    [InlineData("Disallow : /a # comment", "/ab", false)]
    [InlineData("nonsense\n\ndisallow: /a?b", "/a?b=1", false)]
    public void The_longest_pattern_decides(string rules, string path, bool allows) =>
        Assert.Equal(allows, RobotsRules.Parse("\uFEFFUser-Agent: *\r\n" + rules, "lacquer").Allows(new Uri("https://example.org" + path)));

    [Theory]
    [InlineData("user-agent: *\ndisallow: /\nuser-agent: Lacquer\nallow: /", true)]
    [InlineData("user-agent: lacquer/1.0\ndisallow: /\n\nuser-agent: *\nallow: /", false)]
    [InlineData("user-agent: other\nuser-agent: LACQUER\ndisallow: /", false)]
    [InlineData("user-agent: other\ndisallow: /", true)]
    [InlineData("user-agent: lacquered\ndisallow: /", true)]
    [InlineData("user-agent: lacquer\nallow: /b\nuser-agent: *\nallow: /\nuser-agent: lacquer\ndisallow: /", false)]
    [InlineData("user-agent: *\ndisallow: /\nuser-agent: lacquer", true)]
    [InlineData("disallow: /", true)]
    public void The_group_of_the_crawler_holds(string text, bool allows) => Assert.Equal(allows, RobotsRules.Parse(text, "lacquer").Allows(new Uri("https://example.org/a")));

    [Theory]
    [InlineData("2.5", 2.5)]
    [InlineData("86400", 120.0)]
    [InlineData("-1", null)]
    [InlineData("1e9", null)]
    [InlineData("soon", null)]
    public void A_crawl_delay_holds_up_to_its_bound(string text, double? seconds) =>
        Assert.Equal(seconds, RobotsRules.Parse($"user-agent: *\ncrawl-delay: {text}", "lacquer").CrawlDelay?.TotalSeconds);

    [Fact]
    public async Task Pages_are_asked_for_as_robots_txt_allows_and_apis_as_documented()
    {
        await using var studio = await FetchStudio.StartAsync();
        var fetcher = studio.Fetcher();
        studio.Source.Answers("/robots.txt", Replies.Json("user-agent: *\ndisallow: /private\ncrawl-delay: 60"));
        var hidden = studio.Source.Answers("/private/a", Replies.Json());
        var open = studio.Source.Answers("/open", Replies.Json());
        var e = await Assert.ThrowsAsync<LacquerException>(() => fetcher.GetAsync(new FetchRequest(hidden, AddressKind.Page), Stop));
        Assert.Equal(Failure.Refused, e.Failure);
        // Nor by the back door.
        var door = studio.Source.Answers("/door", Replies.Redirect("/private/a"));
        await Assert.ThrowsAsync<LacquerException>(() => fetcher.GetAsync(new FetchRequest(door, AddressKind.Page), Stop));
        Assert.Equal(["/robots.txt", "/door"], studio.Source.Requests.Select(r => r.Path));
        var before = studio.Clock.Passed;
        await fetcher.GetAsync(new FetchRequest(open, AddressKind.Page), Stop);
        await fetcher.GetAsync(new FetchRequest(hidden, AddressKind.Api), Stop);
        Assert.InRange(studio.Clock.Passed - before, TimeSpan.FromSeconds(119), TimeSpan.FromSeconds(125));
    }

    [Theory]
    [InlineData(404, true)]
    [InlineData(403, true)]
    [InlineData(429, false)]
    [InlineData(503, false)]
    public async Task None_there_allows_everything_and_none_to_be_had_forbids_it(int status, bool allows)
    {
        await using var studio = await FetchStudio.StartAsync();
        studio.Source.Answers("/robots.txt", Replies.Status(status));
        var page = new FetchRequest(studio.Source.Answers("/a", Replies.Json()), AddressKind.Page);
        var fetcher = studio.Fetcher();
        if (allows)
            await fetcher.GetAsync(page, Stop);
        else
            await Assert.ThrowsAsync<LacquerException>(() => fetcher.GetAsync(page, Stop));
        Assert.Equal(allows, studio.Source.Requests.Any(r => r.Path == "/a"));
    }

    [Fact]
    public async Task Of_a_long_file_the_beginning_holds()
    {
        await using var studio = await FetchStudio.StartAsync();
        studio.Source.Answers("/robots.txt", Replies.Json("user-agent: *\ndisallow: /a\n" + new string('#', RobotsRules.MostBytes) + "\nallow: /ab\ndisallow: /b"));
        var fetcher = studio.Fetcher();
        var address = studio.Source.Answers("/b", Replies.Json());
        Assert.Equal(FetchOutcome.Fetched, (await fetcher.GetAsync(new FetchRequest(address, AddressKind.Page), Stop)).Outcome);
        await Assert.ThrowsAsync<LacquerException>(() => fetcher.GetAsync(new FetchRequest(new Uri(address, "/ab"), AddressKind.Page), Stop));
    }
}
