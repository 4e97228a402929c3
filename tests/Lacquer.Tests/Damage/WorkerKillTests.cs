using Lacquer.Formats.Ledgers;
using Lacquer.Stages.Ingesting;
using Lacquer.Stages.Workbench;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Damage;

/// <summary>
/// Several processes take in the same archive, are killed (SIGKILL, with their ffmpeg children) at random moments and started again; in the end the archive is as one process leaves it that nothing happened to.
/// <c>LACQUER_KILLS=N</c> sets how many kills there are of each kind; 4 where it is not set.
/// </summary>
public sealed class WorkerKillTests(PreparedTones prepared)
{
    [Theory]
    [InlineData(2, false)]
    [InlineData(4, false)]
    [InlineData(2, true)]
    [InlineData(4, true)]
    public Task Killed_workers_lose_nothing_leave_nothing_behind_and_do_nothing_twice(int workers, bool postgres)
    {
        Tools.Need("ffmpeg", "ffprobe", "setsid");
        var expected = prepared.After(postgres);
        return WorkerKills.RunAsync(workers, prepared.Time, archive =>
        {
            var (_, state) = prepared.Copy(archive, postgres);
            return Task.FromResult(() => Task.FromResult(state()));
        }, expected);
    }

    [Fact]
    public async Task A_worker_stopped_for_longer_than_its_lease_does_nothing_twice()
    {
        Tools.Need("ffmpeg", "ffprobe", "setsid");
        using var scratch = new Scratch();
        var (_, state) = prepared.Copy(scratch["archive"], postgres: false);
        using var stopped = ProgramRun.Start("ingest", "--archive", scratch["archive"]);
        using (var ledger = Ledger.Open(Path.Combine(scratch["archive"], "ledger.sqlite"), TimeProvider.System, "test"))
        {
            Assert.True(SpinWait.SpinUntil(() => ledger.Owners().Count > 0 || stopped.HasExited, TimeSpan.FromMinutes(1)));
            ProgramRun.Signal(stopped, 19);
            // Its leases have run out, as they do after two minutes.
            foreach (var owner in ledger.Owners())
                ledger.Renew(owner.Owner, TimeSpan.FromMinutes(-1));
        }

        try
        {
            var report = await Ingest.RunAsync(new IngestRequest(scratch["archive"]), TimeProvider.System, new Progress<StageProgress>(), TestContext.Current.CancellationToken);
            Assert.False(report.ReachedBudget);
        }
        finally
        {
            ProgramRun.Signal(stopped, 18);
            if (!stopped.WaitForExit(TimeSpan.FromMinutes(3)))
                ProgramRun.Signal(stopped, ProgramRun.SigKill);
        }

        Assert.Contains(stopped.ExitCode, new[] { 0, 3 });
        Assert.Equal(prepared.After(postgres: false), state());
    }
}
