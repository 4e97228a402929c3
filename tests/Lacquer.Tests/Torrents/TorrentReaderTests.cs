using System.Text;
using System.Text.Json;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Torrents;
using Xunit;

namespace Lacquer.Tests.Torrents;

public sealed class TorrentReaderTests
{
    private static readonly string[] Forms = ["v1", "v2", "hybrid"];

    public sealed record LibtorrentFile(string Path, long LengthBytes, bool IsPad, long OffsetBytes);

    public sealed record LibtorrentAnswer(string? V1, string? V2, LibtorrentFile[] Files);

    private static readonly JsonSerializerOptions WebNames = new(JsonSerializerDefaults.Web);

    internal static byte[] Vector(string name) => File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Vectors", "torrents", name));

    [Theory]
    [InlineData("v1")]
    [InlineData("v2")]
    [InlineData("hybrid")]
    public void A_torrent_by_libtorrent_is_read_as_libtorrent_reads_it(string form)
    {
        var answer = JsonSerializer.Deserialize<Dictionary<string, LibtorrentAnswer>>(Vector("torrents.json"), WebNames)![form];
        var view = TorrentReader.Parse(Vector(form + ".torrent"));
        Assert.Equal(answer.V1, view.InfoHashV1?.ToString());
        Assert.Equal(answer.V2, view.InfoHashV2?.ToString());
        Assert.False(view.IsSingleFile);
        Assert.Equal(32768, view.PieceLengthBytes);
        Assert.Equal(205_541, view.PayloadBytes);
        // libtorrent invents pad files for v2, where there are none.
        Assert.Equal(
            answer.Files.Where(file => form != "v2" || !file.IsPad),
            view.Files.Select(file => new LibtorrentFile("album/" + string.Join('/', file.Path), file.LengthBytes, file.IsPad, file.OffsetBytes)));
        Assert.All(view.Files, file => Assert.Equal(form == "v1" || file.IsPad, file.Root is null));
        Assert.Equal(form == "v2" ? 0 : 20 * (form == "v1" ? 7 : 9), view.PieceDigestsV1.Length);
        Assert.Empty(TorrentLint.Check(form, Vector(form + ".torrent")));
    }

    [Fact]
    public void A_single_file_has_no_folder()
    {
        var v1 = Info("v1");
        v1.Remove("files");
        v1["length"] = 205_541L;
        var view = TorrentReader.Parse(Torrent(v1));
        Assert.True(view.IsSingleFile);
        Assert.Equal(["album"], Assert.Single(view.Files).Path);
    }

    [Fact]
    public void Addresses_come_from_all_their_places_each_once()
    {
        var torrent = BencodeTree.Read(Vector("v1.torrent"));
        torrent["announce"] = "http://a/"u8.ToArray();
        torrent["announce-list"] = new List<object> { new List<object> { "http://a/"u8.ToArray() }, new List<object> { "http://b/"u8.ToArray(), ""u8.ToArray() } };
        torrent["url-list"] = "http://w/"u8.ToArray();
        ((Dictionary<string, object>)torrent["info"])["private"] = 1L;
        var view = TorrentReader.Parse(BencodeTree.Write(torrent));
        Assert.Equal(["http://a/", "http://b/"], view.Trackers);
        Assert.Equal(["http://w/"], view.Webseeds);
        Assert.True(view.IsPrivate);
    }

    [Fact]
    public void Hints_of_shared_files_come_from_both_their_places_each_once()
    {
        var torrent = BencodeTree.Read(Vector("hybrid.torrent"));
        torrent["collections"] = new List<object> { "a"u8.ToArray(), "b"u8.ToArray() };
        torrent["similar"] = new List<object> { new byte[20] };
        var info = (Dictionary<string, object>)torrent["info"];
        info["collections"] = new List<object> { "b"u8.ToArray(), "c"u8.ToArray() };
        info["similar"] = new List<object> { new byte[20], Enumerable.Repeat((byte)1, 20).ToArray() };
        var view = TorrentReader.Parse(BencodeTree.Write(torrent));
        Assert.Equal(["a", "b", "c"], view.Collections);
        Assert.Equal([new string('0', 40), string.Concat(Enumerable.Repeat("01", 20))], view.Similar.Select(hash => hash.ToString()));
    }

    [Fact]
    public void Hints_without_end_or_of_another_shape_are_refused()
    {
        Refused("collections", Enumerable.Range(0, 10_001).Select(i => (object)Encoding.ASCII.GetBytes($"{i}")), "more than 10000");
        Refused("similar", Enumerable.Range(0, 10_001).Select(i => (object)Encoding.ASCII.GetBytes($"{i:d20}")), "more than 10000");
        Refused("similar", [new byte[32]], "32 bytes");

        static void Refused(string key, IEnumerable<object> hints, string why)
        {
            var torrent = BencodeTree.Read(Vector("v1.torrent"));
            torrent[key] = hints.ToList();
            Assert.Contains(why, Assert.Throws<LacquerException>(() => TorrentReader.Parse(BencodeTree.Write(torrent))).Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData(".", "leaves its folder")]
    [InlineData("..", "leaves its folder")]
    [InlineData("/etc", "separator")]
    [InlineData("a/b", "separator")]
    [InlineData("a\\b", "separator")]
    [InlineData("a\0", "control character")]
    [InlineData("a\n", "control character")]
    [InlineData("c:", "colon")]
    [InlineData("a.txt:stream", "colon")]
    [InlineData("con", "device")]
    [InlineData("Nul.txt", "device")]
    [InlineData("aux .x", "device")]
    [InlineData("COM1", "device")]
    [InlineData("lpt².ogg", "device")]
    [InlineData("a.", "Windows drops")]
    [InlineData("a ", "Windows drops")]
    public void A_path_that_is_not_safe_is_refused_wherever_it_stands(string component, string reason)
    {
        foreach (var form in Forms)
        {
            var named = Info(form);
            named["name"] = BencodeTree.Bytes(component);
            Refused(Torrent(named), reason);

            // Empty in the tree means a file (BEP 52).
            if (form != "v1" && component.Length > 0)
            {
                var tree = Info(form);
                var root = (Dictionary<string, object>)tree["file tree"];
                root[Encoding.Latin1.GetString(BencodeTree.Bytes(component))] = root["z.txt"];
                Refused(Torrent(tree), reason);
            }

            if (form != "v2")
            {
                foreach (var place in new[] { 0, 1 })
                {
                    var listed = Info(form);
                    var path = V1Path(listed, form == "v1" ? 1 : 2);
                    path[place] = BencodeTree.Bytes(component);
                    Refused(Torrent(listed), reason);
                }
            }
        }
    }

    public static TheoryData<string, string, string> Damages() => new()
    {
        { "v1", "no info", "no info dictionary" },
        { "v1", "no name", "no name" },
        { "v1", "name is not UTF-8", "not UTF-8" },
        { "v1", "component of 256 bytes", "path component of 256 bytes" },
        { "v1", "no piece length", "no piece length" },
        { "v1", "piece length 0", "piece length of 0" },
        { "v1", "piece length 2^40", "piece length of 1099511627776" },
        { "v1", "pieces short", "120 bytes of v1 piece hashes, where 7" },
        { "v1", "pieces odd", "139 bytes of v1 piece hashes" },
        { "v1", "no pieces", "neither v1 pieces nor a v2 file tree" },
        { "v1", "length negative", "a file of -5 bytes" },
        { "v1", "lengths overflow", "beyond 64 bits" },
        { "v1", "length missing", "has no length" },
        { "v1", "length and files", "either a length or a list" },
        { "v1", "no path", "without a path" },
        { "v1", "no files", "no files" },
        { "v1", "only pads", "no files" },
        { "v1", "twice", "is there twice" },
        { "v1", "case collision", "where case does not count" },
        { "v1", "composition collision", "where case does not count" },
        { "v1", "folder case collision", "where case does not count" },
        { "v1", "file and folder", "a file and a folder" },
        { "v1", "symlink attr", "symbolic link" },
        { "v1", "symlink path", "symbolic link" },
        { "v1", "meta version 2", "without a file tree" },
        { "v2", "meta version 3", "meta version 3" },
        { "v2", "no meta version", "without meta version 2" },
        { "v2", "piece length 16385", "power of two" },
        { "v2", "piece length 8192", "power of two" },
        { "v2", "no root", "has no pieces root" },
        { "v2", "root short", "pieces root of 31 bytes" },
        { "v2", "empty with root", "empty file" },
        { "v2", "other root", "no piece layer" },
        { "v2", "layer flipped", "does not hash to its root" },
        { "v2", "layer short", "nodes of 32 are due" },
        { "v2", "no layers", "no piece layer" },
        { "v2", "layer key short", "key of 3 bytes" },
        { "v2", "longer", "nodes of 32 are due" },
        { "v2", "lengths overflow v2", "no piece layer" },
        { "v2", "symlink in tree", "symbolic link" },
        { "v2", "file and folder v2", "a file and a folder" },
        { "v2", "case collision v2", "where case does not count" },
        { "v2", "v1 files without pieces", "without pieces" },
        { "hybrid", "pad missing", "does not start with a piece" },
        { "hybrid", "other name", "v1 has" },
        { "hybrid", "other length", "by v1 and" },
        { "hybrid", "one less by v1", "3 files by v1 and 4 by v2" },
        { "hybrid", "one less by v2", "a file by v1 only" },
        { "hybrid", "not a pad", "v1 has" },
        { "hybrid", "order", "v1 has" },
        { "hybrid", "folder or file", "v1 has a folder" },
    };

    [Theory]
    [MemberData(nameof(Damages))]
    public void What_does_not_add_up_is_refused(string form, string damage, string reason)
    {
        var torrent = BencodeTree.Read(Vector(form + ".torrent"));
        var info = (Dictionary<string, object>)torrent["info"];
        var files = info.TryGetValue("files", out var list) ? (List<object>)list : [];
        Dictionary<string, object> File(int index) => (Dictionary<string, object>)files[index];
        void Path(int index, params string[] path) => File(index)["path"] = path.Select(component => (object)BencodeTree.Bytes(component)).ToList();
        Dictionary<string, object> Tree() => (Dictionary<string, object>)info["file tree"];
        Dictionary<string, object> Leaf(string name) => (Dictionary<string, object>)((Dictionary<string, object>)Tree()[name])[""];
        Dictionary<string, object> Layers() => (Dictionary<string, object>)torrent["piece layers"];
        void Cut(Dictionary<string, object> where, string key, int bytes) => where[key] = ((byte[])where[key])[..^bytes];

        switch (damage)
        {
            case "no info": torrent.Remove("info"); break;
            case "no name": info.Remove("name"); break;
            case "name is not UTF-8": info["name"] = new byte[] { 0xc3, 0x28 }; break;
            case "component of 256 bytes": Path(0, new string('a', 256)); break;
            case "no piece length": info.Remove("piece length"); break;
            case "piece length 0": info["piece length"] = 0L; break;
            case "piece length 2^40": info["piece length"] = 1L << 40; break;
            case "piece length 16385": info["piece length"] = 16385L; break;
            case "piece length 8192": info["piece length"] = 8192L; break;
            case "pieces short": Cut(info, "pieces", 20); break;
            case "pieces odd": Cut(info, "pieces", 1); break;
            case "no pieces": info.Remove("pieces"); break;
            case "length negative": File(0)["length"] = -5L; break;
            case "lengths overflow": File(0)["length"] = long.MaxValue; File(1)["length"] = long.MaxValue; break;
            case "length missing": File(0).Remove("length"); break;
            case "length and files": info["length"] = 1L; break;
            case "no path": Path(0); break;
            case "no files": files.Clear(); info["pieces"] = Array.Empty<byte>(); break;
            case "only pads": files.ForEach(file => ((Dictionary<string, object>)file)["attr"] = "p"u8.ToArray()); break;
            case "twice": Path(1, "a.txt"); break;
            case "case collision": Path(1, "A.TXT"); break;
            case "composition collision": Path(0, "\u00e9"); Path(1, "e\u0301"); break;
            case "folder case collision": Path(1, "DISC 1", "x"); break;
            case "file and folder": Path(1, "a.txt", "x"); break;
            case "symlink attr": File(1)["attr"] = "l"u8.ToArray(); break;
            case "symlink path": File(1)["symlink path"] = new List<object> { ".."u8.ToArray() }; break;
            case "meta version 2": info["meta version"] = 2L; break;
            case "meta version 3": info["meta version"] = 3L; break;
            case "no meta version": info.Remove("meta version"); break;
            case "no root": Leaf("a.txt").Remove("pieces root"); break;
            case "root short": Cut(Leaf("a.txt"), "pieces root", 1); break;
            case "empty with root": Leaf("a.txt")["length"] = 0L; break;
            case "other root": Leaf("z.txt")["pieces root"] = new byte[32]; break;
            case "layer flipped": ((byte[])Layers().Values.First())[7] ^= 4; break;
            case "layer short": Cut(Layers(), Layers().Keys.First(), 32); break;
            case "no layers": torrent.Remove("piece layers"); break;
            case "layer key short": Layers()["abc"] = Array.Empty<byte>(); break;
            case "longer": Leaf("z.txt")["length"] = 100_000L; break;
            case "lengths overflow v2": Leaf("a.txt")["length"] = long.MaxValue; break;
            case "symlink in tree": Leaf("a.txt")["attr"] = "l"u8.ToArray(); break;
            case "file and folder v2": ((Dictionary<string, object>)Tree()["a.txt"])["b"] = new Dictionary<string, object>(); break;
            case "case collision v2": Tree()["A.txt"] = Tree()["a.txt"]; break;
            case "v1 files without pieces": info["length"] = 1L; break;
            case "pad missing": files.RemoveAt(1); break;
            case "other name": Path(0, "b.txt"); break;
            case "other length": File(0)["length"] = 6L; break;
            case "one less by v1": files.RemoveRange(files.Count - 2, 2); break;
            case "one less by v2": Tree().Remove("z.txt"); break;
            case "not a pad": File(1).Remove("attr"); break;
            case "folder or file":
                info["name"] = "a.txt"u8.ToArray();
                foreach (var name in Tree().Keys.Where(name => name != "a.txt").ToArray())
                    Tree().Remove(name);
                break;
            case "order": (files[2], files[4]) = (files[4], files[2]); break;
            default: throw new InvalidOperationException(damage);
        }

        Refused(BencodeTree.Write(torrent), reason);
    }

    [Fact]
    public void Many_files_that_share_one_long_layer_or_deep_folders_cost_no_more_than_their_bytes()
    {
        var torrent = BencodeTree.Read(Vector("v2.torrent"));
        var info = (Dictionary<string, object>)torrent["info"];
        var layer = new byte[32 * 50_000];
        var root = Lacquer.Formats.Objects.PieceTree.RootOfLayer(layer, 32768).Digest.ToArray();
        var leaf = new Dictionary<string, object> { ["length"] = 50_000L * 32768, ["pieces root"] = root };
        info["file tree"] = Enumerable.Range(0, 20_000).ToDictionary(
            index => $"{index:d6}", index => (object)new Dictionary<string, object> { [""] = leaf });
        torrent["piece layers"] = new Dictionary<string, object> { [Encoding.Latin1.GetString(root)] = layer };
        Assert.Equal(20_000, TorrentReader.Parse(BencodeTree.Write(torrent)).Files.Count);

        var folder = (Dictionary<string, object>)info["file tree"];
        for (var depth = 0; depth < 80; depth++)
            folder = new Dictionary<string, object> { [new string('x', 200)] = folder };
        info["file tree"] = folder;
        Assert.Equal(81, TorrentReader.Parse(BencodeTree.Write(torrent)).Files[0].Path.Count);

        for (var depth = 0; depth < 30; depth++)
            folder = new Dictionary<string, object> { ["y"] = folder };
        info["file tree"] = folder;
        Refused(BencodeTree.Write(torrent), "within each other");
    }

    [Fact]
    public void Roots_that_begin_alike_cost_no_more_than_others()
    {
        // As a table would keep them by their first bytes, these would be looked through one by one for each.
        var layers = new Dictionary<string, object>();
        for (var number = 0; number < 400_000; number++)
            layers[new string('\0', 28) + (char)(number >> 16) + (char)(number >> 8 & 255) + (char)(number & 255) + "x"] = Array.Empty<byte>();
        var torrent = BencodeTree.Read(Vector("v2.torrent"));
        foreach (var (root, layer) in (Dictionary<string, object>)torrent["piece layers"])
            layers[root] = layer;
        torrent["piece layers"] = layers;
        Assert.NotEmpty(TorrentReader.Parse(BencodeTree.Write(torrent)).Files);
    }

    private static Dictionary<string, object> Info(string form) => (Dictionary<string, object>)BencodeTree.Read(Vector(form + ".torrent"))["info"];

    private static List<object> V1Path(Dictionary<string, object> info, int index) =>
        (List<object>)((Dictionary<string, object>)((List<object>)info["files"])[index])["path"];

    private static byte[] Torrent(Dictionary<string, object> info) => BencodeTree.Write(new Dictionary<string, object> { ["info"] = info });

    private static void Refused(byte[] torrent, string reason)
    {
        var damage = Assert.Throws<LacquerException>(() => TorrentReader.Parse(torrent));
        Assert.Equal(Failure.Damaged, damage.Failure);
        Assert.Contains(reason, damage.Message, StringComparison.Ordinal);
    }
}
