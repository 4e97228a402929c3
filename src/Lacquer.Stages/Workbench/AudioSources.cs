using System.Globalization;
using System.Security.Cryptography;
using Lacquer.Formats.Accessions;
using Lacquer.Formats.Archives;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Ledgers;
using Lacquer.Formats.Rights;

namespace Lacquer.Stages.Workbench;

/// <summary>A file that a recording's audio can be taken from.</summary>
/// <param name="Place">The record that describes it.</param>
/// <param name="Record">What it says.</param>
/// <param name="Path">Where the file lay when it was harvested.</param>
/// <param name="Evidence">What was laid before the gate beside the operator's own statements.</param>
/// <param name="Rights">What the gate says of it.</param>
public sealed record AudioCandidate(RecordPlace Place, AudioRecord Record, string Path, IReadOnlyList<Evidence> Evidence, RightsDecision Rights);

/// <summary>What the catalogue tells the gate of a recording, as far as the policy asks for it.</summary>
/// <param name="Recording">Its id.</param>
/// <param name="Releases">The releases it stands on; empty where no statement names a release.</param>
/// <param name="First">The earliest of them that has a date, with the record that the release comes from; null where nothing is cleared by age.</param>
public sealed record RightsSubject(EntityId Recording, IReadOnlyList<EntityId> Releases, (EntityId Release, int Date, RecordPlace Place)? First)
{
    /// <summary>Asks the catalogue.</summary>
    public static RightsSubject Of(CatalogueReader catalogue, RecordingRow recording, RightsPolicy policy)
    {
        var byRelease = policy.Statements.Any(s => s.Release is not null);
        if (!byRelease && policy.Age is null)
            return new RightsSubject(recording.Id, [], null);
        var releases = catalogue.Appearances(recording.Rank).Select(a => a.Release).DistinctBy(r => r.Rank).ToList();
        (EntityId, int, RecordPlace)? first = null;
        if (policy.Age is not null && releases.Where(r => r.Date / 10_000 >= ProtectionTerms.FirstYear).OrderBy(r => r.Date).ThenBy(r => r.Rank).FirstOrDefault() is { } earliest
            // A release that only files name has no record of its own.
            && catalogue.SourcesOfRelease(earliest.Rank).Concat(catalogue.Sources(recording.Rank)).Select(p => (RecordPlace?)p).FirstOrDefault() is { } place)
            first = (earliest.Id, earliest.Date!.Value, place);
        return new RightsSubject(recording.Id, byRelease ? releases.ConvertAll(r => r.Id) : [], first);
    }
}

/// <summary>Finds the files behind a recording: from the catalogue to the accessions' records, and through the gate. Safe for several threads.</summary>
public sealed class AudioSources(OpenArchive archive) : IDisposable
{
    private static readonly HashSet<string> Lossless = new(["flac", "alac", "wavpack", "ape", "tta", "mlp", "truehd", "shorten"], StringComparer.Ordinal);
    private readonly Dictionary<int, (AccessionRow Row, AccessionReader Reader)> _open = [];
    private readonly Lock _reading = new();

    /// <summary>The gate of the archive's policy.</summary>
    public Gate Gate { get; } = new(archive.Configuration.Rights);

    /// <summary>The candidates for a recording, the one that serves best first: what may be published, then what may be kept; lossless before lossy; the higher bitrate.</summary>
    public IReadOnlyList<AudioCandidate> For(IReadOnlyList<RecordPlace> places, RightsSubject subject)
    {
        var candidates = new List<AudioCandidate>();
        Evidence? age = null;
        lock (_reading)
        {
            foreach (var place in places)
            {
                var (row, reader) = Open(place.Accession);
                if (row.Adapter != AudioRecord.Adapter)
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

                if (record is null)
                    continue;
                age ??= AgeOf(subject);
                var question = new RightsQuestion(age is null ? record.Evidence : [.. record.Evidence, age], archive.Today)
                {
                    Source = row.Source,
                    Key = record.Key,
                    Recording = subject.Recording,
                    Releases = subject.Releases,
                };
                candidates.Add(new AudioCandidate(place, record, Path.Combine(row.Location, record.Key), question.Evidence, Gate.Decide(question)));
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

    private Evidence? AgeOf(RightsSubject subject)
    {
        if (subject.First is not var (release, date, place))
            return null;
        var line = Open(place.Accession).Reader.Record(place.Offset);
        return new Evidence(EvidenceKind.Age, release.ToString(), string.Create(CultureInfo.InvariantCulture, $"{date / 10_000:0000}-{date / 100 % 100:00}-{date % 100:00}"), Convert.ToHexStringLower(SHA256.HashData(line.Span)));
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

/// <summary>What becomes of a file's audio.</summary>
public enum AudioHandling
{
    /// <summary>It is transcoded to its tier.</summary>
    Encode,

    /// <summary>It is near enough to its tier that only its comment header is rewritten.</summary>
    KeepAsIs,

    /// <summary>Its licence allows no derivatives: not a byte is changed.</summary>
    Original,
}

/// <summary>How a file is to be stored.</summary>
/// <param name="Tier">The tier of its recording's popularity.</param>
/// <param name="Handling">What becomes of its audio.</param>
public sealed record TierChoice(Tier Tier, AudioHandling Handling)
{
    /// <summary>Chooses by licence, popularity, codec and bitrate.</summary>
    public static TierChoice For(ArchiveConfiguration configuration, int popularity, AudioCandidate candidate)
    {
        var (tier, record) = (configuration.TierOf(popularity), candidate.Record);
        return new TierChoice(tier, configuration.Rights.KeepsOriginal(candidate.Rights.Licence) ? AudioHandling.Original
            : record.Codec is "vorbis" or "opus" && record.Format == "ogg" && record.BitrateKbps <= tier.BitrateKbps * configuration.KeepLossyUpTo ? AudioHandling.KeepAsIs
            : AudioHandling.Encode);
    }

    /// <summary>What it will take, in bytes: its own length where it is kept, else duration times bitrate.</summary>
    public long EstimateBytes(AudioRecord record) => Handling == AudioHandling.Encode ? (long)(record.DurationMs ?? 0) * Tier.BitrateKbps / 8 : record.LengthBytes;
}
