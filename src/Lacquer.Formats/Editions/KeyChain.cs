using System.Text;
using System.Text.Json;
using Lacquer.Formats.Findings;

namespace Lacquer.Formats.Editions;

/// <summary>A key of a publisher, and the word of the one before it.</summary>
/// <param name="Key">The key.</param>
/// <param name="Signature">minisign's signature by the key before over the text of this key's file; null for the first.</param>
public sealed record ChainedKey(MinisignPublicKey Key, string? Signature);

/// <summary>The keys of a publisher, the first first: each is signed by the one before, so that whoever trusts one of them comes to the newest. <c>keys.json</c> of an archive and of its editions.</summary>
public sealed class KeyChain
{
    /// <summary>The file.</summary>
    public const string FileName = "keys.json";

    /// <summary>The format's name.</summary>
    public const string Format = "lacquer-keys/1";

    /// <summary>A longer file is not read.</summary>
    public const long LargestBytes = 1 << 20;

    private KeyChain(IReadOnlyList<ChainedKey> keys) => Keys = keys;

    /// <summary>The keys, at least one.</summary>
    public IReadOnlyList<ChainedKey> Keys { get; }

    /// <summary>The key that signs today.</summary>
    public MinisignPublicKey Newest => Keys[^1].Key;

    /// <summary>A chain of one key.</summary>
    public static KeyChain Of(MinisignPublicKey first) => new([new ChainedKey(first, null)]);

    /// <summary>Reads a chain from a stranger; every signature in it is checked.</summary>
    /// <exception cref="LacquerException">It is none (damaged), or one key does not follow from the one before (untrusted).</exception>
    public static KeyChain Read(ReadOnlyMemory<byte> bytes, string what)
    {
        var keys = new List<ChainedKey>();
        try
        {
            using var document = JsonDocument.Parse(bytes);
            if (Manifest.Text(document.RootElement, "format") is var format && format != Format)
                throw new FormatException($"it is of the format '{format}', not {Format}");
            foreach (var key in document.RootElement.GetProperty("keys").EnumerateArray())
                keys.Add(new ChainedKey(MinisignPublicKey.Parse(Manifest.Text(key, "public_key")), key.GetProperty("signature").GetString()));
            if (keys.Count == 0 || keys.Skip(1).Any(k => k.Signature is null) || keys.DistinctBy(k => k.Key).Count() != keys.Count)
                throw new FormatException("it has no key, one that is not signed, or one twice");
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or ArgumentException or LacquerException)
        {
            throw new LacquerException(Failure.Damaged, $"{what} is not a chain of keys: {e.Message.ReplaceLineEndings(" ")}", "fetch it again", e);
        }

        for (var i = 1; i < keys.Count; i++)
            using (var content = new MemoryStream(Encoding.ASCII.GetBytes(keys[i].Key.FileText())))
                Minisign.Verify(keys[i - 1].Key, content, keys[i].Signature!, $"key {keys[i].Key.Id} of {what}");
        return new KeyChain(keys);
    }

    /// <summary>The chain with one more key.</summary>
    /// <param name="by">The secret half of the newest key so far.</param>
    /// <param name="next">The next.</param>
    /// <exception cref="ArgumentException">It is another key's.</exception>
    public KeyChain Then(MinisignKey by, MinisignPublicKey next)
    {
        if (by.PublicKey != Newest)
            throw new ArgumentException("only the newest key names the next", nameof(by));
        using var content = new MemoryStream(Encoding.ASCII.GetBytes(next.FileText()));
        return new KeyChain([.. Keys, new ChainedKey(next, by.Sign(content, $"key {next.Id} follows {by.PublicKey.Id}"))]);
    }

    /// <summary>The newest key, for whoever trusts an earlier one.</summary>
    /// <exception cref="LacquerException">The trusted key is not in the chain.</exception>
    public MinisignPublicKey From(MinisignPublicKey trusted, string what) => Keys.Any(k => k.Key == trusted) ? Newest
        : throw new LacquerException(Failure.Untrusted, $"{what} does not come from key {trusted.Id}, which is trusted here", "ask its publisher by another way; the mirror keeps what it has");

    /// <summary>The file's bytes.</summary>
    public byte[] ToBytes()
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, NewLine = "\n" }))
        {
            json.WriteStartObject();
            json.WriteString("format", Format);
            json.WriteStartArray("keys");
            foreach (var (key, signature) in Keys)
            {
                json.WriteStartObject();
                json.WriteString("public_key", key.Text);
                json.WriteString("signature", signature);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        stream.WriteByte((byte)'\n');
        return stream.ToArray();
    }
}
