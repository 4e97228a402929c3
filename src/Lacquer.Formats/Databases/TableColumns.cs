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

    /// <summary>The tables of a database that can be laid down row by row, in the order in which they were made: STRICT, without indexes, with a key that sorts as bytes do.</summary>
    public static List<(string Name, uint Root, TableColumns Columns)> OfAll(sqlite3 database)
    {
        var found = new List<(string, uint, TableColumns)>();
        using var rows = new Statement(database, """
            SELECT s.name, s.rootpage, l.wr, c.name, upper(c.type), c."notnull", c.pk, c.hidden
            FROM sqlite_schema s JOIN pragma_table_list(s.name) l JOIN pragma_table_xinfo(s.name) c
            WHERE s.type = 'table' AND l.schema = 'main' AND l.strict AND NOT EXISTS (SELECT 1 FROM sqlite_schema i WHERE i.type = 'index' AND i.tbl_name = s.name)
                AND NOT EXISTS (SELECT 1 FROM pragma_index_list(s.name) i JOIN pragma_index_xinfo(i.name) x WHERE x."key" AND (x."desc" OR x.coll <> 'BINARY'))
            ORDER BY s.rowid, c.cid
            """);
        for (var isRow = rows.Step(); isRow;)
        {
            var (table, root, isIndex) = (rows.Text(0), (uint)rows.Int64(1), rows.Int64(2) != 0);
            var columns = new List<(string, ColumnKind, bool)>();
            var (keys, canBe) = (0, true);
            for (; isRow && rows.Text(0) == table; isRow = rows.Step())
            {
                ColumnKind? kind = rows.Text(4) switch
                {
                    "INTEGER" or "INT" => ColumnKind.Integer,
                    "REAL" => ColumnKind.Real,
                    "TEXT" => ColumnKind.Text,
                    "BLOB" => ColumnKind.Blob,
                    _ => null,
                };
                var place = rows.Int64(6);
                canBe &= kind is not null && rows.Int64(7) == 0 && (place == 0 || (place == columns.Count + 1 && kind is ColumnKind.Integer or ColumnKind.Text));
                if (place > 0)
                    keys++;
                columns.Add((rows.Text(3), kind ?? default, place == 0 && rows.Int64(5) == 0));
            }

            if (canBe && (isIndex || (keys == 1 && columns[0].Item2 == ColumnKind.Integer)))
                found.Add((table, root, new TableColumns(columns, isIndex, keys)));
        }

        return found;
    }
}
