using Lacquer.Formats.Databases;

namespace Lacquer.Formats.Deltas;

/// <summary>
/// The rows that a table of the new catalogue would have if nothing but numbers had changed: those of the old one, each thing's where the thing stands now, and with the numbers that what they refer to has now
/// (0 where that is gone, and as it is where it never was). One thread at a time.
/// </summary>
internal sealed class PredictedRows
{
    // So many rows are stepped over before a place is looked for.
    private const int MostSteps = 32;

    private readonly uint[]? _oldOf;
    private readonly uint[]?[] _newOf;
    // One that follows what stayed in its place, and one for what moved; whichever is nearer is taken.
    private readonly Place[] _places;
    private Place _place;
    private long _number;
    private long _end;
    private long _shift;
    private bool _isBegun;

    public PredictedRows(DatabaseReader database, TableModel table, IReadOnlyList<KindOrder> orders)
    {
        _oldOf = table.Parent is { } parent ? orders[(int)parent].OldOf : null;
        _newOf = [.. table.References.Select(kind => kind is { } k ? orders[(int)k].NewOf : null)];
        _places = [new Place(database.Rows(table.Number)), new Place(database.Rows(table.Number))];
        _place = _places[0];
    }

    /// <summary>The old row; its first column and references are not what is predicted.</summary>
    public TableCursor Row => _place.Rows;

    /// <summary>Goes on; false behind the last.</summary>
    public bool Next()
    {
        if (_isBegun)
            _place.Rows.Next();
        else if (_oldOf is null)
            _place.Rows.Begin();
        if (_oldOf is null)
        {
            _isBegun = true;
            return _place.Rows.IsAtRow;
        }

        while (!_isBegun || _place.Rows.First >= _end)
        {
            if (_isBegun)
                _place.From = _end;
            if (!NextRun())
                return false;
            _isBegun = true;
        }

        return true;
    }

    /// <summary>What a column of numbers should be.</summary>
    public long Int64(int column)
    {
        if (column == 0 && _oldOf is not null)
            return _place.Rows.First + _shift;
        var value = _place.Rows.Int64(column);
        return _newOf[column] is { } newOf ? (ulong)value < (ulong)newOf.Length ? newOf[value] : value : value;
    }

    // The next things that follow one another in both catalogues.
    private bool NextRun()
    {
        do
        {
            if (++_number >= _oldOf!.Length)
                return false;
        }
        while (_oldOf[_number] == 0);
        var first = _oldOf[_number];
        _shift = _number - first;
        while (_number + 1 < _oldOf.Length && _oldOf[_number + 1] == _number + 1 - _shift)
            _number++;
        _end = _number - _shift + 1;
        Go(first);
        return true;
    }

    private void Go(long old)
    {
        foreach (var place in _places)
            if (place.IsSet && old >= place.From && (old <= place.Rows.First || old - place.From <= MostSteps))
            {
                _place = place;
                while (place.Rows.First < old)
                    place.Rows.Next();
                return;
            }

        // With the one that did not serve last, which stays where it is.
        _place = _place == _places[0] && _place.IsSet ? _places[1] : _places[0];
        _place.Rows.Seek(old);
        _place.IsSet = true;
    }

    private sealed class Place(TableCursor rows)
    {
        public TableCursor Rows { get; } = rows;

        public bool IsSet { get; set; }

        /// <summary>There is no row from here up to the one that it is at.</summary>
        public long From { get; set; }
    }
}
