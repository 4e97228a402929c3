using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace Lacquer.Stages.Cataloguing.Staging;

/// <summary>
/// Payloads read by their places. Recordings stand in the catalogue much as they were spoken of, so the next is mostly near the last: what is read of the file at once is kept in a few windows.
/// </summary>
internal sealed class StagedPayloads : IDisposable
{
    private const int WindowBytes = 1 << 12;
    private const int Windows = 2048;

    private readonly SafeFileHandle _file;
    private readonly byte[] _bytes = new byte[Windows * WindowBytes];
    private readonly long[] _starts = new long[Windows];
    private readonly int[] _filled = new int[Windows];
    private byte[] _long = new byte[WindowBytes];

    public StagedPayloads(string path)
    {
        _file = File.OpenHandle(path);
        Array.Fill(_starts, -1);
    }

    /// <summary>The payload that begins at a place, without its length; valid until the next is asked for.</summary>
    public ReadOnlySpan<byte> this[long offset]
    {
        get
        {
            var window = Window(offset / WindowBytes);
            var start = (int)(offset % WindowBytes);
            if (window.Length - start >= PayloadLayout.LengthBytes)
            {
                var length = BinaryPrimitives.ReadInt32LittleEndian(window[start..]);
                if (window.Length - start - PayloadLayout.LengthBytes >= length)
                    return window.Slice(start + PayloadLayout.LengthBytes, length);
            }

            return Long(offset);
        }
    }

    /// <summary>All payloads of a file in order.</summary>
    public static IEnumerable<StagedPayload> All(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20);
        var length = new byte[PayloadLayout.LengthBytes];
        var bytes = new byte[WindowBytes];
        for (var offset = 0L; offset < file.Length;)
        {
            file.ReadExactly(length);
            var count = BinaryPrimitives.ReadInt32LittleEndian(length);
            if (bytes.Length < count)
                bytes = new byte[count];
            file.ReadExactly(bytes.AsSpan(0, count));
            yield return new StagedPayload(offset, bytes.AsMemory(0, count));
            offset += PayloadLayout.LengthBytes + count;
        }
    }

    public void Dispose() => _file.Dispose();

    private ReadOnlySpan<byte> Window(long number)
    {
        var slot = (int)(number % Windows);
        if (_starts[slot] != number)
        {
            var into = _bytes.AsSpan(slot * WindowBytes, WindowBytes);
            var filled = 0;
            while (filled < WindowBytes && RandomAccess.Read(_file, into[filled..], number * WindowBytes + filled) is var count and > 0)
                filled += count;
            (_starts[slot], _filled[slot]) = (number, filled);
        }

        return _bytes.AsSpan(slot * WindowBytes, _filled[slot]);
    }

    // One that goes on in the next window.
    private ReadOnlySpan<byte> Long(long offset)
    {
        Read(offset, _long.AsSpan(0, PayloadLayout.LengthBytes));
        var length = BinaryPrimitives.ReadInt32LittleEndian(_long);
        if (_long.Length < length)
            _long = new byte[length * 2];
        Read(offset + PayloadLayout.LengthBytes, _long.AsSpan(0, length));
        return _long.AsSpan(0, length);
    }

    private void Read(long offset, Span<byte> into)
    {
        while (!into.IsEmpty)
        {
            var window = Window(offset / WindowBytes)[(int)(offset % WindowBytes)..];
            if (window.IsEmpty)
                throw new EndOfStreamException("a staged file is cut off");
            var count = Math.Min(window.Length, into.Length);
            window[..count].CopyTo(into);
            into = into[count..];
            offset += count;
        }
    }
}

/// <summary>A payload and its place; the bytes are valid until the next.</summary>
internal readonly record struct StagedPayload(long Offset, ReadOnlyMemory<byte> Bytes)
{
    public ReadOnlySpan<byte> Span => Bytes.Span;
}
