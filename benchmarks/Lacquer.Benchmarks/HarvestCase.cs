using System.Diagnostics;
using System.Globalization;
using System.Text;
using DuckDB.NET.Data;
using Lacquer.Formats.Accessions;
using Lacquer.Stages.Cataloguing;
using Lacquer.Stages.Founding;
using Lacquer.Stages.Harvesting;
using Lacquer.Stages.Workbench;

namespace Lacquer.Benchmarks;

/// <summary>
/// Releases in JSON lines of MusicBrainz's shape, from a <c>release.tar.xz</c> to typed rows; scale 1 is a gigabyte of lines, 2 unless said.
/// <list type="bullet">
/// <item>The lines are those of <c>--musicbrainz</c>, or synthetic ones, again and again with other ids.</item>
/// <item><c>harvest_mb_per_second</c>: the dump, packed by xz, into an accession. <c>parse_mb_per_second</c>: the accession into the rows that a catalogue is built of, the build's stage <c>parse</c>.</item>
/// <item><c>duckdb_one_mb_per_second</c>, <c>duckdb_all_mb_per_second</c>: DuckDB's <c>read_json_auto</c> over the same lines, not packed, into a table on the same disk, with one thread and with all.</item>
/// <item><c>ratio_to_duckdb</c>: megabytes that our stage parses in a second of one core's time over those that DuckDB reads in one, with one thread. <c>ratio_to_duckdb_all</c>: the same by the clock, all cores each.</item>
/// <item><c>peak_rss_gib</c>: the most memory of this process while it harvested and parsed; of xz, none.</item>
/// </list>
/// </summary>
internal static class HarvestCase
{
    private const int SampleBytes = 16 << 20;
    private const int SyntheticTracks = 30_000;
    private const int MbidLetters = 36;

    public static int Run(BenchRequest request)
    {
        var root = Directory.CreateTempSubdirectory("lacquer-bench-").FullName;
        try
        {
            var bytes = (long)(request.ScaleOr(2) * 1e9);
            // The lines, their dump, the accession, what is staged of it, and DuckDB's table.
            if (!Disk.HasRoom(root, 4 * bytes))
                return 14;
            Measure(request, root, bytes).Print();
            return 0;
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    private static Figures Measure(BenchRequest request, string root, long bytes)
    {
        Say($"writing lines of {(request.MusicBrainz is null ? "synthetic music" : "MusicBrainz")}");
        var lines = Path.Combine(root, "mbdump", "release");
        Directory.CreateDirectory(Path.GetDirectoryName(lines)!);
        var records = WriteLines(lines, bytes, request.MusicBrainz is { } dump ? MatchCase.Releases(dump) : Synthetic(Path.Combine(root, "synthetic")));
        var megabytes = new FileInfo(lines).Length / 1e6;
        Pack(root);
        ForgetPeak();

        Say("harvest");
        var archive = Path.Combine(root, "archive");
        NewArchive.Run(new NewArchiveRequest(archive, "bench"));
        var harvest = Clock(() => MusicBrainzHarvest.RunAsync(MusicBrainzHarvest.Plan(new DumpHarvestRequest(archive, Path.Combine(root, "release.tar.xz"))), TimeProvider.System, new Until(""), CancellationToken.None).GetAwaiter().GetResult());
        Say("parse");
        var parse = Clock(() => Parse(archive));
        using var self = Process.GetCurrentProcess();
        var peak = self.PeakWorkingSet64 / (double)(1 << 30);
        Say("DuckDB with one thread");
        var one = Clock(() => Duck(root, lines, 1));
        Say("DuckDB with all");
        var all = Clock(() => Duck(root, lines, Environment.ProcessorCount));

        var figures = new Figures("harvest");
        figures.Add("megabytes", megabytes, $"lines of {(request.MusicBrainz is null ? "synthetic music" : "MusicBrainz")}: MB");
        figures.Add("records", records, "records");
        figures.Add("harvest_mb_per_second", megabytes / harvest.Seconds, "harvest, packed dump to accession: MB/s");
        figures.Add("harvest_records_per_second", records / harvest.Seconds, "harvest: records/s");
        figures.Add("parse_mb_per_second", megabytes / parse.Seconds, "parse, accession to typed rows: MB/s");
        figures.Add("parse_records_per_second", records / parse.Seconds, "parse: records/s");
        figures.Add("both_mb_per_second", megabytes / (harvest.Seconds + parse.Seconds), "harvest and parse: MB/s");
        figures.Add("parse_mb_per_core_second", megabytes / parse.CoreSeconds, "parse: MB in a second of a core");
        figures.Add("duckdb_one_mb_per_second", megabytes / one.Seconds, "DuckDB, one thread: MB/s");
        figures.Add("duckdb_one_mb_per_core_second", megabytes / one.CoreSeconds, "DuckDB, one thread: MB in a second of a core");
        figures.Add("duckdb_all_mb_per_second", megabytes / all.Seconds, "DuckDB, all threads: MB/s");
        figures.Add("ratio_to_duckdb", one.CoreSeconds / parse.CoreSeconds, "parse over DuckDB, by a core");
        figures.Add("ratio_to_duckdb_all", all.Seconds / parse.Seconds, "parse over DuckDB, all cores, by the clock");
        figures.Add("peak_rss_gib", peak, "most memory of harvest and parse, GiB");
        return figures;
    }

    // The build up to the end of its first stage.
    private static void Parse(string archive)
    {
        using var next = new CancellationTokenSource();
        try
        {
            CatalogueBuild.Run(new CatalogueRequest(archive), TimeProvider.System, new Until("parse", next), next.Token);
        }
        catch (OperationCanceledException) when (next.IsCancellationRequested)
        {
            // What follows is another benchmark's.
        }
    }

    private static void Duck(string root, string lines, int threads)
    {
        var path = Path.Combine(root, string.Create(CultureInfo.InvariantCulture, $"duck-{threads}.db"));
        using (var connection = new DuckDBConnection($"DataSource={path}"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = string.Create(CultureInfo.InvariantCulture, $"SET threads = {threads}; CREATE TABLE t AS SELECT * FROM read_json_auto('{lines}', format = 'newline_delimited')");
            command.ExecuteNonQuery();
        }

        File.Delete(path);
    }

    private static long WriteLines(string path, long bytes, IEnumerable<string> source)
    {
        var (sample, length) = (new List<byte[]>(), 0L);
        foreach (var line in source)
        {
            sample.Add(Encoding.UTF8.GetBytes(line));
            length += sample[^1].Length;
            if (length >= SampleBytes)
                break;
        }

        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 20);
        var records = 0L;
        for (uint round = 0; file.Position < bytes; round++)
            foreach (var line in sample)
            {
                Renumber(line);
                file.Write(line);
                file.WriteByte((byte)'\n');
                records++;
                if (file.Position >= bytes)
                    break;
            }

        return records;
    }

    // Every MBID gets other first digits, the same each time for the same one: what belongs together still does.
    private static void Renumber(Span<byte> line)
    {
        for (var at = 0; line[at..].IndexOf((byte)'"') is >= 0 and var next; at += next + 1)
        {
            var text = line[(at + next + 1)..];
            if (text.Length <= MbidLetters || text[MbidLetters] != '"' || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-'
                || !uint.TryParse(text[..8], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var digits))
                continue;
            (digits * 0x9E3779B1u + 0x7F4A7C15u).TryFormat(text[..8], out _, "x8", CultureInfo.InvariantCulture);
        }
    }

    // Releases of the synthetic source that has MusicBrainz's shape.
    private static IEnumerable<string> Synthetic(string folder)
    {
        const string Before = "{\"entity\":\"release\",\"record\":";
        var set = SyntheticMusic.Write(folder, SyntheticTracks, _ => { });
        using var reader = AccessionReader.Open(set.Sources.First(s => s.Adapter == "musicbrainz/1").Accession(folder));
        foreach (var line in reader.Lines())
            if (Encoding.UTF8.GetString(line.Line.Span) is var text && text.StartsWith(Before, StringComparison.Ordinal))
                yield return text[Before.Length..^1];
    }

    private static void Pack(string root)
    {
        File.WriteAllText(Path.Combine(root, "TIMESTAMP"), "2026-01-01 00:00:00+00\n");
        File.WriteAllText(Path.Combine(root, "COPYING"), "for measuring alone\n");
        File.WriteAllText(Path.Combine(root, "JSON_DUMPS_SCHEMA_NUMBER"), "1\n");
        var start = new ProcessStartInfo("tar");
        foreach (var argument in new[] { "-I", "xz -0 -T0", "-cf", Path.Combine(root, "release.tar.xz"), "-C", root, "TIMESTAMP", "COPYING", "JSON_DUMPS_SCHEMA_NUMBER", "mbdump/release" })
            start.ArgumentList.Add(argument);
        using var tar = Process.Start(start)!;
        tar.WaitForExit();
        if (tar.ExitCode != 0)
            throw new InvalidOperationException($"tar ended with {tar.ExitCode}");
    }

    // proc(5), /proc/pid/clear_refs: 5 sets the peak to what is in use now.
    private static void ForgetPeak()
    {
        GC.Collect();
        if (OperatingSystem.IsLinux())
            File.WriteAllText("/proc/self/clear_refs", "5");
    }

    private static (double Seconds, double CoreSeconds) Clock(Action work)
    {
        using var self = Process.GetCurrentProcess();
        var before = self.TotalProcessorTime;
        var watch = Stopwatch.StartNew();
        work();
        self.Refresh();
        return (watch.Elapsed.TotalSeconds, (self.TotalProcessorTime - before).TotalSeconds);
    }

    private static void Say(string text) => Console.Error.WriteLine($"harvest: {text}");

    /// <summary>Asks a build to stop once another stage than this has begun after it.</summary>
    private sealed class Until(string stage, CancellationTokenSource? stop = null) : IProgress<StageProgress>
    {
        private bool _hasBegun;

        public void Report(StageProgress value)
        {
            _hasBegun |= value.What == stage;
            if (_hasBegun && value.What != stage)
                stop?.Cancel();
        }
    }
}
