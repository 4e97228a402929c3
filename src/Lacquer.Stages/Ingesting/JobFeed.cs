using System.Collections;
using System.Globalization;
using Lacquer.Formats.Accessions;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Ledgers;
using Lacquer.Stages.Sources;
using Lacquer.Stages.Workbench;

namespace Lacquer.Stages.Ingesting;

/// <summary>A job in hand, with what the catalogue says of its recording.</summary>
/// <param name="Lease">The lease.</param>
/// <param name="Recording">The recording.</param>
/// <param name="Places">The records that speak of it.</param>
/// <param name="Keys">What the sources call it.</param>
/// <param name="Subject">What else the gate is told.</param>
internal sealed record JobInHand(JobLease Lease, RecordingRow Recording, IReadOnlyList<RecordPlace> Places, IReadOnlyList<SourceKey> Keys, RightsSubject Subject);

/// <summary>
/// Fills the queue from the newest catalogue and hands its jobs out, in the order of the catalogue, what has a sign of no music last where the policy says so. A round of the queue is of one catalogue and one policy:
/// with others everything is asked again. A filled queue is gone on with, whoever filled it and whatever ended the process that did.
/// </summary>
internal sealed class JobFeed(OpenArchive archive, CatalogueReader catalogue, WorkFolder work, TimeSpan lease, TimeProvider clock)
{
    // Where the tail's places begin: behind every rank.
    private const long TailBegins = 1L << 40;
    private const int JobsPerFill = 5000;

    // A transaction for so many jobs costs little more than for one; of audio that takes a second each, a core has no more than a minute's in hand.
    private const int MostAtOnce = 24;
    private static readonly TimeSpan Quick = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Idle = TimeSpan.FromMilliseconds(250);

    private readonly Lock _ending = new();
    private readonly HashSet<long> _inHand = [];
    private List<JobEnd> _ends = [];

    /// <summary>What the queue is filled from.</summary>
    public string Round { get; } = RoundOf(archive, catalogue);

    /// <summary>Fills the queue, unless it is filled.</summary>
    /// <exception cref="LacquerException">It is of a newer catalogue than this machine has.</exception>
    public void Fill(IProgress<StageProgress> progress, CancellationToken stop)
    {
        var ledger = archive.Ledger;
        if (ledger.Round is { } before && before != Round && string.CompareOrdinal(before.Split(' ')[0], catalogue.Name) > 0)
            throw new LacquerException(Failure.Missing, $"the jobs of this archive are of catalogue {before.Split(' ')[0]}, and the newest here is {catalogue.Name}", "copy the newer catalogue to this machine");
        ledger.BeginRound(Round, archive.Configuration.Stages);
        if (ledger.FilledTo is not { } filled)
            return;
        var tail = QualitySigns.Tail(catalogue, archive.Ledger, archive.Configuration.Quality, stop);
        var audible = Audible(stop);
        var total = catalogue.Totals().Recordings;
        var (jobs, after) = (new List<QueuedJob>(), filled);
        for (var isTail = filled > TailBegins; ; isTail = true)
        {
            var begins = isTail ? TailBegins : 0;
            foreach (var recording in catalogue.Recordings(Math.Max(filled - begins, 0)).Where(r => audible[(int)r.Rank] && (tail?[(int)r.Rank] ?? false) == isTail))
            {
                stop.ThrowIfCancellationRequested();
                jobs.Add(new QueuedJob(begins + recording.Rank, recording.Id, archive.Configuration.StageOf(recording.Popularity), recording.Listens));
                if (jobs.Count < JobsPerFill)
                    continue;
                ledger.Fill(Round, after, jobs[^1].Place, jobs);
                after = jobs[^1].Place;
                jobs = [];
                progress.Report(new StageProgress("queue", recording.Rank, total));
            }

            if (tail is null || isTail)
                break;
        }

        ledger.Fill(Round, after, null, jobs);
    }

    /// <summary>Jobs, until none is left that can be done now, or the budget is reached. For one thread at a time.</summary>
    /// <param name="width">How many are worked on at once.</param>
    /// <param name="budgetBytes">No more are taken once the objects have as many bytes; null: no limit.</param>
    /// <param name="stop">Ends it.</param>
    public IEnumerable<JobInHand> Jobs(int width, long? budgetBytes, CancellationToken stop)
    {
        // With a budget no more than are begun at once, so that it is kept to.
        var least = budgetBytes is null ? Math.Min(4 * width, MostAtOnce) : width;
        var (most, claimed) = (least, clock.GetTimestamp());
        while (true)
        {
            stop.ThrowIfCancellationRequested();
            Flush();
            if (archive.Ledger.ObjectTotals().LengthBytes >= budgetBytes)
            {
                ReachedBudget = true;
                yield break;
            }

            var leases = archive.Ledger.Claim(work.Name, Round, most, lease);
            foreach (var taken in leases)
            {
                if (archive.Ledger.ObjectTotals().LengthBytes >= budgetBytes)
                    break;
                lock (_ending)
                    if (!_inHand.Add(taken.Job.Place))
                        continue;
                if (catalogue.Recording(taken.Job.Recording) is { } recording)
                    yield return new JobInHand(taken, recording, catalogue.Sources(recording.Rank), catalogue.Keys(EntityKind.Recording, recording.Rank), RightsSubject.Of(catalogue, recording, archive.Configuration.Rights));
                else
                    End(new JobEnd(taken, null, null));
            }

            if (leases.Count > 0)
            {
                // What the gate denies takes no time: more of it is taken at once.
                most = budgetBytes is null && clock.GetElapsedTime(claimed) < Quick ? Math.Min(2 * most, MostAtOnce) : least;
                claimed = clock.GetTimestamp();
                continue;
            }

            // Others may not live to end theirs; these wait, as the others do for this one's.
            if (!archive.Ledger.IsAnyLeft(work.Name))
                yield break;
            work.Adopt();
            stop.WaitHandle.WaitOne(Idle);
        }
    }

    /// <summary>Whether the budget ended it.</summary>
    public bool ReachedBudget { get; private set; }

    /// <summary>A job is no longer in hand, however it ended.</summary>
    public void Ended(JobLease ended)
    {
        lock (_ending)
            _inHand.Remove(ended.Job.Place);
    }

    /// <summary>A job made no object now; it is written with others, before the next are taken or the leases renewed. Where the process ends before, it is asked again.</summary>
    public void End(JobEnd end)
    {
        List<JobEnd>? full = null;
        lock (_ending)
        {
            _ends.Add(end);
            if (_ends.Count >= MostAtOnce)
                (full, _ends) = (_ends, []);
        }

        if (full is not null)
            archive.Ledger.End(full);
    }

    /// <summary>Writes what has ended.</summary>
    public void Flush()
    {
        List<JobEnd> ends;
        lock (_ending)
            (ends, _ends) = (_ends, []);
        archive.Ledger.End(ends);
    }

    // What decides about order and rights. With age among the rules, a new year frees more.
    private static string RoundOf(OpenArchive archive, CatalogueReader catalogue)
    {
        var (configuration, quality) = (archive.Configuration, archive.Configuration.Quality);
        return string.Create(CultureInfo.InvariantCulture,
            $"{catalogue.Name} policy {configuration.Rights.Version} stages {string.Join(',', configuration.Stages)} tail {string.Join(',', quality.Tail)} {quality.ShortMs} {quality.FloodTracks} {quality.SeriesTracks}{(configuration.Rights.Age is null ? "" : $" year {archive.Today.Year}")}{(archive.Ledger.Withdrawals() is { Count: > 0 } withdrawals ? $" withdrawals {withdrawals.Count}" : "")}");
    }

    // Which recordings, by rank, some source may have audio of; a bit each.
    private BitArray Audible(CancellationToken stop)
    {
        var audible = new BitArray((int)catalogue.Totals().Recordings + 1);
        var accessions = archive.Ledger.Accessions().Where(a => AudioRecord.IsOf(a.Adapter) || AdapterList.Of(a.Adapter) is not null).Select(a => a.Number).ToHashSet();
        foreach (var (rank, place) in catalogue.Places(EntityKind.Recording))
        {
            stop.ThrowIfCancellationRequested();
            if (accessions.Contains(place.Accession))
                audible[(int)rank] = true;
        }

        return audible;
    }
}
