using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text;
using Lacquer.Formats.Torrents;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Lacquer.Tests.Swarms;

/// <summary>What a client told the tracker.</summary>
/// <param name="InfoHash">The v1 info hash, or the first 20 bytes of the v2 one, in lower-case hex digits.</param>
/// <param name="Client">Where it listens.</param>
/// <param name="LeftBytes">What it has still to fetch, as it counts.</param>
/// <param name="Event"><c>started</c>, <c>completed</c>, <c>stopped</c> or nothing.</param>
internal sealed record Announcement(string InfoHash, IPEndPoint Client, long LeftBytes, string Event);

/// <summary>A tracker on loopback (BEP 3, compact peers of BEP 23). What clients say of themselves is kept.</summary>
internal sealed class Tracker : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly bool _introduces;
    private readonly ConcurrentQueue<Announcement> _heard = new();

    private Tracker(WebApplication application, bool introduces) => (_application, _introduces) = (application, introduces);

    /// <summary>What torrents name.</summary>
    public string Address => _application.Urls.Single() + "/announce";

    public IReadOnlyList<Announcement> Heard => [.. _heard];

    /// <param name="introduces">Whether it tells clients of each other; if not, web seeds are all they find.</param>
    public static async Task<Tracker> StartAsync(bool introduces)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var tracker = new Tracker(builder.Build(), introduces);
        tracker._application.MapGet("/announce", tracker.AnswerAsync);
        await tracker._application.StartAsync();
        return tracker;
    }

    /// <summary>Waits for what a client says when it has checked what it has of a torrent and begins.</summary>
    /// <param name="infoHash">The torrent's; null where it has only one.</param>
    public async Task<Announcement> StartedAsync(PeerClient client, string? infoHash = null)
    {
        Announcement? Said() => _heard.FirstOrDefault(said => said.Client.Equals(client.Endpoint) && said.Event == "started" && said.InfoHash == (infoHash ?? said.InfoHash));
        await PeerClient.UntilAsync(() => Said() is not null, "an announcement", client);
        return Said()!;
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(0);
        await _application.StopAsync(now.Token);
        await _application.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        // The hash is bytes, not text, so that the framework's own reading of the query would spoil it.
        var said = context.Request.QueryString.Value!.TrimStart('?').Split('&').Select(pair => pair.Split('=', 2)).ToDictionary(pair => pair[0], pair => WebUtility.UrlDecodeToBytes(Encoding.ASCII.GetBytes(pair[^1]), 0, pair[^1].Length)!);
        string Text(string key) => said.TryGetValue(key, out var bytes) ? Encoding.ASCII.GetString(bytes) : "";
        var client = new IPEndPoint(context.Connection.RemoteIpAddress!.MapToIPv4(), int.Parse(Text("port"), CultureInfo.InvariantCulture));
        var heard = new Announcement(Convert.ToHexStringLower(said["info_hash"]), client, long.Parse(Text("left"), CultureInfo.InvariantCulture), Text("event"));
        _heard.Enqueue(heard);

        var writer = new BencodeWriter();
        writer.StartDictionary();
        writer.WriteKey("interval"u8);
        writer.WriteInteger(2);
        writer.WriteKey("peers"u8);
        writer.WriteString(_introduces ? [.. Others(heard).SelectMany(peer => (byte[])[.. peer.Address.GetAddressBytes(), (byte)(peer.Port >> 8), (byte)peer.Port])] : []);
        writer.End();
        context.Response.ContentType = "text/plain";
        await context.Response.Body.WriteAsync(writer.ToArray());
    }

    // Whose last word on the torrent was not that they stop.
    private IEnumerable<IPEndPoint> Others(Announcement asker) =>
        Heard.Where(said => said.InfoHash == asker.InfoHash && !said.Client.Equals(asker.Client)).GroupBy(said => said.Client).Where(its => its.Last().Event != "stopped").Select(its => its.Key);
}
