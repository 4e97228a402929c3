using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Ledgers;
using Lacquer.Stages.Workbench;

namespace Lacquer.Stages.Exploring;

/// <summary>What to draw.</summary>
/// <param name="Archive">The archive's folder.</param>
/// <param name="Count">How many recordings.</param>
/// <param name="Popularity">The least popularity, 0 to 100.</param>
/// <param name="Seed">Gives the same recordings again; null: the system's random numbers.</param>
/// <param name="Held">Whether only recordings whose audio is held count.</param>
public sealed record ShuffleRequest(string Archive, int Count, int Popularity = 0, int? Seed = null, bool Held = false);

/// <summary>What was drawn.</summary>
/// <param name="Catalogue">The catalogue's name.</param>
/// <param name="LastRank">Ranks 1 to this were drawn from.</param>
/// <param name="Recordings">In the order they were drawn; fewer than asked for where there are no more.</param>
public sealed record ShuffleReport(string Catalogue, long LastRank, IReadOnlyList<RecordingRow> Recordings);

/// <summary>
/// Draws recordings of the newest catalogue, each as likely as any other and none twice. Rank is place, so that a recording costs one random number and one look-up, however large the catalogue is.
/// Reads only.
/// </summary>
public static class Shuffle
{
    private const int PageRows = 10_000;

    /// <summary>Draws.</summary>
    public static ShuffleReport Run(ShuffleRequest request, TimeProvider clock, CancellationToken stop)
    {
        using var archive = OpenArchive.ToRead(request.Archive, clock);
        using var catalogue = CatalogueReader.Open(archive.Layout.NewestCatalogue()
            ?? throw new LacquerException(Failure.Missing, $"{archive.Layout.Root} has no catalogue yet", "lacquer catalogue builds one"));
        // Popularity never rises with rank: all that have at least so much stand before one rank.
        var last = request.Popularity <= 0 ? catalogue.Totals().Recordings
            : catalogue.Coverage().Where(step => step.Popularity >= request.Popularity).Select(step => step.LastRank).DefaultIfEmpty(0).Max();
        var draw = new RankDraw(last, request.Seed);
        var drawn = new List<RecordingRow>();
        // Where little is held, drawing blindly would find nothing for long; then all that is held is gone through once.
        var most = request.Held ? 10_000 + 20L * request.Count : long.MaxValue;
        while (drawn.Count < request.Count && !draw.IsEmpty && draw.Drawn < most)
        {
            stop.ThrowIfCancellationRequested();
            if (catalogue.Recording(draw.Next()) is { } recording && (!request.Held || archive.Ledger.Job(recording.Id) is { State: JobState.Done }))
                drawn.Add(recording);
        }

        if (request.Held && drawn.Count < request.Count && !draw.IsEmpty)
            drawn.AddRange(FromAllHeld(archive.Ledger, catalogue, last, request.Count - drawn.Count, drawn.Select(r => r.Rank).ToHashSet(), draw, stop));
        return new ShuffleReport(catalogue.Name, last, drawn);
    }

    // Vitter's reservoir: of a list of unknown length so many, each as likely as any other, and no more in memory than those.
    private static List<RecordingRow> FromAllHeld(Ledger ledger, CatalogueReader catalogue, long last, int count, HashSet<long> already, RankDraw chance, CancellationToken stop)
    {
        var chosen = new List<RecordingRow>();
        var met = 0L;
        EntityId? after = null;
        while (ledger.HeldRecordings(after, PageRows) is { Count: > 0 } page)
        {
            stop.ThrowIfCancellationRequested();
            foreach (var recording in page.Select(catalogue.Recording).OfType<RecordingRow>().Where(r => r.Rank <= last && !already.Contains(r.Rank)))
            {
                met++;
                // New ones go to a random place of the list, so that its order is random too.
                if (chosen.Count < count)
                {
                    chosen.Add(recording);
                    var place = (int)chance.Below(chosen.Count);
                    (chosen[place], chosen[^1]) = (chosen[^1], chosen[place]);
                }
                else if (chance.Below(met) is var place && place < count)
                {
                    chosen[(int)place] = recording;
                }
            }

            after = page[^1];
        }

        return chosen;
    }
}
