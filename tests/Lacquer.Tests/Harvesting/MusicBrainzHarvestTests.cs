using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Lacquer.Formats.Accessions;
using Lacquer.Formats.Findings;
using Lacquer.Stages.Harvesting;
using Lacquer.Stages.Workbench;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Harvesting;

/// <summary>MusicBrainz dumps become accessions.</summary>
public sealed class MusicBrainzHarvestTests : IDisposable
{
    private static readonly IProgress<StageProgress> Quiet = new Progress<StageProgress>();
    private readonly Scratch _scratch = new();
    private readonly Pipeline _archive;

    public MusicBrainzHarvestTests()
    {
        Tools.Need("xz");
        _archive = new Pipeline(_scratch["archive"]).Init();
    }

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task Every_line_becomes_a_line_and_what_is_not_free_is_cut_out()
    {
        Dump.Write(_scratch["dumps/recording.tar.xz"], "recording", Enumerable.Range(1, 3000).Select(i => Dump.Recording(i)));
        Dump.Write(_scratch["dumps/artist.tar.xz"], "artist", ["""{ "name" : "A" }""", """{"tags":[]}"""]);
        Dump.Write(_scratch["dumps/work.tar.xz"], "work", ["{}"]);
        var report = await Harvest(_scratch["dumps"]);
        Assert.Equal((1, "musicbrainz", true, 3002, 0), (report.Accession, report.Source, report.IsNew, report.Records, report.SetAside));
        Assert.Equal(["artist.tar.xz", "recording.tar.xz"], report.Dumps.Select(d => d.File));
        Assert.Equal(["work.tar.xz"], report.Ignored);
        var (header, lines) = Read(1);
        Assert.Equal(("musicbrainz/1", 2), (header.Adapter, header.Origins.Count));
        Assert.Equal((Dump.Timestamp, "CC0\n", 1), (header.Origins[0].Timestamp, header.Origins[0].Copying, header.Origins[0].Schema));
        Assert.Equal(["""{"entity":"artist","record":{ "name" : "A" }}""", """{"entity":"artist","record":{}}"""], lines.Take(2));
        Assert.Equal(Enumerable.Range(1, 3000).Select(i => $$"""{"entity":"recording","record":{{Dump.RecordingLeft(i)}}}"""), lines.Skip(2));

        var again = await Harvest(_scratch["dumps"]);
        Assert.Equal((1, false, 3002), (again.Accession, again.IsNew, again.Records));
        var whole = await Harvest(_scratch["dumps"], supplementary: true);
        Assert.Equal((2, true, 3002), (whole.Accession, whole.IsNew, whole.Records));
        Assert.Equal(Enumerable.Range(1, 3000).Select(i => $$"""{"entity":"recording","record":{{Dump.Recording(i)}}}"""), Read(2).Lines.Skip(2));
        Assert.Equal("", Read(2).Header.Origins[0].LeftOut);
    }

    [Theory]
    [InlineData("""{"a":1,"tags":[],"b":2}""", """{"a":1,"b":2}""")]
    [InlineData("""{"tags":[],"genres":{},"b":2}""", """{"b":2}""")]
    [InlineData("""{"b":2 , "tags" : [1,{"tags":2}] , "user-tags":1}""", """{"b":2}""")]
    [InlineData("""{ "rating" : null , "b":2}""", """{"b":2}""")]
    [InlineData("""{"a":[{"annotation":"x"},{"user-rating":1,"user-genres":2}],"x":{"tags":1}}""", """{"a":[{},{}],"x":{}}""")]
    [InlineData("""{"\u0074ags":[],"b":"tags","c":["genres"],"Tags":1}""", """{"b":"tags","c":["genres"],"Tags":1}""")]
    [InlineData("""{"a":{"tags":1,"b":1,"rating":2,"c":{"genres":1,"tags":2,"d":3}},"genres":1}""", """{"a":{"b":1,"c":{"d":3}}}""")]
    public async Task What_is_cut_out_leaves_every_other_byte(string line, string left)
    {
        Dump.Write(_scratch["release.tar.xz"], "release", [line]);
        await Harvest(_scratch["release.tar.xz"]);
        Assert.Equal([$$"""{"entity":"release","record":{{left}}}"""], Read(1).Lines);
    }

    [Fact]
    public async Task Objects_made_at_random_lose_the_same_as_when_they_are_read_and_written()
    {
        var random = Seeded.Random();
        var lines = Enumerable.Range(0, 2000).Select(_ => Any(random, 0).ToJsonString()).ToList();
        Dump.Write(_scratch["release.tar.xz"], "release", lines);
        await Harvest(_scratch["release.tar.xz"]);
        Assert.Equal(lines.Select(line =>
        {
            var node = JsonNode.Parse(line)!;
            Strip(node);
            return $$"""{"entity":"release","record":{{node.ToJsonString()}}}""";
        }), Read(1).Lines);

        static JsonObject Any(Random random, int depth)
        {
            string[] names = ["tags", "genres", "rating", "annotation", "user-tags", "id", "title", "x"];
            var made = new JsonObject();
            foreach (var name in names.OrderBy(_ => random.Next()).Take(random.Next(names.Length)))
                made[name] = depth > 3 || random.Next(2) == 0 ? random.Next(10) : random.Next(2) == 0 ? Any(random, depth + 1) : new JsonArray(Any(random, depth + 1), random.Next(5));
            return made;
        }

        static void Strip(JsonNode node)
        {
            if (node is JsonObject made)
                foreach (var name in new[] { "tags", "genres", "rating", "annotation", "user-tags" })
                    made.Remove(name);
            foreach (var child in node is JsonObject o ? o.Select(p => p.Value).ToList() : node is JsonArray list ? [.. list] : [])
                if (child is JsonObject or JsonArray)
                    Strip(child);
        }
    }

    [Fact]
    public async Task A_line_that_is_no_object_is_set_aside_and_the_work_goes_on()
    {
        using var text = new MemoryStream();
        foreach (var line in new[] { """{"id":1}""", "", "[]", "{", """{"id":2} {"id":3}""", "nonsense", new string('[', 500), """{"id":4}""" })
            text.Write(Encoding.UTF8.GetBytes(line + "\n"));
        text.Write([(byte)'{', (byte)'"', 0xFF, (byte)'"', (byte)':', (byte)'1', (byte)'}', (byte)'\n']);
        text.Write("""{"id":5}"""u8); // no line's end
        Pack(_scratch["release.tar.xz"], "release", text.ToArray());
        var report = await Harvest(_scratch["release.tar.xz"]);
        Assert.Equal((3, 7), (report.Records, report.SetAside));
        Assert.Equal(new[] { 2, 3, 4, 5, 6, 7, 9 }.Select(n => $"release:{n}"), report.Findings.Select(f => f.Subject));
        Assert.All(report.Findings, f => Assert.Equal("unreadable", f.Kind));
        var lines = Read(1).Lines;
        Assert.Equal(10, lines.Count);
        var aside = JsonNode.Parse(lines[2])!;
        Assert.Equal(("release", "unreadable", 3), ((string)aside["entity"]!, (string)aside["set_aside"]!["kind"]!, (int)aside["set_aside"]!["line"]!));
        var again = await Harvest(_scratch["release.tar.xz"]);
        Assert.False(again.IsNew);
        Assert.Equal(report.Findings.Count, again.Findings.Count);
    }

    [Fact]
    public async Task A_line_of_20_MB_is_set_aside_and_one_that_fits_is_not()
    {
        var large = $$"""{"id":"{{new string('x', 15 << 20)}}"}""";
        foreach (var around in new[] { 0, 700_000, 1 << 20 })
        {
            var few = $$"""{"x":"{{new string('y', around)}}"}""";
            Dump.Write(_scratch["recording.tar.xz"], "recording", [few, $$"""{"id":"{{new string('z', 20_000_000)}}"}""", few, large, $$"""{"id":"{{new string('z', AccessionFile.LongestLineBytes - 100)}}"}""", few]);
            var report = await Harvest(_scratch["recording.tar.xz"]);
            Assert.Equal((4, 2), (report.Records, report.SetAside));
            Assert.Equal(["recording:2", "recording:5"], report.Findings.Select(f => f.Subject));
            Assert.All(report.Findings, f => Assert.Equal("long", f.Kind));
            Assert.Contains("20000009 bytes", report.Findings[0].Message, StringComparison.Ordinal);
            Assert.Equal([few.Length, 0, few.Length, large.Length, 0, few.Length], Read(report.Accession).Lines.Select(l => l.Contains("set_aside", StringComparison.Ordinal) ? 0 : l.Length - """{"entity":"recording","record":}""".Length));
        }
    }

    [Fact]
    public async Task A_truncated_archive_gives_what_is_whole_and_says_so()
    {
        var random = Seeded.Random();
        var expected = Enumerable.Range(1, 20_000).Select(i => $$"""{"id":"{{Convert.ToHexStringLower(RandomBytes(random, 40))}}","n":{{i}}}""").ToList();
        Dump.Write(_scratch["whole.tar.xz"], "recording", expected);
        var bytes = await File.ReadAllBytesAsync(_scratch["whole.tar.xz"]);
        foreach (var cut in new[] { bytes.Length - 1, bytes.Length - 40, bytes.Length * 3 / 4, bytes.Length / 2 })
        {
            await File.WriteAllBytesAsync(_scratch["recording.tar.xz"], bytes[..cut]);
            var report = await Harvest(_scratch["recording.tar.xz"]);
            var finding = Assert.Single(report.Findings);
            Assert.Equal(("damaged", "recording.tar.xz: it is cut off"), (finding.Kind, finding.Message));
            var lines = Read(report.Accession).Lines;
            Assert.Equal(report.Records, lines.Count - 1);
            Assert.Equal(expected.Take((int)report.Records).Select(l => $$"""{"entity":"recording","record":{{l}}}"""), lines.SkipLast(1));
            Assert.True(report.Records > (cut > bytes.Length - 100 ? 19_990 : 1000), $"{report.Records} records of {cut} bytes");
            Assert.False((await Harvest(_scratch["recording.tar.xz"])).IsNew);
        }

        // One byte turned over in the middle.
        bytes[bytes.Length / 2] ^= 0x10;
        await File.WriteAllBytesAsync(_scratch["recording.tar.xz"], bytes);
        var before = _archive.Ledger().Accessions().Count;
        await Fails(_scratch["recording.tar.xz"], Failure.Damaged, "its compressed bytes are corrupt");
        Assert.Equal(before, _archive.Ledger().Accessions().Count);
    }

    [Theory]
    [InlineData("2\n", Failure.Refused, "JSON_DUMPS_SCHEMA_NUMBER '2'")]
    [InlineData("", Failure.Refused, "JSON_DUMPS_SCHEMA_NUMBER ''")]
    [InlineData("one", Failure.Refused, "JSON_DUMPS_SCHEMA_NUMBER 'one'")]
    public async Task Another_schema_number_is_refused(string number, Failure failure, string says)
    {
        Dump.Write(_scratch["release.tar.xz"], "release", ["{}"], number);
        await Fails(_scratch["release.tar.xz"], failure, says);
        Assert.Empty(_archive.Ledger().Accessions());
    }

    [Fact]
    public async Task What_is_no_dump_is_refused()
    {
        await File.WriteAllTextAsync(_scratch["release.tar.xz"], "this is no archive");
        await Fails(_scratch["release.tar.xz"], Failure.Damaged, "it is not an XZ file");
        await File.WriteAllBytesAsync(_scratch["release.tar.xz"], []);
        await Fails(_scratch["release.tar.xz"], Failure.Damaged, "not a MusicBrainz JSON dump");
        Dump.Pack(_scratch["release.tar.xz"], RandomBytes(Seeded.Random(), 100_000));
        await Fails(_scratch["release.tar.xz"], Failure.Damaged, "it is not a tar archive");
        Dump.WriteTar(_scratch["release.tar.xz"], tar => Dump.Add(tar, "mbdump/release", "{}\n"));
        await Fails(_scratch["release.tar.xz"], Failure.Damaged, "no JSON_DUMPS_SCHEMA_NUMBER");
        Dump.WriteTar(_scratch["release.tar.xz"], tar => Dump.Add(tar, "JSON_DUMPS_SCHEMA_NUMBER", "1"));
        await Fails(_scratch["release.tar.xz"], Failure.Damaged, "it holds no mbdump/ENTITY");
        Dump.Write(_scratch["release.tar.xz"], "work", ["{}"]);
        await Fails(_scratch["release.tar.xz"], Failure.Usage, "only artist, release-group, release, recording are read");
        await Fails(_scratch["nothing"], Failure.Missing, "nothing at");
        Directory.CreateDirectory(_scratch["empty"]);
        await Fails(_scratch["empty"], Failure.Missing, "no artist.tar.xz");
        Dump.Write(_scratch["two/release.tar.xz"], "recording", ["{}"]);
        Dump.Write(_scratch["two/recording.tar.xz"], "recording", ["{}"]);
        await Fails(_scratch["two"], Failure.Usage, "as does");
    }

    [Fact]
    public async Task Hostile_entries_reach_nothing()
    {
        // Names that lead outside, links, devices, folders, a pax header of 30 MB, a name of 30 MB, sizes that cannot be.
        var path = Dump.WriteTar(_scratch["release.tar.xz"], tar =>
        {
            Dump.Add(tar, "../../../outside", "x");
            Dump.Add(tar, _scratch["absolute"], "x");
            tar.WriteEntry(new PaxTarEntry(TarEntryType.SymbolicLink, "mbdump/release") { LinkName = "/etc/passwd" });
            tar.WriteEntry(new PaxTarEntry(TarEntryType.HardLink, "JSON_DUMPS_SCHEMA_NUMBER") { LinkName = "../x" });
            tar.WriteEntry(new PaxTarEntry(TarEntryType.Directory, "mbdump/recording"));
            tar.WriteEntry(new PaxTarEntry(TarEntryType.CharacterDevice, "TIMESTAMP"));
            Dump.Add(tar, "./JSON_DUMPS_SCHEMA_NUMBER", "1\n");
            Dump.Add(tar, "a/" + new string('n', 5000), "x");
            Dump.Add(tar, "./mbdump/release", "{\"id\":1}\n");
            Dump.Add(tar, "mbdump/artist", "{\"id\":2}\n");
        }, TarEntryFormat.Pax);
        var report = await Harvest(path);
        Assert.Equal(1, report.Records);
        Assert.Contains("holds 'mbdump/artist' too", Assert.Single(report.Findings).Message, StringComparison.Ordinal);
        Assert.False(File.Exists(_scratch["absolute"]));
        Assert.Equal(["archive", "release.tar.xz"], Directory.EnumerateFileSystemEntries(_scratch.Root).Select(Path.GetFileName).Order(StringComparer.Ordinal));

        Dump.Pack(path, [.. Header("PaxHeader", 'x', 30 << 20), .. new byte[30 << 20]]);
        await Fails(path, Failure.Damaged, "longer than 64 KiB");
        Dump.Pack(path, [.. Header("././@LongLink", 'L', 30 << 20), .. new byte[30 << 20]]);
        await Fails(path, Failure.Damaged, "longer than 64 KiB");
        Dump.Pack(path, [.. Header("COPYING", '0', 30 << 20), .. new byte[30 << 20]]);
        await Fails(path, Failure.Damaged, "its COPYING is longer than 64 KiB");
        Dump.Pack(path, [.. Header("TIMESTAMP", '0', 60_000), .. new byte[100]]);
        await Fails(path, Failure.Damaged, "it is cut off");
        Dump.Pack(path, [.. Header("x", '0', long.MaxValue), .. new byte[2000]]);
        await Fails(path, Failure.Damaged, "it is cut off");
        var negative = Header("x", '0', 0);
        negative.AsSpan(124, 12).Fill(0xFF);
        Dump.Pack(path, [.. Summed(negative), .. new byte[2000]]);
        await Fails(path, Failure.Damaged, "it is not a tar archive");
        Dump.Pack(path, [.. Header("JSON_DUMPS_SCHEMA_NUMBER", '0', 1), (byte)'1', .. new byte[511], .. Header("mbdump/release", '0', long.MaxValue), .. "{}\n{}\n{"u8]);
        var large = await Harvest(path);
        Assert.Equal(2, large.Records);
        Assert.Equal("release.tar.xz: it is cut off", Assert.Single(large.Findings).Message);
    }

    [Fact]
    public async Task What_SHA256SUMS_says_must_be_so()
    {
        var path = Dump.Write(_scratch["dumps/release.tar.xz"], "release", ["{}"]);
        await File.WriteAllTextAsync(_scratch["dumps/SHA256SUMS"], $"{new string('0', 64)} *release.tar.xz\n");
        await Fails(path, Failure.Untrusted, "SHA256SUMS beside it says 0000");
        Assert.Empty(_archive.Ledger().Accessions());
        await File.WriteAllTextAsync(_scratch["dumps/SHA256SUMS"], $"{new string('1', 64)} *artist.tar.xz\n{Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(path)))} *release.tar.xz\n");
        Assert.True(Assert.Single((await Harvest(path)).Dumps).IsChecked);
    }

    [Fact]
    public async Task A_key_that_is_given_must_have_signed()
    {
        Tools.Need("gpg", "gpgv");
        Dump.Write(_scratch["dumps/release-group.tar.xz"], "release-group", ["""{"id":"00000000-0000-4000-8000-000000000001","title":"G"}"""]);
        await Fails(_scratch["dumps"], Failure.Untrusted, "no signature vouches", key: Gpg("one"));
        File.WriteAllText(_scratch["dumps/SHA256SUMS"], $"{Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(_scratch["dumps/release-group.tar.xz"])))}  release-group.tar.xz\n");
        Gpg("one", _scratch["dumps/SHA256SUMS"]);
        await Fails(_scratch["dumps"], Failure.Untrusted, "is not a signature of SHA256SUMS", key: Gpg("two"));
        var report = await Harvest(_scratch["dumps"], key: _scratch["one.asc"]);
        Assert.Equal((1L, true, true), (report.Records, report.Dumps[0].IsChecked, report.Dumps[0].IsSigned));
        Assert.Equal("""{"entity":"release-group","record":{"id":"00000000-0000-4000-8000-000000000001","title":"G"}}""", Assert.Single(Read(1).Lines));
        File.AppendAllText(_scratch["dumps/SHA256SUMS"], "\n");
        await Fails(_scratch["dumps"], Failure.Untrusted, "is not a signature of SHA256SUMS", key: _scratch["one.asc"]);
    }

    // A key of this name, made once, exported armored; and a file signed with it.
    private string Gpg(string name, string? sign = null)
    {
        var home = Directory.CreateDirectory(_scratch[$"gpg-{name}"]).FullName;
        if (OperatingSystem.IsLinux())
            File.SetUnixFileMode(home, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var key = _scratch[$"{name}.asc"];
        if (!File.Exists(key))
        {
            Tools.Run("gpg", "--homedir", home, "--batch", "--passphrase", "", "--quick-generate-key", name, "ed25519", "sign");
            Tools.Run("gpg", "--homedir", home, "--armor", "--output", key, "--export", name);
        }

        if (sign is not null)
            Tools.Run("gpg", "--homedir", home, "--batch", "--armor", "--detach-sign", sign);
        return key;
    }

    [Fact]
    public async Task What_a_stopped_run_left_is_taken_up_and_ends_in_the_same_bytes()
    {
        var random = Seeded.Random();
        Dump.Write(_scratch["dumps/artist.tar.xz"], "artist", Enumerable.Range(0, 20_000).Select(i => i % 777 == 5 ? "[]" : $$"""{"id":"{{Convert.ToHexStringLower(RandomBytes(random, 30))}}"}"""));
        Dump.Write(_scratch["dumps/recording.tar.xz"], "recording", Enumerable.Range(0, 20_000).Select(i => i % 999 == 7 ? "" : Dump.Recording(i)));
        var report = await Harvest(_scratch["dumps"]);
        var whole = await File.ReadAllBytesAsync(_archive.Layout.Accession("musicbrainz", 1));
        for (var round = 0; round < 8; round++)
        {
            var other = new Pipeline(_scratch[$"other{round}"]).Init();
            var partial = other.Layout.Accession("musicbrainz", 1) + ".partial";
            Directory.CreateDirectory(Path.GetDirectoryName(partial)!);
            await File.WriteAllBytesAsync(partial, whole[..(round == 0 ? whole.Length : random.Next(whole.Length))]);
            var taken = await Harvest(_scratch["dumps"], archive: other);
            Assert.Equal(whole, await File.ReadAllBytesAsync(other.Layout.Accession("musicbrainz", 1)));
            Assert.Equal((report.Records, report.SetAside), (taken.Records, taken.SetAside));
            Assert.Equal(report.Findings, taken.Findings);
        }

        // Another archive's beginning is not taken up.
        var changed = new Pipeline(_scratch["changed"]).Init();
        Directory.CreateDirectory(Path.GetDirectoryName(changed.Layout.Accession("musicbrainz", 1))!);
        await File.WriteAllBytesAsync(changed.Layout.Accession("musicbrainz", 1) + ".partial", whole[..^100]);
        Dump.Write(_scratch["dumps/artist.tar.xz"], "artist", ["""{"id":1}"""]);
        Assert.StartsWith("""{"entity":"artist","record":{"id":1}}""", (await Harvest(_scratch["dumps"], archive: changed), Read(1, changed)).Item2.Lines[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Many_bad_lines_are_counted_and_not_all_listed()
    {
        Dump.Write(_scratch["artist.tar.xz"], "artist", Enumerable.Repeat("x", 5000));
        var report = await Harvest(_scratch["artist.tar.xz"]);
        Assert.Equal((0, 5000, 1001), (report.Records, report.SetAside, report.Findings.Count));
        Assert.StartsWith("4000 more", report.Findings[^1].Message, StringComparison.Ordinal);
        Assert.Equal(5000, Read(1).Lines.Count);
    }

    [Fact]
    public async Task A_real_dump_is_taken_byte_for_byte()
    {
        var real = RealDumps.Folder;
        var report = await Harvest(real);
        var (_, lines) = Read(1);
        var from = 0;
        foreach (var entity in new[] { "artist", "release", "recording" })
        {
            var (code, text) = Tools.Run("tar", "xOf", Path.Combine(real, entity + ".tar.xz"), "mbdump/" + entity);
            Assert.Equal(0, code);
            var expected = text.TrimEnd('\n').Split('\n');
            Assert.Equal(expected.Select(l => $$"""{"entity":"{{entity}}","record":{{l}}}"""), lines.Skip(from).Take(expected.Length));
            from += expected.Length;
        }

        Assert.Equal((from, 0), (report.Records, report.SetAside));
    }

    private static byte[] Header(string name, char type, long size)
    {
        var block = new byte[512];
        Encoding.ASCII.GetBytes(name).CopyTo(block, 0);
        "ustar\0"u8.CopyTo(block.AsSpan(257));
        block[156] = (byte)type;
        if (size < 1L << 33)
        {
            Encoding.ASCII.GetBytes(Convert.ToString(size, 8).PadLeft(11, '0')).CopyTo(block, 124);
        }
        else
        {
            block[124] = 0x80;
            System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(block.AsSpan(128), size);
        }

        return Summed(block);
    }

    private static byte[] Summed(byte[] block)
    {
        block.AsSpan(148, 8).Fill((byte)' ');
        Encoding.ASCII.GetBytes(Convert.ToString(block.Sum(b => b), 8).PadLeft(6, '0') + "\0 ").CopyTo(block, 148);
        return block;
    }

    private static byte[] RandomBytes(Random random, int length)
    {
        var bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }

    private static void Pack(string path, string entity, byte[] documents) => Dump.WriteTar(path, tar =>
    {
        Dump.Add(tar, "JSON_DUMPS_SCHEMA_NUMBER", "1\n");
        Dump.Add(tar, "mbdump/" + entity, documents);
    });

    private async Task Fails(string location, Failure failure, string says, string? key = null)
    {
        var thrown = await Assert.ThrowsAsync<LacquerException>(() => Harvest(location, key: key));
        Assert.Contains(says, thrown.Message, StringComparison.Ordinal);
        Assert.Equal(failure, thrown.Failure);
    }

    private Task<DumpHarvestReport> Harvest(string location, bool supplementary = false, Pipeline? archive = null, string? key = null) =>
        MusicBrainzHarvest.RunAsync(MusicBrainzHarvest.Plan(new DumpHarvestRequest((archive ?? _archive).Layout.Root, location, null, supplementary, key)), TimeProvider.System, Quiet, TestContext.Current.CancellationToken);

    private (AccessionHeader Header, List<string> Lines) Read(int number, Pipeline? archive = null)
    {
        using var reader = AccessionReader.Open((archive ?? _archive).Layout.Accession("musicbrainz", number));
        return (reader.Header, reader.Lines().Select(l => Encoding.UTF8.GetString(l.Line.Span)).ToList());
    }
}
