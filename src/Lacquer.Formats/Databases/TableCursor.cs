using System.Buffers.Binary;

namespace Lacquer.Formats.Databases;

/// <summary>The rows of a table in the order of their key, from any on. One thread at a time; what it gives of a row holds until it goes on.</summary>
internal sealed class TableCursor
{
    private const int MostLevels = 40;

    private readonly DatabaseReader _database;
    private readonly uint _root;
    private readonly bool _isIndex;
    private readonly bool _isByNumber;
    private readonly (uint Page, int Cell)[] _path = new (uint, int)[MostLevels];
    private readonly int[] _offsets;
    private readonly byte[] _types;
    private byte[] _whole = [];
    private uint _page;
    private int _start;
    private int _length;
    private bool _isSplit;
    private int _depth;
    private long _rowId;

    public TableCursor(DatabaseReader database, uint root, TableColumns columns)
    {
        (_database, _root, _isIndex) = (database, root, columns.IsIndex);
        _isByNumber = columns.All[0].Kind == ColumnKind.Integer;
        _offsets = new int[columns.All.Count + 1];
        _types = new byte[columns.All.Count];
        Columns = columns;
    }

    public TableColumns Columns { get; }

    /// <summary>Whether there is a row.</summary>
    public bool IsAtRow { get; private set; }

    /// <summary>The first column of the row, a number.</summary>
    public long First { get; private set; }

    private ReadOnlySpan<byte> Record => _isSplit ? _whole.AsSpan(0, _length) : _database.Page(_page).Slice(_start, _length);

    /// <summary>Goes to the first row.</summary>
    public void Begin()
    {
        _depth = 0;
        Descend(_root);
        Settle();
    }

    /// <summary>Goes to the first row whose first column, a number, is not below this.</summary>
    public void Seek(long key)
    {
        _depth = 0;
        for (var number = _root; ;)
        {
            var page = _database.Page(number);
            var isInterior = TreePage.IsInterior(page);
            var (low, high) = (0, TreePage.Cells(page));
            while (low < high)
            {
                var middle = (low + high) >>> 1;
                if (Key(page, middle, isInterior) < key) low = middle + 1;
                else high = middle;
            }

            Push(number, low);
            if (!isInterior)
                break;
            number = TreePage.Child(page, low);
        }

        Settle();
    }

    /// <summary>Goes to the next row.</summary>
    public void Next()
    {
        ref var last = ref _path[_depth - 1];
        last.Cell++;
        // Behind a record of an interior page is what lies below the next.
        if (_isIndex && TreePage.IsInterior(_database.Page(last.Page)))
            Descend(TreePage.Child(_database.Page(last.Page), last.Cell));
        Settle();
    }

    public bool IsNull(int column) => _types[column] == 0 && (column > 0 || _isIndex);

    public long Int64(int column)
    {
        if (column == 0 && !_isIndex)
            return _rowId;
        var at = Record[_offsets[column].._offsets[column + 1]];
        switch (_types[column])
        {
            case 1: return (sbyte)at[0];
            case 2: return BinaryPrimitives.ReadInt16BigEndian(at);
            case 3: return (sbyte)at[0] << 16 | at[1] << 8 | at[2];
            case 4: return BinaryPrimitives.ReadInt32BigEndian(at);
            case 5: return (long)BinaryPrimitives.ReadInt16BigEndian(at) << 32 | BinaryPrimitives.ReadUInt32BigEndian(at[2..]);
            case 6 or 7: return BinaryPrimitives.ReadInt64BigEndian(at);
            case 9: return 1;
            default: return 0;
        }
    }

    public double Double(int column) => _types[column] == 7 ? BitConverter.Int64BitsToDouble(Int64(column)) : Int64(column);

    /// <summary>A text or blob.</summary>
    public ReadOnlySpan<byte> Bytes(int column) => Record[_offsets[column].._offsets[column + 1]];

    private void Push(uint page, int cell)
    {
        if (_depth == MostLevels)
            throw new InvalidDataException("a tree has no leaves");
        _path[_depth++] = (page, cell);
    }

    private void Descend(uint number)
    {
        for (; ; )
        {
            var page = _database.Page(number);
            Push(number, 0);
            if (!TreePage.IsInterior(page))
                return;
            number = TreePage.Child(page, 0);
        }
    }

    // From a place behind the last cell to the next one that is a row.
    private void Settle()
    {
        while (_depth > 0)
        {
            var (number, cell) = _path[_depth - 1];
            var page = _database.Page(number);
            var isInterior = TreePage.IsInterior(page);
            if (cell < TreePage.Cells(page) && (!isInterior || _isIndex))
            {
                Read(number, page, cell, isInterior);
                return;
            }

            _depth--;
            if (_depth > 0 && !_isIndex)
            {
                // Cells above the leaves of a table are no rows: on to what lies below the next.
                ref var above = ref _path[_depth - 1];
                var parent = _database.Page(above.Page);
                if (above.Cell < TreePage.Cells(parent))
                    Descend(TreePage.Child(parent, ++above.Cell));
            }
        }

        (IsAtRow, First) = (false, long.MaxValue);
    }

    private void Read(uint number, ReadOnlySpan<byte> page, int cell, bool isInterior)
    {
        var offset = _database.PageBytes - TreePage.Cell(page, cell).Length + (isInterior ? 4 : 0);
        offset += SqliteVarint.Get(page[offset..], out var length);
        if (!_isIndex)
            offset += SqliteVarint.Get(page[offset..], out _rowId);
        if (length < 1 || length > _database.LengthBytes)
            throw new InvalidDataException("a record is longer than the file");
        var local = TreePage.Local(_database.PageBytes, _isIndex, length);
        (_page, _start, _length, _isSplit) = (number, offset, (int)length, local < length);
        if (_isSplit)
            Gather(page, offset, local);
        Parse();
        IsAtRow = true;
        First = _isByNumber ? Int64(0) : 0;
    }

    private void Gather(ReadOnlySpan<byte> page, int offset, int local)
    {
        if (_whole.Length < _length)
            _whole = new byte[_length];
        page.Slice(offset, local).CopyTo(_whole);
        var number = BinaryPrimitives.ReadUInt32BigEndian(page[(offset + local)..]);
        for (var at = local; at < _length;)
        {
            var more = _database.Page(number);
            number = BinaryPrimitives.ReadUInt32BigEndian(more);
            var count = Math.Min(_length - at, more.Length - 4);
            more.Slice(4, count).CopyTo(_whole.AsSpan(at));
            at += count;
        }
    }

    // Where each column lies (file format §2.1).
    private void Parse()
    {
        var record = Record;
        var at = SqliteVarint.Get(record, out var header);
        var body = (int)Math.Min(header, int.MaxValue);
        for (var column = 0; column < _types.Length; column++)
        {
            at += SqliteVarint.Get(record[at..], out var type);
            _offsets[column] = body;
            var length = type switch { 0 or 8 or 9 => 0, >= 1 and <= 4 => type, 5 => 6, 6 or 7 => 8, >= 12 => (type - 12) / 2, _ => -1 };
            if (length < 0 || length > record.Length - body)
                throw new InvalidDataException("a column goes on behind its row");
            _types[column] = (byte)Math.Min(type, 12);
            body += (int)length;
        }

        _offsets[^1] = body;
    }

    // The first column of the row in a cell, or the key above which the rows behind a cell are.
    private long Key(ReadOnlySpan<byte> page, int cell, bool isInterior)
    {
        var from = TreePage.Cell(page, cell)[(isInterior ? 4 : 0)..];
        var at = isInterior && !_isIndex ? 0 : SqliteVarint.Get(from, out _);
        if (!_isIndex)
        {
            SqliteVarint.Get(from[at..], out var rowId);
            return rowId;
        }

        var record = from[at..];
        at = SqliteVarint.Get(record, out var header);
        SqliteVarint.Get(record[at..], out var type);
        var value = record[(int)Math.Min(header, record.Length)..];
        return type switch
        {
            1 => (sbyte)value[0],
            2 => BinaryPrimitives.ReadInt16BigEndian(value),
            3 => (sbyte)value[0] << 16 | value[1] << 8 | value[2],
            4 => BinaryPrimitives.ReadInt32BigEndian(value),
            5 => (long)BinaryPrimitives.ReadInt16BigEndian(value) << 32 | BinaryPrimitives.ReadUInt32BigEndian(value[2..]),
            6 => BinaryPrimitives.ReadInt64BigEndian(value),
            9 => 1,
            8 => 0,
            _ => throw new InvalidDataException("a key is no number"),
        };
    }
}
