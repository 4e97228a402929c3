using System.Globalization;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Ledgers;
using Lacquer.Formats.Objects;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Ingesting;

/// <summary>What the comment header of an object says.</summary>
public sealed class ObjectTagsTests
{
    [Fact]
    public async Task What_the_source_does_not_say_the_catalogue_does_and_each_codec_has_its_own_gain()
    {
        using var scratch = new Scratch();
        var archive = await Ingested(scratch);
        var vorbis = Tags(archive, "first/01.ogg");
        Assert.Equal(
            ["ALBUM=Första", "ALBUMARTIST=Ánna Ström", "ARTIST=Ánna Ström", "ARTISTS=Ánna Ström", "DATE=2021-03-04", "DISCNUMBER=1", "DISCTOTAL=1", "ISRC=SEA012100001",
             $"LACQUER_RECORDING={Id("first/01.ogg")}", "LICENSE=CC-BY-SA-4.0", "TITLE=Déjà vu", "TRACKNUMBER=1", "TRACKTOTAL=3"],
            vorbis.Where(c => !c.Name.StartsWith("REPLAYGAIN", StringComparison.Ordinal)).Select(c => $"{c.Name.ToUpperInvariant()}={c.Value}").Order(StringComparer.Ordinal));
        Assert.Equal(["REPLAYGAIN_ALBUM_GAIN", "REPLAYGAIN_ALBUM_PEAK", "REPLAYGAIN_TRACK_GAIN", "REPLAYGAIN_TRACK_PEAK"], Gains(vorbis));
        // Of FLAC and MP3, by ffprobe's names.
        Assert.Equal(["3", "3"], Tags(archive, "first/03.flac").Where(c => c.Name is "TRACKNUMBER" or "TRACKTOTAL").Select(c => c.Value));
        var opus = Tags(archive, "second/a.opus");
        Assert.Equal(["R128_ALBUM_GAIN", "R128_TRACK_GAIN"], Gains(opus));
    }

    [Fact]
    public async Task An_album_has_one_gain_that_its_tracks_come_to_and_originals_still_come_back()
    {
        using var scratch = new Scratch();
        var archive = await Ingested(scratch);
        string[] keys = ["first/01.ogg", "first/02.ogg", "first/03.flac"];
        using (var ledger = archive.Ledger())
        {
            var held = keys.Select(k => ledger.Holding(Id(k))!.Object).ToList();
            var blocks = new LoudnessBlocks();
            held.ForEach(o => blocks.Add(LoudnessBlocks.Parse(o.LoudnessBlocks!)));
            Assert.All(held, o => Assert.Equal((blocks.IntegratedLufs(), held.Max(h => h.PeakDbfs)), (o.AlbumLufs, o.AlbumPeakDbfs)));
            Assert.Single(held.Select(o => o.Album).Distinct());
            Assert.Equal(Directory.EnumerateFiles(archive.Layout.Objects, "*", SearchOption.AllDirectories).Count(), (int)ledger.ObjectTotals().Count);
            Assert.Contains(ledger.Events(held[0].Root.ToString()), e => e.Type == "modification");
            Assert.Equal((-18 - blocks.IntegratedLufs()!.Value).ToString("+0.00;-0.00", CultureInfo.InvariantCulture) + " dB", Tags(archive, keys[0]).Single(c => c.Name == "REPLAYGAIN_ALBUM_GAIN").Value);
        }

        await archive.Restore(Id(keys[0]), scratch["back.ogg"]);
        Assert.Equal(await File.ReadAllBytesAsync(Path.Combine(scratch["music"], keys[0]), Stop), await File.ReadAllBytesAsync(scratch["back.ogg"], Stop));
        Assert.Empty((await archive.Verify()).Findings);
        var before = Roots(archive);
        await archive.Ingest();
        Assert.Equal(before, Roots(archive));
    }

    [Fact]
    public async Task What_came_in_parts_is_what_comes_in_at_once_and_what_is_in_a_volume_stays()
    {
        using var scratch = new Scratch();
        var whole = await Ingested(scratch);
        var parts = new Pipeline(scratch["parts"]).Init();
        await parts.Harvest(scratch["music"], Path.Combine(scratch["music"], "listens.csv"), "music");
        parts.Catalogue();
        await parts.Ingest(budget: 1);
        Assert.InRange(Roots(parts).Count, 1, 4);
        await parts.Ingest(budget: 100_000);
        await parts.Ingest();
        Assert.Equal(Roots(whole), Roots(parts));

        var early = new Pipeline(scratch["early"]).Init();
        await early.Harvest(scratch["music"], Path.Combine(scratch["music"], "listens.csv"), "music");
        early.Catalogue();
        await early.Ingest(budget: 1);
        early.Press();
        var pressed = Roots(early);
        await early.Ingest();
        Assert.Equal(5, Roots(early).Count);
        Assert.Subset(Roots(early).ToHashSet(), pressed.ToHashSet());
        Assert.Empty((await early.Verify()).Findings);
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static async Task<Pipeline> Ingested(Scratch scratch)
    {
        var music = Music.CopyTo(scratch["music"]);
        var archive = new Pipeline(scratch["archive"]).Init();
        await archive.Harvest(music, Path.Combine(music, "listens.csv"), "music");
        archive.Catalogue();
        await archive.Ingest();
        return archive;
    }

    private static IReadOnlyList<Comment> Tags(Pipeline archive, string key)
    {
        using var ledger = archive.Ledger();
        var obj = ledger.Holding(Id(key))!.Object;
        using var file = File.OpenRead(archive.Layout.Object(obj.Root, obj.Extension));
        return OggFile.ReadHead(file).Tags.Comments;
    }

    private static IEnumerable<string> Gains(IReadOnlyList<Comment> tags) =>
        tags.Select(c => c.Name).Where(n => n.StartsWith("R128", StringComparison.Ordinal) || n.StartsWith("REPLAYGAIN", StringComparison.Ordinal)).Order(StringComparer.Ordinal);

    private static List<string> Roots(Pipeline archive)
    {
        using var ledger = archive.Ledger();
        return ledger.Objects(null, 100).Select(o => o.Root.ToString()).ToList();
    }

    private static EntityId Id(string key) => EntityId.From(EntityKind.Recording, "music", key);
}
