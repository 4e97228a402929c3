namespace Lacquer.Formats.Catalogues;

/// <summary>Stable sorting of numbers by 64-bit keys: by digits of 11 bits from the least, passing over those that are all alike. Linear, and as much memory again.</summary>
public static class KeySort
{
    private const int DigitBits = 11;
    private const int Digits = 1 << DigitBits;

    // Below this a comparison sort is done sooner.
    private const int Few = 1 << 10;

    /// <summary>Sorts with room that is given, and says whether the result lies there.</summary>
    /// <param name="keys">What to sort by.</param>
    /// <param name="values">The numbers, one for each key.</param>
    /// <param name="otherKeys">As long; what is in it does not matter.</param>
    /// <param name="otherValues">As long; what is in it does not matter.</param>
    public static bool Sort(Span<ulong> keys, Span<uint> values, Span<ulong> otherKeys, Span<uint> otherValues)
    {
        if (keys.Length < Few)
        {
            // Numbers come in ascending order for equal keys from every caller, which makes the two agree.
            var pairs = new (ulong Key, uint Value, int Place)[keys.Length];
            for (var i = 0; i < keys.Length; i++)
                pairs[i] = (keys[i], values[i], i);
            Array.Sort(pairs, (a, b) => a.Key != b.Key ? a.Key.CompareTo(b.Key) : a.Place.CompareTo(b.Place));
            for (var i = 0; i < keys.Length; i++)
                (keys[i], values[i]) = (pairs[i].Key, pairs[i].Value);
            return false;
        }

        ulong all = 0, any = ~0UL;
        foreach (var key in keys)
        {
            all |= key;
            any &= key;
        }

        var differing = all ^ any;
        var isInOther = false;
        for (var shift = 0; shift < 64; shift += DigitBits)
        {
            if (((differing >> shift) & (Digits - 1)) == 0)
                continue;
            if (isInOther)
                Pass(otherKeys, otherValues, keys, values, shift);
            else
                Pass(keys, values, otherKeys, otherValues, shift);
            isInOther = !isInOther;
        }

        return isInOther;
    }

    private static void Pass(ReadOnlySpan<ulong> keys, ReadOnlySpan<uint> values, Span<ulong> toKeys, Span<uint> toValues, int shift)
    {
        Span<int> starts = stackalloc int[Digits];
        starts.Clear();
        foreach (var key in keys)
            starts[(int)(key >> shift) & (Digits - 1)]++;
        var sum = 0;
        foreach (ref var start in starts)
            (start, sum) = (sum, sum + start);
        for (var i = 0; i < keys.Length; i++)
        {
            var to = starts[(int)(keys[i] >> shift) & (Digits - 1)]++;
            toKeys[to] = keys[i];
            toValues[to] = values[i];
        }
    }
}
