using System.Security.Cryptography;
using System.Text;

namespace Lacquer.Formats.Identity;

/// <summary>What an <see cref="EntityId"/> names, as MusicBrainz uses the words.</summary>
public enum EntityKind
{
    /// <summary>One performance or mix.</summary>
    Recording,

    /// <summary>A published product.</summary>
    Release,

    /// <summary>A person or group.</summary>
    Artist,
}

/// <summary>
/// An entity's name for good: 80 bits of SHA-256 over its kind, its source and the source's own key for it, taken from the
/// first record (in the order of accessions) that spoke of it. Ranks change from catalogue to catalogue; this does not.
/// Written as <c>rec-</c>, <c>rel-</c> or <c>art-</c> and 16 letters of base 32 (RFC 4648 §6, lower case). The chance that two of 256 million
/// entities share one is about 3 in 10⁸; the catalogue's loader checks.
/// </summary>
public readonly record struct EntityId : IComparable<EntityId>
{
    /// <summary>Bytes of an id, without its kind.</summary>
    public const int LengthBytes = 10;

    private const string Alphabet = "abcdefghijklmnopqrstuvwxyz234567";
    private readonly ulong _high;
    private readonly ushort _low;

    /// <summary>Takes an id from its 10 bytes.</summary>
    /// <exception cref="ArgumentException">The span is not 10 bytes long.</exception>
    public EntityId(EntityKind kind, ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != LengthBytes)
            throw new ArgumentException($"an entity id has 10 bytes, not {bytes.Length}", nameof(bytes));
        Kind = kind;
        _high = System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(bytes);
        _low = System.Buffers.Binary.BinaryPrimitives.ReadUInt16BigEndian(bytes[8..]);
    }

    /// <summary>What the id names.</summary>
    public EntityKind Kind { get; }

    /// <summary>The id of what <paramref name="source"/> calls <paramref name="key"/>.</summary>
    public static EntityId From(EntityKind kind, string source, string key)
    {
        var text = Encoding.UTF8.GetBytes($"{Prefix(kind)}\0{source}\0{key}");
        Span<byte> digest = stackalloc byte[Sha256Digest.LengthBytes];
        SHA256.HashData(text, digest);
        return new EntityId(kind, digest[..LengthBytes]);
    }

    /// <summary>The same for texts that are UTF-8 already, into 10 bytes.</summary>
    public static void Write(EntityKind kind, ReadOnlySpan<byte> source, ReadOnlySpan<byte> key, Span<byte> id)
    {
        const int Short = 512;
        var length = 4 + 1 + source.Length + 1 + key.Length;
        var text = length <= Short ? stackalloc byte[Short] : new byte[length];
        Encoding.ASCII.GetBytes(Prefix(kind), text);
        text[4] = 0;
        source.CopyTo(text[5..]);
        text[5 + source.Length] = 0;
        key.CopyTo(text[(6 + source.Length)..]);
        Span<byte> digest = stackalloc byte[Sha256Digest.LengthBytes];
        SHA256.HashData(text[..length], digest);
        digest[..LengthBytes].CopyTo(id);
    }

    /// <summary>A copy of the 10 bytes.</summary>
    public byte[] ToArray()
    {
        var bytes = new byte[LengthBytes];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(bytes, _high);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(8), _low);
        return bytes;
    }

    /// <summary>Reads the written form; upper case is let pass.</summary>
    public static bool TryParse(string? text, out EntityId id)
    {
        id = default;
        if (text is not { Length: 20 })
            return false;
        if (!System.Text.Ascii.IsValid(text))
            return false; // a Kelvin sign is a k in lower case
        text = text.ToLowerInvariant();
        EntityKind kind;
        if (text.StartsWith("rec-", StringComparison.Ordinal)) kind = EntityKind.Recording;
        else if (text.StartsWith("rel-", StringComparison.Ordinal)) kind = EntityKind.Release;
        else if (text.StartsWith("art-", StringComparison.Ordinal)) kind = EntityKind.Artist;
        else return false;

        UInt128 value = 0;
        foreach (var letter in text.AsSpan(4))
        {
            var digit = Alphabet.IndexOf(letter, StringComparison.Ordinal);
            if (digit < 0)
                return false;
            value = (value << 5) | (uint)digit;
        }

        Span<byte> bytes = stackalloc byte[16];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt128BigEndian(bytes, value);
        id = new EntityId(kind, bytes[6..]);
        return true;
    }

    /// <inheritdoc/>
    public int CompareTo(EntityId other)
    {
        var byKind = Kind.CompareTo(other.Kind);
        if (byKind != 0) return byKind;
        var byHigh = _high.CompareTo(other._high);
        return byHigh != 0 ? byHigh : _low.CompareTo(other._low);
    }

    /// <summary>For example <c>rec-4kdtq2m7x5c3h6ya</c>.</summary>
    public override string ToString()
    {
        var value = ((UInt128)_high << 16) | _low;
        Span<char> letters = stackalloc char[16];
        for (var i = 15; i >= 0; i--, value >>= 5)
            letters[i] = Alphabet[(int)(value & 31)];
        return string.Concat(Prefix(Kind), letters);
    }

    /// <inheritdoc/>
    public static bool operator <(EntityId left, EntityId right) => left.CompareTo(right) < 0;

    /// <inheritdoc/>
    public static bool operator >(EntityId left, EntityId right) => left.CompareTo(right) > 0;

    /// <inheritdoc/>
    public static bool operator <=(EntityId left, EntityId right) => left.CompareTo(right) <= 0;

    /// <inheritdoc/>
    public static bool operator >=(EntityId left, EntityId right) => left.CompareTo(right) >= 0;

    private static string Prefix(EntityKind kind) => kind switch
    {
        EntityKind.Recording => "rec-",
        EntityKind.Release => "rel-",
        EntityKind.Artist => "art-",
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };
}
