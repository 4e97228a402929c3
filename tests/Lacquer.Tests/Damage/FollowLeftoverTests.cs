using Lacquer.Formats.Editions;
using Lacquer.Formats.Identity;
using Lacquer.Stages.Withdrawing;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Damage;

/// <summary>States that a kill can leave of a withdrawal, and of what follows it, made by hand: each is cured by the next run, and nothing of what was taken back stays anywhere.</summary>
public sealed class FollowLeftoverTests
{
    [Fact]
    public async Task What_a_killed_run_left_of_a_mirror_that_follows_is_gone_after_the_next()
    {
        using var scratch = new Scratch();
        var archive = await new Pipeline(scratch["archive"]).Init().WholeWay(Music.CopyTo(scratch["music"]));
        var mirror = new Pipeline(scratch["mirror"]).Init("mirror");
        await mirror.Mirror(scratch["archive"]);
        Scratch.Copy(scratch["mirror"], scratch["before"]);
        Withdraw.Run(new WithdrawRequest(scratch["archive"], WithdrawalScope.Recording, EntityId.From(EntityKind.Recording, "music", "first/01.ogg").ToString(), "asked for", "", IsErased: true), TimeProvider.System);
        archive.Catalogue();
        archive.Press();
        archive.Publish();
        var retired = Assert.Single((await mirror.Mirror(scratch["archive"])).Retired);
        var expected = ArchiveState.Of(scratch["mirror"]);
        var gone = Assert.Single(ArchiveState.Of(scratch["before"]).Select(l => l.Split(' ')[0]).Except(expected.Select(l => l.Split(' ')[0])), file => file.StartsWith("objects/", StringComparison.Ordinal));

        // Retired, and killed before its folder was removed.
        await Cured("mirror", r =>
        {
            Scratch.Copy(Path.Combine(scratch["before"], "volumes", retired), Path.Combine(r, "volumes", retired));
            File.Copy(Path.Combine(scratch["before"], "volumes", retired + ".torrent"), Path.Combine(r, "volumes", retired + ".torrent"));
        });
        // An object that a run placed and did not live to enter, which the next edition does not have.
        await Cured("mirror", r =>
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(r, gone))!);
            File.Copy(Path.Combine(scratch["before"], gone), Path.Combine(r, gone));
            File.WriteAllBytes(Path.Combine(r, "work", "placed-" + Path.GetFileName(gone)), []);
        });
        // Killed between what it sealed and what leads to it.
        await Cured("mirror", r =>
        {
            var latest = Path.Combine(r, "editions", "latest");
            File.Delete(latest);
            File.CreateSymbolicLink(latest, "000001");
        });
        // Killed while it fetched, made tables, or applied a delta.
        await Cured("before", r =>
        {
            foreach (var half in new[] { "work/tables/tables/recording.parquet", "work/deltas/0.delta", "editions/000002.partial/catalogue.sqlite.zst.partial", "editions/000002.partial/deltas/x.delta.partial", "catalogues/000002.partial/catalogue.sqlite" })
            {
                Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(r, half))!);
                File.WriteAllText(Path.Combine(r, half), "half");
            }
        });

        // The publisher's own edition, sealed and not yet the latest.
        var published = ArchiveState.Of(scratch["archive"]);
        File.Delete(Path.Combine(scratch["archive"], "editions", "latest"));
        File.CreateSymbolicLink(Path.Combine(scratch["archive"], "editions", "latest"), "000001");
        Assert.False(archive.Publish().IsNew);
        Assert.Equal(published, ArchiveState.Of(scratch["archive"]));

        async Task Cured(string before, Action<string> leave)
        {
            var copy = scratch["copy"];
            Scratch.Copy(scratch[before], copy);
            leave(copy);
            await new Pipeline(copy).Mirror(scratch["archive"]);
            var met = ArchiveState.Of(copy);
            Assert.True(expected.SequenceEqual(met), $"{before}:\n{string.Join('\n', expected.Except(met).Take(10).Select(l => "- " + l).Concat(met.Except(expected).Take(10).Select(l => "+ " + l)))}");
            Directory.Delete(copy, recursive: true);
        }
    }
}
