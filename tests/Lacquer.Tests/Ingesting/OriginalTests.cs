using System.Security.Cryptography;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Ledgers;
using Lacquer.Server;
using Lacquer.Stages.Restoring;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Ingesting;

/// <summary>Licences that allow no derivatives: the original stays as it is, or its format is shifted where policy says so.</summary>
public sealed class OriginalTests
{
    private const string KeepsAll = "publish = [\"attribution\", \"no-derivatives\"]\nkeep = [\"attribution\", \"no-derivatives\"]\n";

    [Fact]
    public async Task An_original_goes_the_whole_way_unchanged()
    {
        using var scratch = new Scratch();
        var archive = await Harvested(scratch);
        Assert.Equal(3, (await archive.Ingest()).Held);
        var held = Held(archive);
        Assert.Equal(["flac", "mp3", "ogg"], held.Select(o => o.Extension).Order(StringComparer.Ordinal));
        foreach (var obj in held.Where(o => o.Extension != "ogg"))
        {
            Assert.Equal((ObjectRow.OriginalTier, obj.Original!.Value, false), (obj.Tier, obj.Sha256, obj.IsTranscoded));
            Assert.Equal(SHA256.HashData(await File.ReadAllBytesAsync(Path.Combine(scratch["music"], "nd." + obj.Extension), Stop)), obj.Sha256.ToArray());
            Assert.NotNull(obj.LoudnessLufs);
        }

        Assert.Equal(3, archive.Press().Files);
        Assert.Equal(3, archive.Publish().Recordings);
        Assert.Empty((await archive.Verify()).Findings);
        await using (var server = await ArchiveServer.StartAsync(new ServeRequest(archive.Layout.Root, Stores.Of(archive.Layout.Root), Port: 0), TimeProvider.System, Stop))
        using (var client = new HttpClient { BaseAddress = server.Address })
            foreach (var (key, type) in new[] { ("nd.flac", "audio/flac"), ("nd.mp3", "audio/mpeg") })
            {
                using var answer = await client.GetAsync(new Uri($"/audio/{Id(key)}", UriKind.Relative), Stop);
                Assert.Equal(type, answer.Content.Headers.ContentType?.ToString());
                Assert.Equal(await File.ReadAllBytesAsync(Path.Combine(scratch["music"], key), Stop), await answer.Content.ReadAsByteArrayAsync(Stop));
            }

        var mirror = new Pipeline(scratch["mirror"]).Init("mirror");
        File.WriteAllText(mirror.Layout.Configuration, $"name = \"mirror\"\n[rights]\n{KeepsAll}");
        Assert.Equal(3, (await mirror.Mirror(scratch["archive"])).FetchedObjects);
        Assert.Empty((await mirror.Verify()).Findings);

        var restored = await Restore.RunAsync(new RestoreRequest(archive.Layout.Root, Id("nd.mp3"), scratch["back.mp3"]), TimeProvider.System, TestContext.Current.CancellationToken);
        Assert.Equal(await File.ReadAllBytesAsync(Path.Combine(scratch["music"], "nd.mp3"), Stop), await File.ReadAllBytesAsync(restored.Output, Stop));
    }

    [Fact]
    public async Task Policy_shifts_the_format_and_says_so_and_a_later_one_takes_the_original_back()
    {
        using var scratch = new Scratch();
        var archive = await Harvested(scratch, "format_shift_no_derivatives = true\n");
        await archive.Ingest();
        Assert.All(Held(archive), obj => Assert.Contains(obj.Extension, new[] { "ogg", "opus" }));
        using (var ledger = archive.Ledger())
        {
            var shifted = ledger.Holding(Id("nd.mp3"))!;
            Assert.True(shifted.Object.IsTranscoded);
            Assert.Contains($"format shifting of CC-BY-ND-4.0 without other change (policy {shifted.Rights.Policy})", ledger.Events(shifted.Object.Root.ToString())[^1].Detail, StringComparison.Ordinal);
            Assert.DoesNotContain("shifting", ledger.Events(ledger.Holding(Id("free.flac"))!.Object.Root.ToString())[^1].Detail, StringComparison.Ordinal);
        }

        archive.Press();
        Assert.Equal(3, archive.Publish().Recordings);

        // Before the original is there, what was made of it is taken back.
        File.WriteAllText(archive.Layout.Configuration, $"name = \"test\"\n[rights]\n{KeepsAll}");
        Assert.Single(archive.Press().Successors);
        using (var ledger = archive.Ledger())
            Assert.Contains("format_shift_no_derivatives", ledger.Rights(Id("nd.mp3"))!.Reason, StringComparison.Ordinal);
        Assert.Equal(2, (await archive.Ingest()).Ingested);
        using (var ledger = archive.Ledger())
            Assert.Equal((ObjectRow.OriginalTier, true), (ledger.Holding(Id("nd.mp3"))!.Object.Tier, ledger.Rights(Id("nd.mp3"))!.Publish));
        Assert.Equal(2, archive.Press().Files);
        Assert.Equal(3, archive.Publish().Recordings);
        Assert.Equal(0, (await archive.Ingest()).Ingested);
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static async Task<Pipeline> Harvested(Scratch scratch, string rights = "")
    {
        Tools.Need("ffmpeg", "ffprobe");
        var music = scratch["music"];
        Music.Tone(Path.Combine(music, "nd.flac"), "nd flac", 1, 300, ["-c:a", "flac"], "LICENSE=CC-BY-ND-4.0");
        Music.Tone(Path.Combine(music, "nd.mp3"), "nd mp3", 1, 400, ["-c:a", "libmp3lame", "-b:a", "128k"], "LICENSE=CC-BY-ND-4.0");
        Music.Tone(Path.Combine(music, "free.flac"), "free", 1, 500, ["-c:a", "flac"], "LICENSE=CC-BY-4.0");
        var archive = new Pipeline(scratch["archive"]).Init();
        File.WriteAllText(archive.Layout.Configuration, $"name = \"test\"\n[tiers]\nunheard = \"vorbis-96\"\n[rights]\n{KeepsAll}{rights}");
        Assert.Empty((await archive.Harvest(music, null, "music")).Findings);
        archive.Catalogue();
        return archive;
    }

    private static List<ObjectRow> Held(Pipeline archive)
    {
        using var ledger = archive.Ledger();
        return ledger.HeldRecordings(null, 10).Select(id => ledger.Holding(id)!.Object).ToList();
    }

    private static EntityId Id(string key) => EntityId.From(EntityKind.Recording, "music", key);
}
