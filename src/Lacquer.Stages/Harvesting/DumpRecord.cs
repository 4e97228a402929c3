using System.Text.Json;
using System.Text.Unicode;
using Lacquer.Formats.Findings;
using Lacquer.Stages.Workbench;

namespace Lacquer.Stages.Harvesting;

/// <summary>Makes a line of a <c>musicbrainz/1</c> accession from a line of a dump.</summary>
internal static class DumpRecord
{
    /// <summary>The adapter that writes such lines.</summary>
    public const string Adapter = "musicbrainz/1";

    /// <summary>What MusicBrainz gives under CC BY-NC-SA 3.0 rather than CC0, by the names of properties.</summary>
    public const string Supplementary = "annotation genres rating tags user-genres user-rating user-tags";

    /// <summary>
    /// Writes <c>{"entity":…,"record":…}</c> with the line as it is, but for supplementary properties, at any depth, each of which is cut out with one comma; every other byte stays. A line that is not
    /// one JSON object in UTF-8 is set aside instead.
    /// </summary>
    /// <returns>Why it was set aside, or null.</returns>
    public static Finding? Write(MemoryStream to, string entity, ReadOnlySpan<byte> line, long number, bool withSupplementary)
    {
        if (line.Length > MusicBrainzDump.LongestLineBytes)
            return WriteTooLong(to, entity, line.Length, number);
        var begin = to.Length;
        Begin(to, entity, "record"u8);
        try
        {
            if (!Utf8.IsValid(line))
                return SetAside("it is not UTF-8");
            Copy(to, line, withSupplementary);
            to.WriteByte((byte)'}');
            return null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return SetAside($"it is not a JSON object: {FirstSentence(e.Message)}");
        }

        Finding SetAside(string message)
        {
            to.SetLength(begin);
            to.Position = begin;
            return WriteSetAside(to, entity, "unreadable", message, number);
        }
    }

    /// <summary>Writes a line for one that no record can hold.</summary>
    public static Finding WriteTooLong(MemoryStream to, string entity, long length, long number) =>
        WriteSetAside(to, entity, "long", FormattableString.Invariant($"it has {length} bytes; a record has at most {MusicBrainzDump.LongestLineBytes}"), number);

    /// <summary>Writes the line of what was set aside.</summary>
    public static Finding WriteSetAside(MemoryStream to, string entity, string kind, string message, long number)
    {
        Begin(to, entity, "set_aside"u8);
        using (var json = new Utf8JsonWriter(to))
        {
            json.WriteStartObject();
            json.WriteString("kind", kind);
            json.WriteString("message", message);
            json.WriteNumber("line", number);
            json.WriteEndObject();
        }

        to.WriteByte((byte)'}');
        return new Finding("harvest", FormattableString.Invariant($"{entity}:{number}"), kind, message);
    }

    private static void Begin(MemoryStream to, string entity, ReadOnlySpan<byte> property)
    {
        to.Write("{\"entity\":\""u8);
        foreach (var letter in entity)
            to.WriteByte((byte)letter);
        to.Write("\",\""u8);
        to.Write(property);
        to.Write("\":"u8);
    }

    // One pass proves that the line is JSON and finds what is to be left out where it stands as a property's name, however it is escaped.
    private static void Copy(MemoryStream to, ReadOnlySpan<byte> line, bool withSupplementary)
    {
        var json = new Utf8JsonReader(line, new JsonReaderOptions { MaxDepth = 64 });
        if (!json.Read() || json.TokenType != JsonTokenType.StartObject)
            throw new JsonException("it begins with something else.");
        var copied = 0; // up to here the line is copied or cut
        var end = (int)json.BytesConsumed; // of the last token
        var isFirst = true; // nothing of the object in hand has been kept yet
        var isCut = false; // its first properties were cut: a comma that follows them goes too
        while (json.Read())
        {
            if (json.TokenType == JsonTokenType.PropertyName)
            {
                if (!withSupplementary && IsSupplementary(ref json))
                {
                    to.Write(line[copied..end]);
                    json.Skip();
                    copied = end = (int)json.BytesConsumed;
                    isCut |= isFirst;
                    continue;
                }

                if (isCut)
                {
                    copied = (int)json.TokenStartIndex;
                    isCut = false;
                }
            }

            isFirst = json.TokenType == JsonTokenType.StartObject;
            isCut = false;
            end = (int)json.BytesConsumed;
        }

        to.Write(line[copied..]);
    }

    private static bool IsSupplementary(ref Utf8JsonReader json)
    {
        if (json.ValueIsEscaped)
            return Supplementary.Split(' ').Contains(json.GetString());
        var name = json.ValueSpan;
        return name.Length switch
        {
            4 => name.SequenceEqual("tags"u8),
            6 => name.SequenceEqual("genres"u8) || name.SequenceEqual("rating"u8),
            9 => name.SequenceEqual("user-tags"u8),
            10 => name.SequenceEqual("annotation"u8),
            11 => name.SequenceEqual("user-genres"u8) || name.SequenceEqual("user-rating"u8),
            _ => false,
        };
    }

    private static string FirstSentence(string message) => message.IndexOf(". ", StringComparison.Ordinal) is > 0 and var end ? message[..(end + 1)] : message;
}
