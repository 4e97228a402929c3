using System.Text;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Objects;
using Xunit;

namespace Lacquer.Tests.Objects;

public class OggHeadTests
{
    [Fact]
    public void A_Vorbis_head_says_what_the_identification_header_says()
    {
        var head = OggFile.ReadHead(new MemoryStream(SyntheticFile.Make(OggCodec.Vorbis, 77, 0, 1, 5, 5, 0, 30, [9], [9], false, 99).Bytes));
        Assert.Equal((OggCodec.Vorbis, 77u, 2, 44_100, 160_000, 0, 44_100, 0), (head.Codec, head.Serial, head.Channels, head.SampleRateHz, head.NominalBitrateBps, head.PreSkipSamples, head.InputSampleRateHz, head.OutputGainQ78));
        Assert.Equal("libVorbis 20050304", head.Tags.Vendor);
        Assert.Equal(["x", "y"], head.Tags.Values("Artist"));
    }

    [Fact]
    public void An_Opus_head_says_what_the_identification_header_says()
    {
        var file = SyntheticFile.Make(OggCodec.Opus, 77, 0, 1, 5, 5, 0, 0, [9, 9, 9, 9, 9], [9], false, 99).Bytes;
        var head = OggFile.ReadHead(new MemoryStream(file));
        Assert.Equal((OggCodec.Opus, 77u, 2, 48_000, 0, 312, 44_100, -128), (head.Codec, head.Serial, head.Channels, head.SampleRateHz, head.NominalBitrateBps, head.PreSkipSamples, head.InputSampleRateHz, head.OutputGainQ78));
        Assert.Equal(((5 * 1024) - 312) * 1000 / 48_000, OggFile.Scan(new MemoryStream(file)).DurationMs);
    }

    [Fact]
    public void A_comment_block_is_written_as_it_is_read()
    {
        var tags = new CommentHeader("Ünïcode", [new("TITLE", "音楽 = 🎵"), new("title", ""), new("A B}", "=")]);
        var bytes = tags.ToBytes();
        var read = CommentHeader.Parse([.. bytes, 1, 2, 3], out var lengthBytes);
        Assert.Equal(bytes.Length, lengthBytes);
        Assert.Equal(tags.Vendor, read.Vendor);
        Assert.Equal(tags.Comments, read.Comments);
    }

    [Fact]
    public void Fields_without_a_proper_name_are_left_out()
    {
        byte[] block = [.. Text("v"), 4, 0, 0, 0, .. Text("no equals sign"), .. Text("=no name"), .. Text("Ä=x"), .. Text("A=b")];
        Assert.Equal([new Comment("A", "b")], CommentHeader.Parse(block, out _).Comments);
    }

    [Theory]
    [InlineData("")]
    [InlineData("A=B")]
    [InlineData("A~")]
    [InlineData("Ä")]
    [InlineData("A\n")]
    public void A_name_that_the_format_forbids_is_not_written(string name) =>
        Assert.Throws<ArgumentException>(() => new CommentHeader("v", [new(name, "x")]).ToBytes());

    [Fact]
    public void A_text_that_is_not_Unicode_is_not_written() =>
        Assert.ThrowsAny<ArgumentException>(() => new CommentHeader("v", [new("TITLE", "\ud83c")]).ToBytes());

    [Fact]
    public void Every_block_that_is_cut_short_is_damaged()
    {
        var bytes = new CommentHeader("vendor", [new("A", "b"), new("C", "d")]).ToBytes();
        for (var length = 0; length < bytes.Length; length++)
            Assert.Equal(Failure.Damaged, Assert.Throws<LacquerException>(() => CommentHeader.Parse(bytes.AsSpan(0, length), out _)).Failure);
    }

    [Fact]
    public void More_fields_than_memory_should_hold_are_refused()
    {
        var block = new byte[8 + (4 * 70_000)];
        BitConverter.GetBytes(70_000).CopyTo(block, 4);
        Assert.Equal(Failure.Refused, Assert.Throws<LacquerException>(() => CommentHeader.Parse(block, out _)).Failure);
    }

    private static byte[] Text(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        return [.. BitConverter.GetBytes(bytes.Length), .. bytes];
    }
}
