using Lacquer.Formats.Editions;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Ledgers;
using Lacquer.Formats.Rights;
using Lacquer.Stages.Workbench;

namespace Lacquer.Stages.Mirroring;

/// <summary>
/// Takes over what an edition says of all recordings whose objects are here: they may be of other recordings now, or under another licence. The edition's map and the ledger are gone through side by side in the order of the recordings' ids,
/// and only what differs is written, a batch in one transaction; a killed run is done again. In memory: a batch, and two bytes for each object where the edition has volumes that are not here.
/// </summary>
public sealed class RightsPass
{
    private const int BatchRows = 1 << 14;

    // So many different decisions are kept in memory; there are as many as the publisher's gate has reasons.
    private const int MostDecisions = 10_000;

    private readonly Ledger _ledger;
    private readonly Manifest _manifest;
    private readonly string _origin;
    private readonly Dictionary<long, bool> _isHere = [];
    private readonly Dictionary<(string Licence, string Reason, string Policy), RightsDecision> _decisions = [];
    private readonly Lazy<RootFilter> _objects;
    private readonly List<(EditionRights Row, bool IsHere)> _batch = [];
    private readonly List<(EditionRights Row, bool IsHere)> _differ = [];
    private int _at;

    private RightsPass(Ledger ledger, Manifest manifest, string origin)
    {
        (_ledger, _manifest, _origin) = (ledger, manifest, origin);
        _objects = new(() => RootFilter.Of(ledger));
    }

    /// <summary>The decision by which an edition publishes a recording, as a mirror has it.</summary>
    public static RightsDecision DecisionOf(Manifest manifest, string licence, string reason, string policy) => new(true, true, licence, reason, null, $"{manifest.Archive}:{policy}");

    /// <summary>Goes through all of it.</summary>
    /// <param name="ledger">The mirror's.</param>
    /// <param name="manifest">The edition's.</param>
    /// <param name="held">What it holds.</param>
    /// <param name="volumes">Names of the volumes that this mirror's own policy lets in; what is in others is passed over.</param>
    /// <param name="origin">Where the edition came from.</param>
    /// <param name="progress">Is told.</param>
    /// <param name="stop">Gives up.</param>
    public static void Run(Ledger ledger, Manifest manifest, HoldingsReader held, IEnumerable<string> volumes, string origin, IProgress<StageProgress> progress, CancellationToken stop)
    {
        var pass = new RightsPass(ledger, manifest, origin);
        var here = ledger.Volumes().Where(v => !v.Retired).Select(v => v.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var name in volumes)
            if (held.VolumeNumber(name) is { } number)
                pass._isHere[number] = here.Contains(name);
        var read = 0L;
        foreach (var row in held.ByRecording())
        {
            if (++read % BatchRows == 0)
                progress.Report(new StageProgress("rights", read, 0));
            if (!pass._isHere.TryGetValue(row.Volume, out var isHere))
                continue;
            // The rows of one recording are in one batch.
            if (pass._batch.Count >= BatchRows && pass._batch[^1].Row.Recording != row.Recording)
                pass.Take(stop);
            pass._batch.Add((new EditionRights(row.Recording, row.Object, pass.Decision(row)), isHere));
        }

        pass.Take(stop);
    }

    private RightsDecision Decision(HeldRights row)
    {
        var key = (row.Licence, row.Reason, row.Policy);
        if (_decisions.TryGetValue(key, out var decision))
            return decision;
        if (_decisions.Count == MostDecisions)
            _decisions.Clear();
        return _decisions[key] = DecisionOf(_manifest, row.Licence, row.Reason, row.Policy);
    }

    private void Take(CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        if (_batch.Count == 0)
            return;
        (_at, var last) = (0, _batch[^1].Row.Recording);
        _ledger.ScanHeld(_batch[0].Row.Recording, last, (recording, root, rights) =>
        {
            while (_at < _batch.Count && _batch[_at].Row.Recording.CompareTo(recording) < 0)
                Compare(null, null);
            if (_at < _batch.Count && _batch[_at].Row.Recording == recording)
                Compare(root, rights);
        });
        while (_at < _batch.Count)
            Compare(null, null);
        var rows = _differ.Where(d => d.IsHere || _objects.Value.MayHave(d.Row.Object.Digest.Bytes)).Select(d => d.Row).ToList();
        if (rows.Count > 0)
            _ledger.Replicated(rows, _origin);
        _batch.Clear();
        _differ.Clear();
    }

    // The rows of the next recording, against what the ledger has of it. What the catalogue has counts before what it has no more.
    private void Compare(PiecesRoot? root, RightsDecision? rights)
    {
        var first = _at;
        while (++_at < _batch.Count && _batch[_at].Row.Recording == _batch[first].Row.Recording)
        {
        }

        for (var i = _at - 1; i >= first; i--)
        {
            var row = _batch[i].Row;
            if (row.Object != root || row.Rights != rights)
                _differ.Add(_batch[i]);
            if (row.Object == root)
                return;
        }
    }
}
