using System.Data.Common;
using System.Text.Json;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Rights;

namespace Lacquer.Formats.Ledgers;

/// <content>What the gate decided.</content>
public sealed partial class Ledger
{
    private const string RightsColumns = "r.keep, r.publish, r.licence, r.reason, r.evidence, r.policy";

    /// <summary>The gate's last decision on a recording, or null.</summary>
    public RightsDecision? Rights(EntityId recording) => Read("SELECT keep, publish, licence, reason, evidence, policy FROM rights WHERE recording = $1", row => ReadRights(row, 0), recording.ToArray()).FirstOrDefault();

    /// <summary>Writes the gate's decision where it differs from the last, with an event.</summary>
    public void SetRights(EntityId recording, RightsDecision decision) => SetRights([(recording, decision)]);

    /// <summary>Writes decisions where they differ from the last, each with an event, in one transaction.</summary>
    public void SetRights(IReadOnlyList<(EntityId Recording, RightsDecision Decision)> decisions)
    {
        var changed = decisions.Where(d => Rights(d.Recording) != Bound(d.Recording, d.Decision)).ToList();
        if (changed.Count == 0)
            return;
        Write(() =>
        {
            foreach (var (recording, decision) in changed)
                WriteRights(recording, decision);
        });
    }

    /// <summary>Decisions in the order of the recordings' ids, at most <paramref name="limit"/> after one.</summary>
    public IReadOnlyList<DecisionRow> Decisions(EntityId? after, int limit) => Read(
        $"SELECT {RightsColumns}, r.recording, j.accession FROM rights r LEFT JOIN job j ON j.recording = r.recording WHERE r.recording > $1 ORDER BY r.recording LIMIT $2", ReadDecision, after?.ToArray() ?? [], limit);

    /// <summary>
    /// What may be published by another policy than this one, with the evidence that decided, in the order of the recordings' ids, at most <paramref name="limit"/> after one; not what a mirror has from its origin.
    /// </summary>
    public IReadOnlyList<DecisionRow> PublishableByOtherPolicy(string policy, EntityId? after, int limit) => Read(
        $"SELECT {RightsColumns}, r.recording, j.accession FROM rights r LEFT JOIN job j ON j.recording = r.recording WHERE r.recording > $2 AND r.publish = 1 AND r.evidence IS NOT NULL AND r.policy <> $1 ORDER BY r.recording LIMIT $3",
        ReadDecision, policy, after?.ToArray() ?? [], limit);

    /// <summary>How many recordings the gate has decided on.</summary>
    public long DecisionCount() => Read("SELECT count(*) FROM rights", row => row.GetInt64(0))[0];

    // What is withdrawn stays so, whatever the gate says.
    private void WriteRights(EntityId recording, RightsDecision decision)
    {
        decision = Bound(recording, decision);
        Run("INSERT INTO rights VALUES($1, $2, $3, $4, $5, $6, $7) ON CONFLICT(recording) DO UPDATE SET keep = $2, publish = $3, licence = $4, reason = $5, evidence = $6, policy = $7",
            recording.ToArray(), decision.Keep ? 1 : 0, decision.Publish ? 1 : 0, decision.Licence ?? (object)DBNull.Value, decision.Reason,
            decision.Evidence is null ? DBNull.Value : JsonSerializer.Serialize(decision.Evidence, EvidenceJson.Default.Evidence), decision.Policy);
        AddEvent("rights", recording.ToString(), true, $"{(decision.Publish ? "publish" : decision.Keep ? "keep" : "deny")}: {decision.Reason} (policy {decision.Policy})");
    }

    private static RightsDecision ReadRights(DbDataReader row, int first) => new(
        row.GetInt32(first) != 0, row.GetInt32(first + 1) != 0, row.IsDBNull(first + 2) ? null : row.GetString(first + 2), row.GetString(first + 3),
        row.IsDBNull(first + 4) ? null : JsonSerializer.Deserialize(row.GetString(first + 4), EvidenceJson.Default.Evidence), row.GetString(first + 5));

    private static DecisionRow ReadDecision(DbDataReader row) =>
        new(new EntityId(EntityKind.Recording, row.GetFieldValue<byte[]>(6)), ReadRights(row, 0), row.IsDBNull(7) ? null : row.GetInt32(7));
}
