using Lacquer.Formats.Archives;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Ledgers;
using Lacquer.Formats.Objects;
using Lacquer.Formats.Volumes;
using Lacquer.Stages.Workbench;
using Lacquer.Stages.Workbench.Ranking;
using Lacquer.Stages.Workbench.Stores;

namespace Lacquer.Stages.Pressing;

/// <summary>What to press.</summary>
/// <param name="Archive">The archive's folder.</param>
/// <param name="Variable">Looks up an environment variable: credentials of an object store may stand there.</param>
/// <param name="KeysInMemory">At most how many names of objects or recordings are in memory at once, at 25 bytes each; null: 14 million.</param>
public sealed record PressRequest(string Archive, Func<string, string?>? Variable = null, long? KeysInMemory = null);

/// <summary>A volume that will be pressed.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Name">Its folder and torrent.</param>
/// <param name="Stage">Lower bound of popularity of its stage.</param>
/// <param name="Files">How many objects it has.</param>
/// <param name="LengthBytes">Bytes of its objects.</param>
public sealed record PlannedVolume(int Number, string Name, int Stage, int Files, long LengthBytes);

/// <summary>What will be done.</summary>
/// <param name="Request">What was asked.</param>
/// <param name="Volumes">New volumes.</param>
/// <param name="Retired">Volumes that are taken out of publication, with how many of their files the gate no longer clears.</param>
/// <param name="Waiting">How many objects will wait until there are more.</param>
public sealed record PressPlan(PressRequest Request, IReadOnlyList<PlannedVolume> Volumes, IReadOnlyList<(VolumeRow Volume, int Uncleared)> Retired, int Waiting);

/// <summary>What was done.</summary>
/// <param name="Pressed">Names of the new volumes.</param>
/// <param name="Files">Their files.</param>
/// <param name="PayloadBytes">Their bytes.</param>
/// <param name="Retired">Names of the volumes retired.</param>
/// <param name="Volumes">How many volumes there are now.</param>
/// <param name="Waiting">How many objects wait until there are more.</param>
/// <param name="Successors">Volumes that took the place of retired ones.</param>
public sealed record PressReport(IReadOnlyList<string> Pressed, long Files, long PayloadBytes, IReadOnlyList<string> Retired, int Volumes, int Waiting, IReadOnlyList<VolumeSuccessor> Successors);

/// <summary>A volume in place of another.</summary>
/// <param name="Of">The other.</param>
/// <param name="Name">The volume, which has every file of the other that may be published still, and a notice in the place of each that may not.</param>
public sealed record VolumeSuccessor(string Of, string Name);

/// <summary>
/// Groups what may be published and stands in no volume yet by stage and rank, and seals each group as a volume: a folder of hard links under short names, where the objects are files of this machine, and a hybrid torrent, put
/// together from the ledger without reading a byte of audio. A volume is in the ledger or it is not there: what a killed run left is removed and made again, to the same bytes. Memory does not grow with the archive.
/// </summary>
public static class Press
{
    // How many notices a store is given at once.
    private const int Puts = 16;

    private static readonly Progress<StageProgress> Silent = new();

    /// <summary>Says what would be pressed.</summary>
    public static PressPlan Plan(PressRequest request, TimeProvider clock)
    {
        using var archive = OpenArchive.ToRead(request.Archive, clock);
        using var catalogue = Catalogue(archive);
        using var aside = AsideFolder.Temporary("lacquer-press-");
        var room = new RankingRoom(aside.Path, request.KeysInMemory ?? RankingRoom.UsualKeys, Silent, CancellationToken.None);
        var retired = ClearedVolumes.Uncleared(archive, room);
        using var order = PressOrder.Make(archive, catalogue, room);
        var cutter = new VolumeCutter(archive, catalogue);
        var volumes = cutter.Cut(order.Read()).Select(v => new PlannedVolume(v.Number, v.Name, v.Stage, v.Objects.Count, v.LengthBytes)).ToList();
        return new PressPlan(request, volumes, retired, cutter.Waiting);
    }

    /// <summary>Presses.</summary>
    public static async Task<PressReport> RunAsync(PressRequest request, TimeProvider clock, IProgress<StageProgress> progress, CancellationToken stop)
    {
        using var archive = OpenArchive.ToWrite(request.Archive, clock);
        using var objects = await ObjectStores.OpenAsync(archive.Layout, archive.Configuration.Objects, request.Variable, stop).ConfigureAwait(false);
        PolicyReview.Run(archive);
        using var catalogue = Catalogue(archive);
        using var aside = new AsideFolder(Path.Combine(archive.Layout.Work, "press" + Durable.Partial));
        var room = new RankingRoom(aside.Path, request.KeysInMemory ?? RankingRoom.UsualKeys, progress, stop);
        var retired = ClearedVolumes.Uncleared(archive, room);
        Directory.CreateDirectory(archive.Layout.Volumes);
        VolumeFolder.RemoveUnknown(archive);
        var successors = await SucceedAsync(archive, objects, retired, stop).ConfigureAwait(false);
        VolumeFolder.RemoveUnknown(archive);
        await Erasure.RunAsync(archive, objects, stop).ConfigureAwait(false);
        using var order = PressOrder.Make(archive, catalogue, room);
        var cutter = new VolumeCutter(archive, catalogue);
        var pressed = order.Count == 0 ? [] : await SealAsync(archive, cutter, objects, order, progress, stop).ConfigureAwait(false);
        cutter.Remember();
        return new PressReport(pressed.Select(v => v.Name).ToList(), pressed.Sum(v => (long)v.Files), pressed.Sum(v => v.LengthBytes),
            retired.Select(r => r.Volume.Name).ToList(), archive.Ledger.Volumes().Count(v => !v.Retired), cutter.Waiting, successors);
    }

    // A volume with something that may not be published any more is followed by one without it: the same files under the same names, and a notice in each other's place, so that whoever has the old one need fetch nothing else.
    // Where nothing is left, none follows.
    private static async Task<List<VolumeSuccessor>> SucceedAsync(OpenArchive archive, IObjectStore objects, IReadOnlyList<(VolumeRow Volume, int Uncleared)> retired, CancellationToken stop)
    {
        var (ledger, sealer, successors) = (archive.Ledger, new VolumeSealer(archive, objects), new List<VolumeSuccessor>());
        foreach (var (volume, uncleared) in retired)
        {
            var why = $"{uncleared} of its {volume.Files} files are no longer cleared";
            var files = ledger.VolumeFiles(volume.Number).ToArray();
            var cleared = ledger.ClearedFiles(volume.Number);
            var gone = Enumerable.Range(0, files.Length).Where(i => !cleared.Contains(files[i].Index)).ToHashSet();
            if (!files.Where((f, i) => !gone.Contains(i) && !Notice.IsName(f.Name)).Any())
            {
                ledger.RetireVolume(volume, why);
                continue;
            }

            await Parallel.ForEachAsync(gone, new ParallelOptions { MaxDegreeOfParallelism = Puts, CancellationToken = stop }, async (i, cancel) =>
                files[i] = files[i] with { Name = Notice.NameFor(files[i].Name), Object = await PutNoticeAsync(archive, objects, volume.Name, files[i], cancel).ConfigureAwait(false) }).ConfigureAwait(false);
            var number = ledger.Volumes().Max(v => v.Number) + 1;
            var its = await sealer.SealAsync(new CutVolume(number, VolumeNames.Of(archive.Configuration.Name, number, files.Select(f => f.Object.Root)), volume.Stage,
                files.Select(f => new RankedObject(0, f.Object.Extension, f.Object.Hashes())).ToList(), files.Select(f => f.Name).ToList()), stop).ConfigureAwait(false);
            ledger.Succeed(volume, why, its.Row, its.Files, gone.Select(i => files[i].Object));
            successors.Add(new VolumeSuccessor(volume.Name, its.Row.Name));
        }

        return successors;
    }

    // The store has it before the ledger does; the note has it deleted where the ledger never does, as when the withdrawal is undone first.
    private static async Task<ObjectRow> PutNoticeAsync(OpenArchive archive, IObjectStore objects, string volume, VolumeFileRow gone, CancellationToken stop)
    {
        var pieceLength = archive.Configuration.PieceLengthBytes;
        var bytes = Notice.ToBytes(volume, gone.Name, gone.Object.LengthBytes, pieceLength);
        using var stream = new MemoryStream(bytes);
        var notice = Notice.Row(ObjectHasher.HashStream(stream, pieceLength, stop));
        var name = ObjectName.Of(notice);
        Erasure.Note(archive.Layout, name);
        // Cleared away with whatever else volumes/ has that no ledger knows.
        var file = archive.Layout.Volume(name.FileName);
        Durable.WriteFile(file, to => to.Write(bytes));
        await objects.PutAsync(name, file, notice.Sha256, stop).ConfigureAwait(false);
        return notice;
    }

    private static async Task<List<VolumeRow>> SealAsync(OpenArchive archive, VolumeCutter cutter, IObjectStore objects, PressOrder order, IProgress<StageProgress> progress, CancellationToken stop)
    {
        var sealer = new VolumeSealer(archive, objects);
        archive.Ledger.BeginPressing(order.Count);
        try
        {
            return await sealer.RunAsync(cutter.Cut(order.Read()), order.Count, progress, stop).ConfigureAwait(false);
        }
        finally
        {
            progress.Report(new StageProgress("index", 0, 0));
            archive.Ledger.EndPressing();
        }
    }

    private static CatalogueReader Catalogue(OpenArchive archive) => CatalogueReader.Open(archive.Layout.NewestCatalogue()
        ?? throw new LacquerException(Failure.Missing, $"{archive.Layout.Root} has no catalogue yet", "lacquer catalogue builds one"));
}
