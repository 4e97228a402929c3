using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Objects;
using Microsoft.Data.Sqlite;

namespace Lacquer.Formats.Editions;

/// <summary>
/// Reads an edition's map of what is held, row by row, however many there are. The database may be a stranger's; it is a copy that belongs to the reader, for indexes are added to it. Safe for use by several threads, which take turns,
/// but for <see cref="All"/>: who goes through all rows is alone.
/// </summary>
public sealed class HoldingsReader : IDisposable
{
    // What a stranger's database may have instead of rows: something that SQLite would run, for as long and in as much memory as it says.
    private const string NoPlainRows = """
        SELECT 1 FROM (VALUES('volume'), ('holding'), ('merged')) AS wanted
        WHERE NOT EXISTS (SELECT 1 FROM pragma_table_list(wanted.column1) l WHERE l.schema = 'main' AND l.type = 'table') OR EXISTS (SELECT 1 FROM pragma_table_xinfo(wanted.column1) WHERE hidden <> 0)
        """;

    private const string Indexes = """
        PRAGMA trusted_schema=OFF; PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA temp_store=FILE;
        CREATE INDEX IF NOT EXISTS reader_object ON holding(object);
        CREATE INDEX IF NOT EXISTS reader_eid ON holding(eid);
        CREATE INDEX IF NOT EXISTS reader_merged ON merged(object);
        """;

    private readonly SqliteConnection _connection;
    private readonly string _path;
    private readonly Lock _gate = new();
    private readonly string _offset;
    private bool _deletes;

    private HoldingsReader(SqliteConnection connection, string path)
    {
        _connection = connection;
        _path = path;
        _connection.Open();
        if (Ask(NoPlainRows, row => true).Any())
            throw new ArgumentException("it has views or computed columns where there are tables");
        using var indexes = _connection.CreateCommand();
        indexes.CommandText = Indexes;
        indexes.ExecuteNonQuery();
        // Editions of before had none.
        _offset = Ask("SELECT 1 FROM pragma_table_info('holding') WHERE name = 'offset'", row => true).Any() ? "h.\"offset\"" : "NULL";
    }

    /// <summary>Opens one.</summary>
    /// <param name="path">An unpacked <c>holdings.sqlite</c> that nobody else reads.</param>
    /// <param name="deletes">Whether it is deleted when the reader is closed.</param>
    /// <exception cref="LacquerException">It is not a holdings database.</exception>
    public static HoldingsReader Open(string path, bool deletes = false)
    {
        SQLitePCL.Batteries_V2.Init();
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false, Mode = SqliteOpenMode.ReadWrite }.ToString());
        try
        {
            return new HoldingsReader(connection, path) { _deletes = deletes };
        }
        catch (Exception e) when (IsOfItsContent(e))
        {
            connection.Dispose();
            throw Damaged(path, e);
        }
    }

    /// <summary>All rows: those without a rank first, then in rank order.</summary>
    /// <exception cref="LacquerException">A row is not as it must be.</exception>
    public IEnumerable<HeldRecording> All()
    {
        foreach (var (table, rank, order) in new[] { ("merged", "0", "h.eid"), ("holding", "h.recording", "h.recording") })
            foreach (var row in Guarded(Ask($"{Rows(table, rank)} ORDER BY {order}", Read)))
                yield return row;
    }

    /// <summary>The rows of an object.</summary>
    /// <exception cref="LacquerException">A row is not as it must be.</exception>
    public IReadOnlyList<HeldRecording> Of(PiecesRoot obj)
    {
        lock (_gate)
            return new[] { ("merged", "0"), ("holding", "h.recording") }.SelectMany(t => Guarded(Ask($"{Rows(t.Item1, t.Item2)} WHERE h.object = $1", Read, obj.Digest.ToArray()))).ToList();
    }

    /// <summary>Names of the volumes in which a recording is.</summary>
    /// <exception cref="LacquerException">A row is not as it must be.</exception>
    public IReadOnlyList<string> VolumesOf(EntityId recording)
    {
        lock (_gate)
            return Guarded(Ask("SELECT v.name FROM (SELECT volume FROM holding WHERE eid = $1 UNION SELECT volume FROM merged WHERE eid = $1) h JOIN volume v ON v.id = h.volume", row => row.GetString(0), recording.ToArray())).ToList();
    }

    /// <summary>Each volume's name with each licence in it.</summary>
    /// <exception cref="LacquerException">A row is not as it must be.</exception>
    public IReadOnlyList<(string Volume, string Licence)> Licences()
    {
        lock (_gate)
            return Guarded(Ask("SELECT DISTINCT v.name, h.licence FROM (SELECT volume, licence FROM holding UNION ALL SELECT volume, licence FROM merged) h JOIN volume v ON v.id = h.volume", row => (row.GetString(0), row.GetString(1)))).ToList();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _connection.Dispose();
        if (_deletes)
            File.Delete(_path);
    }

    private string Rows(string table, string rank) =>
        $"SELECT {rank}, h.eid, h.object, h.extension, v.name, h.file, h.file_v1, h.name, h.length, h.tier, h.duration_ms, h.licence, h.reason, h.policy, {_offset} FROM {table} h CROSS JOIN volume v ON v.id = h.volume";

    private static HeldRecording Read(SqliteDataReader row)
    {
        var extension = row.GetString(3);
        if (!ObjectExtensions.Audio.Contains(extension))
            throw new ArgumentException($"an object's extension is none of {string.Join(", ", ObjectExtensions.Audio)}");
        return new HeldRecording(row.GetInt64(0), new EntityId(EntityKind.Recording, row.GetFieldValue<byte[]>(1)), new PiecesRoot(new Sha256Digest(row.GetFieldValue<byte[]>(2))),
            extension, row.GetString(4), row.GetInt32(5), row.GetInt32(6), row.IsDBNull(14) ? null : row.GetInt64(14), row.GetString(7), row.GetInt64(8), row.GetString(9), row.IsDBNull(10) ? null : row.GetInt32(10),
            row.GetString(11), row.GetString(12), row.GetString(13));
    }

    private IEnumerable<T> Ask<T>(string sql, Func<SqliteDataReader, T> read, params object[] values)
    {
        using var command = _connection.CreateCommand();
        command.CommandText = sql;
        for (var i = 0; i < values.Length; i++)
            command.Parameters.AddWithValue($"${i + 1}", values[i]);
        using var row = command.ExecuteReader();
        while (row.Read())
            yield return read(row);
    }

    private IEnumerable<T> Guarded<T>(IEnumerable<T> rows)
    {
        using var each = rows.GetEnumerator();
        while (true)
        {
            try
            {
                if (!each.MoveNext())
                    yield break;
            }
            catch (Exception e) when (IsOfItsContent(e))
            {
                throw Damaged(_path, e);
            }

            yield return each.Current;
        }
    }

    private static bool IsOfItsContent(Exception e) => e is SqliteException or InvalidCastException or InvalidOperationException or ArgumentException or OverflowException;

    private static LacquerException Damaged(string path, Exception e) => new(Failure.Damaged, $"{path} cannot be read as holdings: {e.Message.ReplaceLineEndings(" ")}", "fetch the edition again", e);
}
