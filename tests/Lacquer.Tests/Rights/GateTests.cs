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
        var decision = Gate.Decide(Policy, []);
        Assert.False(decision.Keep || decision.Publish);
        Assert.StartsWith("no licence evidence", decision.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void What_nobody_recognises_is_never_published_even_when_it_is_kept()
    {
        foreach (var evidence in new Evidence[][] { [], [Tag("LICENSE", "ask me")], [Dep5("Custom")], [Statement("mine")] })
        {
            Assert.False(Gate.Decide(Policy, evidence).Keep);
            var dark = Gate.Decide(Policy with { KeepUnknown = true }, evidence);
            Assert.True(dark.Keep);
            Assert.False(dark.Publish);
        }
    }

    [Fact]
    public void A_statement_wins_over_a_copyright_file_and_that_over_tags()
    {
        Evidence[] all = [Tag("LICENSE", "CC0"), Dep5("CC-BY-4.0"), Statement("CC-BY-NC-4.0")];
        Assert.Equal("CC-BY-NC-4.0", Gate.Decide(Policy, all).Licence);
        Assert.Equal("CC-BY-4.0", Gate.Decide(Policy, all[..2]).Licence);
        Assert.Equal("CC0-1.0", Gate.Decide(Policy, all[..1]).Licence);
        Assert.Null(Gate.Decide(Policy, [Tag("LICENSE", "CC0"), Dep5("Custom")]).Licence);
        Assert.Null(Gate.Decide(Policy, [Tag("LICENSE", "CC0"), Statement("do not copy")]).Licence);
    }

    [Fact]
    public void An_owners_name_in_a_copyright_tag_says_nothing()
    {
        Assert.Equal("CC-BY-4.0", Gate.Decide(Policy, [Tag("COPYRIGHT", "2007 Somebody"), Tag("LICENSE", "CC-BY-4.0")]).Licence);
        Assert.Equal("CC-BY-3.0", Gate.Decide(Policy, [Tag("COPYRIGHT", "http://creativecommons.org/licenses/by/3.0/")]).Licence);
        Assert.False(Gate.Decide(Policy, [Tag("COPYRIGHT", "2007 Somebody")]).Keep);
    }

    [Fact]
    public void Tags_that_disagree_say_nothing_certain()
    {
        var decision = Gate.Decide(Policy, [Tag("LICENSE", "CC-BY-4.0"), Tag("COPYRIGHT", "http://creativecommons.org/licenses/by-nc/4.0/")]);
        Assert.False(decision.Keep || decision.Publish);
        Assert.Null(decision.Licence);
        Assert.Contains("disagree", decision.Reason, StringComparison.Ordinal);
        Assert.False(Gate.Decide(Policy, [Tag("LICENSE", "CC-BY-4.0"), Tag("LICENSE", "all rights reserved")]).Keep);
        Assert.True(Gate.Decide(Policy, [Tag("LICENSE", "CC-BY"), Tag("LICENSE_URL", "http://creativecommons.org/licenses/by/4.0/")]).Publish);
    }

    [Fact]
    public void Every_class_of_a_licence_must_be_allowed()
    {
        Assert.True(Gate.Decide(Policy, [Tag("LICENSE", "CC-BY-SA-4.0")]).Publish);
        var dark = Gate.Decide(Policy, [Tag("LICENSE", "CC-BY-NC-SA-4.0")]);
        Assert.True(dark.Keep);
        Assert.False(dark.Publish);
        Assert.Contains("non-commercial", dark.Reason, StringComparison.Ordinal);
        var denied = Gate.Decide(Policy, [Tag("LICENSE", "CC-BY-NC-ND-4.0")]);
        Assert.False(denied.Keep);
        Assert.Contains("no-derivatives", denied.Reason, StringComparison.Ordinal);
        Assert.False(Gate.Decide(Policy with { KeepUnknown = true }, [Tag("LICENSE", "http://rightsstatements.org/vocab/InC/1.0/")]).Keep);
    }

    [Fact]
    public void What_is_published_is_kept_whatever_the_policy()
    {
        var classes = Enum.GetValues<LicenceClasses>();
        foreach (var keep in classes)
            foreach (var publish in classes)
                foreach (var text in new[] { "CC0", "CC-BY-4.0", "CC-BY-NC-4.0", "GPL", "MIT", "?" })
                {
                    var decision = Gate.Decide(new RightsPolicy(keep | LicenceClasses.Attribution, publish, true), [Tag("LICENSE", text)]);
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
        Assert.Equal(Policy.Version, Gate.Decide(Policy, []).Policy);
    }

    [Fact]
    public void A_reason_is_one_line_of_moderate_length()
    {
        var decision = Gate.Decide(Policy, [Tag("LICENSE", string.Concat(Enumerable.Repeat("no\nand\r\nno ", 150)))]);
        Assert.DoesNotContain('\n', decision.Reason);
        Assert.DoesNotContain('\r', decision.Reason);
        Assert.True(decision.Reason.Length < 200);
    }

    private static Evidence Tag(string name, string text) => new(EvidenceKind.Tag, name, text, new string('0', 64));

    private static Evidence Dep5(string text) => new(EvidenceKind.Dep5, "debian/copyright", text, new string('1', 64));

    private static Evidence Statement(string text) => new(EvidenceKind.Statement, "rights.toml", text, new string('2', 64), "A. Person", "2026-01-01");
}
