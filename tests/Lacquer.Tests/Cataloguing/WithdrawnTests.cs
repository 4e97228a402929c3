using System.Globalization;
using Lacquer.Cli;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Cataloguing;

/// <summary>What was withdrawn stays out of later catalogues, under whatever key it comes again, and the round trip says so.</summary>
public sealed class WithdrawnTests : IDisposable
{
    private const int Missing = (int)Failure.Missing;

    private readonly LineArchive _archive = new();

    public void Dispose() => _archive.Dispose();

    [Fact]
    public async Task A_track_that_a_releases_record_lists_is_withdrawn_and_not_lost()
    {
        _archive.Add("musicbrainz", "musicbrainz/1", Release("Day", [Credit("Ada", 1)], Track(1, "Dawn", 61, 1), Track(2, "Noon", 120, 2), Track(3, "Dusk", 90, 3)));
        await Run("catalogue");
        await Run("withdraw", Recording(2), "--reason", "asked for");
        await Run("catalogue");
        Assert.Equal(["Dawn", "Dusk"], Titles("recording"));
        var said = await Run("catalogue", "--check", "--all");
        Assert.Contains(" 0 lost,", said, StringComparison.Ordinal);
        Assert.Contains("of withdrawal 000001", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_tracks_own_credit_that_names_a_withdrawn_artist_is_withdrawn_and_not_lost()
    {
        _archive.Add("musicbrainz", "musicbrainz/1", Release("Day", [Credit("Ada", 1)], Track(1, "Dawn", 61, 1, [Credit("Bo", 2)])));
        await Run("catalogue");
        await Run("withdraw", Artist(2), "--reason", "asked for");
        await Run("catalogue");
        Assert.Equal(["Ada"], Titles("artist"));
        Assert.Contains(" 0 lost,", await Run("catalogue", "--check", "--all"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_artist_that_another_source_knows_by_its_own_key_stays_out_with_all_that_is_credited_to_it()
    {
        _archive.Add("musicbrainz", "musicbrainz/1", Release("Day", [Credit("Ada", 1)], Track(1, "Dawn", 61, 1), Track(2, "Noon", 120, 2)));
        await Run("catalogue");
        await Run("withdraw", Artist(1), "--reason", "asked for");
        await Run("catalogue");
        Assert.Empty(Titles("recording"));
        _archive.Add("shop", "release/1",
            """{"entity":"release","record":{"id":"s1","title":"Elsewhere","artist-credit":[{"name":"Ada","artist":{"id":"p1","name":"Ada"}}],"media":[{"tracks":[{"position":1,"title":"Dawn","length":61000,"recording":{"id":"t1"}},{"position":2,"title":"Sunset","length":200000,"recording":{"id":"t2"}}]}]}}""",
            """{"entity":"release","record":{"id":"s2","title":"Tape","media":[{"tracks":[{"position":1,"title":"Hiss","length":9000,"artist-credit":[{"name":"Ada","artist":{"id":"p1","name":"Ada"}}],"recording":{"id":"t3"}}]}]}}""",
            """{"entity":"release","record":{"id":"s3","title":"Other","artist-credit":[{"name":"Cy","artist":{"id":"p2","name":"Cy"}}],"media":[{"tracks":[{"position":1,"title":"One","length":31000,"recording":{"id":"t4"}}]}]}}""");
        await Run("catalogue");
        Assert.Equal("One | Other | Cy", All());
        Assert.Contains(" 0 lost,", await Run("catalogue", "--check", "--all"), StringComparison.Ordinal);
        foreach (var id in new[] { Shop(EntityKind.Recording, "t2"), Shop(EntityKind.Release, "s1"), Shop(EntityKind.Artist, "p1") })
            Assert.Contains("was withdrawn", await Said(Missing, "show", id), StringComparison.Ordinal);

        await Run("withdraw", "--undo", "1", "--reason", "a mistake");
        await Run("catalogue");
        Assert.Equal("Dawn, Hiss, Noon, One, Sunset | Day, Elsewhere, Other, Tape | Ada, Cy", All());
        await Run("show", Shop(EntityKind.Recording, "t2"));
    }

    [Fact]
    public async Task What_a_later_record_of_the_same_key_knows_by_another_identifier_stays_out()
    {
        _archive.Add("musicbrainz", "musicbrainz/1", Release("Day", [Credit("Ada", 1)], Track(1, "Dawn", 61, 1), Track(2, "Noon", 120, 2)));
        _archive.Add("shop", "release/1", Sale("p1"));
        await Run("catalogue");
        await Run("withdraw", Recording(2), "--reason", "asked for");
        await Run("withdraw", Shop(EntityKind.Artist, "p1"), "--reason", "asked for, too");
        _archive.Add("musicbrainz", "musicbrainz/1", Release("Day", [Credit("Ada", 1)], Track(1, "Dawn", 61, 1), Track(2, "Noon", 121, 12)));
        _archive.Add("shop", "release/1", Sale("p9"));
        await Run("catalogue");
        Assert.Equal("Dawn | Day | Ada", All());
        Assert.Contains("was withdrawn", await Said(Missing, "show", Recording(12)), StringComparison.Ordinal);

        static string Sale(string artist) =>
            $$$"""{"entity":"release","record":{"id":"s1","title":"Sale","artist-credit":[{"name":"Cy","artist":{"id":"{{{artist}}}","name":"Cy"}}],"media":[{"tracks":[{"position":1,"title":"One","length":31000,"recording":{"id":"t4"}}]}]}}""";
    }

    [Fact]
    public async Task A_release_that_another_source_lists_stays_out_with_what_is_new_on_it()
    {
        _archive.Add("first", "release/1", Sold("s1", 2));
        await Run("catalogue");
        await Run("withdraw", EntityId.From(EntityKind.Release, "first", "s1").ToString(), "--reason", "asked for");
        _archive.Add("shop", "release/1", Sold("x1", 3),
            """{"entity":"release","record":{"id":"x2","title":"Other","media":[{"tracks":[{"position":1,"title":"Part 1","length":1000,"artist-credit":[{"name":"Cy"}],"recording":{"id":"x1-1"}},{"position":2,"title":"Last","length":71000,"recording":{"id":"x9"}}]}]}}""");
        await Run("catalogue");
        Assert.Equal("Last | Other | Cy", All());

        static string Sold(string id, int tracks) => FormattableString.Invariant(
            $$$"""{"entity":"release","record":{"id":"{{{id}}}","title":"Sold","barcode":"4006381333931","artist-credit":[{"name":"Cy"}],"media":[{"tracks":[{{{string.Join(',', Enumerable.Range(1, tracks).Select(n => FormattableString.Invariant($$$"""{"position":{{{n}}},"title":"Part {{{n}}}","length":{{{n}}}000,"recording":{"id":"{{{id}}}-{{{n}}}"}}""")))}}}]}]}}""");
    }

    [Fact]
    public async Task What_a_source_that_is_withdrawn_showed_to_be_the_same_stays_out()
    {
        const string Noon = """{"entity":"recording","record":{"id":"t1","title":"Noon","length":120000,"artist-credit":[{"name":"Ada"}]}}""";
        _archive.Add("first", "release/1", Noon);
        _archive.Add("shop", "release/1", Noon, """{"entity":"recording","record":{"id":"t2","title":"Dusk","length":90000,"artist-credit":[{"name":"Ada"}]}}""");
        await Run("catalogue");
        Assert.Equal(["Dusk", "Noon"], Titles("recording"));
        await Run("withdraw", EntityId.From(EntityKind.Recording, "first", "t1").ToString(), "--reason", "asked for");
        await Run("catalogue");
        await Run("withdraw", "--source", "first", "--reason", "its terms changed");
        await Run("catalogue");
        Assert.Equal(["Dusk"], Titles("recording"));
        await Run("withdraw", "--undo", "1", "--reason", "a mistake");
        await Run("catalogue");
        Assert.Equal(["Dusk", "Noon"], Titles("recording"));
    }

    private string All() => string.Join(" | ", new[] { "recording", "release", "artist" }.Select(table => string.Join(", ", Titles(table))));

    private List<string> Titles(string table) => _archive.Ask($"SELECT {(table == "artist" ? "name" : "title")} FROM {table} ORDER BY 1").Select(row => (string)row[0]).ToList();

    private Task<string> Run(params string[] words) => Said(ExitCode.Done, words);

    private async Task<string> Said(int code, params string[] words)
    {
        using var said = new StringWriter(CultureInfo.InvariantCulture);
        Assert.Equal(code, await App.RunAsync([.. words, "--archive", _archive.Folder], new Terminal(said, said), TestContext.Current.CancellationToken));
        return said.ToString();
    }

    private static string Shop(EntityKind kind, string key) => EntityId.From(kind, "shop", key).ToString();

    private static string Recording(int number) => EntityId.From(EntityKind.Recording, "musicbrainz", Mbid('b', number)).ToString();

    private static string Artist(int number) => EntityId.From(EntityKind.Artist, "musicbrainz", Mbid('a', number)).ToString();

    private static string Mbid(char kind, int number) => FormattableString.Invariant($"{new string(kind, 8)}-0000-4000-8000-{number:d12}");

    private static string Credit(string name, int number) => $$$"""{"name":"{{{name}}}","artist":{"id":"{{{Mbid('a', number)}}}","name":"{{{name}}}"}}""";

    private static string Track(int position, string title, int seconds, int number, string[]? credit = null) => FormattableString.Invariant(
        $$$"""{"position":{{{position}}},"title":"{{{title}}}","length":{{{seconds}}}000,{{{(credit is null ? "" : $"\"artist-credit\":[{string.Join(',', credit)}],")}}}"recording":{"id":"{{{Mbid('b', number)}}}","title":"{{{title}}}","length":{{{seconds}}}000,"artist-credit":[{{{Credit("Ada", 1)}}}]}}""");

    private static string Release(string title, string[] credit, params string[] tracks) =>
        $$$"""{"entity":"release","record":{"id":"{{{Mbid('c', 1)}}}","title":"{{{title}}}","artist-credit":[{{{string.Join(',', credit)}}}],"media":[{"position":1,"tracks":[{{{string.Join(',', tracks)}}}]}]}}""";
}
