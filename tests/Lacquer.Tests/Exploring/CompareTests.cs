using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Findings;
using Lacquer.Stages.Exploring;
using Lacquer.Stages.Workbench;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Exploring;

/// <summary>Two catalogues side by side.</summary>
public sealed class CompareTests
{
    private static readonly IProgress<StageProgress> Quiet = new Progress<StageProgress>();

    [Fact]
    public void What_is_in_both_and_in_one_alone_is_counted_and_listed()
    {
        using var archive = new SmallArchive();
        SmallRecording Piece(int i, string? isrc) => new($"Piece {i}", "Artist", 100 - i, "Release", i, isrc);
        archive.Catalogue("000001", Piece(1, "SEA012100001"), Piece(2, "SEA012100002"), Piece(3, "SEA012100002"), Piece(4, null));
        archive.Catalogue("000002", Piece(2, "SEA012100002"), Piece(4, "SEA012100004"), Piece(5, "AAA012100001"));
        var request = new CompareRequest(File(archive, "000001"), File(archive, "000002"));
        var report = Compare.Run(request, Quiet, CancellationToken.None);
        Assert.Equal(new Overlap(1, 1, 2), report.Isrcs);
        Assert.Equal(new Overlap(2, 2, 1), report.Recordings);
        Assert.Equal(new Overlap(1, 0, 0), report.Releases);

        Assert.Equal(["SEA012100002"], List(CompareKind.Isrcs, CompareSide.Both));
        Assert.Equal(["SEA012100001"], List(CompareKind.Isrcs, CompareSide.OnlyA));
        Assert.Equal(["AAA012100001", "SEA012100004"], List(CompareKind.Isrcs, CompareSide.OnlyB));
        Assert.Equal(new[] { Piece(1, null), Piece(3, null) }.Select(r => r.Id).Order().Select(id => id.ToString()), List(CompareKind.Recordings, CompareSide.OnlyA));
        Assert.Equal(["4006381333931"], List(CompareKind.Releases, CompareSide.Both));
        Assert.Empty(List(CompareKind.Releases, CompareSide.OnlyB));

        IEnumerable<string> List(CompareKind kind, CompareSide side) => Compare.List(request, kind, side, Quiet, CancellationToken.None);
    }

    [Fact]
    public void A_catalogue_shares_everything_with_itself_and_nothing_with_an_empty_one()
    {
        using var archive = new SmallArchive();
        archive.Catalogue("000001", new SmallRecording("Piece", "Artist", 5, "Release", 1, "SEA012100001"));
        archive.Catalogue("000002");
        Assert.Equal(new Overlap(1, 0, 0), Run("000001", "000001").Isrcs);
        Assert.Equal(new Overlap(0, 0, 1), Run("000002", "000001").Recordings);
        Assert.Equal(new Overlap(0, 0, 0), Run("000002", "000002").Releases);

        CompareReport Run(string a, string b) => Compare.Run(new CompareRequest(File(archive, a), File(archive, b)), Quiet, CancellationToken.None);
    }

    [Fact]
    public void What_is_no_catalogue_is_called_damaged()
    {
        using var archive = new SmallArchive();
        archive.Catalogue("000001");
        foreach (var other in new[] { archive.Layout.Configuration, archive.Layout.Ledger })
            Assert.Equal(Failure.Damaged, Assert.Throws<LacquerException>(() => Compare.Run(new CompareRequest(File(archive, "000001"), other), Quiet, CancellationToken.None)).Failure);
    }

    [Fact]
    public void A_dump_stands_beside_a_catalogue()
    {
        Tools.Need("xz");
        using var archive = new SmallArchive();
        using var scratch = new Scratch();
        archive.Catalogue("000001", new SmallRecording("One", "Artist", 5, "Release", 1, "SEA012100001"), new SmallRecording("Two", "Artist", 4, "Release", 2, "SEA012100002"), new SmallRecording("Three", "Artist", 3, "Release", 3));
        var recordings = Dump.Write(scratch["dump/recording.tar.xz"], "recording",
            [Dump.Recording(1, "SEA012100002", "se-a01-21-00003"), Dump.Recording(2, "SEA012100002", "nonsense"), Dump.Recording(3, "nonsense", "", "SEA0121000030"), "no document", Dump.Recording(1)]);
        var request = new CompareRequest(File(archive, "000001"), recordings);
        var report = Compare.Run(request, Quiet, CancellationToken.None);
        Assert.Equal(new Overlap(1, 1, 1), report.Isrcs);
        Assert.Null(report.Recordings);
        Assert.Null(report.Releases);
        Assert.Null(report.FaultsA);
        Assert.Equal(new DumpFaults(3, 1), report.FaultsB);
        Assert.Equal(["SEA012100003"], Compare.List(request, CompareKind.Isrcs, CompareSide.OnlyB, Quiet, CancellationToken.None));
        Assert.Throws<LacquerException>(() => Compare.List(request, CompareKind.Recordings, CompareSide.OnlyB, Quiet, CancellationToken.None).ToList());
        Assert.Throws<LacquerException>(() => Compare.List(request, CompareKind.Releases, CompareSide.OnlyB, Quiet, CancellationToken.None).ToList());

        // A release names its recordings on tracks, on data tracks and in the gap before the first; those of its relations are not on it.
        string Track(int number, string isrc) => $$$"""{"position":1,"recording":{{{Dump.Recording(number, isrc)}}}}""";
        Dump.Write(scratch["dump/release.tar.xz"], "release",
        [
            $$$"""{"barcode":"4006381333931","media":[{"tracks":[{{{Track(4, "SEA012100004")}}}],"data-tracks":[{{{Track(5, "SEA012100005")}}}],"pregap":{{{Track(6, "SEA012100006")}}}}],"relations":[{"recording":{{{Dump.Recording(7, "SEA012100007")}}}}]}""",
            """{"barcode":"","media":null}""", """{"barcode":"12","media":[{"tracks":null}]}""", """{"barcode":null}""", """{"barcode":"0602537347377"}""",
        ]);
        var both = Compare.Run(new CompareRequest(scratch["dump"], File(archive, "000001")), Quiet, CancellationToken.None);
        Assert.Equal(new Overlap(1, 4, 1), both.Isrcs);
        Assert.Equal(new Overlap(1, 1, 0), both.Releases);
        Assert.Equal(new DumpFaults(3, 1), both.FaultsA);
        var dumps = new CompareRequest(recordings, scratch["dump/release.tar.xz"]);
        Assert.Equal(new Overlap(0, 3, 3), Compare.Run(dumps, Quiet, CancellationToken.None).Recordings);
        Assert.Equal(new[] { 4, 5, 6 }.Select(Dump.Mbid), Compare.List(dumps, CompareKind.Recordings, CompareSide.OnlyB, Quiet, CancellationToken.None));

        Dump.Write(scratch["artist.tar.xz"], "artist", ["{}"]);
        Assert.Equal(Failure.Usage, Assert.Throws<LacquerException>(() => Compare.Run(request with { B = scratch["artist.tar.xz"] }, Quiet, CancellationToken.None)).Failure);
        var bytes = System.IO.File.ReadAllBytes(recordings);
        System.IO.File.WriteAllBytes(recordings, bytes[..^20]);
        Assert.Equal(Failure.Damaged, Assert.Throws<LacquerException>(() => Compare.Run(request, Quiet, CancellationToken.None)).Failure);
    }

    [Fact]
    public void Recordings_are_compared_by_MBID_where_the_catalogue_knows_them()
    {
        Tools.Need("xz");
        using var archive = new SmallArchive();
        using var scratch = new Scratch();
        archive.Catalogue("000001", new SmallRecording("One", "Artist", 5, "Release", 1, Mbid: Dump.Mbid(2)), new SmallRecording("Two", "Artist", 4, "Release", 2), new SmallRecording("Three", "Artist", 3, "Release", 3, Mbid: Dump.Mbid(9)));
        var request = new CompareRequest(File(archive, "000001"), Dump.Write(scratch["recording.tar.xz"], "recording", [Dump.Recording(1), Dump.Recording(2), Dump.Recording(3)]));
        Assert.Equal(new Overlap(1, 1, 2), Compare.Run(request, Quiet, CancellationToken.None).Recordings);
        Assert.Equal([Dump.Mbid(9)], Compare.List(request, CompareKind.Recordings, CompareSide.OnlyA, Quiet, CancellationToken.None));
    }

    [Fact]
    public void A_dump_with_more_keys_than_are_kept_in_memory_is_sorted_on_disk()
    {
        Tools.Need("xz");
        using var scratch = new Scratch();
        var random = Seeded.Random();
        // 32 MiB are two million MBIDs.
        var numbers = Enumerable.Range(0, 2_300_000).ToArray();
        random.Shuffle(numbers);
        string Of(IEnumerable<int> some, string name) => Dump.Write(scratch[name], "recording", some.Select(i => $"{{\"id\":\"{Dump.Mbid(i)}\"}}"));
        var report = Compare.Run(new CompareRequest(Of(numbers.Concat(numbers.Take(1000)), "a.tar.xz"), Of(numbers.Skip(300_000).Append(2_300_000), "b.tar.xz")), Quiet, CancellationToken.None);
        Assert.Equal(new Overlap(2_000_000, 300_000, 1), report.Recordings);
    }

    private static string File(SmallArchive archive, string name) => Path.Combine(archive.Layout.Catalogue(name), CatalogueReader.CatalogueFileName);
}
