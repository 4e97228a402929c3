using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using DuckDB.NET.Data;
using Lacquer.Formats.Archives;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Findings;
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
    private const int Compiler = 3;

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
            using (var records = new RecordStaging(staging["staging.duckdb"], request.MemoryBytes))
            {
                records.Parse(archive.Layout, plan.Accessions, findings, progress, stop);
                progress.Report(new StageProgress("match", 0, 0));
                records.Match();
                stop.ThrowIfCancellationRequested();
                LoadCatalogue(records, plan, staging[CatalogueReader.CatalogueFileName], progress, stop);
            }

            foreach (var left in Directory.EnumerateFileSystemEntries(staging.Path, "staging.duckdb*"))
                if (Directory.Exists(left)) Directory.Delete(left, recursive: true);
                else File.Delete(left);
            LoadSearch(staging.Path, progress, stop);
        }
        catch (Exception e) when (Durable.IsDiskFull(e))
        {
            throw Durable.DiskFull(staging.Path, e);
        }

        // Before the seal: a run that is killed in between is done again, and finds the same.
        archive.Ledger.ReplaceFindings("catalogue", "", findings);
        staging.Seal();
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

    private static void LoadCatalogue(RecordStaging records, CataloguePlan plan, string path, IProgress<StageProgress> progress, CancellationToken stop)
    {
        using var loader = new SqliteLoader(path, CatalogueSchema.PageBytes, CatalogueSchema.Tables);
        var source = loader.Into("source", 3);
        foreach (var (name, id) in records.Sources.OrderBy(s => s.Value))
            source.With(id).With(name).With(plan.Accessions.First(a => a.Source == name).Adapter).Row();
        var accession = loader.Into("accession", 4);
        foreach (var row in plan.Accessions)
            accession.With(row.Number).With(records.Sources[row.Source]).With(row.Records).With(row.Sha256.ToArray()).Row();

        var (recordings, releases, artists, tracks, listens) = (0L, 0L, 0L, 0L, 0L);
        var artist = loader.Into("artist", 4);
        foreach (var row in records.Rows("SELECT rank, artist_eid, name, listens FROM artist ORDER BY rank", stop))
            artist.With(Next(ref artists, row)).With(RecordStaging.Blob(row, 1)).With(row.GetString(2)).With(row.GetInt64(3)).Row();
        var credit = loader.Into("artist_credit", 2);
        var creditName = loader.Into("artist_credit_name", 5);
        foreach (var row in records.Rows("SELECT id, name, artist FROM credit ORDER BY id", stop))
        {
            credit.With(row.GetInt64(0)).With(row.GetString(1)).Row();
            creditName.With(row.GetInt64(0)).With(0).With(row.GetInt64(2)).With(row.GetString(1)).With("").Row();
        }

        var total = records.Scalar("SELECT count(*) FROM recording");
        var most = records.Scalar("SELECT coalesce(max(listens), 0) FROM recording");
        var recording = loader.Into("recording", 8);
        var coverage = new CoverageTally();
        foreach (var row in records.Rows("""
            SELECT r.rank, r.eid, r.title, c.id, r.duration_ms, r.listens, r.isrc_invalid FROM recording r LEFT JOIN credit c ON c.name = r.artist AND c.artist_eid = r.artist_eid ORDER BY r.rank
            """, stop))
        {
            var rank = Next(ref recordings, row);
            var heard = row.GetInt64(5);
            var popularity = Popularities.Of(heard, most);
            listens += heard;
            coverage.Add(popularity, rank, heard, row.IsDBNull(4) ? 0 : row.GetInt32(4));
            recording.With(rank).With(RecordStaging.Blob(row, 1)).With(row.GetString(2)).With(row.IsDBNull(3) ? null : row.GetInt64(3)).With(row.IsDBNull(4) ? null : row.GetInt32(4)).With(heard).With(popularity).With(row.GetInt32(6)).Row();
            if (rank % 10_000 == 0)
                progress.Report(new StageProgress("load", rank, total));
        }

        var isrc = loader.Into("recording_isrc", 2);
        foreach (var row in records.Rows("SELECT DISTINCT i.isrc, p.rank FROM rec_isrc i JOIN place p USING (seq) ORDER BY ALL", stop))
            isrc.With(row.GetInt64(0)).With(row.GetInt64(1)).Row();
        var release = loader.Into("release", 7);
        foreach (var row in records.Rows("SELECT r.rank, r.release_eid, r.title, c.id, r.date, r.gtin, r.listens FROM release r LEFT JOIN credit c ON c.name = r.artist AND c.artist_eid = r.artist_eid ORDER BY r.rank", stop))
            release.With(Next(ref releases, row)).With(RecordStaging.Blob(row, 1)).With(row.GetString(2)).With(row.IsDBNull(3) ? null : row.GetInt64(3)).With(row.IsDBNull(4) ? null : row.GetInt32(4)).With(row.IsDBNull(5) ? null : row.GetInt64(5)).With(row.GetInt64(6)).Row();
        var track = loader.Into("track", 4);
        foreach (var row in records.Rows("SELECT release, medium, position, recording FROM track ORDER BY ALL", stop))
        {
            tracks++;
            track.With(row.GetInt64(0)).With(row.GetInt32(1)).With(row.GetInt64(2)).With(row.GetInt64(3)).Row();
        }

        var places = loader.Into("recording_source", 3);
        foreach (var row in records.Rows("SELECT rank, accession, \"offset\" FROM place ORDER BY ALL", stop))
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
