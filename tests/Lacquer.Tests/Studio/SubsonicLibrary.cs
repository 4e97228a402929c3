using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Lacquer.Tests.Studio;

/// <summary>A stand-in for an OpenSubsonic server with one account: it lets in who knows the token or the password, and answers what a test puts on its shelves.</summary>
internal sealed class SubsonicLibrary : IAsyncDisposable
{
    public const string User = "alice";
    public const string Password = "se cret&1";

    private SubsonicLibrary(StandIn server) => Server = server;

    public StandIn Server { get; }

    /// <summary>The albums, with their songs, as <c>getAlbum</c> gives them.</summary>
    public Dictionary<string, JsonObject> Albums { get; } = new(StringComparer.Ordinal);

    /// <summary>What is answered for a song's file.</summary>
    public Dictionary<string, StandIn.Reply> Files { get; } = new(StringComparer.Ordinal);

    /// <summary>Pictures by <c>coverArt</c>.</summary>
    public Dictionary<string, byte[]> Covers { get; } = new(StringComparer.Ordinal);

    /// <summary>Whether it has the extension <c>formPost</c>.</summary>
    public bool TakesForms { get; set; }

    /// <summary>Whether it knows tokens.</summary>
    public bool TakesTokens { get; set; } = true;

    /// <summary>An error that is answered instead, by method.</summary>
    public Dictionary<string, (int Code, string Message)> Errors { get; } = new(StringComparer.Ordinal);

    /// <summary>Whether it never comes to the end of its list.</summary>
    public bool RepeatsItsList { get; set; }

    public IEnumerable<string> Asked => Server.Requests.Select(r => r.Path.Split('?')[0]["/rest/".Length..].Replace(".view", "", StringComparison.Ordinal));

    public static async Task<SubsonicLibrary> StartAsync()
    {
        var library = new SubsonicLibrary(await StandIn.StartAsync());
        library.Open("getOpenSubsonicExtensions", (_, _) => library.TakesForms ? """{"openSubsonicExtensions":[{"name":"formPost","versions":[1]}]}""" : null, needsAccount: false);
        library.Open("getLicense", (_, _) => """{"license":{"valid":true}}""");
        library.Open("getUser", (_, _) => """{"user":{"username":"alice","downloadRole":true}}""");
        library.Open("getMusicFolders", (_, _) => """{"musicFolders":{"musicFolder":[{"id":1,"name":"music"}]}}""");
        library.Open("getArtists", (_, _) => """{"artists":{"index":[{"name":"Á","artist":[{"id":"ar-1","name":"Ánna","albumCount":2,"musicBrainzId":"f27ec8db-af05-4f36-916e-3d57f91ecf5e","sortName":"Anna"}]}]}}""");
        library.Open("getAlbumList2", (context, of) => JsonSerializer.Serialize(new { albumList2 = new { album = library.Albums.Keys.Order(StringComparer.Ordinal).Skip(library.RepeatsItsList ? 0 : int.Parse(of(context, "offset"), System.Globalization.CultureInfo.InvariantCulture)).Select(id => new { id }) } }));
        library.Open("getAlbum", (context, of) => library.Albums.TryGetValue(of(context, "id"), out var album) ? new JsonObject { ["album"] = album.DeepClone() }.ToJsonString() : null);
        library.Server.Answers("/rest/getCoverArt.view", context => library.Covers.TryGetValue(Of(context, "id"), out var bytes) ? context.Response.Body.WriteAsync(bytes).AsTask() : Failed(context, 70, "no cover"));
        library.Server.Answers("/rest/download.view", context => library.IsLetIn(context) && library.Files.TryGetValue(Of(context, "id"), out var reply) ? reply(context) : Failed(context, 70, "no file"));
        return library;
    }

    /// <summary>Puts an album on the shelf.</summary>
    public JsonObject Album(string id, string name, params (string Id, byte[] File, string Suffix, int Plays)[] songs)
    {
        foreach (var song in songs)
            Files[song.Id] = Replies.File(song.File, $"\"{song.Id}\"");
        return Albums[id] = new JsonObject
        {
            ["id"] = id,
            ["name"] = name,
            ["artist"] = "Ánna",
            ["artistId"] = "ar-1",
            ["year"] = 2021,
            ["song"] = new JsonArray(songs.Select((s, i) => (JsonNode)new JsonObject
            {
                ["id"] = s.Id,
                ["title"] = $"Song {s.Id}",
                ["artist"] = "Ánna",
                ["artistId"] = "ar-1",
                ["track"] = i + 1,
                ["discNumber"] = 1,
                ["duration"] = 3,
                ["size"] = s.File.Length,
                ["suffix"] = s.Suffix,
                ["bitRate"] = 128,
                ["path"] = $"Ánna/{name}/{s.Id}.{s.Suffix}",
                ["playCount"] = s.Plays,
            }).ToArray()),
        };
    }

    public ValueTask DisposeAsync() => Server.DisposeAsync();

    private static string Of(HttpContext context, string name) =>
        context.Request.Query.TryGetValue(name, out var value) ? value.ToString() : context.Request.HasFormContentType && context.Request.Form.TryGetValue(name, out value) ? value.ToString() : "";

    private static Task Failed(HttpContext context, int code, string message) =>
        context.Response.WriteAsync(JsonSerializer.Serialize(new Dictionary<string, object> { ["subsonic-response"] = new { status = "failed", version = "1.16.1", error = new { code, message } } }));

    private bool IsLetIn(HttpContext context) => Of(context, "u") == User && (Of(context, "p") is { Length: > 0 } sent
        ? sent == "enc:" + Convert.ToHexStringLower(Encoding.UTF8.GetBytes(Password))
        : TakesTokens && Of(context, "s").Length >= 6 && Of(context, "t") == Convert.ToHexStringLower(CryptographicOperations.HashData(HashAlgorithmName.MD5, Encoding.UTF8.GetBytes(Password + Of(context, "s")))));

    private void Open(string method, Func<HttpContext, Func<HttpContext, string, string>, string?> answer, bool needsAccount = true) => Server.Answers($"/rest/{method}.view", context =>
    {
        if (Errors.TryGetValue(method, out var error))
            return Failed(context, error.Code, error.Message);
        if (needsAccount && !IsLetIn(context))
            return Failed(context, TakesTokens || Of(context, "p").Length > 0 ? 40 : 41, "not let in");
        return answer(context, Of) is { } body ? context.Response.WriteAsync($$"""{"subsonic-response":{"status":"ok","version":"1.16.1","openSubsonic":true,{{body[1..]}}}""") : Failed(context, 70, "not here");
    });
}
