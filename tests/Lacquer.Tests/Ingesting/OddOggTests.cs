using Lacquer.Formats.Identity;
using Lacquer.Formats.Objects;
using Lacquer.Tests.Objects;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Ingesting;

/// <summary>Ogg files as they are met in the wild, from harvest to restore.</summary>
public sealed class OddOggTests
{
    [Fact]
    public async Task Odd_framings_are_kept_where_they_can_be_undone_and_encoded_where_not()
    {
        Tools.Need("ffmpeg", "ffprobe");
        using var scratch = new Scratch();
        var stop = TestContext.Current.CancellationToken;
        var music = Directory.CreateDirectory(scratch["music"]).FullName;
        var (one, two) = (Tone(scratch, 300), Tone(scratch, 500));
        var pages = SyntheticOgg.Pages(one);
        var odd = new Dictionary<string, byte[]>
        {
            // Lacing values of 200,000 bytes fill more than three pages.
            ["spanning.ogg"] = Tagged(one, new Comment("COMMENT", Convert.ToBase64String(SyntheticOgg.Noise(150_000, 1)))),
            ["gap.ogg"] = SyntheticOgg.Join(pages.Select((p, i) => i < 6 ? p : p with { Number = p.Number + 3 })),
            ["shared.ogg"] = SyntheticOgg.Join(Shared(pages)),
            ["chained.ogg"] = [.. one, .. two],
            ["multiplexed.ogg"] = SyntheticOgg.Join(Multiplexed(pages, SyntheticOgg.Pages(two))),
            ["no-end.ogg"] = SyntheticOgg.Join(pages.Select(p => p with { Flags = (byte)(p.Flags & ~4) })),
        };
        foreach (var (name, bytes) in odd)
            await File.WriteAllBytesAsync(Path.Combine(music, name), bytes, stop);
        var archive = new Pipeline(scratch["archive"]).Init();
        await File.WriteAllTextAsync(archive.Layout.Configuration, "name = \"test\"\n[tiers]\nkeep_lossy_up_to = 100\n", stop);
        Assert.Empty((await archive.Harvest(music, null, "music")).Findings);
        archive.Catalogue();
        Assert.Equal(odd.Count, (await archive.Ingest()).Held);
        using var ledger = archive.Ledger();
        foreach (var name in odd.Keys)
        {
            var obj = ledger.Holding(EntityId.From(EntityKind.Recording, "music", name))!.Object;
            using var file = File.OpenRead(archive.Layout.Object(obj.Root, obj.Extension));
            var scan = OggFile.Scan(file);
            Assert.True(scan.IsRewritable, name);
            Assert.Equal((name, name is "chained.ogg" or "multiplexed.ogg" or "no-end.ogg"), (name, obj.IsTranscoded));
            // Where the end flag is missing, the last block is not cut to its length (Vorbis I §A.2).
            var ms = name == "chained.ogg" ? 6000 : 3000;
            Assert.InRange(obj.DurationMs!.Value, ms - 10, ms + (name == "no-end.ogg" ? 50 : 10));
            Assert.InRange(scan.DurationMs, obj.DurationMs.Value - 1, obj.DurationMs.Value + 1);
            if (obj.IsTranscoded)
                continue;
            await archive.Restore(EntityId.From(EntityKind.Recording, "music", name), scratch[name]);
            Assert.Equal(odd[name], await File.ReadAllBytesAsync(scratch[name], stop));
        }
    }

    // The last header page and the first of audio become one.
    private static IEnumerable<SyntheticOgg.Page> Shared(List<SyntheticOgg.Page> pages)
    {
        var last = pages.FindIndex(p => p.Granule > 0) - 1;
        var (head, audio) = (pages[last], pages[last + 1]);
        return [.. pages[..last], audio with { Flags = head.Flags, Number = head.Number, Lacing = [.. head.Lacing, .. audio.Lacing], Body = [.. head.Body, .. audio.Body] },
            .. pages[(last + 2)..].Select(p => p with { Number = p.Number - 1 })];
    }

    // RFC 3533 §4: all first pages come before all others.
    private static List<SyntheticOgg.Page> Multiplexed(List<SyntheticOgg.Page> one, List<SyntheticOgg.Page> two)
    {
        two = two.ConvertAll(p => p with { Serial = p.Serial + 1 });
        var both = new List<SyntheticOgg.Page> { one[0], two[0] };
        for (var i = 1; i < Math.Max(one.Count, two.Count); i++)
            both.AddRange([.. i < one.Count ? [one[i]] : Array.Empty<SyntheticOgg.Page>(), .. i < two.Count ? [two[i]] : Array.Empty<SyntheticOgg.Page>()]);
        return both;
    }

    private static byte[] Tone(Scratch scratch, int hertz)
    {
        var path = scratch[$"{hertz}.ogg"];
        Music.Tone(path, $"Tone {hertz}", 3, hertz, ["-c:a", "libvorbis", "-b:a", "64k"], "LICENSE=CC0-1.0");
        return File.ReadAllBytes(path);
    }

    private static byte[] Tagged(byte[] file, Comment comment)
    {
        using var source = new MemoryStream(file);
        var head = OggFile.ReadHead(source);
        source.Position = 0;
        using var tagged = new MemoryStream();
        OggFile.Rewrite(source, head.Tags with { Comments = [.. head.Tags.Comments, comment] }, tagged);
        return tagged.ToArray();
    }
}
