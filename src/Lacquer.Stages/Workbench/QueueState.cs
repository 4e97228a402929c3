using System.Text.RegularExpressions;
using Lacquer.Formats.Ledgers;

namespace Lacquer.Stages.Workbench;

/// <summary>A process that has jobs in hand.</summary>
/// <param name="Name">Machine, process, and when it began.</param>
/// <param name="Jobs">How many.</param>
/// <param name="SilentSeconds">For how long it has given no sign of life, where its leases have run out; else null.</param>
public sealed record WorkerState(string Name, long Jobs, long? SilentSeconds);

/// <summary>How fast jobs end, from the last minutes.</summary>
/// <param name="JobsPerHour">Jobs, however they end.</param>
/// <param name="FilesPerHour">Objects made.</param>
/// <param name="BytesPerHour">Their bytes.</param>
public sealed record QueueRate(double JobsPerHour, double FilesPerHour, double BytesPerHour);

/// <summary>Recordings whose audio is set aside for reasons of one kind.</summary>
/// <param name="Kind">The reason, without the name of the file.</param>
/// <param name="Jobs">Them, with their whole reasons.</param>
public sealed partial record FailureGroup(string Kind, IReadOnlyList<JobRow> Jobs)
{
    /// <summary>Groups, the largest first.</summary>
    public static IReadOnlyList<FailureGroup> Of(IEnumerable<JobRow> jobs) => jobs.GroupBy(j => File().Replace(j.Reason, ""), StringComparer.Ordinal)
        .OrderByDescending(g => g.Count()).ThenBy(g => g.Key, StringComparer.Ordinal).Select(g => new FailureGroup(g.Key, [.. g])).ToList();

    // Reasons begin with the file's name, which ends in most cases with an extension.
    [GeneratedRegex(@"^(?:.*?\.\w{1,5}|[^:]*): ", RegexOptions.Singleline)]
    private static partial Regex File();
}

/// <summary>How far the queue of jobs has got.</summary>
/// <param name="Stages">Its stages, the most popular first.</param>
/// <param name="Waiting">Jobs that wait or are in hand, those of paused stages left out.</param>
/// <param name="PausedJobs">Jobs of paused stages.</param>
/// <param name="Coverage">Share of the catalogue's listens that what is held accounts for, 0 to 1; null where there are none.</param>
/// <param name="Rate">How fast it goes; null where nothing ended in the last minutes.</param>
/// <param name="RemainingSeconds">How long the waiting jobs take at that rate; null where nobody can tell.</param>
/// <param name="Workers">Who is at work.</param>
public sealed record QueueState(IReadOnlyList<StageRow> Stages, long Waiting, long PausedJobs, double? Coverage, QueueRate? Rate, long? RemainingSeconds, IReadOnlyList<WorkerState> Workers)
{
    private const int WindowMinutes = 10;

    /// <summary>Reads it. No job is counted row by row.</summary>
    /// <param name="ledger">The ledger.</param>
    /// <param name="listens">The catalogue's listens.</param>
    /// <param name="clock">The clock.</param>
    public static QueueState Of(Ledger ledger, long listens, TimeProvider clock)
    {
        var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        var stages = ledger.Stages();
        var waiting = stages.Where(s => !s.Paused).Sum(s => s.Waiting);
        var rate = Rated(ledger.Pace(now / 60_000 - WindowMinutes), now / 60_000.0);
        return new QueueState(stages, waiting, stages.Where(s => s.Paused).Sum(s => s.Waiting), listens > 0 ? stages.Sum(s => s.DoneListens) / (double)listens : null, rate,
            rate is { JobsPerHour: > 0 } ? (long)Math.Min(waiting / rate.JobsPerHour * 3600, 1e12) : null,
            ledger.Owners().Select(o => new WorkerState(o.Owner, o.Jobs, o.DueMs < now ? (now - o.DueMs) / 1000 : null)).ToList());
    }

    private static QueueRate? Rated(IReadOnlyList<PaceRow> pace, double nowMinutes)
    {
        if (pace.Count == 0)
            return null;
        // The last minute is not over; the first was perhaps not worked through, and one of a few seconds tells little.
        var hours = Math.Max(nowMinutes - pace[0].Minute, 0.5) / 60;
        return new QueueRate(pace.Sum(p => p.Jobs) / hours, pace.Sum(p => p.Objects) / hours, pace.Sum(p => p.Bytes) / hours);
    }
}
