using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace Lacquer.Formats.Catalogues;

/// <summary>
/// Distinct byte strings, numbered from 0 in the order they came: a hash table without an object for each, of which tens of millions fit in memory. Many threads may add at once, and read the strings whose
/// numbers they were given; only a new string is added under a lock.
/// </summary>
internal sealed class ByteStrings
{
    private const int BlockBits = 20;
    private const int BlockBytes = 1 << BlockBits;
    private const int FirstSlots = 1 << 10;
    private const int MostBlocks = 1 << (32 - BlockBits);

    // Before each string in its block: its number and its length.
    private const int HeadBytes = 6;

    private readonly Lock _adding = new();
    private readonly byte[][] _blocks = new byte[MostBlocks][];
    private uint[] _offsets = new uint[FirstSlots / 2];
    // Where the string is in the low half, never zero; the hash in the high half, so that growing looks at no string. An entry is written last, so who sees it sees its string.
    private ulong[] _slots = new ulong[FirstSlots];
    private int _blockCount;
    private int _used = BlockBytes;

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    /// <summary>What they take up in memory.</summary>
    public long Bytes => ((long)_blockCount << BlockBits) + 4L * _offsets.Length + 8L * _slots.Length;

    /// <summary>One of them.</summary>
    public ReadOnlySpan<byte> this[int number] => At(_offsets[number])[HeadBytes..];

    /// <summary>The hash of a string, for <see cref="Add"/>.</summary>
    public static uint Hash(ReadOnlySpan<byte> text)
    {
        const ulong Factor = 0x9E37_79B9_7F4A_7C15;
        var hash = (ulong)text.Length * Factor;
        for (; text.Length >= 8; text = text[8..])
            hash = BitOperations.RotateLeft((hash ^ MemoryMarshal.Read<ulong>(text)) * Factor, 29);
        ulong rest = 0;
        foreach (var letter in text)
            rest = (rest << 8) | letter;
        hash = (hash ^ rest) * Factor;
        return (uint)((hash ^ (hash >> 29)) * Factor >> 32);
    }

    /// <summary>Fetches what <see cref="Add"/> will look at, so that it need not wait for memory.</summary>
    public unsafe void Prefetch(uint hash)
    {
        var slots = _slots;
        if (Sse.IsSupported)
            Sse.Prefetch0(Unsafe.AsPointer(ref slots[(int)hash & (slots.Length - 1)]));
    }

    /// <summary>Fetches the string that <see cref="Add"/> will most likely compare with, what <see cref="Prefetch"/> fetches having come.</summary>
    public unsafe void PrefetchLikely(uint hash)
    {
        var slots = _slots;
        var slot = (uint)slots[(int)hash & (slots.Length - 1)];
        if (Sse.IsSupported && slot != 0)
            Sse.Prefetch0(Unsafe.AsPointer(ref _blocks[slot >> BlockBits][(int)(slot & (BlockBytes - 1))]));
    }

    /// <summary>Fetches a string that is asked for soon.</summary>
    public unsafe void PrefetchString(int number)
    {
        var offset = _offsets[number];
        if (Sse.IsSupported)
            Sse.Prefetch0(Unsafe.AsPointer(ref _blocks[offset >> BlockBits][(int)(offset & (BlockBytes - 1))]));
    }

    /// <summary>The number of a string, which is added if it is new.</summary>
    public int Add(ReadOnlySpan<byte> text, uint hash, out bool isNew)
    {
        var number = Find(text, hash);
        isNew = number < 0;
        return isNew ? AddNew(text, hash, out isNew) : number;
    }

    /// <summary>Forgets them all.</summary>
    public void Clear()
    {
        Array.Clear(_blocks);
        _offsets = new uint[FirstSlots / 2];
        _slots = new ulong[FirstSlots];
        _used = BlockBytes;
        _blockCount = 0;
        Count = 0;
    }

    private static void Put(ulong[] slots, ulong entry)
    {
        var mask = slots.Length - 1;
        var i = (int)(entry >> 32) & mask;
        while (slots[i] != 0)
            i = (i + 1) & mask;
        Volatile.Write(ref slots[i], entry);
    }

    // The head of a string and the string.
    private ReadOnlySpan<byte> At(uint offset)
    {
        var at = _blocks[offset >> BlockBits].AsSpan((int)(offset & (BlockBytes - 1)));
        return at[..(HeadBytes + BinaryPrimitives.ReadUInt16LittleEndian(at[4..]))];
    }

    // -1 where it is not there; or where another thread has just added it, which is noticed under the lock.
    private int Find(ReadOnlySpan<byte> text, uint hash)
    {
        var slots = Volatile.Read(ref _slots);
        var mask = slots.Length - 1;
        for (var i = (int)hash & mask; ; i = (i + 1) & mask)
        {
            var slot = Volatile.Read(ref slots[i]);
            if (slot == 0)
                return -1;
            if ((uint)(slot >> 32) != hash)
                continue;
            var at = At((uint)slot);
            if (at[HeadBytes..].SequenceEqual(text))
                return BinaryPrimitives.ReadInt32LittleEndian(at);
        }
    }

    private int AddNew(ReadOnlySpan<byte> text, uint hash, out bool isNew)
    {
        lock (_adding)
        {
            var number = Find(text, hash);
            isNew = number < 0;
            if (!isNew)
                return number;
            Append(text);
            if (Count * 3L > _slots.Length * 2L)
                Grow();
            Put(_slots, ((ulong)hash << 32) | _offsets[Count - 1]);
            return Count - 1;
        }
    }

    private void Append(ReadOnlySpan<byte> text)
    {
        if (_used + HeadBytes + text.Length > BlockBytes)
        {
            if (_blockCount == MostBlocks)
                throw new InvalidOperationException("more than 4 GiB of terms");
            _used = _blockCount == 0 ? 1 : 0;
            _blocks[_blockCount++] = new byte[BlockBytes];
        }

        if (Count == _offsets.Length)
            Array.Resize(ref _offsets, Count * 2);
        var at = _blocks[_blockCount - 1].AsSpan(_used);
        BinaryPrimitives.WriteInt32LittleEndian(at, Count);
        BinaryPrimitives.WriteUInt16LittleEndian(at[4..], checked((ushort)text.Length));
        text.CopyTo(at[HeadBytes..]);
        _offsets[Count++] = (uint)((_blockCount - 1) << BlockBits) | (uint)_used;
        _used += HeadBytes + text.Length;
    }

    private void Grow()
    {
        var slots = new ulong[_slots.Length * 2];
        foreach (var entry in _slots)
            if (entry != 0)
                Put(slots, entry);
        Volatile.Write(ref _slots, slots);
    }
}

/// <summary>Lists of numbers, kept in a few bytes a number and found by where they begin.</summary>
internal sealed class NumberLists
{
    private const int BlockBits = 20;
    private const int BlockBytes = 1 << BlockBits;

    private readonly List<byte[]> _blocks = [];
    private uint[] _starts = new uint[1024];
    private int _used = BlockBytes;
    private long _first = -1;

    /// <summary>What they take up in memory.</summary>
    public long Bytes => ((long)_blocks.Count << BlockBits) + 4L * _starts.Length;

    /// <summary>Keeps the list of the next key; keys grow, best without gaps.</summary>
    public void Add(long key, ReadOnlySpan<int> numbers)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(key);
        if (_first < 0)
            _first = key;
        key -= _first;
        ArgumentOutOfRangeException.ThrowIfNegative(key);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(key, Array.MaxLength);
        if (key >= _starts.Length)
            Array.Resize(ref _starts, (int)Math.Min(Array.MaxLength, Math.Max(key + 1, _starts.Length * 2L)));
        // A list of a text has no more numbers than fit; that of a text of megabytes gets blocks of its own.
        var most = (numbers.Length + 1) * 5;
        if (_used + most > BlockBytes || _blocks.Count == 0)
        {
            // Zero stands for no list, so nothing begins at the very beginning.
            _used = _blocks.Count == 0 ? 1 : 0;
            if (_blocks.Count == 1 << (32 - BlockBits))
                throw new InvalidOperationException("more than 4 GiB of terms of credits or releases");
            _blocks.Add(new byte[Math.Max(BlockBytes, most + 1)]);
        }

        var block = _blocks[^1];
        _starts[key] = (uint)((_blocks.Count - 1) << BlockBits) | (uint)_used;
        Write(block, numbers.Length);
        foreach (var number in numbers)
            Write(block, number);
    }

    /// <summary>Adds the numbers of a key to others; false where none were kept.</summary>
    public bool TryCopyTo(long key, ref int[] numbers, ref int count)
    {
        key -= _first;
        if ((ulong)key >= (ulong)_starts.Length || _starts[key] == 0)
            return false;
        var start = _starts[key];
        var bytes = new ReadOnlySpan<byte>(_blocks[(int)(start >> BlockBits)])[(int)(start & (BlockBytes - 1))..];
        var length = Read(ref bytes);
        if (numbers.Length - count < length)
            Array.Resize(ref numbers, Math.Max(numbers.Length * 2, count + length));
        var to = numbers.AsSpan(count, length);
        for (var i = 0; i < to.Length; i++)
            to[i] = Read(ref bytes);
        count += length;
        return true;
    }

    /// <summary>Forgets them all.</summary>
    public void Clear()
    {
        _blocks.Clear();
        _starts = new uint[1024];
        _used = BlockBytes;
        _first = -1;
    }

    private static int Read(ref ReadOnlySpan<byte> bytes)
    {
        int value = bytes[0];
        if (value < 0x80)
        {
            bytes = bytes[1..];
            return value;
        }

        value &= 0x7F;
        for (var (i, shift) = (1, 7); ; i++, shift += 7)
        {
            value |= (bytes[i] & 0x7F) << shift;
            if (bytes[i] < 0x80)
            {
                bytes = bytes[(i + 1)..];
                return value;
            }
        }
    }

    private void Write(byte[] block, int number)
    {
        var value = (uint)number;
        for (; value >= 0x80; value >>= 7)
            block[_used++] = (byte)(value | 0x80);
        block[_used++] = (byte)value;
    }
}
