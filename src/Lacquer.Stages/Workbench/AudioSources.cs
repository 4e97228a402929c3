using Lacquer.Formats.Accessions;
using Lacquer.Formats.Archives;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Ledgers;
using Lacquer.Formats.Rights;

namespace Lacquer.Stages.Workbench;

/// <summary>A file that a recording's audio can be taken from.</summary>
/// <param name="Place">The record that describes it.</param>
/// <param name="Record">What it says.</param>
/// <param name="Path">Where the file lay when it was harvested.</param>
/// <param name="Rights">What the gate says of it.</param>
public sealed record AudioCandidate(RecordPlace Place, AudioRecord Record, string Path, RightsDecision Rights);

/// <summary>Finds the files behind a recording: from the catalogue to the accessions' records, and through the gate. Safe for several threads.</summary>
public sealed class AudioSources(OpenArchive archive) : IDisposable
{
    private static readonly HashSet<string> Lossless = new(["flac", "alac", "wavpack", "ape", "tta", "mlp", "truehd", "shorten"], StringComparer.Ordinal);
    private readonly Dictionary<int, (AccessionRow Row, AccessionReader Reader)> _open = [];
    private readonly Lock _gate = new();

    /// <summary>The candidates for a recording, the one that serves best first: what may be published, then what may be kept; lossless before lossy; the higher bitrate.</summary>
    public IReadOnlyList<AudioCandidate> For(IReadOnlyList<RecordPlace> places)
    {
        var candidates = new List<AudioCandidate>();
        lock (_gate)
        {
            foreach (var place in places)
            {
                var (row, reader) = Open(place.Accession);
                if (!AudioRecord.IsOf(row.Adapter))
                    continue; // facts, and no file behind them
                AudioRecord? record;
                try
                {
                    record = AudioRecord.Read(reader.Record(place.Offset)).Record;
                }
                catch (FormatException)
                {
                    continue; // the catalogue has set it aside and said so
                }

                if (record is not null)
                    candidates.Add(new AudioCandidate(place, record, Path.Combine(row.Location, record.File), Gate.Decide(archive.Configuration.Rights, record.Evidence)));
            }
        }

        return candidates
            .OrderByDescending(c => c.Rights.Publish).ThenByDescending(c => c.Rights.Keep)
            .ThenByDescending(c => IsLossless(c.Record)).ThenByDescending(c => c.Record.BitrateKbps ?? 0)
            .ThenBy(c => c.Place.Accession).ThenBy(c => c.Place.Offset).ToList();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (_, reader) in _open.Values)
            reader.Dispose();
    }

    private static bool IsLossless(AudioRecord record) => Lossless.Contains(record.Codec) || record.Codec.StartsWith("pcm_", StringComparison.Ordinal);

    private (AccessionRow Row, AccessionReader Reader) Open(int number)
    {
        if (_open.TryGetValue(number, out var open))
            return open;
        var row = archive.Ledger.Accessions().FirstOrDefault(a => a.Number == number)
            ?? throw new LacquerException(Failure.Damaged, FormattableString.Invariant($"the ledger knows no accession {number:D6}"), "put the ledger back from a copy");
        open = (row, AccessionReader.Open(archive.Layout.Accession(row.Source, row.Number)));
        _open.Add(number, open);
        return open;
    }
}

/// <summary>How a file is to be stored.</summary>
/// <param name="Tier">The tier of its recording's popularity.</param>
/// <param name="KeepAsIs">Whether it is near enough to the tier that only its comment header is rewritten.</param>
public sealed record TierChoice(Tier Tier, bool KeepAsIs)
{
    /// <summary>Chooses by popularity, codec and bitrate.</summary>
    public static TierChoice For(ArchiveConfiguration configuration, int popularity, AudioRecord record)
    {
        var tier = configuration.TierOf(popularity);
        return new TierChoice(tier, record.Codec is "vorbis" or "opus" && IsOgg(record) && record.BitrateKbps <= tier.BitrateKbps * configuration.KeepLossyUpTo);
    }

    /// <summary>What it will take, in bytes: its own length where it is kept, else duration times bitrate.</summary>
    public long EstimateBytes(AudioRecord record) => KeepAsIs ? record.LengthBytes : (long)(record.DurationMs ?? 0) * Tier.BitrateKbps / 8;

    private static bool IsOgg(AudioRecord record) => record.Probe.TryGetProperty("format", out var format) && format.TryGetProperty("format_name", out var name) && name.ValueEquals("ogg");
}
