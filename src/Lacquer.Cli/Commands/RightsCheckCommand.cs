using System.CommandLine;
using Lacquer.Cli.Rendering;
using Lacquer.Stages.Reviewing;

namespace Lacquer.Cli.Commands;

/// <summary>Says what a change of policy would change.</summary>
internal sealed class RightsCheckCommand : Verb
{
    private readonly Option<bool> _apply = new("--apply") { Description = "Write the answers of today to the ledger." };

    public RightsCheckCommand()
        : base("check", "Asks the gate again about every recording that it has decided on, and lists what it would decide otherwise today, before anything changes.",
            "lacquer rights check", "lacquer rights check --apply")
        => Take(_apply);

    public override async Task<int> RunAsync(ParseResult line, Terminal terminal, CancellationToken stop)
    {
        var request = new RightsCheckRequest(Archive(line, terminal), line.GetValue(_apply));
        RightsCheckReport report;
        var list = IsJson(line) ? new JsonList(terminal, "changes") : null;
        using (var progress = new ProgressLine(terminal))
            report = await Task.Run(() => RightsCheck.Run(request, terminal.Clock, Show, progress, stop), CancellationToken.None).ConfigureAwait(false);
        if (list is not null)
        {
            list.End(report);
            return End(terminal, report.Findings);
        }

        if (report.Changes.Count > 0)
            terminal.Print();
        terminal.Print($"policy {report.Policy} on {report.Day:O}: {Figures.Of(report.Decisions, "decision", "decisions")}, {Figures.Count(report.Same)} the same, {Figures.Count(report.Reworded)} the same for another reason");
        foreach (var change in report.Changes)
            terminal.Print($"{Word(change.From)} -> {Word(change.To)}: {Figures.Count(change.Recordings)}");
        if (report.OfOrigin > 0)
            terminal.Print($"decided by the origin of this mirror: {Figures.Count(report.OfOrigin)}");
        if (report.IsApplied)
            terminal.Print("the ledger has the decisions of today");
        if (report.IsApplied && report.Changes.Count > 0)
            terminal.Hint("lacquer ingest takes in what is newly let in; lacquer press and lacquer publish make it public or take it back");
        else if (report.Changes.Count > 0)
            terminal.Hint("nothing has changed yet: lacquer rights check --apply writes it to the ledger");
        return End(terminal, report.Findings);

        // A list may be longer than memory: each is printed as it is found.
        void Show(RightsChange change)
        {
            if (list is not null) list.Add(change);
            else terminal.Print($"{change.Recording}  {Word(change.From)} -> {Word(change.To)}  {change.After.Reason}");
        }
    }

    private static string Word(RightsAnswer answer) => answer switch { RightsAnswer.Publish => "publish", RightsAnswer.Keep => "keep", _ => "deny" };
}
