using Lacquer.Formats.Objects;

namespace Lacquer.Server.Files;

/// <summary>So many zero bytes, without the memory for them.</summary>
internal sealed class ZeroStream(long lengthBytes) : ReadableStream(lengthBytes)
{
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var count = (int)Math.Min(buffer.Length, Math.Max(0, Length - Position));
        buffer.Span[..count].Clear();
        Position += count;
        return ValueTask.FromResult(count);
    }
}
