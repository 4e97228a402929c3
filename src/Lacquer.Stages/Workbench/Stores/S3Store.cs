using System.Net;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Amazon;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using Lacquer.Formats.Archives;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Objects;

namespace Lacquer.Stages.Workbench.Stores;

/// <summary>
/// Objects in a bucket of an S3-compatible store, under the keys that a folder has as paths. An object appears when its last byte has arrived, as S3 has it; then it is read back and its SHA-256
/// compared, and only then is it said to be there. Requests that fail are made again by the client, for about a minute.
/// </summary>
public sealed class S3Store : IObjectStore
{
    private const int Attempts = 3;
    private const int Retries = 8;
    // The slowest line on which a part still gets through in time.
    private const double SlowestBytesPerSecond = 64 << 10;

    private readonly ObjectSettings _settings;

    private S3Store(ObjectSettings settings, AmazonS3Client client) => (_settings, Client) = (settings, client);

    internal AmazonS3Client Client { get; }

    internal string Bucket => _settings.Bucket!;

    internal TimeSpan Patience => TimeSpan.FromSeconds(_settings.PatienceSeconds);

    /// <summary>Opens a bucket, and asks it for one key to see whether it answers.</summary>
    /// <exception cref="LacquerException">It cannot be reached, is not there or refuses the keys.</exception>
    internal static async Task<S3Store> OpenAsync(ObjectSettings settings, AWSCredentials keys, CancellationToken stop)
    {
        // What is not there at the start will not be there in a minute either.
        using (var first = new AmazonS3Client(keys, Configure(settings, retries: 2)))
            try
            {
                await first.ListObjectsV2Async(new ListObjectsV2Request { BucketName = settings.Bucket, Prefix = settings.Prefix, MaxKeys = 1 }, stop).ConfigureAwait(false);
            }
            catch (Exception e) when (S3Trouble.Is(e, stop))
            {
                throw S3Trouble.Say($"{settings.Location} cannot be reached{(settings.Endpoint is { } endpoint ? $" at {endpoint.GetLeftPart(UriPartial.Authority)}" : "")}", e);
            }

        return new S3Store(settings, new AmazonS3Client(keys, Configure(settings, Retries)));
    }

    /// <inheritdoc/>
    public string? FileOf(ObjectName name) => null;

    /// <inheritdoc/>
    public async Task PutAsync(ObjectName name, string file, Sha256Digest sha256, CancellationToken cancel)
    {
        var length = new FileInfo(file).Length;
        for (var attempt = 1; ; attempt++)
        {
            await Ask($"{PlaceOf(name)} cannot be written", () => length <= S3Upload.PartBytes
                ? Client.PutObjectAsync(new PutObjectRequest { BucketName = Bucket, Key = KeyOf(name), FilePath = file }, cancel)
                : new S3Upload(this, KeyOf(name), file, length).RunAsync(cancel), cancel).ConfigureAwait(false);
            await using (var stored = await OpenAsync(name, cancel).ConfigureAwait(false))
                if (stored is not null && stored.Length == length && new Sha256Digest(await SHA256.HashDataAsync(stored, cancel).ConfigureAwait(false)) == sha256)
                    break;
            // It is not removed: another process may have put the right bytes there since.
            if (attempt == Attempts)
                throw new LacquerException(Failure.Damaged, $"{PlaceOf(name)} gives back other bytes than it was given, {Attempts} times", "do not trust this store; ask whoever runs it");
        }

        File.Delete(file);
    }

    /// <inheritdoc/>
    public async Task<Stream?> OpenAsync(ObjectName name, CancellationToken cancel) => await LengthAsync(name, cancel).ConfigureAwait(false) is { } length ? new S3ReadStream(this, name, length) : null;

    /// <inheritdoc/>
    public async Task<long?> LengthAsync(ObjectName name, CancellationToken cancel)
    {
        try
        {
            return (await Client.GetObjectMetadataAsync(new GetObjectMetadataRequest { BucketName = Bucket, Key = KeyOf(name) }, cancel).ConfigureAwait(false)).ContentLength;
        }
        catch (Exception e) when (S3Trouble.Is(e, cancel))
        {
            return S3Trouble.IsMissing(e) ? null : throw S3Trouble.Say($"{PlaceOf(name)} cannot be read", e);
        }
    }

    /// <inheritdoc/>
    public Task DeleteAsync(ObjectName name, CancellationToken cancel) => Ask($"{PlaceOf(name)} cannot be removed", async () =>
    {
        await Client.DeleteObjectAsync(new DeleteObjectRequest { BucketName = Bucket, Key = KeyOf(name) }, cancel).ConfigureAwait(false);
        await foreach (var id in UploadsAsync(KeyOf(name), cancel).ConfigureAwait(false))
            try
            {
                await Client.AbortMultipartUploadAsync(new AbortMultipartUploadRequest { BucketName = Bucket, Key = KeyOf(name), UploadId = id }, cancel).ConfigureAwait(false);
            }
            catch (AmazonS3Exception e) when (e.ErrorCode == "NoSuchUpload")
            {
                // Somebody else was quicker.
            }
    }, cancel);

    /// <inheritdoc/>
    public async IAsyncEnumerable<ObjectName> ListAsync([EnumeratorCancellation] CancellationToken cancel)
    {
        var request = new ListObjectsV2Request { BucketName = Bucket, Prefix = _settings.Prefix };
        do
        {
            ListObjectsV2Response page = null!;
            await Ask($"{_settings.Location} cannot be listed", async () => page = await Client.ListObjectsV2Async(request, cancel).ConfigureAwait(false), cancel).ConfigureAwait(false);
            foreach (var entry in page.S3Objects ?? [])
                if (ObjectName.TryParseKey(entry.Key[_settings.Prefix.Length..], out var name))
                    yield return name;
            request.ContinuationToken = page.IsTruncated == true ? page.NextContinuationToken : null;
        }
        while (request.ContinuationToken is not null);
    }

    /// <inheritdoc/>
    public void Dispose() => Client.Dispose();

    internal string PlaceOf(ObjectName name) => _settings.PlaceOf(name);

    internal string KeyOf(ObjectName name) => _settings.Prefix + name.Key;

    /// <summary>Uploads to a key that were begun and not ended.</summary>
    internal async IAsyncEnumerable<string> UploadsAsync(string key, [EnumeratorCancellation] CancellationToken stop)
    {
        // A key has a handful at most; so one page is enough.
        var answer = await Client.ListMultipartUploadsAsync(new ListMultipartUploadsRequest { BucketName = Bucket, Prefix = key }, stop).ConfigureAwait(false);
        foreach (var upload in answer.MultipartUploads ?? [])
            if (upload.Key == key)
                yield return upload.UploadId;
    }

    private static AmazonS3Config Configure(ObjectSettings settings, int retries)
    {
        var config = new AmazonS3Config
        {
            ForcePathStyle = settings.PathStyle,
            // Not every store knows the newer checksums; ours is the SHA-256 of what is read back.
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
            RetryMode = RequestRetryMode.Standard,
            MaxErrorRetry = retries,
            // Of a request to its answer's head, so it has to leave time for the part that goes out.
            Timeout = TimeSpan.FromSeconds(settings.PatienceSeconds + S3Upload.PartBytes / SlowestBytesPerSecond),
            ConnectTimeout = TimeSpan.FromSeconds(20),
            MaxConnectionsPerServer = 64,
        };
        if (settings.Endpoint is { } endpoint)
            (config.ServiceURL, config.AuthenticationRegion) = (endpoint.ToString(), settings.Region);
        else
            config.RegionEndpoint = RegionEndpoint.GetBySystemName(settings.Region);
        return config;
    }

    private static async Task Ask(string what, Func<Task> ask, CancellationToken stop)
    {
        try
        {
            await ask().ConfigureAwait(false);
        }
        catch (Exception e) when (S3Trouble.Is(e, stop))
        {
            throw S3Trouble.Say(what, e);
        }
    }
}
