using Lacquer.Formats.Identity;
using Lacquer.Formats.Ledgers;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Damage;

public sealed class RightsTests
{
    private static readonly string[] Vorbis = ["-c:a", "libvorbis", "-b:a", "96k"];

    [Fact]
    public async Task Without_evidence_of_a_licence_it_is_catalogued_and_denied_with_the_reason()
    {
        using var scratch = new Scratch();
        var archive = await Harvested(scratch, ("none", []), ("odd", ["LICENSE=ask me"]), ("nd", ["LICENSE=CC-BY-ND-4.0"]), ("free", ["LICENSE=CC0"]));
        Assert.Equal(4, archive.Catalogue().Totals.Recordings);
        var ingest = await archive.Ingest();
        Assert.Equal((1L, 3L, 0L), (ingest.Held, ingest.Denied, ingest.SetAside));
        using (var ledger = archive.Ledger())
        {
            Assert.Equal(JobState.Denied, ledger.Job(Id("none"))!.State);
            Assert.StartsWith("no licence evidence", ledger.Job(Id("none"))!.Reason, StringComparison.Ordinal);
            Assert.StartsWith("licence not recognised: tag LICENSE=ask me", ledger.Job(Id("odd"))!.Reason, StringComparison.Ordinal);
            Assert.Contains("no-derivatives", ledger.Job(Id("nd"))!.Reason, StringComparison.Ordinal);
        }

        Assert.Equal(1, archive.Press().Files);
        Assert.Equal(1, archive.Publish().Recordings);
        Assert.Single(Objects(archive));
    }

    [Fact]
    public async Task What_is_kept_unknown_stays_dark()
    {
        using var scratch = new Scratch();
        var archive = await Harvested(scratch, ("none", []), ("noncommercial", ["LICENSE=CC-BY-NC-4.0"]), ("free", ["LICENSE=CC0"]));
        Configure(archive, "keep_unknown = false", "keep_unknown = true");
        archive.Catalogue();
        Assert.Equal(3, (await archive.Ingest()).Held);
        Assert.Equal(3, Objects(archive).Length);
        Assert.Equal(1, archive.Press().Files);
        Assert.Equal(1, archive.Publish().Recordings);
        Assert.Single(Directory.GetFiles(archive.Layout.Volumes, "*", SearchOption.AllDirectories), f => !f.EndsWith(".torrent", StringComparison.Ordinal));
        using (var ledger = archive.Ledger())
            foreach (var title in new[] { "none", "noncommercial" })
            {
                Assert.True(ledger.Holding(Id(title))!.Rights is { Keep: true, Publish: false });
                Assert.Null(ledger.VolumeOf(ledger.Holding(Id(title))!.Object.Root));
            }

        var mirror = new Pipeline(scratch["mirror"]).Init("mirror");
        Assert.Equal(1, (await mirror.Mirror(scratch["archive"])).FetchedObjects);
        Assert.Single(Objects(mirror));
    }

    [Fact]
    public async Task A_copyright_file_speaks_for_the_files_it_covers_and_a_statement_over_all()
    {
        using var scratch = new Scratch();
        var archive = await Harvested(scratch, before: music =>
        {
            Directory.CreateDirectory(Path.Combine(music, "debian"));
            File.WriteAllText(Path.Combine(music, "debian", "copyright"), """
                Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/

                Files: *
                Copyright: 2007 Somebody
                License: GPL-2+

                Files: custom.ogg
                 stated*.ogg
                Copyright: 2008 Somebody
                License: Custom
                 Ask before you copy.

                License: GPL-2+
                 On Debian systems see /usr/share/common-licenses/GPL-2.
                """);
            File.WriteAllText(Path.Combine(music, "rights.toml"), """
                by = "A. Person"
                date = 2026-01-02

                [[files]]
                match = "stated*.ogg"
                licence = "CC-BY-NC-4.0"

                [[files]]
                match = "stated free.ogg"
                licence = "CC-BY-4.0"
                """);
        }, tones: [("plain", ["LICENSE=CC-BY-ND-4.0"]), ("custom", ["LICENSE=CC0"]), ("stated", ["LICENSE=CC0"]), ("stated free", ["LICENSE=all rights reserved"])]);
        archive.Catalogue();
        Assert.Equal((3, 1), ((await archive.Ingest()) is var report ? (report.Held, report.Denied) : default));
        using var ledger = archive.Ledger();
        Assert.Equal("GPL-2.0-or-later", ledger.Rights(Id("plain"))!.Licence);
        Assert.Contains("debian/copyright", ledger.Rights(Id("plain"))!.Reason, StringComparison.Ordinal);
        Assert.Null(ledger.Rights(Id("custom"))!.Licence);
        Assert.Equal(("CC-BY-NC-4.0", false), (ledger.Rights(Id("stated"))!.Licence, ledger.Rights(Id("stated"))!.Publish));
        Assert.Equal(("CC-BY-4.0", true), (ledger.Rights(Id("stated free"))!.Licence, ledger.Rights(Id("stated free"))!.Publish));
        Assert.Contains("A. Person", ledger.Rights(Id("stated free"))!.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_stricter_policy_retires_the_volume_and_mirrors_follow(bool ingestAgain)
    {
        using var scratch = new Scratch();
        var archive = await Harvested(scratch, ("copyleft", ["LICENSE=GPL"]), ("free", ["LICENSE=CC0"]));
        archive.Catalogue();
        await archive.Ingest();
        var first = Assert.Single(archive.Press().Pressed);
        Assert.Equal(2, archive.Publish().Recordings);
        var mirror = new Pipeline(scratch["mirror"]).Init("mirror");
        await mirror.Mirror(scratch["archive"]);

        Configure(archive, ", \"copyleft\", \"permissive\"]\n", "]\n");
        if (ingestAgain)
            await archive.Ingest();
        var press = archive.Press();
        Assert.Equal([first], press.Retired);
        var successor = Assert.Single(press.Successors);
        Assert.Equal((first, 0), (successor.Of, press.Files));
        Assert.False(Directory.Exists(archive.Layout.Volume(first)));
        var edition = archive.Publish();
        Assert.True(edition.IsNew);
        Assert.Equal((1L, 1), (edition.Recordings, edition.Volumes));
        Assert.DoesNotContain(first, string.Join(' ', Directory.GetFiles(edition.Folder, "*", SearchOption.AllDirectories)), StringComparison.Ordinal);

        var mirrored = await mirror.Mirror(scratch["archive"]);
        Assert.Equal([first], mirrored.Retired);
        Assert.False(Directory.Exists(mirror.Layout.Volume(first)));
        using (var ledger = mirror.Ledger())
        {
            Assert.Equal([successor.Name], ledger.Volumes().Where(v => !v.Retired).Select(v => v.Name));
            Assert.False(ledger.Rights(Id("copyleft"))!.Publish);
            Assert.True(ledger.Rights(Id("free"))!.Publish);
        }

        Assert.Equal(1, mirror.Publish().Recordings);
        Assert.Empty((await mirror.Verify()).Findings);
    }

    [Fact]
    public async Task A_mirror_may_be_stricter_than_its_origin()
    {
        using var scratch = new Scratch();
        var archive = await Harvested(scratch, ("sharealike", ["LICENSE=CC-BY-SA-4.0"]), ("free", ["LICENSE=CC0"]));
        Configure(archive, "volume_files = 20000", "volume_files = 1");
        archive.Catalogue();
        await archive.Ingest();
        archive.Press();
        var edition = archive.Publish().Folder;

        var mirror = new Pipeline(scratch["mirror"]).Init("mirror");
        const string Publishes = "publish = [\"public-domain\", \"attribution\", \"share-alike\", ";
        Configure(mirror, Publishes, "publish = [\"public-domain\", ");
        var strict = await mirror.Mirror(edition);
        Assert.Equal((1, 2, 1L), (strict.Volumes, strict.OfVolumes, strict.FetchedObjects));
        Assert.Equal(["CC-BY-SA-4.0"], Assert.Single(strict.LeftOut).Licences);

        Configure(mirror, "publish = [\"public-domain\", ", Publishes);
        var open = await mirror.Mirror(edition);
        Assert.Equal((2, 1L, 0), (open.Volumes, open.FetchedObjects, open.LeftOut.Count));

        Configure(mirror, Publishes, "publish = [\"public-domain\", ");
        var again = await mirror.Mirror(edition);
        Assert.Equal(again.LeftOut[0].Volume, Assert.Single(again.Retired));
        Assert.False(Directory.Exists(mirror.Layout.Volume(again.Retired[0])));
        Assert.Empty((await mirror.Verify()).Findings);
    }

    [Fact]
    public async Task A_stricter_policy_keeps_a_volume_out_of_the_next_edition_even_before_it_is_pressed_again()
    {
        using var scratch = new Scratch();
        var archive = await Harvested(scratch, ("copyleft", ["LICENSE=GPL"]));
        archive.Catalogue();
        await archive.Ingest();
        archive.Press();
        Assert.Equal(1, archive.Publish().Recordings);
        Configure(archive, ", \"copyleft\", \"permissive\"]\n", "]\n");
        var edition = archive.Publish();
        Assert.Equal((0L, 0), (edition.Recordings, edition.Volumes));
        Assert.Single(edition.LeftOut);
    }

    [Fact]
    public async Task A_statement_corrected_after_a_killed_harvest_holds_for_every_file()
    {
        using var scratch = new Scratch();
        var archive = await Harvested(scratch, before: music => File.WriteAllText(Path.Combine(music, "rights.toml"), Statement("CC0")), tones: [("a", []), ("b", [])]);
        // As a harvest leaves it that was killed before it was sealed: whole, under its temporary name, unknown to the ledger.
        var sealedFile = archive.Layout.Accession("music", 1);
        var other = new Pipeline(scratch["other"]).Init();
        Directory.CreateDirectory(Path.GetDirectoryName(other.Layout.Accession("music", 1))!);
        File.Copy(sealedFile, other.Layout.Accession("music", 1) + ".partial");
        await File.WriteAllTextAsync(Path.Combine(scratch["music"], "rights.toml"), Statement("CC-BY-NC-4.0"), TestContext.Current.CancellationToken);
        await other.Harvest(scratch["music"], null, "music");
        other.Catalogue();
        await other.Ingest();
        using var ledger = other.Ledger();
        Assert.All(new[] { "a", "b" }, title => Assert.Equal("CC-BY-NC-4.0", ledger.Rights(Id(title))!.Licence));
    }

    private static string Statement(string licence) => $"by = \"A. Person\"\ndate = \"2026\"\n[[files]]\nmatch = \"*\"\nlicence = \"{licence}\"\n";

    private static EntityId Id(string title) => EntityId.From(EntityKind.Recording, "music", title + ".ogg");

    private static string[] Objects(Pipeline archive) => Directory.GetFiles(archive.Layout.Objects, "*", SearchOption.AllDirectories);

    private static void Configure(Pipeline archive, string from, string to)
    {
        var text = File.ReadAllText(archive.Layout.Configuration);
        Assert.Contains(from, text, StringComparison.Ordinal);
        var at = text.IndexOf(from, StringComparison.Ordinal);
        File.WriteAllText(archive.Layout.Configuration, text[..at] + to + text[(at + from.Length)..]);
    }

    private static Task<Pipeline> Harvested(Scratch scratch, params (string Title, string[] Tags)[] tones) => Harvested(scratch, null, tones);

    private static async Task<Pipeline> Harvested(Scratch scratch, Action<string>? before, (string Title, string[] Tags)[] tones)
    {
        Tools.Need("ffmpeg", "ffprobe");
        var music = scratch["music"];
        foreach (var (title, tags) in tones)
            Music.Tone(Path.Combine(music, title + ".ogg"), title, 1, 200 + 50 * title.Length, Vorbis, tags);
        before?.Invoke(music);
        var archive = new Pipeline(scratch["archive"]).Init();
        Assert.Empty((await archive.Harvest(music, null, "music")).Findings);
        return archive;
    }
}
