using System.Security.Cryptography;
using System.Text;
using Lacquer.Formats.Ledgers;

namespace Lacquer.Stages.Workbench;

/// <summary>What a catalogue is to be without.</summary>
public static class WithdrawnThings
{
    /// <summary>Where a catalogue says without what it was built, in its <c>meta</c>.</summary>
    public const string MetaName = "withdrawn";

    /// <summary>Stands for everything that is withdrawn: SHA-256 over the ids and sources, a line each; null where nothing is.</summary>
    public static string? Digest(Ledger ledger)
    {
        var lines = ledger.Withdrawn().Select(e => e.ToString()).Concat(ledger.WithdrawnSources().Select(s => "source " + s)).ToList();
        return lines.Count == 0 ? null : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Concat(lines.Select(l => l + "\n")))));
    }
}
