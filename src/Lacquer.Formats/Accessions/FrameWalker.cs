using System.Buffers.Binary;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace Lacquer.Formats.Accessions;

/// <summary>Walks the zstd frames of a file from its start, one in memory at a time, and stops before the first that is not whole.</summary>
internal sealed class FrameWalker(Stream file) : IDisposable
{
    private const int LargestFrame = AccessionFile.LongestLineBytes + AccessionFile.FrameBytes + 1;
    private readonly Decompressor _decompressor = new();
    private byte[] _buffer = new byte[AccessionFile.FrameBytes];
    private int _filled;
    private bool _ended;

    /// <summary>The next frame's compressed length and uncompressed bytes; false at the seek table, the file's end or a frame that is cut off or broken.</summary>
    public bool TryNext(out int compressedBytes, out ReadOnlyMemory<byte> bytes)
    {
        compressedBytes = 0;
        bytes = default;
        if (_filled == 0 && !_ended)
            Fill();
        if (_filled < 4 || BinaryPrimitives.ReadUInt32LittleEndian(_buffer) == AccessionFile.SkippableMagic)
            return false;
        while (true)
        {
            var length = FrameLength();
            if (length is not null)
            {
                try
                {
                    bytes = _decompressor.Unwrap(_buffer.AsSpan(0, length.Value), LargestFrame).ToArray();
                }
                catch (ZstdException)
                {
                    return false;
                }

                if (bytes.Length == 0 || bytes.Span[^1] != (byte)'\n')
                    return false;
                compressedBytes = length.Value;
                _buffer.AsSpan(length.Value, _filled - length.Value).CopyTo(_buffer);
                _filled -= length.Value;
                if (_filled < 8)
                    Fill();
                return true;
            }

            if (_ended || _filled > LargestFrame)
                return false;
            Fill();
        }
    }

    public void Dispose() => _decompressor.Dispose();

    private unsafe int? FrameLength()
    {
        fixed (byte* start = _buffer)
        {
            var length = Methods.ZSTD_findFrameCompressedSize(start, (nuint)_filled);
            return Methods.ZSTD_isError(length) || length > (nuint)_filled || length == 0 ? null : (int)length;
        }
    }

    private void Fill()
    {
        if (_filled == _buffer.Length)
            Array.Resize(ref _buffer, 2 * _buffer.Length);
        var read = file.Read(_buffer.AsSpan(_filled));
        _filled += read;
        _ended = read == 0;
    }
}
