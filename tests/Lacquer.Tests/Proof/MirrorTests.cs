using Lacquer.Formats.Archives;
using Lacquer.Formats.Editions;
using Lacquer.Formats.Findings;
using Lacquer.Server;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Proof;

/// <summary>Mirrors over HTTP, of an honest origin and of one that is not.</summary>
[Collection(ProofArchiveUsers.Name)]
public sealed class MirrorTests(ProofArchive proof)
{
    [Fact]
    public async Task A_mirror_of_a_mirror_is_the_archive_again()
    {
        ProofArchive.Need();
        using var scratch = new Scratch();
        var second = ProofArchive.NewMirror(scratch["second"]);
        var report = await second.Mirror(proof.Address.ToString());
        Assert.Equal((3, 3, 5L, true), (report.Volumes, report.OfVolumes, report.FetchedObjects, report.TrustedOnFirstUse));
        Assert.Equal(0, (await second.Mirror(proof.Address.ToString())).FetchedObjects);

        var third = ProofArchive.NewMirror(scratch["third"]);
        await using (var server = await ServeAsync(second.Layout))
        {
            // This time by the key, as somebody who was told of it would.
            report = await third.Mirror(server.Address.ToString(), key: proof.Archive.Layout.PublicKey);
            Assert.Equal((3, 5L, false), (report.Volumes, report.FetchedObjects, report.TrustedOnFirstUse));
        }

        foreach (var mirror in new[] { second, third })
        {
            Same(proof.Archive.Layout, mirror.Layout);
            var verified = await mirror.Verify();
            Assert.Empty(verified.Findings);
            Assert.Equal((5L, 3, 1), (verified.Objects, verified.Volumes, verified.Editions));
        }
    }

    [Fact]
    public async Task A_budget_takes_whole_volumes_and_no_others()
    {
        ProofArchive.Need();
        using var scratch = new Scratch();
        var volumes = proof.Manifest.Volumes.OrderByDescending(v => v.Stage).ToList();
        var mirror = ProofArchive.NewMirror(scratch["mirror"]);
        // A byte less than the first two together: the first, and whichever later one fits beside it.
        var budget = volumes[0].LengthBytes + volumes[1].LengthBytes - 1;
        var report = await mirror.Mirror(proof.Address.ToString(), budget);
        var names = Names(mirror.Layout);
        Assert.Equal(report.Volumes, names.Count);
        Assert.Contains(volumes[0].Name, names);
        Assert.DoesNotContain(volumes[1].Name, names);
        var taken = volumes.Where(v => names.Contains(v.Name)).ToList();
        Assert.InRange(taken.Sum(v => v.LengthBytes), 1, budget);
        foreach (var volume in taken)
            Assert.Equal(proof.FilesOf(volume).Select(f => f.Name), Directory.EnumerateFiles(mirror.Layout.Volume(volume.Name)).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal(taken.Sum(v => v.FileCount), Directory.EnumerateFiles(mirror.Layout.Objects, "*", SearchOption.AllDirectories).Count());
        Assert.Empty((await mirror.Verify()).Findings);

        var rest = await mirror.Mirror(proof.Address.ToString());
        Assert.Equal((3, 5L - taken.Sum(v => v.FileCount)), (rest.Volumes, rest.FetchedObjects));
        Same(proof.Archive.Layout, mirror.Layout);
    }

    [Fact]
    public async Task Another_key_is_refused_before_anything_is_fetched()
    {
        ProofArchive.Need();
        using var scratch = new Scratch();
        var stranger = ProofArchive.NewMirror(scratch["stranger"]);
        var mirror = ProofArchive.NewMirror(scratch["mirror"]);
        await Refused(mirror, proof.Address, Failure.Untrusted, key: stranger.Layout.PublicKey);
        Assert.False(Directory.Exists(mirror.Layout.Editions) && Directory.EnumerateFileSystemEntries(mirror.Layout.Editions).Any());
        // And a mirror that follows one publisher does not take another's edition, however well it is signed.
        await mirror.Mirror(proof.Address.ToString());
        await Refused(mirror, proof.Address, Failure.Untrusted, key: stranger.Layout.PublicKey);
        var other = CopyOrigin(scratch["other"]);
        File.Copy(stranger.Layout.SigningKey, other.Layout.SigningKey, overwrite: true);
        File.Copy(stranger.Layout.PublicKey, other.Layout.PublicKey, overwrite: true);
        Assert.Equal("000002", other.Publish().Edition);
        await using var server = await ServeAsync(other.Layout);
        await Refused(mirror, server.Address, Failure.Untrusted);
        Same(proof.Archive.Layout, mirror.Layout);
        Assert.Empty((await mirror.Verify()).Findings);
    }

    [Fact]
    public async Task A_table_changed_at_the_origin_is_right_in_the_mirror_which_makes_it()
    {
        ProofArchive.Need();
        using var scratch = new Scratch();
        var origin = CopyOrigin(scratch["origin"]);
        Change(Path.Combine(origin.Layout.NewestEdition()!, "tables", "recording.parquet"));
        await using var server = await ServeAsync(origin.Layout);
        var mirror = ProofArchive.NewMirror(scratch["mirror"]);
        await mirror.Mirror(server.Address.ToString());
        Same(proof.Archive.Layout, mirror.Layout);
        Assert.Empty((await mirror.Verify()).Findings);
    }

    [Theory]
    [InlineData("manifest.json", Failure.Untrusted)]
    [InlineData("manifest.json.minisig", Failure.Untrusted)]
    [InlineData("catalogue.sqlite.zst", Failure.Untrusted)]
    [InlineData("holdings.sqlite.zst", Failure.Untrusted)]
    [InlineData("torrents.json", Failure.Untrusted)]
    [InlineData("datapackage.json", Failure.Untrusted)]
    [InlineData("index.html", Failure.Untrusted)]
    public async Task A_changed_byte_in_the_edition_is_refused(string name, Failure failure)
    {
        ProofArchive.Need();
        using var scratch = new Scratch();
        var origin = CopyOrigin(scratch["origin"]);
        Change(Path.Combine(origin.Layout.NewestEdition()!, name));
        await using var server = await ServeAsync(origin.Layout);
        var mirror = ProofArchive.NewMirror(scratch["mirror"]);
        await Refused(mirror, server.Address, failure);
        Assert.Null(mirror.Layout.NewestEdition());
        Assert.Empty(Names(mirror.Layout));
    }

    [Theory]
    [InlineData(false, Failure.Untrusted)]
    [InlineData(true, Failure.Missing)]
    public async Task A_damaged_object_at_the_origin_stays_there_and_the_mirror_keeps_what_it_has(bool truncated, Failure failure)
    {
        ProofArchive.Need();
        using var scratch = new Scratch();
        var origin = CopyOrigin(scratch["origin"]);
        var (first, last) = (proof.Manifest.Volumes.MaxBy(v => v.Stage)!, proof.Manifest.Volumes.MinBy(v => v.Stage)!);
        var damaged = origin.Layout.Object(proof.FilesOf(last)[^1].Root, Path.GetExtension(proof.FilesOf(last)[^1].Name)[1..]);
        var whole = await File.ReadAllBytesAsync(damaged, TestContext.Current.CancellationToken);
        await using var server = await ServeAsync(origin.Layout);
        var mirror = ProofArchive.NewMirror(scratch["mirror"]);
        await mirror.Mirror(server.Address.ToString(), first.LengthBytes);
        Assert.Equal([first.Name], Names(mirror.Layout));

        if (truncated)
            await File.WriteAllBytesAsync(damaged, whole[..(whole.Length / 2)], TestContext.Current.CancellationToken);
        else
            Change(damaged);
        await Refused(mirror, server.Address, failure);
        Assert.DoesNotContain(last.Name, Names(mirror.Layout));
        Assert.Contains(first.Name, Names(mirror.Layout));
        var verified = await mirror.Verify();
        Assert.Empty(verified.Findings);
        Assert.Equal(0, verified.BadPieces);

        // Once the origin is whole again, the mirror goes on.
        await File.WriteAllBytesAsync(damaged, whole, TestContext.Current.CancellationToken);
        Assert.Equal(3, (await mirror.Mirror(server.Address.ToString())).Volumes);
        Same(proof.Archive.Layout, mirror.Layout);
    }

    [Fact]
    public async Task An_older_edition_is_refused_and_the_newer_kept()
    {
        ProofArchive.Need();
        using var scratch = new Scratch();
        var origin = CopyOrigin(scratch["origin"]);
        ProofArchive.ConfigureText(origin, ("title = \"Test archive\"", "title = \"Test archive, again\""));
        Assert.Equal("000002", origin.Publish().Edition);
        await using var server = await ServeAsync(origin.Layout);
        var mirror = ProofArchive.NewMirror(scratch["mirror"]);
        Assert.Equal("000002", (await mirror.Mirror(server.Address.ToString())).Edition);
        await Refused(mirror, new Uri(server.Address, "editions/000001/"), Failure.Untrusted);
        Assert.Equal(["000002", "latest"], Directory.EnumerateDirectories(mirror.Layout.Editions).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Empty((await mirror.Verify()).Findings);
        // The right way round is an update that fetches no audio.
        var follower = ProofArchive.NewMirror(scratch["follower"]);
        Assert.Equal(5, (await follower.Mirror(new Uri(server.Address, "editions/000001/").ToString())).FetchedObjects);
        var update = await follower.Mirror(server.Address.ToString());
        Assert.Equal(("000002", 0L), (update.Edition, update.FetchedObjects));
        Assert.Empty((await follower.Verify()).Findings);
    }

    private static async Task Refused(Pipeline mirror, Uri origin, Failure failure, string? key = null)
    {
        var e = await Assert.ThrowsAsync<LacquerException>(() => mirror.Mirror(origin.ToString(), key: key));
        Assert.True(failure == e.Failure, $"{e.Failure}: {e.Message}");
    }

    // No hard links in it: what is done to one file is done to no other.
    private Pipeline CopyOrigin(string folder)
    {
        Scratch.Copy(proof.Folder, folder);
        return new Pipeline(folder);
    }

    private static Task<ArchiveServer> ServeAsync(ArchiveLayout layout) => ArchiveServer.StartAsync(new ServeRequest(layout.Root, Stores.Of(layout.Root), Port: 0), TimeProvider.System, CancellationToken.None);

    private static void Change(string path)
    {
        var bytes = File.ReadAllBytes(path);
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(path, bytes);
    }

    private static List<string> Names(ArchiveLayout layout) => !Directory.Exists(layout.Volumes) ? []
        : Directory.EnumerateDirectories(layout.Volumes).Select(v => Path.GetFileName(v)).Order(StringComparer.Ordinal).ToList();

    private static void Same(ArchiveLayout archive, ArchiveLayout mirror)
    {
        foreach (var folder in new Func<ArchiveLayout, string>[] { l => l.Objects, l => l.Volumes, l => l.Editions, l => l.Catalogues })
            Assert.Equal(Contents(folder(archive)), Contents(folder(mirror)));
    }

    internal static IReadOnlyList<string> Contents(string folder) => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
        .Select(f => $"{Path.GetRelativePath(folder, f)} {ProofArchive.Hash(f)}").Order(StringComparer.Ordinal).ToList();
}
