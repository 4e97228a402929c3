using System.Text.Json;
using System.Text.RegularExpressions;
using Tomlyn.Model;

namespace Lacquer.Stages.Sources;

/// <summary>Where a field's values come from: a column, or a text in which <c>{column}</c> stands for what a row has there.</summary>
internal sealed partial class MappedValue
{
    private string? _column;
    private string _text = "";

    /// <summary>What stands between several values in one cell, or "".</summary>
    public string Separator { get; private init; } = "";

    /// <summary><c>ms</c>, <c>s</c>, or "".</summary>
    public string Unit { get; private init; } = "";

    /// <summary>The columns it reads.</summary>
    public IEnumerable<string> Columns => _column is not null ? [_column] : Placeholder().Matches(_text).Select(m => m.Groups[1].Value);

    /// <summary>Reads what a mapping says of a field; null where that is nothing that can be.</summary>
    public static MappedValue? Of(object said)
    {
        if (said is string column)
            return new MappedValue { _column = column };
        if (said is not TomlTable table || table.Any(p => p.Key is not ("column" or "value" or "separator" or "unit") || p.Value is not string) || table.ContainsKey("column") == table.ContainsKey("value"))
            return null;
        string Part(string name) => table.TryGetValue(name, out var part) ? (string)part : "";
        var value = new MappedValue { _column = table.ContainsKey("column") ? Part("column") : null, _text = Part("value"), Separator = Part("separator"), Unit = Part("unit") };
        return value.Unit is "" or "s" or "ms" ? value : null;
    }

    /// <summary>Its values in a row, trimmed, without empty ones.</summary>
    public IReadOnlyList<string> In(JsonElement row)
    {
        if (_column is null)
            return [Placeholder().Replace(_text, m => Cell(row, m.Groups[1].Value) is { } cell ? Text(cell) : "")];
        if (Cell(row, _column) is not { } found)
            return [];
        if (found.ValueKind == JsonValueKind.Array)
            return found.EnumerateArray().Select(Text).Where(t => t.Length > 0).ToList();
        var text = Text(found);
        return Separator.Length > 0 ? text.Split(Separator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) : text.Length > 0 ? [text] : [];
    }

    // By its whole name, or, in nested JSON, by the names on the way to it: "album.name".
    private static JsonElement? Cell(JsonElement row, string column)
    {
        if (row.TryGetProperty(column, out var cell))
            return cell;
        var at = row;
        foreach (var name in column.Split('.'))
            if (at.ValueKind != JsonValueKind.Object || !at.TryGetProperty(name, out at))
                return null;
        return at;
    }

    private static string Text(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        _ => JsonRecord.Text(value),
    };

    [GeneratedRegex(@"\{([^{}]+)\}")]
    private static partial Regex Placeholder();
}
