using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Microsoft.Data.Sqlite;

namespace Lacquer.Formats.Catalogues;

/// <summary>
/// Reads one sealed catalogue: <c>catalogue.sqlite</c> and, where they are there, <c>lookups.sqlite</c> and <c>search.sqlite</c> beside it, all opened read-only and immutable.
/// Not safe for use by two threads at once; open one each.
/// </summary>
public sealed partial class CatalogueReader : IDisposable
{
    /// <summary>The database of facts.</summary>
    public const string CatalogueFileName = "catalogue.sqlite";

    /// <summary>The look-ups, which can be rebuilt from the facts.</summary>
    public const string LookupsFileName = "lookups.sqlite";

    /// <summary>The full-text index, which can be rebuilt from the facts and the look-ups.</summary>
    public const string SearchFileName = "search.sqlite";

    // Rows of a list: what is said of one alone is asked for on its own.
    private const string RecordingColumns = "r.id, r.eid, r.title, coalesce(c.name, ''), r.duration_ms, r.listens, r.popularity, r.mbid, r.explicit, m.licence";
    private const int RecordingWidth = 10;
    private const string RecordingTables = "recording r LEFT JOIN artist_credit c ON c.id = r.artist_credit LEFT JOIN recording_rare m ON m.recording = r.id";
    private const string ReleaseColumns = "r.id, r.eid, r.title, coalesce(c.name, ''), r.date, r.gtin, r.listens, r.mbid, r.type, r.licence";
    private const string ReleaseTables = "release r LEFT JOIN artist_credit c ON c.id = r.artist_credit";
    private const string ArtistColumns = "id, eid, name, listens, sort_name, mbid";

    /// <summary>The hint where one of the files that follow from the facts is missing.</summary>
    internal const string MadeAgain = "lacquer catalogue makes it again; in a mirror, lacquer mirror";

    // A code or a barcode that more than this carry says nothing.
    private const int MostCarriers = 1000;
    private const int MostAppearances = 1000;

    private readonly SqliteConnection _connection;
    private SqliteCommand? _recordingAt;
    private SqliteCommand? _releaseAt;
    private SqliteCommand? _artistAt;
    private SqliteCommand? _dateOf;
    private readonly Dictionary<string, Lookup> _lookups = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Dictionary<long, string>> _names = new(StringComparer.Ordinal);
    private CatalogueSearch? _search;
    private string? _noLookups;
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
                // Not mapped: a fault reads ahead as far as the system likes, megabytes on some, and a look-up wants single pages.
                pragma.CommandText = "PRAGMA mmap_size=0; PRAGMA cache_size=-16384; PRAGMA query_only=1;";
                pragma.ExecuteNonQuery();
            }

            var reader = new CatalogueReader(connection, Path.GetDirectoryName(path)!);
            if (reader.Meta("format") is var format && format != CatalogueSchema.Format)
                throw new LacquerException(Failure.Damaged, $"{path} has the format '{format}', not {CatalogueSchema.Format}", "rebuild it with lacquer catalogue");
            reader._noLookups = reader.Attach("lookups", LookupsFileName, LookupTables.Format);
            if (withSearch)
                reader._unsearchable = reader.Attach("search", SearchFileName, SearchSchema.Format);
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
    public RecordingRow? Recording(EntityId id) => id.Kind == EntityKind.Recording ? Identified(LookupTables.RecordingEid, id.ToArray(), RecordingAt, row => row.Id == id) : null;

    /// <summary>The recording with this MBID, or null.</summary>
    public RecordingRow? Recording(Guid mbid) => Identified(LookupTables.RecordingMbid, mbid.ToByteArray(bigEndian: true), RecordingAt, row => row.Mbid == mbid);

    /// <summary>The recording of this rank, or null.</summary>
    public RecordingRow? Recording(long rank) => RecordingAt(rank);

    /// <summary>Recordings in rank order after <paramref name="afterRank"/>, streamed.</summary>
    public IEnumerable<RecordingRow> Recordings(long afterRank = 0, long limit = long.MaxValue)
    {
        using var command = Command($"SELECT {RecordingColumns} FROM {RecordingTables} WHERE r.id > $1 ORDER BY r.id LIMIT $2", afterRank, limit);
        using var row = command.ExecuteReader();
        while (row.Read())
            yield return ReadRecording(row);
    }

    /// <summary>The first thousand recordings that carry this ISRC, best-known first.</summary>
    public IReadOnlyList<RecordingRow> Recordings(Isrc isrc) => At(LookupTables.Isrc, isrc.Packed, 0, MostCarriers, RecordingAt);

    /// <summary>The ISRCs of a recording, in the order of the codes.</summary>
    public IReadOnlyList<Isrc> Isrcs(long recording) => Rows(
        Command("SELECT isrc FROM recording WHERE id = $1 AND isrc IS NOT NULL UNION SELECT isrc FROM recording_isrc_more WHERE recording = $1 ORDER BY isrc", recording), row => Isrc.FromPacked(row.GetInt64(0)));

    /// <summary>The accession records a recording was catalogued from, first spoken first.</summary>
    public IReadOnlyList<RecordPlace> Sources(long recording) => Places("recording", recording);

    /// <summary>The releases a recording stands on, best-known first; of very many the first thousand places.</summary>
    public IReadOnlyList<AppearanceRow> Appearances(long recording)
    {
        var appearances = new List<AppearanceRow>();
        foreach (var rank in Values(LookupTables.RecordingRelease, recording, 0))
        {
            if (ReleaseAt(rank) is not { } release)
                continue;
            appearances.AddRange(Rows(Command("SELECT medium, position FROM track WHERE release = $1 AND recording = $2 ORDER BY medium, position", rank, recording),
                row => new AppearanceRow(release, row.GetInt32(0), row.GetInt32(1))));
            if (appearances.Count >= MostAppearances)
                break;
        }

        return appearances;
    }

    /// <summary>The release with this id, or null.</summary>
    public ReleaseRow? Release(EntityId id) => id.Kind == EntityKind.Release ? Identified(LookupTables.ReleaseEid, id.ToArray(), ReleaseAt, row => row.Id == id) : null;

    /// <summary>The release with this MBID, or null.</summary>
    public ReleaseRow? Release(Guid mbid) => Identified(LookupTables.ReleaseMbid, mbid.ToByteArray(bigEndian: true), ReleaseAt, row => row.Mbid == mbid);

    /// <summary>The first thousand releases that carry this GTIN, best-known first.</summary>
    /// <param name="gtin">As a number: leading zeros say nothing.</param>
    public IReadOnlyList<ReleaseRow> Releases(long gtin) => At(LookupTables.Gtin, gtin, 0, MostCarriers, ReleaseAt);

    /// <summary>A release's tracks in order.</summary>
    public IReadOnlyList<TrackRow> Tracks(long release) => Rows(
        Command($"SELECT {RecordingColumns}, t.medium, t.position, t.title, tc.name, t.duration_ms FROM track t LEFT JOIN artist_credit tc ON tc.id = t.artist_credit CROSS JOIN {RecordingTables} WHERE r.id = t.recording AND t.release = $1 ORDER BY t.medium, t.position", release),
        row => new TrackRow(row.GetInt32(RecordingWidth), row.GetInt32(RecordingWidth + 1), ReadRecording(row), Text(row, RecordingWidth + 2), Text(row, RecordingWidth + 3),
            row.IsDBNull(RecordingWidth + 4) ? null : row.GetInt32(RecordingWidth + 4)));

    /// <summary>The artist with this id, or null.</summary>
    public ArtistRow? Artist(EntityId id) => id.Kind == EntityKind.Artist ? Identified(LookupTables.ArtistEid, id.ToArray(), ArtistAt, row => row.Id == id) : null;

    /// <summary>The artist with this MBID, or null.</summary>
    public ArtistRow? Artist(Guid mbid) => Identified(LookupTables.ArtistMbid, mbid.ToByteArray(bigEndian: true), ArtistAt, row => row.Mbid == mbid);

    /// <summary>The artists of a recording's credit, in order.</summary>
    public IReadOnlyList<ArtistRow> ArtistsOfRecording(long recording) => ArtistsOf("recording", recording);

    /// <summary>The artists of a release's credit, in order.</summary>
    public IReadOnlyList<ArtistRow> ArtistsOfRelease(long release) => ArtistsOf("release", release);

    /// <summary>The recordings whose credit names an artist, best-known first, after a rank. A page costs the same at any depth.</summary>
    public IReadOnlyList<RecordingRow> RecordingsOfArtist(long artist, long afterRank, int limit) => At(LookupTables.ArtistRecording, artist, afterRank, limit, RecordingAt);

    /// <summary>The releases whose credit names an artist, best-known first, after a rank. A page costs the same at any depth.</summary>
    public IReadOnlyList<ReleaseRow> ReleasesOfArtist(long artist, long afterRank, int limit) => At(LookupTables.ArtistRelease, artist, afterRank, limit, ReleaseAt);

    /// <summary>Search by words and identifiers in <c>search.sqlite</c>, for as long as this reader is open.</summary>
    /// <exception cref="LacquerException">There is no such file, or it is of another format or another catalogue.</exception>
    public CatalogueSearch Search => _search ??= IsSearchable ? new CatalogueSearch(this)
        : throw new LacquerException(Failure.Missing, _noLookups ?? _unsearchable!, MadeAgain);

    /// <summary>Whether <see cref="Search"/> can be had.</summary>
    public bool IsSearchable => HasLookups && _unsearchable is null;

    /// <summary>Whether what has another key than its rank can be found.</summary>
    public bool HasLookups => _noLookups is null;

    /// <summary>Refuses a catalogue without look-ups.</summary>
    /// <exception cref="LacquerException">There is no such file, or it is of another format or another catalogue.</exception>
    internal void NeedLookups()
    {
        if (_noLookups is not null)
            throw new LacquerException(Failure.Missing, _noLookups, MadeAgain);
    }

    /// <summary>What made a file that stands beside the facts, as the manifest of an edition says it.</summary>
    /// <param name="file"><see cref="LookupsFileName"/> or <see cref="SearchFileName"/>, which is there and of this catalogue.</param>
    public string MadeBy(string file) => file == SearchFileName ? MadeFormats.OfSearch(Meta("search", "transliteration") ?? "") : MadeFormats.OfLookups;

    /// <summary>The open database, with <c>lookups.sqlite</c> and <c>search.sqlite</c> attached as <c>search</c>.</summary>
    internal SQLitePCL.sqlite3 Database => _connection.Handle!;

    /// <summary>The values of a key of a look-up above one, in order.</summary>
    internal IEnumerable<long> Values(string lookup, long key, long after) => Lookup(lookup).Values(key, after);

    /// <summary>The recording of a rank, through a command that is kept; so with the others below.</summary>
    internal RecordingRow? RecordingAt(long rank) => At(ref _recordingAt, $"SELECT {RecordingColumns} FROM {RecordingTables} WHERE r.id = $1", rank, ReadRecording);

    internal ReleaseRow? ReleaseAt(long rank) => At(ref _releaseAt, $"SELECT {ReleaseColumns} FROM {ReleaseTables} WHERE r.id = $1", rank, ReadRelease);

    internal ArtistRow? ArtistAt(long rank) => At(ref _artistAt, $"SELECT {ArtistColumns} FROM artist WHERE id = $1", rank, ReadArtist);

    /// <summary>The best-known release a recording stands on, or null.</summary>
    internal ReleaseRow? BestRelease(long recording) => Values(LookupTables.RecordingRelease, recording, 0).Select(ReleaseAt).FirstOrDefault();

    /// <summary>The year of the earliest dated release a recording stands on, or null.</summary>
    internal int? YearOfRecording(long recording)
    {
        int? first = null;
        foreach (var release in Values(LookupTables.RecordingRelease, recording, 0))
            if (At(ref _dateOf, "SELECT date FROM release WHERE id = $1 AND date IS NOT NULL", release, row => new Year(row.GetInt32(0) / 10000)) is { } year && (first is null || year.Number < first))
                first = year.Number;
        return first;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _search?.Dispose();
        foreach (var command in new[] { _recordingAt, _releaseAt, _artistAt, _dateOf })
            command?.Dispose();
        foreach (var lookup in _lookups.Values)
            lookup.Dispose();
        _connection.Dispose();
    }

    /// <summary>An SQLite URI that opens a sealed file without locks or journals.</summary>
    public static string SealedUri(string path) =>
        // Microsoft.Data.Sqlite splits a connection string at ';' and quotes; EscapeDataString leaves neither.
        "file:" + Uri.EscapeDataString(path).Replace("%2F", "/", StringComparison.Ordinal) + "?immutable=1&mode=ro";

    // What is wrong with the file, or null.
    private string? Attach(string schema, string file, string format)
    {
        var path = Path.Combine(Folder, file);
        if (!File.Exists(path))
            return $"there is no {path}";
        try
        {
            using var attach = Command($"ATTACH DATABASE $1 AS {schema}", SealedUri(path));
            attach.ExecuteNonQuery();
            using (var pragma = Command($"PRAGMA {schema}.cache_size=-8192"))
                pragma.ExecuteNonQuery();
            // What was made from another catalogue has other ranks.
            return Meta(schema, "format") is var found && found != format ? $"{path} has the format '{found}', not {format}"
                : Meta(schema, "inputs") != (Meta("inputs") ?? "") ? $"{path} is of another catalogue" : null;
        }
        catch (SqliteException e)
        {
            return $"{path} cannot be read: {e.Message}";
        }
    }

    /// <summary>A value of the table <c>meta</c> of an attached file, or null.</summary>
    internal string? Meta(string schema, string name)
    {
        using (var exists = Command($"SELECT 1 FROM {schema}.sqlite_master WHERE name = 'meta'"))
            if (exists.ExecuteScalar() is null)
                return null;
        using var command = Command($"SELECT value FROM {schema}.meta WHERE name = $1", name);
        return command.ExecuteScalar() as string;
    }

    private Lookup Lookup(string table)
    {
        if (_lookups.TryGetValue(table, out var lookup))
            return lookup;
        NeedLookups();
        try
        {
            return _lookups[table] = new Lookup(Database, table);
        }
        catch (SqliteException e)
        {
            throw new LacquerException(Failure.Damaged, $"{Path.Combine(Folder, LookupsFileName)} has no {table}: {e.Message}", $"delete the file; {MadeAgain}", e);
        }
    }

    // Others may begin with the same four bytes, so each candidate's row is looked at.
    private T? Identified<T>(string lookup, byte[] id, Func<long, T?> at, Func<T, bool> isIt)
        where T : class
    {
        foreach (var rank in Values(lookup, Catalogues.Lookup.KeyOf(id), 0))
            if (at(rank) is { } row && isIt(row))
                return row;
        return null;
    }

    private List<T> At<T>(string lookup, long key, long after, int limit, Func<long, T?> at)
        where T : class => Values(lookup, key, after).Take(limit).Select(at).OfType<T>().ToList();

    private List<RecordPlace> Places(string kind, long rank) => Rows(
        Command($"SELECT accession, offset FROM {kind}_source WHERE {kind} = $1 ORDER BY accession, offset", rank), row => new RecordPlace(row.GetInt32(0), row.GetInt64(1)));

    private List<ArtistRow> ArtistsOf(string kind, long rank) => Rows(
        Command("SELECT a.id, a.eid, a.name, a.listens, a.sort_name, a.mbid FROM artist_credit_name n CROSS JOIN artist a WHERE n.artist_credit = $1 AND a.id = n.artist ORDER BY n.position", CreditIdOf(kind, rank)), ReadArtist);

    // Asked for first, as SQLite looks into a view for a number, but not for another table's column. 0 for none.
    private long CreditIdOf(string kind, long rank)
    {
        using var command = Command($"SELECT artist_credit FROM {kind} WHERE id = $1", rank);
        return command.ExecuteScalar() as long? ?? 0;
    }

    // Small tables of names, read once.
    private string? NameOf(string table, SqliteDataReader row, int column)
    {
        if (row.IsDBNull(column))
            return null;
        if (!_names.TryGetValue(table, out var names))
            _names[table] = names = Rows(Command($"SELECT id, name FROM {table}"), name => (Id: name.GetInt64(0), Name: name.GetString(1))).ToDictionary(name => name.Id, name => name.Name);
        return names.GetValueOrDefault(row.GetInt64(column));
    }

    private static string? Text(SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    private static Guid? Mbid(SqliteDataReader row, int column) =>
        !row.IsDBNull(column) && row.GetFieldValue<byte[]>(column) is { Length: 16 } bytes ? new Guid(bytes, bigEndian: true) : null;

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

    private RecordingRow ReadRecording(SqliteDataReader row) => new(
        row.GetInt64(0), new EntityId(EntityKind.Recording, row.GetFieldValue<byte[]>(1)), row.GetString(2), row.GetString(3),
        row.IsDBNull(4) ? null : row.GetInt32(4), row.GetInt64(5), row.GetInt32(6), Mbid(row, 7), row.IsDBNull(8) ? null : row.GetInt64(8) != 0, NameOf("licence", row, 9));

    private ReleaseRow ReadRelease(SqliteDataReader row) => new(
        row.GetInt64(0), new EntityId(EntityKind.Release, row.GetFieldValue<byte[]>(1)), row.GetString(2), row.GetString(3),
        row.IsDBNull(4) ? null : row.GetInt32(4), row.IsDBNull(5) ? null : row.GetInt64(5), row.GetInt64(6), Mbid(row, 7), NameOf("release_type", row, 8), NameOf("licence", row, 9));

    private static ArtistRow ReadArtist(SqliteDataReader row) => new(
        row.GetInt64(0), new EntityId(EntityKind.Artist, row.GetFieldValue<byte[]>(1)), row.GetString(2), row.GetInt64(3), Text(row, 4), Mbid(row, 5));
}
