using System.Buffers.Binary;

namespace Lacquer.Formats.Catalogues;

/// <summary>Terms in the order of their bytes.</summary>
internal static class SearchTermOrder
{
    /// <summary>Sorts terms; the array that is given is the one that is given back.</summary>
    public static int[] Of(ByteStrings terms, int[] order)
    {
        var beginnings = new ulong[order.Length];
        Span<byte> beginning = stackalloc byte[sizeof(ulong)];
        for (var i = 0; i < order.Length; i++)
        {
            var term = terms[order[i]];
            beginning.Clear();
            term[..Math.Min(term.Length, sizeof(ulong))].CopyTo(beginning);
            beginnings[i] = BinaryPrimitives.ReadUInt64BigEndian(beginning);
        }

        Array.Sort(beginnings, order);
        Comparison<int> byBytes = (a, b) => terms[a].SequenceCompareTo(terms[b]);
        for (int start = 0, end; start < order.Length; start = end)
        {
            for (end = start + 1; end < order.Length && beginnings[end] == beginnings[start]; end++)
            {
                // Those that begin alike.
            }

            if (end - start > 1)
                order.AsSpan(start, end - start).Sort(byBytes);
        }

        return order;
    }
}
