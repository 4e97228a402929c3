using System.Text;
using System.Text.Json;
using Lacquer.Cli;
using Lacquer.Formats.Ledgers;
using Lacquer.Stages.Ingesting;
using Lacquer.Stages.Workbench;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Ingesting;

/// <summary>The queue of jobs, as ingest fills and empties it.</summary>
public sealed class QueueTests : IDisposable
{
    private readonly Scratch _scratch = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_file_that_ends_the_program_again_and_again_is_set_aside_until_it_is_asked_for()
    {
        var archive = await Queued();
        var round = "";
        using (var ledger = Ledger.Open(archive.Layout.Ledger, TimeProvider.System, "test"))
        {
            round = ledger.Round!;
            for (var crash = 0; crash < 10; crash++)
            {
                Assert.True(ledger.Begin(Assert.Single(ledger.Claim("dead", round, 1, TimeSpan.FromMinutes(1)))));
                ledger.Release("dead", orderly: false);
            }
        }

        var report = await Run();
        Assert.Equal((4L, 1L), (report.Ingested, report.SetAside));
        Assert.Contains("begun 10 times and never ended", Assert.Single(report.Findings).Message, StringComparison.Ordinal);
        Assert.Equal(0, (await Run()).Ingested);
        report = await Run(retry: true);
        Assert.Equal((1L, 0L, 5L), (report.Ingested, report.SetAside, report.Held));
    }

    [Fact]
    public async Task An_orderly_end_speaks_against_no_file()
    {
        var archive = await Queued();
        using (var ledger = Ledger.Open(archive.Layout.Ledger, TimeProvider.System, "test"))
            for (var times = 0; times < 20; times++)
            {
                Assert.True(ledger.Begin(Assert.Single(ledger.Claim("stopped", ledger.Round!, 1, TimeSpan.FromMinutes(1)))));
                ledger.Release("stopped", orderly: true);
            }

        Assert.Equal((5L, 0L), ((await Run()) is var report ? report.Ingested : -1, report.SetAside));
    }

    [Fact]
    public async Task Paused_stages_wait_and_a_new_policy_asks_everything_again()
    {
        var archive = await Queued();
        using (var ledger = Ledger.Open(archive.Layout.Ledger, TimeProvider.System, "test"))
            Assert.True(ledger.Pause(0, paused: true));
        var report = await Run();
        Assert.Equal((3L, 3L, 1L), (report.Ingested, report.Paused, report.Denied));
        Assert.Equal(0, (await Run()).Ingested);
        using (var ledger = Ledger.Open(archive.Layout.Ledger, TimeProvider.System, "test"))
            ledger.Pause(0, paused: false);
        Assert.Equal((2L, 2L), ((report = await Run()).Ingested, report.Denied));

        var toml = archive.Layout.Configuration;
        await File.WriteAllTextAsync(toml, (await File.ReadAllTextAsync(toml, Stop)).Replace("keep_unknown = false", "keep_unknown = true", StringComparison.Ordinal), Stop);
        report = await Run();
        Assert.Equal((2L, 0L, 7L), (report.Ingested, report.Denied, report.Held));
    }

    [Fact]
    public async Task Two_at_once_share_the_work()
    {
        await Queued();
        var reports = await Task.WhenAll(Run(), Run());
        Assert.Equal(5, reports.Sum(r => r.Ingested));
        Assert.All(reports, r => Assert.Equal(5, r.Held));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_scratch["archive/work"]));
    }

    [Fact]
    public async Task Watching_prints_until_it_is_stopped()
    {
        await Queued();
        using var enough = new CancellationTokenSource();
        var output = new Lines(line => line.StartsWith('{'), enough.Cancel);
        Assert.Equal(0, await App.RunAsync(["status", "--watch", "--json", "--archive", _scratch["archive"]], new Terminal(output, TextWriter.Null), enough.Token));
        using var state = JsonDocument.Parse(output.ToString());
        Assert.Equal(7, state.RootElement.GetProperty("queue").GetProperty("waiting").GetInt32());

        await Run();
        using var again = new CancellationTokenSource();
        output = new Lines(line => line.StartsWith("popularity", StringComparison.Ordinal), again.Cancel);
        Assert.Equal(0, await App.RunAsync(["status", "--watch", "--archive", _scratch["archive"]], new Terminal(output, TextWriter.Null), again.Token));
        Assert.Contains("of all listens", output.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("first/a.ogg: it is empty", "it is empty")]
    [InlineData("odd: name.flac: ffprobe cannot read it: Invalid data", "ffprobe cannot read it: Invalid data")]
    [InlineData("no extension: it is empty", "it is empty")]
    public void Failures_are_grouped_without_the_names_of_files(string reason, string kind) =>
        Assert.Equal(kind, Assert.Single(FailureGroup.Of([new JobRow(default, JobState.SetAside, 1, reason, null, default)])).Kind);

    public void Dispose() => _scratch.Dispose();

    // Seven files of which two have no licence, queued, and nothing done.
    private async Task<Pipeline> Queued()
    {
        var music = Music.CopyTo(_scratch["music"]);
        var archive = new Pipeline(_scratch["archive"]).Init();
        await archive.Harvest(music, Path.Combine(music, "listens.csv"), "music");
        archive.Catalogue();
        Assert.True((await Run(budget: 0)).ReachedBudget);
        return archive;
    }

    private Task<IngestReport> Run(long? budget = null, bool retry = false) => Ingest.RunAsync(new IngestRequest(_scratch["archive"], budget, retry), TimeProvider.System, new Progress<StageProgress>(), Stop);

    /// <summary>Calls when a line has come.</summary>
    private sealed class Lines(Func<string, bool> awaited, Action came) : StringWriter
    {
        public override Encoding Encoding => Encoding.UTF8;

        public override void WriteLine(string? value)
        {
            base.WriteLine(value);
            if (awaited(value ?? ""))
                came();
        }
    }
}
