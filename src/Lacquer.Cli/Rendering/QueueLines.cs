using Lacquer.Formats.Ledgers;
using Lacquer.Stages.Workbench;

namespace Lacquer.Cli.Rendering;

/// <summary>The queue of jobs in lines.</summary>
internal static class QueueLines
{
    private const int MostOfAKind = 10;

    /// <summary>Its stages; nothing where it was never filled.</summary>
    public static Table Stages(IEnumerable<StageRow> stages)
    {
        var table = new Table("popularity from", "with audio", "held", "denied", "set aside", "waiting", "").Right(0, 1, 2, 3, 4, 5);
        foreach (var stage in stages.Where(s => s.Recordings > 0 || s.Paused || s.First))
            table.Add(Figures.Count(stage.Lower), Figures.Count(stage.Recordings), Figures.Count(stage.Done), Figures.Count(stage.Denied), Figures.Count(stage.SetAside), Figures.Count(stage.Waiting), stage.Paused ? "paused" : stage.First ? "first" : "");
        return table;
    }

    /// <summary>How fast it goes, how long it takes, and who is at work; only while something waits.</summary>
    public static void AddPace(Table table, QueueState queue)
    {
        if (queue.Waiting + queue.PausedJobs == 0)
            return;
        table.Add("waiting", Figures.Of(queue.Waiting, "job", "jobs") + (queue.PausedJobs > 0 ? $"; {Figures.Count(queue.PausedJobs)} in stages that are paused" : ""));
        if (queue.Rate is { } rate)
            table.Add("rate", $"{Figures.Of((long)rate.FilesPerHour, "file", "files")} and {Figures.Bytes((long)rate.BytesPerHour)} an hour"
                + (queue.RemainingSeconds is > 0 and var left ? $"; {Figures.About(TimeSpan.FromSeconds(Math.Min(left, 1e9)))} left" : ""));
        foreach (var worker in queue.Workers)
            table.Add("worker", $"{worker.Name}  {Figures.Of(worker.Jobs, "job", "jobs")}" + (worker.SilentSeconds is { } silent ? $"; silent, its jobs go to others since {Figures.About(TimeSpan.FromSeconds(silent))}" : ""));
    }

    /// <summary>What failed and why: of each kind some.</summary>
    public static void Print(Terminal terminal, IEnumerable<FailureGroup> failures)
    {
        foreach (var failure in failures)
        {
            terminal.Print($"  {Figures.Count(failure.Jobs.Count)}  {failure.Kind}");
            foreach (var job in failure.Jobs.Take(MostOfAKind))
                terminal.Print($"     {job.Recording}  {job.Reason}");
            if (failure.Jobs.Count > MostOfAKind)
                terminal.Print($"     and {Figures.Count(failure.Jobs.Count - MostOfAKind)} more");
        }
    }
}
