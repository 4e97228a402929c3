using System.CommandLine;
using Lacquer.Cli.Rendering;
using Lacquer.Stages.Cataloguing;

namespace Lacquer.Cli.Commands;

/// <summary>Builds the catalogue.</summary>
internal sealed class CatalogueCommand : Verb
{
    private readonly Option<long?> _memory = Size("--memory", "What sorting and matching may take; otherwise half of what the machine has.");
    private readonly Option<bool> _dryRun = new("--dry-run") { Description = "Say whether anything would be built, and stop." };

    public CatalogueCommand()
        : base("catalogue", "Compiles all accessions into a new catalogue: matched, merged, ranked by listens, searchable. Where nothing has changed, the catalogue that stands is kept.",
            "lacquer catalogue", "lacquer catalogue --memory 4GB --archive /srv/music")
    {
        Aliases.Add("catalog");
        Take(_memory, _dryRun);
    }

    public override async Task<int> RunAsync(ParseResult line, Terminal terminal, CancellationToken stop)
    {
        var request = new CatalogueRequest(Archive(line, terminal), line.GetValue(_memory));
        if (line.GetValue(_dryRun))
        {
            var plan = CatalogueBuild.Plan(request, terminal.Clock);
            var records = plan.Accessions.Sum(a => a.Records);
            Print(line, terminal, new { plan.Name, plan.IsUpToDate, Accessions = plan.Accessions.Count, Records = records },
                () => terminal.Print(plan.IsUpToDate ? $"catalogue {plan.Name} is up to date"
                    : $"would build catalogue {plan.Name} of {Figures.Of(plan.Accessions.Count, "accession", "accessions")}, {Figures.Of(records, "record", "records")}"));
            return ExitCode.Done;
        }

        CatalogueReport report;
        using (var progress = new ProgressLine(terminal))
            report = await Task.Run(() => CatalogueBuild.Run(request, terminal.Clock, progress, stop), CancellationToken.None).ConfigureAwait(false);
        Print(line, terminal, report, () =>
        {
            var t = report.Totals;
            terminal.Print($"catalogue {report.Name}{(report.IsNew ? "" : " is up to date")}: {Figures.Of(t.Recordings, "recording", "recordings")}, {Figures.Of(t.Releases, "release", "releases")}, {Figures.Of(t.Artists, "artist", "artists")}, {Figures.Of(t.Tracks, "track", "tracks")}, {Figures.Of(t.Listens, "listen", "listens")}");
            if (report.IsNew)
                terminal.Hint("lacquer search WORDS looks into it; lacquer plan says what keeping it takes");
        });
        return End(terminal, report.Findings);
    }
}
