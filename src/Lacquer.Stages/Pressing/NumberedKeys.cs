using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Lacquer.Stages.Pressing;

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

/// <summary>Keys with numbers, on disk in parts by their first byte, so that each part fits into memory; each part in sides, which are read beside each other.</summary>
internal sealed class NumberedKeyFiles : IDisposable
{
    /// <summary>What a part has at most, about: some 350 MB as <see cref="NumberedKeys"/>.</summary>
    public const long MostOfPart = 14_000_000;

    private const int RecordBytes = 20;
    private const int Firsts = 256;
    private const int MostParts = 64;
    private const int Sides = 4;
    private const int BufferBytes = 1 << 16;
    private readonly FileStream[] _files;

    /// <summary>Makes the files, which are gone when this is closed.</summary>
    /// <param name="folder">Where.</param>
    /// <param name="name">What they are called.</param>
    /// <param name="expected">How many keys there will be, about.</param>
    public NumberedKeyFiles(string folder, string name, long expected)
    {
        Parts = (int)Math.Clamp((expected + MostOfPart - 1) / MostOfPart, 1, MostParts);
        _files = new FileStream[Parts * Sides];
        for (var i = 0; i < _files.Length; i++)
            _files[i] = new FileStream(Path.Combine(folder, $"{name}-{i:d3}"), new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.ReadWrite, BufferSize = BufferBytes, Options = FileOptions.DeleteOnClose });
    }

    /// <summary>How many parts there are.</summary>
    public int Parts { get; }

    /// <summary>The first bytes of a part's keys.</summary>
    public (byte First, byte Last) Range(int part) => ((byte)((part * Firsts + Parts - 1) / Parts), (byte)(((part + 1) * Firsts + Parts - 1) / Parts - 1));

    /// <summary>Adds a key. For several threads at once.</summary>
    public void Add(UInt128 key, uint number)
    {
        Span<byte> record = stackalloc byte[RecordBytes];
        BinaryPrimitives.WriteUInt128BigEndian(record, key);
        BinaryPrimitives.WriteUInt32BigEndian(record[16..], number);
        var file = _files[(int)(key >> 120) * Parts / Firsts * Sides + NumberedKeys.SideOf(key, Sides)];
        lock (file)
            file.Write(record);
    }

    /// <summary>A part's keys, each with its lowest number; to be closed.</summary>
    public NumberedKeys Read(int part)
    {
        var files = _files.AsMemory(part * Sides, Sides).ToArray();
        foreach (var file in files)
            file.Flush();
        var keys = new NumberedKeys(files.Select(f => f.Length / RecordBytes));
        Parallel.ForEach(files, file =>
        {
            file.Position = 0;
            Span<byte> record = stackalloc byte[RecordBytes];
            for (var left = file.Length / RecordBytes; left > 0; left--)
            {
                file.ReadExactly(record);
                keys.Lower(BinaryPrimitives.ReadUInt128BigEndian(record), BinaryPrimitives.ReadUInt32BigEndian(record[16..]));
            }
        });
        return keys;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var file in _files)
            file.Dispose();
    }
}
