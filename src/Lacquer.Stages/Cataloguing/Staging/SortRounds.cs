using Lacquer.Formats.Catalogues;

namespace Lacquer.Stages.Cataloguing.Staging;

/// <summary>Takes a pair of a key and a number.</summary>
internal delegate void PairTaker(ulong key, uint number);

/// <summary>Takes pairs in the order of their keys; both are valid until it returns.</summary>
internal delegate void SortedPairs(Span<ulong> keys, Span<uint> numbers);

/// <summary>
/// Pairs in the order of their keys, equal keys in the order in which they came. Where there is no memory for all at once they are first parted by ranges of keys, and each range is sorted by itself: the order is the same.
/// </summary>
internal static class SortRounds
{
    // Keys and numbers, and as much again to sort them.
    private const int BytesAPair = 2 * (sizeof(ulong) + sizeof(uint));
    private const int LeastAtOnce = 1 << 14;
    private const int MostAtOnce = 1 << 26;

    // Ranges are told by the first bits of a key, so keys should differ in these.
    private const int RangeBits = 16;
    private const int RangeShift = 64 - RangeBits;

    /// <summary>Sorts.</summary>
    /// <param name="columns">Gives the memory.</param>
    /// <param name="most">There are not more pairs than this.</param>
    /// <param name="pairs">Gives all pairs, the same each time; not called any more when the first are taken.</param>
    /// <param name="each">Takes what a round sorted; all pairs of one key come at once.</param>
    /// <param name="stop">Gives up.</param>
    public static void Run(Columns columns, long most, Action<PairTaker> pairs, SortedPairs each, CancellationToken stop)
    {
        var rounds = Rounds.Of(pairs, most, Math.Clamp(columns.BriefBytes / BytesAPair, LeastAtOnce, MostAtOnce));
        using var otherKeys = columns.Brief<ulong>(rounds.MostOfOne);
        using var otherNumbers = columns.Brief<uint>(rounds.MostOfOne);
        using var keys = columns.Brief<ulong>(rounds.Starts[^1]);
        using var numbers = columns.Brief<uint>(rounds.Starts[^1]);
        var ends = rounds.Starts[..^1];
        pairs((key, number) =>
        {
            ref var end = ref ends[rounds.OfRange is { } of ? of[key >> RangeShift] : 0];
            (keys[end], numbers[end]) = (key, number);
            end++;
        });
        for (var round = 0; round < ends.Length; round++)
        {
            stop.ThrowIfCancellationRequested();
            var (start, count) = (rounds.Starts[round], (int)(ends[round] - rounds.Starts[round]));
            if (KeySort.Sort(keys.Span(start, count), numbers.Span(start, count), otherKeys.Span(0, count), otherNumbers.Span(0, count)))
                each(otherKeys.Span(0, count), otherNumbers.Span(0, count));
            else
                each(keys.Span(start, count), numbers.Span(start, count));
        }
    }

    /// <summary>How pairs are parted.</summary>
    /// <param name="Starts">Where each round's pairs begin, and where the last end, at most.</param>
    /// <param name="MostOfOne">The most pairs of one round.</param>
    /// <param name="OfRange">For each range of keys its round; null where there is but one.</param>
    private sealed record Rounds(long[] Starts, long MostOfOne, int[]? OfRange)
    {
        // As many neighbouring ranges together as fit into a round. A range that is too large for one has a round of its own.
        public static Rounds Of(Action<PairTaker> pairs, long most, long atOnce)
        {
            if (most <= atOnce)
                return new Rounds([0, most], most, null);
            var counts = new long[1 << RangeBits];
            pairs((key, _) => counts[key >> RangeShift]++);
            var of = new int[counts.Length];
            var starts = new List<long> { 0 };
            var (sum, mostOfOne) = (0L, 0L);
            for (var range = 0; range < counts.Length; range++)
            {
                if (sum > 0 && sum + counts[range] > atOnce)
                {
                    starts.Add(starts[^1] + sum);
                    sum = 0;
                }

                of[range] = starts.Count - 1;
                sum += counts[range];
                mostOfOne = Math.Max(mostOfOne, sum);
            }

            return new Rounds([.. starts, starts[^1] + sum], mostOfOne, of);
        }
    }
}
