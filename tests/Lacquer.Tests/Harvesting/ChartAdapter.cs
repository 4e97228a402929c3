using System.Globalization;
using System.Text.Json;
using Lacquer.Stages.Sources;

namespace Lacquer.Tests.Harvesting;

/// <summary>A radio station's chart: a text file with <c>key|artist|title|plays</c> on each line.</summary>
public sealed class ChartAdapter : Adapter
{
    public override string Name => "chart";

    public override string Summary => "Reads a radio station's chart.";

    public override string LocationHelp => "A text file with key|artist|title|plays on each line.";

    public override IReadOnlyList<string> Examples => ["lacquer harvest chart week-31.txt --archive /srv/music"];

    // How records are taken: each as it is, under the source's own key.
    public override async Task TakeAsync(HarvestRun run, CancellationToken cancel)
    {
        var number = 0;
        await foreach (var line in File.ReadLinesAsync(run.Request.Path, cancel))
        {
            number++;
            if (line.Split('|') is [{ Length: > 0 } key, _, _, _])
                run.Add(key, JsonSerializer.SerializeToUtf8Bytes(line));
            else
                run.SetAside($"line {number}", "unreadable", "it is not key|artist|title|plays");
        }
    }

    // What a record says of music: of this record and nothing else, so that a catalogue can be made again from the accession.
    public override SourceDocument Describe(string key, JsonElement record)
    {
        var parts = record.GetString()!.Split('|');
        return new SourceRecording(key, parts[2])
        {
            Artists = [new SourceName(parts[1])],
            Listens = long.TryParse(parts[3], NumberStyles.None, CultureInfo.InvariantCulture, out var plays) ? plays : 0,
        };
    }
}
