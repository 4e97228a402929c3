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
    public static CatalogueReader Open(string folder)
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
            var search = Path.Combine(reader.Folder, SearchFileName);
            if (File.Exists(search))
                reader.Attach(search);
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

    /// <summary>
    /// Recordings in whose title, artist credit or release titles every word of the query stands (the last may be unfinished), best-known first,
    /// after a rank. A text that is an ISRC finds its recordings.
    /// </summary>
    public IReadOnlyList<RecordingRow> SearchRecordings(string query, long afterRank, int limit)
    {
        if (Isrc.TryParse(query, out var isrc) && Recordings(isrc) is { Count: > 0 } byIsrc)
            return afterRank == 0 ? byIsrc : [];
        return Search("recording_text", query, afterRank, limit)
            .Select(Recording).OfType<RecordingRow>().ToList();
    }

    /// <summary>Releases by the words of title and artist credit, best-known first, after a rank.</summary>
    public IReadOnlyList<ReleaseRow> SearchReleases(string query, long afterRank, int limit) =>
        Search("release_text", query, afterRank, limit)
            .SelectMany(rank => Rows(Command($"SELECT {ReleaseColumns} FROM {ReleaseTables} WHERE r.id = $1", rank), ReadRelease)).ToList();

    /// <summary>Artists by the words of their names, best-known first, after a rank.</summary>
    public IReadOnlyList<ArtistRow> SearchArtists(string query, long afterRank, int limit) =>
        Search("artist_text", query, afterRank, limit)
            .SelectMany(rank => Rows(Command("SELECT id, eid, name, listens FROM artist WHERE id = $1", rank), ReadArtist)).ToList();

    /// <summary>The text by which each recording is found, by rank: title, artist credit and the titles of its best-known releases.</summary>
    public IEnumerable<(long Rank, string Text)> RecordingTexts() => Texts("""
        SELECT r.id, r.title || char(10) || coalesce(c.name, '') || char(10) || coalesce((SELECT group_concat(title, char(10)) FROM (
            SELECT DISTINCT l.id, l.title FROM track t JOIN release l ON l.id = t.release WHERE t.recording = r.id ORDER BY l.id LIMIT 8)), '')
        FROM recording r LEFT JOIN artist_credit c ON c.id = r.artist_credit ORDER BY r.id
        """);

    /// <summary>The text by which each release is found, by rank: title and artist credit.</summary>
    public IEnumerable<(long Rank, string Text)> ReleaseTexts() =>
        Texts("SELECT r.id, r.title || char(10) || coalesce(c.name, '') FROM release r LEFT JOIN artist_credit c ON c.id = r.artist_credit ORDER BY r.id");

    /// <summary>The text by which each artist is found, by rank: the name.</summary>
    public IEnumerable<(long Rank, string Text)> ArtistTexts() => Texts("SELECT id, name FROM artist ORDER BY id");

    /// <inheritdoc/>
    public void Dispose() => _connection.Dispose();

    /// <summary>An SQLite URI that opens a sealed file without locks or journals.</summary>
    public static string SealedUri(string path) =>
        // Microsoft.Data.Sqlite splits a connection string at ';' and quotes; EscapeDataString leaves neither.
        "file:" + Uri.EscapeDataString(path).Replace("%2F", "/", StringComparison.Ordinal) + "?immutable=1&mode=ro";

    private List<long> Search(string table, string query, long afterRank, int limit)
    {
        if (!_searchable)
            throw new LacquerException(Failure.Missing, $"{Folder} has no {SearchFileName}", "lacquer catalogue rebuilds it");
        if (SearchText.MatchExpression(query) is not { } expression)
            return [];
        return Rows(
            Command($"SELECT rowid FROM search.{table} WHERE {table} MATCH $1 AND rowid > $2 ORDER BY rowid LIMIT $3", expression, afterRank, limit),
            row => row.GetInt64(0));
    }

    private IEnumerable<(long Rank, string Text)> Texts(string sql)
    {
        using var command = Command(sql);
        using var row = command.ExecuteReader();
        while (row.Read())
            yield return (row.GetInt64(0), row.GetString(1));
    }

    private bool _searchable;

    private void Attach(string search)
    {
        using var attach = Command("ATTACH DATABASE $1 AS search", SealedUri(search));
        attach.ExecuteNonQuery();
        _searchable = true;
    }

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
