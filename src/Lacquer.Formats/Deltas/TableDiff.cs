using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Databases;

namespace Lacquer.Formats.Deltas;

/// <summary>Writes how the rows of a table of the new catalogue differ from those that are predicted.</summary>
internal sealed class TableDiff
{
    private const int StopMask = 0x3FFF;

    private readonly TableModel _table;
    private readonly PredictedRows _predicted;
    private readonly TableCursor _actual;
    private readonly DeltaOutput[] _to;
    private readonly long[] _lastChange;
    private readonly long[] _lastInserted;
    private readonly int _columns;
    private long _lastGone;
    private long _lastPlace;
    private long _most;

    private TableDiff(TableModel table, DatabaseReader old, DatabaseReader actual, IReadOnlyList<KindOrder> orders, DeltaOutput[] to)
    {
        (_table, _predicted, _actual, _to) = (table, new PredictedRows(old, table, orders), actual.Rows(table.Number), to);
        _columns = table.Columns.All.Count;
        (_lastChange, _lastInserted) = (new long[_columns], new long[_columns]);
    }

    /// <summary>Writes a table.</summary>
    public static void Write(TableModel table, DatabaseReader old, DatabaseReader actual, IReadOnlyList<KindOrder> orders, DeltaOutput[] to, Action<int> rowsDone, CancellationToken stop) =>
        new TableDiff(table, old, actual, orders, to).Run(rowsDone, stop);

    private void Run(Action<int> rowsDone, CancellationToken stop)
    {
        _actual.Begin();
        var rows = 0;
        var isPredicted = _predicted.Next();
        for (long index = 0; isPredicted || _actual.IsAtRow;)
        {
            var order = !_actual.IsAtRow ? -1 : !isPredicted ? 1 : Compare();
            if (order >= 0)
            {
                if (rows == 0 && _table.Popularity > 0)
                    _most = _actual.Int64(_table.Popularity - 1);
                if ((++rows & StopMask) == 0)
                {
                    stop.ThrowIfCancellationRequested();
                    rowsDone(StopMask + 1);
                }
            }

            if (order > 0)
            {
                _to[1].Put((ulong)(index - _lastPlace));
                _lastPlace = index;
                Insert();
                _actual.Next();
                continue;
            }

            if (order < 0)
            {
                _to[0].Put((ulong)(index - _lastGone));
                _lastGone = index;
            }
            else
            {
                for (var column = 0; column < _columns; column++)
                    Change(column, index);
                _actual.Next();
            }

            isPredicted = _predicted.Next();
            index++;
        }

        rowsDone(rows & StopMask);
    }

    // By the key: below 0 where the predicted row is gone, above 0 where the actual one is new.
    private int Compare()
    {
        for (var column = 0; column < _table.Columns.Keys; column++)
        {
            var order = _table.Columns.All[column].Kind == ColumnKind.Integer
                ? _predicted.Int64(column).CompareTo(_actual.Int64(column))
                : _predicted.Row.Bytes(column).SequenceCompareTo(_actual.Bytes(column));
            if (order != 0)
                return order;
        }

        return 0;
    }

    private DeltaOutput Stream(int column, ColumnStream stream) => _to[TableModel.StreamOf(column, stream)];

    private void Change(int column, long index)
    {
        var kind = _table.Columns.All[column].Kind;
        var isNull = _actual.IsNull(column);
        if (column == _table.Popularity)
        {
            var value = _actual.Int64(column);
            var expected = Popularities.Of(_actual.Int64(column - 1), _most);
            if (value == expected)
                return;
            At(column, index);
            Stream(column, ColumnStream.Numbers).PutSigned(value - expected);
            return;
        }

        var wasNull = _predicted.Row.IsNull(column);
        if (isNull && wasNull)
            return;
        switch (kind)
        {
            case ColumnKind.Integer:
                var (number, predicted) = (isNull ? 0 : _actual.Int64(column), wasNull ? 0 : _predicted.Int64(column));
                if (isNull == wasNull && number == predicted)
                    return;
                At(column, index);
                if (!Null(column, isNull, ColumnStream.Nulls))
                    Stream(column, ColumnStream.Numbers).PutSigned(unchecked(number - predicted));
                return;
            case ColumnKind.Real:
                if (isNull == wasNull && BitConverter.DoubleToInt64Bits(_actual.Double(column)) == BitConverter.DoubleToInt64Bits(_predicted.Row.Double(column)))
                    return;
                At(column, index);
                if (!Null(column, isNull, ColumnStream.Nulls))
                    Stream(column, ColumnStream.Bytes).PutBytes(BitConverter.GetBytes(_actual.Double(column)));
                return;
            default:
                var now = _actual.Bytes(column);
                var then = wasNull ? [] : _predicted.Row.Bytes(column);
                if (isNull == wasNull && now.SequenceEqual(then))
                    return;
                At(column, index);
                if (!Null(column, isNull, ColumnStream.Nulls))
                    Text(column, then, now);
                return;
        }
    }

    // What both begin and end with is taken from the old one.
    private void Text(int column, ReadOnlySpan<byte> then, ReadOnlySpan<byte> now)
    {
        var start = then.CommonPrefixLength(now);
        var end = 0;
        for (var most = Math.Min(then.Length, now.Length) - start; end < most && then[^(end + 1)] == now[^(end + 1)];)
            end++;
        var numbers = Stream(column, ColumnStream.Numbers);
        numbers.Put((ulong)start);
        numbers.Put((ulong)end);
        numbers.Put((ulong)(now.Length - start - end));
        Stream(column, ColumnStream.Bytes).PutBytes(now[start..^end]);
    }

    private void At(int column, long index)
    {
        Stream(column, ColumnStream.Rows).Put((ulong)(index - _lastChange[column]));
        _lastChange[column] = index;
    }

    private bool Null(int column, bool isNull, ColumnStream stream)
    {
        if (_table.Columns.All[column].IsNullable)
            Stream(column, stream).PutByte(isNull ? (byte)1 : (byte)0);
        return isNull;
    }

    private void Insert()
    {
        for (var column = 0; column < _columns; column++)
        {
            if (Null(column, _actual.IsNull(column), ColumnStream.NewNulls))
                continue;
            switch (_table.Columns.All[column].Kind)
            {
                case ColumnKind.Integer:
                    var value = _actual.Int64(column);
                    Stream(column, ColumnStream.NewNumbers).PutSigned(unchecked(value - _lastInserted[column]));
                    _lastInserted[column] = value;
                    break;
                case ColumnKind.Real:
                    Stream(column, ColumnStream.NewBytes).PutBytes(BitConverter.GetBytes(_actual.Double(column)));
                    break;
                default:
                    var bytes = _actual.Bytes(column);
                    Stream(column, ColumnStream.NewNumbers).Put((ulong)bytes.Length);
                    Stream(column, ColumnStream.NewBytes).PutBytes(bytes);
                    break;
            }
        }
    }
}
