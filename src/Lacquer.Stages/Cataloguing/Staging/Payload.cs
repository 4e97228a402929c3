using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace Lacquer.Stages.Cataloguing.Staging;

/// <summary>Bytes that grow: what is staged of records, written field by field. Numbers are LEB128, texts UTF-8 behind their length.</summary>
internal sealed class PayloadWriter
{
    private byte[] _bytes = new byte[1 << 16];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Length);

    public void Clear() => Length = 0;

    /// <summary>Room for this many bytes, which are counted as written.</summary>
    public Span<byte> Room(int count)
    {
        if (_bytes.Length - Length < count)
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, Length + count));
        var room = _bytes.AsSpan(Length, count);
        Length += count;
        return room;
    }

    public void Number(ulong value)
    {
        var room = Room(10);
        var length = 0;
        for (; value >= 0x80; value >>= 7)
            room[length++] = (byte)(value | 0x80);
        room[length++] = (byte)value;
        Length -= 10 - length;
    }

    public void Number(long value) => Number((ulong)value);

    public void Fixed(uint value) => BinaryPrimitives.WriteUInt32LittleEndian(Room(4), value);

    public void Fixed(ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(Room(8), value);

    public void Bytes(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Room(bytes.Length));

    public void Text(ReadOnlySpan<byte> utf8)
    {
        Number((ulong)utf8.Length);
        Bytes(utf8);
    }

    /// <summary>Begins a payload, and gives the place where its length will stand.</summary>
    public int Begin()
    {
        var start = Length;
        Fixed(0U);
        return start;
    }

    /// <summary>Ends the payload that began here.</summary>
    public void End(int start) => Patch(start, (uint)(Length - start - PayloadLayout.LengthBytes));

    /// <summary>Takes back what was written after a place.</summary>
    public void Cut(int length) => Length = length;

    /// <summary>Sets a number that was written as <see cref="Fixed(uint)"/>.</summary>
    public void Patch(int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(_bytes.AsSpan(at), value);

    public uint FixedAt(int at) => BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(at));
}

/// <summary>Reads what <see cref="PayloadWriter"/> wrote.</summary>
[SuppressMessage("Performance", "CA1815:Override equals and operator equals on value types", Justification = "A cursor is not compared.")]
internal ref struct PayloadReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    public readonly ReadOnlySpan<byte> Rest => _rest;

    public ulong Number()
    {
        ulong value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var part = _rest[0];
            _rest = _rest[1..];
            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80)
                return value;
        }
    }

    public uint Fixed() => BinaryPrimitives.ReadUInt32LittleEndian(Bytes(4));

    public ulong Fixed64() => BinaryPrimitives.ReadUInt64LittleEndian(Bytes(8));

    public ReadOnlySpan<byte> Bytes(int count)
    {
        var bytes = _rest[..count];
        _rest = _rest[count..];
        return bytes;
    }

    public ReadOnlySpan<byte> Text() => Bytes((int)Number());
}
