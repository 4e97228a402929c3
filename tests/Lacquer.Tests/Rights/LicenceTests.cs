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
    [InlineData("  cc-by-4.0\n", "CC-BY-4.0")]
    public void A_name_or_an_SPDX_id_is_recognised(string text, string code) => Assert.Equal(code, Licence.Recognise(text)?.Code);

    [Theory]
    [InlineData("http://rightsstatements.org/vocab/InC/1.0/", "http://rightsstatements.org/vocab/InC/1.0/")]
    [InlineData("https://rightsstatements.org/page/NoC-US/1.0/?language=en", "http://rightsstatements.org/vocab/NoC-US/1.0/")]
    [InlineData("https://rightsstatements.org/page/NoC-US/1.0/", "http://rightsstatements.org/vocab/NoC-US/1.0/")]
    [InlineData("https://rightsstatements.org/vocab/inc-ow-eu/1.0/", "http://rightsstatements.org/vocab/InC-OW-EU/1.0/")]
    [InlineData("http://rightsstatements.org/vocab/Free/1.0/", null)]
    public void A_rights_statement_is_known_and_allows_nothing(string text, string? code)
    {
        var licence = Licence.Recognise(text);
        Assert.Equal(code, licence?.Code);
        if (licence is not null)
            Assert.Equal(LicenceClasses.None, licence.Classes);
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
    [InlineData("http://creativecommons.org/licenses/sampling+/1.0/")]
    [InlineData("http://creativecommons.org/licenses/nc/1.0/")]
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
    }

    [Fact]
    public void Every_licence_is_recognised_by_its_own_code()
    {
        foreach (var text in new[] { "CC-BY-4.0", "CC-BY-SA-3.0", "CC-BY-NC-ND-2.5", "CC0", "PDM", "GPL", "GPL-2+", "GPL-3", "LGPL-2.1", "AGPL-3+", "LAL-1.3", "MIT", "BSD-2-Clause", "Apache-2.0", "ISC", "Zlib", "http://rightsstatements.org/vocab/UND/1.0/" })
        {
            var licence = Licence.Recognise(text)!;
            Assert.Equal(licence, Licence.Recognise(licence.Code));
        }
    }

    [Fact]
    public void A_long_text_is_not_read() => Assert.Null(Licence.Recognise("CC-BY-4.0" + new string(' ', Licence.LongestText) + "x"));
}
