using System.Runtime.InteropServices;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace Lacquer.Formats.Deltas;

/// <summary>One of the streams of a delta while it is written: numbers and bytes, compressed piece by piece.</summary>
internal sealed class DeltaOutput
{
    private const int Level = 19;

    private readonly List<byte> _packed = [];
    private byte[] _piece = [];
    private int _length;

    /// <summary>What was written, as frames of Zstandard.</summary>
    public ReadOnlySpan<byte> Packed()
    {
        Pack();
        return CollectionsMarshal.AsSpan(_packed);
    }

    /// <summary>A number from 0, LEB128.</summary>
    public void Put(ulong value)
    {
        for (; value >= 0x80; value >>= 7)
            PutByte((byte)(value | 0x80));
        PutByte((byte)value);
    }

    /// <summary>A number with its sign as the lowest bit.</summary>
    public void PutSigned(long value) => Put(Unsigned(value));

    /// <summary>A number with its sign as the lowest bit: 0, -1, 1, -2 are 0, 1, 2, 3.</summary>
    public static ulong Unsigned(long value) => (ulong)(value << 1) ^ (ulong)(value >> 63);

    public void PutByte(byte value)
    {
        if (_length == _piece.Length)
            Grow();
        _piece[_length++] = value;
    }

    public void PutBytes(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (_length == _piece.Length)
                Grow();
            var count = Math.Min(bytes.Length, _piece.Length - _length);
            bytes[..count].CopyTo(_piece.AsSpan(_length));
            _length += count;
            bytes = bytes[count..];
        }
    }

    private void Grow()
    {
        if (_piece.Length == DeltaInput.PieceBytes)
            Pack();
        else
            Array.Resize(ref _piece, Math.Max(256, _piece.Length * 2));
    }

    private void Pack()
    {
        if (_length == 0)
            return;
        using var zstd = new Compressor(Level);
        _packed.AddRange(zstd.Wrap(_piece.AsSpan(0, _length)));
        _length = 0;
    }
}

/// <summary>One of the streams of a delta while it is read. Whatever is not in order is an <see cref="InvalidDataException"/>.</summary>
internal sealed class DeltaInput : IDisposable
{
    /// <summary>The most bytes that a frame unpacks to, and so the largest window.</summary>
    public const int PieceBytes = 1 << WindowLog;

    private const int WindowLog = 20;
    // There are a thousand streams, and most are short.
    private const int MostBufferBytes = 1 << 14;
    private const int LeastBufferBytes = 1 << 8;

    private readonly Stream? _packed;
    private readonly int _bufferBytes;
    private DecompressionStream? _stream;
    private byte[] _buffer = [];
    private int _at;
    private int _filled;

    /// <summary>Reads a part of a stream; null where there is none.</summary>
    public DeltaInput(Stream? packed) => (_packed, _bufferBytes) = (packed, (int)Math.Clamp(packed?.Length ?? 0, LeastBufferBytes, MostBufferBytes));

    /// <summary>Whether nothing is left.</summary>
    public bool IsAtEnd => _at == _filled && !Fill();

    public byte Byte()
    {
        if (_at == _filled && !Fill())
            throw new InvalidDataException("a stream ends early");
        return _buffer[_at++];
    }

    public ulong Number()
    {
        var value = 0UL;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var next = Byte();
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
                return shift == 63 && next > 1 ? throw new InvalidDataException("a number is too large") : value;
        }

        throw new InvalidDataException("a number is too long");
    }

    public long Signed() => Signed(Number());

    /// <summary>What <see cref="DeltaOutput.Unsigned"/> made a number without a sign.</summary>
    public static long Signed(ulong value) => (long)(value >> 1) ^ -(long)(value & 1);

    /// <summary>A number that is at most this.</summary>
    public long Number(long most)
    {
        var value = Number();
        return value <= (ulong)most ? (long)value : throw new InvalidDataException($"{value} where {most} is the most");
    }

    public void Bytes(Span<byte> to)
    {
        while (!to.IsEmpty)
        {
            if (_at == _filled && !Fill())
                throw new InvalidDataException("a stream ends early");
            var count = Math.Min(to.Length, _filled - _at);
            _buffer.AsSpan(_at, count).CopyTo(to);
            _at += count;
            to = to[count..];
        }
    }

    public void Dispose() => _stream?.Dispose();

    private bool Fill()
    {
        if (_packed is null)
            return false;
        if (_stream is null)
        {
            _buffer = new byte[_bufferBytes];
            _stream = new DecompressionStream(_packed, _bufferBytes, leaveOpen: false);
            _stream.SetParameter(ZSTD_dParameter.ZSTD_d_windowLogMax, WindowLog);
        }

        (_at, _filled) = (0, _stream.Read(_buffer));
        return _filled > 0;
    }
}

/// <summary>Ascending numbers as their distances; each is the one that comes next, or none.</summary>
internal sealed class DeltaPlaces(DeltaInput input)
{
    /// <summary>The next; <see cref="long.MaxValue"/> behind the last.</summary>
    public long Next { get; private set; } = input.IsAtEnd ? long.MaxValue : input.Number(long.MaxValue - 1);

    /// <summary>Goes on. Two may be the same.</summary>
    public void Advance() => Next = input.IsAtEnd ? long.MaxValue : Next + input.Number(long.MaxValue - 1 - Next);
}
