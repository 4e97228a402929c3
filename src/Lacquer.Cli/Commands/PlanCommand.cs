using System.CommandLine;
using Lacquer.Cli.Rendering;
using Lacquer.Stages.Planning;

namespace Lacquer.Cli.Commands;

/// <summary>Says what would be kept.</summary>
internal sealed class PlanCommand : Verb
{
    private readonly Option<string[]> _budgets = new("--budget") { Description = "A disk's size; may be given several times.", HelpName = "SIZE", Arity = ArgumentArity.OneOrMore };

    public PlanCommand()
        : base("plan", "Says what would be kept of the catalogue, how much room that takes and what share of all listens it covers, best known first.",
            "lacquer plan", "lacquer plan --budget 500GB --budget 4TB")
    {
        _budgets.Validators.Add(result =>
        {
            foreach (var token in result.Tokens.Where(t => !Figures.TryParseBytes(t.Value, out _)))
                result.AddError($"'{token.Value}' is not a size, such as 500MB, 4TB or 1.5GiB");
        });
        Take(_budgets);
    }

    public override async Task<int> RunAsync(ParseResult line, Terminal terminal, CancellationToken stop)
    {
        var budgets = (line.GetValue(_budgets) ?? []).Select(b => Figures.TryParseBytes(b, out var bytes) ? bytes : 0).ToList();
        HoldingsReport report;
        using (var progress = new ProgressLine(terminal))
            report = await Task.Run(() => HoldingsPlan.Run(new HoldingsRequest(Archive(line, terminal), budgets), terminal.Clock, progress, stop), CancellationToken.None).ConfigureAwait(false);
        Print(line, terminal, report, () =>
        {
            terminal.Print($"catalogue {report.Catalogue}: {Figures.Of(report.Recordings, "recording", "recordings")}");
            terminal.Print($"may be kept: {Figures.Count(report.Kept)}, {Figures.Bytes(report.Bytes)}, {Figures.Percent(report.ListensShare)} of listens; {Figures.Count(report.KeptAsIs)} of them as they are, the rest encoded");
            terminal.Print($"may be published: {Figures.Count(report.Published)}");
            if (report.Kept == 0)
            {
                terminal.Hint(report.Recordings == 0 ? "lacquer harvest folder DIR brings recordings" : "lacquer show #1 says why the gate keeps none; what it lets pass stands in lacquer.toml under [rights]");
                return;
            }

            terminal.Print();
            var table = new Table(budgets.Count > 0 ? "budget" : "size", "recordings", "takes", "of listens", "to rank").Right(0, 1, 2, 3, 4);
            foreach (var step in report.Steps)
                table.Add(Figures.Bytes(step.BudgetBytes), Figures.Count(step.Recordings), Figures.Bytes(step.Bytes), Figures.Percent(step.ListensShare), Figures.Count(step.LastRank));
            table.Print(terminal);
            if (report.ListensShare <= 0)
            {
                terminal.Hint("nobody's listens are known: harvest with --listens FILE, and the best known comes first");
                return;
            }

            terminal.Print();
            terminal.Print("share of listens by size");
            Plot.Print(terminal, report.Curve.Select(p => ((double)p.Bytes, p.ListensShare)).ToList(), "0", Figures.Bytes(report.Bytes));
        });
        return ExitCode.Done;
    }
}
