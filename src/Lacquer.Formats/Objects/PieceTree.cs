using System.Numerics;
using System.Security.Cryptography;
using Lacquer.Formats.Identity;

namespace Lacquer.Formats.Objects;

/// <summary>
/// The merkle tree of a file (BEP 52, "pieces root"): SHA-256 of each 16 KiB block (the last one may be short), missing blocks
/// taken for 32 zero bytes, and each node the SHA-256 of its two children. With these functions one downloaded piece can be
/// checked at a time.
/// </summary>
public static class PieceTree
{
    /// <summary>Bytes of a block, the tree's leaf (BEP 52).</summary>
    public const int BlockLengthBytes = 16384;

    /// <summary>Bytes of a node.</summary>
    public const int NodeLengthBytes = 32;

    private const int ShortLayerBytes = 1024;
    private const int NodesAtOnce = 1024;

    // A layer is a few hashes, and a digest takes longer to make than to use.
    [ThreadStatic]
    private static IncrementalHash? s_digest;

    // Heights up to 2^64 bytes over 16 KiB blocks.
    private static readonly byte[][] ZeroNodes = MakeZeroNodes();

    /// <summary>Whether a length can be a piece length: a power of two of at least 16 KiB (BEP 52).</summary>
    public static bool IsPieceLength(long pieceLengthBytes) =>
        pieceLengthBytes is >= BlockLengthBytes and <= 1 << 30 && BitOperations.IsPow2(pieceLengthBytes);

    /// <summary>How many pieces a file has.</summary>
    /// <param name="lengthBytes">The file's length, not negative.</param>
    /// <param name="pieceLengthBytes">The piece length, above zero.</param>
    public static long PieceCount(long lengthBytes, int pieceLengthBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(lengthBytes);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(pieceLengthBytes);
        return lengthBytes / pieceLengthBytes + (lengthBytes % pieceLengthBytes == 0 ? 0 : 1);
    }

    /// <summary>
    /// The hash of one piece: its entry in the piece layer, or the file's root where the file has no other piece.
    /// </summary>
    /// <param name="piece">The piece's bytes: as many as the piece length, or fewer at the file's end; never none.</param>
    /// <param name="pieceLengthBytes">The piece length, a power of two of at least 16 KiB.</param>
    /// <param name="onlyPieceOfFile">
    /// Whether the file has no other piece: then its tree is only as high as its blocks need (BEP 52), not as high as a piece.
    /// </param>
    /// <exception cref="ArgumentException">The piece is empty or longer than a piece, or the piece length cannot be one.</exception>
    public static Sha256Digest HashPiece(ReadOnlySpan<byte> piece, int pieceLengthBytes, bool onlyPieceOfFile)
    {
        RequirePieceLength(pieceLengthBytes);
        if (piece.IsEmpty || piece.Length > pieceLengthBytes)
            throw new ArgumentException($"a piece has 1 to {pieceLengthBytes} bytes, not {piece.Length}", nameof(piece));

        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var blocks = (piece.Length - 1) / BlockLengthBytes + 1;
        var nodes = new byte[blocks * NodeLengthBytes];
        for (var block = 0; block < blocks; block++)
        {
            var start = block * BlockLengthBytes;
            digest.AppendData(piece.Slice(start, Math.Min(BlockLengthBytes, piece.Length - start)));
            digest.GetHashAndReset(nodes.AsSpan(block * NodeLengthBytes));
        }

        var width = onlyPieceOfFile ? (long)BitOperations.RoundUpToPowerOf2((uint)blocks) : pieceLengthBytes / BlockLengthBytes;
        return Reduce(nodes, width, 0, digest);
    }

    /// <summary>The root over a piece layer (BEP 52): the layer filled up to a power of two with the hash of a piece of zero hashes.</summary>
    /// <param name="pieceLayer">32 bytes for each piece, at least one.</param>
    /// <param name="pieceLengthBytes">The piece length, a power of two of at least 16 KiB.</param>
    /// <exception cref="ArgumentException">The layer is empty or no multiple of 32 bytes, or the piece length cannot be one.</exception>
    public static PiecesRoot RootOfLayer(ReadOnlySpan<byte> pieceLayer, int pieceLengthBytes)
    {
        RequirePieceLength(pieceLengthBytes);
        if (pieceLayer.IsEmpty || pieceLayer.Length % NodeLengthBytes != 0)
            throw new ArgumentException($"a piece layer has 32 bytes for each piece, not {pieceLayer.Length} in all", nameof(pieceLayer));

        var nodes = pieceLayer.Length <= ShortLayerBytes ? stackalloc byte[pieceLayer.Length] : new byte[pieceLayer.Length];
        pieceLayer.CopyTo(nodes);
        return new PiecesRoot(ReduceLayer(nodes, pieceLengthBytes, s_digest ??= IncrementalHash.CreateHash(HashAlgorithmName.SHA256)));
    }

    /// <summary>
    /// Whether a layer is the one of a file of this length and root. A file of at most one piece has an empty layer, about which
    /// there is nothing to verify.
    /// </summary>
    /// <param name="root">The file's pieces root.</param>
    /// <param name="lengthBytes">The file's length, at least 1.</param>
    /// <param name="pieceLayer">32 bytes for each piece, or none for a file of at most one piece.</param>
    /// <param name="pieceLengthBytes">The piece length, a power of two of at least 16 KiB.</param>
    /// <exception cref="ArgumentException">The piece length cannot be one.</exception>
    public static bool VerifyLayer(PiecesRoot root, long lengthBytes, ReadOnlySpan<byte> pieceLayer, int pieceLengthBytes)
    {
        RequirePieceLength(pieceLengthBytes);
        if (lengthBytes < 1)
            return false;
        var pieces = PieceCount(lengthBytes, pieceLengthBytes);
        if (pieces == 1)
            return pieceLayer.IsEmpty;
        return pieceLayer.Length % NodeLengthBytes == 0 && pieceLayer.Length / NodeLengthBytes == pieces
            && RootOfLayer(pieceLayer, pieceLengthBytes) == root;
    }

    /// <summary>Whether one piece is what its file's hashes say.</summary>
    /// <param name="piece">The piece's bytes.</param>
    /// <param name="pieceIndex">Which piece of the file it is, from 0.</param>
    /// <param name="root">The file's pieces root.</param>
    /// <param name="lengthBytes">The file's length.</param>
    /// <param name="pieceLayer">The file's piece layer, verified against its root before; empty for a file of at most one piece.</param>
    /// <param name="pieceLengthBytes">The piece length, a power of two of at least 16 KiB.</param>
    /// <returns>False also where the piece has the wrong length or the file has no such piece.</returns>
    /// <exception cref="ArgumentException">The piece length cannot be one.</exception>
    public static bool VerifyPiece(
        ReadOnlySpan<byte> piece, long pieceIndex, PiecesRoot root, long lengthBytes, ReadOnlySpan<byte> pieceLayer, int pieceLengthBytes)
    {
        RequirePieceLength(pieceLengthBytes);
        if (lengthBytes < 1)
            return false;
        var pieces = PieceCount(lengthBytes, pieceLengthBytes);
        if (pieceIndex < 0 || pieceIndex >= pieces
            || piece.Length != Math.Min(pieceLengthBytes, lengthBytes - pieceIndex * pieceLengthBytes))
            return false;
        if (pieces == 1)
            return HashPiece(piece, pieceLengthBytes, onlyPieceOfFile: true) == root.Digest;
        return pieceLayer.Length / NodeLengthBytes == pieces
            && HashPiece(piece, pieceLengthBytes, onlyPieceOfFile: false).Bytes
                .SequenceEqual(pieceLayer.Slice((int)pieceIndex * NodeLengthBytes, NodeLengthBytes));
    }

    /// <summary>The first of many layers that does not hash to its root; -1 where all do. Faster than one after another.</summary>
    /// <param name="layers">Layers of two nodes and more, whole, with the roots that they should have.</param>
    /// <param name="pieceLengthBytes">The piece length, a power of two of at least 16 KiB.</param>
    internal static int FirstUnlike(IReadOnlyList<(ReadOnlyMemory<byte> Layer, PiecesRoot Root)> layers, int pieceLengthBytes)
    {
        var first = -1;
        var zero = ZeroNodes[BitOperations.Log2((uint)(pieceLengthBytes / BlockLengthBytes))];
        // Trees of one height are hashed level by level, beside each other.
        foreach (var alike in Enumerable.Range(0, layers.Count).GroupBy(i => (int)BitOperations.RoundUpToPowerOf2((uint)(layers[i].Layer.Length / NodeLengthBytes))))
            foreach (var some in alike.Chunk(Math.Max(1, NodesAtOnce / alike.Key)))
            {
                var nodes = new byte[some.Length * alike.Key * NodeLengthBytes].AsSpan();
                for (var i = 0; i < some.Length; i++)
                {
                    var its = nodes.Slice(i * alike.Key * NodeLengthBytes, alike.Key * NodeLengthBytes);
                    var layer = layers[some[i]].Layer.Span;
                    layer.CopyTo(its);
                    for (var at = layer.Length; at < its.Length; at += NodeLengthBytes)
                        zero.CopyTo(its[at..]);
                }

                for (; nodes.Length > some.Length * NodeLengthBytes; nodes = nodes[..(nodes.Length / 2)])
                    Sha256Pairs.Hash(nodes, nodes[..(nodes.Length / 2)]);
                for (var i = 0; i < some.Length; i++)
                    if ((first < 0 || some[i] < first) && !nodes.Slice(i * NodeLengthBytes, NodeLengthBytes).SequenceEqual(layers[some[i]].Root.Digest.Bytes))
                        first = some[i];
            }

        return first;
    }

    internal static void RequirePieceLength(int pieceLengthBytes)
    {
        if (!IsPieceLength(pieceLengthBytes))
            throw new ArgumentException(
                $"a piece length is a power of two from {BlockLengthBytes} to {1 << 30} bytes, not {pieceLengthBytes}", nameof(pieceLengthBytes));
    }

    /// <summary>The root over a whole layer, which is overwritten.</summary>
    internal static Sha256Digest ReduceLayer(Span<byte> layer, int pieceLengthBytes, IncrementalHash digest) =>
        Reduce(
            layer,
            (long)BitOperations.RoundUpToPowerOf2((ulong)(layer.Length / NodeLengthBytes)),
            BitOperations.Log2((uint)(pieceLengthBytes / BlockLengthBytes)),
            digest);

    /// <summary>
    /// The node above <paramref name="width"/> nodes, of which those beyond the given ones are of zero hashes. Overwrites the nodes.
    /// </summary>
    internal static Sha256Digest Reduce(Span<byte> nodes, long width, int height, IncrementalHash digest)
    {
        var count = nodes.Length / NodeLengthBytes;
        for (; width > 1; width /= 2, height++)
        {
            for (var pair = 0; pair < count / 2; pair++)
            {
                digest.AppendData(nodes.Slice(pair * 2 * NodeLengthBytes, 2 * NodeLengthBytes));
                digest.GetHashAndReset(nodes.Slice(pair * NodeLengthBytes, NodeLengthBytes));
            }

            if (count % 2 == 1)
            {
                digest.AppendData(nodes.Slice((count - 1) * NodeLengthBytes, NodeLengthBytes));
                digest.AppendData(ZeroNodes[height]);
                digest.GetHashAndReset(nodes.Slice(count / 2 * NodeLengthBytes, NodeLengthBytes));
            }

            count = (count + 1) / 2;
        }

        return new Sha256Digest(nodes[..NodeLengthBytes]);
    }

    private static byte[][] MakeZeroNodes()
    {
        var nodes = new byte[51][];
        nodes[0] = new byte[NodeLengthBytes];
        for (var height = 1; height < nodes.Length; height++)
            nodes[height] = SHA256.HashData([.. nodes[height - 1], .. nodes[height - 1]]);
        return nodes;
    }
}
