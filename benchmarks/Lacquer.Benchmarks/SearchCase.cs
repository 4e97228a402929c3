namespace Lacquer.Benchmarks;

/// <summary>The search of <see cref="CatalogueCase"/> alone: a catalogue of synthetic music is made as there, and only <see cref="SearchFigures"/> measured. Scale 1 is a million tracks.</summary>
internal static class SearchCase
{
    public static int Run(BenchRequest request)
    {
        using var catalogue = BuiltCatalogue.OfSynthetic((long)(request.ScaleOr(1) * 1_000_000), request.Keep);
        if (catalogue is null)
            return 14;
        var figures = new Figures("search");
        figures.Add("tracks", catalogue.Tracks, "tracks, synthetic");
        SearchFigures.Add(catalogue, figures);
        figures.Print();
        return 0;
    }
}
