using System.Text.Json;
using Lacquer.Formats.Accessions;
using Lacquer.Stages.Harvesting;
using Lacquer.Stages.Sources;
using Lacquer.Stages.Workbench;
using Lacquer.Tests.House;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Harvesting;

/// <summary>The adapter that docs/guide/adapters.md shows does what the guide says.</summary>
public sealed class ChartAdapterTests : IDisposable
{
    private readonly Scratch _scratch = new();
    private readonly LineArchive _archive = new();

    public void Dispose()
    {
        _archive.Dispose();
        _scratch.Dispose();
    }

    [Fact]
    public async Task It_takes_records_and_only_what_is_new()
    {
        Write("a1|Ann|One|12", "b2|Bo|Two|x", "nothing");
        Assert.Equal((2L, 1L), (await Harvest()) is var first ? (first.Records, first.SetAside) : default);
        Write("a1|Ann|One|12", "b2|Bo|Two|5");
        Assert.Equal((1L, 1L), (await Harvest()) is var second ? (second.Records, second.Unchanged) : default);
        using var accession = AccessionReader.Open(_archive.Layout.Accession("chart", 2));
        using var line = JsonDocument.Parse(accession.Lines().Single().Line);
        var said = Assert.IsType<SourceRecording>(new ChartAdapter().Describe("b2", line.RootElement.GetProperty("record")));
        Assert.Equal(("b2", "Two", "Bo", 5L), (said.Id, said.Title, said.Artists.Single().Name, said.Listens));
    }

    [Fact]
    public void The_guide_shows_it_as_it_is() =>
        Assert.Contains($"```csharp\n{Repository.Read("tests/Lacquer.Tests/Harvesting/ChartAdapter.cs")}```", Repository.Read("docs/guide/adapters.md"), StringComparison.Ordinal);

    private Task<AdapterReport> Harvest() => AdapterHarvest.RunAsync(new ChartAdapter(),
        new AdapterRequest(_archive.Folder, _scratch["chart.txt"], "/", null, new Dictionary<string, string>(), _ => null), TimeProvider.System, new Progress<StageProgress>(), TestContext.Current.CancellationToken);

    private void Write(params string[] lines) => File.WriteAllLines(_scratch["chart.txt"], lines);
}
