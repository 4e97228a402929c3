using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Lacquer.Formats.Archives;
using Lacquer.Stages.Cataloguing;
using Lacquer.Stages.Founding;
using Lacquer.Stages.Harvesting;
using Lacquer.Stages.Ingesting;
using Lacquer.Stages.Workbench;

namespace Lacquer.Benchmarks;

/// <summary>
/// Ingest of real music, the soundtrack of The Battle for Wesnoth from Debian's archive (41 files, 2¼ hours), all of it encoded: every second file is listened to and becomes Ogg Vorbis at 160 kbit/s, the others Ogg Opus at 75.
/// <list type="bullet">
/// <item><c>overhead_vs_encoders</c>: core time of the whole ingest (its own process and its encoders: decoding, encoding, loudness, true peak, fingerprint, all hashes, tags, checks, ledger) over that of decoding with ffmpeg and the
/// bare <c>oggenc</c> and <c>opusenc</c> on the same files, two at a time. <c>…_vorbis</c>, <c>…_opus</c>: of an archive with that tier alone.</item>
/// <item><c>ratio_vs_separate_tools</c>: over that of the same results from separate tools, one after another: those, then <c>loudgain</c>, <c>fpcalc</c>, <c>sha256sum</c> and <c>mktorrent</c>.</item>
/// <item><c>busy_cores</c>: share of all cores' time in use, by anybody, while there are files to begin with; <c>own_cores</c>: by the ingest and its encoders.</item>
/// <item><c>rss_per_worker_mib</c>: the most memory of the ingest's own process over the number of workers; <c>rss_growth_mib</c>: how much more that is with all files than with a quarter of them.</item>
/// </list>
/// </summary>
internal static class IngestCase
{
    private static readonly string[] Tools = ["ffmpeg", "oggenc", "opusenc", "loudgain", "fpcalc", "sha256sum", "mktorrent"];

    public static int Run(BenchRequest request)
    {
        if (request.Catalogue is { } there)
            return IngestAlone(there);
        if (Tools.Where(t => Toolbox.Find(t) is null).ToList() is { Count: > 0 } missing)
        {
            Console.Error.WriteLine($"bench: {string.Join(", ", missing)} cannot be found: sudo apt-get install ffmpeg vorbis-tools opus-tools loudgain libchromaprint-tools mktorrent");
            return 10;
        }

        var root = Directory.CreateTempSubdirectory("lacquer-bench-").FullName;
        try
        {
            if (!Disk.HasRoom(root, 3_000_000_000))
                return 14;
            var files = Music(root);
            files = [.. files.Take(Math.Max(2, (int)Math.Round(files.Count * Math.Min(1, request.ScaleOr(1)))))];
            Measure(root, files).Print();
            return 0;
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    private static Figures Measure(string root, List<string> files)
    {
        var mixed = Ingested(root, "mixed", files, "vorbis-160", "opus-75");
        var vorbis = Ingested(root, "vorbis", files, "vorbis-160", "vorbis-160");
        var opus = Ingested(root, "opus", files, "opus-75", "opus-75");
        var few = Ingested(root, "few", [.. files.Take((files.Count + 3) / 4)], "vorbis-160", "opus-75");

        Say("decode and bare encoders, two at a time");
        var wavs = Path.Combine(root, "wav");
        Directory.CreateDirectory(wavs);
        string Wav(string file) => Path.Combine(wavs, Path.GetFileNameWithoutExtension(file) + ".wav");
        string Made(string file, string extension) => Path.ChangeExtension(Wav(file), extension);
        var decode = Two(files, f => ProcessTime.Run("ffmpeg", "-nostdin", "-v", "error", "-i", f, "-vn", "-y", Wav(f)));
        double[] oggenc = [0, 0], opusenc = [0, 0];
        for (var half = 0; half < 2; half++)
        {
            var some = files.Where((_, i) => i % 2 == half).ToList();
            oggenc[half] = Two(some, f => ProcessTime.Run("oggenc", "-Q", "-b", "160", "-o", Made(f, "ogg"), Wav(f)));
            opusenc[half] = Two(some, f => ProcessTime.Run("opusenc", "--quiet", "--bitrate", "75", Wav(f), Made(f, "opus")));
        }

        Say("separate tools");
        var results = files.Select((f, i) => Made(f, i % 2 == 0 ? "ogg" : "opus")).ToList();
        var separate = Seconds(() =>
        {
            foreach (var album in results.GroupBy(Path.GetExtension))
                ProcessTime.Run("loudgain", ["-a", "-s", "e", "-q", .. album]);
            foreach (var file in files)
            {
                // It ends with 3 where the decoder says at the end of a file that there is no more; the fingerprint is whole.
                ProcessTime.Run("/bin/sh", "-c", "fpcalc -raw \"$0\" || [ $? -eq 3 ]", file);
                ProcessTime.Run("sha256sum", file);
            }

            foreach (var result in results)
            {
                ProcessTime.Run("sha256sum", result);
                ProcessTime.Run("mktorrent", "-t", "1", "-l", "20", "-o", result + ".torrent", result);
            }
        });

        var bare = decode + oggenc[0] + opusenc[1];
        var figures = new Figures("ingest");
        figures.Add("files", files.Count, "files");
        figures.Add("overhead_vs_encoders", mixed.CpuSeconds / bare, "core time over decoding and bare encoders");
        figures.Add("overhead_vs_encoders_vorbis", vorbis.CpuSeconds / (decode + oggenc.Sum()), "the same, Vorbis alone");
        figures.Add("overhead_vs_encoders_opus", opus.CpuSeconds / (decode + opusenc.Sum()), "the same, Opus alone");
        figures.Add("ratio_vs_separate_tools", mixed.CpuSeconds / (bare + separate), "core time over separate tools");
        figures.Add("busy_cores", mixed.Busy, "share of core time in use while files remain");
        figures.Add("own_cores", mixed.Own, "share of core time in use by the ingest");
        figures.Add("rss_per_worker_mib", mixed.PeakMib / mixed.Workers, "memory a worker, MiB");
        figures.Add("rss_growth_mib", mixed.PeakMib - few.PeakMib, "memory more than with a quarter of the files, MiB");
        figures.Add("ingest_cpu_seconds", mixed.CpuSeconds, "core time of the ingest, s");
        figures.Add("encoders_cpu_seconds", bare, "core time of decoding and bare encoders, s");
        figures.Add("separate_cpu_seconds", bare + separate, "core time of separate tools, s");
        return figures;
    }

    // An archive of these files, ingested by a process of its own.
    private static Ran Ingested(string root, string name, List<string> files, string heard, string unheard)
    {
        Say($"ingest, {name}");
        var (music, archive) = (Path.Combine(root, name + "-music"), Path.Combine(root, name));
        Directory.CreateDirectory(music);
        foreach (var file in files)
            File.Copy(file, Path.Combine(music, Path.GetFileName(file)));
        var listens = Path.Combine(root, name + ".csv");
        File.WriteAllLines(listens, ["path,listens", .. files.Where((_, i) => i % 2 == 0).Select((f, i) => string.Create(CultureInfo.InvariantCulture, $"{Path.GetFileName(f)},{1000 - i}"))]);
        NewArchive.Run(new NewArchiveRequest(archive, "bench"));
        File.WriteAllText(new ArchiveLayout(archive).Configuration, $"name = \"bench\"\n[tiers]\nheard = \"{heard}\"\nunheard = \"{unheard}\"\nkeep_lossy_up_to = 0\n[rights]\nkeep_unknown = true\n");
        var quiet = new Quiet();
        FolderHarvest.RunAsync(FolderHarvest.Plan(new HarvestRequest(archive, music, "music", listens)), TimeProvider.System, quiet, CancellationToken.None).GetAwaiter().GetResult();
        CatalogueBuild.Run(new CatalogueRequest(archive, 1L << 30), TimeProvider.System, quiet, CancellationToken.None);

        var program = Environment.ProcessPath!;
        string[] host = Path.GetFileNameWithoutExtension(program) == "dotnet" ? [Environment.GetCommandLineArgs()[0]] : [];
        using var process = Process.Start(new ProcessStartInfo(program, [.. host, "ingest", "--catalogue", archive]) { RedirectStandardOutput = true })!;
        var last = process.StandardOutput.ReadToEnd().Trim().Split('\n')[^1];
        process.WaitForExit();
        using var figures = JsonDocument.Parse(last);
        double Figure(string key) => figures.RootElement.GetProperty(key).GetDouble();
        return Figure("ingested") == files.Count ? new Ran(Figure("cpu_seconds"), Figure("busy_cores"), Figure("own_cores"), Figure("peak_mib"), Figure("workers"))
            : throw new InvalidOperationException($"{Figure("ingested")} of {files.Count} files were ingested");
    }

    private static int IngestAlone(string archive)
    {
        var workers = Environment.ProcessorCount;
        var watch = new Remaining(workers);
        var report = Ingest.RunAsync(new IngestRequest(archive), TimeProvider.System, watch, CancellationToken.None).GetAwaiter().GetResult();
        var figures = new Figures("ingest-alone");
        figures.Add("ingested", report.Ingested, "files ingested");
        figures.Add("cpu_seconds", ProcessTime.TreeSeconds(), "core time, its encoders' included, s");
        figures.Add("busy_cores", watch.Busy, "share of core time in use while files remain");
        figures.Add("own_cores", watch.Own, "share of core time in use by it");
        figures.Add("peak_mib", ProcessTime.PeakBytes() / 1048576.0, "most memory of its own process, MiB");
        figures.Add("workers", workers, "workers");
        figures.Print();
        return 0;
    }

    private static List<string> Music(string root)
    {
        // Debian 12 and 13.
        foreach (var version in new[] { "1.16", "1.18" })
        {
            var below = $"usr/share/games/wesnoth/{version}/data/core/music";
            if (!Directory.Exists("/" + below) && Toolbox.Find("apt-get") is not null)
                try
                {
                    ProcessTime.Run("/bin/sh", "-c", $"cd '{root}' && apt-get download -q wesnoth-{version}-music && dpkg -x wesnoth-{version}-music_*.deb .");
                }
                catch (InvalidOperationException)
                {
                    continue;
                }

            foreach (var folder in new[] { "/" + below, Path.Combine(root, below) })
                if (Directory.Exists(folder))
                    return [.. Directory.EnumerateFiles(folder, "*.ogg").Order(StringComparer.Ordinal)];
        }

        throw new InvalidOperationException("the music of The Battle for Wesnoth (wesnoth-1.16-music) cannot be had");
    }

    private static double Two(List<string> files, Action<string> work) =>
        Seconds(() => Parallel.ForEach(files, new ParallelOptions { MaxDegreeOfParallelism = 2 }, work));

    // Core time of the programs that work starts; this process does nothing meanwhile but wait.
    private static double Seconds(Action work)
    {
        var before = ProcessTime.TreeSeconds();
        work();
        return ProcessTime.TreeSeconds() - before;
    }

    private static void Say(string what) => Console.Error.WriteLine("ingest: " + what);

    private sealed record Ran(double CpuSeconds, double Busy, double Own, double PeakMib, double Workers);

    private sealed class Quiet : IProgress<StageProgress>
    {
        public void Report(StageProgress value)
        {
        }
    }

    /// <summary>Looks at the cores from the first file that is done to the last that is begun.</summary>
    private sealed class Remaining(int workers) : IProgress<StageProgress>
    {
        private readonly Stopwatch _clock = new();
        private (double Own, double Busy, double All) _from;

        public double Own { get; private set; }

        public double Busy { get; private set; }

        public void Report(StageProgress value)
        {
            if (value.What != "ingest" || value.Done > value.Total - workers)
                return;
            var (own, (busy, all)) = (ProcessTime.TreeSeconds(), ProcessTime.MachineSeconds());
            if (!_clock.IsRunning)
            {
                _clock.Start();
                _from = (own, busy, all);
                return;
            }

            Own = (own - _from.Own) / (_clock.Elapsed.TotalSeconds * workers);
            Busy = (busy - _from.Busy) / (all - _from.All);
        }
    }
}
