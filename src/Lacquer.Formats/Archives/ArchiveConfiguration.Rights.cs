using Lacquer.Formats.Identity;
using Lacquer.Formats.Rights;

namespace Lacquer.Formats.Archives;

/// <content>The table <c>[rights]</c>.</content>
public sealed partial record ArchiveConfiguration
{
    private static RightsPolicy ReadRights(Section rights)
    {
        var keep = Classes(rights, "keep") ?? LicenceClasses.PublicDomain | LicenceClasses.Attribution | LicenceClasses.ShareAlike | LicenceClasses.Copyleft | LicenceClasses.Permissive | LicenceClasses.NonCommercial;
        var publish = Classes(rights, "publish") ?? LicenceClasses.PublicDomain | LicenceClasses.Attribution | LicenceClasses.ShareAlike | LicenceClasses.Copyleft | LicenceClasses.Permissive;
        if ((publish & ~keep) != 0)
            throw rights.Bad("publish", "only classes that keep names too");
        var policy = new RightsPolicy(keep, publish, rights.Truth("keep_unknown", false))
        {
            Territory = rights.Text("territory", ""),
            FormatShiftNoDerivatives = rights.Truth("format_shift_no_derivatives", false),
        };
        if (policy.Territory.Length != 0 && (policy.Territory.Length != 2 || !policy.Territory.All(char.IsAsciiLetterUpper)))
            throw rights.Bad("territory", "two capital letters (ISO 3166-1), or empty");
        policy = policy with
        {
            Sources = rights.Tables("source").Select(source => ReadSource(source, policy)).ToList(),
            Statements = rights.Tables("statement").Select(ReadStatement).ToList(),
            Age = rights.Has("age") ? ReadAge(rights.Sub("age"), policy.Territory) : null,
        };
        return policy.Sources.GroupBy(s => s.Name, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice
            ? throw rights.Bad("source", $"given once for each source, and is twice for '{twice.Key}'") : policy;
    }

    private static SourcePolicy ReadSource(Section source, RightsPolicy policy)
    {
        var rules = new SourcePolicy(Required(source, "name"), Classes(source, "keep") ?? policy.Keep, Classes(source, "publish") ?? policy.Publish,
            source.Truth("keep_unknown", policy.KeepUnknown), source.Truth("deny", false));
        if ((rules.Publish & ~rules.Keep) != 0)
            throw source.Bad("publish", "only classes that keep names too");
        source.MustBeRead();
        return rules;
    }

    private static PolicyStatement ReadStatement(Section statement)
    {
        var read = new PolicyStatement(Required(statement, "by"), RequiredDate(statement), Required(statement, "licence"), Id(statement, "recording", EntityKind.Recording), Id(statement, "release", EntityKind.Release),
            statement.Has("source") ? Required(statement, "source") : null, statement.Has("source") ? statement.Text("match", "*") : null);
        if (new object?[] { read.Recording, read.Release, read.Source }.Count(part => part is not null) != 1)
            throw statement.Bad("recording", "given, or else release or source: one of the three");
        if (read.Licence.Length > Licence.LongestText || read.Match is { Length: > Licence.LongestText })
            throw statement.Bad("licence", FormattableString.Invariant($"at most {Licence.LongestText} letters, as must match"));
        statement.MustBeRead();
        return read;
    }

    private static AgeRule ReadAge(Section age, string territory)
    {
        var rule = new AgeRule(Required(age, "by"), RequiredDate(age), age.Has("years") ? (int)age.Whole("years", 0, 1, 200) : null);
        age.MustBeRead();
        if (territory.Length == 0)
            throw age.Bad("by", "given together with rights.territory: terms differ from country to country");
        if (ProtectionTerms.Knows(territory) == rule.Years is not null)
            throw age.Bad("years", rule.Years is null ? $"given: the term of {territory} is not known here" : $"left out: the term of {territory} is known");
        return rule;
    }

    private static string Required(Section section, string key) => section.Text(key, "") is { Length: > 0 } text ? text : throw section.Bad(key, "given");

    private static string RequiredDate(Section section) => section.Date("date") is { Length: > 0 } date ? date : throw section.Bad("date", "given: when it is stated");

    private static EntityId? Id(Section section, string key, EntityKind kind) => !section.Has(key) ? null
        : EntityId.TryParse(section.Text(key, ""), out var id) && id.Kind == kind ? id : throw section.Bad(key, kind == EntityKind.Recording ? "the id of a recording (rec-…)" : "the id of a release (rel-…)");

    private static LicenceClasses? Classes(Section section, string key)
    {
        if (!section.Has(key))
            return null;
        LicenceClasses classes = 0;
        foreach (var name in section.Texts(key, []))
            classes |= LicenceClassNames.TryParse(name, out var one) ? one : throw section.Bad(key, $"classes of licence ({string.Join(", ", LicenceClassNames.Known)}), not '{name}'");
        return classes;
    }
}
