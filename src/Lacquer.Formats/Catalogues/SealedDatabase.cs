using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Lacquer.Formats.Catalogues;

/// <summary>Opens files that nobody writes to any more.</summary>
internal static class SealedDatabase
{
    /// <summary>Opens one, to be used by one thread at a time, so that SQLite need not lock it at every call.</summary>
    /// <exception cref="SqliteException">It cannot be opened.</exception>
    public static sqlite3 Open(string path)
    {
        Batteries_V2.Init();
        var code = raw.sqlite3_open_v2(CatalogueReader.SealedUri(path), out var database, raw.SQLITE_OPEN_READONLY | raw.SQLITE_OPEN_URI | raw.SQLITE_OPEN_NOMUTEX, null);
        try
        {
            SqliteException.ThrowExceptionForRC(code, database);
            return database;
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }
}
