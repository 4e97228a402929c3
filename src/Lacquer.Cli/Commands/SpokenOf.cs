using Lacquer.Formats.Catalogues;

namespace Lacquer.Cli.Commands;

/// <summary>How many records of the accessions speak of a recording or a release.</summary>
/// <param name="Records">How many; more than one may contradict each other (<c>lacquer catalogue --check</c>).</param>
/// <param name="Sources">Of which sources, the one that leads first.</param>
internal sealed record SpokenOf(int Records, IReadOnlyList<string> Sources)
{
    private const int MostReleases = 100;

    public static SpokenOf Of(CatalogueReader catalogue, RecordingRow recording) => Of(catalogue,
        catalogue.Sources(recording.Rank).Concat(catalogue.Appearances(recording.Rank).DistinctBy(a => a.Release.Rank).Take(MostReleases).SelectMany(a => catalogue.SourcesOfRelease(a.Release.Rank))));

    /// <summary>Where no record is of the release itself, those of the files that name it.</summary>
    public static SpokenOf Of(CatalogueReader catalogue, ReleaseRow release) => Of(catalogue,
        catalogue.SourcesOfRelease(release.Rank) is { Count: > 0 } whole ? whole : catalogue.TrackFacts(release.Rank).SelectMany(t => catalogue.Sources(t.Recording)));

    private static SpokenOf Of(CatalogueReader catalogue, IEnumerable<RecordPlace> places)
    {
        var distinct = places.Distinct().ToList();
        var numbers = distinct.Select(p => p.Accession).ToHashSet();
        return new SpokenOf(distinct.Count, catalogue.Accessions().Where(a => numbers.Contains(a.Number)).OrderBy(a => a.Priority).Select(a => a.Source).Distinct().ToList());
    }
}
