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

/// <summary>
/// A licence by its SPDX id (SPDX License List 3.x), its rightsstatements.org or Creative Commons URI, or an SPDX expression of several joined by <c>AND</c>, with its classes.
/// </summary>
/// <param name="Code">For example <c>CC-BY-SA-3.0</c>. Recognised as the same licence again.</param>
/// <param name="Classes">What policy is asked about; <see cref="LicenceClasses.None"/> for what is known and no licence to copy.</param>
/// <param name="Territory">The only territory in which that holds, ISO 3166-1 alpha-2; null: everywhere.</param>
public sealed partial record Licence(string Code, LicenceClasses Classes, string? Territory = null)
{
    private const string ByAgePrefix = "LicenseRef-public-domain-";
    private const int MostOperands = 16;

    private static readonly Licence Zero = new("CC0-1.0", LicenceClasses.PublicDomain);
    private static readonly Licence Mark = new("https://creativecommons.org/publicdomain/mark/1.0/", LicenceClasses.PublicDomain);

    /// <summary>More letters than this are not read for a licence.</summary>
    public const int LongestText = 2000;

    /// <summary>
    /// Recognises a licence from an SPDX id or expression, a Creative Commons address in any spelling, a name as tags have it, or a DEP-5 short name. An address counts within a sentence too, as
    /// Creative Commons asks to embed it; a name counts only where the whole text is the name. Whatever is more than that, denies, or names two licences stays unknown: null. Of an expression's
    /// alternatives (<c>OR</c>) the freest is taken; of what it joins (<c>AND</c>) all must be allowed.
    /// </summary>
    public static Licence? Recognise(string? text)
    {
        if (string.IsNullOrWhiteSpace(text) || text.Length > LongestText)
            return null;
        var plain = text.Trim().ToLowerInvariant();
        return Addresses().IsMatch(plain) ? Addressed(plain) : Operators().IsMatch(text) ? Expressed(text) : OfId(plain);
    }

    /// <summary>Recognises the licence of a DEP-5 paragraph, whose operators are lower-case (copyright-format 1.0, "License specification").</summary>
    public static Licence? RecogniseShortName(string? text) => Recognise(text)
        ?? (text is null ? null : Recognise(ShortNameOperators().Replace(text, match => match.Value.ToUpperInvariant())));

    /// <summary>What is in the public domain in one territory because of its age.</summary>
    /// <param name="territory">ISO 3166-1 alpha-2.</param>
    public static Licence ByAge(string territory) => new(ByAgePrefix + territory, LicenceClasses.PublicDomain, territory);

    private static Licence? OfId(string plain) => Named(plain) ?? Software(plain);

    // SPDX 2.3, annex D: OR and AND in capitals, AND binds stronger, parentheses. Exceptions (WITH) are not known.
    private static Licence? Expressed(string text)
    {
        var tokens = new Queue<string>(text.Replace("(", " ( ", StringComparison.Ordinal).Replace(")", " ) ", StringComparison.Ordinal).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        if (tokens.Count > 4 * MostOperands)
            return null;
        var licence = Alternatives(tokens);
        return tokens.Count == 0 ? licence : null;
    }

    private static Licence? Alternatives(Queue<string> tokens)
    {
        var freest = Joined(tokens);
        while (freest is not null && tokens.TryPeek(out var next) && next == "OR")
        {
            tokens.Dequeue();
            var other = Joined(tokens);
            freest = other is null ? null : other.Burden < freest.Burden ? other : freest;
        }

        return freest;
    }

    private static Licence? Joined(Queue<string> tokens)
    {
        var all = Operand(tokens);
        while (all is not null && tokens.TryPeek(out var next) && next == "AND")
        {
            tokens.Dequeue();
            all = Operand(tokens) is { } other ? all.And(other) : null;
        }

        return all;
    }

    private static Licence? Operand(Queue<string> tokens)
    {
        if (!tokens.TryDequeue(out var token))
            return null;
        if (token != "(")
            return OfId(token.ToLowerInvariant());
        var inner = Alternatives(tokens);
        return tokens.TryDequeue(out var end) && end == ")" ? inner : null;
    }

    private Licence? And(Licence other) => this == other ? this
        : (Territory is not null && other.Territory is not null && Territory != other.Territory) || Term is null || other.Term is null ? null
        : new($"{Term} AND {other.Term}", Classes == 0 || other.Classes == 0 ? LicenceClasses.None : Classes | other.Classes, Territory ?? other.Territory);

    // An address is no term of an expression.
    private string? Term => this == Mark ? "CC-PDM-1.0" : Code.Contains('/', StringComparison.Ordinal) ? null : Code;

    // The order of freedom in which alternatives are taken: it must not depend on the policy, or one text would name several licences.
    private int Burden => Classes == 0 ? int.MaxValue
        : (Territory is null ? 0 : 256) + (Classes.HasFlag(LicenceClasses.NoDerivatives) ? 128 : 0) + (Classes.HasFlag(LicenceClasses.NonCommercial) ? 64 : 0)
        + (Classes.HasFlag(LicenceClasses.Copyleft) ? 32 : 0) + (Classes.HasFlag(LicenceClasses.ShareAlike) ? 16 : 0) + (Classes.HasFlag(LicenceClasses.Attribution) ? 8 : 0)
        + (Classes.HasFlag(LicenceClasses.Permissive) ? 4 : 0);

    [GeneratedRegex(@"\s(?:OR|AND|WITH)\s")]
    private static partial Regex Operators();

    [GeneratedRegex(@"(?<=^|\s)(?:or|and)(?=\s)")]
    private static partial Regex ShortNameOperators();
}
