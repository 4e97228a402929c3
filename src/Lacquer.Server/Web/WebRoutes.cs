using System.Security.Cryptography;
using Lacquer.Formats.Identity;
using Lacquer.Server.Rest;
using Microsoft.Net.Http.Headers;

namespace Lacquer.Server.Web;

/// <summary>The listener's page: one document for every address a listener can be at, and the style, script and sign it asks for. It asks <c>/api/</c> for the rest.</summary>
internal sealed class WebRoutes
{
    private readonly Asset _page = Asset.Load("lacquer.html", "text/html; charset=utf-8");
    private readonly Asset[] _others =
    [
        Asset.Load("lacquer.css", "text/css; charset=utf-8"), Asset.Load("lacquer.js", "text/javascript; charset=utf-8"), Asset.Load("lacquer.svg", "image/svg+xml"),
    ];

    public void Map(IEndpointRouteBuilder routes)
    {
        foreach (var asset in _others)
            routes.MapMethods("/" + asset.Name, Methods.Reading, asset.SendAsync);
        routes.MapMethods("/", Methods.Reading, _page.SendAsync);
        routes.MapMethods("/search", Methods.Reading, _page.SendAsync);
        foreach (var (kind, folder) in new[] { (EntityKind.Recording, "recordings"), (EntityKind.Release, "releases"), (EntityKind.Artist, "artists") })
            routes.MapMethods($"/{folder}/{{id}}", Methods.Reading, context =>
            {
                // The page itself says that an id is unknown; what cannot be one need not wait for that.
                if (!EntityId.TryParse((string?)context.Request.RouteValues["id"], out var id) || id.Kind != kind)
                    context.Response.StatusCode = StatusCodes.Status404NotFound;
                return _page.SendAsync(context);
            });
        routes.MapFallback("/{**path}", context =>
        {
            if (!context.Request.Path.StartsWithSegments("/api", StringComparison.Ordinal) && context.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.Ordinal))
            {
                context.Response.StatusCode = StatusCodes.Status404NotFound;
                return _page.SendAsync(context);
            }

            throw Refusal.NotFound("there is nothing at this address", "docs/api.md lists what there is");
        });
    }

    private sealed record Asset(string Name, string ContentType, byte[] Bytes, EntityTagHeaderValue Tag)
    {
        public static Asset Load(string name, string contentType)
        {
            using var stream = typeof(Asset).Assembly.GetManifestResourceStream($"Lacquer.Server.Web.{name}")!;
            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            return new Asset(name, contentType, bytes, new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(bytes))[..16]}\""));
        }

        public Task SendAsync(HttpContext context)
        {
            context.Response.Headers.CacheControl = "no-cache";
            // A page that stands in for an error must not turn into "not modified".
            var tag = context.Response.StatusCode == StatusCodes.Status200OK ? Tag : null;
            return Results.Bytes(Bytes, ContentType, entityTag: tag).ExecuteAsync(context);
        }
    }
}
