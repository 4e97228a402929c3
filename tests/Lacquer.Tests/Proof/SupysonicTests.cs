using System.Security.Cryptography;
using System.Text.Json;
using System.Text.RegularExpressions;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Ledgers;
using Lacquer.Stages.Harvesting;
using Lacquer.Stages.Ingesting;
using Lacquer.Stages.Sources;
using Lacquer.Stages.Workbench;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Proof;

/// <summary>A real Subsonic server's library arrives whole: every file byte for byte, covers, and what was heard.</summary>
public sealed class SupysonicTests : IDisposable
{
    private static readonly string[] Licensed = ["artist=Ánna Ström", "album=Första", "date=2021", "LICENSE=https://creativecommons.org/licenses/by-sa/4.0/"];
    private readonly Scratch _scratch = new();
    private readonly LineArchive _archive = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _archive.Dispose();
        _scratch.Dispose();
    }

    [Fact]
    public async Task A_library_arrives_whole()
    {
        Supysonic.Need();
        Tools.Need("sqlite3");
        var music = _scratch["music"];
        Music.Tone(Path.Combine(music, "first", "01.ogg"), "Déjà vu", 4, 220, ["-c:a", "libvorbis", "-b:a", "128k"], [.. Licensed, "track=1"]);
        Music.Tone(Path.Combine(music, "first", "02 & more?.opus"), "Second", 4, 262, ["-c:a", "libopus"], [.. Licensed, "track=2"]);
        Music.Tone(Path.Combine(music, "first", "03.flac"), "東京", 4, 330, ["-c:a", "flac"], [.. Licensed, "track=3"]);
        Music.Tone(Path.Combine(music, "second", "a.mp3"), "Unlicensed", 4, 440, ["-c:a", "libmp3lame", "-b:a", "128k"], "artist=Кино Тест", "album=Вторая", "track=1");
        Assert.Equal(0, Tools.Run("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "color=red:s=64x64", "-frames:v", "1", Path.Combine(music, "first", "cover.jpg")).ExitCode);
        using var server = Supysonic.Start(_scratch["server"], music);
        Assert.Contains("--send-password", (await Assert.ThrowsAsync<Formats.Findings.LacquerException>(() => Harvest(server, sendsPassword: false))).Hint, StringComparison.Ordinal);

        // Heard by the server's own counting: two plays of one, one of another. It counts what is streamed.
        foreach (var title in new[] { "東京", "Second", "Second" })
            await Play(server, title);
        var first = await Harvest(server);
        Assert.Equal((true, 0L), (first.IsNew, first.SetAside));
        await HarvestPlays(server);
        _archive.Build();
        Assert.Equal(4L, _archive.Number("SELECT count(*) FROM recording"));
        Assert.Equal([["Second", 2L], ["東京", 1L]], _archive.Ask("SELECT title, listens FROM recording WHERE listens > 0 ORDER BY id"));
        var cover = Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(Path.Combine(music, "first", "cover.jpg"), Stop)));
        Assert.Equal([["Första", cover]], _archive.Ask("SELECT r.title, lower(hex(i.sha256)) FROM image i JOIN release r ON r.id = i.release"));

        var configuration = await File.ReadAllTextAsync(_archive.Layout.Configuration, Stop);
        await File.WriteAllTextAsync(_archive.Layout.Configuration, configuration.Replace("keep_unknown = false", "keep_unknown = true", StringComparison.Ordinal), Stop);
        var ingested = await Ingest.RunAsync(new IngestRequest(_archive.Folder, Variable: Variable), TimeProvider.System, new Progress<StageProgress>(), Stop);
        Assert.Equal((4L, 0L, 0L, 0L), (ingested.Ingested, ingested.Denied, ingested.SetAside, ingested.Missing));
        var files = Directory.EnumerateFiles(music, "*", SearchOption.AllDirectories).Where(f => !f.EndsWith(".jpg", StringComparison.Ordinal)).Select(f => new Sha256Digest(SHA256.HashData(File.ReadAllBytes(f))).ToString());
        using (var ledger = Ledger.Open(_archive.Layout.Ledger, TimeProvider.System, "test", readOnly: true))
        {
            var held = _archive.Ask("SELECT eid, title FROM recording").Select(r => (Title: (string)r[1], Holding: ledger.Holding(new EntityId(EntityKind.Recording, (byte[])r[0]))!)).ToList();
            Assert.Equal(files.Order(StringComparer.Ordinal), held.Select(h => h.Holding.Object.Original.ToString()!).Order(StringComparer.Ordinal));
            // Its own tags clear a file; what has none stays dark.
            Assert.Equal(["Unlicensed"], held.Where(h => !h.Holding.Rights.Publish).Select(h => h.Title));
        }

        // Again: nothing. With a file more: its album, and no other.
        Assert.False((await Harvest(server)).IsNew);
        Music.Tone(Path.Combine(music, "second", "b.ogg"), "New", 4, 494, ["-c:a", "libvorbis"], "artist=Кино Тест", "album=Вторая", "track=2");
        server.Scan();
        Assert.Equal(1, (await Harvest(server)).Records);
    }

    private static string? Variable(string name) => name == "LACQUER_SUBSONIC_USER" ? Supysonic.User : name == "LACQUER_SUBSONIC_PASSWORD" ? Supysonic.Password : null;

    private Task<AdapterReport> Harvest(Supysonic server, bool sendsPassword = true) => AdapterHarvest.RunAsync(AdapterList.Of("subsonic/1")!,
        new AdapterRequest(_archive.Folder, server.Address.ToString(), "/", "home", sendsPassword ? new Dictionary<string, string> { ["--send-password"] = "" } : [], Variable), TimeProvider.System, new Progress<StageProgress>(), Stop);

    /// <summary>The server's counts by the commands of docs/guide/backup-your-server.md, the mapping too.</summary>
    private async Task HarvestPlays(Supysonic server)
    {
        var guide = await File.ReadAllTextAsync(Path.Combine(House.Repository.Root, "docs", "guide", "backup-your-server.md"), Stop);
        var sql = Regex.Match(guide, "supysonic\\.db \"(?<sql>SELECT [^\"]+)\"").Groups["sql"].Value;
        var mapping = Regex.Match(guide, @"cat plays\.toml\n(?<mapping>.+?)\$ ", RegexOptions.Singleline).Groups["mapping"].Value;
        var (exit, plays) = Tools.Run("sqlite3", "-readonly", "-header", "-csv", server.Database, sql);
        Assert.Equal(0, exit);
        await File.WriteAllTextAsync(_scratch["plays.csv"], plays, Stop);
        await File.WriteAllTextAsync(_scratch["plays.toml"], mapping, Stop);
        var report = await AdapterHarvest.RunAsync(AdapterList.Of("table/1")!, new AdapterRequest(_archive.Folder, _scratch["plays.csv"], "/", "plays", new Dictionary<string, string> { ["--mapping"] = _scratch["plays.toml"] }, _ => null),
            TimeProvider.System, new Progress<StageProgress>(), Stop);
        Assert.Equal((2L, 0L), (report.Records, report.SetAside));
    }

    private static async Task Play(Supysonic server, string title)
    {
        using var http = new HttpClient { BaseAddress = new Uri(server.Address, "rest/") };
        var account = $"u={Supysonic.User}&p={Uri.EscapeDataString(Supysonic.Password)}&v=1.16.1&c=player&f=json";
        using var found = JsonDocument.Parse(await http.GetStringAsync(new Uri($"search3?query={Uri.EscapeDataString(title)}&{account}", UriKind.Relative), Stop));
        var id = found.RootElement.GetProperty("subsonic-response").GetProperty("searchResult3").GetProperty("song")[0].GetProperty("id").GetString();
        Assert.NotEmpty(await http.GetByteArrayAsync(new Uri($"stream?id={id}&{account}", UriKind.Relative), Stop));
    }
}
