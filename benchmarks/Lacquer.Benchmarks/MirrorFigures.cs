using System.Diagnostics;
using Lacquer.Formats.Archives;
using Lacquer.Formats.Editions;
using Lacquer.Formats.Ledgers;
using Lacquer.Stages.Mirroring;
using Lacquer.Stages.Publishing;
using Lacquer.Stages.Workbench;
using Microsoft.Data.Sqlite;

namespace Lacquer.Benchmarks;

/// <summary>
/// What a mirror of everything does with the map of an edition that changed nothing: the publisher's ledger is made to say what such a mirror's does.
/// </summary>
internal static class MirrorFigures
{
    public static void Add(ArchiveLayout layout, PublishReport edition, string root, Figures figures)
    {
        var path = Path.Combine(root, Holdings.FileName);
        CompressedFile.Unpack(Path.Combine(edition.Folder, Holdings.FileName + ".zst"), path);
        var manifest = Manifest.Read(File.ReadAllBytes(Path.Combine(edition.Folder, Manifest.FileName)), edition.Folder);
        using (var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = layout.Ledger, Pooling = false }.ToString()))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = $"PRAGMA synchronous=OFF; UPDATE rights SET evidence = NULL, policy = '{manifest.Archive}:' || policy";
            command.ExecuteNonQuery();
        }

        using var ledger = Ledger.Open(layout.Ledger, TimeProvider.System, "bench");
        var watch = Stopwatch.StartNew();
        using var held = HoldingsReader.Open(path, deletes: true);
        if (held.Licences().Count == 0)
            throw new InvalidOperationException("the map is empty");
        RightsPass.Run(ledger, manifest, held, manifest.Volumes.Select(v => v.Name), "bench", new Progress<StageProgress>(), CancellationToken.None);
        figures.Add("mirror_rows_per_second", figures["objects"] / watch.Elapsed.TotalSeconds, "rows a second, a mirror going through what an edition holds of as many objects, nothing changed");
    }
}
