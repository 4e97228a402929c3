using System.Text.Json;
using Lacquer.Formats.Findings;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Harvesting;

/// <summary>Listens of the catalogue's recordings come from ListenBrainz' API, best known first.</summary>
public sealed class ListenBrainzPopularityTests
{
    private const string Address = "/1/popularity/recording";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Listens_are_asked_for_and_change_the_order()
    {
        await using var studio = await HarvestStudio.StartAsync();
        Catalogue(studio, 3);
        studio.Source.Answers(Address, Replies.Status(429, "90"), Replies.Reset(new byte[100], 50), Replies.Json(Said((1, "5"), (2, "700"), (3, "null"))), Replies.Json(Said((1, "5"), (2, "701"))));
        var report = await studio.HarvestAsync("listenbrainz-popularity", "all", Stop);
        Assert.Equal((2L, 0L), (report.Records, report.SetAside));
        Assert.All(studio.Source.Requests, r => Assert.Equal("application/json", r["Content-Type"]));
        Assert.All(studio.Source.Requests, r => Assert.Equal($$"""{"recording_mbids":["{{Mbid(1)}}","{{Mbid(2)}}","{{Mbid(3)}}"]}""", r.Body));
        Assert.Equal($$$"""{"key":"{{{Mbid(2)}}}","record":{"recording_mbid":"{{{Mbid(2)}}}","total_listen_count":700, "total_user_count":3,"title":"T2","artist":"Ann"}}""", studio.Lines("listenbrainz-popularity", 2)[1]);
        Assert.Contains("\"method\":\"POST\"", File.ReadAllText(studio.Archive.Layout.FetchLog("listenbrainz-popularity")), StringComparison.Ordinal);

        studio.Archive.Build();
        Assert.Equal([["T2", 700L], ["T1", 5L], ["T3", 0L]], studio.Archive.Ask("SELECT title, listens FROM recording ORDER BY id"));
        Assert.Equal(3L, studio.Archive.Number("SELECT count(*) FROM recording"));

        // Said of two, in the new order: one of them is as it was, and one was not answered for.
        var second = await studio.HarvestAsync("listenbrainz-popularity", "all", Stop);
        Assert.Equal((1L, 1L, 1L), (second.Records, second.Unchanged, second.SetAside));
        Assert.Equal((Mbid(3), "missing"), (second.Findings[0].Subject, second.Findings[0].Kind));
    }

    [Fact]
    public async Task A_thousand_are_asked_for_at_once_and_a_broken_run_goes_on()
    {
        await using var studio = await HarvestStudio.StartAsync();
        Catalogue(studio, 2500);
        studio.Source.Answers(Address, Replies.Json(Said(Enumerable.Range(1, 1000).Select(i => (i, "1")).ToArray())), Replies.Status(500));
        Assert.Equal(Failure.Missing, (await Assert.ThrowsAsync<LacquerException>(() => studio.HarvestAsync("listenbrainz-popularity", "2100", Stop))).Failure);
        studio.Source.Answers(Address, context => Replies.Json(Said(Numbers(studio.Source.Requests[^1].Body).Select(i => (i, "1")).ToArray()))(context));
        var report = await studio.HarvestAsync("listenbrainz-popularity", "2100", Stop);
        Assert.Equal((2100L, 0L), (report.Records, report.SetAside));
        Assert.Equal(100, Numbers(studio.Source.Requests[^1].Body).Count);
    }

    [Fact]
    public async Task What_cannot_be_asked_is_refused()
    {
        await using var studio = await HarvestStudio.StartAsync();
        Assert.Equal(Failure.Missing, (await Assert.ThrowsAsync<LacquerException>(() => studio.HarvestAsync("listenbrainz-popularity", "all", Stop))).Failure);
        Assert.Equal(Failure.Usage, (await Assert.ThrowsAsync<LacquerException>(() => studio.HarvestAsync("listenbrainz-popularity", "-1", Stop))).Failure);
        Catalogue(studio, 1);
        studio.Source.Answers(Address, Replies.Json("""{"error":"no"}"""));
        Assert.Equal(Failure.Untrusted, (await Assert.ThrowsAsync<LacquerException>(() => studio.HarvestAsync("listenbrainz-popularity", "all", Stop))).Failure);
    }

    private static void Catalogue(HarvestStudio studio, int recordings)
    {
        studio.Archive.Add("musicbrainz", "musicbrainz/1", Enumerable.Range(1, recordings).Select(i =>
            $$$"""{"entity":"recording","record":{"id":"{{{Mbid(i)}}}","title":"T{{{i}}}","length":null,"artist-credit":[{"name":"Ann","joinphrase":"","artist":{"id":"0383dadf-2a4e-4d10-a46a-e9e041da8eb3","name":"Ann","sort-name":"Ann"}}]}}"""));
        studio.Archive.Build();
    }

    private static string Mbid(int number) => $"b1a9c0e9-d987-4042-ae91-{number:D12}";

    private static List<int> Numbers(string question)
    {
        using var json = JsonDocument.Parse(question);
        return json.RootElement.GetProperty("recording_mbids").EnumerateArray().Select(m => int.Parse(m.GetString()![24..], System.Globalization.CultureInfo.InvariantCulture)).ToList();
    }

    private static string Said(params (int Number, string Listens)[] recordings) =>
        $"[{string.Join(',', recordings.Select(r => $$"""{"recording_mbid":"{{Mbid(r.Number)}}","total_listen_count":{{r.Listens}}, "total_user_count":3}"""))}]";
}
