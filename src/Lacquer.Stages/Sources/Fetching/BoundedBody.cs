using System.IO.Compression;
using Lacquer.Formats.Findings;

namespace Lacquer.Stages.Sources.Fetching;

/// <summary>
/// An answer's body, decompressed and bounded: in bytes before and after, in how far it swells, in how slowly it comes.
/// </summary>
internal sealed class BoundedBody(HttpResponseMessage response, string shown, long mostBytes, FetchPolicy policy, TimeProvider clock)
{
    // Text compresses tenfold, tables of numbers fifty; deflate can do a thousand.
    private const int MostSwelling = 250;
    private const long SwellingFrom = 1 << 20;
    private const int CompressedSlack = 1 << 16;

    /// <summary>Whether the body goes over the line compressed.</summary>
    public bool IsEncoded => response.Content.Headers.ContentEncoding.Any(e => e is not "identity");

    /// <summary>Hands the bytes over in order.</summary>
    /// <exception cref="LacquerException">It is more than was bargained for.</exception>
    /// <exception cref="BrokenAnswerException">It broke off or came too slowly.</exception>
    public async Task CopyAsync(Func<ReadOnlyMemory<byte>, ValueTask> take, CancellationToken stop)
    {
        if (!IsEncoded && response.Content.Headers.ContentLength > mostBytes)
            throw TooLong();
        var wire = new MeteredStream(await response.Content.ReadAsStreamAsync(stop).ConfigureAwait(false), policy, clock);
        await using var body = Decoded(wire);
        var buffer = new byte[1 << 16];
        var total = 0L;
        while (true)
        {
            int read;
            try
            {
                read = await body.ReadAsync(buffer, stop).ConfigureAwait(false);
            }
            catch (Exception e) when (e is IOException or InvalidDataException)
            {
                throw new BrokenAnswerException(e is InvalidDataException ? "the compressed answer is damaged or cut off" : $"the answer broke off after {wire.Bytes} bytes", e);
            }

            if (read == 0)
                return;
            total += read;
            // Empty blocks can go on for ever, too.
            if (total > mostBytes || wire.Bytes > mostBytes + CompressedSlack)
                throw TooLong();
            if (IsEncoded && total > SwellingFrom && total / MostSwelling > wire.Bytes)
                throw new LacquerException(Failure.Untrusted, $"{shown} swells more than {MostSwelling} times when it is decompressed", "it is not taken; ask the source's people");
            await take(buffer.AsMemory(0, read)).ConfigureAwait(false);
        }
    }

    private Stream Decoded(Stream wire)
    {
        var encodings = response.Content.Headers.ContentEncoding;
        return encodings.Count == 0 ? wire : encodings.Count > 1 ? throw Unknown(string.Join(", ", encodings)) : encodings.Single() switch
        {
            "identity" => wire,
            "gzip" or "x-gzip" => new GZipStream(wire, CompressionMode.Decompress),
            "br" => new BrotliStream(wire, CompressionMode.Decompress),
            // RFC 9110, 8.4.1.2: deflate in the zlib format.
            "deflate" => new ZLibStream(wire, CompressionMode.Decompress),
            var other => throw Unknown(other),
        };
    }

    private LacquerException TooLong() => new(Failure.Untrusted, $"{shown} answers with more than {mostBytes} bytes", "it is not taken; the source has changed, or is not what it says");

    private LacquerException Unknown(string encoding) => new(Failure.Untrusted, $"{shown} is encoded as '{(encoding.Length > 40 ? encoding[..40] : encoding)}', which was not asked for", "it is not taken; ask the source's people");

    /// <summary>Reads from the network: counts, and gives up what stalls or drips. Time in which nobody reads does not count.</summary>
    private sealed class MeteredStream(Stream source, FetchPolicy policy, TimeProvider clock) : Stream
    {
        private TimeSpan _waited;
        private long _inWindow;

        public long Bytes { get; private set; }

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => Bytes; set => throw new NotSupportedException(); }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            using var patience = new CancellationTokenSource(policy.Patience, clock);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
            var start = clock.GetTimestamp();
            int read;
            try
            {
                read = await source.ReadAsync(buffer, either.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
            {
                throw new BrokenAnswerException($"nothing came for {policy.Patience.TotalSeconds:0} seconds", e);
            }

            Bytes += read;
            _inWindow += read;
            _waited += clock.GetElapsedTime(start);
            if (read > 0 && _waited >= policy.RateWindow)
            {
                if (_inWindow < policy.LeastBytesPerSecond * _waited.TotalSeconds)
                    throw new BrokenAnswerException($"fewer than {policy.LeastBytesPerSecond} bytes a second came");
                (_waited, _inWindow) = (TimeSpan.Zero, 0);
            }

            return read;
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush() => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
