using DuckDB.NET.Data;
using Lacquer.Formats.Accessions;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;

namespace Lacquer.Stages.Harvesting;

/// <summary>
/// Listens from a CSV table with a header: <c>listens</c> and at least one of <c>path</c>, <c>isrc</c> and <c>title</c> (with <c>artist</c>, where titles alone are not enough).
/// Lines that begin with <c>#</c> are remarks. The table is held in memory, about 150 bytes a row; one of over 512 MiB is refused.
/// </summary>
public sealed class ListensTable
{
    private const long LargestBytes = 512L << 20;
    private readonly Dictionary<string, long> _listens = new(StringComparer.Ordinal);

    private ListensTable()
    {
    }

    /// <summary>Reads a table.</summary>
    /// <exception cref="LacquerException">It is missing, too large, or not such a table.</exception>
    public static ListensTable Read(string path)
    {
        var file = new FileInfo(path);
        if (!file.Exists)
            throw new LacquerException(Failure.Missing, $"no table of listens at {path}", "name a CSV file with a header, for example: path,listens");
        if (file.Length > LargestBytes)
            throw new LacquerException(Failure.Usage, $"{path} is larger than 512 MiB", "split the source, or the table, into parts");
        var table = new ListensTable();
        try
        {
            using var connection = new DuckDBConnection("Data Source=:memory:");
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "SELECT * FROM read_csv($path, header=true, all_varchar=true, comment='#', delim=',', quote='\"', escape='\"')";
            command.Parameters.Add(new DuckDBParameter("path", path));
            using var row = command.ExecuteReader();
            var columns = Enumerable.Range(0, row.FieldCount).ToDictionary(i => row.GetName(i).Trim().ToLowerInvariant(), i => i, StringComparer.Ordinal);
            if (!columns.ContainsKey("listens") || !(columns.ContainsKey("path") || columns.ContainsKey("isrc") || columns.ContainsKey("title")))
                throw new LacquerException(Failure.Usage, $"{path} has the columns {string.Join(", ", columns.Keys)}; listens and one of path, isrc, title are needed", "give the table a header line, for example: path,listens");
            string? Value(string name) => columns.TryGetValue(name, out var i) && !row.IsDBNull(i) ? row.GetString(i) : null;
            for (var line = 1; row.Read(); line++)
            {
                if (!long.TryParse(Value("listens"), System.Globalization.CultureInfo.InvariantCulture, out var listens) || listens < 0)
                    throw new LacquerException(Failure.Usage, $"{path}: row {line} has listens of '{Value("listens")}', not a whole number from 0", "correct the row");
                if (KeyOf(Value("path"), Value("isrc"), Value("artist"), Value("title")) is { } key)
                    table._listens[key] = table._listens.GetValueOrDefault(key) + listens;
            }
        }
        catch (DuckDBException e)
        {
            throw new LacquerException(Failure.Usage, $"{path} cannot be read as CSV: {e.Message.ReplaceLineEndings(" ")}", "give the table a header line, for example: path,listens", e);
        }

        return table;
    }

    /// <summary>The listens of a file, or null where the table has none.</summary>
    public long? For(AudioRecord record)
    {
        string?[] keys =
        [
            KeyOf(record.Key, null, null, null),
            Isrc.TryParse(record.Tag("isrc", "tsrc"), out var isrc) ? KeyOf(null, isrc.ToString(), null, null) : null,
            KeyOf(null, null, record.Tag("artist"), record.Tag("title")),
            KeyOf(null, null, null, record.Tag("title")),
        ];
        foreach (var key in keys)
            if (key is not null && _listens.TryGetValue(key, out var listens))
                return listens;
        return null;
    }

    private static string? KeyOf(string? path, string? isrc, string? artist, string? title)
    {
        if (!string.IsNullOrEmpty(path))
            return "p" + path.Replace('\\', '/');
        if (Isrc.TryParse(isrc, out var code))
            return "i" + code;
        return SearchText.Fold(title) is { Length: > 0 } name ? $"t{SearchText.Fold(artist)}\n{name}" : null;
    }
}
