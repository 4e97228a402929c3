using System.Buffers.Binary;
using Lacquer.Formats.Deltas;
using Lacquer.Formats.Findings;
using Lacquer.Tests.Studio;
using Xunit;
using ZstdSharp;

namespace Lacquer.Tests.Deltas;

/// <summary>
/// Whatever is done to a delta, what comes of it is the catalogue that it names, or one line that says why not. Its bytes are changed, or the streams that are packed in it, as if somebody had signed them.
/// <c>LACQUER_FUZZ=N</c> sets how many there are of each kind.
/// </summary>
public sealed class DeltaFuzzTests
{
    // Before the length of the list of streams; docs/format/delta.md.
    private const int ListLengthOffset = 196;

    // Buffers of some hundred streams, and the pages that are filled.
    private const long MostBytes = 64L << 20;

    private static readonly ThreadLocal<Compressor> Zstd = new(() => new Compressor(1));

    [Fact]
    public void Cut_off_or_changed_anywhere_it_is_refused()
    {
        using var scratch = Delta(things: 12);
        var delta = File.ReadAllBytes(scratch["delta"]);
        Fuzz.Run(200, random => Harmed(delta, random), bytes => Holds(scratch, bytes), mostBytes: MostBytes);
    }

    [Fact]
    public void What_it_is_between_is_read_or_refused()
    {
        using var scratch = Delta(things: 12);
        var delta = File.ReadAllBytes(scratch["delta"]);
        var end = ListLengthOffset + 4 + BinaryPrimitives.ReadInt32LittleEndian(delta.AsSpan(ListLengthOffset));
        // In its head and in the list of streams, where all is that is read of it.
        Fuzz.Run(4_000, random => [.. Harmed(delta[..end], random), .. delta[end..]], bytes =>
        {
            File.WriteAllBytes(scratch["damaged"], bytes);
            CatalogueDelta.Ends(scratch["damaged"]);
        }, mostBytes: MostBytes);
    }

    [Fact]
    public void Whatever_stands_in_its_streams_nothing_else_comes_of_it()
    {
        using var scratch = Delta(things: 12);
        var (head, streams) = Unpack(File.ReadAllBytes(scratch["delta"]));
        var full = Enumerable.Range(0, streams.Count).Where(i => streams[i].Length > 0).ToArray();
        var packed = streams.ConvertAll(Packed);
        Fuzz.Run(200, random =>
        {
            var changed = packed.ToList();
            // One in ten is as it was: nearly all that are changed are refused.
            for (var times = random.Next(10) == 0 ? 0 : random.Next(1, 4); times > 0; times--)
            {
                var which = random.Next(8) == 0 ? random.Next(streams.Count) : full[random.Next(full.Length)];
                var bytes = streams[which].ToList();
                var at = random.Next(bytes.Count + 1);
                switch (random.Next(8))
                {
                    // What could have been, and was not.
                    case 6 when at < bytes.Count: bytes[at] = (byte)(bytes[at] + (random.Next(2) == 0 ? 1 : -1)); break;
                    case 7: bytes = [.. streams[full[random.Next(full.Length)]]]; break;
                    case 0 when at < bytes.Count: bytes[at] = (byte)random.Next(256); break;
                    case 1 when at < bytes.Count: bytes.RemoveRange(at, random.Next(bytes.Count - at) + 1); break;
                    case 2: bytes.InsertRange(at, [255, 255, 255, 255, 255, 255, 255, 255, 255, 1]); break;
                    case 3: bytes.InsertRange(at, new byte[random.Next(2000)]); break;
                    // A length that is possible, and has nothing behind it.
                    case 4: bytes.InsertRange(at, [.. Enumerable.Repeat((byte)255, random.Next(5)), (byte)random.Next(128)]); break;
                    default: bytes.Insert(at, (byte)random.Next(256)); break;
                }

                changed[which] = Packed([.. bytes]);
            }

            return Pack(head, changed);
        }, bytes => Holds(scratch, bytes), mostBytes: MostBytes);
    }

    [Fact]
    public void One_that_would_fill_the_disk_ends_where_the_pages_do()
    {
        using var scratch = Delta(things: 12);
        var (head, streams) = Unpack(File.ReadAllBytes(scratch["delta"]));
        // A hundred million new rows before the first of every table, each a kilobyte of compressed zeros.
        var zeros = new byte[1 << 26];
        for (var i = streams.Count - 1; i > streams.Count - 40; i--)
            streams[i] = zeros;
        Assert.Throws<LacquerException>(() => Holds(scratch, Pack(head, streams.ConvertAll(Packed))));
        Assert.InRange(new FileInfo(scratch["made"]).Length, 0, 4 * new FileInfo(scratch["new"]).Length);
    }

    [Fact]
    public void Runs_of_no_pages_are_refused_and_not_collected()
    {
        using var scratch = Delta(things: 12);
        var (head, streams) = Unpack(File.ReadAllBytes(scratch["delta"]));
        streams[0] = new byte[1 << 26];
        Assert.EndsWith("a run of pages has none", Refusal(scratch, Pack(head, streams.ConvertAll(Packed))), StringComparison.Ordinal);
    }

    [Fact]
    public void No_more_things_are_made_room_for_than_there_are_rows_for_all_kinds_together()
    {
        using var scratch = Delta(things: 12);
        var (head, streams) = Unpack(File.ReadAllBytes(scratch["delta"]));
        // Of the first kind as many as a file of this length could have of any, each of them new; and the same again of the second.
        var most = new FileInfo(scratch["new"]).Length / 6;
        for (var kind = 0; kind < 2; kind++)
        {
            streams[1 + 5 * kind] = [0, .. Number(most)];
            streams[2 + 5 * kind] = [];
            streams[3 + 5 * kind] = [];
            streams[4 + 5 * kind] = [.. Enumerable.Repeat((byte)1, (int)most)];
            streams[5 + 5 * kind] = new byte[most];
        }

        Assert.EndsWith(FormattableString.Invariant($"{most} where 0 is the most"), Refusal(scratch, Pack(head, streams.ConvertAll(Packed))), StringComparison.Ordinal);

        static byte[] Number(long value)
        {
            var bytes = new List<byte>();
            for (; value >= 0x80; value >>= 7)
                bytes.Add((byte)(value | 0x80));
            return [.. bytes, (byte)value];
        }
    }

    [Fact]
    public void What_is_left_in_an_orders_streams_is_refused()
    {
        using var scratch = Delta(things: 12);
        var (head, streams) = Unpack(File.ReadAllBytes(scratch["delta"]));
        foreach (var stream in new[] { 1, 5 })
        {
            var changed = streams.ToList();
            changed[stream] = [.. streams[stream], 0];
            Assert.EndsWith("more is said of an order than there is", Refusal(scratch, Pack(head, changed.ConvertAll(Packed))), StringComparison.Ordinal);
        }
    }

    private static string Refusal(Scratch scratch, byte[] delta)
    {
        File.WriteAllBytes(scratch["damaged"], delta);
        File.Delete(scratch["made"]);
        return Assert.Throws<LacquerException>(() => CatalogueDelta.Apply(scratch["old"], scratch["damaged"], scratch["made"], _ => { }, CancellationToken.None)).Message;
    }

    private static Scratch Delta(int things)
    {
        var scratch = new Scratch();
        var catalogue = new ChanceCatalogue(3, things);
        catalogue.Write(scratch["old"], 1);
        catalogue.Change(0.1, 0.1, 0.2, 0.1);
        catalogue.Write(scratch["new"], 2);
        CatalogueDelta.Write(scratch["old"], scratch["new"], scratch["delta"], _ => { }, CancellationToken.None);
        return scratch;
    }

    // Now and then not at all.
    private static byte[] Harmed(byte[] delta, Random random)
    {
        if (random.Next(20) == 0)
            return delta;
        var at = random.Next(delta.Length);
        return random.Next(3) switch
        {
            0 => delta[..at],
            1 => [.. delta[..at], (byte)(delta[at] ^ (1 << random.Next(8))), .. delta[(at + 1)..]],
            _ => [.. delta[..at], (byte)random.Next(256), .. delta[at..]],
        };
    }

    // Applies it; where it can be, the right thing has come out.
    private static void Holds(Scratch scratch, byte[] delta)
    {
        File.WriteAllBytes(scratch["damaged"], delta);
        File.Delete(scratch["made"]);
        CatalogueDelta.Apply(scratch["old"], scratch["damaged"], scratch["made"], _ => { }, CancellationToken.None);
        Assert.True(File.ReadAllBytes(scratch["new"]).AsSpan().SequenceEqual(File.ReadAllBytes(scratch["made"])));
    }

    // As docs/format/delta.md has it.
    private static (byte[] Head, List<byte[]> Streams) Unpack(byte[] delta)
    {
        var listBytes = BinaryPrimitives.ReadInt32LittleEndian(delta.AsSpan(ListLengthOffset));
        var list = Unpacked(delta.AsSpan(ListLengthOffset + 4, listBytes));
        var at = 0;
        var count = Number();
        var streams = new List<byte[]>();
        var start = ListLengthOffset + 4 + listBytes;
        for (; count > 0; count--)
        {
            var length = (int)Number();
            streams.Add(Unpacked(delta.AsSpan(start, length)));
            start += length;
        }

        return (delta[..ListLengthOffset], streams);

        long Number()
        {
            var value = 0L;
            for (var shift = 0; ; shift += 7)
            {
                value |= (long)(list[at] & 0x7F) << shift;
                if (list[at++] < 0x80)
                    return value;
            }
        }
    }

    private static byte[] Pack(byte[] head, List<byte[]> packed)
    {
        var list = new List<byte>();
        Put(packed.Count);
        foreach (var stream in packed)
            Put(stream.Length);
        var listed = Packed([.. list]);
        var length = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, listed.Length);
        return [.. head, .. length, .. listed, .. packed.SelectMany(stream => stream)];

        void Put(int value)
        {
            for (; value >= 0x80; value >>= 7)
                list.Add((byte)(value | 0x80));
            list.Add((byte)value);
        }
    }

    private static byte[] Unpacked(ReadOnlySpan<byte> packed)
    {
        using var zstd = new DecompressionStream(new MemoryStream(packed.ToArray()), leaveOpen: false);
        using var bytes = new MemoryStream();
        zstd.CopyTo(bytes);
        return bytes.ToArray();
    }

    private static byte[] Packed(byte[] bytes) => bytes.Length == 0 ? [] : [.. bytes.Chunk(1 << 20).SelectMany(piece => Zstd.Value!.Wrap(piece).ToArray())];
}
