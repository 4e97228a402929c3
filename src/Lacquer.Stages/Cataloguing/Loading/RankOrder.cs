using Lacquer.Stages.Cataloguing.Staging;

namespace Lacquer.Stages.Cataloguing.Loading;

/// <summary>Things by rank: for each rank, the numbers that have it, in order.</summary>
internal sealed class RankOrder : IDisposable
{
    private readonly Column<int> _starts;
    private readonly Column<uint> _numbers;

    /// <summary>Sorts by counting.</summary>
    /// <param name="columns">Gives the memory.</param>
    /// <param name="ranks">For each number its rank, from 1; 0 for none.</param>
    /// <param name="count">The last rank.</param>
    /// <param name="priorities">For each number which comes first within a rank, where that is not the smaller number; or null.</param>
    public RankOrder(Columns columns, Column<uint> ranks, int count, Func<uint, int>? priorities = null)
    {
        _starts = columns.New<int>(count + 2L);
        for (var number = 0L; number < ranks.Length; number++)
            if (ranks[number] is var rank and > 0)
                _starts[rank + 1L]++;
        for (var rank = 1; rank <= count + 1; rank++)
            _starts[rank] += _starts[rank - 1];
        _numbers = columns.New<uint>(_starts[count + 1L]);
        using (var next = columns.Brief<int>(_starts.Length))
        {
            _starts.Span().CopyTo(next.Span());
            for (var number = 0L; number < ranks.Length; number++)
                if (ranks[number] is var rank and > 0)
                    _numbers[next[rank]++] = (uint)number;
        }

        if (priorities is null)
            return;
        for (var rank = 1; rank <= count; rank++)
        {
            var numbers = Of(rank);
            if (numbers.Length > 1)
                numbers.Sort((a, b) => priorities(a) is var p && priorities(b) is var q && p != q ? p.CompareTo(q) : a.CompareTo(b));
        }
    }

    public ReadOnlySpan<uint> this[int rank] => Of(rank);

    public void Dispose()
    {
        _starts.Dispose();
        _numbers.Dispose();
    }

    private Span<uint> Of(int rank) => _numbers.Span(_starts[rank], _starts[rank + 1L] - _starts[rank]);
}
