using Lacquer.Formats.Editions;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Ledgers;
using Lacquer.Formats.Objects;
using Lacquer.Formats.Torrents;
using Lacquer.Formats.Volumes;
using Lacquer.Stages.Workbench;
using Lacquer.Stages.Workbench.Ranking;

namespace Lacquer.Stages.Publishing;

/// <summary>
/// Puts volumes into an edition: their torrents, with where to ask, and their lists. A volume's torrent was sealed beside it; one that is missing or damaged there is put together anew from the ledger. Memory is that of one volume for each core.
/// </summary>
internal sealed class EditionVolumes(OpenArchive archive, VolumePlaces places, StagingFolder staging)
{
    // SHA-1, 20 bytes.
    private const int DigestBytesV1 = 20;

    /// <summary>Writes them, on all cores, and says of each where its files are.</summary>
    /// <param name="volumes">The volumes, as <paramref name="places"/> has them.</param>
    /// <param name="predecessors">By number of a volume that took the place of another, the other.</param>
    /// <param name="progress">Is told how many files are written.</param>
    /// <param name="stop">Gives up.</param>
    public IReadOnlyList<PublishedVolume> Write(IReadOnlyList<VolumeRow> volumes, IReadOnlyDictionary<int, VolumeRow> predecessors, IProgress<StageProgress> progress, CancellationToken stop)
    {
        Directory.CreateDirectory(staging["torrents"]);
        Directory.CreateDirectory(staging["volumes"]);
        var published = new PublishedVolume[volumes.Count];
        var done = 0L;
        Cores.Share(archive, volumes.Count, (ledger, from, until) =>
        {
            for (var i = from; i < until; i++)
            {
                stop.ThrowIfCancellationRequested();
                published[i] = Write(ledger, i, volumes[i], predecessors);
                progress.Report(new StageProgress("torrents", Interlocked.Add(ref done, volumes[i].Files), places.Count));
            }
        }, stop);
        return published;
    }

    private PublishedVolume Write(Ledger ledger, int which, VolumeRow volume, IReadOnlyDictionary<int, VolumeRow> predecessors)
    {
        var configuration = archive.Configuration;
        var files = Files(ledger, which, volume);
        var envelope = configuration.Envelope.Of(volume, predecessors);
        var torrent = HybridTorrent.Build(volume.Name, configuration.PieceLengthBytes, files, envelope);
        if (torrent.InfoHashV2 != volume.InfoHashV2)
            throw new LacquerException(Failure.Damaged, $"the ledger's files of volume {volume.Name} do not give its info hash", "put the ledger back from a copy; a change of piece_length does this too");
        foreach (var form in configuration.Forms)
        {
            var bytes = torrent.ToBytes(form, envelope);
            if (TorrentLint.Refusal(volume.Name, form, bytes) is { } refusal)
                throw new LacquerException(Failure.Usage, $"the torrent of {volume.Name} would not load in stock clients: {refusal}", "name fewer or shorter web seeds and trackers in lacquer.toml");
            File.WriteAllBytes(staging[$"torrents/{form.FileName(volume.Name)}"], bytes.Span);
        }

        var its = new ManifestVolume(volume.Name, volume.Stage, volume.InfoHashV1, volume.InfoHashV2, files.Count, files.Sum(f => f.Hashes.LengthBytes), predecessors.GetValueOrDefault(volume.Number)?.Name);
        File.WriteAllBytes(staging[its.ListPath], VolumeList.ToBytes(volume.Name, files.Select(f => new ManifestObject(f.Name, f.Hashes.LengthBytes, f.Hashes.Sha256, f.Hashes.Root))));
        places.Place(which, torrent, files.Select(f => f.Name).ToList());
        return new PublishedVolume(its, torrent.Magnet(), new FileInfo(staging[its.TorrentPath]).Length,
            configuration.Forms.Where(f => f != TorrentForm.Hybrid).Select(f => (f, f == TorrentForm.V1 ? torrent.InfoHashV1Only.ToString() : torrent.InfoHashV2Only.ToString(), torrent.Magnet(f))).ToList());
    }

    // The sealed torrent has all but the objects' SHA-256, and the ledger has had to say the same of them; where it has not, or there is none, only the ledger's word counts.
    private List<TorrentFile> Files(Ledger ledger, int which, VolumeRow volume)
    {
        if (Sealed(volume) is { } view)
        {
            var objects = places.Objects(which);
            var files = view.Files.Where(f => !f.IsPad).ToList();
            if (files.Count == objects.Count && files.Zip(objects).All(p => p.First.Root == p.Second?.Root))
                return files.Zip(objects, (file, obj) => new TorrentFile(file.Path[0], new ObjectHashes(file.LengthBytes, obj!.Value.Sha256, obj.Value.Root, file.PieceLayer, DigestsV1(view, file)))).ToList();
        }

        return ledger.VolumeFiles(volume.Number).Select(f => new TorrentFile(f.Name, f.Object.Hashes())).ToList();
    }

    private TorrentView? Sealed(VolumeRow volume)
    {
        var path = archive.Layout.VolumeTorrent(volume.Name);
        if (!File.Exists(path))
            return null;
        try
        {
            var view = TorrentReader.Parse(File.ReadAllBytes(path));
            return view.InfoHashV2 == volume.InfoHashV2 && view.HasV1 && view.PieceLengthBytes == archive.Configuration.PieceLengthBytes ? view : null;
        }
        catch (LacquerException)
        {
            return null;
        }
    }

    private static ReadOnlyMemory<byte> DigestsV1(TorrentView view, TorrentFileView file) =>
        view.PieceDigestsV1.Slice((int)(file.OffsetBytes / view.PieceLengthBytes * DigestBytesV1), (int)(PieceTree.PieceCount(file.LengthBytes, view.PieceLengthBytes) * DigestBytesV1));
}
