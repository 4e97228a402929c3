using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Ledgers;
using Lacquer.Formats.Volumes;
using Lacquer.Server.State;

namespace Lacquer.Server.Rest;

/// <summary>The interface for programs, under <c>/api/</c>: JSON, described in docs/api.md.</summary>
internal sealed class RestRoutes(ArchiveState state, TimeProvider clock)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        Json(routes, "/api/overview", (view, _) => Overviews.Of(view, state, clock));
        Json(routes, "/api/search", Search);
        Json(routes, "/api/recordings/{id}", (view, request) => Recording(view, Id(request, EntityKind.Recording)));
        Json(routes, "/api/isrc/{code}", ByIsrc);
        Json(routes, "/api/releases/{id}", (view, request) => Release(view, Id(request, EntityKind.Release)));
        Json(routes, "/api/artists/{id}", (view, request) =>
        {
            var artist = Artist(view, request);
            var limit = Parameters.Limit(request);
            var catalogue = Catalogue(view);
            return new ArtistAnswer(Items.Of(artist), ReleasesOf(view, artist, 0, limit), RecordingsOf(view, artist, 0, limit),
                catalogue.Aliases(EntityKind.Artist, artist.Rank), catalogue.Genres(EntityKind.Artist, artist.Rank), Items.Keys(catalogue.Keys(EntityKind.Artist, artist.Rank)));
        });
        Json(routes, "/api/artists/{id}/releases", (view, request) => ReleasesOf(view, Artist(view, request), Parameters.After(request), Parameters.Limit(request)));
        Json(routes, "/api/artists/{id}/recordings", (view, request) => RecordingsOf(view, Artist(view, request), Parameters.After(request), Parameters.Limit(request)));
    }

    private static SearchAnswer Search(View view, HttpRequest request)
    {
        var query = Parameters.Query(request);
        var kind = Parameters.One(request, "kind");
        if (kind is not (null or "recordings" or "releases" or "artists"))
            throw Refusal.BadParameter("kind must be recordings, releases or artists", "leave it out for all three");
        if (kind is null && request.Query.ContainsKey("after"))
            throw Refusal.BadParameter("after needs a kind: each kind has ranks of its own", "add kind=recordings");
        var (fromYear, toYear) = Parameters.Years(request);
        if ((fromYear ?? toYear) is not null && kind is null or "artists")
            throw Refusal.BadParameter("year needs a kind that has one", "add kind=recordings or kind=releases");
        foreach (var filter in new[] { "popularity", "held", "licence" })
            if (kind != "recordings" && request.Query.ContainsKey(filter))
                throw Refusal.BadParameter($"{filter} chooses among recordings", "add kind=recordings");

        var search = Catalogue(view).Search;
        var wanted = new SearchRequest(query, Parameters.After(request), Parameters.Limit(request))
        {
            FromYear = fromYear,
            ToYear = toYear,
            LeastPopularity = Parameters.Popularity(request),
            Keep = StandingFilter.Of(view.Ledger, Parameters.Held(request), Parameters.One(request, "licence")),
        };
        return new SearchAnswer(query,
            kind is null or "recordings" ? Found(search.Recordings(wanted), rows => Items.Found(view.Ledger, rows)) : null,
            kind is null or "releases" ? Found(search.Releases(wanted), rows => rows.Select(Items.Of).ToList()) : null,
            kind is null or "artists" ? Found(search.Artists(wanted), rows => rows.Select(Items.Of).ToList()) : null);
    }

    private static FoundPage<TItem> Found<TRow, TItem>(SearchPage<TRow> page, Func<IReadOnlyList<TRow>, IReadOnlyList<TItem>> items) => new(items(page.Items), page.Next, page.Count, page.IsExact, page.Form switch
    {
        SearchForm.Identifier => "identifier",
        SearchForm.Transliterated => "transliterated",
        SearchForm.Corrected => "corrected",
        _ => "typed",
    });

    private static RecordingAnswer Recording(View view, EntityId id)
    {
        var catalogue = Catalogue(view);
        var row = catalogue.Recording(id) ?? throw Unknown(id);
        var rights = view.Ledger.Rights(id);
        var holding = view.Ledger.Holding(id);
        var volume = holding is { Rights.Publish: true } ? view.Ledger.VolumeOf(holding.Object.Root) : null;
        return new RecordingAnswer(
            Items.Of(view.Ledger, [row])[0],
            Items.Links(catalogue.CreditOf(EntityKind.Recording, row.Rank)),
            catalogue.Isrcs(row.Rank).Select(i => i.ToString()).ToList(),
            catalogue.Appearances(row.Rank).Select(a => new AppearanceAnswer(a.Medium, a.Position, Items.Of(a.Release))).ToList(),
            rights is null ? null : new RightsAnswer(rights.Keep, rights.Publish, rights.Licence, rights.Reason, rights.Policy, rights.Evidence is not { } e ? null
                : new EvidenceAnswer(e.Kind switch { Formats.Rights.EvidenceKind.Statement => "statement", Formats.Rights.EvidenceKind.Dep5 => "dep5", _ => "tag" },
                    e.Place, e.Text, e.Sha256, e.By.Length == 0 ? null : e.By, e.Date.Length == 0 ? null : e.Date)),
            holding?.Object is not { } o ? null : new ObjectAnswer(
                o.Root.ToString(), o.Sha256.ToString(), o.LengthBytes, o.Extension, o.Tier, o.DurationMs, o.LoudnessLufs, o.PeakDbfs, o.Original?.ToString(), o.OriginalLengthBytes),
            volume is not var (v, index, name) ? null : new VolumeAnswer(
                v.Name, index, name, $"/volumes/{v.Name}/{name}", v.Stage, v.InfoHashV1.ToString(), v.InfoHashV2.ToString(), v.Magnet(view.Ledger.PlaceV1(v.Number, index, view.Configuration.PieceLengthBytes).Index, view.Configuration.Envelope)),
            Items.Sources(catalogue.Sources(row.Rank)), catalogue.Aliases(EntityKind.Recording, row.Rank), catalogue.Genres(EntityKind.Recording, row.Rank),
            Items.Keys(catalogue.Keys(EntityKind.Recording, row.Rank)), catalogue.Features(row.Rank));
    }

    private static IsrcAnswer ByIsrc(View view, HttpRequest request)
    {
        var text = (string?)request.RouteValues["code"];
        if (!Isrc.TryParse(text, out var isrc))
            throw Refusal.BadParameter("that is not an ISRC", "two letters, three letters or digits, seven digits, for example GBAYE0601498");
        var rows = Catalogue(view).Recordings(isrc);
        return rows.Count > 0 ? new IsrcAnswer(isrc.ToString(), Items.Of(view.Ledger, rows))
            : throw Refusal.NotFound($"no recording in this catalogue carries {isrc}");
    }

    private static ReleaseAnswer Release(View view, EntityId id)
    {
        var catalogue = Catalogue(view);
        var row = catalogue.Release(id) ?? throw Unknown(id);
        var tracks = catalogue.Tracks(row.Rank);
        return new ReleaseAnswer(Items.Of(row), Items.Links(catalogue.CreditOf(EntityKind.Release, row.Rank)),
            tracks.Zip(Items.Of(view.Ledger, tracks.Select(t => t.Recording)), (t, item) => new TrackAnswer(t.Medium, t.Position, t.Title, t.ArtistCredit, t.DurationMs, item)).ToList(),
            catalogue.Labels(row.Rank), catalogue.Markets(row.Rank), catalogue.Media(row.Rank), catalogue.Genres(EntityKind.Release, row.Rank), catalogue.Aliases(EntityKind.Release, row.Rank),
            catalogue.Images(row.Rank).Select(i => new ImageItem(i.Position, i.Type, i.Url, i.Sha256?.ToString())).ToList(), Items.Keys(catalogue.Keys(EntityKind.Release, row.Rank)), Items.Sources(catalogue.SourcesOfRelease(row.Rank)));
    }

    private static ArtistRow Artist(View view, HttpRequest request)
    {
        var id = Id(request, EntityKind.Artist);
        return Catalogue(view).Artist(id) ?? throw Unknown(id);
    }

    private static Page<ReleaseItem> ReleasesOf(View view, ArtistRow artist, long after, int limit) =>
        Paged(Catalogue(view).ReleasesOfArtist(artist.Rank, after, limit), Items.Of, r => r.Rank, limit);

    private static Page<RecordingItem> RecordingsOf(View view, ArtistRow artist, long after, int limit)
    {
        var rows = Catalogue(view).RecordingsOfArtist(artist.Rank, after, limit);
        return new Page<RecordingItem>(Items.Of(view.Ledger, rows), rows.Count == limit ? rows[^1].Rank : null);
    }

    private static Page<TItem> Paged<TRow, TItem>(IReadOnlyList<TRow> rows, Func<TRow, TItem> item, Func<TRow, long> rank, int limit) =>
        new(rows.Select(item).ToList(), rows.Count == limit ? rank(rows[^1]) : null);

    private static CatalogueReader Catalogue(View view) => view.Catalogue
        ?? throw new Refusal(StatusCodes.Status503ServiceUnavailable, "this archive has no catalogue yet", "lacquer harvest brings records in, lacquer catalogue makes one of them");

    private static EntityId Id(HttpRequest request, EntityKind kind)
    {
        var text = (string?)request.RouteValues["id"];
        return EntityId.TryParse(text, out var id) && id.Kind == kind ? id
            : throw Refusal.NotFound($"that is not the id of {(kind == EntityKind.Artist ? "an artist" : kind == EntityKind.Release ? "a release" : "a recording")}",
                $"ids look like {EntityId.From(kind, "example", "1")}");
    }

    private static Refusal Unknown(EntityId id) => Refusal.NotFound($"{id} is not in this catalogue", "/api/search?q= finds ids by name");

    private void Json<T>(IEndpointRouteBuilder routes, string pattern, Func<View, HttpRequest, T> answer) => routes.MapMethods(pattern, Methods.Reading, context =>
    {
        T value;
        using (var view = state.Look())
            value = answer(view, context.Request);
        context.Response.Headers.CacheControl = "no-cache";
        return context.Response.WriteAsJsonAsync(value!, typeof(T), AnswersJson.Readable, "application/json; charset=utf-8", context.RequestAborted);
    });
}
