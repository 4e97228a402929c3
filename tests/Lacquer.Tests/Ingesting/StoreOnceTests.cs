using Lacquer.Formats.Identity;
using Lacquer.Formats.Ledgers;
using Lacquer.Stages.Restoring;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Ingesting;

/// <summary>The same audio under two recordings is held once and reported, where nothing is lost by it.</summary>
public sealed class StoreOnceTests : IDisposable
{
    private readonly Scratch _scratch = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task The_same_file_under_two_recordings_is_held_once_for_both()
    {
        var archive = await Harvested();
        Assert.Equal(2, (await archive.Ingest()).Held);
        var (a, b) = (Id("a.ogg"), Id("b.ogg"));
        using (var ledger = archive.Ledger())
        {
            Assert.Equal(new SameAudioRow(a, b, SameAudioBy.Bytes, 1, "", null), Assert.Single(ledger.SameAudio(null, 10)));
            // The better known one's object stays.
            var obj = Assert.Single(ledger.Objects(null, 10));
            Assert.Equal([a, b], ledger.RecordingsOf(obj.Root).OrderBy(r => r == b));
            Assert.Equal($"{obj.Root}.ogg", Path.GetFileName(Assert.Single(Files(archive.Layout.Objects))));
            Assert.Contains(b.ToString(), ledger.Events(obj.Root.ToString())[0].Detail, StringComparison.Ordinal);
            Assert.Equal("same-audio", ledger.Events(a.ToString())[^1].Type);
        }

        Assert.Empty(Files(archive.Layout.Work));
        Assert.Equal(2, (await archive.Ingest()).Held);
        using (var ledger = archive.Ledger())
        {
            Assert.True(ledger.Rights(a)!.Publish);
            Assert.Single(ledger.SameAudio(null, 10));
        }

        Assert.Equal(1, archive.Press().Files);
        Assert.Equal(2, archive.Publish().Recordings);
        Assert.Empty((await archive.Verify()).Findings);
        var restored = Restore.Run(new RestoreRequest(archive.Layout.Root, a, _scratch["back.ogg"]), TimeProvider.System);
        Assert.Equal(await File.ReadAllBytesAsync(_scratch["music/a.ogg"], Stop), await File.ReadAllBytesAsync(restored.Output, Stop));
    }

    [Fact]
    public async Task Where_policy_has_copies_kept_they_are_reported_alone()
    {
        var archive = await Harvested("[quality]\nstore_once = [\"samples\"]\n");
        await archive.Ingest();
        using var ledger = archive.Ledger();
        Assert.Equal(2, ledger.Objects(null, 10).Count);
        Assert.Equal("quality.store_once has no bytes", Assert.Single(ledger.SameAudio(null, 10)).Apart);
    }

    [Fact]
    public async Task Copies_under_other_licences_stay_apart()
    {
        var archive = await Harvested(licences: """
            Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/

            Files: a.ogg
            Copyright: nobody
            License: CC-BY-4.0

            Files: b.ogg
            Copyright: nobody
            License: CC0-1.0
            """);
        await archive.Ingest();
        using var ledger = archive.Ledger();
        Assert.Equal(2, ledger.Objects(null, 10).Count);
        Assert.Equal("their rights differ", Assert.Single(ledger.SameAudio(null, 10)).Apart);
    }

    private static EntityId Id(string key) => EntityId.From(EntityKind.Recording, "music", key);

    private static IEnumerable<string> Files(string folder) => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories);

    // Two files of the same bytes; without a title, each is called by its name.
    private async Task<Pipeline> Harvested(string configuration = "", string? licences = null)
    {
        Tools.Need("ffmpeg", "ffprobe");
        var music = _scratch["music"];
        Music.Tone(Path.Combine(music, "a.ogg"), "", 4, 220, ["-c:a", "libvorbis", "-b:a", "128k"], licences is null ? ["LICENSE=CC-BY-4.0"] : []);
        File.Copy(Path.Combine(music, "a.ogg"), Path.Combine(music, "b.ogg"));
        await File.WriteAllTextAsync(_scratch["listens.csv"], "path,listens\nb.ogg,10\na.ogg,5\n", Stop);
        if (licences is not null)
            await File.WriteAllTextAsync(Path.Combine(music, "copyright"), licences, Stop);
        var archive = new Pipeline(_scratch["archive"]).Init();
        await File.AppendAllTextAsync(archive.Layout.Configuration, configuration, Stop);
        await archive.Harvest(music, _scratch["listens.csv"], "music");
        archive.Catalogue();
        return archive;
    }
}
