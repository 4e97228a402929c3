using Lacquer.Formats.Identity;

namespace Lacquer.Formats.Objects;

/// <summary>
/// Everything that any torrent will ever need of one file, at one piece length: enough to put it into a v1, v2 or hybrid torrent
/// (BEP 3, BEP 52) without reading it again, as long as a pad file (BEP 47) follows it there.
/// </summary>
/// <param name="LengthBytes">The file's length in bytes, at least 1.</param>
/// <param name="Sha256">SHA-256 of the whole file.</param>
/// <param name="Root">BEP 52 "pieces root".</param>
/// <param name="PieceLayer">
/// BEP 52, piece layers: one SHA-256 tree node (32 bytes) for each piece, the last piece's missing blocks taken for zero hashes.
/// Empty for a file of at most one piece, as there the root says all.
/// </param>
/// <param name="PieceDigestsV1">SHA-1 (20 bytes) of each piece, the last one filled up with zero bytes to the piece length.</param>
public sealed record ObjectHashes(long LengthBytes, Sha256Digest Sha256, PiecesRoot Root, ReadOnlyMemory<byte> PieceLayer, ReadOnlyMemory<byte> PieceDigestsV1)
{
    /// <summary>Whether all hashes are the same bytes.</summary>
    public bool Equals(ObjectHashes? other) =>
        other is not null && LengthBytes == other.LengthBytes && Sha256 == other.Sha256 && Root == other.Root
        && PieceLayer.Span.SequenceEqual(other.PieceLayer.Span) && PieceDigestsV1.Span.SequenceEqual(other.PieceDigestsV1.Span);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(LengthBytes, Sha256, Root);
}
