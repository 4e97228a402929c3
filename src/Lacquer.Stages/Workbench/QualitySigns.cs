using System.Collections;
using Lacquer.Formats.Archives;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Ledgers;

namespace Lacquer.Stages.Workbench;

/// <summary>One sign that something is not music, or was uploaded in bulk.</summary>
/// <param name="Signal">Which.</param>
/// <param name="Id">The recording or release; null for a flood, which is of an artist credit and a day.</param>
/// <param name="Name">Its title; of a flood the credit.</param>
/// <param name="Date">The day of a flood, YYYYMMDD; else null.</param>
/// <param name="Value">What was counted: milliseconds of a short recording, titles and artists of the same audio, else tracks.</param>
/// <param name="Threshold">From where on it speaks.</param>
public sealed record QualitySign(QualitySignal Signal, EntityId? Id, string Name, int? Date, long Value, long Threshold);

/// <summary>Looks for signs in a catalogue, and in what ingest found of its audio. Everything is counted; two bits a recording and one a release are kept.</summary>
public static class QualitySigns
{
    private const double SameShare = 0.9;

    // Credits that stand for many artists, or for none.
    private static readonly HashSet<string> Nobody = new(["various artists", "various", "[unknown]", "unknown", "unknown artist", "[no artist]", ""], StringComparer.Ordinal);

    /// <summary>The signs of these kinds, kind by kind.</summary>
    public static IEnumerable<QualitySign> Of(CatalogueReader catalogue, Ledger ledger, QualityPolicy policy, IReadOnlyCollection<QualitySignal> signals) => Found(catalogue, ledger, policy, signals).Select(found => found.Sign);

    /// <summary>
    /// The recordings that stand in the tail, by rank: those that are short or the same audio as many others, and those of which every release has a sign. Null where no signal sends any there.
    /// </summary>
    public static BitArray? Tail(CatalogueReader catalogue, Ledger ledger, QualityPolicy policy, CancellationToken stop)
    {
        if (policy.Tail.Count == 0)
            return null;
        var totals = catalogue.Totals();
        var tail = new BitArray((int)totals.Recordings + 1);
        var releases = new BitArray((int)totals.Releases + 1);
        foreach (var (_, recordings, signed) in Found(catalogue, ledger, policy, policy.Tail))
        {
            stop.ThrowIfCancellationRequested();
            foreach (var recording in recordings)
                tail[(int)recording] = true;
            foreach (var release in signed)
                releases[(int)release] = true;
        }

        if (!releases.HasAnySet())
            return tail;
        // What stands on one release without a sign is somebody's music, whoever else has put it on another.
        var (on, off) = (new BitArray(tail.Length), new BitArray(tail.Length));
        foreach (var (release, recording) in catalogue.TrackPlaces())
            (releases[(int)release] ? on : off)[(int)recording] = true;
        return tail.Or(on.And(off.Not()));
    }

    /// <summary>All recordings, the tail's after all others, and each part best known first.</summary>
    public static IEnumerable<RecordingRow> Ordered(CatalogueReader catalogue, Ledger ledger, QualityPolicy policy, CancellationToken stop) => Tail(catalogue, ledger, policy, stop) is { } tail
        ? catalogue.Recordings().Where(r => !tail[(int)r.Rank]).Concat(catalogue.Recordings().Where(r => tail[(int)r.Rank])) : catalogue.Recordings();

    private static IEnumerable<(QualitySign Sign, IEnumerable<long> Recordings, IEnumerable<long> Releases)> Found(CatalogueReader catalogue, Ledger ledger, QualityPolicy policy, IReadOnlyCollection<QualitySignal> signals)
    {
        if (signals.Contains(QualitySignal.Short))
            foreach (var (rank, duration) in catalogue.RecordingsUpTo(policy.ShortMs))
                if (catalogue.Recording(rank) is { } recording)
                    yield return (new QualitySign(QualitySignal.Short, recording.Id, recording.Title, null, duration, policy.ShortMs), [rank], []);

        if (signals.Contains(QualitySignal.Flood))
        {
            // At most one in so many tracks is a day's.
            var days = new Dictionary<(long, int), List<long>>();
            var floods = catalogue.ReleaseDays(policy.FloodTracks).Where(d => !Nobody.Contains(d.Name.Trim().ToLowerInvariant())).ToList();
            foreach (var flood in floods)
                days.Add((flood.Credit, flood.Date), []);
            if (days.Count > 0)
                foreach (var (release, credit, date) in catalogue.DatedReleases())
                    if (days.TryGetValue((credit, date), out var its))
                        its.Add(release);
            foreach (var flood in floods)
                yield return (new QualitySign(QualitySignal.Flood, null, flood.Name, flood.Date, flood.Tracks, policy.FloodTracks), [], days[(flood.Credit, flood.Date)]);
        }

        if (signals.Contains(QualitySignal.SameAudio))
            foreach (var group in ledger.SameAudioGroups(policy.SameAudioTitles - 1))
            {
                var its = ledger.SameAudioAs(group).Append(group).Select(catalogue.Recording).OfType<RecordingRow>().OrderBy(r => r.Rank).ToList();
                var names = its.Select(r => (SearchText.Fold(r.Title), SearchText.Fold(r.ArtistCredit))).Distinct().Count();
                if (names >= policy.SameAudioTitles)
                    yield return (new QualitySign(QualitySignal.SameAudio, its[0].Id, its[0].Title, null, names, policy.SameAudioTitles), its.Skip(1).Select(r => r.Rank), []);
            }

        if (!signals.Contains(QualitySignal.SameDuration) && !signals.Contains(QualitySignal.SameTitle))
            yield break;
        foreach (var rank in catalogue.ReleasesOf(policy.SeriesTracks))
        {
            if (catalogue.Release(rank) is not { } release)
                continue;
            var tracks = catalogue.Tracks(rank);
            if (signals.Contains(QualitySignal.SameDuration) && Most(tracks.Select(t => (t.DurationMs ?? t.Recording.DurationMs) is { } ms ? $"{(ms + 500) / 1000}" : "")) is var same && same >= SameShare * tracks.Count)
                yield return (new QualitySign(QualitySignal.SameDuration, release.Id, release.Title, null, same, policy.SeriesTracks), [], [rank]);
            if (signals.Contains(QualitySignal.SameTitle) && Most(tracks.Select(t => string.Concat((t.Title ?? t.Recording.Title).Where(c => !char.IsAsciiDigit(c))).Trim().ToLowerInvariant())) is var alike && alike >= SameShare * tracks.Count)
                yield return (new QualitySign(QualitySignal.SameTitle, release.Id, release.Title, null, alike, policy.SeriesTracks), [], [rank]);
        }
    }

    // How often what is there most often is there; what is not known is like nothing.
    private static int Most(IEnumerable<string> values) => values.Where(v => v.Length > 0).GroupBy(v => v, StringComparer.Ordinal).Select(g => g.Count()).DefaultIfEmpty(0).Max();
}
