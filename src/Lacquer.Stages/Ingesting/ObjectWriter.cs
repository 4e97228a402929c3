using System.Security.Cryptography;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Ledgers;
using Lacquer.Formats.Objects;
using Lacquer.Stages.Workbench;

namespace Lacquer.Stages.Ingesting;

/// <summary>Writes objects and gives them their place.</summary>
internal sealed class ObjectWriter(OpenArchive archive)
{
    private const string NotePrefix = "placing-";

    /// <summary>The object that a note in the work folder names, or null.</summary>
    public static (PiecesRoot Root, string Extension)? NotedObject(string path)
    {
        var parts = Path.GetFileName(path).Split('.');
        return parts is [var name, var extension] && name.StartsWith(NotePrefix, StringComparison.Ordinal) && Sha256Digest.TryParse(name[NotePrefix.Length..], out var digest)
            ? (new PiecesRoot(digest), extension) : null;
    }

    /// <summary>
    /// The object gets its place, then the ledger hears of it, then the one it takes the place of goes. A run that is killed between leaves notes of both: the one that the ledger does not know is cleared.
    /// </summary>
    /// <param name="made">The object's file, flushed; it is moved.</param>
    /// <param name="row">The object.</param>
    /// <param name="replaced">The object that goes, or null.</param>
    /// <param name="enter">Enters it in the ledger; false where the ledger does not take it: then the notes stay, and what it does not know is cleared by the next run.</param>
    public void Place(string made, ObjectRow row, ObjectRow? replaced, Func<bool> enter)
    {
        var place = archive.Layout.Object(row.Root, row.Extension);
        var notes = new[] { row, replaced }.OfType<ObjectRow>().Select(o => Path.Combine(archive.Layout.Work, $"{NotePrefix}{o.Root}.{o.Extension}")).ToList();
        foreach (var note in notes)
            File.WriteAllBytes(note, []);
        Directory.CreateDirectory(Path.GetDirectoryName(place)!);
        Durable.Rename(made, place);
        if (!enter())
            return;
        if (replaced is not null)
            File.Delete(archive.Layout.Object(replaced.Root, replaced.Extension));
        foreach (var note in notes)
            File.Delete(note);
    }

    /// <summary>Writes an Ogg file with other tags, hashed while its bytes are in memory for the first time, and flushed.</summary>
    public (ObjectHashes Hashes, byte[] Undo) Write(FileStream source, CommentHeader tags, string destination)
    {
        using var hasher = new ObjectHasher(archive.Configuration.PieceLengthBytes);
        using var file = new FileStream(destination, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16);
        using var hashing = new HashingStream(file, hasher.Append);
        var undo = OggFile.Rewrite(source, tags, hashing);
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
