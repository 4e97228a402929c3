using System.Text.RegularExpressions;

namespace Lacquer.Formats.Rights;

/// <summary>What a licence asks or allows, as policy tells licences apart. A licence may be of several classes, and a policy must allow each.</summary>
[Flags]
public enum LicenceClasses
{
    /// <summary>Nothing is known, so nothing is allowed.</summary>
    None = 0,

    /// <summary>Free of copyright, or given to the public without conditions (CC0, Public Domain Mark).</summary>
    PublicDomain = 1,

    /// <summary>The author must be named (CC BY).</summary>
    Attribution = 2,

    /// <summary>Adaptations go under the same licence (CC BY-SA).</summary>
    ShareAlike = 4,

    /// <summary>A copyleft licence made for software or design (GPL, LGPL, Art Libre), used for music.</summary>
    Copyleft = 8,

    /// <summary>No commercial use (CC *-NC-*).</summary>
    NonCommercial = 16,

    /// <summary>No adaptations (CC *-ND).</summary>
    NoDerivatives = 32,

    /// <summary>A permissive software licence (MIT, BSD).</summary>
    Permissive = 64,
}

/// <summary>A licence by its SPDX id (SPDX License List 3.x) or its rightsstatements.org or Creative Commons URI, with its classes.</summary>
/// <param name="Code">For example <c>CC-BY-SA-3.0</c>.</param>
/// <param name="Classes">What policy is asked about.</param>
public sealed partial record Licence(string Code, LicenceClasses Classes)
{
    private static readonly Licence Zero = new("CC0-1.0", LicenceClasses.PublicDomain);
    private static readonly Licence Mark = new("https://creativecommons.org/publicdomain/mark/1.0/", LicenceClasses.PublicDomain);

    // The twelve statements of rightsstatements.org, version 1.0.
    private static readonly string[] Statements = ["InC", "InC-OW-EU", "InC-EDU", "InC-NC", "InC-RUU", "NoC-CR", "NoC-NC", "NoC-OKLR", "NoC-US", "CNE", "UND", "NKC"];

    // Where Creative Commons was ported to, as SPDX ids end; without "no", which is also a word.
    private static readonly HashSet<string> Jurisdictions = new(["ar", "at", "au", "be", "br", "ca", "ch", "cl", "cn", "co", "cz", "de", "dk", "es", "fi", "fr", "gr", "hu", "ie", "igo", "il", "it", "jp", "kr", "mx", "nl", "nz", "pl", "pt", "scotland", "se", "tw", "uk", "us", "za"], StringComparer.Ordinal);

    /// <summary>More letters than this are not read for a licence.</summary>
    public const int LongestText = 2000;

    /// <summary>
    /// Recognises a licence from an SPDX id, a Creative Commons address in any spelling, a name as tags have it, or a DEP-5 short name. An address counts within a sentence too, as
    /// Creative Commons asks to embed it; a name counts only where the whole text is the name. Whatever is more than that, denies, or names two licences stays unknown: null.
    /// </summary>
    public static Licence? Recognise(string? text)
    {
        if (string.IsNullOrWhiteSpace(text) || text.Length > LongestText)
            return null;
        var plain = text.Trim().ToLowerInvariant();
        return Addresses().IsMatch(plain) ? Addressed(plain) : Named(plain) ?? Software(plain);
    }

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
            if (Doubts().IsMatch(segment) || (Named(segment) ?? Software(segment)) is { } other && !Same(found!, other))
                return null;
        return found;
    }

    private static Licence? OfAddress(string host, string path)
    {
        if (host == "rightsstatements.org")
            // A statement tells what is known of a work's rights; none of the twelve is a licence, so none is of a class that policy could allow.
            return path.Split('/') is [("vocab" or "page"), var name, "1.0", ..] && Statements.FirstOrDefault(s => s.Equals(name, StringComparison.OrdinalIgnoreCase)) is { } statement
                ? new Licence($"http://rightsstatements.org/vocab/{statement}/1.0/", LicenceClasses.None) : null;
        return path.Split('/') switch
        {
            ["publicdomain" or "licenses", "zero", "1.0", .. var rest] when IsTail(rest) => Zero,
            ["publicdomain", "mark", "1.0", .. var rest] when IsTail(rest) => Mark,
            ["licenses", "publicdomain", .. var rest] when IsTail(rest) => Mark,
            ["licenses", var elements] => Elements(elements.Split('-'), ""),
            ["licenses", var elements, ""] => Elements(elements.Split('-'), ""),
            ["licenses", var elements, var version, .. var rest] when version.Length == 3 && IsTail(rest) => Elements(elements.Split('-'), version),
            _ => null,
        };
    }

    // A jurisdiction, the deed or the legal code, in some language.
    private static bool IsTail(string[] rest) => rest.Length <= 3 && rest.All(part => Tail().IsMatch(part));

    private static Licence? Elements(string[] elements, string version) =>
        elements.Distinct().Count() == elements.Length && elements.All(e => e is "by" or "nc" or "nd" or "sa")
            ? Combine(elements.Contains("by"), elements.Contains("nc"), elements.Contains("nd"), elements.Contains("sa"), version) : null;

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
                var word => version.Length > 0 ? Jurisdictions.Contains(word) : VersionWord().Match(word) is { Success: true } number && (version = number.Groups[1].Value).Length > 0,
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
        if (!by || (nd && sa) || version is not ("" or "1.0" or "2.0" or "2.1" or "2.5" or "3.0" or "4.0"))
            return null;
        var code = "CC-BY" + (nc ? "-NC" : "") + (nd ? "-ND" : "") + (sa ? "-SA" : "");
        var classes = LicenceClasses.Attribution
            | (nc ? LicenceClasses.NonCommercial : 0) | (nd ? LicenceClasses.NoDerivatives : 0) | (sa ? LicenceClasses.ShareAlike : 0);
        return new Licence(version.Length == 0 ? code : $"{code}-{version}", classes);
    }

    private static Licence? Software(string text)
    {
        if (Gpl().Match(text) is { Success: true } gpl)
        {
            var name = gpl.Groups["lesser"].Success ? "LGPL" : gpl.Groups["affero"].Success ? "AGPL" : "GPL";
            var version = gpl.Groups["version"].Value;
            if (version.Length == 1)
                version += ".0";
            var known = name switch
            {
                "GPL" => version is "" or "1.0" or "2.0" or "3.0",
                "LGPL" => version is "" or "2.0" or "2.1" or "3.0",
                _ => version is "" or "1.0" or "3.0",
            };
            if (!known)
                return null;

            // The GPL, "Revised Versions": where no number is given, any version ever published may be chosen.
            var code = version.Length == 0 ? $"{name}-{(name == "LGPL" ? "2.0" : "1.0")}-or-later"
                : gpl.Groups["later"].Success ? $"{name}-{version}-or-later" : $"{name}-{version}-only";
            return new Licence(code, LicenceClasses.Copyleft);
        }

        return text switch
        {
            "free art license" or "art libre" or "licence art libre" or "lal-1.3" or "lal" => new Licence("LAL-1.3", LicenceClasses.Copyleft),
            "mit" or "expat" => new Licence("MIT", LicenceClasses.Permissive),
            "bsd-2-clause" => new Licence("BSD-2-Clause", LicenceClasses.Permissive),
            "bsd-3-clause" => new Licence("BSD-3-Clause", LicenceClasses.Permissive),
            "apache-2.0" => new Licence("Apache-2.0", LicenceClasses.Permissive),
            "isc" => new Licence("ISC", LicenceClasses.Permissive),
            "zlib" => new Licence("Zlib", LicenceClasses.Permissive),
            "public domain" or "public-domain" or "publicdomain" => Mark,
            _ => null,
        };
    }

    [GeneratedRegex(@"(?<![a-z0-9.@-])(?:https?://)?(?:www\.)?(?<host>creativecommons\.org|rightsstatements\.org)/(?<path>\S*)")]
    private static partial Regex Addresses();

    [GeneratedRegex(@"^(?:|[a-z]{2,4}|scotland|(?:deed|legalcode|rdf)(?:[.-][a-z_-]{2,8})?(?:\.txt)?)$")]
    private static partial Regex Tail();

    [GeneratedRegex(@"\b(?:not|no|never|without|except|excluding|unless|but|or|non|isn't|former|formerly|reserved|prohibited|permission)\b")]
    private static partial Regex Doubts();

    [GeneratedRegex(@"^v?\.?([1-4](?:\.\d)?)$")]
    private static partial Regex VersionWord();

    [GeneratedRegex(@"\bnon[- ]?commercial\b")]
    private static partial Regex NonCommercialWords();

    [GeneratedRegex(@"\bno[- ]?deriv(?:s|atives?|ative works)?\b")]
    private static partial Regex NoDerivativesWords();

    [GeneratedRegex(@"\bshare[- ]?alike\b")]
    private static partial Regex ShareAlikeWords();

    [GeneratedRegex(@"^(?:the )?(?:gnu )?(?:(?<lesser>lgpl|lesser general public licen[cs]e|library general public licen[cs]e)|(?<affero>agpl|affero general public licen[cs]e)|gpl|general public licen[cs]e)(?:[- ,]*(?:v|version )?[- ]?(?<version>[123](?:\.[01])?))?(?:(?<later>\+|,?[- ]or[- ](?:\(at your option\) )?(?:any[- ])?(?:later|newer)(?: versions?)?)|[- ]only)?\.?$")]
    private static partial Regex Gpl();
}
