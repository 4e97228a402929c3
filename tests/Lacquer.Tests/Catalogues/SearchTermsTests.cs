using System.Globalization;
using System.Text;
using CsCheck;
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
    [InlineData("Кино x²", "кино x2 kino")]
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

    /// <summary>Terms are found token by token; folding and transliterating the whole text gives the same.</summary>
    [Fact]
    public void Terms_of_the_tokens_are_the_terms_of_the_text()
    {
        // Letters that compose, decompose, join and stack, marks that begin a token, all separators of ASCII; none of scripts without spaces, and no numbers that only folding knows (²).
        var letters = Enumerable.Range(1, 127).Select(letter => ((char)letter).ToString())
            .Concat(["é", "e\u0301", "Å", "\u0338", "\u0301", "\u0323", "\u030a", "й", "и\u0306", "Щ", "ß", "ﬁ", "İ", "ı", "ς", "Σ", "أ", "ا\u0654", "ث", "ะ", "ก", "\u0e33", "ה\u05b7", "’", "ʼ", "\u00a0", "\u3000", "—", "\u200d", "😀", "\ud800", "\U00010428", "अ", "\u093f"])
            .ToArray();
        Gen.OneOf(Gen.Int[0, letters.Length - 1], Gen.Int[127, letters.Length - 1]).Select(i => letters[i]).Array[0, 30].Select(string.Concat).Sample(text =>
        {
            var folded = SearchText.Fold(text);
            var whole = new HashSet<string>(folded.Split(' ', StringSplitOptions.RemoveEmptyEntries));
            if (!Ascii.IsValid(folded))
            {
                var composed = string.Concat(text.EnumerateRunes().Select(rune => rune.Value == 0xFFFD ? " " : rune.ToString())).Normalize(NormalizationForm.FormC);
                var kept = string.Concat(composed.EnumerateRunes().Select(rune => Rune.IsLetterOrDigit(rune) || rune.Value is '\'' or '’' or 'ʼ'
                    || Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark ? rune.ToString() : " "));
                whole.UnionWith(SearchText.Fold(AnyAscii.Transliteration.Transliterate(kept).Replace("`", "", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries));
            }

            Assert.Equal(whole.Order(StringComparer.Ordinal), SearchTerms.Of(text).Order(StringComparer.Ordinal));
        }, iter: 20_000, threads: 1);
    }

    [Fact]
    public void Of_each_line_so_much_counts()
    {
        var line = string.Concat(Enumerable.Repeat("a ", SearchText.LongestText / 2));
        Assert.Equal(["a", "b"], SearchTerms.Of($"{line}c\n{line[1..]}bc"));
    }
}
