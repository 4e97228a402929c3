using System.Numerics;

namespace Lacquer.Formats.Databases;

/// <summary>SQLite's variable-length integers: seven bits to a byte, the highest first; of a ninth byte all eight (file format §1.6).</summary>
internal static class SqliteVarint
{
    /// <summary>The most bytes that a number takes.</summary>
    public const int MostBytes = 9;

    /// <summary>Writes a number and gives how many bytes it takes. A negative one is as two's complement has it, and takes nine.</summary>
    public static int Put(Span<byte> to, long value)
    {
        var rest = (ulong)value;
        if (rest < 0x80)
        {
            to[0] = (byte)rest;
            return 1;
        }

        var length = Math.Min((64 - BitOperations.LeadingZeroCount(rest) + 6) / 7, MostBytes);
        var i = length - 1;
        if (length == MostBytes)
        {
            to[i--] = (byte)rest;
            rest >>= 8;
        }
        else
        {
            to[i--] = (byte)(rest & 0x7F);
            rest >>= 7;
        }

        for (; i >= 0; i--, rest >>= 7)
            to[i] = (byte)(rest | 0x80);
        return length;
    }

    /// <summary>Reads a number and gives how many bytes it takes.</summary>
    /// <exception cref="IndexOutOfRangeException">It goes on behind the end.</exception>
    public static int Get(ReadOnlySpan<byte> from, out long value)
    {
        var first = from[0];
        if (first < 0x80)
        {
            value = first;
            return 1;
        }

        var rest = (ulong)(first & 0x7F);
        for (var i = 1; i < MostBytes - 1; i++)
        {
            rest = (rest << 7) | (from[i] & 0x7FU);
            if (from[i] < 0x80)
            {
                value = (long)rest;
                return i + 1;
            }
        }

        value = (long)((rest << 8) | from[MostBytes - 1]);
        return MostBytes;
    }
}
