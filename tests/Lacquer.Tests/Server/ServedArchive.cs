using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Lacquer.Formats.Ledgers;
using Lacquer.Server;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Server;

/// <summary>One small archive for all tests that only read it, and a server of it on loopback.</summary>
public sealed class ServedArchive : IAsyncLifetime
{
    private SmallArchive? _archive;
    private ArchiveServer? _server;

    internal static readonly SmallRecording Blue = new("Blue Monk", "Ann Example", 1000, "First Pressing", 1, "GBAYE0601498");
    internal static readonly SmallRecording Red = new("Red Clay", "Ann Example", 900, "First Pressing", 2);
    internal static readonly SmallRecording Nonfree = new("Not For Sale", "Ann Example", 800, "First Pressing", 3);
    internal static readonly SmallRecording Unlicensed = new("No Paper", "Bo Sample", 700, "Second Pressing");
    internal static readonly SmallRecording Broken = new("Cut Short", "Bo Sample", 600, "Second Pressing", 2);
    internal static readonly SmallRecording Unheard = new("Nobody Knows", "Bo Sample", 0, "Second Pressing", 3, null, null);
    internal static readonly SmallRecording Moscow = new("Подмосковные вечера", "Соловьёв-Седой", 500, "Песни");
    internal static readonly SmallRecording Sakura = new("さくら さくら", "日本の歌", 400, "歌曲集");
    internal static readonly SmallRecording Badr = new("طلع البدر علينا", "تراث", 300, "أناشيد");
    internal static readonly SmallRecording Hindi = new("सारे जहाँ से अच्छा", "इक़बाल", 200, "तराने");
    internal static readonly SmallRecording Elise = new("Für Elise", "Ludwig van Beethoven", 150, "Klavierstücke");
    internal static readonly SmallRecording Markup = new("<img src=x onerror=\"window.cut=1\">", "<script>window.cut=2</script>", 100, "\"><b onmouseover=window.cut=3>&amp;");
    internal static readonly IReadOnlyList<SmallRecording> Series = [.. Enumerable.Range(1, 45).Select(i => new SmallRecording($"Study {i:D2}", "Etude Press", 50 - i, "Studies", i))];

    internal static byte[] BlueAudio { get; } = Tone.Vorbis(440);

    internal static byte[] RedAudio { get; } = Tone.Opus(550);

    internal SmallArchive Archive => _archive!;

    internal ArchiveServer Server => _server!;

    internal HttpClient Client { get; } = new(new SocketsHttpHandler { AllowAutoRedirect = false });

    public async ValueTask InitializeAsync()
    {
        var archive = _archive = new SmallArchive();
        archive.Catalogue("000001", [Blue, Red, Nonfree, Unlicensed, Broken, Unheard, Moscow, Sakura, Badr, Hindi, Elise, Markup, .. Series]);
        archive.Keep(Blue, BlueAudio, "ogg", SmallArchive.Free);
        archive.Keep(Red, RedAudio, "opus", SmallArchive.Free);
        archive.Keep(Nonfree, Tone.Vorbis(660), "ogg", SmallArchive.Dark);
        archive.Keep(Markup, Tone.Vorbis(770), "ogg", SmallArchive.Free);
        archive.Keep(Elise, Tone.Vorbis(880), "ogg", SmallArchive.Free);
        archive.Ledger.SetRights(Unlicensed.Id, SmallArchive.Denied);
        archive.Ledger.NotIngested(Unlicensed.Id, new(1, 0), JobState.Denied, SmallArchive.Denied.Reason);
        archive.Ledger.NotIngested(Broken.Id, new(1, 0), JobState.SetAside, "the stream ends in the middle of a page");
        archive.Press(1, "small-000001", Blue, Red);
        archive.Press(2, "small-000002", Elise);
        archive.Ledger.RetireVolume(archive.Ledger.Volume("small-000002")!, "something in it was withdrawn");
        archive.Publish("000001", ("manifest.json", "{\"edition\":1}"), ("index.html", "<!doctype html><title>1</title>"));
        archive.Publish("000002", ("manifest.json", "{\"edition\":2}"), ("manifest.json.minisig", "untrusted comment: x"), ("index.html", "<!doctype html><title>2</title>"), ("feed.xml", "<rss/>"),
            ("catalogue.sqlite.zst", "0123456789"), ("torrents/small-000001.torrent", "d4:infode"), (".hidden", "no"), ("tables.partial/x.json", "no"), ("half.json.partial", "no"));
        archive.Publish("000003.partial", ("manifest.json", "{}"));
        Directory.CreateSymbolicLink(Path.Combine(archive.Layout.Edition("000002"), "away"), "/etc");
        File.CreateSymbolicLink(Path.Combine(archive.Layout.Edition("000002"), "toml"), archive.Layout.Configuration);
        File.CreateSymbolicLink(Path.Combine(archive.Layout.Volume("small-000001"), "00009.ogg"), "/etc/hostname");
        File.WriteAllText(archive.Layout.SigningKey, "secret");
        _server = await ArchiveServer.StartAsync(new ServeRequest(archive.Folder, Stores.Of(archive.Folder), Port: 0), TimeProvider.System, CancellationToken.None);
        Client.BaseAddress = _server.Address;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        if (_server is not null)
            await _server.DisposeAsync();
        _archive?.Dispose();
    }

    internal async Task<JsonNode> JsonAsync(string path, HttpStatusCode expected = HttpStatusCode.OK)
    {
        using var answer = await Client.GetAsync(new Uri(path, UriKind.Relative));
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(expected == answer.StatusCode, $"{path}: {answer.StatusCode}: {text}");
        Assert.Equal("application/json", answer.Content.Headers.ContentType?.MediaType);
        return JsonNode.Parse(text)!;
    }

    internal async Task<HttpResponseMessage> AskAsync(string path, string? range = null, string? accept = null, HttpMethod? method = null)
    {
        using var request = new HttpRequestMessage(method ?? HttpMethod.Get, new Uri(path, UriKind.Relative));
        if (range is not null)
            request.Headers.TryAddWithoutValidation("Range", range);
        if (accept is not null)
            request.Headers.TryAddWithoutValidation("Accept", accept);
        return await Client.SendAsync(request);
    }

    /// <summary>Sends a request line as it is, which no HTTP library would, and gives back the whole answer.</summary>
    internal async Task<string> RawAsync(string target, string method = "GET")
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, Server.Address.Port);
        var stream = socket.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes($"{method} {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"));
        using var answer = new MemoryStream();
        await stream.CopyToAsync(answer);
        return Encoding.Latin1.GetString(answer.ToArray());
    }
}
