using System.Buffers.Binary;
using System.Collections.Concurrent;
using Lacquer.Formats.Findings;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace Lacquer.Stages.Workbench;

/// <summary>
/// Files compressed to be handed out: on all cores, for a plain <c>zstd -d</c>, and seekable. Frames of 64 MiB stand by themselves, and a table of them at the end, in a frame that other readers skip, says where each begins
/// (zstd's contrib/seekable_format, version 0.1.0), so that a part can be read without the rest. How many cores there are changes no byte.
/// </summary>
public static class CompressedFile
{
    /// <summary>Bytes of a frame, unpacked, but for the last. Measured on a catalogue: in one piece it would be smaller by a tenth of a percent.</summary>
    public const int FrameBytes = 1 << 26;

    /// <summary>Measured on a catalogue: level 16 takes 13 times the time and gives 4 percent; level 6 half, and takes 2.</summary>
    public const int UsualLevel = 9;

    /// <summary>For what is mostly hashes, in which nothing is found however long one looks.</summary>
    public const int HashesLevel = 1;

    private const uint SkippableMagic = 0x184D2A5E;
    private const uint SeekableMagic = 0x8F92EAB1;
    private const int EntryBytes = 8;
    private const int FooterBytes = 9;

    // No database of ours compresses better; what does was made to fill a disk. A short one may, as far as this.
    private const int LargestExpansion = 1000;
    private const long LeastBytes = 1 << 16;
    private const int BufferBytes = 1 << 16;

    /// <summary>Compresses a file. Memory: at most four frames for each core, and what zstd needs.</summary>
    /// <param name="from">The file.</param>
    /// <param name="to">Where nothing is yet.</param>
    /// <param name="workers">How many cores work on it, from 1.</param>
    /// <param name="progress">Is told the bytes done, and of how many.</param>
    /// <param name="stop">Ends it in between.</param>
    /// <param name="level">zstd's level: the same one gives the same bytes.</param>
    public static void Write(string from, string to, int workers, IProgress<StageProgress> progress, CancellationToken stop, int level = UsualLevel)
    {
        using var source = File.OpenRead(from);
        using var target = new FileStream(to, FileMode.CreateNew, FileAccess.Write);
        var (what, done, frames, buffers) = ("compress " + Path.GetFileName(from), 0L, new List<(int Packed, int Bytes)>(), new Buffers((int)Math.Min(FrameBytes, source.Length)));
        progress.Report(new StageProgress(what, 0, source.Length, IsBytes: true));
        foreach (var (packed, bytes) in Frames(source.Length).InOrder(workers, (frame, _) => Task.FromResult((Compress(source, frame.Offset, frame.Bytes, level, buffers), frame.Bytes)), stop).ToBlockingEnumerable(stop))
        {
            target.Write(packed);
            buffers.Give(packed.Array!);
            frames.Add((packed.Count, bytes));
            progress.Report(new StageProgress(what, done += bytes, source.Length, IsBytes: true));
        }

        target.Write(SeekTable(frames));
    }

    /// <summary>Unpacks a file of whoever made it, to be held against what was signed. Memory: what a frame says it wants, up to 128 MiB.</summary>
    /// <param name="from">The file.</param>
    /// <param name="to">Where to; what is there when it fails is to be thrown away.</param>
    /// <exception cref="LacquerException">It is damaged, or was made to fill a disk.</exception>
    public static void Unpack(string from, string to)
    {
        using var source = File.OpenRead(from);
        using var target = new FileStream(to, FileMode.Create, FileAccess.Write);
        var most = Math.Max(source.Length, LeastBytes) * LargestExpansion;
        try
        {
            using var zstd = new DecompressionStream(source);
            var buffer = new byte[BufferBytes];
            for (int read; (read = zstd.Read(buffer)) > 0; target.Write(buffer, 0, read))
                if (target.Position + read > most)
                    throw new LacquerException(Failure.Untrusted, $"{from} swells to more than {LargestExpansion} times its length", "it was made to fill a disk; ask its publisher");
        }
        catch (Exception e) when (e is ZstdException or EndOfStreamException)
        {
            throw new LacquerException(Failure.Damaged, $"{from} cannot be unpacked: {e.Message.ReplaceLineEndings(" ")}", "fetch it again", e);
        }
    }

    // An empty file is one empty frame.
    private static IEnumerable<(long Offset, int Bytes)> Frames(long length)
    {
        var offset = 0L;
        do
            yield return (offset, (int)Math.Min(FrameBytes, length - offset));
        while ((offset += FrameBytes) < length);
    }

    private static ArraySegment<byte> Compress(FileStream source, long offset, int bytes, int level, Buffers buffers)
    {
        var (from, to) = (buffers.Take(), buffers.Take());
        for (int at = 0, read; at < bytes; at += read)
            if ((read = RandomAccess.Read(source.SafeFileHandle, from.AsSpan(at, bytes - at), offset + at)) == 0)
                throw new EndOfStreamException($"{source.Name} ends early");
        using var compressor = new Compressor(level);
        compressor.SetParameter(ZSTD_cParameter.ZSTD_c_enableLongDistanceMatching, 1);
        var packed = compressor.Wrap(from.AsSpan(0, bytes), to);
        buffers.Give(from);
        return new ArraySegment<byte>(to, 0, packed);
    }

    /// <summary>Room for a frame, packed or not, used again and again: the collector would let gigabytes of it lie.</summary>
    private sealed class Buffers(int frameBytes)
    {
        private readonly int _bytes = Compressor.GetCompressBound(frameBytes);

        private readonly ConcurrentBag<byte[]> _free = [];

        public byte[] Take() => _free.TryTake(out var buffer) ? buffer : GC.AllocateUninitializedArray<byte>(_bytes);

        public void Give(byte[] buffer) => _free.Add(buffer);
    }

    private static byte[] SeekTable(List<(int Packed, int Bytes)> frames)
    {
        var table = new byte[8 + frames.Count * EntryBytes + FooterBytes];
        var at = 0;
        void Put(uint number)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(table.AsSpan(at), number);
            at += sizeof(uint);
        }

        Put(SkippableMagic);
        Put((uint)(table.Length - 8));
        foreach (var (packed, bytes) in frames)
        {
            Put((uint)packed);
            Put((uint)bytes);
        }

        Put((uint)frames.Count);
        // No checksums in the table: the frames' hashes are those of the file, in the manifest.
        table[at++] = 0;
        Put(SeekableMagic);
        return table;
    }
}
