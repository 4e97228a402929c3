using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Lacquer.Stages.Pressing;

/// <summary>Numbers by keys of 16 bytes, in memory of one size: 25 bytes a key.</summary>
internal sealed class NumberedKeys
{
    private readonly Entry[] _entries;
    private readonly int _most;
    private int _count;

    /// <summary>Makes room.</summary>
    /// <param name="most">For at most so many keys.</param>
    public NumberedKeys(long most)
    {
        _most = checked((int)most);
        _entries = new Entry[checked((int)(most + most / 4 + 1))];
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

    /// <summary>Gives a key its number, unless it has a lower one.</summary>
    public void Lower(UInt128 key, uint number)
    {
        ref var entry = ref Slot(key);
        if (entry.NumberAnd1 == 0)
        {
            if (_count++ == _most)
                throw new InvalidOperationException("more keys than there is room for");
            entry = new Entry { High = (ulong)(key >> 64), Low = (ulong)key, NumberAnd1 = number + 1 };
        }
        else if (number + 1 < entry.NumberAnd1)
        {
            entry.NumberAnd1 = number + 1;
        }
    }

    /// <summary>The number of a key, or null.</summary>
    public uint? this[UInt128 key] => Slot(key).NumberAnd1 is > 0 and var number ? number - 1 : null;

    // Where the key is, or may be put. The keys are hashes: what is left to do is to let all their bits count.
    private ref Entry Slot(UInt128 key)
    {
        var (high, low) = ((ulong)(key >> 64), (ulong)key);
        var slot = (int)Math.BigMul((high ^ low) * 0x9E3779B97F4A7C15, (ulong)_entries.Length, out _);
        while (true)
        {
            ref var entry = ref _entries[slot];
            if (entry.NumberAnd1 == 0 || (entry.Low == low && entry.High == high))
                return ref entry;
            if (++slot == _entries.Length)
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

/// <summary>Keys with numbers, on disk in parts by their first byte, so that each part fits into memory.</summary>
internal sealed class NumberedKeyFiles : IDisposable
{
    /// <summary>What a part has at most, about: some 500 MB as <see cref="NumberedKeys"/>.</summary>
    public const long MostOfPart = 20_000_000;

    private const int RecordBytes = 20;
    private const int MostParts = 256;
    private const int BufferBytes = 1 << 16;
    private readonly FileStream[] _files;

    /// <summary>Makes the files, which are gone when this is closed.</summary>
    /// <param name="folder">Where.</param>
    /// <param name="name">What they are called.</param>
    /// <param name="expected">How many keys there will be at most.</param>
    public NumberedKeyFiles(string folder, string name, long expected)
    {
        _files = new FileStream[Math.Clamp((expected + MostOfPart - 1) / MostOfPart, 1, MostParts)];
        for (var part = 0; part < _files.Length; part++)
            _files[part] = new FileStream(Path.Combine(folder, $"{name}-{part:d3}"), new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.ReadWrite, BufferSize = BufferBytes, Options = FileOptions.DeleteOnClose });
    }

    /// <summary>How many parts there are.</summary>
    public int Parts => _files.Length;

    /// <summary>The first bytes of a part's keys.</summary>
    public (byte First, byte Last) Range(int part) => ((byte)((part * MostParts + Parts - 1) / Parts), (byte)(((part + 1) * MostParts + Parts - 1) / Parts - 1));

    /// <summary>Adds a key. For several threads at once.</summary>
    public void Add(UInt128 key, uint number)
    {
        Span<byte> record = stackalloc byte[RecordBytes];
        BinaryPrimitives.WriteUInt128BigEndian(record, key);
        BinaryPrimitives.WriteUInt32BigEndian(record[16..], number);
        var file = _files[(int)(key >> 120) * Parts / MostParts];
        lock (file)
            file.Write(record);
    }

    /// <summary>A part's keys, each with its lowest number.</summary>
    public NumberedKeys Read(int part)
    {
        var file = _files[part];
        file.Flush();
        file.Position = 0;
        var keys = new NumberedKeys(file.Length / RecordBytes);
        Span<byte> record = stackalloc byte[RecordBytes];
        for (var left = file.Length / RecordBytes; left > 0; left--)
        {
            file.ReadExactly(record);
            keys.Lower(BinaryPrimitives.ReadUInt128BigEndian(record), BinaryPrimitives.ReadUInt32BigEndian(record[16..]));
        }

        return keys;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var file in _files)
            file.Dispose();
    }
}
