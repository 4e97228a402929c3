using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Ledgers;
using Lacquer.Formats.Rights;

namespace Lacquer.Stages.Workbench;

/// <summary>Asks the gate again about what it has decided on: the policy, the day and the evidence may be others now.</summary>
public sealed class RightsReview(OpenArchive archive, CatalogueReader catalogue) : IDisposable
{
    private readonly AudioSources _sources = new(archive);
    private readonly Dictionary<int, string> _accessions = archive.Ledger.Accessions().ToDictionary(a => a.Number, a => a.Source);

    /// <summary>What the gate says today, as ingest would have it, of a recording that it has decided on.</summary>
    public RightsDecision Decide(DecisionRow row)
    {
        if (catalogue.Recording(row.Recording) is not { } recording
            || _sources.For(catalogue.Sources(recording.Rank), RightsSubject.Of(catalogue, recording, archive.Configuration.Rights)) is not [var best, ..] candidates)
            return Again(row);
        return archive.Ledger.Job(row.Recording)?.Object is { } root && archive.Ledger.Object(root) is { } obj
            ? OfHeld(obj, candidates, archive.Configuration.Rights, _sources.Gate.Version) : best.Rights;
    }

    /// <summary>
    /// What holds for an object: what speaks of the file it was made of. A source that no longer speaks of that file clears nothing, and a transcoded object clears nothing where
    /// the policy has the original kept.
    /// </summary>
    public static RightsDecision OfHeld(ObjectRow obj, IReadOnlyList<AudioCandidate> candidates, RightsPolicy policy, string version)
    {
        if (candidates.FirstOrDefault(c => c.Record.Sha256 == obj.Original) is not { Rights: var rights })
            return new RightsDecision(false, false, null, "no source speaks of this file any more", null, version);
        return rights.Publish && obj.IsTranscoded && policy.KeepsOriginal(rights.Licence)
            ? rights with { Publish = false, Reason = $"{rights.Licence} is held transcoded to {obj.Tier}, which format_shift_no_derivatives = false forbids: lacquer ingest takes in the original" }
            : rights;
    }

    /// <inheritdoc/>
    public void Dispose() => _sources.Dispose();

    // The catalogue no longer has it, as another recording took its place: the evidence that decided is asked again.
    private RightsDecision Again(DecisionRow row) => _sources.Gate.Decide(
        new RightsQuestion(row.Rights.Evidence is { } evidence && !(evidence.Kind == EvidenceKind.Statement && evidence.Place == Gate.StatementPlace) ? [evidence] : [], archive.Today)
        {
            Source = row.Accession is { } number ? _accessions.GetValueOrDefault(number, "") : "",
            Recording = row.Recording,
        });
}
