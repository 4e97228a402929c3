using System.Text.Json;
using Lacquer.Cli;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Cli;

/// <summary>What is shown of a catalogue that knows everything.</summary>
public sealed class ShowTests : IDisposable
{
    private readonly SmallArchive _archive = new();

    public ShowTests()
    {
        Directory.CreateDirectory(_archive.Layout.Catalogue("000001"));
        SmallCatalogue.Write(_archive.Layout.Catalogue("000001"));
    }

    public void Dispose() => _archive.Dispose();

    [Fact]
    public async Task A_release_shows_its_credit_type_labels_markets_genres_media_and_identifiers()
    {
        var text = await Show("c0000000-0000-4000-8000-000000000001");
        foreach (var shown in new[]
        {
            "Day", "also called", "Jour", "Ada Lark  art-", "type", "Album", "2019-05", "4006381333931", "mbid", "shop-release-1, of shop", "Small Records, SR-1", "Else", "2: DE US", "ambient, jazz", "1: CD", "2: 12\" Vinyl, Encore",
            "front, back", "CC-BY-4.0, by a source", "Noon (album version)", "Ada Lark feat. B. Finch",
        })
            Assert.Contains(shown, text, StringComparison.Ordinal);
        using var json = JsonDocument.Parse(await Show("c0000000-0000-4000-8000-000000000001", "--json"));
        Assert.Contains("Small Records", json.RootElement.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_recording_shows_its_credit_with_roles_codes_and_sound()
    {
        var text = await Show("#2");
        foreach (var shown in new[] { "Ada Lark feat. B. Finch", "Ada Lark (main)  art-", "Bo Finch (featured)  art-", "b0000000-0000-4000-8000-000000000002", "not explicit", "90 beats a minute, A minor, energy 0.30" })
            Assert.Contains(shown, text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_artist_shows_other_names_and_a_barcode_the_releases_that_carry_it()
    {
        var artist = await Show("https://musicbrainz.org/artist/a0000000-0000-4000-8000-000000000001");
        foreach (var shown in new[] { "Lark, Ada", "A. Lark", "アダ", "shop-artist-1, of shop", "ambient, jazz", "Best of Day" })
            Assert.Contains(shown, artist, StringComparison.Ordinal);
        var releases = await Show("4006381333931");
        Assert.Contains("Best of Day", releases, StringComparison.Ordinal);
        Assert.Equal(2, releases.TrimEnd().Split('\n').Length);
    }

    private async Task<string> Show(string id, params string[] options)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await App.RunAsync(["show", id, "--archive", _archive.Folder, .. options], new Terminal(output, error), TestContext.Current.CancellationToken);
        Assert.True(code == 0, error.ToString());
        return output.ToString();
    }
}
