using System.Buffers.Binary;
using System.Text;

namespace Lacquer.Formats.Databases;

/// <summary>Rows for one table of a <see cref="DatabaseWriter"/>: values are given in the order of the columns, then <see cref="Row"/>. What SQLite would refuse in a STRICT table is refused, and a row out of order too.</summary>
public sealed class TableWriter
{
    /// <summary>SQLite's own limit of a row (SQLITE_MAX_LENGTH).</summary>
    internal const int MostBytes = 1_000_000_000;

    private const byte NullType = 0;
    private const byte RealType = 7;
    private const byte ZeroType = 8;
    private const byte OneType = 9;
    private const int BlobType = 12;
    private const int TextType = 13;

    private readonly string _table;
    private readonly ColumnKind[] _kinds;
    private readonly bool[] _isNullable;
    private readonly int _keys;
    private readonly bool _isIndex;
    private readonly TreeWriter _tree;
    private readonly byte[] _types;
    private readonly int _bodyOffset;
    private byte[] _record = new byte[512];
    private int _typesLength;
    private int _length;
    private int _column;
    private long _rowId;
    private long? _lastRowId;
    private OrderedKey _key = new();
    private OrderedKey _lastKey = new();

    internal TableWriter(string table, TableColumns columns, TreeWriter tree)
    {
        (_table, _tree, _isIndex, _keys) = (table, tree, columns.IsIndex, columns.Keys);
        _kinds = [.. columns.All.Select(column => column.Kind)];
        _isNullable = [.. columns.All.Select(column => column.IsNullable)];
        _types = new byte[_kinds.Length * SqliteVarint.MostBytes];
        // Values are put behind the room for the header, whose length is known at the end.
        _bodyOffset = _length = _types.Length + SqliteVarint.MostBytes;
        Array.Resize(ref _record, _record.Length + _bodyOffset);
    }

    /// <summary>The next column's value.</summary>
    public TableWriter With(long? value)
    {
        if (value is not { } number)
            return Null();
        Next(ColumnKind.Integer);
        if (_column <= _keys)
        {
            if (!_isIndex)
            {
                // It is the key of the cell, and null in the record (file format §2.3).
                _rowId = number;
                _types[_typesLength++] = NullType;
                return this;
            }

            _key.Add(number);
        }

        Integer(number);
        return this;
    }

    /// <summary>The next column's value.</summary>
    public TableWriter With(string value)
    {
        Next(ColumnKind.Text);
        var length = Encoding.UTF8.GetByteCount(value);
        Encoding.UTF8.GetBytes(value, Bytes(TextType, length));
        if (_column <= _keys)
            _key.Add(_record.AsSpan(_length - length, length));
        return this;
    }

    /// <summary>The next column's value.</summary>
    public TableWriter With(byte[] value) => WithBlob(value);

    /// <summary>The next column's value: a text, UTF-8.</summary>
    public TableWriter WithText(ReadOnlySpan<byte> utf8)
    {
        Next(ColumnKind.Text);
        utf8.CopyTo(Bytes(TextType, utf8.Length));
        if (_column <= _keys)
            _key.Add(utf8);
        return this;
    }

    /// <summary>The next column's value: a text, or null for an empty one.</summary>
    public TableWriter WithTextOrNull(ReadOnlySpan<byte> utf8) => utf8.IsEmpty ? Null() : WithText(utf8);

    /// <summary>The next column's value: bytes, or null for none.</summary>
    public TableWriter WithBytes(ReadOnlySpan<byte> bytes) => bytes.IsEmpty ? Null() : WithBlob(bytes);

    /// <summary>The next column's value, which is null where it is not known.</summary>
    public TableWriter WithReal(double value)
    {
        if (double.IsNaN(value))
            return Null();
        Next(ColumnKind.Real);
        // SQLite keeps a whole number in fewer bytes, and gives it back as a real one (file format §2.1); infinity is no such number.
        if (Math.Abs(value) < 1L << 47 && value == Math.Truncate(value))
        {
            Integer((long)value);
            return this;
        }

        _types[_typesLength++] = RealType;
        BinaryPrimitives.WriteDoubleBigEndian(Room(sizeof(double)), value);
        return this;
    }

    /// <summary>Adds the row.</summary>
    /// <exception cref="InvalidOperationException">It has not all columns, or its key is not behind the last row's.</exception>
    public void Row()
    {
        if (_column != _kinds.Length)
            throw Refused($"has {_column} of {_kinds.Length} values");
        if (_isIndex ? !_key.IsBehind(_lastKey) : _rowId <= _lastRowId)
            throw Refused("is not behind the last one");
        // The header says its own length, which is with it in two bytes if the types take more than 126.
        var start = _bodyOffset - _typesLength - (_typesLength < 127 ? 1 : 2);
        SqliteVarint.Put(_record.AsSpan(start), _bodyOffset - start);
        _types.AsSpan(0, _typesLength).CopyTo(_record.AsSpan(_bodyOffset - _typesLength));
        _tree.Add(_rowId, _record.AsSpan(start.._length));
        if (_isIndex)
            (_key, _lastKey) = (_lastKey, _key);
        else
            _lastRowId = _rowId;
        _key.Clear();
        (_column, _typesLength, _length) = (0, 0, _bodyOffset);
    }

    internal void Finish()
    {
        if (_column > 0)
            throw Refused("was begun and not ended");
        _tree.Finish();
    }

    private TableWriter Null()
    {
        if (_column >= _kinds.Length || !_isNullable[_column])
            throw Refused($"has no value for column {_column + 1}");
        _column++;
        _types[_typesLength++] = NullType;
        return this;
    }

    /// <summary>The next column's value: bytes, none of them included.</summary>
    internal TableWriter WithBlob(ReadOnlySpan<byte> bytes)
    {
        Next(ColumnKind.Blob);
        bytes.CopyTo(Bytes(BlobType, bytes.Length));
        return this;
    }

    private void Next(ColumnKind kind)
    {
        if (_column >= _kinds.Length || _kinds[_column] != kind)
            throw Refused($"has a value of kind {kind} for column {_column + 1}");
        _column++;
    }

    // The fewest bytes that the number fits into (file format §2.1).
    private void Integer(long number)
    {
        if (number is 0 or 1)
        {
            _types[_typesLength++] = number == 0 ? ZeroType : OneType;
            return;
        }

        var (type, bytes) = (number < 0 ? ~number : number) switch
        {
            < 1L << 7 => (1, 1),
            < 1L << 15 => (2, 2),
            < 1L << 23 => (3, 3),
            < 1L << 31 => (4, 4),
            < 1L << 47 => (5, 6),
            _ => (6, 8),
        };
        _types[_typesLength++] = (byte)type;
        var room = Room(bytes);
        for (var i = bytes - 1; i >= 0; i--, number >>= 8)
            room[i] = (byte)number;
    }

    private Span<byte> Bytes(int type, int length)
    {
        _typesLength += SqliteVarint.Put(_types.AsSpan(_typesLength), type + 2L * length);
        return Room(length);
    }

    private Span<byte> Room(int count)
    {
        if (count > MostBytes - _length)
            throw Refused("is too long");
        if (_record.Length - _length < count)
            Array.Resize(ref _record, Math.Max(_record.Length * 2, _length + count));
        var room = _record.AsSpan(_length, count);
        _length += count;
        return room;
    }

    private InvalidOperationException Refused(string why) => new($"a row of {_table} {why}");

    /// <summary>A key of several columns as bytes that sort as SQLite sorts the columns.</summary>
    private sealed class OrderedKey
    {
        private byte[] _bytes = new byte[64];
        private int _length;

        public void Clear() => _length = 0;

        public void Add(long number) => BinaryPrimitives.WriteInt64BigEndian(Room(sizeof(long)), number ^ long.MinValue);

        // A zero byte becomes two, of which the second is above the end, which is two zeros.
        public void Add(ReadOnlySpan<byte> text)
        {
            for (var zero = text.IndexOf((byte)0); zero >= 0; zero = text.IndexOf((byte)0))
            {
                text[..zero].CopyTo(Room(zero));
                Room(2)[0] = 0;
                _bytes[_length - 1] = 0xFF;
                text = text[(zero + 1)..];
            }

            text.CopyTo(Room(text.Length));
            Room(2).Clear();
        }

        // No key is empty, so every one is behind the none of the beginning.
        public bool IsBehind(OrderedKey other) => _bytes.AsSpan(0, _length).SequenceCompareTo(other._bytes.AsSpan(0, other._length)) > 0;

        private Span<byte> Room(int count)
        {
            if (_bytes.Length - _length < count)
                Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _length + count));
            var room = _bytes.AsSpan(_length, count);
            _length += count;
            return room;
        }
    }
}
