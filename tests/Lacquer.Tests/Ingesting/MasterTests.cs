using System.Security.Cryptography;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Ledgers;
using Lacquer.Formats.Objects;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Ingesting;

/// <summary>The lossless tier, and what becomes of lossy sources.</summary>
public sealed class MasterTests
{
    private const string RightsFile = "by = \"Ánna Ström\"\ndate = 2026-01-02\n[[files]]\nmatch = \"*\"\nlicence = \"CC0-1.0\"\n";

    [Fact]
    public async Task A_lossless_tier_keeps_masters_and_makes_nothing_lossless_of_what_is_not()
    {
        using var scratch = new Scratch();
        var archive = await Ingested(scratch, "heard = \"flac\"\nunheard = \"flac\"\n[ingest]\ncover = \"small\"\n");
        Assert.Equal(("flac", ObjectRow.OriginalTier, true), await Held(archive, scratch, "a.flac"));
        Assert.Equal(("flac", "flac", false), await Held(archive, scratch, "b.wav"));
        Assert.Equal(("flac", "flac", false), await Held(archive, scratch, "c.aiff"));
        // FLAC has no floats.
        Assert.Equal(("wav", ObjectRow.OriginalTier, true), await Held(archive, scratch, "d.wav"));
        Assert.Equal(("mp3", ObjectRow.OriginalTier, true), await Held(archive, scratch, "e.mp3"));
        Assert.Equal(("ogg", "flac-kept", false), await Held(archive, scratch, "f.ogg"));

        var made = PathOf(archive, "b.wav");
        Assert.Equal(Samples(Path.Combine(scratch["music"], "b.wav")), Samples(made));
        Assert.Contains("24", Tools.Run("ffprobe", "-v", "error", "-select_streams", "a", "-show_entries", "stream=bits_per_raw_sample", "-of", "csv=p=0", made).Output, StringComparison.Ordinal);
        var (_, tags) = Tools.Run("ffprobe", "-v", "error", "-show_entries", "format_tags", "-of", "default=nk=0:nw=1", made);
        foreach (var tag in new[] { "REPLAYGAIN_TRACK_GAIN", "LACQUER_RECORDING", "LICENSE=CC0-1.0", "TITLE=b" })
            Assert.Contains("TAG:" + tag, tags.Replace("TAG:title", "TAG:TITLE", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Contains("500,333", Tools.Run("ffprobe", "-v", "error", "-select_streams", "v", "-show_entries", "stream=width,height", "-of", "csv=p=0", made).Output, StringComparison.Ordinal);
        using (var ledger = archive.Ledger())
            Assert.Contains(ledger.Events(ledger.Holding(Id("b.wav"))!.Object.Root.ToString()), e => e.Detail == "decoded again: the samples of its source, to the bit");

        Assert.Equal(6, archive.Press().Files);
        archive.Publish();
        Assert.Empty((await archive.Verify()).Findings);
        await archive.Restore(Id("f.ogg"), scratch["back.ogg"]);
        Assert.Equal(await File.ReadAllBytesAsync(Path.Combine(scratch["music"], "f.ogg"), Stop), await File.ReadAllBytesAsync(scratch["back.ogg"], Stop));
    }

    [Fact]
    public async Task Policy_keeps_lossy_sources_beside_encoded_lossless_ones()
    {
        using var scratch = new Scratch();
        var archive = await Ingested(scratch, "unheard = \"opus-64\"\nlossy = \"keep\"\n");
        Assert.Equal(("opus", "opus-64", false), await Held(archive, scratch, "a.flac"));
        Assert.Equal(("mp3", ObjectRow.OriginalTier, true), await Held(archive, scratch, "e.mp3"));
        Assert.Equal(("ogg", "opus-64-kept", false), await Held(archive, scratch, "f.ogg"));
    }

    [Fact]
    public async Task The_gain_of_an_album_comes_into_flac_without_another_change()
    {
        using var scratch = new Scratch();
        Tools.Need("ffmpeg", "ffprobe");
        var music = Directory.CreateDirectory(scratch["music"]).FullName;
        foreach (var (name, hertz) in new[] { ("1.wav", 300), ("2.wav", 500) })
            Music.Tone(Path.Combine(music, name), name, 3, hertz, ["-c:a", "pcm_s16le"], "album=Both", "artist=Ánna Ström");
        await File.WriteAllTextAsync(Path.Combine(music, "rights.toml"), RightsFile, Stop);
        var archive = await Ingested(scratch, "unheard = \"flac\"\n");
        foreach (var name in new[] { "1.wav", "2.wav" })
        {
            Assert.Equal(Samples(Path.Combine(music, name)), Samples(PathOf(archive, name)));
            using var file = File.OpenRead(PathOf(archive, name));
            var tags = FlacFile.ReadTags(file);
            Assert.Equal(("Both", 1, 1), (tags.Values("ALBUM").Single(), tags.Values("REPLAYGAIN_TRACK_GAIN").Count(), tags.Values("REPLAYGAIN_ALBUM_GAIN").Count()));
        }
    }

    [Fact]
    public void Comments_and_pictures_are_read_and_replaced_and_frames_stay()
    {
        byte[] info = new byte[34], picture = [0, 0, 0, 3, 1, 2, 3], frames = [0xFF, 0xF8, 9, 8, 7];
        byte[] file = [.. "fLaC"u8, 0, 0, 0, 34, .. info, 1, 0, 0, 2, 0, 0, 2, 0, 0, 5, 1, 2, 3, 4, 5, 0x86, 0, 0, 7, .. picture, .. frames];
        Assert.Equal([new Comment(FlacFile.PictureName, Convert.ToBase64String(picture))], FlacFile.ReadTags(new MemoryStream(file)).Comments);

        using var written = new MemoryStream();
        var tags = new CommentHeader("v", [new("TITLE", "Ä"), new(FlacFile.PictureName, Convert.ToBase64String([5, 6])), new("ARTIST", "B")]);
        FlacFile.Rewrite(new MemoryStream(file), tags, written);
        var read = FlacFile.ReadTags(new MemoryStream(written.ToArray()));
        Assert.Equal(("v", "TITLE=Ä ARTIST=B METADATA_BLOCK_PICTURE=BQY="), (read.Vendor, string.Join(' ', read.Comments.Select(c => $"{c.Name}={c.Value}"))));
        Assert.Equal([.. "fLaC"u8, 0, 0, 0, 34, .. info, 2, 0, 0, 5, 1, 2, 3, 4, 5], written.ToArray()[..(4 + 38 + 9)]);
        Assert.Equal(frames, written.ToArray()[^frames.Length..]);
    }

    [Theory]
    [InlineData("4F676753", Failure.Damaged, "fLaC")]
    [InlineData("664C6143", Failure.Damaged, "before its metadata")]
    [InlineData("664C614300000022", Failure.Damaged, "before its metadata")]
    [InlineData("664C61438400000800000000FFFFFFFF", Failure.Damaged, "claims")]
    public void A_broken_head_is_refused(string hex, Failure failure, string why)
    {
        var refused = Assert.Throws<LacquerException>(() => FlacFile.ReadTags(new MemoryStream(Convert.FromHexString(hex))));
        Assert.Equal(failure, refused.Failure);
        Assert.Contains(why, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Metadata_without_an_end_are_bounded()
    {
        var blocks = Enumerable.Repeat((byte[])[2, 0x7F, 0xFF, 0xFF], 1).SelectMany(head => head.Concat(new byte[0x7FFFFF])).ToArray();
        byte[] file = [.. "fLaC"u8, .. blocks, .. blocks, .. blocks, .. blocks, .. blocks];
        Assert.Equal(Failure.Refused, Assert.Throws<LacquerException>(() => FlacFile.ReadTags(new MemoryStream(file))).Failure);
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static async Task<Pipeline> Ingested(Scratch scratch, string tiers)
    {
        Tools.Need("ffmpeg", "ffprobe");
        var music = scratch["music"];
        if (!Directory.Exists(music))
        {
            Directory.CreateDirectory(music);
            var at = 200;
            foreach (var (name, codec) in new[] { ("a.flac", "flac"), ("b.wav", "pcm_s24le"), ("c.aiff", "pcm_s16be"), ("d.wav", "pcm_f32le"), ("e.mp3", "libmp3lame"), ("f.ogg", "libvorbis") })
                Music.Tone(Path.Combine(music, name), name[..1], 3, at += 111, ["-c:a", codec], "LICENSE=CC0-1.0");
            await File.WriteAllTextAsync(Path.Combine(music, "rights.toml"), RightsFile, Stop);
            Assert.Equal(0, Tools.Run("ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi", "-i", "testsrc=size=900x600:rate=1:duration=1", "-frames:v", "1", Path.Combine(music, "cover.png")).ExitCode);
        }

        var archive = new Pipeline(scratch["archive"]).Init();
        await File.WriteAllTextAsync(archive.Layout.Configuration, $"name = \"test\"\n[tiers]\n{tiers}", Stop);
        Assert.Empty((await archive.Harvest(music, null, "music")).Findings);
        archive.Catalogue();
        Assert.Empty((await archive.Ingest()).Findings);
        return archive;
    }

    // Extension, tier, and whether it is its source byte for byte.
    private static async Task<(string Extension, string Tier, bool IsSource)> Held(Pipeline archive, Scratch scratch, string name)
    {
        using var ledger = archive.Ledger();
        var obj = ledger.Holding(Id(name))!.Object;
        return (obj.Extension, obj.Tier, obj.Sha256 == new Sha256Digest(SHA256.HashData(await File.ReadAllBytesAsync(Path.Combine(scratch["music"], name), Stop))));
    }

    private static string PathOf(Pipeline archive, string name)
    {
        using var ledger = archive.Ledger();
        var obj = ledger.Holding(Id(name))!.Object;
        return archive.Layout.Object(obj.Root, obj.Extension);
    }

    private static string Samples(string path) => Tools.Run("ffmpeg", "-nostdin", "-v", "error", "-i", path, "-map", "0:a", "-c:a", "pcm_s24le", "-f", "md5", "-").Output;

    private static EntityId Id(string key) => EntityId.From(EntityKind.Recording, "music", key);
}
