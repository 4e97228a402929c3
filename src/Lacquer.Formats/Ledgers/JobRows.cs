using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Rights;

namespace Lacquer.Formats.Ledgers;

/// <summary>How far the ingest of a recording got.</summary>
public enum JobState
{
    /// <summary>Its audio is an object.</summary>
    Done,

    /// <summary>The gate does not let its audio be kept.</summary>
    Denied,

    /// <summary>Something is wrong with its audio; the reason says what.</summary>
    SetAside,
}

/// <summary>The ingest of one recording.</summary>
/// <param name="Recording">Which.</param>
/// <param name="State">How far it got.</param>
/// <param name="Attempts">How often it was tried.</param>
/// <param name="Reason">Why it is denied or set aside; "" when done.</param>
/// <param name="Object">The object, when done.</param>
/// <param name="Evidence">Accession and offset of the record it was tried from.</param>
public sealed record JobRow(EntityId Recording, JobState State, int Attempts, string Reason, PiecesRoot? Object, RecordPlace Evidence);

/// <summary>A job that is to be put into the queue.</summary>
/// <param name="Place">Its place: from 1, the first to be done first.</param>
/// <param name="Recording">Whose audio.</param>
/// <param name="Stage">The lower bound of popularity of its stage.</param>
/// <param name="Listens">The recording's listens.</param>
public sealed record QueuedJob(long Place, EntityId Recording, int Stage, long Listens);

/// <summary>A job that one process has in hand for a time. Nothing is written of it once another has it.</summary>
/// <param name="Job">The job.</param>
/// <param name="Owner">The process.</param>
/// <param name="Begun">How often work on it was begun and never ended.</param>
public sealed record JobLease(QueuedJob Job, string Owner, int Begun);

/// <summary>What became of a job that made no object now.</summary>
/// <param name="Lease">The lease.</param>
/// <param name="Rights">What the gate said of the recording; null: it was not asked.</param>
/// <param name="Denied">Why it is not let in, and the record that was looked at; null where the job stands as it stood.</param>
public sealed record JobEnd(JobLease Lease, RightsDecision? Rights, (string Reason, RecordPlace From)? Denied);

/// <summary>A stage of the queue.</summary>
/// <param name="Lower">Its lower bound of popularity.</param>
/// <param name="Paused">Whether none of its jobs is handed out.</param>
/// <param name="First">Whether its jobs are handed out before those of other stages.</param>
/// <param name="Recordings">Recordings of the catalogue that some source may have audio of.</param>
/// <param name="Listens">Their listens.</param>
/// <param name="Waiting">Jobs that wait or are in hand; not those that rest after a failure.</param>
/// <param name="Done">Recordings whose audio is held.</param>
/// <param name="DoneListens">Their listens.</param>
/// <param name="Denied">Recordings that the gate does not let in.</param>
/// <param name="SetAside">Recordings whose audio cannot be used.</param>
public sealed record StageRow(int Lower, bool Paused, bool First, long Recordings, long Listens, long Waiting, long Done, long DoneListens, long Denied, long SetAside);

/// <summary>A process that has jobs in hand.</summary>
/// <param name="Owner">The process.</param>
/// <param name="Jobs">How many.</param>
/// <param name="DueMs">When the last of its leases ends, in milliseconds since 1970.</param>
public sealed record OwnerRow(string Owner, long Jobs, long DueMs);

/// <summary>What ended within a minute.</summary>
/// <param name="Minute">Minutes since 1970.</param>
/// <param name="Jobs">Jobs that ended, however.</param>
/// <param name="Objects">Objects made.</param>
/// <param name="Bytes">Their bytes.</param>
public sealed record PaceRow(long Minute, long Jobs, long Objects, long Bytes);
