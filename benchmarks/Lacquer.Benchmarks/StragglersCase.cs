using System.Globalization;
using System.Security.Cryptography;
using Lacquer.Formats.Archives;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Ledgers;
using Lacquer.Stages.Pressing;
using Lacquer.Stages.Workbench;
using Microsoft.Data.Sqlite;

namespace Lacquer.Benchmarks;

/// <summary>
/// Ten years of monthly editions: an archive of 100 volumes of 200 files, to which half a percent comes every month, from all ranks alike. Pressed once as the configuration says by default, and once with nothing that waits. A volume is small that has less
/// than a quarter of the files that it might have.
/// </summary>
internal static class StragglersCase
{
    private const int Months = 120;
    private const int VolumeFiles = 200;
    private const double AtFirst = 20_000;
    private const double EachMonth = 0.005;

    public static int Run(BenchRequest request)
    {
        var figures = new Figures("stragglers");
        var first = (int)(AtFirst * request.ScaleOr(1));
        figures.Add("files_at_first", first, "files at first");
        Simulate("wait_editions = 6", "gathered", first, figures);
        Simulate("wait_editions = 0", "at_once", first, figures);
        figures.Print();
        return 0;
    }

    private static void Simulate(string policy, string name, int first, Figures figures)
    {
        var root = Directory.CreateTempSubdirectory("lacquer-bench-").FullName;
        try
        {
            var all = (int)(first * (1 + EachMonth * Months));
            var layout = SyntheticLedger.Make(Path.Combine(root, "archive"), all);
            File.WriteAllText(layout.Configuration, File.ReadAllText(layout.Configuration)
                .Replace("volume_files = 20000", string.Create(CultureInfo.InvariantCulture, $"volume_files = {VolumeFiles}"), StringComparison.Ordinal).Replace("wait_editions = 6", policy, StringComparison.Ordinal));
            var (longest, waited) = (0, 0);
            for (var month = 0; month <= Months; month++)
            {
                Clear(layout, first + (all - first) * month / Months);
                var report = Press.RunAsync(new PressRequest(layout.Root), TimeProvider.System, new Progress<StageProgress>(), CancellationToken.None).GetAwaiter().GetResult();
                waited = report.Waiting > 0 ? waited + 1 : 0;
                longest = Math.Max(longest, waited);
                using var ledger = Ledger.Open(layout.Ledger, TimeProvider.System, "bench");
                ledger.AddEdition(new EditionRow(month + 1, (month + 1).ToString("D6", CultureInfo.InvariantCulture), "000001", new Sha256Digest(SHA256.HashData(BitConverter.GetBytes(month)))));
            }

            using var done = Ledger.Open(layout.Ledger, TimeProvider.System, "bench", readOnly: true);
            var volumes = done.Volumes();
            var small = volumes.Where(v => v.Files < VolumeFiles / 4).ToList();
            figures.Add($"{name}_volumes", volumes.Count, $"{name}: volumes after ten years");
            figures.Add($"{name}_mean_files", volumes.Average(v => v.Files), $"{name}: mean files a volume, of {VolumeFiles}");
            figures.Add($"{name}_small_share", small.Count / (double)volumes.Count, $"{name}: share of volumes below a quarter");
            figures.Add($"{name}_small_files_share", small.Sum(v => v.Files) / (double)volumes.Sum(v => v.Files), $"{name}: share of files in them");
            figures.Add($"{name}_longest_wait_editions", longest, $"{name}: longest wait, editions");
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    // Ids are hashes, so those that sort first are a sample of all ranks. The others are not cleared yet.
    private static void Clear(ArchiveLayout layout, int cleared)
    {
        using var ledger = new SqliteConnection($"Data Source={layout.Ledger};Pooling=False");
        ledger.Open();
        using var command = ledger.CreateCommand();
        command.CommandText = string.Create(CultureInfo.InvariantCulture, $"UPDATE rights SET publish = recording < coalesce((SELECT recording FROM rights ORDER BY recording LIMIT 1 OFFSET {cleared}), x'ffffffffffffffffffffff')");
        command.ExecuteNonQuery();
    }
}
