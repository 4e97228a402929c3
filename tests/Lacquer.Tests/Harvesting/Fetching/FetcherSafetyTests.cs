using System.Net;
using System.Text.Json;
using Lacquer.Formats.Findings;
using Lacquer.Stages.Sources.Fetching;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Harvesting.Fetching;

/// <summary>Where redirects may lead, where credentials go, and what the log says.</summary>
public sealed class FetcherSafetyTests
{
    private const string Key = "k3y+with/odd letters";

    private static readonly Secret[] Secrets = [Secret.Parameter("client_id", Key), Secret.Header("Authorization", "Bearer t0ken-value")];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Secrets_go_to_their_own_origin_along_its_redirects_and_no_further()
    {
        await using var studio = await FetchStudio.StartAsync();
        await using var other = await StandIn.StartAsync();
        var elsewhere = other.Answers("/file", Replies.Json());
        studio.Source.Answers("/moved", Replies.Redirect($"{elsewhere}?client_id={Uri.EscapeDataString(Key)}&from={Uri.EscapeDataString(Key)}&track=7"));
        var address = studio.Source.Answers("/a", Replies.Redirect("/moved", 307));
        var fetcher = studio.Fetcher(studio.Policy.WithOwnServer(other.Address));

        Assert.Equal(FetchOutcome.Fetched, (await fetcher.GetJsonAsync(FetchStudio.Api(new Uri(address + "?q=1"), null, Secrets), Stop)).Outcome);
        Assert.Equal([$"/a?q=1&client_id={Uri.EscapeDataString(Key)}", $"/moved?client_id={Uri.EscapeDataString(Key)}"], studio.Source.Requests.Select(r => r.Path));
        Assert.All(studio.Source.Requests, r => Assert.Equal("Bearer t0ken-value", r["Authorization"]));
        var seen = Assert.Single(other.Requests);
        Assert.Equal("/file?track=7", seen.Path);
        Assert.Null(seen["Authorization"]);
        AssertNoSecret(studio.Log);
    }

    [Fact]
    public async Task No_secret_is_in_an_error_a_log_or_a_print()
    {
        await using var studio = await FetchStudio.StartAsync();
        var fetcher = studio.Fetcher();
        foreach (var reply in new[] { Replies.Status(500), Replies.Status(403), Replies.Status(400), Replies.Json("{"), Replies.Reset([1, 2, 3], 1), Replies.Endless(1L << 40), Replies.Redirect($"http://user:{Key}@example.org/?x={Key}"), Replies.Redirect($"ftp://example.org/{Key}"), Replies.Redirect("/a") })
        {
            var request = FetchStudio.Api(studio.Source.Answers("/a", reply), null, Secrets);
            var e = await Assert.ThrowsAsync<LacquerException>(() => fetcher.GetJsonAsync(request, Stop));
            AssertHidden($"{e} {e.Hint} {request}");
            Assert.DoesNotContain('\n', e.Message);
        }

        AssertNoSecret(studio.Log);
        AssertHidden(string.Join<Secret>(' ', Secrets));
        Assert.All(studio.Source.Requests, r => Assert.Contains("client_id=", r.Path, StringComparison.Ordinal));
        var bad = Assert.Throws<LacquerException>(() => Secret.Header("Authorization", $"{Key}\r\nX-Evil: 1"));
        AssertHidden(bad.ToString());
        AssertHidden(Assert.Throws<LacquerException>(() => FetchStudio.Api(new Uri($"https://user:{Uri.EscapeDataString(Key)}@example.org/"))).ToString());
    }

    [Fact]
    public async Task A_redirect_into_the_private_network_is_refused()
    {
        await using var studio = await FetchStudio.StartAsync();
        await using var neighbour = await StandIn.StartAsync();
        var fetcher = studio.Fetcher();
        foreach (var to in new[] { neighbour.Answers("/", Replies.Json()).ToString(), "http://localhost:1/", "http://169.254.169.254/latest/meta-data", "http://10.0.0.1/", "http://[::1]/", "http://[::ffff:192.168.1.1]/", "http://[fe80::1]/", "http://[64:ff9b::7f00:1]/", "http://0x7f000001/", "http://2130706433/", "http://100.64.0.1/" })
        {
            var e = await Assert.ThrowsAsync<LacquerException>(() => fetcher.GetAsync(FetchStudio.Api(studio.Source.Answers("/a", Replies.Redirect(to))), Stop));
            Assert.Equal(Failure.Refused, e.Failure);
            Assert.Contains("not on the public network", e.Message, StringComparison.Ordinal);
        }

        Assert.Empty(neighbour.Requests);
    }

    [Fact]
    public async Task A_name_that_stands_for_a_private_address_is_refused()
    {
        var name = Dns.GetHostName();
        var addresses = await Dns.GetHostAddressesAsync(name, Stop);
        if (!addresses.All(a => IPAddress.IsLoopback(a) || a.IsIPv6LinkLocal || a.IsIPv6UniqueLocal || new[] { "10.", "172.", "192." }.Any(start => a.ToString().StartsWith(start, StringComparison.Ordinal))))
            Assert.Skip($"{name} is not the name of a private address here");
        await using var studio = await FetchStudio.StartAsync();
        var e = await Assert.ThrowsAsync<LacquerException>(() => studio.Fetcher().GetAsync(FetchStudio.Api(new Uri($"http://{name}:{studio.Source.Address.Port}/")), Stop));
        Assert.Contains("not on the public network", e.Message, StringComparison.Ordinal);
        Assert.Empty(studio.Source.Requests);
    }

    [Fact]
    public async Task From_https_a_redirect_leads_to_https()
    {
        await using var studio = await FetchStudio.StartAsync();
        using var network = new Scripted(request => request.RequestUri!.Scheme == "https"
            ? new HttpResponseMessage(HttpStatusCode.Found) { Headers = { Location = new Uri("http://example.org/") } }
            : new HttpResponseMessage(HttpStatusCode.OK));
        var e = await Assert.ThrowsAsync<LacquerException>(() => studio.Fetcher(handler: network).GetAsync(FetchStudio.Api(new Uri("https://example.org/")), Stop));
        Assert.Equal(Failure.Refused, e.Failure);
        Assert.Equal(1, network.Count);
    }

    [Fact]
    public async Task Five_redirects_are_followed()
    {
        await using var studio = await FetchStudio.StartAsync();
        for (var i = 0; i < 6; i++)
            studio.Source.Answers($"/{i}", Replies.Redirect($"/{i + 1}"));
        studio.Source.Answers("/6", Replies.Json());
        var fetcher = studio.Fetcher();
        Assert.Equal(FetchOutcome.Fetched, (await fetcher.GetAsync(FetchStudio.Api(new Uri(studio.Source.Address, "1")), Stop)).Outcome);
        Assert.Contains("more than 5 times", (await Assert.ThrowsAsync<LacquerException>(() => fetcher.GetAsync(FetchStudio.Api(new Uri(studio.Source.Address, "0")), Stop))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_log_says_what_was_asked_and_answered()
    {
        await using var studio = await FetchStudio.StartAsync();
        // What a killed run left of its last line.
        Directory.CreateDirectory(Path.GetDirectoryName(studio.Log)!);
        await File.WriteAllTextAsync(studio.Log, "{\"at\":", Stop);
        var answer = await studio.Fetcher().GetAsync(FetchStudio.Api(studio.Source.Answers("/a", Replies.Status(500), Replies.Json(etag: "\"1\""))), Stop);
        var lines = ReadLog(studio.Log);
        Assert.Equal("{\"at\":", lines[0]);
        using var failed = JsonDocument.Parse(lines[1]);
        using var fetched = JsonDocument.Parse(lines[2]);
        Assert.Equal((1, 500), (failed.RootElement.GetProperty("attempt").GetInt32(), failed.RootElement.GetProperty("status").GetInt32()));
        var line = fetched.RootElement;
        Assert.Equal((2, 200, 13, answer.Sha256.ToString(), "\"1\""), (line.GetProperty("attempt").GetInt32(), line.GetProperty("status").GetInt32(), line.GetProperty("bytes").GetInt32(), line.GetProperty("sha256").GetString(), line.GetProperty("etag").GetString()));
        Assert.StartsWith("2026-03-01T00:00:0", line.GetProperty("at").GetString(), StringComparison.Ordinal);
        Assert.EndsWith("/a", line.GetProperty("url").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_long_log_is_set_aside()
    {
        await using var studio = await FetchStudio.StartAsync();
        Directory.CreateDirectory(Path.GetDirectoryName(studio.Log)!);
        await using (var full = File.Create(studio.Log))
            full.SetLength(64 << 20);
        await studio.Fetcher().GetAsync(FetchStudio.Api(studio.Source.Answers("/a", Replies.Json())), Stop);
        Assert.True(new FileInfo(studio.Log + ".1").Length >= 64 << 20);
        using var line = JsonDocument.Parse(Assert.Single(ReadLog(studio.Log)));
        Assert.Equal(200, line.RootElement.GetProperty("status").GetInt32());
    }

    private static string[] ReadLog(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var text = new StreamReader(file);
        return text.ReadToEnd().TrimEnd('\n').Split('\n');
    }

    private static void AssertNoSecret(string log)
    {
        var lines = ReadLog(log);
        Assert.NotEmpty(lines);
        Assert.All(lines, AssertHidden);
    }

    private static void AssertHidden(string text)
    {
        foreach (var secret in new[] { "k3y", "t0ken" })
            Assert.DoesNotContain(secret, text, StringComparison.OrdinalIgnoreCase);
    }

    private sealed class Scripted(Func<HttpRequestMessage, HttpResponseMessage> answer) : HttpMessageHandler
    {
        public int Count { get; private set; }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Count++;
            return Task.FromResult(answer(request));
        }
    }
}
