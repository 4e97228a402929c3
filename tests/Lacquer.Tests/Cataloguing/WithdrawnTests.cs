using System.Globalization;
using Lacquer.Cli;
using Lacquer.Formats.Identity;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Cataloguing;

/// <summary>What was withdrawn stays out of later catalogues, under whatever key it comes again, and the round trip says so.</summary>
public sealed class WithdrawnTests : IDisposable
{
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

    private List<string> Titles(string table) => _archive.Ask($"SELECT {(table == "artist" ? "name" : "title")} FROM {table} ORDER BY 1").Select(row => (string)row[0]).ToList();

    private async Task<string> Run(params string[] words)
    {
        using var said = new StringWriter(CultureInfo.InvariantCulture);
        Assert.Equal(0, await App.RunAsync([.. words, "--archive", _archive.Folder], new Terminal(said, said), TestContext.Current.CancellationToken));
        return said.ToString();
    }

    private static string Recording(int number) => EntityId.From(EntityKind.Recording, "musicbrainz", Mbid('b', number)).ToString();

    private static string Artist(int number) => EntityId.From(EntityKind.Artist, "musicbrainz", Mbid('a', number)).ToString();

    private static string Mbid(char kind, int number) => FormattableString.Invariant($"{new string(kind, 8)}-0000-4000-8000-{number:d12}");

    private static string Credit(string name, int number) => $$$"""{"name":"{{{name}}}","artist":{"id":"{{{Mbid('a', number)}}}","name":"{{{name}}}"}}""";

    private static string Track(int position, string title, int seconds, int number, string[]? credit = null) => FormattableString.Invariant(
        $$$"""{"position":{{{position}}},"title":"{{{title}}}","length":{{{seconds}}}000,{{{(credit is null ? "" : $"\"artist-credit\":[{string.Join(',', credit)}],")}}}"recording":{"id":"{{{Mbid('b', number)}}}","title":"{{{title}}}","length":{{{seconds}}}000,"artist-credit":[{{{Credit("Ada", 1)}}}]}}""");

    private static string Release(string title, string[] credit, params string[] tracks) =>
        $$$"""{"entity":"release","record":{"id":"{{{Mbid('c', 1)}}}","title":"{{{title}}}","artist-credit":[{{{string.Join(',', credit)}}}],"media":[{"position":1,"tracks":[{{{string.Join(',', tracks)}}}]}]}}""";
}
