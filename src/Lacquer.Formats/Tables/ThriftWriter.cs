using System.Buffers;
using System.Text;

namespace Lacquer.Formats.Tables;

/// <summary>Thrift's compact protocol, as much of it as Parquet's metadata takes. Source: the Thrift specification, "Thrift Compact protocol encoding".</summary>
internal sealed class ThriftWriter
{
    private const byte StructType = 12;
    private const byte ListType = 9;
    private const byte BinaryType = 8;

    private readonly ArrayBufferWriter<byte> _bytes = new();
    private readonly Stack<int> _outer = new();
    private int _last;

    /// <summary>The type of a list's items: 32-bit integers.</summary>
    public const byte Int32Type = 5;

    /// <summary>The type of a list's items: 64-bit integers.</summary>
    public const byte Int64Type = 6;

    /// <summary>The type of a list's items: text or bytes.</summary>
    public const byte TextItems = BinaryType;

    /// <summary>The type of a list's items: structs.</summary>
    public const byte StructItems = StructType;

    public ReadOnlySpan<byte> Written => _bytes.WrittenSpan;

    public void Int32(int field, int value)
    {
        Field(field, Int32Type);
        Bits.ZigZag(_bytes, value);
    }

    public void Int64(int field, long value)
    {
        Field(field, Int64Type);
        Bits.ZigZag(_bytes, value);
    }

    public void Bytes(int field, ReadOnlySpan<byte> value)
    {
        Field(field, BinaryType);
        Item(value);
    }

    public void Text(int field, string value) => Bytes(field, Encoding.UTF8.GetBytes(value));

    public void List(int field, byte type, int count)
    {
        Field(field, ListType);
        if (count < 15)
        {
            Byte((byte)((count << 4) | type));
            return;
        }

        Byte((byte)(0xF0 | type));
        Bits.Varint(_bytes, (ulong)count);
    }

    public void Item(int value) => Bits.ZigZag(_bytes, value);

    public void Item(ReadOnlySpan<byte> value)
    {
        Bits.Varint(_bytes, (ulong)value.Length);
        _bytes.Write(value);
    }

    /// <summary>Begins a struct that is a field.</summary>
    public void Begin(int field)
    {
        Field(field, StructType);
        Begin();
    }

    /// <summary>Begins a struct that is a list's item.</summary>
    public void Begin()
    {
        _outer.Push(_last);
        _last = 0;
    }

    /// <summary>Ends a struct; once more than begun, the whole.</summary>
    public void End()
    {
        Byte(0);
        if (_outer.Count > 0)
            _last = _outer.Pop();
    }

    private void Field(int field, byte type)
    {
        Byte((byte)(((field - _last) << 4) | type));
        _last = field;
    }

    private void Byte(byte value) => _bytes.Write([value]);
}
