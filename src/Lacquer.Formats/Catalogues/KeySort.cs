namespace Lacquer.Formats.Catalogues;

/// <summary>Stable sorting of numbers by 64-bit keys: by digits of 11 bits from the least, passing over those that are all alike. Linear, and as much memory again.</summary>
public static class KeySort
{
    private const int DigitBits = 11;
    private const int Digits = 1 << DigitBits;

    // Below this a comparison sort is done sooner.
    private const int Few = 1 << 10;

    /// <summary>Sorts. The arrays may be others afterwards.</summary>
    /// <param name="keys">What to sort by.</param>
    /// <param name="values">The numbers, one for each key.</param>
    /// <param name="count">How many of both there are; what lies behind them is not kept.</param>
    public static void Sort(ref ulong[] keys, ref uint[] values, int count)
    {
        if (count < Few)
        {
            // Numbers come in ascending order for equal keys from every caller, which makes the two agree.
            var pairs = new (ulong Key, uint Value, int Place)[count];
            for (var i = 0; i < count; i++)
                pairs[i] = (keys[i], values[i], i);
            Array.Sort(pairs, (a, b) => a.Key != b.Key ? a.Key.CompareTo(b.Key) : a.Place.CompareTo(b.Place));
            for (var i = 0; i < count; i++)
                (keys[i], values[i]) = (pairs[i].Key, pairs[i].Value);
            return;
        }

        ulong all = 0, any = ~0UL;
        for (var i = 0; i < count; i++)
        {
            all |= keys[i];
            any &= keys[i];
        }

        var differing = all ^ any;
        var otherKeys = GC.AllocateUninitializedArray<ulong>(count);
        var otherValues = GC.AllocateUninitializedArray<uint>(count);
        var starts = new int[Digits];
        for (var shift = 0; shift < 64; shift += DigitBits)
        {
            if (((differing >> shift) & (Digits - 1)) == 0)
                continue;
            Array.Clear(starts);
            for (var i = 0; i < count; i++)
                starts[(int)(keys[i] >> shift) & (Digits - 1)]++;
            var sum = 0;
            for (var d = 0; d < Digits; d++)
                (starts[d], sum) = (sum, sum + starts[d]);
            for (var i = 0; i < count; i++)
            {
                var to = starts[(int)(keys[i] >> shift) & (Digits - 1)]++;
                otherKeys[to] = keys[i];
                otherValues[to] = values[i];
            }

            (keys, otherKeys) = (otherKeys, keys);
            (values, otherValues) = (otherValues, values);
        }
    }
}
