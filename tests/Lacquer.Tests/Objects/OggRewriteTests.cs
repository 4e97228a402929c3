using CsCheck;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Objects;
using Xunit;

namespace Lacquer.Tests.Objects;

public class OggRewriteTests
{
    private static readonly Gen<int> PacketSize = Gen.OneOf(
        Gen.OneOf(0, 1, 254, 255, 256, 510, 65_024, 65_025, 65_026, 130_050), Gen.Int[0, 600], Gen.Int[0, 5000]);

    private static readonly Gen<int> TextSize = Gen.Frequency((12, Gen.Int[0, 300]), (3, Gen.Int[0, 70_000]), (1, Gen.Int[0, 400_000]));

    private static readonly Gen<int[]> PageSegments = Gen.OneOf(
        Gen.Int[1, 255].Array[1, 6], Gen.Int[1, 5].Array[1, 6], Gen.Const(new[] { 255 }), Gen.Const(new[] { 17 }));

    private static readonly Gen<SyntheticFile> File =
        from codec in Gen.OneOf(OggCodec.Vorbis, OggCodec.Opus)
        from serial in Gen.UInt
        from firstNumber in Gen.OneOf(0u, 0u, 7u, uint.MaxValue - 2)
        from seed in Gen.Int
        from oldText in TextSize
        from newText in TextSize
        from padding in Gen.OneOf(0, 0, 100, 1024)
        from setup in PacketSize
        from audio in PacketSize.Array[0, 25]
        from segments in PageSegments
        from share in Gen.Bool
        from gapAfter in Gen.Int[0, 30]
        select SyntheticFile.Make(codec, serial, firstNumber, seed, oldText, newText, padding, setup, audio, segments, share, gapAfter);

    [Fact]
    public void A_rewrite_changes_the_comments_only_and_a_restore_gives_the_file_back() =>
        File.Sample(file =>
        {
            var (rewritten, undo) = Rewrite(file.Bytes, file.NewTags);
            Assert.Equal(file.Bytes, Restore(rewritten, undo));

            var before = SyntheticOgg.Packets(SyntheticOgg.Pages(file.Bytes));
            var pages = SyntheticOgg.Pages(rewritten);
            var after = SyntheticOgg.Packets(pages);
            Assert.Equal(before.Count, after.Count);
            Assert.Equal(SyntheticOgg.CommentPacket(file.Codec, file.NewTags), after[1].Bytes);
            var headers = file.Codec == OggCodec.Vorbis ? 3 : 2;
            for (var i = 0; i < before.Count; i++)
            {
                if (i != 1)
                    Assert.Equal(before[i].Bytes, after[i].Bytes);
                if (i >= headers)
                    Assert.Equal(before[i].Granule, after[i].Granule);
            }

            Assert.Equal(2, pages[0].Flags & 6);
            Assert.Equal(4, pages[^1].Flags & 6);
            Assert.All(pages.Skip(1).SkipLast(1), page => Assert.Equal(0, page.Flags & 6));
            Assert.All(pages, page => Assert.Equal(pages[0].Serial, page.Serial));

            var head = OggFile.ReadHead(new MemoryStream(rewritten));
            Assert.Equal(file.NewTags.Vendor, head.Tags.Vendor);
            Assert.Equal(file.NewTags.Comments, head.Tags.Comments);
            var scanBefore = OggFile.Scan(new MemoryStream(file.Bytes));
            var scan = OggFile.Scan(new Trickle(rewritten));
            Assert.True(scan.IsRewritable);
            Assert.Equal(pages.Count, scan.Pages);
            Assert.Equal(rewritten.Length, scan.LengthBytes);
            Assert.Equal(scanBefore.NumberGaps, scan.NumberGaps);
            Assert.Equal(scanBefore.DurationMs, scan.DurationMs);
            Assert.Equal(scanBefore.LastGranule, scan.LastGranule);
        }, iter: 150, threads: 2, print: file => file.ToString());

    [Fact]
    public void A_source_that_gives_a_few_bytes_at_a_time_is_rewritten_alike() =>
        File.Sample(file =>
        {
            var (rewritten, undo) = Rewrite(file.Bytes, file.NewTags);
            using var destination = new MemoryStream();
            Assert.Equal(undo, OggFile.Rewrite(new Trickle(file.Bytes), file.NewTags, destination));
            Assert.Equal(rewritten, destination.ToArray());
            using var back = new MemoryStream();
            OggFile.Restore(new Trickle(rewritten), undo, back);
            Assert.Equal(file.Bytes, back.ToArray());
        }, iter: 40, threads: 2, print: file => file.ToString());

    [Fact]
    public void Writing_the_same_comments_again_changes_nothing() =>
        File.Sample(file =>
        {
            var (once, _) = Rewrite(file.Bytes, file.NewTags);
            var (twice, _) = Rewrite(once, file.NewTags);
            Assert.Equal(once, twice);
        }, iter: 60, threads: 2, print: file => file.ToString());

    [Theory]
    [InlineData(OggCodec.Vorbis)]
    [InlineData(OggCodec.Opus)]
    public void Audio_on_the_last_header_page_gets_a_page_of_its_own(OggCodec codec)
    {
        var file = SyntheticFile.Make(codec, 5, 0, 1, 50, 60, 0, 300, [100, 200, 300], [255], share: true, gapAfter: 99);
        Assert.Equal(2, SyntheticOgg.Pages(file.Bytes).Count);
        var (rewritten, undo) = Rewrite(file.Bytes, file.NewTags);
        var pages = SyntheticOgg.Pages(rewritten);
        Assert.Equal([0u, 1u, 2u], pages.Select(p => p.Number));
        Assert.Equal([0L, 0L, 3 * 1024L], pages.Select(p => p.Granule));
        Assert.Equal(file.Bytes, Restore(rewritten, undo));
    }

    [Fact]
    public void Audio_whose_page_says_granule_position_0_stays_with_the_headers()
    {
        var file = SyntheticFile.Make(OggCodec.Vorbis, 5, 0, 1, 50, 60, 0, 300, [100, 200], [255], share: true, gapAfter: 99);
        var pages = SyntheticOgg.Pages(file.Bytes);
        var bytes = SyntheticOgg.Join([pages[0], pages[1] with { Granule = 0 }]);
        var (rewritten, undo) = Rewrite(bytes, file.NewTags);
        Assert.Equal(2, SyntheticOgg.Pages(rewritten).Count);
        Assert.Equal(bytes, Restore(rewritten, undo));
    }

    [Fact]
    public void Audio_that_stays_with_the_headers_may_fill_nearly_all_of_the_page()
    {
        var audio = Enumerable.Repeat(3, 250).ToArray();
        var file = SyntheticFile.Make(OggCodec.Opus, 5, 0, 1, 50, 5000, 0, 0, audio, [255], share: true, gapAfter: 99);
        var pages = SyntheticOgg.Pages(file.Bytes);
        var bytes = SyntheticOgg.Join([pages[0], pages[1] with { Granule = 0 }]);
        var (rewritten, undo) = Rewrite(bytes, file.NewTags);
        var after = SyntheticOgg.Pages(rewritten);
        Assert.Equal(255, after[^1].Lacing.Length);
        Assert.Equal(SyntheticOgg.Packets(pages).Skip(2).Select(p => p.Bytes), SyntheticOgg.Packets(after).Skip(2).Select(p => p.Bytes));
        Assert.Equal(bytes, Restore(rewritten, undo));
    }

    [Fact]
    public void A_gap_in_the_page_numbers_stays_as_it_was()
    {
        var file = SyntheticFile.Make(OggCodec.Opus, 5, 0, 1, 50, 100_000, 0, 0, [10, 10, 10, 10, 10, 10], [1], share: false, gapAfter: 3);
        var (rewritten, undo) = Rewrite(file.Bytes, file.NewTags);
        Assert.Equal(1, OggFile.Scan(new MemoryStream(file.Bytes)).NumberGaps);
        Assert.Equal(1, OggFile.Scan(new MemoryStream(rewritten)).NumberGaps);
        Assert.Equal(file.Bytes, Restore(rewritten, undo));
    }

    [Fact]
    public void Pages_after_the_end_flag_are_kept()
    {
        var file = SyntheticFile.Make(OggCodec.Vorbis, 5, 0, 1, 50, 60, 0, 300, [100, 200, 300], [1], share: false, gapAfter: 99);
        var pages = SyntheticOgg.Pages(file.Bytes);
        var bytes = SyntheticOgg.Join([.. pages, pages[^1] with { Number = pages[^1].Number + 1 }, pages[^1] with { Number = pages[^1].Number + 2 }]);
        var (rewritten, undo) = Rewrite(bytes, file.NewTags);
        Assert.Equal(2, OggFile.Scan(new MemoryStream(rewritten)).PagesAfterEnd);
        Assert.Equal(bytes, Restore(rewritten, undo));
    }

    [Fact]
    public void The_undo_record_of_a_shared_page_and_a_setup_header_is_small()
    {
        var file = SyntheticFile.Make(OggCodec.Vorbis, 5, 0, 1, 200, 400, 0, 4000, [500, 600, 700, 800], [255], share: true, gapAfter: 99);
        var (_, undo) = Rewrite(file.Bytes, file.OldTags with { Comments = [.. file.OldTags.Comments, new Comment("TITLE", "Lacquer")] });
        Assert.InRange(undo.Length, 30, 150);
    }

    [Fact]
    public void A_picture_that_is_kept_costs_the_undo_record_little()
    {
        var picture = new Comment("METADATA_BLOCK_PICTURE", Convert.ToBase64String(SyntheticOgg.Noise(6_000_000, 3)));
        var tags = new CommentHeader("v", [new("TITLE", "a"), picture]);
        var file = SyntheticOgg.Join(SyntheticOgg.Lay(
            OggCodec.Opus, 1, 0, [SyntheticOgg.Ident(OggCodec.Opus), SyntheticOgg.CommentPacket(OggCodec.Opus, tags), [1, 2, 3]], [255], share: false));
        var (rewritten, undo) = Rewrite(file, new CommentHeader("w", [new("ARTIST", "b"), picture]));
        Assert.InRange(undo.Length, 30, 5000);
        Assert.Equal(file, Restore(rewritten, undo));
    }

    [Fact]
    public void The_largest_comment_header_is_written_and_a_larger_one_refused()
    {
        var file = SyntheticFile.Make(OggCodec.Opus, 5, 0, 1, 50, 60, 0, 0, [100], [255], share: true, gapAfter: 99).Bytes;
        const int Most = (16 * 1024 * 1024) - 8 - 4 - 4 - 4 - 2;
        var (rewritten, undo) = Rewrite(file, new CommentHeader("", [new Comment("A", new string('x', Most))]));
        Assert.Equal(file, Restore(rewritten, undo));
        Assert.Equal(Most, OggFile.ReadHead(new MemoryStream(rewritten)).Tags.Values("a").Single().Length);
        var thrown = Assert.Throws<LacquerException>(() => Rewrite(file, new CommentHeader("", [new Comment("A", new string('x', Most + 1))])));
        Assert.Equal(Failure.Refused, thrown.Failure);
    }

    public static (byte[] Rewritten, byte[] Undo) Rewrite(byte[] file, CommentHeader tags)
    {
        using var destination = new MemoryStream();
        var undo = OggFile.Rewrite(new MemoryStream(file), tags, destination);
        return (destination.ToArray(), undo);
    }

    public static byte[] Restore(byte[] rewritten, byte[] undo)
    {
        using var destination = new MemoryStream();
        OggFile.Restore(new MemoryStream(rewritten), undo, destination);
        return destination.ToArray();
    }

    /// <summary>Cannot seek and gives 1 to 700 bytes a read.</summary>
    private sealed class Trickle(byte[] bytes) : Stream
    {
        private int _at;

        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => false;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count)
        {
            var part = Math.Min(Math.Min(count, bytes.Length - _at), 1 + (_at * 31 % 700));
            Array.Copy(bytes, _at, buffer, offset, part);
            _at += part;
            return part;
        }

        public override void Flush() => throw new NotSupportedException();
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
