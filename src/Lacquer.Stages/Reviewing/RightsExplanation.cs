using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Rights;
using Lacquer.Stages.Workbench;

namespace Lacquer.Stages.Reviewing;

/// <summary>A file of a recording, and what the gate says of it.</summary>
/// <param name="Source">The source's name.</param>
/// <param name="Accession">The accession that describes it.</param>
/// <param name="Offset">Where its record begins in the accession's uncompressed bytes.</param>
/// <param name="HarvestedAt">When the accession was sealed, UTC; null where no event says.</param>
/// <param name="Key">The file's key in the source.</param>
/// <param name="Sha256">Of the file; null where it is to be fetched and never was.</param>
/// <param name="LengthBytes">Of the file; null where its source does not say.</param>
/// <param name="IsHeld">Whether the archive's object was made of it.</param>
/// <param name="Today">What the gate says of it today.</param>
/// <param name="Evidence">Everything that was laid before the gate, statements in <c>lacquer.toml</c> left out.</param>
public sealed record ExplainedFile(
    string Source, int Accession, long Offset, string? HarvestedAt, string Key, Sha256Digest? Sha256, long? LengthBytes, bool IsHeld, RightsDecision Today, IReadOnlyList<Evidence> Evidence);

/// <summary>Why a recording's audio is kept or not, published or not.</summary>
/// <param name="Recording">Its id.</param>
/// <param name="Title">Its title, or null where the newest catalogue no longer has it.</param>
/// <param name="ArtistCredit">So too.</param>
/// <param name="Decided">The decision in the ledger, or null where none was made yet.</param>
/// <param name="DecidedAt">When it was made, UTC: the day that counts for what depends on the date.</param>
/// <param name="Policy">Version of the policy of today.</param>
/// <param name="Object">The object held, or null.</param>
/// <param name="Files">Its files, the one that serves best first.</param>
public sealed record RightsExplanation(
    EntityId Recording, string? Title, string? ArtistCredit, RightsDecision? Decided, string? DecidedAt, string Policy, PiecesRoot? Object, IReadOnlyList<ExplainedFile> Files)
{
    /// <summary>Explains recordings one after another. Reads only.</summary>
    public static IEnumerable<RightsExplanation> Of(OpenArchive archive, CatalogueReader catalogue, IEnumerable<EntityId> recordings)
    {
        using var sources = new AudioSources(archive);
        // A mirror has its origin's catalogue, but none of the accessions that are named in it.
        var accessions = archive.Ledger.Accessions().ToDictionary(a => a.Number, a =>
            (a.Source, At: archive.Ledger.Events(FormattableString.Invariant($"{a.Number:D6}")).FirstOrDefault(e => e.Type == "accession")?.At));
        foreach (var id in recordings)
        {
            var recording = catalogue.Recording(id);
            var held = archive.Ledger.Holding(id)?.Object;
            var candidates = recording is null ? []
                : sources.For(catalogue.Sources(recording.Rank).Where(p => accessions.ContainsKey(p.Accession)).ToList(), catalogue.Keys(EntityKind.Recording, recording.Rank), RightsSubject.Of(catalogue, recording, archive.Configuration.Rights));
            var decided = archive.Ledger.Rights(id);
            yield return new RightsExplanation(id, recording?.Title, recording?.ArtistCredit, decided,
                decided is null ? null : archive.Ledger.Events(id.ToString()).LastOrDefault(e => e.Type == "rights")?.At, sources.Gate.Version, held?.Root,
                candidates.Select(c => new ExplainedFile(accessions[c.Place.Accession].Source, c.Place.Accession, c.Place.Offset, accessions[c.Place.Accession].At, c.Key, c.Record?.Sha256,
                    c.File.LengthBytes, held is not null && c.Record is not null && held.Original == c.Record.Sha256, c.Rights, c.Evidence)).ToList());
        }
    }
}
