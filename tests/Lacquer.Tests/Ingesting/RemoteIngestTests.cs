using System.Security.Cryptography;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Ledgers;
using Lacquer.Stages.Harvesting;
using Lacquer.Stages.Ingesting;
using Lacquer.Stages.Planning;
using Lacquer.Stages.Sources;
using Lacquer.Stages.Workbench;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Ingesting;

/// <summary>Audio that an adapter names is fetched, checked, cleared by its own tags, and taken in.</summary>
public sealed class RemoteIngestTests : IAsyncLifetime
{
    private static readonly string[] Flac = ["-c:a", "flac"];
    private static readonly string[] Vorbis = ["-c:a", "libvorbis", "-b:a", "96k"];
    private readonly LineArchive _archive = new();
    private readonly Scratch _scratch = new();
    private readonly EagerClock _clock = new(TimeSpan.FromSeconds(30));
    private SubsonicLibrary _library = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Tools.Need("ffmpeg", "ffprobe");
        _library = await SubsonicLibrary.StartAsync();
        KeepUnknown(true);
    }

    public async ValueTask DisposeAsync()
    {
        if (_library is not null)
            await _library.DisposeAsync();
        _archive.Dispose();
        _scratch.Dispose();
    }

    [Fact]
    public async Task Files_are_fetched_once_and_cleared_by_their_own_tags()
    {
        var free = Tone("free.flac", 220, Flac, "LICENSE=CC-BY-4.0");
        var silent = Tone("silent.ogg", 330, Vorbis);
        var forbidden = Tone("forbidden.ogg", 440, Vorbis, "LICENSE=CC-BY-ND-4.0");
        _library.Album("al-1", "Mixed", ("free", free, "flac", 30), ("silent", silent, "ogg", 20), ("forbidden", forbidden, "ogg", 10));
        await Harvest();
        _archive.Build();
        Assert.Equal(3, Plan().Kept);
        var report = await Ingest();
        Assert.Equal((2L, 1L, 0L, 0L), (report.Ingested, report.Denied, report.SetAside, report.Missing));
        Assert.Equal(["Song forbidden: no, no", "Song free: yes, yes", "Song silent: yes, no"], Rights());
        Assert.Equal([Digest(free), Digest(silent)], Originals());
        // Nothing is left, and nothing is fetched again: what its tags say stands in the ledger.
        Assert.Empty(Directory.EnumerateFiles(_archive.Layout.Work));
        var asked = _library.Server.Requests.Count;
        var again = await Ingest();
        Assert.Equal((0L, 2L, 1L), (again.Ingested, again.Held, again.Denied));
        Assert.Equal(asked, _library.Server.Requests.Count);
        Assert.Equal(["Song forbidden: no, no", "Song free: yes, yes", "Song silent: yes, no"], Rights());
        Assert.Equal(2, Plan().Kept);
    }

    [Fact]
    public async Task What_the_gate_does_not_clear_is_not_asked_for()
    {
        KeepUnknown(false);
        _library.Album("al-1", "One", ("s1", Tone("a.flac", 220, Flac, "LICENSE=CC-BY-4.0"), "flac", 1));
        await Harvest();
        _archive.Build();
        Assert.Equal((0L, 1L), ((await Ingest()) is var report ? report.Ingested : -1, report.Denied));
        Assert.DoesNotContain("download", _library.Asked);
    }

    [Fact]
    public async Task What_is_not_what_its_record_says_is_set_aside()
    {
        var (long_, broken, locked) = (Tone("a.flac", 220, Flac), Tone("b.ogg", 330, Vorbis), Tone("c.m4a", 440, ["-c:a", "aac"]));
        _library.Album("al-1", "Bad", ("long", long_, "flac", 3), ("broken", broken, "ogg", 2), ("locked", locked, "m4a", 1));
        _library.Files["long"] = Replies.File([.. long_, 0]);
        _library.Files["broken"] = Replies.File([.. broken[..^50], .. new byte[50]]);
        // A FairPlay sample entry (ISO/IEC 14496-12 and QuickTime): the name alone tells.
        var at = locked.AsSpan().IndexOf("mp4a"u8);
        "drms"u8.CopyTo(locked.AsSpan(at));
        await Harvest();
        _archive.Build();
        var report = await Ingest();
        Assert.Equal((0L, 3L), (report.Ingested, report.SetAside));
        var reasons = string.Join('\n', report.Findings.Select(f => f.Message));
        Assert.Contains($"has {long_.Length + 1} bytes and not {long_.Length}", reasons, StringComparison.Ordinal);
        Assert.Contains("checksums", reasons, StringComparison.Ordinal);
        Assert.Contains("protected by FairPlay", reasons, StringComparison.Ordinal);
        Assert.DoesNotContain(SubsonicLibrary.Password, reasons, StringComparison.Ordinal);
        // Three times, and then no more.
        await Ingest();
        await Ingest();
        var asked = _library.Asked.Count(m => m == "download");
        await Ingest();
        Assert.Equal(asked, _library.Asked.Count(m => m == "download"));
    }

    [Fact]
    public async Task While_a_server_is_down_the_others_go_on_and_it_is_said_what_is_missing()
    {
        _library.Album("al-1", "Away", ("s1", Tone("a.flac", 220, Flac), "flac", 5), ("s2", Tone("b.flac", 240, Flac), "flac", 5));
        await Harvest();
        Music.Tone(_scratch["near/n.ogg"], "Near", 3, 330, Vorbis, "artist=Bo");
        await FolderHarvest.RunAsync(FolderHarvest.Plan(new HarvestRequest(_archive.Folder, _scratch["near"])), _clock, new Progress<StageProgress>(), Stop);
        _archive.Build();
        var address = _library.Server.Address;
        await _library.DisposeAsync();
        var report = await Ingest();
        Assert.Equal((1L, 0L, 2L), (report.Ingested, report.SetAside, report.Missing));
        var finding = Assert.Single(report.Findings);
        Assert.Equal(("subsonic", "missing"), (finding.Subject, finding.Kind));
        Assert.Contains($"2 of its files could not be fetched; the first because {address}", finding.Message, StringComparison.Ordinal);
        Assert.Equal(finding, Assert.Single(Ledger().Findings("ingest", "")));
    }

    [Fact]
    public async Task Without_a_password_it_is_said_where_to_put_it()
    {
        _library.Album("al-1", "One", ("s1", Tone("a.flac", 220, Flac), "flac", 5));
        await Harvest();
        _archive.Build();
        var report = await Stages.Ingesting.Ingest.RunAsync(new IngestRequest(_archive.Folder), _clock, new Progress<StageProgress>(), Stop);
        Assert.Equal((0L, 1L), (report.Ingested, report.Missing));
        Assert.Contains("no password for subsonic is known", Assert.Single(report.Findings).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_broke_off_is_gone_on_with_by_the_next_run()
    {
        var file = Tone("a.flac", 220, Flac);
        _library.Album("al-1", "One", ("s1", file, "flac", 5));
        await Harvest();
        _archive.Build();
        var half = file.Length / 2;
        _library.Files["s1"] = Replies.Reset(file, half, "\"v1\"", () => Directory.EnumerateFiles(_archive.Layout.Work, "audio-*", SearchOption.AllDirectories).Any(f => new FileInfo(f).Length == half));
        Assert.Equal(1, (await Ingest()).Missing);
        _library.Files["s1"] = Replies.File(file, "\"v1\"");
        Assert.Equal(1, (await Ingest()).Ingested);
        Assert.Equal($"bytes={half}-", _library.Server.Requests[^1]["Range"]);
        Assert.Equal([Digest(file)], Originals());
    }

    [Fact]
    public async Task Of_two_files_of_a_recording_the_better_is_taken()
    {
        var (good, poor) = (Tone("good.flac", 220, Flac), Tone("poor.ogg", 220, Vorbis));
        const string Mbid = "b84ee12a-09ef-421b-82de-0441a926375b";
        _library.Album("al-1", "One", ("poor", poor, "ogg", 5))["song"]![0]!["musicBrainzId"] = Mbid;
        _library.Album("al-2", "Two", ("good", good, "flac", 5))["song"]![0]!["musicBrainzId"] = Mbid;
        await Harvest();
        _archive.Build();
        Assert.Equal(1, (await Ingest()).Ingested);
        Assert.Equal([Digest(good)], Originals());
        Assert.Single(_library.Asked, "download");
    }

    [Fact]
    public async Task An_original_whose_digest_is_wrong_gives_way_to_what_was_made_of_it()
    {
        await using var studio = await HarvestStudio.StartAsync();
        var (original, derivative, other) = (Tone("a.flac", 220, Flac), Tone("a.ogg", 220, Vorbis), Tone("b.flac", 330, Flac));
        string About(string name, byte[] bytes, string more) =>
            $$"""{"name":"{{name}}","format":"x","size":"{{bytes.Length}}","md5":"{{Convert.ToHexStringLower(CryptographicOperations.HashData(HashAlgorithmName.MD5, bytes))}}","length":"3.0",{{more}}}""";
        studio.Source.Answers("/metadata/item", Replies.Json($$"""
            {"created":1,"metadata":{"identifier":"item","mediatype":"audio","title":"Item","creator":"Ann","licenseurl":"https://creativecommons.org/licenses/by-sa/4.0/"},
            "files":[{{About("a.flac", original, "\"source\":\"original\",\"title\":\"A\",\"track\":\"1\"")}},{{About("a.ogg", derivative, "\"source\":\"derivative\",\"original\":\"a.flac\"")}},{{About("b.flac", other, "\"source\":\"original\",\"title\":\"B\",\"track\":\"2\"")}}]}
            """));
        studio.Source.Answers("/download/item/a.flac", Replies.File([.. original[..^1], (byte)~original[^1]]));
        studio.Source.Answers("/download/item/a.ogg", Replies.File(derivative));
        studio.Source.Answers("/download/item/b.flac", Replies.File(other));
        await studio.HarvestAsync("internet-archive", "item:item", Stop);
        studio.Archive.Build();
        var report = await Stages.Ingesting.Ingest.RunAsync(new IngestRequest(studio.Archive.Folder), studio.Clock, new Progress<StageProgress>(), Stop);
        Assert.Equal((2L, 0L, 0L), (report.Ingested, report.SetAside, report.Missing));
        using var ledger = Formats.Ledgers.Ledger.Open(studio.Archive.Layout.Ledger, TimeProvider.System, "test", readOnly: true);
        Assert.Equal([("A", Digest(derivative), true), ("B", Digest(other), true)], studio.Archive.Ask("SELECT title, eid FROM recording ORDER BY title")
            .Select(r => (Title: (string)r[0], Holding: ledger.Holding(new EntityId(EntityKind.Recording, (byte[])r[1]))!)).Select(r => (r.Title, r.Holding.Object.Original, r.Holding.Rights.Publish)));
    }

    private byte[] Tone(string name, int hertz, string[] codec, params string[] tags)
    {
        Music.Tone(_scratch[name], name, 3, hertz, codec, tags);
        return File.ReadAllBytes(_scratch[name]);
    }

    private void KeepUnknown(bool keep)
    {
        var text = File.ReadAllText(_archive.Layout.Configuration);
        File.WriteAllText(_archive.Layout.Configuration, text.Replace($"keep_unknown = {(keep ? "false" : "true")}", $"keep_unknown = {(keep ? "true" : "false")}", StringComparison.Ordinal));
    }

    private static string? Variable(string name) => name == "LACQUER_SUBSONIC_USER" ? SubsonicLibrary.User : name == "LACQUER_SUBSONIC_PASSWORD" ? SubsonicLibrary.Password : null;

    private Task<AdapterReport> Harvest() => AdapterHarvest.RunAsync(AdapterList.Of("subsonic/1")!,
        new AdapterRequest(_archive.Folder, _library.Server.Address.ToString(), "/", null, new Dictionary<string, string>(), Variable), _clock, new Progress<StageProgress>(), Stop);

    private Task<IngestReport> Ingest() => Stages.Ingesting.Ingest.RunAsync(new IngestRequest(_archive.Folder, Variable: Variable), _clock, new Progress<StageProgress>(), Stop);

    private HoldingsReport Plan() => HoldingsPlan.Run(new HoldingsRequest(_archive.Folder, []), _clock, new Progress<StageProgress>(), Stop);

    private Ledger Ledger() => Formats.Ledgers.Ledger.Open(_archive.Layout.Ledger, TimeProvider.System, "test", readOnly: true);

    private List<string> Rights()
    {
        using var ledger = Ledger();
        return _archive.Ask("SELECT title, eid FROM recording ORDER BY title")
            .Select(r => (Title: (string)r[0], Rights: ledger.Rights(new EntityId(EntityKind.Recording, (byte[])r[1])))).Select(r => $"{r.Title}: {(r.Rights!.Keep ? "yes" : "no")}, {(r.Rights.Publish ? "yes" : "no")}").ToList();
    }

    private List<Sha256Digest?> Originals()
    {
        using var ledger = Ledger();
        return _archive.Ask("SELECT eid FROM recording ORDER BY id").Select(r => ledger.Holding(new EntityId(EntityKind.Recording, (byte[])r[0]))?.Object.Original).Where(o => o is not null).ToList();
    }

    private static Sha256Digest? Digest(byte[] bytes) => new(SHA256.HashData(bytes));
}
