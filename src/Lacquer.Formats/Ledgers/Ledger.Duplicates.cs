using System.Data.Common;
using System.Globalization;
using Lacquer.Formats.Fingerprints;
using Lacquer.Formats.Identity;

namespace Lacquer.Formats.Ledgers;

/// <content>
/// Which recordings are the same audio. An object is compared once with those that were compared before it; what it is found by then lies in three indexes: its original's hash, its samples' hash and its fingerprint's terms,
/// about 1.1 KiB for an object.
/// </content>
public sealed partial class Ledger
{
    // Candidates by fingerprint that are looked at: those that share most terms.
    private const int MostCandidates = 32;

    private const string SameAudioColumns = "recording, other, how, score, apart, original";

    /// <summary>Whether an object was compared with those before it.</summary>
    public bool IsCompared(PiecesRoot root) => Read("SELECT 1 FROM compared WHERE object = $1", _ => true, root.Digest.ToArray()).Count > 0;

    /// <summary>Objects that were not compared yet and are some recording's, in the order of their names, at most so many after one.</summary>
    public IReadOnlyList<PiecesRoot> Uncompared(PiecesRoot? after, int limit) => Read(
        "SELECT DISTINCT j.object FROM job j WHERE j.object > $1 AND NOT EXISTS (SELECT 1 FROM compared c WHERE c.object = j.object) ORDER BY j.object LIMIT $2",
        row => new PiecesRoot(Digest(row, 0)), after?.Digest.ToArray() ?? [], limit);

    /// <summary>Compared objects that were made of this file.</summary>
    public IReadOnlyList<ObjectRow> ComparedOf(Sha256Digest original) => Compared("original", original);

    /// <summary>Compared objects whose lossless sources decode to these samples.</summary>
    public IReadOnlyList<ObjectRow> ComparedWith(Sha256Digest samples) => Compared("samples", samples);

    /// <summary>Compared objects that sound most like this at a glance, those that share most terms first.</summary>
    public IReadOnlyList<ObjectRow> ComparedLike(Fingerprint fingerprint)
    {
        var terms = fingerprint.Terms();
        if (terms.Count == 0)
            return [];
        var wanted = string.Join(", ", Enumerable.Range(3, terms.Count).Select(i => FormattableString.Invariant($"${i}")));
        return Read(
            $"SELECT object FROM fingerprint_term WHERE term IN ({wanted}) AND items BETWEEN $1 AND $2 GROUP BY object ORDER BY count(*) DESC, object LIMIT {MostCandidates}",
            row => new PiecesRoot(Digest(row, 0)), [fingerprint.Count - Fingerprint.MostOffset, fingerprint.Count + Fingerprint.MostOffset, .. terms.Select(t => (object)t)])
            .Select(Object).OfType<ObjectRow>().ToList();
    }

    /// <summary>Whether a volume, retired or not, has this object.</summary>
    public bool IsPressed(PiecesRoot root) => Read("SELECT 1 FROM volume_file WHERE object = $1 LIMIT 1", _ => true, root.Digest.ToArray()).Count > 0;

    /// <summary>An object was compared and stays: later ones are compared with it.</summary>
    /// <param name="obj">The object.</param>
    /// <param name="same">What was found the same.</param>
    public void Compared(ObjectRow obj, IReadOnlyList<SameAudioRow> same) => Write(() =>
    {
        AddCompared(obj);
        AddSame(same);
    });

    /// <summary>An object was compared and is the same audio as another: its recordings are held by that one from now on, and it is no longer in the ledger. Its file is the caller's to delete.</summary>
    /// <param name="gone">The object; no volume has it.</param>
    /// <param name="kept">The other.</param>
    /// <param name="same">What was found the same, each recording of the one that goes among it.</param>
    public void StoredOnce(ObjectRow gone, ObjectRow kept, IReadOnlyList<SameAudioRow> same) => Write(() =>
    {
        Run("UPDATE job SET object = $2 WHERE object = $1", gone.Root.Digest.ToArray(), kept.Root.Digest.ToArray());
        RemoveObject(gone);
        AddSame(same);
        AddEvent("deletion", gone.Root.ToString(), true, string.Create(CultureInfo.InvariantCulture, $"the same audio as {kept.Root} ({SameAudioNames.Of(same[0].By)}, {same[0].Score:0.000}); its original was {gone.Original}"));
    });

    /// <summary>What a recording's audio was found to be the same as, or null.</summary>
    public SameAudioRow? SameAudio(EntityId recording) => Read($"SELECT {SameAudioColumns} FROM same_audio WHERE recording = $1", ReadSame, recording.ToArray()).FirstOrDefault();

    /// <summary>Recordings that are the same audio as another, by that other and then their own ids, at most so many after one.</summary>
    public IReadOnlyList<SameAudioRow> SameAudio(SameAudioRow? after, int limit) => Read(
        $"SELECT {SameAudioColumns} FROM same_audio WHERE other > $1 OR (other = $1 AND recording > $2) ORDER BY other, recording LIMIT $3", ReadSame, after?.Other.ToArray() ?? [], after?.Recording.ToArray() ?? [], limit);

    /// <summary>How many recordings are the same audio as another.</summary>
    public long SameAudioCount() => Read("SELECT count(*) FROM same_audio", row => row.GetInt64(0))[0];

    /// <summary>Recordings whose audio at least so many more have, by their ids.</summary>
    public IReadOnlyList<EntityId> SameAudioGroups(int least) => Read(
        "SELECT other FROM same_audio GROUP BY other HAVING count(*) >= $1 ORDER BY other", row => new EntityId(EntityKind.Recording, row.GetFieldValue<byte[]>(0)), least);

    /// <summary>The recordings that are the same audio as this one, by their ids.</summary>
    public IReadOnlyList<EntityId> SameAudioAs(EntityId other) => Read(
        "SELECT recording FROM same_audio WHERE other = $1 ORDER BY recording", row => new EntityId(EntityKind.Recording, row.GetFieldValue<byte[]>(0)), other.ToArray());

    private List<ObjectRow> Compared(string column, Sha256Digest digest) => Read(
        $"SELECT {ObjectColumns} FROM compared c JOIN object o ON o.root = c.object WHERE c.{column} = $1 ORDER BY o.root LIMIT {MostCandidates}", ReadObject, digest.ToArray());

    private void AddCompared(ObjectRow obj)
    {
        Run("INSERT INTO compared VALUES($1, $2, $3) ON CONFLICT(object) DO NOTHING", obj.Root.Digest.ToArray(), obj.Original?.ToArray() ?? (object)DBNull.Value, obj.Samples?.ToArray() ?? (object)DBNull.Value);
        var fingerprint = Fingerprint.Parse(obj.Fingerprint);
        foreach (var term in fingerprint.Terms())
            Run("INSERT INTO fingerprint_term VALUES($1, $2, $3) ON CONFLICT(term, items, object) DO NOTHING", term, fingerprint.Count, obj.Root.Digest.ToArray());
    }

    // The same audio under another name.
    private void ReplaceCompared(ObjectRow old, ObjectRow obj)
    {
        if (ForgetComparison(old))
            AddCompared(obj);
    }

    private bool ForgetComparison(ObjectRow obj)
    {
        if (Run("DELETE FROM compared WHERE object = $1", obj.Root.Digest.ToArray()) == 0)
            return false;
        var fingerprint = Fingerprint.Parse(obj.Fingerprint);
        foreach (var term in fingerprint.Terms())
            Run("DELETE FROM fingerprint_term WHERE term = $1 AND items = $2 AND object = $3", term, fingerprint.Count, obj.Root.Digest.ToArray());
        return true;
    }

    private void AddSame(IReadOnlyList<SameAudioRow> same)
    {
        foreach (var row in same)
        {
            Run("INSERT INTO same_audio VALUES($1, $2, $3, $4, $5, $6) ON CONFLICT(recording) DO UPDATE SET other = $2, how = $3, score = $4, apart = $5, original = $6",
                row.Recording.ToArray(), row.Other.ToArray(), SameAudioNames.Of(row.By), row.Score, row.Apart, row.Original?.ToArray() ?? (object)DBNull.Value);
            AddEvent("same-audio", row.Recording.ToString(), true, string.Create(CultureInfo.InvariantCulture, $"as {row.Other} ({SameAudioNames.Of(row.By)}, {row.Score:0.000}){(row.Apart.Length > 0 ? $"; each is held: {row.Apart}" : "")}"));
        }
    }

    private static SameAudioRow ReadSame(DbDataReader row) => new(
        new EntityId(EntityKind.Recording, row.GetFieldValue<byte[]>(0)), new EntityId(EntityKind.Recording, row.GetFieldValue<byte[]>(1)), SameAudioNames.TryParse(row.GetString(2), out var by) ? by : SameAudioBy.Fingerprint,
        row.GetDouble(3), row.GetString(4), row.IsDBNull(5) ? null : new Sha256Digest(row.GetFieldValue<byte[]>(5)));
}
