using System.Security.Cryptography;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Objects;
using Lacquer.Formats.Torrents;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Torrents;

/// <summary>Layers of many files are held against their roots together: of all heights, and in numbers that fill no vector.</summary>
public sealed class LayerTests
{
    private const int PieceLengthBytes = 1 << 16;

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(300)]
    public void Layers_of_any_height_are_let_through_and_one_wrong_node_is_found(int count)
    {
        var random = Seeded.Random();
        var files = Enumerable.Range(0, count).Select(i =>
        {
            var pieces = random.Next(10) == 0 ? random.Next(2, 400) : random.Next(2, 12);
            var layer = new byte[32 * pieces];
            random.NextBytes(layer);
            return new TorrentFile(FormattableString.Invariant($"{i:D5}.opus"), new ObjectHashes((long)pieces * PieceLengthBytes, default, RootOf(layer), layer, new byte[20 * pieces]));
        }).ToList();
        var bytes = HybridTorrent.Build("v", PieceLengthBytes, files).ToBytes([], []).ToArray();
        Assert.Equal(files.Select(f => f.Hashes.Root), TorrentReader.Parse(bytes).Files.Select(f => f.Root!.Value));

        var wrong = random.Next(count);
        var at = bytes.AsSpan().IndexOf(files[wrong].Hashes.PieceLayer.Span);
        bytes[at + random.Next(files[wrong].Hashes.PieceLayer.Length)] ^= 1;
        var damage = Assert.Throws<LacquerException>(() => TorrentReader.Parse(bytes));
        Assert.Equal($"torrent: the piece layer of '{files[wrong].Name}' does not hash to its root", damage.Message);
    }

    // BEP 52 word for word: missing pieces are the hashes of trees of zero hashes.
    private static PiecesRoot RootOf(byte[] layer)
    {
        var zero = new byte[32];
        for (var blocks = PieceLengthBytes / PieceTree.BlockLengthBytes; blocks > 1; blocks /= 2)
            zero = SHA256.HashData([.. zero, .. zero]);
        var nodes = layer.Chunk(32).ToList();
        while (!int.IsPow2(nodes.Count))
            nodes.Add(zero);
        while (nodes.Count > 1)
            nodes = nodes.Chunk(2).Select(pair => SHA256.HashData([.. pair[0], .. pair[1]])).ToList();
        return new PiecesRoot(new Sha256Digest(nodes[0]));
    }
}
