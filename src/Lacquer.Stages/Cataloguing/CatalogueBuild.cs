using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using DuckDB.NET.Data;
using Lacquer.Formats.Accessions;
using Lacquer.Formats.Archives;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Ledgers;
using Lacquer.Stages.Workbench;
using Microsoft.Data.Sqlite;

namespace Lacquer.Stages.Cataloguing;

/// <summary>What to build.</summary>
/// <param name="Archive">The archive's folder.</param>
/// <param name="MemoryBytes">What sorting and matching may take; null: half the machine's.</param>
public sealed record CatalogueRequest(string Archive, long? MemoryBytes = null);

/// <summary>What will be built.</summary>
/// <param name="Request">What was asked.</param>
/// <param name="Name">The catalogue's name: a new one, or where nothing has changed, the one that stands.</param>
/// <param name="IsUpToDate">Whether the newest catalogue is already of these accessions.</param>
/// <param name="Accessions">What it is compiled from, by number.</param>
/// <param name="Inputs">A digest of the accessions and of the way they are compiled.</param>
public sealed record CataloguePlan(CatalogueRequest Request, string Name, bool IsUpToDate, IReadOnlyList<AccessionRow> Accessions, string Inputs);

/// <summary>What was built.</summary>
/// <param name="Name">The catalogue's name.</param>
/// <param name="IsNew">Whether it was built now.</param>
/// <param name="Totals">What is in it.</param>
/// <param name="Findings">Records set aside.</param>
public sealed record CatalogueReport(string Name, bool IsNew, CatalogueTotals Totals, IReadOnlyList<Finding> Findings);

/// <summary>
/// Compiles all accessions into <c>catalogues/NAME/catalogue.sqlite</c> and <c>search.sqlite</c>: parse, match, merge, rank, load, index. Sorting and matching are DuckDB's, out of core
/// within the memory limit. A killed build leaves nothing but a <c>.partial</c> folder and is done again. The same accessions give the same bytes.
/// </summary>
public static class CatalogueBuild
{
    // Raise it whenever the same accessions would give other bytes.
    private const int Compiler = 2;
    private static readonly EntityId VariousArtists = EntityId.From(EntityKind.Artist, "lacquer", "various artists");

    /// <summary>Says what would be built.</summary>
    public static CataloguePlan Plan(CatalogueRequest request, TimeProvider clock)
    {
        using var archive = OpenArchive.ToRead(request.Archive, clock);
        return Plan(request, archive);
    }

    /// <summary>Builds.</summary>
    public static CatalogueReport Run(CatalogueRequest request, TimeProvider clock, IProgress<StageProgress> progress, CancellationToken stop)
    {
        using var archive = OpenArchive.ToWrite(request.Archive, clock);
        var plan = Plan(request, archive);
        if (plan.Accessions.Count == 0)
            throw new LacquerException(Failure.Missing, $"{archive.Layout.Root} has no accessions to make a catalogue of", "lacquer harvest folder DIR brings one");
        var folder = archive.Layout.Catalogue(plan.Name);
        if (plan.IsUpToDate)
        {
            if (!IsSearchable(folder))
                RebuildSearch(folder, progress, stop);
            using var standing = CatalogueReader.Open(folder);
            return new CatalogueReport(plan.Name, IsNew: false, standing.Totals(), archive.Ledger.Findings().Where(f => f.Stage == "catalogue").ToList());
        }

        Directory.CreateDirectory(archive.Layout.Catalogues);
        var staging = new StagingFolder(folder);
        var findings = new List<Finding>();
        try
        {
            using (var duck = OpenDuck(staging["staging.duckdb"], request.MemoryBytes))
            {
                var sources = Parse(archive.Layout, plan.Accessions, duck, findings, progress, stop);
                progress.Report(new StageProgress("match", 0, 0));
                Match(duck);
                stop.ThrowIfCancellationRequested();
                LoadCatalogue(duck, plan, sources, staging[CatalogueReader.CatalogueFileName], progress, stop);
            }

            foreach (var left in Directory.EnumerateFileSystemEntries(staging.Path, "staging.duckdb*"))
                if (Directory.Exists(left)) Directory.Delete(left, recursive: true);
                else File.Delete(left);
            LoadSearch(staging.Path, progress, stop);
        }
        catch (DuckDBException e) when (e.Message.Contains("No space left", StringComparison.OrdinalIgnoreCase))
        {
            throw Durable.DiskFull(staging.Path, e);
        }

        staging.Seal();
        archive.Ledger.ReplaceFindings("catalogue", "", findings);
        using var built = CatalogueReader.Open(folder);
        return new CatalogueReport(plan.Name, IsNew: true, built.Totals(), findings);
    }

    private static CataloguePlan Plan(CatalogueRequest request, OpenArchive archive)
    {
        var accessions = archive.Ledger.Accessions();
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"{CatalogueSchema.Format} compiler {Compiler} popularity {Popularities.Formula}\n");
        foreach (var accession in accessions)
            text.Append(CultureInfo.InvariantCulture, $"{accession.Number:D6} {accession.Sha256}\n");
        var inputs = Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(text.ToString())));
        var newest = archive.Layout.NewestCatalogue();
        if (newest is not null)
        {
            using var reader = CatalogueReader.Open(newest);
            if (reader.Meta("inputs") == inputs)
                return new CataloguePlan(request, reader.Name, IsUpToDate: true, accessions, inputs);
        }

        var number = newest is null ? 1 : int.Parse(Path.GetFileName(newest), CultureInfo.InvariantCulture) + 1;
        return new CataloguePlan(request, number.ToString("D6", CultureInfo.InvariantCulture), IsUpToDate: false, accessions, inputs);
    }

    private static DuckDBConnection OpenDuck(string path, long? memoryBytes)
    {
        var memory = memoryBytes ?? GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 2;
        var duck = new DuckDBConnection($"Data Source={path}");
        duck.Open();
        Run(duck, string.Create(CultureInfo.InvariantCulture, $"SET memory_limit='{Math.Max(memory >> 20, 256)}MiB'; SET threads={Environment.ProcessorCount}; SET preserve_insertion_order=false;"));
        return duck;
    }

    // Accessions → one row a record. seq counts records in the order of accessions: who spoke first.
    private static Dictionary<string, int> Parse(ArchiveLayout layout, IReadOnlyList<AccessionRow> accessions, DuckDBConnection duck, List<Finding> findings, IProgress<StageProgress> progress, CancellationToken stop)
    {
        Run(duck, """
            CREATE TABLE rec(seq BIGINT, accession INTEGER, "offset" BIGINT, source INTEGER, key VARCHAR, eid BLOB, mbid VARCHAR, isrc BIGINT, isrc_invalid INTEGER,
                title VARCHAR, title_folded VARCHAR, artist VARCHAR, artist_folded VARCHAR, artist_eid BLOB, duration_ms INTEGER, listens BIGINT,
                release_eid BLOB, release_title VARCHAR, release_artist VARCHAR, release_artist_eid BLOB, date INTEGER, gtin BIGINT, medium INTEGER, position INTEGER);
            CREATE TABLE rec_isrc(seq BIGINT, isrc BIGINT);
            """);
        var sources = new Dictionary<string, int>(StringComparer.Ordinal);
        long seq = 0;
        var total = accessions.Sum(a => a.Records);
        using var rows = duck.CreateAppender("rec");
        using var isrcs = duck.CreateAppender("rec_isrc");
        foreach (var accession in accessions)
        {
            if (accession.Adapter != AudioRecord.Adapter)
                throw new LacquerException(Failure.Damaged, $"accession {accession.Number:D6} is of the adapter {accession.Adapter}, which this version does not know", "use the version of lacquer that harvested it");
            if (!sources.TryGetValue(accession.Source, out var source))
                sources.Add(accession.Source, source = sources.Count + 1);
            using var reader = AccessionReader.Open(layout.Accession(accession.Source, accession.Number));
            using var lines = reader.Lines().GetEnumerator();
            while (true)
            {
                stop.ThrowIfCancellationRequested();
                try
                {
                    if (!lines.MoveNext())
                        break;
                }
                catch (LacquerException e) when (e.Failure == Failure.Damaged)
                {
                    // What was whole has been read; the rest is reported.
                    findings.Add(new Finding("catalogue", FormattableString.Invariant($"{accession.Source}/{accession.Number:D6}"), "damaged", e.Message));
                    break;
                }

                var line = lines.Current;
                AudioRecord? record;
                try
                {
                    record = AudioRecord.Read(line.Line).Record;
                }
                catch (FormatException e)
                {
                    findings.Add(new Finding("catalogue", FormattableString.Invariant($"{accession.Source}/{accession.Number:D6} at {line.Offset}"), "record", e.Message));
                    continue;
                }

                if (record is null)
                    continue;
                Append(new CatalogueEntry(accession.Source, record), accession.Number, line.Offset, source);
                if (++seq % 1000 == 0)
                    progress.Report(new StageProgress("parse", seq, total));
            }
        }

        return sources;

        void Append(CatalogueEntry entry, int accession, long offset, int source)
        {
            var row = rows.CreateRow();
            row.AppendValue(seq).AppendValue(accession).AppendValue(offset).AppendValue(source).AppendValue(entry.Record.Key).AppendValue(entry.Id.ToArray()).AppendValue(entry.Mbid);
            Optional(row, entry.Isrcs.Count > 0 ? entry.Isrcs[0].Packed : null);
            row.AppendValue(entry.InvalidIsrcs).AppendValue(entry.Title).AppendValue(SearchText.Fold(entry.Title)).AppendValue(entry.Artist).AppendValue(SearchText.Fold(entry.Artist));
            row.AppendValue(entry.ArtistId.ToArray());
            OptionalInt(row, entry.Record.DurationMs);
            row.AppendValue(entry.Record.Listens ?? 0);
            if (entry.Release is { } release)
            {
                row.AppendValue(release.Id.ToArray()).AppendValue(release.Title).AppendValue(release.Artist).AppendValue(release.ArtistId.ToArray());
                OptionalInt(row, release.Date);
                Optional(row, release.Gtin);
                row.AppendValue(release.Medium);
                OptionalInt(row, release.Position);
            }
            else
            {
                for (var i = 0; i < 8; i++)
                    row.AppendNullValue();
            }

            row.EndRow();
            foreach (var isrc in entry.Isrcs)
                isrcs.CreateRow().AppendValue(seq).AppendValue(isrc.Packed).EndRow();
        }

        static void Optional(IDuckDBAppenderRow row, long? value) => _ = value is { } number ? row.AppendValue(number) : row.AppendNullValue();

        static void OptionalInt(IDuckDBAppenderRow row, int? value) => _ = value is { } number ? row.AppendValue(number) : row.AppendNullValue();
    }

    private static void Match(DuckDBConnection duck) => Run(duck, $"""
        -- What a source says last of one of its keys holds; when it first spoke of it decides the id.
        CREATE TABLE latest AS
        SELECT *, min(seq) OVER (PARTITION BY source, key) AS first_seq FROM rec
        QUALIFY row_number() OVER (PARTITION BY source, key ORDER BY seq DESC) = 1;

        -- Records hold the same recording that share an MBID; else an ISRC and a title; else artist, title and a duration within two seconds of the next.
        CREATE TABLE matched AS
        SELECT *, CASE
            WHEN mbid <> '' THEN 'm' || mbid
            WHEN isrc IS NOT NULL THEN 'i' || isrc || ' ' || title_folded
            WHEN artist_folded <> '' AND title_folded <> '' AND duration_ms IS NOT NULL THEN 't' || artist_folded || chr(10) || title_folded || chr(10) || cluster
            ELSE 's' || source || chr(10) || key END AS identity
        FROM (SELECT *, sum(gap) OVER (PARTITION BY artist_folded, title_folded ORDER BY duration_ms, seq ROWS UNBOUNDED PRECEDING) AS cluster
            FROM (SELECT *, CASE WHEN duration_ms - lag(duration_ms) OVER (PARTITION BY artist_folded, title_folded ORDER BY duration_ms, seq) > 2000 THEN 1 ELSE 0 END AS gap FROM latest));

        CREATE TABLE recording AS
        SELECT row_number() OVER (ORDER BY listens DESC, eid) AS rank, * FROM (
            SELECT identity, min(first_seq) AS first_seq, arg_min(eid, first_seq) AS eid, arg_min(title, first_seq) AS title, arg_min(artist, first_seq) AS artist,
                arg_min(artist_eid, first_seq) AS artist_eid, arg_min(duration_ms, first_seq) FILTER (duration_ms IS NOT NULL) AS duration_ms, max(isrc_invalid) AS isrc_invalid
            FROM matched GROUP BY identity)
        JOIN (SELECT identity, sum(most)::BIGINT AS listens FROM (SELECT identity, source, max(listens) AS most FROM matched GROUP BY identity, source) GROUP BY identity) USING (identity);

        CREATE TABLE place AS SELECT r.rank, m.* FROM matched m JOIN recording r USING (identity);

        CREATE TABLE release AS
        SELECT row_number() OVER (ORDER BY listens DESC, release_eid) AS rank, * FROM (
            SELECT release_eid, min(first_seq) AS first_seq, arg_min(release_title, first_seq) AS title,
                CASE WHEN count(*) FILTER (release_artist <> '') > 0 THEN arg_min(release_artist, first_seq) FILTER (release_artist <> '')
                     WHEN count(DISTINCT artist_folded) = 1 THEN arg_min(artist, first_seq) ELSE 'Various Artists' END AS artist,
                CASE WHEN count(*) FILTER (release_artist <> '') > 0 THEN arg_min(release_artist_eid, first_seq) FILTER (release_artist <> '')
                     WHEN count(DISTINCT artist_folded) = 1 THEN arg_min(artist_eid, first_seq) ELSE '{BlobText(VariousArtists.ToArray())}'::BLOB END AS artist_eid,
                arg_min(date, first_seq) FILTER (date IS NOT NULL) AS date, arg_min(gtin, first_seq) FILTER (gtin IS NOT NULL) AS gtin
            FROM place WHERE release_eid IS NOT NULL GROUP BY release_eid)
        JOIN (SELECT release_eid, sum(listens)::BIGINT AS listens FROM (SELECT DISTINCT p.release_eid, p.rank, r.listens FROM place p JOIN recording r USING (rank) WHERE p.release_eid IS NOT NULL) GROUP BY release_eid) USING (release_eid);

        CREATE TABLE artist AS
        SELECT row_number() OVER (ORDER BY listens DESC, artist_eid) AS rank, * FROM (
            SELECT artist_eid, arg_min(name, ordinal) AS name, sum(listens)::BIGINT AS listens FROM (
                SELECT artist_eid, artist AS name, first_seq * 2 AS ordinal, listens FROM recording WHERE artist <> ''
                UNION ALL SELECT artist_eid, artist, first_seq * 2 + 1, 0 FROM release WHERE artist <> '')
            GROUP BY artist_eid);

        CREATE TABLE credit AS
        SELECT row_number() OVER (ORDER BY a.rank, c.name) AS id, c.name, c.artist_eid, a.rank AS artist FROM (
            SELECT artist AS name, artist_eid FROM recording WHERE artist <> '' UNION SELECT artist, artist_eid FROM release WHERE artist <> '') c JOIN artist a USING (artist_eid);

        -- A position that is missing or taken goes behind the last of its medium.
        CREATE TABLE track AS
        WITH stands AS (SELECT release_eid, medium, position, rank, min(first_seq) AS first_seq FROM place WHERE release_eid IS NOT NULL GROUP BY ALL),
        sorted AS (SELECT *, position IS NOT NULL AND row_number() OVER (PARTITION BY release_eid, medium, position ORDER BY first_seq) = 1 AS holds FROM stands)
        SELECT r.rank AS release, s.medium, s.rank AS recording,
            CASE WHEN holds THEN position ELSE coalesce(max(position) FILTER (holds) OVER (PARTITION BY s.release_eid, s.medium), 0)
                + row_number() OVER (PARTITION BY s.release_eid, s.medium, s.holds ORDER BY s.first_seq) END AS position
        FROM sorted s JOIN release r USING (release_eid);
        """);

    private static void LoadCatalogue(DuckDBConnection duck, CataloguePlan plan, Dictionary<string, int> sources, string path, IProgress<StageProgress> progress, CancellationToken stop)
    {
        using var loader = new SqliteLoader(path, CatalogueSchema.PageBytes, CatalogueSchema.Tables);
        var source = loader.Into("source", 3);
        foreach (var (name, id) in sources)
            source.With(id).With(name).With(plan.Accessions.First(a => a.Source == name).Adapter).Row();
        var accession = loader.Into("accession", 4);
        foreach (var row in plan.Accessions)
            accession.With(row.Number).With(sources[row.Source]).With(row.Records).With(row.Sha256.ToArray()).Row();

        var (recordings, releases, artists, tracks, listens) = (0L, 0L, 0L, 0L, 0L);
        var artist = loader.Into("artist", 4);
        foreach (var row in Rows(duck, "SELECT rank, artist_eid, name, listens FROM artist ORDER BY rank", stop))
            artist.With(Next(ref artists, row)).With(Blob(row, 1)).With(row.GetString(2)).With(row.GetInt64(3)).Row();
        var credit = loader.Into("artist_credit", 2);
        var creditName = loader.Into("artist_credit_name", 5);
        foreach (var row in Rows(duck, "SELECT id, name, artist FROM credit ORDER BY id", stop))
        {
            credit.With(row.GetInt64(0)).With(row.GetString(1)).Row();
            creditName.With(row.GetInt64(0)).With(0).With(row.GetInt64(2)).With(row.GetString(1)).With("").Row();
        }

        var total = Scalar(duck, "SELECT count(*) FROM recording");
        var most = Scalar(duck, "SELECT coalesce(max(listens), 0) FROM recording");
        var recording = loader.Into("recording", 8);
        var coverage = new CoverageTally();
        foreach (var row in Rows(duck, """
            SELECT r.rank, r.eid, r.title, c.id, r.duration_ms, r.listens, r.isrc_invalid FROM recording r LEFT JOIN credit c ON c.name = r.artist AND c.artist_eid = r.artist_eid ORDER BY r.rank
            """, stop))
        {
            var rank = Next(ref recordings, row);
            var heard = row.GetInt64(5);
            var popularity = Popularities.Of(heard, most);
            listens += heard;
            coverage.Add(popularity, rank, heard, row.IsDBNull(4) ? 0 : row.GetInt32(4));
            recording.With(rank).With(Blob(row, 1)).With(row.GetString(2)).With(row.IsDBNull(3) ? null : row.GetInt64(3)).With(row.IsDBNull(4) ? null : row.GetInt32(4)).With(heard).With(popularity).With(row.GetInt32(6)).Row();
            if (rank % 10_000 == 0)
                progress.Report(new StageProgress("load", rank, total));
        }

        var isrc = loader.Into("recording_isrc", 2);
        foreach (var row in Rows(duck, "SELECT DISTINCT i.isrc, p.rank FROM rec_isrc i JOIN place p USING (seq) ORDER BY ALL", stop))
            isrc.With(row.GetInt64(0)).With(row.GetInt64(1)).Row();
        var release = loader.Into("release", 7);
        foreach (var row in Rows(duck, "SELECT r.rank, r.release_eid, r.title, c.id, r.date, r.gtin, r.listens FROM release r LEFT JOIN credit c ON c.name = r.artist AND c.artist_eid = r.artist_eid ORDER BY r.rank", stop))
            release.With(Next(ref releases, row)).With(Blob(row, 1)).With(row.GetString(2)).With(row.IsDBNull(3) ? null : row.GetInt64(3)).With(row.IsDBNull(4) ? null : row.GetInt32(4)).With(row.IsDBNull(5) ? null : row.GetInt64(5)).With(row.GetInt64(6)).Row();
        var track = loader.Into("track", 4);
        foreach (var row in Rows(duck, "SELECT release, medium, position, recording FROM track ORDER BY ALL", stop))
        {
            tracks++;
            track.With(row.GetInt64(0)).With(row.GetInt32(1)).With(row.GetInt64(2)).With(row.GetInt64(3)).Row();
        }

        var places = loader.Into("recording_source", 3);
        foreach (var row in Rows(duck, "SELECT rank, accession, \"offset\" FROM place ORDER BY ALL", stop))
            places.With(row.GetInt64(0)).With(row.GetInt32(1)).With(row.GetInt64(2)).Row();
        var covered = loader.Into("coverage", 5);
        foreach (var step in coverage.Rows)
            covered.With(step.Popularity).With(step.LastRank).With(step.Recordings).With(step.Listens).With(step.DurationMs).Row();

        var meta = loader.Into("meta", 2);
        foreach (var (name, value) in new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["format"] = CatalogueSchema.Format,
            ["name"] = plan.Name,
            ["inputs"] = plan.Inputs,
            ["popularity_formula"] = Popularities.Formula.ToString(CultureInfo.InvariantCulture),
            ["recordings"] = recordings.ToString(CultureInfo.InvariantCulture),
            ["releases"] = releases.ToString(CultureInfo.InvariantCulture),
            ["artists"] = artists.ToString(CultureInfo.InvariantCulture),
            ["tracks"] = tracks.ToString(CultureInfo.InvariantCulture),
            ["listens"] = listens.ToString(CultureInfo.InvariantCulture),
        })
            meta.With(name).With(value).Row();
        progress.Report(new StageProgress("index", 0, 0));
        loader.Run(CatalogueSchema.Indexes);
        loader.Finish();
    }

    private static void RebuildSearch(string folder, IProgress<StageProgress> progress, CancellationToken stop)
    {
        var partial = Path.Combine(folder, CatalogueReader.SearchFileName + Durable.Partial);
        File.Delete(partial);
        LoadSearch(folder, progress, stop, partial);
        using (var handle = File.OpenHandle(partial, FileMode.Open, FileAccess.ReadWrite))
            RandomAccess.FlushToDisk(handle);
        Durable.Rename(partial, Path.Combine(folder, CatalogueReader.SearchFileName));
    }

    private static bool IsSearchable(string folder)
    {
        using var catalogue = CatalogueReader.Open(folder);
        return catalogue.IsSearchable;
    }

    // The index is made from catalogue.sqlite alone, so that anybody who has that can make it again.
    private static void LoadSearch(string folder, IProgress<StageProgress> progress, CancellationToken stop, string? path = null)
    {
        path ??= Path.Combine(folder, CatalogueReader.SearchFileName);
        long total;
        using (var catalogue = CatalogueReader.Open(folder))
            total = catalogue.Totals().Recordings;
        try
        {
            SearchWriter.Write(folder, path, done => progress.Report(new StageProgress("search", done, total)), stop);
        }
        catch (SqliteException e) when (e.SqliteErrorCode is SQLitePCL.raw.SQLITE_FULL or SQLitePCL.raw.SQLITE_IOERR)
        {
            throw Durable.DiskFull(path, e);
        }
    }

    // A join may lose the order of its rows; here is where that would be found.
    private static long Next(ref long last, DuckDBDataReader row)
    {
        var rank = row.GetInt64(0);
        if (rank != ++last)
            throw new InvalidOperationException($"rank {rank} follows rank {last - 1}");
        return rank;
    }

    private static IEnumerable<DuckDBDataReader> Rows(DuckDBConnection duck, string sql, CancellationToken stop)
    {
        using var command = duck.CreateCommand();
        command.CommandText = sql;
        command.UseStreamingMode = true;
        using var row = command.ExecuteReader();
        while (row.Read())
        {
            stop.ThrowIfCancellationRequested();
            yield return row;
        }
    }

    private static long Scalar(DuckDBConnection duck, string sql)
    {
        using var command = duck.CreateCommand();
        command.CommandText = sql;
        return Convert.ToInt64(command.ExecuteScalar(), CultureInfo.InvariantCulture);
    }

    private static byte[] Blob(DuckDBDataReader row, int column)
    {
        using var stream = row.GetStream(column);
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    private static string BlobText(byte[] bytes) => string.Concat(bytes.Select(b => $"\\x{b:X2}"));

    private static void Run(DuckDBConnection duck, string sql)
    {
        using var command = duck.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    /// <summary>Sums by popularity; recordings come in rank order, so popularity only falls.</summary>
    private sealed class CoverageTally
    {
        private readonly List<CoverageRow> _rows = [];

        public IReadOnlyList<CoverageRow> Rows => _rows;

        public void Add(int popularity, long rank, long listens, long durationMs)
        {
            if (_rows.Count > 0 && _rows[^1].Popularity == popularity)
            {
                var last = _rows[^1];
                _rows[^1] = new CoverageRow(popularity, rank, last.Recordings + 1, last.Listens + listens, last.DurationMs + durationMs);
            }
            else
            {
                _rows.Add(new CoverageRow(popularity, rank, 1, listens, durationMs));
            }
        }
    }
}
