using System.Buffers.Binary;

namespace Lacquer.Stages.Workbench.Ranking;

/// <summary>Parts of all keys, by their first byte.</summary>
internal static class KeyPart
{
    /// <summary>More are not made: each takes open files.</summary>
    public const int MostParts = 64;

    private const int Firsts = 256;

    /// <summary>The part, from 0, that a key is in.</summary>
    public static int Of(UInt128 key, int parts) => (int)(key >> 120) * parts / Firsts;

    /// <summary>The first bytes of a part's keys.</summary>
    public static (byte First, byte Last) Range(int part, int parts) => ((byte)((part * Firsts + parts - 1) / parts), (byte)(((part + 1) * Firsts + parts - 1) / parts - 1));
}

/// <summary>Keys with numbers, on disk in parts by their first byte, so that each part fits into memory; each part in sides, which are read beside each other.</summary>
internal sealed class NumberedKeyFiles : IDisposable
{
    private const int RecordBytes = 20;
    private const int Sides = 4;
    private const int BufferBytes = 1 << 16;
    private readonly FileStream[] _files;

    /// <summary>Makes the files, which are gone when this is closed.</summary>
    /// <param name="room">Where, and how many fit into memory.</param>
    /// <param name="name">What they are called.</param>
    /// <param name="expected">How many keys there will be, about.</param>
    public NumberedKeyFiles(RankingRoom room, string name, long expected)
    {
        Parts = (int)Math.Clamp((expected + room.KeysInMemory - 1) / room.KeysInMemory, 1, KeyPart.MostParts);
        _files = new FileStream[Parts * Sides];
        for (var i = 0; i < _files.Length; i++)
            _files[i] = new FileStream(Path.Combine(room.Folder, $"{name}-{i:d3}"), new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.ReadWrite, BufferSize = BufferBytes, Options = FileOptions.DeleteOnClose });
    }

    /// <summary>How many parts there are.</summary>
    public int Parts { get; }

    /// <summary>The first bytes of a part's keys.</summary>
    public (byte First, byte Last) Range(int part) => KeyPart.Range(part, Parts);

    /// <summary>Adds a key. For several threads at once.</summary>
    public void Add(UInt128 key, uint number)
    {
        Span<byte> record = stackalloc byte[RecordBytes];
        BinaryPrimitives.WriteUInt128BigEndian(record, key);
        BinaryPrimitives.WriteUInt32BigEndian(record[16..], number);
        var file = _files[KeyPart.Of(key, Parts) * Sides + NumberedKeys.SideOf(key, Sides)];
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
