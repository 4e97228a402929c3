using System.Threading.Channels;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Ledgers;
using Lacquer.Formats.Objects;
using Lacquer.Formats.Torrents;
using Lacquer.Formats.Volumes;
using Lacquer.Stages.Workbench;

namespace Lacquer.Stages.Pressing;

/// <summary>A volume that is on disk and not yet in the ledger.</summary>
/// <param name="Row">Its row.</param>
/// <param name="Files">Its files, in order.</param>
internal sealed record SealedVolume(VolumeRow Row, IReadOnlyList<(string Name, PiecesRoot Object)> Files);

/// <summary>Seals volumes on all cores, each under a temporary name until it is whole, and enters them in the ledger in their order, as many at once as are ready.</summary>
internal sealed class VolumeSealer(OpenArchive archive, IObjectStore objects)
{
    // How many objects a store is asked about at once.
    private const int Questions = 16;

    private const int MostAtOnce = 16;

    /// <summary>Seals.</summary>
    /// <param name="volumes">The volumes, in order.</param>
    /// <param name="files">How many files they have in all.</param>
    /// <param name="progress">Is told how many files are sealed.</param>
    /// <param name="stop">Gives up; what is in the ledger by then stays.</param>
    public async Task<List<VolumeRow>> RunAsync(IEnumerable<CutVolume> volumes, long files, IProgress<StageProgress> progress, CancellationToken stop)
    {
        using var failed = CancellationTokenSource.CreateLinkedTokenSource(stop);
        // One waits to be entered and one to be let in, beside those that wait between.
        var ahead = Channel.CreateBounded<Task<SealedVolume>>(Math.Max(1, Environment.ProcessorCount - 1));
        var cutting = OnThreadOfItsOwn(() => CutAsync(volumes, ahead.Writer, failed.Token)).Unwrap();
        try
        {
            return await EnterAsync(ahead.Reader, files, progress).ConfigureAwait(false);
        }
        catch
        {
            await failed.CancelAsync().ConfigureAwait(false);
            throw;
        }
        finally
        {
            await cutting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            while (ahead.Reader.TryRead(out var left))
                await ((Task)left).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    // It waits for the disk, and the pool has no more threads than there are cores.
    private static Task<T> OnThreadOfItsOwn<T>(Func<T> work) => Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private async Task CutAsync(IEnumerable<CutVolume> volumes, ChannelWriter<Task<SealedVolume>> ahead, CancellationToken stop)
    {
        var sealing = Task.CompletedTask;
        try
        {
            foreach (var volume in volumes)
            {
                var its = OnThreadOfItsOwn(() => SealAsync(volume, stop)).Unwrap();
                sealing = its;
                await ahead.WriteAsync(its, stop).ConfigureAwait(false);
            }

            ahead.Complete();
        }
        catch (Exception e)
        {
            await sealing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            ahead.Complete(e);
        }
    }

    private async Task<List<VolumeRow>> EnterAsync(ChannelReader<Task<SealedVolume>> ahead, long files, IProgress<StageProgress> progress)
    {
        var entered = new List<VolumeRow>();
        var (some, done) = (new List<SealedVolume>(), 0L);
        await foreach (var task in ahead.ReadAllAsync().ConfigureAwait(false))
        {
            some.Add(await task.ConfigureAwait(false));
            done += some[^1].Row.Files;
            progress.Report(new StageProgress("press", done, files));
            if (some.Count < MostAtOnce && ahead.TryPeek(out var next) && next.IsCompletedSuccessfully)
                continue;
            archive.Ledger.AddVolumes(some.Select(v => (v.Row, v.Files)).ToList());
            entered.AddRange(some.Select(v => v.Row));
            some.Clear();
        }

        return entered;
    }

    /// <summary>Seals one volume, and enters it nowhere.</summary>
    public async Task<SealedVolume> SealAsync(CutVolume volume, CancellationToken stop)
    {
        var layout = archive.Layout;
        var configuration = archive.Configuration;
        var files = volume.Objects.Select((o, i) => new TorrentFile(volume.Names?[i] ?? VolumeNames.OfFile(i, o.Hashes.Root, o.Extension), o.Hashes)).ToList();
        // With what it will be published with, or as much, so that what is sealed can be published.
        var envelope = configuration.Envelope with { Collection = volume.Name, Similar = new InfoHashV1(new byte[InfoHashV1.LengthBytes]) };
        var torrent = HybridTorrent.Build(volume.Name, configuration.PieceLengthBytes, files, envelope);
        foreach (var form in configuration.Forms)
            if (TorrentLint.Refusal(volume.Name, form, torrent.ToBytes(form, envelope)) is { } refusal)
                throw new LacquerException(Failure.Usage, $"the torrent of {volume.Name} would not load in stock clients: {refusal}", "lower press.volume_files or press.volume_bytes in lacquer.toml");

        if (configuration.HasFolders)
        {
            await Parallel.ForEachAsync(volume.Objects, new ParallelOptions { MaxDegreeOfParallelism = Questions, CancellationToken = stop }, async (obj, cancel) =>
            {
                if (await objects.LengthAsync(NameOf(obj), cancel).ConfigureAwait(false) != obj.Hashes.LengthBytes)
                    throw new LacquerException(Failure.Damaged, $"object {configuration.Objects.PlaceOf(NameOf(obj))} is missing or not of {obj.Hashes.LengthBytes} bytes", $"lacquer verify --archive {layout.Root} says what else is wrong");
            }).ConfigureAwait(false);
            VolumeFolder.Seal(layout.Volume(volume.Name), objects, files.Select((f, i) => (f.Name, NameOf(volume.Objects[i]))));
        }

        Durable.WriteFile(layout.VolumeTorrent(volume.Name), torrent.WriteBare);
        return new SealedVolume(new VolumeRow(volume.Number, volume.Name, volume.Stage, files.Count, volume.LengthBytes, torrent.InfoHashV1, torrent.InfoHashV2, false), files.Select(f => (f.Name, f.Hashes.Root)).ToList());
    }

    private static ObjectName NameOf(RankedObject obj) => new(obj.Hashes.Root, obj.Extension);
}
