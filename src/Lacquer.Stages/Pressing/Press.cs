using System.Globalization;
using System.Security.Cryptography;
using Lacquer.Formats.Archives;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Ledgers;
using Lacquer.Formats.Objects;
using Lacquer.Formats.Torrents;
using Lacquer.Formats.Volumes;
using Lacquer.Stages.Workbench;
using Lacquer.Stages.Workbench.Stores;

namespace Lacquer.Stages.Pressing;

/// <summary>What to press.</summary>
/// <param name="Archive">The archive's folder.</param>
/// <param name="Variable">Looks up an environment variable: credentials of an object store may stand there.</param>
public sealed record PressRequest(string Archive, Func<string, string?>? Variable = null);

/// <summary>A volume that will be pressed.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Name">Its folder and torrent.</param>
/// <param name="Stage">Lower bound of popularity of its stage.</param>
/// <param name="Objects">Its objects in rank order.</param>
public sealed record PlannedVolume(int Number, string Name, int Stage, IReadOnlyList<ObjectRow> Objects)
{
    /// <summary>Bytes of its objects.</summary>
    public long LengthBytes => Objects.Sum(o => o.LengthBytes);
}

/// <summary>What will be done.</summary>
/// <param name="Request">What was asked.</param>
/// <param name="Volumes">New volumes.</param>
/// <param name="Retired">Volumes that are taken out of publication, with how many of their files the gate no longer clears.</param>
public sealed record PressPlan(PressRequest Request, IReadOnlyList<PlannedVolume> Volumes, IReadOnlyList<(VolumeRow Volume, int Uncleared)> Retired);

/// <summary>What was done.</summary>
/// <param name="Pressed">Names of the new volumes.</param>
/// <param name="Files">Their files.</param>
/// <param name="PayloadBytes">Their bytes.</param>
/// <param name="Retired">Names of the volumes retired.</param>
/// <param name="Volumes">How many volumes there are now.</param>
public sealed record PressReport(IReadOnlyList<string> Pressed, int Files, long PayloadBytes, IReadOnlyList<string> Retired, int Volumes);

/// <summary>
/// Groups what may be published and stands in no volume yet by stage and rank, and seals each group as a volume: a folder of hard links under short names, where the objects are files of this machine, and a hybrid torrent, put
/// together from the ledger without reading a byte of audio. A volume is in the ledger or it is not there: what a killed run left is removed and made again, to the same bytes.
/// </summary>
public static class Press
{
    // How many objects a store is asked about at once.
    private const int Questions = 16;

    /// <summary>Says what would be pressed.</summary>
    public static PressPlan Plan(PressRequest request, TimeProvider clock)
    {
        using var archive = OpenArchive.ToRead(request.Archive, clock);
        return Plan(request, archive);
    }

    /// <summary>Presses.</summary>
    public static async Task<PressReport> RunAsync(PressRequest request, TimeProvider clock, IProgress<StageProgress> progress, CancellationToken stop)
    {
        using var archive = OpenArchive.ToWrite(request.Archive, clock);
        using var objects = await ObjectStores.OpenAsync(archive.Layout, archive.Configuration.Objects, request.Variable, stop).ConfigureAwait(false);
        PolicyReview.Run(archive);
        var plan = Plan(request, archive);
        foreach (var (volume, uncleared) in plan.Retired)
            archive.Ledger.RetireVolume(volume, $"{uncleared} of its {volume.Files} files are no longer cleared");
        Directory.CreateDirectory(archive.Layout.Volumes);
        RemoveUnknown(archive);
        var done = 0;
        foreach (var volume in plan.Volumes)
        {
            stop.ThrowIfCancellationRequested();
            progress.Report(new StageProgress("press", done++, plan.Volumes.Count));
            await SealAsync(archive, objects, volume, stop).ConfigureAwait(false);
        }

        return new PressReport(plan.Volumes.Select(v => v.Name).ToList(), plan.Volumes.Sum(v => v.Objects.Count), plan.Volumes.Sum(v => v.LengthBytes),
            plan.Retired.Select(r => r.Volume.Name).ToList(), archive.Ledger.Volumes().Count(v => !v.Retired));
    }

    private static PressPlan Plan(PressRequest request, OpenArchive archive)
    {
        using var catalogue = CatalogueReader.Open(archive.Layout.NewestCatalogue()
            ?? throw new LacquerException(Failure.Missing, $"{archive.Layout.Root} has no catalogue yet", "lacquer catalogue builds one"));
        var retired = archive.Ledger.UnclearedVolumes();
        var retiring = retired.Select(r => r.Volume.Number).ToHashSet();
        var configuration = archive.Configuration;
        var number = archive.Ledger.Volumes().Select(v => v.Number).DefaultIfEmpty(0).Max();
        var volumes = new List<PlannedVolume>();
        var taken = new HashSet<PiecesRoot>();
        var open = new VolumeLimits(configuration.VolumeBytes, configuration.VolumeFiles, configuration.PieceLengthBytes);
        var objects = new List<ObjectRow>();
        var stage = -1;

        void Close()
        {
            if (objects.Count == 0)
                return;
            volumes.Add(new PlannedVolume(++number, VolumeNames.Of(configuration.Name, number, objects.Select(o => o.Root)), stage, objects));
            objects = [];
            open.Clear();
        }

        // Popularity only falls with rank, so each stage is one run of recordings.
        foreach (var recording in catalogue.Recordings())
        {
            if (archive.Ledger.Unpressed(recording.Id, retiring) is not { } obj || !taken.Add(obj.Root))
                continue;
            var its = configuration.StageOf(recording.Popularity);
            if (its != stage || !open.TryAdd(obj.LengthBytes))
            {
                Close();
                stage = its;
                if (!open.TryAdd(obj.LengthBytes))
                    throw new LacquerException(Failure.Usage, $"object {obj.Root} has {obj.LengthBytes} bytes, more than a torrent that stock clients take can hold", "raise piece_length, in a new archive");
            }

            objects.Add(obj);
        }

        Close();
        return new PressPlan(request, volumes, retired);
    }

    private static async Task SealAsync(OpenArchive archive, IObjectStore objects, PlannedVolume volume, CancellationToken stop)
    {
        var layout = archive.Layout;
        var files = volume.Objects.Select((o, i) => (Name: VolumeNames.OfFile(i, o.Root, o.Extension), Object: o)).ToList();
        var torrent = HybridTorrent.Build(volume.Name, archive.Configuration.PieceLengthBytes, files.Select(f => new TorrentFile(f.Name, f.Object.Hashes())).ToList());
        var bytes = torrent.ToBytes([], []);
        // With the addresses it will be published with, so that what is sealed can be published.
        if (TorrentLint.Check(volume.Name, torrent.ToBytes(archive.Configuration.Webseeds, archive.Configuration.Trackers)) is [var first, ..])
            throw new LacquerException(Failure.Usage, $"the torrent of {volume.Name} would not load in stock clients: {first.Message}", "lower press.volume_files or press.volume_bytes in lacquer.toml");

        await Parallel.ForEachAsync(volume.Objects, new ParallelOptions { MaxDegreeOfParallelism = Questions, CancellationToken = stop }, async (obj, cancel) =>
        {
            if (await objects.LengthAsync(ObjectName.Of(obj), cancel).ConfigureAwait(false) != obj.LengthBytes)
                throw new LacquerException(Failure.Damaged, $"object {archive.Configuration.Objects.PlaceOf(ObjectName.Of(obj))} is missing or not of {obj.LengthBytes} bytes", $"lacquer verify --archive {layout.Root} says what else is wrong");
        }).ConfigureAwait(false);
        VolumeFolder.Seal(layout.Volume(volume.Name), objects, files.Select(f => (f.Name, ObjectName.Of(f.Object))));
        Durable.WriteFile(layout.VolumeTorrent(volume.Name), stream => stream.Write(bytes));
        archive.Ledger.AddVolume(new VolumeRow(volume.Number, volume.Name, volume.Stage, files.Count, volume.LengthBytes, torrent.InfoHashV1, torrent.InfoHashV2, false), files.Select(f => (f.Name, f.Object.Root)).ToList());
    }

    // Retired volumes, and those that a killed run sealed but did not enter. The objects stay where they are.
    private static void RemoveUnknown(OpenArchive archive)
    {
        var known = archive.Ledger.Volumes().Where(v => !v.Retired).SelectMany(v => new[] { v.Name, v.Name + ".torrent" }).ToHashSet(StringComparer.Ordinal);
        foreach (var entry in Directory.EnumerateFileSystemEntries(archive.Layout.Volumes).Where(e => !known.Contains(Path.GetFileName(e))).ToList())
            if (Directory.Exists(entry)) Directory.Delete(entry, recursive: true);
            else File.Delete(entry);
    }
}
