using Lacquer.Stages.Cataloguing.Staging;

namespace Lacquer.Stages.Cataloguing.Matching;

/// <summary>Union-find over numbers from 0: whoever has the smallest number stands for its cluster.</summary>
internal sealed class Clusters
{
    private readonly Column<uint> _parents;

    public Clusters(Columns columns, int count)
    {
        _parents = columns.New<uint>(count);
        for (var i = 0; i < count; i++)
            _parents[i] = (uint)i;
    }

    /// <summary>The number that stands for the cluster of this one.</summary>
    public uint Find(uint number)
    {
        while (_parents[number] is var parent && parent != number)
        {
            // Each look shortens the way for the next.
            var next = _parents[parent];
            _parents[number] = next;
            number = next;
        }

        return number;
    }

    /// <summary>Makes two clusters one and gives who stands for it, and who did for the other.</summary>
    public (uint Kept, uint Gone) Join(uint one, uint other)
    {
        var (a, b) = (Find(one), Find(other));
        if (a > b)
            (a, b) = (b, a);
        _parents[b] = a;
        return (a, b);
    }
}
