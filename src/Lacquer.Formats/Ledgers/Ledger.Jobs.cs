using System.Data.Common;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Identity;

namespace Lacquer.Formats.Ledgers;

/// <content>What became of each recording.</content>
public sealed partial class Ledger
{
    /// <summary>The ingest of a recording so far, or null.</summary>
    public JobRow? Job(EntityId recording) => Read("SELECT recording, state, attempts, reason, object, accession, \"offset\" FROM job WHERE recording = $1", ReadJob, recording.ToArray()).FirstOrDefault();

    /// <summary>How many jobs there are of each state and reason, most first.</summary>
    public IReadOnlyList<(JobState State, string Reason, long Count)> JobCounts() => Read(
        "SELECT state, reason, count(*) FROM job GROUP BY state, reason ORDER BY state, count(*) DESC, reason", row => (State(row.GetString(0)), row.GetString(1), row.GetInt64(2)));

    /// <summary>The jobs of a state, by recording.</summary>
    public IReadOnlyList<JobRow> Jobs(JobState state) => Read($"SELECT recording, state, attempts, reason, object, accession, \"offset\" FROM job WHERE state = '{StateName(state)}' ORDER BY recording", ReadJob);

    /// <summary>A recording's audio has become an object; with the events that led there.</summary>
    /// <param name="recording">The recording.</param>
    /// <param name="from">The record that describes the file it was made from.</param>
    /// <param name="obj">The object, which has its place already.</param>
    /// <param name="events">What happened.</param>
    /// <param name="lease">The job, which ends with this; null where it is none of the queue.</param>
    /// <returns>False where another process has the job by now: then nothing is written, and the object is not known of.</returns>
    public bool Ingested(EntityId recording, RecordPlace from, ObjectRow obj, IReadOnlyList<EventDraft> events, JobLease? lease = null) => _database.Write(() =>
    {
        if (lease is not null && !Leave(lease))
            return false;
        AddObject(obj);
        var before = StateOf(recording);
        Run("INSERT INTO job VALUES($1, 'done', 1, '', $2, $3, $4) ON CONFLICT(recording) DO UPDATE SET state = 'done', attempts = job.attempts + 1, reason = '', object = $2, accession = $3, \"offset\" = $4",
            recording.ToArray(), obj.Root.Digest.ToArray(), from.Accession, from.Offset);
        foreach (var item in events)
            AddEvent(item.Type, item.Subject, item.Success, item.Detail, item.Agent);
        if (lease is not null)
            Count(lease.Job, before, JobState.Done, obj.LengthBytes);
        return true;
    });

    /// <summary>A recording's audio is denied or set aside.</summary>
    /// <param name="recording">The recording.</param>
    /// <param name="from">The record that was looked at.</param>
    /// <param name="state">Which of the two.</param>
    /// <param name="reason">Why.</param>
    /// <param name="lease">The job: one that is denied ends with this, one that is set aside rests; null where it is none of the queue.</param>
    /// <param name="rest">After what time it may be tried again; null: when it is asked for.</param>
    /// <returns>False where another process has the job by now: then nothing is written.</returns>
    public bool NotIngested(EntityId recording, RecordPlace from, JobState state, string reason, JobLease? lease = null, TimeSpan? rest = null) => _database.Write(() =>
    {
        if (lease is not null && !(state == JobState.Denied ? Leave(lease) : Rested(lease, rest)))
            return false;
        var before = StateOf(recording);
        Run("INSERT INTO job VALUES($1, $2, 1, $3, NULL, $4, $5) ON CONFLICT(recording) DO UPDATE SET state = $2, attempts = job.attempts + 1, reason = $3, object = NULL, accession = $4, \"offset\" = $5",
            recording.ToArray(), StateName(state), reason, from.Accession, from.Offset);
        if (state == JobState.SetAside)
            AddEvent("ingest", recording.ToString(), false, reason);
        if (lease is not null)
            Count(lease.Job, before, state, null);
        return true;
    });

    private JobState? StateOf(EntityId recording) => Read("SELECT state FROM job WHERE recording = $1", row => (JobState?)State(row.GetString(0)), recording.ToArray()).FirstOrDefault();

    private static JobRow ReadJob(DbDataReader row) => new(
        new EntityId(EntityKind.Recording, row.GetFieldValue<byte[]>(0)), State(row.GetString(1)), row.GetInt32(2), row.GetString(3),
        row.IsDBNull(4) ? null : new PiecesRoot(Digest(row, 4)), new RecordPlace(row.GetInt32(5), row.GetInt64(6)));

    private static string StateName(JobState state) => state switch { JobState.Done => "done", JobState.Denied => "denied", _ => "set-aside" };

    private static JobState State(string name) => name switch { "done" => JobState.Done, "denied" => JobState.Denied, _ => JobState.SetAside };
}
