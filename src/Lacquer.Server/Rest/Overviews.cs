using Lacquer.Server.State;

namespace Lacquer.Server.Rest;

/// <summary>The archive at a glance. It reads up to ten thousand recordings, so a snapshot keeps the answer for <see cref="Lasts"/>.</summary>
internal static class Overviews
{
    public static readonly TimeSpan Lasts = TimeSpan.FromSeconds(15);

    private const int Bands = 10_000;
    private const int TopItems = 20;

    public static OverviewAnswer Of(View view, ArchiveState state, TimeProvider clock)
    {
        if (view.Snapshot.Overview is { Value: OverviewAnswer known } kept && clock.GetElapsedTime(kept.At) < Lasts)
            return known;
        var answer = Compose(view, state);
        view.Snapshot.Overview = new Kept(clock.GetTimestamp(), answer);
        return answer;
    }

    private static OverviewAnswer Compose(View view, ArchiveState state)
    {
        var (objects, lengthBytes) = view.Ledger.ObjectTotals();
        var held = new HeldAnswer(objects, lengthBytes, view.Ledger.PublishableCount(), view.Ledger.Volumes().Count(v => !v.Retired));
        var archive = new ArchiveAnswer(view.Configuration.Name, view.Configuration.Title);
        var edition = Path.GetFileName(state.Layout.NewestEdition());
        if (view.Catalogue is not { } catalogue)
            return new OverviewAnswer(archive, null, edition, "This archive has no catalogue yet: lacquer harvest brings records in, lacquer catalogue makes one of them.", null, held, [], []);

        var totals = catalogue.Totals();
        var bands = new List<HeldByRankAnswer>();
        var top = new List<RecordingItem>(TopItems);
        long next = 10, seen = 0, heldSoFar = 0, publishedSoFar = 0, listens = 0, listensHeld = 0;
        double Share(long part) => totals.Listens == 0 ? 0 : Math.Round((double)part / totals.Listens, 4);
        foreach (var rows in catalogue.Recordings(0, Bands).Chunk(500))
        {
            foreach (var item in Items.Of(view.Ledger, rows))
            {
                if (top.Count < TopItems)
                    top.Add(item);
                seen++;
                listens += item.Listens;
                listensHeld += item.Held ? item.Listens : 0;
                heldSoFar += item.Held ? 1 : 0;
                publishedSoFar += item.Published ? 1 : 0;
                if (seen == next || seen == totals.Recordings)
                {
                    bands.Add(new HeldByRankAnswer(seen, heldSoFar, publishedSoFar, Share(listens), Share(listensHeld)));
                    next *= 10;
                }
            }
        }

        return new OverviewAnswer(archive, catalogue.Name, edition, null,
            new TotalsAnswer(totals.Recordings, totals.Releases, totals.Artists, totals.Tracks, totals.Listens), held, bands, top);
    }
}

/// <summary>An overview and when it was composed, by the clock's timestamps.</summary>
internal sealed record Kept(long At, OverviewAnswer Value);
