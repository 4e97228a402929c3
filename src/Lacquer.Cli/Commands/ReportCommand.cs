using System.CommandLine;
using Lacquer.Cli.Rendering;
using Lacquer.Stages.Exploring;

namespace Lacquer.Cli.Commands;

/// <summary>Draws the charts of a catalogue.</summary>
internal sealed class ReportCommand : Verb
{
    private readonly Option<string> _output = new("--output") { Description = "The page to write; one that is there is replaced. report.html without it.", HelpName = "FILE", DefaultValueFactory = _ => "report.html" };

    public ReportCommand()
        : base("report", "Writes one page of charts of the newest catalogue and of what is held of it: popularity, coverage, durations, ISRCs, releases, sources, licences. Each chart has the SQL that made it.",
            "lacquer report", "lacquer report --output charts.html", "lacquer report --json") => Take(_output);

    public override async Task<int> RunAsync(ParseResult line, Terminal terminal, CancellationToken stop)
    {
        var request = new ReportRequest(Archive(line, terminal), terminal.PathOf(line.GetRequiredValue(_output)));
        ReportOutcome outcome;
        using (var progress = new ProgressLine(terminal))
            outcome = await Task.Run(() => Report.Run(request, terminal.Clock, progress, stop), CancellationToken.None).ConfigureAwait(false);
        Print(line, terminal, outcome, () => terminal.Print($"wrote {outcome.Output}: catalogue {outcome.Catalogue}, {Figures.Of(outcome.Charts.Count, "chart", "charts")}, {Figures.Bytes(outcome.LengthBytes)}"));
        return ExitCode.Done;
    }
}
