using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Ledgers;
using Lacquer.Formats.Objects;
using Lacquer.Formats.Rights;
using Lacquer.Formats.Volumes;
using Lacquer.Stages.Workbench;

namespace Lacquer.Cli.Commands;

/// <summary>A file that was harvested for a recording.</summary>
internal sealed record SourceView(string Source, int Accession, long Offset, string Key, string Codec, double? BitrateKbps, long? LengthBytes, Sha256Digest? Sha256);

/// <summary>What is held of a recording.</summary>
internal sealed record ObjectView(string File, PiecesRoot Root, Sha256Digest Sha256, long LengthBytes, string Tier, double? LoudnessLufs, double? PeakDbfs, Sha256Digest? Original, bool IsRestorable);

/// <summary>Where it stands in a volume: its index without pad files and with them, where it begins by v1, and how to get it alone.</summary>
internal sealed record VolumeView(string Name, int Index, int IndexV1, long OffsetBytes, string File, InfoHashV1 InfoHashV1, InfoHashV2 InfoHashV2, string Magnet, IReadOnlyList<string> Addresses)
{
    public static VolumeView Of(OpenArchive archive, VolumeRow volume, int index, string file)
    {
        var (indexV1, offsetBytes) = archive.Ledger.PlaceV1(volume.Number, index, archive.Configuration.PieceLengthBytes);
        return new VolumeView(volume.Name, index, indexV1, offsetBytes, file, volume.InfoHashV1, volume.InfoHashV2, volume.Magnet(indexV1, archive.Configuration.Envelope),
            archive.Configuration.Webseeds.Select(webseed => VolumeNames.Address(webseed, volume.Name, file)).ToList());
    }
}

/// <summary>Everything known of a recording, from catalogue, accessions and ledger.</summary>
/// <param name="Recording">As the catalogue has it.</param>
/// <param name="Recordings">How many there are.</param>
/// <param name="Credit">The names of its credit, as printed.</param>
/// <param name="Artists">Of its credit.</param>
/// <param name="Isrcs">Its codes.</param>
/// <param name="Appearances">Where it stands.</param>
/// <param name="Aliases">Other titles.</param>
/// <param name="Genres">Its genres.</param>
/// <param name="Keys">What sources call it.</param>
/// <param name="Features">What was measured of its sound.</param>
/// <param name="Records">How many records speak of it, and of which sources.</param>
/// <param name="Sources">Its files, the one that serves best first.</param>
/// <param name="Rights">What the gate decided; before ingest, what it would decide.</param>
/// <param name="IsDecided">Whether that stands in the ledger.</param>
/// <param name="Object">What is held.</param>
/// <param name="Volume">Where.</param>
/// <param name="Edition">The newest edition, if it holds it.</param>
/// <param name="NotPublished">Otherwise why not.</param>
internal sealed record RecordingView(
    RecordingRow Recording, long Recordings, IReadOnlyList<CreditName> Credit, IReadOnlyList<ArtistRow> Artists, IReadOnlyList<Isrc> Isrcs, IReadOnlyList<AppearanceRow> Appearances,
    IReadOnlyList<string> Aliases, IReadOnlyList<string> Genres, IReadOnlyList<SourceKey> Keys, FeatureRow? Features, SpokenOf Records, IReadOnlyList<SourceView> Sources,
    RightsDecision? Rights, bool IsDecided, ObjectView? Object, VolumeView? Volume, string? Edition, string? NotPublished)
{
    public static RecordingView Of(OpenArchive archive, CatalogueReader catalogue, RecordingRow recording)
    {
        var (layout, ledger) = (archive.Layout, archive.Ledger);
        // A mirror has its origin's catalogue, but none of the accessions that are named in it.
        var accessions = ledger.Accessions().ToDictionary(a => a.Number);
        using var sources = new AudioSources(archive);
        var candidates = sources.For(catalogue.Sources(recording.Rank).Where(p => accessions.ContainsKey(p.Accession)).ToList(), catalogue.Keys(EntityKind.Recording, recording.Rank), RightsSubject.Of(catalogue, recording, archive.Configuration.Rights));
        var job = ledger.Job(recording.Id);
        var decided = ledger.Rights(recording.Id);
        var rights = decided ?? (candidates.Count > 0 ? candidates[0].Rights : null);
        var obj = ledger.Holding(recording.Id)?.Object;
        var volume = obj is null ? null : ledger.VolumeOf(obj.Root);
        // The newest edition has a torrent for each volume that it publishes.
        var edition = volume is { } its && layout.NewestEdition() is { } newest && File.Exists(Path.Combine(newest, "torrents", its.Volume.Name + ".torrent")) ? Path.GetFileName(newest) : null;
        return new RecordingView(
            recording, catalogue.Totals().Recordings, catalogue.CreditOf(EntityKind.Recording, recording.Rank), catalogue.ArtistsOfRecording(recording.Rank), catalogue.Isrcs(recording.Rank), catalogue.Appearances(recording.Rank),
            catalogue.Aliases(EntityKind.Recording, recording.Rank), catalogue.Genres(EntityKind.Recording, recording.Rank), catalogue.Keys(EntityKind.Recording, recording.Rank), catalogue.Features(recording.Rank), SpokenOf.Of(catalogue, recording),
            candidates.Select(c => new SourceView(accessions[c.Place.Accession].Source, c.Place.Accession, c.Place.Offset, c.Key, c.File.Codec, c.File.BitrateKbps, c.File.LengthBytes, c.Record?.Sha256)).ToList(),
            rights, decided is not null,
            obj is null ? null : new ObjectView(archive.Configuration.Objects.PlaceOf(ObjectName.Of(obj)), obj.Root, obj.Sha256, obj.LengthBytes, obj.Tier, obj.LoudnessLufs, obj.PeakDbfs, obj.Original, obj.Original is not null && !obj.IsTranscoded),
            volume is { } v ? VolumeView.Of(archive, v.Volume, v.Index, v.Name) : null,
            edition, edition is null ? WhyNot(job, rights, obj, volume is not null, candidates.Count > 0) : null);
    }

    private static string WhyNot(JobRow? job, RightsDecision? rights, ObjectRow? obj, bool isPressed, bool hasSource) => job?.State switch
    {
        JobState.SetAside => $"set aside: {job.Reason}",
        JobState.Denied => $"not let in by the gate: {job.Reason}",
        _ when rights is { Publish: false } => rights.Reason,
        _ when obj is null => hasSource ? "not ingested yet (lacquer ingest)" : "its audio is not held here",
        _ when !isPressed => "in no volume yet (lacquer press)",
        _ => "in no edition yet (lacquer publish)",
    };
}
