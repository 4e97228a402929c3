using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Lacquer.Formats.Accessions;
using Lacquer.Formats.Findings;
using Lacquer.Stages.Harvesting;
using Lacquer.Stages.Sources;
using Lacquer.Stages.Workbench;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Harvesting;

/// <summary>A Subsonic server becomes an accession and a catalogue, and gives its password to nobody.</summary>
public sealed class SubsonicTests : IAsyncLifetime
{
    private static readonly byte[] Picture = [0xFF, 0xD8, 0xFF, 1, 2, 3];
    private readonly LineArchive _archive = new();
    private readonly EagerClock _clock = new(TimeSpan.FromSeconds(30));
    private SubsonicLibrary _library = null!;
    private string _password = SubsonicLibrary.Password;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _library = await SubsonicLibrary.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _library.DisposeAsync();
        _archive.Dispose();
    }

    [Fact]
    public async Task Albums_and_artists_become_a_catalogue()
    {
        var album = _library.Album("al-1", "Första", ("s1", [1, 2], "flac", 7), ("s2", [3], "xyz", 0));
        album["musicBrainzId"] = "b84ee12a-09ef-421b-82de-0441a926375b";
        album["coverArt"] = "art-1";
        album["releaseTypes"] = new JsonArray("EP");
        album["recordLabels"] = new JsonArray(new JsonObject { ["name"] = "Svek" });
        album["genres"] = new JsonArray(new JsonObject { ["name"] = "Folk" });
        album["releaseDate"] = new JsonObject { ["year"] = 2021, ["month"] = 3, ["day"] = 4 };
        album["discTitles"] = new JsonArray(new JsonObject { ["disc"] = 1, ["title"] = "Morning" });
        var song = album["song"]![0]!;
        song["isrc"] = new JsonArray("SEA012100001", "nonsense");
        song["displayArtist"] = "Ánna feat. Bo";
        song["artists"] = new JsonArray(new JsonObject { ["id"] = "ar-1", ["name"] = "Ánna" }, new JsonObject { ["id"] = "ar-2", ["name"] = "Bo" });
        song["explicitStatus"] = "explicit";
        _library.Covers["art-1"] = Picture;
        var report = await Harvest();
        Assert.Equal(("subsonic", true, 2L, 0L), (report.Source, report.IsNew, report.Records, report.SetAside));
        _archive.Build();
        Assert.Equal([["Första", "Ánna", 20210304L, "EP"]], _archive.Ask("SELECT r.title, c.name, r.date, t.name FROM release r JOIN artist_credit c ON c.id = r.artist_credit JOIN release_type t ON t.id = r.type"));
        Assert.Equal([["Song s1", "Ánna feat. Bo", 7L, 1L, 3000L, "s1"], ["Song s2", "Ánna", 0L, 2L, 3000L, "s2"]],
            _archive.Ask("SELECT r.title, c.name, r.listens, t.position, r.duration_ms, k.key FROM track t JOIN recording r ON r.id = t.recording JOIN artist_credit c ON c.id = r.artist_credit JOIN recording_key k ON k.recording = r.id ORDER BY t.position"));
        Assert.Equal(2, _archive.Number("SELECT count(*) FROM recording_source"));
        Assert.Equal(1, _archive.Number("SELECT count(*) FROM recording_isrc"));
        Assert.Equal([["Anna"]], _archive.Ask("SELECT sort_name FROM artist WHERE name = 'Ánna'"));
        var digest = Convert.ToHexStringLower(SHA256.HashData(Picture));
        Assert.Equal(Picture, await File.ReadAllBytesAsync(Path.Combine(_archive.Layout.Images, digest[..2], digest + ".jpg"), Stop));
        Assert.Equal(1, _archive.Number($"SELECT count(*) FROM image WHERE lower(hex(sha256)) = '{digest}'"));
        // The album's own JSON, as it came.
        Assert.Contains(Records().Single(r => r.Key == "album/al-1").Record.GetProperty("album").GetRawText(), $$"""{"album":{{album.ToJsonString()}}}""", StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_run_takes_what_changed_and_asks_for_no_cover_again()
    {
        _library.Album("al-1", "One", ("s1", [1], "ogg", 1))["coverArt"] = "art-1";
        _library.Album("al-2", "Two", ("s2", [2], "ogg", 1));
        _library.Covers["art-1"] = Picture;
        await Harvest();
        _library.Albums["al-2"]["song"]![0]!["playCount"] = 5;
        var second = await Harvest();
        Assert.Equal((true, 1L, 2L), (second.IsNew, second.Records, second.Unchanged));
        Assert.Single(_library.Asked, "getCoverArt");
        Assert.False((await Harvest()).IsNew);
        _archive.Build();
        Assert.Equal([["Song s2", 5L], ["Song s1", 1L]], _archive.Ask("SELECT title, listens FROM recording ORDER BY id"));
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public async Task The_password_stands_nowhere(bool takesForms, bool sendsPassword)
    {
        (_library.TakesForms, _library.TakesTokens) = (takesForms, !sendsPassword);
        _library.Album("al-1", "One", ("s1", [1], "ogg", 1));
        Assert.Equal(2, (await Harvest(sendsPassword ? "--send-password" : null)).Records);
        var account = _library.Server.Requests.Where(r => !r.Path.Contains("getOpenSubsonicExtensions", StringComparison.Ordinal)).ToList();
        // In the address only where the server takes it no other way.
        Assert.All(account, r => Assert.Equal(!takesForms, r.Path.Contains(sendsPassword ? "&p=" : "&t=", StringComparison.Ordinal)));
        var hex = Convert.ToHexStringLower(Encoding.UTF8.GetBytes(SubsonicLibrary.Password));
        var log = await File.ReadAllTextAsync(_archive.Layout.FetchLog("subsonic"), Stop);
        foreach (var text in new[] { log, string.Concat(Records().Select(r => r.Record.GetRawText())) }.Concat(account.Select(r => sendsPassword ? "" : r.Path)))
        {
            Assert.DoesNotContain(SubsonicLibrary.Password, Uri.UnescapeDataString(text), StringComparison.Ordinal);
            Assert.DoesNotContain(hex, text, StringComparison.Ordinal);
        }

        Assert.DoesNotMatch("[?&\\\\u0026](t|s|p|u)=", log.Replace("\\u0026", "&", StringComparison.Ordinal));
        Assert.Contains($"\"method\":\"{(takesForms ? "POST" : "GET")}\"", log, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(40, Failure.Refused, "user or password are wrong (code 40)")]
    [InlineData(41, Failure.Refused, "takes no tokens from this account (code 41)")]
    [InlineData(50, Failure.Refused, "does not let this account use getArtists (code 50)")]
    [InlineData(60, Failure.Refused, "trial period is over (code 60)")]
    [InlineData(30, Failure.Refused, "speaks another version")]
    [InlineData(70, Failure.Missing, "no longer has it (code 70)")]
    [InlineData(0, Failure.Missing, "answers getArtists with an error (code 0): the password is ***")]
    public async Task An_error_is_one_clear_line(int code, Failure failure, string message)
    {
        _library.Errors["getArtists"] = (code, "the password\nis " + SubsonicLibrary.Password);
        var e = await Assert.ThrowsAsync<LacquerException>(() => Harvest());
        Assert.Equal(failure, e.Failure);
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(SubsonicLibrary.Password, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', e.Message);
    }

    [Fact]
    public async Task A_wrong_password_is_told_from_a_server_without_tokens()
    {
        _password = "wrong one";
        Assert.Contains("code 40", (await Assert.ThrowsAsync<LacquerException>(() => Harvest())).Message, StringComparison.Ordinal);
        _library.TakesTokens = false;
        Assert.Contains("--send-password", (await Assert.ThrowsAsync<LacquerException>(() => Harvest())).Hint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_list_without_an_end_ends()
    {
        _library.RepeatsItsList = true;
        _library.Album("al-1", "One", ("s1", [1], "ogg", 1));
        Assert.Equal(2, (await Harvest()).Records);
        Assert.Equal(2, _library.Asked.Count(m => m == "getAlbumList2"));
    }

    [Fact]
    public async Task An_album_that_cannot_be_had_is_asked_for_again_the_next_time()
    {
        _library.Album("al-1", "One", ("s1", [1], "ogg", 1));
        _library.Album("al-2", "Two", ("s2", [1], "ogg", 1));
        var kept = _library.Albums["al-1"];
        _library.Albums["al-1"] = new JsonObject { ["id"] = "al-1", ["name"] = new string('x', 17 << 20) };
        var first = await Harvest();
        Assert.Equal((2L, 1L), (first.Records, first.SetAside));
        _library.Albums["al-1"] = kept;
        Assert.Equal((1L, 2L, 0L), ((await Harvest()) is var r ? r.Records : 0, r.Unchanged, r.SetAside));
    }

    [Theory]
    [InlineData("ftp://x/")]
    [InlineData("music.example.org")]
    [InlineData("https://alice:pw@music.example.org")]
    [InlineData("https://music.example.org/?u=alice&p=pw")]
    public async Task What_is_no_address_is_refused(string location) =>
        Assert.Equal(Failure.Usage, (await Assert.ThrowsAsync<LacquerException>(() => Harvest(location: location))).Failure);

    [Fact]
    public void Hostile_records_do_no_harm()
    {
        var adapter = AdapterList.Of("subsonic/1")!;
        using var record = JsonDocument.Parse("""
            {"album":{"id":["x"],"name":"N","year":99999999999999999999,"discTitles":[{"disc":99999999999,"title":"t"},7],"song":[1,null,{"id":"../../../etc/passwd","title":"T","duration":1e99,"size":-5,"bitRate":"many",
            "track":-3,"discNumber":987654321098,"playCount":-9,"isrc":{"a":1},"artists":"x"},{"id":"v","title":"V","isVideo":true},{"title":"no id"}]},"cover":{"sha256":"zz","extension":"../x"}}
            """);
        var release = Assert.IsType<SourceRelease>(adapter.Describe("album/x", record.RootElement));
        var track = Assert.Single(release.Tracks);
        Assert.Equal((65535, 0, 0, 0L), (track.Medium, track.Position, track.Recording.DurationMs, track.Recording.Listens));
        var file = Assert.Single(adapter.Files("album/x", record.RootElement));
        Assert.Equal((null, 0, null), (file.LengthBytes, file.DurationMs, file.BitrateKbps));
        Assert.Empty(release.Images);
    }

    [Fact]
    public void Secrets_that_others_can_read_are_refused_and_a_source_comes_before_its_adapter()
    {
        var path = Path.Combine(_archive.Folder, Secrets.FileName);
        File.WriteAllText(path, "[subsonic]\nuser = \"one\"\npassword = \"first one\"\n[attic]\nuser = \"two\"\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.GroupRead);
            Assert.Equal(Failure.Refused, Assert.Throws<LacquerException>(() => Secrets.Of("subsonic", "home", _archive.Folder, _ => null)).Failure);
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        Assert.Equal("one", Secrets.Of("subsonic", "home", _archive.Folder, _ => null).Find("user"));
        Assert.Equal(("two", "first one"), (Secrets.Of("subsonic", "attic", _archive.Folder, _ => null).Find("user"), Secrets.Of("subsonic", "attic", _archive.Folder, _ => null).Find("password")));
        Assert.Equal("given", Secrets.Of("subsonic", "attic", _archive.Folder, name => name == "LACQUER_SUBSONIC_USER" ? "given" : null).Find("user"));
        Assert.Contains("LACQUER_SUBSONIC_TOKEN", Assert.Throws<LacquerException>(() => Secrets.Of("subsonic", "x", _archive.Folder, _ => null).Require("token")).Hint, StringComparison.Ordinal);
    }

    private Task<AdapterReport> Harvest(string? option = null, string? location = null) => AdapterHarvest.RunAsync(AdapterList.Of("subsonic/1")!,
        new AdapterRequest(_archive.Folder, location ?? _library.Server.Address.ToString(), "/", null, option is null ? new Dictionary<string, string>() : new Dictionary<string, string> { [option] = "" },
            name => name == "LACQUER_SUBSONIC_USER" ? SubsonicLibrary.User : name == "LACQUER_SUBSONIC_PASSWORD" ? _password : null), _clock, new Progress<StageProgress>(), Stop);

    private List<(string Key, JsonElement Record)> Records()
    {
        using var reader = AccessionReader.Open(_archive.Layout.Accession("subsonic", 1));
        return reader.Lines().Select(l => JsonDocument.Parse(l.Line).RootElement).Select(l => (l.GetProperty("key").GetString()!, l.GetProperty("record").Clone())).ToList();
    }
}
