namespace Lacquer.Formats.Catalogues;

/// <summary>
/// What made the files that follow from <c>catalogue.sqlite</c>, so that a mirror knows beforehand whether it would make the same bytes: the formats of what is written and of what it is made from, and whatever else
/// the bytes depend on.
/// </summary>
public static class MadeFormats
{
    /// <summary>Of <c>lookups.sqlite</c>.</summary>
    public const string OfLookups = $"{LookupTables.Format} of {CatalogueSchema.Format}";

    /// <summary>The files of a catalogue that are made from its facts, in the order in which they are made, and by what this program makes them.</summary>
    public static IReadOnlyList<(string File, string By)> All { get; } = [(CatalogueReader.LookupsFileName, OfLookups), (CatalogueReader.SearchFileName, OfSearch(SearchTerms.Transliteration))];

    /// <summary>Of <c>search.sqlite</c>.</summary>
    /// <param name="transliteration">The program that transliterated, and its version.</param>
    public static string OfSearch(string transliteration) => $"{SearchSchema.Format} of {CatalogueSchema.Format} with {transliteration}";
}
