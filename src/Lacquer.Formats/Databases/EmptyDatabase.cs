using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Lacquer.Formats.Databases;

/// <summary>What SQLite makes of a schema before there is a row, as the pages of a file; all but the header (file format §1.3) is what it would write to one.</summary>
/// <param name="Pages">The pages, one behind another.</param>
/// <param name="PageBytes">Bytes of each.</param>
/// <param name="Tables">The tables that can be filled, in the order of the schema.</param>
internal sealed record EmptyDatabase(byte[] Pages, int PageBytes, IReadOnlyList<(string Name, uint Root, TableColumns Columns)> Tables)
{
    /// <summary>Makes it.</summary>
    /// <exception cref="SqliteException">The schema is not in order.</exception>
    public static EmptyDatabase Of(int pageBytes, string schema)
    {
        using var connection = new SqliteConnection("Data Source=:memory:;Pooling=False");
        connection.Open();
        var database = connection.Handle!;
        SqliteException.ThrowExceptionForRC(raw.sqlite3_exec(database, $"PRAGMA page_size={pageBytes}; BEGIN; {schema}; COMMIT"), database);
        var pages = raw.sqlite3_serialize(database, "main", out var bytes, 0);
        try
        {
            var copy = new byte[bytes];
            Marshal.Copy(pages, copy, 0, copy.Length);
            return new EmptyDatabase(copy, pageBytes, TableColumns.OfAll(database));
        }
        finally
        {
            raw.sqlite3_free(pages);
        }
    }
}
