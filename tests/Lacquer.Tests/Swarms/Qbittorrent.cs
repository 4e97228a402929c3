using System.Net;
using System.Net.Sockets;
using Xunit;

namespace Lacquer.Tests.Swarms;

/// <summary>qbittorrent-nox with a profile of its own, asked over its Web API.</summary>
internal sealed class Qbittorrent(string home) : PeerClient(home)
{
    private HttpClient? _page;

    public override async Task AddAsync(string torrent, string folder)
    {
        _page ??= await OpenAsync();
        using var form = new MultipartFormDataContent { { new ByteArrayContent(await File.ReadAllBytesAsync(torrent)), "torrents", Path.GetFileName(torrent) }, { new StringContent(folder), "savepath" } };
        using var added = await _page.PostAsync(new Uri("torrents/add", UriKind.Relative), form);
        Assert.Equal("Ok.", await added.Content.ReadAsStringAsync());
    }

    public override async ValueTask DisposeAsync()
    {
        _page?.Dispose();
        await base.DisposeAsync();
    }

    private async Task<HttpClient> OpenAsync()
    {
        int port;
        using (var listener = new TcpListener(Endpoint.Address, 0))
        {
            listener.Start();
            port = ((IPEndPoint)listener.LocalEndpoint).Port;
        }

        var settings = Path.Combine(Home, "qBittorrent", "config", "qBittorrent.conf");
        Directory.CreateDirectory(Path.GetDirectoryName(settings)!);
        await File.WriteAllTextAsync(settings, $"""
            [LegalNotice]
            Accepted=true

            [BitTorrent]
            Session\Interface=lo
            Session\InterfaceAddress={Endpoint.Address}
            Session\InterfaceName=lo
            Session\Port={Endpoint.Port}
            Session\DHTEnabled=false
            Session\LSDEnabled=false
            Session\PeXEnabled=false

            [Network]
            PortForwardingEnabled=false

            [Preferences]
            Connection\UPnP=false
            WebUI\Address={Endpoint.Address}
            WebUI\LocalHostAuth=false
            WebUI\Port={port}
            """);
        Start("qbittorrent-nox", $"--profile={Home}");
        var page = new HttpClient { BaseAddress = new Uri($"http://{Endpoint.Address}:{port}/api/v2/") };
        await UntilAsync(async () =>
        {
            try
            {
                return (await page.GetAsync(new Uri("app/version", UriKind.Relative))).IsSuccessStatusCode;
            }
            catch (HttpRequestException)
            {
                return false; // it does not listen yet
            }
        }, "its Web API", this);
        return page;
    }
}
