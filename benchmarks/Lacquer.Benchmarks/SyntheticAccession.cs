using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Lacquer.Formats.Accessions;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace Lacquer.Benchmarks;

/// <summary>
/// Writes an accession as <c>docs/format/accession.md</c> has it, its frames compressed on all cores and at the fastest level, as what is measured is not the writing of it. The bytes do not
/// depend on how many cores there are.
/// </summary>
internal sealed class SyntheticAccession : IDisposable
{
    private const int Level = 1;
    private const uint SkippableMagic = 0x184D2A5E;
    private const uint SeekableMagic = 0x8F92EAB1;
    private readonly FileStream _file;
    private readonly Utf8Lines _pending = new();
    private readonly List<int> _ends = [];
    private readonly List<(int Compressed, int Uncompressed)> _frames = [];
    private readonly ConcurrentBag<Compressor> _compressors = [];
    private readonly IncrementalHash _sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private int _frameStart;

    public SyntheticAccession(string path, AccessionHeader header)
    {
        _file = new FileStream(path, FileMode.Create, FileAccess.Write);
        _pending.Raw(Encoding.UTF8.GetBytes($$"""{"format":"{{AccessionFile.Format}}","number":{{header.Number}},"source":"{{header.Source}}","adapter":"{{header.Adapter}}"}"""));
        _pending.Raw((byte)'\n');
        // The first line is a frame of its own.
        _ends.Add(_pending.Length);
        _frameStart = _pending.Length;
        Bytes = _pending.Length;
    }

    public long Records { get; private set; }

    /// <summary>Bytes of all lines so far, the first included: the offset of the next.</summary>
    public long Bytes { get; private set; }

    /// <summary>Adds whole lines, each with its end.</summary>
    public void Add(ReadOnlySpan<byte> lines, IReadOnlyList<int> lineBytes)
    {
        var end = _pending.Length;
        _pending.Raw(lines);
        Records += lineBytes.Count;
        Bytes += lines.Length;
        for (var i = 0; i < lineBytes.Count; i++)
        {
            end += lineBytes[i];
            if (end - _frameStart >= AccessionFile.FrameBytes)
            {
                _ends.Add(end);
                _frameStart = end;
            }
        }
    }

    /// <summary>Compresses and writes all frames that are full.</summary>
    public unsafe void Write()
    {
        var compressed = new byte[_ends.Count][];
        // A span cannot be taken along into what runs in parallel; a pinned address can.
        fixed (byte* text = _pending.Written)
        {
            var from = (nint)text;
            Parallel.For(0, _ends.Count, i =>
            {
                if (!_compressors.TryTake(out var compressor))
                {
                    compressor = new Compressor(Level);
                    compressor.SetParameter(ZSTD_cParameter.ZSTD_c_checksumFlag, 1);
                }

                var start = i == 0 ? 0 : _ends[i - 1];
                compressed[i] = compressor.Wrap(new ReadOnlySpan<byte>((byte*)from + start, _ends[i] - start)).ToArray();
                _compressors.Add(compressor);
            });
        }

        for (var i = 0; i < compressed.Length; i++)
        {
            Put(compressed[i]);
            _frames.Add((compressed[i].Length, _ends[i] - (i == 0 ? 0 : _ends[i - 1])));
        }

        var written = _ends.Count == 0 ? 0 : _ends[^1];
        var rest = _pending.Written[written..].ToArray();
        _pending.Clear();
        _pending.Raw(rest);
        _ends.Clear();
        _frameStart = 0;
    }

    /// <summary>Writes what is left and the seek table; gives the SHA-256 of the file in hex.</summary>
    public string Finish()
    {
        if (_pending.Length > _frameStart)
            _ends.Add(_pending.Length);
        Write();
        var table = new byte[8 + 8 * _frames.Count + 9];
        BinaryPrimitives.WriteUInt32LittleEndian(table, SkippableMagic);
        BinaryPrimitives.WriteUInt32LittleEndian(table.AsSpan(4), (uint)(table.Length - 8));
        for (var i = 0; i < _frames.Count; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(table.AsSpan(8 + 8 * i), (uint)_frames[i].Compressed);
            BinaryPrimitives.WriteUInt32LittleEndian(table.AsSpan(12 + 8 * i), (uint)_frames[i].Uncompressed);
        }

        BinaryPrimitives.WriteUInt32LittleEndian(table.AsSpan(table.Length - 9), (uint)_frames.Count);
        BinaryPrimitives.WriteUInt32LittleEndian(table.AsSpan(table.Length - 4), SeekableMagic);
        Put(table);
        _file.Flush();
        return Convert.ToHexStringLower(_sha256.GetHashAndReset());
    }

    public void Dispose()
    {
        _file.Dispose();
        _sha256.Dispose();
        foreach (var compressor in _compressors)
            compressor.Dispose();
    }

    private void Put(byte[] bytes)
    {
        _file.Write(bytes);
        _sha256.AppendData(bytes);
    }
}
