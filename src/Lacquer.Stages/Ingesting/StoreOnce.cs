using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Fingerprints;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Ledgers;
using Lacquer.Formats.Objects;
using Lacquer.Stages.Workbench;

namespace Lacquer.Stages.Ingesting;

/// <summary>
/// What is held is compared, the best known first, each object with those that were compared before it: the same audio under two recordings is reported, and held once where nothing is lost by it. An object is compared once.
/// So what comes of it depends on what is held and on its ranks, not on which worker was faster. Reads the catalogue; writes the ledger, and before that a note in the work folder for each object that goes: <see cref="WorkFolder.SweepAsync"/> then deletes it. Only while nobody else is at work on the archive.
/// </summary>
internal sealed class StoreOnce(OpenArchive archive, CatalogueReader catalogue, ObjectWriter writer)
{
    private const int AtOnce = 256;

    // Of two lossy files the one kept is no less than so much smaller in bits a second: the smaller may sound worse.
    private const double LeastOfOther = 0.75;

    private readonly IReadOnlyList<SameAudioBy> _by = archive.Configuration.Quality.StoreOnce;

    /// <summary>Compares what was not yet.</summary>
    public void Run(IProgress<StageProgress> progress, CancellationToken stop)
    {
        var ledger = archive.Ledger;
        if (ledger.Uncompared(null, 1).Count == 0)
            return;
        var (done, total) = (0L, catalogue.Totals().Recordings);
        foreach (var some in catalogue.Recordings().Chunk(AtOnce))
        {
            stop.ThrowIfCancellationRequested();
            progress.Report(new StageProgress("compare audio", done += some.Length, total));
            var standings = ledger.Standings(some.Select(r => r.Id));
            foreach (var recording in some)
                if (standings.GetValueOrDefault(recording.Id)?.Object is { } root)
                    Compare(root);
        }

        // What is held of recordings that this catalogue has not.
        for (PiecesRoot? after = null; ledger.Uncompared(after, AtOnce) is { Count: > 0 } rest; after = rest[^1])
            foreach (var root in rest)
                Compare(root);
    }

    private void Compare(PiecesRoot root)
    {
        var ledger = archive.Ledger;
        // Two of one chunk may have been of one object, which is gone since.
        if (ledger.IsCompared(root) || ledger.Object(root) is not { } obj)
            return;
        var recordings = ByRank(root);
        if (recordings.Count == 0)
            return;
        if (Find(obj) is not var (other, by, score) || ByRank(other.Root) is not [var best, ..])
        {
            // Two recordings whose files were the same byte for byte may have had one object from the first.
            ledger.Compared(obj, recordings.Skip(1).Select(r => new SameAudioRow(r, recordings[0], SameAudioBy.Bytes, 1, "", null)).ToList());
            return;
        }

        var first = ledger.SameAudio(best)?.Other ?? best;
        var apart = Apart(obj, recordings, other, by);
        var same = recordings.Select(r => new SameAudioRow(r, first, by, score, apart, apart.Length == 0 && obj.Original != other.Original ? obj.Original : null)).ToList();
        if (apart.Length > 0)
        {
            ledger.Compared(obj, same);
            return;
        }

        writer.Note(ObjectName.Of(obj));
        ledger.StoredOnce(obj, other, same);
    }

    // The surest first; of several by fingerprint, the one that agrees best.
    private (ObjectRow Other, SameAudioBy By, double Score)? Find(ObjectRow obj)
    {
        var ledger = archive.Ledger;
        if (obj.Original is { } original && ledger.ComparedOf(original).FirstOrDefault(o => IsOfOnePart(obj, o)) is { } same)
            return (same, SameAudioBy.Bytes, 1);
        if (obj.Samples is { } samples && ledger.ComparedWith(samples) is [var alike, ..])
            return (alike, SameAudioBy.Samples, 1);
        var fingerprint = Fingerprint.Parse(obj.Fingerprint);
        (ObjectRow Other, SameAudioBy By, double Score)? best = null;
        foreach (var candidate in ledger.ComparedLike(fingerprint))
            if (Fingerprint.Compare(Fingerprint.Parse(candidate.Fingerprint), fingerprint) is { IsSame: true } match && match.Score > (best?.Score ?? -1))
                best = (candidate, SameAudioBy.Fingerprint, match.Score);
        return best;
    }

    // Tracks that a cue sheet names are cut out of one file, and always encoded: of one file, only what sounds the same to the bit is surely the same part.
    private static bool IsOfOnePart(ObjectRow one, ObjectRow other) => (!one.IsTranscoded && !other.IsTranscoded)
        || (Fingerprint.Parse(one.Fingerprint).IsTelling && one.Fingerprint.AsSpan().SequenceEqual(other.Fingerprint));

    // Why each keeps its own object, or "".
    private string Apart(ObjectRow obj, IReadOnlyList<EntityId> recordings, ObjectRow other, SameAudioBy by)
    {
        var ledger = archive.Ledger;
        if (!_by.Contains(by))
            return $"quality.store_once has no {SameAudioNames.Of(by)}";
        if (ledger.IsPressed(obj.Root))
            return "it stands in a volume";
        if (by != SameAudioBy.Bytes && (obj.Tier == ObjectRow.OriginalTier || other.Tier == ObjectRow.OriginalTier))
            return "one of them is kept as it was received";
        if (by == SameAudioBy.Fingerprint && !ServesAsWell(other, obj))
            return "its source may sound better";
        var held = ledger.RecordingsOf(other.Root) is [var one, ..] ? ledger.Rights(one) : null;
        return recordings.All(r => ledger.Rights(r) is { } rights && rights.Keep == held?.Keep && rights.Publish == held.Publish && rights.Licence == held.Licence) ? "" : "their rights differ";
    }

    private static bool ServesAsWell(ObjectRow kept, ObjectRow gone) => kept.Samples is not null || (gone.Samples is null && kept.OriginalLengthBytes >= LeastOfOther * gone.OriginalLengthBytes);

    private List<EntityId> ByRank(PiecesRoot root) => archive.Ledger.RecordingsOf(root).OrderBy(r => catalogue.Recording(r)?.Rank ?? long.MaxValue).ThenBy(r => r).ToList();
}
