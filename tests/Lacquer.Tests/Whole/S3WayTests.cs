using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using Lacquer.Formats.Archives;
using Lacquer.Formats.Editions;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Ledgers;
using Lacquer.Formats.Objects;
using Lacquer.Server;
using Lacquer.Stages.Withdrawing;
using Lacquer.Stages.Workbench.Stores;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Whole;

/// <summary>The whole way with the audio in a bucket.</summary>
[Collection(nameof(SharedS3Server))]
public sealed class S3WayTests(S3Server server) : IDisposable
{
    private readonly Scratch _scratch = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task From_a_folder_of_music_to_a_mirror_and_back()
    {
        server.Need();
        var music = Music.CopyTo(_scratch["music"]);
        var (bucket, other) = (await server.BucketAsync(), await server.BucketAsync());
        var archive = await new Pipeline(_scratch["archive"], server.Variable).Init(objects: bucket).WholeWay(music);
        Assert.False(Directory.Exists(archive.Layout.Objects));
        var held = Objects(archive);
        Assert.Equal(5, held.Count);
        Assert.Equal(Keys(held), await server.KeysAsync(bucket.Bucket!));
        // Of a volume there is the torrent alone; it is the one that an archive in a folder has.
        var folder = await new Pipeline(_scratch["folder"]).Init().WholeWay(music);
        Assert.All(Directory.GetFileSystemEntries(archive.Layout.Volumes), e => Assert.EndsWith(".torrent", e, StringComparison.Ordinal));
        Assert.Equal(Torrents(folder), Torrents(archive));
        Assert.Empty((await archive.Verify()).Findings);

        using var objects = await ObjectStores.OpenAsync(archive.Layout, bucket, server.Variable, Stop);
        await using var web = await ArchiveServer.StartAsync(new ServeRequest(archive.Layout.Root, objects, Port: 0), TimeProvider.System, Stop);
        await FilesAreServed(web, archive, folder);

        // A mirror from the server, its audio in a bucket of its own.
        var mirror = new Pipeline(_scratch["mirror"], server.Variable).Init("mirror", other);
        Assert.Equal(5, (await mirror.Mirror(web.Address.ToString())).FetchedObjects);
        Assert.Equal(Keys(held), await server.KeysAsync(other.Bucket!));
        Assert.Empty((await mirror.Verify()).Findings);
        Assert.Equal(0, (await mirror.Mirror(web.Address.ToString())).FetchedObjects);

        // Harmed in the bucket: one object other, one gone, and one that nobody knows.
        using (var client = server.Client())
        {
            await client.PutObjectAsync(new() { BucketName = other.Bucket, Key = other.Prefix + ObjectName.Of(held[0]).Key, InputStream = new MemoryStream(new byte[held[0].LengthBytes]) }, Stop);
            await client.DeleteObjectAsync(other.Bucket, other.Prefix + ObjectName.Of(held[1]).Key, Stop);
            await client.PutObjectAsync(new() { BucketName = other.Bucket, Key = $"{other.Prefix}ab/ab{new string('0', 62)}.ogg", ContentBody = "stray" }, Stop);
        }

        var findings = (await mirror.Verify()).Findings;
        Assert.Equal(["corrupt", "missing", "unexpected"], findings.Select(f => f.Kind).Order(StringComparer.Ordinal));
        Assert.Contains(findings, f => f.Subject == $"s3://{other.Bucket}/{other.Prefix}{ObjectName.Of(held[1]).Key}");
        Assert.Equal("unexpected", Assert.Single((await mirror.Verify(repair: true)).Findings).Kind);
        Assert.Equal("unexpected", Assert.Single((await mirror.Verify()).Findings).Kind);

        // And back again, bit for bit.
        var original = Path.Combine(music, "first", "01.ogg");
        await archive.Restore(EntityId.From(EntityKind.Recording, "music", "first/01.ogg"), _scratch["back.ogg"]);
        Assert.Equal(SHA256.HashData(await File.ReadAllBytesAsync(original, Stop)), SHA256.HashData(await File.ReadAllBytesAsync(_scratch["back.ogg"], Stop)));
    }

    [Fact]
    public async Task A_notice_stands_in_the_bucket_in_the_place_of_what_was_taken_back()
    {
        server.Need();
        var (bucket, other) = (await server.BucketAsync(), await server.BucketAsync());
        var archive = await new Pipeline(_scratch["archive"], server.Variable).Init(objects: bucket).WholeWay(Music.CopyTo(_scratch["music"]));
        using var objects = await ObjectStores.OpenAsync(archive.Layout, bucket, server.Variable, Stop);
        await using var web = await ArchiveServer.StartAsync(new ServeRequest(archive.Layout.Root, objects, Port: 0), TimeProvider.System, Stop);
        var mirror = new Pipeline(_scratch["mirror"], server.Variable).Init("mirror", other);
        await mirror.Mirror(web.Address.ToString());
        EntityId recording;
        using (var ledger = archive.Ledger())
            recording = ledger.RecordingsOf(ledger.VolumeFiles(ledger.Volumes().First(v => v.Files > 1).Number)[0].Object.Root).Single();
        Withdraw.Run(new WithdrawRequest(archive.Layout.Root, WithdrawalScope.Recording, recording.ToString(), "asked for", IsErased: true), TimeProvider.System);
        archive.Catalogue();
        var successor = Assert.Single(archive.Press().Successors);
        archive.Publish();
        Assert.Equal(1, (await mirror.Mirror(web.Address.ToString())).FetchedObjects);
        Assert.Equal(Keys(Objects(archive)), await server.KeysAsync(bucket.Bucket!));
        Assert.Equal(Keys(Objects(archive)), await server.KeysAsync(other.Bucket!));
        Assert.Equal("txt", Assert.Single(Objects(archive), o => o.IsNotice).Extension);
        using var http = new HttpClient { BaseAddress = web.Address };
        Assert.StartsWith($"File 00000 of volume {successor.Of} was withdrawn.", await http.GetStringAsync(new Uri($"/volumes/{successor.Name}/00000-withdrawn.txt", UriKind.Relative), Stop), StringComparison.Ordinal);
        Assert.Empty((await archive.Verify()).Findings);
        Assert.Empty((await mirror.Verify()).Findings);
    }

    [Fact]
    public async Task What_is_broken_in_the_bucket_is_neither_served_nor_restored()
    {
        server.Need();
        var bucket = await server.BucketAsync();
        var archive = await new Pipeline(_scratch["archive"], server.Variable).Init(objects: bucket).WholeWay(Music.CopyTo(_scratch["music"]));
        var recording = EntityId.From(EntityKind.Recording, "music", "first/01.ogg");
        ObjectRow obj;
        using (var ledger = archive.Ledger())
            obj = ledger.Holding(recording)!.Object;
        using (var client = server.Client())
            await client.PutObjectAsync(new() { BucketName = bucket.Bucket, Key = bucket.Prefix + ObjectName.Of(obj).Key, InputStream = new MemoryStream(new byte[obj.LengthBytes]) }, Stop);
        Assert.Equal(Failure.Damaged, (await Assert.ThrowsAsync<LacquerException>(() => archive.Restore(recording, _scratch["back.ogg"]))).Failure);
        Assert.False(File.Exists(_scratch["back.ogg"]));
        using var objects = await ObjectStores.OpenAsync(archive.Layout, bucket, server.Variable, Stop);
        await using var web = await ArchiveServer.StartAsync(new ServeRequest(archive.Layout.Root, objects, Port: 0), TimeProvider.System, Stop);
        using var http = new HttpClient();
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => http.GetByteArrayAsync(new Uri(web.Address, $"/audio/{recording}"), Stop));
    }

    [Fact]
    public async Task A_bucket_that_is_away_stops_the_work_with_one_line_and_nothing_is_taken_for_missing()
    {
        server.Need();
        await using var proxy = await FaultyProxy.StartAsync(server.Address);
        var bucket = await server.BucketAsync(proxy.Address);
        var archive = await new Pipeline(_scratch["archive"], server.Variable).Init(objects: bucket).WholeWay(Music.CopyTo(_scratch["music"]));
        proxy.Decide = _ => new Fault.Status(403);
        var trouble = await Assert.ThrowsAsync<LacquerException>(() => archive.Verify());
        Assert.Contains("cannot be reached", trouble.Message, StringComparison.Ordinal);
        proxy.Decide = asked => asked.StartsWith("HEAD ", StringComparison.Ordinal) ? new Fault.Status(403) : null;
        await Assert.ThrowsAsync<LacquerException>(() => archive.Verify());
        using (var ledger = archive.Ledger())
            Assert.DoesNotContain(ledger.Events(Objects(archive)[0].Root.ToString()), e => e is { Type: "fixity", Outcome: "failure" });
        proxy.Decide = _ => null;
        Assert.Empty((await archive.Verify()).Findings);
    }

    [Fact]
    public async Task What_a_killed_run_placed_and_did_not_enter_is_removed_by_the_next()
    {
        server.Need();
        var bucket = await server.BucketAsync();
        var archive = new Pipeline(_scratch["archive"], server.Variable).Init(objects: bucket);
        var music = Music.CopyTo(_scratch["music"]);
        await archive.Harvest(music, null, "music");
        archive.Catalogue();
        Directory.CreateDirectory(archive.Layout.Work);
        var stray = $"{new string('a', 64)}.ogg";
        await File.WriteAllBytesAsync(Path.Combine(archive.Layout.Work, "placing-" + stray), [], Stop);
        using (var client = server.Client())
        {
            await client.PutObjectAsync(new() { BucketName = bucket.Bucket, Key = $"{bucket.Prefix}aa/{stray}", ContentBody = "stray" }, Stop);
            await client.InitiateMultipartUploadAsync(bucket.Bucket, $"{bucket.Prefix}aa/{stray}", Stop);
        }

        await archive.Ingest();
        Assert.Equal(Keys(Objects(archive)), await server.KeysAsync(bucket.Bucket!));
        Assert.Equal(0, await server.UploadsAsync(bucket.Bucket!));
        Assert.Empty(Directory.GetFileSystemEntries(archive.Layout.Work));
    }

    private static async Task FilesAreServed(ArchiveServer web, Pipeline archive, Pipeline folder)
    {
        using var http = new HttpClient { BaseAddress = web.Address };
        using var ledger = archive.Ledger();
        foreach (var volume in ledger.Volumes())
            foreach (var file in ledger.VolumeFiles(volume.Number))
            {
                var path = new Uri($"/volumes/{volume.Name}/{file.Name}", UriKind.Relative);
                var bytes = await File.ReadAllBytesAsync(Path.Combine(folder.Layout.Volume(volume.Name), file.Name), Stop);
                Assert.Equal(bytes, await http.GetByteArrayAsync(path, Stop));
                foreach (var (from, to) in new (long From, long? To)[] { (0, 0), (1, 16_384), (bytes.Length - 100, null), (bytes.Length / 2, bytes.Length - 1) })
                {
                    using var request = new HttpRequestMessage(HttpMethod.Get, path);
                    request.Headers.Range = new RangeHeaderValue(from, to);
                    using var answer = await http.SendAsync(request, Stop);
                    Assert.Equal(HttpStatusCode.PartialContent, answer.StatusCode);
                    Assert.Equal(bytes[(int)from..(int)((to ?? bytes.Length - 1) + 1)], await answer.Content.ReadAsByteArrayAsync(Stop));
                }

                using var head = new HttpRequestMessage(HttpMethod.Head, path);
                using var told = await http.SendAsync(head, Stop);
                Assert.Equal((HttpStatusCode.OK, (long?)bytes.Length), (told.StatusCode, told.Content.Headers.ContentLength));
            }

        var recording = ledger.RecordingsOf(Objects(archive)[0].Root)[0];
        Assert.Equal(Objects(archive)[0].Sha256, new Sha256Digest(SHA256.HashData(await http.GetByteArrayAsync(new Uri($"/audio/{recording}", UriKind.Relative), Stop))));
    }

    private static IReadOnlyList<ObjectRow> Objects(Pipeline archive)
    {
        using var ledger = archive.Ledger();
        return ledger.Objects(null, 100);
    }

    private static List<string> Keys(IEnumerable<ObjectRow> objects) => objects.Select(o => "objects/" + ObjectName.Of(o).Key).Order(StringComparer.Ordinal).ToList();

    private static List<string> Torrents(Pipeline archive) => Directory.GetFiles(archive.Layout.Volumes, "*.torrent").Order(StringComparer.Ordinal).Select(f => $"{Path.GetFileName(f)} {Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(f)))}").ToList();
}
