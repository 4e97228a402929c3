using Lacquer.Formats.Identity;
using Lacquer.Formats.Rights;
using Xunit;

namespace Lacquer.Tests.Rights;

public sealed class GateTests
{
    private static readonly RightsPolicy Policy = new(
        LicenceClasses.PublicDomain | LicenceClasses.Attribution | LicenceClasses.ShareAlike | LicenceClasses.NonCommercial,
        LicenceClasses.PublicDomain | LicenceClasses.Attribution | LicenceClasses.ShareAlike, KeepUnknown: false);

    [Fact]
    public void Nothing_said_is_denied()
    {
        var decision = Decide(Policy, []);
        Assert.False(decision.Keep || decision.Publish);
        Assert.StartsWith("no licence evidence", decision.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void What_nobody_recognises_is_never_published_even_when_it_is_kept()
    {
        foreach (var evidence in new Evidence[][] { [], [Tag("LICENSE", "ask me")], [Dep5("Custom")], [Statement("mine")] })
        {
            Assert.False(Decide(Policy, evidence).Keep);
            var dark = Decide(Policy with { KeepUnknown = true }, evidence);
            Assert.True(dark.Keep);
            Assert.False(dark.Publish);
        }
    }

    [Fact]
    public void A_statement_wins_over_a_copyright_file_and_that_over_tags()
    {
        Evidence[] all = [Tag("LICENSE", "CC0"), Dep5("CC-BY-4.0"), Statement("CC-BY-NC-4.0")];
        Assert.Equal("CC-BY-NC-4.0", Decide(Policy, all).Licence);
        Assert.Equal("CC-BY-4.0", Decide(Policy, all[..2]).Licence);
        Assert.Equal("CC0-1.0", Decide(Policy, all[..1]).Licence);
        Assert.Null(Decide(Policy, [Tag("LICENSE", "CC0"), Dep5("Custom")]).Licence);
        Assert.Null(Decide(Policy, [Tag("LICENSE", "CC0"), Statement("do not copy")]).Licence);
    }

    [Fact]
    public void An_owners_name_in_a_copyright_tag_says_nothing()
    {
        Assert.Equal("CC-BY-4.0", Decide(Policy, [Tag("COPYRIGHT", "2007 Somebody"), Tag("LICENSE", "CC-BY-4.0")]).Licence);
        Assert.Equal("CC-BY-3.0", Decide(Policy, [Tag("COPYRIGHT", "http://creativecommons.org/licenses/by/3.0/")]).Licence);
        Assert.False(Decide(Policy, [Tag("COPYRIGHT", "2007 Somebody")]).Keep);
    }

    [Fact]
    public void Tags_that_disagree_say_nothing_certain()
    {
        var decision = Decide(Policy, [Tag("LICENSE", "CC-BY-4.0"), Tag("COPYRIGHT", "http://creativecommons.org/licenses/by-nc/4.0/")]);
        Assert.False(decision.Keep || decision.Publish);
        Assert.Null(decision.Licence);
        Assert.Contains("disagree", decision.Reason, StringComparison.Ordinal);
        Assert.False(Decide(Policy, [Tag("LICENSE", "CC-BY-4.0"), Tag("LICENSE", "all rights reserved")]).Keep);
        Assert.True(Decide(Policy, [Tag("LICENSE", "CC-BY"), Tag("LICENSE_URL", "http://creativecommons.org/licenses/by/4.0/")]).Publish);
    }

    [Fact]
    public void Every_class_of_a_licence_must_be_allowed()
    {
        Assert.True(Decide(Policy, [Tag("LICENSE", "CC-BY-SA-4.0")]).Publish);
        var dark = Decide(Policy, [Tag("LICENSE", "CC-BY-NC-SA-4.0")]);
        Assert.True(dark.Keep);
        Assert.False(dark.Publish);
        Assert.Contains("non-commercial", dark.Reason, StringComparison.Ordinal);
        var denied = Decide(Policy, [Tag("LICENSE", "CC-BY-NC-ND-4.0")]);
        Assert.False(denied.Keep);
        Assert.Contains("no-derivatives", denied.Reason, StringComparison.Ordinal);
        Assert.False(Decide(Policy with { KeepUnknown = true }, [Tag("LICENSE", "http://rightsstatements.org/vocab/InC/1.0/")]).Keep);
    }

    [Fact]
    public void What_is_published_is_kept_whatever_the_policy()
    {
        var classes = Enum.GetValues<LicenceClasses>();
        foreach (var keep in classes)
            foreach (var publish in classes)
                foreach (var text in new[] { "CC0", "CC-BY-4.0", "CC-BY-NC-4.0", "GPL", "MIT", "?" })
                {
                    var decision = Decide(new RightsPolicy(keep | LicenceClasses.Attribution, publish, true), [Tag("LICENSE", text)]);
                    Assert.True(decision.Keep || !decision.Publish);
                    Assert.True(decision.Licence is not null || !decision.Publish);
                }
    }

    [Fact]
    public void A_policy_is_known_by_what_it_says()
    {
        Assert.Equal(Policy.Version, (Policy with { }).Version);
        Assert.NotEqual(Policy.Version, (Policy with { KeepUnknown = true }).Version);
        Assert.NotEqual(Policy.Version, (Policy with { Publish = LicenceClasses.PublicDomain }).Version);
        foreach (var same in new[]
        {
            Policy, Policy with { Territory = "DE" }, Policy with { FormatShiftNoDerivatives = true }, Policy with { Age = new AgeRule("A", "2026", null) }, Policy with { Age = new AgeRule("A", "2026", 50) },
            Policy with { Sources = [new("x", 0, 0, false, true)] }, Policy with { Sources = [new("x", 0, 0, false, false)] },
            Policy with { Statements = [new("A", "2026", "CC0", null, null, "x", "*")] }, Policy with { Statements = [new("A", "2026", "CC0", null, null, "x", "a")] },
        }.GroupBy(p => p.Version))
            Assert.Single(same);
        Assert.Equal(Policy.Version, Decide(Policy, []).Policy);
    }

    [Fact]
    public void A_reason_is_one_line_of_moderate_length()
    {
        var decision = Decide(Policy, [Tag("LICENSE", string.Concat(Enumerable.Repeat("no\nand\r\nno ", 150)))]);
        Assert.DoesNotContain('\n', decision.Reason);
        Assert.DoesNotContain('\r', decision.Reason);
        Assert.True(decision.Reason.Length < 200);
    }

    [Fact]
    public void The_sources_record_stands_between_copyright_file_and_tags()
    {
        Evidence[] all = [Tag("LICENSE", "CC0"), Record("licenseurl", "http://creativecommons.org/licenses/by/4.0/"), Dep5("CC-BY-SA-4.0")];
        Assert.Equal("CC-BY-SA-4.0", Decide(Policy, all).Licence);
        Assert.Equal("CC-BY-4.0", Decide(Policy, all[..2]).Licence);
        Assert.Contains("the source's licenseurl=", Decide(Policy, all[..2]).Reason, StringComparison.Ordinal);
        // Prose of the source speaks only where a licence is recognised in it; its field of licences always.
        Assert.Equal("CC0-1.0", Decide(Policy, [Tag("LICENSE", "CC0"), Record("rights", "(c) Somebody")]).Licence);
        Assert.Null(Decide(Policy, [Tag("LICENSE", "CC0"), Record("licenseurl", "http://example.org/terms")]).Licence);
        Assert.Contains("records disagree", Decide(Policy, [Record("licenseurl", "CC-BY-4.0"), Record("rights", "CC-BY-NC-4.0")]).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_source_may_have_rules_of_its_own()
    {
        var policy = Policy with
        {
            Sources = [new("shut", Policy.Keep, Policy.Publish, false, Deny: true), new("wide", Policy.Keep | LicenceClasses.NoDerivatives, Policy.Publish | LicenceClasses.NonCommercial, true, Deny: false)],
        };
        var gate = new Gate(policy);
        RightsDecision Of(string source, string text) => gate.Decide(new RightsQuestion([Tag("LICENSE", text)], Today) { Source = source });
        Assert.False(Of("shut", "CC0").Keep);
        Assert.Contains("the source shut", Of("shut", "CC0").Reason, StringComparison.Ordinal);
        Assert.True(Of("wide", "CC-BY-NC-4.0").Publish);
        Assert.False(Of("else", "CC-BY-NC-4.0").Publish);
        Assert.True(Of("wide", "CC-BY-ND-4.0") is { Keep: true, Publish: false });
        Assert.True(Of("wide", "ask me").Keep);
        Assert.False(Of("else", "ask me").Keep);
    }

    [Fact]
    public void A_statement_in_the_policy_speaks_first_and_the_closest_of_several()
    {
        var recording = EntityId.From(EntityKind.Recording, "x", "1");
        var release = EntityId.From(EntityKind.Release, "x", "1");
        PolicyStatement Says(string licence, EntityId? rec = null, EntityId? rel = null, string? match = null) => new("B. Person", "2026-02-02", licence, rec, rel, match is null ? null : "label", match);
        var policy = Policy with { Statements = [Says("CC-BY-SA-3.0", match: "*"), Says("CC-BY-3.0", match: "live/*"), Says("CC0", rel: release), Says("CC-BY-4.0", rec: recording)] };
        var gate = new Gate(policy);
        var question = new RightsQuestion([Statement("CC-BY-NC-4.0")], Today) { Source = "label", Key = "live/a.ogg", Recording = recording, Releases = [release] };
        Assert.Equal("CC-BY-4.0", gate.Decide(question).Licence);
        Assert.Equal("CC0-1.0", gate.Decide(question with { Recording = null }).Licence);
        Assert.Equal("CC-BY-3.0", gate.Decide(question with { Recording = null, Releases = [] }).Licence);
        Assert.Equal("CC-BY-SA-3.0", gate.Decide(question with { Recording = null, Releases = [], Key = "a.ogg" }).Licence);
        Assert.Equal("CC-BY-NC-4.0", gate.Decide(question with { Recording = null, Releases = [], Source = "other" }).Licence);
        var evidence = gate.Decide(question).Evidence!;
        Assert.Equal((EvidenceKind.Statement, "lacquer.toml", "B. Person", "2026-02-02"), (evidence.Kind, evidence.Place, evidence.By, evidence.Date));
        Assert.Equal(64, evidence.Sha256.Length);
    }

    [Fact]
    public void What_is_free_in_one_territory_passes_there_alone()
    {
        const string noc = "http://rightsstatements.org/vocab/NoC-US/1.0/";
        Assert.True(Decide(Policy with { Territory = "US" }, [Tag("LICENSE", noc)]).Publish);
        Assert.False(Decide(Policy with { Territory = "DE" }, [Tag("LICENSE", noc)]).Keep);
        Assert.Contains("rights.territory is not set", Decide(Policy, [Tag("LICENSE", noc)]).Reason, StringComparison.Ordinal);
        Assert.True((Policy with { Territory = "US" }).Publishes(Licence.Recognise(noc)));
        Assert.False(Policy.Publishes(Licence.Recognise(noc)));
    }

    [Theory]
    [InlineData("DE", 1962, "2012-12-31", "2013-01-01")]
    [InlineData("DE", 1963, "2033-12-31", "2034-01-01")]
    [InlineData("GB", 1990, "2060-12-31", "2061-01-01")]
    [InlineData("US", 1922, "2021-12-31", "2022-01-01")]
    [InlineData("US", 1923, "2023-12-31", "2024-01-01")]
    [InlineData("US", 1946, "2046-12-31", "2047-01-01")]
    [InlineData("US", 1947, "2057-12-31", "2058-01-01")]
    [InlineData("US", 1971, "2067-02-15", "2067-02-16")]
    public void A_recording_is_free_by_age_from_the_day_the_law_says(string territory, int year, string protectedOn, string freeOn)
    {
        var policy = Policy with { Territory = territory, Age = new AgeRule("A. Person", "2026-01-01", null) };
        RightsDecision On(string day) => new Gate(policy).Decide(new RightsQuestion([Age($"{year}-00-00")], DateOnly.ParseExact(day, "yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture)));
        Assert.False(On(protectedOn).Keep);
        Assert.Contains($"protected in {territory} until {protectedOn}", On(protectedOn).Reason, StringComparison.Ordinal);
        var free = On(freeOn);
        Assert.True(free.Publish);
        Assert.Equal($"LicenseRef-public-domain-{territory}", free.Licence);
        Assert.Contains("the composition by statement of A. Person (2026-01-01)", free.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Age_alone_clears_nothing_and_never_against_other_evidence()
    {
        Evidence[] old = [Age("1925-03-00")];
        Assert.False(Decide(Policy with { Territory = "DE" }, old).Keep);
        var policy = Policy with { Territory = "DE", Age = new AgeRule("A. Person", "2026-01-01", null) };
        Assert.True(Decide(policy, old).Publish);
        Assert.False(Decide(policy, [.. old, Tag("LICENSE", "all rights reserved")]).Keep);
        Assert.Equal("CC-BY-NC-4.0", Decide(policy, [.. old, Tag("LICENSE", "CC-BY-NC-4.0")]).Licence);
        Assert.True(Decide(policy, [.. old, Tag("COPYRIGHT", "2001 Somebody")]).Publish);
        Assert.False(Decide(policy, [Age("0001-00-00")]).Keep);
        Assert.False(Decide(policy with { Territory = "US" }, [Age("1985-01-01")]).Keep);
        Assert.False(Decide(policy with { Territory = "BR" }, old).Keep);
        Assert.True(Decide(policy with { Territory = "BR", Age = new AgeRule("A. Person", "2026-01-01", 70) }, old).Publish);
    }

    [Fact]
    public void The_originals_of_no_derivatives_are_kept_unless_policy_shifts_their_format()
    {
        Assert.True(Policy.KeepsOriginal("CC-BY-ND-4.0"));
        Assert.True(Policy.KeepsOriginal("https://creativecommons.org/licenses/sampling+/1.0/"));
        Assert.False(Policy.KeepsOriginal("CC-BY-4.0"));
        Assert.False(Policy.KeepsOriginal(null));
        Assert.False((Policy with { FormatShiftNoDerivatives = true }).KeepsOriginal("CC-BY-ND-4.0"));
    }

    private static readonly DateOnly Today = new(2026, 11, 22);

    private static RightsDecision Decide(RightsPolicy policy, IReadOnlyList<Evidence> evidence) => new Gate(policy).Decide(new RightsQuestion(evidence, Today));

    private static Evidence Record(string field, string text) => new(EvidenceKind.Record, field, text, new string('3', 64));

    private static Evidence Age(string date) => new(EvidenceKind.Age, "rel-aaaaaaaaaaaaaaaa", date, new string('4', 64));

    private static Evidence Tag(string name, string text) => new(EvidenceKind.Tag, name, text, new string('0', 64));

    private static Evidence Dep5(string text) => new(EvidenceKind.Dep5, "debian/copyright", text, new string('1', 64));

    private static Evidence Statement(string text) => new(EvidenceKind.Statement, "rights.toml", text, new string('2', 64), "A. Person", "2026-01-01");
}
