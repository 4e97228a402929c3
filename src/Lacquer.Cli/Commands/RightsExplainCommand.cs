using System.CommandLine;
using Lacquer.Cli.Rendering;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Rights;
using Lacquer.Stages.Reviewing;
using Lacquer.Stages.Workbench;

namespace Lacquer.Cli.Commands;

/// <summary>Says why a recording is kept or not, published or not.</summary>
internal sealed class RightsExplainCommand : Verb
{
    private readonly Argument<string> _id = new("ID") { Description = "A recording or a release as lacquer show takes it, or an object's name: 64 hex digits." };

    public RightsExplainCommand()
        : base("explain", "Says why a recording is kept or not and published or not: the decision with its policy and time, and for each of its files what the gate says and all the evidence, with place, hash and record.",
            "lacquer rights explain '#1'", "lacquer rights explain rel-aaaaaaaaaaaaaaaa --json")
        => Arguments.Add(_id);

    public override Task<int> RunAsync(ParseResult line, Terminal terminal, CancellationToken stop)
    {
        using var archive = OpenArchive.ToRead(Archive(line, terminal), terminal.Clock);
        using var catalogue = Lookup.Catalogue(archive);
        var explanations = RightsExplanation.Of(archive, catalogue, Recordings(archive, catalogue, line.GetRequiredValue(_id))).ToList();
        Print(line, terminal, explanations, () =>
        {
            foreach (var (explanation, i) in explanations.Select((e, i) => (e, i)))
            {
                if (i > 0)
                    terminal.Print();
                Explain(terminal, explanation);
            }
        });
        return Task.FromResult(ExitCode.Done);
    }

    private static List<EntityId> Recordings(OpenArchive archive, CatalogueReader catalogue, string text)
    {
        if (Sha256Digest.TryParse(text, out var digest))
            return archive.Ledger.RecordingsOf(new PiecesRoot(digest)) is { Count: > 0 } its ? [.. its]
                : throw new LacquerException(Failure.Missing, $"{archive.Layout.Root} holds no object {text}", "lacquer show ID names the object of a recording");
        // One that the catalogue no longer has may be in the ledger still.
        if (EntityId.TryParse(text, out var id) && id.Kind == EntityKind.Recording && archive.Ledger.Rights(id) is not null)
            return [id];
        return Lookup.Find(catalogue, text) switch
        {
            RecordingRow recording => [recording.Id],
            IReadOnlyList<RecordingRow> several => several.Select(r => r.Id).ToList(),
            ReleaseRow release => OfRelease(release),
            IReadOnlyList<ReleaseRow> several => several.SelectMany(OfRelease).Distinct().ToList(),
            _ => throw new LacquerException(Failure.Usage, $"'{text}' is an artist: rights are decided on recordings", "lacquer show lists an artist's recordings"),
        };

        List<EntityId> OfRelease(ReleaseRow release) => catalogue.Tracks(release.Rank).Select(t => t.Recording.Id).Distinct().ToList();
    }

    private static void Explain(Terminal terminal, RightsExplanation its)
    {
        var table = new Table();
        table.Add("recording", its.Recording.ToString());
        table.Add("title", its.Title is null ? "(no longer in the newest catalogue)" : its.ArtistCredit is { Length: > 0 } artist ? $"{its.Title}, {artist}" : its.Title);
        if (its.Decided is { } decided)
        {
            table.Add("decision", $"{Answer(decided)}: {decided.Reason}");
            table.Add("licence", decided.Licence ?? "none recognised");
            table.Add("decided", $"{its.DecidedAt ?? "at an unknown time"}, by policy {decided.Policy}{(decided.Policy == its.Policy ? "" : $"; the policy of today is {its.Policy}")}");
            if (decided.Evidence is { } evidence)
                table.Add("evidence", Shown(evidence));
        }
        else
        {
            table.Add("decision", its.Files.Count > 0 ? "none yet: lacquer ingest asks the gate" : "none: no audio of it is known");
        }

        if (its.Object is { } root)
            table.Add("object", root.ToString());
        foreach (var file in its.Files)
        {
            table.Add("file", $"{file.Key}{(file.IsHeld ? ", which is held" : "")}");
            table.Add("  record", FormattableString.Invariant($"{file.Source}/{file.Accession:D6} at {file.Offset}{(file.HarvestedAt is { } at ? $", harvested {at}" : "")}"));
            table.Add("  sha-256", file.Sha256?.ToString() ?? "not fetched yet");
            table.Add("  today", $"{Answer(file.Today)}: {file.Today.Reason}");
            foreach (var evidence in file.Evidence)
                table.Add("  evidence", Shown(evidence));
            if (file.Today.Evidence is { Kind: EvidenceKind.Statement, Place: Gate.StatementPlace } stated)
                table.Add("  evidence", Shown(stated));
        }

        table.Print(terminal);
    }

    private static string Answer(RightsDecision decision) => decision.Publish ? "keep and publish" : decision.Keep ? "keep, do not publish" : "do not keep";

    private static string Shown(Evidence evidence) =>
        $"{EvidenceKindNames.Of(evidence.Kind)} {evidence.Place}{(evidence.By.Length > 0 ? $", by {evidence.By} ({evidence.Date})" : "")}: {evidence.Text}, SHA-256 {evidence.Sha256}";
}
