namespace Lacquer.Formats.Rights;

/// <summary>The classes' names as <c>lacquer.toml</c> writes them.</summary>
public static class LicenceClassNames
{
    private static readonly (string Name, LicenceClasses Class)[] All =
    [
        ("public-domain", LicenceClasses.PublicDomain), ("attribution", LicenceClasses.Attribution), ("share-alike", LicenceClasses.ShareAlike),
        ("copyleft", LicenceClasses.Copyleft), ("non-commercial", LicenceClasses.NonCommercial), ("no-derivatives", LicenceClasses.NoDerivatives),
        ("permissive", LicenceClasses.Permissive),
    ];

    /// <summary>Every name there is.</summary>
    public static IEnumerable<string> Known => All.Select(n => n.Name);

    /// <summary>The names of the classes in the set.</summary>
    public static IEnumerable<string> Of(LicenceClasses classes) => All.Where(n => classes.HasFlag(n.Class)).Select(n => n.Name);

    /// <summary>The class of this name.</summary>
    public static bool TryParse(string name, out LicenceClasses @class)
    {
        @class = All.FirstOrDefault(n => n.Name == name).Class;
        return @class != LicenceClasses.None;
    }
}
