using System.Buffers.Binary;
using System.Text;
using Lacquer.Formats.Accessions;
using Lacquer.Formats.Findings;
using Lacquer.Tests.Studio;
using Xunit;
using ZstdSharp;

namespace Lacquer.Tests.Accessions;

/// <summary>Accessions as somebody may have left them: changed bytes, and frames and seek tables that are well-formed and say something else. <c>LACQUER_FUZZ=N</c> sets how many there are.</summary>
public sealed class AccessionFuzzTests
{
    // Buffers of the three ways to read, and a frame as large as may be in each.
    private const long MostBytes = 160L << 20;

    private static readonly string[] Frames =
    [
        "{\"format\":\"" + AccessionFile.Format + "\",\"number\":7,\"source\":\"some-source\",\"adapter\":\"folder/1\",\"origins\":[{\"file\":\"a\",\"sha256\":\"" + new string('a', 64)
            + "\",\"schema\":1,\"timestamp\":\"t\",\"copying\":\"c\",\"left_out\":\"l\"}],\"settings\":\"s\"}\n",
        string.Concat(Enumerable.Range(0, 20).Select(i => $"{{\"key\":\"{i}\"}}\n")),
        string.Concat(Enumerable.Range(20, 20).Select(i => $"{{\"key\":\"{i}\"}}\n")),
    ];

    // Short frames that swell: to what is just allowed, and to more.
    private static readonly byte[][] Bombs = [Packed(Lines((16 << 20) + 1)), Packed(Lines(40 << 20))];

    [Fact]
    public void What_is_whole_is_read_and_the_rest_is_said_to_be_damaged()
    {
        using var scratch = new Scratch();
        var (path, buffer) = (scratch["accession"], Array.Empty<byte>());
        var whole = Built([.. Frames.Select(f => Packed(Encoding.UTF8.GetBytes(f)))], [.. Frames.Select(f => (uint)f.Length)], new Random(0), isHarmed: false);
        using var decompressor = new Decompressor();
        Fuzz.Run(2_000, random => random.Next(3) == 0 ? random.Mutate(whole) : Rebuilt(random), bytes =>
        {
            File.WriteAllBytes(path, bytes);
            using var reader = AccessionReader.Open(path);
            Assert.NotNull(reader.Header.Source);
            Assert.NotNull(reader.Header.Adapter);
            Assert.NotNull(reader.Header.Settings);
            Assert.All(reader.Header.Origins, origin => Assert.NotNull(origin.File));
            LacquerException? damage = null;
            Each(() =>
            {
                foreach (var line in reader.Lines())
                    Assert.False(line.Line.Span.Contains((byte)'\n'));
            });
            Each(() =>
            {
                foreach (var frame in reader.Frames())
                    try
                    {
                        frame.Unpack(decompressor, ref buffer);
                    }
                    catch (FormatException)
                    {
                        // As it says.
                    }
            });
            for (var offset = 0L; offset < 1000; offset += 37)
                try
                {
                    Assert.False(reader.Record(offset).Span.Contains((byte)'\n'));
                }
                catch (LacquerException e) when (e.Failure == Failure.Damaged)
                {
                    // Most of these are the beginning of no record.
                }

            if (damage is not null)
                throw damage;

            void Each(Action way)
            {
                try
                {
                    way();
                }
                catch (LacquerException e) when (e.Failure == Failure.Damaged)
                {
                    damage = e;
                }
            }
        }, mostBytes: MostBytes);
    }

    // Frames that can be unpacked, of changed lines, and a table of them that may say something else.
    private static byte[] Rebuilt(Random random)
    {
        var frames = Frames.Select(f => Encoding.UTF8.GetBytes(f)).ToList();
        if (random.Next(3) == 0)
            frames[0] = [.. random.ChangeJson(frames[0].AsSpan(0, frames[0].Length - 1).ToArray()), (byte)'\n'];
        for (var changes = random.Next(3); changes > 0; changes--)
        {
            var at = random.Next(frames.Count);
            switch (random.Next(4))
            {
                case 0: frames[at] = random.Mutate(frames[at]); break;
                case 1: frames.Insert(at, []); break;
                case 2: frames.Insert(at, frames[random.Next(frames.Count)]); break;
                default: frames[at] = new byte[random.Next(2000)]; break;
            }
        }

        var packed = frames.Select(Packed).ToList();
        if (random.Next(200) == 0)
            packed[random.Next(packed.Count)] = Bombs[random.Next(Bombs.Length)];
        return Built(packed, [.. frames.Select(f => (uint)f.Length)], random, random.Next(2) == 0);
    }

    private static byte[] Built(List<byte[]> frames, List<uint> lengths, Random random, bool isHarmed)
    {
        var entries = frames.Zip(lengths, (frame, length) => new[] { (uint)frame.Length, length }).ToList();
        var (size, count, magic) = (8 * (uint)entries.Count + 9, (uint)entries.Count, 0x8F92EAB1);
        uint[] odd = [0, 1, 2, 0x7FFF_FFFF, 0xFFFF_FFFF, (uint)random.Next(100), count + 1, 16 << 20];
        if (isHarmed)
            switch (random.Next(5))
            {
                case 0: entries[random.Next(entries.Count)][random.Next(2)] = odd[random.Next(odd.Length)]; break;
                case 1: count = odd[random.Next(odd.Length)]; break;
                case 2: size = odd[random.Next(odd.Length)]; break;
                case 3: entries.RemoveAt(random.Next(entries.Count)); break;
                default:
                    // The sum stays what it was.
                    var (one, other) = (random.Next(entries.Count), random.Next(entries.Count));
                    var some = odd[random.Next(odd.Length)];
                    entries[one][0] = unchecked(entries[one][0] + some);
                    entries[other][0] = unchecked(entries[other][0] - some);
                    break;
            }

        using var file = new MemoryStream();
        foreach (var frame in frames)
            file.Write(frame);
        Put(0x184D2A5E);
        Put(size);
        foreach (var entry in entries)
        {
            Put(entry[0]);
            Put(entry[1]);
        }

        Put(count);
        file.WriteByte(0);
        Put(magic);
        return file.ToArray();

        void Put(uint number)
        {
            Span<byte> bytes = stackalloc byte[sizeof(uint)];
            BinaryPrimitives.WriteUInt32LittleEndian(bytes, number);
            file.Write(bytes);
        }
    }

    private static byte[] Packed(byte[] bytes)
    {
        using var zstd = new Compressor(1);
        return zstd.Wrap(bytes).ToArray();
    }

    private static byte[] Lines(int length)
    {
        var bytes = new byte[length];
        bytes[^1] = (byte)'\n';
        return bytes;
    }
}
