using Lacquer.Formats.Torrents;
using Lacquer.Tests.Studio;
using Lacquer.Tests.Torrents;
using Xunit;

namespace Lacquer.Tests.Swarms;

/// <summary>
/// Swarms of one volume. libtorrent has it whole; every client fetches it, in each form that it can share, from it and from whoever else has it by then; and then libtorrent fetches it again, from that client
/// alone. They all do so at the same time, since they mostly wait for each other.
/// </summary>
public sealed class Swarm : IAsyncLifetime
{
    private readonly Scratch _scratch = new();
    private readonly List<PeerClient> _clients = [];
    private readonly Dictionary<(string, TorrentForm), Task> _runs = [];
    private readonly Dictionary<(string, TorrentForm, bool), Task<long>> _checks = [];
    private SmallVolume _volume = null!;
    private SmallVolume _untracked = null!;
    private Libtorrent _seeder = null!;

    /// <summary>Which clients share which forms with others.</summary>
    public static TheoryData<string, TorrentForm> Shares => new()
    {
        { nameof(Libtorrent), TorrentForm.Hybrid },
        { nameof(Libtorrent), TorrentForm.V1 },
        { nameof(Libtorrent), TorrentForm.V2 },
        { nameof(Qbittorrent), TorrentForm.Hybrid },
        { nameof(Qbittorrent), TorrentForm.V1 },
        { nameof(Qbittorrent), TorrentForm.V2 },
        { nameof(Aria2), TorrentForm.V1 },
        { nameof(Rtorrent), TorrentForm.Hybrid },
        { nameof(Rtorrent), TorrentForm.V1 },
        { nameof(Transmission), TorrentForm.V1 },
    };

    /// <summary>Which clients check which forms on disk, whole or damaged.</summary>
    public static TheoryData<string, TorrentForm, bool> Checks
    {
        get
        {
            var rows = new TheoryData<string, TorrentForm, bool>();
            foreach (var (client, form) in new[] { (nameof(Qbittorrent), TorrentForm.Hybrid), (nameof(Aria2), TorrentForm.Hybrid), (nameof(Aria2), TorrentForm.V1), (nameof(Rtorrent), TorrentForm.Hybrid), (nameof(Rtorrent), TorrentForm.V1), (nameof(Transmission), TorrentForm.V1) })
                foreach (var damaged in new[] { false, true })
                    rows.Add(client, form, damaged);
            return rows;
        }
    }

    /// <summary>The hashes under which the volume's torrents are known to trackers: the hybrid by two.</summary>
    internal IReadOnlyList<string> Hashes => [_volume.Torrent.InfoHashV1.ToString(), _volume.Torrent.InfoHashV2.ToString()[..40], _volume.Torrent.InfoHashV1Only.ToString(), _volume.Torrent.InfoHashV2Only.ToString()[..40]];

    internal Tracker Tracker { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Tracker = await Tracker.StartAsync(introduces: true);
        _volume = new SmallVolume(TorrentEnvelope.Empty with { Trackers = [Tracker.Address] });
        _untracked = new SmallVolume(TorrentEnvelope.Empty);
        foreach (var (name, form, damaged) in Checks.Select(row => row.Data).Where(row => PeerClient.IsThere(row.Item1)))
            _checks.Add((name, form, damaged), CheckAsync(Make(name, $"{name}-{form}-{damaged}"), form, damaged));
        if (!PeerClient.IsThere(nameof(Libtorrent)))
            return;
        _seeder = (Libtorrent)Make(nameof(Libtorrent), "seeder");
        _volume.Fill(_scratch["whole"]);
        foreach (var form in Enum.GetValues<TorrentForm>())
            await _seeder.AddAsync(_volume.Path(form), _scratch["whole"]);
        await PeerClient.UntilAsync(() => Hashes.All(hash => Tracker.Heard.Any(said => said.InfoHash == hash && said.LeftBytes == 0 && said.Client.Equals(_seeder.Endpoint))), "a whole volume to fetch from", _seeder);
        foreach (var (name, form) in Shares.Select(row => row.Data).Where(row => PeerClient.IsThere(row.Item1)))
            _runs.Add((name, form), FetchAndServeAsync(Make(name, $"{name}-{form}"), Make(nameof(Libtorrent), $"{name}-{form}-after"), form));
    }

    public async ValueTask DisposeAsync()
    {
        // Where only some of the tests were asked for, the others' clients are still at work, and start more.
        await Task.WhenAll(_runs.Values.Concat(_checks.Values)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var client in _clients)
            await client.DisposeAsync();
        await Tracker.DisposeAsync();
        _volume.Dispose();
        _untracked.Dispose();
        _scratch.Dispose();
    }

    /// <summary>Ends when a client has fetched the volume by a form's torrent, and given it on.</summary>
    internal Task RunAsync(string client, TorrentForm form) => _runs[(client, form)];

    /// <summary>How many bytes of the volume, pad files counted, a client found missing or wrong in a folder with all of it.</summary>
    internal Task<long> LeftBytesAsync(string client, TorrentForm form, bool damaged) => _checks[(client, form, damaged)];

    private async Task<long> CheckAsync(PeerClient client, TorrentForm form, bool damaged)
    {
        var folder = _scratch[$"{client.Endpoint.Address}-filled"];
        _volume.Fill(folder, damaged);
        await client.AddAsync(_volume.Path(form), folder);
        return (await Tracker.StartedAsync(client)).LeftBytes;
    }

    private async Task FetchAndServeAsync(PeerClient client, PeerClient after, TorrentForm form)
    {
        var (got, again) = (_scratch[$"{client.Endpoint.Address}-got"], _scratch[$"{client.Endpoint.Address}-again"]);
        await client.AddAsync(_volume.Path(form), got);
        // Transmission connects to no address of the loopback network, but answers those that connect to it.
        if (client is Transmission)
        {
            await Tracker.StartedAsync(client);
            await _seeder.ConnectAsync(client.Endpoint);
        }

        await PeerClient.UntilAsync(() => _volume.IsIn(got), $"the volume from the swarm, by {form},", client, _seeder);
        await after.AddAsync(_untracked.Path(form), again);
        await ((Libtorrent)after).ConnectAsync(client.Endpoint);
        await PeerClient.UntilAsync(() => _volume.IsIn(again), $"the volume from {client.GetType().Name} alone, by {form},", client, after);
    }

    private PeerClient Make(string name, string home)
    {
        var client = PeerClient.Make(name, _scratch[home]);
        _clients.Add(client);
        return client;
    }
}
