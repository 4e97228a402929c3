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

    /// <summary>Fills the table <c>rec</c>: one row a record, numbered by <c>seq</c> in the order of accessions, so that the smallest number is who spoke first.</summary>
    public void Parse(ArchiveLayout layout, IReadOnlyList<AccessionRow> accessions, List<Finding> findings, IProgress<StageProgress> progress, CancellationToken stop)
    {
        Run("""
            CREATE TABLE rec(seq BIGINT, accession INTEGER, "offset" BIGINT, source INTEGER, key VARCHAR, eid BLOB, mbid VARCHAR, isrc BIGINT, isrc_invalid INTEGER,
                title VARCHAR, title_folded VARCHAR, artist VARCHAR, artist_folded VARCHAR, artist_eid BLOB, duration_ms INTEGER, listens BIGINT,
                release_eid BLOB, release_title VARCHAR, release_artist VARCHAR, release_artist_eid BLOB, date INTEGER, gtin BIGINT, medium INTEGER, position INTEGER);
            CREATE TABLE rec_isrc(seq BIGINT, isrc BIGINT);
            """);
        foreach (var accession in accessions)
        {
            if (accession.Adapter != AudioRecord.Adapter)
                throw new LacquerException(Failure.Damaged, $"accession {accession.Number:D6} is of the adapter {accession.Adapter}, which this version does not know", "use the version of lacquer that harvested it");
            _sources.TryAdd(accession.Source, _sources.Count + 1);
        }

        long seq = 0;
        var total = accessions.Sum(a => a.Records);
        using var rows = _duck.CreateAppender("rec");
        using var isrcs = _duck.CreateAppender("rec_isrc");
        // In order, a few batches ahead of what is written.
        var parsed = Partitioner.Create(Batches(layout, accessions), EnumerablePartitionerOptions.NoBuffering)
            .AsParallel().AsOrdered().WithDegreeOfParallelism(Environment.ProcessorCount).WithMergeOptions(ParallelMergeOptions.NotBuffered).WithCancellation(stop)
            .Select(batch => batch.Parse());
        try
        {
            foreach (var batch in parsed)
            {
                findings.AddRange(batch.Findings);
                foreach (var (offset, entry) in batch.Entries)
                    Append(rows, isrcs, seq++, entry, batch.Accession, offset);
                progress.Report(new StageProgress("parse", seq, total));
            }
        }
        catch (AggregateException e) when (e.InnerException is LacquerException inner)
        {
            throw inner;
        }
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

    private static void Append(DuckDBAppender rows, DuckDBAppender isrcs, long seq, CatalogueEntry entry, (int Number, int Source) accession, long offset)
    {
        var row = rows.CreateRow();
        row.AppendValue(seq).AppendValue(accession.Number).AppendValue(offset).AppendValue(accession.Source).AppendValue(entry.Record.Key).AppendValue(entry.Id.ToArray()).AppendValue(entry.Mbid);
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
            isrcs.CreateRow().AppendValue(seq).AppendValue(isrc.Packed).EndRow();

        static void Optional(IDuckDBAppenderRow row, long? value) => _ = value is { } number ? row.AppendValue(number) : row.AppendNullValue();

        static void OptionalInt(IDuckDBAppenderRow row, int? value) => _ = value is { } number ? row.AppendValue(number) : row.AppendNullValue();
    }

    private IEnumerable<Batch> Batches(ArchiveLayout layout, IReadOnlyList<AccessionRow> accessions)
    {
        foreach (var accession in accessions)
        {
            var batch = new Batch(accession, _sources[accession.Source]);
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
                    batch.Findings.Add(new Finding("catalogue", FormattableString.Invariant($"{accession.Source}/{accession.Number:D6}"), "damaged", e.Message));
                    break;
                }

                batch.Lines.Add((lines.Current.Offset, lines.Current.Line.ToArray()));
                if (batch.Lines.Count < LinesAtOnce)
                    continue;
                yield return batch;
                batch = new Batch(accession, _sources[accession.Source]);
            }

            yield return batch;
        }
    }

    /// <summary>Lines of one accession, and what they say once they are parsed.</summary>
    private sealed class Batch(AccessionRow accession, int source)
    {
        public (int Number, int Source) Accession => (accession.Number, source);

        public List<(long Offset, byte[] Line)> Lines { get; } = [];

        public List<(long Offset, CatalogueEntry Entry)> Entries { get; } = [];

        public List<Finding> Findings { get; } = [];

        public Batch Parse()
        {
            foreach (var (offset, line) in Lines)
            {
                try
                {
                    if (AudioRecord.Read(line).Record is { } record)
                        Entries.Add((offset, new CatalogueEntry(accession.Source, record)));
                }
                catch (FormatException e)
                {
                    Findings.Add(new Finding("catalogue", FormattableString.Invariant($"{accession.Source}/{accession.Number:D6} at {offset}"), "record", e.Message));
                }
            }

            Lines.Clear();
            return this;
        }
    }
}
