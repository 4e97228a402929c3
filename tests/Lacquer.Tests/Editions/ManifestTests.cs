using System.Text;
using Lacquer.Formats.Editions;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Editions;

public sealed class ManifestTests
{
    [Fact]
    public void A_manifest_is_read_as_it_was_written()
    {
        var bytes = Bytes(Whole());
        var read = Manifest.Read(bytes, "it");
        Assert.Equal(bytes, Bytes(read));
        Assert.Equal("000001", read.Previous!.Edition);
        Assert.Equal(7000, read.Volumes[0].LengthBytes);
    }

    [Fact]
    public void Manifests_of_earlier_formats_are_read_and_the_first_names_nothing_that_is_made()
    {
        const string Listed = "\"files\":[{\"name\":\"00000-aa.ogg\",\"length\":3000,\"sha256\":\"S\",\"pieces_root\":\"S\"},{\"name\":\"00001-bb.ogg\",\"length\":4000,\"sha256\":\"S\",\"pieces_root\":\"S\"}]";
        var second = Encoding.UTF8.GetString(Bytes(Whole())).Replace("lacquer-edition/3", "lacquer-edition/2", StringComparison.Ordinal)
            .Replace("\"files\":2,\"length\":7000", Listed.Replace("\"S\"", $"\"{new string('a', 64)}\"", StringComparison.Ordinal), StringComparison.Ordinal);
        var first = second.Replace("lacquer-edition/2", "lacquer-edition/1", StringComparison.Ordinal);
        foreach (var text in new[] { second, first })
            Assert.Equal(("name-000001", 2, 7000L), Manifest.Read(Encoding.UTF8.GetBytes(text), "it").Volumes.Select(v => (v.Name, v.FileCount, v.LengthBytes)).Single());
        Assert.Empty(Manifest.Read(Encoding.UTF8.GetBytes(first), "it").Made);
        Assert.Throws<LacquerException>(() => Manifest.Read(Encoding.UTF8.GetBytes(second.Replace("lacquer-edition/2", "lacquer-edition/3", StringComparison.Ordinal)), "it"));
        Assert.Throws<LacquerException>(() => Manifest.Read(Encoding.UTF8.GetBytes(second.Replace("lacquer-edition/2", "lacquer-edition/4", StringComparison.Ordinal)), "it"));
    }

    [Theory]
    [InlineData("../up")]
    [InlineData("/etc/passwd")]
    [InlineData("torrents/../../x")]
    [InlineData("a//b")]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData(".hidden")]
    [InlineData("dot.")]
    [InlineData("UPPER")]
    [InlineData("back\\slash")]
    [InlineData("c:x")]
    [InlineData("nul\0l")]
    [InlineData("new\nline")]
    [InlineData("ünïcode")]
    [InlineData("~")]
    [InlineData("a/b/c/d/e")]
    [InlineData("torrents/")]
    [InlineData("manifest.json")]
    [InlineData("manifest.json.minisig")]
    [InlineData("catalogue.partial")]
    public void An_unsafe_path_is_refused(string path)
    {
        var whole = Whole();
        Refused(whole with { Files = [.. whole.Files, new ManifestFile(path, 1, default)] });
    }

    [Theory]
    [InlineData("../x.ogg")]
    [InlineData("a/b.ogg")]
    [InlineData("")]
    [InlineData(".ogg")]
    [InlineData("A.ogg")]
    public void An_unsafe_name_in_a_volume_is_refused(string name)
    {
        var whole = Whole();
        RefusedList(whole.Volumes[0] with { FileCount = 1, LengthBytes = 1 }, [new ManifestObject(name, 1, default, default)]);
        Refused(whole with { Volumes = [whole.Volumes[0] with { Name = name }], Files = [.. whole.Files, new ManifestFile($"torrents/{name}.torrent", 1, default), new ManifestFile($"volumes/{name}.json", 1, default)] });
        Refused(whole with { Made = [whole.Made[0] with { Name = name }] });
        Refused(whole with { Archive = name });
        Refused(whole with { Edition = name });
        Refused(whole with { Catalogue = name });
    }

    [Fact]
    public void What_cannot_be_is_refused()
    {
        var whole = Whole();
        Refused(whole with { PieceLengthBytes = 1000 });
        Refused(whole with { PieceLengthBytes = 0 });
        Refused(whole with { PieceLengthBytes = int.MinValue });
        Refused(whole with { Files = [.. whole.Files, whole.Files[0]] });
        Refused(whole with { Files = [] });
        Refused(whole with { Made = [whole.Made[0], whole.Made[0]] });
        Refused(whole with { Made = [whole.Made[0] with { LengthBytes = 0 }] });
        Refused(whole with { Made = [whole.Made[0] with { By = "two\nlines" }] });
        Refused(whole with { Made = [whole.Made[0] with { By = new string('x', 201) }] });
        Refused(whole with { Volumes = [.. whole.Volumes, whole.Volumes[0]] });
        Refused(whole with { Files = [whole.Files[0], whole.Files[1]] });
        Refused(whole with { Files = [whole.Files[0], whole.Files[2]] });
        Refused(whole with { Volumes = [whole.Volumes[0] with { FileCount = -1 }] });
        Refused(whole with { Volumes = [whole.Volumes[0] with { LengthBytes = -1 }] });
        Refused(whole with { Files = [whole.Files[0], whole.Files[1] with { LengthBytes = -1 }, whole.Files[2]] });
        Refused(whole with { Files = [whole.Files[0], whole.Files[1] with { LengthBytes = long.MaxValue }, whole.Files[2]] });
        // Lengths that are each possible, and together more than a number holds.
        Refused(whole with { Files = [.. whole.Files, .. Enumerable.Range(0, 9000).Select(i => new ManifestFile($"f{i}", 1L << 50, default))] });
        Refused(whole with
        {
            Volumes = [.. Enumerable.Range(0, 9000).Select(i => whole.Volumes[0] with { Name = $"v{i}", LengthBytes = 1L << 50 })],
            Files = [.. Enumerable.Range(0, 9000).SelectMany(i => new[] { new ManifestFile($"torrents/v{i}.torrent", 1, default), new ManifestFile($"volumes/v{i}.json", 1, default) })],
        });
    }

    [Fact]
    public void A_list_is_read_as_it_was_written_and_is_the_one_of_its_volume()
    {
        var volume = Whole().Volumes[0];
        ManifestObject[] files = [new("00000-aa.ogg", 3000, Digest(5), new PiecesRoot(Digest(6))), new("00001-bb.opus", 4000, Digest(7), new PiecesRoot(Digest(8)))];
        var bytes = VolumeList.ToBytes(volume.Name, files);
        Assert.Equal(files, VolumeList.Read(bytes, volume, "it"));
        RefusedList(volume with { Name = "other" }, files, "name-000001");
        RefusedList(volume with { FileCount = 3 }, files);
        RefusedList(volume with { LengthBytes = 7001 }, files);
        RefusedList(volume with { LengthBytes = 6000 }, [files[0], files[0]]);
        RefusedList(volume with { FileCount = 1, LengthBytes = 0 }, [files[0] with { LengthBytes = 0 }]);
    }

    private static void RefusedList(ManifestVolume volume, ManifestObject[] files, string? named = null) =>
        Assert.Equal(Failure.Damaged, Assert.Throws<LacquerException>(() => VolumeList.Read(VolumeList.ToBytes(named ?? volume.Name, files), volume, "it")).Failure);

    private static void Refused(Manifest manifest) => Assert.Equal(Failure.Damaged, Assert.Throws<LacquerException>(() => Manifest.Read(Bytes(manifest), "it")).Failure);

    private static byte[] Bytes(Manifest manifest)
    {
        using var stream = new MemoryStream();
        manifest.Write(stream);
        return stream.ToArray();
    }

    private static Manifest Whole() => new("name", "Title \"quoted\" é", "000002", "000003", 1 << 20, new ManifestPredecessor("000001", Digest(1)),
        [new ManifestFile("catalogue.sqlite.zst", 100, Digest(2)), new ManifestFile("torrents/name-000001.torrent", 200, Digest(3)), new ManifestFile("volumes/name-000001.json", 250, Digest(3))],
        [new ManifestMade("search.sqlite", 300, Digest(9), "lacquer-search/3 of lacquer-catalogue/3 with AnyAscii 0.3.3")],
        [new ManifestVolume("name-000001", 50, new InfoHashV1(new byte[20]), new InfoHashV2(Digest(4)), 2, 7000)]);

    private static Sha256Digest Digest(byte fill) => new(Enumerable.Repeat(fill, 32).ToArray());
}
