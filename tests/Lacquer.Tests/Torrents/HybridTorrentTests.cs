using System.Text;
using Lacquer.Formats.Objects;
using Lacquer.Formats.Torrents;
using Lacquer.Tests.Objects;
using Xunit;

namespace Lacquer.Tests.Torrents;

public sealed class HybridTorrentTests
{
    internal const int PieceLengthBytes = 32768;

    // Below, at and above one piece, and a last file that does not end with a piece.
    private static readonly int[] Lengths = [1, 16384, 32768, 32769, 65536, 100_000, 5, 300_001];

    internal static byte[] Content(int index) => CounterContent.Make(500 + index, Lengths[index]);

    internal static TorrentFile[] Files() =>
        [.. Lengths.Select((_, index) => new TorrentFile($"{index:d4}.ogg", Hash(Content(index))))];

    internal static ObjectHashes Hash(byte[] content)
    {
        using var hasher = new ObjectHasher(PieceLengthBytes);
        hasher.Append(content);
        return hasher.Finish();
    }

    [Fact]
    public void What_is_built_is_read_back_with_a_pad_after_every_file_that_needs_one()
    {
        var files = Files();
        var torrent = HybridTorrent.Build("volume-000001", PieceLengthBytes, files);
        var view = TorrentReader.Parse(torrent.ToBytes(["http://a.example/volumes/", "http://b.example/"], ["http://t.example/announce", "udp://u.example:1"]));

        Assert.Equal("volume-000001", view.Name);
        Assert.False(view.IsSingleFile);
        Assert.Equal(torrent.InfoHashV1, view.InfoHashV1);
        Assert.Equal(torrent.InfoHashV2, view.InfoHashV2);
        Assert.Equal(torrent.Info, view.Info.ToArray());
        Assert.Equal(["http://a.example/volumes/", "http://b.example/"], view.Webseeds);
        Assert.Equal(["http://t.example/announce", "udp://u.example:1"], view.Trackers);
        Assert.Equal(files.Sum(file => file.Hashes.LengthBytes), view.PayloadBytes);
        Assert.Equal(torrent.V1FileCount, view.Files.Count);
        Assert.Equal(torrent.V1FileIndexes, view.Files.Where(file => !file.IsPad).Select(file => file.V1Index!.Value));
        foreach (var (file, read) in files.Zip(view.Files.Where(file => !file.IsPad)))
        {
            Assert.Equal([file.Name], read.Path);
            Assert.Equal(file.Hashes.LengthBytes, read.LengthBytes);
            Assert.Equal(file.Hashes.Root, read.Root);
            Assert.Equal(file.Hashes.PieceLayer, read.PieceLayer.ToArray());
            Assert.Equal(0, read.OffsetBytes % PieceLengthBytes);
        }

        Assert.Equal(
            [".pad/32767", ".pad/16384", ".pad/32767-2", ".pad/31072", ".pad/32763", ".pad/27679"],
            view.Files.Where(file => file.IsPad).Select(file => string.Join('/', file.Path)));
        Assert.True(view.Files[^1].IsPad);
    }

    [Fact]
    public void A_files_hashes_do_not_depend_on_its_neighbours()
    {
        var files = Files();
        var whole = TorrentReader.Parse(HybridTorrent.Build("all", PieceLengthBytes, files).ToBytes([], []));
        var few = TorrentReader.Parse(HybridTorrent.Build("few", PieceLengthBytes, [files[1], files[5]]).ToBytes([], []));
        var start = (int)(whole.Files.Single(file => file.Path[0] == files[5].Name).OffsetBytes / PieceLengthBytes);
        Assert.Equal(whole.PieceDigestsV1[(start * 20)..((start + 4) * 20)].ToArray(), few.PieceDigestsV1[20..].ToArray());
    }

    [Fact]
    public void The_v1_only_form_has_the_same_files_and_pieces_and_another_name_in_the_swarm()
    {
        var torrent = HybridTorrent.Build("volume-000001", PieceLengthBytes, Files());
        var hybrid = TorrentReader.Parse(torrent.ToBytes([], []));
        var v1 = TorrentReader.Parse(torrent.ToBytes(TorrentForm.V1, TorrentEnvelope.Empty));
        Assert.Null(v1.InfoHashV2);
        Assert.Equal(torrent.InfoHashV1Only, v1.InfoHashV1);
        Assert.NotEqual(torrent.InfoHashV1, torrent.InfoHashV1Only);
        Assert.Equal(hybrid.PieceDigestsV1.ToArray(), v1.PieceDigestsV1.ToArray());
        Assert.Equal(
            hybrid.Files.Select(file => (string.Join('/', file.Path), file.LengthBytes, file.IsPad, file.OffsetBytes)),
            v1.Files.Select(file => (string.Join('/', file.Path), file.LengthBytes, file.IsPad, file.OffsetBytes)));
    }

    [Fact]
    public void The_same_files_give_the_same_bytes_and_nothing_but_them()
    {
        var bytes = HybridTorrent.Build("v", PieceLengthBytes, Files()).ToBytes([], []).ToArray();
        Assert.Equal(bytes, HybridTorrent.Build("v", PieceLengthBytes, Files()).ToBytes([], []).ToArray());

        var reader = new BencodeReader(bytes);
        reader.EnterDictionary();
        var keys = new List<string>();
        while (reader.ReadKey(out var key))
        {
            keys.Add(Encoding.UTF8.GetString(key));
            reader.Skip();
        }

        Assert.Equal(["info", "piece layers"], keys);
    }

    [Theory]
    [InlineData(TorrentForm.Hybrid)]
    [InlineData(TorrentForm.V1)]
    [InlineData(TorrentForm.V2)]
    public void Hints_of_shared_files_are_read_back_and_change_no_hash(TorrentForm form)
    {
        var torrent = HybridTorrent.Build("v", PieceLengthBytes, Files());
        var (bare, view) = (TorrentReader.Parse(torrent.ToBytes(form, TorrentEnvelope.Empty)), TorrentReader.Parse(torrent.ToBytes(form, TorrentEnvelope.Empty with { Collection = "u", Similar = torrent.InfoHashV1 })));
        Assert.Equal(["u"], view.Collections);
        Assert.Equal([torrent.InfoHashV1], view.Similar);
        Assert.Equal(bare.Info.ToArray(), view.Info.ToArray());
        Assert.Empty(bare.Collections);
        Assert.Empty(bare.Similar);
        Assert.Throws<ArgumentException>(() => torrent.ToBytes(form, TorrentEnvelope.Empty with { Collection = "" }));
        Assert.Throws<ArgumentException>(() => torrent.ToBytes(form, TorrentEnvelope.Empty with { Collection = new string('a', 101) }));
    }

    [Fact]
    public void An_envelope_known_beforehand_changes_no_byte()
    {
        var bare = HybridTorrent.Build("v", PieceLengthBytes, Files());
        var envelope = new TorrentEnvelope(["https://example.org/"], ["udp://a.example:1", "udp://b.example:1"]) { Collection = "u", Similar = bare.InfoHashV1 };
        var torrent = HybridTorrent.Build("v", PieceLengthBytes, Files(), envelope);
        using var stream = new MemoryStream();
        torrent.WriteBare(stream);
        Assert.Equal(bare.ToBytes([], []).ToArray(), stream.ToArray());
        Assert.Equal(bare.ToBytes([], []).ToArray(), torrent.ToBytes([], []).ToArray());
        foreach (var form in Enum.GetValues<TorrentForm>())
            Assert.Equal(bare.ToBytes(form, envelope).ToArray(), torrent.ToBytes(form, envelope).ToArray());
        Assert.Equal((bare.InfoHashV1, bare.InfoHashV2), (torrent.InfoHashV1, torrent.InfoHashV2));
    }

    [Fact]
    public void Two_names_for_the_same_bytes_share_a_layer()
    {
        var hashes = Hash(Content(5));
        var view = TorrentReader.Parse(HybridTorrent.Build("v", PieceLengthBytes, [new("a", hashes), new("b", hashes)]).ToBytes([], []));
        Assert.Equal(2, view.Files.Count(file => file.Root == hashes.Root));
    }

    [Fact]
    public void A_magnet_names_both_hashes_and_the_files_asked_for()
    {
        var torrent = HybridTorrent.Build("vol", PieceLengthBytes, Files());
        var whole = $"magnet:?xt=urn:btih:{torrent.InfoHashV1}&xt=urn:btmh:1220{torrent.InfoHashV2}&dn=vol";
        Assert.Equal(whole, torrent.Magnet(null));
        Assert.Equal(whole + "&so=0", torrent.Magnet([0]));
        Assert.Equal(whole + "&so=0,2-4,9", torrent.Magnet([0, 2, 3, 4, 9]));
        foreach (int[] wrong in new int[][] { [], [-1], [1, 1], [2, 1], [torrent.V1FileCount] })
            Assert.Throws<ArgumentException>(() => torrent.Magnet(wrong));
    }

    [Theory]
    [InlineData("A")]
    [InlineData("a b")]
    [InlineData("a/b")]
    [InlineData("..")]
    [InlineData(".a")]
    [InlineData("")]
    [InlineData("con")]
    [InlineData("nul.ogg")]
    [InlineData("com1.x.y")]
    [InlineData("a.")]
    [InlineData("ä")]
    public void A_name_that_is_not_safe_everywhere_is_refused(string name)
    {
        var hashes = Hash([1]);
        Assert.Throws<ArgumentException>(() => HybridTorrent.Build(name, PieceLengthBytes, [new("x", hashes)]));
        Assert.Throws<ArgumentException>(() => HybridTorrent.Build("x", PieceLengthBytes, [new(name, hashes)]));
    }

    [Fact]
    public void Files_out_of_order_or_hashed_otherwise_are_refused()
    {
        var hashes = Hash(Content(5));
        Assert.Throws<ArgumentException>(() => HybridTorrent.Build("v", PieceLengthBytes, []));
        Assert.Throws<ArgumentException>(() => HybridTorrent.Build("v", PieceLengthBytes, [new("v", hashes)]));
        Assert.Throws<ArgumentException>(() => HybridTorrent.Build("v", PieceLengthBytes, [new("b", hashes), new("a", hashes)]));
        Assert.Throws<ArgumentException>(() => HybridTorrent.Build("v", PieceLengthBytes, [new("a", hashes), new("a", hashes)]));
        Assert.Throws<ArgumentException>(() => HybridTorrent.Build("v", 2 * PieceLengthBytes, [new("a", hashes)]));
        Assert.Throws<ArgumentException>(() => HybridTorrent.Build("v", 40_000, [new("a", hashes)]));
        Assert.Throws<ArgumentException>(() => HybridTorrent.Build("v", PieceLengthBytes, [new("a", hashes)]).ToBytes(["http://a.example/v"], []));
    }
}
