using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Lacquer.Formats.Archives;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Rights;
using Lacquer.Stages.Sources.Fetching;
using Lacquer.Stages.Workbench;

namespace Lacquer.Stages.Sources;

/// <summary>
/// Items of the Internet Archive: found by its search (the scrape API), each then asked for by the metadata API. A record is that API's answer. What the search says has not changed is not asked for again.
/// </summary>
internal sealed partial class InternetArchiveAdapter : Adapter
{
    // Identifiers have no blanks: this is none.
    private const string SearchKey = "(search)";
    private const string ItemPrefix = "item:";
    private const string Refresh = "--refresh";
    private const int PageItems = 1000;

    // The search is told of a change after the item: what is younger than this by less is no later change.
    private const int IndexLagSeconds = 600;

    // The archive itself is not to be had then, not these items.
    private const int MostFailuresInARow = 10;

    private static readonly Uri Site = new("https://archive.org/");

    private Uri _server = Site;

    public override string Name => "internet-archive";

    public override string Summary => "Searches the Internet Archive for items of music and takes what it says of each, with its files. What has not changed since the last time is not asked for again. The files themselves are not downloaded.";

    public override string LocationHelp => "A query in the archive's own search language, or item:IDENTIFIER.";

    public override IReadOnlyList<string> Examples => ["lacquer harvest internet-archive 'collection:netlabels AND licenseurl:*'", "lacquer harvest internet-archive item:SOME-IDENTIFIER --archive /srv/music"];

    public override IReadOnlyList<AdapterOption> Options { get; } = [SourceServer.Option, new(Refresh, "Ask for every item again, also for those that the search says have not changed.", null)];

    public override Func<JsonElement, long>? ChangedAt { get; } = item => item.Whole("item_last_updated") ?? item.Whole("updated") ?? 0;

    public override Task<HarvestSubject> PrepareAsync(AdapterRequest request, IProgress<StageProgress> progress, CancellationToken cancel)
    {
        var server = SourceServer.Of(request, Site);
        var note = ItemOf(request.Location) is { } item ? $"would ask {server.Authority} for the item {item}" : $"would ask {server.Authority} for the items of the search {request.Location}";
        return Task.FromResult(new HarvestSubject(Name) { Settings = SourceServer.Settings(server, Site), Note = note });
    }

    public override Adapter Reading(string settings) => new InternetArchiveAdapter { _server = SourceServer.OfSettings(settings, Site) };

    public override FetchPolicy PolicyFor(ArchiveConfiguration configuration, string location) =>
        _server == Site ? base.PolicyFor(configuration, location) : base.PolicyFor(configuration, location).WithOwnServer(_server);

    public override async Task TakeAsync(HarvestRun run, CancellationToken cancel)
    {
        var server = SourceServer.Of(run.Request, Site);
        using var fetcher = run.Request.Option(SourceServer.Option.Name) is null ? run.OpenFetcher() : run.OpenFetcher(server);
        var items = new Items(run, fetcher, server);
        if (ItemOf(run.Request.Location) is { } one)
            await items.TakeAsync(one, cancel).ConfigureAwait(false);
        else
            await SearchAsync(run, fetcher, server, items, cancel).ConfigureAwait(false);
    }

    public override SourceDocument? Describe(string key, JsonElement record) => InternetArchiveItem.Release(key, record);

    public override IEnumerable<SourceFile> Files(string key, JsonElement record) => InternetArchiveItem.Files(key, record, _server);

    private static async Task SearchAsync(HarvestRun run, Fetcher fetcher, Uri server, Items items, CancellationToken cancel)
    {
        var query = run.Request.Location;
        // A killed run may have been of another search.
        var place = run.Cursor is { } saved && Place.Parse(saved) is { } at && at.Query == query ? at : new Place(query, "", 0);
        var cursors = new HashSet<string>(StringComparer.Ordinal) { place.Cursor };
        long total;
        while (true)
        {
            var address = new Uri(server, string.Create(CultureInfo.InvariantCulture, $"services/search/v1/scrape?q={Uri.EscapeDataString(query)}&fields=identifier,mediatype,oai_updatedate&count={PageItems}")
                + (place.Cursor.Length > 0 ? $"&cursor={Uri.EscapeDataString(place.Cursor)}" : ""));
            var answer = await fetcher.GetJsonAsync(new FetchRequest(address, AddressKind.Api) { Accept = "application/json" }, cancel).ConfigureAwait(false);
            using var json = JsonDocument.Parse(answer.Outcome == FetchOutcome.Fetched ? Plain(answer.Body) : throw new LacquerException(Failure.Missing, $"{server.Authority} has no search", "look whether --server names a server with the archive's API"));
            var page = json.RootElement;
            if (page.Text("error") is { Length: > 0 } error)
                throw new LacquerException(Failure.Usage, $"the archive does not take the search: {Shown(error)}", "try the query on its search page first: https://archive.org/advancedsearch.php");
            total = page.Whole("total") ?? 0;
            var found = page.List("items").ToList();
            foreach (var item in found)
            {
                await items.TakeFoundAsync(item, cancel).ConfigureAwait(false);
                place = place with { Met = place.Met + 1 };
                run.Report("harvest items", place.Met, total);
            }

            var next = page.Text("cursor");
            // The last page has none, or one that leads to an empty page.
            if (found.Count == 0 || next.Length == 0 || place.Met >= total)
                break;
            if (!cursors.Add(next))
            {
                run.SetAside(SearchKey, "cursor", string.Create(CultureInfo.InvariantCulture, $"the search gave a cursor for the second time, after {place.Met} of {total} items: the rest was not found"));
                return;
            }

            place = place with { Cursor = next };
            run.SaveCursor(place.ToString());
        }

        if (place.Met < total)
            run.SetAside(SearchKey, "missing", string.Create(CultureInfo.InvariantCulture, $"the search ended after {place.Met} of {total} items"));
    }

    private static string? ItemOf(string location)
    {
        if (string.IsNullOrWhiteSpace(location))
            throw new LacquerException(Failure.Usage, "the search is empty", "write a query, such as 'collection:netlabels AND licenseurl:*', or item:IDENTIFIER");
        if (!location.StartsWith(ItemPrefix, StringComparison.Ordinal))
            return null;
        var item = location[ItemPrefix.Length..].Trim();
        return IsIdentifier(item) ? item : throw new LacquerException(Failure.Usage, $"'{Shown(item)}' is no identifier of an item: these are of letters, digits, dots, hyphens and underscores", "it is the last part of the item's address: https://archive.org/details/IDENTIFIER");
    }

    private static bool IsIdentifier(string text) => Identifier().IsMatch(text) && text is not ("." or "..");

    private static ReadOnlyMemory<byte> Plain(ReadOnlyMemory<byte> text) => text.Span.StartsWith("\uFEFF"u8) ? text[3..] : text;

    private static string Shown(string text) => text.Length > 200 ? text[..200] + "…" : text;

    [GeneratedRegex("^[A-Za-z0-9._-]{1,200}$")]
    private static partial Regex Identifier();

    /// <summary>Asks for items, one by one.</summary>
    private sealed class Items(HarvestRun run, Fetcher fetcher, Uri server)
    {
        private readonly bool _isRefresh = run.Request.Option(Refresh) is not null;
        private int _failures;

        /// <summary>Takes an item that the search found, where it has changed.</summary>
        public async Task TakeFoundAsync(JsonElement found, CancellationToken cancel)
        {
            var id = found.Text("identifier");
            if (!IsIdentifier(id))
            {
                run.SetAside(id.Length > 0 ? Shown(id) : SearchKey, "name", "it has no identifier, or one that cannot be");
                return;
            }

            var mediatype = found.Text("mediatype");
            if (mediatype.Length > 0 && InternetArchiveItem.IsOtherMedia(mediatype) is { } aside)
                run.SetAside(id, aside.Kind, aside.Message);
            else if (_isRefresh || ChangedAt(found) is not { } changed || !run.PassOver(id, changed - IndexLagSeconds))
                await TakeAsync(id, cancel).ConfigureAwait(false);
        }

        public async Task TakeAsync(string id, CancellationToken cancel)
        {
            var request = new FetchRequest(new Uri(server, $"metadata/{Uri.EscapeDataString(id)}"), AddressKind.Api) { Accept = "application/json" };
            FetchedAnswer answer;
            try
            {
                answer = await fetcher.GetJsonAsync(request, cancel).ConfigureAwait(false);
            }
            catch (LacquerException e) when (e.Failure is Failure.Missing or Failure.Untrusted or Failure.Refused && ++_failures < MostFailuresInARow)
            {
                run.SetAside(id, "missing", e.Message);
                return;
            }

            _failures = 0;
            if (answer.Outcome != FetchOutcome.Fetched)
            {
                run.SetAside(id, "missing", "the archive has no such item");
                return;
            }

            var text = Plain(answer.Body);
            using var item = JsonDocument.Parse(text);
            if (InternetArchiveItem.SetAside(item.RootElement) is { } aside)
                run.SetAside(id, aside.Kind, aside.Message);
            else
                run.Add(id, text.Span);
        }

        // A list of dates, of which the last is that of the last change.
        private static long? ChangedAt(JsonElement found) => found.Texts("oai_updatedate")
            .Select(t => DateTimeOffset.TryParse(t, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date) ? date.ToUnixTimeSeconds() : (long?)null).Max();
    }

    /// <summary>How far a search has come.</summary>
    private sealed record Place(string Query, string Cursor, long Met)
    {
        public static Place? Parse(string text) => text.Split('\n') is [var met, var cursor, var query] && long.TryParse(met, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? new Place(query, cursor, number) : null;

        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Met}\n{Cursor}\n{Query}");
    }
}
