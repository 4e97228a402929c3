using System.Security.Cryptography;
using Lacquer.Formats.Archives;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Deltas;
using Lacquer.Formats.Editions;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Tables;
using Lacquer.Stages.Workbench;

namespace Lacquer.Stages.Mirroring;

/// <summary>
/// The files of an edition's folder in a mirror: each fetched, or taken from the edition before, or made again from what the mirror has, and held against the signed manifest before it gets its name. What can be made: the compressed catalogue and
/// the tables, as they follow from the databases. A killed run has what was whole.
/// </summary>
internal sealed class EditionFiles(ArchiveLayout layout, EditionOrigin origin, Manifest manifest, string folder, IProgress<StageProgress> progress, CancellationToken stop)
{
    private const string TablesFolder = "tables/";
    private const string PackedCatalogue = CatalogueReader.CatalogueFileName + ".zst";
    private const string PackedHoldings = Holdings.FileName + ".zst";

    private readonly long _total = manifest.Files.Sum(file => file.LengthBytes);
    private readonly Lazy<IReadOnlyList<ManifestFile>> _before = new(() => Before(layout));
    private long _done;

    /// <summary>Bytes that came from the origin.</summary>
    public long FetchedBytes { get; private set; }

    /// <summary>Bytes of files that were made or here before instead.</summary>
    public long MadeBytes { get; private set; }

    /// <summary>Why the catalogue was fetched whole, though the edition says what changed; null otherwise.</summary>
    public string? DeltaRefused { get; private set; }

    /// <summary>Where deltas are applied; there while they are.</summary>
    public static string DeltaFolder(ArchiveLayout layout) => Path.Combine(layout.Work, "deltas");

    /// <summary>Where tables are made; there while they are.</summary>
    public static string TableFolder(ArchiveLayout layout) => Path.Combine(layout.Work, "tables");

    /// <summary>Fetches what cannot be made.</summary>
    public async Task FetchAsync()
    {
        foreach (var file in manifest.Files.Where(file => !CanBeMade(file)))
            if (!TryReuse(file))
                await FetchAsync(file).ConfigureAwait(false);
    }

    /// <summary>Writes <c>catalogue.sqlite</c>: the one that the mirror has, changed by deltas, or the edition's, unpacked.</summary>
    /// <param name="path">Where to.</param>
    /// <exception cref="LacquerException">It is not what the manifest says.</exception>
    public async Task CatalogueAsync(string path)
    {
        var catalogues = Directory.Exists(layout.Catalogues) ? Directory.GetDirectories(layout.Catalogues).Select(known => Path.Combine(known, CatalogueReader.CatalogueFileName)).ToList() : [];
        var chain = new DeltaChain(origin, manifest, catalogues, layout.Edition, folder, DeltaFolder(layout), progress, stop);
        if (await chain.TryMakeAsync(path, bytes => FetchedBytes += bytes).ConfigureAwait(false))
            return;
        DeltaRefused = chain.Refused;
        await FetchAsync(manifest.Files.FirstOrDefault(file => file.Path == PackedCatalogue)
            ?? throw new LacquerException(Failure.Damaged, $"the edition at {origin.Address} has no {PackedCatalogue}", "ask its publisher")).ConfigureAwait(false);
        CompressedFile.Unpack(Path.Combine(folder, PackedCatalogue), path);
        if (manifest.CatalogueFile is { } signed && DeltaEnd.Of(path) != signed)
            throw new LacquerException(Failure.Untrusted, $"{PackedCatalogue} at {origin.Address} unpacks to other bytes than the signed manifest says", "ask its publisher");
    }

    /// <summary>Makes what is left, and fetches what comes out otherwise. From a folder all is copied, which is sooner done.</summary>
    /// <param name="catalogue">The catalogue's folder.</param>
    public async Task CompleteAsync(string catalogue)
    {
        foreach (var file in Missing().ToList())
            TryReuse(file);
        if (!origin.IsFolder)
        {
            if (Missing().Any(file => file.Path == PackedCatalogue))
                MakePacked(Path.Combine(catalogue, CatalogueReader.CatalogueFileName));
            if (Missing().Any(file => file.Path.StartsWith(TablesFolder, StringComparison.Ordinal)))
                MakeTables(Path.Combine(catalogue, CatalogueReader.CatalogueFileName));
        }

        foreach (var file in Missing().ToList())
            await FetchAsync(file).ConfigureAwait(false);
    }

    private static bool CanBeMade(ManifestFile file) =>
        file.Path == PackedCatalogue || (file.Path.StartsWith(TablesFolder, StringComparison.Ordinal) && file.Path.EndsWith(".parquet", StringComparison.Ordinal));

    private IEnumerable<ManifestFile> Missing() => manifest.Files.Where(file => CanBeMade(file) && !Is(Path.Combine(folder, file.Path), file));

    private void MakePacked(string catalogue)
    {
        var partial = Path.Combine(folder, PackedCatalogue + Durable.Partial);
        File.Delete(partial);
        CompressedFile.Write(catalogue, partial, Environment.ProcessorCount, progress, stop);
        Take(partial, manifest.Files.First(file => file.Path == PackedCatalogue));
    }

    private void MakeTables(string catalogue)
    {
        var work = TableFolder(layout);
        if (Directory.Exists(work))
            Directory.Delete(work, recursive: true);
        Directory.CreateDirectory(work);
        try
        {
            var holdings = Path.Combine(work, Holdings.FileName);
            CompressedFile.Unpack(Path.Combine(folder, PackedHoldings), holdings);
            var missing = Missing().Select(file => file.Path).ToHashSet(StringComparer.Ordinal);
            foreach (var database in new[] { catalogue, holdings })
            {
                using var source = TableSource.Open(database);
                TableFiles.Write(source, [.. source.Schemas.Where(schema => missing.Contains(TablesFolder + DataPackage.FileOf(schema.Name)))], work, TablesFolder, progress, stop);
            }

            foreach (var file in manifest.Files.Where(file => missing.Contains(file.Path) && File.Exists(Path.Combine(work, file.Path))))
                Take(Path.Combine(work, file.Path), file);
        }
        finally
        {
            Directory.Delete(work, recursive: true);
        }
    }

    // Gives a file that was made its name if it is what was signed.
    private void Take(string made, ManifestFile file)
    {
        var path = Path.Combine(folder, file.Path);
        if (!Is(made, file))
        {
            File.Delete(made);
            return;
        }

        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        Durable.FlushFile(made);
        Durable.Rename(made, path);
        MadeBytes += file.LengthBytes;
        Done(file);
    }

    // What the edition before has too, nobody writes to any more.
    private bool TryReuse(ManifestFile file)
    {
        var path = Path.Combine(folder, file.Path);
        var same = Path.Combine(layout.NewestEdition() ?? "", file.Path);
        if (File.Exists(path) || !_before.Value.Contains(file) || !Is(same, file))
            return false;
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        Durable.HardLink(same, path);
        MadeBytes += file.LengthBytes;
        Done(file);
        return true;
    }

    private static IReadOnlyList<ManifestFile> Before(ArchiveLayout layout) => layout.NewestEdition() is { } newest && Path.Combine(newest, Manifest.FileName) is var manifest && File.Exists(manifest)
        ? Manifest.Read(File.ReadAllBytes(manifest), manifest).Files : [];

    private async Task FetchAsync(ManifestFile file)
    {
        var path = Path.Combine(folder, file.Path);
        if (!Is(path, file))
        {
            await FetchAsync(origin, file, file.Path, path, stop).ConfigureAwait(false);
            FetchedBytes += file.LengthBytes;
        }

        Done(file);
    }

    private void Done(ManifestFile file) => progress.Report(new StageProgress("fetch edition", _done += file.LengthBytes, _total, IsBytes: true));

    /// <summary>Fetches a file and gives it its name if it is what was signed.</summary>
    /// <param name="origin">Where it is.</param>
    /// <param name="file">What it must be.</param>
    /// <param name="from">Its path from the origin's edition.</param>
    /// <param name="to">Its name here.</param>
    /// <param name="stop">Ends it.</param>
    /// <exception cref="LacquerException">It is not.</exception>
    public static async Task FetchAsync(EditionOrigin origin, ManifestFile file, string from, string to, CancellationToken stop)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(to)!);
        var partial = to + Durable.Partial;
        await using (var target = new FileStream(partial, FileMode.Create, FileAccess.ReadWrite))
        {
            await origin.CopyAsync(from, 0, file.LengthBytes, file.LengthBytes, (bytes, _) => target.WriteAsync(bytes, stop), stop).ConfigureAwait(false);
            target.Flush(flushToDisk: true);
        }

        if (!Is(partial, file))
        {
            File.Delete(partial);
            throw new LacquerException(Failure.Untrusted, $"{from} at {origin.Address} is not what the signed manifest says", "the origin is damaged; try another mirror");
        }

        Durable.Rename(partial, to);
    }

    private static bool Is(string path, ManifestFile file)
    {
        if (!File.Exists(path))
            return false;
        using var stream = File.OpenRead(path);
        return stream.Length == file.LengthBytes && new Sha256Digest(SHA256.HashData(stream)) == file.Sha256;
    }
}
