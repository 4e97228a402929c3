using System.Globalization;
using System.Text;
using Lacquer.Formats.Archives;
using Lacquer.Formats.Editions;
using Lacquer.Formats.Ledgers;
using Lacquer.Stages.Pressing;
using Lacquer.Stages.Publishing;
using Lacquer.Stages.Workbench;
using Lacquer.Tests.Studio;
using Microsoft.Data.Sqlite;
using Xunit;

namespace Lacquer.Tests.Pressing;

/// <summary>Pressing and publishing of more than is held in memory at once, and from what is damaged.</summary>
public sealed class PartsTests : IDisposable
{
    private const int Few = 3;

    private readonly SmallArchive _archive = new();
    private readonly Scratch _scratch = new();

    public PartsTests()
    {
        using (var key = MinisignKey.Create())
            File.WriteAllText(_archive.Layout.SigningKey, key.SecretFileText());
        File.WriteAllText(_archive.Layout.Configuration, File.ReadAllText(_archive.Layout.Configuration).Replace("volume_files = 20000", "volume_files = 11", StringComparison.Ordinal));
        _archive.Catalogue("000001", [.. Enumerable.Range(0, 60).Select(Recording)]);
        foreach (var number in Enumerable.Range(0, 60).OrderBy(n => n * 37 % 60))
            _archive.Keep(Recording(number), Encoding.ASCII.GetBytes($"audio {Math.Min(number, 57)}"), number % 2 == 0 ? "opus" : "ogg", number % 7 == 3 ? SmallArchive.Dark : SmallArchive.Free);
    }

    [Fact]
    public void What_is_taken_in_parts_comes_out_the_same()
    {
        var whole = Copy("whole");
        Same(whole);
        Assert.Equal(5, _archive.Ledger.Volumes().Count);

        // One of the first volume is cleared no more, and two recordings are unknown to the next catalogue.
        _archive.Catalogue("000002", [.. Enumerable.Range(0, 57).Select(Recording), Recording(59)]);
        Scratch.Copy(_archive.Layout.Catalogue("000002"), whole.Catalogue("000002"));
        foreach (var layout in new[] { whole, _archive.Layout })
            using (var ledger = Ledger.Open(layout.Ledger, TimeProvider.System, "test"))
                ledger.SetRights(Recording(0).Id, SmallArchive.Dark);
        var first = _archive.Ledger.Volumes()[0].Name;
        Assert.Equal([first], Publish(whole, null).LeftOut);
        Assert.Equal([first], Publish(_archive.Layout, Few).LeftOut);
        var held = Told(_archive.Layout);
        Assert.Equal(Told(whole), held);
        Assert.Equal(new[] { Recording(57), Recording(58) }.Select(r => Convert.ToHexStringLower(r.Id.ToArray())).Order(StringComparer.Ordinal), held.Where(row => row.Rank == 0).Select(row => row.Recording));

        // More is cleared; what stands in a volume does not come again.
        foreach (var layout in new[] { whole, _archive.Layout })
            using (var ledger = Ledger.Open(layout.Ledger, TimeProvider.System, "test"))
                ledger.SetRights(Recording(10).Id, SmallArchive.Free);
        Assert.Contains(_archive.Ledger.Holding(Recording(10).Id)!.Object.Root.ToString(), Same(whole).Select(row => row.Object));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Torrents_that_were_sealed_and_are_gone_or_damaged_are_put_together_from_the_ledger(bool gone)
    {
        var whole = Copy("sealed");
        Assert.Equal(Press(whole, null), Press(_archive.Layout, null));
        foreach (var torrent in Directory.EnumerateFiles(_archive.Layout.Volumes, "*.torrent").ToList())
            if (gone)
                File.Delete(torrent);
            else
                File.WriteAllBytes(torrent, [.. File.ReadAllBytes(torrent).Select((b, i) => i == 300 ? (byte)~b : b)]);
        Publish(whole, null);
        Publish(_archive.Layout, null);
        Assert.Equal(Files(whole), Files(_archive.Layout));
        Assert.Equal(Told(whole), Told(_archive.Layout));
    }

    public void Dispose()
    {
        _scratch.Dispose();
        _archive.Dispose();
    }

    private List<(long Rank, string Recording, string Object, string Facts)> Same(ArchiveLayout whole)
    {
        Assert.Equal(Press(whole, null), Press(_archive.Layout, Few));
        Assert.True(Publish(whole, null).IsNew);
        Assert.True(Publish(_archive.Layout, Few).IsNew);
        Assert.Equal(Files(whole), Files(_archive.Layout));
        var held = Told(_archive.Layout);
        Assert.Equal(Told(whole), held);
        return held;
    }

    private ArchiveLayout Copy(string name)
    {
        Scratch.Copy(_archive.Folder, _scratch[name]);
        return new ArchiveLayout(_scratch[name]);
    }

    private static IReadOnlyList<string> Press(ArchiveLayout layout, int? keys)
    {
        var report = Stages.Pressing.Press.RunAsync(new PressRequest(layout.Root, KeysInMemory: keys), TimeProvider.System, new Progress<StageProgress>(), CancellationToken.None).GetAwaiter().GetResult();
        Assert.Empty(Directory.EnumerateFileSystemEntries(layout.Work));
        return report.Pressed;
    }

    private static PublishReport Publish(ArchiveLayout layout, int? keys)
    {
        var report = Stages.Publishing.Publish.Run(new PublishRequest(layout.Root, keys), TimeProvider.System, new Progress<StageProgress>(), CancellationToken.None);
        Assert.Empty(Directory.EnumerateFileSystemEntries(layout.Work));
        return report;
    }

    // Torrents, the volumes' lists and holdings of the newest edition.
    private static List<string> Files(ArchiveLayout layout) =>
        [.. Manifest.Read(File.ReadAllBytes(Path.Combine(layout.NewestEdition()!, Manifest.FileName)), "manifest").Files.Where(f => f.Path.StartsWith("torrents/", StringComparison.Ordinal) || f.Path.StartsWith("volumes/", StringComparison.Ordinal) || f.Path.StartsWith("holdings", StringComparison.Ordinal)).Select(f => f.ToString())];

    // The rows of the newest edition's holdings: rank, or 0, recording, object and all else.
    private List<(long Rank, string Recording, string Object, string Facts)> Told(ArchiveLayout layout)
    {
        CompressedFile.Unpack(Path.Combine(layout.NewestEdition()!, Holdings.FileName + ".zst"), _scratch["holdings"]);
        using var connection = new SqliteConnection($"Data Source={_scratch["holdings"]};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        const string Facts = "h.extension || ' ' || v.name || ' ' || file || ' ' || file_v1 || ' ' || \"offset\" || ' ' || h.name || ' ' || length || ' ' || tier || ' ' || ifnull(duration_ms, '') || ' ' || licence || ' ' || reason || ' ' || policy";
        command.CommandText = $"SELECT 0, lower(hex(eid)), lower(hex(object)), {Facts} FROM merged h JOIN volume v ON v.id = h.volume UNION ALL SELECT recording, lower(hex(eid)), lower(hex(object)), {Facts} FROM holding h JOIN volume v ON v.id = h.volume";
        using var row = command.ExecuteReader();
        var rows = new List<(long, string, string, string)>();
        while (row.Read())
            rows.Add((row.GetInt64(0), row.GetString(1), row.GetString(2), row.GetString(3)));
        return rows;
    }

    private static SmallRecording Recording(int number) => new(string.Create(CultureInfo.InvariantCulture, $"song {number}"), "Ada Lark", 10_000 - number, "Day", number + 1);
}
