using System.Text.RegularExpressions;

namespace Lacquer.Formats.Rights;

/// <content>Names of the Creative Commons licences, as people and tags write them.</content>
public sealed partial record Licence
{
    // Where Creative Commons was ported to, as SPDX ids end; without "no", which is also a word.
    private static readonly HashSet<string> Jurisdictions = new(["ar", "at", "au", "be", "br", "ca", "ch", "cl", "cn", "co", "cz", "de", "dk", "es", "fi", "fr", "gr", "hu", "ie", "igo", "il", "it", "jp", "kr", "mx", "nl", "nz", "pl", "pt", "scotland", "se", "tw", "uk", "us", "za"], StringComparer.Ordinal);

    // The same, as the licences' titles end.
    private static readonly HashSet<string> Countries = new(["argentina", "australia", "austria", "belgium", "brazil", "canada", "chile", "colombia", "denmark", "deutschland", "finland", "france", "germany", "greece", "ireland", "israel", "italy", "japan", "korea", "mexico", "netherlands", "norway", "poland", "portugal", "spain", "sweden", "switzerland", "taiwan"], StringComparer.Ordinal);

    private static string[] Segments(string text) => text.Split(['(', ')', ';', ',', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    // "Creative Commons Attribution 4.0 International (CC BY 4.0)": each part says the same.
    private static Licence? Named(string text)
    {
        Licence? found = null;
        foreach (var segment in Segments(text))
        {
            // Part of CC0's own name.
            if (found == Zero && segment == "public domain dedication")
                continue;
            if (OfWords(segment) is not { } licence || (found is not null && !Same(found, licence)))
                return null;
            if (found is null || found.Code.Length < licence.Code.Length)
                found = licence;
        }

        return found;
    }

    // The same licence, one of them perhaps without its version.
    private static bool Same(Licence one, Licence other) => one == other
        || (one.Classes == other.Classes && (one.Code.StartsWith(other.Code + "-", StringComparison.Ordinal) || other.Code.StartsWith(one.Code + "-", StringComparison.Ordinal)));

    // Every word must be one that such a name is made of; a word too many may change what it says.
    private static Licence? OfWords(string text)
    {
        text = NonCommercialWords().Replace(NoDerivativesWords().Replace(ShareAlikeWords().Replace(text, " sa "), " nd "), " nc ");
        var (creativeCommons, by, nc, nd, sa, zero, mark, version) = (false, false, false, false, false, false, false, "");
        var words = text.Split([' ', '-', '_', '/', '\t', '\u2013', '\u2011'], StringSplitOptions.RemoveEmptyEntries);
        for (var i = 0; i < words.Length; i++)
        {
            bool Once(ref bool flag) => !flag && (flag = true);
            var known = words[i] switch
            {
                "creative" => i + 1 < words.Length && words[i + 1] == "commons",
                "commons" => i > 0 && words[i - 1] == "creative" && (creativeCommons = true),
                "cc" => creativeCommons = true,
                "ccby" => (creativeCommons = true) && Once(ref by),
                "by" or "attribution" => Once(ref by),
                "nc" => Once(ref nc),
                "nd" => Once(ref nd),
                "sa" => Once(ref sa),
                "cc0" => (creativeCommons = true) && Once(ref zero),
                "0" or "zero" => Once(ref zero),
                "pdm" => Once(ref mark),
                "public" => i + 1 < words.Length && words[i + 1] is "license" or "licence" || (i + 2 < words.Length && words[i + 1] == "domain" && words[i + 2] is "mark" or "dedication"),
                "domain" => i > 0 && words[i - 1] == "public",
                "mark" => Once(ref mark),
                "dedication" => zero,
                "license" or "licence" or "international" or "unported" or "generic" or "universal" or "version" or "deed" or "legalcode" => true,
                "the" or "under" or "licensed" or "released" or "a" or "license:" or "licence:" => i < 3,
                var word => version.Length > 0 ? Jurisdictions.Contains(word) || Countries.Contains(word) : VersionWord().Match(word) is { Success: true } number && (version = number.Groups[1].Value).Length > 0,
            };
            if (!known)
                return null;
        }

        if (version.Length == 1)
            version += ".0";
        return (zero, mark) switch
        {
            (true, false) => creativeCommons && !(by || nc || nd || sa) && version is "" or "1.0" ? Zero : null,
            (false, true) => !(by || nc || nd || sa) && version is "" or "1.0" ? Mark : null,
            (false, false) => creativeCommons ? Combine(by, nc, nd, sa, version) : null,
            _ => null,
        };
    }

    private static Licence? Combine(bool by, bool nc, bool nd, bool sa, string version)
    {
        if ((nd && sa) || version is not ("" or "1.0" or "2.0" or "2.1" or "2.5" or "3.0" or "4.0"))
            return null;
        var classes = (by ? LicenceClasses.Attribution : 0)
            | (nc ? LicenceClasses.NonCommercial : 0) | (nd ? LicenceClasses.NoDerivatives : 0) | (sa ? LicenceClasses.ShareAlike : 0);
        // Only the first versions had licences that ask for no name.
        if (!by)
            return (nc || nd || sa) && version is "1.0" or "2.0"
                ? new Licence($"https://creativecommons.org/licenses/{string.Join('-', new[] { nd ? "nd" : "", nc ? "nc" : "", sa ? "sa" : "" }.Where(e => e.Length > 0))}/{version}/", classes) : null;
        var code = "CC-BY" + (nc ? "-NC" : "") + (nd ? "-ND" : "") + (sa ? "-SA" : "");
        return new Licence(version.Length == 0 ? code : $"{code}-{version}", classes);
    }

    [GeneratedRegex(@"^v?\.?([1-4](?:\.\d)?)$")]
    private static partial Regex VersionWord();

    [GeneratedRegex(@"\bnon[- ]?commercial\b")]
    private static partial Regex NonCommercialWords();

    [GeneratedRegex(@"\bno[- ]?deriv(?:s|atives?|ative works)?\b")]
    private static partial Regex NoDerivativesWords();

    [GeneratedRegex(@"\bshare[- ]?alike\b")]
    private static partial Regex ShareAlikeWords();
}
