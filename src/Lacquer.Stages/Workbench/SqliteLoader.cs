using Lacquer.Formats.Findings;
using SQLitePCL;
using static SQLitePCL.raw;

namespace Lacquer.Stages.Workbench;

/// <summary>
/// Writes a new SQLite file row by row through the C API, in one transaction and without a journal: the file is either renamed into place when it is whole, or thrown away.
/// </summary>
public sealed class SqliteLoader : IDisposable
{
    private readonly sqlite3 _database;
    private readonly string _path;
    private readonly List<Insert> _inserts = [];

    /// <summary>Makes the file with this schema.</summary>
    public SqliteLoader(string path, int pageBytes, string schema)
    {
        Batteries_V2.Init();
        _path = path;
        Check(sqlite3_open_v2(path, out _database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, null));
        Run($"PRAGMA page_size={pageBytes}; PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA locking_mode=EXCLUSIVE; PRAGMA cache_size=-262144; BEGIN;");
        Run(schema);
    }

    /// <summary>The open database.</summary>
    public sqlite3 Database => _database;

    /// <summary>Runs statements that give no rows.</summary>
    public void Run(string sql) => Check(sqlite3_exec(_database, sql));

    /// <summary>Prepares an insertion into all columns of a table.</summary>
    public Insert Into(string table, int columns)
    {
        Check(sqlite3_prepare_v2(_database, $"INSERT INTO {table} VALUES({string.Join(',', Enumerable.Repeat('?', columns))})", out var statement));
        return Remember(statement);
    }

    /// <summary>Commits.</summary>
    public void Finish() => Run("COMMIT");

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var insert in _inserts)
            insert.Dispose();
        _database.Dispose();
    }

    private Insert Remember(sqlite3_stmt statement)
    {
        var insert = new Insert(this, statement);
        _inserts.Add(insert);
        return insert;
    }

    private void Check(int code)
    {
        if (code is SQLITE_OK or SQLITE_DONE or SQLITE_ROW)
            return;
        var message = _database is null ? "cannot open" : sqlite3_errmsg(_database).utf8_to_string();
        if (code == SQLITE_FULL || (code & 0xFF) == SQLITE_IOERR)
            throw Durable.DiskFull(_path);
        throw new InvalidOperationException($"{_path}: SQLite says {message} ({code})");
    }

    /// <summary>A prepared insertion. Values are given in the order of the columns, then <see cref="Row"/>.</summary>
    public sealed class Insert : IDisposable
    {
        private readonly SqliteLoader _loader;
        private readonly sqlite3_stmt _statement;
        private int _column;

        internal Insert(SqliteLoader loader, sqlite3_stmt statement)
        {
            _loader = loader;
            _statement = statement;
        }

        /// <summary>The next column's value.</summary>
        public Insert With(long? value)
        {
            _loader.Check(value is { } number ? sqlite3_bind_int64(_statement, ++_column, number) : sqlite3_bind_null(_statement, ++_column));
            return this;
        }

        /// <summary>The next column's value.</summary>
        public Insert With(string value)
        {
            _loader.Check(sqlite3_bind_text(_statement, ++_column, value));
            return this;
        }

        /// <summary>The next column's value.</summary>
        public Insert With(byte[] value)
        {
            _loader.Check(sqlite3_bind_blob(_statement, ++_column, value));
            return this;
        }

        /// <summary>The next column's value: a text, UTF-8.</summary>
        public Insert WithText(ReadOnlySpan<byte> utf8)
        {
            _loader.Check(sqlite3_bind_text(_statement, ++_column, utf8));
            return this;
        }

        /// <summary>The next column's value: a text, or null for an empty one.</summary>
        public Insert WithTextOrNull(ReadOnlySpan<byte> utf8)
        {
            _loader.Check(utf8.IsEmpty ? sqlite3_bind_null(_statement, ++_column) : sqlite3_bind_text(_statement, ++_column, utf8));
            return this;
        }

        /// <summary>The next column's value: bytes, or null for none.</summary>
        public Insert WithBytes(ReadOnlySpan<byte> bytes)
        {
            _loader.Check(bytes.IsEmpty ? sqlite3_bind_null(_statement, ++_column) : sqlite3_bind_blob(_statement, ++_column, bytes));
            return this;
        }

        /// <summary>The next column's value, which is null where it is not known.</summary>
        public Insert WithReal(float value)
        {
            _loader.Check(float.IsNaN(value) ? sqlite3_bind_null(_statement, ++_column) : sqlite3_bind_double(_statement, ++_column, value));
            return this;
        }

        /// <summary>Inserts the row.</summary>
        public void Row()
        {
            _loader.Check(sqlite3_step(_statement));
            _loader.Check(sqlite3_reset(_statement));
            _column = 0;
        }

        /// <inheritdoc/>
        public void Dispose() => _statement.Dispose();
    }
}
