using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Ledgers;
using Lacquer.Formats.Objects;
using Lacquer.Formats.Torrents;
using Lacquer.Formats.Volumes;
using Lacquer.Stages.Pressing;
using Lacquer.Stages.Workbench;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Pressing;

/// <summary>What is pressed into which volume, and when.</summary>
public sealed class PressTests
{
    [Fact]
    public void Volumes_are_in_rank_order_whatever_the_order_of_ingest()
    {
        using var archive = Archive(60, ("volume_files = 20000", "volume_files = 25"));
        var kept = new Dictionary<int, ObjectRow>();
        // The last two are the same audio: it stands where the better-known one is.
        foreach (var number in Enumerable.Range(0, 60).OrderBy(n => n * 37 % 60))
            kept[number] = archive.Keep(Recording(number), Encoding.ASCII.GetBytes($"audio {Math.Min(number, 58)}"), "opus", number == 7 ? SmallArchive.Dark : SmallArchive.Free);
        var report = Press(archive);
        Assert.Equal((58L, 3, 0), (report.Files, report.Volumes, report.Waiting));
        Assert.Equal(
            kept.Where(k => k.Key is not (7 or 59)).OrderBy(k => k.Key).Select(k => k.Value.Root),
            archive.Ledger.Volumes().SelectMany(v => archive.Ledger.VolumeFiles(v.Number)).Select(f => f.Object.Root));
        foreach (var volume in archive.Ledger.Volumes())
            Assert.Equal(volume.InfoHashV2, TorrentReader.Parse(File.ReadAllBytes(archive.Layout.VolumeTorrent(volume.Name))).InfoHashV2);
        Assert.Equal([.. report.Pressed.SelectMany(name => new[] { name, name + ".torrent" }).Order(StringComparer.Ordinal)], Directory.EnumerateFileSystemEntries(archive.Layout.Volumes).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal((0L, 3), (Press(archive).Files, archive.Ledger.Volumes().Count));
    }

    [Fact]
    public void A_plan_is_what_will_be_pressed()
    {
        using var archive = Archive(30, ("volume_files = 20000", "volume_files = 8"));
        for (var number = 0; number < 30; number++)
            archive.Keep(Recording(number), Encoding.ASCII.GetBytes($"audio {number}"), "opus", SmallArchive.Free);
        var plan = Lacquer.Stages.Pressing.Press.Plan(new PressRequest(archive.Folder), TimeProvider.System);
        Assert.False(Directory.Exists(archive.Layout.Volumes));
        Assert.Equal(plan.Volumes.Select(v => v.Name), Press(archive).Pressed);
        Assert.Equal([8, 8, 8, 6], plan.Volumes.Select(v => v.Files));
    }

    [Fact]
    public void A_volume_without_a_folder_takes_the_ledgers_word_for_its_objects()
    {
        using var archive = Archive(3, ("folders = true", "folders = false"));
        var row = archive.Keep(Recording(0), "audio"u8.ToArray(), "opus", SmallArchive.Free);
        File.Delete(archive.Layout.Object(row.Root, "opus"));
        var name = Assert.Single(Press(archive).Pressed);
        Assert.Equal([name + ".torrent"], Directory.EnumerateFileSystemEntries(archive.Layout.Volumes).Select(Path.GetFileName));
    }

    [Fact]
    public void In_an_archive_of_many_volumes_few_new_objects_wait_for_more_but_not_for_ever()
    {
        using var archive = Archive(200, ("volume_files = 20000", "volume_files = 8"), ("wait_editions = 6", "wait_editions = 2"));
        void Keep(int from, int count)
        {
            for (var number = from; number < from + count; number++)
                archive.Keep(Recording(number), Encoding.ASCII.GetBytes($"audio {number}"), "opus", SmallArchive.Free);
        }

        // Not yet many: what is left over makes a volume.
        Keep(0, 161);
        Assert.Equal((21, 0), (Press(archive).Volumes, Press(archive).Waiting));
        Keep(161, 1);
        Assert.Equal((0L, 1), (Press(archive).Files, Press(archive).Waiting));
        Edition(archive, 1);
        Keep(162, 8);
        Assert.Equal((8L, 1), Summary(Press(archive)));
        Edition(archive, 2);
        Assert.Equal((1L, 0), Summary(Press(archive)));
        // The next one waits anew.
        Keep(170, 1);
        Assert.Equal((0L, 1), Summary(Press(archive)));
        Keep(171, 1);
        Assert.Equal((2L, 0), Summary(Press(archive)));

        static (long, int) Summary(PressReport report) => (report.Files, report.Waiting);
    }

    [Fact]
    public void A_successor_has_a_notice_in_the_place_of_each_file_that_was_taken_back()
    {
        const int Piece = 1 << 20;
        using var archive = Archive(6);
        int[] lengths = [100, Piece, 2 * Piece, 5, Piece + 1, 7];
        for (var number = 0; number < lengths.Length; number++)
            archive.Keep(Recording(number), [.. Enumerable.Repeat((byte)(number + 1), lengths[number])], "opus", SmallArchive.Free);
        Press(archive);
        var totals = archive.Ledger.ObjectTotals();
        var chain = new List<(VolumeRow Row, List<VolumeFileRow> Files, TorrentView Torrent)> { Newest() };
        // The first, one that ends with a piece, and the last; then others beside what is gone already.
        foreach (var gone in new int[][] { [0, 1, 5], [2, 4] })
        {
            foreach (var number in gone)
                archive.Ledger.SetRights(Recording(number).Id, SmallArchive.Dark);
            Assert.Equal(chain[^1].Row.Name, Assert.Single(Press(archive).Successors).Of);
            var (before, now) = (chain[^1], Newest());
            chain.Add(now);
            for (var index = 0; index < lengths.Length; index++)
            {
                if (!gone.Contains(index))
                {
                    Assert.Equal((before.Files[index].Name, before.Files[index].Object.Root), (now.Files[index].Name, now.Files[index].Object.Root));
                    continue;
                }

                var expected = Notice.ToBytes(before.Row.Name, before.Files[index].Name, lengths[index], Piece);
                Assert.Equal(expected, File.ReadAllBytes(Path.Combine(archive.Layout.Volume(now.Row.Name), Notice.NameFor(before.Files[index].Name))));
                Assert.Equal((index, Notice.NameFor(before.Files[index].Name), true), (now.Files[index].Index, now.Files[index].Name, now.Files[index].Object.IsNotice));
                Assert.Equal((now.Files[index].Object.Root, true), archive.Ledger.VolumeFile(now.Row.Number, now.Files[index].Name));
            }

            Assert.Equal(before.Torrent.Files.Select(f => f.IsPad), now.Torrent.Files.Select(f => f.IsPad));
            Assert.Empty(Lacquer.Stages.Pressing.Press.Plan(new PressRequest(archive.Folder), TimeProvider.System).Retired);
        }

        Assert.Equal(totals, archive.Ledger.ObjectTotals());
        var predecessors = archive.Ledger.Predecessors();
        Assert.Equal([(chain[0].Row.Name, null), (chain[0].Row.Name, chain[0].Row.InfoHashV1), (chain[0].Row.Name, (InfoHashV1?)chain[1].Row.InfoHashV1)],
            chain.Select(v => TorrentEnvelope.Empty.Of(v.Row, predecessors)).Select(e => (e.Collection!, e.Similar)));
        // Of a successor as former versions pressed them, with fewer files, no client is to think that it has the same ones.
        var fewer = chain[2].Row with { Files = 5 };
        Assert.Equal((fewer.Name, null), (TorrentEnvelope.Empty.Of(fewer, predecessors).Collection, TorrentEnvelope.Empty.Of(fewer, predecessors).Similar));

        // Notices alone are no volume.
        archive.Ledger.SetRights(Recording(3).Id, SmallArchive.Dark);
        var last = Press(archive);
        Assert.Equal((0, 0, 1), (last.Volumes, last.Successors.Count, last.Retired.Count));

        (VolumeRow Row, List<VolumeFileRow> Files, TorrentView Torrent) Newest()
        {
            var volume = archive.Ledger.Volumes().Single(v => !v.Retired);
            return (volume, [.. archive.Ledger.VolumeFiles(volume.Number)], TorrentReader.Parse(File.ReadAllBytes(archive.Layout.VolumeTorrent(volume.Name))));
        }
    }

    [Fact]
    public void A_notice_that_a_killed_run_placed_is_gone_where_the_withdrawal_is_undone_first()
    {
        using var archive = Archive(2);
        for (var number = 0; number < 2; number++)
            archive.Keep(Recording(number), [(byte)number], "opus", SmallArchive.Free);
        var volume = Assert.Single(Press(archive).Pressed);
        var bytes = Notice.ToBytes(volume, "00000-", 1, 1 << 20);
        var name = ObjectName.Of(Notice.Row(ObjectHasher.HashStream(new MemoryStream(bytes))));
        foreach (var (path, content) in new[] { (archive.Layout.Object(name.Root, name.Extension), bytes), (archive.Layout.Volume(name.FileName), bytes), (Path.Combine(archive.Layout.Work, "erase-" + name.FileName), []) })
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, content);
        }

        Assert.Equal(1, Press(archive).Volumes);
        Assert.DoesNotContain(Directory.EnumerateFiles(archive.Folder, "*", SearchOption.AllDirectories), file => file.EndsWith(".txt", StringComparison.Ordinal));
    }

    private static SmallArchive Archive(int recordings, params (string From, string To)[] changes)
    {
        var archive = new SmallArchive();
        archive.Catalogue("000001", [.. Enumerable.Range(0, recordings).Select(Recording)]);
        foreach (var (from, to) in changes)
            File.WriteAllText(archive.Layout.Configuration, File.ReadAllText(archive.Layout.Configuration).Replace(from, to, StringComparison.Ordinal));
        return archive;
    }

    private static SmallRecording Recording(int number) => new(string.Create(CultureInfo.InvariantCulture, $"song {number}"), "Ada Lark", 10_000 - number, "Day", number + 1);

    private static PressReport Press(SmallArchive archive) =>
        Lacquer.Stages.Pressing.Press.RunAsync(new PressRequest(archive.Folder), TimeProvider.System, new Progress<StageProgress>(), CancellationToken.None).GetAwaiter().GetResult();

    private static void Edition(SmallArchive archive, int number) =>
        archive.Ledger.AddEdition(new EditionRow(number, number.ToString("D6", CultureInfo.InvariantCulture), "000001", new Sha256Digest(SHA256.HashData([(byte)number]))));
}
