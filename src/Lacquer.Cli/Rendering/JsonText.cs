using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Lacquer.Formats.Identity;

namespace Lacquer.Cli.Rendering;

/// <summary>Reports as JSON: names in snake case, identifiers and digests as their texts.</summary>
internal static class JsonText
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DictionaryKeyPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        NewLine = "\n",
        // Titles stay readable; it still escapes control characters.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters =
        {
            new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower),
            new Written<Sha256Digest>(), new Written<PiecesRoot>(), new Written<InfoHashV1>(), new Written<InfoHashV2>(), new Written<EntityId>(), new Written<Isrc>(),
        },
    };

    private static readonly JsonSerializerOptions OneLine = new(Options) { WriteIndented = false };

    /// <summary>One document.</summary>
    public static string Of(object result) => JsonSerializer.Serialize(result, Options);

    /// <summary>One document in one line.</summary>
    public static string LineOf(object result) => JsonSerializer.Serialize(result, OneLine);

    private sealed class Written<T> : JsonConverter<T>
        where T : struct
    {
        public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => throw new NotSupportedException("reports are written only");

        public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
    }
}
