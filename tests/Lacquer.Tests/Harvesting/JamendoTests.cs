using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Lacquer.Cli;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Rights;
using Lacquer.Stages.Sources;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Harvesting;

/// <summary>Jamendo's tracks become an accession and a catalogue, and the client id stays where it belongs.</summary>
public sealed class JamendoTests
{
    private const string Tracks = "/v3.0/tracks/";
    private const string ClientId = "b67c0ffe";

    private const string Track = """
        {"id":"168","name":"J'm'e FPM","duration":183,"artist_id":"7","artist_name":"TriFace","artist_idstr":"triface","album_name":"Premiers Jets","album_id":"24","license_ccurl":"http:\/\/creativecommons.org\/licenses\/by-nc-sa\/3.0\/","position":2,"releasedate":"2004-12-17","album_image":"https:\/\/usercontent.example.org?type=album&id=24&width=300","audio":"https:\/\/prod-1.example.org\/?trackid=168&format=mp31&from=0eA%3D%3D%7Cx","audiodownload":"https:\/\/prod-1.example.org\/download\/track\/168\/flac\/","audiodownload_allowed":true,"musicinfo":{"tags":{"genres":["pop","rock"]}},"stats":{"rate_listened_total":1234,"rate_downloads_total":56}}
        """;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Tracks_become_a_catalogue_and_files_with_evidence()
    {
        await using var studio = await StartAsync();
        Answer(studio, Page(3, Track, Other(169, "Single", "\"album_id\":\"\",\"album_name\":\"\"")), Page(3, Other(170, "No Download", "\"audiodownload\":\"\",\"audiodownload_allowed\":false")), Page(3));
        var report = await studio.HarvestAsync("jamendo", "tag:chill out", Stop);
        Assert.Equal((3L, 0L), (report.Records, report.SetAside));
        Assert.Equal(["0", "2", "3"], studio.Source.Requests.Select(r => r.Path.Split("offset=")[1].Split('&')[0]));
        Assert.All(studio.Source.Requests, r => Assert.Contains($"&tags=chill%20out&client_id={ClientId}", r.Path, StringComparison.Ordinal));

        studio.Archive.Build();
        Assert.Equal([["J'm'e FPM", "TriFace", 183000L, 1234L, "Premiers Jets", 20041217L, 2L]],
            studio.Archive.Ask("SELECT r.title, c.name, r.duration_ms, r.listens, a.title, a.date, t.position FROM recording r JOIN artist_credit c ON c.id = r.artist_credit JOIN track t ON t.recording = r.id JOIN release a ON a.id = t.release"));
        Assert.Equal(3L, studio.Archive.Number("SELECT count(*) FROM recording"));

        var files = studio.Lines("jamendo", 1).SelectMany(Files).ToList();
        Assert.Equal(["168"], files.Select(f => f.RecordingId));
        Assert.Equal(("https://prod-1.example.org/download/track/168/flac/", "168.flac", 183000), (files[0].Location, files[0].FileName, files[0].DurationMs));
        Assert.Equal((EvidenceKind.Record, "license_ccurl", "http://creativecommons.org/licenses/by-nc-sa/3.0/"), (files[0].Evidence[0].Kind, files[0].Evidence[0].Place, files[0].Evidence[0].Text));
    }

    [Fact]
    public async Task The_client_id_stands_in_nothing_that_is_kept()
    {
        await using var studio = await StartAsync();
        var echoing = Track.Replace("&from=0eA%3D%3D%7Cx", $"&client_id={ClientId}&from=x", StringComparison.Ordinal).Replace("TriFace", ClientId.Replace("b", "\\u0062", StringComparison.Ordinal), StringComparison.Ordinal);
        Answer(studio, Page(1, echoing), Page(1));
        await studio.HarvestAsync("jamendo", "all", Stop);
        var expected = Track.Replace("&from=0eA%3D%3D%7Cx", "", StringComparison.Ordinal).Replace("https:\\/\\/prod-1.example.org\\/?", "https://prod-1.example.org/?", StringComparison.Ordinal).Replace("TriFace", "***", StringComparison.Ordinal);
        Assert.Equal([$"{{\"key\":\"168\",\"record\":{expected}}}"], studio.Lines("jamendo", 1));
        Assert.All(Directory.EnumerateFiles(studio.Archive.Folder, "*", SearchOption.AllDirectories), file => Assert.DoesNotContain(ClientId, Encoding.Latin1.GetString(File.ReadAllBytes(file)), StringComparison.Ordinal));
        Assert.Contains(Tracks, File.ReadAllText(studio.Archive.Layout.FetchLog("jamendo")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_client_id_is_not_printed()
    {
        await using var studio = await StartAsync();
        Answer(studio, Page(1, Track), Page(1), Replies.Redirect($"https://127.0.0.1:1/?client_id={ClientId}"), Replies.Status(401));
        var said = new StringWriter();
        var terminal = new Terminal(said, said) { Variable = name => studio.Variables.GetValueOrDefault(name) };
        string[] line = ["harvest", "jamendo", "all", "--archive", studio.Archive.Folder, "--server", studio.Source.Address.AbsoluteUri];
        Assert.Equal(0, await App.RunAsync([.. line, "--json"], terminal, Stop));
        Assert.Equal(15, await App.RunAsync(line, terminal, Stop));
        Assert.Equal(15, await App.RunAsync(line, terminal, Stop));
        Assert.DoesNotContain(ClientId, said.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(ClientId, File.ReadAllText(studio.Archive.Layout.FetchLog("jamendo")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_session_of_the_same_track_is_no_change()
    {
        await using var studio = await StartAsync();
        Answer(studio, Page(1, Track), Page(1), Page(1, Track.Replace("from=0eA", "from=7Yb", StringComparison.Ordinal)), Page(1));
        await studio.HarvestAsync("jamendo", "all", Stop);
        var second = await studio.HarvestAsync("jamendo", "all", Stop);
        Assert.Equal((false, 1L), (second.IsNew, second.Unchanged));
    }

    [Theory]
    [InlineData(5, Failure.Refused, "Jamendo does not take the client id: Your credential *** is not authorised (code 5)")]
    [InlineData(6, Failure.Missing, "Jamendo has been asked too often with this client id: Your credential *** is not authorised (code 6)")]
    [InlineData(1, Failure.Missing, "Jamendo answers with an error: Your credential *** is not authorised (code 1)")]
    public async Task Errors_are_said_in_a_line(int code, Failure failure, string message)
    {
        await using var studio = await StartAsync();
        Answer(studio, Replies.Json($$"""{"headers":{"status":"failed","code":{{code}},"error_message":"Your credential {{ClientId}} is not authorised","warnings":"","results_count":0},"results":[]}"""));
        var e = await Assert.ThrowsAsync<LacquerException>(() => studio.HarvestAsync("jamendo", "all", Stop));
        Assert.Equal((failure, message), (e.Failure, e.Message));
    }

    [Fact]
    public async Task Faults_that_pass_cost_time_alone()
    {
        await using var studio = await StartAsync();
        var page = Encoding.UTF8.GetBytes($$"""{"headers":{"code":0,"results_fullcount":1},"results":[{{Track}}]}""");
        Answer(studio, Replies.Status(429, "90"), Replies.Status(500), Replies.Reset(page, 100), Replies.Encoded("gzip", page, cutAt: 50), Page(1, Track), Page(1));
        Assert.Equal(1L, (await studio.HarvestAsync("jamendo", "all", Stop)).Records);
    }

    [Fact]
    public async Task A_broken_run_goes_on_at_its_page_and_an_error_has_no_client_id()
    {
        await using var studio = await StartAsync();
        var tracks = Enumerable.Range(1, 401).Select(i => Other(i, "T", $"\"waveform\":\"{Convert.ToHexString(RandomNumberGenerator.GetBytes(2000))}\"")).ToArray();
        var (first, second) = (Page(401, tracks[..200]), Page(401, tracks[200..400]));
        Answer(studio, Replies.By("offset", ("0", first), ("200", second), ("400", Replies.Status(500))));
        var e = await Assert.ThrowsAsync<LacquerException>(() => studio.HarvestAsync("jamendo", "all", Stop));
        Assert.DoesNotContain(ClientId, e.ToString(), StringComparison.Ordinal);
        Answer(studio, Replies.By("offset", ("200", second), ("400", Page(401, tracks[400..])), ("401", Page(401))));
        Assert.Equal(401L, (await studio.HarvestAsync("jamendo", "all", Stop)).Records);
        Assert.Equal(tracks.Length, studio.Lines("jamendo", 1).Select(l => l.Split('"')[3]).Distinct().Count());
    }

    [Fact]
    public async Task Pages_that_repeat_and_tracks_that_lack_are_said()
    {
        await using var studio = await StartAsync();
        Answer(studio, Page(900, Track));
        Assert.Equal(("cursor", "the API gave the same tracks again after 1 of 900: the rest was not found"), (await studio.HarvestAsync("jamendo", "all", Stop)).Findings.Select(f => (f.Kind, f.Message)).Single());
        Answer(studio, Page(900, Track), Page(900));
        Assert.Equal(("missing", "the API ended after 1 of 900 tracks"), (await studio.HarvestAsync("jamendo", "all", Stop)).Findings.Select(f => (f.Kind, f.Message)).Single());
    }

    [Theory]
    [InlineData("everything")]
    [InlineData("tag:")]
    [InlineData("artist:7&x=1")]
    public async Task What_names_no_tracks_is_refused(string location)
    {
        await using var studio = await StartAsync();
        Assert.Equal(Failure.Usage, (await Assert.ThrowsAsync<LacquerException>(() => studio.HarvestAsync("jamendo", location, Stop))).Failure);
    }

    [Fact]
    public async Task The_client_id_may_stand_in_a_file_that_others_cannot_read()
    {
        await using var studio = await HarvestStudio.StartAsync();
        Answer(studio, Page(0));
        Assert.Contains("LACQUER_JAMENDO_CLIENT_ID", (await Assert.ThrowsAsync<LacquerException>(() => studio.HarvestAsync("jamendo", "all", Stop))).Hint, StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(studio.Archive.Folder, Secrets.FileName), $"[jamendo]\nclient_id = \"{ClientId}\"\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(Path.Combine(studio.Archive.Folder, Secrets.FileName), UnixFileMode.UserRead | UnixFileMode.OtherRead);
            Assert.Equal(Failure.Refused, (await Assert.ThrowsAsync<LacquerException>(() => studio.HarvestAsync("jamendo", "all", Stop))).Failure);
            File.SetUnixFileMode(Path.Combine(studio.Archive.Folder, Secrets.FileName), UnixFileMode.UserRead);
        }

        await studio.HarvestAsync("jamendo", "all", Stop);
        Assert.Contains($"client_id={ClientId}", Assert.Single(studio.Source.Requests).Path, StringComparison.Ordinal);
    }

    private static async Task<HarvestStudio> StartAsync()
    {
        var studio = await HarvestStudio.StartAsync();
        studio.Variables["LACQUER_JAMENDO_CLIENT_ID"] = ClientId;
        return studio;
    }

    private static void Answer(HarvestStudio studio, params ReadOnlySpan<StandIn.Reply> replies) => studio.Source.Answers(Tracks, replies);

    private static StandIn.Reply Page(int total, params string[] tracks) =>
        Replies.Json($$"""{"headers":{"status":"success","code":0,"error_message":"","warnings":"","results_count":{{tracks.Length}},"results_fullcount":{{total}},"next":"https:\/\/api.example.org\/v3.0\/tracks\/?client_id={{ClientId}}&offset=2"},"results":[{{string.Join(',', tracks)}}]}""");

    private static string Other(int id, string name, string more) => $$"""{"id":"{{id}}","name":"{{name}}","artist_id":"8","artist_name":"Ann",{{more}}}""";

    private static List<SourceFile> Files(string line)
    {
        using var json = JsonDocument.Parse(line);
        return AdapterList.Of("jamendo/1")!.Files(json.RootElement.GetProperty("key").GetString()!, json.RootElement.GetProperty("record")).ToList();
    }
}
