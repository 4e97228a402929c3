using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Lacquer.Stages.Sources.Fetching;

namespace Lacquer.Stages.Sources;

/// <summary>
/// A track as Jamendo gives it, byte for byte, but for what tells who asked: the parameters <c>client_id</c> and <c>from</c> of addresses, of which the latter is another with every answer, and the client id wherever else it stands.
/// </summary>
internal static class JamendoRecord
{
    /// <summary>The record; null where the client id stands in it and cannot be taken out.</summary>
    public static byte[]? Of(JsonElement track, Secret secret)
    {
        var text = Encoding.UTF8.GetBytes(track.GetRawText());
        var kept = new ArrayBufferWriter<byte>(text.Length);
        var copied = 0;
        var reader = new Utf8JsonReader(text);
        while (reader.Read())
        {
            if (reader.TokenType is not (JsonTokenType.String or JsonTokenType.PropertyName))
                continue;
            var said = reader.GetString()!;
            var plain = Secret.Scrub(Untracked(said), [secret]);
            if (plain == said)
                continue;
            var start = (int)reader.TokenStartIndex;
            kept.Write(text.AsSpan(copied, start - copied));
            kept.Write("\""u8);
            kept.Write(JsonEncodedText.Encode(plain, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).EncodedUtf8Bytes);
            kept.Write("\""u8);
            copied = start + 2 + reader.ValueSpan.Length;
        }

        kept.Write(text.AsSpan(copied));
        var record = Encoding.UTF8.GetString(kept.WrittenSpan);
        return Secret.Scrub(record, [secret]) == record ? kept.WrittenSpan.ToArray() : null;
    }

    private static string Untracked(string text)
    {
        if (!text.StartsWith("http", StringComparison.Ordinal) || text.IndexOf('?', StringComparison.Ordinal) is not (>= 0 and var query))
            return text;
        var parameters = text[(query + 1)..].Split('&');
        var kept = parameters.Where(p => p.Split('=')[0] is not ("client_id" or "from")).ToList();
        return kept.Count == parameters.Length ? text : kept.Count == 0 ? text[..query] : $"{text[..query]}?{string.Join('&', kept)}";
    }
}
