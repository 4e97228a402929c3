using System.Text;
using System.Text.RegularExpressions;
using Lacquer.Formats.Deltas;
using Lacquer.Formats.Editions;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Editions;

/// <summary>
/// The signed files of an edition as strangers may have written them. Their readers are given bytes that are no JSON any more, and JSON that says something else, as if the signature over it were in order.
/// <c>LACQUER_FUZZ=N</c> sets how many inputs there are of each kind.
/// </summary>
public sealed partial class EditionFuzzTests
{
    private static readonly EntityId Recording = EntityId.From(EntityKind.Recording, "music", "first/01.ogg");

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_changed_manifest_is_a_manifest_or_damaged_and_its_names_are_safe(int format)
    {
        var original = Manifests(format);
        Assert.NotEmpty(Manifest.Read(original, "it").Volumes);
        Fuzz.Run(6_000, random => Changed(original, random), bytes =>
        {
            var read = Manifest.Read(bytes, "it");
            // No sum is too large for a number.
            _ = (read.Files.Sum(f => f.LengthBytes), read.Volumes.Sum(v => v.LengthBytes));
            foreach (var path in read.Files.Select(f => f.Path).Concat(read.Volumes.SelectMany(v => new[] { v.Name, v.TorrentPath, v.ListPath, v.SuccessorOf ?? "none" })).Concat(read.Made.Select(m => m.Name))
                .Concat([read.Archive, read.Edition, read.Catalogue, read.Previous?.Edition ?? "none"]))
                Assert.True(SafePath().IsMatch(path) && path.Split('/').All(part => part[0] != '.' && part[^1] != '.'), path);
            using var again = new MemoryStream();
            read.Write(again);
            Assert.Equal(read.Edition, Manifest.Read(again.ToArray(), "it").Edition);
        });
    }

    [Fact]
    public void A_changed_list_of_a_volume_is_that_list_or_damaged()
    {
        var volume = new ManifestVolume("name-000001", 50, new InfoHashV1(new byte[20]), new InfoHashV2(Digest(4)), 2, 7000);
        var original = VolumeList.ToBytes(volume.Name, [new("00000-aa.ogg", 3000, Digest(5), new PiecesRoot(Digest(6))), new("00001-bb.opus", 4000, Digest(7), new PiecesRoot(Digest(8)))]);
        Fuzz.Run(12_000, random => Changed(original, random), bytes =>
        {
            var files = VolumeList.Read(bytes, volume, "it");
            Assert.Equal((2, 7000L), (files.Count, files.Sum(f => f.LengthBytes)));
            Assert.All(files, f => Assert.Matches(SafePath(), f.Name));
        });
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_changed_tombstone_is_one_or_damaged(bool undoes)
    {
        var original = new Tombstone("name", 7, undoes ? 3 : null, WithdrawalScope.Licence, "CC-BY-4.0", "why \"é\"", "RT-1", new DateOnly(2026, 2, 3), [Recording, EntityId.From(EntityKind.Artist, "a", "b")], [new PiecesRoot(Digest(1))]).ToBytes();
        Fuzz.Run(8_000, random => Changed(original, random), bytes =>
        {
            var read = Tombstone.Read(bytes, "it");
            Assert.True(SafePath().IsMatch(read.Path) && Tombstone.IsPath(read.Path));
            Assert.Equal(read.Subject, Tombstone.Read(read.ToBytes(), "it").Subject);
        });
    }

    [Fact]
    public void Changed_keys_are_a_chain_that_is_signed_or_refused()
    {
        using var first = MinisignKey.Create();
        using var second = MinisignKey.Create();
        using var third = MinisignKey.Create();
        var original = KeyChain.Of(first.PublicKey).Then(first, second.PublicKey).Then(second, third.PublicKey).ToBytes();
        Fuzz.Run(3_000, random => Changed(original, random), bytes =>
        {
            var chain = KeyChain.Read(bytes, "it");
            // Whatever is left of it leads from one of ours to one of ours.
            Assert.All(chain.Keys.Skip(1), key => Assert.Contains(key.Key.Text, new[] { second.PublicKey.Text, third.PublicKey.Text }));
            Assert.Equal(chain.Newest, KeyChain.Read(chain.ToBytes(), "it").Newest);
        }, [Failure.Damaged, Failure.Untrusted]);
    }

    [Fact]
    public void A_changed_key_or_signature_is_refused_and_never_believed()
    {
        using var key = MinisignKey.Create();
        var content = "what is signed"u8.ToArray();
        var (publicKey, signature) = (key.PublicKey.FileText(), key.Sign(new MemoryStream(content), "a comment"));
        Fuzz.Run(6_000, random => Packed(random, publicKey, signature), bytes =>
        {
            var parts = Encoding.UTF8.GetString(bytes).Split('\f');
            var named = Minisign.KeyIdOf(parts[1]);
            Assert.True(named is null || named.Length == 16);
            // Who is believed is the one who signed, whatever became of comments and white space.
            var read = MinisignPublicKey.Parse(parts[0]);
            Assert.Equal("a comment", Minisign.Verify(read, new MemoryStream(content), parts[1], "it"));
            Assert.Equal(key.PublicKey.Text[14..], read.Text[14..]);
        }, [Failure.Usage, Failure.Untrusted]);
    }

    // A key and a signature, of which one is changed: its text, or the bytes behind its base 64.
    private static byte[] Packed(Random random, string publicKey, string signature)
    {
        var texts = new[] { publicKey, signature };
        var which = random.Next(2);
        var lines = texts[which].Split('\n');
        var coded = random.Next(2) == 0 ? -1 : which == 0 ? 1 : 1 + 2 * random.Next(2);
        if (coded < 0)
            texts[which] = Encoding.UTF8.GetString(random.Mutate(Encoding.UTF8.GetBytes(texts[which])));
        else
        {
            var bytes = Convert.FromBase64String(lines[coded]);
            bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
            lines[coded] = Convert.ToBase64String(bytes);
            texts[which] = string.Join('\n', lines);
        }

        return Encoding.UTF8.GetBytes($"{texts[0].Replace('\f', ' ')}\f{texts[1].Replace('\f', ' ')}");
    }

    private static byte[] Changed(byte[] original, Random random) => random.Next(2) == 0 ? random.Mutate(original) : random.ChangeJson(original);

    // As each version of the program wrote it.
    private static byte[] Manifests(int format)
    {
        var whole = new Manifest("name", "Title \"quoted\" é", "000002", "000003", 1 << 20, new ManifestPredecessor("000001", Digest(1)),
            [new ManifestFile("catalogue.sqlite.zst", 100, Digest(2)), new ManifestFile("torrents/name-000001.torrent", 200, Digest(3)), new ManifestFile("volumes/name-000001.json", 250, Digest(3))],
            [new ManifestMade("search.sqlite", 300, Digest(9), "lacquer-search/3 of lacquer-catalogue/3 with AnyAscii 0.3.3")],
            [new ManifestVolume("name-000001", 50, new InfoHashV1(new byte[20]), new InfoHashV2(Digest(4)), 2, 7000, "name-000000")])
        { CatalogueFile = new DeltaEnd(1000, Digest(7)) };
        using var stream = new MemoryStream();
        whole.Write(stream);
        var text = Encoding.UTF8.GetString(stream.ToArray());
        if (format < 3)
            text = text.Replace("lacquer-edition/3", $"lacquer-edition/{format}", StringComparison.Ordinal).Replace("\"files\":2,\"length\":7000",
                $$"""
                "files":[{"name":"00000-aa.ogg","length":3000,"sha256":"{{Digest(5)}}","pieces_root":"{{Digest(6)}}"},{"name":"00001-bb.ogg","length":4000,"sha256":"{{Digest(5)}}","pieces_root":"{{Digest(6)}}"}]
                """, StringComparison.Ordinal);
        return Encoding.UTF8.GetBytes(text);
    }

    private static Sha256Digest Digest(byte fill) => new(Enumerable.Repeat(fill, 32).ToArray());

    [GeneratedRegex("^[a-z0-9-][a-z0-9./-]*$")]
    private static partial Regex SafePath();
}
