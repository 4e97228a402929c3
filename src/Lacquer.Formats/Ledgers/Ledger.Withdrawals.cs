using System.Globalization;
using Lacquer.Formats.Editions;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Rights;

namespace Lacquer.Formats.Ledgers;

/// <summary>A withdrawal on record.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Undoes">The one that it undoes, or null.</param>
/// <param name="Scope">What was asked for.</param>
/// <param name="Subject">Of what.</param>
/// <param name="Reason">Why.</param>
/// <param name="Reference">The request's reference.</param>
/// <param name="Date">The day.</param>
/// <param name="IsErased">Whether its audio is deleted.</param>
/// <param name="IsUndone">Whether a later one undid it.</param>
public sealed record WithdrawalRow(int Number, int? Undoes, WithdrawalScope Scope, string Subject, string Reason, string Reference, DateOnly Date, bool IsErased, bool IsUndone);

/// <content>What was taken back.</content>
public sealed partial class Ledger
{
    private const string WithdrawalColumns = "w.number, w.undoes, w.scope, w.subject, w.reason, w.reference, w.date, w.erased, w.undone";

    /// <summary>All withdrawals, by number.</summary>
    public IReadOnlyList<WithdrawalRow> Withdrawals() => Read($"SELECT {WithdrawalColumns} FROM withdrawal w ORDER BY w.number", ReadWithdrawal);

    /// <summary>The first withdrawal that stands and takes back a thing, as it names it or what the catalogue found to be the same; or null.</summary>
    public WithdrawalRow? WithdrawalOf(EntityId entity) => Read(
        $"SELECT {WithdrawalColumns} FROM withdrawn x JOIN withdrawal w ON w.number = x.withdrawal WHERE x.entity IN ($1, (SELECT same_as FROM withdrawn_also WHERE entity = $1)) ORDER BY w.number LIMIT 1", ReadWithdrawal, entity.ToString()).FirstOrDefault();

    /// <summary>Everything that withdrawals name, each once, in the order of the texts of the ids.</summary>
    public IReadOnlyList<EntityId> Withdrawn() => Read("SELECT DISTINCT entity FROM withdrawn ORDER BY entity", row => ReadId(row.GetString(0)));

    /// <summary>Whether a withdrawal that stands names a thing.</summary>
    public bool IsNamed(EntityId entity) => Read("SELECT 1 FROM withdrawn WHERE entity = $1 LIMIT 1", row => row.GetInt32(0), entity.ToString()).Count > 0;

    /// <summary>What was found to be the same as something that is withdrawn, by the word of a source that is withdrawn itself since then; by id.</summary>
    public IReadOnlyList<(EntityId Id, EntityId SameAs)> KeptWithdrawn() => Read("SELECT entity, same_as FROM withdrawn_also WHERE kept = 1 AND same_as IN (SELECT entity FROM withdrawn) ORDER BY entity", row => (ReadId(row.GetString(0)), ReadId(row.GetString(1))));

    /// <summary>Recordings that are held, and withdrawn only as the same as something: no tombstone tells a mirror to delete them.</summary>
    public IReadOnlyList<EntityId> HeldUnnamed() => Read("SELECT a.entity FROM withdrawn_also a JOIN withdrawn x ON x.entity = a.same_as WHERE a.entity NOT IN (SELECT entity FROM withdrawn) GROUP BY a.entity ORDER BY a.entity", row => ReadId(row.GetString(0)))
        .Where(id => id.Kind == EntityKind.Recording && Job(id)?.Object is not null).ToList();

    /// <summary>Releases that are withdrawn with whatever stands on them.</summary>
    public IReadOnlyList<EntityId> WithdrawnReleases() => Read("SELECT DISTINCT subject FROM withdrawal WHERE scope = 'release' AND undone = 0 AND undoes IS NULL ORDER BY subject", row => ReadId(row.GetString(0)));

    /// <summary>Sources whose records no catalogue reads any more.</summary>
    public IReadOnlyList<string> WithdrawnSources() => Read("SELECT DISTINCT subject FROM withdrawal WHERE scope = 'source' AND undone = 0 AND undoes IS NULL ORDER BY subject", row => row.GetString(0));

    /// <summary>
    /// Records what a new catalogue found to be the same as something that is withdrawn, in place of what the last one did: the gate lets it pass no more. What is no longer found waits for the gate. In one transaction, with events.
    /// </summary>
    public void ReplaceAlsoWithdrawn(IReadOnlyList<(EntityId Entity, EntityId SameAs)> found)
    {
        var before = Read("SELECT entity, same_as FROM withdrawn_also WHERE kept = 0", row => (row.GetString(0), row.GetString(1))).ToDictionary();
        if (before.Count == 0 && found.Count == 0)
            return;
        Write(() =>
        {
            Run("DELETE FROM withdrawn_also WHERE kept = 0");
            foreach (var (entity, sameAs) in found)
            {
                Run("INSERT INTO withdrawn_also VALUES($1, $2, 0) ON CONFLICT(entity) DO NOTHING", entity.ToString(), sameAs.ToString());
                if (before.Remove(entity.ToString()))
                    continue;
                AddEvent("withdrawal", entity.ToString(), true, $"the same as {sameAs}, which is withdrawn, or its");
                if (entity.Kind == EntityKind.Recording && Rights(entity) is { } rights)
                    WriteRights(entity, rights);
            }

            foreach (var (entity, sameAs) in before)
                AddEvent("withdrawal", entity, true, $"no longer withdrawn as the same as {sameAs}");
        });
    }

    /// <summary>
    /// Records a withdrawal, and takes back what is published of what it names; or, of one that undoes another, that the other no longer stands: what it named waits for the gate. In one transaction, with events. One that is on record is left as it is.
    /// </summary>
    public void AddWithdrawal(Tombstone stone, bool isErased) => Write(() =>
    {
        if (Run("INSERT INTO withdrawal VALUES($1, $2, $3, $4, $5, $6, $7, $8, 0) ON CONFLICT(number) DO NOTHING", stone.Number, stone.Undoes ?? (object)DBNull.Value, Tombstone.Name(stone.Scope), stone.Subject, stone.Reason, stone.Reference,
            stone.Date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), isErased ? 1 : 0) == 0)
            return;
        var number = FormattableString.Invariant($"{stone.Number:D6}");
        if (stone.Undoes is { } undone)
        {
            Run("UPDATE withdrawal SET undone = 1 WHERE number = $1", undone);
            foreach (var entity in Read("SELECT entity FROM withdrawn WHERE withdrawal = $1 ORDER BY entity", row => row.GetString(0), undone))
                AddEvent("withdrawal", entity, true, FormattableString.Invariant($"{number} undoes {undone:D6}: {stone.Reason}"));
            Run("DELETE FROM withdrawn WHERE withdrawal = $1", undone);
            return;
        }

        // A source's word on what is the same goes with it, what it led to stays.
        if (stone.Scope == WithdrawalScope.Source)
            Run("UPDATE withdrawn_also SET kept = 1");
        foreach (var entity in stone.Entities)
        {
            Run("INSERT INTO withdrawn VALUES($1, $2) ON CONFLICT DO NOTHING", entity.ToString(), stone.Number);
            AddEvent("withdrawal", entity.ToString(), true, $"{number}, {Tombstone.Name(stone.Scope)} {stone.Subject}: {stone.Reason}{(stone.Reference.Length > 0 ? $" ({stone.Reference})" : "")}");
            if (entity.Kind == EntityKind.Recording && Rights(entity) is { } rights)
                WriteRights(entity, rights);
        }
    });

    /// <summary>Recordings held that are withdrawn by those whose audio is deleted, each with its object.</summary>
    public IReadOnlyList<(EntityId Recording, ObjectRow Object)> ToErase() => Read(
        "WITH gone(entity) AS (SELECT x.entity FROM withdrawn x JOIN withdrawal w ON w.number = x.withdrawal WHERE w.erased = 1) SELECT entity FROM gone UNION SELECT a.entity FROM withdrawn_also a JOIN gone g ON g.entity = a.same_as ORDER BY entity",
        row => ReadId(row.GetString(0)))
        .Select(id => id.Kind == EntityKind.Recording && Job(id)?.Object is { } root && Object(root) is { } obj ? (id, obj) : ((EntityId, ObjectRow)?)null)
        .OfType<(EntityId, ObjectRow)>().ToList();

    /// <summary>
    /// Forgets the audio of a recording that is withdrawn: the recording is denied, and where its object is of no other and stands in no volume but retired ones, that goes too.
    /// </summary>
    /// <returns>Whether the object is gone from the ledger, so that its file may be deleted.</returns>
    public bool Erased(EntityId recording, ObjectRow obj)
    {
        var isGone = false;
        Write(() =>
        {
            var root = obj.Root.Digest.ToArray();
            Run("UPDATE job SET state = 'denied', object = NULL, reason = $2 WHERE recording = $1", recording.ToArray(), WithdrawalOf(recording) is { } by ? WhyWithdrawn(by) : "withdrawn");
            AddEvent("withdrawal", recording.ToString(), true, $"its audio, object {obj.Root}, is no longer held");
            isGone = Read("SELECT 1 FROM job WHERE object = $1 UNION ALL SELECT 1 FROM volume_file f JOIN volume v ON v.number = f.volume WHERE f.object = $1 AND v.retired = 0 LIMIT 1", row => row.GetInt32(0), root).Count == 0;
            if (!isGone)
                return;
            Run("DELETE FROM volume_file WHERE object = $1", root);
            ForgetComparison(obj);
            RemoveObject(obj);
            AddEvent("deletion", obj.Root.ToString(), true, "withdrawn");
        });
        return isGone;
    }

    /// <summary>A decision as a withdrawal leaves it: what is withdrawn is not published, and not kept where its audio is deleted.</summary>
    public RightsDecision Bound(EntityId recording, RightsDecision decision) => (decision.Keep || decision.Publish) && WithdrawalOf(recording) is { } by
        ? decision with { Keep = decision.Keep && !by.IsErased, Publish = false, Reason = WhyWithdrawn(by) }
        : decision;

    private static string WhyWithdrawn(WithdrawalRow by) => string.Create(CultureInfo.InvariantCulture, $"withdrawn on {by.Date:yyyy-MM-dd}: {by.Reason} (withdrawal {by.Number:D6})");

    private static EntityId ReadId(string text) => EntityId.TryParse(text, out var id) ? id : throw new FormatException($"a withdrawal of the ledger has '{text}' for an id");

    private static WithdrawalRow ReadWithdrawal(System.Data.Common.DbDataReader row) => new(row.GetInt32(0), row.IsDBNull(1) ? null : row.GetInt32(1), Tombstone.ScopeOf(row.GetString(2)), row.GetString(3), row.GetString(4), row.GetString(5),
        DateOnly.ParseExact(row.GetString(6), "yyyy-MM-dd", CultureInfo.InvariantCulture), row.GetInt32(7) != 0, row.GetInt32(8) != 0);
}
