using System.Diagnostics;
using System.Globalization;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Deltas;
using Lacquer.Stages.Workbench;

namespace Lacquer.Benchmarks;

/// <summary>
/// Two editions of synthetic music, and how the catalogue of one becomes that of the next; scale 1 is a million tracks. What lies between them: <see cref="SyntheticUpdate"/>.
/// <list type="bullet">
/// <item><c>delta_ratio</c>: the delta over the new catalogue compressed as in an edition. <c>reharvest_delta_ratio</c>: the same, where the feed was harvested whole again with 1 % of its releases changed.</item>
/// <item><c>apply_tracks_per_second</c>: tracks over the time from the old <c>catalogue.sqlite</c> and the delta to the new one with look-ups and search, each flushed and found to be what the publisher has.
/// <c>patch_tracks_per_second</c>: <c>catalogue.sqlite</c> alone. <c>…_core_seconds</c>: what the cores spent on either.</item>
/// </list>
/// </summary>
internal static class UpdateCase
{
    public static int Run(BenchRequest request)
    {
        var tracks = (long)(request.ScaleOr(1) * 1_000_000);
        var root = Directory.CreateTempSubdirectory("lacquer-bench-").FullName;
        try
        {
            if (!Disk.HasRoom(root, tracks * 1200))
                return 14;
            var accessions = request.Keep ?? Path.Combine(root, "synthetic");
            if (SyntheticMusic.Read(accessions)?.Asked != tracks)
                BuiltCatalogue.Generate(tracks, accessions);
            var music = SyntheticMusic.Read(accessions) ?? throw new InvalidOperationException($"no synthetic music in {accessions}");
            Say("what becomes known later");
            var later = SyntheticUpdate.Write(accessions, music).ToArray();
            using var old = BuiltCatalogue.OfAccessions(accessions, [.. music.Sources, later[0]], music.Tracks);
            using var next = BuiltCatalogue.OfAccessions(accessions, [.. music.Sources, .. later[..3]], music.Tracks);
            var figures = new Figures("update");
            figures.Add("tracks", music.Tracks, "tracks, synthetic");
            figures.Add("recordings", next.Report.Totals.Recordings, "recordings they are of");
            figures.Add("listens_told", later[1].Records, "recordings whose listens are told anew");
            figures.Add("releases_retold", later[2].Records, "releases told anew, with their tracks");
            Measure(old, next, root, figures);
            Say("the feed harvested whole again");
            using var whole = BuiltCatalogue.OfAccessions(accessions, [.. music.Sources, later[0], later[3]], music.Tracks);
            var (delta, compressed) = (Path.Combine(root, "reharvest.delta"), Path.Combine(root, "reharvest.zst"));
            CatalogueDelta.Write(old.CatalogueFile, whole.CatalogueFile, delta, _ => { }, CancellationToken.None);
            CompressedFile.Write(whole.CatalogueFile, compressed, Environment.ProcessorCount, new Progress<StageProgress>(), CancellationToken.None);
            figures.Add("reharvest_delta_ratio", new FileInfo(delta).Length / (double)new FileInfo(compressed).Length, "the same, after the feed was harvested whole again with the same releases told anew");
            figures.Print();
            return 0;
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    private static void Measure(BuiltCatalogue old, BuiltCatalogue next, string root, Figures figures)
    {
        var tracks = (double)next.Tracks;
        var (delta, compressed) = (Path.Combine(root, "delta.zst"), Path.Combine(root, "catalogue.sqlite.zst"));
        Say("the delta");
        var watch = Stopwatch.StartNew();
        CatalogueDelta.Write(old.CatalogueFile, next.CatalogueFile, delta, _ => { }, CancellationToken.None);
        figures.Add("delta_seconds", watch.Elapsed.TotalSeconds, "writing the delta: s");
        Say("applying it");
        var folder = Directory.CreateDirectory(Path.Combine(root, "applied")).FullName;
        var made = Path.Combine(folder, CatalogueReader.CatalogueFileName);
        var cores = ProcessTime.TreeSeconds();
        watch.Restart();
        CatalogueDelta.Apply(old.CatalogueFile, delta, made, _ => { }, CancellationToken.None);
        Durable.FlushFile(made);
        var (patching, patchingCores) = (watch.Elapsed.TotalSeconds, ProcessTime.TreeSeconds() - cores);
        foreach (var (file, _) in MadeFormats.All)
            MadeFiles.Make(folder, file, null, new Progress<StageProgress>(), CancellationToken.None, path =>
            {
                if (DeltaEnd.Of(path) != DeltaEnd.Of(Path.Combine(next.Folder, file)))
                    throw new InvalidOperationException($"{file} is not what the publisher has");
            });
        var (all, allCores) = (watch.Elapsed.TotalSeconds, ProcessTime.TreeSeconds() - cores);
        figures.Add("peak_rss_gib", ProcessTime.PeakBytes() / (double)(1 << 30), "most memory, with building both catalogues, GiB");
        if (DeltaEnd.Of(made) != DeltaEnd.Of(next.CatalogueFile))
            throw new InvalidOperationException("the catalogue is not what the publisher has");
        Say("compressing as for an edition");
        watch.Restart();
        CompressedFile.Write(next.CatalogueFile, compressed, Environment.ProcessorCount, new Progress<StageProgress>(), CancellationToken.None);
        figures.Add("release_seconds", watch.Elapsed.TotalSeconds, "compressing the catalogue: s");
        figures.Add("release_bytes", new FileInfo(compressed).Length, "the catalogue compressed, bytes");
        figures.Add("delta_bytes", new FileInfo(delta).Length, "the delta, bytes");
        figures.Add("delta_ratio", new FileInfo(delta).Length / (double)new FileInfo(compressed).Length, "the delta over the catalogue compressed");
        figures.Add("patch_tracks_per_second", tracks / patching, "tracks/s, old catalogue and delta to new catalogue");
        figures.Add("apply_tracks_per_second", tracks / all, "tracks/s, with look-ups and search");
        figures.Add("patch_core_seconds", patchingCores, "core time of the catalogue alone: s");
        figures.Add("apply_core_seconds", allCores, "core time with look-ups and search: s");
    }

    private static void Say(string text) => Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"update: {text}"));
}
