using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;

namespace Lacquer.Formats.Tables;

/// <summary>The packed forms of numbers that Parquet's pages are made of. Source: the Parquet format, "Encodings".</summary>
internal static class Bits
{
    private const int BlockValues = 128;
    private const int MiniBlocks = 4;
    private const int MiniBlockValues = BlockValues / MiniBlocks;

    public static void Varint(IBufferWriter<byte> to, ulong value)
    {
        var span = to.GetSpan(10);
        var length = 0;
        for (; value >= 0x80; value >>= 7)
            span[length++] = (byte)(value | 0x80);
        span[length++] = (byte)value;
        to.Advance(length);
    }

    public static void ZigZag(IBufferWriter<byte> to, long value) => Varint(to, (ulong)((value << 1) ^ (value >> 63)));

    /// <summary>DELTA_BINARY_PACKED: the first value, then differences, 128 to a block, each quarter of a block in as few bits as its largest takes. Differences wrap around, so every 64-bit integer comes back.</summary>
    public static void Delta(IBufferWriter<byte> to, ReadOnlySpan<long> values)
    {
        Varint(to, BlockValues);
        Varint(to, MiniBlocks);
        Varint(to, (ulong)values.Length);
        ZigZag(to, values.IsEmpty ? 0 : values[0]);
        Span<ulong> rest = stackalloc ulong[BlockValues];
        Span<int> widths = stackalloc int[MiniBlocks];
        for (var start = 1; start < values.Length; start += BlockValues)
        {
            var count = Math.Min(BlockValues, values.Length - start);
            var least = long.MaxValue;
            for (var i = 0; i < count; i++)
            {
                var difference = unchecked(values[start + i] - values[start + i - 1]);
                rest[i] = (ulong)difference;
                least = Math.Min(least, difference);
            }

            for (var i = 0; i < count; i++)
                rest[i] = unchecked(rest[i] - (ulong)least);
            rest[count..].Clear();
            ZigZag(to, least);
            for (var mini = 0; mini < MiniBlocks; mini++)
            {
                var any = 0UL;
                foreach (var value in rest.Slice(mini * MiniBlockValues, MiniBlockValues))
                    any |= value;
                widths[mini] = 64 - BitOperations.LeadingZeroCount(any);
                to.Write([(byte)widths[mini]]);
            }

            for (var mini = 0; mini * MiniBlockValues < count; mini++)
                Pack(to, rest.Slice(mini * MiniBlockValues, MiniBlockValues), widths[mini]);
        }
    }

    // 32 values of so many bits each, the lowest bit first.
    private static void Pack(IBufferWriter<byte> to, ReadOnlySpan<ulong> values, int width)
    {
        var bytes = width * MiniBlockValues / 8;
        if (bytes == 0)
            return;
        var span = to.GetSpan(bytes);
        var (at, open, filled) = (0, 0UL, 0);
        foreach (var value in values)
        {
            open |= value << filled;
            filled += width;
            if (filled < 64)
                continue;
            BinaryPrimitives.WriteUInt64LittleEndian(span[at..], open);
            at += 8;
            filled -= 64;
            open = filled == 0 ? 0 : value >> (width - filled);
        }

        if (filled > 0)
            BinaryPrimitives.WriteUInt32LittleEndian(span[at..], (uint)open);
        to.Advance(bytes);
    }
}
