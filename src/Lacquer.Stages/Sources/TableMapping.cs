using System.Text;
using System.Text.Json;
using Lacquer.Formats.Archives;
using Lacquer.Formats.Findings;
using Tomlyn.Model;

namespace Lacquer.Stages.Sources;

/// <summary>
/// What the columns of a table mean: a TOML file with the tables <c>recording</c>, <c>release</c>, <c>artist</c> and <c>file</c>, of which each field is the name of a column or a <see cref="MappedValue"/>.
/// It stands in the accession's first line, so that the records can be read without the file it came from.
/// </summary>
internal sealed class TableMapping
{
    /// <summary>Bytes of the longest mapping.</summary>
    public const int LongestText = 64 << 10;

    /// <summary>What rows can be of.</summary>
    public static readonly string[] Kinds = ["recording", "release", "artist"];

    /// <summary>All fields by their tables.</summary>
    public static readonly IReadOnlyDictionary<string, string[]> Fields = new Dictionary<string, string[]>(StringComparer.Ordinal)
    {
        ["recording"] = ["id", "mbid", "title", "aliases", "artist", "artist_id", "artist_mbid", "duration", "isrc", "listens", "licence", "genres", "explicit", "medium", "position"],
        ["release"] = ["id", "mbid", "title", "aliases", "artist", "artist_id", "artist_mbid", "date", "gtin", "type", "label", "catalogue_number", "licence", "genres"],
        ["artist"] = ["id", "mbid", "name", "sort_name", "aliases", "genres"],
        ["file"] = ["location", "length", "codec", "bitrate", "md5", "sha1", "sha256"],
    };

    private static readonly string[] Settings = ["format", "delimiter", "header", "rows"];

    private readonly Dictionary<string, MappedValue> _values = new(StringComparer.Ordinal);

    private TableMapping(string text) => Text = text;

    /// <summary>The file as it was written.</summary>
    public string Text { get; }

    /// <summary><c>csv</c>, <c>tsv</c>, <c>jsonl</c> or <c>parquet</c>; null where the table's name says it.</summary>
    public string? Format { get; private init; }

    /// <summary>What stands between the cells of CSV.</summary>
    public char Delimiter { get; private init; } = ',';

    /// <summary>Whether the first row of CSV and TSV names the columns; otherwise they are <c>column_1</c>, <c>column_2</c>, …</summary>
    public bool HasHeader { get; private init; } = true;

    /// <summary>What each row is of: one of <see cref="Kinds"/>.</summary>
    public string Rows { get; private init; } = Kinds[0];

    /// <summary>Columns that are spoken of.</summary>
    public IEnumerable<string> Columns => _values.Values.SelectMany(v => v.Columns).Distinct(StringComparer.Ordinal);

    /// <summary>Reads a mapping.</summary>
    /// <exception cref="LacquerException">It is none: the message says where.</exception>
    public static TableMapping Parse(string text, string path)
    {
        LacquerException Wrong(string what) => new(Failure.Usage, $"{path}: {what}", "lacquer harvest table FILE --guess prints a mapping to begin with");
        if (Encoding.UTF8.GetByteCount(text) > LongestText)
            throw Wrong($"it is longer than {LongestText >> 10} KiB");
        var toml = TomlText.Parse(text, path);
        var delimiter = Setting("delimiter") ?? ",";
        if (delimiter.Length != 1 || delimiter[0] is > '\x7e' or '"' or '\n' or '\r')
            throw Wrong("delimiter is one ASCII letter, such as \",\" or \"\\t\"");
        var mapping = new TableMapping(text)
        {
            Format = Setting("format") is not { } format || TableRows.Formats.Contains(format) ? Setting("format") : throw Wrong($"format is one of {string.Join(", ", TableRows.Formats)}"),
            Delimiter = delimiter[0],
            HasHeader = !toml.TryGetValue("header", out var header) || (header as bool? ?? throw Wrong("header is true or false")),
            Rows = Setting("rows") is not { } rows ? Kinds[0] : Kinds.Contains(rows) ? rows : throw Wrong($"rows is one of {string.Join(", ", Kinds)}"),
        };
        foreach (var (name, value) in toml)
        {
            if (Settings.Contains(name))
                continue;
            if (!Fields.TryGetValue(name, out var fields) || value is not TomlTable table)
                throw Wrong($"'{name}' is neither a setting ({string.Join(", ", Settings)}) nor one of the tables [{string.Join("], [", Fields.Keys)}]");
            foreach (var (field, said) in table)
            {
                if (!fields.Contains(field))
                    throw Wrong($"[{name}] has no field '{field}'; there are {string.Join(", ", fields)}");
                mapping._values.Add($"{name}.{field}", MappedValue.Of(said) ?? throw Wrong($"{field} in [{name}] is a column's name, or {{ column = \"…\", separator = \"…\", unit = \"ms\" }}, or {{ value = \"…\" }}"));
            }
        }

        var named = mapping.Rows == "artist" ? "name" : "title";
        if (!mapping._values.ContainsKey($"{mapping.Rows}.{named}"))
            throw Wrong($"[{mapping.Rows}] says no {named}");
        return mapping;

        string? Setting(string name) => !toml.TryGetValue(name, out var value) ? null : value as string ?? throw Wrong($"{name} is a text");
    }

    /// <summary>Whether something is said of a field, as <c>recording.title</c>.</summary>
    public bool Has(string field) => _values.ContainsKey(field);

    /// <summary>A field's value in a row: the first where there are several, "" where there is none.</summary>
    public string One(JsonElement row, string field) => Many(row, field) is [var first, ..] ? first : "";

    /// <summary>A field's values in a row.</summary>
    public IReadOnlyList<string> Many(JsonElement row, string field) => _values.TryGetValue(field, out var value) ? value.In(row) : [];

    /// <summary>What stands between several values of a field in one cell, or "".</summary>
    public string Separator(string field) => _values.TryGetValue(field, out var value) ? value.Separator : "";

    /// <summary>The unit of a field's numbers, or "".</summary>
    public string Unit(string field) => _values.TryGetValue(field, out var value) ? value.Unit : "";
}
