namespace Lacquer.Formats.Identity;

/// <summary>
/// The merkle root of one file: SHA-256 over 16 KiB blocks, the tree filled up with zero hashes to a power of two
/// (BEP 52, "pieces root"). It names an object, finds its duplicates, proves its fixity and stands in the torrent.
/// </summary>
/// <param name="Digest">The root's 32 bytes.</param>
public readonly record struct PiecesRoot(Sha256Digest Digest)
{
    /// <summary>64 lower-case hex digits.</summary>
    public override string ToString() => Digest.ToString();
}

/// <summary>SHA-256 of a torrent's bencoded info dictionary (BEP 52).</summary>
/// <param name="Digest">The hash's 32 bytes.</param>
public readonly record struct InfoHashV2(Sha256Digest Digest)
{
    /// <summary>64 lower-case hex digits.</summary>
    public override string ToString() => Digest.ToString();
}

/// <summary>SHA-1 of a torrent's bencoded info dictionary (BEP 3): 20 bytes, written as 40 lower-case hex digits.</summary>
public readonly record struct InfoHashV1
{
    /// <summary>Bytes of a hash.</summary>
    public const int LengthBytes = 20;

    private readonly string _hex;

    /// <summary>Takes the hash from exactly 20 bytes.</summary>
    /// <exception cref="ArgumentException">The span is not 20 bytes long.</exception>
    public InfoHashV1(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != LengthBytes)
            throw new ArgumentException($"a v1 info hash has {LengthBytes} bytes, not {bytes.Length}", nameof(bytes));
        _hex = Convert.ToHexStringLower(bytes);
    }

    /// <summary>A copy of the 20 bytes.</summary>
    public byte[] ToArray() => Convert.FromHexString(_hex);

    /// <summary>40 lower-case hex digits.</summary>
    public override string ToString() => _hex;
}
