using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Stages.Workbench;

namespace Lacquer.Stages.Planning;

/// <summary>What to plan.</summary>
/// <param name="Archive">The archive's folder.</param>
/// <param name="BudgetsBytes">Disk budgets to try; none: steps up to everything.</param>
/// <param name="Policy">A file whose tables <c>tiers</c>, <c>rights</c> and <c>quality</c>, those of them that it has, are tried instead of <c>lacquer.toml</c>'s; null: none.</param>
public sealed record HoldingsRequest(string Archive, IReadOnlyList<long> BudgetsBytes, string? Policy = null);

/// <summary>What fits into a budget, taking recordings in rank order.</summary>
/// <param name="BudgetBytes">The budget.</param>
/// <param name="Recordings">How many fit.</param>
/// <param name="Bytes">What they take.</param>
/// <param name="ListensShare">Their share of all listens in the catalogue, 0 to 1.</param>
/// <param name="LastRank">The rank of the last of them, 0 where none fits.</param>
/// <param name="CpuDays">CPU time to take them in, by <see cref="CpuCost"/>.</param>
public sealed record BudgetStep(long BudgetBytes, long Recordings, long Bytes, double ListensShare, long LastRank, double CpuDays);

/// <summary>A point of the curve of listens over bytes.</summary>
/// <param name="Bytes">Bytes of the best-known recordings.</param>
/// <param name="ListensShare">The share of listens they cover.</param>
public readonly record struct CurvePoint(long Bytes, double ListensShare);

/// <summary>What would be kept of a catalogue, and what share of listens that is.</summary>
/// <param name="Policy">The file whose policy was tried; null: <c>lacquer.toml</c>.</param>
/// <param name="Catalogue">The catalogue's name.</param>
/// <param name="Recordings">Recordings in it.</param>
/// <param name="Kept">Those whose audio the gate lets be kept.</param>
/// <param name="Published">Those whose audio it lets be published.</param>
/// <param name="KeptAsIs">Kept ones of which nothing but the comment header would change.</param>
/// <param name="Bytes">What the kept ones take.</param>
/// <param name="ListensShare">Share of listens that the kept ones cover, 0 to 1.</param>
/// <param name="CpuDays">CPU time to take in the kept ones.</param>
/// <param name="Steps">By budget.</param>
/// <param name="Curve">From nothing to everything kept.</param>
public sealed record HoldingsReport(
    string? Policy, string Catalogue, long Recordings, long Kept, long Published, long KeptAsIs, long Bytes, double ListensShare, double CpuDays, IReadOnlyList<BudgetStep> Steps, IReadOnlyList<CurvePoint> Curve);

/// <summary>Walks the newest catalogue in the order of ingest through gate and tiers, and sums. Reads only.</summary>
public static class HoldingsPlan
{
    private const int MostPoints = 4096;

    /// <summary>Plans.</summary>
    public static HoldingsReport Run(HoldingsRequest request, TimeProvider clock, IProgress<StageProgress> progress, CancellationToken stop)
    {
        using var archive = OpenArchive.ToRead(request.Archive, clock, request.Policy);
        using var catalogue = CatalogueReader.Open(archive.Layout.NewestCatalogue()
            ?? throw new LacquerException(Failure.Missing, $"{archive.Layout.Root} has no catalogue yet", "lacquer catalogue builds one"));
        using var sources = new AudioSources(archive);
        var totals = catalogue.Totals();
        var (kept, published, asIs, bytes, listens) = (0L, 0L, 0L, 0L, 0L);
        var cpu = 0.0;
        var curve = new List<(long Bytes, long Listens, long Recordings, long Rank, double Cpu)> { (0, 0, 0, 0, 0) };
        var every = 1L;
        var budgets = request.BudgetsBytes.Order().ToList();
        var steps = new List<BudgetStep>();
        var before = (Bytes: 0L, Listens: 0L, Recordings: 0L, Rank: 0L, Cpu: 0.0);
        var walked = 0L;
        foreach (var recording in QualitySigns.Ordered(catalogue, archive.Ledger, archive.Configuration.Quality, stop))
        {
            stop.ThrowIfCancellationRequested();
            if (++walked % 1000 == 0)
                progress.Report(new StageProgress("plan", walked, totals.Recordings));
            if (sources.For(catalogue.Sources(recording.Rank), catalogue.Keys(EntityKind.Recording, recording.Rank), RightsSubject.Of(catalogue, recording, archive.Configuration.Rights)) is not [{ Rights.Keep: true } best, ..])
                continue;
            var choice = TierChoice.For(archive.Configuration, recording.Popularity, best);
            kept++;
            published += best.Rights.Publish ? 1 : 0;
            asIs += choice.Handling == AudioHandling.Encode ? 0 : 1;
            bytes += choice.EstimateBytes(best.File);
            listens += recording.Listens;
            cpu += CpuCost.Seconds(choice, best.File);
            while (steps.Count < budgets.Count && bytes > budgets[steps.Count])
                steps.Add(Step(budgets[steps.Count], before));
            before = (bytes, listens, kept, recording.Rank, cpu);
            if (kept % every == 0)
                curve.Add(before);
            if (curve.Count >= MostPoints)
            {
                curve = curve.Where((_, i) => i % 2 == 0).ToList();
                every *= 2;
            }
        }

        if (curve[^1] != before)
            curve.Add(before);
        while (steps.Count < budgets.Count)
            steps.Add(Step(budgets[steps.Count], before));
        if (budgets.Count == 0)
            // The curve's own points stand for tenths of everything.
            for (var tenth = 1; tenth <= 10 && kept > 0; tenth++)
                steps.Add(Step(bytes / 10 * tenth + (tenth == 10 ? bytes % 10 : 0), curve.Last(p => p.Bytes <= bytes / 10 * tenth + (tenth == 10 ? bytes % 10 : 0))));
        return new HoldingsReport(request.Policy, catalogue.Name, totals.Recordings, kept, published, asIs, bytes, Share(listens), Days(cpu), steps,
            curve.Select(p => new CurvePoint(p.Bytes, Share(p.Listens))).ToList());

        double Share(long part) => totals.Listens == 0 ? 0 : (double)part / totals.Listens;

        static double Days(double seconds) => Math.Round(seconds / 86_400, 6);

        BudgetStep Step(long budget, (long Bytes, long Listens, long Recordings, long Rank, double Cpu) at) => new(budget, at.Recordings, at.Bytes, Share(at.Listens), at.Rank, Days(at.Cpu));
    }
}
