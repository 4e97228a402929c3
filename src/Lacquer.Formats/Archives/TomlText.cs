using System.Diagnostics.CodeAnalysis;
using Lacquer.Formats.Findings;
using Tomlyn;
using Tomlyn.Model;

namespace Lacquer.Formats.Archives;

/// <summary>Reads TOML as a table, with trouble said in one line.</summary>
public static class TomlText
{
    /// <summary>The table in <paramref name="text"/>.</summary>
    /// <exception cref="LacquerException">It is not TOML 1.0.</exception>
    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "TomlTable is read without reflection.")]
    [UnconditionalSuppressMessage("AOT", "IL3050", Justification = "TomlTable is read without reflection.")]
    public static TomlTable Parse(string text, string path)
    {
        try
        {
            return TomlSerializer.Deserialize<TomlTable>(text) ?? [];
        }
        catch (TomlException e)
        {
            throw new LacquerException(Failure.Usage, $"{path} is not TOML: {e.Message.ReplaceLineEndings(" ").Trim()}", "correct the line and run the command again", e);
        }
    }
}
