using System.IO.Compression;
using ZstdSharp;

namespace Lacquer.Stages.Workbench;

/// <summary>Reads bytes; 0 at the end.</summary>
internal delegate int ReadBytes(Span<byte> buffer);

/// <summary>A file that is unpacked as it is read, forward: <c>.xz</c>, <c>.zst</c> (RFC 8878), <c>.gz</c> (RFC 1952), or as it is. Nothing goes to disk.</summary>
internal abstract class PackedReader : IDisposable
{
    protected const string CutOff = "it is cut off";

    /// <summary>How much of the packed file has been read.</summary>
    public abstract long BytesRead { get; }

    /// <summary>Why the file could not be unpacked to its end, once <see cref="Read"/> has given 0; null where it could.</summary>
    public string? Problem { get; protected set; }

    /// <summary>Whether bytes may have been given that were never in it. A file that is cut off is not corrupt.</summary>
    public bool IsCorrupt => Problem is not (null or CutOff);

    /// <summary>Opens a file by the ending of its name.</summary>
    public static PackedReader Open(string path) => Path.GetExtension(path).ToLowerInvariant() switch
    {
        ".xz" => new XzReader(path),
        ".zst" => new StreamedReader(path, file => new DecompressionStream(file, leaveOpen: false)),
        ".gz" => new StreamedReader(path, file => new GZipStream(file, CompressionMode.Decompress)),
        _ => new StreamedReader(path, file => file),
    };

    /// <summary>The path without the ending that says how it is packed.</summary>
    public static string Unpacked(string path) => Path.GetExtension(path).ToLowerInvariant() is ".xz" or ".zst" or ".gz" ? Path.ChangeExtension(path, null) : path;

    /// <summary>Reads unpacked bytes; 0 at the end, and where nothing more can be unpacked.</summary>
    public abstract int Read(Span<byte> buffer);

    /// <inheritdoc/>
    public abstract void Dispose();

    private sealed class StreamedReader : PackedReader
    {
        private readonly FileStream _file;
        private readonly Stream _unpacked;

        public StreamedReader(string path, Func<Stream, Stream> unpack)
        {
            _file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.SequentialScan);
            _unpacked = unpack(_file);
        }

        public override long BytesRead => _file.Position;

        public override int Read(Span<byte> buffer)
        {
            if (Problem is not null)
                return 0;
            try
            {
                return _unpacked.Read(buffer);
            }
            catch (EndOfStreamException)
            {
                Problem = CutOff;
            }
            catch (Exception e) when (e is InvalidDataException or ZstdException)
            {
                Problem = "its compressed bytes are corrupt: " + e.Message.ReplaceLineEndings(" ");
            }
            catch (IOException e)
            {
                Problem = "it cannot be read: " + e.Message.ReplaceLineEndings(" ");
            }

            return 0;
        }

        public override void Dispose()
        {
            _unpacked.Dispose();
            _file.Dispose();
        }
    }
}
