using System.Globalization;
using System.Text.Json;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Rights;
using Lacquer.Stages.Sources.Fetching;
using Lacquer.Stages.Workbench;

namespace Lacquer.Stages.Sources;

/// <summary>
/// Tracks of Jamendo by its API, version 3.0, with the operator's own client id. A record is a track as the API gives it, but for what tells who asked: see <see cref="JamendoRecord"/>.
/// </summary>
internal sealed class JamendoAdapter : Adapter
{
    private const string SearchKey = "(tracks)";
    private const int PageTracks = 200;
    private static readonly Uri Site = new("https://api.jamendo.com/");

    public override string Name => "jamendo";

    public override string Summary => "Takes tracks from Jamendo's API: titles, artists, albums, licences, listens, and where the audio is. The files themselves are not downloaded. Needs a client id of your own, in LACQUER_JAMENDO_CLIENT_ID or in secrets.toml.";

    public override string LocationHelp => "all, tag:NAME, artist:ID or album:ID.";

    public override IReadOnlyList<string> Examples => ["lacquer harvest jamendo tag:ambient --archive /srv/music", "lacquer harvest jamendo all"];

    public override IReadOnlyList<AdapterOption> Options { get; } = [SourceServer.Option];

    public override Task<HarvestSubject> PrepareAsync(AdapterRequest request, IProgress<StageProgress> progress, CancellationToken cancel)
    {
        var server = SourceServer.Of(request, Site);
        _ = Filter(request.Location);
        _ = ClientId(request, request.Source ?? Name);
        return Task.FromResult(new HarvestSubject(Name) { Note = $"would ask {server.Authority} for {(request.Location == "all" ? "all tracks" : $"the tracks of {request.Location}")}" });
    }

    public override async Task TakeAsync(HarvestRun run, CancellationToken cancel)
    {
        var (server, filter, secret) = (SourceServer.Of(run.Request, Site), Filter(run.Request.Location), Secret.Parameter("client_id", ClientId(run.Request, run.Source)));
        using var fetcher = run.Request.Option(SourceServer.Option.Name) is null ? run.OpenFetcher() : run.OpenFetcher(server);
        // A killed run may have been of other tracks.
        var (offset, last, total) = run.Cursor?.Split('\n') is [var cursorOffset, var cursorLast, var cursorTotal, var cursorFilter] && cursorFilter == filter
            ? (Parsed(cursorOffset), Parsed(cursorLast), Parsed(cursorTotal)) : (0L, 0L, 0L);
        while (true)
        {
            // In the order of ids, so that new tracks come behind those that were had. The count of all costs the server much: it is asked for once.
            var query = string.Create(CultureInfo.InvariantCulture, $"v3.0/tracks/?format=json&limit={PageTracks}&offset={offset}&order=id&type=single+albumtrack&include=licenses+musicinfo+stats&audiodlformat=flac{(total == 0 ? "&fullcount=true" : "")}{filter}");
            var request = new FetchRequest(new Uri(server, query), AddressKind.Api) { Secrets = [secret], Accept = "application/json" };
            var answer = await fetcher.GetJsonAsync(request, cancel).ConfigureAwait(false);
            if (answer.Outcome != FetchOutcome.Fetched)
                throw new LacquerException(Failure.Missing, $"{server.Authority} has no v3.0/tracks", "look whether --server names a server with Jamendo's API");
            using var json = JsonDocument.Parse(answer.Body.Span.StartsWith("\uFEFF"u8) ? answer.Body[3..] : answer.Body);
            MustBeSuccess(json.RootElement, secret);
            total = Math.Max(total, json.RootElement.TryGetProperty("headers", out var headers) ? headers.Whole("results_fullcount") ?? 0 : 0);
            var found = json.RootElement.List("results").ToList();
            if (found.Count == 0)
                break;
            var before = last;
            foreach (var track in found)
            {
                last = Math.Max(last, track.Whole("id") ?? 0);
                Take(run, track, secret);
            }

            offset += found.Count;
            run.Report("harvest tracks", offset, total);
            if (last <= before)
            {
                run.SetAside(SearchKey, "cursor", string.Create(CultureInfo.InvariantCulture, $"the API gave the same tracks again after {offset - found.Count} of {total}: the rest was not found"));
                return;
            }

            run.SaveCursor(string.Create(CultureInfo.InvariantCulture, $"{offset}\n{last}\n{total}\n{filter}"));
        }

        if (offset < total)
            run.SetAside(SearchKey, "missing", string.Create(CultureInfo.InvariantCulture, $"the API ended after {offset} of {total} tracks"));
    }

    public override SourceDocument? Describe(string key, JsonElement record)
    {
        var artists = record.Text("artist_name") is { Length: > 0 } artist ? new[] { new SourceName(artist) { Id = record.Text("artist_id") } } : [];
        var licence = Licence.Recognise(record.Text("license_ccurl"))?.Code ?? "";
        var (album, image) = (record.Text("album_id"), record.Text("album_image"));
        return new SourceRecording(key, record.Text("name"))
        {
            Artists = artists,
            DurationMs = SourceText.DurationMs(record.Text("duration")),
            Isrcs = record.Texts("isrc"),
            Listens = record.TryGetProperty("stats", out var stats) ? stats.Whole("rate_listened_total") ?? 0 : 0,
            Licence = licence,
            Genres = record.TryGetProperty("musicinfo", out var music) && music.ValueKind == JsonValueKind.Object && music.TryGetProperty("tags", out var tags) ? tags.Texts("genres") : [],
            // A single has no album.
            Release = album.Length > 0 && record.Text("album_name") is { Length: > 0 } title
                ? new SourceRelease(album, title) { Artists = artists, Date = SourceText.Date(record.Text("releasedate")), Images = image.Length > 0 ? [new SourceImage("front", image, [])] : [] } : null,
            Position = SourceText.Number(record.Text("position")) ?? 0,
        };
    }

    public override IEnumerable<SourceFile> Files(string key, JsonElement record)
    {
        // The artist decides whether a track may be downloaded, whatever its licence.
        if (!record.TryGetProperty("audiodownload_allowed", out var allowed) || allowed.ValueKind != JsonValueKind.True || record.Text("audiodownload") is not { Length: > 0 } address)
            return [];
        return
        [
            new SourceFile(key, address, SourceFile.EvidenceOf(key, record, ("license_ccurl", record.Text("license_ccurl"))))
            {
                FileName = $"{key}.flac",
                Page = record.Text("shareurl"),
                Codec = "flac",
                DurationMs = SourceText.DurationMs(record.Text("duration")),
            },
        ];
    }

    private static void Take(HarvestRun run, JsonElement track, Secret secret)
    {
        if (track.Whole("id") is not { } id)
            run.SetAside(SearchKey, "unreadable", "a track has no id");
        else if (JamendoRecord.Of(track, secret) is { } record)
            run.Add(id.ToString(CultureInfo.InvariantCulture), record);
        else
            run.SetAside(id.ToString(CultureInfo.InvariantCulture), "secret", "the client id stands in it where it cannot be taken out");
    }

    // https://developer.jamendo.com/v3.0/response-codes
    private static void MustBeSuccess(JsonElement answer, Secret secret)
    {
        if (!answer.TryGetProperty("headers", out var headers))
            throw new LacquerException(Failure.Untrusted, "Jamendo's answer has no headers", "the API has changed, or --server names a server without it");
        if (headers.Whole("code") is not { } code)
            throw new LacquerException(Failure.Untrusted, "Jamendo's answer has no code", "the API has changed, or --server names a server without it");
        var said = Secret.Scrub(headers.Text("error_message"), [secret]).ReplaceLineEndings(" ");
        said = said.Length > 200 ? said[..200] + "…" : said;
        switch (code)
        {
            case 0:
                return;
            case 5 or 11:
                throw new LacquerException(Failure.Refused, $"Jamendo does not take the client id: {said} (code {code})", "look at it in your account at https://devportal.jamendo.com");
            case 6:
                throw new LacquerException(Failure.Missing, $"Jamendo has been asked too often with this client id: {said} (code 6)", "run the command again later, perhaps next month: it carries on");
            default:
                throw new LacquerException(Failure.Missing, string.Create(CultureInfo.InvariantCulture, $"Jamendo answers with an error: {said} (code {code})"), "run the command again later: it carries on; https://developer.jamendo.com/v3.0/response-codes has the codes");
        }
    }

    private string ClientId(AdapterRequest request, string source) => Secrets.Of(Name, source, request.Archive, request.Variable).Require("client_id");

    private static string Filter(string location) => location.Split(':', 2) switch
    {
        ["all"] => "",
        ["tag", { Length: > 0 and <= 200 } tag] => $"&tags={Uri.EscapeDataString(tag)}",
        [("artist" or "album") and var kind, { Length: > 0 and <= 18 } id] when id.All(char.IsAsciiDigit) => $"&{kind}_id={id}",
        _ => throw new LacquerException(Failure.Usage, "that names no tracks of Jamendo", "write all, tag:NAME, artist:ID or album:ID"),
    };

    private static long Parsed(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
}
