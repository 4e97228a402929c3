using System.Text.Json;
using CsCheck;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Objects;
using Xunit;

namespace Lacquer.Tests.Objects;

public sealed class ObjectHasherTests
{
    private const int PieceLengthBytes = 4 * ObjectHasher.BlockLengthBytes;

    private static readonly Gen<byte[]> Contents =
        from blocks in Gen.Int[0, 11]
        from more in Gen.OneOf(Gen.Int[-2, 2], Gen.Int[0, 16383])
        from seed in Gen.Int
        select CounterContent.Make(seed, Math.Max(1, blocks * 16384 + more));

    private static readonly JsonSerializerOptions WebNames = new(JsonSerializerDefaults.Web);

    public sealed record Vector(int Seed, int LengthBytes, int PieceLengthBytes, string Sha256, string Root, string PieceLayer, string PieceDigestsV1)
    {
        public ObjectHashes Expected() => new(
            LengthBytes, Sha256Digest.Parse(Sha256), new PiecesRoot(Sha256Digest.Parse(Root)),
            Convert.FromHexString(PieceLayer), Convert.FromHexString(PieceDigestsV1));
    }

    private static Vector[] Vectors() => JsonSerializer.Deserialize<Vector[]>(
        File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Vectors", "torrents", "objects.json")), WebNames)!;

    [Fact]
    public void The_hashes_are_those_that_libtorrent_and_hashlib_find()
    {
        var vectors = Vectors();
        Assert.NotEmpty(vectors);
        foreach (var vector in vectors)
        {
            using var hasher = new ObjectHasher(vector.PieceLengthBytes);
            hasher.Append(CounterContent.Make(vector.Seed, vector.LengthBytes));
            Assert.Equal(vector.Expected(), hasher.Finish());
        }
    }

    [Fact]
    public void The_hashes_are_those_of_the_definition_however_the_bytes_come()
    {
        Gen.Select(Contents, Gen.Int[1, 40_000].Array[1, 8]).Sample((content, chunks) =>
        {
            using var hasher = new ObjectHasher(PieceLengthBytes);
            // A file before must leave nothing behind, finished or not.
            hasher.Append(content.AsSpan(0, content.Length / 2 + 1));
            if (chunks.Length % 2 == 0)
                hasher.Finish();
            else
                hasher.Reset();

            var rest = content.AsSpan();
            for (var chunk = 0; !rest.IsEmpty; chunk++)
            {
                var part = Math.Min(rest.Length, chunks[chunk % chunks.Length]);
                hasher.Append(rest[..part]);
                rest = rest[part..];
            }

            return hasher.Finish().Equals(NaiveHashes.Of(content, PieceLengthBytes));
        }, iter: 100, threads: 1);
    }

    [Fact]
    public void A_stream_gives_the_same_hashes_as_its_bytes()
    {
        var content = CounterContent.Make(7, 3 * (1 << 20) + 12345);
        using var stream = new MemoryStream(content);
        Assert.Equal(NaiveHashes.Of(content, ObjectHasher.DefaultPieceLengthBytes), ObjectHasher.HashStream(stream, stop: TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Each_piece_can_be_checked_alone_and_a_flipped_bit_is_found()
    {
        Contents.Sample(content =>
        {
            var hashes = NaiveHashes.Of(content, PieceLengthBytes);
            Assert.True(PieceTree.VerifyLayer(hashes.Root, hashes.LengthBytes, hashes.PieceLayer.Span, PieceLengthBytes));
            var pieces = content.Chunk(PieceLengthBytes).ToArray();
            for (var index = 0; index < pieces.Length; index++)
            {
                Assert.True(PieceTree.VerifyPiece(pieces[index], index, hashes.Root, hashes.LengthBytes, hashes.PieceLayer.Span, PieceLengthBytes));
                pieces[index][pieces[index].Length / 2] ^= 0x10;
                Assert.False(PieceTree.VerifyPiece(pieces[index], index, hashes.Root, hashes.LengthBytes, hashes.PieceLayer.Span, PieceLengthBytes));
                Assert.False(PieceTree.VerifyPiece(pieces[index].AsSpan(1), index, hashes.Root, hashes.LengthBytes, hashes.PieceLayer.Span, PieceLengthBytes));
            }

            Assert.False(PieceTree.VerifyPiece(pieces[0], pieces.Length, hashes.Root, hashes.LengthBytes, hashes.PieceLayer.Span, PieceLengthBytes));
            Assert.False(PieceTree.VerifyPiece(pieces[0], -1, hashes.Root, hashes.LengthBytes, hashes.PieceLayer.Span, PieceLengthBytes));
        }, iter: 30, threads: 1);
    }

    [Fact]
    public void A_layer_of_another_length_or_with_a_flipped_bit_is_not_the_files()
    {
        var hashes = NaiveHashes.Of(CounterContent.Make(3, 5 * PieceLengthBytes - 9), PieceLengthBytes);
        var layer = hashes.PieceLayer.ToArray();
        Assert.False(PieceTree.VerifyLayer(hashes.Root, hashes.LengthBytes + PieceLengthBytes, layer, PieceLengthBytes));
        Assert.False(PieceTree.VerifyLayer(hashes.Root, hashes.LengthBytes, layer.AsSpan(32), PieceLengthBytes));
        Assert.False(PieceTree.VerifyLayer(hashes.Root, hashes.LengthBytes, layer.AsSpan(0, 31), PieceLengthBytes));
        Assert.False(PieceTree.VerifyLayer(hashes.Root, 0, [], PieceLengthBytes));
        layer[40] ^= 1;
        Assert.False(PieceTree.VerifyLayer(hashes.Root, hashes.LengthBytes, layer, PieceLengthBytes));
    }

    [Fact]
    public void An_empty_file_is_refused()
    {
        using var hasher = new ObjectHasher();
        Assert.Throws<InvalidOperationException>(hasher.Finish);
        hasher.Append([]);
        Assert.Throws<InvalidOperationException>(hasher.Finish);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(8192)]
    [InlineData(16385)]
    [InlineData(-16384)]
    [InlineData(int.MaxValue)]
    public void A_piece_length_that_BEP_52_does_not_know_is_refused(int pieceLengthBytes)
    {
        Assert.Throws<ArgumentException>(() => new ObjectHasher(pieceLengthBytes));
        Assert.Throws<ArgumentException>(() => PieceTree.HashPiece([1], pieceLengthBytes, onlyPieceOfFile: true));
    }
}
