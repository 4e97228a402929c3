using System.Text;
using Lacquer.Formats.Volumes;
using Xunit;

namespace Lacquer.Tests.Volumes;

/// <summary>The texts that stand in the places of files that were taken back.</summary>
public sealed class NoticeTests
{
    private const int Piece = 16_384;
    private const string Volume = "valley-000001-e0cdf138";
    private const string Name = "00003-withdrawn.txt";

    [Theory]
    [InlineData(1, 118)]
    [InlineData(Piece - 1, 118)]
    [InlineData(Piece, Piece)]
    [InlineData(Piece + 1, 118)]
    [InlineData(90L * Piece, Piece)]
    public void A_notice_has_a_pad_file_after_it_where_the_file_had_one(long fileBytes, int noticeBytes)
    {
        var notice = Notice.ToBytes(Volume, "00003-1f1f5ee1b9cd.opus", fileBytes, Piece);
        Assert.Equal(noticeBytes, notice.Length);
        Assert.StartsWith("File 00003 of volume valley-000001-e0cdf138 was withdrawn. ", Encoding.ASCII.GetString(notice), StringComparison.Ordinal);
        Assert.Equal((byte)'\n', notice[^1]);
        Assert.True(Notice.Is(notice, Name, Piece));
    }

    [Fact]
    public void No_two_places_have_the_same_notice()
    {
        var all = from volume in new[] { Volume, "valley-000002-e0cdf138" } from file in new[] { "00003-1f1f5ee1b9cd.opus", "00004-1f1f5ee1b9cd.opus" } from length in new[] { 1, Piece } select Convert.ToHexString(Notice.ToBytes(volume, file, length, Piece));
        Assert.Equal(8, all.Distinct().Count());
    }

    [Fact]
    public void It_sorts_where_the_file_did()
    {
        var name = Notice.NameFor("00003-1f1f5ee1b9cd.opus");
        Assert.Equal(Name, name);
        foreach (var (before, after) in new[] { ("00002-ffffffffffff.wv", "00004-000000000000.aac"), ("00002-withdrawn.txt", "00004-withdrawn.txt") })
            Assert.True(string.CompareOrdinal(before, name) < 0 && string.CompareOrdinal(name, after) < 0);
        Assert.True(Notice.IsName(name));
        Assert.False(Notice.IsName("00003-1f1f5ee1b9cd.opus"));
    }

    [Fact]
    public void Nothing_else_passes_for_a_notice()
    {
        var text = Encoding.ASCII.GetString(Notice.ToBytes(Volume, Name, 1, Piece));
        Assert.True(Is(text));
        foreach (var other in new[]
        {
            "", "\n", text[..^1], text + " ", text + text, " " + text, text.Replace("was", "is", StringComparison.Ordinal), text.Replace("00003", "00004", StringComparison.Ordinal), text[..20],
            text.Replace(Volume, "", StringComparison.Ordinal), text.Replace(Volume, "valley", StringComparison.Ordinal), text.Replace(Volume, "va ley-000001-e0cdf138", StringComparison.Ordinal),
            text.Replace(Volume, "valléy-000001-e0cdf138", StringComparison.Ordinal), text.Replace(Volume, "../../-000001-e0cdf138", StringComparison.Ordinal), text.Replace(Volume, Volume + "\n", StringComparison.Ordinal),
            text.Replace(Volume, new string('a', 25) + "-000001-e0cdf138", StringComparison.Ordinal), text.TrimEnd().PadRight(Piece) + "\n", text.TrimEnd().PadRight(Piece - 2) + "\n", text.TrimEnd().PadRight(2 * Piece - 1) + "\n",
        })
            Assert.False(Is(other), other);
        Assert.False(Notice.Is(Encoding.ASCII.GetBytes(text), "00003-1f1f5ee1b9cd.opus", Piece));
        Assert.False(Notice.Is(Encoding.ASCII.GetBytes(text), "", Piece));
        Assert.False(Notice.Is([0xFF, .. Encoding.ASCII.GetBytes(text)], Name, Piece));

        static bool Is(string text) => Notice.Is(Encoding.UTF8.GetBytes(text), Name, Piece);
    }
}
