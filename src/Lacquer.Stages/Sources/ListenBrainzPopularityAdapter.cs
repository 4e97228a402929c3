using System.Globalization;
using System.Text;
using System.Text.Json;
using Lacquer.Formats.Archives;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Findings;
using Lacquer.Stages.Sources.Fetching;
using Lacquer.Stages.Workbench;

namespace Lacquer.Stages.Sources;

/// <summary>
/// Asks ListenBrainz how often recordings of the newest catalogue are heard, by their MusicBrainz ids, best known first. A record is what it says of one, with the title and the artist that the catalogue has:
/// by itself it names no music.
/// </summary>
internal sealed class ListenBrainzPopularityAdapter : Adapter
{
    // MAX_ITEMS_PER_GET of ListenBrainz.
    private const int PageRecordings = 1000;
    private static readonly Uri Site = new("https://api.listenbrainz.org/");

    public override string Name => "listenbrainz-popularity";

    public override string Summary => "Asks ListenBrainz' API how often recordings of the newest catalogue are heard, best known first, by their MusicBrainz ids. Without its dumps, or for less than all of them: a source that counts the same listens twice counts them double.";

    public override string LocationHelp => "How many recordings of the catalogue are looked at, from the best known, or all.";

    public override IReadOnlyList<string> Examples => ["lacquer harvest listenbrainz-popularity 100000 --archive /srv/music", "lacquer harvest listenbrainz-popularity all"];

    public override IReadOnlyList<AdapterOption> Options { get; } = [SourceServer.Option];

    public override Task<HarvestSubject> PrepareAsync(AdapterRequest request, IProgress<StageProgress> progress, CancellationToken cancel)
    {
        var server = SourceServer.Of(request, Site);
        var most = Most(request.Location);
        return Task.FromResult(new HarvestSubject(Name) { Note = string.Create(CultureInfo.InvariantCulture, $"would ask {server.Authority} for the recordings of catalogue {Path.GetFileName(Catalogue(request))}{(most == long.MaxValue ? "" : $" up to rank {most}")}") });
    }

    public override async Task TakeAsync(HarvestRun run, CancellationToken cancel)
    {
        var (server, most, folder) = (SourceServer.Of(run.Request, Site), Most(run.Request.Location), Catalogue(run.Request));
        using var fetcher = run.Request.Option(SourceServer.Option.Name) is null ? run.OpenFetcher() : run.OpenFetcher(server);
        using var catalogue = CatalogueReader.Open(folder);
        // Ranks are another catalogue's, where a killed run asked for that.
        var start = run.Cursor?.Split('\n') is [var name, var rank] && name == catalogue.Name && long.TryParse(rank, NumberStyles.None, CultureInfo.InvariantCulture, out var reached) ? reached : 0;
        var total = Math.Min(most, catalogue.Totals().Recordings);
        foreach (var page in catalogue.Recordings(start, Math.Max(0, total - start)).Where(r => r.Mbid is not null).Chunk(PageRecordings))
        {
            await AskAsync(run, fetcher, new Uri(server, "1/popularity/recording"), page, cancel).ConfigureAwait(false);
            run.SaveCursor(string.Create(CultureInfo.InvariantCulture, $"{catalogue.Name}\n{page[^1].Rank}"));
            run.Report("harvest listens", page[^1].Rank, total);
        }
    }

    public override SourceDocument? Describe(string key, JsonElement record)
    {
        var artist = record.Text("artist");
        return new SourceRecording(key, record.Text("title")) { Mbid = key, Artists = artist.Length > 0 ? [new SourceName(artist)] : [], Listens = record.Whole("total_listen_count") ?? 0 };
    }

    private static async Task AskAsync(HarvestRun run, Fetcher fetcher, Uri address, IReadOnlyList<RecordingRow> page, CancellationToken cancel)
    {
        var asked = new Dictionary<string, RecordingRow>(StringComparer.Ordinal);
        foreach (var recording in page)
            asked.TryAdd(recording.Mbid!.Value.ToString("D"), recording);
        var question = JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, IEnumerable<string>> { ["recording_mbids"] = asked.Keys });
        var answer = await fetcher.GetJsonAsync(new FetchRequest(address, AddressKind.Api) { Json = question, Accept = "application/json" }, cancel).ConfigureAwait(false);
        if (answer.Outcome != FetchOutcome.Fetched)
            throw new LacquerException(Failure.Missing, $"{address} is not there", "look whether --server names a server with ListenBrainz' API");
        using var json = JsonDocument.Parse(answer.Body);
        if (json.RootElement.ValueKind != JsonValueKind.Array)
            throw new LacquerException(Failure.Untrusted, $"{address} does not answer with a list", "the API has changed, or --server names a server without it");
        foreach (var said in json.RootElement.EnumerateArray())
        {
            if (!asked.Remove(said.Text("recording_mbid"), out var recording))
                continue;
            // Null: it has never been heard of.
            if (said.Whole("total_listen_count") is not null)
                run.Add(recording.Mbid!.Value.ToString("D"), Record(said, recording));
        }

        foreach (var mbid in asked.Keys)
            run.SetAside(mbid, "missing", "the API was asked for it and said nothing");
    }

    // What was said, byte for byte, and two members more.
    private static byte[] Record(JsonElement said, RecordingRow recording) => Encoding.UTF8.GetBytes(
        $"{said.GetRawText().TrimEnd()[..^1]},\"title\":{JsonSerializer.Serialize(recording.Title)},\"artist\":{JsonSerializer.Serialize(recording.ArtistCredit)}}}");

    private static string Catalogue(AdapterRequest request) => new ArchiveLayout(request.Archive).NewestCatalogue()
        ?? throw new LacquerException(Failure.Missing, "there is no catalogue yet, whose recordings could be asked for", "harvest a source with MusicBrainz ids, then lacquer catalogue");

    private static long Most(string location) => location == "all" ? long.MaxValue
        : long.TryParse(location, NumberStyles.None, CultureInfo.InvariantCulture, out var most) && most > 0 ? most
        : throw new LacquerException(Failure.Usage, "that is no number of recordings", "write all, or how many, from the best known: 100000");
}
