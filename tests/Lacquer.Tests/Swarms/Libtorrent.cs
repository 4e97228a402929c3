using System.Diagnostics;
using System.Net;
using System.Text.Json;
using Lacquer.Tests.Proof;

namespace Lacquer.Tests.Swarms;

/// <summary>libtorrent as its Python module has it, with its stock settings.</summary>
internal sealed class Libtorrent(string home) : PeerClient(home)
{
    // Takes torrents and peers by lines of JSON. A torrent is checked before the next line is read, as a person adds one after another.
    private const string Script = """
        import json, sys, time
        import libtorrent as lt
        address = sys.argv[1]
        session = lt.session({"enable_dht": False, "enable_lsd": False, "enable_upnp": False, "enable_natpmp": False, "listen_interfaces": address, "outgoing_interfaces": address.split(":")[0]})
        handles = []
        for line in sys.stdin:
            asked = json.loads(line)
            if "torrent" in asked:
                handle = session.add_torrent({"ti": lt.torrent_info(asked["torrent"]), "save_path": asked["folder"]})
                while handle.status().state in (lt.torrent_status.checking_files, lt.torrent_status.checking_resume_data):
                    time.sleep(0.02)
                handles.append(handle)
                print("loaded", asked["torrent"], handle.status().progress, flush=True)
            else:
                for handle in handles:
                    handle.connect_peer((asked["host"], asked["port"]))
        """;

    private Process? _process;

    public override Task AddAsync(string torrent, string folder) => SayAsync(new { torrent, folder });

    /// <summary>Tells it of a peer, for every torrent it has by now.</summary>
    public Task ConnectAsync(IPEndPoint peer) => SayAsync(new { host = peer.Address.ToString(), port = peer.Port });

    private async Task SayAsync(object what)
    {
        _process ??= Start(LibtorrentCheck.Python, "-c", Script, Endpoint.ToString());
        await _process.StandardInput.WriteLineAsync(JsonSerializer.Serialize(what));
        await _process.StandardInput.FlushAsync();
    }
}
