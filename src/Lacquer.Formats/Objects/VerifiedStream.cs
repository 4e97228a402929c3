using Lacquer.Formats.Findings;
using Lacquer.Formats.Ledgers;

namespace Lacquer.Formats.Objects;

/// <summary>An object's bytes, each piece held to the merkle tree (BEP 52) before a byte of it is given. One piece is in memory; what is not read is not checked.</summary>
/// <param name="inner">The object as a store gives it; disposed of with this stream.</param>
/// <param name="obj">The object.</param>
/// <param name="pieceLengthBytes">The archive's piece length.</param>
public sealed class VerifiedStream(Stream inner, ObjectRow obj, int pieceLengthBytes) : ReadableStream(obj.LengthBytes)
{
    private readonly byte[] _piece = new byte[(int)Math.Min(pieceLengthBytes, obj.LengthBytes)];
    private long _index = -1;

    /// <inheritdoc/>
    /// <exception cref="LacquerException">A piece is not what it should be, or not there.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (Position >= Length || buffer.IsEmpty)
            return 0;
        var index = Position / pieceLengthBytes;
        var piece = _piece.AsMemory(0, (int)Math.Min(pieceLengthBytes, Length - index * pieceLengthBytes));
        if (index != _index)
        {
            _index = -1;
            inner.Position = index * pieceLengthBytes;
            var read = await inner.ReadAtLeastAsync(piece, piece.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
            if (read < piece.Length || !PieceTree.VerifyPiece(piece.Span, index, obj.Root, obj.LengthBytes, obj.PieceLayer, pieceLengthBytes))
                throw new LacquerException(Failure.Damaged, $"piece {index} of object {obj.Root} is not what it should be", "lacquer verify says what else is wrong; --repair fetches it");
            _index = index;
        }

        var start = (int)(Position - index * pieceLengthBytes);
        var count = Math.Min(buffer.Length, piece.Length - start);
        piece.Slice(start, count).CopyTo(buffer);
        Position += count;
        return count;
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await inner.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            inner.Dispose();
        base.Dispose(disposing);
    }
}
