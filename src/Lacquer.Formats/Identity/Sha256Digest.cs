using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace Lacquer.Formats.Identity;

/// <summary>A SHA-256 digest (FIPS 180-4): 32 bytes, compared and ordered as bytes, written as 64 lower-case hex digits.</summary>
public readonly struct Sha256Digest : IEquatable<Sha256Digest>, IComparable<Sha256Digest>
{
    /// <summary>The digest's length in bytes.</summary>
    public const int LengthBytes = 32;

    private readonly UInt256 _bytes;

    /// <summary>Takes the digest from exactly 32 bytes.</summary>
    /// <exception cref="ArgumentException">The span is not 32 bytes long.</exception>
    public Sha256Digest(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != LengthBytes)
            throw new ArgumentException($"a SHA-256 digest has 32 bytes, not {bytes.Length}", nameof(bytes));
        _bytes = MemoryMarshal.Read<UInt256>(bytes);
    }

    /// <summary>The digest's bytes, in order.</summary>
    [UnscopedRef]
    public ReadOnlySpan<byte> Bytes => MemoryMarshal.AsBytes(new ReadOnlySpan<UInt256>(in _bytes));

    /// <summary>A copy of the 32 bytes.</summary>
    public byte[] ToArray() => Bytes.ToArray();

    /// <summary>Reads 64 hex digits.</summary>
    public static bool TryParse(string? text, out Sha256Digest digest)
    {
        digest = default;
        Span<byte> bytes = stackalloc byte[LengthBytes];
        if (text is not { Length: 2 * LengthBytes }
            || Convert.FromHexString(text, bytes, out _, out _) != System.Buffers.OperationStatus.Done)
            return false;
        digest = new Sha256Digest(bytes);
        return true;
    }

    /// <summary>Reads 64 hex digits.</summary>
    /// <exception cref="FormatException">The text is not 64 hex digits.</exception>
    public static Sha256Digest Parse(string text) =>
        TryParse(text, out var digest) ? digest : throw new FormatException($"'{text}' is not a SHA-256 digest in hex");

    /// <inheritdoc/>
    public bool Equals(Sha256Digest other) => Bytes.SequenceEqual(other.Bytes);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Sha256Digest other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => MemoryMarshal.Read<int>(Bytes);

    /// <inheritdoc/>
    public int CompareTo(Sha256Digest other) => Bytes.SequenceCompareTo(other.Bytes);

    /// <inheritdoc/>
    public override string ToString() => Convert.ToHexStringLower(Bytes);

    /// <summary>Whether two digests are the same bytes.</summary>
    public static bool operator ==(Sha256Digest left, Sha256Digest right) => left.Equals(right);

    /// <summary>Whether two digests differ.</summary>
    public static bool operator !=(Sha256Digest left, Sha256Digest right) => !left.Equals(right);

    /// <summary>Byte order.</summary>
    public static bool operator <(Sha256Digest left, Sha256Digest right) => left.CompareTo(right) < 0;

    /// <summary>Byte order.</summary>
    public static bool operator >(Sha256Digest left, Sha256Digest right) => left.CompareTo(right) > 0;

    /// <summary>Byte order.</summary>
    public static bool operator <=(Sha256Digest left, Sha256Digest right) => left.CompareTo(right) <= 0;

    /// <summary>Byte order.</summary>
    public static bool operator >=(Sha256Digest left, Sha256Digest right) => left.CompareTo(right) >= 0;

    [StructLayout(LayoutKind.Sequential)]
    private readonly struct UInt256
    {
        private readonly ulong _0, _1, _2, _3;
    }
}
