using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Ledgers;
using Lacquer.Formats.Rights;

namespace Lacquer.Stages.Workbench;

/// <summary>Asks the gate again about what it has decided on: the policy, the day and the evidence may be others now.</summary>
public sealed class RightsReview(OpenArchive archive, CatalogueReader catalogue) : IDisposable
{
    private readonly AudioSources _sources = new(archive);
    private readonly Dictionary<int, string> _accessions = archive.Ledger.Accessions().ToDictionary(a => a.Number, a => a.Source);

    /// <summary>
    /// What the gate says today, as ingest would have it, of recordings that it has decided on: their decisions, in the order given, or why a record cannot be read. Records are read in the order in which they
    /// lie, so that a frame of an accession is unpacked once for many: the more are asked for at once, the faster it goes.
    /// </summary>
    public IReadOnlyList<(RightsDecision? Decision, string? Unreadable)> Decide(IReadOnlyList<DecisionRow> rows, CancellationToken stop)
    {
        var answers = new (RightsDecision?, string?)[rows.Count];
        var asked = rows.Select((row, i) => (Row: row, Index: i, Recording: catalogue.Recording(row.Recording)))
            .Select(q => (q.Row, q.Index, q.Recording, Places: q.Recording is null ? [] : catalogue.Sources(q.Recording.Rank)))
            .OrderBy(q => q.Places.Count == 0 ? default : (q.Places[0].Accession, q.Places[0].Offset)).ToList();
        foreach (var (row, index, recording, places) in asked)
        {
            stop.ThrowIfCancellationRequested();
            try
            {
                var decision = recording is not null && _sources.For(places, catalogue.Keys(EntityKind.Recording, recording.Rank), RightsSubject.Of(catalogue, recording, archive.Configuration.Rights)) is [var best, ..] candidates
                    ? archive.Ledger.Job(row.Recording)?.Object is { } root && archive.Ledger.Object(root) is { } obj ? OfHeld(obj, candidates, archive.Configuration.Rights, _sources.Gate.Version, archive.Ledger.SameAudio(row.Recording)?.Original) : best.Rights
                    : ByEvidence(row);
                answers[index] = (archive.Ledger.Bound(row.Recording, decision), null);
            }
            catch (LacquerException e) when (e.Failure is Failure.Damaged or Failure.Missing)
            {
                answers[index] = (null, e.Message);
            }
        }

        return answers;
    }

    /// <summary>
    /// What holds for an object: what speaks of the file it was made of. A source that no longer speaks of that file clears nothing, and a transcoded object clears nothing where
    /// the policy has the original kept.
    /// </summary>
    /// <param name="obj">The object.</param>
    /// <param name="candidates">What the sources say today.</param>
    /// <param name="policy">What is allowed.</param>
    /// <param name="version">The policy's version.</param>
    /// <param name="own">The recording's own file, where the object that is held for it was made of another recording's with the same audio.</param>
    public static RightsDecision OfHeld(ObjectRow obj, IReadOnlyList<AudioCandidate> candidates, RightsPolicy policy, string version, Sha256Digest? own)
    {
        if (candidates.FirstOrDefault(c => c.Record is not null && (c.Record.Sha256 == obj.Original || c.Record.Sha256 == own)) is not { Rights: var rights })
            return new RightsDecision(false, false, null, "no source speaks of this file any more", null, version);
        return rights.Publish && obj.IsTranscoded && policy.KeepsOriginal(rights.Licence)
            ? rights with { Publish = false, Reason = $"{rights.Licence} is held transcoded to {obj.Tier}, which format_shift_no_derivatives = false forbids: lacquer ingest takes in the original" }
            : rights;
    }

    /// <summary>What the gate says today of the evidence alone that decided: for a recording that became another in the catalogue, or of which no record can be read.</summary>
    public RightsDecision ByEvidence(DecisionRow row) => _sources.Gate.Decide(
        new RightsQuestion(row.Rights.Evidence is { } evidence && !(evidence.Kind == EvidenceKind.Statement && evidence.Place == Gate.StatementPlace) ? [evidence] : [], archive.Today)
        {
            Source = row.Accession is { } number ? _accessions.GetValueOrDefault(number, "") : "",
            Recording = row.Recording,
        });

    /// <inheritdoc/>
    public void Dispose() => _sources.Dispose();
}
