using System.Collections.Concurrent;
using System.Globalization;
using DuckDB.NET.Data;
using Lacquer.Formats.Accessions;
using Lacquer.Formats.Archives;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Ledgers;
using Lacquer.Stages.Workbench;

namespace Lacquer.Stages.Cataloguing;

/// <summary>
/// The records of all accessions in a DuckDB file of their own, parsed on every core, then matched, merged and ranked by SQL within the memory limit. It lives as long as a build.
/// </summary>
internal sealed class RecordStaging : IDisposable
{
    // Large enough that handing it to another thread costs nothing beside parsing it.
    private const int LinesAtOnce = 256;
    private static readonly EntityId VariousArtists = EntityId.From(EntityKind.Artist, "lacquer", "various artists");

    private readonly DuckDBConnection _duck;
    private readonly Dictionary<string, int> _sources = new(StringComparer.Ordinal);

    /// <summary>Makes an empty one.</summary>
    public RecordStaging(string path, long? memoryBytes)
    {
        var memory = memoryBytes ?? GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 2;
        _duck = new DuckDBConnection($"Data Source={path}");
        _duck.Open();
        Run(string.Create(CultureInfo.InvariantCulture, $"SET memory_limit='{Math.Max(memory >> 20, 256)}MiB'; SET threads={Environment.ProcessorCount}; SET preserve_insertion_order=false;"));
    }

    /// <summary>Numbers of the sources, in the order in which they first spoke.</summary>
    public IReadOnlyDictionary<string, int> Sources => _sources;

    /// <summary>
    /// Fills <c>rec</c>: one row a record, numbered by <c>seq</c> in the order of accessions, so that the smallest number is who spoke first. Each core has a table of its own to append to; <c>rec</c> is all of them.
    /// </summary>
    public void Parse(ArchiveLayout layout, IReadOnlyList<AccessionRow> accessions, List<Finding> findings, IProgress<StageProgress> progress, CancellationToken stop)
    {
        foreach (var accession in accessions)
        {
            if (accession.Adapter != AudioRecord.Adapter)
                throw new LacquerException(Failure.Damaged, $"accession {accession.Number:D6} is of the adapter {accession.Adapter}, which this version does not know", "use the version of lacquer that harvested it");
            _sources.TryAdd(accession.Source, _sources.Count + 1);
        }

        var shards = Enumerable.Range(0, Environment.ProcessorCount).Select(number => new Shard(_duck, number)).ToList();
        var free = new ConcurrentBag<Shard>(shards);
        var aside = new ConcurrentBag<(long Seq, Finding Finding)>();
        var total = accessions.Sum(a => a.Records);
        long done = 0;
        try
        {
            Parallel.ForEach(
                Partitioner.Create(Batches(layout, accessions), EnumerablePartitionerOptions.NoBuffering),
                new ParallelOptions { MaxDegreeOfParallelism = shards.Count, CancellationToken = stop },
                () => free.TryTake(out var shard) ? shard : throw new InvalidOperationException("more workers than tables"),
                (batch, _, shard) =>
                {
                    batch.AppendTo(shard, aside);
                    progress.Report(new StageProgress("parse", Interlocked.Add(ref done, batch.Lines.Count), total));
                    return shard;
                },
                free.Add);
        }
        catch (AggregateException e) when (e.InnerExceptions.OfType<LacquerException>().FirstOrDefault() is { } inner)
        {
            throw inner;
        }
        finally
        {
            foreach (var shard in shards)
                shard.Dispose();
        }

        findings.AddRange(aside.OrderBy(f => f.Seq).Select(f => f.Finding));
        Run($"CREATE VIEW rec AS {string.Join(" UNION ALL ", shards.Select(s => $"SELECT * FROM {s.Records}"))}; CREATE VIEW rec_isrc AS {string.Join(" UNION ALL ", shards.Select(s => $"SELECT * FROM {s.Isrcs}"))};");
    }

    /// <summary>Makes the tables <c>recording</c>, <c>place</c>, <c>release</c>, <c>artist</c>, <c>credit</c> and <c>track</c> of <c>rec</c>.</summary>
    public void Match()
    {
        // Most archives harvest a source once; then no key comes twice, and sorting by key can be spared.
        var repeats = Scalar("SELECT count(*) - count(DISTINCT eid) FROM rec") > 0;
        Run(repeats ? """
            -- What a source says last of one of its keys holds; when it first spoke of it decides the id.
            CREATE TABLE latest AS
            SELECT *, min(seq) OVER (PARTITION BY source, key) AS first_seq FROM rec
            QUALIFY row_number() OVER (PARTITION BY source, key ORDER BY seq DESC) = 1;
            """ : "CREATE VIEW latest AS SELECT *, seq AS first_seq FROM rec;");
        Run($"""
        -- Records hold the same recording that share an MBID; else an ISRC and a title; else artist, title and a duration within two seconds of the next.
        CREATE TABLE matched AS
        SELECT *, CASE WHEN mbid <> '' THEN 'm' || mbid ELSE 'i' || isrc || ' ' || title_folded END AS identity FROM latest WHERE mbid <> '' OR isrc IS NOT NULL
        UNION ALL BY NAME
        SELECT * EXCLUDE (gap, cluster), CASE
            WHEN artist_folded <> '' AND title_folded <> '' AND duration_ms IS NOT NULL THEN 't' || artist_folded || chr(10) || title_folded || chr(10) || cluster
            ELSE 's' || source || chr(10) || key END AS identity
        FROM (SELECT *, sum(gap) OVER (PARTITION BY artist_folded, title_folded ORDER BY duration_ms, seq ROWS UNBOUNDED PRECEDING) AS cluster
            FROM (SELECT *, CASE WHEN duration_ms - lag(duration_ms) OVER (PARTITION BY artist_folded, title_folded ORDER BY duration_ms, seq) > 2000 THEN 1 ELSE 0 END AS gap
                FROM latest WHERE mbid = '' AND isrc IS NULL));

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
    }

    /// <summary>Rows of a query, streamed; the reader is the same for all of them.</summary>
    public IEnumerable<DuckDBDataReader> Rows(string sql, CancellationToken stop)
    {
        using var command = _duck.CreateCommand();
        command.CommandText = sql;
        command.UseStreamingMode = true;
        using var row = command.ExecuteReader();
        while (row.Read())
        {
            stop.ThrowIfCancellationRequested();
            yield return row;
        }
    }

    /// <summary>The one number that a query gives.</summary>
    public long Scalar(string sql)
    {
        using var command = _duck.CreateCommand();
        command.CommandText = sql;
        return Convert.ToInt64(command.ExecuteScalar(), CultureInfo.InvariantCulture);
    }

    /// <summary>The bytes in a column.</summary>
    public static byte[] Blob(DuckDBDataReader row, int column)
    {
        using var stream = row.GetStream(column);
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    /// <inheritdoc/>
    public void Dispose() => _duck.Dispose();

    private static string BlobText(byte[] bytes) => string.Concat(bytes.Select(b => $"\\x{b:X2}"));

    private void Run(string sql)
    {
        using var command = _duck.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private IEnumerable<Batch> Batches(ArchiveLayout layout, IReadOnlyList<AccessionRow> accessions)
    {
        long seq = 0;
        foreach (var accession in accessions)
        {
            Batch Next() => new(accession, _sources[accession.Source], seq);
            var batch = Next();
            using var reader = AccessionReader.Open(layout.Accession(accession.Source, accession.Number));
            using var lines = reader.Lines().GetEnumerator();
            while (true)
            {
                try
                {
                    if (!lines.MoveNext())
                        break;
                }
                catch (LacquerException e) when (e.Failure == Failure.Damaged)
                {
                    // What was whole has been read; the rest is reported.
                    batch.Damage = e.Message;
                    seq++;
                    break;
                }

                batch.Lines.Add((lines.Current.Offset, lines.Current.Line.ToArray()));
                seq++;
                if (batch.Lines.Count < LinesAtOnce)
                    continue;
                yield return batch;
                batch = Next();
            }

            yield return batch;
        }
    }

    /// <summary>Lines of one accession; the first has the number <paramref name="seq"/>.</summary>
    private sealed class Batch(AccessionRow accession, int source, long seq)
    {
        public List<(long Offset, byte[] Line)> Lines { get; } = [];

        /// <summary>Why the accession cannot be read further, or null.</summary>
        public string? Damage { get; set; }

        public void AppendTo(Shard shard, ConcurrentBag<(long Seq, Finding Finding)> aside)
        {
            var number = seq;
            foreach (var (offset, line) in Lines)
            {
                try
                {
                    if (AudioRecord.Read(line).Record is { } record)
                        shard.Append(number, accession.Number, offset, source, new CatalogueEntry(accession.Source, record));
                }
                catch (FormatException e)
                {
                    aside.Add((number, new Finding("catalogue", FormattableString.Invariant($"{accession.Source}/{accession.Number:D6} at {offset}"), "record", e.Message)));
                }

                number++;
            }

            if (Damage is not null)
                aside.Add((number, new Finding("catalogue", FormattableString.Invariant($"{accession.Source}/{accession.Number:D6}"), "damaged", Damage)));
        }
    }

    /// <summary>One core's part of the records.</summary>
    private sealed class Shard : IDisposable
    {
        private readonly DuckDBConnection _connection;
        private readonly DuckDBAppender _rows;
        private readonly DuckDBAppender _isrcs;

        public Shard(DuckDBConnection database, int number)
        {
            Records = FormattableString.Invariant($"rec_{number}");
            Isrcs = FormattableString.Invariant($"rec_isrc_{number}");
            // A file opened twice by one process is one database, with one memory limit.
            _connection = new DuckDBConnection(database.ConnectionString);
            _connection.Open();
            using (var command = _connection.CreateCommand())
            {
                command.CommandText = $"""
                    CREATE TABLE {Records}(seq BIGINT, accession INTEGER, "offset" BIGINT, source INTEGER, key VARCHAR, eid BLOB, mbid VARCHAR, isrc BIGINT, isrc_invalid INTEGER,
                        title VARCHAR, title_folded VARCHAR, artist VARCHAR, artist_folded VARCHAR, artist_eid BLOB, duration_ms INTEGER, listens BIGINT,
                        release_eid BLOB, release_title VARCHAR, release_artist VARCHAR, release_artist_eid BLOB, date INTEGER, gtin BIGINT, medium INTEGER, position INTEGER);
                    CREATE TABLE {Isrcs}(seq BIGINT, isrc BIGINT);
                    """;
                command.ExecuteNonQuery();
            }

            _rows = _connection.CreateAppender(Records);
            _isrcs = _connection.CreateAppender(Isrcs);
        }

        public string Records { get; }

        public string Isrcs { get; }

        public void Append(long seq, int accession, long offset, int source, CatalogueEntry entry)
        {
            var row = _rows.CreateRow();
            row.AppendValue(seq).AppendValue(accession).AppendValue(offset).AppendValue(source).AppendValue(entry.Record.Key).AppendValue(entry.Id.ToArray()).AppendValue(entry.Mbid);
            Optional(row, entry.Isrcs.Count > 0 ? entry.Isrcs[0].Packed : null);
            row.AppendValue(entry.InvalidIsrcs).AppendValue(entry.Title).AppendValue(entry.TitleFolded).AppendValue(entry.Artist).AppendValue(entry.ArtistFolded);
            row.AppendValue(entry.ArtistId.ToArray());
            OptionalInt(row, entry.DurationMs);
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
                _isrcs.CreateRow().AppendValue(seq).AppendValue(isrc.Packed).EndRow();
        }

        public void Dispose()
        {
            _rows.Dispose();
            _isrcs.Dispose();
            _connection.Dispose();
        }

        private static void Optional(IDuckDBAppenderRow row, long? value) => _ = value is { } number ? row.AppendValue(number) : row.AppendNullValue();

        private static void OptionalInt(IDuckDBAppenderRow row, int? value) => _ = value is { } number ? row.AppendValue(number) : row.AppendNullValue();
    }
}
