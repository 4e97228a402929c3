using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Tables;
using Lacquer.Stages.Workbench;

namespace Lacquer.Stages.Exporting;

/// <summary>What to export.</summary>
/// <param name="Archive">The archive's folder.</param>
/// <param name="Folder">Where to: a folder that is new, empty or an earlier export, which is replaced.</param>
/// <param name="Catalogue">The catalogue's name; null: the newest.</param>
/// <param name="Tables">Which tables; null: all.</param>
public sealed record ExportRequest(string Archive, string Folder, string? Catalogue = null, IReadOnlyList<string>? Tables = null);

/// <summary>A table that was exported.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Path">Its file in the folder.</param>
/// <param name="Rows">How many rows it has.</param>
/// <param name="LengthBytes">The file's length.</param>
/// <param name="Sha256">The file's digest.</param>
public sealed record ExportedTable(string Name, string Path, long Rows, long LengthBytes, Sha256Digest Sha256);

/// <summary>What was exported.</summary>
/// <param name="Catalogue">The catalogue.</param>
/// <param name="Folder">The folder.</param>
/// <param name="Tables">The tables.</param>
/// <param name="LengthBytes">Bytes of all of them.</param>
public sealed record ExportReport(string Catalogue, string Folder, IReadOnlyList<ExportedTable> Tables, long LengthBytes);

/// <summary>
/// Writes the tables of a catalogue as Parquet files with a data package that describes them. Reads the catalogue alone; the same catalogue gives the same bytes.
/// The folder appears whole under its name; a killed run leaves <c>DIR.partial</c>, which the next removes.
/// </summary>
public static class Export
{
    /// <summary>Exports.</summary>
    /// <exception cref="LacquerException">The catalogue or one of the tables is not there, or the folder has what is not of an export.</exception>
    public static ExportReport Run(ExportRequest request, TimeProvider clock, IProgress<StageProgress> progress, CancellationToken stop)
    {
        using var archive = OpenArchive.ToRead(request.Archive, clock);
        var catalogue = request.Catalogue is { } name ? archive.Layout.Catalogue(name)
            : archive.Layout.NewestCatalogue() ?? throw new LacquerException(Failure.Missing, $"{archive.Layout.Root} has no catalogue yet", "lacquer catalogue builds one");
        var database = Path.Combine(catalogue, CatalogueReader.CatalogueFileName);
        if (!File.Exists(database))
            throw new LacquerException(Failure.Missing, $"{archive.Layout.Root} has no catalogue {request.Catalogue}", "lacquer status names the newest");
        MustBeFree(request.Folder);
        using var source = TableSource.Open(database);
        var tables = Choose(source, request.Tables);

        var staging = new StagingFolder(request.Folder);
        var resources = TableFiles.Write(source, tables, staging.Path, "", progress, stop);
        File.WriteAllBytes(staging[DataPackage.FileName], DataPackage.ToBytes($"{archive.Configuration.Name}-catalogue-{Path.GetFileName(catalogue)}",
            $"{archive.Configuration.Title}: catalogue {Path.GetFileName(catalogue)}", source.SourceNames(), resources));
        // Once more: much may have been put there since.
        MustBeFree(request.Folder);
        if (Directory.Exists(request.Folder))
            Directory.Delete(request.Folder, recursive: true);
        staging.Seal();
        return new ExportReport(Path.GetFileName(catalogue), request.Folder, resources.ConvertAll(r => new ExportedTable(r.Name, r.Path, r.Rows ?? 0, r.LengthBytes, r.Sha256)), resources.Sum(r => r.LengthBytes));
    }

    private static List<TableSchema> Choose(TableSource source, IReadOnlyList<string>? names)
    {
        if (names is null)
            return [.. source.Schemas];
        if (names.FirstOrDefault(n => source.Schemas.All(s => s.Name != n)) is { } unknown)
            throw new LacquerException(Failure.Usage, $"the catalogue has no table '{unknown}'", $"it has {string.Join(", ", source.Schemas.Select(s => s.Name))}");
        return source.Schemas.Where(s => names.Contains(s.Name)).ToList();
    }

    // What is replaced is removed whole: so nothing may lie there that an export did not put there.
    private static void MustBeFree(string folder)
    {
        if (File.Exists(folder))
            throw new LacquerException(Failure.Usage, $"{folder} is a file", "name a new folder");
        if (!Directory.Exists(Path.GetDirectoryName(folder)))
            throw new LacquerException(Failure.Missing, $"{folder} is in a folder that is not there", $"make {Path.GetDirectoryName(folder)} first");
        if (Directory.Exists(folder + Durable.Partial)
            && Directory.EnumerateFileSystemEntries(folder + Durable.Partial).Any(f => Path.GetFileName(f) != DataPackage.FileName && !f.EndsWith(".parquet", StringComparison.Ordinal)))
            throw new LacquerException(Failure.Refused, $"{folder + Durable.Partial} is no export that was left unfinished, and would be removed", "name another folder");
        if (!Directory.Exists(folder) || !Directory.EnumerateFileSystemEntries(folder).Any())
            return;
        var package = Path.Combine(folder, DataPackage.FileName);
        var ours = File.Exists(package) ? DataPackage.PathsOf(File.ReadAllBytes(package)) : null;
        if (ours is null || Directory.EnumerateFileSystemEntries(folder).Select(Path.GetFileName).FirstOrDefault(f => f != DataPackage.FileName && !ours.Contains(f)) is not null)
            throw new LacquerException(Failure.Refused, $"{folder} has files that are no export's", "name a new folder; an export replaces nothing but an export");
    }
}
