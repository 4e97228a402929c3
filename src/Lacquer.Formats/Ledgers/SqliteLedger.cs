using System.Data.Common;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Findings;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Lacquer.Formats.Ledgers;

/// <summary>A ledger in a file. Processes on one machine may share it; the archive's lock file says who may write.</summary>
internal sealed class SqliteLedger : ILedgerDatabase
{
    // Statements with a list of values in them differ from call to call; more than this are forgotten.
    private const int MostStatements = 200;

    // A commit that returned survives a power cut.
    private const string Lasting = "PRAGMA synchronous=FULL";

    private const string Cache = "PRAGMA cache_size=-65536";

    // Bringing the log into the file takes tens of milliseconds. So many transactions fill a few megabytes of it at most.
    private const int TransactionsPerCheckpoint = 16;

    // Who claims while another has the log flushed waits for the disk: it is to happen for less than one claim in a hundred.
    private const int BreathsPerCheckpoint = 512;

    // Where several write all the time there is always something in the log that is not in the file yet, and it grows.
    private const long MostLogBytes = 64 << 20;

    private static readonly TimeSpan TurnOfOthers = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan OthersStay = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestForCheckpoint = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

    private readonly SqliteConnection _connection;
    private readonly TimeProvider _clock;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, SqliteCommand> _statements = new(StringComparer.Ordinal);
    private bool _mayBeLost;
    private long _lasting;
    private long _breaths;
    private long _metOthers = long.MinValue / 2;

    private SqliteLedger(SqliteConnection connection, string path, TimeProvider clock)
    {
        _connection = connection;
        _clock = clock;
        Name = path;
    }

    public string Name { get; }

    public string SkipLocked => "";

    public string Truncate => "DELETE FROM";

    /// <summary>Makes an empty ledger; it appears whole or not at all.</summary>
    public static void Create(string path)
    {
        Batteries_V2.Init();
        var partial = path + ".partial";
        File.Delete(partial);
        using (var connection = Connection(partial, SqliteOpenMode.ReadWriteCreate))
        {
            connection.Open();
            Execute(connection, $"PRAGMA page_size=8192; BEGIN; {LedgerSchema.Tables} PRAGMA user_version={Ledger.Format}; COMMIT; PRAGMA journal_mode=WAL;");
        }

        File.Move(partial, path);
    }

    /// <summary>Opens a ledger; one of the former format is brought up to date where it may be written to.</summary>
    /// <exception cref="LacquerException">It is missing or of another format.</exception>
    public static SqliteLedger Open(string path, TimeProvider clock, bool readOnly)
    {
        Batteries_V2.Init();
        if (!File.Exists(path))
            throw new LacquerException(Failure.Missing, $"no ledger at {path}", "lacquer init makes an archive");
        var mode = readOnly ? SqliteOpenMode.ReadOnly : SqliteOpenMode.ReadWrite;
        var connection = Connection(path, mode);
        try
        {
            connection.Open();
            if (readOnly && !CanRead(connection) && !File.Exists(path + "-wal"))
            {
                // On a disk that cannot be written to, SQLite cannot make the files that readers share; there nobody writes either.
                connection.Dispose();
                connection = Connection(new Uri(path).AbsoluteUri + "?immutable=1", mode);
                connection.Open();
            }

            // Several processes may write in turn: each waits for the others.
            Execute(connection, readOnly ? "PRAGMA query_only=1; PRAGMA busy_timeout=60000;" : Lasting + "; PRAGMA wal_autocheckpoint=0; PRAGMA foreign_keys=ON; PRAGMA busy_timeout=60000; " + Cache + "; PRAGMA temp_store=MEMORY; PRAGMA threads=4;");
            MustBeOfFormat(connection, path, readOnly);
            return new SqliteLedger(connection, path, clock);
        }
        catch (SqliteException e) when (IsDiskFull(e))
        {
            connection.Dispose();
            throw DiskFull(path, e);
        }
        catch (SqliteException e)
        {
            connection.Dispose();
            throw new LacquerException(Failure.Damaged, $"{path} cannot be read as a ledger: {e.Message}", "put it back from a copy", e);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Whether SQLite says that the disk is full; it has another code where the file would not grow that readers and writers share.</summary>
    public static bool IsDiskFull(SqliteException e) => e.SqliteErrorCode == raw.SQLITE_FULL || e.SqliteExtendedErrorCode == raw.SQLITE_IOERR_SHMSIZE;

    public long Now() => _clock.GetUtcNow().ToUnixTimeMilliseconds();

    // The archive's lock file has said it already.
    public bool TryHold(bool alone) => true;

    public int Run(string sql, params ReadOnlySpan<object> values)
    {
        lock (_gate)
            return Statement(sql, values).ExecuteNonQuery();
    }

    public List<T> Read<T>(string sql, Func<DbDataReader, T> read, params ReadOnlySpan<object> values)
    {
        lock (_gate)
        {
            using var row = Statement(sql, values).ExecuteReader();
            var rows = new List<T>();
            while (row.Read())
                rows.Add(read(row));
            return rows;
        }
    }

    public void Scan(string sql, Action<ILedgerCells> row, params ReadOnlySpan<object> values)
    {
        lock (_gate)
        {
            using var statement = new Statement(_connection.Handle!, sql);
            for (var i = 0; i < values.Length; i++)
                Bind(statement, i + 1, values[i]);
            var cells = new Cells(statement);
            while (statement.Step())
                row(cells);
        }
    }

    // The first part has no lower bound and the last no upper one.
    public string Part(string table, string key, int part, int parts)
    {
        string Bound(int at) => $"(SELECT coalesce(max(rowid), 0) FROM {table}) * {at} / {parts}";
        return $"({(part == 0 ? "1" : $"rowid > {Bound(part)}")} AND {(part == parts - 1 ? "1" : $"rowid <= {Bound(part + 1)}")})";
    }

    public void Insert(string table, IEnumerable<object[]> rows)
    {
        lock (_gate)
        {
            Statement? statement = null;
            try
            {
                foreach (var row in rows)
                {
                    statement ??= new Statement(_connection.Handle!, $"INSERT INTO {table} VALUES({string.Join(", ", Enumerable.Range(1, row.Length).Select(i => $"?{i}"))})");
                    for (var i = 0; i < row.Length; i++)
                        Bind(statement, i + 1, row[i]);
                    statement.Run();
                }
            }
            finally
            {
                statement?.Dispose();
            }
        }
    }

    public void HoldReferences(bool held) => Run(held ? "PRAGMA foreign_keys=ON" : "PRAGMA foreign_keys=OFF");

    public void SortOnDisk(Action work)
    {
        // SQLite sorts parts of the cache's size: what the processor's cache holds too is sorted in half the time.
        Run("PRAGMA temp_store=FILE");
        Run("PRAGMA cache_size=-2048");
        try
        {
            work();
        }
        finally
        {
            Run("PRAGMA temp_store=MEMORY");
            Run(Cache);
        }
    }

    public T Write<T>(Func<T> work, bool mayBeLost = false)
    {
        var result = Transaction(work, mayBeLost);
        if (!mayBeLost)
            LetOthersIn();
        return result;
    }

    public void Breathe()
    {
        lock (_gate)
            if (++_breaths % BreathsPerCheckpoint == 0)
                Checkpoint();
        LetOthersIn();
    }

    // Who writes one transaction after another would hardly ever let in those who ask again each millisecond.
    private void LetOthersIn()
    {
        if (_clock.GetElapsedTime(_metOthers) < OthersStay)
            Thread.Sleep(TurnOfOthers);
    }

    private T Transaction<T>(Func<T> work, bool mayBeLost)
    {
        lock (_gate)
        {
            try
            {
                Begin(mayBeLost);
                try
                {
                    var result = work();
                    Run("COMMIT");
                    if (!mayBeLost && ++_lasting % TransactionsPerCheckpoint == 0)
                        Checkpoint();
                    return result;
                }
                catch
                {
                    try { Run("ROLLBACK"); } catch (SqliteException) { /* SQLite has rolled back by itself. */ }
                    throw;
                }
            }
            catch (SqliteException e) when (IsDiskFull(e))
            {
                throw DiskFull(Name, e);
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            Forget();
            _connection.Dispose();
        }
    }

    // SQLite's own waiting for another process's transaction sleeps longer each time, and most last a millisecond or two.
    private void Begin(bool mayBeLost)
    {
        var handle = _connection.Handle!;
        if (mayBeLost != _mayBeLost)
        {
            SqliteException.ThrowExceptionForRC(raw.sqlite3_exec(handle, mayBeLost ? "PRAGMA synchronous=NORMAL" : Lasting), handle);
            _mayBeLost = mayBeLost;
        }

        raw.sqlite3_busy_timeout(handle, 0);
        try
        {
            var began = _clock.GetTimestamp();
            int code;
            while ((code = raw.sqlite3_exec(handle, "BEGIN IMMEDIATE")) == raw.SQLITE_BUSY && _clock.GetElapsedTime(began) < Longest)
            {
                Thread.Sleep(1);
                _metOthers = _clock.GetTimestamp();
            }

            SqliteException.ThrowExceptionForRC(code, handle);
        }
        finally
        {
            raw.sqlite3_busy_timeout(handle, (int)Longest.TotalMilliseconds);
        }
    }

    // It may fail where others read or write: the next does it then.
    private void Checkpoint()
    {
        var handle = _connection.Handle!;
        raw.sqlite3_wal_checkpoint_v2(handle, "main", raw.SQLITE_CHECKPOINT_PASSIVE, out _, out _);
        if (new FileInfo(Name + "-wal") is not { Exists: true, Length: > MostLogBytes })
            return;
        // Nobody writes meanwhile; little is left to do.
        raw.sqlite3_busy_timeout(handle, (int)LongestForCheckpoint.TotalMilliseconds);
        raw.sqlite3_wal_checkpoint_v2(handle, "main", raw.SQLITE_CHECKPOINT_TRUNCATE, out _, out _);
        raw.sqlite3_busy_timeout(handle, (int)Longest.TotalMilliseconds);
    }

    private static void MustBeOfFormat(SqliteConnection connection, string path, bool readOnly)
    {
        var format = Version(connection);
        if (format is 1 or 2 && readOnly)
            throw new LacquerException(Failure.Usage, $"{path} is a ledger of format {format}, and this lacquer reads format {Ledger.Format}", Ledger.Renewal);
        if (format is 1 or 2)
        {
            Execute(connection, "BEGIN IMMEDIATE");
            // Another process may have been faster.
            if (Version(connection) == 1)
            {
                foreach (var (table, column, type) in LedgerSchema.AddedColumns)
                    if (!HasColumn(connection, table, column))
                        Execute(connection, $"ALTER TABLE {table} ADD COLUMN {column} {type}");
                Execute(connection, LedgerSchema.TablesSinceFormat2);
            }

            Execute(connection, $"{LedgerSchema.TablesSinceFormat3} PRAGMA user_version={Ledger.Format}; COMMIT");
            format = Ledger.Format;
        }

        if (format != Ledger.Format)
            throw new LacquerException(Failure.Damaged, $"{path} is not a ledger of format {Ledger.Format}", "use the version of lacquer that wrote it");
    }

    private static long Version(SqliteConnection connection)
    {
        using var version = connection.CreateCommand();
        version.CommandText = "PRAGMA user_version";
        return (long)version.ExecuteScalar()!;
    }

    private static bool HasColumn(SqliteConnection connection, string table, string column)
    {
        using var found = connection.CreateCommand();
        found.CommandText = "SELECT count(*) FROM pragma_table_info($1) WHERE name = $2";
        found.Parameters.AddWithValue("$1", table);
        found.Parameters.AddWithValue("$2", column);
        return (long)found.ExecuteScalar()! > 0;
    }

    private static SqliteConnection Connection(string source, SqliteOpenMode mode) => new(new SqliteConnectionStringBuilder { DataSource = source, Pooling = false, Mode = mode }.ToString());

    private static bool CanRead(SqliteConnection connection)
    {
        try
        {
            Execute(connection, "SELECT count(*) FROM sqlite_schema");
            return true;
        }
        catch (SqliteException e) when (e.SqliteErrorCode is raw.SQLITE_CANTOPEN or raw.SQLITE_READONLY)
        {
            return false;
        }
    }

    private static LacquerException DiskFull(string path, SqliteException inner) =>
        new(Failure.NoSpace, $"the disk is full while writing {path}", "free some space and run the command again: it carries on", inner);

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    // Compiled once: most of the time of a small statement is its compilation.
    private SqliteCommand Statement(string sql, ReadOnlySpan<object> values)
    {
        if (!_statements.TryGetValue(sql, out var command))
        {
            if (_statements.Count == MostStatements)
                Forget();
            command = _connection.CreateCommand();
            command.CommandText = sql;
            for (var i = 0; i < values.Length; i++)
                command.Parameters.AddWithValue($"${i + 1}", null);
            _statements.Add(sql, command);
        }

        for (var i = 0; i < values.Length; i++)
            command.Parameters[i].Value = values[i];
        return command;
    }

    private static void Bind(Statement statement, int parameter, object value) => _ = value switch
    {
        long number => statement.Bind(parameter, number),
        int number => statement.Bind(parameter, number),
        string text => statement.Bind(parameter, text),
        byte[] bytes => statement.BindBlob(parameter, bytes),
        _ => throw new ArgumentException($"a {value.GetType().Name} cannot be put in", nameof(value)),
    };

    private sealed class Cells(Statement statement) : ILedgerCells
    {
        public ReadOnlySpan<byte> Bytes(int column) => statement.Blob(column);

        public long Integer(int column) => statement.Int64(column);

        public string Text(int column) => statement.Text(column);
    }

    private void Forget()
    {
        foreach (var command in _statements.Values)
            command.Dispose();
        _statements.Clear();
    }
}
