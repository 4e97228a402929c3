using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Lacquer.Formats.Identity;

namespace Lacquer.Stages.Sources;

/// <summary>A line of an accession that an adapter writes: <c>{"key":"…","record":…}</c> or <c>{"key":"…","set_aside":…}</c>, in these very bytes.</summary>
internal static class RecordLine
{
    /// <summary>Writes a line as far as its record or reason.</summary>
    public static void Begin(IBufferWriter<byte> line, string key, ReadOnlySpan<byte> property)
    {
        line.Write("{\"key\":"u8);
        line.Write(JsonSerializer.SerializeToUtf8Bytes(key));
        line.Write(",\""u8);
        line.Write(property);
        line.Write("\":"u8);
    }

    /// <summary>The digest of a record's line, without its end.</summary>
    public static Sha256Digest Digest(string key, JsonElement record)
    {
        var line = new ArrayBufferWriter<byte>();
        Begin(line, key, "record"u8);
        line.Write(Encoding.UTF8.GetBytes(record.GetRawText()));
        line.Write("}"u8);
        return new Sha256Digest(SHA256.HashData(line.WrittenSpan));
    }
}
