using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Findings;

namespace Lacquer.Benchmarks;

/// <summary>
/// The search of <see cref="CatalogueCase"/> alone: a catalogue of synthetic music is made as there, and only <see cref="SearchFigures"/> measured. Scale 1 is a million tracks. Or a catalogue that is there is
/// measured, whatever music it is of, and left as it is.
/// </summary>
internal static class SearchCase
{
    public static int Run(BenchRequest request)
    {
        if (request.Catalogue is { } folder)
            return OfCatalogue(folder);
        using var catalogue = BuiltCatalogue.OfSynthetic((long)(request.ScaleOr(1) * 1_000_000), request.Keep);
        if (catalogue is null)
            return 14;
        var figures = new Figures("search");
        figures.Add("tracks", catalogue.Tracks, "tracks, synthetic");
        SearchFigures.Add(catalogue.Folder, catalogue.Scratch, figures);
        figures.Print();
        return 0;
    }

    private static int OfCatalogue(string folder)
    {
        var scratch = Directory.CreateTempSubdirectory("lacquer-bench-").FullName;
        try
        {
            var figures = new Figures("search");
            using (var reader = CatalogueReader.Open(folder))
                figures.Add("tracks", reader.Totals().Tracks, "tracks");
            SearchFigures.Add(folder, scratch, figures);
            figures.Print();
            return 0;
        }
        catch (LacquerException e)
        {
            Console.Error.WriteLine($"bench: {e.Message}");
            return 2;
        }
        finally
        {
            Directory.Delete(scratch, recursive: true);
        }
    }
}
