namespace Lacquer.Tests.Swarms;

/// <summary>aria2c with one torrent. It shares for as long as it is let.</summary>
internal sealed class Aria2(string home) : PeerClient(home)
{
    public override Task AddAsync(string torrent, string folder)
    {
        Start("aria2c", "--no-conf", "--dir=" + folder, "--check-integrity=true", "--seed-ratio=0.0", "--enable-dht=false", "--enable-dht6=false", "--bt-enable-lpd=false", "--enable-peer-exchange=false", "--disable-ipv6",
            $"--interface={Endpoint.Address}", $"--listen-port={Endpoint.Port}", "--summary-interval=0", "--console-log-level=warn", "--file-allocation=none", torrent);
        return Task.CompletedTask;
    }
}

/// <summary>transmission-cli with its one torrent.</summary>
internal sealed class Transmission(string home) : PeerClient(home)
{
    public override async Task AddAsync(string torrent, string folder)
    {
        await File.WriteAllTextAsync(Path.Combine(Home, "settings.json"), $$"""
            {"bind-address-ipv4": "{{Endpoint.Address}}", "peer-port": {{Endpoint.Port}}, "dht-enabled": false, "lpd-enabled": false, "pex-enabled": false, "utp-enabled": false, "port-forwarding-enabled": false}
            """);
        Directory.CreateDirectory(folder);
        // What is there of a new torrent is checked without -v; with it, the program may end before it has begun to.
        Start("transmission-cli", "-g", Home, "-w", folder, "-M", torrent);
    }
}

/// <summary>rtorrent with one torrent.</summary>
internal sealed class Rtorrent(string home) : PeerClient(home)
{
    public override async Task AddAsync(string torrent, string folder)
    {
        Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(Path.Combine(Home, "rc"), $"""
            system.daemon.set = true
            session.path.set = {Home}
            directory.default.set = {folder}
            network.bind_address.set = {Endpoint.Address}
            network.port_range.set = {Endpoint.Port}-{Endpoint.Port}
            dht.mode.set = disable
            protocol.pex.set = no
            trackers.use_udp.set = no
            schedule2 = load, 0, 0, "load.start={torrent}"
            log.open_file = "log", {Home}/log
            log.add_output = "info", "log"

            """);
        Start("rtorrent", "-n", "-o", $"import={Home}/rc");
    }
}
