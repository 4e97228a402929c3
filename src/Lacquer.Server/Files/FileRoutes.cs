using System.Globalization;
using System.Text;
using Lacquer.Formats.Archives;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Ledgers;
using Lacquer.Formats.Objects;
using Lacquer.Formats.Torrents;
using Lacquer.Server.Rest;
using Lacquer.Server.State;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Net.Http.Headers;

namespace Lacquer.Server.Files;

/// <summary>
/// The archive's published bytes: <c>/audio/ID</c>, <c>/volumes/NAME/FILE</c> (what BEP 19 web seeds are asked for) and <c>/editions/…</c>. Audio goes out only where the gate lets
/// it be published, by whatever address it is asked for.
/// </summary>
internal sealed class FileRoutes(ArchiveState state, IObjectStore objects)
{
    private const string Immutable = "public, max-age=31536000, immutable";

    private ArchiveLayout Layout => state.Layout;

    public void Map(IEndpointRouteBuilder routes)
    {
        Route(routes, "/audio/{id}", context =>
        {
            // A player that is paused reads nothing for minutes; Kestrel would take it for dead and cut it off.
            context.Features.Get<IHttpMinResponseDataRateFeature>()?.MinDataRate = null;
            return AudioAsync((string)context.Request.RouteValues["id"]!, context.RequestAborted);
        });
        Route(routes, "/volumes/{volume}/.pad/{name}", context => Task.FromResult(Pad((string)context.Request.RouteValues["volume"]!, (string)context.Request.RouteValues["name"]!)));
        Route(routes, "/volumes/{volume}/{file}", context => VolumeFileAsync((string)context.Request.RouteValues["volume"]!, (string)context.Request.RouteValues["file"]!, context.RequestAborted));
        Route(routes, "/editions/{**path}", context => Task.FromResult(Edition(context.Request, (string?)context.Request.RouteValues["path"] ?? "")));
    }

    private async Task<Answer> AudioAsync(string text, CancellationToken stop)
    {
        if (!EntityId.TryParse(text, out var id) || id.Kind != EntityKind.Recording)
            throw Refusal.NotFound("that is not the id of a recording", $"ids look like {EntityId.From(EntityKind.Recording, "example", "1")}");
        using var view = state.Look();
        if (view.Ledger.Holding(id) is not { } holding)
            throw Refusal.NotFound($"{id}: {Items.Why(view.Ledger.Standings([id]).GetValueOrDefault(id))}");
        if (!holding.Rights.Publish)
            throw NotPublished($"{id} is kept dark: {holding.Rights.Reason}");
        return await ObjectAsync(holding.Object, view.Configuration.PieceLengthBytes, stop).ConfigureAwait(false)
            ?? throw new Refusal(StatusCodes.Status503ServiceUnavailable, $"the object of {id} is missing from the store", "lacquer verify finds what is missing");
    }

    private async Task<Answer> VolumeFileAsync(string volumeName, string name, CancellationToken stop)
    {
        using var view = state.Look();
        var volume = Volume(view, volumeName);
        if (!ServedNames.IsServed(name) || view.Ledger.VolumeFile(volume.Number, name) is not var (root, publish))
            throw Refusal.NotFound("this volume has no such file");
        // A volume is retired when something in it is withdrawn; between the one and the other, the gate's word counts.
        if (!publish)
            throw NotPublished("this file is no longer published");
        return view.Ledger.Object(root) is { } obj && await ObjectAsync(obj, view.Configuration.PieceLengthBytes, stop).ConfigureAwait(false) is { } answer ? answer
            : throw Refusal.NotFound("the file is missing from the store", "lacquer verify finds what is missing");
    }

    private Answer Pad(string volumeName, string name)
    {
        using var view = state.Look();
        Volume(view, volumeName);
        // A pad fills a piece up (BEP 47), so it is shorter than one.
        if (!PadFile.TryParse(name, view.Configuration.PieceLengthBytes, out var bytes))
            throw Refusal.NotFound($"a pad file is named by its length, from 1 to {view.Configuration.PieceLengthBytes - 1}, and a second one of that length N is N-2");
        return new Answer(Results.Stream(new ZeroStream(bytes), "application/octet-stream", entityTag: new EntityTagHeaderValue($"\"pad-{bytes}\""), enableRangeProcessing: true), Immutable);
    }

    private Answer Edition(HttpRequest request, string path)
    {
        if (path.Length == 0)
            return request.Path.Value!.EndsWith('/') ? EditionList(request) : Redirect("/editions/", lasting: true);
        var slash = path.IndexOf('/', StringComparison.Ordinal);
        var name = slash < 0 ? path : path[..slash];
        var rest = slash < 0 ? null : path[(slash + 1)..];
        if (name == "latest")
        {
            var newest = Path.GetFileName(Layout.NewestEdition()) ?? throw Refusal.NotFound("this archive has published no edition yet", "lacquer publish makes one");
            // The rest is escaped as it came, so that no name in it can be taken for another place.
            return Redirect($"/editions/{newest}/{string.Join('/', (rest ?? "").Split('/').Select(Uri.EscapeDataString))}", lasting: false);
        }

        if (name.Length != 6 || !name.All(char.IsAsciiDigit))
            throw Refusal.NotFound("there is no such edition", "/editions/ lists them");
        if (rest is null)
            return Redirect($"/editions/{name}/", lasting: true);
        var found = ServedNames.Find(Layout.Editions, rest.Length == 0 ? $"{name}/index.html" : $"{name}/{rest}");
        return found is FileInfo file ? Content(file) : throw Refusal.NotFound("this edition has no such file", "manifest.json lists what it has");
    }

    private Answer EditionList(HttpRequest request)
    {
        var names = !Directory.Exists(Layout.Editions) ? [] : new DirectoryInfo(Layout.Editions).EnumerateDirectories()
            .Where(d => d.Name.Length == 6 && d.Name.All(char.IsAsciiDigit) && d.LinkTarget is null).Select(d => d.Name).OrderDescending(StringComparer.Ordinal).ToList();
        if (!request.Headers.Accept.ToString().Contains("text/html", StringComparison.Ordinal))
            return new Answer(Results.Json(new EditionsAnswer(names.ConvertAll(n => new EditionItem(n, $"/editions/{n}/"))), AnswersJson.Readable), "no-cache");

        // A name is six digits: nothing to escape.
        var html = new StringBuilder("""
            <!doctype html>
            <html lang="en">
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>Editions · Lacquer</title>
            <link rel="stylesheet" href="/lacquer.css">
            <link rel="icon" href="/lacquer.svg" type="image/svg+xml">
            <main class="plain"><h1>Editions</h1>

            """);
        html.Append(names.Count == 0 ? "<p>None is published yet.</p>\n" : "<ul>\n");
        foreach (var name in names)
            html.Append(CultureInfo.InvariantCulture, $"<li><a href=\"/editions/{name}/\">{name}</a></li>\n");
        html.Append(names.Count == 0 ? "" : "</ul>\n").Append("<p><a href=\"/\">The archive</a></p></main>\n</html>\n");
        return new Answer(Results.Content(html.ToString(), "text/html", Encoding.UTF8), "no-cache");
    }

    private static VolumeRow Volume(View view, string name) => view.Ledger.Volume(name) is { Retired: false } volume ? volume : throw Refusal.NotFound("there is no such volume");

    // 403 and not 451: RFC 7725 keeps 451 for a legal demand, and what speaks here is the archive's own policy.
    private static Refusal NotPublished(string why) => new(StatusCodes.Status403Forbidden, why, "the archive's policy is in its lacquer.toml");

    // Of an object that is a file of this machine the bytes go out as they are; of one that comes from elsewhere, each piece is checked first.
    private async Task<Answer?> ObjectAsync(ObjectRow obj, int pieceLengthBytes, CancellationToken stop)
    {
        var name = ObjectName.Of(obj);
        if (await objects.OpenAsync(name, stop).ConfigureAwait(false) is not { } stream)
            return null;
        return new Answer(Results.Stream(objects.FileOf(name) is null ? new VerifiedStream(stream, obj, pieceLengthBytes) : stream, ContentTypes.Of(name.FileName),
            entityTag: new EntityTagHeaderValue($"\"{obj.Root}\""), enableRangeProcessing: true), Immutable);
    }

    private static Answer Content(FileInfo file)
    {
        var tag = string.Create(CultureInfo.InvariantCulture, $"{file.Length:x}-{file.LastWriteTimeUtc.Ticks:x}");
        return new Answer(Results.File(file.FullName, ContentTypes.Of(file.Name), lastModified: file.LastWriteTimeUtc, entityTag: new EntityTagHeaderValue($"\"{tag}\""), enableRangeProcessing: true), Immutable);
    }

    private static Answer Redirect(string to, bool lasting) => new(Results.Redirect(to, permanent: lasting), lasting ? "public, max-age=3600" : "no-cache");

    private static void Route(IEndpointRouteBuilder routes, string pattern, Func<HttpContext, Task<Answer>> find) => routes.MapMethods(pattern, Methods.Reading, async context =>
    {
        var answer = await find(context).ConfigureAwait(false);
        context.Response.Headers.CacheControl = answer.CacheControl;
        await answer.Result.ExecuteAsync(context).ConfigureAwait(false);
    });

    private readonly record struct Answer(IResult Result, string CacheControl);
}
