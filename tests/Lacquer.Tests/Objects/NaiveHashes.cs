using System.Security.Cryptography;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Objects;

// BEP 3 is made of SHA-1.
#pragma warning disable CA5350

namespace Lacquer.Tests.Objects;

/// <summary>The definition written down as it stands in BEP 3, BEP 47 and BEP 52, without a thought for speed.</summary>
internal static class NaiveHashes
{
    public static ObjectHashes Of(byte[] content, int pieceLengthBytes)
    {
        var leaves = content.Chunk(16384).Select(SHA256.HashData).ToList();
        var pieces = content.Chunk(pieceLengthBytes).ToList();
        var layer = new List<byte[]>();
        foreach (var piece in pieces)
            layer.Add(Root(piece.Chunk(16384).Select(SHA256.HashData).ToList(), pieceLengthBytes / 16384));
        var root = Root(leaves, 1);
        return new ObjectHashes(
            content.Length,
            new Sha256Digest(SHA256.HashData(content)),
            new PiecesRoot(new Sha256Digest(root)),
            pieces.Count == 1 ? [] : layer.SelectMany(node => node).ToArray(),
            pieces.SelectMany(piece => SHA1.HashData([.. piece, .. new byte[pieceLengthBytes - piece.Length]])).ToArray());
    }

    // Leaves filled up with zero hashes to a power of two of at least the width.
    private static byte[] Root(List<byte[]> nodes, int width)
    {
        while (width < nodes.Count)
            width *= 2;
        while (nodes.Count < width)
            nodes.Add(new byte[32]);
        while (nodes.Count > 1)
            nodes = nodes.Chunk(2).Select(pair => SHA256.HashData([.. pair[0], .. pair[1]])).ToList();
        return nodes[0];
    }
}
