using System.Data;
using System.Data.Common;
using System.Globalization;
using Lacquer.Formats.Findings;
using Npgsql;

namespace Lacquer.Formats.Ledgers;

/// <summary>
/// A ledger in a PostgreSQL database (13 or newer) of its own. Where the connection is lost, it is made again, and what was not committed is done again. Whether a commit took place whose answer was lost tells a number
/// that each transaction leaves in the session's row; PostgreSQL's own numbers of transactions do not, as one that a crash undid is given again.
/// </summary>
internal sealed class PostgresLedger : ILedgerDatabase
{
    // "lacquer" in ASCII: the number of the advisory lock that says who is at work on the archive.
    private const long LockNumber = 0x6c61_6371_7565_72;
    private const int MostConflicts = 20;
    private const string FormatKey = "format";

    // A plan made while a table was small reads all of it, and is kept when it has grown.
    private const string Begin = "BEGIN; SET LOCAL enable_seqscan = off";

    private readonly string _connectionString;
    private readonly LedgerPatience _patience;
    private readonly Lock _gate = new();
    private NpgsqlConnection _connection;
    private bool _writing;
    private string? _session;
    private long _transactions;
    private (int Process, string Began) _backend;
    private bool? _heldAlone;

    private PostgresLedger(PostgresAddress address, bool readOnly, LedgerPatience patience)
    {
        var settings = new NpgsqlConnectionStringBuilder
        {
            Host = address.Host,
            Port = address.Port,
            Username = address.User.Length > 0 ? address.User : null,
            Database = address.Database,
            Pooling = false,
            MaxAutoPrepare = 100,
            AutoPrepareMinUsages = 2,
            Timeout = 15,
            CommandTimeout = 600,
            KeepAlive = 30,
            ApplicationName = "lacquer",
        };
        if (address.SslMode.Length > 0)
            settings.SslMode = Enum.Parse<SslMode>(address.SslMode.Replace("-", "", StringComparison.Ordinal), ignoreCase: true);
        // Statements ask for few rows in the order of an index. A planner whose statistics are of the time before the queue was filled would collect them all and sort.
        settings.Options = "-c enable_bitmapscan=off -c jit=off" + (readOnly ? " -c default_transaction_read_only=on" : "");
        (_connectionString, _patience, Name) = (settings.ToString(), patience, address.Text);
        _connection = new NpgsqlConnection(_connectionString);
    }

    public string Name { get; }

    public string SkipLocked => " FOR UPDATE SKIP LOCKED";

    public string Truncate => "TRUNCATE";

    /// <summary>Makes a ledger in an empty database, whole or not at all; one that is there already stays as long as nothing is in it.</summary>
    /// <exception cref="LacquerException">The database cannot be used, or holds something else.</exception>
    public static void Create(PostgresAddress address)
    {
        using var ledger = new PostgresLedger(address, readOnly: false, LedgerPatience.None);
        ledger.Connect();
        if (ledger.Format() is not null)
        {
            if (ledger.Read("SELECT 1 FROM event LIMIT 1", row => row.GetInt32(0)).Count > 0)
                throw new LacquerException(Failure.Usage, $"{ledger.Name} holds the ledger of an archive already", "make a database for this one alone: createdb NAME; another machine of the same archive gets a copy of its lacquer.toml");
            return;
        }

        if (ledger.Read("SELECT 1 FROM pg_tables WHERE schemaname = current_schema() LIMIT 1", row => row.GetInt32(0)).Count > 0)
            throw new LacquerException(Failure.Usage, $"{ledger.Name} is not empty and holds no ledger", "make a database for it alone: createdb NAME");
        // A batch of statements is one transaction (PostgreSQL, 55.2.2.1).
        using var tables = new NpgsqlCommand($"{LedgerSchema.PostgresTables} INSERT INTO meta VALUES('{FormatKey}', '{Ledger.Format}')", ledger._connection);
        tables.ExecuteNonQuery();
    }

    /// <summary>Opens a ledger.</summary>
    /// <exception cref="LacquerException">The database cannot be had, or its ledger is missing or of another format.</exception>
    public static PostgresLedger Open(PostgresAddress address, bool readOnly, LedgerPatience patience)
    {
        var ledger = new PostgresLedger(address, readOnly, patience);
        try
        {
            ledger.Connect();
            var format = ledger.Format() ?? throw new LacquerException(Failure.Missing, $"{ledger.Name} has no ledger yet", $"lacquer init --ledger {ledger.Name} makes one");
            if (format == "2" && readOnly)
                throw new LacquerException(Failure.Usage, $"{ledger.Name} is a ledger of format 2, and this lacquer reads format {Ledger.Format}", Ledger.Renewal);
            if (format == "2")
                format = ledger.Renew();
            return format == Ledger.Format.ToString(CultureInfo.InvariantCulture) ? ledger
                : throw new LacquerException(Failure.Damaged, $"{ledger.Name} is not a ledger of format {Ledger.Format}", "use the version of lacquer that wrote it");
        }
        catch
        {
            ledger.Dispose();
            throw;
        }
    }

    public long Now() => Read("SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)", row => row.GetInt64(0))[0];

    public bool TryHold(bool alone)
    {
        lock (_gate)
        {
            _heldAlone = null;
            Read("SELECT pg_advisory_unlock_all()", _ => true);
            if (!Read(TakeSql(alone), row => row.GetBoolean(0), LockNumber)[0])
                return false;
            _heldAlone = alone;
            return true;
        }
    }

    public int Run(string sql, params ReadOnlySpan<object> values)
    {
        lock (_gate)
        {
            using var command = Command(sql, values);
            return command.ExecuteNonQuery();
        }
    }

    public List<T> Read<T>(string sql, Func<DbDataReader, T> read, params ReadOnlySpan<object> values)
    {
        lock (_gate)
        {
            while (true)
            {
                try
                {
                    using var command = Command(sql, values);
                    using var row = command.ExecuteReader();
                    var rows = new List<T>();
                    while (row.Read())
                        rows.Add(read(row));
                    return rows;
                }
                catch (NpgsqlException e) when (!_writing && IsLost(e))
                {
                    Reconnect(e);
                }
            }
        }
    }

    public void Scan(string sql, Action<ILedgerCells> row, params ReadOnlySpan<object> values)
    {
        lock (_gate)
        {
            using var command = Command(sql, values);
            // As long as it takes: what is scanned is as large as the ledger.
            command.CommandTimeout = 0;
            using var reader = command.ExecuteReader();
            var cells = new Cells(reader);
            while (reader.Read())
                row(cells);
        }
    }

    public string Part(string table, string key, int part, int parts) => $"get_byte({key}, 0) * {parts} / 256 = {part}";

    public void Insert(string table, IEnumerable<object[]> rows)
    {
        lock (_gate)
        {
            using var copy = _connection.BeginBinaryImport($"COPY {table} FROM STDIN (FORMAT BINARY)");
            foreach (var row in rows)
            {
                copy.StartRow();
                foreach (var value in row)
                    copy.Write(value is int number ? (long)number : value);
            }

            copy.Complete();
        }
    }

    // Only a superuser may tell PostgreSQL not to.
    public void HoldReferences(bool held)
    {
    }

    // The server writes its log several times a second, and lets everybody in.
    public void Breathe()
    {
    }

    public void SortOnDisk(Action work) => work();

    public T Write<T>(Func<T> work, bool mayBeLost = false)
    {
        lock (_gate)
        {
            for (var conflicts = 0; ;)
            {
                T? result = default;
                var session = _session ??= Read("INSERT INTO session VALUES(CAST(gen_random_uuid() AS TEXT), 0, now()) RETURNING name", row => row.GetString(0))[0];
                var number = ++_transactions;
                _writing = true;
                try
                {
                    try
                    {
                        Run(mayBeLost ? Begin + "; SET LOCAL synchronous_commit = off" : Begin);
                        result = work();
                        Commit(session, number);
                        return result;
                    }
                    catch (Exception e) when (!(e is NpgsqlException lost && IsLost(lost)))
                    {
                        TryRollBack();
                        throw;
                    }
                }
                catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure && conflicts++ < MostConflicts)
                {
                    // Rolled back, and done again.
                }
                catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.DiskFull)
                {
                    throw new LacquerException(Failure.NoSpace, $"the disk is full on which {Name} lies", "free some space there and run the command again: it carries on", e);
                }
                catch (NpgsqlException e) when (IsLost(e))
                {
                    _writing = false;
                    Reconnect(e);
                    if (WasCommitted(session, number))
                        return result!;
                }
                finally
                {
                    _writing = false;
                }
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            try
            {
                if (_session is not null)
                    Run("DELETE FROM session WHERE name = $1 OR at < now() - INTERVAL '7 days'", _session);
            }
            catch (Exception e) when (e is NpgsqlException or InvalidOperationException)
            {
                // Another session clears it.
            }

            _connection.Dispose();
        }
    }

    private static bool IsRefusal(PostgresException e) => !(e.SqlState.StartsWith("57P", StringComparison.Ordinal) || e.SqlState.StartsWith("08", StringComparison.Ordinal) || e.SqlState.StartsWith("53", StringComparison.Ordinal));

    // Shut down, crashed, starting up (57P01 to 57P03), or no answer at all.
    private bool IsLost(NpgsqlException e) => e is PostgresException said ? said.SqlState.StartsWith("57P", StringComparison.Ordinal) || said.SqlState.StartsWith("08", StringComparison.Ordinal) : e.InnerException is IOException or TimeoutException || _connection.State != ConnectionState.Open;

    // From format 2, in one transaction; whoever else would do so waits.
    private string? Renew()
    {
        using var tables = new NpgsqlCommand($"BEGIN; LOCK TABLE meta IN EXCLUSIVE MODE; {LedgerSchema.ForPostgres(LedgerSchema.TablesSinceFormat3)} UPDATE meta SET value = '{Ledger.Format}' WHERE name = '{FormatKey}'; COMMIT", _connection);
        tables.ExecuteNonQuery();
        return Format();
    }

    private string? Format() => Read("SELECT to_regclass('meta') IS NOT NULL", row => row.GetBoolean(0))[0] ? Read("SELECT value FROM meta WHERE name = $1", row => row.GetString(0), FormatKey).FirstOrDefault() : null;

    private void Connect()
    {
        try
        {
            _connection.Open();
            Connected();
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException)
        {
            throw Unreachable(e);
        }
    }

    private LacquerException Unreachable(Exception e) => new(Failure.Missing, $"{Name} cannot be opened: {(e as PostgresException)?.MessageText ?? e.InnerException?.Message ?? e.Message}".ReplaceLineEndings(" "),
        "see that PostgreSQL runs there and lets this user in; a password stands in PGPASSWORD or ~/.pgpass", e);

    private void Reconnect(Exception lost)
    {
        var waited = TimeSpan.Zero;
        var next = TimeSpan.FromMilliseconds(100);
        while (true)
        {
            _connection.Dispose();
            _connection = new NpgsqlConnection(_connectionString);
            try
            {
                _connection.Open();
                Connected();
                // A session that was cut off may be noticed there a moment later; until then its lock stands.
                if (_heldAlone is not { } alone || (bool)Ask(TakeSql(alone), LockNumber)!)
                    break;
                lost = new LacquerException(Failure.Locked, "another lacquer is at work on the archive");
            }
            catch (PostgresException e) when (IsRefusal(e))
            {
                throw Unreachable(e);
            }
            catch (Exception e) when (e is NpgsqlException or TimeoutException)
            {
                lost = e;
            }

            if (waited >= _patience.Longest)
                throw lost as LacquerException ?? Unreachable(lost);
            if (waited == TimeSpan.Zero)
                _patience.Say($"{Name} does not answer; waiting for it");
            if (_patience.Stop.WaitHandle.WaitOne(next))
                throw new OperationCanceledException(_patience.Stop);
            waited += next;
            next = next < TimeSpan.FromSeconds(10) ? next * 2 : TimeSpan.FromSeconds(10);
        }

        if (waited > TimeSpan.Zero)
            _patience.Say($"{Name} answers again");
    }

    // Waits until what the lost session was about has ended, one way or the other.
    private bool WasCommitted(string session, long number)
    {
        var last = Read("SELECT transactions FROM session WHERE name = $1 FOR UPDATE", row => row.GetInt64(0), session);
        if (last.Count == 0)
            throw new LacquerException(Failure.Damaged, $"{Name} does not know this session any more", "run the command again");
        return last[0] == number;
    }

    // The server may not have noticed that a session's other end is gone: it is ended, so that its locks are free.
    private void Connected()
    {
        var lost = _backend;
        if (lost.Process != 0)
            Ask("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = $1 AND CAST(backend_start AS TEXT) = $2", lost.Process, lost.Began);
        _backend = (_connection.ProcessID, (string)Ask("SELECT CAST(backend_start AS TEXT) FROM pg_stat_activity WHERE pid = pg_backend_pid()")!);
    }

    private void Commit(string session, long number)
    {
        using var batch = new NpgsqlBatch(_connection);
        var last = new NpgsqlBatchCommand("UPDATE session SET transactions = $2, at = now() WHERE name = $1");
        last.Parameters.Add(new NpgsqlParameter { Value = session });
        last.Parameters.Add(new NpgsqlParameter { Value = number });
        batch.BatchCommands.Add(last);
        batch.BatchCommands.Add(new NpgsqlBatchCommand("COMMIT"));
        batch.ExecuteNonQuery();
    }

    private object? Ask(string sql, params ReadOnlySpan<object> values)
    {
        using var command = Command(sql, values);
        return command.ExecuteScalar();
    }

    private static string TakeSql(bool alone) => alone ? "SELECT pg_try_advisory_lock($1)" : "SELECT pg_try_advisory_lock_shared($1)";

    private void TryRollBack()
    {
        try
        {
            Run("ROLLBACK");
        }
        catch (NpgsqlException)
        {
            // Its end is the server's then.
        }
    }

    private NpgsqlCommand Command(string sql, params ReadOnlySpan<object> values)
    {
        var command = new NpgsqlCommand(sql, _connection);
        foreach (var value in values)
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        return command;
    }

    private sealed class Cells(NpgsqlDataReader row) : ILedgerCells
    {
        public ReadOnlySpan<byte> Bytes(int column) => row.IsDBNull(column) ? [] : row.GetFieldValue<byte[]>(column);

        public long Integer(int column) => row.GetInt64(column);

        public string Text(int column) => row.GetString(column);
    }
}
