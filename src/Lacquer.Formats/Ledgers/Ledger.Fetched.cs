using System.Text;
using Lacquer.Formats.Accessions;

namespace Lacquer.Formats.Ledgers;

/// <content>What was found in files that came over the network.</content>
public sealed partial class Ledger
{
    /// <summary>What was found in a file when it was fetched; null where it never was.</summary>
    /// <param name="source">The source's name.</param>
    /// <param name="key">What the source calls the file.</param>
    /// <exception cref="FormatException">It is not what <see cref="SetFetched"/> wrote.</exception>
    public AudioRecord? Fetched(string source, string key) =>
        Read("SELECT record FROM fetched WHERE source = $1 AND key = $2", row => row.GetString(0), source, key).FirstOrDefault() is { } line ? AudioRecord.Read(Encoding.UTF8.GetBytes(line)).Record : null;

    /// <summary>Remembers what was found in a file: its hash, ffprobe's description and what its own tags say of its licence. The file itself is not kept, so that this stands in for it.</summary>
    public void SetFetched(string source, AudioRecord record) => Write(() =>
        Run("INSERT INTO fetched VALUES($1, $2, $3) ON CONFLICT(source, key) DO UPDATE SET record = $3", source, record.Key, Encoding.UTF8.GetString(record.ToLine())));
}
