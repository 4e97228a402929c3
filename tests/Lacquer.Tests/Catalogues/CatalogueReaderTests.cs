using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Tests.Studio;
using Microsoft.Data.Sqlite;
using Xunit;

namespace Lacquer.Tests.Catalogues;

/// <summary>What a catalogue of schema 2 is read as.</summary>
public sealed class CatalogueReaderTests : IDisposable
{
    private readonly SmallCatalogue _small = new();

    private CatalogueReader Reader => _small.Reader;

    public void Dispose() => _small.Dispose();

    [Fact]
    public void An_entity_is_found_by_its_whole_id_though_others_begin_alike()
    {
        for (var rank = 1; rank <= 6; rank++)
            Assert.Equal(rank, Reader.Recording(SmallCatalogue.Id(EntityKind.Recording, 0x10 + rank))!.Rank);
        for (var rank = 1; rank <= 3; rank++)
        {
            Assert.Equal(rank, Reader.Release(SmallCatalogue.Id(EntityKind.Release, 0x20 + rank))!.Rank);
            Assert.Equal(rank, Reader.Artist(SmallCatalogue.Id(EntityKind.Artist, rank))!.Rank);
        }

        Assert.Null(Reader.Recording(SmallCatalogue.Id(EntityKind.Recording, 99)));
        Assert.Null(Reader.Release(SmallCatalogue.Id(EntityKind.Release, 99)));
        Assert.Null(Reader.Artist(SmallCatalogue.Id(EntityKind.Artist, 99)));
        Assert.Null(Reader.Recording(EntityId.From(EntityKind.Recording, "nobody", "knows")));
        Assert.Null(Reader.Recording(SmallCatalogue.Id(EntityKind.Release, 0x21)));
    }

    [Fact]
    public void An_entity_is_found_by_its_MBID()
    {
        Assert.Equal([1, 2], new[] { 1, 2 }.Select(i => Reader.Recording(SmallCatalogue.Mbid('b', i))!.Rank));
        Assert.Equal([1, 2], new[] { 1, 2 }.Select(i => Reader.Release(SmallCatalogue.Mbid('c', i))!.Rank));
        Assert.Equal([1, 2], new[] { 1, 2 }.Select(i => Reader.Artist(SmallCatalogue.Mbid('a', i))!.Rank));
        Assert.Null(Reader.Recording(SmallCatalogue.Mbid('b', 3)));
        Assert.Null(Reader.Release(Guid.Empty));
        Assert.Null(Reader.Artist(SmallCatalogue.Mbid('b', 1)));
    }

    [Fact]
    public void A_row_has_what_a_list_shows()
    {
        Assert.Equal(new RecordingRow(1, SmallCatalogue.Id(EntityKind.Recording, 0x11), "Dawn", "Ada Lark", 180_000, 600, 100, SmallCatalogue.Mbid('b', 1), true, "CC-BY-4.0"), Reader.Recording(1));
        Assert.Equal(new RecordingRow(5, SmallCatalogue.Id(EntityKind.Recording, 0x15), "Noise", "", 1000, 0, 0), Reader.Recording(5));
        Assert.False(Reader.Recording(2)!.IsExplicit);
        Assert.Equal(new ReleaseRow(1, SmallCatalogue.Id(EntityKind.Release, 0x21), "Day", "Ada Lark", 20190500, 4006381333931, 920, SmallCatalogue.Mbid('c', 1), "Album", "CC-BY-4.0"),
            Reader.Release(SmallCatalogue.Id(EntityKind.Release, 0x21)));
        Assert.Equal(new ArtistRow(1, SmallCatalogue.Id(EntityKind.Artist, 1), "Ada Lark", 900, "Lark, Ada", SmallCatalogue.Mbid('a', 1)), Reader.Artist(SmallCatalogue.Id(EntityKind.Artist, 1)));
        Assert.Null(Reader.Recording(7));
        Assert.Equal([3, 4, 5], Reader.Recordings(2, 3).Select(r => r.Rank));
    }

    [Fact]
    public void Codes_are_read_from_the_row_and_beside_it()
    {
        Assert.Equal([270000000, 270000001, 270000003], Reader.Isrcs(1).Select(i => i.Packed));
        Assert.Equal([270000002], Reader.Isrcs(2).Select(i => i.Packed));
        Assert.Empty(Reader.Isrcs(4));
        Assert.Equal([1L, 3], Reader.Recordings(Isrc.FromPacked(270000001)).Select(r => r.Rank));
        Assert.Equal([1L], Reader.Recordings(Isrc.FromPacked(270000000)).Select(r => r.Rank));
        Assert.Empty(Reader.Recordings(Isrc.FromPacked(1)));
        Assert.Equal([1L, 2], Reader.Releases(4006381333931).Select(r => r.Rank));
        Assert.Empty(Reader.Releases(1));
    }

    [Fact]
    public void Places_and_tracks_are_in_order_with_what_the_release_prints()
    {
        Assert.Equal([(1L, 1, 1), (2L, 1, 1), (2L, 1, 5)], Reader.Appearances(1).Select(a => (a.Release.Rank, a.Medium, a.Position)));
        Assert.Empty(Reader.Appearances(5));
        var tracks = Reader.Tracks(1);
        Assert.Equal([(1, 1, 1L), (1, 2, 2L), (2, 1, 3L)], tracks.Select(t => (t.Medium, t.Position, t.Recording.Rank)));
        Assert.Equal((null, null, null), (tracks[0].Title, tracks[0].ArtistCredit, tracks[0].DurationMs));
        Assert.Equal(("Noon (album version)", null, 239_000), (tracks[1].Title, tracks[1].ArtistCredit, tracks[1].DurationMs));
        Assert.Equal("Ada Lark feat. B. Finch", tracks[2].ArtistCredit);
        Assert.Empty(Reader.Tracks(9));
    }

    [Fact]
    public void Lists_of_an_artist_go_on_after_a_rank()
    {
        Assert.Equal([1L, 2, 3], Reader.RecordingsOfArtist(1, 0, 10).Select(r => r.Rank));
        Assert.Equal([1L, 2], Reader.RecordingsOfArtist(1, 0, 2).Select(r => r.Rank));
        Assert.Equal([3L], Reader.RecordingsOfArtist(1, 2, 2).Select(r => r.Rank));
        Assert.Equal([2L], Reader.RecordingsOfArtist(2, 0, 2).Select(r => r.Rank));
        Assert.Equal([1L, 2], Reader.ReleasesOfArtist(1, 0, 10).Select(r => r.Rank));
        Assert.Equal([2L], Reader.ReleasesOfArtist(1, 1, 10).Select(r => r.Rank));
        Assert.Empty(Reader.ReleasesOfArtist(2, 0, 10));
        Assert.Equal([1L, 2], Reader.ArtistsOfRecording(2).Select(a => a.Rank));
        Assert.Equal([1L], Reader.ArtistsOfRelease(1).Select(a => a.Rank));
    }

    [Fact]
    public void Everything_else_is_asked_for_on_its_own()
    {
        var (ada, bo) = (SmallCatalogue.Id(EntityKind.Artist, 1), SmallCatalogue.Id(EntityKind.Artist, 2));
        Assert.Equal([new CreditName(ada, "Ada Lark", " feat. ", "main"), new CreditName(bo, "B. Finch", "", "featured")], Reader.CreditOf(EntityKind.Recording, 2));
        Assert.Equal(Reader.ArtistCredit(2), Reader.CreditOf(EntityKind.Recording, 2));
        Assert.Equal([new CreditName(ada, "Ada Lark", "", null)], Reader.CreditOf(EntityKind.Release, 1));
        Assert.Empty(Reader.CreditOf(EntityKind.Recording, 5));
        Assert.Equal(["ambient", "jazz"], Reader.Genres(EntityKind.Recording, 1));
        Assert.Equal(["ambient", "jazz"], Reader.Genres(EntityKind.Release, 1));
        Assert.Equal(["ambient", "jazz"], Reader.Genres(EntityKind.Artist, 1));
        Assert.Empty(Reader.Genres(EntityKind.Recording, 4));
        Assert.Equal(["Aube"], Reader.Aliases(EntityKind.Recording, 1));
        Assert.Equal(["Jour"], Reader.Aliases(EntityKind.Release, 1));
        Assert.Equal(["A. Lark", "アダ"], Reader.Aliases(EntityKind.Artist, 1));
        Assert.Equal([new SourceKey("shop", "shop-1"), new SourceKey("shop", "shop-2")], Reader.Keys(EntityKind.Recording, 1));
        Assert.Equal([new SourceKey("shop", "shop-release-1")], Reader.Keys(EntityKind.Release, 1));
        Assert.Equal([new SourceKey("shop", "shop-artist-1")], Reader.Keys(EntityKind.Artist, 1));
        Assert.Equal([new RecordPlace(1, 7), new RecordPlace(3, 100)], Reader.Sources(1));
        Assert.Equal([new RecordPlace(1, 20), new RecordPlace(2, 5)], Reader.SourcesOfRelease(1));
        Assert.Equal([new LabelRow("Small Records", "SR-1"), new LabelRow("Else", null)], Reader.Labels(1));
        Assert.Equal([new LabelRow(null, "X 2")], Reader.Labels(2));
        Assert.Equal(["DE", "US"], Reader.Markets(1));
        Assert.Empty(Reader.Markets(3));
        Assert.Equal([new MediumRow(1, "CD", null), new MediumRow(2, "12\" Vinyl", "Encore")], Reader.Media(1));
        Assert.Equal([("front", "https://example.org/front.jpg", null), ("back", null, "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f")], Reader.Images(1).Select(i => (i.Type, i.Url, i.Sha256?.ToString())));
        Assert.Equal(new FeatureRow(120.5, 0, 1, 4, -7.5, 0.5, 0.6, 0.05, 0.1, 0.9, 0.2, 0.7), Reader.Features(1));
        Assert.Equal(new FeatureRow(90, 9, 0, null, null, null, 0.3, null, null, null, null, null), Reader.Features(2));
        Assert.Null(Reader.Features(3));
        Assert.Equal([new ConflictRow("date", "disk", 1), new ConflictRow("title", "shop", 3)], Reader.Conflicts());
    }

    [Fact]
    public void A_catalogue_is_read_without_its_search()
    {
        Assert.False(Reader.IsSearchable);
        Assert.Equal(Failure.Missing, Assert.Throws<LacquerException>(() => Reader.Search).Failure);
        Assert.Equal(6, Reader.Totals().Recordings);
    }

    [Fact]
    public void A_catalogue_without_look_ups_answers_what_is_asked_by_rank()
    {
        using var scratch = new Scratch();
        SmallCatalogue.Write(scratch.Root);
        var lookups = Path.Combine(scratch.Root, CatalogueReader.LookupsFileName);
        using (var connection = new SqliteConnection($"Data Source={lookups};Pooling=False"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "DROP TABLE lookup_isrc";
            command.ExecuteNonQuery();
        }

        using (var reader = CatalogueReader.Open(scratch.Root))
        {
            Assert.Equal("Dawn", reader.Recording(SmallCatalogue.Id(EntityKind.Recording, 0x11))!.Title);
            Assert.Equal(Failure.Damaged, Assert.Throws<LacquerException>(() => reader.Recordings(Isrc.FromPacked(1))).Failure);
        }

        foreach (var damage in new Action[] { () => File.WriteAllText(lookups, "no database, though it is long enough to be looked at as one".PadRight(8192)), () => File.WriteAllText(lookups, ""), () => File.Delete(lookups) })
        {
            damage();
            using var reader = CatalogueReader.Open(scratch.Root);
            Assert.False(reader.HasLookups);
            Assert.Equal("Dawn", reader.Recording(1)!.Title);
            Assert.Equal(Failure.Missing, Assert.Throws<LacquerException>(() => reader.Recordings(Isrc.FromPacked(1))).Failure);
        }
    }

    [Fact]
    public void Questions_about_one_thing_read_no_table_from_end_to_end()
    {
        // The plans of SQLite for all that the reader asks, but what it streams: a SCAN of a large table would be a query that grows with the catalogue.
        var plans = new List<string>();
        using var connection = new SqliteConnection($"Data Source={Path.Combine(_small.Folder, CatalogueReader.CatalogueFileName)};Mode=ReadOnly;Pooling=False");
        connection.Open();
        foreach (var sql in new[]
        {
            "SELECT a.eid, n.name, n.join_phrase, n.role FROM artist_credit_name n CROSS JOIN artist a WHERE n.artist_credit = 1 AND a.id = n.artist ORDER BY n.position",
            "SELECT g.name FROM (SELECT recording AS id, genre_set FROM recording_rare) r CROSS JOIN genre_set s CROSS JOIN genre g WHERE r.id = 1 AND s.id = r.genre_set AND g.id = s.genre ORDER BY g.name",
            "SELECT r.id, t.medium FROM track t LEFT JOIN artist_credit tc ON tc.id = t.artist_credit CROSS JOIN recording r LEFT JOIN artist_credit c ON c.id = r.artist_credit WHERE r.id = t.recording AND t.release = 1 ORDER BY t.medium, t.position",
            "SELECT s.name, k.key FROM release_key k CROSS JOIN source s WHERE k.release = 1 AND s.id = k.source ORDER BY k.source, k.key",
            "SELECT l.name, n.catalogue_number FROM release_label n LEFT JOIN label l ON l.id = n.label WHERE n.release = 1 ORDER BY n.position",
            "SELECT isrc FROM recording WHERE id = 1 AND isrc IS NOT NULL UNION SELECT isrc FROM recording_isrc_more WHERE recording = 1 ORDER BY isrc",
        })
        {
            using var command = connection.CreateCommand();
            command.CommandText = "EXPLAIN QUERY PLAN " + sql;
            using var row = command.ExecuteReader();
            while (row.Read())
                plans.Add(row.GetString(3));
        }

        Assert.DoesNotContain(plans, plan => plan.StartsWith("SCAN", StringComparison.Ordinal) && plan is not ("SCAN n" or "SCAN k" or "SCAN (subquery-5)" or "SCAN (subquery-6)" or "SCAN (subquery-7)") || plan.StartsWith("MATERIALIZE", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("b0000000-0000-4000-8000-000000000001", true)]
    [InlineData("B0000000-0000-4000-8000-000000000001", true)]
    [InlineData("https://musicbrainz.org/recording/b0000000-0000-4000-8000-000000000001", true)]
    [InlineData("http://www.musicbrainz.org/recording/b0000000-0000-4000-8000-000000000001?tport=1", true)]
    [InlineData("musicbrainz.org/release/b0000000-0000-4000-8000-000000000001/cover-art", true)]
    [InlineData("b0000000000040008000000000000001", false)]
    [InlineData("{b0000000-0000-4000-8000-000000000001}", false)]
    [InlineData("https://example.org/recording/b0000000-0000-4000-8000-000000000001", false)]
    [InlineData("https://musicbrainz.org/b0000000-0000-4000-8000-000000000001", false)]
    [InlineData("https://musicbrainz.org/recording/b0000000-0000-4000-8000-0000000000012", false)]
    [InlineData("", false)]
    public void An_MBID_is_read_alone_or_in_an_address(string text, bool isOne)
    {
        Assert.Equal(isOne, Mbid.TryParse(text, out var mbid));
        if (isOne)
            Assert.Equal(SmallCatalogue.Mbid('b', 1), mbid);
    }
}
