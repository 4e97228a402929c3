using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Text;

namespace Lacquer.Stages.Workbench.Ranking;

/// <summary>Texts on disk, of which a few are said again and again: each of those is there once. For several threads at once.</summary>
/// <param name="path">The file to make, which is gone when this is closed.</param>
internal sealed class TextFile(string path) : IDisposable
{
    // Beyond so many different ones, a text is written as often as it comes.
    private const int MostKnown = 50_000;

    private readonly FileStream _file = new(path, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.ReadWrite, Options = FileOptions.DeleteOnClose });
    private readonly ConcurrentDictionary<string, long> _offsets = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<long, string> _texts = new();
    private int _known;

    /// <summary>Adds a text, and gives the number by which it is found, 0 or more.</summary>
    public long Add(string text)
    {
        if (_offsets.TryGetValue(text, out var known))
            return known;
        lock (_file)
        {
            if (_offsets.TryGetValue(text, out known))
                return known;
            var bytes = Encoding.UTF8.GetBytes(text);
            Span<byte> length = stackalloc byte[sizeof(int)];
            BinaryPrimitives.WriteInt32LittleEndian(length, bytes.Length);
            var offset = _file.Position;
            _file.Write(length);
            _file.Write(bytes);
            if (_known++ < MostKnown)
            {
                _offsets[text] = offset;
                _texts[offset] = text;
            }

            return offset;
        }
    }

    /// <summary>The text that was given this number.</summary>
    public string this[long offset]
    {
        get
        {
            if (_texts.TryGetValue(offset, out var text))
                return text;
            lock (_file)
                _file.Flush();
            Span<byte> length = stackalloc byte[sizeof(int)];
            var bytes = RandomAccess.Read(_file.SafeFileHandle, length, offset) == length.Length ? new byte[BinaryPrimitives.ReadInt32LittleEndian(length)] : throw new ArgumentOutOfRangeException(nameof(offset));
            return RandomAccess.Read(_file.SafeFileHandle, bytes, offset + length.Length) == bytes.Length ? Encoding.UTF8.GetString(bytes) : throw new ArgumentOutOfRangeException(nameof(offset));
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
