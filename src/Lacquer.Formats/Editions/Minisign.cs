using System.Text;
using Lacquer.Formats.Findings;
using NSec.Cryptography;
using Algorithms = NSec.Cryptography.SignatureAlgorithm;

namespace Lacquer.Formats.Editions;

/// <summary>A public key in minisign's format: <c>Ed</c>, 8 bytes of key id, 32 bytes of Ed25519 (RFC 8032) public key, in base 64.</summary>
public sealed record MinisignPublicKey
{
    private readonly byte[] _bytes;

    internal MinisignPublicKey(ReadOnlySpan<byte> bytes) => _bytes = bytes.ToArray();

    /// <summary>The line that <c>minisign -P</c> takes.</summary>
    public string Text => Convert.ToBase64String(_bytes);

    /// <summary>The key id as minisign shows it: 16 hex digits.</summary>
    public string Id => Convert.ToHexString(_bytes.AsSpan(2, 8).ToArray().Reverse().ToArray());

    internal ReadOnlySpan<byte> KeyId => _bytes.AsSpan(2, 8);

    internal ReadOnlySpan<byte> Key => _bytes.AsSpan(10);

    /// <summary>Reads a key file (a comment line, then the key) or the key's line alone.</summary>
    /// <exception cref="LacquerException">It is not a minisign public key.</exception>
    public static MinisignPublicKey Parse(string text)
    {
        var line = text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .FirstOrDefault(l => !l.StartsWith("untrusted comment:", StringComparison.Ordinal)) ?? "";
        var bytes = new byte[42];
        return line.Length == 56 && Convert.TryFromBase64String(line, bytes, out var length) && length == 42 && bytes is [(byte)'E', (byte)'d', ..]
            ? new MinisignPublicKey(bytes)
            : throw new LacquerException(Failure.Usage, "this is not a minisign public key: 56 letters of base 64 beginning with RW are expected", "take the second line of the archive's signing.pub");
    }

    /// <summary>The key file's text.</summary>
    public string FileText() => $"untrusted comment: minisign public key {Id}\n{Text}\n";

    /// <inheritdoc/>
    public bool Equals(MinisignPublicKey? other) => other is not null && _bytes.AsSpan().SequenceEqual(other._bytes);

    /// <inheritdoc/>
    public override int GetHashCode() => BitConverter.ToInt32(_bytes, 10);
}

/// <summary>
/// Signs and verifies files in minisign's format: Ed25519 over BLAKE2b-512 of the file ("ED", prehashed), and a second signature over the first and
/// the trusted comment. The secret key lies unencrypted in minisign's own key format, readable by its owner only, so that <c>minisign -S</c> can use it too.
/// </summary>
public sealed class MinisignKey : IDisposable
{
    private const int SecretLength = 158;
    private readonly Key _key;

    private MinisignKey(Key key, ReadOnlySpan<byte> keyId)
    {
        _key = key;
        PublicKey = new MinisignPublicKey([(byte)'E', (byte)'d', .. keyId, .. key.Export(KeyBlobFormat.RawPublicKey)]);
    }

    /// <summary>The public half.</summary>
    public MinisignPublicKey PublicKey { get; }

    /// <summary>Makes a new key; its id is the first 8 bytes of SHA-256 of the public key.</summary>
    public static MinisignKey Create()
    {
        var key = Key.Create(Algorithms.Ed25519, new KeyCreationParameters { ExportPolicy = KeyExportPolicies.AllowPlaintextExport });
        return new MinisignKey(key, System.Security.Cryptography.SHA256.HashData(key.Export(KeyBlobFormat.RawPublicKey)).AsSpan(0, 8));
    }

    /// <summary>Reads a secret key file that has no password.</summary>
    /// <exception cref="LacquerException">It is missing, not a key, or has a password.</exception>
    public static MinisignKey Read(string path)
    {
        string text;
        try
        {
            text = File.ReadAllText(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new LacquerException(Failure.Missing, $"the signing key {path} is missing", "put it back from a copy; editions cannot be signed without it", e);
        }

        var line = text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).ElementAtOrDefault(1) ?? "";
        var bytes = new byte[SecretLength];
        if (!Convert.TryFromBase64String(line, bytes, out var length) || length != SecretLength || bytes[0] != 'E' || bytes[1] != 'd')
            throw new LacquerException(Failure.Damaged, $"{path} is not a minisign secret key", "put it back from a copy");
        if (bytes[2] != 0 || bytes[3] != 0)
            throw new LacquerException(Failure.Usage, $"{path} has a password", "minisign -C -W takes it off");
        var seed = bytes.AsSpan(62, 32);
        // minisign -G -W leaves the checksum zero; the public half beside the seed tells damage all the same.
        var check = HashAlgorithm.Blake2b_256.Hash([.. bytes[..2], .. bytes.AsSpan(54, 72)]);
        if (bytes.AsSpan(126, 32).ContainsAnyExcept((byte)0) && !check.AsSpan().SequenceEqual(bytes.AsSpan(126, 32)))
            throw new LacquerException(Failure.Damaged, $"{path} does not match its own checksum", "put it back from a copy");
        var key = new MinisignKey(Key.Import(Algorithms.Ed25519, seed, KeyBlobFormat.RawPrivateKey), bytes.AsSpan(54, 8));
        if (key.PublicKey.Key.SequenceEqual(bytes.AsSpan(94, 32)))
            return key;
        key.Dispose();
        throw new LacquerException(Failure.Damaged, $"{path} does not match its own public half", "put it back from a copy");
    }

    /// <summary>The secret key file's text. Write it where only its owner can read it.</summary>
    public string SecretFileText()
    {
        // "Ed", no key derivation, "B2", then 48 bytes of derivation parameters that are not used, key id, seed, public key, checksum.
        var bytes = new byte[SecretLength];
        "Ed"u8.CopyTo(bytes);
        "B2"u8.CopyTo(bytes.AsSpan(4));
        PublicKey.KeyId.CopyTo(bytes.AsSpan(54));
        _key.Export(KeyBlobFormat.RawPrivateKey).CopyTo(bytes, 62);
        PublicKey.Key.CopyTo(bytes.AsSpan(94));
        HashAlgorithm.Blake2b_256.Hash([.. bytes[..2], .. bytes.AsSpan(54, 72)]).CopyTo(bytes, 126);
        return $"untrusted comment: minisign secret key {PublicKey.Id}, unencrypted\n{Convert.ToBase64String(bytes)}\n";
    }

    /// <summary>The text of the <c>.minisig</c> file for a stream's bytes.</summary>
    /// <param name="content">Read to its end; not held in memory.</param>
    /// <param name="trustedComment">One line that the signature covers. No time stands in it: the same bytes have the same signature.</param>
    public string Sign(Stream content, string trustedComment)
    {
        var signature = Algorithms.Ed25519.Sign(_key, Minisign.Digest(content));
        var global = Algorithms.Ed25519.Sign(_key, [.. signature, .. Encoding.UTF8.GetBytes(trustedComment)]);
        return $"untrusted comment: signature by minisign key {PublicKey.Id}\n"
            + $"{Convert.ToBase64String([(byte)'E', (byte)'D', .. PublicKey.KeyId, .. signature])}\n"
            + $"trusted comment: {trustedComment}\n{Convert.ToBase64String(global)}\n";
    }

    /// <inheritdoc/>
    public void Dispose() => _key.Dispose();
}

/// <summary>Verifies minisign signatures.</summary>
public static class Minisign
{
    /// <summary>Verifies <paramref name="signatureText"/> over <paramref name="content"/> and gives the trusted comment.</summary>
    /// <exception cref="LacquerException">The signature is by another key, or does not fit; nothing of the content may be believed.</exception>
    public static string Verify(MinisignPublicKey key, Stream content, string signatureText, string what)
    {
        LacquerException Bad(string why) => new(Failure.Untrusted, $"{what}: {why}", "fetch it again; if that changes nothing, ask its publisher by another way");

        var lines = signatureText.Split('\n');
        var bytes = new byte[74];
        var global = new byte[64];
        const string Trusted = "trusted comment: ";
        if (lines.Length < 4
            || !Convert.TryFromBase64String(lines[1].Trim(), bytes, out var length) || length != 74
            || !Convert.TryFromBase64String(lines[3].Trim(), global, out length) || length != 64
            || !lines[2].StartsWith(Trusted, StringComparison.Ordinal))
            throw Bad("the signature file is not minisign's");
        if (bytes[0] != 'E' || bytes[1] != 'D')
            throw Bad("the signature is not prehashed Ed25519 (ED)");
        if (!bytes.AsSpan(2, 8).SequenceEqual(key.KeyId))
            throw Bad($"the signature is by key {new MinisignPublicKey([.. bytes[..10], .. new byte[32]]).Id}, not by {key.Id}");
        var publicKey = NSec.Cryptography.PublicKey.Import(Algorithms.Ed25519, key.Key, KeyBlobFormat.RawPublicKey);
        var comment = lines[2][Trusted.Length..].TrimEnd('\r');
        if (!Algorithms.Ed25519.Verify(publicKey, Digest(content), bytes.AsSpan(10)))
            throw Bad("the signature does not fit its bytes");
        if (!Algorithms.Ed25519.Verify(publicKey, [.. bytes.AsSpan(10), .. Encoding.UTF8.GetBytes(comment)], global))
            throw Bad("the signature does not fit its trusted comment");
        return comment;
    }

    /// <summary>The id of the key that a signature says it is by, or null where it is not a signature.</summary>
    public static string? KeyIdOf(string signatureText)
    {
        var bytes = new byte[74];
        return signatureText.Split('\n') is [_, var line, ..] && Convert.TryFromBase64String(line.Trim(), bytes, out var length) && length == 74 ? new MinisignPublicKey([.. bytes[..10], .. new byte[32]]).Id : null;
    }

    internal static byte[] Digest(Stream content)
    {
        IncrementalHash.Initialize(HashAlgorithm.Blake2b_512, out var state);
        var buffer = new byte[1 << 16];
        int read;
        while ((read = content.Read(buffer)) > 0)
            IncrementalHash.Update(ref state, buffer.AsSpan(0, read));
        return IncrementalHash.Finalize(ref state);
    }
}
