using Amazon.S3;
using Amazon.S3.Model;
using Lacquer.Formats.Objects;

namespace Lacquer.Stages.Workbench.Stores;

/// <summary>
/// An object in a bucket, read in ranges that begin small and grow, so that a few bytes cost a small request and a whole object few requests. Nothing is kept in memory. A range that breaks off,
/// or stands still for as long as the client is patient, is asked for again from where it broke.
/// </summary>
internal sealed class S3ReadStream(S3Store store, ObjectName name, long lengthBytes) : ReadableStream(lengthBytes)
{
    private const long FirstRangeBytes = 1 << 20;
    private const long LargestRangeBytes = 16 << 20;
    private const int MostFailures = 5;

    private GetObjectResponse? _answer;
    private long _at;
    private long _end;
    private long _range = FirstRangeBytes;
    private int _failures;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (Position >= Length || buffer.IsEmpty)
            return 0;
        if (Position != _at)
        {
            LetGo();
            _range = FirstRangeBytes;
        }

        while (true)
        {
            try
            {
                using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                if (_answer is null)
                    await AskAsync(cancellationToken).ConfigureAwait(false);
                patience.CancelAfter(store.Patience);
                var read = await _answer!.ResponseStream.ReadAsync(buffer[..(int)Math.Min(buffer.Length, _end - Position)], patience.Token).ConfigureAwait(false);
                if (read == 0)
                    throw new IOException("the answer ended early");
                _failures = 0;
                Position = _at = Position + read;
                if (_at == _end)
                    LetGo();
                return read;
            }
            catch (Exception e) when (S3Trouble.Is(e, cancellationToken))
            {
                LetGo();
                // The client has tried a refused request again by itself; a body that breaks off is ours to go on with.
                if (e is AmazonS3Exception || ++_failures == MostFailures)
                    throw S3Trouble.Say($"{store.PlaceOf(name)} cannot be read", e);
                await Task.Delay(TimeSpan.FromMilliseconds(100 << _failures), cancellationToken).ConfigureAwait(false);
            }
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            LetGo();
        base.Dispose(disposing);
    }

    private async Task AskAsync(CancellationToken stop)
    {
        _at = Position;
        _end = Math.Min(Length, _at + _range);
        _range = Math.Min(2 * _range, LargestRangeBytes);
        _answer = await store.Client.GetObjectAsync(new GetObjectRequest { BucketName = store.Bucket, Key = store.KeyOf(name), ByteRange = new ByteRange(_at, _end - 1) }, stop).ConfigureAwait(false);
        if (_answer.ContentRange is not { } range || !range.StartsWith(FormattableString.Invariant($"bytes {_at}-{_end - 1}/"), StringComparison.Ordinal))
            throw new IOException("the store sent another range than it was asked for");
    }

    private void LetGo()
    {
        _answer?.Dispose();
        _answer = null;
    }
}
