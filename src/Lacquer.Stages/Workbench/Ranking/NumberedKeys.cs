using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Lacquer.Stages.Workbench.Ranking;

/// <summary>
/// Numbers by keys of 16 bytes, which are hashes, in memory of one size: 25 bytes a key. Filled by <see cref="NumberedKeyFiles"/>; then for several threads at once. The memory is not the collector's, which would let hundreds of
/// megabytes lie for a while: it is given back when this is closed.
/// </summary>
internal sealed unsafe class NumberedKeys : IDisposable
{
    private readonly nint[] _sides;
    private readonly long[] _lengths;

    /// <summary>Makes room.</summary>
    /// <param name="most">For at most so many keys on each side.</param>
    public NumberedKeys(IEnumerable<long> most)
    {
        _lengths = [.. most.Select(m => m + m / 4 + 1)];
        _sides = [.. _lengths.Select(length => (nint)NativeMemory.AllocZeroed(checked((nuint)length), (nuint)sizeof(Entry)))];
    }

    /// <summary>The key that up to 16 bytes are.</summary>
    public static UInt128 KeyOf(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length >= 16)
            return BinaryPrimitives.ReadUInt128BigEndian(bytes);
        Span<byte> filled = stackalloc byte[16];
        filled.Clear();
        bytes.CopyTo(filled);
        return BinaryPrimitives.ReadUInt128BigEndian(filled);
    }

    /// <summary>Which of some sides a key is on: by bits that say nothing of the part.</summary>
    public static int SideOf(UInt128 key, int sides) => (int)((uint)(key >> 96) % (uint)sides);

    /// <summary>Gives a key its number, unless it has a lower one. One thread at a time for each side.</summary>
    public void Lower(UInt128 key, uint number)
    {
        ref var entry = ref Slot(key);
        if (entry.NumberAnd1 == 0)
            entry = new Entry { High = (ulong)(key >> 64), Low = (ulong)key, NumberAnd1 = number + 1 };
        else if (number + 1 < entry.NumberAnd1)
            entry.NumberAnd1 = number + 1;
    }

    /// <summary>The number of a key, or null.</summary>
    public uint? this[UInt128 key] => Slot(key).NumberAnd1 is > 0 and var number ? number - 1 : null;

    /// <summary>All keys with their numbers, in no order.</summary>
    public void Each(Action<UInt128, uint> take)
    {
        for (var side = 0; side < _sides.Length; side++)
        {
            ObjectDisposedException.ThrowIf(_sides[side] == 0, this);
            var entries = (Entry*)_sides[side];
            for (var i = 0L; i < _lengths[side]; i++)
                if (entries[i].NumberAnd1 > 0)
                    take(new UInt128(entries[i].High, entries[i].Low), entries[i].NumberAnd1 - 1);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        for (var side = 0; side < _sides.Length; side++)
        {
            NativeMemory.Free((void*)_sides[side]);
            _sides[side] = 0;
        }
    }

    // Where the key is, or may be put; there is always an empty place. What is left to do is to let all bits count.
    private ref Entry Slot(UInt128 key)
    {
        var side = SideOf(key, _sides.Length);
        var entries = (Entry*)_sides[side];
        var length = _lengths[side];
        ObjectDisposedException.ThrowIf(entries == null, this);
        var (high, low) = ((ulong)(key >> 64), (ulong)key);
        var slot = (long)Math.BigMul((high ^ low) * 0x9E3779B97F4A7C15, (ulong)length, out _);
        while (true)
        {
            var entry = entries + slot;
            if (entry->NumberAnd1 == 0 || (entry->Low == low && entry->High == high))
                return ref *entry;
            if (++slot == length)
                slot = 0;
        }
    }

    // In one piece: a look-up waits for memory once. A number of 0 stands for none.
    [StructLayout(LayoutKind.Sequential, Pack = 4)]
    private struct Entry
    {
        public ulong High;
        public ulong Low;
        public uint NumberAnd1;
    }
}
