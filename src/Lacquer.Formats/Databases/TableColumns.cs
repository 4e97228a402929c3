using Lacquer.Formats.Catalogues;
using SQLitePCL;

namespace Lacquer.Formats.Databases;

/// <summary>What a column of a STRICT table takes.</summary>
internal enum ColumnKind
{
    Integer,
    Real,
    Text,
    Blob,
}

/// <summary>The columns of a table, and which of them are its key.</summary>
/// <param name="All">In order; whether a column may be null.</param>
/// <param name="IsIndex">Whether the table is WITHOUT ROWID: its tree is of records with the key in front.</param>
/// <param name="Keys">How many columns the key has. They come first.</param>
internal sealed record TableColumns(IReadOnlyList<(string Name, ColumnKind Kind, bool IsNullable)> All, bool IsIndex, int Keys)
{
    /// <summary>Whether another table takes the same rows.</summary>
    public bool IsSame(TableColumns other) => IsIndex == other.IsIndex && Keys == other.Keys && All.SequenceEqual(other.All);

    /// <summary>The tables of a database that can be laid down row by row, in the order in which they were made: STRICT, without indexes.</summary>
    public static List<(string Name, uint Root, TableColumns Columns)> OfAll(sqlite3 database)
    {
        var found = new List<(string, uint, TableColumns)>();
        using var tables = new Statement(database, """
            SELECT s.name, s.rootpage, l.wr, l.strict AND NOT EXISTS (SELECT 1 FROM sqlite_schema i WHERE i.type = 'index' AND i.tbl_name = s.name)
            FROM sqlite_schema s JOIN pragma_table_list l ON l.schema = 'main' AND l.name = s.name WHERE s.type = 'table' ORDER BY s.rowid
            """);
        while (tables.Step())
            if (tables.Int64(3) != 0 && Of(database, tables.Text(0), isIndex: tables.Int64(2) != 0) is { } columns)
                found.Add((tables.Text(0), (uint)tables.Int64(1), columns));
        return found;
    }

    /// <summary>The columns of a table, or null if its rows cannot be laid down as they come.</summary>
    public static TableColumns? Of(sqlite3 database, string table, bool isIndex)
    {
        using var unlike = new Statement(database, "SELECT 1 FROM pragma_index_list(?1) l JOIN pragma_index_xinfo(l.name) x WHERE x.\"key\" AND (x.\"desc\" OR x.coll <> 'BINARY')");
        unlike.Bind(1, table);
        if (unlike.Step())
            return null;
        var columns = new List<(string, ColumnKind, bool)>();
        var keys = 0;
        using var statement = new Statement(database, "SELECT name, upper(type), \"notnull\", pk, hidden FROM pragma_table_xinfo(?1)");
        statement.Bind(1, table);
        while (statement.Step())
        {
            ColumnKind? kind = statement.Text(1) switch
            {
                "INTEGER" or "INT" => ColumnKind.Integer,
                "REAL" => ColumnKind.Real,
                "TEXT" => ColumnKind.Text,
                "BLOB" => ColumnKind.Blob,
                _ => null,
            };
            var place = statement.Int64(3);
            if (kind is null || statement.Int64(4) != 0 || (place > 0 && (place != columns.Count + 1 || kind is not (ColumnKind.Integer or ColumnKind.Text))))
                return null;
            if (place > 0)
                keys++;
            columns.Add((statement.Text(0), kind.Value, place == 0 && statement.Int64(2) == 0));
        }

        return isIndex || (keys == 1 && columns[0].Item2 == ColumnKind.Integer) ? new TableColumns(columns, isIndex, keys) : null;
    }
}
