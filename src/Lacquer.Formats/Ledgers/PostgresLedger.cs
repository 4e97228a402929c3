using System.Data;
using System.Data.Common;
using System.Globalization;
using Lacquer.Formats.Findings;
using Npgsql;

namespace Lacquer.Formats.Ledgers;

/// <summary>
/// A ledger in a PostgreSQL database (14 or newer) of its own. Where the connection is lost, it is made again, and what was not committed is done again: the number of each transaction tells whether a commit whose
/// answer was lost took place (PostgreSQL, 9.27.10, <c>pg_xact_status</c>).
/// </summary>
internal sealed class PostgresLedger : ILedgerDatabase
{
    // "lacquer" in ASCII: the number of the advisory lock that says who is at work on the archive.
    private const long LockNumber = 0x6c61_6371_7565_72;
    private const int MostConflicts = 20;
    private const string FormatKey = "format";

    private readonly string _connectionString;
    private readonly LedgerPatience _patience;
    private readonly Lock _gate = new();
    private NpgsqlConnection _connection;
    private bool _writing;
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
        if (readOnly)
            settings.Options = "-c default_transaction_read_only=on";
        (_connectionString, _patience, Name) = (settings.ToString(), patience, address.Text);
        _connection = new NpgsqlConnection(_connectionString);
    }

    public string Name { get; }

    public string SkipLocked => " FOR UPDATE SKIP LOCKED";

    public string Truncate => "TRUNCATE";

    /// <summary>Makes a ledger in an empty database, whole or not at all; one that is there already stays.</summary>
    /// <exception cref="LacquerException">The database cannot be used, or holds something else.</exception>
    public static void Create(PostgresAddress address)
    {
        using var ledger = new PostgresLedger(address, readOnly: false, LedgerPatience.None);
        ledger.Connect();
        if (ledger.Format() is not null)
            return;
        if (ledger.Read("SELECT 1 FROM pg_tables WHERE schemaname = current_schema() LIMIT 1", row => row.GetInt32(0)).Count > 0)
            throw new LacquerException(Failure.Usage, $"{ledger.Name} is not empty and holds no ledger", "make a database for it alone: createdb NAME");
        ledger.Write(() =>
        {
            using var tables = new NpgsqlCommand(LedgerSchema.PostgresTables, ledger._connection);
            tables.ExecuteNonQuery();
            return ledger.Run("INSERT INTO meta VALUES($1, $2)", FormatKey, Ledger.Format.ToString(CultureInfo.InvariantCulture));
        });
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
            if (!TryTake(alone))
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

    public T Write<T>(Func<T> work)
    {
        lock (_gate)
        {
            for (var conflicts = 0; ;)
            {
                T? result = default;
                var number = (string?)null;
                _writing = true;
                try
                {
                    try
                    {
                        Run("BEGIN");
                        result = work();
                        number = Read("SELECT CAST(pg_current_xact_id_if_assigned() AS TEXT)", row => row.IsDBNull(0) ? null : row.GetString(0))[0];
                        Run("COMMIT");
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
                    if (number is not null && WasCommitted(number))
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
            _connection.Dispose();
    }

    private static bool IsRefusal(PostgresException e) => !(e.SqlState.StartsWith("57P", StringComparison.Ordinal) || e.SqlState.StartsWith("08", StringComparison.Ordinal) || e.SqlState.StartsWith("53", StringComparison.Ordinal));

    // Shut down, crashed, starting up (57P01 to 57P03), or no answer at all.
    private bool IsLost(NpgsqlException e) => e is PostgresException said ? said.SqlState.StartsWith("57P", StringComparison.Ordinal) || said.SqlState.StartsWith("08", StringComparison.Ordinal) : e.InnerException is IOException or TimeoutException || _connection.State != ConnectionState.Open;

    private string? Format() => Read("SELECT to_regclass('meta') IS NOT NULL", row => row.GetBoolean(0))[0] ? Read("SELECT value FROM meta WHERE name = $1", row => row.GetString(0), FormatKey).FirstOrDefault() : null;

    private void Connect()
    {
        try
        {
            _connection.Open();
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
                // A session that was cut off may be noticed there a moment later; until then its lock stands.
                if (_heldAlone is not { } alone || TryTake(alone))
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

    private bool WasCommitted(string number)
    {
        while (true)
        {
            switch (Read("SELECT pg_xact_status(CAST($1 AS xid8))", row => row.IsDBNull(0) ? "" : row.GetString(0), number)[0])
            {
                case "committed": return true;
                case "aborted": return false;
                case "in progress": Thread.Sleep(50); break;
                default: throw new LacquerException(Failure.Damaged, $"{Name} cannot say whether transaction {number} took place", "run the command again");
            }
        }
    }

    private bool TryTake(bool alone)
    {
        using var command = Command(alone ? "SELECT pg_try_advisory_lock($1)" : "SELECT pg_try_advisory_lock_shared($1)", LockNumber);
        return (bool)command.ExecuteScalar()!;
    }

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
}
