using System.Diagnostics;
using System.Runtime.InteropServices;
using Lacquer.Formats.Archives;
using Lacquer.Formats.Editions;
using Lacquer.Formats.Torrents;
using Lacquer.Stages.Pressing;
using Lacquer.Stages.Publishing;
using Lacquer.Stages.Workbench;

namespace Lacquer.Benchmarks;

/// <summary>
/// N million objects of a synthetic ledger pressed into volumes: hybrid torrents, linted, on disk and in the ledger. No audio is there, and none is read. Then an edition of all of them, published; the largest torrents and some others are loaded
/// into libtorrent with its stock limits; and mktorrent and libtorrent, which read every byte, make a torrent of a few hundred files of the same mean length.
/// </summary>
internal static partial class PressCase
{
    private const int PeerFiles = 300;
    private const int PeerFileBytes = 3_490_000;
    private const int Samples = 8;
    private const double ArchiveBytes = 300e12;

    private const string Load = """
        import sys, libtorrent as lt
        for path in sys.argv[1:]:
            info = lt.torrent_info(path)
            assert info.info_hashes().has_v1() and info.info_hashes().has_v2(), path
        """;

    private const string Make = """
        import sys, libtorrent as lt
        storage = lt.file_storage()
        lt.add_files(storage, sys.argv[1])
        torrent = lt.create_torrent(storage, 1 << 20)
        lt.set_piece_hashes(torrent, sys.argv[2])
        torrent.generate()
        """;

    public static int Run(BenchRequest request)
    {
        var objects = (long)(request.ScaleOr(1) * 1_000_000);
        var root = Directory.CreateTempSubdirectory("lacquer-bench-").FullName;
        try
        {
            if (!Disk.HasRoom(root, objects * SyntheticLedger.BytesAnObject + 2L * PeerFiles * PeerFileBytes))
                return 14;
            Console.Error.WriteLine("press: making a ledger");
            var layout = SyntheticLedger.Make(Path.Combine(root, "archive"), objects);
            var figures = new Figures("press");
            var seconds = Pressed(layout, objects, figures);
            Torrents(layout, figures);
            Published(layout, root, figures);
            Peers(root, seconds / objects, figures);
            figures.Print();
            return 0;
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    private static double Pressed(ArchiveLayout layout, long objects, Figures figures)
    {
        ForgetPeak();
        var stages = new StageClock();
        var before = ProcessTime.TreeSeconds();
        var watch = Stopwatch.StartNew();
        var report = Press.RunAsync(new PressRequest(layout.Root), TimeProvider.System, stages, CancellationToken.None).GetAwaiter().GetResult();
        var seconds = watch.Elapsed.TotalSeconds;
        var cores = ProcessTime.TreeSeconds() - before;
        figures.Add("objects", report.Files, "objects");
        figures.Add("volumes", report.Volumes, "volumes");
        figures.Add("seconds", seconds, "from ledger to torrents, linted, on disk and in the ledger, s");
        figures.Add("objects_per_second", objects / seconds, "objects a second (reach 150,000)");
        figures.Add("core_microseconds_per_object", cores * 1e6 / objects, "core time an object, µs");
        figures.Add("peak_rss_gib", ProcessTime.PeakBytes() / (double)(1 << 30), "most memory while pressing, GiB (reach 1)");
        foreach (var (stage, took) in stages.Stop())
            figures.Add($"{stage}_seconds", took, $"  {stage}, s");
        return seconds;
    }

    private static void Torrents(ArchiveLayout layout, Figures figures)
    {
        var torrents = new DirectoryInfo(layout.Volumes).GetFiles("*.torrent").OrderByDescending(f => f.Length).ToList();
        figures.Add("largest_torrent_bytes", torrents[0].Length, $"largest torrent, bytes (reach {TorrentLint.LimitBytes:#,0})");
        figures.Add("torrent_bytes_per_object", torrents.Sum(f => f.Length) / figures["objects"], "bytes of torrent an object");
        // The largest, and some from all over.
        var tried = torrents.Take(Samples).Concat(Enumerable.Range(0, Samples).Select(i => torrents[i * torrents.Count / Samples])).Select(f => f.FullName).Distinct().ToList();
        if (!Has("python3", "libtorrent"))
            return;
        ProcessTime.Run("/usr/bin/python3", ["-c", Load, .. tried]);
        figures.Add("loaded_by_libtorrent", tried.Count, "torrents loaded by libtorrent with stock limits, the largest among them");
    }

    // The whole edition, of a catalogue that has little in it but the ranks: what a catalogue costs is measured by itself.
    private static void Published(ArchiveLayout layout, string root, Figures figures)
    {
        Console.Error.WriteLine("press: making the catalogue's search");
        MadeFiles.MakeMissing(layout.Catalogue("000001"), null, new StageClock(), CancellationToken.None);
        ForgetPeak();
        var stages = new StageClock();
        var before = ProcessTime.TreeSeconds();
        var watch = Stopwatch.StartNew();
        var report = Publish.Run(new PublishRequest(layout.Root), TimeProvider.System, stages, CancellationToken.None);
        var seconds = watch.Elapsed.TotalSeconds;
        figures.Add("publish_seconds", seconds, "from there to a signed edition, s");
        figures.Add("publish_objects_per_second", report.Recordings / seconds, "objects a second");
        figures.Add("publish_core_microseconds_per_object", (ProcessTime.TreeSeconds() - before) * 1e6 / report.Recordings, "core time an object, µs");
        figures.Add("publish_peak_rss_gib", ProcessTime.PeakBytes() / (double)(1 << 30), "most memory while publishing, GiB");
        var took = stages.Stop();
        foreach (var (stage, its) in took)
            figures.Add($"publish_{stage}_seconds", its, $"  {stage}, s");
        figures.Add("manifest_seconds", took.Single(t => t.Item1 == "sign").Item2, "all of the edition hashed, the manifest written and signed, s");
        figures.Add("manifest_bytes", new FileInfo(Path.Combine(report.Folder, Manifest.FileName)).Length, "manifest, bytes");
        figures.Add("list_bytes", new DirectoryInfo(Path.Combine(report.Folder, "volumes")).GetFiles().Sum(f => f.Length), "the volumes' lists, bytes");
        MirrorFigures.Add(layout, report, root, figures);
        Directory.Delete(report.Folder, recursive: true);
    }

    private static void Peers(string root, double ours, Figures figures)
    {
        Console.Error.WriteLine("press: making files for the peers");
        var folder = Directory.CreateDirectory(Path.Combine(root, "files")).FullName;
        var bytes = new byte[PeerFileBytes];
        var random = new Random(1);
        for (var i = 0; i < PeerFiles; i++)
        {
            random.NextBytes(bytes);
            File.WriteAllBytes(Path.Combine(folder, FormattableString.Invariant($"{i:d5}.opus")), bytes);
        }

        figures.Add("peer_files", PeerFiles, "real files of 3.49 MB for the peers, in the page cache");
        if (Toolbox.Find("mktorrent") is { } mktorrent)
            Peer("mktorrent", mktorrent, ["-l", "20", "-t", "2", "-o", Path.Combine(root, "peer.torrent"), folder]);
        if (Has("python3", "libtorrent"))
            Peer("libtorrent", "/usr/bin/python3", ["-c", Make, folder, root]);

        void Peer(string name, string program, string[] arguments)
        {
            var watch = Stopwatch.StartNew();
            ProcessTime.Run(program, arguments);
            var its = watch.Elapsed.TotalSeconds / PeerFiles;
            figures.Add($"{name}_milliseconds_per_file", its * 1000, $"{name}, two threads, a file, ms");
            figures.Add($"ratio_to_{name}", its / ours, $"its time a file over ours (reach 100)");
            figures.Add($"{name}_hours_for_300_tb", its * ArchiveBytes / PeerFileBytes / 3600, $"extrapolated: {name} over 300 TB that it can read as fast as from memory, h");
        }
    }

    private static bool Has(string program, string module)
    {
        try
        {
            ProcessTime.Run("/usr/bin/" + program, "-c", $"import {module}");
            return true;
        }
        catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            Console.Error.WriteLine($"press: {program} cannot import {module}: what needs it is left out");
            return false;
        }
    }

    // Making the ledger took more memory than pressing it will, and the C library keeps what SQLite had. Writing 5 there begins the peak anew (proc(5)).
    private static void ForgetPeak()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        if (!OperatingSystem.IsLinux())
            return;
        _ = Trim(0);
        File.WriteAllText("/proc/self/clear_refs", "5");
    }

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int Trim(nuint left);
}
