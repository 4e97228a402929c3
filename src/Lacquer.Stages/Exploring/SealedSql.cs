using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Findings;
using Microsoft.Data.Sqlite;
using static SQLitePCL.raw;

namespace Lacquer.Stages.Exploring;

/// <summary>
/// Asks SQL of a sealed catalogue, with its look-ups where they lie beside it, and of a ledger attached under that name. Nothing can be written; what a query sorts goes to temporary files beyond 64 MiB, so that memory stays bounded.
/// </summary>
internal sealed class SealedSql : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly string _path;

    private SealedSql(SqliteConnection connection, string path)
    {
        _connection = connection;
        _path = path;
    }

    /// <summary>Whether there are look-ups.</summary>
    public bool HasLookups { get; private set; }

    /// <summary>Opens a catalogue's file.</summary>
    /// <param name="path"><c>catalogue.sqlite</c>.</param>
    /// <param name="ledger"><c>ledger.sqlite</c>, or null.</param>
    /// <param name="prepare">Makes temporary tables to ask of; after it nothing is written. Null: none.</param>
    /// <exception cref="LacquerException">It is missing, damaged or of another format.</exception>
    public static SealedSql Open(string path, string? ledger = null, Action<SealedSql>? prepare = null)
    {
        if (!File.Exists(path))
            throw new LacquerException(Failure.Missing, $"no catalogue at {path}", "lacquer catalogue builds one");
        SQLitePCL.Batteries_V2.Init();
        var connection = new SqliteConnection($"Data Source={CatalogueReader.SealedUri(path)};Pooling=False");
        var opened = new SealedSql(connection, path);
        try
        {
            connection.Open();
            opened.Execute("PRAGMA mmap_size=2147418112; PRAGMA cache_size=-65536; PRAGMA temp_store=FILE;");
            if (opened.Rows("SELECT value FROM meta WHERE name = 'format'", CancellationToken.None).Select(row => row.GetString(0)).FirstOrDefault() is var format && format != CatalogueSchema.Format)
                throw new LacquerException(Failure.Damaged, $"{path} has the format '{format}', not {CatalogueSchema.Format}", "rebuild it with lacquer catalogue");
            var lookups = Path.Combine(Path.GetDirectoryName(path)!, CatalogueReader.LookupsFileName);
            opened.HasLookups = File.Exists(lookups);
            if (opened.HasLookups)
                opened.Execute("ATTACH DATABASE $1 AS lookups", CatalogueReader.SealedUri(lookups));
            if (ledger is not null)
                opened.Attach(ledger);
            prepare?.Invoke(opened);
            opened.Execute("PRAGMA query_only=1");
            return opened;
        }
        catch (SqliteException e)
        {
            connection.Dispose();
            throw new LacquerException(Failure.Damaged, $"{path} cannot be read as a catalogue: {e.Message}", "rebuild it with lacquer catalogue", e);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>The rows of a query, streamed.</summary>
    public IEnumerable<SqliteDataReader> Rows(string sql, CancellationToken stop)
    {
        using var command = _connection.CreateCommand();
        command.CommandText = sql;
        using var interrupt = stop.Register(() => sqlite3_interrupt(_connection.Handle));
        using var row = Ask(command.ExecuteReader, stop);
        while (Ask(row.Read, stop))
            yield return row;
    }

    /// <summary>The pairs of one of the catalogue's look-ups, in order, streamed.</summary>
    public IEnumerable<(long Key, long Value)> Pairs(string lookup, CancellationToken stop)
    {
        using var pairs = Ask(() => new Lookup(_connection.Handle!, lookup), stop);
        foreach (var pair in pairs.All())
        {
            stop.ThrowIfCancellationRequested();
            yield return pair;
        }
    }

    /// <summary>Makes a temporary table and fills it; only while the catalogue is opened.</summary>
    /// <param name="name">The table.</param>
    /// <param name="columns">Its columns: numbers.</param>
    /// <param name="rows">As many numbers each.</param>
    public void Fill(string name, string columns, IEnumerable<long[]> rows)
    {
        Execute($"CREATE TEMP TABLE {name}({columns}) STRICT");
        using var transaction = _connection.BeginTransaction();
        using var insert = _connection.CreateCommand();
        foreach (var row in rows)
        {
            if (insert.Parameters.Count == 0)
            {
                insert.CommandText = $"INSERT INTO {name} VALUES({string.Join(", ", row.Select((_, i) => $"${i + 1}"))})";
                for (var i = 0; i < row.Length; i++)
                    insert.Parameters.AddWithValue($"${i + 1}", row[i]);
            }

            for (var i = 0; i < row.Length; i++)
                insert.Parameters[i].Value = row[i];
            insert.ExecuteNonQuery();
        }

        transaction.Commit();
    }

    /// <inheritdoc/>
    public void Dispose() => _connection.Dispose();

    private void Attach(string ledger)
    {
        var sealedUri = CatalogueReader.SealedUri(ledger);
        try
        {
            // A ledger may be written to meanwhile, so it is not immutable.
            Execute("ATTACH DATABASE $1 AS ledger", sealedUri.Replace("immutable=1&", "", StringComparison.Ordinal));
        }
        catch (SqliteException) when (!File.Exists(ledger + "-wal"))
        {
            // On a disk that cannot be written to, SQLite cannot make the files that readers share; there nobody writes either.
            Execute("ATTACH DATABASE $1 AS ledger", sealedUri);
        }
    }

    private T Ask<T>(Func<T> ask, CancellationToken stop)
    {
        try
        {
            stop.ThrowIfCancellationRequested();
            return ask();
        }
        catch (SqliteException) when (stop.IsCancellationRequested)
        {
            throw new OperationCanceledException(stop);
        }
        catch (SqliteException e) when (e.SqliteErrorCode is SQLITE_CORRUPT or SQLITE_NOTADB)
        {
            throw new LacquerException(Failure.Damaged, $"{_path} cannot be read as a catalogue: {e.Message}", "rebuild it with lacquer catalogue", e);
        }
    }

    private void Execute(string sql, params ReadOnlySpan<object> values)
    {
        using var command = _connection.CreateCommand();
        command.CommandText = sql;
        for (var i = 0; i < values.Length; i++)
            command.Parameters.AddWithValue($"${i + 1}", values[i]);
        command.ExecuteNonQuery();
    }
}
