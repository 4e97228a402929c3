using System.Buffers.Binary;
using System.Text;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Ledgers;
using Lacquer.Stages.Restoring;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Damage;

public sealed class BadFolderTests
{
    private static readonly string[] Vorbis = ["-c:a", "libvorbis", "-b:a", "96k"];
    private static readonly string[] Tags = ["artist=A", "album=B", "LICENSE=CC-BY-4.0"];

    [Fact]
    public async Task Each_bad_file_is_set_aside_with_its_reason_and_all_good_ones_go_the_whole_way()
    {
        Tools.Need("ffmpeg", "ffprobe", "bash", "mkfifo");
        using var scratch = new Scratch();
        var music = scratch["music"];
        var bad = Path.Combine(music, "bad");
        Directory.CreateDirectory(bad);
        var whole = Path.Combine(scratch.Root, "whole.ogg");
        Music.Tone(whole, "Whole", 2, 220, Vorbis, Tags);
        var bytes = await File.ReadAllBytesAsync(whole, TestContext.Current.CancellationToken);

        string[] goodNames =
        [
            "plain.ogg", "東京 звезда ñ ع.ogg", "new\nline.ogg", "tab\tand\rreturn.ogg", "\"double\" 'single' `back` $(x).ogg", "-leading.ogg", "--option=1.ogg", " space .ogg", "back\\slash.ogg", "file:x.ogg", "%d %s.ogg", "a*?[b].ogg",
            "\u001b[31mred.ogg", "e\u0301 and \u00e9.ogg", "CAPITALS.OGG", new string('x', 251) + ".ogg", new string('é', 125) + "x.ogg", "~.ogg", "...ogg",
        ];
        for (var i = 0; i < goodNames.Length; i++)
        {
            Music.Tone(Path.Combine(scratch.Root, "t.ogg"), $"Title {i}", 1, 200 + 20 * i, Vorbis, Tags);
            Directory.CreateDirectory(Path.Combine(music, "good"));
            File.Move(Path.Combine(scratch.Root, "t.ogg"), Path.Combine(music, "good", goodNames[i]));
        }

        var expected = new Dictionary<string, string>();
        void Bad(string name, byte[] content, string kind)
        {
            File.WriteAllBytes(Path.Combine(bad, name), content);
            expected.Add("bad/" + name, kind);
        }

        Bad("cut.ogg", bytes[..(bytes.Length - 100)], "damaged");
        Bad("cut early.ogg", bytes[..1000], "damaged");
        Bad("bit.ogg", [.. bytes[..(bytes.Length / 2)], (byte)(bytes[bytes.Length / 2] ^ 1), .. bytes[(bytes.Length / 2 + 1)..]], "damaged");
        Bad("empty.ogg", [], "empty");
        Bad("text.ogg", Encoding.UTF8.GetBytes("This is not music.\n"), "unreadable");
        Bad("text.mp3", Encoding.UTF8.GetBytes("This is not music.\n"), "unreadable");
        Bad("zero.flac", new byte[50_000], "codec");
        Bad("unknown codec.wav", Wav(0x4c51), "codec");
        Bad("fairplay.m4p", Mp4("M4A ", "drms"), "drm");
        Bad("encrypted.m4a", Mp4("isom", "enca"), "drm");
        Bad("audible.aax", Mp4("aax ", "mp4a"), "drm");
        Bad("audible-4.aaxc", Mp4("aaxc", "mp4a"), "drm");
        Bad("audible-old.aa", [0, 0, 0, 40, 0x57, 0x90, 0x75, 0x36, .. new byte[100]], "drm");
        Bad("windows.wma", Asf(), "drm");
        Tools.Run("bash", "-c", $"cp {whole} {bad}/$'latin\\xe91.ogg' && mkdir {bad}/$'folder\\xff' && cp {whole} {bad}/$'folder\\xff'/x.ogg && mkfifo {bad}/pipe.ogg");
        expected.Add("bad/latin\ufffd1.ogg", "name");
        expected.Add("bad/folder\ufffd", "name");
        expected.Add("bad/pipe.ogg", "special");
        Directory.CreateSymbolicLink(Path.Combine(bad, "loop"), "..");
        File.CreateSymbolicLink(Path.Combine(bad, "self.ogg"), "self.ogg");
        File.CreateSymbolicLink(Path.Combine(bad, "outside.ogg"), whole);
        File.CreateSymbolicLink(Path.Combine(bad, "nowhere.ogg"), "/nowhere/at/all");
        Directory.CreateSymbolicLink(Path.Combine(bad, "root"), "/");
        foreach (var link in new[] { "loop", "self.ogg", "outside.ogg", "nowhere.ogg", "root" })
            expected.Add("bad/" + link, "link");
        if (!OperatingSystem.IsWindows() && !Environment.IsPrivilegedProcess)
        {
            Directory.CreateDirectory(Path.Combine(bad, "closed"), UnixFileMode.None);
            Bad("closed.ogg", bytes, "unreadable");
            File.SetUnixFileMode(Path.Combine(bad, "closed.ogg"), UnixFileMode.None);
            expected.Add("bad/closed", "unreadable");
        }

        var archive = new Pipeline(scratch["archive"]).Init();
        // Heard, so that their tier lets them be kept as they are.
        await File.WriteAllLinesAsync(scratch["listens.csv"], goodNames.Select((_, i) => $"Title {i},{i + 1}").Prepend("title,listens"), TestContext.Current.CancellationToken);
        var harvest = await archive.Harvest(music, scratch["listens.csv"], "music");
        Assert.Equal(expected.OrderBy(e => e.Key, StringComparer.Ordinal).Select(e => $"{e.Key}: {e.Value}"), harvest.Findings.OrderBy(f => f.Subject, StringComparer.Ordinal).Select(f => $"{f.Subject}: {f.Kind}"));
        Assert.All(harvest.Findings, f => Assert.True(f.Message.Length > 5 && !f.Message.Contains('\n', StringComparison.Ordinal), f.Message));
        Assert.Equal(goodNames.Length, harvest.Records);
        using (var ledger = archive.Ledger())
            Assert.Equal(expected.Count, ledger.Findings().Count(f => f.Stage == "harvest"));
        var status = await ProgramRun.Here("status", "--archive", scratch["archive"]);
        Assert.Equal(0, status.ExitCode);
        foreach (var name in new[] { "cut.ogg", "fairplay.m4p", "pipe.ogg", "outside.ogg" })
            Assert.True((status.Output + (await ProgramRun.Here("status", "--json", "--archive", scratch["archive"])).Output).Contains(name, StringComparison.Ordinal), $"status does not name {name}: {status.Output}");

        Assert.Equal(goodNames.Length, archive.Catalogue().Totals.Recordings);
        var ingest = await archive.Ingest();
        Assert.Empty(ingest.Findings);
        Assert.Equal(goodNames.Length, ingest.Held);
        Assert.Equal(goodNames.Length, archive.Press().Files);
        Assert.Equal(goodNames.Length, archive.Publish().Recordings);
        foreach (var name in goodNames)
        {
            var output = scratch["restored"];
            await Restore.RunAsync(new RestoreRequest(scratch["archive"], EntityId.From(EntityKind.Recording, "music", "good/" + name), output), TimeProvider.System, TestContext.Current.CancellationToken);
            Assert.Equal(await File.ReadAllBytesAsync(Path.Combine(music, "good", name), TestContext.Current.CancellationToken), await File.ReadAllBytesAsync(output, TestContext.Current.CancellationToken));
            File.Delete(output);
        }
    }

    [Fact]
    public async Task A_file_that_changes_between_harvest_and_ingest_is_set_aside_and_cured_by_the_next_harvest()
    {
        Tools.Need("ffmpeg", "ffprobe");
        using var scratch = new Scratch();
        var music = scratch["music"];
        foreach (var (name, hertz) in new[] { ("cut", 220), ("changed", 330), ("gone", 440), ("good", 550) })
            Music.Tone(Path.Combine(music, name + ".ogg"), name, 2, hertz, Vorbis, Tags);
        var archive = new Pipeline(scratch["archive"]).Init();
        await archive.Harvest(music, null, "music");
        archive.Catalogue();
        var cut = await File.ReadAllBytesAsync(Path.Combine(music, "cut.ogg"), TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(Path.Combine(music, "cut.ogg"), cut[..^50], TestContext.Current.CancellationToken);
        Music.Tone(Path.Combine(music, "changed.ogg"), "changed", 2, 333, Vorbis, Tags);
        File.Move(Path.Combine(music, "gone.ogg"), scratch["gone.ogg"]);

        for (var run = 0; run < 4; run++)
        {
            var ingest = await archive.Ingest();
            Assert.Equal((1, 3), (ingest.Held, ingest.SetAside));
            Assert.Equal(["changed.ogg: the file has changed since it was harvested: harvest it again", "cut.ogg: the file has changed since it was harvested: harvest it again", "gone.ogg: the file is no longer there"],
                ingest.Findings.Select(f => f.Message).Order(StringComparer.Ordinal));
        }

        await File.WriteAllBytesAsync(Path.Combine(music, "cut.ogg"), cut, TestContext.Current.CancellationToken);
        File.Move(scratch["gone.ogg"], Path.Combine(music, "gone.ogg"));
        File.SetLastWriteTimeUtc(Path.Combine(music, "gone.ogg"), DateTime.UtcNow);
        Assert.True((await archive.Harvest(music, null, "music")).IsNew);
        Assert.Equal(4, archive.Catalogue().Totals.Recordings);
        var cured = await archive.Ingest();
        Assert.Empty(cured.Findings);
        Assert.Equal(4, cured.Held);
    }

    [Fact]
    public async Task Wrong_tags_are_read_leniently_and_harm_nothing()
    {
        Tools.Need("ffmpeg", "ffprobe");
        using var scratch = new Scratch();
        var music = scratch["music"];
        string[] numbers = ["0", "A1", "-3", "1", "1", "999999999999", "3/0", "", "٣", "1.5"];
        string[] dates = ["2021-02-30", "0000", "99999", "yesterday", "2021-13-45", "21", "2021/1/2", "", "-5", "２０２１"];
        string[] isrcs = ["nonsense", "SEA01210000", "SEA012100001; XX", "SE-A01-21-00001", "////", ";;;", "000000000000", "", "SEA0121000011", "日本"];
        for (var i = 0; i < numbers.Length; i++)
            Music.Tone(Path.Combine(music, $"{i}.flac"), $"Title {i}", 1, 200 + 30 * i, ["-c:a", "flac"], [.. Tags, $"track={numbers[i]}", $"disc={numbers[^(i + 1)]}", $"date={dates[i]}", $"isrc={isrcs[i]}"]);
        var plain = Path.Combine(scratch.Root, "plain.flac");
        Music.Tone(plain, "x", 1, 700, ["-c:a", "flac"], Tags);
        // In JSON a quotation mark takes six letters: the second is longer than a record may be.
        foreach (var (name, length, letter) in new[] { ("long.flac", 1 << 20, 'x'), ("huge.flac", 6 << 20, '"') })
        {
            await File.WriteAllTextAsync(scratch["meta"], $";FFMETADATA1\ntitle={new string('é', 1 << 19)}\ncomment={new string(letter, length)}\nLICENSE=CC-BY-4.0\n", TestContext.Current.CancellationToken);
            var (exit, said) = Tools.Run("ffmpeg", "-nostdin", "-v", "error", "-i", plain, "-f", "ffmetadata", "-i", scratch["meta"], "-map_metadata", "1", "-c", "copy", Path.Combine(music, name));
            Assert.True(exit == 0, said);
        }

        var archive = new Pipeline(scratch["archive"]).Init();
        var harvest = await archive.Harvest(music, null, "music");
        var finding = Assert.Single(harvest.Findings);
        Assert.Equal(("huge.flac", "tags"), (finding.Subject, finding.Kind));
        // Two files have one ISRC, artist and duration, so they are one recording.
        Assert.Equal(numbers.Length, archive.Catalogue().Totals.Recordings);
        Assert.Equal(numbers.Length, (await archive.Ingest()).Held);
        Assert.Equal(numbers.Length, archive.Press().Files);
        Assert.True(archive.Publish().IsNew);
        using var reader = CatalogueReader.Open(archive.Layout.NewestCatalogue()!);
        Assert.Equal(["SEA012100001"], reader.Recordings().SelectMany(r => reader.Isrcs(r.Rank)).Select(i => i.ToString()));
        var mirror = new Pipeline(scratch["mirror"]).Init("mirror");
        Assert.Equal(numbers.Length, (await mirror.Mirror(scratch["archive"])).FetchedObjects);
    }

    private static byte[] Box(string type, params byte[][] parts)
    {
        var body = parts.SelectMany(p => p).ToArray();
        var box = new byte[8 + body.Length];
        BinaryPrimitives.WriteInt32BigEndian(box, box.Length);
        Encoding.ASCII.GetBytes(type).CopyTo(box, 4);
        body.CopyTo(box, 8);
        return box;
    }

    private static byte[] Mp4(string brand, string entry) =>
    [
        .. Box("ftyp", Encoding.ASCII.GetBytes(brand), new byte[4]),
        .. Box("moov", Box("mvhd", new byte[100]), Box("trak", Box("mdia", Box("minf", Box("stbl", Box("stsd", [0, 0, 0, 0, 0, 0, 0, 1], Box(entry, new byte[28]))))))),
        .. Box("mdat", new byte[1000]),
    ];

    private static byte[] Asf() =>
    [
        0x30, 0x26, 0xB2, 0x75, 0x8E, 0x66, 0xCF, 0x11, 0xA6, 0xD9, 0x00, 0xAA, 0x00, 0x62, 0xCE, 0x6C, 100, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 2,
        0xFB, 0xB3, 0x11, 0x22, 0x23, 0xBD, 0xD2, 0x11, 0xB4, 0xB7, 0x00, 0xA0, 0xC9, 0x55, 0xFC, 0x6E, 70, 0, 0, 0, 0, 0, 0, 0, .. new byte[200],
    ];

    // RIFF/WAVE with a format tag that nobody has registered.
    private static byte[] Wav(ushort format)
    {
        var wav = new byte[44 + 44100];
        "RIFF"u8.CopyTo(wav);
        BinaryPrimitives.WriteInt32LittleEndian(wav.AsSpan(4), wav.Length - 8);
        "WAVEfmt "u8.CopyTo(wav.AsSpan(8));
        BinaryPrimitives.WriteInt32LittleEndian(wav.AsSpan(16), 16);
        BinaryPrimitives.WriteUInt16LittleEndian(wav.AsSpan(20), format);
        BinaryPrimitives.WriteInt16LittleEndian(wav.AsSpan(22), 1);
        BinaryPrimitives.WriteInt32LittleEndian(wav.AsSpan(24), 44100);
        BinaryPrimitives.WriteInt32LittleEndian(wav.AsSpan(28), 44100);
        BinaryPrimitives.WriteInt16LittleEndian(wav.AsSpan(32), 1);
        BinaryPrimitives.WriteInt16LittleEndian(wav.AsSpan(34), 8);
        "data"u8.CopyTo(wav.AsSpan(36));
        BinaryPrimitives.WriteInt32LittleEndian(wav.AsSpan(40), 44100);
        return wav;
    }
}
