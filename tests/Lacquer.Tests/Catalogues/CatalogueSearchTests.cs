using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Tests.Studio;
using Microsoft.Data.Sqlite;
using Xunit;

namespace Lacquer.Tests.Catalogues;

public sealed class CatalogueSearchTests : IClassFixture<CatalogueSearchTests.Shelf>
{
    private readonly WordyCatalogue _shelf;

    public CatalogueSearchTests(Shelf shelf) => _shelf = shelf.Catalogue;

    [Theory]
    [InlineData("blue monk", "Blue Monk")]
    [InlineData("monk blue ", "Blue Monk")]
    [InlineData("MÖNK thelon", "Blue Monk")]
    [InlineData("deja", "Déjà Vu")]
    [InlineData("genius modern blue", "Blue Monk")]
    [InlineData("東京", "東京タワー")]
    [InlineData("京タ", "東京タワー")]
    [InlineData("東京タワー", "東京タワー")]
    [InlineData("京", "東京タワー")]
    [InlineData("ー", "東京タワー")]
    [InlineData("歌姫", "飾りじゃないのよ")]
    [InlineData("소년", "봄날")]
    [InlineData("방탄소년단", "봄날")]
    [InlineData("봄", "봄날")]
    [InlineData("날 방탄", "봄날")]
    [InlineData("кино", "Группа крови")]
    [InlineData("Kino", "Группа крови")]
    [InlineData("gruppa krovi", "Группа крови")]
    [InlineData("gruppa кр", "Группа крови")]
    [InlineData("sheena", "丸ノ内サディスティック")]
    [InlineData("椎名", "丸ノ内サディスティック")]
    [InlineData("الحب", "أنت الحب")]
    public void Words_in_any_script_and_order_find(string query, string title)
    {
        var page = _shelf.Search.Recordings(new SearchRequest(query));
        Assert.Equal([title], page.Items.Select(f => f.Recording.Title));
        Assert.Equal(SearchForm.Typed, page.Form);
        Assert.Equal((1, true, null), (page.Count, page.IsExact, page.Next));
    }

    [Theory]
    [InlineData("блуе монк", SearchForm.Transliterated, "Blue Monk")]
    [InlineData("монк", SearchForm.Transliterated, "Blue Monk")]
    [InlineData("metalica ", SearchForm.Corrected, "Enter Sandman")]
    [InlineData("metallicca", SearchForm.Corrected, "Enter Sandman")]
    [InlineData("mteallica", SearchForm.Corrected, "Enter Sandman")]
    [InlineData("metakl", SearchForm.Corrected, "Enter Sandman")]
    [InlineData("enter sandmen", SearchForm.Corrected, "Enter Sandman")]
    [InlineData("Металлика", SearchForm.Corrected, "Enter Sandman")]
    [InlineData("крови групка", SearchForm.Corrected, "Группа крови")]
    public void Where_nothing_is_found_Latin_letters_and_then_one_typo_are_tried(string query, SearchForm form, string title)
    {
        var page = _shelf.Search.Recordings(new SearchRequest(query));
        Assert.Equal(form, page.Form);
        Assert.Equal([title], page.Items.Select(f => f.Recording.Title));
        Assert.Empty(_shelf.Search.Recordings(new SearchRequest(query, After: 100_000)).Items);
    }

    [Theory]
    [InlineData("mtealica")]
    [InlineData("metalica sandmen")]
    [InlineData("vuu ")]
    [InlineData("京東")]
    [InlineData("blues ")]
    [InlineData("zzzz")]
    public void Two_typos_a_short_word_or_what_is_not_there_finds_nothing(string query) => Assert.Empty(_shelf.Titles(query).Except(query == "blues " ? ["Blue Monk"] : []));

    [Fact]
    public void A_word_that_a_space_follows_is_finished()
    {
        Assert.Equal(["Blue Monk", "Bluebird"], _shelf.Titles("blue"));
        Assert.Equal(["Blue Monk"], _shelf.Titles("blue "));
    }

    [Fact]
    public void Each_recording_is_shown_once_with_its_best_known_release()
    {
        var found = Assert.Single(_shelf.Search.Recordings(new SearchRequest("blue monk")).Items);
        Assert.Equal("Genius of Modern Music", found.Release?.Title);
        Assert.Equal(["Genius of Modern Music"], _shelf.Search.Releases(new SearchRequest("modern genius thelonious")).Items.Select(r => r.Title));
        Assert.Equal(["Thelonious Monk"], _shelf.Search.Artists(new SearchRequest("monk")).Items.Select(a => a.Name));
        Assert.Equal(["Ringo Sheena"], _shelf.Search.Artists(new SearchRequest("椎名林檎")).Items.Select(a => a.Name));
    }

    [Fact]
    public void An_MBID_finds_what_it_names_and_nothing_of_another_kind()
    {
        foreach (var text in new[] { "b0000000-0000-4000-8000-000000000001", "https://musicbrainz.org/recording/b0000000-0000-4000-8000-000000000001" })
        {
            var found = _shelf.Search.Recordings(new SearchRequest(text));
            Assert.Equal(SearchForm.Identifier, found.Form);
            Assert.Equal([1L], found.Items.Select(f => f.Recording.Rank));
            Assert.Empty(_shelf.Search.Releases(new SearchRequest(text)).Items);
        }

        Assert.Equal([1L], _shelf.Search.Releases(new SearchRequest("c0000000-0000-4000-8000-000000000001")).Items.Select(r => r.Rank));
        Assert.Equal([2L], _shelf.Search.Artists(new SearchRequest("a0000000-0000-4000-8000-000000000002")).Items.Select(a => a.Rank));
        Assert.Empty(_shelf.Search.Artists(new SearchRequest("a0000000-0000-4000-8000-00000000ffff")).Items);
    }

    [Fact]
    public void Identifiers_are_taken_as_such()
    {
        var byIsrc = _shelf.Search.Recordings(new SearchRequest(" gb-aye-06-01498"));
        Assert.Equal(SearchForm.Identifier, byIsrc.Form);
        Assert.Equal(["Blue Monk", "Déjà Vu"], byIsrc.Items.Select(f => f.Recording.Title));
        Assert.Equal(["Déjà Vu"], _shelf.Search.Recordings(new SearchRequest("GBAYE0601498", After: byIsrc.Items[0].Recording.Rank)).Items.Select(f => f.Recording.Title));
        Assert.Empty(_shelf.Search.Artists(new SearchRequest("GBAYE0601498")).Items);
        Assert.Equal(["Genius of Modern Music"], _shelf.Search.Releases(new SearchRequest("4006381333931")).Items.Select(r => r.Title));
        Assert.Equal(["Genius of Modern Music"], _shelf.Search.Releases(new SearchRequest("04006381333931")).Items.Select(r => r.Title));
        var recording = byIsrc.Items[1].Recording;
        Assert.Equal([recording], _shelf.Search.Recordings(new SearchRequest($"{recording.Id}")).Items.Select(f => f.Recording));
        Assert.Empty(_shelf.Search.Releases(new SearchRequest($"{recording.Id}")).Items);
        Assert.Empty(_shelf.Search.Recordings(new SearchRequest("GBAYE0601499")).Items);
        Assert.Equal(["99 Luftballons"], _shelf.Titles("99"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("\"")]
    [InlineData("\" OR \"a")]
    [InlineData("blue\" OR \"a\"*")]
    [InlineData("NEAR(a b, 2)")]
    [InlineData("text : ^a")]
    [InlineData("-blue NOT monk")]
    [InlineData("'; DROP TABLE recording_text; --")]
    [InlineData("!?.,;:()[]{}*+-^\"'`")]
    [InlineData("😀😃")]
    [InlineData("\ud83d")]
    [InlineData("\udc00東\ud800")]
    [InlineData("\0\u0001\ufffe\uffff")]
    [InlineData("\u0301\u0301")]
    [InlineData("ﷺ")]
    [InlineData("b10bbbfc-cf9e-42e0-be17-e2c3e1d2600d")]
    public void Any_query_is_answered(string query)
    {
        _ = _shelf.Search.Recordings(new SearchRequest(query));
        _ = _shelf.Search.Releases(new SearchRequest(query));
        _ = _shelf.Search.Artists(new SearchRequest(query));
    }

    [Theory]
    [InlineData("a")]
    [InlineData("blue ")]
    [InlineData("東京")]
    [InlineData("щ ")]
    [InlineData("\ud800")]
    [InlineData("각")]
    public void A_query_of_100_000_letters_is_answered(string part) =>
        Assert.Empty(_shelf.Titles(string.Concat(Enumerable.Repeat(part, 100_000 / part.Length))).Except(["Blue Monk"]));

    [Fact]
    public void Filters_keep_the_order()
    {
        IReadOnlyList<string> Titles(SearchRequest request) => _shelf.Search.Recordings(request).Items.Select(f => f.Recording.Title).ToList();
        Assert.Equal(["Blue Monk"], Titles(new SearchRequest("blue") { ToYear = 1952 }));
        Assert.Equal(["Bluebird"], Titles(new SearchRequest("blue") { FromYear = 1953 }));
        Assert.Equal([], Titles(new SearchRequest("blue") { FromYear = 1953, ToYear = 1954 }));
        Assert.Equal(["Blue Monk"], Titles(new SearchRequest("blue") { LeastPopularity = 95 }));
        Assert.Equal(["Bluebird"], Titles(new SearchRequest("blue") { Keep = rows => rows.Where(row => row.Rank > 1) }));
        Assert.Equal(["Genius of Modern Music"], _shelf.Search.Releases(new SearchRequest("music") { FromYear = 1952, ToYear = 1952 }).Items.Select(r => r.Title));

        // What a filter takes away was found all the same: no typo is looked for.
        var none = _shelf.Search.Recordings(new SearchRequest("blue") { Keep = _ => [] });
        Assert.Equal((SearchForm.Typed, 0), (none.Form, none.Items.Count));
    }

    [Fact]
    public void A_reader_refuses_a_format_it_does_not_know_and_the_index_of_another_catalogue()
    {
        using var catalogue = new WordyCatalogue(new WordyRecording("A", "B"));
        var path = Path.Combine(catalogue.Folder, CatalogueReader.SearchFileName);
        foreach (var (change, message) in new[] { ("UPDATE meta SET value = 'lacquer-search/9' WHERE name = 'format'", "lacquer-search/9"), ("UPDATE meta SET value = '" + SearchSchema.Format + "' WHERE name = 'format'; UPDATE meta SET value = 'x' WHERE name = 'inputs'", "another catalogue"), ("DROP TABLE meta", "format") })
        {
            using (var connection = new SqliteConnection($"Data Source={path};Pooling=False"))
            {
                connection.Open();
                using var command = connection.CreateCommand();
                command.CommandText = change;
                command.ExecuteNonQuery();
            }

            using var reader = CatalogueReader.Open(catalogue.Folder);
            Assert.False(reader.IsSearchable);
            Assert.Contains(message, Assert.Throws<LacquerException>(() => reader.Search).Message);
        }

        File.WriteAllText(path, "not a database, however long one looks at it");
        using (var reader = CatalogueReader.Open(catalogue.Folder))
            Assert.Throws<LacquerException>(() => reader.Search);
        File.Delete(path);
        using (var reader = CatalogueReader.Open(catalogue.Folder))
            Assert.Equal(Failure.Missing, Assert.Throws<LacquerException>(() => reader.Search).Failure);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(16)]
    public void The_same_catalogue_gives_the_same_bytes_on_any_number_of_cores(int parts)
    {
        using var scratch = new Scratch();
        var again = scratch["again.sqlite"];
        SearchWriter.Write(_shelf.Folder, again, _ => { }, CancellationToken.None, parts: parts);
        Assert.Equal(File.ReadAllBytes(Path.Combine(_shelf.Folder, CatalogueReader.SearchFileName)), File.ReadAllBytes(again));
    }

    [Fact]
    public void A_catalogue_of_nothing_is_searched_in_vain()
    {
        using var empty = new WordyCatalogue();
        foreach (var query in new[] { "a", "東", "東京", "test ", "GBAYE0601498" })
            Assert.Empty(empty.Titles(query));
    }

    public sealed class Shelf : IDisposable
    {
        internal WordyCatalogue Catalogue { get; } = new(
            new WordyRecording("Blue Monk", "Thelonious Monk", "Genius of Modern Music", 1952, "GBAYE0601498", 4006381333931),
            new WordyRecording("Déjà Vu", "Crosby, Stills, Nash & Young", "Déjà Vu", 1970, "GBAYE0601498"),
            new WordyRecording("Bluebird", "Buffalo Springfield", "Again", 1967),
            new WordyRecording("東京タワー", "くるり", "図鑑", 2000),
            new WordyRecording("飾りじゃないのよ", "中森明菜", "歌姫", 1994),
            new WordyRecording("봄날", "방탄소년단"),
            new WordyRecording("Группа крови", "Кино", "Группа крови", 1988),
            new WordyRecording("丸ノ内サディスティック", "椎名林檎", "無罪モラトリアム", 1999, ArtistName: "Ringo Sheena"),
            new WordyRecording("أنت الحب", "أم كلثوم"),
            new WordyRecording("Enter Sandman", "Metallica", "Metallica", 1991),
            new WordyRecording("99 Luftballons", "Nena"));

        public void Dispose() => Catalogue.Dispose();
    }
}
