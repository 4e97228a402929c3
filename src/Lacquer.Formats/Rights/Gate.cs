using System.Security.Cryptography;
using System.Text;

namespace Lacquer.Formats.Rights;

/// <summary>Which classes of licence an archive keeps and which it publishes. What is not named is denied.</summary>
/// <param name="Keep">Classes that may be kept.</param>
/// <param name="Publish">Classes that may be published; what is published must also be kept.</param>
/// <param name="KeepUnknown">Whether audio without any recognised licence is kept, dark: never published.</param>
public sealed record RightsPolicy(LicenceClasses Keep, LicenceClasses Publish, bool KeepUnknown)
{
    /// <summary>The policy's version: the first 12 hex digits of SHA-256 over its canonical text, so that the same policy has the same version everywhere.</summary>
    public string Version => Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(
        FormattableString.Invariant($"lacquer-policy/1 keep={(int)Keep} publish={(int)Publish} unknown={(KeepUnknown ? 1 : 0)}"))))[..12];
}

/// <summary>The gate's answer for one recording's audio.</summary>
/// <param name="Keep">Whether the archive may hold it.</param>
/// <param name="Publish">Whether an edition may contain it.</param>
/// <param name="Licence">The licence's code, or null where none was recognised.</param>
/// <param name="Reason">Why, in one line.</param>
/// <param name="Evidence">What decided, or null where nothing did.</param>
/// <param name="Policy">The policy's version.</param>
public sealed record RightsDecision(bool Keep, bool Publish, string? Licence, string Reason, Evidence? Evidence, string Policy);

/// <summary>Decides keep and publish from policy and evidence; denies by default.</summary>
public static class Gate
{
    /// <summary>
    /// The decision. The evidence of the highest authority that speaks decides alone: a DEP-5 file that names a licence nobody recognises is not
    /// overruled by a tag. Tags that disagree decide nothing.
    /// </summary>
    public static RightsDecision Decide(RightsPolicy policy, IReadOnlyList<Evidence> evidence)
    {
        ArgumentNullException.ThrowIfNull(policy);
        // A COPYRIGHT tag usually names an owner, not a licence: it counts only where a licence is recognised in it.
        var speaking = evidence
            .Where(e => e.Kind != EvidenceKind.Tag || IsLicenceTag(e.Place) || Licence.Recognise(e.Text) is not null)
            .OrderBy(e => e.Kind).ThenBy(e => IsLicenceTag(e.Place) ? 0 : 1).ThenBy(e => e.Place, StringComparer.Ordinal).ToList();
        if (speaking.Count == 0)
            return Unknown(policy, "no licence evidence: no LICENSE tag, copyright file or rights.toml speaks of it", null);

        var deciding = speaking[0];
        var licence = Licence.Recognise(deciding.Text);
        // Of two tags that say different things, nobody knows which is right.
        if (deciding.Kind == EvidenceKind.Tag && speaking.FirstOrDefault(e => Licence.Recognise(e.Text)?.Classes != licence?.Classes) is { } other)
            return Unknown(policy, $"the tags disagree: {Shown(deciding)}, {Shown(other)}", null);
        if (licence is null)
            return Unknown(policy, $"licence not recognised: {Shown(deciding)}", deciding);

        var keep = licence.Classes != 0 && (licence.Classes & ~policy.Keep) == 0;
        var publish = keep && (licence.Classes & ~policy.Publish) == 0;
        var reason = (keep, publish) switch
        {
            (true, true) => $"{licence.Code}, by {Shown(deciding)}",
            (true, false) => $"{licence.Code} may be kept but not published: policy does not publish {Names(licence.Classes & ~policy.Publish)}",
            _ => licence.Classes == 0
                ? $"{licence.Code} is not a licence to copy"
                : $"{licence.Code} may not be kept: policy does not keep {Names(licence.Classes & ~policy.Keep)}",
        };
        return new RightsDecision(keep, publish, licence.Code, reason, deciding, policy.Version);
    }

    private static RightsDecision Unknown(RightsPolicy policy, string reason, Evidence? evidence) =>
        new(policy.KeepUnknown, false, null, reason, evidence, policy.Version);

    private static bool IsLicenceTag(string place) =>
        place.Equals("LICENSE", StringComparison.OrdinalIgnoreCase) || place.Equals("LICENCE", StringComparison.OrdinalIgnoreCase);

    private static string Shown(Evidence evidence)
    {
        var text = evidence.Text.ReplaceLineEndings(" ");
        if (text.Length > 80)
            text = text[..80] + "…";
        return evidence.Kind switch
        {
            EvidenceKind.Statement => $"statement of {evidence.By} ({evidence.Date}) in {evidence.Place}: {text}",
            EvidenceKind.Dep5 => $"{evidence.Place}: {text}",
            _ => $"tag {evidence.Place}={text}",
        };
    }

    private static string Names(LicenceClasses classes) => string.Join(", ", LicenceClassNames.Of(classes));
}

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
