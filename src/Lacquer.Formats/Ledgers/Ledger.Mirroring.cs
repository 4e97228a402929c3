using Lacquer.Formats.Identity;
using Lacquer.Formats.Rights;
using Lacquer.Formats.Volumes;

namespace Lacquer.Formats.Ledgers;

/// <summary>What an edition says of a recording.</summary>
/// <param name="Recording">Which.</param>
/// <param name="Object">Its object there.</param>
/// <param name="Rights">The decision it is published by.</param>
public readonly record struct EditionRights(EntityId Recording, PiecesRoot Object, RightsDecision Rights);

/// <content>What a mirror has from its origin.</content>
public sealed partial class Ledger
{
    /// <summary>Takes in what a mirror fetched: an object, the recordings it is of, and what the origin's gate said.</summary>
    public void Replicated(ObjectRow obj, IReadOnlyList<(EntityId Recording, RightsDecision Rights)> recordings, string origin) => Write(() =>
    {
        AddObject(obj);
        foreach (var (recording, rights) in recordings)
        {
            PointTo(recording, obj.Root);
            WriteRights(recording, rights);
        }

        AddEvent("replication", obj.Root.ToString(), true, $"from {origin}");
    });

    /// <summary>
    /// Takes over what an edition says of recordings, as far as it is of audio that is held and differs from what is known, in one transaction with events.
    /// </summary>
    /// <param name="rows">Those of one recording follow one another: the first whose object is held counts.</param>
    /// <param name="origin">Where the edition came from.</param>
    public void Replicated(IReadOnlyList<EditionRights> rows, string origin) => Write(() =>
    {
        EntityId? done = null;
        foreach (var (recording, root, rights) in rows)
        {
            if (recording == done || Read("SELECT 1 FROM object WHERE root = $1 AND extension <> $2", row => row.GetInt32(0), root.Digest.ToArray(), Notice.Extension).Count == 0)
                continue;
            done = recording;
            if (Job(recording)?.Object != root)
            {
                PointTo(recording, root);
                AddEvent("replication", root.ToString(), true, $"from {origin}");
            }

            if (Rights(recording) != Bound(recording, rights))
                WriteRights(recording, rights);
        }
    });

    /// <summary>
    /// The recordings from one id to another of which an object is held, in the order of their ids, each with its object and the decision on it; null in place of one that no edition brings: with evidence or without a licence.
    /// </summary>
    public void ScanHeld(EntityId first, EntityId last, Action<EntityId, PiecesRoot, RightsDecision?> sink) => _database.Scan(
        """
        SELECT j.recording, j.object, CASE WHEN r.licence IS NOT NULL AND r.evidence IS NULL THEN 1 ELSE 0 END, coalesce(r.keep, 0), coalesce(r.publish, 0), coalesce(r.licence, ''), coalesce(r.reason, ''), coalesce(r.policy, '')
        FROM job j LEFT JOIN rights r ON r.recording = j.recording AND r.recording >= $1 AND r.recording <= $2 WHERE j.state = 'done' AND j.recording >= $1 AND j.recording <= $2 ORDER BY j.recording
        """,
        row => sink(new EntityId(EntityKind.Recording, row.Bytes(0)), new PiecesRoot(new Sha256Digest(row.Bytes(1))),
            row.Integer(2) == 0 ? null : new RightsDecision(row.Integer(3) != 0, row.Integer(4) != 0, row.Text(5), row.Text(6), null, row.Text(7))),
        first.ToArray(), last.ToArray());

    /// <summary>The recordings whose audio stands in a volume, in the order of its files.</summary>
    public IReadOnlyList<EntityId> RecordingsIn(int volume) => Read(
        "SELECT j.recording FROM volume_file f JOIN job j ON j.object = f.object WHERE f.volume = $1 ORDER BY f.idx, j.recording", row => new EntityId(EntityKind.Recording, row.GetFieldValue<byte[]>(0)), volume);

    /// <summary>The names of all objects, 32 bytes each.</summary>
    public void ScanRoots(Action<ReadOnlySpan<byte>> sink) => _database.Scan("SELECT root FROM object", row => sink(row.Bytes(0)));

    private void PointTo(EntityId recording, PiecesRoot root) => Run(
        "INSERT INTO job VALUES($1, 'done', 1, '', $2, 0, 0) ON CONFLICT(recording) DO UPDATE SET state = 'done', object = $2", recording.ToArray(), root.Digest.ToArray());
}
