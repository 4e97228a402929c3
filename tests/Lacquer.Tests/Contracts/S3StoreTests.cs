using Lacquer.Formats.Archives;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Objects;
using Lacquer.Stages.Workbench.Stores;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Contracts;

/// <summary>A bucket of a real server, and what networks do to what goes there and comes back.</summary>
[Collection(nameof(SharedS3Server))]
public sealed class S3StoreTests(S3Server server) : ObjectStoreContract
{
    private ObjectSettings? _settings;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    protected override async Task<IObjectStore> OpenAsync()
    {
        server.Need();
        _settings ??= await server.BucketAsync();
        return await OpenAsync(_settings);
    }

    protected override async Task LitterAsync(string key)
    {
        using var client = server.Client();
        await client.PutObjectAsync(new() { BucketName = _settings!.Bucket, Key = _settings.Prefix + key, ContentBody = "litter" }, Stop);
    }

    [Theory]
    [InlineData(500)]
    [InlineData(503)]
    public async Task A_server_that_refuses_now_and_then_is_asked_again(int status)
    {
        await using var proxy = await ProxyAsync();
        using var store = await OpenAsync(await server.BucketAsync(proxy.Address));
        var (small, large) = (Make(200_000, 10), Make(40_000_000, 11));
        EachOnce(proxy, _ => true, new Fault.Status(status));
        foreach (var (name, bytes, file, sha256) in new[] { small, large })
        {
            await store.PutAsync(name, file, sha256, Stop);
            await using var stream = (await store.OpenAsync(name, Stop))!;
            var met = new byte[bytes.Length];
            await stream.ReadExactlyAsync(met, Stop);
            Assert.True(met.AsSpan().SequenceEqual(bytes));
        }

        Assert.Equal(2, (await ListAsync(store)).Count);
        await store.DeleteAsync(small.Name, Stop);
        Assert.Equal([large.Name], await ListAsync(store));
    }

    [Fact]
    public async Task A_request_that_breaks_off_is_made_again_and_leaves_no_half_object()
    {
        await using var proxy = await ProxyAsync();
        using var store = await OpenAsync(await server.BucketAsync(proxy.Address));
        var (small, large) = (Make(3_000_000, 12), Make(40_000_000, 13));
        EachOnce(proxy, asked => asked.StartsWith("PUT ", StringComparison.Ordinal), new Fault.CutRequest(100_000));
        await store.PutAsync(small.Name, small.File, small.Sha256, Stop);
        await store.PutAsync(large.Name, large.File, large.Sha256, Stop);
        Assert.Equal((3_000_000L, 40_000_000L), (await store.LengthAsync(small.Name, Stop), await store.LengthAsync(large.Name, Stop)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_answer_that_breaks_off_or_stands_still_is_gone_on_with_where_it_ended(bool stands)
    {
        await using var proxy = await ProxyAsync();
        using var store = await OpenAsync(await server.BucketAsync(proxy.Address, patienceSeconds: 1));
        var (name, bytes, file, sha256) = Make(6_000_000, 14);
        await store.PutAsync(name, file, sha256, Stop);
        var ranges = 0;
        proxy.Decide = asked => asked.StartsWith("GET ", StringComparison.Ordinal) && Interlocked.Increment(ref ranges) is 1 or 3 ? (stands ? new Fault.Stall(300_000) : new Fault.CutAnswer(300_000)) : null;
        await using var stream = (await store.OpenAsync(name, Stop))!;
        var met = new byte[bytes.Length];
        await stream.ReadExactlyAsync(met, Stop);
        Assert.True(met.AsSpan().SequenceEqual(bytes));
    }

    [Fact]
    public async Task What_is_read_back_otherwise_is_written_again_and_never_believed()
    {
        await using var proxy = await ProxyAsync();
        using var store = await OpenAsync(await server.BucketAsync(proxy.Address));
        var (name, _, file, sha256) = Make(2_000_000, 15);
        var reads = 0;
        proxy.Decide = asked => asked.StartsWith("GET ", StringComparison.Ordinal) && Interlocked.Increment(ref reads) == 1 ? new Fault.FlipAnswer(1000) : null;
        await store.PutAsync(name, file, sha256, Stop);
        Assert.Equal(2, proxy.Asked.Count(a => a.StartsWith("PUT ", StringComparison.Ordinal)));

        var other = Make(2_000_000, 16);
        proxy.Decide = asked => asked.StartsWith("GET ", StringComparison.Ordinal) ? new Fault.FlipAnswer(1000) : null;
        var trouble = await Assert.ThrowsAsync<LacquerException>(() => store.PutAsync(other.Name, other.File, other.Sha256, Stop));
        Assert.Equal(Failure.Damaged, trouble.Failure);
        Assert.True(File.Exists(other.File));
    }

    [Fact]
    public async Task An_upload_that_was_given_up_goes_on_with_the_parts_that_are_there()
    {
        await using var proxy = await ProxyAsync();
        var settings = await server.BucketAsync(proxy.Address);
        using var store = await OpenAsync(settings);
        var (name, _, file, sha256) = Make(70_000_000, 17);
        proxy.Decide = asked => asked.Contains("partNumber=5", StringComparison.Ordinal) ? new Fault.Status(403) : null;
        await Assert.ThrowsAsync<LacquerException>(() => store.PutAsync(name, file, sha256, Stop));
        Assert.Null(await store.LengthAsync(name, Stop));
        Assert.Equal(1, await server.UploadsAsync(settings.Bucket!));
        proxy.Decide = _ => null;
        var before = proxy.Asked.Count;
        await store.PutAsync(name, file, sha256, Stop);
        var parts = proxy.Asked.Skip(before).Count(a => a.StartsWith("PUT ", StringComparison.Ordinal));
        Assert.InRange(parts, 1, 4);
        Assert.Equal(70_000_000, await store.LengthAsync(name, Stop));
        Assert.Equal(0, await server.UploadsAsync(settings.Bucket!));
    }

    [Fact]
    public async Task What_is_left_of_an_upload_goes_with_its_object()
    {
        await using var proxy = await ProxyAsync();
        var settings = await server.BucketAsync(proxy.Address);
        using var store = await OpenAsync(settings);
        var (name, _, file, sha256) = Make(40_000_000, 18);
        proxy.Decide = asked => asked.Contains("partNumber=3", StringComparison.Ordinal) ? new Fault.Status(403) : null;
        await Assert.ThrowsAsync<LacquerException>(() => store.PutAsync(name, file, sha256, Stop));
        Assert.Equal(1, await server.UploadsAsync(settings.Bucket!));
        await store.DeleteAsync(name, Stop);
        Assert.Equal(0, await server.UploadsAsync(settings.Bucket!));
    }

    [Fact]
    public async Task An_answer_that_is_lost_at_the_end_of_an_upload_loses_nothing()
    {
        await using var proxy = await ProxyAsync();
        using var store = await OpenAsync(await server.BucketAsync(proxy.Address));
        var (name, _, file, sha256) = Make(40_000_000, 19);
        // The gateway sends a space to keep the client waiting, so the answer is cut at its first byte.
        EachOnce(proxy, asked => asked.StartsWith("POST ", StringComparison.Ordinal) && asked.Contains("uploadId=", StringComparison.Ordinal), new Fault.CutAnswer(0));
        await store.PutAsync(name, file, sha256, Stop);
        Assert.Equal(40_000_000, await store.LengthAsync(name, Stop));
    }

    [Fact]
    public async Task A_bucket_that_cannot_be_had_is_said_in_one_line_without_its_keys()
    {
        server.Need();
        var settings = await server.BucketAsync();
        var secret = server.Variable("AWS_SECRET_ACCESS_KEY")!;
        await Refused(settings with { Bucket = "not-there" }, server.Variable, Failure.Missing, "s3://not-there/objects cannot be reached at http://127.0.0.1:");
        await Refused(settings with { Endpoint = new Uri("http://127.0.0.1:1") }, server.Variable, Failure.Missing, "refused");
        await Refused(settings, name => name == "AWS_SECRET_ACCESS_KEY" ? "wrong-key-0123456789" : server.Variable(name), Failure.Refused, "SignatureDoesNotMatch");
        await Refused(settings, name => name == "AWS_ACCESS_KEY_ID" ? "nobody" : server.Variable(name), Failure.Refused, "InvalidAccessKeyId");
        await Refused(settings, _ => null, Failure.Usage, "no keys");
        await Refused(settings, name => name == "AWS_ACCESS_KEY_ID" ? "one" : null, Failure.Usage, "one half");

        async Task Refused(ObjectSettings of, Func<string, string?> variable, Failure failure, string says)
        {
            var trouble = await Assert.ThrowsAsync<LacquerException>(() => ObjectStores.OpenAsync(new ArchiveLayout("/nowhere"), of, variable, Stop));
            Assert.Equal(failure, trouble.Failure);
            Assert.Contains(says, trouble.Message, StringComparison.OrdinalIgnoreCase);
            foreach (var hidden in new[] { secret, server.Variable("AWS_ACCESS_KEY_ID")!, "wrong-key" })
                Assert.DoesNotContain(hidden, trouble.Message + trouble.Hint, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Keys_come_from_a_file_of_profiles_too()
    {
        server.Need();
        var settings = await server.BucketAsync();
        using var scratch = new Scratch();
        await File.WriteAllTextAsync(scratch["profiles"], $"""
            [default]
            aws_access_key_id = nobody
            aws_secret_access_key = nothing

            [archive]
            aws_access_key_id = {server.Variable("AWS_ACCESS_KEY_ID")}
            aws_secret_access_key = {server.Variable("AWS_SECRET_ACCESS_KEY")}
            """, Stop);
        using var store = await ObjectStores.OpenAsync(new ArchiveLayout("/nowhere"), settings, Variable("archive"), Stop);
        Assert.Empty(await ListAsync(store));
        Assert.Equal(Failure.Refused, (await Assert.ThrowsAsync<LacquerException>(() => ObjectStores.OpenAsync(new ArchiveLayout("/nowhere"), settings, Variable(null), Stop))).Failure);
        Assert.Equal(Failure.Usage, (await Assert.ThrowsAsync<LacquerException>(() => ObjectStores.OpenAsync(new ArchiveLayout("/nowhere"), settings, Variable("none"), Stop))).Failure);

        Func<string, string?> Variable(string? profile) => name => name switch { "AWS_SHARED_CREDENTIALS_FILE" => scratch["profiles"], "AWS_PROFILE" => profile, _ => null };
    }

    private Task<IObjectStore> OpenAsync(ObjectSettings settings) => ObjectStores.OpenAsync(new ArchiveLayout("/nowhere"), settings, server.Variable, Stop);

    private Task<FaultyProxy> ProxyAsync()
    {
        server.Need();
        return FaultyProxy.StartAsync(server.Address);
    }

    // The first request of each kind goes wrong.
    private static void EachOnce(FaultyProxy proxy, Func<string, bool> which, Fault fault)
    {
        var seen = new HashSet<string>();
        proxy.Decide = asked =>
        {
            lock (seen)
                return which(asked) && seen.Add(asked) ? fault : null;
        };
    }
}
