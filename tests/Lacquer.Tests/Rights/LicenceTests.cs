using Lacquer.Formats.Rights;
using Xunit;

namespace Lacquer.Tests.Rights;

public sealed class LicenceTests
{
    private const string Mark = "https://creativecommons.org/publicdomain/mark/1.0/";

    [Theory]
    [InlineData("http://creativecommons.org/licenses/by/3.0/", "CC-BY-3.0")]
    [InlineData("https://creativecommons.org/licenses/by/4.0/", "CC-BY-4.0")]
    [InlineData("https://www.creativecommons.org/licenses/by-sa/4.0", "CC-BY-SA-4.0")]
    [InlineData("HTTP://WWW.CREATIVECOMMONS.ORG/LICENSES/BY-SA/2.5/", "CC-BY-SA-2.5")]
    [InlineData("creativecommons.org/licenses/by-nc/2.0/", "CC-BY-NC-2.0")]
    [InlineData("https://creativecommons.org/licenses/by-nc-sa/3.0/deed.de", "CC-BY-NC-SA-3.0")]
    [InlineData("https://creativecommons.org/licenses/by-nc-sa/4.0/deed.zh-hans", "CC-BY-NC-SA-4.0")]
    [InlineData("https://creativecommons.org/licenses/by-nd/4.0/legalcode", "CC-BY-ND-4.0")]
    [InlineData("https://creativecommons.org/licenses/by-nd/4.0/legalcode.txt", "CC-BY-ND-4.0")]
    [InlineData("http://creativecommons.org/licenses/by-nd-nc/1.0/", "CC-BY-NC-ND-1.0")]
    [InlineData("http://creativecommons.org/licenses/by/3.0/de/", "CC-BY-3.0")]
    [InlineData("http://creativecommons.org/licenses/by-sa/3.0/de/deed.en", "CC-BY-SA-3.0")]
    [InlineData("http://creativecommons.org/licenses/by-sa/2.1/jp/", "CC-BY-SA-2.1")]
    [InlineData("http://creativecommons.org/licenses/by/2.5/scotland/", "CC-BY-2.5")]
    [InlineData("https://creativecommons.org/licenses/by/", "CC-BY")]
    [InlineData("https://creativecommons.org/publicdomain/zero/1.0/", "CC0-1.0")]
    [InlineData("https://creativecommons.org/publicdomain/zero/1.0/deed.fr", "CC0-1.0")]
    [InlineData("https://creativecommons.org/publicdomain/mark/1.0/", Mark)]
    [InlineData("http://creativecommons.org/licenses/publicdomain/", Mark)]
    [InlineData("2008 Somebody. Licensed to the public under http://creativecommons.org/licenses/by-nc/3.0/ verify at http://example.org/", "CC-BY-NC-3.0")]
    [InlineData("Attribution-ShareAlike 3.0: http://creativecommons.org/licenses/by-sa/3.0/", "CC-BY-SA-3.0")]
    [InlineData("CC BY-SA 3.0 (http://creativecommons.org/licenses/by-sa/3.0/)", "CC-BY-SA-3.0")]
    [InlineData("<https://creativecommons.org/licenses/by/4.0/>.", "CC-BY-4.0")]
    [InlineData("https://creativecommons.org/licenses/by-nc-nd/3.0/igo/legalcode.es", "CC-BY-NC-ND-3.0")]
    [InlineData("https://creativecommons.org/licenses/by/4.0/legalcode.pt_BR", "CC-BY-4.0")]
    [InlineData("//creativecommons.org/licenses/by/2.0/?ref=x", "CC-BY-2.0")]
    [InlineData("http://creativecommons.org/licenses/sa/1.0/", "https://creativecommons.org/licenses/sa/1.0/")]
    [InlineData("http://creativecommons.org/licenses/nd-nc/1.0/", "https://creativecommons.org/licenses/nd-nc/1.0/")]
    [InlineData("http://creativecommons.org/licenses/nc-sa/2.0/jp/", "https://creativecommons.org/licenses/nc-sa/2.0/")]
    [InlineData("http://creativecommons.org/licenses/sampling/1.0/br/", "https://creativecommons.org/licenses/sampling/1.0/")]
    [InlineData("http://creativecommons.org/licenses/sampling+/1.0/", "https://creativecommons.org/licenses/sampling+/1.0/")]
    [InlineData("http://creativecommons.org/licenses/nc-sampling%2B/1.0/deed.en", "https://creativecommons.org/licenses/nc-sampling+/1.0/")]
    [InlineData("http://creativecommons.org/licenses/devnations/2.0/", "https://creativecommons.org/licenses/devnations/2.0/")]
    public void A_creative_commons_address_is_recognised_in_every_spelling(string text, string code) => Assert.Equal(code, Licence.Recognise(text)?.Code);

    [Theory]
    [InlineData("CC-BY-SA-4.0", "CC-BY-SA-4.0")]
    [InlineData("CC-BY-SA", "CC-BY-SA")]
    [InlineData("cc by", "CC-BY")]
    [InlineData("CCBY 4.0", "CC-BY-4.0")]
    [InlineData("CC_BY_NC_3.0", "CC-BY-NC-3.0")]
    [InlineData("CC BY-NC-ND 3.0", "CC-BY-NC-ND-3.0")]
    [InlineData("CC BY 4.0", "CC-BY-4.0")]
    [InlineData("CC BY v4.0", "CC-BY-4.0")]
    [InlineData("CC BY 4", "CC-BY-4.0")]
    [InlineData("CC-BY-3.0-DE", "CC-BY-3.0")]
    [InlineData("CC BY-SA 3.0 US", "CC-BY-SA-3.0")]
    [InlineData("CC BY Non-Commercial 4.0", "CC-BY-NC-4.0")]
    [InlineData("Creative Commons Attribution", "CC-BY")]
    [InlineData("Creative Commons Attribution 4.0 International (CC BY 4.0)", "CC-BY-4.0")]
    [InlineData("Creative Commons Attribution-NonCommercial-ShareAlike 3.0 Unported License", "CC-BY-NC-SA-3.0")]
    [InlineData("Creative Commons Attribution Non-Commercial No Derivatives 2.5 Generic", "CC-BY-NC-ND-2.5")]
    [InlineData("Licensed under a Creative Commons Attribution Share Alike license", "CC-BY-SA")]
    [InlineData("CC0", "CC0-1.0")]
    [InlineData("CC0-1.0", "CC0-1.0")]
    [InlineData("cc-0", "CC0-1.0")]
    [InlineData("CC Zero", "CC0-1.0")]
    [InlineData("CC0 1.0 Universal (CC0 1.0) Public Domain Dedication", "CC0-1.0")]
    [InlineData("Creative Commons Zero v1.0 Universal", "CC0-1.0")]
    [InlineData("Public Domain Mark 1.0", Mark)]
    [InlineData("PDM", Mark)]
    [InlineData("Public Domain", Mark)]
    [InlineData("public-domain", Mark)]
    [InlineData("GPL", "GPL-1.0-or-later")]
    [InlineData("GPL-2", "GPL-2.0-only")]
    [InlineData("GPL-2+", "GPL-2.0-or-later")]
    [InlineData("GPL-3.0-or-later", "GPL-3.0-or-later")]
    [InlineData("GPL-2.0-only", "GPL-2.0-only")]
    [InlineData("GPLv3", "GPL-3.0-only")]
    [InlineData("GNU General Public License version 2 or (at your option) any later version", "GPL-2.0-or-later")]
    [InlineData("GNU General Public License, version 3", "GPL-3.0-only")]
    [InlineData("LGPL-2.1", "LGPL-2.1-only")]
    [InlineData("LGPL-2.1+", "LGPL-2.1-or-later")]
    [InlineData("AGPL-3+", "AGPL-3.0-or-later")]
    [InlineData("Expat", "MIT")]
    [InlineData("BSD-3-clause", "BSD-3-Clause")]
    [InlineData("Free Art License", "LAL-1.3")]
    [InlineData("Free Art Licence 1.3", "LAL-1.3")]
    [InlineData("http://artlibre.org/licence/lal/en/", "LAL-1.3")]
    [InlineData("LAL-1.2", "LAL-1.2")]
    [InlineData("EFF Open Audio License", "LicenseRef-OAL-1.0")]
    [InlineData("GFDL", "GFDL-1.1-or-later")]
    [InlineData("GFDL-1.3+", "GFDL-1.3-or-later")]
    [InlineData("GNU Free Documentation License 1.2", "GFDL-1.2-only")]
    [InlineData("https://www.gnu.org/licenses/old-licenses/gpl-2.0.html", "GPL-2.0-only")]
    [InlineData("http://www.gnu.org/copyleft/gpl.html", "GPL-1.0-or-later")]
    [InlineData("https://spdx.org/licenses/CC-BY-SA-4.0.html", "CC-BY-SA-4.0")]
    [InlineData("https://opensource.org/license/mit", "MIT")]
    [InlineData("No Copyright", Mark)]
    [InlineData("CC-PDM-1.0", Mark)]
    [InlineData("PDDL-1.0", "PDDL-1.0")]
    [InlineData("Creative Commons Attribution-NonCommercial-NoDerivs 3.0 Germany", "CC-BY-NC-ND-3.0")]
    [InlineData("LicenseRef-public-domain-DE", "LicenseRef-public-domain-DE")]
    [InlineData("  cc-by-4.0\n", "CC-BY-4.0")]
    public void A_name_or_an_SPDX_id_is_recognised(string text, string code) => Assert.Equal(code, Licence.Recognise(text)?.Code);

    [Theory]
    [InlineData("InC")]
    [InlineData("InC-OW-EU")]
    [InlineData("InC-EDU")]
    [InlineData("InC-NC")]
    [InlineData("InC-RUU")]
    [InlineData("NoC-CR")]
    [InlineData("NoC-NC")]
    [InlineData("NoC-OKLR")]
    [InlineData("CNE")]
    [InlineData("UND")]
    [InlineData("NKC")]
    public void A_rights_statement_is_known_and_allows_nothing(string name)
    {
        foreach (var text in new[] { $"http://rightsstatements.org/vocab/{name}/1.0/", $"https://rightsstatements.org/page/{name.ToLowerInvariant()}/1.0/?language=en" })
            Assert.Equal(new Licence($"http://rightsstatements.org/vocab/{name}/1.0/", LicenceClasses.None), Licence.Recognise(text));
    }

    [Fact]
    public void No_copyright_in_the_United_States_holds_there_alone()
    {
        Assert.Equal(new Licence("http://rightsstatements.org/vocab/NoC-US/1.0/", LicenceClasses.PublicDomain, "US"), Licence.Recognise("https://rightsstatements.org/page/NoC-US/1.0/"));
        Assert.Equal(new Licence("LicenseRef-public-domain-DE", LicenceClasses.PublicDomain, "DE"), Licence.ByAge("DE"));
        Assert.Null(Licence.Recognise("http://rightsstatements.org/vocab/Free/1.0/"));
    }

    [Theory]
    [InlineData("CC-BY-NC-4.0 OR CC-BY-SA-4.0", "CC-BY-SA-4.0")]
    [InlineData("GPL-2.0-or-later OR CC-BY-4.0", "CC-BY-4.0")]
    [InlineData("MIT OR CC0-1.0 OR GPL-3.0-only", "CC0-1.0")]
    [InlineData("MIT AND CC-BY-4.0", "MIT AND CC-BY-4.0")]
    [InlineData("MIT AND (CC-BY-NC-4.0 OR CC-BY-4.0)", "MIT AND CC-BY-4.0")]
    [InlineData("MIT OR CC-BY-4.0 AND CC-BY-NC-4.0", "MIT")]
    [InlineData("MIT AND MIT", "MIT")]
    [InlineData("GPL-2.0-only WITH Classpath-exception-2.0", null)]
    [InlineData("MIT AND LicenseRef-mine", null)]
    [InlineData("MIT OR LicenseRef-mine", null)]
    [InlineData("(MIT OR CC0-1.0", null)]
    [InlineData("MIT OR", null)]
    [InlineData("MIT OR CC0-1.0)", null)]
    [InlineData("CC BY OR CC0", null)]
    [InlineData("CC-BY-4.0 OR ALL RIGHTS RESERVED", null)]
    public void Of_an_expression_the_freest_alternative_counts_and_all_that_is_joined(string text, string? code)
    {
        var licence = Licence.Recognise(text);
        Assert.Equal(code, licence?.Code);
        Assert.Equal(licence, Licence.Recognise(licence?.Code));
    }

    [Theory]
    [InlineData("GPL-2+ or CC-BY-SA-3.0", "CC-BY-SA-3.0")]
    [InlineData("GPL-2+ and CC-BY-SA-3.0", "GPL-2.0-or-later AND CC-BY-SA-3.0")]
    [InlineData("public-domain and CC-BY-3.0", "CC-PDM-1.0 AND CC-BY-3.0")]
    [InlineData("GPL-2 or later", "GPL-2.0-or-later")]
    [InlineData("GPL-1+ or Artistic, and MIT", null)]
    public void A_DEP_5_short_name_joins_in_lower_case(string text, string? code)
    {
        var licence = Licence.RecogniseShortName(text);
        Assert.Equal(code, licence?.Code);
        Assert.Equal(licence, Licence.Recognise(licence?.Code));
    }

    [Fact]
    public void Every_spelling_of_a_Creative_Commons_address_is_the_same_licence()
    {
        foreach (var scheme in new[] { "http://", "https://", "" })
            foreach (var host in new[] { "creativecommons.org", "www.creativecommons.org", "CreativeCommons.org" })
                foreach (var elements in new[] { "by", "by-sa", "by-nc", "by-nd", "by-nc-sa", "by-nc-nd" })
                    foreach (var version in new[] { "1.0", "2.0", "2.5", "3.0", "4.0" })
                        foreach (var tail in new[] { "", "/", "/deed.de", "/legalcode", "/legalcode.fr", "/de/", "/igo/deed.en", "/scotland/legalcode" })
                            Assert.Equal($"CC-{elements.ToUpperInvariant()}-{version}", Licence.Recognise($"{scheme}{host}/licenses/{elements}/{version}{tail}")?.Code);
    }

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData("all rights reserved")]
    [InlineData("(C) 2007 X")]
    [InlineData("© 2012 Somebody")]
    [InlineData("CC-BY-SA-4.0 or CC-BY-NC-4.0")]
    [InlineData("CC-BY-SA-4.0, CC-BY-NC-4.0")]
    [InlineData("CC0 or CC-BY-NC-4.0")]
    [InlineData("CC0 and all rights reserved")]
    [InlineData("not cc-by")]
    [InlineData("not CC0")]
    [InlineData("no cc by-sa")]
    [InlineData("not public domain")]
    [InlineData("this is not under http://creativecommons.org/licenses/by/4.0/")]
    [InlineData("http://creativecommons.org/licenses/by/4.0/ all rights reserved")]
    [InlineData("http://creativecommons.org/licenses/by/4.0/ except track 3")]
    [InlineData("http://creativecommons.org/licenses/by/4.0/ http://creativecommons.org/licenses/by-nc/4.0/")]
    [InlineData("http://creativecommons.org/licenses/by/4.0/ (CC BY-NC 4.0)")]
    [InlineData("http://creativecommons.org/licenses/by/4.0/ or http://creativecommons.org/licenses/by-nc/4.0/")]
    [InlineData("http://creativecommons.org/licenses/by-xx/4.0/")]
    [InlineData("http://creativecommons.org/licenses/by-nd-sa/4.0/")]
    [InlineData("http://creativecommons.org/licenses/by/9.0/")]
    [InlineData("http://creativecommons.org/licenses/sampling+/2.0/")]
    [InlineData("http://creativecommons.org/licenses/nc/4.0/")]
    [InlineData("http://creativecommons.org/")]
    [InlineData("http://creativecommons.org.example.com/licenses/by/4.0/")]
    [InlineData("http://notcreativecommons.org/licenses/by/4.0/")]
    [InlineData("CC-BY-NCSA")]
    [InlineData("CC BY, NC")]
    [InlineData("CC BY+NC")]
    [InlineData("CC BY except commercial use")]
    [InlineData("CC BY 4.0 for private use")]
    [InlineData("CC-BY-ND-SA-4.0")]
    [InlineData("CC-BY-7.0")]
    [InlineData("CC")]
    [InlineData("CC-NC-4.0")]
    [InlineData("Creative Commons")]
    [InlineData("Attribution")]
    [InlineData("by-sa")]
    [InlineData("zero")]
    [InlineData("0")]
    [InlineData("ACC-BY-4.0")]
    [InlineData("GPLish")]
    [InlineData("GPL-4")]
    [InlineData("LGPL-1.0")]
    [InlineData("GPL-2 or later, but not for sale")]
    [InlineData("GPL-2 or Artistic")]
    [InlineData("GPL-2 and CC-BY-NC-3.0")]
    [InlineData("the GPL does not apply")]
    [InlineData("commercial")]
    [InlineData("public domain in the USA")]
    public void When_in_doubt_it_stays_unknown(string text) => Assert.Null(Licence.Recognise(text));

    [Fact]
    public void The_classes_say_what_a_licence_asks()
    {
        Assert.Equal(LicenceClasses.Attribution | LicenceClasses.NonCommercial | LicenceClasses.NoDerivatives, Licence.Recognise("CC BY-NC-ND 3.0")!.Classes);
        Assert.Equal(LicenceClasses.Attribution | LicenceClasses.ShareAlike, Licence.Recognise("CC-BY-SA")!.Classes);
        Assert.Equal(LicenceClasses.PublicDomain, Licence.Recognise("CC0")!.Classes);
        Assert.Equal(LicenceClasses.PublicDomain, Licence.Recognise("public domain")!.Classes);
        Assert.Equal(LicenceClasses.Copyleft, Licence.Recognise("GPL-2+")!.Classes);
        Assert.Equal(LicenceClasses.Permissive, Licence.Recognise("MIT")!.Classes);
        Assert.Equal(LicenceClasses.None, Licence.Recognise("http://creativecommons.org/licenses/sampling/1.0/")!.Classes);
        Assert.Equal(LicenceClasses.Attribution | LicenceClasses.NonCommercial | LicenceClasses.NoDerivatives, Licence.Recognise("http://creativecommons.org/licenses/sampling+/1.0/")!.Classes);
        Assert.Equal(LicenceClasses.None, Licence.Recognise("http://creativecommons.org/licenses/devnations/2.0/")!.Classes);
        Assert.Equal(LicenceClasses.ShareAlike, Licence.Recognise("http://creativecommons.org/licenses/sa/1.0/")!.Classes);
        Assert.Equal(LicenceClasses.Permissive | LicenceClasses.Attribution, Licence.Recognise("MIT AND CC-BY-4.0")!.Classes);
    }

    [Fact]
    public void Every_licence_is_recognised_by_its_own_code()
    {
        foreach (var text in new[] { "CC-BY-4.0", "CC-BY-SA-3.0", "CC-BY-NC-ND-2.5", "CC0", "PDM", "GPL", "GPL-2+", "GPL-3", "LGPL-2.1", "AGPL-3+", "LAL-1.3", "MIT", "BSD-2-Clause", "Apache-2.0", "ISC", "Zlib", "GFDL-1.2", "oal", "CC-PDDC", "Unlicense", "http://creativecommons.org/licenses/sampling+/1.0/", "http://creativecommons.org/licenses/nd-nc/1.0/", "LicenseRef-public-domain-us", "http://rightsstatements.org/vocab/UND/1.0/" })
        {
            var licence = Licence.Recognise(text)!;
            Assert.Equal(licence, Licence.Recognise(licence.Code));
        }
    }

    [Fact]
    public void A_long_text_is_not_read() => Assert.Null(Licence.Recognise("CC-BY-4.0" + new string(' ', Licence.LongestText) + "x"));
}
