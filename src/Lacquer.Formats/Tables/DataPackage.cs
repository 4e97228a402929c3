using System.Text.Encodings.Web;
using System.Text.Json;
using Lacquer.Formats.Identity;

namespace Lacquer.Formats.Tables;

/// <summary>A file of a data package.</summary>
/// <param name="Name">Its name in the package: a table's name, or a file's.</param>
/// <param name="Path">Its path beside <c>datapackage.json</c>.</param>
/// <param name="Format">Its format: <c>parquet</c> or <c>sqlite</c>.</param>
/// <param name="MediaType">Its media type.</param>
/// <param name="LengthBytes">Its length.</param>
/// <param name="Sha256">Its digest.</param>
/// <param name="Schema">What columns it has; null for what is no single table.</param>
/// <param name="Rows">How many rows it has, where it is a table.</param>
/// <param name="Description">What it is, where its name does not say it.</param>
public sealed record DataResource(string Name, string Path, string Format, string MediaType, long LengthBytes, Sha256Digest Sha256, TableSchema? Schema = null, long? Rows = null, string? Description = null);

/// <summary>
/// Writes <c>datapackage.json</c>: which tables there are, by length, hash, columns and keys. No time and no licence stands in it. Source: Frictionless Data, Data Package and Table Schema, version 1.
/// </summary>
public static class DataPackage
{
    /// <summary>The file's name.</summary>
    public const string FileName = "datapackage.json";

    /// <summary>The format's name, under <c>format</c>: how columns are written.</summary>
    public const string Format = "lacquer-tables/1";

    /// <summary>The media type of a Parquet file, as registered.</summary>
    public const string ParquetMediaType = "application/vnd.apache.parquet";

    private const string About = """
        What a catalogue of recorded music says, as tables. Rows of recording, release and artist are numbered by rank: 1 is the most listened to. Ranks change from catalogue to catalogue; eid is a row's name for good.
        Listens are what the sources counted. An ISRC is evidence of which recording something is, not a key: several recordings may carry one.
        No licence is stated for these facts, as that is the sources' to state; where an archive publishes audio, the licence of each recording stands in the table holding.
        """;

    private static readonly Dictionary<string, string> Descriptions = new(StringComparer.Ordinal)
    {
        ["eid"] = "The entity's id, the same in every catalogue.",
        ["mbid"] = "MusicBrainz identifier.",
        ["isrc"] = "ISO 3901, without hyphens.",
        ["gtin"] = "Barcode (GS1), leading zeros not kept.",
        ["date"] = "YYYYMMDD as a number, 00 for a month or day not known.",
        ["duration_ms"] = "Milliseconds.",
        ["listens"] = "As counted by the sources.",
        ["popularity"] = "0 to 100, from listens, logarithmic.",
        ["isrc_invalid"] = "How many codes given as ISRC are none.",
        ["join_phrase"] = "What follows the name in the credit.",
        ["offset"] = "Where the record begins in the accession, in bytes, uncompressed.",
        ["object"] = "Name of the audio file: its merkle root (BEP 52).",
        ["last_rank"] = "The last recording of that popularity.",
    };

    /// <summary>The file of a table: names of files have no underscore here.</summary>
    public static string FileOf(string table) => table.Replace('_', '-') + ".parquet";

    /// <summary>The bytes of <c>datapackage.json</c>.</summary>
    /// <param name="name">The package's name: a-z, digits, <c>.</c>, <c>-</c>, <c>_</c>.</param>
    /// <param name="title">Its title.</param>
    /// <param name="sources">The names of the sources that the facts come from.</param>
    /// <param name="resources">The files.</param>
    public static byte[] ToBytes(string name, string title, IReadOnlyList<string> sources, IReadOnlyList<DataResource> resources)
    {
        using var buffer = new MemoryStream();
        // Titles in any script are to be read as they are; this is no part of a page.
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("profile", "data-package");
            json.WriteString("name", name);
            json.WriteString("title", title);
            json.WriteString("description", About.ReplaceLineEndings(" "));
            json.WriteString("format", Format);
            if (sources.Count > 0)
            {
                json.WriteStartArray("sources");
                foreach (var source in sources)
                {
                    json.WriteStartObject();
                    json.WriteString("title", source);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
            }

            json.WriteStartArray("resources");
            foreach (var resource in resources)
                Write(json, resource, resources);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        buffer.WriteByte((byte)'\n');
        return buffer.ToArray();
    }

    /// <summary>The paths that a <c>datapackage.json</c> of this format names; null where it is none.</summary>
    public static IReadOnlyList<string>? PathsOf(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            using var document = JsonDocument.Parse(bytes);
            return document.RootElement.GetProperty("format").GetString() == Format
                ? document.RootElement.GetProperty("resources").EnumerateArray().Select(r => r.GetProperty("path").GetString() ?? "").ToList() : null;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return null;
        }
    }

    private static void Write(Utf8JsonWriter json, DataResource resource, IReadOnlyList<DataResource> all)
    {
        json.WriteStartObject();
        json.WriteString("profile", "data-resource");
        json.WriteString("name", resource.Name);
        if (resource.Description is not null)
            json.WriteString("description", resource.Description);
        json.WriteString("path", resource.Path);
        json.WriteString("format", resource.Format);
        json.WriteString("mediatype", resource.MediaType);
        json.WriteNumber("bytes", resource.LengthBytes);
        json.WriteString("hash", $"sha256:{resource.Sha256}");
        if (resource.Rows is { } rows)
            json.WriteNumber("rows", rows);
        if (resource.Schema is { } schema)
            Write(json, schema, all);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, TableSchema schema, IReadOnlyList<DataResource> all)
    {
        json.WriteStartObject("schema");
        json.WriteStartArray("fields");
        foreach (var column in schema.Columns)
        {
            json.WriteStartObject();
            json.WriteString("name", column.Name);
            json.WriteString("type", column.Form switch { TableForm.Integer => "integer", TableForm.Real => "number", _ => "string" });
            if (column.Form == TableForm.Uuid)
                json.WriteString("format", "uuid");
            if (Descriptions.TryGetValue(column.Name, out var description))
                json.WriteString("description", description);
            if (column.IsRequired)
            {
                json.WriteStartObject("constraints");
                json.WriteBoolean("required", true);
                if (schema.PrimaryKey.Count == 1 && schema.PrimaryKey[0] == column.Name)
                    json.WriteBoolean("unique", true);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        if (schema.PrimaryKey.Count > 0)
        {
            json.WriteStartArray("primaryKey");
            foreach (var key in schema.PrimaryKey)
                json.WriteStringValue(key);
            json.WriteEndArray();
        }

        if (References(schema, all) is { Count: > 0 } references)
        {
            json.WriteStartArray("foreignKeys");
            foreach (var reference in references)
            {
                json.WriteStartObject();
                json.WriteString("fields", reference.Column);
                json.WriteStartObject("reference");
                json.WriteString("resource", reference.Table);
                json.WriteString("fields", reference.OtherColumn);
                json.WriteEndObject();
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    // What the database declares; and where it declares nothing, what the names say: an integer column named like a table that is numbered by an id (release, or with its own table before it, release_type) has its numbers.
    private static List<TableReference> References(TableSchema schema, IReadOnlyList<DataResource> all)
    {
        var tables = all.Where(r => r.Schema is not null).ToDictionary(r => r.Name, r => r.Schema!, StringComparer.Ordinal);
        var references = new List<TableReference>();
        foreach (var column in schema.Columns)
        {
            var declared = schema.References.FirstOrDefault(r => r.Column == column.Name);
            if (declared is not null && tables.ContainsKey(declared.Table))
                references.Add(declared);
            else if (column.Form == TableForm.Integer
                && new[] { column.Name, $"{schema.Name}_{column.Name}" }.FirstOrDefault(n => n != schema.Name && tables.TryGetValue(n, out var table) && table.PrimaryKey is ["id"]) is { } named)
                references.Add(new TableReference(column.Name, named, "id"));
        }

        return references;
    }
}
