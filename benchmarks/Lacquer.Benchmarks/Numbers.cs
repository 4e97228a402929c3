namespace Lacquer.Benchmarks;

/// <summary>SplitMix64 (Steele, Lea and Flood 2014): the same numbers on every machine and in every version of .NET.</summary>
internal struct Numbers(ulong seed)
{
    private ulong _state = seed;

    /// <summary>From 0 up to 1, without 1.</summary>
    public double Unit() => (Next() >> 11) * (1.0 / (1UL << 53));

    public bool Chance(double share) => Unit() < share;

    public int Below(int limit) => (int)(Next() % (ulong)limit);

    /// <summary>A whole number of this mean, at least 1, spread geometrically.</summary>
    public int Around(double mean) => 1 + (int)(Math.Log(1 - Unit()) / Math.Log(1 - 1 / mean));

    /// <summary>About a normal distribution: mean 0, deviation 1, never beyond 3.5.</summary>
    public double Bell() => (Unit() + Unit() + Unit() + Unit() - 2) * 1.7320508;

    public ulong Next() => Mix(_state += 0x9E3779B97F4A7C15);

    /// <summary>Another number for each number.</summary>
    public static ulong Mix(ulong x)
    {
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        return x ^ (x >> 31);
    }
}
