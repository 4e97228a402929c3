using System.Text.RegularExpressions;

namespace Lacquer.Formats.Rights;

/// <content>Licences that were not made by Creative Commons: of software and documentation, and the first ones of free music.</content>
public sealed partial record Licence
{
    private static readonly Dictionary<string, Licence> Others = new(StringComparer.Ordinal)
    {
        ["lal-1.2"] = new("LAL-1.2", LicenceClasses.Copyleft),
        // The Open Audio License of the EFF (2001): whoever passes the work on names its author, and passes it on under the same terms. SPDX has no id for it.
        ["licenseref-oal-1.0"] = new("LicenseRef-OAL-1.0", LicenceClasses.Attribution | LicenceClasses.ShareAlike),
        ["mit"] = new("MIT", LicenceClasses.Permissive),
        ["mit-0"] = new("MIT-0", LicenceClasses.Permissive),
        ["bsd-2-clause"] = new("BSD-2-Clause", LicenceClasses.Permissive),
        ["bsd-3-clause"] = new("BSD-3-Clause", LicenceClasses.Permissive),
        ["0bsd"] = new("0BSD", LicenceClasses.Permissive),
        ["apache-2.0"] = new("Apache-2.0", LicenceClasses.Permissive),
        ["artistic-2.0"] = new("Artistic-2.0", LicenceClasses.Permissive),
        ["isc"] = new("ISC", LicenceClasses.Permissive),
        ["wtfpl"] = new("WTFPL", LicenceClasses.Permissive),
        ["zlib"] = new("Zlib", LicenceClasses.Permissive),
        ["unlicense"] = new("Unlicense", LicenceClasses.PublicDomain),
        ["pddl-1.0"] = new("PDDL-1.0", LicenceClasses.PublicDomain),
        ["cc-pddc"] = new("CC-PDDC", LicenceClasses.PublicDomain),
    };

    private static Licence? Software(string text)
    {
        if (Copyleft().Match(text) is { Success: true } copyleft)
            return OfGnu(copyleft);
        if (Listed().Match(text) is { Success: true } listed)
            return OfId(listed.Groups["id"].Value);
        if (Aged().Match(text) is { Success: true } aged)
            return ByAge(aged.Groups["territory"].Value.ToUpperInvariant());
        if (FreeArt().IsMatch(text))
            return new Licence("LAL-1.3", LicenceClasses.Copyleft);
        return text switch
        {
            "public domain" or "public-domain" or "publicdomain" or "no copyright" or "cc-pdm-1.0" => Mark,
            "open audio license" or "open audio licence" or "eff open audio license" or "eff oal" or "oal" or "oal-1.0" => Others["licenseref-oal-1.0"],
            "expat" => Others["mit"],
            "the unlicense" => Others["unlicense"],
            _ => Others.GetValueOrDefault(text),
        };
    }

    private static Licence? OfGnu(Match match)
    {
        var name = match.Groups["lesser"].Success ? "LGPL" : match.Groups["affero"].Success ? "AGPL" : match.Groups["documentation"].Success ? "GFDL" : "GPL";
        var version = match.Groups["version"].Value;
        if (version.Length == 1)
            version += ".0";
        var isKnown = name switch
        {
            "GPL" => version is "" or "1.0" or "2.0" or "3.0",
            "LGPL" => version is "" or "2.0" or "2.1" or "3.0",
            "GFDL" => version is "" or "1.1" or "1.2" or "1.3",
            _ => version is "" or "1.0" or "3.0",
        };
        if (!isKnown)
            return null;

        // The GPL, "Revised Versions": where no number is given, any version ever published may be chosen.
        var first = name switch { "LGPL" => "2.0", "GFDL" => "1.1", _ => "1.0" };
        return new Licence(version.Length == 0 ? $"{name}-{first}-or-later" : $"{name}-{version}-{(match.Groups["later"].Success ? "or-later" : "only")}", LicenceClasses.Copyleft);
    }

    [GeneratedRegex(@"^(?:the )?(?:gnu )?(?:(?<lesser>lgpl|lesser general public licen[cs]e|library general public licen[cs]e)|(?<affero>agpl|affero general public licen[cs]e)|(?<documentation>gfdl|fdl|free documentation licen[cs]e)|gpl|general public licen[cs]e)(?:[- ,]*(?:v|version )?[- ]?(?<version>[123](?:\.[0-3])?))?(?:(?<later>\+|,?[- ]or[- ](?:\(at your option\) )?(?:any[- ])?(?:later|newer)(?: versions?)?)|[- ]only)?\.?$")]
    private static partial Regex Copyleft();

    // An address that ends with an id: spdx.org/licenses/MIT, opensource.org/license/mit, gnu.org/licenses/gpl-3.0.html.
    [GeneratedRegex(@"^(?:https?://)?(?:www\.)?(?:spdx\.org/licenses|opensource\.org/licenses?|gnu\.org/(?:licenses(?:/old-licenses)?|copyleft))/(?<id>[a-z0-9.+-]+?)(?:(?:-standalone)?\.(?:html|txt))?/?$")]
    private static partial Regex Listed();

    [GeneratedRegex(@"^licenseref-public-domain-(?<territory>[a-z]{2})$")]
    private static partial Regex Aged();

    [GeneratedRegex(@"^(?:(?:the )?free art licen[cs]e|(?:licence )?art libre|lal|fal|(?:https?://)?(?:www\.)?artlibre\.org(?:/licence/lal(?:/[a-z]{2})?)?/?)(?:[- ]?\(?(?:v|version )?1\.3\)?)?$")]
    private static partial Regex FreeArt();
}
