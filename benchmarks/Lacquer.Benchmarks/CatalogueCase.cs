using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Lacquer.Formats.Accessions;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Identity;
using Lacquer.Stages.Workbench;

namespace Lacquer.Benchmarks;

/// <summary>
/// From accessions of synthetic music to a searchable catalogue, and what that answers; scale 1 is a million tracks.
/// <list type="bullet">
/// <item><c>tracks_per_second</c>: tracks of the accessions over the time from accessions to a sealed catalogue with its search, all stages. <c>peak_rss_gib</c>: the most memory of the process until then;
/// <c>peak_anonymous_gib</c>: of it what is not of a file, so that the system could not write it out. With <c>--memory</c> the build has that limit, and <c>ratio_to_unlimited</c> is its rate over that of another build, which has
/// none and must come to the same bytes.</item>
/// <item><c>bytes_per_track</c>: all three databases over the tracks of the accessions. <c>release_bytes_per_track</c>: those of them that an edition hands out, compressed as in an edition.
/// <c>made_bytes_per_track</c>: those that a mirror makes itself. <c>made_tracks_per_second</c>: tracks over the time that it takes for that, from <c>catalogue.sqlite</c> on, as a mirror does: made, flushed, and found to be what the
/// build wrote.</item>
/// <item><c>match_precision</c>, <c>match_recall</c>: <see cref="MatchScore"/>. What is answered how soon: <see cref="SearchFigures"/>.</item>
/// <item><c>ratio_to_postgres</c>: the time that <see cref="PostgresPeer"/> takes from files of ranked rows over that of <see cref="RankedLoad"/> from the same files, each the best of some runs in turn, PostgreSQL
/// by the faster of two ways; of a catalogue as large as <c>--postgres-scale</c> says, at most a million tracks unless it says more.</item>
/// <item>Limits: <c>disk_mb_per_second</c>, a gigabyte of chance written in sequence and flushed to the same disk, and what the bytes of the catalogue take at that; <c>json_mb_per_second</c>, a bare
/// <see cref="Utf8JsonReader"/> over the lines of the same accessions on one core, and how many tracks a second all cores would read so if they did nothing else. No build is faster than the slower of the
/// two.</item>
/// </list>
/// </summary>
internal static class CatalogueCase
{
    private const double MostPostgresScale = 1;
    private const long JsonBytes = 256 << 20;
    private const int DiskBytes = 1 << 30;

    // Of ours and of each way of PostgreSQL's, in turn.
    private const int LoadRuns = 2;

    public static int Run(BenchRequest request)
    {
        var scale = request.ScaleOr(1);
        var figures = new Figures("catalogue");
        using (var catalogue = BuiltCatalogue.OfSynthetic((long)(scale * 1_000_000), request.Keep, request.MemoryBytes))
        {
            if (catalogue is null)
                return 14;
            Say("the catalogue stands; measuring");
            var tracks = (double)catalogue.Tracks;
            figures.Add("tracks", tracks, "tracks, synthetic");
            figures.Add("recordings_found", catalogue.Report.Totals.Recordings, "recordings they are of");
            figures.Add("tracks_per_second", tracks / catalogue.Seconds, "tracks/s, accessions to searchable catalogue");
            foreach (var (stage, seconds) in catalogue.Stages)
            {
                figures.Add($"{Key(stage)}_seconds", seconds, $"stage {stage}: s");
                figures.Add($"{Key(stage)}_share", seconds / catalogue.Seconds, $"stage {stage}: share");
            }

            figures.Add("peak_rss_gib", catalogue.PeakGib, "most memory, GiB");
            figures.Add("peak_anonymous_gib", catalogue.PeakAnonymousGib, "of it the most that is not of files, GiB");
            if (request.MemoryBytes is { } limit)
                Unlimited(catalogue, limit, figures);
            var (facts, lookups, search) = (new FileInfo(catalogue.CatalogueFile).Length, new FileInfo(catalogue.LookupsFile).Length, new FileInfo(catalogue.SearchFile).Length);
            figures.Add("bytes_per_track", (facts + lookups + search) / tracks, "bytes a track: facts, look-ups and search");
            figures.Add("lookups_bytes_per_track", lookups / tracks, "bytes a track, look-ups alone");
            figures.Add("search_bytes_per_track", search / tracks, "bytes a track, search alone");
            Limits(catalogue, facts + lookups + search, figures);
            MatchScore.Of(catalogue).AddTo(figures);
            SearchFigures.Add(catalogue.Folder, catalogue.Scratch, figures);
            var (released, compressing) = Compressed(catalogue);
            figures.Add("release_bytes_per_track", released / tracks, "bytes a track, what an edition hands out, compressed");
            figures.Add("release_seconds", compressing, "compressing it: s");
            figures.Add("made_bytes_per_track", (lookups + search) / tracks, "bytes a track, what a mirror makes");
            figures.Add("made_tracks_per_second", tracks / Made(catalogue), "tracks/s, what a mirror makes");
            if (request.PostgresScale is not 0 && scale <= (request.PostgresScale ?? MostPostgresScale))
            {
                Postgres(catalogue, figures);
                figures.Print();
                return 0;
            }
        }

        if (request.PostgresScale is not 0)
        {
            var smaller = request.PostgresScale ?? MostPostgresScale;
            Say(string.Create(CultureInfo.InvariantCulture, $"another catalogue, of {smaller} million tracks, for PostgreSQL"));
            using var catalogue = BuiltCatalogue.OfSynthetic((long)(smaller * 1_000_000), request.Keep is { } keep ? Path.Combine(keep, "postgres") : null);
            if (catalogue is not null)
                Postgres(catalogue, figures);
        }
        else
        {
            Say("PostgreSQL left out, as asked");
        }

        figures.Print();
        return 0;
    }

    // The same accessions once more, with as much memory as a build takes by itself.
    private static void Unlimited(BuiltCatalogue limited, long limit, Figures figures)
    {
        Say("the same without a limit");
        using var unlimited = BuiltCatalogue.Of(_ => (limited.Sources, limited.Tracks), limited.AccessionFolder);
        foreach (var (one, other) in new[] { (limited.CatalogueFile, unlimited.CatalogueFile), (limited.LookupsFile, unlimited.LookupsFile), (limited.SearchFile, unlimited.SearchFile) })
            if (Digest(one) != Digest(other))
                throw new InvalidOperationException($"{Path.GetFileName(one)} is not the same without a limit");
        figures.Add("limit_gib", limit / (double)(1 << 30), "limit: memory, GiB");
        figures.Add("unlimited_tracks_per_second", unlimited.Tracks / unlimited.Seconds, "tracks/s without it, to the same bytes");
        figures.Add("ratio_to_unlimited", unlimited.Seconds / limited.Seconds, "rate with the limit over that without");
    }

    private static void Postgres(BuiltCatalogue catalogue, Figures figures)
    {
        // Not below the catalogue's folder, which is its owner's alone: the server is another user.
        var rows = Directory.CreateTempSubdirectory("lacquer-rows-").FullName;
        try
        {
            Say("ranked rows are loaded and indexed, by us and by PostgreSQL");
            RankedRows.Write(catalogue, rows);
            var (ours, one, two) = (new List<(double Seconds, double SearchSeconds, long Bytes)>(), new List<(double Seconds, long Bytes)>(), new List<(double Seconds, long Bytes)>());
            for (var i = 0; i < LoadRuns; i++)
            {
                var folder = Directory.CreateDirectory(Path.Combine(catalogue.Scratch, "ranked")).FullName;
                ours.Add(RankedLoad.Run(rows, folder));
                Directory.Delete(folder, recursive: true);
                if (PostgresPeer.Load(rows, PostgresPeer.OneSession) is not { } single || PostgresPeer.Load(rows, PostgresPeer.TwoSessions) is not { } pair)
                    return;
                one.Add(single);
                two.Add(pair);
                Say(string.Create(CultureInfo.InvariantCulture, $"ours {ours[^1].Seconds:0.0} s, PostgreSQL {single.Seconds:0.0} s in one session, {pair.Seconds:0.0} s in two"));
            }

            var (best, alone, both) = (ours.Min(), one.Min(), two.Min());
            figures.Add("postgres_tracks", catalogue.Tracks, "PostgreSQL: tracks");
            figures.Add("postgres_one_session_seconds", alone.Seconds, "PostgreSQL: load and index in one session, s");
            figures.Add("postgres_two_sessions_seconds", both.Seconds, "PostgreSQL: load and index in two sessions, s");
            figures.Add("postgres_ours_seconds", best.Seconds, "ours: load and index the same rows, s");
            figures.Add("postgres_ours_search_seconds", best.SearchSeconds, "ours: of these the search, s");
            figures.Add("postgres_bytes_per_track", alone.Bytes / (double)catalogue.Tracks, "PostgreSQL: bytes a track");
            figures.Add("postgres_ours_bytes_per_track", best.Bytes / (double)catalogue.Tracks, "ours: bytes a track of the same rows");
            figures.Add("ratio_to_postgres_one_session", alone.Seconds / best.Seconds, "load and index: PostgreSQL in one session over ours");
            figures.Add("ratio_to_postgres_two_sessions", both.Seconds / best.Seconds, "load and index: PostgreSQL in two sessions over ours");
            figures.Add("ratio_to_postgres", Math.Min(alone.Seconds, both.Seconds) / best.Seconds, "load and index: the faster of these over ours");
        }
        finally
        {
            Directory.Delete(rows, recursive: true);
        }
    }

    private static void Limits(BuiltCatalogue catalogue, long bytes, Figures figures)
    {
        var chance = new byte[1 << 24];
        new Random(3).NextBytes(chance);
        var path = Path.Combine(catalogue.Scratch, "limit");
        var watch = Stopwatch.StartNew();
        using (var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 0, FileOptions.DeleteOnClose))
        {
            for (var written = 0; written < DiskBytes; written += chance.Length)
                file.Write(chance);
            file.Flush(flushToDisk: true);
            watch.Stop();
        }

        var disk = DiskBytes / watch.Elapsed.TotalSeconds;
        figures.Add("disk_mb_per_second", disk / 1e6, "limit: disk, written in sequence, MB/s");
        figures.Add("disk_limit_tracks_per_second", catalogue.Tracks / (bytes / disk), "limit: tracks/s if only the databases were written");

        var source = catalogue.Sources[0];
        using var reader = AccessionReader.Open(source.Accession(catalogue.AccessionFolder));
        using var text = new MemoryStream();
        var ends = new List<int>();
        foreach (var line in reader.Lines())
        {
            if (text.Length + line.Line.Length > JsonBytes)
                break;
            text.Write(line.Line.Span);
            ends.Add((int)text.Length);
        }

        var lines = text.GetBuffer();
        var tokens = 0L;
        watch.Restart();
        var start = 0;
        foreach (var end in ends)
        {
            var json = new Utf8JsonReader(lines.AsSpan(start..end));
            while (json.Read())
                tokens++;
            start = end;
        }

        var speed = text.Length / watch.Elapsed.TotalSeconds;
        figures.Add("json_mb_per_second", speed / 1e6, "limit: JSON read by one core and left, MB/s");
        figures.Add("json_tokens_per_track", tokens / (text.Length / (catalogue.Sources.Sum(s => s.Bytes) / (double)catalogue.Tracks)), "tokens of JSON a track");
        figures.Add("json_limit_tracks_per_second", speed * Environment.ProcessorCount / (catalogue.Sources.Sum(s => s.Bytes) / (double)catalogue.Tracks), "limit: tracks/s if JSON were only read, on all cores");
    }

    private static (long Bytes, double Seconds) Compressed(BuiltCatalogue catalogue)
    {
        Say("compressing as for an edition");
        var watch = Stopwatch.StartNew();
        var path = Path.Combine(catalogue.Scratch, CatalogueReader.CatalogueFileName + ".zst");
        CompressedFile.Write(catalogue.CatalogueFile, path, Environment.ProcessorCount, new Progress<StageProgress>(), CancellationToken.None);
        var bytes = new FileInfo(path).Length;
        File.Delete(path);
        return (bytes, watch.Elapsed.TotalSeconds);
    }

    // Seconds.
    private static double Made(BuiltCatalogue catalogue)
    {
        Say("making what an edition does not hand out");
        var folder = Directory.CreateDirectory(Path.Combine(catalogue.Scratch, "made")).FullName;
        File.CreateSymbolicLink(Path.Combine(folder, CatalogueReader.CatalogueFileName), catalogue.CatalogueFile);
        var built = MadeFormats.All.ToDictionary(made => made.File, made => Digest(Path.Combine(catalogue.Folder, made.File)));
        var watch = Stopwatch.StartNew();
        foreach (var (file, _) in MadeFormats.All)
            MadeFiles.Make(folder, file, null, new Progress<StageProgress>(), CancellationToken.None, path =>
            {
                if (Digest(path) != built[file])
                    throw new InvalidOperationException($"{file} is not what the build wrote");
            });
        watch.Stop();
        Directory.Delete(folder, recursive: true);
        return watch.Elapsed.TotalSeconds;
    }

    private static Sha256Digest Digest(string path)
    {
        using var file = File.OpenRead(path);
        return new Sha256Digest(SHA256.HashData(file));
    }

    private static string Key(string stage) => stage.Replace(' ', '_');

    private static void Say(string text) => Console.Error.WriteLine($"catalogue: {text}");
}
