using System.Globalization;
using Lacquer.Formats.Ledgers;
using Lacquer.Stages.Ingesting;
using Lacquer.Stages.Restoring;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Proof;

/// <summary>
/// An archive of Debian's wesnoth-1.16-music: 41 real Ogg Vorbis files by many hands, 13 of which ogginfo warns of. Fetched from Debian's archive once and kept in the user's cache.
/// </summary>
public sealed class WesnothArchive : IAsyncLifetime
{
    private const string Package = "wesnoth-1.16-music";

    // Those nobody listens to, of many bitrates: kept at 36, 68, 78 and 80 kbit/s, encoded to Opus above.
    internal static readonly string[] Unheard = ["revelation.ogg", "silence.ogg", "loyalists.ogg", "elf-land.ogg", "battle-epic.ogg", "sad.ogg", "transience.ogg", "defeat.ogg", "victory2.ogg"];

    // Without a LICENSE tag, and left out of the statement below: the gate keeps it out.
    internal const string Denied = "silence.ogg";

    // 240 kbit/s, and a gap in its page numbers.
    internal const string TooLarge = "northerners.ogg";

    private readonly Scratch _scratch = new();

    internal string? Why { get; private set; }

    internal string MusicFolder => Path.Combine(_scratch["package"], "usr", "share", "games", "wesnoth", "1.16", "data", "core", "music");

    internal Pipeline Archive { get; private set; } = null!;

    internal IngestReport Ingest { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Why = new[] { "ffmpeg", "ffprobe", "ogginfo", "opusinfo", "env", "apt-get", "dpkg-deb", "bash" }.Where(p => !Tools.Has(p)).Select(p => $"{p} is not installed").FirstOrDefault() ?? Fetch();
        if (Why is not null)
            return;
        var files = Directory.EnumerateFiles(MusicFolder, "*.ogg").Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal).ToList();
        var statement = """
            by = "Debian, usr/share/doc/wesnoth-1.16-music/copyright"
            date = "2023-01-04"

            """;
        // Eight have no LICENSE tag; the package's copyright file speaks of them, but in prose.
        foreach (var name in new[] { "frantic.ogg", "journeys_end.ogg", "legends_of_the_north.ogg", "love_theme.ogg", "northern_mountains.ogg", "northerners.ogg", "return_to_wesnoth.ogg", "weight_of_revenge.ogg" })
            statement += $"[[files]]\nmatch = \"{name}\"\nlicence = \"GPL-2.0-or-later\"\n";
        await File.WriteAllTextAsync(Path.Combine(MusicFolder, "rights.toml"), statement);
        await File.WriteAllLinesAsync(_scratch["listens.csv"], files.Except(Unheard).Select((f, i) => string.Create(CultureInfo.InvariantCulture, $"{f},{10_000 / (i + 1)}")).Prepend("path,listens"));
        Archive = new Pipeline(_scratch["archive"]).Init("wesnoth");
        await Archive.Harvest(MusicFolder, _scratch["listens.csv"], "wesnoth");
        Archive.Catalogue();
        Ingest = await Archive.Ingest();
        Archive.Press();
        Archive.Publish();
    }

    public ValueTask DisposeAsync()
    {
        _scratch.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Skips where the music could not be had.</summary>
    internal void Need()
    {
        if (Why is not null)
            Assert.Skip(Why);
    }

    /// <summary>Each object with its file and its source, by the source's name.</summary>
    internal IReadOnlyDictionary<string, (ObjectRow Object, string Path, string Source)> Objects() => ProofArchive.Objects(Archive, MusicFolder).ToDictionary(o => Path.GetFileName(o.Source), StringComparer.Ordinal);

    // Unpacks the package into the scratch folder; says why where it cannot.
    private string? Fetch()
    {
        var cache = Path.Combine(Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } home ? home : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"), "lacquer-tests");
        Directory.CreateDirectory(cache);
        string? Kept() => Directory.EnumerateFiles(cache, Package + "_*.deb").Max(StringComparer.Ordinal);
        if (Kept() is null)
        {
            // Downloaded elsewhere first, so that a run cut off leaves no half a package behind.
            Directory.CreateDirectory(_scratch["download"]);
            var (exit, output) = Tools.Run("bash", "-c", $"cd '{_scratch["download"]}' && apt-get download -q -o Acquire::Retries=1 -o Acquire::http::Timeout=20 {Package}");
            if (exit != 0 || Directory.GetFiles(_scratch["download"], "*.deb") is not [var fetched])
                return $"apt-get download {Package} fails, so there is no Debian archive to reach: {output.Split('\n').FirstOrDefault(l => l.StartsWith("E:", StringComparison.Ordinal))}";
            var partial = Path.Combine(cache, $"{Guid.NewGuid():N}.partial");
            File.Copy(fetched, partial);
            File.Move(partial, Path.Combine(cache, Path.GetFileName(fetched)), overwrite: true);
        }

        var (unpacked, said) = Tools.Run("dpkg-deb", "-x", Kept()!, _scratch["package"]);
        Assert.True(unpacked == 0, said);
        return null;
    }
}

public sealed class WesnothTests(WesnothArchive wesnoth) : IClassFixture<WesnothArchive>
{
    [Fact]
    public void The_whole_set_is_ingested_into_both_tiers_but_what_the_gate_keeps_out()
    {
        wesnoth.Need();
        Assert.Empty(wesnoth.Ingest.Findings);
        Assert.Equal((41L, 40L, 1L), (wesnoth.Ingest.Recordings, wesnoth.Ingest.Held, wesnoth.Ingest.Denied));
        var objects = wesnoth.Objects();
        Assert.DoesNotContain(WesnothArchive.Denied, objects);
        Assert.Equal(["defeat.ogg", "battle-epic.ogg", "sad.ogg", "transience.ogg", "victory2.ogg"], objects.Where(o => o.Value.Object.Tier == "opus-75").Select(o => o.Key).Order(StringComparer.Ordinal).OrderByDescending(n => n == "defeat.ogg"));
        Assert.Equal([WesnothArchive.TooLarge], objects.Where(o => o.Value.Object.Tier == "vorbis-160").Select(o => o.Key));
        Assert.Equal(["elf-land.ogg", "loyalists.ogg", "revelation.ogg"], objects.Where(o => o.Value.Object.Tier == "opus-75-kept").Select(o => o.Key).Order(StringComparer.Ordinal));
        Assert.Equal(31, objects.Count(o => o.Value.Object.Tier == "vorbis-160-kept"));
        Assert.All(objects.Values, o => Assert.Equal(o.Object.Tier == "opus-75" ? "opus" : "ogg", o.Object.Extension));
    }

    [Fact]
    public void Ogginfo_and_opusinfo_warn_of_nothing_that_they_did_not_warn_of_before()
    {
        wesnoth.Need();
        var before = 0;
        foreach (var (name, (row, path, source)) in wesnoth.Objects())
        {
            var known = OggTools.Warnings(OggTools.Report(source, "ogginfo"));
            var met = OggTools.Warnings(OggTools.Report(path, row.Extension == "opus" ? "opusinfo" : "ogginfo"));
            before += known.Count > 0 ? 1 : 0;
            if (row.Undo is null)
                Assert.True(met.Count == 0, $"{name}, encoded: {string.Join('\n', met)}");
            else
                Assert.True(!met.Except(known, StringComparer.Ordinal).Any() && met.Count <= known.Count, $"{name}, kept: {string.Join('\n', met)}; its source: {string.Join('\n', known)}");
        }

        Assert.Equal(13, before);
    }

    [Fact]
    public async Task Every_kept_file_comes_back_bit_for_bit_and_has_the_same_packets()
    {
        wesnoth.Need();
        using var scratch = new Scratch();
        using var ledger = wesnoth.Archive.Ledger();
        foreach (var (name, (row, path, source)) in wesnoth.Objects().Where(o => o.Value.Object.Undo is not null))
        {
            Assert.Equal((name, OggTools.Packets(source)), (name, OggTools.Packets(path)));
            await Restore.RunAsync(new RestoreRequest(wesnoth.Archive.Layout.Root, Assert.Single(ledger.RecordingsOf(row.Root)), scratch[name]), TimeProvider.System, TestContext.Current.CancellationToken);
            Assert.Equal(ProofArchive.Hash(source), ProofArchive.Hash(scratch[name]));
            Assert.Equal(row.Original, ProofArchive.Hash(scratch[name]));
        }
    }

    [Fact]
    public void Every_object_plays_as_long_as_its_source()
    {
        wesnoth.Need();
        foreach (var (name, (row, path, source)) in wesnoth.Objects())
        {
            // As long to the sample where it was kept; within a Vorbis block (2048 samples at most) where it was encoded.
            var most = row.Undo is null ? 2048 / 44_100.0 : 0.0006;
            var after = OggTools.PlaybackSeconds(OggTools.Report(path, row.Extension == "opus" ? "opusinfo" : "ogginfo"));
            // The granule positions of the one whose page is out of place end too early: there, what is decoded counts.
            var before = name == WesnothArchive.TooLarge ? OggTools.DecodedSeconds(source) : OggTools.PlaybackSeconds(OggTools.Report(source, "ogginfo"));
            Assert.True(Math.Abs(before - after) <= most, $"{name}: {before} s, and {after} s as an object");
            Assert.True(Math.Abs(row.DurationMs!.Value / 1000.0 - after) <= 0.1, $"{name}: {row.DurationMs} ms in the ledger, {after} s as an object");
            Assert.InRange(Math.Abs(OggTools.Duration(path) - after), 0, 0.1);
        }
    }

    [Fact]
    public void Every_object_has_the_gain_of_its_codec_and_its_licence_once()
    {
        wesnoth.Need();
        using var ledger = wesnoth.Archive.Ledger();
        foreach (var (name, (row, path, source)) in wesnoth.Objects())
        {
            var tags = ProofArchive.Head(path).Tags.Comments;
            var gain = tags.Where(t => t.Name.StartsWith("R128_", StringComparison.Ordinal) || t.Name.StartsWith("REPLAYGAIN_", StringComparison.OrdinalIgnoreCase)).ToList();
            if (row.Extension == "opus")
                // In 1/256 dB from −23 LUFS (RFC 7845).
                Assert.Equal(((int)Math.Round((-23 - row.LoudnessLufs!.Value) * 256)).ToString(CultureInfo.InvariantCulture), Assert.Single(gain, t => t.Name == "R128_TRACK_GAIN").Value);
            else
                Assert.Equal((-18 - row.LoudnessLufs!.Value).ToString("+0.00;-0.00", CultureInfo.InvariantCulture) + " dB", Assert.Single(gain, t => t.Name == "REPLAYGAIN_TRACK_GAIN").Value);
            Assert.Equal(row.Extension == "opus" ? 1 : 2, gain.Count);
            Assert.InRange(row.LoudnessLufs.Value, -45, -5);

            var tagged = ProofArchive.Head(source).Tags.Comments.Any(t => t.Name.Equals("LICENSE", StringComparison.OrdinalIgnoreCase));
            var licence = Assert.Single(tags, t => t.Name.StartsWith("LICEN", StringComparison.OrdinalIgnoreCase));
            Assert.Equal((name, "LICENSE", tagged ? "GPL-1.0-or-later" : "GPL-2.0-or-later"), (name, licence.Name, licence.Value));
            var recording = Assert.Single(ledger.RecordingsOf(row.Root));
            Assert.Equal(licence.Value, ledger.Rights(recording)!.Licence);
            Assert.Equal(recording.ToString(), Assert.Single(tags, t => t.Name == "LACQUER_RECORDING").Value);
        }
    }

    [Fact]
    public void Libtorrent_finds_the_volumes_complete()
    {
        wesnoth.Need();
        LibtorrentCheck.Need();
        using var ledger = wesnoth.Archive.Ledger();
        var volumes = ledger.Volumes();
        var answers = LibtorrentCheck.Ask(wesnoth.Archive.Layout.Volumes, volumes.Select(v => Path.Combine(wesnoth.Archive.Layout.NewestEdition()!, "torrents", v.Name + ".torrent")));
        Assert.Equal(volumes.Select(v => (v.Name, true, true, v.InfoHashV1.ToString(), v.InfoHashV2.ToString(), 1.0)), answers.Select(a => (a.Name, a.HasV1, a.HasV2, a.V1, a.V2, a.Progress)));
        Assert.Equal(40, volumes.Sum(v => v.Files));
    }
}
