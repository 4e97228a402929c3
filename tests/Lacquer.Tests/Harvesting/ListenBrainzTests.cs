using System.Formats.Tar;
using System.Text;
using Lacquer.Formats.Accessions;
using Lacquer.Formats.Findings;
using Lacquer.Stages.Harvesting;
using Lacquer.Stages.Sources;
using Lacquer.Stages.Workbench;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Harvesting;

/// <summary>ListenBrainz' dumps of listens become counts.</summary>
public sealed class ListenBrainzTests : IDisposable
{
    private const string FullName = "listenbrainz-listens-dump-7-20260901-000002-full.tar.zst";
    private const string NextName = "listenbrainz-listens-dump-8-20260902-000002-incremental.tar.zst";

    private readonly Scratch _scratch = new();
    private readonly LineArchive _archive = new();

    public void Dispose()
    {
        _archive.Dispose();
        _scratch.Dispose();
    }

    [Fact]
    public async Task Listens_are_counted_by_recording_and_say_nothing_of_listeners()
    {
        WriteFull(("2005/1", [Listen(1), Listen(2, mapped: false), Listen(0)]), ("2026/8", [Listen(1), Listen(1, mapped: false), "{\"user_name\":\"carla\",", "[]", Listen(3)]));
        var report = await Harvest(FullName);
        Assert.Equal(("listenbrainz", 4L, 2L), (report.Source, report.Records, report.SetAside));
        Assert.Equal(["2026/8:3", "2026/8:4"], report.Findings.Select(f => f.Subject));
        var lines = Lines(1);
        Assert.Equal([(Mbid(1), 3L), (Mbid(2), 1L), (Mbid(3), 1L)], Counts(1));
        Assert.Contains(lines, l => l.Contains("\"listens\":6,\"without_recording\":1", StringComparison.Ordinal));
        Assert.DoesNotContain(lines, l => l.Contains("carla", StringComparison.Ordinal) || l.Contains("user", StringComparison.Ordinal));
        Assert.False((await Harvest(FullName)).IsNew);
        _archive.Build();
        Assert.Equal([["Title 1", "Artist 1", 3L]], _archive.Ask("SELECT r.title, c.name, r.listens FROM recording r JOIN artist_credit c ON c.id = r.artist_credit WHERE r.id = 1"));
    }

    [Fact]
    public async Task An_incremental_dump_adds_to_what_stands()
    {
        WriteFull(("2026/8", [Listen(1), Listen(1), Listen(2)]));
        WriteNext(("2026/9", [Listen(1), Listen(3)]));
        await Harvest(FullName);
        await Harvest(NextName);
        Assert.Equal([(Mbid(1), 3L), (Mbid(3), 1L)], Counts(2));
        Write("listenbrainz-listens-dump-9-20260903-000002-incremental.tar.zst", "2026-09-02 00:00:02+00:00", "2026-09-03 00:00:02+00:00", ("2026/9", [Listen(3), Listen(2)]));
        await Harvest("listenbrainz-listens-dump-9-20260903-000002-incremental.tar.zst");
        Assert.Equal([(Mbid(2), 2L), (Mbid(3), 2L)], Counts(3));
        _archive.Build();
        Assert.Equal([["Title 1", 3L], ["Title 2", 2L], ["Title 3", 2L]], _archive.Ask("SELECT title, listens FROM recording ORDER BY title"));
    }

    [Fact]
    public async Task A_later_full_dump_begins_anew()
    {
        WriteFull(("2026/8", [Listen(1), Listen(2)]));
        WriteNext(("2026/9", [Listen(3)]));
        await Harvest(FullName);
        await Harvest(NextName);
        Write("later-full.tar.zst", null, "2026-09-15 00:00:02+00:00", ("2026/9", [Listen(3), Listen(3)]));
        await Harvest("later-full.tar.zst");
        Assert.Equal([(Mbid(1), 0L), (Mbid(2), 0L), (Mbid(3), 2L)], Counts(3));
        _archive.Build();
        Assert.Equal([["Title 1", 0L], ["Title 2", 0L], ["Title 3", 2L]], _archive.Ask("SELECT title, listens FROM recording ORDER BY title"));
        Assert.Equal(Failure.Usage, (await Assert.ThrowsAsync<LacquerException>(() => Harvest(FullName))).Failure);
    }

    [Fact]
    public async Task An_incremental_dump_out_of_its_place_is_refused()
    {
        WriteFull(("2026/8", [Listen(1)]));
        Write("gap.tar.zst", "2026-09-02 00:00:02+00:00", "2026-09-03 00:00:02+00:00", ("2026/9", [Listen(1)]));
        WriteNext(("2026/9", [Listen(1)]));
        Assert.Contains("no full dump", (await Assert.ThrowsAsync<LacquerException>(() => Harvest("gap.tar.zst"))).Message, StringComparison.Ordinal);
        await Harvest(FullName);
        Assert.Equal(Failure.Usage, (await Assert.ThrowsAsync<LacquerException>(() => Harvest("gap.tar.zst"))).Failure);
        await Harvest(NextName);
        Assert.True((await Harvest("gap.tar.zst")).IsNew);
        Assert.Equal(Failure.Usage, (await Assert.ThrowsAsync<LacquerException>(() => Harvest(NextName))).Failure);
    }

    [Fact]
    public async Task What_does_not_fit_into_memory_is_counted_all_the_same()
    {
        var random = new Random(5);
        var heard = Enumerable.Range(0, 5000).Select(_ => random.Next(1, 400)).ToList();
        WriteFull(("2026/8", heard.Select(n => Listen(n)).ToArray()));
        await Harvest(FullName, inMemory: "37");
        Assert.Equal(heard.GroupBy(n => n).OrderBy(g => g.Key).Select(g => (Mbid(g.Key), (long)g.Count())), Counts(1));
        Assert.Contains(Lines(1), l => l.Contains("\"track_name\":\"Title 7\",\"artist_name\":\"Artist 7\"", StringComparison.Ordinal));
        Assert.Equal(["000001.jsonl.zst"], Directory.EnumerateFiles(Path.GetDirectoryName(_archive.Layout.Accession("listenbrainz", 1))!).Select(Path.GetFileName));
    }

    [Fact]
    public async Task A_dump_that_is_cut_off_or_none_is_refused()
    {
        WriteFull(("2026/8", Enumerable.Range(0, 5000).Select(n => Listen(n % 9 + 1, noise: n * 7919)).ToArray()));
        var bytes = File.ReadAllBytes(_scratch[FullName]);
        File.WriteAllBytes(_scratch[FullName], bytes[..(bytes.Length / 2)]);
        Assert.Equal(Failure.Damaged, (await Assert.ThrowsAsync<LacquerException>(() => Harvest(FullName))).Failure);
        File.WriteAllText(_scratch["x.tar.zst"], "no archive");
        Assert.Equal(Failure.Damaged, (await Assert.ThrowsAsync<LacquerException>(() => Harvest("x.tar.zst"))).Failure);
        Assert.Equal(Failure.Missing, (await Assert.ThrowsAsync<LacquerException>(() => Harvest("nothing"))).Failure);
        Assert.Equal(Failure.Usage, (await Assert.ThrowsAsync<LacquerException>(() => Harvest(FullName, inMemory: "none"))).Failure);
    }

    private static string Mbid(int number) => new Guid(number, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11).ToString("D");

    // A listen as the dumps have it; of number 0, nobody knows what it is of.
    private static string Listen(int number, bool mapped = true, int noise = 0)
    {
        var (said, mapping) = number == 0 ? ("", "null") : mapped ? ($"\"recording_mbid\":\"{Mbid(99)}\",", $"{{\"recording_mbid\":\"{Mbid(number)}\",\"artist_mbids\":[]}}") : ($"\"recording_mbid\":\"{Mbid(number)}\",", "null");
        return $$"""{"user_id":12,"user_name":"carla","listened_at":1124{{noise:D6}},"track_metadata":{"artist_name":"Artist {{number}}","track_name":"Title {{number}}","release_name":"R","additional_info":{{{said}}"tags":["a",{"b":1}]},"mbid_mapping":{{mapping}}},"recording_msid":"x"}""";
    }

    private List<string> Lines(int number)
    {
        using var accession = AccessionReader.Open(_archive.Layout.Accession("listenbrainz", number));
        return accession.Lines().Select(l => Encoding.UTF8.GetString(l.Line.Span)).ToList();
    }

    private List<(string, long)> Counts(int number) => Lines(number).Select(l => System.Text.Json.JsonDocument.Parse(l).RootElement).Where(l => l.TryGetProperty("record", out var r) && r.TryGetProperty("listen_count", out _))
        .Select(l => (l.GetProperty("key").GetString()!, l.GetProperty("record").GetProperty("listen_count").GetInt64())).ToList();

    private Task<AdapterReport> Harvest(string dump, string? inMemory = null) => AdapterHarvest.RunAsync(AdapterList.Of("listenbrainz/1")!,
        new AdapterRequest(_archive.Folder, dump, _scratch["."], null, inMemory is null ? [] : new Dictionary<string, string> { ["--in-memory"] = inMemory }, _ => null), TimeProvider.System, new Progress<StageProgress>(), TestContext.Current.CancellationToken);

    private void WriteFull(params (string Month, string[] Listens)[] months) => Write(FullName, null, "2026-09-01 00:00:02+00:00", months);

    private void WriteNext(params (string Month, string[] Listens)[] months) => Write(NextName, "2026-09-01 00:00:02+00:00", "2026-09-02 00:00:02+00:00", months);

    private void Write(string name, string? start, string end, params (string Month, string[] Listens)[] months)
    {
        using var file = File.Create(_scratch[name]);
        using var packed = new ZstdSharp.CompressionStream(file);
        using var tar = new TarWriter(packed, TarEntryFormat.Pax);
        if (start is not null)
            Entry("START_TIMESTAMP", start);
        Entry(start is null ? "TIMESTAMP" : "END_TIMESTAMP", end);
        Entry("SCHEMA_SEQUENCE", "1");
        Entry("COPYING", "CC0");
        foreach (var (month, listens) in months)
            Entry($"listens/{month}.listens", string.Concat(listens.Select(l => l + "\n")));

        void Entry(string path, string text) => tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, $"{name.Split('.')[0]}/{path}") { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(text)) });
    }
}
