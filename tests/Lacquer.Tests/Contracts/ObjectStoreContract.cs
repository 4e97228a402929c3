using System.Security.Cryptography;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Objects;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Contracts;

/// <summary>What every object store does.</summary>
public abstract class ObjectStoreContract : IDisposable
{
    private readonly Scratch _scratch = new();

    /// <summary>A folder of the test's own.</summary>
    protected string Root => _scratch["archive"];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    protected abstract Task<IObjectStore> OpenAsync();

    /// <summary>Puts something there that is no object.</summary>
    protected abstract Task LitterAsync(string key);

    public void Dispose()
    {
        _scratch.Dispose();
        GC.SuppressFinalize(this);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(300_000)]
    [InlineData(5_000_000)]
    // More than two parts of an upload, the last one short.
    [InlineData(40_000_000)]
    public async Task What_is_put_is_there_whole_and_can_be_read_from_anywhere(int length)
    {
        using var store = await OpenAsync();
        var (name, bytes, file, sha256) = Make(length, length);
        Assert.Null(await store.LengthAsync(name, Stop));
        Assert.Null(await store.OpenAsync(name, Stop));
        await store.PutAsync(name, file, sha256, Stop);
        Assert.False(File.Exists(file));
        Assert.Equal(length, await store.LengthAsync(name, Stop));
        await using var stream = (await store.OpenAsync(name, Stop))!;
        Assert.Equal(length, stream.Length);
        Assert.Equal(sha256, new Sha256Digest(await SHA256.HashDataAsync(stream, Stop)));
        foreach (var (from, to) in new[] { (length / 2, length), (0, Math.Min(length, 10)), (length - 1, length), (length / 3, length / 3 + Math.Min(100_000, length / 2)) })
        {
            stream.Position = from;
            var some = new byte[to - from];
            await stream.ReadExactlyAsync(some, Stop);
            Assert.True(some.AsSpan().SequenceEqual(bytes.AsSpan(from, some.Length)), $"{from} to {to}");
        }

        stream.Position = length;
        Assert.Equal(0, await stream.ReadAsync(new byte[10], Stop));
        // Those who cannot wait read too.
        stream.Position = 0;
        Assert.Equal(bytes[0], stream.ReadByte());
    }

    [Fact]
    public async Task What_is_put_twice_is_there_once()
    {
        using var store = await OpenAsync();
        var (name, _, file, sha256) = Make(100_000, 1);
        var again = _scratch["again"];
        File.Copy(file, again);
        await store.PutAsync(name, file, sha256, Stop);
        await store.PutAsync(name, again, sha256, Stop);
        Assert.Equal([name], await ListAsync(store));
    }

    [Fact]
    public async Task What_is_deleted_is_gone_and_can_be_deleted_again()
    {
        using var store = await OpenAsync();
        var (name, _, file, sha256) = Make(1000, 2);
        await store.DeleteAsync(name, Stop);
        await store.PutAsync(name, file, sha256, Stop);
        await store.DeleteAsync(name, Stop);
        await store.DeleteAsync(name, Stop);
        Assert.Null(await store.LengthAsync(name, Stop));
        Assert.Empty(await ListAsync(store));
    }

    [Fact]
    public async Task Many_at_once_are_all_there_and_listed_in_order_without_what_is_no_object()
    {
        using var store = await OpenAsync();
        Assert.Empty(await ListAsync(store));
        var made = Enumerable.Range(0, 60).Select(i => Make(1000 + i, 1000 + i)).ToList();
        await Parallel.ForEachAsync(made, Stop, async (one, cancel) => await store.PutAsync(one.Name, one.File, one.Sha256, cancel));
        foreach (var key in new[] { "readme.txt", "ab/readme.txt", $"00/{made[0].Name.FileName}", $"{made[0].Name.Key}.partial", $"{made[0].Name.Key[..3]}{made[0].Name.FileName.ToUpperInvariant()}" })
            await LitterAsync(key);
        Assert.Equal(made.Select(m => m.Name).OrderBy(n => n.Key, StringComparer.Ordinal), await ListAsync(store));
    }

    [Fact]
    public async Task A_write_that_is_stopped_leaves_no_object()
    {
        using var store = await OpenAsync();
        var (name, _, file, sha256) = Make(40_000_000, 3);
        using var stopped = new CancellationTokenSource();
        if (store.FileOf(name) is not null)
            return; // a rename is over before it can be stopped
        stopped.CancelAfter(TimeSpan.FromMilliseconds(30));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => store.PutAsync(name, file, sha256, stopped.Token));
        Assert.Empty(await ListAsync(store));
        Assert.True(File.Exists(file));
        await store.PutAsync(name, file, sha256, Stop);
        Assert.Equal([name], await ListAsync(store));
    }

    internal (ObjectName Name, byte[] Bytes, string File, Sha256Digest Sha256) Make(int length, int seed)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        var file = _scratch[FormattableString.Invariant($"{seed}.made")];
        File.WriteAllBytes(file, bytes);
        // Any name will do: a store does not know how it was come by.
        return (new ObjectName(new PiecesRoot(new Sha256Digest(SHA256.HashData([.. SHA256.HashData(bytes), 1]))), seed % 2 == 0 ? "ogg" : "opus"), bytes, file, new Sha256Digest(SHA256.HashData(bytes)));
    }

    internal static async Task<List<ObjectName>> ListAsync(IObjectStore store)
    {
        var names = new List<ObjectName>();
        await foreach (var name in store.ListAsync(Stop))
            names.Add(name);
        return names;
    }
}
