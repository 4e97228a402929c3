using System.Buffers.Binary;
using System.Text.Json;
using Lacquer.Formats.Findings;
using ZstdSharp;

namespace Lacquer.Formats.Accessions;

/// <summary>Writes an accession under a temporary name, frame by frame; the caller seals it by renaming. A killed writer's whole frames are taken up again.</summary>
public sealed class AccessionWriter : IDisposable
{
    private readonly FileStream _file;
    private readonly Compressor _compressor = new(AccessionFile.CompressionLevel);
    private readonly List<(uint Compressed, uint Uncompressed)> _frames = [];
    private readonly MemoryStream _frame = new();

    private AccessionWriter(FileStream file)
    {
        _file = file;
        // Four bytes a frame by which a reader notices any change.
        _compressor.SetParameter(ZstdSharp.Unsafe.ZSTD_cParameter.ZSTD_c_checksumFlag, 1);
    }

    /// <summary>Records written so far, those of a taken-up run included; the first line does not count.</summary>
    public long Records { get; private set; }

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
                writer.Records = 0;
                writer.LastLine = null;
                // A frame of its own, so that two accessions with the same records differ in their first frame only.
                writer._frame.Write(first);
                writer._frame.WriteByte((byte)'\n');
                writer.CloseFrame();
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
        _file.Dispose();
        _compressor.Dispose();
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
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }

    private void CloseFrame()
    {
        var compressed = _compressor.Wrap(_frame.GetBuffer().AsSpan(0, (int)_frame.Length));
        _file.Write(compressed);
        _file.Flush();
        _frames.Add(((uint)compressed.Length, (uint)_frame.Length));
        _frame.SetLength(0);
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
        _file.SetLength(end);
        _file.Position = end;
        return true;
    }
}
