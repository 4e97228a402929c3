using System.Globalization;
using Lacquer.Formats.Accessions;
using ZstdSharp;

namespace Lacquer.Stages.Cataloguing.Checking;

/// <summary>A frame's lines.</summary>
internal sealed class FrameLines : IDisposable
{
    private readonly Decompressor _decompressor = new();
    private byte[] _buffer = new byte[AccessionFile.FrameBytes * 2];
    private readonly List<(int Start, int Length)> _lines = [];

    /// <summary>Starts and lengths; valid until the next frame.</summary>
    /// <exception cref="FormatException">The frame is broken.</exception>
    public (ReadOnlyMemory<byte> Bytes, List<(int Start, int Length)> Lines) Of(AccessionFrame frame)
    {
        var bytes = frame.Unpack(_decompressor, ref _buffer);
        _lines.Clear();
        for (var start = 0; start < bytes.Length;)
        {
            var length = bytes.Span[start..].IndexOf((byte)'\n');
            if (length < 0)
                throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"the frame at {frame.Offset} does not end with a line"));
            _lines.Add((start, length));
            start += length + 1;
        }

        return (bytes, _lines);
    }

    public void Dispose() => _decompressor.Dispose();
}
