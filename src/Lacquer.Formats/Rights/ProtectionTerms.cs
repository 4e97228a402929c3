namespace Lacquer.Formats.Rights;

/// <summary>How long sound recordings are protected after publication. The composition that is heard has a term of its own, of which nothing here speaks.</summary>
public static class ProtectionTerms
{
    /// <summary>No sound was recorded to be played before (Edison's phonograph): a release dated earlier is dated wrongly.</summary>
    public const int FirstYear = 1877;

    // Directive 2006/116/EC as amended by 2011/77/EU, art. 3(2) and 10(5), and the United Kingdom's S.I. 2013/1782: 70 years, where the 50 of before had not run out on 1 November 2013.
    private static readonly HashSet<string> Seventy = new(
        ["AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GB", "GR", "HR", "HU", "IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"], StringComparer.Ordinal);

    /// <summary>Whether the law of a territory is known here.</summary>
    /// <param name="territory">ISO 3166-1 alpha-2.</param>
    public static bool Knows(string territory) => territory == "US" || Seventy.Contains(territory);

    /// <summary>The first day on which a recording is free, or null where no rule says.</summary>
    /// <param name="territory">ISO 3166-1 alpha-2.</param>
    /// <param name="year">The year in which it was first published.</param>
    /// <param name="statedYears">The operator's term for a territory that is not known here.</param>
    public static DateOnly? FreeFrom(string territory, int year, int? statedYears)
    {
        if (year is < FirstYear or > 9000)
            return null;
        if (territory == "US")
            return UnitedStates(year);
        if (Seventy.Contains(territory))
            return NewYear(year, year <= 1962 ? 50 : 70);
        return statedYears is { } years ? NewYear(year, years) : null;
    }

    // 17 U.S.C. § 1401(a)(2) (Music Modernization Act, 2018): 95 years and a transition period. What was published from 15 February 1972 has the ordinary term, for which a year of publication is not enough.
    private static DateOnly? UnitedStates(int year) => year switch
    {
        <= 1922 => new DateOnly(2022, 1, 1),
        <= 1946 => NewYear(year, 100),
        <= 1956 => NewYear(year, 110),
        <= 1971 => new DateOnly(2067, 2, 16),
        _ => null,
    };

    // Terms run to the end of a calendar year.
    private static DateOnly NewYear(int year, int term) => new(year + term + 1, 1, 1);
}
