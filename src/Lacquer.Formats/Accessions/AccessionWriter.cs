using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Text.Json;
using Lacquer.Formats.Findings;
using ZstdSharp;

namespace Lacquer.Formats.Accessions;

/// <summary>
/// Writes an accession under a temporary name, frame by frame; the caller seals it by renaming. Frames are compressed on all cores and written in order, a few of them in memory at a time.
/// A killed writer's whole frames are taken up again.
/// </summary>
public sealed class AccessionWriter : IDisposable
{
    private readonly FileStream _file;
    private readonly ConcurrentBag<Compressor> _compressors = [];
    private readonly Queue<(Task<byte[]> Compressed, int Uncompressed, long Records)> _closing = [];
    private readonly List<(uint Compressed, uint Uncompressed)> _frames = [];
    private readonly MemoryStream _frame = new();

    private AccessionWriter(FileStream file) => _file = file;

    /// <summary>Records written so far, those of a taken-up run included; the first line does not count.</summary>
    public long Records { get; private set; }

    /// <summary>Of these, how many stand in frames that have gone to the file: a kill does not lose them.</summary>
    public long RecordsWritten { get; private set; }

    /// <summary>The last line of a taken-up run, or null: the place to go on from.</summary>
    public byte[]? LastLine { get; private set; }

    /// <summary>
    /// Opens <paramref name="path"/>: a new file, or one that a killed run left with the same first line, cut back to its last whole frame.
    /// </summary>
    public static AccessionWriter Open(string path, AccessionHeader header)
    {
        ArgumentNullException.ThrowIfNull(header);
        var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        var writer = new AccessionWriter(file);
        try
        {
            var first = HeaderLine(header);
            if (!writer.TakeUp(first))
            {
                file.SetLength(0);
                writer._frames.Clear();
                writer.Records = writer.RecordsWritten = 0;
                writer.LastLine = null;
                // A frame of its own, so that two accessions with the same records differ in their first frame only.
                writer._frame.Write(first);
                writer._frame.WriteByte((byte)'\n');
                writer.CloseFrame();
                writer.WriteClosed(0);
            }

            return writer;
        }
        catch
        {
            writer.Dispose();
            throw;
        }
    }

    /// <summary>Adds a record: one line of JSON, without its end.</summary>
    public void Add(ReadOnlySpan<byte> line)
    {
        if (line.Length > AccessionFile.LongestLineBytes || line.Contains((byte)'\n'))
            throw new ArgumentException("a record is one line of at most 16 MiB", nameof(line));
        _frame.Write(line);
        _frame.WriteByte((byte)'\n');
        Records++;
        if (_frame.Length >= AccessionFile.FrameBytes)
            CloseFrame();
    }

    /// <summary>Writes the last frame and the seek table and flushes to disk.</summary>
    public void Finish()
    {
        if (_frame.Length > 0)
            CloseFrame();
        WriteClosed(0);
        var table = new byte[8 + 8 * _frames.Count + 9];
        BinaryPrimitives.WriteUInt32LittleEndian(table, AccessionFile.SkippableMagic);
        BinaryPrimitives.WriteUInt32LittleEndian(table.AsSpan(4), (uint)(table.Length - 8));
        for (var i = 0; i < _frames.Count; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(table.AsSpan(8 + 8 * i), _frames[i].Compressed);
            BinaryPrimitives.WriteUInt32LittleEndian(table.AsSpan(12 + 8 * i), _frames[i].Uncompressed);
        }

        var footer = table.AsSpan(table.Length - 9);
        BinaryPrimitives.WriteUInt32LittleEndian(footer, (uint)_frames.Count);
        BinaryPrimitives.WriteUInt32LittleEndian(footer[5..], AccessionFile.SeekableMagic);
        _file.Write(table);
        _file.Flush(flushToDisk: true);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        try
        {
            // A writer that is stopped keeps what is whole.
            WriteClosed(0);
        }
        catch (IOException)
        {
            // What could not be written is made again when the accession is taken up.
            _closing.Clear();
        }

        _file.Dispose();
        foreach (var compressor in _compressors)
            compressor.Dispose();
        _frame.Dispose();
    }

    private static byte[] HeaderLine(AccessionHeader header)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("format", AccessionFile.Format);
            json.WriteNumber("number", header.Number);
            json.WriteString("source", header.Source);
            json.WriteString("adapter", header.Adapter);
            if (header.Origins.Count > 0)
            {
                json.WriteStartArray("origins");
                foreach (var origin in header.Origins)
                {
                    json.WriteStartObject();
                    json.WriteString("file", origin.File);
                    json.WriteString("sha256", origin.Sha256.ToString());
                    json.WriteNumber("schema", origin.Schema);
                    json.WriteString("timestamp", origin.Timestamp);
                    json.WriteString("copying", origin.Copying);
                    json.WriteString("left_out", origin.LeftOut);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
            }

            if (header.Settings.Length > 0)
                json.WriteString("settings", header.Settings);
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }

    private void CloseFrame()
    {
        var length = (int)_frame.Length;
        var bytes = ArrayPool<byte>.Shared.Rent(length);
        _frame.GetBuffer().AsSpan(0, length).CopyTo(bytes);
        _frame.SetLength(0);
        _closing.Enqueue((Task.Run(() => Compress(bytes, length)), length, Records));
        WriteClosed(Environment.ProcessorCount);
    }

    private byte[] Compress(byte[] bytes, int length)
    {
        if (!_compressors.TryTake(out var compressor))
        {
            compressor = new Compressor(AccessionFile.CompressionLevel);
            // Four bytes a frame by which a reader notices any change.
            compressor.SetParameter(ZstdSharp.Unsafe.ZSTD_cParameter.ZSTD_c_checksumFlag, 1);
        }

        var compressed = compressor.Wrap(bytes.AsSpan(0, length)).ToArray();
        _compressors.Add(compressor);
        ArrayPool<byte>.Shared.Return(bytes);
        return compressed;
    }

    // Writes closed frames until at most so many wait; those that are compressed already do not wait.
    private void WriteClosed(int most)
    {
        while (_closing.TryPeek(out var oldest) && (_closing.Count > most || oldest.Compressed.IsCompleted))
        {
            var compressed = oldest.Compressed.GetAwaiter().GetResult();
            _file.Write(compressed);
            _file.Flush();
            _frames.Add(((uint)compressed.Length, (uint)oldest.Uncompressed));
            RecordsWritten = oldest.Records;
            _closing.Dequeue();
        }
    }

    // Reads what a killed run left. A frame counts when it is whole; the rest is cut off and done again.
    private bool TakeUp(byte[] first)
    {
        if (_file.Length == 0)
            return false;
        var end = 0L;
        using (var frames = new FrameWalker(_file))
        {
            while (frames.TryNext(out var compressed, out var bytes))
            {
                var text = bytes.Span;
                if (_frames.Count == 0)
                {
                    if (!text.SequenceEqual([.. first, (byte)'\n']))
                        return false;
                }
                else
                {
                    Records += text.Count((byte)'\n');
                    var last = text[..^1];
                    LastLine = last[(last.LastIndexOf((byte)'\n') + 1)..].ToArray();
                }

                _frames.Add(((uint)compressed, (uint)bytes.Length));
                end += compressed;
            }
        }

        if (_frames.Count == 0)
            return false;
        RecordsWritten = Records;
        _file.SetLength(end);
        _file.Position = end;
        return true;
    }
}
