using System.Buffers.Binary;
using Lacquer.Formats.Torrents;

namespace Lacquer.Stages.Publishing;

/// <summary>Where each file of each volume is in its torrent, in a file that is gone when this is closed: 12 bytes a file, and of each volume only where it begins is in memory.</summary>
/// <param name="path">The file to make.</param>
internal sealed class FilePlaces(string path) : IDisposable
{
    private const int RecordBytes = 12;

    private readonly FileStream _file = new(path, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.ReadWrite, Options = FileOptions.DeleteOnClose });
    private readonly Dictionary<int, long> _begins = [];

    /// <summary>Adds the files of a volume.</summary>
    public void Add(int volume, HybridTorrent torrent)
    {
        var (indexes, offsets) = (torrent.V1FileIndexes, torrent.OffsetsBytes());
        var records = new byte[indexes.Count * RecordBytes];
        for (var i = 0; i < indexes.Count; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(records.AsSpan(i * RecordBytes), indexes[i]);
            BinaryPrimitives.WriteInt64LittleEndian(records.AsSpan(i * RecordBytes + sizeof(int)), offsets[i]);
        }

        _begins.Add(volume, _file.Position);
        _file.Write(records);
        _file.Flush();
    }

    /// <summary>A file's index with pad files counted, and where it begins in the run of all files, pad files counted.</summary>
    /// <param name="volume">The number of a volume that was added.</param>
    /// <param name="index">The file's index, pad files not counted.</param>
    public (int IndexV1, long OffsetBytes) Of(int volume, int index)
    {
        Span<byte> record = stackalloc byte[RecordBytes];
        if (RandomAccess.Read(_file.SafeFileHandle, record, _begins[volume] + (long)index * RecordBytes) != RecordBytes)
            throw new ArgumentOutOfRangeException(nameof(index));
        return (BinaryPrimitives.ReadInt32LittleEndian(record), BinaryPrimitives.ReadInt64LittleEndian(record[sizeof(int)..]));
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
