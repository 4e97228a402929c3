namespace Lacquer.Stages.Cataloguing.Loading;

/// <summary>Things by rank: for each rank, the numbers that have it, in order.</summary>
internal sealed class RankOrder
{
    private readonly int[] _starts;
    private readonly uint[] _numbers;

    /// <summary>Sorts by counting.</summary>
    /// <param name="ranks">For each number its rank, from 1; 0 for none.</param>
    /// <param name="count">The last rank.</param>
    /// <param name="priorities">For each number which comes first within a rank, where that is not the smaller number; or null.</param>
    public RankOrder(uint[] ranks, int count, Func<uint, int>? priorities = null)
    {
        _starts = new int[count + 2];
        foreach (var rank in ranks)
            if (rank > 0)
                _starts[rank + 1]++;
        for (var rank = 1; rank <= count + 1; rank++)
            _starts[rank] += _starts[rank - 1];
        _numbers = GC.AllocateUninitializedArray<uint>(_starts[count + 1]);
        var next = _starts.AsSpan().ToArray();
        for (var number = 0; number < ranks.Length; number++)
            if (ranks[number] > 0)
                _numbers[next[ranks[number]]++] = (uint)number;
        if (priorities is null)
            return;
        for (var rank = 1; rank <= count; rank++)
        {
            var numbers = _numbers.AsSpan(_starts[rank], _starts[rank + 1] - _starts[rank]);
            if (numbers.Length > 1)
                numbers.Sort((a, b) => priorities(a) is var p && priorities(b) is var q && p != q ? p.CompareTo(q) : a.CompareTo(b));
        }
    }

    public ReadOnlySpan<uint> this[int rank] => _numbers.AsSpan(_starts[rank], _starts[rank + 1] - _starts[rank]);
}
