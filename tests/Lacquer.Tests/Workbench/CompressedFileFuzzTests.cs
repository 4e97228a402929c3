using Lacquer.Formats.Findings;
using Lacquer.Stages.Workbench;
using Lacquer.Tests.Studio;
using Xunit;
using ZstdSharp;

namespace Lacquer.Tests.Workbench;

/// <summary>Compressed files as strangers may have made them: cut off, changed, and such as swell. <c>LACQUER_FUZZ=N</c> sets how many there are.</summary>
public sealed class CompressedFileFuzzTests
{
    // Of a frame that unpacks to a mebibyte of zeros; many of them are too many.
    private static readonly byte[] Swelling = Packed(new byte[1 << 20]);

    [Fact]
    public void What_is_unpacked_is_whole_or_refused()
    {
        using var scratch = new Scratch();
        var (from, to) = (scratch["from"], scratch["to"]);
        var text = new byte[3000];
        new Random(1).NextBytes(text.AsSpan(1000));
        byte[] table = [0x5E, 0x2A, 0x4D, 0x18, 5, 0, 0, 0, 1, 2, 3, 4, 5];
        byte[][] originals = [[.. Packed(text), .. Packed(text.AsSpan(500).ToArray()), .. table], [.. Packed("some text, some text, some text"u8.ToArray()), .. table], Packed([])];
        Fuzz.Run(3_000, random =>
        {
            if (random.Next(2000) == 0)
                return [.. Enumerable.Repeat(Swelling, random.Next(120)).SelectMany(frame => frame)];
            var original = originals[random.Next(originals.Length)];
            // What a frame says of itself stands in its first bytes.
            if (random.Next(2) == 0)
                return random.Mutate(original);
            var bytes = original.ToArray();
            bytes[random.Next(Math.Min(bytes.Length, 14))] = (byte)random.Next(256);
            return bytes;
        }, bytes =>
        {
            File.WriteAllBytes(from, bytes);
            CompressedFile.Unpack(from, to);
        }, [Failure.Damaged, Failure.Untrusted]);
    }

    [Fact]
    public void What_swells_is_given_up_before_it_fills_the_disk()
    {
        using var scratch = new Scratch();
        File.WriteAllBytes(scratch["from"], [.. Enumerable.Repeat(Swelling, 5000).SelectMany(frame => frame)]);
        Assert.Equal(Failure.Untrusted, Assert.Throws<LacquerException>(() => CompressedFile.Unpack(scratch["from"], scratch["to"])).Failure);
        Assert.InRange(new FileInfo(scratch["to"]).Length, 0, 1000 * new FileInfo(scratch["from"]).Length);
    }

    private static byte[] Packed(byte[] bytes)
    {
        using var zstd = new Compressor(1);
        return zstd.Wrap(bytes).ToArray();
    }
}
