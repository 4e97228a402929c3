using System.Diagnostics;
using Lacquer.Formats.Archives;
using Lacquer.Formats.Editions;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Ledgers;
using Lacquer.Stages.Mirroring;
using Lacquer.Stages.Workbench;
using Microsoft.Data.Sqlite;

namespace Lacquer.Benchmarks;

/// <summary>
/// What a mirror of everything does with the map of an edition that changed nothing: the pressed synthetic ledger is taken for the mirror's, as if all were fetched, and the map is written from it.
/// </summary>
internal static class MirrorFigures
{
    private const string Archive = "bench";

    // By the place of the record that a recording is from, which ascends with its rank.
    private const string Rows = """
        SELECT j.recording, j.object, o.extension, o.length, o.tier, r.licence, r.reason, f.volume, f.idx, f.name
        FROM job j JOIN object o ON o.root = j.object JOIN rights r ON r.recording = j.recording JOIN volume_file f ON f.object = j.object ORDER BY j."offset"
        """;

    public static void Add(ArchiveLayout layout, string root, Figures figures)
    {
        var path = Path.Combine(root, Holdings.FileName);
        var manifest = Write(layout, path);
        using var ledger = Ledger.Open(layout.Ledger, TimeProvider.System, Archive);
        var watch = Stopwatch.StartNew();
        using var held = HoldingsReader.Open(path, deletes: true);
        if (held.Licences().Count == 0)
            throw new InvalidOperationException("the map is empty");
        RightsPass.Run(ledger, manifest, held, manifest.Volumes.Select(v => v.Name), Archive, new Progress<StageProgress>(), CancellationToken.None);
        figures.Add("mirror_rows_per_second", figures["objects"] / watch.Elapsed.TotalSeconds, "rows a second, a mirror going through what an edition holds of as many objects, nothing changed");
    }

    private static Manifest Write(ArchiveLayout layout, string path)
    {
        using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = layout.Ledger, Pooling = false }.ToString());
        connection.Open();
        using var command = connection.CreateCommand();
        // As a mirror has it.
        command.CommandText = $"PRAGMA synchronous=OFF; UPDATE rights SET evidence = NULL, policy = '{Archive}:1'";
        command.ExecuteNonQuery();
        using var ledger = Ledger.Open(layout.Ledger, TimeProvider.System, Archive, readOnly: true);
        var volumes = ledger.Volumes().ToDictionary(v => v.Number, v => new ManifestVolume(v.Name, v.Stage, v.InfoHashV1, v.InfoHashV2, v.Files, v.LengthBytes));
        command.CommandText = Rows;
        using var row = command.ExecuteReader();
        Holdings.Write(path, [.. volumes.Values], [], Held());
        return new Manifest(Archive, Archive, "000001", "000001", 1 << 20, null, [], [], [.. volumes.Values]);

        IEnumerable<HeldRecording> Held()
        {
            for (var rank = 1; row.Read(); rank++)
                yield return new HeldRecording(rank, new EntityId(EntityKind.Recording, row.GetFieldValue<byte[]>(0)), new PiecesRoot(new Sha256Digest(row.GetFieldValue<byte[]>(1))), row.GetString(2), volumes[row.GetInt32(7)].Name,
                    row.GetInt32(8), 2 * row.GetInt32(8), (long)row.GetInt32(8) << 22, row.GetString(9), row.GetInt64(3), row.GetString(4), 200_000, row.GetString(5), row.GetString(6), "1");
        }
    }
}
