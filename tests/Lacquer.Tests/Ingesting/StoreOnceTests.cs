using Lacquer.Cli;
using Lacquer.Formats.Catalogues;
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
            Assert.Contains(ledger.Events(obj.Root.ToString()), e => e.Type == "ingest" && e.Detail.StartsWith(b.ToString(), StringComparison.Ordinal));
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
        var restored = await Restore.RunAsync(new RestoreRequest(archive.Layout.Root, a, _scratch["back.ogg"]), TimeProvider.System, Stop);
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

    [Fact]
    public async Task An_accepted_pair_is_one_recording_of_the_next_catalogue()
    {
        var archive = await Harvested();
        await archive.Ingest();
        var pair = await Run(archive, "quality", "duplicates");
        Assert.Contains($"bytes 1.000  {Id("a.ogg")}  a  =  {Id("b.ogg")}  b: one object", pair, StringComparison.Ordinal);
        Assert.Contains("bytes 1, samples 0, fingerprint 0; one object for both: 1", pair, StringComparison.Ordinal);
        Assert.Equal("nothing new to accept\n", await Run(archive, "quality", "duplicates", "--accept", "--by", "samples"));
        Assert.StartsWith("accession same-audio/000002: 1 pair accepted", await Run(archive, "quality", "duplicates", "--accept"), StringComparison.Ordinal);
        Assert.Equal("nothing new to accept\n", await Run(archive, "quality", "duplicates", "--accept"));
        Assert.Equal(1, archive.Catalogue().Totals.Recordings);
        Assert.Contains(" 0 lost", await Run(archive, "catalogue", "--check"), StringComparison.Ordinal);
        using (var catalogue = CatalogueReader.Open(archive.Layout.NewestCatalogue()!))
        {
            // What was listened to is the sum of neither more nor less than before: one source's most.
            Assert.Equal((10L, 2), (catalogue.Recording(1)!.Listens, catalogue.Sources(1).Count));
            Assert.Equal(catalogue.Recording(1)!.Id, catalogue.Recording(Id("a.ogg"))?.Id ?? catalogue.Recording(Id("b.ogg"))!.Id);
        }

        Assert.Equal(1, (await archive.Ingest()).Held);
        Assert.Contains("bytes 0", await Run(archive, "quality", "duplicates"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_same_audio_under_many_titles_is_a_sign_and_goes_to_the_tail_but_for_the_best_known()
    {
        var archive = await Harvested("[quality]\ntail = [\"same-audio\"]\nsame_audio_titles = 3\n", copies: ["b.ogg", "c.ogg"]);
        await archive.Ingest();
        Assert.Contains($"same-audio  {Id("b.ogg")}  b: the same audio under 3 titles and artists, at least 3", await Run(archive, "quality", "signals"), StringComparison.Ordinal);
        Assert.Contains("in the tail: 2 recordings", await Run(archive, "quality", "signals"), StringComparison.Ordinal);
    }

    private static async Task<string> Run(Pipeline archive, params string[] words)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await App.RunAsync([.. words, "--archive", archive.Layout.Root], new Terminal(output, error), Stop);
        Assert.True(code == 0, error.ToString());
        return output.ToString();
    }

    private static EntityId Id(string key) => EntityId.From(EntityKind.Recording, "music", key);

    private static IEnumerable<string> Files(string folder) => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories);

    // Two files of the same bytes; without a title, each is called by its name.
    private async Task<Pipeline> Harvested(string configuration = "", string? licences = null, params string[] copies)
    {
        Tools.Need("ffmpeg", "ffprobe");
        var music = _scratch["music"];
        Music.Tone(Path.Combine(music, "a.ogg"), "", 4, 220, ["-c:a", "libvorbis", "-b:a", "128k"], licences is null ? ["LICENSE=CC-BY-4.0"] : []);
        foreach (var copy in copies is [] ? ["b.ogg"] : copies)
            File.Copy(Path.Combine(music, "a.ogg"), Path.Combine(music, copy));
        await File.WriteAllTextAsync(_scratch["listens.csv"], "path,listens\nb.ogg,10\na.ogg,5\nc.ogg,1\n", Stop);
        if (licences is not null)
            await File.WriteAllTextAsync(Path.Combine(music, "copyright"), licences, Stop);
        var archive = new Pipeline(_scratch["archive"]).Init();
        await File.AppendAllTextAsync(archive.Layout.Configuration, configuration, Stop);
        await archive.Harvest(music, _scratch["listens.csv"], "music");
        archive.Catalogue();
        return archive;
    }
}
