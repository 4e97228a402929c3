using System.Diagnostics;
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
    public static int Run(BenchRequest request)
    {
        var tracks = (long)(request.ScaleOr(1) * 1_000_000);
        var folder = Directory.CreateTempSubdirectory("lacquer-bench-").FullName;
        try
        {
            NewArchive.Run(new NewArchiveRequest(folder, "bench"));
            var layout = new ArchiveLayout(folder);
            tracks = Accessions(layout, request.Keep ?? Path.Combine(folder, "synthetic"), tracks);

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

    /// <summary>Puts generated accessions into the archive by links, as they may be kept for another run; gives how many tracks they have.</summary>
    private static long Accessions(ArchiveLayout layout, string from, long tracks)
    {
        var set = SyntheticMusic.Write(from, tracks, done => Console.Error.Write($"\rgenerating {done} of {tracks} tracks"));
        Console.Error.WriteLine();
        using var ledger = Ledger.Open(layout.Ledger, TimeProvider.System, "bench");
        foreach (var source in set.Sources)
        {
            var path = layout.Accession(source.Name, source.Number);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.CreateSymbolicLink(path, source.Accession(from));
            ledger.AddAccession(new AccessionRow(source.Number, source.Name, source.Adapter, "/nowhere", source.Records, source.LengthBytes, Sha256Digest.Parse(source.Sha256)), []);
        }

        return set.Tracks;
    }

    private sealed class Watch(Action<string> see) : IProgress<StageProgress>
    {
        public void Report(StageProgress value) => see(value.What);
    }
}
