using Lacquer.Formats.Identity;

namespace Lacquer.Formats.Ledgers;

/// <summary>Objects whose tags name an album.</summary>
public sealed partial class Ledger
{
    /// <summary>The releases named by objects that stand in no volume, in the order of their ids, at most <paramref name="limit"/> after one.</summary>
    public IReadOnlyList<EntityId> UnpressedAlbums(EntityId? after, int limit) => Read(
        "SELECT DISTINCT o.album FROM object o WHERE o.album > $1 AND NOT EXISTS (SELECT 1 FROM volume_file f WHERE f.object = o.root) ORDER BY o.album LIMIT $2",
        row => new EntityId(EntityKind.Release, row.GetFieldValue<byte[]>(0)), after?.ToArray() ?? [], limit);

    /// <summary>Whether an object is of this recording and no other, and stands in no volume: another may take its place.</summary>
    public bool IsOnlyOf(PiecesRoot root, EntityId recording) => Read(
        "SELECT 1 FROM object o WHERE o.root = $1 AND NOT EXISTS (SELECT 1 FROM volume_file f WHERE f.object = o.root) AND NOT EXISTS (SELECT 1 FROM job j WHERE j.object = o.root AND j.recording <> $2)",
        row => row.GetInt32(0), root.Digest.ToArray(), recording.ToArray()).Count > 0;

    /// <summary>Another object takes the place of one that stands in no volume, and the old one is forgotten. False, and nothing happens, where the recording has another object by now.</summary>
    public bool Replaced(EntityId recording, PiecesRoot old, ObjectRow obj, EventDraft happened)
    {
        var isReplaced = false;
        Write(() =>
        {
            if (Read("SELECT 1 FROM job WHERE recording = $1 AND object = $2", row => row.GetInt32(0), recording.ToArray(), old.Digest.ToArray()).Count == 0)
                return;
            AddObject(obj);
            Run("UPDATE job SET object = $1 WHERE recording = $2 AND object = $3", obj.Root.Digest.ToArray(), recording.ToArray(), old.Digest.ToArray());
            Run("DELETE FROM object WHERE root = $1", old.Digest.ToArray());
            AddEvent(happened.Type, happened.Subject, happened.Success, happened.Detail, happened.Agent);
            isReplaced = true;
        });
        return isReplaced;
    }
}
