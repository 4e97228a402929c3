using System.Buffers.Binary;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Ledgers;
using Lacquer.Formats.Objects;
using Lacquer.Formats.Torrents;
using Lacquer.Formats.Volumes;
using Lacquer.Stages.Workbench.Ranking;

namespace Lacquer.Stages.Publishing;

/// <summary>What an edition says of a file of a volume.</summary>
/// <param name="Volume">The volume.</param>
/// <param name="Index">The file's index, pad files not counted.</param>
/// <param name="IndexV1">Its index with pad files counted.</param>
/// <param name="OffsetBytes">Where it begins in the run of all files, pad files counted.</param>
/// <param name="Name">Its name.</param>
/// <param name="Object">Its object.</param>
/// <param name="Sha256">SHA-256 of the object.</param>
/// <param name="LengthBytes">The object's length.</param>
/// <param name="Extension">The object's extension.</param>
/// <param name="Tier">The tier it was made for.</param>
/// <param name="DurationMs">Milliseconds, or null.</param>
internal sealed record VolumePlace(
    VolumeRow Volume, int Index, int IndexV1, long OffsetBytes, string Name, PiecesRoot Object, Sha256Digest Sha256, long LengthBytes, string Extension, string Tier, int? DurationMs);

/// <summary>
/// A place for each file of each volume, by one number for all, in a file that is gone when this is closed: 108 bytes a file, none of which is in memory. What the object is comes first, then, volume by volume, where its torrent has it.
/// </summary>
internal sealed class VolumePlaces : IDisposable
{
    /// <summary>Bytes of what an object is: root, SHA-256, length, tier, duration, extension.</summary>
    public const int FactsBytes = 32 + 32 + 8 + 8 + 4 + 1;

    // Index and offset of v1, name.
    private const int RecordBytes = FactsBytes + 4 + 8 + 8 + 3;

    private static readonly string[] Extensions = [.. ObjectExtensions.All.Order(StringComparer.Ordinal)];

    private readonly FileStream _file;
    private readonly TextFile _texts;
    private readonly IReadOnlyList<VolumeRow> _volumes;
    private readonly long[] _begins;

    /// <summary>Makes the file.</summary>
    /// <param name="folder">Where.</param>
    /// <param name="volumes">The volumes, by number.</param>
    public VolumePlaces(string folder, IReadOnlyList<VolumeRow> volumes)
    {
        _volumes = volumes;
        _begins = new long[volumes.Count + 1];
        for (var i = 0; i < volumes.Count; i++)
            _begins[i + 1] = _begins[i] + volumes[i].Files;
        _file = new FileStream(Path.Combine(folder, "places"), new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.ReadWrite, BufferSize = 0, Options = FileOptions.DeleteOnClose });
        _texts = new TextFile(Path.Combine(folder, "place-texts"));
        RandomAccess.SetLength(_file.SafeFileHandle, Count * RecordBytes);
    }

    /// <summary>How many places there are.</summary>
    public long Count => _begins[^1];

    /// <summary>The number of a volume's file.</summary>
    /// <param name="volume">Which of the volumes, from 0.</param>
    /// <param name="index">The file's index, pad files not counted.</param>
    /// <exception cref="LacquerException">The volume has no such file.</exception>
    public uint Of(int volume, int index) => index >= 0 && index < _volumes[volume].Files ? checked((uint)(_begins[volume] + index))
        : throw new LacquerException(Failure.Damaged, $"the ledger has a file {index} of volume {_volumes[volume].Name}, which has {_volumes[volume].Files} files", "put the ledger back from a copy");

    /// <summary>Writes down what an object is, for <see cref="Put"/>. For several threads at once.</summary>
    public void Describe(Span<byte> facts, ReadOnlySpan<byte> root, ReadOnlySpan<byte> sha256, long lengthBytes, string extension, string tier, int? durationMs)
    {
        root.CopyTo(facts);
        sha256.CopyTo(facts[32..]);
        BinaryPrimitives.WriteInt64LittleEndian(facts[64..], lengthBytes);
        BinaryPrimitives.WriteInt64LittleEndian(facts[72..], _texts.Add(tier));
        BinaryPrimitives.WriteInt32LittleEndian(facts[80..], durationMs ?? -1);
        facts[84] = (byte)Array.BinarySearch(Extensions, extension, StringComparer.Ordinal);
    }

    /// <summary>Says what the object at a place is. For several threads at once.</summary>
    public void Put(uint place, ReadOnlySpan<byte> facts) => RandomAccess.Write(_file.SafeFileHandle, facts, (long)place * RecordBytes);

    /// <summary>The objects of a volume's files in order: root and SHA-256; null for one of which nothing was said.</summary>
    /// <param name="volume">Which of the volumes, from 0.</param>
    public IReadOnlyList<(PiecesRoot Root, Sha256Digest Sha256)?> Objects(int volume)
    {
        var records = Records(volume);
        var objects = new (PiecesRoot, Sha256Digest)?[_volumes[volume].Files];
        for (var i = 0; i < objects.Length; i++)
        {
            var record = records.AsSpan(i * RecordBytes, RecordBytes);
            if (BinaryPrimitives.ReadInt64LittleEndian(record[64..]) > 0)
                objects[i] = (new PiecesRoot(new Sha256Digest(record[..32])), new Sha256Digest(record.Slice(32, 32)));
        }

        return objects;
    }

    /// <summary>Says where the files of a volume are in its torrent. For several threads at once, each with volumes of its own.</summary>
    /// <param name="volume">Which of the volumes, from 0.</param>
    /// <param name="torrent">Its torrent.</param>
    /// <param name="names">The files' names.</param>
    public void Place(int volume, HybridTorrent torrent, IReadOnlyList<string> names)
    {
        var records = Records(volume);
        var (indexes, offsets) = (torrent.V1FileIndexes, torrent.OffsetsBytes());
        for (var i = 0; i < names.Count; i++)
        {
            var record = records.AsSpan(i * RecordBytes, RecordBytes);
            var isUsual = names[i] == VolumeNames.OfFile(i, new PiecesRoot(new Sha256Digest(record[..32])), Extensions[record[84]]);
            BinaryPrimitives.WriteInt32LittleEndian(record[FactsBytes..], indexes[i]);
            BinaryPrimitives.WriteInt64LittleEndian(record[(FactsBytes + 4)..], offsets[i]);
            BinaryPrimitives.WriteInt64LittleEndian(record[(FactsBytes + 12)..], isUsual ? -1 : _texts.Add(names[i]));
        }

        RandomAccess.Write(_file.SafeFileHandle, records, _begins[volume] * RecordBytes);
    }

    /// <summary>All that is said of a place.</summary>
    public VolumePlace At(uint place)
    {
        Span<byte> record = stackalloc byte[RecordBytes];
        if (RandomAccess.Read(_file.SafeFileHandle, record, (long)place * RecordBytes) != RecordBytes)
            throw new ArgumentOutOfRangeException(nameof(place));
        var volume = Array.BinarySearch(_begins, (long)place) is >= 0 and var begin ? begin : ~Array.BinarySearch(_begins, (long)place) - 1;
        var index = (int)(place - _begins[volume]);
        var (root, extension) = (new PiecesRoot(new Sha256Digest(record[..32])), Extensions[record[84]]);
        var name = BinaryPrimitives.ReadInt64LittleEndian(record[(FactsBytes + 12)..]);
        var durationMs = BinaryPrimitives.ReadInt32LittleEndian(record[80..]);
        return new VolumePlace(_volumes[volume], index, BinaryPrimitives.ReadInt32LittleEndian(record[FactsBytes..]), BinaryPrimitives.ReadInt64LittleEndian(record[(FactsBytes + 4)..]),
            name < 0 ? VolumeNames.OfFile(index, root, extension) : _texts[name], root, new Sha256Digest(record.Slice(32, 32)), BinaryPrimitives.ReadInt64LittleEndian(record[64..]), extension,
            _texts[BinaryPrimitives.ReadInt64LittleEndian(record[72..])], durationMs < 0 ? null : durationMs);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _file.Dispose();
        _texts.Dispose();
    }

    private byte[] Records(int volume)
    {
        var records = new byte[_volumes[volume].Files * RecordBytes];
        return RandomAccess.Read(_file.SafeFileHandle, records, _begins[volume] * RecordBytes) == records.Length ? records : throw new EndOfStreamException($"{_file.Name} ends early");
    }
}
