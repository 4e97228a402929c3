using System.Text;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Editions;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Torrents;
using Lacquer.Formats.Volumes;
using Lacquer.Stages.Withdrawing;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Editions;

/// <summary>What is taken back: tombstones, catalogues and editions without it, successors of volumes, mirrors that follow, and the way back.</summary>
public sealed class WithdrawalTests
{
    private static readonly EntityId First = Id("first/01.ogg");

    [Fact]
    public async Task A_recording_that_is_taken_back_is_gone_here_and_in_mirrors_and_every_other_file_stays_where_it_was()
    {
        using var scratch = new Scratch();
        var archive = await Published(scratch);
        var before = Manifest(archive, "000001");
        var volume = before.Volumes.First(v => Files(archive, "000001", v).Count > 1 && Files(archive, "000001", v).Any(f => f.Root == Root(archive, First)));
        var gone = Root(archive, First);
        var mirror = new Pipeline(scratch["mirror"]).Init("mirror");
        await mirror.Mirror(scratch["archive"]);

        var plan = Withdraw.Plan(Request(archive, WithdrawalScope.Recording, First.ToString()), TimeProvider.System);
        Assert.Equal((1, null, 1, 1), (plan.Number, plan.File, plan.Recordings, plan.Objects));
        Assert.Empty(archive.Ledger().Withdrawals());
        var report = Withdraw.Run(Request(archive, WithdrawalScope.Recording, First.ToString(), erase: true), TimeProvider.System);
        Assert.Equal([volume.Name], report.Volumes);
        Signed(archive, report.File!);

        // The catalogue that stands still names it: nothing is published of that.
        Assert.Equal(Failure.Missing, Assert.Throws<LacquerException>(() => archive.Publish()).Failure);
        Assert.True(archive.Catalogue().IsNew);
        using (var catalogue = CatalogueReader.Open(archive.Layout.NewestCatalogue()!))
        {
            Assert.Null(catalogue.Recording(First));
            Assert.DoesNotContain(catalogue.Search.Recordings(new SearchRequest("Déjà vu")).Items, r => r.Recording.Title == "Déjà vu");
            Assert.DoesNotContain("Déjà vu", catalogue.Recordings().Select(r => r.Title));
        }

        using (var check = new StringWriter())
            Assert.Equal(0, await Lacquer.Cli.App.RunAsync(["catalogue", "--check", "--archive", archive.Layout.Root], new Lacquer.Cli.Terminal(check, TextWriter.Null), TestContext.Current.CancellationToken));
        archive.Press();
        Assert.False(File.Exists(archive.Layout.Object(gone, "ogg")));
        archive.Publish();
        var after = Manifest(archive, "000002");
        var successor = after.Volumes.Single(v => v.SuccessorOf == volume.Name);
        Assert.DoesNotContain(after.Volumes, v => v.Name == volume.Name);
        var notice = Files(archive, "000002", successor).Single(f => Notice.IsName(f.Name));
        Assert.Equal(Files(archive, "000001", volume).Select(f => f.Root == gone ? notice : f), Files(archive, "000002", successor));
        Assert.Equal($"{volume.Name} {volume.InfoHashV1}", Hints(archive, "000002", successor));
        Assert.All(after.Volumes.Where(v => v != successor), other => Assert.Equal($"{other.Name} ", Hints(archive, "000002", other)));
        Assert.DoesNotContain(gone.ToString(), string.Concat(Directory.EnumerateFiles(Path.Combine(archive.Layout.Edition("000002"), "volumes")).Select(File.ReadAllText)), StringComparison.Ordinal);
        Assert.Contains($"takes the place of {volume.Name}", File.ReadAllText(Path.Combine(archive.Layout.Edition("000002"), "feed.xml")), StringComparison.Ordinal);
        Assert.Empty((await archive.Verify()).Findings);

        var followed = await mirror.Mirror(scratch["archive"]);
        Assert.Equal((1, notice.LengthBytes), (followed.FetchedObjects, followed.FetchedBytes));
        Assert.Equal([volume.Name], followed.Retired);
        Assert.False(File.Exists(mirror.Layout.Object(gone, "ogg")));
        Assert.Empty((await mirror.Verify()).Findings);
        using (var ledger = mirror.Ledger())
        {
            Assert.Equal("asked for", ledger.WithdrawalOf(First)!.Reason);
            Assert.Contains(ledger.Events(First.ToString()), e => e.Type == "withdrawal");
            Assert.Null(ledger.Object(gone));
            Assert.True(ledger.Object(notice.Root)!.IsNotice);
        }

        // Whoever comes later never had it.
        var late = new Pipeline(scratch["late"]).Init("late");
        await late.Mirror(scratch["archive"]);
        Assert.False(File.Exists(late.Layout.Object(gone, "ogg")));
        // Ingest does not bring it back.
        Assert.Equal(0, (await archive.Ingest()).Ingested);
        Assert.Null(archive.Ledger().Object(gone));
    }

    [Fact]
    public async Task A_withdrawal_is_undone_on_record_and_what_was_kept_comes_back()
    {
        using var scratch = new Scratch();
        var archive = await Published(scratch);
        var root = Root(archive, First);
        Withdraw.Run(Request(archive, WithdrawalScope.Recording, First.ToString()), TimeProvider.System);
        Assert.Equal(Failure.Usage, Assert.Throws<LacquerException>(() => Withdraw.Run(Request(archive, WithdrawalScope.Recording, First.ToString()), TimeProvider.System)).Failure);
        Next(archive);
        Assert.True(File.Exists(archive.Layout.Object(root, "ogg")));
        var undone = Withdraw.Undo(archive.Layout.Root, 1, "it was a mistake", "", TimeProvider.System);
        Assert.Equal(2, undone.Number);
        Assert.Equal(Failure.Usage, Assert.Throws<LacquerException>(() => Withdraw.Undo(archive.Layout.Root, 1, "again", "", TimeProvider.System)).Failure);
        Assert.Equal(Failure.Missing, Assert.Throws<LacquerException>(() => Withdraw.Undo(archive.Layout.Root, 7, "again", "", TimeProvider.System)).Failure);
        archive.Catalogue();
        await archive.Ingest();
        archive.Press();
        archive.Publish();
        var manifest = Manifest(archive, "000003");
        Assert.Contains(manifest.Volumes, v => Files(archive, "000003", v).Any(f => f.Root == root));
        Assert.Equal(["withdrawals/000001.json", "withdrawals/000002.json"], manifest.Files.Select(f => f.Path).Where(Tombstone.IsPath));
        using (var catalogue = CatalogueReader.Open(archive.Layout.NewestCatalogue()!))
            Assert.NotNull(catalogue.Recording(First));
        var mirror = new Pipeline(scratch["mirror"]).Init("mirror");
        await mirror.Mirror(scratch["archive"]);
        Assert.True(File.Exists(mirror.Layout.Object(root, "ogg")));
        Assert.Empty((await mirror.Verify()).Findings);
    }

    [Fact]
    public async Task A_release_an_artist_a_licence_and_a_source_are_taken_back_whole()
    {
        using var scratch = new Scratch();
        var archive = await Published(scratch);
        EntityId release, artist;
        using (var catalogue = CatalogueReader.Open(archive.Layout.NewestCatalogue()!))
        {
            var recording = catalogue.Recording(First)!;
            release = catalogue.Appearances(recording.Rank)[0].Release.Id;
            artist = catalogue.ArtistsOfRecording(recording.Rank)[0].Id;
        }

        var ofRelease = Withdraw.Plan(Request(archive, WithdrawalScope.Release, release.ToString()), TimeProvider.System);
        Assert.Equal((3, 1), (ofRelease.Recordings, ofRelease.Releases));
        Withdraw.Run(Request(archive, WithdrawalScope.Artist, artist.ToString()), TimeProvider.System);
        Next(archive);
        using (var catalogue = CatalogueReader.Open(archive.Layout.NewestCatalogue()!))
        {
            Assert.Equal((null, null, null), (catalogue.Artist(artist), catalogue.Release(release), catalogue.Recording(First)));
            Assert.DoesNotContain("Ánna Ström", catalogue.Search.Artists(new SearchRequest("ström")).Items.Select(a => a.Name));
            Assert.True(catalogue.Totals().Recordings > 0);
        }

        Withdraw.Undo(archive.Layout.Root, 1, "a mistake", "", TimeProvider.System);
        archive.Catalogue();
        await archive.Ingest();
        var licence = archive.Ledger().Rights(First)!.Licence!;
        var under = Withdraw.Run(Request(archive, WithdrawalScope.Licence, licence), TimeProvider.System);
        Assert.InRange(under.Recordings, 1, 5);
        Assert.Equal(Failure.Missing, Assert.Throws<LacquerException>(() => Withdraw.Plan(Request(archive, WithdrawalScope.Licence, licence), TimeProvider.System)).Failure);
        Assert.Equal(Failure.Usage, Assert.Throws<LacquerException>(() => Withdraw.Plan(Request(archive, WithdrawalScope.Licence, "nonsense"), TimeProvider.System)).Failure);
        Withdraw.Run(Request(archive, WithdrawalScope.Source, "music"), TimeProvider.System);
        Assert.Equal(Failure.Missing, Assert.Throws<LacquerException>(() => archive.Catalogue()).Failure);
    }

    [Fact]
    public async Task What_is_held_and_turns_out_to_be_the_same_is_taken_out_of_its_volume()
    {
        using var scratch = new Scratch();
        var archive = await Published(scratch);
        var second = Id("first/02.ogg");
        var (volume, gone) = (Manifest(archive, "000001").Volumes.First(v => Files(archive, "000001", v).Any(f => f.Root == Root(archive, second))), Root(archive, second));
        var mirror = new Pipeline(scratch["mirror"]).Init("mirror");
        await mirror.Mirror(scratch["archive"]);
        Withdraw.Run(Request(archive, WithdrawalScope.Recording, First.ToString(), erase: true), TimeProvider.System);
        Next(archive);
        LineArchive.Add(archive.Layout, "same", "same-audio/1", [Encoding.UTF8.GetBytes($$$"""{"key":"{{{First}}}","record":{"other":"{{{second}}}","by":"fingerprint","score":1}}""")]);
        Assert.Equal([second], archive.Catalogue().AlsoWithdrawn);
        Next(archive);
        Assert.DoesNotContain(Manifest(archive, "000003").Volumes, v => v.Name == volume.Name || Files(archive, "000003", v).Any(f => f.Root == gone));
        Assert.Null(archive.Ledger().Object(gone));
        // By its own name too, so that a tombstone has it and mirrors delete it.
        Withdraw.Run(Request(archive, WithdrawalScope.Recording, second.ToString()), TimeProvider.System);
        Assert.Equal(Failure.Usage, Assert.Throws<LacquerException>(() => Withdraw.Run(Request(archive, WithdrawalScope.Recording, second.ToString()), TimeProvider.System)).Failure);
        Next(archive);
        Assert.NotEmpty((await mirror.Mirror(scratch["archive"])).Retired);
        Assert.Null(mirror.Ledger().Object(gone));
    }

    [Fact]
    public async Task What_cannot_be_taken_back_is_refused_and_changes_nothing()
    {
        using var scratch = new Scratch();
        var archive = await Published(scratch);
        foreach (var (request, failure) in new[]
        {
            (Request(archive, WithdrawalScope.Recording, EntityId.From(EntityKind.Recording, "no", "one").ToString()), Failure.Missing),
            (Request(archive, WithdrawalScope.Recording, "nonsense"), Failure.Usage),
            (Request(archive, WithdrawalScope.Release, First.ToString()), Failure.Usage),
            (Request(archive, WithdrawalScope.Source, "nobody"), Failure.Missing),
            (Request(archive, WithdrawalScope.Recording, First.ToString()) with { Reason = " " }, Failure.Usage),
            (Request(archive, WithdrawalScope.Recording, First.ToString()) with { Reason = "two\nlines" }, Failure.Usage),
            (Request(archive, WithdrawalScope.Recording, First.ToString()) with { Reference = new string('x', 1001) }, Failure.Usage),
        })
            Assert.Equal(failure, Assert.Throws<LacquerException>(() => Withdraw.Run(request, TimeProvider.System)).Failure);
        Assert.Empty(archive.Ledger().Withdrawals());
        Assert.False(File.Exists(archive.Layout.Withdrawal(1)));

        var mirror = new Pipeline(scratch["mirror"]).Init("mirror");
        await mirror.Mirror(scratch["archive"]);
        Assert.Equal(Failure.Usage, Assert.Throws<LacquerException>(() => Withdraw.Run(Request(mirror, WithdrawalScope.Recording, First.ToString()), TimeProvider.System)).Failure);
    }

    [Fact]
    public void A_tombstone_is_read_as_it_was_written()
    {
        var stone = new Tombstone("name", 7, 3, WithdrawalScope.Licence, "CC-BY-4.0", "why \"é\"", "RT-1", new DateOnly(2026, 2, 3), [First, EntityId.From(EntityKind.Artist, "a", "b")], [new PiecesRoot(new Sha256Digest(new byte[32]))]);
        var bytes = stone.ToBytes();
        Assert.Equal(bytes, Tombstone.Read(bytes, "it").ToBytes());
    }

    private static void Next(Pipeline archive)
    {
        archive.Catalogue();
        archive.Press();
        archive.Publish();
    }

    private static async Task<Pipeline> Published(Scratch scratch) => await new Pipeline(scratch["archive"]).Init().WholeWay(Music.CopyTo(scratch["music"]));

    private static WithdrawRequest Request(Pipeline archive, WithdrawalScope scope, string subject, bool erase = false) => new(archive.Layout.Root, scope, subject, "asked for", "RT-12", erase);

    private static void Signed(Pipeline archive, string file)
    {
        using var content = File.OpenRead(file);
        Minisign.Verify(MinisignPublicKey.Parse(File.ReadAllText(archive.Layout.PublicKey)), content, File.ReadAllText(file + Tombstone.SignatureEnd), file);
    }

    private static Manifest Manifest(Pipeline archive, string edition)
    {
        var path = Path.Combine(archive.Layout.Edition(edition), Formats.Editions.Manifest.FileName);
        return Formats.Editions.Manifest.Read(File.ReadAllBytes(path), path);
    }

    private static IReadOnlyList<ManifestObject> Files(Pipeline archive, string edition, ManifestVolume volume) => VolumeList.Read(File.ReadAllBytes(Path.Combine(archive.Layout.Edition(edition), volume.ListPath)), volume, "it");

    private static string Hints(Pipeline archive, string edition, ManifestVolume volume)
    {
        var torrent = TorrentReader.Parse(File.ReadAllBytes(Path.Combine(archive.Layout.Edition(edition), volume.TorrentPath)));
        return $"{string.Join(',', torrent.Collections)} {string.Join(',', torrent.Similar)}";
    }

    private static PiecesRoot Root(Pipeline archive, EntityId recording)
    {
        using var ledger = archive.Ledger();
        return ledger.Holding(recording)!.Object.Root;
    }

    private static EntityId Id(string key) => EntityId.From(EntityKind.Recording, "music", key);
}
