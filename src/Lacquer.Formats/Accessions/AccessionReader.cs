using System.Buffers.Binary;
using System.Text.Json;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using ZstdSharp;

namespace Lacquer.Formats.Accessions;

/// <summary>Reads an accession: all lines in order, one frame in memory at a time, or one record by its offset.</summary>
public sealed class AccessionReader : IDisposable
{
    private readonly FileStream _file;
    private readonly Decompressor _decompressor = new();
    private (long Compressed, long Uncompressed)[]? _index;
    private int _cachedFrame = -1;
    private byte[] _cached = [];

    private AccessionReader(FileStream file, AccessionHeader header)
    {
        _file = file;
        Header = header;
    }

    /// <summary>The first line.</summary>
    public AccessionHeader Header { get; }

    /// <summary>Opens a sealed accession.</summary>
    /// <exception cref="LacquerException">It is missing, or its first line is not an accession's.</exception>
    public static AccessionReader Open(string path)
    {
        FileStream file;
        try
        {
            file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new LacquerException(Failure.Missing, $"accession {path} is missing", "put it back from a copy", e);
        }

        try
        {
            using var frames = new FrameWalker(file);
            if (!frames.TryNext(out _, out var first))
                throw Damaged(path, "its first frame cannot be read");
            return new AccessionReader(file, ReadHeader(first.Span, path));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>
    /// All records in order. A file that is cut off or broken gives what is whole, then throws <see cref="LacquerException"/> with
    /// <see cref="Failure.Damaged"/>.
    /// </summary>
    public IEnumerable<AccessionLine> Lines()
    {
        _file.Position = 0;
        using var frames = new FrameWalker(_file);
        var offset = 0L;
        var compressed = 0L;
        var first = true;
        while (frames.TryNext(out var frameBytes, out var bytes))
        {
            compressed += frameBytes;
            if (!first)
            {
                for (var start = 0; start < bytes.Length;)
                {
                    var length = bytes.Span[start..].IndexOf((byte)'\n');
                    yield return new AccessionLine(offset + start, bytes.Slice(start, length));
                    start += length + 1;
                }
            }

            first = false;
            offset += bytes.Length;
        }

        if (compressed != DataEnd())
            throw Damaged(_file.Name, FormattableString.Invariant($"what follows its byte {compressed} cannot be read"));
    }

    /// <summary>
    /// The frames that hold the records, in order and as they are stored, so that any thread can unpack them (<see cref="AccessionFrame.Unpack"/>). Of a file without its seek table, what is whole; then throws
    /// as <see cref="Lines"/> does.
    /// </summary>
    /// <param name="isWanted">
    /// Is asked of a frame, before it is read, by where it begins and ends among the records' uncompressed bytes, and how many these are; null wants all. Not asked where there is no seek table.
    /// </param>
    public IEnumerable<AccessionFrame> Frames(Func<long, long, long, bool>? isWanted = null)
    {
        (long Compressed, long Uncompressed)[] index;
        try
        {
            index = ReadIndex();
        }
        catch (LacquerException)
        {
            index = [];
        }

        for (var i = 1; i < index.Length - 1; i++)
        {
            var first = index[1].Uncompressed;
            if (isWanted is not null && !isWanted(index[i].Uncompressed - first, index[i + 1].Uncompressed - first, index[^1].Uncompressed - first))
                continue;
            var compressed = new byte[index[i + 1].Compressed - index[i].Compressed];
            _file.Position = index[i].Compressed;
            _file.ReadExactly(compressed);
            yield return new AccessionFrame(index[i].Uncompressed, compressed, (int)(index[i + 1].Uncompressed - index[i].Uncompressed));
        }

        if (index.Length > 0)
            yield break;
        _file.Position = 0;
        using var frames = new FrameWalker(_file);
        var offset = 0L;
        for (var isFirst = true; frames.TryNext(out _, out var bytes); isFirst = false)
        {
            if (!isFirst)
                yield return new AccessionFrame(offset, bytes.ToArray(), null);
            offset += bytes.Length;
        }

        throw Damaged(_file.Name, "it is cut off: it has no seek table at its end");
    }

    /// <summary>The record that begins at an offset that <see cref="Lines"/> or the catalogue gave; valid until the next call.</summary>
    /// <exception cref="LacquerException">The accession is damaged, or no record begins there.</exception>
    public ReadOnlyMemory<byte> Record(long offset)
    {
        var index = _index ??= ReadIndex();
        var low = 0;
        var high = index.Length - 1;
        while (low < high - 1)
        {
            var middle = (low + high) / 2;
            if (index[middle].Uncompressed <= offset) low = middle; else high = middle;
        }

        if (offset < 0 || low + 1 >= index.Length || offset >= index[low + 1].Uncompressed)
            throw Damaged(_file.Name, FormattableString.Invariant($"it has no record at offset {offset}"));
        if (_cachedFrame != low)
        {
            var compressed = new byte[index[low + 1].Compressed - index[low].Compressed];
            _file.Position = index[low].Compressed;
            try
            {
                _file.ReadExactly(compressed);
                _cached = _decompressor.Unwrap(compressed, (int)(index[low + 1].Uncompressed - index[low].Uncompressed)).ToArray();
            }
            catch (Exception e) when (e is ZstdException or EndOfStreamException)
            {
                throw Damaged(_file.Name, FormattableString.Invariant($"its frame {low} cannot be read"));
            }

            _cachedFrame = low;
        }

        var start = (int)(offset - index[low].Uncompressed);
        if (start >= _cached.Length || (start > 0 && _cached[start - 1] != (byte)'\n'))
            throw Damaged(_file.Name, FormattableString.Invariant($"it has no record at offset {offset}"));
        var length = _cached.AsSpan(start).IndexOf((byte)'\n');
        return _cached.AsMemory(start, length < 0 ? _cached.Length - start : length);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _file.Dispose();
        _decompressor.Dispose();
    }

    // Starts of all frames, and the end of the last.
    private (long, long)[] ReadIndex()
    {
        var frames = Footer(out var tableStart);
        var table = new byte[8 * frames];
        _file.Position = tableStart + 8;
        _file.ReadExactly(table);
        var index = new (long Compressed, long Uncompressed)[frames + 1];
        for (var i = 0; i < frames; i++)
        {
            var uncompressed = BinaryPrimitives.ReadUInt32LittleEndian(table.AsSpan(8 * i + 4));
            if (uncompressed > AccessionFile.LongestLineBytes + AccessionFile.FrameBytes)
                throw Damaged(_file.Name, "its seek table names a frame that is too large");
            index[i + 1] = (index[i].Compressed + BinaryPrimitives.ReadUInt32LittleEndian(table.AsSpan(8 * i)), index[i].Uncompressed + uncompressed);
        }

        if (index[^1].Compressed != tableStart)
            throw Damaged(_file.Name, "its seek table does not fit its frames");
        return index;
    }

    private long DataEnd()
    {
        Footer(out var tableStart);
        return tableStart;
    }

    private int Footer(out long tableStart)
    {
        Span<byte> footer = stackalloc byte[9];
        tableStart = -1;
        if (_file.Length >= 17)
        {
            _file.Position = _file.Length - 9;
            _file.ReadExactly(footer);
            var frames = BinaryPrimitives.ReadUInt32LittleEndian(footer);
            if (BinaryPrimitives.ReadUInt32LittleEndian(footer[5..]) == AccessionFile.SeekableMagic && footer[4] == 0 && frames <= (_file.Length - 17) / 8)
            {
                tableStart = _file.Length - 17 - 8L * frames;
                return (int)frames;
            }
        }

        throw Damaged(_file.Name, "it is cut off: it has no seek table at its end");
    }

    private static AccessionHeader ReadHeader(ReadOnlySpan<byte> line, string path)
    {
        try
        {
            using var json = JsonDocument.Parse(line.ToArray());
            var root = json.RootElement;
            if (root.GetProperty("format").GetString() == AccessionFile.Format)
                return new AccessionHeader(root.GetProperty("number").GetInt32(), Text(root, "source"), Text(root, "adapter"))
                {
                    Origins = root.TryGetProperty("origins", out var origins) ? [.. origins.EnumerateArray().Select(ReadOrigin)] : [],
                    Settings = root.TryGetProperty("settings", out _) ? Text(root, "settings") : "",
                };
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or ArgumentException)
        {
            throw Damaged(path, "its first line is not an accession's");
        }

        throw Damaged(path, $"it is not of the format {AccessionFile.Format}");
    }

    private static AccessionOrigin ReadOrigin(JsonElement origin) => new(Text(origin, "file"), Sha256Digest.Parse(Text(origin, "sha256")),
        origin.GetProperty("schema").GetInt32(), Text(origin, "timestamp"), Text(origin, "copying"), Text(origin, "left_out"));

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString() ?? throw new FormatException($"{name} is null");

    private static LacquerException Damaged(string path, string what) =>
        new(Failure.Damaged, $"accession {path} is damaged: {what}", "put it back from a copy, or harvest the source again");
}
