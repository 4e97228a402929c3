using Lacquer.Formats.Catalogues;
using Xunit;

namespace Lacquer.Tests.Catalogues;

public sealed class SearchTermsTests
{
    [Theory]
    [InlineData("Déjà vu, vu", "deja vu")]
    [InlineData("東京タワー", "東京 京タ タワ ワー ー")]
    [InlineData("海", "海")]
    [InlineData("방탄소년단 봄날", "방탄 탄소 소년 년단 단 봄날 날 bangtansonyeondan bomnal")]
    [InlineData("ビートルズ", "ヒー ート トル ルス ス bitoruzu")]
    [InlineData("Кино", "кино kino")]
    [InlineData("Цой соль", "цои соль tsoy sol")]
    [InlineData("AKB48の歌", "akb48 の歌 歌")]
    [InlineData("\U00020000\U00020001", "\U00020000\U00020001 \U00020001")]
    [InlineData("😀", "")]
    [InlineData("😀 Ω", "ω o")]
    [InlineData("Щ\ud800Щ", "щ shch")]
    [InlineData("!?", "")]
    public void A_text_has_these_terms(string text, string terms) => Assert.Equal(terms, string.Join(' ', SearchTerms.Of(text)));

    [Fact]
    public void The_quick_way_through_ASCII_gives_what_folding_gives()
    {
        for (var a = 0; a < 128; a++)
            for (var b = 0; b < 128; b++)
            {
                var text = $"x{(char)a}{(char)b}Y";
                Assert.Equal(SearchText.Fold(text), string.Join(' ', SearchTerms.Of(text).Count == 1 ? SearchTerms.Of(text) : SearchText.Fold(text).Split(' ')));
                Assert.Equal(SearchText.Fold(text).Split(' ').Distinct(), SearchTerms.Of(text));
            }
    }

    [Fact]
    public void A_decomposed_letter_is_transliterated_as_the_letter_it_is() => Assert.Equal(SearchTerms.Of("Цо\u0439"), SearchTerms.Of("Цо\u0438\u0306"));

    [Fact]
    public void A_long_word_is_cut_and_never_within_a_letter()
    {
        Assert.Equal(SearchTerms.LongestTerm, Assert.Single(SearchTerms.Of(new string('a', 5000))).Length);
        Assert.All(SearchTerms.Of(string.Concat(Enumerable.Repeat("a\U00010428", 60))), term => Assert.DoesNotContain('\ufffd', term));
    }
}
