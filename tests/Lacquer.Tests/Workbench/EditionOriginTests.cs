using Lacquer.Stages.Workbench;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Workbench;

public sealed class EditionOriginTests
{
    [Theory]
    [InlineData("archive")]
    [InlineData("archive/")]
    [InlineData("archive/editions/000001")]
    [InlineData("archive/editions/000001/")]
    [InlineData("archive/editions/../editions/000001//")]
    [InlineData("archive", "/odd #1 %41? ü")]
    [InlineData("archive/editions/000001/", "/odd #1 %41? ü")]
    public async Task Volumes_are_found_beside_an_edition_however_its_folder_is_written(string typed, string parent = "")
    {
        var stop = TestContext.Current.CancellationToken;
        using var scratch = new Scratch();
        var root = scratch.Root + parent + "/";
        Directory.CreateDirectory(root + "archive/editions/000001");
        Directory.CreateDirectory(root + "archive/volumes/a-000001-00000000");
        await File.WriteAllTextAsync(root + "archive/editions/000001/manifest.json", "{}", stop);
        await File.WriteAllTextAsync(root + "archive/volumes/a-000001-00000000/00000.ogg", "audio", stop);

        using var origin = await EditionOrigin.FindAsync(root + typed, stop);
        Assert.Equal(5, (await origin.ReadAsync(EditionOrigin.VolumeFile("a-000001-00000000", "00000.ogg"), 100, stop)).Length);
        // What a mirror remembers leads to the same place.
        using var again = await EditionOrigin.FindAsync(origin.Address, stop);
        Assert.Equal(origin.Address, again.Address);
    }
}
