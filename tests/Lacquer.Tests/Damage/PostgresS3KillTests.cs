using Lacquer.Formats.Archives;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Damage;

/// <summary>
/// Two workers that share a PostgreSQL ledger and a bucket are killed at random moments and started again; in the end both are as one worker leaves them that nothing happened to. <c>LACQUER_KILLS=N</c> sets how many kills
/// there are; 4 where it is not set.
/// </summary>
[Collection(nameof(SharedS3Server))]
public sealed class PostgresS3KillTests(S3Server server, PreparedTones prepared)
{
    private const string Objects = "objects/";

    [Fact]
    public async Task Killed_workers_leave_ledger_and_bucket_as_if_nothing_had_happened()
    {
        server.Need();
        Tools.Need("ffmpeg", "ffprobe", "setsid");
        // In the bucket there are the keys alone.
        var expected = prepared.After(postgres: true).Select(line => line.StartsWith(Objects, StringComparison.Ordinal) ? line.Split(' ')[0] : line).Order(StringComparer.Ordinal).ToList();
        await WorkerKills.RunAsync(2, prepared.Time, async archive =>
        {
            var (_, state) = prepared.Copy(archive, postgres: true);
            var bucket = await server.BucketAsync(prefix: Objects);
            var configuration = new ArchiveLayout(archive).Configuration;
            var text = await File.ReadAllTextAsync(configuration);
            await File.WriteAllTextAsync(configuration, text.Replace("location = \"\"", $"location = \"{bucket.Location}\"", StringComparison.Ordinal).Replace("endpoint = \"\"", $"endpoint = \"{bucket.Endpoint}\"", StringComparison.Ordinal));
            return async () =>
            {
                Assert.Equal(0, await server.UploadsAsync(bucket.Bucket!));
                return [.. state().Concat(await server.KeysAsync(bucket.Bucket!)).Order(StringComparer.Ordinal)];
            };
        }, expected, [.. new[] { "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY" }.Select(name => (name, server.Variable(name)!))]);
    }
}
