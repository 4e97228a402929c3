using System.Diagnostics;
using System.Runtime.CompilerServices;
using Amazon.Runtime;
using Amazon.S3;
using Lacquer.Formats.Archives;
using Xunit;

namespace Lacquer.Tests.Studio;

/// <summary>A real S3 server, Ceph's gateway, started once for all tests that need one (<c>tests/s3-server</c>). It ends with this process, however that ends.</summary>
public sealed class S3Server : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Scratch _scratch = new();
    private Dictionary<string, string>? _said;
    private Process? _process;
    private int _buckets;

    internal Uri Address => new(Said["AWS_ENDPOINT_URL"]);

    private Dictionary<string, string> Said => _said ?? throw new InvalidOperationException("call Need first");

    /// <summary>Starts it, or skips the test, and says so, where it is not installed.</summary>
    internal void Need()
    {
        Tools.Need("ceph-mon", "ceph-osd", "radosgw", "radosgw-admin", "python3");
        lock (_gate)
        {
            if (_said is not null)
                return;
            _process = new Process { StartInfo = new ProcessStartInfo(Script(), [_scratch["s3"]]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true } };
            var errors = new System.Text.StringBuilder();
            _process.ErrorDataReceived += (_, line) => errors.AppendLine(line.Data);
            _process.Start();
            _process.BeginErrorReadLine();
            var said = new Dictionary<string, string>(StringComparer.Ordinal);
            while (said.Count < 4 && _process.StandardOutput.ReadLine() is { } line)
                said.Add(line[..line.IndexOf('=', StringComparison.Ordinal)], line[(line.IndexOf('=', StringComparison.Ordinal) + 1)..]);
            Assert.True(said.Count == 4, $"the S3 server did not start: {errors}");
            _said = said;
        }
    }

    /// <summary>The environment of a command that may write there.</summary>
    internal string? Variable(string name) => name is "AWS_ACCESS_KEY_ID" or "AWS_SECRET_ACCESS_KEY" ? Said[name] : null;

    internal AmazonS3Client Client() => new(new BasicAWSCredentials(Said["AWS_ACCESS_KEY_ID"], Said["AWS_SECRET_ACCESS_KEY"]),
        new AmazonS3Config { ServiceURL = Address.ToString(), ForcePathStyle = true, AuthenticationRegion = "us-east-1", RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED });

    /// <summary>A new bucket, and settings that lead to it, through a proxy or straight.</summary>
    internal async Task<ObjectSettings> BucketAsync(Uri? proxy = null, int patienceSeconds = 60, string prefix = "objects/")
    {
        var bucket = FormattableString.Invariant($"test-{Interlocked.Increment(ref _buckets)}");
        using var client = Client();
        await client.PutBucketAsync(bucket, TestContext.Current.CancellationToken);
        return new ObjectSettings(bucket, prefix, proxy ?? Address, "us-east-1", true, patienceSeconds);
    }

    /// <summary>Every key in a bucket.</summary>
    internal async Task<List<string>> KeysAsync(string bucket)
    {
        using var client = Client();
        return ((await client.ListObjectsV2Async(new() { BucketName = bucket }, TestContext.Current.CancellationToken)).S3Objects ?? []).ConvertAll(o => o.Key);
    }

    /// <summary>How many uploads of a bucket were begun and not ended.</summary>
    internal async Task<int> UploadsAsync(string bucket)
    {
        using var client = Client();
        return (await client.ListMultipartUploadsAsync(bucket, TestContext.Current.CancellationToken)).MultipartUploads?.Count ?? 0;
    }

    public void Dispose()
    {
        if (_process is { } process)
        {
            process.StandardInput.Close();
            if (!process.WaitForExit(TimeSpan.FromSeconds(20)))
                process.Kill(entireProcessTree: true);
            process.Dispose();
        }

        _scratch.Dispose();
    }

    private static string Script([CallerFilePath] string path = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(path)!, "..", "..", "s3-server"));
}

/// <summary>The tests that share the S3 server.</summary>
[CollectionDefinition(nameof(SharedS3Server))]
public sealed class SharedS3Server : ICollectionFixture<S3Server>;
