using System.Text.Json;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Ledgers;
using Lacquer.Stages.Workbench;

namespace Lacquer.Stages.Sources;

/// <summary>
/// What ingest found to be the same audio under two recordings, and the operator accepts: a record is such a pair, and the next catalogue has one recording of it. So the catalogue is made of accessions alone, as ever.
/// </summary>
/// <param name="by">What it must have been found by.</param>
public sealed class SameAudioAdapter(IReadOnlyCollection<SameAudioBy> by) : Adapter
{
    private const int AtOnce = 1000;

    /// <summary>As it reads its accessions.</summary>
    public SameAudioAdapter()
        : this([])
    {
    }

    /// <inheritdoc/>
    public override string Name => "same-audio";

    /// <inheritdoc/>
    public override string Summary => "Takes what lacquer quality duplicates --accept accepts.";

    /// <inheritdoc/>
    public override string LocationHelp => "The archive itself.";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Examples => ["lacquer quality duplicates --accept"];

    /// <inheritdoc/>
    public override Task TakeAsync(HarvestRun run, CancellationToken cancel)
    {
        var (done, total) = (0L, run.Ledger.SameAudioCount());
        for (SameAudioRow? after = null; run.Ledger.SameAudio(after, AtOnce) is { Count: > 0 } rows; after = rows[^1])
        {
            cancel.ThrowIfCancellationRequested();
            foreach (var row in rows.Where(r => by.Contains(r.By)))
                run.Add(row.Recording.ToString(), JsonSerializer.SerializeToUtf8Bytes(new { other = row.Other.ToString(), by = SameAudioNames.Of(row.By), score = Math.Round(row.Score, 3) }));
            run.Report("accept", done += rows.Count, total);
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public override SourceDocument? Describe(string key, JsonElement record) =>
        EntityId.TryParse(key, out var one) && EntityId.TryParse(record.Text("other"), out var other) && (one.Kind, other.Kind) == (EntityKind.Recording, EntityKind.Recording)
            ? new SourceSame(one, other) : throw new FormatException("it names no two recordings");
}
