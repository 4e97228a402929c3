using System.Numerics;
using System.Runtime.InteropServices;

namespace Lacquer.Stages.Cataloguing.Staging;

/// <summary>
/// Numbers by hash, in 12 bytes an entry of 64 bits and at most four times that while it grows: what has been seen before, in a build that sees hundreds of millions. A hash of 0 is not one.
/// </summary>
internal sealed class HashIndex<THash>(Columns columns) : IDisposable
    where THash : unmanaged, IBinaryInteger<THash>
{
    private Column<Slot> _slots = columns.New<Slot>(1 << 10);

    public int Count { get; private set; }

    /// <summary>The number under a hash; a new one gets the next, from 0.</summary>
    public bool TryAdd(THash hash, out uint number)
    {
        ref var slot = ref SlotOf(hash);
        number = slot.Number;
        if (!THash.IsZero(slot.Hash))
            return false;
        number = (uint)Count++;
        slot = new Slot { Hash = hash, Number = number };
        if (Count > _slots.Length / 4 * 3)
            Grow();
        return true;
    }

    /// <summary>The number under a hash; false where it was not added.</summary>
    public bool TryGet(THash hash, out uint number)
    {
        ref var slot = ref SlotOf(hash);
        number = slot.Number;
        return !THash.IsZero(slot.Hash);
    }

    public void Dispose() => _slots.Dispose();

    // Where it stands, or would.
    private ref Slot SlotOf(THash hash)
    {
        var mask = _slots.Length - 1;
        for (var at = long.CreateTruncating(hash >> 20) & mask; ; at = (at + 1) & mask)
        {
            ref var slot = ref _slots[at];
            if (slot.Hash == hash || THash.IsZero(slot.Hash))
                return ref slot;
        }
    }

    private void Grow()
    {
        var few = _slots;
        _slots = columns.New<Slot>(few.Length * 2);
        for (var i = 0L; i < few.Length; i++)
            if (!THash.IsZero(few[i].Hash))
                SlotOf(few[i].Hash) = few[i];
        few.Dispose();
    }

    [StructLayout(LayoutKind.Sequential, Pack = 1)]
    private struct Slot
    {
        public THash Hash;
        public uint Number;
    }
}
