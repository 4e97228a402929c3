using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Microsoft.Data.Sqlite;

namespace Lacquer.Formats.Catalogues;

/// <summary>
/// Reads one sealed catalogue: <c>catalogue.sqlite</c> and, where it is there, <c>search.sqlite</c> beside it, both opened read-only and immutable.
/// Not safe for use by two threads at once; open one each.
/// </summary>
public sealed class CatalogueReader : IDisposable
{
    /// <summary>The database of facts.</summary>
    public const string CatalogueFileName = "catalogue.sqlite";

    /// <summary>The full-text index, which can be rebuilt from the facts.</summary>
    public const string SearchFileName = "search.sqlite";

    private const string RecordingColumns = "r.id, r.eid, r.title, coalesce(c.name, ''), r.duration_ms, r.listens, r.popularity";
    private const string RecordingTables = "recording r LEFT JOIN artist_credit c ON c.id = r.artist_credit";
    private const string ReleaseColumns = "r.id, r.eid, r.title, coalesce(c.name, ''), r.date, r.gtin, r.listens";
    private const string ReleaseTables = "release r LEFT JOIN artist_credit c ON c.id = r.artist_credit";

    private readonly SqliteConnection _connection;
    private SqliteCommand? _recordingAt;
    private SqliteCommand? _releaseAt;
    private SqliteCommand? _artistAt;
    private SqliteCommand? _bestRelease;
    private SqliteCommand? _yearOf;
    private CatalogueSearch? _search;
    private string? _unsearchable = "it was opened without its search";

    private CatalogueReader(SqliteConnection connection, string folder)
    {
        _connection = connection;
        Folder = folder;
    }

    /// <summary>The folder that holds the databases.</summary>
    public string Folder { get; }

    /// <summary>The catalogue's name: its folder's.</summary>
    public string Name => Path.GetFileName(Folder);

    /// <summary>Opens the catalogue in <paramref name="folder"/>.</summary>
    /// <exception cref="LacquerException">It is missing, damaged or of another format.</exception>
    public static CatalogueReader Open(string folder) => Open(folder, withSearch: true);

    internal static CatalogueReader Open(string folder, bool withSearch)
    {
        var path = Path.GetFullPath(Path.Combine(folder, CatalogueFileName));
        if (!File.Exists(path))
            throw new LacquerException(Failure.Missing, $"no catalogue at {path}", "lacquer catalogue builds one");
        SQLitePCL.Batteries_V2.Init();
        var connection = new SqliteConnection($"Data Source={SealedUri(path)};Pooling=False");
        try
        {
            connection.Open();
            using (var pragma = connection.CreateCommand())
            {
                pragma.CommandText = "PRAGMA mmap_size=2147418112; PRAGMA query_only=1;";
                pragma.ExecuteNonQuery();
            }

            var reader = new CatalogueReader(connection, Path.GetDirectoryName(path)!);
            if (reader.Meta("format") is var format && format != CatalogueSchema.Format)
                throw new LacquerException(Failure.Damaged, $"{path} has the format '{format}', not {CatalogueSchema.Format}", "rebuild it with lacquer catalogue");
            if (withSearch)
                reader.Attach();
            return reader;
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

    /// <summary>A value of the table <c>meta</c>, or null.</summary>
    public string? Meta(string name)
    {
        using var command = Command("SELECT value FROM meta WHERE name = $1", name);
        return command.ExecuteScalar() as string;
    }

    /// <summary>How many of each there are.</summary>
    public CatalogueTotals Totals()
    {
        long Number(string name) => long.TryParse(Meta(name), System.Globalization.CultureInfo.InvariantCulture, out var value) ? value : 0;
        return new CatalogueTotals(Number("recordings"), Number("releases"), Number("artists"), Number("tracks"), Number("listens"));
    }

    /// <summary>The coverage table, from the most to the least popular.</summary>
    public IReadOnlyList<CoverageRow> Coverage() => Rows(
        Command("SELECT popularity, last_rank, recordings, listens, duration_ms FROM coverage ORDER BY popularity DESC"),
        row => new CoverageRow(row.GetInt32(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3), row.GetInt64(4)));

    /// <summary>The recording with this id, or null.</summary>
    public RecordingRow? Recording(EntityId id) => Rows(
        Command($"SELECT {RecordingColumns} FROM {RecordingTables} WHERE r.eid = $1", id.ToArray()), ReadRecording).FirstOrDefault();

    /// <summary>The recording of this rank, or null.</summary>
    public RecordingRow? Recording(long rank) => Rows(
        Command($"SELECT {RecordingColumns} FROM {RecordingTables} WHERE r.id = $1", rank), ReadRecording).FirstOrDefault();

    /// <summary>Recordings in rank order after <paramref name="afterRank"/>, streamed.</summary>
    public IEnumerable<RecordingRow> Recordings(long afterRank = 0, long limit = long.MaxValue)
    {
        using var command = Command($"SELECT {RecordingColumns} FROM {RecordingTables} WHERE r.id > $1 ORDER BY r.id LIMIT $2", afterRank, limit);
        using var row = command.ExecuteReader();
        while (row.Read())
            yield return ReadRecording(row);
    }

    /// <summary>Recordings that carry this ISRC, best-known first.</summary>
    public IReadOnlyList<RecordingRow> Recordings(Isrc isrc) => Rows(
        Command($"SELECT {RecordingColumns} FROM recording_isrc i JOIN {RecordingTables} WHERE r.id = i.recording AND i.isrc = $1 ORDER BY r.id LIMIT 1000", isrc.Packed), ReadRecording);

    /// <summary>The ISRCs of a recording.</summary>
    public IReadOnlyList<Isrc> Isrcs(long recording) => Rows(
        Command("SELECT isrc FROM recording_isrc WHERE recording = $1 ORDER BY isrc", recording), row => Isrc.FromPacked(row.GetInt64(0)));

    /// <summary>The accession records a recording was catalogued from, first spoken first.</summary>
    public IReadOnlyList<RecordPlace> Sources(long recording) => Rows(
        Command("SELECT accession, offset FROM recording_source WHERE recording = $1 ORDER BY accession, offset", recording),
        row => new RecordPlace(row.GetInt32(0), row.GetInt64(1)));

    /// <summary>The releases a recording stands on, best-known first.</summary>
    public IReadOnlyList<AppearanceRow> Appearances(long recording) => Rows(
        Command($"SELECT {ReleaseColumns}, t.medium, t.position FROM track t JOIN {ReleaseTables} WHERE r.id = t.release AND t.recording = $1 ORDER BY r.id, t.medium, t.position LIMIT 1000", recording),
        row => new AppearanceRow(ReadRelease(row), row.GetInt32(7), row.GetInt32(8)));

    /// <summary>The release with this id, or null.</summary>
    public ReleaseRow? Release(EntityId id) => Rows(
        Command($"SELECT {ReleaseColumns} FROM {ReleaseTables} WHERE r.eid = $1", id.ToArray()), ReadRelease).FirstOrDefault();

    /// <summary>A release's tracks in order.</summary>
    public IReadOnlyList<TrackRow> Tracks(long release) => Rows(
        Command($"SELECT {RecordingColumns}, t.medium, t.position FROM track t JOIN {RecordingTables} WHERE r.id = t.recording AND t.release = $1 ORDER BY t.medium, t.position", release),
        row => new TrackRow(row.GetInt32(7), row.GetInt32(8), ReadRecording(row)));

    /// <summary>The artist with this id, or null.</summary>
    public ArtistRow? Artist(EntityId id) => Rows(
        Command("SELECT id, eid, name, listens FROM artist WHERE eid = $1", id.ToArray()), ReadArtist).FirstOrDefault();

    /// <summary>The artists of a recording's credit, in order.</summary>
    public IReadOnlyList<ArtistRow> ArtistsOfRecording(long recording) => Rows(
        Command("SELECT a.id, a.eid, a.name, a.listens FROM recording r JOIN artist_credit_name n ON n.artist_credit = r.artist_credit JOIN artist a ON a.id = n.artist WHERE r.id = $1 ORDER BY n.position", recording), ReadArtist);

    /// <summary>The artists of a release's credit, in order.</summary>
    public IReadOnlyList<ArtistRow> ArtistsOfRelease(long release) => Rows(
        Command("SELECT a.id, a.eid, a.name, a.listens FROM release r JOIN artist_credit_name n ON n.artist_credit = r.artist_credit JOIN artist a ON a.id = n.artist WHERE r.id = $1 ORDER BY n.position", release), ReadArtist);

    /// <summary>An artist's recordings, best-known first, after a rank.</summary>
    public IReadOnlyList<RecordingRow> RecordingsOfArtist(long artist, long afterRank, int limit) => Rows(
        Command($"SELECT {RecordingColumns} FROM {RecordingTables} WHERE r.artist_credit IN (SELECT artist_credit FROM artist_credit_name WHERE artist = $1) AND r.id > $2 ORDER BY r.id LIMIT $3", artist, afterRank, limit), ReadRecording);

    /// <summary>An artist's releases, best-known first, after a rank.</summary>
    public IReadOnlyList<ReleaseRow> ReleasesOfArtist(long artist, long afterRank, int limit) => Rows(
        Command($"SELECT {ReleaseColumns} FROM {ReleaseTables} WHERE r.artist_credit IN (SELECT artist_credit FROM artist_credit_name WHERE artist = $1) AND r.id > $2 ORDER BY r.id LIMIT $3", artist, afterRank, limit), ReadRelease);

    /// <summary>Search by words and identifiers in <c>search.sqlite</c>, for as long as this reader is open.</summary>
    /// <exception cref="LacquerException">There is no such file, or it is of another format or another catalogue.</exception>
    public CatalogueSearch Search => _search ??= _unsearchable is null ? new CatalogueSearch(this)
        : throw new LacquerException(Failure.Missing, _unsearchable, "lacquer catalogue makes it again");

    /// <summary>Whether <see cref="Search"/> can be had.</summary>
    public bool IsSearchable => _unsearchable is null;

    /// <summary>The open database, with <c>search.sqlite</c> attached as <c>search</c>.</summary>
    internal SQLitePCL.sqlite3 Database => _connection.Handle!;

    /// <summary>The recording of a rank, through a command that is kept; so with the others below.</summary>
    internal RecordingRow? RecordingAt(long rank) => At(ref _recordingAt, $"SELECT {RecordingColumns} FROM {RecordingTables} WHERE r.id = $1", rank, ReadRecording);

    internal ReleaseRow? ReleaseAt(long rank) => At(ref _releaseAt, $"SELECT {ReleaseColumns} FROM {ReleaseTables} WHERE r.id = $1", rank, ReadRelease);

    internal ArtistRow? ArtistAt(long rank) => At(ref _artistAt, "SELECT id, eid, name, listens FROM artist WHERE id = $1", rank, ReadArtist);

    /// <summary>The best-known release a recording stands on, or null.</summary>
    internal ReleaseRow? BestRelease(long recording) => At(ref _bestRelease,
        $"SELECT {ReleaseColumns} FROM {ReleaseTables} WHERE r.id = (SELECT min(release) FROM track WHERE recording = $1)", recording, ReadRelease);

    /// <summary>The year of the earliest dated release a recording stands on, or null.</summary>
    internal int? YearOfRecording(long recording) => At(ref _yearOf,
        "SELECT min(r.date) / 10000 FROM track t JOIN release r ON r.id = t.release WHERE t.recording = $1", recording, row => row.IsDBNull(0) ? null : new Year(row.GetInt32(0)))?.Number;

    /// <summary>Releases by barcode, in the order of both.</summary>
    internal IEnumerable<(long Gtin, long Release)> Gtins()
    {
        using var command = Command("SELECT gtin, id FROM release WHERE gtin IS NOT NULL ORDER BY gtin, id");
        using var row = command.ExecuteReader();
        while (row.Read())
            yield return (row.GetInt64(0), row.GetInt64(1));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _search?.Dispose();
        foreach (var command in new[] { _recordingAt, _releaseAt, _artistAt, _bestRelease, _yearOf })
            command?.Dispose();
        _connection.Dispose();
    }

    /// <summary>An SQLite URI that opens a sealed file without locks or journals.</summary>
    public static string SealedUri(string path) =>
        // Microsoft.Data.Sqlite splits a connection string at ';' and quotes; EscapeDataString leaves neither.
        "file:" + Uri.EscapeDataString(path).Replace("%2F", "/", StringComparison.Ordinal) + "?immutable=1&mode=ro";

    private void Attach()
    {
        var path = Path.Combine(Folder, SearchFileName);
        if (!File.Exists(path))
        {
            _unsearchable = $"there is no {path}";
            return;
        }

        try
        {
            using var attach = Command("ATTACH DATABASE $1 AS search", SealedUri(path));
            attach.ExecuteNonQuery();
            // An index made from another catalogue has other ranks.
            _unsearchable = SearchMeta("format") is var format && format != SearchSchema.Format ? $"{path} has the format '{format}', not {SearchSchema.Format}"
                : SearchMeta("inputs") != (Meta("inputs") ?? "") ? $"{path} is of another catalogue" : null;
        }
        catch (SqliteException e)
        {
            _unsearchable = $"{path} cannot be read: {e.Message}";
        }
    }

    /// <summary>A value of the table <c>meta</c> of <c>search.sqlite</c>, or null.</summary>
    internal string? SearchMeta(string name)
    {
        using (var exists = Command("SELECT 1 FROM search.sqlite_master WHERE name = 'meta'"))
            if (exists.ExecuteScalar() is null)
                return null;
        using var command = Command("SELECT value FROM search.meta WHERE name = $1", name);
        return command.ExecuteScalar() as string;
    }

    private T? At<T>(ref SqliteCommand? command, string sql, long rank, Func<SqliteDataReader, T?> read)
        where T : class
    {
        command ??= Command(sql, rank);
        command.Parameters[0].Value = rank;
        using var row = command.ExecuteReader();
        return row.Read() ? read(row) : null;
    }

    /// <summary>A year in a box.</summary>
    private sealed record Year(int Number);

    private SqliteCommand Command(string sql, params ReadOnlySpan<object> values)
    {
        var command = _connection.CreateCommand();
        command.CommandText = sql;
        for (var i = 0; i < values.Length; i++)
            command.Parameters.AddWithValue($"${i + 1}", values[i]);
        return command;
    }

    private static List<T> Rows<T>(SqliteCommand command, Func<SqliteDataReader, T> read)
    {
        using (command)
        {
            using var row = command.ExecuteReader();
            var rows = new List<T>();
            while (row.Read())
                rows.Add(read(row));
            return rows;
        }
    }

    private static RecordingRow ReadRecording(SqliteDataReader row) => new(
        row.GetInt64(0), new EntityId(EntityKind.Recording, row.GetFieldValue<byte[]>(1)), row.GetString(2), row.GetString(3),
        row.IsDBNull(4) ? null : row.GetInt32(4), row.GetInt64(5), row.GetInt32(6));

    private static ReleaseRow ReadRelease(SqliteDataReader row) => new(
        row.GetInt64(0), new EntityId(EntityKind.Release, row.GetFieldValue<byte[]>(1)), row.GetString(2), row.GetString(3),
        row.IsDBNull(4) ? null : row.GetInt32(4), row.IsDBNull(5) ? null : row.GetInt64(5), row.GetInt64(6));

    private static ArtistRow ReadArtist(SqliteDataReader row) => new(
        row.GetInt64(0), new EntityId(EntityKind.Artist, row.GetFieldValue<byte[]>(1)), row.GetString(2), row.GetInt64(3));
}
