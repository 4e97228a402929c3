using System.Globalization;
using Lacquer.Formats.Archives;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Ledgers;
using Lacquer.Formats.Volumes;
using Lacquer.Stages.Workbench;

namespace Lacquer.Stages.Pressing;

/// <summary>A volume with its objects.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Name">Its folder and torrent.</param>
/// <param name="Stage">Lower bound of popularity of its stage.</param>
/// <param name="Objects">Its objects in rank order.</param>
/// <param name="Names">Their names in it; null: by their places.</param>
internal sealed record CutVolume(int Number, string Name, int Stage, IReadOnlyList<RankedObject> Objects, IReadOnlyList<string>? Names = null)
{
    /// <summary>Bytes of its objects.</summary>
    public long LengthBytes => Objects.Sum(o => o.Hashes.LengthBytes);
}

/// <summary>
/// Cuts objects in rank order into volumes of one stage each, none of them larger than the configuration and stock clients allow. In an archive that has many volumes, what is left of a stage and small goes with what is left of others into one
/// volume; if that is small too, it waits, for so many editions at most (docs/decisions/stragglers.md).
/// </summary>
internal sealed class VolumeCutter
{
    /// <summary>Who has fewer volumes need not mind small ones.</summary>
    public const int ManyVolumes = 20;

    private const int SmallPart = 4;
    private const string WaitingSince = "press_waiting_since";

    private readonly ArchiveConfiguration _configuration;
    private readonly IReadOnlyList<CoverageRow> _coverage;
    private readonly int _lastNumber;
    private readonly Ledger _ledger;
    private readonly bool _isGathering;
    private readonly bool _mayWait;

    /// <summary>Takes the limits from the configuration, stages from the catalogue and the next number from the ledger.</summary>
    /// <param name="archive">The archive.</param>
    /// <param name="catalogue">The catalogue that ranks.</param>
    public VolumeCutter(OpenArchive archive, CatalogueReader catalogue)
    {
        _ledger = archive.Ledger;
        var volumes = _ledger.Volumes();
        _isGathering = archive.Configuration.WaitEditions > 0 && volumes.Count(v => !v.Retired) >= ManyVolumes;
        _mayWait = _isGathering && (Since() is not { } since || Editions() - since < archive.Configuration.WaitEditions);
        _configuration = archive.Configuration;
        _coverage = catalogue.Coverage();
        _lastNumber = volumes.Select(v => v.Number).DefaultIfEmpty(0).Max();
    }

    /// <summary>How many objects wait, once all is cut.</summary>
    public int Waiting { get; private set; }

    /// <summary>Keeps in the ledger since which edition objects wait.</summary>
    public void Remember()
    {
        if (Waiting == 0 && Since() is not null)
            _ledger.SetMeta(WaitingSince, "");
        else if (Waiting > 0 && Since() is null)
            _ledger.SetMeta(WaitingSince, Editions().ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>Cuts, streamed.</summary>
    /// <exception cref="LacquerException">An object is so large that no stock client would load its torrent.</exception>
    public IEnumerable<CutVolume> Cut(IEnumerable<RankedObject> ordered)
    {
        Waiting = 0;
        var number = _lastNumber;
        var left = new List<(int Stage, RankedObject Object)>();
        foreach (var (stage, objects) in Fill(Staged(ordered), byStage: true))
            if (_isGathering && IsSmall(objects))
                left.AddRange(objects.Select(obj => (stage, obj)));
            else
                yield return Named(++number, stage, objects);
        foreach (var (stage, objects) in Fill(left, byStage: false))
            if (_mayWait && IsSmall(objects))
                Waiting += objects.Count;
            else
                yield return Named(++number, stage, objects);
    }

    private IEnumerable<(int Stage, RankedObject Object)> Staged(IEnumerable<RankedObject> ordered)
    {
        var next = 0;
        foreach (var obj in ordered)
        {
            // Popularity only falls with rank, so each stage is one run of ranks.
            while (next < _coverage.Count && _coverage[next].LastRank < obj.Rank)
                next++;
            yield return (_configuration.StageOf(next < _coverage.Count ? _coverage[next].Popularity : 0), obj);
        }
    }

    // A volume of several stages is of the lowest.
    private IEnumerable<(int Stage, List<RankedObject> Objects)> Fill(IEnumerable<(int Stage, RankedObject Object)> ordered, bool byStage)
    {
        var open = new VolumeLimits(_configuration.VolumeBytes, _configuration.VolumeFiles, _configuration.PieceLengthBytes, _configuration.Envelope);
        var (objects, stage) = (new List<RankedObject>(), 0);
        foreach (var (its, obj) in ordered)
        {
            if (objects.Count > 0 && ((byStage && its != stage) || !open.TryAdd(obj.Hashes.LengthBytes, obj.Extension)))
            {
                yield return (stage, objects);
                objects = [];
                open.Clear();
            }

            if (objects.Count == 0 && !open.TryAdd(obj.Hashes.LengthBytes, obj.Extension))
                throw new LacquerException(Failure.Usage, FormattableString.Invariant($"object {obj.Hashes.Root} has {obj.Hashes.LengthBytes} bytes, more than a torrent that stock clients take can hold"), "name fewer web seeds and trackers in lacquer.toml, or raise piece_length, in a new archive");
            stage = its;
            objects.Add(obj);
        }

        if (objects.Count > 0)
            yield return (stage, objects);
    }

    private bool IsSmall(List<RankedObject> objects) => objects.Count < _configuration.VolumeFiles / SmallPart && objects.Sum(o => o.Hashes.LengthBytes) < _configuration.VolumeBytes / SmallPart;

    private CutVolume Named(int number, int stage, List<RankedObject> objects) => new(number, VolumeNames.Of(_configuration.Name, number, objects.Select(o => o.Hashes.Root)), stage, objects);

    private int? Since() => int.TryParse(_ledger.Meta(WaitingSince), CultureInfo.InvariantCulture, out var since) ? since : null;

    private int Editions() => _ledger.Editions().Count;
}
