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
/// <param name="objects">Its object store.</param>
/// <param name="encoder">The encoder.</param>
/// <param name="work">The process's folder of work in hand.</param>
/// <param name="lease">The job, which ends when the object is entered; where another process has it by then, the object is not.</param>
internal sealed class ObjectIntake(OpenArchive archive, IObjectStore objects, AudioEncoder encoder, string work, JobLease lease)
{
    private const string NotePrefix = "placing-";

    /// <summary>The object that a note in the work folder names, or null.</summary>
    public static ObjectName? NotedObject(string path) => Path.GetFileName(path) is var name && name.StartsWith(NotePrefix, StringComparison.Ordinal)
        && ObjectName.TryParse(name[NotePrefix.Length..], out var noted) ? noted : null;

    /// <summary>The note that names an object whose file may be there and not in the ledger.</summary>
    public static string Note(string work, ObjectName name) => Path.Combine(work, NotePrefix + name.FileName);

    /// <summary>Takes in a file that is on disk, and gives the object's length; 0 where another process has the job by now.</summary>
    /// <exception cref="UnusableAudioException">The file is not what was harvested, or cannot be used.</exception>
    public async Task<long> TakeInAsync(RecordingRow recording, AudioCandidate candidate, CancellationToken stop)
    {
        var (record, original) = (candidate.Record!, candidate.Path!);
        var choice = TierChoice.For(archive.Configuration, recording.Popularity, candidate);
        await MustBeAsHarvestedAsync(record, original, stop).ConfigureAwait(false);
        var encoded = Path.Combine(work, $"{recording.Id}.encoded");
        var made = Path.Combine(work, $"{recording.Id}.made");
        try
        {
            var taken = choice.Handling switch
            {
                AudioHandling.Original when record.Part is not null => throw new UnusableAudioException($"it is a part of a longer file, and {candidate.Rights.Licence} lets that be kept only as it is, uncut"),
                AudioHandling.Original => await OriginalAsync().ConfigureAwait(false),
                AudioHandling.KeepAsIs => await KeepAsync().ConfigureAwait(false) ?? await EncodeAsync().ConfigureAwait(false),
                _ => await EncodeAsync().ConfigureAwait(false),
            };
            var hashes = taken.Hashes;
            var name = new ObjectName(hashes.Root, taken.Extension);
            var note = Note(work, name);
            await File.WriteAllBytesAsync(note, [], stop).ConfigureAwait(false);
            await objects.PutAsync(name, made, hashes.Sha256, stop).ConfigureAwait(false);
            var isOurs = archive.Ledger.Ingested(recording.Id, candidate.Place,
                new ObjectRow(hashes.Root, hashes.Sha256, hashes.LengthBytes, taken.Extension, hashes.PieceLayer, hashes.PieceDigestsV1, taken.Tier,
                    record.DurationMs, taken.Loudness.IntegratedLufs, taken.Loudness.PeakDbfs, record.Sha256, record.LengthBytes, taken.Undo), [new EventDraft("ingest", hashes.Root.ToString(), true, $"{recording.Id}: {taken.Event}")], lease);
            // Without it the note stays: whoever is alone at work next sees whether the object was entered by the other.
            if (isOurs)
                File.Delete(note);
            return isOurs ? hashes.LengthBytes : 0;
        }
        catch (Exception e) when (Durable.IsDiskFull(e))
        {
            throw Durable.DiskFull(archive.Layout.Root, e);
        }
        finally
        {
            File.Delete(encoded);
            File.Delete(made);
        }

        async Task<Taken> EncodeAsync()
        {
            var loudness = await encoder.EncodeAsync(original, record.Part, record.DurationMs, record.SampleRateHz, choice.Tier, Serial(record.Sha256), encoded, stop).ConfigureAwait(false);
            await using var source = File.OpenRead(encoded);
            var vendor = OggFile.ReadHead(source).Tags.Vendor;
            source.Position = 0;
            var (hashes, _) = Write(source, new CommentHeader(vendor, Comments(SourceComments(record), recording, candidate, choice.Tier.Codec == TierCodec.Opus ? OggCodec.Opus : OggCodec.Vorbis, loudness)), made);
            var isShift = (Licence.Recognise(candidate.Rights.Licence)?.Classes ?? 0).HasFlag(LicenceClasses.NoDerivatives);
            return new Taken(hashes, null, loudness, choice.Tier.Extension, choice.Tier.Name,
                $"{record.Codec} to {choice.Tier.Name}{(record.Part is { } part ? $", track {part.Number} of {part.Cue}" : "")}{(isShift ? $", format shifting of {candidate.Rights.Licence} without other change (policy {candidate.Rights.Policy})" : "")}");
        }

        async Task<Taken?> KeepAsync()
        {
            var measured = await encoder.MeasureAsync(original, record.DurationMs, stop).ConfigureAwait(false);
            try
            {
                await using var source = File.OpenRead(original);
                var head = OggFile.ReadHead(source);
                source.Position = 0;
                var (hashes, undo) = Write(source, new CommentHeader(head.Tags.Vendor, Comments(head.Tags.Comments, recording, candidate, head.Codec, measured)), made);
                return GivesBack(made, undo, record.Sha256) ? new Taken(hashes, undo, measured, head.Codec == OggCodec.Opus ? "opus" : "ogg", $"{choice.Tier.Name}-kept", "kept as is") : null;
            }
            catch (LacquerException e) when (e.Failure is Failure.Damaged or Failure.Refused)
            {
                // Not a file whose header can be changed and changed back (chained, multiplexed, no end): its audio is encoded instead.
                return null;
            }
        }

        async Task<Taken> OriginalAsync()
        {
            var extension = ObjectExtensions.Of(record.Format, record.Codec)
                ?? throw new UnusableAudioException($"{candidate.Rights.Licence} lets it be kept only as it is, and objects are not of the format {record.Format}; rights.format_shift_no_derivatives = true transcodes it");
            var measured = await encoder.MeasureAsync(original, record.DurationMs, stop).ConfigureAwait(false);
            using var hasher = new ObjectHasher(archive.Configuration.PieceLengthBytes);
            await using (var source = File.OpenRead(original))
            await using (var file = new FileStream(made, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16))
            {
                await using var hashing = new HashingStream(file, hasher.Append);
                await source.CopyToAsync(hashing, stop).ConfigureAwait(false);
                file.Flush(flushToDisk: true);
            }

            // Hashed on its way in: a file that was changed since it was looked at is not the one the evidence speaks of.
            var hashes = hasher.Finish();
            return hashes.Sha256 == record.Sha256 ? new Taken(hashes, null, measured, extension, ObjectRow.OriginalTier, $"kept unchanged: {candidate.Rights.Licence} allows no derivatives")
                : throw new UnusableAudioException("the file has changed since it was harvested: harvest it again");
        }
    }

    /// <summary>What a file was made into, before it has its place.</summary>
    private sealed record Taken(ObjectHashes Hashes, byte[]? Undo, Loudness Loudness, string Extension, string Tier, string Event);

    // The evidence speaks of the file that was harvested, and of no other.
    private static async Task MustBeAsHarvestedAsync(AudioRecord record, string path, CancellationToken stop)
    {
        try
        {
            await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.SequentialScan);
            if (file.Length == record.LengthBytes && new Sha256Digest(await SHA256.HashDataAsync(file, stop).ConfigureAwait(false)) == record.Sha256)
                return;
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

    private (ObjectHashes Hashes, byte[] Undo) Write(FileStream source, CommentHeader tags, string destination)
    {
        using var hasher = new ObjectHasher(archive.Configuration.PieceLengthBytes);
        using var file = new FileStream(destination, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16);
        using var hashing = new HashingStream(file, hasher.Append);
        var undo = OggFile.Rewrite(source, tags, hashing);
        file.Flush(flushToDisk: true);
        return (hasher.Finish(), undo);
    }

    private static bool GivesBack(string tagged, byte[] undo, Sha256Digest original)
    {
        using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var file = File.OpenRead(tagged);
        using var restored = new HashingStream(Stream.Null, sha256.AppendData);
        OggFile.Restore(file, undo, restored);
        return new Sha256Digest(sha256.GetHashAndReset()) == original;
    }

    // Ours first; then whatever the source has beside them, under the source's own names.
    private static List<Comment> Comments(IEnumerable<Comment> source, RecordingRow recording, AudioCandidate candidate, OggCodec codec, Loudness loudness)
    {
        var comments = new List<Comment>();
        var kept = source.Where(c => !IsOurs(c.Name) && !Lyrics.IsTag(c.Name)).ToList();
        if (!kept.Any(c => c.Name.Equals("TITLE", StringComparison.OrdinalIgnoreCase)))
            comments.Add(new Comment("TITLE", recording.Title));
        comments.AddRange(kept);
        if (candidate.Rights.Licence is { } licence)
            comments.Add(new Comment("LICENSE", licence));
        comments.Add(new Comment("LACQUER_RECORDING", recording.Id.ToString()));
        comments.AddRange(loudness.Tags(codec));
        return comments;
    }

    private static bool IsOurs(string name) => name.ToUpperInvariant() is "LICENSE" or "LICENCE" or "LACQUER_RECORDING" or "ENCODER"
        || name.StartsWith("REPLAYGAIN_", StringComparison.OrdinalIgnoreCase) || name.StartsWith("R128_", StringComparison.OrdinalIgnoreCase);

    // ffprobe gives common tags names of its own; Picard's Vorbis names are the field's.
    private static IEnumerable<Comment> SourceComments(AudioRecord record) => record.Tags
        .Select(tag => new Comment(tag.Key.ToUpperInvariant() switch
        {
            "TRACK" => "TRACKNUMBER",
            "DISC" => "DISCNUMBER",
            "ALBUM_ARTIST" => "ALBUMARTIST",
            "TSRC" => "ISRC",
            var name => name,
        }, tag.Value))
        .Where(c => Comment.IsName(c.Name) && !c.Name.StartsWith("METADATA_BLOCK", StringComparison.Ordinal))
        .Take(1000).DistinctBy(c => c.Name);

    // Not zero, which some tools take for no number at all; below 2³¹, which is what ffmpeg takes.
    private static int Serial(Sha256Digest original) => (int)(BitConverter.ToUInt32(original.Bytes) >> 1) | 1;

    /// <summary>Passes writes on and shows them to a hasher: an object is hashed while its bytes are in memory for the first time.</summary>
    private sealed class HashingStream(Stream inner, HashingStream.Seen seen) : Stream
    {
        public delegate void Seen(ReadOnlySpan<byte> bytes);

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            seen(buffer);
            inner.Write(buffer);
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Flush() => inner.Flush();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
