using System.Buffers.Binary;

namespace Lacquer.Stages.Workbench.Ranking;

/// <summary>Records by key, on disk in the parts of some <see cref="NumberedKeyFiles"/>, until the part's keys are in memory; each part in sides, which are read beside each other.</summary>
internal sealed class KeyedRecords : IDisposable
{
    private const int Sides = 4;
    private const int BufferBytes = 1 << 16;

    private readonly RankingRoom _room;
    private readonly int _parts;
    private readonly FileStream[] _files;

    /// <summary>Makes the files; each is gone when it has been read.</summary>
    /// <param name="room">Where.</param>
    /// <param name="name">What they are called.</param>
    /// <param name="parts">How many parts the keys have.</param>
    public KeyedRecords(RankingRoom room, string name, int parts)
    {
        _room = room;
        _parts = parts;
        _files = new FileStream[parts * Sides];
        for (var i = 0; i < _files.Length; i++)
            _files[i] = new FileStream(Path.Combine(room.Folder, $"{name}-{i:d3}"), new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.ReadWrite, BufferSize = BufferBytes, Options = FileOptions.DeleteOnClose });
    }

    /// <summary>Adds a record. For several threads at once.</summary>
    public void Add(UInt128 key, ReadOnlySpan<byte> record)
    {
        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(length, record.Length);
        var file = _files[KeyPart.Of(key, _parts) * Sides + NumberedKeys.SideOf(key, Sides)];
        lock (file)
        {
            file.Write(length);
            file.Write(record);
        }
    }

    /// <summary>A part's records in no order, on all cores; they are gone then.</summary>
    public void Take(int part, RecordSink take) => Cores.Share(Sides, (from, until) =>
    {
        var record = new byte[256];
        Span<byte> head = stackalloc byte[sizeof(int)];
        for (var side = from; side < until; side++)
        {
            using var file = _files[part * Sides + side];
            file.Flush();
            file.Position = 0;
            for (var left = file.Length; left > 0;)
            {
                _room.Stop.ThrowIfCancellationRequested();
                file.ReadExactly(head);
                var length = BinaryPrimitives.ReadInt32LittleEndian(head);
                if (record.Length < length)
                    record = new byte[Math.Max(length, 2 * record.Length)];
                file.ReadExactly(record.AsSpan(0, length));
                take(record.AsSpan(0, length));
                left -= sizeof(int) + length;
            }
        }
    }, _room.Stop);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var file in _files)
            file.Dispose();
    }
}

/// <summary>Takes a record, which is gone when this returns.</summary>
internal delegate void RecordSink(ReadOnlySpan<byte> record);
