using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Lacquer.Stages.Exploring;

/// <summary>
/// Draws ranks from 1 to a last one, each at most once and each as likely as any other: Fisher and Yates' shuffle, of which only what was moved is remembered.
/// </summary>
/// <param name="last">The last rank.</param>
/// <param name="seed">Gives the same ranks again; without one the system's random numbers are used.</param>
internal sealed class RankDraw(long last, int? seed)
{
    private readonly Dictionary<long, long> _moved = [];
    private ulong _state = (ulong)(seed ?? 0);
    private long _drawn;

    /// <summary>How many were drawn.</summary>
    public long Drawn => _drawn;

    /// <summary>Whether every rank has been drawn.</summary>
    public bool IsEmpty => _drawn >= last;

    /// <summary>The next rank.</summary>
    public long Next()
    {
        var here = _drawn++;
        var there = here + Below(last - here);
        var rank = _moved.GetValueOrDefault(there, there);
        _moved[there] = _moved.GetValueOrDefault(here, here);
        _moved.Remove(here);
        return rank + 1;
    }

    /// <summary>A number from 0 to below <paramref name="count"/>.</summary>
    public long Below(long count)
    {
        var n = (ulong)count;
        // The numbers above the last whole multiple would favour the small ones.
        var fair = ulong.MaxValue - ulong.MaxValue % n;
        ulong number;
        do
            number = Number();
        while (number >= fair);
        return (long)(number % n);
    }

    private ulong Number()
    {
        if (seed is null)
        {
            Span<byte> bytes = stackalloc byte[8];
            RandomNumberGenerator.Fill(bytes);
            return BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        }

        // SplitMix64 (Steele, Lea and Flood 2014), so that a seed means the same in every version of .NET.
        var z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
