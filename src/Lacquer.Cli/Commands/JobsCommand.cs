using System.CommandLine;
using Lacquer.Cli.Rendering;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Ledgers;
using Lacquer.Stages.Workbench;

namespace Lacquer.Cli.Commands;

/// <summary>Says which jobs are done first, and which are not done for now.</summary>
internal sealed class JobsCommand : Verb
{
    private readonly Option<int[]> _pause = Stages("--pause", "Hand out no jobs of this stage, until it is resumed.");
    private readonly Option<int[]> _resume = Stages("--resume", "Hand out the jobs of this stage again.");
    private readonly Option<int[]> _first = Stages("--first", "Do the jobs of this stage before all others.");
    private readonly Option<bool> _byRank = new("--by-rank") { Description = "No stage comes first any more: the best known recording does." };

    public JobsCommand()
        : base("jobs", "Shows the jobs of ingest by stage, and says which are done first and which are not done for now. It holds for every ingest of the archive from its next job on, also for those that run.",
            "lacquer jobs", "lacquer jobs --pause 0 --archive /srv/music", "lacquer jobs --first 50 --first 20")
        => Take(_pause, _resume, _first, _byRank);

    public override Task<int> RunAsync(ParseResult line, Terminal terminal, CancellationToken stop)
    {
        var (pause, resume, first, byRank) = (Of(line, _pause), Of(line, _resume), Of(line, _first), line.GetValue(_byRank));
        var isChange = pause.Length + resume.Length + first.Length > 0 || byRank;
        if (byRank && first.Length > 0)
            throw new LacquerException(Failure.Usage, "--first and --by-rank exclude each other", "lacquer jobs --help says how it is used");
        using var archive = isChange ? OpenArchive.ToTakeJobs(Archive(line, terminal), terminal.Clock, LedgerPatience.None) : OpenArchive.ToRead(Archive(line, terminal), terminal.Clock);
        var stages = archive.Ledger.Stages();
        if (isChange)
        {
            foreach (var stage in pause.Concat(resume).Concat(first))
                if (stages.All(s => s.Lower != stage))
                    throw new LacquerException(Failure.Usage, stages.Count == 0 ? "there are no jobs yet" : $"there is no stage {stage}; there are {string.Join(", ", stages.Select(s => s.Lower))}",
                        stages.Count == 0 ? "lacquer ingest queues them" : "stages are named by their lower bounds of popularity, as lacquer.toml has them under [press]");
            foreach (var stage in pause.Concat(resume))
                archive.Ledger.Pause(stage, paused: pause.Contains(stage));
            if (byRank || first.Length > 0)
                archive.Ledger.First(first);
            stages = archive.Ledger.Stages();
        }

        Print(line, terminal, stages, () =>
        {
            if (stages.Count == 0)
                terminal.Print("no jobs yet");
            else
                QueueLines.Stages(stages).Print(terminal);
        });
        return Task.FromResult(ExitCode.Done);
    }

    private static int[] Of(ParseResult line, Option<int[]> option) => line.GetValue(option) ?? [];

    private static Option<int[]> Stages(string name, string description) => new(name) { Description = description, HelpName = "STAGE", AllowMultipleArgumentsPerToken = false };
}
