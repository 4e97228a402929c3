using System.Data.Common;
using System.Globalization;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;

namespace Lacquer.Formats.Ledgers;

/// <content>
/// The queue of jobs. A job waits (<c>due</c> is 0), is in hand (it has an owner, and comes back at <c>due</c> unless its lease is renewed), or rests until <c>due</c>. One that ends leaves the queue. What is counted
/// of it stands in <c>stage</c>, so that nothing is ever counted row by row. Transactions touch tables in one order (queue, object, job, stage, pace), so that they do not wait for each other in a ring.
/// </content>
public sealed partial class Ledger
{
    /// <summary>When a job is due that rests until it is asked for.</summary>
    private const long Never = long.MaxValue;

    private const string RoundKey = "round";
    private const string FilledKey = "round_filled";
    private const string FilledAll = "all";
    // SQLite looks each parameter up by its name: more in a statement take longer, not less.
    private const int RowsPerStatement = 24;
    private static readonly TimeSpan SearchesAll = TimeSpan.FromSeconds(10);

    // Where the search for waiting jobs begins: until PostgreSQL clears up, the index has the jobs that have gone as well, by the hundred thousand. What others gave back before it is found when all is searched again.
    private long _claimedTo;
    private long _searchedAll;

    private const string WaitingColumns = "place, recording, stage, listens, owner, begun";

    /// <summary>What the queue was filled from, or null where it never was.</summary>
    public string? Round => Meta(RoundKey);

    /// <summary>The last place up to which the queue is filled; null where it is filled.</summary>
    public long? FilledTo => Meta(FilledKey) is { } filled && filled != FilledAll ? long.Parse(filled, CultureInfo.InvariantCulture) : null;

    /// <summary>All stages, the most popular first.</summary>
    public IReadOnlyList<StageRow> Stages() => Read("SELECT lower, paused, first, recordings, listens, waiting, done, done_listens, denied, set_aside FROM stage ORDER BY lower DESC", row => new StageRow(
        row.GetInt32(0), row.GetInt32(1) != 0, row.GetInt32(2) != 0, row.GetInt64(3), row.GetInt64(4), row.GetInt64(5), row.GetInt64(6), row.GetInt64(7), row.GetInt64(8), row.GetInt64(9)));

    /// <summary>Who has jobs in hand.</summary>
    public IReadOnlyList<OwnerRow> Owners() => Read("SELECT owner, count(*), max(due) FROM queue WHERE owner IS NOT NULL GROUP BY owner ORDER BY owner", row => new OwnerRow(row.GetString(0), row.GetInt64(1), row.GetInt64(2)));

    /// <summary>What ended in each minute from one on, oldest first.</summary>
    public IReadOnlyList<PaceRow> Pace(long fromMinute) => Read("SELECT minute, jobs, objects, bytes FROM pace WHERE minute >= $1 ORDER BY minute", row => new PaceRow(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3)), fromMinute);

    /// <summary>Begins to fill the queue anew: what waited is forgotten, what became of recordings is not. Where another process has begun the same round, nothing is done.</summary>
    /// <param name="round">What it is filled from.</param>
    /// <param name="stages">Lower bounds of the stages; those that were there stay paused or first.</param>
    public void BeginRound(string round, IReadOnlyList<int> stages) => Reorder(() =>
    {
        Run("INSERT INTO meta VALUES($1, '') ON CONFLICT(name) DO NOTHING", RoundKey);
        if (Run("UPDATE meta SET value = $2 WHERE name = $1 AND value <> $2", RoundKey, round) == 0)
            return;
        Run($"{_database.Truncate} queue");
        Run("INSERT INTO meta VALUES($1, '0') ON CONFLICT(name) DO UPDATE SET value = '0'", FilledKey);
        Run($"DELETE FROM stage WHERE lower NOT IN ({string.Join(',', stages)})");
        Run("UPDATE stage SET recordings = 0, listens = 0, waiting = 0, done = 0, done_listens = 0, denied = 0, set_aside = 0");
        foreach (var stage in stages)
            Run("INSERT INTO stage VALUES($1, 0, 0, 0, 0, 0, 0, 0, 0, 0) ON CONFLICT(lower) DO NOTHING", stage);
    });

    /// <summary>Puts jobs into the queue. Processes may fill it side by side: what one has put there, the others leave out.</summary>
    /// <param name="round">What it is filled from.</param>
    /// <param name="after">The place up to which it was filled.</param>
    /// <param name="upTo">The place up to which it is filled then; null: wholly.</param>
    /// <param name="jobs">The jobs between, in order.</param>
    public void Fill(string round, long after, long? upTo, IReadOnlyList<QueuedJob> jobs) => Write(() =>
    {
        MustBe(round);
        if (Run("UPDATE meta SET value = $3 WHERE name = $1 AND value = $2", FilledKey, after.ToString(CultureInfo.InvariantCulture), upTo?.ToString(CultureInfo.InvariantCulture) ?? FilledAll) == 0)
            return;
        var states = new Dictionary<EntityId, JobState>();
        foreach (var some in jobs.Chunk(RowsPerStatement))
        {
            Run($"INSERT INTO queue VALUES {string.Join(", ", some.Select((_, i) => FormattableString.Invariant($"(${4 * i + 1}, ${4 * i + 2}, ${4 * i + 3}, ${4 * i + 4}, 0, NULL, 0)")))}",
                [.. some.SelectMany(j => new object[] { j.Place, j.Recording.ToArray(), j.Stage, j.Listens })]);
            foreach (var (id, state) in Read($"SELECT recording, state FROM job WHERE recording IN ({Parameters(1, some.Length)})",
                row => (new EntityId(EntityKind.Recording, row.GetFieldValue<byte[]>(0)), State(row.GetString(1))), [.. some.Select(j => (object)j.Recording.ToArray())]))
                states[id] = state;
        }

        foreach (var stage in jobs.GroupBy(j => j.Stage).OrderBy(g => g.Key))
        {
            var done = stage.Where(j => states.TryGetValue(j.Recording, out var state) && state == JobState.Done).ToList();
            Run("UPDATE stage SET recordings = recordings + $2, listens = listens + $3, waiting = waiting + $2, done = done + $4, done_listens = done_listens + $5, denied = denied + $6, set_aside = set_aside + $7 WHERE lower = $1",
                stage.Key, stage.LongCount(), stage.Sum(j => j.Listens), (long)done.Count, done.Sum(j => j.Listens), In(JobState.Denied), In(JobState.SetAside));
            long In(JobState which) => stage.LongCount(j => states.TryGetValue(j.Recording, out var state) && state == which);
        }
    });

    /// <summary>Takes the next jobs in hand: first those that came back, then the best known of the stages that are first, then of all that are not paused.</summary>
    /// <param name="owner">Who takes them.</param>
    /// <param name="round">What the queue must have been filled from.</param>
    /// <param name="most">How many at most.</param>
    /// <param name="length">How long they stay in hand unless the lease is renewed.</param>
    /// <exception cref="LacquerException">The queue has been filled from something else meanwhile.</exception>
    public IReadOnlyList<JobLease> Claim(string owner, string round, int most, TimeSpan length)
    {
        var after = _clock.GetElapsedTime(_searchedAll) < SearchesAll ? _claimedTo : 0;
        var claimed = Claim(owner, round, most, length, after);
        if (claimed.Count < most && after > 0)
            claimed.AddRange(Claim(owner, round, most - claimed.Count, length, after = 0));
        if (after == 0)
            _searchedAll = _clock.GetTimestamp();
        _claimedTo = claimed.Count == most ? claimed[^1].Job.Place : 0;
        return claimed.ConvertAll(lease => lease with { Owner = owner });
    }

    // A power cut may undo it: the jobs wait again, and who has them in hand is told so when it begins or ends them.
    private List<JobLease> Claim(string owner, string round, int most, TimeSpan length, long after) => _database.Write(() =>
    {
        var now = _database.Now();
        var due = now + (long)length.TotalMilliseconds;
        // Its own leases may have run out while it was stopped; its threads are at work on them all the same.
        var claimed = Read($"SELECT {WaitingColumns} FROM queue WHERE due > 0 AND due <= $1 AND (owner IS NULL OR owner <> $2) AND stage IN (SELECT lower FROM stage WHERE paused = 0) ORDER BY due LIMIT {most}{_database.SkipLocked}", ReadWaiting, now, owner);
        if (claimed.Count > 0)
            Run($"UPDATE queue SET owner = $1, due = $2 WHERE place IN ({Parameters(3, claimed.Count)})", [owner, due, .. claimed.Select(l => (object)l.Job.Place)]);
        foreach (var rested in claimed.Where(l => l.Owner.Length == 0).GroupBy(l => l.Job.Stage).OrderBy(g => g.Key))
            Run("UPDATE stage SET waiting = waiting + $2 WHERE lower = $1", rested.Key, rested.Count());
        while (claimed.Count < most)
        {
            var heads = Read("SELECT s.lower, s.first, (SELECT min(q.place) FROM queue q WHERE q.stage = s.lower AND q.due = 0 AND q.place > $1) FROM stage s WHERE s.paused = 0",
                row => (Stage: row.GetInt32(0), First: row.GetInt32(1), Place: row.IsDBNull(2) ? (long?)null : row.GetInt64(2)), after)
                .Where(h => h.Place is not null).OrderByDescending(h => h.First).ThenBy(h => h.Place).ToList();
            if (heads.Count == 0)
                break;
            // As far as no other stage has a better known one.
            var until = heads.Skip(1).Where(h => h.First == heads[0].First).Select(h => h.Place!.Value).DefaultIfEmpty(Never).Min();
            var fresh = Read(string.Create(CultureInfo.InvariantCulture, $"WITH next AS MATERIALIZED (SELECT place FROM queue WHERE stage = $3 AND due = 0 AND place > $4 AND place < $5 ORDER BY place LIMIT {most - claimed.Count}{_database.SkipLocked}) UPDATE queue SET owner = $1, due = $2 WHERE place IN (SELECT place FROM next) RETURNING {WaitingColumns}"),
                ReadWaiting, owner, due, heads[0].Stage, after, until);
            // Others are taking them just now.
            if (fresh.Count == 0)
                break;
            claimed.AddRange(fresh.OrderBy(l => l.Job.Place));
        }

        MustBe(round);
        return claimed;
    }, mayBeLost: true);

    /// <summary>Whether somebody may still have to do with the queue: jobs wait that are not paused, or others have some in hand, which may come back.</summary>
    public bool IsAnyLeft(string owner) =>
        Read("SELECT 1 FROM stage s WHERE s.paused = 0 AND EXISTS (SELECT 1 FROM queue q WHERE q.stage = s.lower AND q.due = 0) LIMIT 1", _ => true).Count > 0
        || Read("SELECT 1 FROM queue WHERE owner IS NOT NULL AND owner <> $1 AND stage IN (SELECT lower FROM stage WHERE paused = 0) LIMIT 1", _ => true, owner).Count > 0;

    /// <summary>Keeps a process's jobs in hand for longer; those that others have by now are not its own any more.</summary>
    public void Renew(string owner, TimeSpan length) => Write(() => Run("UPDATE queue SET due = $2 WHERE owner = $1", owner, _database.Now() + (long)length.TotalMilliseconds));

    /// <summary>Work on a job begins: a process that does not come back from it leaves that on record.</summary>
    /// <returns>False where another process has the job by now.</returns>
    public bool Begin(JobLease lease) => _database.Write(() => Run("UPDATE queue SET begun = begun + 1 WHERE place = $1 AND owner = $2", lease.Job.Place, lease.Owner) > 0, mayBeLost: true);

    /// <summary>Gives back what a process had in hand.</summary>
    /// <param name="owner">The process, which is at an end.</param>
    /// <param name="orderly">Whether it ended of its own will: then nothing speaks against what it had begun.</param>
    public void Release(string owner, bool orderly) => Reorder(() => Run($"UPDATE queue SET due = 0, owner = NULL{(orderly ? ", begun = 0" : "")} WHERE owner = $1", owner));

    /// <summary>Jobs that rest after a failure wait again.</summary>
    /// <param name="all">Also those that rest until they are asked for; their attempts count from 0 again.</param>
    public void Wake(bool all) => Reorder(() =>
    {
        var which = $"due > 0 AND owner IS NULL{(all ? "" : FormattableString.Invariant($" AND due < {Never}"))}";
        var resting = Read($"SELECT stage, count(*) FROM queue WHERE {which} GROUP BY stage ORDER BY stage", row => (Stage: row.GetInt32(0), Count: row.GetInt64(1)));
        if (resting.Count > 0)
            Run($"UPDATE queue SET due = 0, begun = 0 WHERE {which}");
        if (all)
            Run("UPDATE job SET attempts = 0 WHERE state = 'set-aside'");
        foreach (var (stage, count) in resting)
            Run("UPDATE stage SET waiting = waiting + $2 WHERE lower = $1", stage, count);
    });

    /// <summary>A job could not be done now; it rests, and what became of the recording stays as it was.</summary>
    /// <param name="lease">The job.</param>
    /// <param name="rest">After what time it may be tried again; null: when it is asked for.</param>
    public void Rest(JobLease lease, TimeSpan? rest) => Write(() =>
    {
        if (Rested(lease, rest))
            Count(lease.Job, null, null, null);
    });

    /// <summary>Jobs end that made no object, in one transaction; those that others have by now do not.</summary>
    public void End(IReadOnlyList<JobEnd> ends)
    {
        foreach (var owned in ends.GroupBy(e => e.Lease.Owner))
            foreach (var some in owned.Chunk(RowsPerStatement))
            {
                // What comes of such jobs comes of them again. But what is published no more must not be published after a power cut.
                var denied = some.Where(e => e.Rights is { Publish: false }).Select(e => (object)e.Lease.Job.Recording.ToArray()).ToArray();
                var takesBack = denied.Length > 0 && Read($"SELECT 1 FROM rights WHERE publish = 1 AND recording IN ({Parameters(1, denied.Length)}) LIMIT 1", row => row.GetInt32(0), denied).Count > 0;
                _database.Write(() =>
                {
                    End(owned.Key, some);
                    return true;
                }, mayBeLost: !takesBack);
                _database.Breathe();
            }
    }

    /// <summary>Pauses a stage, or hands its jobs out again.</summary>
    /// <returns>False where there is no such stage.</returns>
    public bool Pause(int stage, bool paused) => _database.Write(() => Run("UPDATE stage SET paused = $2 WHERE lower = $1", stage, paused ? 1 : 0) > 0);

    /// <summary>Hands out the jobs of some stages before all others.</summary>
    /// <param name="stages">Their lower bounds; none: by rank alone.</param>
    public void First(IReadOnlyCollection<int> stages) => Reorder(() => Run($"UPDATE stage SET first = CASE WHEN lower IN ({string.Join(',', stages.DefaultIfEmpty(-1))}) THEN 1 ELSE 0 END"));

    private void End(string owner, JobEnd[] ends)
    {
        var own = Read($"DELETE FROM queue WHERE owner = $1 AND place IN ({Parameters(2, ends.Length)}) RETURNING place", row => row.GetInt64(0), [owner, .. ends.Select(e => (object)e.Lease.Job.Place)]).ToHashSet();
        var ours = ends.Where(e => own.Contains(e.Lease.Job.Place)).ToList();
        foreach (var end in ours)
            if (end.Rights is { } rights && Rights(end.Lease.Job.Recording) != Bound(end.Lease.Job.Recording, rights))
                WriteRights(end.Lease.Job.Recording, rights);
        var denied = ours.Where(e => e.Denied is not null).ToList();
        var before = new Dictionary<EntityId, JobState>();
        if (denied.Count > 0)
        {
            foreach (var (id, state) in Read($"SELECT recording, state FROM job WHERE recording IN ({Parameters(1, denied.Count)})",
                row => (new EntityId(EntityKind.Recording, row.GetFieldValue<byte[]>(0)), State(row.GetString(1))), [.. denied.Select(e => (object)e.Lease.Job.Recording.ToArray())]))
                before[id] = state;
            Run($"INSERT INTO job VALUES {string.Join(", ", denied.Select((_, i) => FormattableString.Invariant($"(${4 * i + 1}, 'denied', 1, ${4 * i + 2}, NULL, ${4 * i + 3}, ${4 * i + 4})")))} ON CONFLICT(recording) DO UPDATE SET state = 'denied', attempts = job.attempts + 1, reason = excluded.reason, object = NULL, accession = excluded.accession, \"offset\" = excluded.\"offset\"",
                [.. denied.SelectMany(e => new object[] { e.Lease.Job.Recording.ToArray(), e.Denied!.Value.Reason, e.Denied.Value.From.Accession, e.Denied.Value.From.Offset })]);
        }

        foreach (var stage in ours.GroupBy(e => e.Lease.Job.Stage).OrderBy(g => g.Key))
        {
            var changes = stage.Where(e => e.Denied is not null).Select(e => (e.Lease.Job.Listens, Before: before.TryGetValue(e.Lease.Job.Recording, out var state) ? state : (JobState?)null)).ToList();
            var undone = changes.Where(c => c.Before == JobState.Done).ToList();
            Run("UPDATE stage SET waiting = waiting - $2, done = done - $3, done_listens = done_listens - $4, denied = denied + $5, set_aside = set_aside - $6 WHERE lower = $1",
                stage.Key, stage.Count(), undone.Count, undone.Sum(c => c.Listens), changes.Count(c => c.Before != JobState.Denied), changes.Count(c => c.Before == JobState.SetAside));
        }

        if (ours.Count > 0)
            AddPace(ours.Count, 0, 0);
    }

    // Jobs wait, or come first, that others were claimed before.
    private void Reorder(Action work)
    {
        Write(work);
        _claimedTo = 0;
    }

    private bool Leave(JobLease lease) => Run("DELETE FROM queue WHERE place = $1 AND owner = $2", lease.Job.Place, lease.Owner) > 0;

    private bool Rested(JobLease lease, TimeSpan? rest) => Run("UPDATE queue SET due = $3, owner = NULL, begun = 0 WHERE place = $1 AND owner = $2", lease.Job.Place, lease.Owner, rest is { } time ? _database.Now() + (long)time.TotalMilliseconds : Never) > 0;

    // What a job of the queue was and is: the counts of its stage follow.
    private void Count(QueuedJob job, JobState? before, JobState? after, long? objectBytes)
    {
        var done = After(JobState.Done);
        Run("UPDATE stage SET waiting = waiting - 1, done = done + $2, done_listens = done_listens + $3, denied = denied + $4, set_aside = set_aside + $5 WHERE lower = $1",
            job.Stage, done, done * job.Listens, After(JobState.Denied), After(JobState.SetAside));
        AddPace(1, objectBytes is null ? 0 : 1, objectBytes ?? 0);

        int After(JobState state) => (after == state ? 1 : 0) - (before == state ? 1 : 0);
    }

    private void AddPace(int jobs, int objects, long bytes)
    {
        var minute = _clock.GetUtcNow().ToUnixTimeSeconds() / 60;
        if (Run("UPDATE pace SET jobs = jobs + $2, objects = objects + $3, bytes = bytes + $4 WHERE minute = $1", minute, jobs, objects, bytes) > 0)
            return;
        Run("INSERT INTO pace VALUES($1, $2, $3, $4) ON CONFLICT(minute) DO UPDATE SET jobs = pace.jobs + $2, objects = pace.objects + $3, bytes = pace.bytes + $4", minute, jobs, objects, bytes);
        // A day of it is enough to tell a rate.
        Run("DELETE FROM pace WHERE minute < $1", minute - 24 * 60);
    }

    private void MustBe(string round)
    {
        if (Round != round)
            throw new LacquerException(Failure.Locked, "the jobs of this archive have been queued anew by another process, from another catalogue or policy", "run lacquer ingest again; every machine needs the same catalogue and lacquer.toml");
    }

    private static JobLease ReadWaiting(DbDataReader row) => new(
        new QueuedJob(row.GetInt64(0), new EntityId(EntityKind.Recording, row.GetFieldValue<byte[]>(1)), row.GetInt32(2), row.GetInt64(3)), row.IsDBNull(4) ? "" : row.GetString(4), row.GetInt32(5));

    private static string Parameters(int first, int count) => string.Join(", ", Enumerable.Range(first, count).Select(i => FormattableString.Invariant($"${i}")));
}
