using System.Diagnostics;
using System.Globalization;
using Lacquer.Formats.Archives;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Ledgers;
using Lacquer.Stages.Cataloguing;
using Lacquer.Stages.Founding;
using Lacquer.Stages.Workbench;

namespace Lacquer.Benchmarks;

/// <summary>A catalogue made in an archive in a temporary folder, and what making it took. The folder goes when this is disposed of.</summary>
internal sealed class BuiltCatalogue : IDisposable
{
    // Accessions, what the build stages and what it writes, bytes a track; the largest of these is guessed generously.
    private const long BuildBytesATrack = 450;

    private readonly string _root;

    private BuiltCatalogue(string root, string accessions, IReadOnlyList<SyntheticSource> sources, long tracks, long? memoryBytes = null)
    {
        (_root, AccessionFolder, Sources, Tracks) = (root, accessions, sources, tracks);
        var archive = Path.Combine(root, "archive");
        var layout = new ArchiveLayout(archive);
        NewArchive.Run(new NewArchiveRequest(archive, "bench"));
        using (var ledger = Ledger.Open(layout.Ledger, TimeProvider.System, "bench"))
        {
            foreach (var source in sources)
            {
                // A link, as the accession may be kept for another run.
                var path = layout.Accession(source.Name, source.Number);
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                File.CreateSymbolicLink(path, source.Accession(accessions));
                ledger.AddAccession(new AccessionRow(source.Number, source.Name, source.Adapter, "/nowhere", source.Records, source.LengthBytes, Sha256Digest.Parse(source.Sha256)), []);
            }
        }

        var stages = new StageClock();
        var watch = Stopwatch.StartNew();
        using (var memory = new AnonymousMemory())
        {
            Report = CatalogueBuild.Run(new CatalogueRequest(archive, memoryBytes), TimeProvider.System, stages, CancellationToken.None);
            Seconds = watch.Elapsed.TotalSeconds;
            PeakAnonymousGib = memory.PeakBytes() / (double)(1 << 30);
        }

        Stages = stages.Stop();
        using (var self = Process.GetCurrentProcess())
            PeakGib = self.PeakWorkingSet64 / (double)(1 << 30);
        Folder = layout.Catalogue(Report.Name);
        foreach (var (stage, seconds) in Stages)
            Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{stage}: {seconds:0.0} s, {100 * seconds / Seconds:0} %"));
        foreach (var finding in Report.Findings.Take(5))
            Console.Error.WriteLine($"set aside: {finding}");
    }

    /// <summary>The catalogue's folder.</summary>
    public string Folder { get; }

    /// <summary>Where there is room for more files that go in the end.</summary>
    public string Scratch => _root;

    /// <summary>Where accessions and truth are.</summary>
    public string AccessionFolder { get; }

    public IReadOnlyList<SyntheticSource> Sources { get; }

    /// <summary>Tracks in the accessions.</summary>
    public long Tracks { get; }

    public CatalogueReport Report { get; }

    public double Seconds { get; }

    /// <summary>Seconds of each stage in the order they began; where two run side by side, time is his who spoke last.</summary>
    public IReadOnlyList<(string Stage, double Seconds)> Stages { get; }

    /// <summary>The most memory that the process had until the catalogue was there; the synthetic music is made by another.</summary>
    public double PeakGib { get; }

    /// <summary>Of this what is not of a file: what the system could not write out.</summary>
    public double PeakAnonymousGib { get; }

    public string CatalogueFile => Path.Combine(Folder, CatalogueReader.CatalogueFileName);

    public string LookupsFile => Path.Combine(Folder, CatalogueReader.LookupsFileName);

    public string SearchFile => Path.Combine(Folder, CatalogueReader.SearchFileName);

    /// <summary>Generates synthetic music and makes a catalogue of it; null where the disk is too small.</summary>
    public static BuiltCatalogue? OfSynthetic(long tracks, string? keep, long? memoryBytes = null)
    {
        var root = Directory.CreateTempSubdirectory("lacquer-bench-").FullName;
        try
        {
            var accessions = keep ?? Path.Combine(root, "synthetic");
            var there = SyntheticMusic.Read(accessions)?.Asked == tracks;
            if (!Disk.HasRoom(root, tracks * BuildBytesATrack) || (!there && !Disk.HasRoom(accessions, SyntheticMusic.ExpectedBytes(tracks))))
            {
                Directory.Delete(root, recursive: true);
                return null;
            }

            if (!there)
                Generate(tracks, accessions);
            var set = SyntheticMusic.Read(accessions) ?? throw new InvalidOperationException($"no synthetic music in {accessions}");
            return new BuiltCatalogue(root, accessions, set.Sources, set.Tracks, memoryBytes);
        }
        catch
        {
            Directory.Delete(root, recursive: true);
            throw;
        }
    }

    /// <summary>Makes a catalogue of accessions that a function writes into a folder.</summary>
    /// <param name="write">Writes them.</param>
    /// <param name="folder">Where they are already; otherwise a temporary one.</param>
    public static BuiltCatalogue Of(Func<string, (IReadOnlyList<SyntheticSource> Sources, long Tracks)> write, string? folder = null)
    {
        var root = Directory.CreateTempSubdirectory("lacquer-bench-").FullName;
        try
        {
            var accessions = folder ?? Directory.CreateDirectory(Path.Combine(root, "synthetic")).FullName;
            var (sources, tracks) = write(accessions);
            return new BuiltCatalogue(root, accessions, sources, tracks);
        }
        catch
        {
            Directory.Delete(root, recursive: true);
            throw;
        }
    }

    /// <summary>Makes a catalogue of accessions that are there already.</summary>
    public static BuiltCatalogue OfAccessions(string accessions, IReadOnlyList<SyntheticSource> sources, long tracks) =>
        new(Directory.CreateTempSubdirectory("lacquer-bench-").FullName, accessions, sources, tracks);

    public void Dispose() => Directory.Delete(_root, recursive: true);

    /// <summary>Generates synthetic music by another process, so that its memory is not taken for the build's.</summary>
    public static void Generate(long tracks, string folder)
    {
        var program = Environment.ProcessPath!;
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(program) == "dotnet")
            start.ArgumentList.Add(Environment.GetCommandLineArgs()[0]);
        foreach (var argument in new[] { "generate", "--scale", (tracks / 1e6).ToString("R", CultureInfo.InvariantCulture), "--keep", folder })
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"generating ended with {process.ExitCode}");
    }
}
