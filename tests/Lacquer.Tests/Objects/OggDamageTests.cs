using System.Buffers.Binary;
using CsCheck;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Objects;
using Xunit;

namespace Lacquer.Tests.Objects;

public class OggDamageTests
{
    private static readonly CommentHeader NewTags = new("Lacquer", [new("TITLE", "x")]);

    public static TheoryData<string, Failure> Damages => new()
    {
        { "empty", Failure.Refused },
        { "not ogg", Failure.Refused },
        { "other codec", Failure.Refused },
        { "bit flipped in audio", Failure.Damaged },
        { "bit flipped in header", Failure.Damaged },
        { "bytes between pages", Failure.Damaged },
        { "bytes after the end", Failure.Damaged },
        { "zeros after the end", Failure.Damaged },
        { "cut within a page", Failure.Damaged },
        { "cut between pages", Failure.Damaged },
        { "cut within the headers", Failure.Damaged },
        { "chained", Failure.Refused },
        { "chained after no end", Failure.Refused },
        { "multiplexed", Failure.Refused },
        { "second stream from the start", Failure.Refused },
        { "header page missing", Failure.Damaged },
        { "no beginning", Failure.Damaged },
        { "no framing bit", Failure.Damaged },
        { "no setup header", Failure.Damaged },
        { "setup header too long", Failure.Refused },
        { "ends within headers", Failure.Damaged },
    };

    [Theory]
    [MemberData(nameof(Damages))]
    public void A_file_that_is_not_one_sound_stream_is_refused(string damage, Failure failure)
    {
        var bytes = Damage(damage);
        var thrown = Assert.Throws<LacquerException>(() => OggRewriteTests.Rewrite(bytes, NewTags));
        Assert.Equal(failure, thrown.Failure);
    }

    [Fact]
    public void A_scan_names_what_is_wrong()
    {
        Assert.Equal(1, ScanOf("bit flipped in audio").CrcErrors);
        Assert.Equal(7, ScanOf("bytes between pages").LostBytes);
        Assert.Equal(0, ScanOf("bytes between pages").TrailingBytes);
        Assert.Equal(7, ScanOf("bytes after the end").TrailingBytes);
        Assert.Equal(100_000, ScanOf("zeros after the end").TrailingBytes);
        Assert.True(ScanOf("cut within a page").EndsMidPage);
        Assert.False(ScanOf("cut between pages").HasEnd);
        Assert.True(ScanOf("chained").IsChained);
        Assert.True(ScanOf("multiplexed").IsMultiplexed);
        foreach (var damage in (string[])["bit flipped in audio", "bytes between pages", "bytes after the end", "cut within a page", "cut between pages", "chained", "chained after no end", "multiplexed"])
        {
            Assert.False(ScanOf(damage).IsRewritable);
            Assert.Equal(Damage(damage).Length, ScanOf(damage).LengthBytes);
        }
    }

    [Fact]
    public void A_mutated_file_is_either_rewritten_so_that_it_comes_back_or_reported() =>
        Gen.Select(Gen.Int, Gen.Int[1, 6], Gen.Bool, Gen.Bool).Sample((seed, edits, resign, vorbis) =>
        {
            var random = new Random(seed);
            var codec = vorbis ? OggCodec.Vorbis : OggCodec.Opus;
            var bytes = SyntheticFile.Make(codec, 9, 0, seed, random.Next(300), 10, 0, 40, [50, 300, 0, 20, 600, 5], [3, 8], random.Next(2) == 0, 99).Bytes;
            for (var i = 0; i < edits; i++)
                bytes = Mutate(bytes, random);
            if (resign)
                SyntheticOgg.Resign(bytes);
            byte[] rewritten, undo;
            OggScan? scan = null;
            try
            {
                scan = OggFile.Scan(new MemoryStream(bytes));
            }
            catch (LacquerException)
            {
            }
            try
            {
                (rewritten, undo) = OggRewriteTests.Rewrite(bytes, NewTags);
            }
            catch (LacquerException)
            {
                Assert.NotEqual(true, scan?.IsRewritable);
                return;
            }
            Assert.True(scan?.IsRewritable);
            Assert.Equal(bytes, OggRewriteTests.Restore(rewritten, undo));
        }, iter: 10_000, threads: 2);

    [Fact]
    public void A_mutated_undo_record_or_object_restores_the_original_or_is_damaged()
    {
        var file = SyntheticFile.Make(OggCodec.Vorbis, 9, 0, 4, 600, 90_000, 0, 900, [50, 300, 0, 20, 600, 5], [40], true, 99);
        var (rewritten, undo) = OggRewriteTests.Rewrite(file.Bytes, file.NewTags);
        Gen.Select(Gen.Int, Gen.Int[1, 3], Gen.Bool).Sample((seed, edits, ofUndo) =>
        {
            var random = new Random(seed);
            var (someObject, someUndo) = (rewritten, undo);
            for (var i = 0; i < edits; i++)
            {
                if (ofUndo)
                    someUndo = Mutate(someUndo, random);
                else
                    someObject = Mutate(someObject, random);
            }
            try
            {
                Assert.Equal(file.Bytes, OggRewriteTests.Restore(someObject, someUndo));
            }
            catch (LacquerException exception)
            {
                Assert.True(exception.Failure is Failure.Damaged or Failure.Refused);
            }
        }, iter: 5_000, threads: 2);
    }

    [Fact]
    public void An_undo_record_of_another_file_is_damaged_even_with_the_same_headers()
    {
        var one = SyntheticFile.Make(OggCodec.Opus, 9, 0, 4, 60, 90, 0, 0, [50, 300], [1], false, 99);
        var other = SyntheticFile.Make(OggCodec.Opus, 9, 0, 5, 60, 90, 0, 0, [50, 300], [1], false, 99);
        var (_, undo) = OggRewriteTests.Rewrite(one.Bytes, one.NewTags);
        var (rewritten, _) = OggRewriteTests.Rewrite(other.Bytes, other.NewTags);
        Assert.Equal(Failure.Damaged, Assert.Throws<LacquerException>(() => OggRewriteTests.Restore(rewritten, undo)).Failure);
    }

    [Fact]
    public void An_undo_record_that_claims_too_much_is_damaged()
    {
        var file = SyntheticFile.Make(OggCodec.Opus, 9, 0, 4, 60, 90, 0, 0, [50, 300], [1], false, 99);
        var (rewritten, undo) = OggRewriteTests.Rewrite(file.Bytes, file.NewTags);
        foreach (var at in (int[])[4, 8])
        {
            var wrong = undo.ToArray();
            BinaryPrimitives.WriteInt32LittleEndian(wrong.AsSpan(at), (32 * 1024 * 1024) + 1);
            Assert.Equal(Failure.Damaged, Assert.Throws<LacquerException>(() => OggRewriteTests.Restore(rewritten, wrong)).Failure);
            BinaryPrimitives.WriteInt32LittleEndian(wrong.AsSpan(at), -1);
            Assert.Equal(Failure.Damaged, Assert.Throws<LacquerException>(() => OggRewriteTests.Restore(rewritten, wrong)).Failure);
        }
    }

    private static OggScan ScanOf(string damage) => OggFile.Scan(new MemoryStream(Damage(damage)));

    private static byte[] Damage(string damage)
    {
        var file = SyntheticFile.Make(OggCodec.Vorbis, 9, 0, 4, 600, 90, 0, 900, [500, 300, 0, 20, 600, 5], [4], false, 99).Bytes;
        var pages = SyntheticOgg.Pages(file);
        byte[] Head(params byte[][] packets) =>
            SyntheticOgg.Join(SyntheticOgg.Lay(OggCodec.Vorbis, 9, 0, [SyntheticOgg.Ident(OggCodec.Vorbis), .. packets], [200], false));
        var comment = SyntheticOgg.CommentPacket(OggCodec.Vorbis, NewTags);
        return damage switch
        {
            "empty" => [],
            "not ogg" => SyntheticOgg.Noise(5000, 1),
            "other codec" => new SyntheticOgg.Page(2, 0, 9, 0, [8], "Speex   "u8.ToArray()).ToBytes(),
            "bit flipped in audio" => Flipped(file, file.Length - 20),
            "bit flipped in header" => Flipped(file, 200),
            "bytes between pages" => [.. file[..^pages[^1].ToBytes().Length], .. "rubbish"u8, .. pages[^1].ToBytes()],
            "bytes after the end" => [.. file, .. "rubbish"u8],
            "zeros after the end" => [.. file, .. new byte[100_000]],
            "cut within a page" => file[..^10],
            "cut between pages" => SyntheticOgg.Join(pages.SkipLast(1)),
            "cut within the headers" => file[..100],
            "chained" => [.. file, .. SyntheticOgg.Join(pages.Select(p => p with { Serial = 10 }))],
            "chained after no end" => [.. SyntheticOgg.Join(pages.SkipLast(1)), .. file],
            "multiplexed" => SyntheticOgg.Join([.. pages.SkipLast(1), pages[^2] with { Serial = 10 }, pages[^1]]),
            "second stream from the start" => SyntheticOgg.Join([pages[0], pages[0] with { Serial = 10 }, .. pages.Skip(1)]),
            "header page missing" => SyntheticOgg.Join([pages[0], .. pages.Skip(2)]),
            "no beginning" => SyntheticOgg.Join(pages.Skip(1)),
            "no framing bit" => Head([.. comment[..^1], 0], SyntheticOgg.SetupPacket(100, 1), [1]),
            "no setup header" => Head(comment, [5, 6, 7], [1]),
            "setup header too long" => Head(comment, SyntheticOgg.SetupPacket((1024 * 1024) + 1, 1), [1]),
            "ends within headers" => SyntheticOgg.Join([pages[0], pages[1] with { Flags = 4 }]),
            _ => throw new ArgumentOutOfRangeException(nameof(damage)),
        };
    }

    private static byte[] Flipped(byte[] file, int at)
    {
        file[at] ^= 0x10;
        return file;
    }

    private static byte[] Mutate(byte[] bytes, Random random)
    {
        if (bytes.Length == 0)
            return [1];
        var at = random.Next(bytes.Length);
        var length = random.Next(Math.Min(60, bytes.Length - at) + 1);
        switch (random.Next(6))
        {
            case 0:
                return bytes[..at];
            case 1:
                return [.. bytes[..at], .. bytes[(at + length)..]];
            case 2:
                return [.. bytes[..(at + length)], .. bytes[at..]];
            case 3:
                bytes = bytes.ToArray();
                random.NextBytes(bytes.AsSpan(at, length));
                return bytes;
            default:
                bytes = bytes.ToArray();
                bytes[at] = (byte)(random.Next(3) == 0 ? 255 : random.Next(256));
                return bytes;
        }
    }

    // Gives each page that can still be found its right checksum, so that the damage gets past it.
}
