using System.Globalization;
using System.Text.Json;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Rights;

namespace Lacquer.Formats.Accessions;

/// <summary>A picture that came with a file.</summary>
/// <param name="Sha256">SHA-256 of its bytes, its name in the archive's <c>images</c> folder.</param>
/// <param name="Extension"><c>jpg</c>, <c>png</c>, <c>webp</c> or <c>gif</c>.</param>
/// <param name="Place">Where it was: <c>embedded</c>, or a path inside the source.</param>
public sealed record CoverImage(Sha256Digest Sha256, string Extension, string Place);

/// <summary>
/// One line of a <c>folder/2</c> accession: an audio file, or a part of one, with what ffprobe says of it, verbatim, and what was found beside it. A file that was set aside has
/// a line too, so that an accession accounts for every file it met.
/// </summary>
/// <param name="Key">The file's path inside the source, with <c>/</c>, or <see cref="AudioPart.Key"/>; the source's own key for it.</param>
/// <param name="LengthBytes">Length of the file.</param>
/// <param name="Sha256">SHA-256 of the file.</param>
/// <param name="Probe">ffprobe's <c>-show_format -show_streams</c>, verbatim.</param>
/// <param name="Evidence">What speaks of its licence.</param>
/// <param name="Listens">Listens from the table given, or null where it has none for this file.</param>
/// <param name="Cover">Its cover, or null.</param>
public sealed record AudioRecord(string Key, long LengthBytes, Sha256Digest Sha256, JsonElement Probe, IReadOnlyList<Evidence> Evidence, long? Listens, CoverImage? Cover)
{
    /// <summary>The adapter that writes such lines.</summary>
    public const string Adapter = "folder/2";

    private const string EarlierAdapter = "folder/1";

    private static readonly HashSet<string> LosslessCodecs = new(["flac", "alac", "wavpack", "ape", "tta", "mlp", "truehd", "shorten"], StringComparer.Ordinal);

    private readonly List<KeyValuePair<string, string>> _tags = ReadTags(Probe);

    /// <summary>The part of the file that it is; null where it is the whole file.</summary>
    public AudioPart? Part { get; init; }

    /// <summary>Words found with it.</summary>
    public IReadOnlyList<Lyrics> Lyrics { get; init; } = [];

    /// <summary>Why a cue sheet that speaks of the file was not followed, or "".</summary>
    public string CueProblem { get; init; } = "";

    /// <summary>The file's path inside the source.</summary>
    public string File => Part?.File ?? Key;

    /// <summary>Tags of the file, in the order and spelling of ffprobe; those of the stream come before those of the container. Of a part, the cue sheet's come first.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Tags => Part is { } part ? part.Over(_tags) : _tags;

    /// <summary>The first audio stream's codec, as ffprobe names it, or "".</summary>
    public string Codec => AudioStream(Probe) is { } stream ? Text(stream, "codec_name") ?? "" : "";

    /// <summary>The container's format, as ffprobe names it, or "".</summary>
    public string Format => Container(Probe) is { } container ? Text(container, "format_name") ?? "" : "";

    /// <summary>Milliseconds, or null where ffprobe knows none.</summary>
    public int? DurationMs => Part is not { } part ? FileDurationMs : (part.EndMs ?? FileDurationMs) - part.StartMs is > 0 and var ms ? ms : null;

    /// <summary>Milliseconds of the whole file, or null where ffprobe knows none.</summary>
    public int? FileDurationMs => Seconds() is { } seconds && seconds is > 0 and < 2_000_000 ? (int)Math.Round(seconds * 1000) : null;

    /// <summary>Average kilobits a second over the whole file, or null where the duration is not known.</summary>
    public double? BitrateKbps => FileDurationMs is > 0 and var ms ? LengthBytes * 8.0 / ms : null;

    /// <summary>The first audio stream's channels, or 0.</summary>
    public int Channels => AudioStream(Probe) is { } stream && stream.TryGetProperty("channels", out var channels) && channels.ValueKind == JsonValueKind.Number && channels.TryGetInt32(out var number) ? number : 0;

    /// <summary>The first audio stream's sample rate in Hz, or 0.</summary>
    public int SampleRateHz => AudioStream(Probe) is { } stream
        && int.TryParse(Text(stream, "sample_rate"), NumberStyles.None, CultureInfo.InvariantCulture, out var hz) ? hz : 0;

    /// <summary>The value of the first tag by one of these names, in any case, trimmed; null where there is none or it is empty.</summary>
    public string? Tag(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
            foreach (var tag in Tags)
                if (tag.Key.Equals(name, StringComparison.OrdinalIgnoreCase) && tag.Value.Trim() is { Length: > 0 } value)
                    return value;
        return null;
    }

    /// <summary>Whether a codec, as ffprobe names it, gives back every sample.</summary>
    public static bool IsLossless(string codec) => LosslessCodecs.Contains(codec) || codec.StartsWith("pcm_", StringComparison.Ordinal);

    /// <summary>Whether an adapter writes such lines: <c>folder/1</c>, the first, knew whole files alone and no lyrics.</summary>
    public static bool IsOf(string adapter) => adapter is Adapter or EarlierAdapter;

    /// <summary>The line's bytes.</summary>
    public byte[] ToLine() => Line(Key, json =>
    {
        json.WriteStartObject("record");
        json.WriteNumber("length", LengthBytes);
        json.WriteString("sha256", Sha256.ToString());
        json.WritePropertyName("probe");
        Probe.WriteTo(json);
        json.WriteStartArray("evidence");
        foreach (var item in Evidence)
        {
            json.WriteStartObject();
            json.WriteString("kind", EvidenceKindNames.Of(item.Kind));
            json.WriteString("place", item.Place);
            json.WriteString("text", item.Text);
            json.WriteString("sha256", item.Sha256);
            if (item.By.Length > 0) json.WriteString("by", item.By);
            if (item.Date.Length > 0) json.WriteString("date", item.Date);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        if (Listens is { } listens)
            json.WriteNumber("listens", listens);
        if (Cover is { } cover)
        {
            json.WriteStartObject("cover");
            json.WriteString("sha256", cover.Sha256.ToString());
            json.WriteString("extension", cover.Extension);
            json.WriteString("place", cover.Place);
            json.WriteEndObject();
        }

        if (Part is { } part)
        {
            json.WriteStartObject("part");
            json.WriteString("file", part.File);
            json.WriteNumber("number", part.Number);
            json.WriteNumber("start_ms", part.StartMs);
            if (part.EndMs is { } end) json.WriteNumber("end_ms", end);
            json.WriteString("cue", part.Cue);
            json.WriteString("cue_sha256", part.CueSha256.ToString());
            json.WriteStartObject("tags");
            foreach (var (name, value) in part.Tags)
                json.WriteString(name, value);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        if (CueProblem.Length > 0)
            json.WriteString("cue_problem", CueProblem);
        if (Lyrics.Count > 0)
        {
            json.WriteStartArray("lyrics");
            foreach (var words in Lyrics)
            {
                json.WriteStartObject();
                json.WriteString("kind", words.Kind);
                json.WriteString("place", words.Place);
                json.WriteString("sha256", words.Sha256.ToString());
                if (words.Text is { } text) json.WriteString("text", text);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    });

    /// <summary>The line of a file that was set aside.</summary>
    public static byte[] SetAsideLine(Finding finding) => Line(finding.Subject, json =>
    {
        json.WriteStartObject("set_aside");
        json.WriteString("kind", finding.Kind);
        json.WriteString("message", finding.Message);
        json.WriteEndObject();
    });

    /// <summary>The source's key in a line.</summary>
    public static string KeyOf(ReadOnlyMemory<byte> line)
    {
        using var document = JsonDocument.Parse(line);
        return document.RootElement.GetProperty("key").GetString()!;
    }

    /// <summary>Reads a line: a record, or the finding for which the file was set aside.</summary>
    /// <exception cref="FormatException">The line is neither; the message says why.</exception>
    public static (AudioRecord? Record, Finding? SetAside) Read(ReadOnlyMemory<byte> line)
    {
        try
        {
            using var document = JsonDocument.Parse(line, new JsonDocumentOptions { MaxDepth = 32 });
            var root = document.RootElement;
            var key = Required(root, "key");
            if (root.TryGetProperty("set_aside", out var aside))
                return (null, new Finding("harvest", key, Required(aside, "kind"), Required(aside, "message")));
            var record = root.GetProperty("record");
            var evidence = record.GetProperty("evidence").EnumerateArray().Select(e => new Evidence(
                EvidenceKindNames.TryParse(e.GetProperty("kind").GetString(), out var kind) && kind != EvidenceKind.Age ? kind : throw new FormatException($"evidence of the kind '{e.GetProperty("kind")}' is not known"),
                Required(e, "place"), Required(e, "text"), Required(e, "sha256"),
                e.TryGetProperty("by", out _) ? Required(e, "by") : "", e.TryGetProperty("date", out _) ? Required(e, "date") : "")).ToList();
            CoverImage? cover = record.TryGetProperty("cover", out var image)
                ? new CoverImage(Sha256Digest.Parse(Required(image, "sha256")), Required(image, "extension"), Required(image, "place"))
                : null;
            var listens = record.TryGetProperty("listens", out var count) ? count.GetInt64() : (long?)null;
            if (listens < 0)
                throw new FormatException($"listens of {listens} cannot be");
            if (cover is not (null or { Extension: "jpg" or "png" or "webp" or "gif" }))
                throw new FormatException($"a cover of the type '{cover.Extension}' cannot be");
            var length = record.GetProperty("length").GetInt64();
            if (length < 0)
                throw new FormatException($"a length of {length} cannot be");
            return (new AudioRecord(key, length, Sha256Digest.Parse(Required(record, "sha256")),
                record.GetProperty("probe").Clone(), evidence, listens, cover)
            {
                Part = record.TryGetProperty("part", out var part) ? ReadPart(part) : null,
                Lyrics = record.TryGetProperty("lyrics", out var lyrics)
                    ? lyrics.EnumerateArray().Select(l => new Lyrics(Required(l, "kind"), Required(l, "place"), Sha256Digest.Parse(Required(l, "sha256")), l.TryGetProperty("text", out _) ? Required(l, "text") : null)).ToList() : [],
                CueProblem = record.TryGetProperty("cue_problem", out _) ? Required(record, "cue_problem") : "",
            }, null);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or ArgumentException)
        {
            throw new FormatException(e.Message.ReplaceLineEndings(" "), e);
        }
    }

    private static AudioPart ReadPart(JsonElement part)
    {
        var read = new AudioPart(Required(part, "file"), part.GetProperty("number").GetInt32(), part.GetProperty("start_ms").GetInt32(), part.TryGetProperty("end_ms", out var end) ? end.GetInt32() : null,
            Required(part, "cue"), Sha256Digest.Parse(Required(part, "cue_sha256")), part.GetProperty("tags").EnumerateObject().Select(t => new KeyValuePair<string, string>(t.Name, t.Value.GetString() ?? "")).ToList());
        return read is { Number: >= 0, StartMs: >= 0 } && (read.EndMs is null || read.EndMs > read.StartMs) ? read : throw new FormatException("a part ends before it begins");
    }

    private static byte[] Line(string key, Action<Utf8JsonWriter> rest)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("key", key);
            rest(json);
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }

    private static JsonElement? AudioStream(JsonElement probe)
    {
        if (probe.ValueKind != JsonValueKind.Object || !probe.TryGetProperty("streams", out var streams) || streams.ValueKind != JsonValueKind.Array)
            return null;
        foreach (var stream in streams.EnumerateArray())
            if (stream.ValueKind == JsonValueKind.Object && Text(stream, "codec_type") == "audio")
                return stream;
        return null;
    }

    private static JsonElement? Container(JsonElement probe) =>
        probe.ValueKind == JsonValueKind.Object && probe.TryGetProperty("format", out var format) && format.ValueKind == JsonValueKind.Object ? format : null;

    // Null where it is of another kind; a text that is not UTF-8 is none.
    private static string? Text(JsonElement element, string name)
    {
        try
        {
            return element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private static string Required(JsonElement element, string name) => element.GetProperty(name).GetString() ?? throw new FormatException($"{name} is null");

    private double? Seconds()
    {
        foreach (var candidate in new[] { AudioStream(Probe), Container(Probe) })
            if (candidate is { } element && double.TryParse(Text(element, "duration"), NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds))
                return seconds;
        return null;
    }

    private static List<KeyValuePair<string, string>> ReadTags(JsonElement probe)
    {
        var tags = new List<KeyValuePair<string, string>>();
        if (probe.ValueKind != JsonValueKind.Object)
            return tags;
        foreach (var holder in new[] { AudioStream(probe), Container(probe) })
        {
            if (holder is not { } element || !element.TryGetProperty("tags", out var list) || list.ValueKind != JsonValueKind.Object)
                continue;
            foreach (var tag in list.EnumerateObject())
                if (tag.Value.ValueKind == JsonValueKind.String)
                    tags.Add(new(tag.Name, tag.Value.GetString()!));
        }

        return tags;
    }
}
