using Lacquer.Formats.Identity;

namespace Lacquer.Formats.Ledgers;

/// <summary>Objects whose tags name an album.</summary>
public sealed partial class Ledger
{
    private const string Was = "; was object ";

    /// <summary>The releases named by objects that stand in no volume, in the order of their ids, at most <paramref name="limit"/> after one.</summary>
    public IReadOnlyList<EntityId> UnpressedAlbums(EntityId? after, int limit) => Read(
        "SELECT DISTINCT o.album FROM object o WHERE o.album > $1 AND NOT EXISTS (SELECT 1 FROM volume_file f WHERE f.object = o.root) ORDER BY o.album LIMIT $2",
        row => new EntityId(EntityKind.Release, row.GetFieldValue<byte[]>(0)), after?.ToArray() ?? [], limit);

    /// <summary>Whether an object is of this recording and no other, and stands in no volume: another may take its place.</summary>
    public bool IsOnlyOf(PiecesRoot root, EntityId recording) => Read(
        "SELECT 1 FROM object o WHERE o.root = $1 AND NOT EXISTS (SELECT 1 FROM volume_file f WHERE f.object = o.root) AND EXISTS (SELECT 1 FROM job WHERE object = o.root AND recording = $2) AND NOT EXISTS (SELECT 1 FROM job WHERE object = o.root AND recording <> $2)",
        row => row.GetInt32(0), root.Digest.ToArray(), recording.ToArray()).Count > 0;

    /// <summary>Another object takes the place of one that stands in no volume; the old one is forgotten.</summary>
    /// <returns>False where the recording has another object by now: then nothing is written.</returns>
    public bool Replaced(EntityId recording, ObjectRow old, ObjectRow obj) => _database.Write(() =>
    {
        if (Read("SELECT 1 FROM job WHERE recording = $1 AND object = $2", row => row.GetInt32(0), recording.ToArray(), old.Root.Digest.ToArray()).Count == 0)
            return false;
        AddObject(obj);
        Run("UPDATE job SET object = $1 WHERE recording = $2", obj.Root.Digest.ToArray(), recording.ToArray());
        ReplaceCompared(old, obj);
        RemoveObject(old);
        AddEvent("modification", obj.Root.ToString(), true, $"{recording}: gain of album {obj.Album}{Was}{old.Root}");
        return true;
    });

    /// <summary>The events of an object and of those whose place it took, oldest first.</summary>
    public IReadOnlyList<EventRow> History(PiecesRoot root)
    {
        var events = Events(root.ToString());
        return events.FirstOrDefault(e => e.Type == "modification") is { } taken && taken.Detail.LastIndexOf(Was, StringComparison.Ordinal) is >= 0 and var at
            && Sha256Digest.TryParse(taken.Detail[(at + Was.Length)..], out var old) && old != root.Digest ? [.. History(new PiecesRoot(old)), .. events] : events;
    }
}
