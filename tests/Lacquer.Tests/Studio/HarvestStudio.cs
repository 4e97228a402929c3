using System.Text;
using Lacquer.Formats.Accessions;
using Lacquer.Formats.Findings;
using Lacquer.Stages.Harvesting;
using Lacquer.Stages.Sources;
using Lacquer.Stages.Workbench;

namespace Lacquer.Tests.Studio;

/// <summary>An archive that harvests from a stand-in, by a clock that does not wait for back-off and Retry-After.</summary>
internal sealed class HarvestStudio : IAsyncDisposable
{
    private HarvestStudio(StandIn source) => Source = source;

    public StandIn Source { get; }

    public LineArchive Archive { get; } = new();

    /// <summary>Moved on by waits of up to two minutes alone: time limits are longer.</summary>
    public EagerClock Clock { get; } = new(TimeSpan.FromMinutes(2));

    /// <summary>The environment.</summary>
    public Dictionary<string, string> Variables { get; } = [];

    /// <param name="patience">Seconds without a byte.</param>
    public static async Task<HarvestStudio> StartAsync(int patience = 3600)
    {
        var studio = new HarvestStudio(await StandIn.StartAsync());
        var toml = Path.Combine(studio.Archive.Folder, "lacquer.toml");
        File.WriteAllText(toml, $"name = \"lines\"\n[fetch]\ncontact = \"tests@example.org\"\nrequests_per_second = 100\npatience_seconds = {patience}\n");
        return studio;
    }

    public Task<AdapterReport> HarvestAsync(string adapter, string location, CancellationToken stop, params IEnumerable<string> flags)
    {
        var options = flags.ToDictionary(f => f, _ => "", StringComparer.Ordinal);
        options.Add("--server", Source.Address.AbsoluteUri);
        return AdapterHarvest.RunAsync(AdapterList.All.Single(a => a.Name == adapter), new AdapterRequest(Archive.Folder, location, "/", null, options, name => Variables.GetValueOrDefault(name)), Clock, new Progress<StageProgress>(), stop);
    }

    /// <summary>The lines of an accession, without its first.</summary>
    public List<string> Lines(string source, int number)
    {
        using var reader = AccessionReader.Open(Archive.Layout.Accession(source, number));
        return reader.Lines().Select(l => Encoding.UTF8.GetString(l.Line.Span)).ToList();
    }

    public async ValueTask DisposeAsync()
    {
        await Source.DisposeAsync();
        Archive.Dispose();
    }
}
