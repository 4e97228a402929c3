using System.Globalization;
using System.Text;
using Lacquer.Formats.Archives;
using Lacquer.Formats.Findings;
using Lacquer.Stages.Sources.Fetching;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Harvesting.Fetching;

/// <summary>Answers: asked for politely, asked for again, and bounded.</summary>
public sealed class FetcherTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_request_says_who_asks()
    {
        await using var studio = await FetchStudio.StartAsync();
        var answer = await studio.Fetcher().GetJsonAsync(FetchStudio.Api(studio.Source.Answers("/a", Replies.Json())), Stop);
        Assert.Equal("""{"fine":true}""", Encoding.UTF8.GetString(answer.Body.Span));
        Assert.Matches(@"^lacquer/\d+\.\d+\.\d+ \(tests@example\.org\)$", studio.Source.Requests.Single()["User-Agent"]);
    }

    [Fact]
    public void Without_a_contact_nothing_is_asked()
    {
        var e = Assert.Throws<LacquerException>(() => FetchPolicy.Of(ArchiveConfiguration.Parse(ArchiveConfiguration.Default("a", "A"), "lacquer.toml")));
        Assert.Equal(Failure.Usage, e.Failure);
        Assert.Contains("contact = ", e.Hint, StringComparison.Ordinal);
        Assert.Equal("lacquer@example.org", FetchPolicy.Of(ArchiveConfiguration.Parse("[fetch]\ncontact = \"lacquer@example.org\"", "lacquer.toml")).Contact);
    }

    [Fact]
    public async Task A_host_is_asked_once_a_second()
    {
        await using var studio = await FetchStudio.StartAsync();
        var fetcher = studio.Fetcher();
        var request = FetchStudio.Api(studio.Source.Answers("/a", Replies.Json()));
        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => fetcher.GetAsync(request, Stop)));
        Assert.InRange(studio.Clock.Passed, TimeSpan.FromSeconds(4), TimeSpan.FromMinutes(1));
    }

    [Theory]
    [InlineData("90")]
    [InlineData("Sun, 01 Mar 2026 00:01:30 GMT")]
    public async Task Retry_after_is_waited_for(string retryAfter)
    {
        await using var studio = await FetchStudio.StartAsync();
        var address = studio.Source.Answers("/a", Replies.Status(429, retryAfter), Replies.Json());
        Assert.Equal(FetchOutcome.Fetched, (await studio.Fetcher().GetJsonAsync(FetchStudio.Api(address), Stop)).Outcome);
        Assert.Equal(2, studio.Source.Requests.Count);
        Assert.InRange(studio.Clock.Passed, TimeSpan.FromSeconds(90), TimeSpan.FromSeconds(100));
    }

    [Fact]
    public async Task A_host_that_wants_to_be_left_alone_for_long_is_not_asked_again()
    {
        await using var studio = await FetchStudio.StartAsync();
        var fetcher = studio.Fetcher();
        var address = studio.Source.Answers("/a", Replies.Status(503, "86400"));
        for (var i = 0; i < 2; i++)
            Assert.Contains("2026-03-02 00:00", (await Assert.ThrowsAsync<LacquerException>(() => fetcher.GetAsync(FetchStudio.Api(address), Stop))).Message, StringComparison.Ordinal);
        Assert.Single(studio.Source.Requests);
    }

    [Fact]
    public async Task What_may_pass_is_asked_for_again()
    {
        await using var studio = await FetchStudio.StartAsync();
        var text = Encoding.UTF8.GetBytes("""{"fine":true}""");
        var address = studio.Source.Answers("/a", Replies.Status(500), Replies.Reset(text, 5), Replies.Json("""{"fine":tr"""), Replies.Encoded("gzip", text, cutAt: 12), Replies.Json());
        Assert.Equal(FetchOutcome.Fetched, (await studio.Fetcher().GetJsonAsync(FetchStudio.Api(address), Stop)).Outcome);
        Assert.Equal(5, studio.Source.Requests.Count);
    }

    [Fact]
    public async Task After_five_times_it_is_given_up()
    {
        await using var studio = await FetchStudio.StartAsync();
        var fetcher = studio.Fetcher();
        var e = await Assert.ThrowsAsync<LacquerException>(() => fetcher.GetAsync(FetchStudio.Api(studio.Source.Answers("/a", Replies.Status(502))), Stop));
        Assert.Contains("answers 502", e.Message, StringComparison.Ordinal);
        Assert.Equal(5, studio.Source.Requests.Count);
        e = await Assert.ThrowsAsync<LacquerException>(() => fetcher.GetJsonAsync(FetchStudio.Api(studio.Source.Answers("/b", Replies.Json("<html>"))), Stop));
        Assert.Contains("not whole JSON", e.Message, StringComparison.Ordinal);
        Assert.Equal(10, studio.Source.Requests.Count);
    }

    [Fact]
    public async Task What_will_not_pass_is_not_asked_for_again()
    {
        await using var studio = await FetchStudio.StartAsync();
        var fetcher = studio.Fetcher();
        Assert.Equal(FetchOutcome.Missing, (await fetcher.GetAsync(FetchStudio.Api(new Uri(studio.Source.Address, "none")), Stop)).Outcome);
        var refused = await Assert.ThrowsAsync<LacquerException>(() => fetcher.GetAsync(FetchStudio.Api(studio.Source.Answers("/a", Replies.Status(401))), Stop));
        Assert.Equal(Failure.Refused, refused.Failure);
        Assert.Equal(2, studio.Source.Requests.Count);
    }

    [Fact]
    public async Task What_has_not_changed_is_not_sent_again()
    {
        await using var studio = await FetchStudio.StartAsync();
        var fetcher = studio.Fetcher();
        var address = studio.Source.Answers("/a", Replies.Json(etag: "\"1\"", lastModified: "Sun, 01 Feb 2026 00:00:00 GMT"));
        var first = await fetcher.GetAsync(FetchStudio.Api(address), Stop);
        var second = await fetcher.GetAsync(FetchStudio.Api(address, first.Validators), Stop);
        Assert.Equal((FetchOutcome.NotModified, 0, first.Validators), (second.Outcome, second.Body.Length, second.Validators));
        Assert.Equal("Sun, 01 Feb 2026 00:00:00 GMT", studio.Source.Requests[1]["If-Modified-Since"]);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("deflate")]
    public async Task Compressed_answers_are_decompressed(string encoding)
    {
        await using var studio = await FetchStudio.StartAsync();
        var text = Encoding.UTF8.GetBytes("[" + string.Join(',', Enumerable.Range(0, 10_000).Select(i => i.ToString(CultureInfo.InvariantCulture))) + "]");
        var answer = await studio.Fetcher().GetJsonAsync(FetchStudio.Api(studio.Source.Answers("/a", Replies.Encoded(encoding, text))), Stop);
        Assert.Equal(text, answer.Body.ToArray());
        Assert.Contains(encoding, studio.Source.Requests.Single()["Accept-Encoding"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(10_000_000_000)]
    [InlineData(null)]
    public async Task A_huge_answer_to_a_small_question_is_cut_off(long? length)
    {
        await using var studio = await FetchStudio.StartAsync();
        var e = await Assert.ThrowsAsync<LacquerException>(() => studio.Fetcher().GetAsync(FetchStudio.Api(studio.Source.Answers("/a", Replies.Endless(length))), Stop));
        Assert.Equal(Failure.Untrusted, e.Failure);
        Assert.Contains("more than 33554432 bytes", e.Message, StringComparison.Ordinal);
        Assert.Single(studio.Source.Requests);
    }

    [Fact]
    public async Task A_gzip_bomb_is_cut_off()
    {
        await using var studio = await FetchStudio.StartAsync();
        var e = await Assert.ThrowsAsync<LacquerException>(() => studio.Fetcher().GetAsync(FetchStudio.Api(studio.Source.Answers("/a", Replies.Endless(gzip: true))), Stop));
        Assert.Equal(Failure.Untrusted, e.Failure);
        Assert.Contains("swells", e.Message, StringComparison.Ordinal);
        Assert.Single(studio.Source.Requests);
    }

    [Theory]
    [InlineData(true, "bytes a second")]
    [InlineData(false, "nothing came for 72000 seconds")]
    public async Task What_drips_or_stalls_is_given_up(bool drips, string said)
    {
        await using var studio = await FetchStudio.StartAsync();
        var address = studio.Source.Answers("/a", Replies.Drip(studio.Clock, drips ? TimeSpan.FromSeconds(20) : TimeSpan.FromHours(1), bytes: drips));
        var e = await Assert.ThrowsAsync<LacquerException>(() => studio.Fetcher(studio.Policy with { Attempts = 2 }).GetAsync(FetchStudio.Api(address), Stop));
        Assert.Contains(said, e.Message, StringComparison.Ordinal);
        Assert.Equal(2, studio.Source.Requests.Count);
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_said_so()
    {
        await using var studio = await FetchStudio.StartAsync();
        var gone = await StandIn.StartAsync();
        var address = gone.Address;
        await gone.DisposeAsync();
        var fetcher = studio.Fetcher(studio.Policy.WithOwnServer(address));
        var e = await Assert.ThrowsAsync<LacquerException>(() => fetcher.GetAsync(FetchStudio.Api(address), Stop));
        Assert.Equal(Failure.Missing, e.Failure);
        Assert.Contains("5 attempts", e.Message, StringComparison.Ordinal);
    }
}
