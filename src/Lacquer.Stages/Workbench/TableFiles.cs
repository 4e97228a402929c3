using System.Security.Cryptography;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Tables;

namespace Lacquer.Stages.Workbench;

/// <summary>Writes tables of a database as Parquet files into a folder that appears whole.</summary>
public static class TableFiles
{
    /// <summary>Writes these tables, a file each.</summary>
    /// <param name="source">The database.</param>
    /// <param name="tables">Which of its tables.</param>
    /// <param name="folder">Where <c>datapackage.json</c> will lie.</param>
    /// <param name="subfolder">Where in it the tables go: empty, or with a <c>/</c> behind it.</param>
    /// <param name="progress">Is told how many rows there are so far.</param>
    /// <param name="stop">Ends it early.</param>
    public static List<DataResource> Write(TableSource source, IReadOnlyList<TableSchema> tables, string folder, string subfolder, IProgress<StageProgress> progress, CancellationToken stop)
    {
        Directory.CreateDirectory(Path.Combine(folder, subfolder));
        var resources = new List<DataResource>();
        foreach (var table in tables)
        {
            stop.ThrowIfCancellationRequested();
            var path = subfolder + DataPackage.FileOf(table.Name);
            using var file = new FileStream(Path.Combine(folder, path), FileMode.CreateNew, FileAccess.ReadWrite);
            progress.Report(new StageProgress("table " + table.Name, 0, 0));
            var rows = source.WriteParquet(table, file, done => progress.Report(new StageProgress("table " + table.Name, done, 0)), stop);
            resources.Add(Describe(table.Name, path, file, "parquet", DataPackage.ParquetMediaType) with { Schema = table, Rows = rows });
        }

        return resources;
    }

    /// <summary>Describes a file that is there already.</summary>
    public static DataResource Describe(string folder, string path, string format, string mediaType, string description)
    {
        using var file = File.OpenRead(Path.Combine(folder, path));
        return Describe(path, path, file, format, mediaType) with { Description = description };
    }

    private static DataResource Describe(string name, string path, FileStream file, string format, string mediaType)
    {
        file.Position = 0;
        return new DataResource(name, path, format, mediaType, file.Length, new Sha256Digest(SHA256.HashData(file)));
    }
}
