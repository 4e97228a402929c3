using System.Text.RegularExpressions;

namespace Lacquer.Formats.Rights;

/// <summary>What a licence asks or allows, as policy tells licences apart. A licence may be of several classes, and a policy must allow each.</summary>
[Flags]
public enum LicenceClasses
{
    /// <summary>Nothing is known, so nothing is allowed.</summary>
    None = 0,

    /// <summary>Free of copyright, or given to the public without conditions (CC0, Public Domain Mark, NoC-*).</summary>
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
    /// <summary>More letters than this are not read for a licence.</summary>
    public const int LongestText = 2000;

    /// <summary>
    /// Recognises a licence from an SPDX id, a Creative Commons address in any spelling, a name as tags have it, or a DEP-5 short name.
    /// Unknown stays unknown: null.
    /// </summary>
    public static Licence? Recognise(string? text)
    {
        if (string.IsNullOrWhiteSpace(text) || text.Length > LongestText)
            return null;
        var plain = text.Trim().ToLowerInvariant();
        return CreativeCommons(plain) ?? RightsStatement(plain) ?? Software(plain);
    }

    private static Licence? CreativeCommons(string text)
    {
        if (Cc0().IsMatch(text))
            return new Licence("CC0-1.0", LicenceClasses.PublicDomain);
        if (PublicDomainMark().IsMatch(text))
            return new Licence("https://creativecommons.org/publicdomain/mark/1.0/", LicenceClasses.PublicDomain);
        // Two licences in one text say nothing certain.
        var matches = Cc().Matches(text);
        if (matches.Count == 0 || matches.Skip(1).Any(m => m.Value != matches[0].Value))
            return Spelled(text);
        var parts = matches[0].Groups["parts"].Value.Replace(' ', '-').Replace('_', '-').Split('-', StringSplitOptions.RemoveEmptyEntries);
        var version = matches[0].Groups["version"].Value;
        return Combine(parts.Contains("by"), parts.Contains("nc"), parts.Contains("nd"), parts.Contains("sa"), version);
    }

    private static Licence? Spelled(string text)
    {
        if (!text.Contains("creative commons", StringComparison.Ordinal))
            return null;
        var version = Version().Match(text).Value;
        return Combine(
            text.Contains("attribution", StringComparison.Ordinal),
            NonCommercialWords().IsMatch(text),
            NoDerivativesWords().IsMatch(text),
            ShareAlikeWords().IsMatch(text),
            version);
    }

    private static Licence? Combine(bool by, bool nc, bool nd, bool sa, string version)
    {
        if (!by || (nd && sa))
            return null;
        var code = "CC-BY" + (nc ? "-NC" : "") + (nd ? "-ND" : "") + (sa ? "-SA" : "");
        if (version is not ("" or "1.0" or "2.0" or "2.5" or "3.0" or "4.0"))
            return null;
        var classes = LicenceClasses.Attribution
            | (nc ? LicenceClasses.NonCommercial : 0) | (nd ? LicenceClasses.NoDerivatives : 0) | (sa ? LicenceClasses.ShareAlike : 0);
        return new Licence(version.Length == 0 ? code : $"{code}-{version}", classes);
    }

    private static Licence? RightsStatement(string text)
    {
        var match = RightsStatementUri().Match(text);
        if (!match.Success)
            return null;
        var uri = $"http://rightsstatements.org/vocab/{match.Groups[1].Value.ToUpperInvariant()}/1.0/";
        // A statement tells what is known of a work's rights; none of the twelve is a licence, so none is of a class that policy could allow.
        return new Licence(uri, LicenceClasses.None);
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
            "public domain" or "public-domain" or "publicdomain" => new Licence("https://creativecommons.org/publicdomain/mark/1.0/", LicenceClasses.PublicDomain),
            _ => null,
        };
    }

    [GeneratedRegex(@"\bcc-?0\b|creativecommons\.org/(publicdomain/zero|licenses/zero)/1\.0|\bcc zero\b")]
    private static partial Regex Cc0();

    [GeneratedRegex(@"creativecommons\.org/(publicdomain/mark/1\.0|licenses/publicdomain)")]
    private static partial Regex PublicDomainMark();

    [GeneratedRegex(@"(creativecommons\.org/licenses/|\bcc[- _]?)(?<parts>by(?:[- _](?:nc|nd|sa))*)(?![a-z])(?:[-/ _]v?(?<version>\d\.\d))?")]
    private static partial Regex Cc();

    [GeneratedRegex(@"\b\d\.\d\b")]
    private static partial Regex Version();

    [GeneratedRegex(@"non-? ?commercial")]
    private static partial Regex NonCommercialWords();

    [GeneratedRegex(@"no-? ?deriv")]
    private static partial Regex NoDerivativesWords();

    [GeneratedRegex(@"share-? ?alike")]
    private static partial Regex ShareAlikeWords();

    [GeneratedRegex(@"rightsstatements\.org/(?:vocab|page)/([a-z-]+)/1\.0")]
    private static partial Regex RightsStatementUri();

    [GeneratedRegex(@"^(?:the )?(?:gnu )?(?:(?<lesser>lgpl|lesser general public licen[cs]e|library general public licen[cs]e)|(?<affero>agpl|affero general public licen[cs]e)|gpl|general public licen[cs]e)(?:[- ,]*(?:v|version )?[- ]?(?<version>[123](?:\.[01])?))?(?<later>\+|[- ]or[- ](?:any[- ])?(?:later|newer).*|-or-later)?(?:-only)?\.?$")]
    private static partial Regex Gpl();
}
