using System.Globalization;
using System.Security.Cryptography;
using Amazon.S3;
using Amazon.S3.Model;

namespace Lacquer.Stages.Workbench.Stores;

/// <summary>
/// Sends one large file in parts, several at once, each read from the disk as it goes out. Parts of an upload that broke off are not sent again where their MD5, which is a part's ETag, is the file's.
/// The object appears when the last call ends, whole.
/// </summary>
internal sealed class S3Upload(S3Store store, string key, string file, long lengthBytes)
{
    /// <summary>A file of at most this is sent in one request; others in parts of it, or of more where there would be too many. S3 takes parts from 5 MiB.</summary>
    public const long PartBytes = 16 << 20;

    private const int MostParts = 10_000;
    private const int AtOnce = 4;

    private readonly long _partBytes = Math.Max(PartBytes, (lengthBytes / MostParts | 0xfffff) + 1);

    public async Task RunAsync(CancellationToken stop)
    {
        var (id, there) = await FindAsync(stop).ConfigureAwait(false);
        var parts = new PartETag[(int)((lengthBytes + _partBytes - 1) / _partBytes)];
        await Parallel.ForAsync(0, parts.Length, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = stop }, async (index, cancel) =>
        {
            var (number, offset) = (index + 1, index * _partBytes);
            var length = Math.Min(_partBytes, lengthBytes - offset);
            if (there.GetValueOrDefault(number) is { } part && part.Size == length && part.ETag.Trim('"') == await Md5Async(offset, length, cancel).ConfigureAwait(false))
                parts[index] = new PartETag(number, part.ETag);
            else
                parts[index] = new PartETag(number, (await store.Client.UploadPartAsync(
                    new UploadPartRequest { BucketName = store.Bucket, Key = key, UploadId = id, PartNumber = number, PartSize = length, FilePath = file, FilePosition = offset }, cancel).ConfigureAwait(false)).ETag);
        }).ConfigureAwait(false);
        try
        {
            await store.Client.CompleteMultipartUploadAsync(new CompleteMultipartUploadRequest { BucketName = store.Bucket, Key = key, UploadId = id, PartETags = [.. parts] }, stop).ConfigureAwait(false);
        }
        catch (AmazonS3Exception e) when (e.ErrorCode == "NoSuchUpload")
        {
            // Made by a first call whose answer was lost; if it was not, what is read back next is not the file.
        }
    }

    private async Task<(string Id, Dictionary<int, PartDetail> Parts)> FindAsync(CancellationToken stop)
    {
        var there = new Dictionary<int, PartDetail>();
        if (await store.UploadsAsync(key, stop).FirstOrDefaultAsync(stop).ConfigureAwait(false) is not { } id)
            return ((await store.Client.InitiateMultipartUploadAsync(new InitiateMultipartUploadRequest { BucketName = store.Bucket, Key = key }, stop).ConfigureAwait(false)).UploadId, there);
        var request = new ListPartsRequest { BucketName = store.Bucket, Key = key, UploadId = id };
        while (true)
        {
            var answer = await store.Client.ListPartsAsync(request, stop).ConfigureAwait(false);
            foreach (var part in answer.Parts ?? [])
                if (part.PartNumber is { } number)
                    there[number] = part;
            if (answer.IsTruncated != true || answer.NextPartNumberMarker is not > 0)
                return (id, there);
            request.PartNumberMarker = answer.NextPartNumberMarker.Value.ToString(CultureInfo.InvariantCulture);
        }
    }

#pragma warning disable CA5351 // It tells which parts are there; what is in the store in the end is read back and held to its SHA-256.
    private async Task<string> Md5Async(long offset, long length, CancellationToken stop)
    {
        using var md5 = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
        await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, 0);
        stream.Position = offset;
        var buffer = new byte[1 << 16];
        for (int read; length > 0 && (read = await stream.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, length)), stop).ConfigureAwait(false)) > 0; length -= read)
            md5.AppendData(buffer, 0, read);
        return Convert.ToHexStringLower(md5.GetHashAndReset());
    }
#pragma warning restore CA5351
}
