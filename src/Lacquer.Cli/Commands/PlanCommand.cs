using System.CommandLine;
using Lacquer.Cli.Rendering;
using Lacquer.Stages.Planning;

namespace Lacquer.Cli.Commands;

/// <summary>Says what would be kept.</summary>
internal sealed class PlanCommand : Verb
{
    private readonly Option<string[]> _budgets = new("--budget") { Description = "A disk's size; may be given several times.", HelpName = "SIZE", Arity = ArgumentArity.OneOrMore };

    private readonly Option<string[]> _policies = new("--policy") { Description = "Try the tables [tiers], [rights] and [quality] of this file instead of lacquer.toml's; may be given several times, to compare.", HelpName = "FILE", Arity = ArgumentArity.OneOrMore };

    public PlanCommand()
        : base("plan", "Says what would be kept of the catalogue, how much room that takes and what share of all listens it covers, best known first.",
            "lacquer plan", "lacquer plan --budget 500GB --budget 4TB", "lacquer plan --policy lacquer.toml --policy lossless.toml")
    {
        _budgets.Validators.Add(result =>
        {
            foreach (var token in result.Tokens.Where(t => !Figures.TryParseBytes(t.Value, out _)))
                result.AddError($"'{token.Value}' is not a size, such as 500MB, 4TB or 1.5GiB");
        });
        Take(_budgets);
        Take(_policies);
    }

    public override async Task<int> RunAsync(ParseResult line, Terminal terminal, CancellationToken stop)
    {
        var budgets = (line.GetValue(_budgets) ?? []).Select(b => Figures.TryParseBytes(b, out var bytes) ? bytes : 0).ToList();
        IReadOnlyList<string?> policies = line.GetValue(_policies) is { Length: > 0 } said ? said : new string?[] { null };
        var reports = new List<HoldingsReport>();
        foreach (var policy in policies)
            using (var progress = new ProgressLine(terminal))
                reports.Add(await Task.Run(() => HoldingsPlan.Run(new HoldingsRequest(Archive(line, terminal), budgets, policy is null ? null : terminal.PathOf(policy)), terminal.Clock, progress, stop), CancellationToken.None).ConfigureAwait(false));
        if (reports is [var report])
            Print(line, terminal, report, () => Show(report, budgets.Count > 0, terminal));
        else
            Print(line, terminal, new { Plans = reports }, () => Compare(reports, terminal));
        return ExitCode.Done;
    }

    private static void Show(HoldingsReport report, bool hasBudgets, Terminal terminal)
    {
        terminal.Print($"catalogue {report.Catalogue}: {Figures.Of(report.Recordings, "recording", "recordings")}");
        terminal.Print($"may be kept: {Figures.Count(report.Kept)}, {Figures.Bytes(report.Bytes)}, {Figures.Percent(report.ListensShare)} of listens; {Figures.Count(report.KeptAsIs)} of them as they are, the rest encoded; about {Cpu(report.CpuDays)} of one core");
        terminal.Print($"may be published: {Figures.Count(report.Published)}");
        if (report.Kept == 0)
        {
            terminal.Hint(report.Recordings == 0 ? "lacquer harvest folder DIR brings recordings" : "lacquer show #1 says why the gate keeps none; what it lets pass stands in lacquer.toml under [rights]");
            return;
        }

        terminal.Print();
        var table = new Table(hasBudgets ? "budget" : "size", "recordings", "takes", "of listens", "to rank", "CPU").Right(0, 1, 2, 3, 4, 5);
        foreach (var step in report.Steps)
            table.Add(Figures.Bytes(step.BudgetBytes), Figures.Count(step.Recordings), Figures.Bytes(step.Bytes), Figures.Percent(step.ListensShare), Figures.Count(step.LastRank), Cpu(step.CpuDays));
        table.Print(terminal);
        if (report.ListensShare <= 0)
        {
            terminal.Hint("nobody's listens are known: harvest with --listens FILE, and the best known comes first");
            return;
        }

        terminal.Print();
        terminal.Print("share of listens by size");
        Plot.Print(terminal, report.Curve.Select(p => ((double)p.Bytes, p.ListensShare)).ToList(), "0", Figures.Bytes(report.Bytes));
    }

    private static void Compare(List<HoldingsReport> reports, Terminal terminal)
    {
        terminal.Print($"catalogue {reports[0].Catalogue}: {Figures.Of(reports[0].Recordings, "recording", "recordings")}");
        terminal.Print();
        var table = new Table("policy", "size", "recordings", "takes", "of listens", "published", "CPU").Right(1, 2, 3, 4, 5, 6);
        foreach (var report in reports)
        {
            var name = Path.GetFileName(report.Policy!);
            foreach (var step in report.Steps.Where(s => s.BudgetBytes < report.Bytes))
                table.Add(name, Figures.Bytes(step.BudgetBytes), Figures.Count(step.Recordings), Figures.Bytes(step.Bytes), Figures.Percent(step.ListensShare), "", Cpu(step.CpuDays));
            table.Add(name, "all", Figures.Count(report.Kept), Figures.Bytes(report.Bytes), Figures.Percent(report.ListensShare), Figures.Count(report.Published), Cpu(report.CpuDays));
        }

        table.Print(terminal);
    }

    private static string Cpu(double days) => days switch
    {
        >= 1 => FormattableString.Invariant($"{days:#,0.0} days"),
        >= 1 / 24.0 => FormattableString.Invariant($"{days * 24:0.0} h"),
        >= 1 / 1440.0 => FormattableString.Invariant($"{days * 1440:0.0} min"),
        _ => FormattableString.Invariant($"{days * 86_400:0.0} s"),
    };
}
