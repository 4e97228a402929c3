using Lacquer.Formats.Editions;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Torrents;
using Lacquer.Server;
using Lacquer.Stages.Withdrawing;
using Lacquer.Tests.Proof;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Swarms;

/// <summary>
/// An archive that published a volume of five files, took one in the middle back, and published the volume's successor with a notice in its place, which it serves. Its torrents name a tracker that makes nobody known, so that our web seed is
/// all that clients find.
/// </summary>
public sealed class PublishedVolumes : IAsyncLifetime
{
    private readonly Scratch _scratch = new();
    private readonly List<PeerClient> _clients = [];
    private readonly Dictionary<(string, string, TorrentForm), Task> _runs = [];
    private Tracker _tracker = null!;
    private ArchiveServer? _server;
    private Pipeline _archive = null!;
    private string _old = "";
    private ManifestVolume _new = null!;

    /// <summary>Which clients fetch which forms from web seeds. rtorrent has none.</summary>
    public static TheoryData<string, TorrentForm> Fetchers => new()
    {
        { nameof(Libtorrent), TorrentForm.Hybrid },
        { nameof(Libtorrent), TorrentForm.V1 },
        { nameof(Libtorrent), TorrentForm.V2 },
        { nameof(Qbittorrent), TorrentForm.Hybrid },
        { nameof(Qbittorrent), TorrentForm.V1 },
        { nameof(Qbittorrent), TorrentForm.V2 },
        { nameof(Aria2), TorrentForm.Hybrid },
        { nameof(Aria2), TorrentForm.V1 },
        { nameof(Transmission), TorrentForm.V1 },
    };

    /// <summary>Which clients look for the files of one volume in another, by the forms that they load.</summary>
    public static TheoryData<string, TorrentForm> Finders => new()
    {
        { nameof(Libtorrent), TorrentForm.Hybrid },
        { nameof(Libtorrent), TorrentForm.V1 },
        { nameof(Libtorrent), TorrentForm.V2 },
        { nameof(Qbittorrent), TorrentForm.Hybrid },
        { nameof(Qbittorrent), TorrentForm.V1 },
        { nameof(Qbittorrent), TorrentForm.V2 },
    };

    /// <summary>Which do not, and need links; by a form that they load.</summary>
    public static TheoryData<string, TorrentForm> Followers => new()
    {
        { nameof(Aria2), TorrentForm.V1 },
        { nameof(Rtorrent), TorrentForm.V1 },
        { nameof(Transmission), TorrentForm.V1 },
    };

    public async ValueTask InitializeAsync()
    {
        // Without them there is nothing to make; the tests skip and say so.
        if (!Tools.Has("ffmpeg") || !Tools.Has("ffprobe"))
            return;
        _tracker = await Tracker.StartAsync(introduces: false);
        var port = ProofArchive.FreePort();
        _archive = new Pipeline(_scratch["archive"]).Init();
        ProofArchive.Configure(_archive, ("base_url = \"\"", $"base_url = \"http://127.0.0.1:{port}/\""), ("trackers = []", $"trackers = [\"{_tracker.Address}\"]"), ("forms = [\"hybrid\"]", "forms = [\"hybrid\", \"v1\", \"v2\"]"), ("stages = [50, 20, 1, 0]", "stages = [0]"));
        await _archive.WholeWay(Music.CopyTo(_scratch["music"]));
        _old = Assert.Single(Volumes()).Name;
        Scratch.Copy(_archive.Layout.Volume(_old), _scratch[$"old/{_old}"]);
        Withdraw.Run(new WithdrawRequest(_archive.Layout.Root, WithdrawalScope.Recording, EntityId.From(EntityKind.Recording, "music", "first/02.ogg").ToString(), "asked for"), TimeProvider.System);
        _archive.Catalogue();
        _archive.Press();
        _archive.Publish();
        _new = Assert.Single(Volumes());
        Assert.Equal((_old, 5, 5), (_new.SuccessorOf, Directory.GetFiles(_scratch[$"old/{_old}"]).Length, _new.FileCount));
        _server = await ArchiveServer.StartAsync(new ServeRequest(_archive.Layout.Root, Stores.Of(_archive.Layout.Root), Port: port), TimeProvider.System, CancellationToken.None);

        foreach (var (client, form) in Fetchers.Select(row => row.Data))
            Begin(nameof(FetchAsync), client, form, FetchAsync);
        foreach (var (client, form) in Followers.Select(row => row.Data))
            Begin(nameof(FollowAsync), client, form, FollowAsync);
        foreach (var (client, form) in Finders.Select(row => row.Data))
            Begin(nameof(FindAsync), client, form, FindAsync);
    }

    public async ValueTask DisposeAsync()
    {
        // Where only some of the tests were asked for, the others' clients are still at work, and start more.
        await Task.WhenAll(_runs.Values).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var client in _clients)
            await client.DisposeAsync();
        if (_server is not null)
            await _server.DisposeAsync();
        if (_tracker is not null)
            await _tracker.DisposeAsync();
        _scratch.Dispose();
    }

    /// <summary>Ends when a client has fetched the successor from our web seed.</summary>
    internal Task FetchedAsync(string client, TorrentForm form) => _runs[(nameof(FetchAsync), client, form)];

    /// <summary>Ends when a client that has the old volume, and hard links of its files in a folder of the successor's name, has found that it needs no more than the notice.</summary>
    internal Task FollowedAsync(string client, TorrentForm form) => _runs[(nameof(FollowAsync), client, form)];

    /// <summary>Ends when a client that has the old volume has its successor too, and has fetched the notice.</summary>
    internal Task FoundAsync(string client, TorrentForm form) => _runs[(nameof(FindAsync), client, form)];

    private IReadOnlyList<ManifestVolume> Volumes() => Manifest.Read(File.ReadAllBytes(Path.Combine(_archive.Layout.NewestEdition()!, Manifest.FileName)), "the manifest").Volumes;

    private void Begin(string what, string name, TorrentForm form, Func<Func<PeerClient>, TorrentForm, string, Task> run)
    {
        if (!PeerClient.IsThere(name))
            return;
        var home = $"{what}-{name}-{form}";
        _runs.Add((what, name, form), run(() =>
        {
            var client = PeerClient.Make(name, _scratch[$"{home}-{_clients.Count}"]);
            _clients.Add(client);
            return client;
        }, form, _scratch[home]));
    }

    private async Task FetchAsync(Func<PeerClient> make, TorrentForm form, string folder)
    {
        var client = make();
        await client.AddAsync(Torrent("000002", _new.Name, form), folder);
        await PeerClient.UntilAsync(() => IsIn(folder, _archive.Layout.Volume(_new.Name), _new.Name), $"the volume from the web seed, by {form},", client);
    }

    private async Task FollowAsync(Func<PeerClient> make, TorrentForm form, string folder)
    {
        var client = await SeedOldAsync(make, form, folder);
        Assert.Equal(0, Tools.Run("cp", "-rl", Path.Combine(folder, _old), Path.Combine(folder, _new.Name)).ExitCode);
        // These have one torrent each.
        client = make();
        await client.AddAsync(Torrent("000002", _new.Name, form), folder);
        // aria2 may have it before it says so.
        Assert.InRange((await AnnouncedAsync(client, "000002", _new.Name, form)).LeftBytes, client is Aria2 ? 0 : ProofArchive.PieceLengthBytes, ProofArchive.PieceLengthBytes);
        // Which has no web seeds.
        if (client is not Rtorrent)
            await PeerClient.UntilAsync(() => IsIn(folder, _archive.Layout.Volume(_new.Name), _new.Name), "the notice", client);
        Assert.True(IsIn(folder, _scratch[$"old/{_old}"], _old));
    }

    private async Task FindAsync(Func<PeerClient> make, TorrentForm form, string folder)
    {
        var client = await SeedOldAsync(make, form, folder);
        await client.AddAsync(Torrent("000002", _new.Name, form), folder);
        // The notice, with the pad file, which is fetched from nobody.
        Assert.Equal(ProofArchive.PieceLengthBytes, (await AnnouncedAsync(client, "000002", _new.Name, form)).LeftBytes);
        await PeerClient.UntilAsync(() => IsIn(folder, _archive.Layout.Volume(_new.Name), _new.Name), "the successor", client);
        Assert.True(!client.HasEnded && IsIn(folder, _scratch[$"old/{_old}"], _old));
    }

    // A client that has fetched the old volume, with the pad files that some put on disk, and shares it.
    private async Task<PeerClient> SeedOldAsync(Func<PeerClient> make, TorrentForm form, string folder)
    {
        Scratch.Copy(_scratch["old"], folder);
        var client = make();
        var torrent = Torrent("000001", _old, form);
        if (client is Aria2 or Transmission or Rtorrent)
            foreach (var pad in TorrentReader.Parse(await File.ReadAllBytesAsync(torrent)).Files.Where(file => file.IsPad))
            {
                Directory.CreateDirectory(Path.Combine(folder, _old, PadFile.Folder));
                await File.WriteAllBytesAsync(Path.Combine([folder, _old, .. pad.Path]), new byte[pad.LengthBytes]);
            }

        await client.AddAsync(torrent, folder);
        Assert.Equal(0, (await AnnouncedAsync(client, "000001", _old, form)).LeftBytes);
        return client;
    }

    private async Task<Announcement> AnnouncedAsync(PeerClient client, string edition, string volume, TorrentForm form)
    {
        var torrent = TorrentReader.Parse(await File.ReadAllBytesAsync(Torrent(edition, volume, form)));
        return await _tracker.StartedAsync(client, torrent.InfoHashV1?.ToString() ?? torrent.InfoHashV2!.Value.ToString()[..40]);
    }

    private string Torrent(string edition, string volume, TorrentForm form) => Path.Combine(_archive.Layout.Edition(edition), "torrents", form.FileName(volume));

    private static bool IsIn(string folder, string original, string volume) => Directory.EnumerateFiles(original).All(file =>
        Path.Combine(folder, volume, Path.GetFileName(file)) is var path && File.Exists(path) && File.ReadAllBytes(path).AsSpan().SequenceEqual(File.ReadAllBytes(file)));
}
