using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Objects;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Lacquer.Formats.Editions;

/// <summary>What an edition says of a recording's rights.</summary>
/// <param name="Recording">Its id.</param>
/// <param name="Object">Its object.</param>
/// <param name="Volume">Number of the volume that has it, which means something within this file: <see cref="HoldingsReader.VolumeNumber"/>.</param>
/// <param name="Licence">The licence it is published under.</param>
/// <param name="Reason">Why the gate cleared it.</param>
/// <param name="Policy">The policy's version.</param>
public readonly record struct HeldRights(EntityId Recording, PiecesRoot Object, long Volume, string Licence, string Reason, string Policy);

/// <summary>
/// Reads an edition's map of what is held, row by row, however many there are. The database may be a stranger's; it is a copy that belongs to the reader, for indexes are added to it when first they are needed. Safe for use by several threads,
/// which take turns, but for <see cref="ByRecording"/>: who goes through all rows is alone.
/// </summary>
public sealed class HoldingsReader : IDisposable
{
    // What a stranger's database may have instead of rows: something that SQLite would run, for as long and in as much memory as it says.
    private const string NoPlainRows = """
        SELECT 1 FROM (VALUES('volume'), ('holding'), ('merged')) AS wanted
        WHERE NOT EXISTS (SELECT 1 FROM pragma_table_list(wanted.column1) l WHERE l.schema = 'main' AND l.type = 'table') OR EXISTS (SELECT 1 FROM pragma_table_xinfo(wanted.column1) WHERE hidden <> 0)
        """;

    private const string Settings = "PRAGMA trusted_schema=OFF; PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA temp_store=FILE; PRAGMA threads=2";
    private const string ObjectIndexes = "CREATE INDEX IF NOT EXISTS reader_object ON holding(object); CREATE INDEX IF NOT EXISTS reader_merged ON merged(object)";
    private const string RecordingIndex = "CREATE INDEX IF NOT EXISTS reader_eid ON holding(eid)";

    // A row of an edition has some hundred bytes.
    private const int LongestRowBytes = 1 << 16;

    private readonly SqliteConnection _connection;
    private readonly string _path;
    private readonly Lock _gate = new();
    private readonly string _offset;
    private bool _deletes;
    private bool _hasObjectIndexes;
    private bool _hasRecordingIndex;

    private HoldingsReader(SqliteConnection connection, string path)
    {
        _connection = connection;
        _path = path;
        _connection.Open();
        if (Ask(NoPlainRows, row => true).Any())
            throw new ArgumentException("it has views or computed columns where there are tables");
        raw.sqlite3_limit(_connection.Handle, raw.SQLITE_LIMIT_LENGTH, LongestRowBytes);
        Run(Settings);
        // Editions of before had none.
        _offset = Ask("SELECT 1 FROM pragma_table_info('holding') WHERE name = 'offset'", row => true).Any() ? "h.\"offset\"" : "NULL";
    }

    /// <summary>Opens one.</summary>
    /// <param name="path">An unpacked <c>holdings.sqlite</c> that nobody else reads.</param>
    /// <param name="deletes">Whether it is deleted when the reader is closed.</param>
    /// <exception cref="LacquerException">It is not a holdings database.</exception>
    public static HoldingsReader Open(string path, bool deletes = false)
    {
        Batteries_V2.Init();
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

    /// <summary>All rows in the order of the recordings' ids; of one that has two, which are in a catalogue and have become another there, the latter first. It sorts on disk.</summary>
    /// <exception cref="LacquerException">A row is not as it must be, or there are more of a recording.</exception>
    public IEnumerable<HeldRights> ByRecording() => Guarded(Sorted());

    /// <summary>The number in this file of the volume of this name, or null.</summary>
    /// <exception cref="LacquerException">A row is not as it must be.</exception>
    public long? VolumeNumber(string name)
    {
        lock (_gate)
            return Guarded(Ask("SELECT id FROM volume WHERE name = $1 LIMIT 1", row => (long?)row.GetInt64(0), name)).FirstOrDefault();
    }

    /// <summary>The rows of an object.</summary>
    /// <exception cref="LacquerException">A row is not as it must be.</exception>
    public IReadOnlyList<HeldRecording> Of(PiecesRoot obj)
    {
        lock (_gate)
        {
            Need(ref _hasObjectIndexes, ObjectIndexes);
            return new[] { ("merged", "0"), ("holding", "h.recording") }.SelectMany(t => Guarded(Ask($"{Rows(t.Item1, t.Item2)} WHERE h.object = $1", Read, obj.Digest.ToArray()))).ToList();
        }
    }

    /// <summary>Names of the volumes in which a recording is.</summary>
    /// <exception cref="LacquerException">A row is not as it must be.</exception>
    public IReadOnlyList<string> VolumesOf(EntityId recording)
    {
        lock (_gate)
        {
            Need(ref _hasRecordingIndex, RecordingIndex);
            return Guarded(Ask("SELECT v.name FROM (SELECT volume FROM holding WHERE eid = $1 UNION SELECT volume FROM merged WHERE eid = $1) h JOIN volume v ON v.id = h.volume", row => row.GetString(0), recording.ToArray())).ToList();
        }
    }

    /// <summary>Each volume's name with each licence in it.</summary>
    /// <exception cref="LacquerException">A row is not as it must be.</exception>
    public IReadOnlyList<(string Volume, string Licence)> Licences()
    {
        lock (_gate)
            return Guarded(Ask("SELECT v.name, h.licence FROM (SELECT DISTINCT volume, licence FROM (SELECT volume, licence FROM holding UNION ALL SELECT volume, licence FROM merged)) h JOIN volume v ON v.id = h.volume", row => (row.GetString(0), row.GetString(1)))).ToList();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _connection.Dispose();
        if (_deletes)
            File.Delete(_path);
    }

    // Not by an index: its order is none in which the rows lie, and each would be looked for.
    private IEnumerable<HeldRights> Sorted()
    {
        using var rows = new Statement(_connection.Handle!, """
            SELECT eid, object, volume, licence, reason, policy, ranked FROM (
                SELECT +eid AS eid, object, volume, licence, reason, policy, 0 AS ranked FROM merged NOT INDEXED
                UNION ALL SELECT +eid, object, volume, licence, reason, policy, 1 FROM holding NOT INDEXED) ORDER BY eid, ranked
            """);
        var last = (Recording: default(EntityId), Ranked: -1L);
        while (rows.Step())
        {
            var row = ReadRights(rows);
            var its = (row.Recording, rows.Int64(6));
            if (its.CompareTo(last) <= 0)
                throw new ArgumentException($"{row.Recording} stands there twice, or not as bytes");
            last = its;
            yield return row;
        }
    }

    private static HeldRights ReadRights(Statement row)
    {
        if (row.IsNull(3) || row.IsNull(4) || row.IsNull(5))
            throw new ArgumentException("a recording has no licence, reason or policy");
        return new HeldRights(new EntityId(EntityKind.Recording, row.Blob(0)), new PiecesRoot(new Sha256Digest(row.Blob(1))), row.Int64(2), row.Text(3), row.Text(4), row.Text(5));
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

    private void Need(ref bool has, string indexes)
    {
        if (has)
            return;
        try
        {
            Run(indexes);
            has = true;
        }
        catch (SqliteException e)
        {
            throw Damaged(_path, e);
        }
    }

    private void Run(string sql) => SqliteException.ThrowExceptionForRC(raw.sqlite3_exec(_connection.Handle, sql), _connection.Handle);

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

    private static LacquerException Damaged(string path, Exception e) => e is SqliteException { SqliteErrorCode: raw.SQLITE_FULL }
        ? new(Failure.NoSpace, $"the disk is full while reading {path}", "free some space and run the command again: it carries on", e)
        : new(Failure.Damaged, $"{path} cannot be read as holdings: {e.Message.ReplaceLineEndings(" ")}", "fetch the edition again", e);
}
