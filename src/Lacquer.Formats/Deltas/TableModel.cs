using Lacquer.Formats.Databases;

namespace Lacquer.Formats.Deltas;

/// <summary>The streams that a column is written as.</summary>
internal enum ColumnStream
{
    /// <summary>Rows in which it changes.</summary>
    Rows,

    /// <summary>Whether to nothing, a byte each.</summary>
    Nulls,
    Numbers,
    Bytes,

    /// <summary>Of new rows: whether it is nothing, a byte each.</summary>
    NewNulls,
    NewNumbers,
    NewBytes,
}

/// <summary>What a delta knows of a table.</summary>
/// <param name="Number">From 0, as the tables were made.</param>
/// <param name="Name">Its name.</param>
/// <param name="Columns">Its columns.</param>
/// <param name="Parent">What its rows hang on.</param>
/// <param name="References">What each column's numbers are of; null where they are but numbers.</param>
/// <param name="Popularity">The column that is worked out from the listens before it, or -1.</param>
internal sealed record TableModel(int Number, string Name, TableColumns Columns, DeltaKind? Parent, DeltaKind?[] References, int Popularity)
{
    /// <summary>How many streams a table is written as, beside those of its columns: rows that are gone; before which rows there are new ones.</summary>
    public const int OwnStreams = 2;

    /// <summary>How many streams a column is written as.</summary>
    public const int ColumnStreams = (int)ColumnStream.NewBytes + 1;

    public int Streams => OwnStreams + ColumnStreams * Columns.All.Count;

    public static int StreamOf(int column, ColumnStream stream) => OwnStreams + column * ColumnStreams + (int)stream;

    /// <summary>The tables of a catalogue, in the order in which they were made.</summary>
    public static List<TableModel> Of(DatabaseReader database) => [.. database.Tables.Select((table, i) => new TableModel(
        i, table.Name, table.Columns, DeltaModel.ParentOf(table.Name, table.Columns), [.. table.Columns.All.Select(c => DeltaModel.ReferenceOf(table.Name, c.Name))],
        table.Columns.All.ToList().FindIndex(c => DeltaModel.IsPopularity(table.Name, c.Name))))];
}
