using Lacquer.Tests.Studio;
using Microsoft.Data.Sqlite;
using Xunit;

namespace Lacquer.Tests.Damage;

/// <summary>States that a kill can leave, made by hand: each is cured by the next run, and the archive is as if nothing had happened.</summary>
public sealed class LeftoverTests
{
    [Fact]
    public async Task What_was_sealed_and_not_entered_in_the_ledger_is_cured_by_the_next_run()
    {
        using var scratch = new Scratch();
        var music = Music.CopyTo(scratch["music"]);
        var listens = Path.Combine(music, "listens.csv");
        var root = scratch["archive"];
        var archive = new Pipeline(root).Init();

        // An accession sealed, and half a frame of one under its temporary name.
        Scratch.Copy(root, scratch["0"]);
        await archive.Harvest(music, listens, "music");
        var expected = ArchiveState.Of(root);
        var file = archive.Layout.Accession("music", 1);
        var bytes = await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
        foreach (var (name, content) in new (string, byte[])[]
        {
            ("000001.jsonl.zst", bytes), ("000001.jsonl.zst", bytes[..100]), ("000001.jsonl.zst.partial", bytes), ("000001.jsonl.zst.partial", bytes[..(bytes.Length / 2)]), ("000001.jsonl.zst.partial", bytes[..60]),
            ("000001.jsonl.zst.partial", [1, 2, 3]), ("000001.jsonl.zst.partial", []), ("000009.jsonl.zst.partial", bytes),
        })
            await Cured("0", r =>
            {
                var path = Path.Combine(r, "accessions", "music", name);
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                File.WriteAllBytes(path, content);
            }, p => p.Harvest(music, listens, "music"), expected);

        // A catalogue half built, and one sealed whose findings a kill kept from the ledger: the next run finds them again.
        Scratch.Copy(root, scratch["1"]);
        archive.Catalogue();
        expected = ArchiveState.Of(root);
        await Cured("1", r =>
        {
            Directory.CreateDirectory(Path.Combine(r, "catalogues", "000001.partial", "staging.duckdb.tmp"));
            File.WriteAllText(Path.Combine(r, "catalogues", "000001.partial", "catalogue.sqlite"), "half");
            File.WriteAllText(Path.Combine(r, "catalogues", "000001.partial", "staging.duckdb"), "half");
        }, p => Task.FromResult(p.Catalogue()), expected);
        await Cured("1", r => Scratch.Copy(Path.Combine(root, "catalogues"), Path.Combine(r, "catalogues")), p => Task.FromResult(p.Catalogue()), expected);
        await Cured("1", r =>
        {
            Scratch.Copy(Path.Combine(root, "catalogues"), Path.Combine(r, "catalogues"));
            foreach (var made in new[] { "lookups.sqlite", "search.sqlite" })
                File.Move(Path.Combine(r, "catalogues", "000001", made), Path.Combine(r, "catalogues", "000001", made + ".partial"));
        }, p => Task.FromResult(p.Catalogue()), expected);

        // An object placed, its note beside the work in hand.
        Scratch.Copy(root, scratch["2"]);
        await archive.Ingest();
        expected = ArchiveState.Of(root);
        await Cured("2", r =>
        {
            Directory.CreateDirectory(Path.Combine(r, "work"));
            var stray = new string('a', 64);
            var placed = Directory.GetFiles(archive.Layout.Objects, "*", SearchOption.AllDirectories)[0];
            foreach (var (name, from) in new[] { (Path.GetFileName(placed), placed), ($"{stray}.ogg", placed) })
            {
                Directory.CreateDirectory(Path.Combine(r, "objects", name[..2]));
                File.Copy(from, Path.Combine(r, "objects", name[..2], name));
                File.WriteAllBytes(Path.Combine(r, "work", "placing-" + name), []);
            }

            // Noted, and killed before the object's folder was made.
            var early = Enumerable.Range(0, 256).Select(i => i.ToString("x2", System.Globalization.CultureInfo.InvariantCulture)).First(i => !Directory.Exists(Path.Combine(r, "objects", i)));
            File.WriteAllBytes(Path.Combine(r, "work", $"placing-{early}{new string('0', 62)}.ogg"), []);
            File.WriteAllText(Path.Combine(r, "work", "rec-aaaaaaaaaaaaaaaa.encoded"), "half");
            File.WriteAllText(Path.Combine(r, "work", "rec-aaaaaaaaaaaaaaaa.tagged"), "half");
        }, p => p.Ingest(), expected);

        // A volume sealed, one half made, a torrent without its folder.
        Scratch.Copy(root, scratch["3"]);
        var pressed = archive.Press().Pressed;
        expected = ArchiveState.Of(root);
        await Cured("3", r =>
        {
            Scratch.Copy(Path.Combine(root, "volumes"), Path.Combine(r, "volumes"));
            Directory.CreateDirectory(Path.Combine(r, "volumes", pressed[0] + ".partial"));
            File.WriteAllText(Path.Combine(r, "volumes", pressed[0] + ".partial", "x.ogg"), "half");
            File.WriteAllText(Path.Combine(r, "volumes", pressed[0] + ".torrent.partial"), "half");
            File.WriteAllText(Path.Combine(r, "volumes", "test-000009-abcdef01.torrent"), "other");
        }, p => Task.FromResult(p.Press()), expected);
        await Cured("3", r =>
        {
            Scratch.Copy(Path.Combine(root, "volumes"), Path.Combine(r, "volumes"));
            File.Delete(Path.Combine(r, "volumes", pressed[0] + ".torrent"));
        }, p => Task.FromResult(p.Press()), expected);

        // An edition sealed, and one half written.
        Scratch.Copy(root, scratch["4"]);
        archive.Publish();
        expected = ArchiveState.Of(root);
        await Cured("4", r => Scratch.Copy(Path.Combine(root, "editions"), Path.Combine(r, "editions")), p => Task.FromResult(p.Publish()), expected);
        await Cured("4", r => Scratch.Copy(Path.Combine(root, "editions", "000001"), Path.Combine(r, "editions", "000001.partial")), p => Task.FromResult(p.Publish()), expected);

        // A mirror: an edition half fetched, an object placed, pieces of one, a volume sealed.
        var mirrorRoot = scratch["mirror"];
        new Pipeline(mirrorRoot).Init("mirror");
        Scratch.Copy(mirrorRoot, scratch["5"]);
        await new Pipeline(mirrorRoot).Mirror(root);
        expected = ArchiveState.Of(mirrorRoot);
        await Cured("5", r =>
        {
            Scratch.Copy(Path.Combine(root, "editions", "000001"), Path.Combine(r, "editions", "000001.partial"));
            File.Delete(Path.Combine(r, "editions", "000001.partial", "index.html"));
            File.WriteAllText(Path.Combine(r, "editions", "000001.partial", "feed.xml"), "half");
            File.WriteAllText(Path.Combine(r, "editions", "000001.partial", "feed.xml.partial"), "half");
            Scratch.Copy(Path.Combine(root, "volumes"), Path.Combine(r, "volumes"));
            var objects = Directory.GetFiles(archive.Layout.Objects, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).ToList();
            var placed = Path.Combine(r, Path.GetRelativePath(root, objects[0]));
            Directory.CreateDirectory(Path.GetDirectoryName(placed)!);
            File.Copy(objects[0], placed);
            Directory.CreateDirectory(Path.Combine(r, "work"));
            File.WriteAllText(Path.Combine(r, "work", "fetch-" + Path.GetFileNameWithoutExtension(objects[1])), "half");
            File.WriteAllText(Path.Combine(r, "work", "fetch-" + new string('b', 64)), "of an edition that has gone");
            File.WriteAllText(Path.Combine(r, "work", "holdings.sqlite"), "half");
            Directory.CreateDirectory(Path.Combine(r, "editions", "000000.partial"));
            // Killed while the look-ups were made.
            Scratch.Copy(Path.Combine(root, "catalogues", "000001"), Path.Combine(r, "catalogues", "000001.partial"));
            foreach (var half in new[] { "lookups.sqlite.partial", "pairs-lookup_isrc.bin", "search-000001.run" })
                File.WriteAllText(Path.Combine(r, "catalogues", "000001.partial", half), "half");
        }, p => p.Mirror(root), expected);

        async Task Cured<T>(string before, Action<string> leave, Func<Pipeline, Task<T>> run, List<string> whole)
        {
            var copy = scratch["copy"];
            Scratch.Copy(scratch[before], copy);
            leave(copy);
            await run(new Pipeline(copy));
            var met = ArchiveState.Of(copy);
            Assert.True(whole.SequenceEqual(met), $"{before}:\n{string.Join('\n', whole.Except(met).Take(10).Select(l => "- " + l).Concat(met.Except(whole).Take(10).Select(l => "+ " + l)))}");
            Directory.Delete(copy, recursive: true);
        }
    }

    [Fact]
    public async Task The_last_at_work_waits_for_the_lock_of_one_that_is_about_to_be_dead()
    {
        Tools.Need("ffmpeg", "ffprobe");
        using var scratch = new Scratch();
        var archive = await new Pipeline(scratch["archive"]).Init().WholeWay(Music.CopyTo(scratch["music"]));
        var dying = Path.Combine(archive.Layout.Work, "elsewhere-1-2");
        Directory.CreateDirectory(dying);
        await File.WriteAllBytesAsync(Path.Combine(dying, $"placing-{new string('a', 64)}.opus"), []);
        using var held = new FileStream(dying + ".lock", FileMode.Create, FileAccess.ReadWrite, FileShare.None);
        var ingest = Task.Run(() => archive.Ingest());
        await Task.Delay(TimeSpan.FromMilliseconds(800), TestContext.Current.CancellationToken);
        await held.DisposeAsync();
        await ingest;
        Assert.Empty(Directory.EnumerateFileSystemEntries(archive.Layout.Work));
    }

    [Fact]
    public async Task A_recording_that_merged_with_another_does_not_stop_a_mirror()
    {
        Tools.Need("ffmpeg", "ffprobe");
        using var scratch = new Scratch();
        string[] vorbis = ["-c:a", "libvorbis", "-b:a", "96k"];
        string[] tags = ["artist=A", "LICENSE=CC0"];
        var music = scratch["music"];
        Music.Tone(Path.Combine(music, "short.ogg"), "Same", 2, 220, vorbis, tags);
        Music.Tone(Path.Combine(music, "long.ogg"), "Same", 5, 330, vorbis, tags);
        var archive = new Pipeline(scratch["archive"]).Init();
        await archive.Harvest(music, null, "music");
        Assert.Equal(2, archive.Catalogue().Totals.Recordings);
        await archive.Ingest();
        Assert.Equal(2, archive.Press().Files);
        archive.Publish();

        // A third file between the two in length makes one recording of all.
        Music.Tone(Path.Combine(music, "middle.ogg"), "Same", 3.5, 440, vorbis, tags);
        await archive.Harvest(music, null, "music");
        Assert.Equal(1, archive.Catalogue().Totals.Recordings);
        await archive.Ingest();
        archive.Press();
        archive.Publish();
        var mirror = new Pipeline(scratch["mirror"]).Init("mirror");
        await mirror.Mirror(scratch["archive"]);
        Assert.Empty((await mirror.Verify()).Findings);
        Assert.True((await new Pipeline(scratch["archive"]).Verify()).Findings.Count == 0);
    }

    [Fact]
    public void A_ledger_that_is_damaged_is_said_to_be_so()
    {
        using var scratch = new Scratch();
        new Pipeline(scratch["archive"]).Init();
        SqliteConnection.ClearAllPools();
        File.WriteAllText(Path.Combine(scratch["archive"], "ledger.sqlite"), new string('x', 10_000));
        var e = Assert.Throws<Formats.Findings.LacquerException>(() => new Pipeline(scratch["archive"]).Press());
        Assert.Equal(Formats.Findings.Failure.Damaged, e.Failure);
    }
}
