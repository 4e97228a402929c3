using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Ledgers;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Whole;

public sealed class WholeWayTests
{
    [Fact]
    public async Task From_a_folder_of_music_to_a_mirror_and_back()
    {
        using var scratch = new Scratch();
        var music = Music.CopyTo(scratch["music"]);
        var archive = new Pipeline(scratch["archive"]).Init();

        var harvest = await archive.Harvest(music, Path.Combine(music, "listens.csv"), "music");
        Assert.Empty(harvest.Findings);
        Assert.Equal(7, harvest.Records);
        var again = await archive.Harvest(music, Path.Combine(music, "listens.csv"), "music");
        Assert.False(again.IsNew);

        var catalogue = archive.Catalogue();
        Assert.Equal(7, catalogue.Totals.Recordings);
        Assert.Equal(2, catalogue.Totals.Releases);
        Assert.Equal(1602, catalogue.Totals.Listens);
        Assert.False(archive.Catalogue().IsNew);

        var ingest = await archive.Ingest();
        Assert.Empty(ingest.Findings);
        Assert.Equal((5L, 2L), (ingest.Held, ingest.Denied));
        Assert.Equal(0, (await archive.Ingest()).Ingested);

        var press = archive.Press();
        Assert.Equal(5, press.Files);
        Assert.Empty(archive.Press().Pressed);

        var edition = archive.Publish();
        Assert.True(edition.IsNew);
        Assert.False(archive.Publish().IsNew);

        var mirror = new Pipeline(scratch["mirror"]).Init("mirror");
        var mirrored = await mirror.Mirror(edition.Folder);
        Assert.Equal(5, mirrored.FetchedObjects);
        Assert.Equal(0, (await mirror.Mirror(edition.Folder)).FetchedObjects);

        Assert.Empty((await archive.Verify()).Findings);
        var verified = await mirror.Verify();
        Assert.Empty(verified.Findings);
        Assert.Equal(5, verified.Objects);
        var republished = mirror.Publish();
        Assert.True(republished.IsNew);

        using var reader = CatalogueReader.Open(archive.Layout.NewestCatalogue()!);
        Assert.Equal("Déjà vu", Assert.Single(reader.Search.Recordings(new SearchRequest("deja forsta")).Items).Recording.Title);
        Assert.Equal([100, 89], reader.Recordings().Take(2).Select(r => r.Popularity).ToArray());
        Assert.Equal("東京", Assert.Single(reader.Search.Recordings(new SearchRequest("東京")).Items).Recording.Title);
    }
}
