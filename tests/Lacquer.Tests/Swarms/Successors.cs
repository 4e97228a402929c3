using Lacquer.Formats.Identity;
using Lacquer.Formats.Ledgers;
using Lacquer.Formats.Objects;
using Lacquer.Formats.Torrents;
using Lacquer.Formats.Volumes;
using Lacquer.Tests.Objects;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Swarms;

/// <summary>
/// Clients that heed BEP 38, each with volumes that it shares, and then with one more beside them, which nobody has to give. Some are at work at the same time, since they mostly wait.
/// </summary>
public sealed class Successors : IAsyncLifetime
{
    private const int PieceLengthBytes = 32_768;

    // Below, at and above whole pieces.
    private static readonly int[] Lengths = [100_000, 3 * PieceLengthBytes, PieceLengthBytes, 5_000, 200_000, 2 * PieceLengthBytes + 1, 70_000];

    private readonly Scratch _scratch = new();
    private readonly Dictionary<int, VolumeRow> _predecessors = [];
    private readonly Dictionary<(string, TorrentForm), Task> _runs = [];
    private readonly SemaphoreSlim _some = new(8);
    private Tracker _tracker = null!;

    public async ValueTask InitializeAsync()
    {
        _tracker = await Tracker.StartAsync(introduces: false);
        var first = Volume(1, [.. Lengths.Select((length, i) => File(i, CounterContent.Make(900 + i, length), "ogg"))]);
        var second = Successor(2, first, 3);
        var third = Successor(3, second, 0, 2);
        // What was taken back may be published again, and stands elsewhere then; and so may what two archives have.
        var other = Volume(9, [File(0, first.Files[4].Content, "ogg"), File(1, first.Files[3].Content, "ogg")]);
        var most = Successor(15, first, 0, 1, 2, 3, 5, 6);
        Made[] single = [second, .. new int[][] { [0], [6], [2], [1, 5] }.Select((gone, i) => Successor(11 + i, first, gone))];
        foreach (var (client, form) in PublishedVolumes.Finders.Select(row => row.Data).Where(row => PeerClient.IsThere(row.Item1)))
        {
            var cases = new List<(Made[] Held, Made Added, TorrentForm HeldForm)>
            {
                ([first], most, form), ([first], third, form), ([first, second], third, form), ([other, first], second, form),
            };
            // The library alone, as it takes less time: from the third to the first; from another form; the first file, a middle one, the last, one that is a piece and one that is several.
            if (client == nameof(Libtorrent))
                cases.AddRange([([third], first, form), ([other], second, form), ([first], third, TorrentForm.Hybrid), .. single.Select(added => (new[] { first }, added, form))]);
            _runs.Add((client, form), Task.WhenAll(cases.Select((its, i) => RunAsync(client, _scratch[$"{client}-{form}-{i}"], its.Held, its.HeldForm, its.Added, form))));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_runs.Values).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _some.Dispose();
        await _tracker.DisposeAsync();
        _scratch.Dispose();
    }

    /// <summary>Ends when a client has been seen to have of each added volume what stands in one of its chain that it shares, and nothing else.</summary>
    internal Task RunAsync(string client, TorrentForm form) => _runs[(client, form)];

    private async Task RunAsync(string client, string folder, Made[] held, TorrentForm heldForm, Made added, TorrentForm form)
    {
        await _some.WaitAsync();
        try
        {
            await using var its = PeerClient.Make(client, folder + "-home");
            await RunAsync(its, folder, held, heldForm, added, form);
        }
        finally
        {
            _some.Release();
        }
    }

    private async Task RunAsync(PeerClient its, string folder, Made[] held, TorrentForm heldForm, Made added, TorrentForm form)
    {
        foreach (var volume in held)
        {
            Directory.CreateDirectory(Path.Combine(folder, volume.Row.Name));
            foreach (var file in volume.Files)
                await System.IO.File.WriteAllBytesAsync(Path.Combine(folder, volume.Row.Name, file.Name), file.Content);
            Assert.Equal(0, await LeftAsync(volume, heldForm));
        }

        var there = held.Where(volume => Envelope(volume).Collection == Envelope(added).Collection).SelectMany(volume => volume.Files.Select(file => file.Hashes.Root)).ToHashSet();
        // With the pad files, which are fetched from nobody.
        Assert.Equal(added.Files.Where(file => !there.Contains(file.Hashes.Root)).Sum(file => PieceTree.PieceCount(file.Hashes.LengthBytes, PieceLengthBytes) * PieceLengthBytes), await LeftAsync(added, form));
        foreach (var file in added.Files.Where(file => there.Contains(file.Hashes.Root)))
            Assert.Equal(file.Content, await System.IO.File.ReadAllBytesAsync(Path.Combine(folder, added.Row.Name, file.Name)));
        Assert.False(its.HasEnded, its.Said);

        async Task<long> LeftAsync(Made volume, TorrentForm form)
        {
            var torrent = Path.Combine(folder + "-home", form.FileName(volume.Row.Name));
            var bytes = volume.Torrent.ToBytes(form, Envelope(volume));
            await System.IO.File.WriteAllBytesAsync(torrent, bytes);
            await its.AddAsync(torrent, folder);
            var view = TorrentReader.Parse(bytes);
            return (await _tracker.StartedAsync(its, view.InfoHashV1?.ToString() ?? view.InfoHashV2!.Value.ToString()[..40])).LeftBytes;
        }
    }

    private TorrentEnvelope Envelope(Made volume) => (TorrentEnvelope.Empty with { Trackers = [_tracker.Address] }).Of(volume.Row, _predecessors);

    private Made Successor(int number, Made before, params int[] gone)
    {
        var volume = Volume(number, [.. before.Files.Select((file, i) => gone.Contains(i) ? File(i, Notice.ToBytes(before.Row.Name, file.Name, file.Hashes.LengthBytes, PieceLengthBytes), Notice.Extension) : file)]);
        _predecessors[number] = before.Row;
        return volume;
    }

    private static Made Volume(int number, IReadOnlyList<MadeFile> files)
    {
        var torrent = HybridTorrent.Build(VolumeNames.Of("archive", number, files.Select(file => file.Hashes.Root)), PieceLengthBytes, files.Select(file => new TorrentFile(file.Name, file.Hashes)).ToList());
        return new Made(new VolumeRow(number, torrent.Name, 0, files.Count, files.Sum(file => file.Hashes.LengthBytes), torrent.InfoHashV1, torrent.InfoHashV2, false), files, torrent);
    }

    private static MadeFile File(int index, byte[] content, string extension)
    {
        using var hasher = new ObjectHasher(PieceLengthBytes);
        hasher.Append(content);
        var hashes = hasher.Finish();
        var name = VolumeNames.OfFile(index, hashes.Root, extension);
        return new MadeFile(extension == Notice.Extension ? Notice.NameFor(name) : name, content, hashes);
    }

    private sealed record MadeFile(string Name, byte[] Content, ObjectHashes Hashes);

    private sealed record Made(VolumeRow Row, IReadOnlyList<MadeFile> Files, HybridTorrent Torrent);
}
