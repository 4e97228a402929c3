using System.Text.RegularExpressions;

namespace Lacquer.Formats.Rights;

/// <content>Addresses of Creative Commons and rightsstatements.org.</content>
public sealed partial record Licence
{
    // The twelve statements of rightsstatements.org, version 1.0.
    private static readonly string[] Statements = ["InC", "InC-OW-EU", "InC-EDU", "InC-NC", "InC-RUU", "NoC-CR", "NoC-NC", "NoC-OKLR", "NoC-US", "CNE", "UND", "NKC"];

    private static Licence? Addressed(string text)
    {
        Licence? found = null;
        foreach (Match address in Addresses().Matches(text))
        {
            if ((OfAddress(address.Groups["host"].Value, address.Groups["path"].Value.Split('?', '#')[0].TrimEnd('.', ',', ';', ':', ')', '>', ']', '"', '\'', '!')) is not { } licence)
                || (found is not null && found != licence))
                return null;
            found = licence;
        }

        // What stands around the address may be prose, but none that takes back what the address says, and no other licence.
        foreach (var segment in Segments(Addresses().Replace(text, ";")))
            if (Doubts().IsMatch(segment) || (OfId(segment) is { } other && !Same(found!, other)))
                return null;
        return found;
    }

    private static Licence? OfAddress(string host, string path)
    {
        if (host == "rightsstatements.org")
            return path.Split('/') is [("vocab" or "page"), var name, "1.0", ..] && Statements.FirstOrDefault(s => s.Equals(name, StringComparison.OrdinalIgnoreCase)) is { } statement
                ? OfStatement(statement) : null;
        return path.Split('/') switch
        {
            ["publicdomain" or "licenses", "zero", "1.0", .. var rest] when IsTail(rest) => Zero,
            ["publicdomain", "mark", "1.0", .. var rest] when IsTail(rest) => Mark,
            ["licenses", "publicdomain", .. var rest] when IsTail(rest) => Mark,
            ["licenses", "sampling" or "sampling+" or "sampling%2b" or "nc-sampling+" or "nc-sampling%2b" or "devnations", _, .. var rest] when IsTail(rest) => Retired(path.Split('/')),
            ["licenses", var elements] => Elements(elements.Split('-'), ""),
            ["licenses", var elements, ""] => Elements(elements.Split('-'), ""),
            ["licenses", var elements, var version, .. var rest] when version.Length == 3 && IsTail(rest) => Elements(elements.Split('-'), version),
            _ => null,
        };
    }

    // A statement tells what is known of a work's rights and is no licence, so policy has no class for it; but what is said to be free of copyright in the United States may be published from there.
    private static Licence OfStatement(string name) => name == "NoC-US"
        ? new Licence($"http://rightsstatements.org/vocab/{name}/1.0/", LicenceClasses.PublicDomain, "US")
        : new Licence($"http://rightsstatements.org/vocab/{name}/1.0/", LicenceClasses.None);

    // Licences that Creative Commons has withdrawn. Sampling lets nobody pass on the whole work and Developing Nations only some countries; Sampling Plus lets it be passed on whole and without commerce.
    private static Licence? Retired(string[] path) => (path[1].Replace("%2b", "+", StringComparison.Ordinal), path[2]) switch
    {
        ("sampling", "1.0") => new("https://creativecommons.org/licenses/sampling/1.0/", LicenceClasses.None),
        ("devnations", "2.0") => new("https://creativecommons.org/licenses/devnations/2.0/", LicenceClasses.None),
        (("sampling+" or "nc-sampling+") and var name, "1.0") =>
            new($"https://creativecommons.org/licenses/{name}/1.0/", LicenceClasses.Attribution | LicenceClasses.NonCommercial | LicenceClasses.NoDerivatives),
        _ => null,
    };

    // A jurisdiction, the deed or the legal code, in some language.
    private static bool IsTail(string[] rest) => rest.Length <= 3 && rest.All(part => Tail().IsMatch(part));

    private static Licence? Elements(string[] elements, string version) =>
        elements.Distinct().Count() == elements.Length && elements.All(e => e is "by" or "nc" or "nd" or "sa")
            ? Combine(elements.Contains("by"), elements.Contains("nc"), elements.Contains("nd"), elements.Contains("sa"), version) : null;

    [GeneratedRegex(@"(?<![a-z0-9.@-])(?:https?://)?(?:www\.)?(?<host>creativecommons\.org|rightsstatements\.org)/(?<path>\S*)")]
    private static partial Regex Addresses();

    [GeneratedRegex(@"^(?:|[a-z]{2,4}|scotland|(?:deed|legalcode|rdf)(?:[.-][a-z_-]{2,8})?(?:\.txt)?)$")]
    private static partial Regex Tail();

    [GeneratedRegex(@"\b(?:not|no|never|without|except|excluding|unless|but|or|non|isn't|former|formerly|reserved|prohibited|permission)\b")]
    private static partial Regex Doubts();
}
