using System.Diagnostics;
using System.Security.Cryptography;
using Lacquer.Formats.Accessions;
using Lacquer.Formats.Archives;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Ledgers;
using Lacquer.Stages.Cataloguing;
using Lacquer.Stages.Founding;
using Lacquer.Stages.Workbench;

namespace Lacquer.Benchmarks;

/// <summary>From an accession of synthetic music to a searchable catalogue: time, memory, size. Scale 1 is a million tracks.</summary>
internal static class CatalogueCase
{
    public static int Run(double scale)
    {
        var tracks = (long)(scale * 1_000_000);
        var folder = Directory.CreateTempSubdirectory("lacquer-bench-").FullName;
        try
        {
            NewArchive.Run(new NewArchiveRequest(folder, "bench"));
            var layout = new ArchiveLayout(folder);
            Accession(layout, tracks);

            var watch = Stopwatch.StartNew();
            var stage = "";
            var since = TimeSpan.Zero;
            var report = CatalogueBuild.Run(new CatalogueRequest(folder), TimeProvider.System, new Watch(what =>
            {
                if (what == stage)
                    return;
                if (stage.Length > 0)
                    Console.Error.WriteLine($"{stage}: {(watch.Elapsed - since).TotalSeconds:0.0} s");
                (stage, since) = (what, watch.Elapsed);
            }), CancellationToken.None);
            var seconds = watch.Elapsed.TotalSeconds;
            Console.Error.WriteLine($"{stage}: {(watch.Elapsed - since).TotalSeconds:0.0} s");

            var catalogue = new FileInfo(Path.Combine(layout.Catalogue(report.Name), CatalogueReader.CatalogueFileName)).Length;
            var search = new FileInfo(Path.Combine(layout.Catalogue(report.Name), CatalogueReader.SearchFileName)).Length;
            using var self = Process.GetCurrentProcess();
            var figures = new Figures("catalogue");
            figures.Add("tracks", tracks, "tracks, synthetic");
            figures.Add("recordings", report.Totals.Recordings, "recordings they are of");
            figures.Add("tracks_per_second", tracks / seconds, "tracks/s, accession to searchable catalogue");
            figures.Add("peak_rss_gib", self.PeakWorkingSet64 / (double)(1 << 30), "most memory, GiB");
            figures.Add("bytes_per_track", (catalogue + search) / (double)tracks, "bytes a track, catalogue and search");
            figures.Add("search_bytes_per_track", search / (double)tracks, "bytes a track, search alone");
            figures.Print();
            return 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Accession(ArchiveLayout layout, long tracks)
    {
        var path = layout.Accession("synthetic", 1);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        long records;
        using (var writer = AccessionWriter.Open(path, new AccessionHeader(1, "synthetic", AudioRecord.Adapter)))
        {
            records = new SyntheticMusic().Write(writer, tracks, done => Console.Error.Write($"\rgenerating {done} of {tracks} tracks"));
            writer.Finish();
        }

        Console.Error.WriteLine();
        using var file = File.OpenRead(path);
        using var ledger = Ledger.Open(layout.Ledger, TimeProvider.System, "bench");
        ledger.AddAccession(new AccessionRow(1, "synthetic", AudioRecord.Adapter, "/nowhere", records, file.Length, new Sha256Digest(SHA256.HashData(file))), []);
    }

    private sealed class Watch(Action<string> see) : IProgress<StageProgress>
    {
        public void Report(StageProgress value) => see(value.What);
    }
}
