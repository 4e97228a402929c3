using Lacquer.Formats.Identity;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Identity;

public sealed class CodeCheckTests
{
    [Theory]
    [InlineData("USRC17607839")]
    [InlineData("us-rc1-76-07839")]
    [InlineData("ISRC US RC1 76 07839")]
    public void An_ISRC_is_without_fault(string text) => Assert.Null(CodeCheck.OfIsrc(text));

    [Theory]
    [InlineData("US-RC1-76-7839", "USRC17607839")]
    [InlineData("USRC1760783O", "USRC17607830")]
    [InlineData("USRC17607B39", "USRC17607839")]
    [InlineData("USRC1I6O7839", "USRC11607839")]
    [InlineData("0SRC17607839", "OSRC17607839")]
    [InlineData("USRC1\u20117607839", "USRC17607839")]
    [InlineData("\"USRC17607839\"", "USRC17607839")]
    [InlineData("USRC17607839USRC17607840", "USRC17607839 USRC17607840")]
    [InlineData("USRC1760783", null)]
    [InlineData("USRC176078399", null)]
    [InlineData("n/a", null)]
    [InlineData("!!!!!!", null)]
    [InlineData("", null)]
    public void What_is_no_ISRC_is_said_with_what_it_probably_was(string text, string? suggestion)
    {
        var fault = CodeCheck.OfIsrc(text)!;
        Assert.NotEmpty(fault.Problem);
        Assert.Equal(suggestion, fault.Suggestion);
    }

    [Theory]
    [InlineData("4006381333931")]
    [InlineData("4 006381 333931")]
    [InlineData("036000291452")]
    [InlineData("0036000291452")]
    [InlineData("00036000291452")]
    [InlineData("96385074")]
    public void A_GTIN_is_without_fault(string text) => Assert.Null(CodeCheck.OfGtin(text));

    [Theory]
    [InlineData("36000291452", "036000291452", "zero at the beginning")]
    [InlineData("03600029145", "036000291452", "check digit is missing")]
    [InlineData("400638133393", "4006381333931", "13 digits")]
    [InlineData("9638507", "96385074", "check digit is missing")]
    [InlineData("4006381333932", null, "by the others it is 1")]
    [InlineData("4OO638I33393I", "4006381333931", "letters among")]
    [InlineData("4006381333931.", "4006381333931", "do not belong")]
    [InlineData("4.00638E+12", null, "spreadsheet")]
    [InlineData("none", null, "not a number")]
    [InlineData("123456", null, "6 digits")]
    [InlineData("0000000000000", null, "zeros")]
    [InlineData("000000000000", null, "zeros")]
    [InlineData("00000000000", null, "zeros")]
    [InlineData("OOOOOOOOOOOO", null, "zeros")]
    [InlineData("0000-0000.0000", null, "zeros")]
    public void What_is_no_GTIN_is_said_with_what_it_probably_was(string text, string? suggestion, string problem)
    {
        var fault = CodeCheck.OfGtin(text)!;
        Assert.Contains(problem, fault.Problem, StringComparison.Ordinal);
        Assert.Equal(suggestion, fault.Suggestion);
    }

    [Fact]
    public void Every_suggestion_is_without_fault()
    {
        var random = Seeded.Random();
        foreach (var whole in new[] { "USRC17607839", "4006381333931", "036000291452" })
            for (var round = 0; round < 3000; round++)
            {
                var text = System.Text.Encoding.Latin1.GetString(random.Mutate(System.Text.Encoding.Latin1.GetBytes(whole)));
                foreach (var code in CodeCheck.OfIsrc(text)?.Suggestion?.Split(' ') ?? [])
                    Assert.Null(CodeCheck.OfIsrc(code));
                if (CodeCheck.OfGtin(text)?.Suggestion is { } gtin)
                    Assert.Null(CodeCheck.OfGtin(gtin));
            }
    }
}
