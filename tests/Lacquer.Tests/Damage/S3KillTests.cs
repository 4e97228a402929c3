using Lacquer.Formats.Archives;
using Lacquer.Formats.Objects;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Damage;

/// <summary>
/// The program is killed at random moments while it writes to a bucket, and run again: the bucket then holds what the ledger knows, whole, and nothing else. <c>LACQUER_KILLS=N</c> sets how many kills there are of each
/// command; 3 where it is not set.
/// </summary>
[Collection(nameof(SharedS3Server))]
public sealed class S3KillTests(S3Server server)
{
    [Theory]
    [InlineData("ingest")]
    [InlineData("mirror")]
    public async Task Killed_at_any_moment_and_run_again_the_bucket_is_as_if_nothing_had_happened(string command)
    {
        server.Need();
        Tools.Need("ffmpeg", "ffprobe", "setsid");
        var random = Seeded.Random();
        using var scratch = new Scratch();
        var music = scratch["music"];
        for (var i = 0; i < 6; i++)
            Music.Tone(Path.Combine(music, FormattableString.Invariant($"{i}.ogg")), FormattableString.Invariant($"Piece {i}"), 2 + i, 220 + 20 * i, ["-c:a", "libvorbis", "-b:a", "96k"], "artist=A", "album=B", "LICENSE=CC-BY-4.0");
        var origin = new Pipeline(scratch["origin"]).Init("kills");
        await origin.Harvest(music, null, "music");
        origin.Catalogue();
        Scratch.Copy(scratch["origin"], scratch["before"]);
        await origin.Ingest();
        origin.Press();
        origin.Publish();
        var expected = Keys(origin.Layout);
        Assert.Equal(6, expected.Count);
        if (command == "mirror")
        {
            Directory.Delete(scratch["before"], recursive: true);
            new Pipeline(scratch["before"]).Init("mirror");
        }

        var (time, _) = await RunAsync(null, "undisturbed");
        var (landed, pace) = (0, 1.0);
        var kills = ProgramKills.Wanted(3);
        for (var kill = 0; kill < kills; kill++)
        {
            var (took, killed) = await RunAsync(time * (pace * ((kill + random.NextDouble()) / kills * 0.7 + 0.3)), FormattableString.Invariant($"killed-{kill}"));
            landed += killed ? 1 : 0;
            // It ended before: the machine was busier when the time was taken.
            if (!killed)
                pace = Math.Min(pace, took / time);
        }

        TestContext.Current.TestOutputHelper!.WriteLine($"{command}: {time.TotalMilliseconds:0} ms undisturbed; {landed} of {kills} kills came before the end");
        Assert.True(landed > 0, "no kill came before the end");

        async Task<(TimeSpan Time, bool Killed)> RunAsync(TimeSpan? after, string name)
        {
            var bucket = await server.BucketAsync(prefix: "");
            var archive = scratch[name];
            Scratch.Copy(scratch["before"], archive);
            var layout = new ArchiveLayout(archive);
            var text = await File.ReadAllTextAsync(layout.Configuration);
            await File.WriteAllTextAsync(layout.Configuration, text.Replace("location = \"\"", $"location = \"{bucket.Location}\"", StringComparison.Ordinal).Replace("endpoint = \"\"", $"endpoint = \"{bucket.Endpoint}\"", StringComparison.Ordinal));
            string[] arguments = command == "mirror" ? ["mirror", scratch["origin"], "--archive", archive] : ["ingest", "--archive", archive];
            var environment = new[] { "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY" }.Select(v => (v, server.Variable(v)!)).ToList();
            var first = ProgramRun.Run(after, environment, arguments);
            Assert.True(after is not null || first.ExitCode == 0, first.Output);
            if (after is not null)
            {
                var again = ProgramRun.Run(null, environment, arguments);
                Assert.True(again.ExitCode == 0, $"after {after}: {again.Output}");
            }

            Assert.Equal(expected, Keys(layout));
            Assert.Equal(expected, await server.KeysAsync(bucket.Bucket!));
            Assert.Equal(0, await server.UploadsAsync(bucket.Bucket!));
            Assert.Empty((await new Pipeline(archive, server.Variable).Verify()).Findings);
            return (first.Time, first.ExitCode is not 0);
        }
    }

    private static List<string> Keys(ArchiveLayout layout)
    {
        using var ledger = new Pipeline(layout.Root).Ledger();
        return ledger.Objects(null, 100).Select(o => ObjectName.Of(o).Key).Order(StringComparer.Ordinal).ToList();
    }
}
