using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Lacquer.Formats.Identity;

namespace Lacquer.Formats.Rights;

/// <summary>What the gate is asked about one file.</summary>
/// <param name="Evidence">What speaks of its licence, the statements in <c>lacquer.toml</c> left out.</param>
/// <param name="Today">The day on which it is asked: what has become free by age depends on it.</param>
public sealed record RightsQuestion(IReadOnlyList<Evidence> Evidence, DateOnly Today)
{
    /// <summary>The source's name.</summary>
    public string Source { get; init; } = "";

    /// <summary>The file's key in the source.</summary>
    public string Key { get; init; } = "";

    /// <summary>The recording it is of, or null where it is not catalogued.</summary>
    public EntityId? Recording { get; init; }

    /// <summary>The releases that the recording stands on.</summary>
    public IReadOnlyList<EntityId> Releases { get; init; } = [];
}

/// <summary>The gate's answer for one recording's audio.</summary>
/// <param name="Keep">Whether the archive may hold it.</param>
/// <param name="Publish">Whether an edition may contain it.</param>
/// <param name="Licence">The licence's code, or null where none was recognised.</param>
/// <param name="Reason">Why, in one line.</param>
/// <param name="Evidence">What decided, or null where nothing did.</param>
/// <param name="Policy">The policy's version.</param>
public sealed record RightsDecision(bool Keep, bool Publish, string? Licence, string Reason, Evidence? Evidence, string Policy);

/// <summary>Decides keep and publish from policy and evidence; denies by default. Safe for several threads.</summary>
public sealed class Gate
{
    /// <summary>The place of evidence that stands in <c>lacquer.toml</c>.</summary>
    public const string StatementPlace = "lacquer.toml";

    private readonly RightsPolicy _policy;
    private readonly SourcePolicy _rest;
    private readonly Dictionary<string, SourcePolicy> _sources;
    private readonly Dictionary<EntityId, Evidence> _byId = [];
    private readonly Dictionary<string, List<(Regex Match, Evidence Evidence)>> _bySource = new(StringComparer.Ordinal);

    /// <summary>A gate of this policy.</summary>
    public Gate(RightsPolicy policy)
    {
        _policy = policy;
        Version = policy.Version;
        _rest = new SourcePolicy("", policy.Keep, policy.Publish, policy.KeepUnknown, Deny: false);
        _sources = policy.Sources.ToDictionary(s => s.Name, StringComparer.Ordinal);
        // Of several statements on the same, the last holds.
        foreach (var statement in policy.Statements)
        {
            var evidence = new Evidence(EvidenceKind.Statement, StatementPlace, statement.Licence,
                Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(RightsPolicy.TextOf(statement)))), statement.By, statement.Date);
            if ((statement.Recording ?? statement.Release) is { } id)
                _byId[id] = evidence;
            else if (_bySource.TryGetValue(statement.Source!, out var rules))
                rules.Add((PathPattern.Of(statement.Match!), evidence));
            else
                _bySource.Add(statement.Source!, [(PathPattern.Of(statement.Match!), evidence)]);
        }
    }

    /// <summary>The policy's version.</summary>
    public string Version { get; }

    /// <summary>
    /// The decision. The evidence of the highest authority that speaks decides alone: a DEP-5 file that names a licence nobody recognises is not
    /// overruled by a tag. Records that disagree decide nothing, nor do tags.
    /// </summary>
    public RightsDecision Decide(RightsQuestion question)
    {
        var rules = _sources.GetValueOrDefault(question.Source, _rest);
        if (rules.Deny)
            return new RightsDecision(false, false, null, $"policy lets nothing in from the source {question.Source}", null, Version);
        if (Speaking(question) is not [var deciding, ..] speaking)
            return Unknown(rules, "no licence evidence: no LICENSE tag, copyright file or rights.toml speaks of it", null);
        if (deciding.Kind == EvidenceKind.Age)
            return ByAge(rules, deciding, question.Today);

        var licence = deciding.Recognise();
        // Of two records or tags that say different things, nobody knows which is right.
        if (deciding.Kind is EvidenceKind.Tag or EvidenceKind.Record
            && speaking.FirstOrDefault(e => e.Kind == deciding.Kind && e.Recognise() is var other && (other?.Classes, other?.Territory) != (licence?.Classes, licence?.Territory)) is { } against)
            return Unknown(rules, $"the {(deciding.Kind == EvidenceKind.Tag ? "tags" : "source's records")} disagree: {Shown(deciding)}, {Shown(against)}", null);
        return licence is null ? Unknown(rules, $"licence not recognised: {Shown(deciding)}", deciding) : Answer(rules, licence, deciding, Shown(deciding));
    }

    private List<Evidence> Speaking(RightsQuestion question)
    {
        var speaking = new List<Evidence>();
        if (Stated(question) is { } stated)
            speaking.Add(stated);
        // A COPYRIGHT tag usually names an owner, not a licence: it counts only where a licence is recognised in it.
        speaking.AddRange(question.Evidence
            .Where(e => e.Kind switch
            {
                EvidenceKind.Tag or EvidenceKind.Record => IsLicenceField(e) || e.Recognise() is not null,
                EvidenceKind.Age => _policy.Age is not null,
                _ => true,
            })
            .OrderBy(e => e.Kind).ThenBy(e => IsLicenceField(e) ? 0 : 1).ThenBy(e => e.Place, StringComparer.Ordinal));
        return speaking;
    }

    // The closer a statement is to the file, the more it counts.
    private Evidence? Stated(RightsQuestion question)
    {
        if (question.Recording is { } recording && _byId.TryGetValue(recording, out var own))
            return own;
        foreach (var release in question.Releases)
            if (_byId.TryGetValue(release, out var its))
                return its;
        return _bySource.GetValueOrDefault(question.Source)?.LastOrDefault(rule => rule.Match.IsMatch(question.Key)).Evidence;
    }

    private RightsDecision ByAge(SourcePolicy rules, Evidence age, DateOnly today)
    {
        var (rule, territory) = (_policy.Age!, _policy.Territory);
        var year = age.Text.Length >= 4 && int.TryParse(age.Text.AsSpan(0, 4), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
        if (ProtectionTerms.FreeFrom(territory, year, rule.Years) is not { } free)
            return Unknown(rules, $"no licence evidence, and published {age.Text} ({age.Place}): no term of {territory} says when it is free", null);
        if (today < free)
            return Unknown(rules, $"no licence evidence, and published {age.Text} ({age.Place}): protected in {territory} until {Day(free.AddDays(-1))}", null);
        return Answer(rules, Licence.ByAge(territory), age with { By = rule.By, Date = rule.Date },
            $"published {age.Text} ({age.Place}): the sound recording is free in {territory} since {Day(free)}, for the composition by statement of {rule.By} ({rule.Date})");
    }

    private RightsDecision Answer(SourcePolicy rules, Licence licence, Evidence deciding, string because)
    {
        RightsDecision Denied(string reason) => new(false, false, licence.Code, reason, deciding, Version);
        if (licence.Classes == 0)
            return Denied($"{licence.Code} is not a licence to copy");
        if (licence.Territory is { } territory && territory != _policy.Territory)
            return Denied($"{licence.Code} holds in {territory} alone, and {(_policy.Territory.Length == 0 ? "rights.territory is not set" : $"rights.territory is {_policy.Territory}")}");
        if ((licence.Classes & ~rules.Keep) is not 0 and var notKept)
            return Denied($"{licence.Code} may not be kept: policy does not keep {Names(notKept)}{Of(rules)}");
        return (licence.Classes & ~rules.Publish) is not 0 and var notPublished
            ? new RightsDecision(true, false, licence.Code, $"{licence.Code} may be kept but not published: policy does not publish {Names(notPublished)}{Of(rules)}", deciding, Version)
            : new RightsDecision(true, true, licence.Code, $"{licence.Code}, by {because}", deciding, Version);
    }

    private RightsDecision Unknown(SourcePolicy rules, string reason, Evidence? evidence) => new(rules.KeepUnknown, false, null, reason, evidence, Version);

    // Of tags LICENSE and LICENCE; of records licenseurl, license_ccurl and the like.
    private static bool IsLicenceField(Evidence evidence) => evidence.Kind == EvidenceKind.Tag
        ? evidence.Place.ToUpperInvariant() is "LICENSE" or "LICENCE"
        : evidence.Place.StartsWith("licen", StringComparison.OrdinalIgnoreCase);

    private static string Shown(Evidence evidence)
    {
        var text = evidence.Text.ReplaceLineEndings(" ");
        if (text.Length > 80)
            text = text[..80] + "…";
        return evidence.Kind switch
        {
            EvidenceKind.Statement => $"statement of {evidence.By} ({evidence.Date}) in {evidence.Place}: {text}",
            EvidenceKind.Dep5 => $"{evidence.Place}: {text}",
            EvidenceKind.Record => $"the source's {evidence.Place}={text}",
            _ => $"tag {evidence.Place}={text}",
        };
    }

    private static string Day(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static string Of(SourcePolicy rules) => rules.Name.Length == 0 ? "" : $" of the source {rules.Name}";

    private static string Names(LicenceClasses classes) => string.Join(", ", LicenceClassNames.Of(classes));
}
