using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Lacquer.Formats.Findings;
using Lacquer.Stages.Workbench;

namespace Lacquer.Cli.Demonstration;

/// <summary>A table of listens that nobody measured, so that a demonstration has something to rank by: two thirds of the files fall off like 1 / rank, a third has none.</summary>
internal static class InventedListens
{
    private const int Most = 100_000;
    private static readonly HashSet<string> Extensions = new([".ogg", ".oga", ".opus", ".flac", ".mp3", ".m4a", ".aac", ".wav", ".aiff", ".wma", ".ape", ".wv"], StringComparer.OrdinalIgnoreCase);

    /// <summary>Writes the table for the audio files in a folder; the same files give the same table.</summary>
    /// <returns>How many files it names.</returns>
    /// <exception cref="LacquerException">There are none.</exception>
    public static int Write(string path, string music)
    {
        // By digest, so that the best known are not those whose names begin with an A.
        var keys = Directory.EnumerateFiles(music, "*", SearchOption.AllDirectories).Where(f => Extensions.Contains(Path.GetExtension(f)))
            .Select(f => Path.GetRelativePath(music, f).Replace('\\', '/')).OrderBy(k => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(k))), StringComparer.Ordinal).ToList();
        if (keys.Count == 0)
            throw new LacquerException(Failure.Missing, $"no audio in {music}", "lacquer demo --music DIR takes another folder; lacquer demo alone fetches music");
        var heard = keys.Count - keys.Count / 3;
        var text = new StringBuilder("# Invented, so that the demonstration has something to rank by. Nobody measured these listens.\npath,listens\n");
        foreach (var (key, listens) in keys.Select((key, i) => (Key: key, Listens: i < heard ? Most / (i + 1) : 0)).OrderBy(r => r.Key, StringComparer.Ordinal))
            text.Append('"').Append(key.Replace("\"", "\"\"", StringComparison.Ordinal)).Append("\",").Append(CultureInfo.InvariantCulture, $"{listens}\n");
        Durable.WriteFile(path, stream => stream.Write(Encoding.UTF8.GetBytes(text.ToString())));
        return keys.Count;
    }
}
