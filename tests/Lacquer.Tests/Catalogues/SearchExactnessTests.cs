using Lacquer.Formats.Catalogues;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Catalogues;

/// <summary>Whatever way a search goes inside, page by page it gives just what reading every text in rank order gives.</summary>
public sealed class SearchExactnessTests(SearchExactnessTests.Library library) : IClassFixture<SearchExactnessTests.Library>
{
    [Fact]
    public void Pages_of_any_query_are_the_matches_in_rank_order()
    {
        var random = new Random(11);
        for (var round = 0; round < 150; round++)
        {
            var query = library.Query(random);
            var limit = random.Next(1, 40);
            Check(query, limit, new SearchRequest(query, 0, limit), _ => true);
        }
    }

    [Theory]
    [InlineData("a")]
    [InlineData("b")]
    [InlineData("ab")]
    [InlineData("a a")]
    [InlineData("the a")]
    [InlineData("rare b")]
    [InlineData("the")]
    [InlineData("東")]
    [InlineData("東 a")]
    [InlineData("東 の b")]
    public void Short_unfinished_words_are_exact_on_every_page(string query)
    {
        Check(query, 20, new SearchRequest(query, 0, 20), _ => true);
        var first = library.Naive(query).Take(20);
        Assert.Equal(first, library.Catalogue.Search.Recordings(new SearchRequest(query)).Items.Select(f => f.Recording.Rank));
    }

    [Fact]
    public void Filtered_pages_are_the_matches_that_pass()
    {
        var random = new Random(12);
        for (var round = 0; round < 30; round++)
        {
            var query = library.Query(random);
            var (least, modulus) = (random.Next(3) == 0 ? random.Next(100) : 0, random.Next(1, 400));
            var request = new SearchRequest(query, 0, random.Next(1, 30)) { LeastPopularity = least, Keep = rows => rows.Where(row => row.Rank % modulus == 0) };
            Check(query, request.Limit, request, rank => rank % modulus == 0 && library.Catalogue.Popularity((int)rank) >= least);
        }
    }

    [Fact]
    public void One_typo_is_one_edit_of_one_word()
    {
        var random = new Random(13);
        var found = 0;
        for (var round = 0; round < 150; round++)
        {
            var isUnfinished = random.Next(2) == 0;
            var word = library.Word(random);
            if (word.Length < 4)
                continue;
            var at = random.Next(word.Length - 1);
            var typo = random.Next(4) switch
            {
                0 => word.Remove(at, 1),
                1 => word.Insert(at, "q"),
                2 => $"{word[..at]}q{word[(at + 1)..]}",
                _ => $"{word[..at]}{word[at + 1]}{word[at]}{word[(at + 2)..]}",
            };
            var query = isUnfinished ? typo : typo + " ";
            if (typo.Length < 4 || library.Naive(query).Any())
                continue;
            var expected = library.Terms.Select((terms, i) => (terms, Rank: i + 1L)).Where(p => p.terms.Any(term => IsNear(typo, term, isUnfinished))).Select(p => p.Rank).ToList();
            Assert.Equal(expected, Walk(new SearchRequest(query, 0, 25)));
            found += expected.Count;
        }

        Assert.True(found > 100);
    }

    [Fact]
    public void Counts_are_exact_where_they_say_so()
    {
        var random = new Random(14);
        for (var round = 0; round < 100; round++)
        {
            var query = library.Query(random);
            var page = library.Catalogue.Search.Recordings(new SearchRequest(query, 0, 20));
            if (page.Form != SearchForm.Typed)
                continue;
            var count = library.Naive(query).Count();
            if (page.IsExact) Assert.Equal(count, page.Count);
            else Assert.True(page.Next is null || page.Count > page.Items.Count, query);
        }

        Assert.True(library.Catalogue.Search.Recordings(new SearchRequest("the ")).IsExact);
    }

    private void Check(string query, int limit, SearchRequest request, Func<long, bool> passes)
    {
        var matches = library.Naive(query).ToList();
        if (matches.Count == 0)
            return;
        Assert.True(limit > 0);
        Assert.Equal(matches.Where(passes), Walk(request));
    }

    private List<long> Walk(SearchRequest request)
    {
        var ranks = new List<long>();
        for (long? after = 0; after is { } from;)
        {
            var page = library.Catalogue.Search.Recordings(request with { After = from });
            Assert.True(page.Items.Count <= request.Limit && (page.Next is null || page.Next > from));
            ranks.AddRange(page.Items.Select(f => f.Recording.Rank));
            after = page.Next;
        }

        return ranks;
    }

    // Every prefix of the term that is as long as the typed word, give or take one, is as good as the term itself where the word is unfinished.
    private static bool IsNear(string typed, string term, bool isUnfinished) =>
        term.All(char.IsAsciiLetterOrDigit) && (isUnfinished ? Enumerable.Range(typed.Length - 1, 3).Where(n => n <= term.Length).Any(n => Distance(typed, term[..n]) == 1) : Distance(typed, term) == 1);

    // Optimal string alignment: a letter left out, put in or changed, or two neighbours swapped.
    private static int Distance(string a, string b)
    {
        var d = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
            for (var j = 0; j <= b.Length; j++)
            {
                if (i == 0 || j == 0) { d[i, j] = i + j; continue; }
                d[i, j] = Math.Min(Math.Min(d[i - 1, j], d[i, j - 1]) + 1, d[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    d[i, j] = Math.Min(d[i, j], d[i - 2, j - 2] + 1);
            }

        return d[a.Length, b.Length];
    }

    /// <summary>
    /// Six thousand recordings of which most words are rare and begin with one of few letters: a letter begins thousands of terms, more than any one query is given, so that every way of answering is taken.
    /// </summary>
    public sealed class Library : IDisposable
    {
        private readonly List<string> _vocabulary = [];

        public Library()
        {
            var random = new Random(10);
            for (var i = 0; i < 16_000; i++)
                _vocabulary.Add(string.Concat(Enumerable.Range(0, random.Next(1, 9)).Select(at => (char)('a' + (at == 0 ? random.Next(2) : random.Next(8))))));
            const string letters = "東京大阪の歌は山川海空花鳥風月春夏秋冬ア가나다라마바사";
            var rows = new List<WordyRecording>();
            for (var i = 0; i < 6000; i++)
            {
                var words = Enumerable.Range(0, random.Next(1, 6)).Select(_ => random.Next(12) == 0
                    ? string.Concat(Enumerable.Range(0, random.Next(1, 5)).Select(_ => letters[random.Next(letters.Length)])) : Word(random)).ToList();
                if (random.Next(3) == 0)
                    words.Insert(random.Next(words.Count + 1), "the");
                if (random.Next(300) == 0)
                    words.Add("rare");
                rows.Add(new WordyRecording(string.Join(' ', words), $"Artist {i % 700}", random.Next(4) == 0 ? null : $"Release {random.Next(2000)}"));
            }

            Catalogue = new WordyCatalogue(rows);
            Terms = rows.Select(row => SearchTerms.Of($"{row.Title}\n{row.Artist}\n{row.Release}").ToList()).ToList();
        }

        internal WordyCatalogue Catalogue { get; }

        internal IReadOnlyList<IReadOnlyList<string>> Terms { get; }

        /// <summary>A word, some far oftener than others.</summary>
        internal string Word(Random random) => _vocabulary[(int)Math.Exp(random.NextDouble() * Math.Log(_vocabulary.Count))];

        internal string Query(Random random)
        {
            var row = Catalogue.Recordings[random.Next(Catalogue.Recordings.Count)];
            var words = $"{row.Title} {row.Artist} {row.Release}".Split(' ', StringSplitOptions.RemoveEmptyEntries);
            random.Shuffle(words);
            var query = string.Join(' ', words.Take(random.Next(1, 4)));
            return random.Next(3) switch { 0 => query + " ", 1 => query, _ => query[..random.Next(1, query.Length + 1)] };
        }

        /// <summary>Ranks of the recordings that match, told without any index.</summary>
        internal IEnumerable<long> Naive(string query)
        {
            var words = SearchText.Fold(query).Normalize(System.Text.NormalizationForm.FormC).Split(' ', StringSplitOptions.RemoveEmptyEntries);
            for (var i = 0; i < Catalogue.Recordings.Count; i++)
            {
                var row = Catalogue.Recordings[i];
                var written = $"{row.Title} {row.Artist} {row.Release}".ToLowerInvariant().Split(' ');
                var text = written.Concat(written.Where(w => !char.IsAscii(w.FirstOrDefault()) && !w.Any(IsHan)).Select(w => AnyAscii.Transliteration.Transliterate(w).ToLowerInvariant())).ToList();
                if (words.Length > 0 && words.Select((word, at) => (word, IsLast: at == words.Length - 1 && !query.EndsWith(' '))).All(p =>
                    char.IsAscii(p.word[0]) ? text.Any(w => p.IsLast ? w.StartsWith(p.word, StringComparison.Ordinal) : w == p.word)
                    : Enumerable.Range(0, Math.Max(1, p.word.Length - 1)).All(n => text.Any(w => w.Contains(p.word.Substring(n, Math.Min(2, p.word.Length)), StringComparison.Ordinal)))))
                    yield return i + 1;
            }
        }

        public void Dispose() => Catalogue.Dispose();

        private static bool IsHan(char letter) => letter is >= '\u4e00' and <= '\u9fff';
    }
}
