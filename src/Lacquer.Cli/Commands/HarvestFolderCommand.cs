using System.CommandLine;
using Lacquer.Cli.Rendering;
using Lacquer.Stages.Harvesting;

namespace Lacquer.Cli.Commands;

/// <summary>Harvests a folder of music.</summary>
internal sealed class HarvestFolderCommand : Verb
{
    private readonly Argument<string> _folder = new("DIR") { Description = "The folder; its subfolders are read too." };
    private readonly Option<string?> _source = new("--source") { Description = "The source's name: a-z, digits, dots, hyphens. Otherwise from the folder's name.", HelpName = "NAME" };
    private readonly Option<string?> _listens = new("--listens") { Description = "A CSV table of listens: the column listens, and one of path, isrc, title (with artist).", HelpName = "FILE" };
    private readonly Option<bool> _dryRun = new("--dry-run") { Description = "Say what would be read, and stop." };

    public HarvestFolderCommand()
        : base("folder", "Reads a folder of music: for each file its hash, tags and streams, the evidence of its licence and its listens. Where nothing has changed since the last time, no accession is made.",
            "lacquer harvest folder ~/Music --archive /srv/music",
            "lacquer harvest folder ~/Music --source home --listens listens.csv")
    {
        Arguments.Add(_folder);
        Take(_source, _listens, _dryRun);
    }

    public override async Task<int> RunAsync(ParseResult line, Terminal terminal, CancellationToken stop)
    {
        var listens = line.GetValue(_listens) is { } table ? terminal.PathOf(table) : null;
        var plan = FolderHarvest.Plan(new HarvestRequest(Archive(line, terminal), terminal.PathOf(line.GetRequiredValue(_folder)), line.GetValue(_source), listens));
        if (line.GetValue(_dryRun))
        {
            Print(line, terminal, new { plan.Source, plan.Folder, plan.Files, plan.LengthBytes },
                () => terminal.Print($"would read {Figures.Of(plan.Files, "file", "files")}, {Figures.Bytes(plan.LengthBytes)}, as source {plan.Source} from {plan.Folder}"));
            return ExitCode.Done;
        }

        HarvestReport report;
        using (var progress = new ProgressLine(terminal))
            report = await FolderHarvest.RunAsync(plan, terminal.Clock, progress, stop).ConfigureAwait(false);
        Print(line, terminal, report, () =>
        {
            terminal.Print(FormattableString.Invariant($"accession {report.Source}/{report.Accession:D6}: {Figures.Of(report.Records, "file", "files")}{(report.IsNew ? "" : ", nothing new")}"));
            if (report.Records == 0)
                terminal.Hint($"no audio was found in {plan.Folder}");
            else if (report.IsNew)
                terminal.Hint("lacquer catalogue compiles it");
        });
        return End(terminal, report.Findings);
    }
}
