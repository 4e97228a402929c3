using System.Security.Cryptography;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Ledgers;
using Lacquer.Formats.Objects;
using Lacquer.Stages.Workbench;

namespace Lacquer.Stages.Ingesting;

/// <summary>Writes objects and gives them their place.</summary>
/// <param name="archive">The archive.</param>
/// <param name="objects">Its object store.</param>
/// <param name="work">The process's folder of work in hand.</param>
internal sealed class ObjectWriter(OpenArchive archive, IObjectStore objects, string work)
{
    private const string NotePrefix = "placing-";
    private const string FlacExtension = "flac";

    /// <summary>The object that a note in the work folder names, or null.</summary>
    public static ObjectName? NotedObject(string path) => Path.GetFileName(path) is var name && name.StartsWith(NotePrefix, StringComparison.Ordinal)
        && ObjectName.TryParse(name[NotePrefix.Length..], out var noted) ? noted : null;

    /// <summary>
    /// The object gets its place, then the ledger hears of it, then the one it takes the place of goes. A run that is killed between leaves notes of both: the one that the ledger does not know is cleared.
    /// </summary>
    /// <param name="made">The object's file, flushed; it is the store's afterwards.</param>
    /// <param name="row">The object.</param>
    /// <param name="replaced">The object that goes, or null.</param>
    /// <param name="enter">Enters it in the ledger; false where it is not to be entered any more.</param>
    /// <param name="stop">Ends it before anything is entered.</param>
    /// <returns>Whether it was entered. Where not, the notes stay: whoever is alone at work next sees whether another process entered it.</returns>
    public async Task<bool> PlaceAsync(string made, ObjectRow row, ObjectRow? replaced, Func<bool> enter, CancellationToken stop)
    {
        var notes = new[] { row, replaced }.OfType<ObjectRow>().Select(o => Note(ObjectName.Of(o))).ToList();
        await objects.PutAsync(ObjectName.Of(row), made, row.Sha256, stop).ConfigureAwait(false);
        if (!enter())
            return false;
        if (replaced is not null)
            await objects.DeleteAsync(ObjectName.Of(replaced), stop).ConfigureAwait(false);
        foreach (var note in notes)
            File.Delete(note);
        return true;
    }

    /// <summary>An object's bytes in a file: its own where the store is a folder, else a copy, each piece of it checked.</summary>
    /// <param name="row">The object.</param>
    /// <param name="copy">Where a copy may be written.</param>
    /// <param name="stop">Ends it.</param>
    /// <exception cref="LacquerException">It is missing or damaged.</exception>
    public async Task<FileStream> OpenAsync(ObjectRow row, string copy, CancellationToken stop)
    {
        if (objects.FileOf(ObjectName.Of(row)) is { } own)
            return File.OpenRead(own);
        await using var stored = await objects.OpenAsync(ObjectName.Of(row), stop).ConfigureAwait(false) ?? throw new FileNotFoundException($"{archive.Configuration.Objects.PlaceOf(ObjectName.Of(row))} is missing");
        await using var source = new VerifiedStream(stored, row, archive.Configuration.PieceLengthBytes);
        var file = new FileStream(copy, FileMode.Create, FileAccess.ReadWrite, FileShare.None);
        await source.CopyToAsync(file, stop).ConfigureAwait(false);
        file.Position = 0;
        return file;
    }

    /// <summary>The comments of a file with this extension, from its first byte.</summary>
    public static CommentHeader TagsOf(Stream source, string extension) => extension == FlacExtension ? FlacFile.ReadTags(source) : OggFile.ReadHead(source).Tags;

    /// <summary>Writes a file with other tags, hashed while its bytes are in memory for the first time, and flushed.</summary>
    /// <returns>The undo record of an Ogg file; null for FLAC, which is only written anew where it was encoded here.</returns>
    public (ObjectHashes Hashes, byte[]? Undo) Write(FileStream source, CommentHeader tags, string destination, string extension)
    {
        using var hasher = new ObjectHasher(archive.Configuration.PieceLengthBytes);
        using var file = new FileStream(destination, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16);
        using var hashing = new HashingStream(file, hasher.Append);
        byte[]? undo = null;
        if (extension == FlacExtension)
            FlacFile.Rewrite(source, tags, hashing);
        else
            undo = OggFile.Rewrite(source, tags, hashing);
        file.Flush(flushToDisk: true);
        return (hasher.Finish(), undo);
    }

    /// <summary>Whether the undo record gives the original back, bit for bit.</summary>
    public static bool GivesBack(string tagged, byte[] undo, Sha256Digest original)
    {
        using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var file = File.OpenRead(tagged);
        using var restored = new HashingStream(Stream.Null, sha256.AppendData);
        OggFile.Restore(file, undo, restored);
        return new Sha256Digest(sha256.GetHashAndReset()) == original;
    }

    /// <summary>Leaves a note of an object that is in the store or in the ledger and may not be in both, and gives its path.</summary>
    public string Note(ObjectName name)
    {
        var note = Path.Combine(work, NotePrefix + name.FileName);
        File.WriteAllBytes(note, []);
        return note;
    }

    /// <summary>Passes writes on and shows them to a hasher.</summary>
    public sealed class HashingStream(Stream inner, HashingStream.Seen seen) : Stream
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
