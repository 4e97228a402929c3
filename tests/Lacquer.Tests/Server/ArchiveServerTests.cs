using System.Text.Json.Nodes;
using Lacquer.Formats.Findings;
using Lacquer.Server;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Server;

public sealed class ArchiveServerTests
{
    private static readonly SmallRecording One = new("One", "Somebody", 10, "First");
    private static readonly SmallRecording Two = new("Two", "Somebody", 20, "First", 2);

    [Fact]
    public async Task A_folder_that_is_no_archive_is_refused()
    {
        var trouble = await Assert.ThrowsAsync<LacquerException>(() => ArchiveServer.StartAsync(new ServeRequest(Path.GetTempPath(), Stores.Of(Path.GetTempPath()), Port: 0), TimeProvider.System, CancellationToken.None));
        Assert.Equal(Failure.Missing, trouble.Failure);
    }

    [Fact]
    public async Task A_port_in_use_is_told_in_one_line()
    {
        using var archive = new SmallArchive();
        await using var first = await Start(archive);
        var trouble = await Assert.ThrowsAsync<LacquerException>(() => ArchiveServer.StartAsync(new ServeRequest(archive.Folder, Stores.Of(archive.Folder), Port: first.Address.Port), TimeProvider.System, CancellationToken.None));
        Assert.Equal(Failure.Usage, trouble.Failure);
        Assert.Equal($"port {first.Address.Port} of 127.0.0.1 is in use", trouble.Message);
        Assert.NotNull(trouble.Hint);
    }

    [Theory]
    [InlineData("example.org")]
    [InlineData("")]
    [InlineData("198.51.100.7")]
    public async Task An_address_that_is_not_this_machines_is_refused(string host)
    {
        using var archive = new SmallArchive();
        var trouble = await Assert.ThrowsAsync<LacquerException>(() => ArchiveServer.StartAsync(new ServeRequest(archive.Folder, Stores.Of(archive.Folder), host, 0), TimeProvider.System, CancellationToken.None));
        Assert.Equal(Failure.Usage, trouble.Failure);
    }

    [Fact]
    public async Task It_stops_when_told_to()
    {
        using var archive = new SmallArchive();
        await using var server = await Start(archive);
        using var stop = new CancellationTokenSource();
        var ended = server.WaitForShutdownAsync(stop.Token);
        await stop.CancelAsync();
        await ended.WaitAsync(TimeSpan.FromSeconds(10));
        using var client = new HttpClient();
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => client.GetAsync(server.Address));
    }

    [Fact]
    public async Task An_archive_without_a_catalogue_says_so_and_serves_the_rest()
    {
        using var archive = new SmallArchive();
        archive.Publish("000001", ("manifest.json", "{}"));
        await using var server = await Start(archive);
        using var client = new HttpClient { BaseAddress = server.Address };
        Assert.Contains("no catalogue yet", (string?)(await Json(client, "/api/overview"))["message"]);
        Assert.Equal("{}", await client.GetStringAsync("/editions/000001/manifest.json"));
        using var search = await client.GetAsync("/api/search?q=a");
        Assert.Equal(System.Net.HttpStatusCode.ServiceUnavailable, search.StatusCode);
    }

    [Fact]
    public async Task The_folder_of_editions_may_lie_on_another_disk()
    {
        using var archive = new SmallArchive();
        archive.Publish("000001", ("manifest.json", "{}"));
        var elsewhere = Directory.CreateTempSubdirectory("lacquer-disk-").FullName;
        Directory.Delete(elsewhere);
        Directory.Move(archive.Layout.Editions, elsewhere);
        Directory.CreateSymbolicLink(archive.Layout.Editions, elsewhere);
        await using var server = await Start(archive);
        using var client = new HttpClient { BaseAddress = server.Address };
        Assert.Equal("{}", await client.GetStringAsync("/editions/000001/manifest.json"));
        Directory.Delete(elsewhere, recursive: true);
    }

    [Fact]
    public async Task New_catalogues_and_what_the_ledger_learns_are_taken_up_while_it_serves()
    {
        using var archive = new SmallArchive();
        var clock = new ManualClock();
        await using var server = await ArchiveServer.StartAsync(new ServeRequest(archive.Folder, Stores.Of(archive.Folder), Port: 0), clock, CancellationToken.None);
        using var client = new HttpClient { BaseAddress = server.Address };
        Assert.Null((await Json(client, "/api/overview"))["catalogue"]);

        archive.Catalogue("000001", One);
        clock.MoveOn(TimeSpan.FromSeconds(3));
        Assert.Equal("000001", (string?)(await Json(client, "/api/overview"))["catalogue"]);

        archive.Catalogue("000002", One, Two);
        clock.MoveOn(TimeSpan.FromSeconds(1));
        Assert.Equal("000001", (string?)(await Json(client, "/api/overview"))["catalogue"]);
        clock.MoveOn(TimeSpan.FromSeconds(3));
        Assert.Equal("000002", (string?)(await Json(client, "/api/overview"))["catalogue"]);

        archive.Keep(Two, [1, 2, 3], "ogg", SmallArchive.Free);
        Assert.True((bool)(await Json(client, $"/api/recordings/{Two.Id}"))["recording"]!["published"]!);
        archive.Press(1, "small-000001", Two);
        Assert.Equal([1, 2, 3], await client.GetByteArrayAsync("/volumes/small-000001/00000.ogg"));
        archive.Ledger.SetRights(Two.Id, SmallArchive.Dark);
        using var withdrawn = await client.GetAsync("/volumes/small-000001/00000.ogg");
        Assert.Equal(System.Net.HttpStatusCode.Forbidden, withdrawn.StatusCode);
        using var refused = await client.GetAsync($"/audio/{Two.Id}");
        Assert.Equal(System.Net.HttpStatusCode.Forbidden, refused.StatusCode);
    }

    [Fact]
    public async Task A_damaged_new_catalogue_leaves_the_last_good_one_served()
    {
        using var archive = new SmallArchive();
        archive.Catalogue("000001", One);
        var clock = new ManualClock();
        await using var server = await ArchiveServer.StartAsync(new ServeRequest(archive.Folder, Stores.Of(archive.Folder), Port: 0), clock, CancellationToken.None);
        using var client = new HttpClient { BaseAddress = server.Address };
        Directory.CreateDirectory(archive.Layout.Catalogue("000002"));
        File.WriteAllText(Path.Combine(archive.Layout.Catalogue("000002"), "catalogue.sqlite"), "not a database, though long enough to be looked at as one".PadRight(8192));
        clock.MoveOn(TimeSpan.FromSeconds(3));
        Assert.Equal("000001", (string?)(await Json(client, "/api/overview"))["catalogue"]);
    }

    [Fact]
    public async Task Many_ask_at_once_while_the_catalogue_changes()
    {
        using var archive = new SmallArchive();
        archive.Catalogue("000001", One, Two);
        var clock = new ManualClock();
        await using var server = await ArchiveServer.StartAsync(new ServeRequest(archive.Folder, Stores.Of(archive.Folder), Port: 0), clock, CancellationToken.None);
        using var client = new HttpClient { BaseAddress = server.Address };
        var asking = Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            for (var i = 0; i < 40; i++)
                Assert.Equal(2, (await Json(client, "/api/search?q=somebody"))["recordings"]!["items"]!.AsArray().Count);
        })).ToList();
        for (var name = 2; name < 6; name++)
        {
            archive.Catalogue($"{name:D6}", One, Two);
            clock.MoveOn(TimeSpan.FromSeconds(3));
            await Task.Delay(30);
        }

        await Task.WhenAll(asking);
    }

    private static Task<ArchiveServer> Start(SmallArchive archive) => ArchiveServer.StartAsync(new ServeRequest(archive.Folder, Stores.Of(archive.Folder), Port: 0), TimeProvider.System, CancellationToken.None);

    private static async Task<JsonNode> Json(HttpClient client, string path) => JsonNode.Parse(await client.GetStringAsync(path))!;
}
