using System.Text.Json.Nodes;
using Lacquer.Formats.Identity;
using Lacquer.Server;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Server;

/// <summary>What is answered of a catalogue that knows everything.</summary>
public sealed class FactsTests : IAsyncLifetime
{
    private readonly SmallArchive _archive = new();
    private readonly HttpClient _client = new();
    private ArchiveServer? _server;

    public async ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(_archive.Layout.Catalogue("000001"));
        SmallCatalogue.Write(_archive.Layout.Catalogue("000001"));
        _server = await ArchiveServer.StartAsync(new ServeRequest(_archive.Folder, Stores.Of(_archive.Folder), Port: 0), TimeProvider.System, CancellationToken.None);
        _client.BaseAddress = _server.Address;
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        if (_server is not null)
            await _server.DisposeAsync();
        _archive.Dispose();
    }

    [Fact]
    public async Task A_release_has_all_its_facts()
    {
        var r = await Json($"/api/releases/{SmallCatalogue.Id(EntityKind.Release, 0x21)}");
        Assert.Equal("Album", (string?)r["release"]!["type"]);
        Assert.Equal("c0000000-0000-4000-8000-000000000001", (string?)r["release"]!["mbid"]);
        Same("""[{"name":"Small Records","catalogue_number":"SR-1"},{"name":"Else","catalogue_number":null}]""", r["labels"]);
        Same("""["DE","US"]""", r["markets"]);
        Same("""["ambient","jazz"]""", r["genres"]);
        Same("""[{"position":1,"format":"CD","title":null},{"position":2,"format":"12\u0022 Vinyl","title":"Encore"}]""", r["media"]);
        Same("""[{"source":"shop","key":"shop-release-1"}]""", r["keys"]);
        Same("""[{"accession":1,"offset":20},{"accession":2,"offset":5}]""", r["sources"]);
        Assert.Equal("https://example.org/front.jpg", (string?)r["images"]![0]!["url"]);
        Assert.Equal("Noon (album version)", (string?)r["tracks"]![1]!["title"]);
        Assert.Equal(239_000, (int?)r["tracks"]![1]!["duration_ms"]);
        Assert.Equal("Ada Lark feat. B. Finch", (string?)r["tracks"]![2]!["artist_credit"]);
    }

    [Fact]
    public async Task A_recording_and_an_artist_have_all_their_facts()
    {
        var r = await Json($"/api/recordings/{SmallCatalogue.Id(EntityKind.Recording, 0x12)}");
        var (ada, bo) = (SmallCatalogue.Id(EntityKind.Artist, 1), SmallCatalogue.Id(EntityKind.Artist, 2));
        Same($$"""[{"id":"{{ada}}","name":"Ada Lark","join":" feat. ","role":"main"},{"id":"{{bo}}","name":"B. Finch","join":"","role":"featured"}]""", r["artists"]);
        Assert.False((bool?)r["recording"]!["explicit"]);
        Assert.Equal(90, (double?)r["features"]!["tempo"]);
        Assert.Null(r["features"]!["time_signature"]);
        var told = await Json($"/api/recordings/{SmallCatalogue.Id(EntityKind.Recording, 0x11)}");
        Assert.Equal("CC-BY-4.0", (string?)told["recording"]!["licence"]);
        Assert.Equal(3, told["isrcs"]!.AsArray().Count);

        var a = await Json($"/api/artists/{ada}");
        Assert.Equal("Lark, Ada", (string?)a["artist"]!["sort_name"]);
        Same("""["A. Lark","アダ"]""", a["aliases"]);
        var next = await Json($"/api/artists/{ada}/recordings?limit=1&after=1");
        Assert.Equal("Noon", (string?)next["items"]![0]!["title"]);
    }

    private static void Same(string expected, JsonNode? actual) => Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), actual), actual?.ToJsonString());

    private async Task<JsonNode> Json(string path) => JsonNode.Parse(await _client.GetStringAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken))!;
}
