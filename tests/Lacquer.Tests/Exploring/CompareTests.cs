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

    private static string File(SmallArchive archive, string name) => Path.Combine(archive.Layout.Catalogue(name), CatalogueReader.CatalogueFileName);
}
