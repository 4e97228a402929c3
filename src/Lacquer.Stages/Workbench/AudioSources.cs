using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Lacquer.Formats.Accessions;
using Lacquer.Formats.Archives;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Ledgers;
using Lacquer.Formats.Objects;
using Lacquer.Formats.Rights;
using Lacquer.Stages.Sources;

namespace Lacquer.Stages.Workbench;

/// <summary>A file that a recording's audio can be taken from.</summary>
/// <param name="Place">The record that describes it.</param>
/// <param name="Accession">The accession that has the record.</param>
/// <param name="File">What is said of it without looking at it.</param>
/// <param name="Evidence">What was laid before the gate beside the operator's own statements; of a file that was fetched once, its own tags as well.</param>
/// <param name="Rights">What the gate says of it.</param>
public sealed record AudioCandidate(RecordPlace Place, AccessionRow Accession, SourceFile File, IReadOnlyList<Evidence> Evidence, RightsDecision Rights)
{
    /// <summary>What was found in it; null where it is to be fetched and never was.</summary>
    public AudioRecord? Record { get; init; }

    /// <summary>Where it lies on disk; null where it is to be fetched.</summary>
    public string? Path { get; init; }

    /// <summary>What it is called in messages, and what the statements of <c>lacquer.toml</c> match.</summary>
    public string Key => File.FileName.Length > 0 ? File.FileName : File.Location;
}

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
    // Records remembered: albums of a dozen files take some megabytes.
    private const int MostRecords = 1000;

    private readonly Dictionary<int, OpenAccession> _open = [];
    private readonly Dictionary<RecordPlace, ILookup<string, SourceFile>> _files = [];
    private readonly Lock _reading = new();

    /// <summary>The gate of the archive's policy.</summary>
    public Gate Gate { get; } = new(archive.Configuration.Rights);

    /// <summary>
    /// The candidates for a recording, the one that serves best first: what may be published, then what may be kept; originals before what was made of them; lossless before lossy; the higher bitrate;
    /// what is on disk before what is to be fetched.
    /// </summary>
    /// <param name="places">The records that speak of it.</param>
    /// <param name="keys">What the sources call it: of a record with many files, it tells which are the recording's.</param>
    /// <param name="subject">What else the gate is told.</param>
    public IReadOnlyList<AudioCandidate> For(IReadOnlyList<RecordPlace> places, IReadOnlyList<SourceKey> keys, RightsSubject subject)
    {
        var candidates = new List<AudioCandidate>();
        Evidence? age = null;
        lock (_reading)
        {
            foreach (var place in places)
            {
                var accession = Open(place.Accession);
                foreach (var (file, record, path) in Files(accession, place, keys))
                {
                    age ??= AgeOf(subject);
                    IEnumerable<Evidence> said = record is null || path is not null ? file.Evidence : file.Evidence.Concat(record.Evidence);
                    var question = new RightsQuestion([.. said, .. age is null ? Array.Empty<Evidence>() : [age]], archive.Today)
                    {
                        Source = accession.Row.Source,
                        Key = file.FileName.Length > 0 ? file.FileName : file.Location,
                        Recording = subject.Recording,
                        Releases = subject.Releases,
                    };
                    candidates.Add(new AudioCandidate(place, accession.Row, file, question.Evidence, Gate.Decide(question)) { Record = record, Path = path });
                }
            }
        }

        return candidates
            .OrderByDescending(c => c.Rights.Publish).ThenByDescending(c => c.Rights.Keep)
            .ThenBy(c => c.File.IsDerivative).ThenByDescending(c => AudioRecord.IsLossless(c.File.Codec)).ThenByDescending(c => c.File.BitrateKbps ?? 0)
            .ThenBy(c => c.Path is null).ThenBy(c => c.Place.Accession).ThenBy(c => c.Place.Offset).ToList();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var accession in _open.Values)
            accession.Reader.Dispose();
    }

    private Evidence? AgeOf(RightsSubject subject)
    {
        if (subject.First is not var (release, date, place))
            return null;
        var line = Open(place.Accession).Reader.Record(place.Offset);
        return new Evidence(EvidenceKind.Age, release.ToString(), string.Create(CultureInfo.InvariantCulture, $"{date / 10_000:0000}-{date / 100 % 100:00}-{date % 100:00}"), Convert.ToHexStringLower(SHA256.HashData(line.Span)));
    }

    // The files of a record; what cannot be read, the catalogue has set aside and said so.
    private List<(SourceFile File, AudioRecord? Record, string? Path)> Files(OpenAccession accession, RecordPlace place, IReadOnlyList<SourceKey> keys)
    {
        try
        {
            if (AudioRecord.IsOf(accession.Row.Adapter))
                return AudioRecord.Read(accession.Reader.Record(place.Offset)).Record is { } record ? [(FileOf(record), record, Path.Combine(accession.Row.Location, record.File))] : [];
            if (accession.Adapter is not { } adapter)
                return []; // facts, and no file behind them
            if (!_files.TryGetValue(place, out var files))
            {
                // A release is asked for once for each of its recordings, in no order: what was read is remembered, within bounds.
                if (_files.Count == MostRecords)
                    _files.Clear();
                using var document = JsonDocument.Parse(accession.Reader.Record(place.Offset), new JsonDocumentOptions { MaxDepth = 64 });
                files = document.RootElement.TryGetProperty("record", out var said) ? adapter.Files(document.RootElement.GetProperty("key").GetString()!, said).ToLookup(f => f.RecordingId, StringComparer.Ordinal) : Enumerable.Empty<SourceFile>().ToLookup(f => f.RecordingId);
                _files.Add(place, files);
            }

            // Of a record that is of one recording, all files are; of one with several, those that the catalogue knows the recording by.
            var own = files.Count == 1 ? files.First() : keys.Where(k => k.Source == accession.Row.Source).SelectMany(k => files[k.Key]);
            return own.Select(f => Fetched(accession.Row.Source, f) is { } record
                ? (f with { LengthBytes = record.LengthBytes, DurationMs = record.DurationMs ?? 0, Codec = record.Codec, BitrateKbps = record.BitrateKbps }, record, null)
                : (f, (AudioRecord?)null, (string?)null)).ToList();
        }
        catch (Exception e) when (e is FormatException or JsonException or KeyNotFoundException or InvalidOperationException or ArgumentException)
        {
            return [];
        }
    }

    // What was found in a file when it was fetched holds as long as the source speaks of the same file.
    private AudioRecord? Fetched(string source, SourceFile file) =>
        archive.Ledger.Fetched(source, file.Location) is { } record && (file.LengthBytes ?? record.LengthBytes) == record.LengthBytes && (file.Sha256.Length == 0 || file.Sha256 == record.Sha256.ToString()) ? record : null;

    private static SourceFile FileOf(AudioRecord record) => new(record.Key, record.Key, record.Evidence)
    {
        FileName = record.Key,
        LengthBytes = record.LengthBytes,
        DurationMs = record.DurationMs ?? 0,
        Codec = record.Codec,
        BitrateKbps = record.BitrateKbps,
        Sha256 = record.Sha256.ToString(),
    };

    private OpenAccession Open(int number)
    {
        if (_open.TryGetValue(number, out var open))
            return open;
        var row = archive.Ledger.Accessions().FirstOrDefault(a => a.Number == number)
            ?? throw new LacquerException(Failure.Damaged, FormattableString.Invariant($"the ledger knows no accession {number:D6}"), "put the ledger back from a copy");
        var reader = AccessionReader.Open(archive.Layout.Accession(row.Source, row.Number));
        open = new OpenAccession(row, reader, AdapterList.Of(row.Adapter)?.Reading(reader.Header.Settings));
        _open.Add(number, open);
        return open;
    }

    private sealed record OpenAccession(AccessionRow Row, AccessionReader Reader, Adapter? Adapter);
}

/// <summary>What becomes of a file's audio.</summary>
public enum AudioHandling
{
    /// <summary>It is transcoded to its tier.</summary>
    Encode,

    /// <summary>It is near enough to its tier, or the policy keeps what is lossy: only its comment header is rewritten.</summary>
    KeepAsIs,

    /// <summary>Not a byte is changed: its licence allows no derivatives, it is a master, or the policy keeps what is lossy.</summary>
    Original,
}

/// <summary>How a file is to be stored.</summary>
/// <param name="Tier">The tier of its recording's popularity.</param>
/// <param name="Handling">What becomes of its audio.</param>
public sealed record TierChoice(Tier Tier, AudioHandling Handling)
{
    /// <summary>What a FLAC file takes of its samples, as a rule.</summary>
    private const double FlacShare = 0.6;

    /// <summary>Chooses by licence, popularity, codec and bitrate.</summary>
    public static TierChoice For(ArchiveConfiguration configuration, int popularity, AudioCandidate candidate)
    {
        var (tier, file, record) = (configuration.TierOf(popularity), candidate.File, candidate.Record);
        if (configuration.Rights.KeepsOriginal(candidate.Rights.Licence))
            return new TierChoice(tier, AudioHandling.Original);
        // What is cut out of a longer file is encoded anew.
        if (record?.Part is not null)
            return new TierChoice(tier, AudioHandling.Encode);
        if (file.Codec is "vorbis" or "opus" && (record?.Format ?? "ogg") == "ogg" && (KeepsLossy(configuration, tier) || file.BitrateKbps <= tier.BitrateKbps * configuration.KeepLossyUpTo))
            return new TierChoice(tier, AudioHandling.KeepAsIs);
        var isKept = AudioRecord.IsLossless(file.Codec) ? tier.Codec == TierCodec.Flac && file.Codec == "flac" : KeepsLossy(configuration, tier);
        return new TierChoice(tier, isKept && (record is null || ObjectExtensions.Of(record.Format, record.Codec) is not null) ? AudioHandling.Original : AudioHandling.Encode);
    }

    /// <summary>Whether what is lossy is kept rather than encoded for this tier: by policy, and always where the tier is lossless, as nothing is gained by it.</summary>
    public static bool KeepsLossy(ArchiveConfiguration configuration, Tier tier) => configuration.KeepsLossy || tier.Codec == TierCodec.Flac;

    /// <summary>What it will take, in bytes, as far as is known: its own length where it is kept, else duration times bitrate, and of samples what FLAC leaves of them as a rule.</summary>
    public long EstimateBytes(SourceFile file)
    {
        if (Handling == AudioHandling.Encode && Tier.Codec == TierCodec.Flac)
            return (long)((file.LengthBytes ?? 0) * (file.Codec.StartsWith("pcm_", StringComparison.Ordinal) ? FlacShare : 1));
        var encoded = file.DurationMs * (long)Tier.BitrateKbps / 8;
        return Handling == AudioHandling.Encode && encoded > 0 ? encoded : file.LengthBytes ?? encoded;
    }
}
