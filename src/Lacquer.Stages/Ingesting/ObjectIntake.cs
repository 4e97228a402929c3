using System.Globalization;
using System.Security.Cryptography;
using Lacquer.Formats.Accessions;
using Lacquer.Formats.Archives;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Ledgers;
using Lacquer.Formats.Objects;
using Lacquer.Formats.Rights;
using Lacquer.Stages.Workbench;

namespace Lacquer.Stages.Ingesting;

/// <summary>Makes one object of one file.</summary>
/// <param name="archive">The archive.</param>
/// <param name="writer">Gives objects their place.</param>
/// <param name="encoder">The encoder.</param>
/// <param name="catalogue">What tags say.</param>
/// <param name="work">The process's folder of work in hand.</param>
/// <param name="lease">The job, which ends when the object is entered; where another process has it by then, the object is not.</param>
internal sealed class ObjectIntake(OpenArchive archive, ObjectWriter writer, AudioEncoder encoder, CatalogueTags catalogue, string work, JobLease lease)
{
    private readonly SmallCovers _covers = new(archive);

    /// <summary>Takes in a file that is on disk, and gives the object's length; 0 where another process has the job by now.</summary>
    /// <exception cref="UnusableAudioException">The file is not what was harvested, or cannot be used.</exception>
    public async Task<long> TakeInAsync(RecordingRow recording, AudioCandidate candidate, CancellationToken stop)
    {
        var (record, original) = (candidate.Record!, candidate.Path!);
        var choice = TierChoice.For(archive.Configuration, recording.Popularity, candidate);
        var handling = choice.Handling;
        var isByLicence = handling == AudioHandling.Original && archive.Configuration.Rights.KeepsOriginal(candidate.Rights.Licence);
        if (handling == AudioHandling.Original && record.Part is not null)
            throw new UnusableAudioException($"it is a part of a longer file, and {candidate.Rights.Licence} lets that be kept only as it is, uncut");
        // Read here from end to end, so that what comes after finds it in the system's cache.
        var stamp = await MustBeAsHarvestedAsync(record, original, stop).ConfigureAwait(false);
        if (handling == AudioHandling.KeepAsIs && !IsRewritable(original))
            handling = TierChoice.KeepsLossy(archive.Configuration, choice.Tier) ? AudioHandling.Original : AudioHandling.Encode;
        var inHand = Path.Combine(work, recording.Id.ToString());
        var pass = new AudioPass(original, record, inHand, handling == AudioHandling.Encode ? choice.Tier : null, Serial(record.Sha256));
        var cover = handling == AudioHandling.Original ? null : await _covers.SmallAsync(record.Cover, inHand + ".cover", stop).ConfigureAwait(false);
        var (made, isChecked) = (inHand + ".made", false);
        try
        {
            var passed = await encoder.RunAsync(pass, stop).ConfigureAwait(false);
            if (handling == AudioHandling.Encode && choice.Tier.Codec == TierCodec.Flac && passed.Samples is not null)
            {
                // A master that FLAC cannot hold is kept as it came.
                isChecked = await encoder.IsLosslessAsync(pass, passed, stop).ConfigureAwait(false);
                if (!isChecked && record.Part is not null)
                    throw new UnusableAudioException("it is a part of a longer file whose samples FLAC cannot hold (floats, more than 24 bits or 8 channels)");
                handling = isChecked ? handling : AudioHandling.Original;
            }

            var taken = handling switch
            {
                AudioHandling.Original => await OriginalAsync().ConfigureAwait(false),
                AudioHandling.KeepAsIs => Keep(passed),
                _ => await EncodeAsync(passed).ConfigureAwait(false),
            };
            if (File.GetLastWriteTimeUtc(original) != stamp)
                throw new UnusableAudioException("the file was changed while it was read: harvest it again");
            var row = Row(passed, taken);
            var isOurs = await writer.PlaceAsync(made, row, null, () => archive.Ledger.Ingested(recording.Id, candidate.Place, row, Events(passed, taken), lease), stop).ConfigureAwait(false);
            return isOurs ? row.LengthBytes : 0;
        }
        catch (Exception e) when (Durable.IsDiskFull(e))
        {
            throw Durable.DiskFull(archive.Layout.Root, e);
        }
        finally
        {
            File.Delete(pass.Encoded);
            File.Delete(pass.Fingerprint);
            File.Delete(made);
        }

        async Task<Taken> EncodeAsync(AudioPassed passed)
        {
            if (!isChecked && IsChecked(record.Sha256))
            {
                await encoder.CheckAsync(pass, passed, stop).ConfigureAwait(false);
                isChecked = true;
            }

            await using var source = File.OpenRead(pass.Encoded);
            var vendor = ObjectWriter.TagsOf(source, choice.Tier.Extension).Vendor;
            source.Position = 0;
            var tags = ObjectTags.Of(ObjectTags.OfRecord(record), catalogue.Of(recording), candidate, choice.Tier.Extension, passed.Loudness, cover);
            var (hashes, _) = writer.Write(source, new CommentHeader(vendor, tags.Comments), made, choice.Tier.Extension);
            var isShift = (Licence.Recognise(candidate.Rights.Licence)?.Classes ?? 0).HasFlag(LicenceClasses.NoDerivatives);
            return new Taken(hashes, tags.Album, null, choice.Tier.Extension, choice.Tier.Name,
                $"{record.Codec} to {choice.Tier.Name}{(record.Part is { } part ? $", track {part.Number} of {part.Cue}" : "")}{(isShift ? $", format shifting of {candidate.Rights.Licence} without other change (policy {candidate.Rights.Policy})" : "")}",
                vendor.StartsWith("Lavf", StringComparison.Ordinal) || vendor == "ffmpeg" ? passed.Agent : $"{passed.Agent}, {vendor}");
        }

        Taken Keep(AudioPassed passed)
        {
            using var source = File.OpenRead(original);
            var head = OggFile.ReadHead(source);
            source.Position = 0;
            var extension = head.Codec == OggCodec.Opus ? "opus" : "ogg";
            var tags = ObjectTags.Of(head.Tags.Comments, catalogue.Of(recording), candidate, extension, passed.Loudness, cover);
            var (hashes, undo) = writer.Write(source, new CommentHeader(head.Tags.Vendor, tags.Comments), made, extension);
            // A defect of ours, if it ever happens: nothing is stored whose original does not come back.
            return ObjectWriter.GivesBack(made, undo!, record.Sha256) ? new Taken(hashes, tags.Album, undo, extension, $"{choice.Tier.Name}-kept", "kept as is")
                : throw new UnusableAudioException("its original would not come back bit for bit from what was made of it");
        }

        async Task<Taken> OriginalAsync()
        {
            var extension = ObjectExtensions.Of(record.Format, record.Codec)
                ?? throw new UnusableAudioException(isByLicence ? $"{candidate.Rights.Licence} lets it be kept only as it is, and objects are not of the format {record.Format}; rights.format_shift_no_derivatives = true transcodes it" : $"it is kept only as it is by [tiers], and objects are not of the format {record.Format}");
            using var hasher = new ObjectHasher(archive.Configuration.PieceLengthBytes);
            await using (var source = File.OpenRead(original))
            await using (var file = new FileStream(made, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16))
            {
                await using var hashing = new ObjectWriter.HashingStream(file, hasher.Append);
                await source.CopyToAsync(hashing, stop).ConfigureAwait(false);
                file.Flush(flushToDisk: true);
            }

            // Hashed on its way in: a file that was changed since it was looked at is not the one the evidence speaks of.
            var hashes = hasher.Finish();
            return hashes.Sha256 == record.Sha256 ? new Taken(hashes, null, null, extension, ObjectRow.OriginalTier, $"kept unchanged: {(isByLicence ? $"{candidate.Rights.Licence} allows no derivatives" : record.Codec == "flac" ? "a master" : AudioRecord.IsLossless(record.Codec) ? "a master that FLAC cannot hold" : "lossy sources are, by [tiers]")}")
                : throw new UnusableAudioException("the file has changed since it was harvested: harvest it again");
        }

        ObjectRow Row(AudioPassed passed, Taken taken) => new(taken.Hashes.Root, taken.Hashes.Sha256, taken.Hashes.LengthBytes, taken.Extension, taken.Hashes.PieceLayer.ToArray(), taken.Hashes.PieceDigestsV1.ToArray(), taken.Tier,
            // A file that is kept lasts as long as it says; what a chained one was encoded to, as long as was decoded.
            handling == AudioHandling.Encode ? (int)Math.Round(passed.DurationMs) : record.DurationMs, passed.Loudness.IntegratedLufs, passed.Loudness.PeakDbfs, record.Sha256, record.LengthBytes, taken.Undo)
        {
            Fingerprint = passed.Fingerprint,
            Samples = passed.Samples,
            LoudnessBlocks = passed.Loudness.Blocks.ToBytes(),
            Album = taken.Album,
        };

        List<EventDraft> Events(AudioPassed passed, Taken taken)
        {
            var root = taken.Hashes.Root.ToString();
            return
            [
                new EventDraft("fixity", recording.Id.ToString(), true, $"the source is as harvested, SHA-256 {record.Sha256}"),
                new EventDraft("identification", root, true, passed.Format, passed.Agent),
                new EventDraft("validation", root, true, string.Create(CultureInfo.InvariantCulture, $"decoded to its end, {passed.DurationMs / 1000:0.000} s"), passed.Agent),
                .. taken.Encoder is { } agent ? [new EventDraft("migration", root, true, taken.Event, agent)] : Array.Empty<EventDraft>(),
                .. isChecked ? [new EventDraft("validation", root, true, choice.Tier.Codec == TierCodec.Flac && passed.Samples is not null ? "decoded again: the samples of its source, to the bit" : "decoded again: as long and as loud as its source, and silent nowhere else", passed.Agent)] : Array.Empty<EventDraft>(),
                new EventDraft("ingest", root, true, $"{recording.Id}: {taken.Event}"),
            ];
        }
    }

    /// <summary>What a file was made into, before it has its place.</summary>
    /// <param name="Hashes">Of the object.</param>
    /// <param name="Album">The release that its tags name.</param>
    /// <param name="Undo">What gives the original back.</param>
    /// <param name="Extension">The object's.</param>
    /// <param name="Tier">The object's.</param>
    /// <param name="Event">What was done, in a line.</param>
    /// <param name="Encoder">What encoded it; null where nothing did.</param>
    private sealed record Taken(ObjectHashes Hashes, EntityId? Album, byte[]? Undo, string Extension, string Tier, string Event, string? Encoder = null);

    private bool IsChecked(Sha256Digest original) => archive.Configuration.Check switch
    {
        ResultCheck.Full => true,
        ResultCheck.Sample => BitConverter.ToUInt32(original.Bytes[4..]) % ArchiveConfiguration.SampledOneIn == 0,
        _ => false,
    };

    // A file whose header can be changed and changed back: of one stream, with all its pages and an end.
    private static bool IsRewritable(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            return OggFile.Scan(file).IsRewritable;
        }
        catch (LacquerException e) when (e.Failure is Failure.Damaged or Failure.Refused)
        {
            return false;
        }
    }

    // The evidence speaks of the file that was harvested, and of no other. Gives the time it was written last.
    private static async Task<DateTime> MustBeAsHarvestedAsync(AudioRecord record, string path, CancellationToken stop)
    {
        try
        {
            var stamp = File.GetLastWriteTimeUtc(path);
            await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.SequentialScan);
            if (file.Length == record.LengthBytes && new Sha256Digest(await SHA256.HashDataAsync(file, stop).ConfigureAwait(false)) == record.Sha256)
                return stamp;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new UnusableAudioException("the file is no longer there");
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw new UnusableAudioException("the file cannot be read: " + e.Message.ReplaceLineEndings(" "));
        }

        throw new UnusableAudioException("the file has changed since it was harvested: harvest it again");
    }

    // Not zero, which some tools take for no number at all; below 2³¹, which is what ffmpeg takes.
    private static int Serial(Sha256Digest original) => (int)(BitConverter.ToUInt32(original.Bytes) >> 1) | 1;
}
