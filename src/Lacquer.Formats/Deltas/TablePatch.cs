using System.Buffers.Binary;
using Lacquer.Formats.Accessions;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Databases;

namespace Lacquer.Formats.Deltas;

/// <summary>Writes a table of the new catalogue from the rows that are predicted and what is said of how they differ.</summary>
internal sealed class TablePatch
{
    private const int StopMask = 0x3FFF;

    // A text is of one record of an accession, which is no longer.
    private const int LongestText = AccessionFile.LongestLineBytes;
    private const int PartBytes = 1 << 16;

    private readonly TableModel _table;
    private readonly PredictedRows _predicted;
    private readonly TableWriter _to;
    private readonly Column[] _columns;
    private readonly int _mostBytes;
    private byte[] _text = new byte[256];
    private long? _most;
    private long _listens;

    private TablePatch(TableModel table, DatabaseReader old, IReadOnlyList<KindOrder> orders, DeltaInput[] from, TableWriter to, int mostBytes)
    {
        (_table, _predicted, _to, _mostBytes) = (table, new PredictedRows(old, table, orders), to, (int)Math.Min(mostBytes, LongestText));
        _columns = [.. table.Columns.All.Select((column, i) => new Column(column.Kind, column.IsNullable, from.AsSpan(TableModel.OwnStreams + i * TableModel.ColumnStreams, TableModel.ColumnStreams)))];
    }

    /// <summary>Writes a table.</summary>
    /// <param name="table">Which.</param>
    /// <param name="old">The old catalogue.</param>
    /// <param name="orders">Where things stand now.</param>
    /// <param name="from">The table's streams.</param>
    /// <param name="to">Takes the rows.</param>
    /// <param name="mostBytes">No text is longer.</param>
    /// <param name="rowsDone">Is told how many more rows there are.</param>
    /// <param name="stop">Ends it.</param>
    /// <exception cref="InvalidDataException">The streams are not in order.</exception>
    public static void Write(
        TableModel table, DatabaseReader old, IReadOnlyList<KindOrder> orders, DeltaInput[] from, TableWriter to, int mostBytes, Action<int> rowsDone, CancellationToken stop)
    {
        new TablePatch(table, old, orders, from, to, mostBytes).Run(new DeltaPlaces(from[0]), new DeltaPlaces(from[1]), rowsDone, stop);
        if (from.Any(stream => !stream.IsAtEnd))
            throw new InvalidDataException($"{table.Name} has fewer rows than are spoken of");
    }

    private void Run(DeltaPlaces gone, DeltaPlaces inserted, Action<int> rowsDone, CancellationToken stop)
    {
        var rows = 0;
        for (long index = 0; ; index++)
        {
            var isPredicted = _predicted.Next();
            for (; inserted.Next == index; inserted.Advance())
            {
                for (var column = 0; column < _columns.Length; column++)
                    Insert(column);
                Row();
            }

            if (!isPredicted)
                break;
            if (gone.Next == index)
            {
                gone.Advance();
                continue;
            }

            for (var column = 0; column < _columns.Length; column++)
                Keep(column, index);
            Row();
        }

        rowsDone(rows & StopMask);
        if (gone.Next != long.MaxValue || inserted.Next != long.MaxValue || _columns.Any(column => column.Rows.Next != long.MaxValue))
            throw new InvalidDataException($"{_table.Name} has fewer rows than are spoken of");

        void Row()
        {
            _to.Row();
            if ((++rows & StopMask) != 0)
                return;
            stop.ThrowIfCancellationRequested();
            rowsDone(StopMask + 1);
        }
    }

    // A column of a row that was there before.
    private void Keep(int number, long index)
    {
        var column = _columns[number];
        var isChanged = column.Rows.Next == index;
        if (isChanged)
            column.Rows.Advance();
        var row = _predicted.Row;
        if (number == _table.Popularity)
        {
            long popularity = Popularities.Of(_listens, _most ?? 0);
            _to.With(isChanged ? unchecked(popularity + column.Numbers.Signed()) : popularity);
            return;
        }

        var wasNull = row.IsNull(number);
        if (isChanged ? column.IsNullable && column.Nulls.Byte() != 0 : wasNull)
        {
            _to.With(null as long?);
            return;
        }

        switch (column.Kind)
        {
            case ColumnKind.Integer:
                var value = wasNull ? 0 : _predicted.Int64(number);
                Number(number, isChanged ? unchecked(value + column.Numbers.Signed()) : value);
                break;
            case ColumnKind.Real:
                _to.WithReal(isChanged ? Real(column.Bytes) : row.Double(number));
                break;
            default:
                Bytes(column.Kind, isChanged ? Changed(column, wasNull ? [] : row.Bytes(number)) : row.Bytes(number));
                break;
        }
    }

    private void Insert(int number)
    {
        var column = _columns[number];
        if (column.IsNullable && column.NewNulls.Byte() != 0)
        {
            _to.With(null as long?);
            return;
        }

        switch (column.Kind)
        {
            case ColumnKind.Integer:
                column.Last = unchecked(column.Last + column.NewNumbers.Signed());
                Number(number, column.Last);
                break;
            case ColumnKind.Real:
                _to.WithReal(Real(column.NewBytes));
                break;
            default:
                var length = (int)column.NewNumbers.Number(_mostBytes);
                Take(column.NewBytes, 0, length);
                Bytes(column.Kind, _text.AsSpan(0, length));
                break;
        }
    }

    private void Number(int column, long value)
    {
        if (column == _table.Popularity - 1)
        {
            _listens = value;
            _most ??= value;
        }

        _to.With(value);
    }

    private void Bytes(ColumnKind kind, ReadOnlySpan<byte> bytes)
    {
        if (kind == ColumnKind.Text) _to.WithText(bytes);
        else _to.WithBlob(bytes);
    }

    private ReadOnlySpan<byte> Changed(Column column, ReadOnlySpan<byte> then)
    {
        var start = (int)column.Numbers.Number(then.Length);
        var end = (int)column.Numbers.Number(then.Length - start);
        var middle = (int)column.Numbers.Number(Math.Max(0, _mostBytes - start - end));
        Room(start);
        then[..start].CopyTo(_text);
        Take(column.Bytes, start, middle);
        Room(start + middle + end);
        then[^end..].CopyTo(_text.AsSpan(start + middle));
        return _text.AsSpan(0, start + middle + end);
    }

    // Room is made for bytes as they come, not as they are promised.
    private void Take(DeltaInput from, int at, int count)
    {
        for (var end = at + count; at < end;)
        {
            var part = Math.Min(end - at, PartBytes);
            Room(at + part);
            from.Bytes(_text.AsSpan(at, part));
            at += part;
        }
    }

    private void Room(int bytes)
    {
        if (_text.Length < bytes)
            Array.Resize(ref _text, (int)Math.Max(bytes, Math.Min(_text.Length * 2L, _mostBytes)));
    }

    private static double Real(DeltaInput from)
    {
        Span<byte> bytes = stackalloc byte[sizeof(double)];
        from.Bytes(bytes);
        return BinaryPrimitives.ReadDoubleLittleEndian(bytes);
    }

    private sealed class Column(ColumnKind kind, bool isNullable, ReadOnlySpan<DeltaInput> streams)
    {
        public ColumnKind Kind { get; } = kind;

        public bool IsNullable { get; } = isNullable;

        public DeltaPlaces Rows { get; } = new(streams[(int)ColumnStream.Rows]);

        public DeltaInput Nulls { get; } = streams[(int)ColumnStream.Nulls];

        public DeltaInput Numbers { get; } = streams[(int)ColumnStream.Numbers];

        public DeltaInput Bytes { get; } = streams[(int)ColumnStream.Bytes];

        public DeltaInput NewNulls { get; } = streams[(int)ColumnStream.NewNulls];

        public DeltaInput NewNumbers { get; } = streams[(int)ColumnStream.NewNumbers];

        public DeltaInput NewBytes { get; } = streams[(int)ColumnStream.NewBytes];

        /// <summary>The number of the last new row.</summary>
        public long Last { get; set; }
    }
}
