using Lacquer.Formats.Catalogues;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Catalogues;

public sealed class SearchTextTests
{
    [Theory]
    [InlineData("Déjà-vu: Don't!", "deja vu dont")]
    [InlineData("Don\u2019t don\u02bct", "dont dont")]
    [InlineData("  a  --  b  ", "a b")]
    [InlineData("Ærøskøbing ŁÓDŹ Straße STRAẞE", "aeroskobing lodz strasse strasse")]
    [InlineData("ＦＵＬＬ①½", "full11 2")]
    [InlineData("東京", "東京")]
    [InlineData("Звёзды", "звезды")]
    [InlineData("ΟΔΟΣ οδός", "οδοσ οδοσ")]
    [InlineData("İstanbul ısı", "istanbul isi")]
    [InlineData("\ud800x\udc00", "x")]
    [InlineData("\0\u200b", "")]
    [InlineData("!!!", "")]
    [InlineData("", "")]
    [InlineData(null, "")]
    public void Text_is_folded(string? text, string folded) => Assert.Equal(folded, SearchText.Fold(text));

    [Fact]
    public void Any_text_folds_to_words_with_one_space_between_them_and_stays_so()
    {
        var random = Seeded.Random();
        for (var round = 0; round < 5000; round++)
        {
            var text = new string(Enumerable.Range(0, random.Next(80)).Select(_ => random.Next(4) == 0 ? (char)random.Next(0x80) : (char)random.Next(0x10000)).ToArray());
            Proper(text);
        }

        for (var c = 0; c < 0x110000; c++)
            if (c is < 0xd800 or > 0xdfff)
                Proper(char.ConvertFromUtf32(c));
    }

    [Theory]
    [InlineData('\ud800')]
    [InlineData('\udc00')]
    [InlineData('\u0301')]
    [InlineData('\ufdfa')]
    [InlineData('ß')]
    [InlineData(' ')]
    [InlineData('x')]
    public void A_very_long_text_is_folded_as_far_as_it_is_read(char letter)
    {
        Proper(new string(letter, 100_000));
        Proper(new string(letter, SearchText.LongestText));
        Proper(new string(letter, SearchText.LongestText - 1) + "\ud83d\ude00");
    }

    [Fact]
    public void Plain_letters_are_folded_as_all_others_are()
    {
        // A mark at the end is dropped, and keeps the text from being taken for plain.
        for (var c = '\0'; c < 128; c++)
            foreach (var text in new[] { $"{c}", $"a{c}b", $" {c}Z9{c} {c}", $"{c}{c}'{c}" })
                Assert.Equal(SearchText.Fold(text + "\u0301"), SearchText.Fold(text));
    }

    private static void Proper(string text)
    {
        var folded = SearchText.Fold(text);
        if (folded.Contains("  ", StringComparison.Ordinal) || folded.StartsWith(' ') || folded.EndsWith(' ') || SearchText.Fold(folded) != folded || folded.Length > SearchText.LongestText)
            Assert.Fail(string.Concat(text.Take(100).Select(c => $"\\u{(int)c:x4}")) + " folds to " + string.Concat(folded.Take(100).Select(c => $"\\u{(int)c:x4}")) + " and then to " + string.Concat(SearchText.Fold(folded).Take(100).Select(c => $"\\u{(int)c:x4}")));
    }
}
