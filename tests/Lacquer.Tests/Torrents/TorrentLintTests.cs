using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Objects;
using Lacquer.Formats.Torrents;
using Xunit;

namespace Lacquer.Tests.Torrents;

public sealed class TorrentLintTests
{
    [Fact]
    public void A_full_volume_of_20_000_files_passes()
    {
        // Mean length of the files that volumes are planned for; the hashes need not be of anything.
        var torrent = Build(20_000, 3_490_000, 1 << 20);
        Assert.InRange(torrent.Length, 8_000_000, 9_500_000);
        Assert.Empty(TorrentLint.Check("volume-000001", torrent));
    }

    [Fact]
    public void A_torrent_that_clients_refuse_is_found_for_each_reason()
    {
        Assert.Contains(TorrentLint.Check("v", Build(40_000, 3_490_000, 1 << 20)), finding => finding.Kind == "too-long");
        Assert.Contains(TorrentLint.Check("v", Build(90_000, 1, 1 << 20)), finding => finding is { Kind: "too-many-tokens", Stage: "press", Subject: "v" });
        Assert.Contains(TorrentLint.Check("v", Build(10, 215_000L * 16384, 16384, v1Only: true)), finding => finding.Kind == "too-many-pieces");
    }

    [Fact]
    public void Names_that_Windows_refuses_and_paths_that_are_too_long_are_found()
    {
        var torrent = BencodeTree.Read(TorrentReaderTests.Vector("v1.torrent"));
        var files = (List<object>)((Dictionary<string, object>)torrent["info"])["files"];
        ((Dictionary<string, object>)files[0])["path"] = new List<object> { BencodeTree.Bytes("what?") };
        ((Dictionary<string, object>)files[3])["path"] = new List<object> { BencodeTree.Bytes(new string('a', 200)) };
        Assert.Equal(["unsafe-name", "unsafe-name"], TorrentLint.Check("v", BencodeTree.Write(torrent)).Select(finding => finding.Kind));
    }

    [Fact]
    public void A_torrent_that_the_reader_refuses_is_found_damaged()
    {
        Finding finding = Assert.Single(TorrentLint.Check("v", "d4:infodee"u8.ToArray()));
        Assert.Equal("damaged", finding.Kind);
        Assert.Equal("torrent: no name", finding.Message);
    }

    [Fact]
    public void Rtorrent_is_said_to_refuse_pad_files_of_the_same_name_and_ours_have_different_ones()
    {
        var rtorrent = TorrentClient.All.Single(client => client.Name.StartsWith("rtorrent", StringComparison.Ordinal));
        var torrent = Build(3, 100, 1 << 20);
        Assert.Null(rtorrent.Refusal(TorrentReader.Parse(torrent), torrent.Length));
        var tree = BencodeTree.Read(torrent);
        foreach (var pad in ((List<object>)((Dictionary<string, object>)tree["info"])["files"]).Cast<Dictionary<string, object>>().Where(file => file.ContainsKey("attr")))
            pad["path"] = new List<object> { BencodeTree.Bytes(".pad"), BencodeTree.Bytes("1048476") };
        Assert.Equal("two pad files have the same path, '.pad/1048476'", rtorrent.Refusal(TorrentReader.Parse(BencodeTree.Write(tree)), torrent.Length));
    }

    private static byte[] Build(int files, long lengthBytes, int pieceLengthBytes, bool v1Only = false)
    {
        var pieces = PieceTree.PieceCount(lengthBytes, pieceLengthBytes);
        var torrent = HybridTorrent.Build("volume-000001", pieceLengthBytes, [.. Enumerable.Range(0, files).Select(index =>
        {
            var layer = new byte[pieces == 1 ? 0 : 32 * pieces];
            BitConverter.TryWriteBytes(layer, index);
            var root = pieces == 1 ? new PiecesRoot(default) : PieceTree.RootOfLayer(layer, pieceLengthBytes);
            return new TorrentFile($"{index:d6}.ogg", new ObjectHashes(lengthBytes, default, root, layer, new byte[20 * pieces]));
        })]);
        return torrent.ToBytes(v1Only ? TorrentForm.V1 : TorrentForm.Hybrid, TorrentEnvelope.Empty).ToArray();
    }
}
