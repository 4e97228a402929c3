using System.Globalization;
using System.Text.Json;

namespace Lacquer.Stages.Sources;

/// <summary>Reads values of a source's JSON leniently: of a wrong type is as not there.</summary>
public static class JsonRecord
{
    /// <summary>A text, trimmed; a number as it is written; otherwise "".</summary>
    public static string Text(this JsonElement record, string name) => record.ValueKind == JsonValueKind.Object && record.TryGetProperty(name, out var value) ? Text(value) : "";

    /// <summary>As <see cref="Text(JsonElement, string)"/>, of the value itself. Of a list, its first.</summary>
    public static string Text(this JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!.Trim(),
        JsonValueKind.Number => value.GetRawText(),
        JsonValueKind.Array when value.GetArrayLength() > 0 => value[0].ValueKind == JsonValueKind.Array ? "" : Text(value[0]),
        _ => "",
    };

    /// <summary>A whole number from 0, also one in a text; otherwise null.</summary>
    public static long? Whole(this JsonElement record, string name) =>
        long.TryParse(record.Text(name), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>The items of a list; a value that is none is a list of one; nothing where there is none.</summary>
    public static IEnumerable<JsonElement> List(this JsonElement record, string name)
    {
        if (record.ValueKind != JsonValueKind.Object || !record.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
            return [];
        return value.ValueKind == JsonValueKind.Array ? value.EnumerateArray() : new[] { value };
    }

    /// <summary>The texts of a list that are not empty.</summary>
    public static IReadOnlyList<string> Texts(this JsonElement record, string name) => record.List(name).Select(Text).Where(t => t.Length > 0).ToList();
}
