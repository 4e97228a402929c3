namespace Lacquer.Formats.Deltas;

/// <summary>Which thing of the new catalogue was which of the old one; 4 bytes a thing of each. Numbers from 1; 0 is none.</summary>
/// <param name="NewOf">By the old number.</param>
/// <param name="OldOf">By the new number.</param>
internal sealed record KindOrder(uint[] NewOf, uint[] OldOf)
{
    /// <summary>How many streams it is written as.</summary>
    public const int Streams = 5;

    /// <summary>Writes an order as moves: those that left their place are named, and what takes which place; all others follow one another as before.</summary>
    /// <param name="oldCount">Things of the old catalogue.</param>
    /// <param name="oldOf">By the new number, each old one at most once.</param>
    /// <param name="to">Counts; old numbers that are gone; those that moved; new numbers that are filled by these or by what is new; by which.</param>
    public static KindOrder Write(int oldCount, uint[] oldOf, ReadOnlySpan<DeltaOutput> to)
    {
        var isKept = Kept(oldOf);
        var newOf = new uint[oldCount + 1];
        for (var number = 1; number < oldOf.Length; number++)
            newOf[oldOf[number]] = (uint)number;
        newOf[0] = 0;
        to[0].Put((ulong)oldCount);
        to[0].Put((ulong)oldOf.Length - 1);
        var (lastGone, lastMoved, moved) = (0, 0, 0);
        // The place of each that moved among those that did, in the old order.
        var places = new Dictionary<uint, int>();
        for (var old = 1; old <= oldCount; old++)
            if (newOf[old] == 0)
            {
                to[1].Put((ulong)(old - lastGone));
                lastGone = old;
            }
            else if (!isKept[newOf[old]])
            {
                to[2].Put((ulong)(old - lastMoved));
                lastMoved = old;
                places.Add((uint)old, moved++);
            }

        var (lastFilled, expected) = (0, 0);
        for (var number = 1; number < oldOf.Length; number++)
        {
            if (isKept[number])
                continue;
            to[3].Put((ulong)(number - lastFilled));
            lastFilled = number;
            if (oldOf[number] == 0)
            {
                to[4].Put(0);
                continue;
            }

            var place = places[oldOf[number]];
            // 0 is left for what is new.
            to[4].Put(1 + DeltaOutput.Unsigned(place - expected));
            expected = place + 1;
        }

        return new KindOrder(newOf, oldOf);
    }

    /// <summary>Reads one.</summary>
    /// <param name="from">As they were written.</param>
    /// <param name="mostOld">As many things there can be in the old file, at the most.</param>
    /// <param name="mostNew">And in the new one.</param>
    /// <exception cref="InvalidDataException">It is no order.</exception>
    public static KindOrder Read(ReadOnlySpan<DeltaInput> from, long mostOld, long mostNew)
    {
        var oldCount = (int)from[0].Number(Math.Min(mostOld, Array.MaxLength - 1));
        var newCount = (int)from[0].Number(Math.Min(mostNew, Array.MaxLength - 1));
        var (newOf, oldOf) = (new uint[oldCount + 1], new uint[newCount + 1]);
        // Marks what is not kept.
        const uint Away = uint.MaxValue;
        for (long old = 0; !from[1].IsAtEnd;)
        {
            old = Behind(old, oldCount, from[1]);
            newOf[old] = Away;
        }

        var moved = new List<uint>();
        for (long old = 0; !from[2].IsAtEnd;)
        {
            old = Behind(old, oldCount, from[2]);
            if (newOf[old] != 0)
                throw new InvalidDataException("what moved is gone");
            newOf[old] = Away;
            moved.Add((uint)old);
        }

        var (nextOld, number, expected) = (1, 1, 0L);
        void Follow(long end)
        {
            for (; number < end; number++, nextOld++)
            {
                while (nextOld <= oldCount && newOf[nextOld] == Away)
                    nextOld++;
                if (nextOld > oldCount)
                    throw new InvalidDataException("there are fewer things than places");
                (oldOf[number], newOf[nextOld]) = ((uint)nextOld, (uint)number);
            }
        }

        for (long filled = 0; !from[3].IsAtEnd;)
        {
            filled = Behind(filled, newCount, from[3]);
            Follow(filled);
            var by = from[4].Number();
            if (by > 0)
            {
                var place = expected + DeltaInput.Signed(by - 1);
                if (place < 0 || place >= moved.Count || moved[(int)place] == 0)
                    throw new InvalidDataException("a place is filled by nothing that moved");
                oldOf[number] = moved[(int)place];
                moved[(int)place] = 0;
                expected = place + 1;
            }

            number++;
        }

        Follow(newCount + 1L);
        foreach (var stream in from)
            if (!stream.IsAtEnd)
                throw new InvalidDataException("more is said of an order than there is");
        for (var i = 0; i < newOf.Length; i++)
            if (newOf[i] == Away)
                newOf[i] = 0;
        for (var i = 1; i < oldOf.Length; i++)
            if (oldOf[i] != 0)
                newOf[oldOf[i]] = (uint)i;
        return new KindOrder(newOf, oldOf);
    }

    private static long Behind(long last, long most, DeltaInput from) =>
        from.Number(most - last) is > 0 and var distance ? last + distance : throw new InvalidDataException("numbers are out of order");

    // The longest run of things whose order has not changed: what is at the end of the best run of each length, and before each its predecessor.
    private static bool[] Kept(uint[] oldOf)
    {
        var ends = new List<int>();
        var before = new int[oldOf.Length];
        for (var number = 1; number < oldOf.Length; number++)
        {
            var old = oldOf[number];
            if (old == 0)
                continue;
            var (low, high) = (0, ends.Count);
            if (high > 0 && oldOf[ends[^1]] < old)
                low = high;
            while (low < high)
            {
                var middle = (low + high) >>> 1;
                if (oldOf[ends[middle]] < old) low = middle + 1;
                else high = middle;
            }

            before[number] = low == 0 ? 0 : ends[low - 1];
            if (low == ends.Count) ends.Add(number);
            else ends[low] = number;
        }

        var isKept = new bool[oldOf.Length];
        for (var number = ends.Count == 0 ? 0 : ends[^1]; number != 0; number = before[number])
            isKept[number] = true;
        return isKept;
    }
}
