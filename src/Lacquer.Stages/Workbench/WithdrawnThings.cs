using System.Security.Cryptography;
using System.Text;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Ledgers;

namespace Lacquer.Stages.Workbench;

/// <summary>What a catalogue is to be without, with all that its matching finds to be the same.</summary>
/// <param name="Entities">What withdrawals name.</param>
/// <param name="WholeReleases">Of these, releases that take with them what stands on them.</param>
/// <param name="Sources">Sources whose records are not read.</param>
/// <param name="Kept">Ids that such a source showed to be the same as one that is named.</param>
public sealed record WithdrawnThings(IReadOnlyList<EntityId> Entities, IReadOnlyList<EntityId> WholeReleases, IReadOnlyList<string> Sources, IReadOnlyList<(EntityId Id, EntityId SameAs)> Kept)
{
    /// <summary>Where a catalogue says without what it was built, in its <c>meta</c>.</summary>
    public const string MetaName = "withdrawn";

    /// <summary>What is withdrawn now.</summary>
    public static WithdrawnThings Of(Ledger ledger) => new(ledger.Withdrawn(), ledger.WithdrawnReleases(), ledger.WithdrawnSources(), ledger.KeptWithdrawn());

    /// <summary>Stands for all that tombstones say, which a mirror has too: SHA-256 over the ids, whole releases and sources, a line each; null for nothing.</summary>
    public string? Digest()
    {
        var lines = Entities.Select(e => e.ToString()).Concat(WholeReleases.Select(r => $"release {r}")).Concat(Sources.Select(s => $"source {s}")).ToList();
        return lines.Count == 0 ? null : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Concat(lines.Select(l => l + "\n")))));
    }
}
