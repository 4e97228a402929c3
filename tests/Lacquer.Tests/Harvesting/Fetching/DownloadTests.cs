using System.Security.Cryptography;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Stages.Sources.Fetching;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Harvesting.Fetching;

/// <summary>Files: whole and right under their name, or not there.</summary>
public sealed class DownloadTests
{
    private static readonly byte[] Bytes = Made(1, 300_000);
    private static readonly byte[] Others = Made(2, 300_000);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_file_is_checked_and_gets_its_name()
    {
        await using var studio = await FetchStudio.StartAsync();
        var expected = new ExpectedFile(Bytes.Length, Convert.ToHexString(Md5(Bytes)), Convert.ToHexStringLower(Sha1(Bytes)), new Sha256Digest(SHA256.HashData(Bytes)));
        var path = studio.Scratch["file"];
        var address = studio.Source.Answers("/f", Replies.File(Bytes, "\"1\""));
        for (var i = 0; i < 2; i++)
        {
            var file = await studio.Fetcher().DownloadAsync(FetchStudio.Api(address), path, expected, Stop);
            Assert.Equal((FetchOutcome.Fetched, 300_000, expected.Sha256), (file.Outcome, file.LengthBytes, file.Sha256));
            Assert.Equal(Bytes, await File.ReadAllBytesAsync(path, Stop));
        }

        // The second time it was there.
        Assert.Equal("identity", Assert.Single(studio.Source.Requests)["Accept-Encoding"]);
        AssertNothingElse(studio);
    }

    [Fact]
    public async Task A_download_goes_on_after_a_kill()
    {
        await using var studio = await FetchStudio.StartAsync();
        var address = studio.Source.Answers("/f", CutOff(studio, Bytes, 100_000, "\"1\""), Replies.File(Bytes, "\"1\""));
        await CutOffAsync(studio, address);
        var file = await studio.Fetcher().DownloadAsync(FetchStudio.Api(address), studio.Scratch["file"], null, Stop);
        Assert.Equal(new Sha256Digest(SHA256.HashData(Bytes)), file.Sha256);
        Assert.Equal("bytes=100000-", studio.Source.Requests[1]["Range"]);
        Assert.Equal("\"1\"", studio.Source.Requests[1]["If-Range"]);
        Assert.Equal(Bytes, await File.ReadAllBytesAsync(studio.Scratch["file"], Stop));
        AssertNothingElse(studio);
    }

    [Fact]
    public async Task A_broken_connection_costs_what_was_on_the_way()
    {
        await using var studio = await FetchStudio.StartAsync();
        var address = studio.Source.Answers("/f", CutOff(studio, Bytes, 100_000), Replies.Status(503, "5"), Replies.File(Bytes));
        // Without validators only a digest can tell that the parts are of one file.
        var file = await studio.Fetcher().DownloadAsync(FetchStudio.Api(address), studio.Scratch["file"], new ExpectedFile(Md5: Convert.ToHexStringLower(Md5(Bytes))), Stop);
        Assert.Equal(Bytes.Length, file.LengthBytes);
        Assert.Equal([null, "bytes=100000-", "bytes=100000-"], studio.Source.Requests.Select(r => r["Range"]));
    }

    [Fact]
    public async Task Without_validators_and_digest_it_begins_again()
    {
        await using var studio = await FetchStudio.StartAsync();
        var address = studio.Source.Answers("/f", CutOff(studio, Others, 100_000), Replies.File(Bytes));
        var file = await studio.Fetcher().DownloadAsync(FetchStudio.Api(address), studio.Scratch["file"], null, Stop);
        Assert.Equal(new Sha256Digest(SHA256.HashData(Bytes)), file.Sha256);
        Assert.All(studio.Source.Requests, r => Assert.Null(r["Range"]));
    }

    [Theory]
    [InlineData("\"2\"", true)]
    [InlineData("\"2\"", false)]
    [InlineData("\"1\"", false)]
    public async Task A_file_that_changed_in_between_or_a_server_without_ranges_begins_again(string etag, bool knowsRanges)
    {
        await using var studio = await FetchStudio.StartAsync();
        var address = studio.Source.Answers("/f", CutOff(studio, Others, 100_000, "\"1\""), Replies.File(Bytes, etag, knowsRanges));
        await CutOffAsync(studio, address);
        var file = await studio.Fetcher().DownloadAsync(FetchStudio.Api(address), studio.Scratch["file"], null, Stop);
        Assert.Equal((new Sha256Digest(SHA256.HashData(Bytes)), etag), (file.Sha256, file.Validators.ETag));
        Assert.Equal(2, studio.Source.Requests.Count);
    }

    [Fact]
    public async Task Parts_of_two_files_are_found_by_the_digest()
    {
        await using var studio = await FetchStudio.StartAsync();
        // The server does not know that its file has changed.
        var address = studio.Source.Answers("/f", CutOff(studio, Others, 100_000, "\"1\""), Replies.File(Bytes, "\"1\""));
        var file = await studio.Fetcher().DownloadAsync(FetchStudio.Api(address), studio.Scratch["file"], new ExpectedFile(Sha1: Convert.ToHexStringLower(Sha1(Bytes))), Stop);
        Assert.Equal(new Sha256Digest(SHA256.HashData(Bytes)), file.Sha256);
        Assert.Equal([null, "bytes=100000-", null], studio.Source.Requests.Select(r => r["Range"]));
    }

    [Fact]
    public async Task What_came_whole_and_was_not_renamed_is_not_fetched_again()
    {
        await using var studio = await FetchStudio.StartAsync();
        var address = studio.Source.Answers("/f", CutOff(studio, Bytes, 100_000, "\"1\""), Replies.File(Bytes, "\"1\""));
        await CutOffAsync(studio, address);
        await File.WriteAllBytesAsync(studio.Scratch["file.partial"], Bytes, Stop);
        var expected = new ExpectedFile(Sha256: new Sha256Digest(SHA256.HashData(Bytes)));
        Assert.Equal(FetchOutcome.Fetched, (await studio.Fetcher().DownloadAsync(FetchStudio.Api(address), studio.Scratch["file"], expected, Stop)).Outcome);
        Assert.Equal("bytes=300000-", studio.Source.Requests[1]["Range"]);
        Assert.Equal(2, studio.Source.Requests.Count);
    }

    [Fact]
    public async Task A_wrong_file_is_asked_for_once_more_and_not_kept()
    {
        await using var studio = await FetchStudio.StartAsync();
        var address = studio.Source.Answers("/f", Replies.File(Others, "\"1\""));
        var e = await Assert.ThrowsAsync<LacquerException>(() => studio.Fetcher().DownloadAsync(FetchStudio.Api(address), studio.Scratch["file"], new ExpectedFile(Md5: Convert.ToHexStringLower(Md5(Bytes))), Stop));
        Assert.Equal(Failure.Untrusted, e.Failure);
        Assert.Contains("MD5", e.Message, StringComparison.Ordinal);
        Assert.Equal(2, studio.Source.Requests.Count);
        Assert.False(File.Exists(studio.Scratch["file"]));
    }

    [Theory]
    [InlineData(300_000L, null)]
    [InlineData(null, 1000L)]
    public async Task More_than_was_bargained_for_is_cut_off(long? expected, long? most)
    {
        await using var studio = await FetchStudio.StartAsync();
        foreach (var length in new long?[] { 10_000_000_000, null })
        {
            var request = new FetchRequest(studio.Source.Answers("/f", Replies.Endless(length)), AddressKind.Api) { MostBytes = most };
            var e = await Assert.ThrowsAsync<LacquerException>(() => studio.Fetcher().DownloadAsync(request, studio.Scratch["file"], new ExpectedFile(expected), Stop));
            Assert.Equal(Failure.Untrusted, e.Failure);
        }

        Assert.Equal(2, studio.Source.Requests.Count);
        AssertNothingElse(studio);
    }

    [Fact]
    public async Task What_is_missing_or_unchanged_leaves_nothing()
    {
        await using var studio = await FetchStudio.StartAsync();
        var fetcher = studio.Fetcher();
        Assert.Equal(FetchOutcome.Missing, (await fetcher.DownloadAsync(FetchStudio.Api(new Uri(studio.Source.Address, "none")), studio.Scratch["file"], null, Stop)).Outcome);
        var unchanged = FetchStudio.Api(studio.Source.Answers("/f", Replies.Json(etag: "\"1\"")), new Validators("\"1\"", null));
        Assert.Equal(FetchOutcome.NotModified, (await fetcher.DownloadAsync(unchanged, studio.Scratch["file"], null, Stop)).Outcome);
        AssertNothingElse(studio);
    }

    [Fact]
    public async Task As_long_as_it_gets_on_it_is_not_given_up()
    {
        await using var studio = await FetchStudio.StartAsync();
        var large = Made(3, 5 << 20);
        var address = studio.Source.Answers("/f", CutOff(studio, large, 1 << 20, "\"1\""), CutOff(studio, large, 2 << 20, "\"1\""), CutOff(studio, large, 3 << 20, "\"1\""), CutOff(studio, large, 4 << 20, "\"1\""), Replies.File(large, "\"1\""));
        var file = await studio.Fetcher(studio.Policy with { Attempts = 1 }).DownloadAsync(FetchStudio.Api(address), studio.Scratch["file"], null, Stop);
        Assert.Equal(new Sha256Digest(SHA256.HashData(large)), file.Sha256);
        Assert.Equal([null, "bytes=1048576-", "bytes=2097152-", "bytes=3145728-", "bytes=4194304-"], studio.Source.Requests.Select(r => r["Range"]));
    }

    private static StandIn.Reply CutOff(FetchStudio studio, byte[] bytes, int after, string? etag = null) =>
        Replies.Reset(bytes, after, etag, () => File.Exists(studio.Scratch["file.partial"]) && new FileInfo(studio.Scratch["file.partial"]).Length == after);

    // One attempt of a run, which breaks off: the partial file stays.
    private static async Task CutOffAsync(FetchStudio studio, Uri address)
    {
        await Assert.ThrowsAsync<LacquerException>(() => studio.Fetcher(studio.Policy with { Attempts = 1 }).DownloadAsync(FetchStudio.Api(address), studio.Scratch["file"], null, Stop));
        Assert.False(File.Exists(studio.Scratch["file"]));
        Assert.Equal(100_000, new FileInfo(studio.Scratch["file.partial"]).Length);
    }

    private static void AssertNothingElse(FetchStudio studio) =>
        Assert.DoesNotContain(Directory.EnumerateFiles(studio.Scratch.Root), f => Path.GetFileName(f) != "file");

    private static byte[] Md5(byte[] bytes) => CryptographicOperations.HashData(HashAlgorithmName.MD5, bytes);

    private static byte[] Sha1(byte[] bytes) => CryptographicOperations.HashData(HashAlgorithmName.SHA1, bytes);

    private static byte[] Made(int seed, int length)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
