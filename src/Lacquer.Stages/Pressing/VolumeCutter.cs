using Lacquer.Formats.Archives;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Torrents;
using Lacquer.Formats.Volumes;
using Lacquer.Stages.Workbench;

namespace Lacquer.Stages.Pressing;

/// <summary>A volume with its objects.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Name">Its folder and torrent.</param>
/// <param name="Stage">Lower bound of popularity of its stage.</param>
/// <param name="Objects">Its objects in rank order.</param>
internal sealed record CutVolume(int Number, string Name, int Stage, IReadOnlyList<RankedObject> Objects)
{
    /// <summary>Bytes of its objects.</summary>
    public long LengthBytes => Objects.Sum(o => o.Hashes.LengthBytes);
}

/// <summary>Cuts objects in rank order into volumes of one stage each, none of them larger than the configuration and stock clients allow.</summary>
internal sealed class VolumeCutter
{
    private readonly ArchiveConfiguration _configuration;
    private readonly IReadOnlyList<CoverageRow> _coverage;
    private readonly int _lastNumber;

    /// <summary>Takes the limits from the configuration, stages from the catalogue and the next number from the ledger.</summary>
    public VolumeCutter(OpenArchive archive, CatalogueReader catalogue)
    {
        _configuration = archive.Configuration;
        _coverage = catalogue.Coverage();
        _lastNumber = archive.Ledger.Volumes().Select(v => v.Number).DefaultIfEmpty(0).Max();
    }

    /// <summary>Cuts, streamed.</summary>
    /// <exception cref="LacquerException">An object is so large that no stock client would load its torrent.</exception>
    public IEnumerable<CutVolume> Cut(IEnumerable<RankedObject> ordered)
    {
        var open = new VolumeLimits(_configuration.VolumeBytes, _configuration.VolumeFiles, _configuration.PieceLengthBytes, _configuration.Envelope);
        var objects = new List<RankedObject>();
        var (number, stage, popularity) = (_lastNumber, -1, 0);
        foreach (var obj in ordered)
        {
            // Popularity only falls with rank, so each stage is one run of ranks.
            while (popularity < _coverage.Count && _coverage[popularity].LastRank < obj.Rank)
                popularity++;
            var its = _configuration.StageOf(popularity < _coverage.Count ? _coverage[popularity].Popularity : 0);
            if (its != stage || !open.TryAdd(obj.Hashes.LengthBytes, obj.Extension))
            {
                if (objects.Count > 0)
                    yield return Close();
                stage = its;
                if (!open.TryAdd(obj.Hashes.LengthBytes, obj.Extension))
                    throw new LacquerException(Failure.Usage, FormattableString.Invariant($"object {obj.Hashes.Root} has {obj.Hashes.LengthBytes} bytes, more than a torrent that stock clients take can hold"), "name fewer web seeds and trackers in lacquer.toml, or raise piece_length, in a new archive");
            }

            objects.Add(obj);
        }

        if (objects.Count > 0)
            yield return Close();

        CutVolume Close()
        {
            var volume = new CutVolume(++number, VolumeNames.Of(_configuration.Name, number, objects.Select(o => o.Hashes.Root)), stage, objects);
            objects = [];
            open.Clear();
            return volume;
        }
    }
}
