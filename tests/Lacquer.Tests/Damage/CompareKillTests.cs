using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Damage;

/// <summary>
/// A worker that has taken everything in is killed at random moments while it compares what is held and stores copies once, and started again; in the end the archive is as one leaves it that nothing happened to.
/// <c>LACQUER_KILLS=N</c> sets how many kills there are with each ledger; 4 where it is not set.
/// </summary>
public sealed class CompareKillTests(PreparedCopies prepared) : IClassFixture<PreparedCopies>
{
    private const int MostKillsARun = 4;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Killed_while_copies_are_found_each_is_stored_once_and_none_is_lost(bool postgres)
    {
        Tools.Need("ffmpeg", "ffprobe", "setsid");
        var random = Seeded.Random();
        var expected = prepared.After(postgres);
        Assert.Equal(4, expected.Count(line => line.StartsWith("objects/", StringComparison.Ordinal)));
        // What is left to do takes so long when nothing happens.
        var time = Run(0, TimeSpan.Zero, 0).Time;
        var (landed, runs, pause) = (0, 0, time);
        while (landed < WorkerKills.Wanted)
        {
            Assert.True(++runs <= WorkerKills.Wanted + 8, $"only {landed} of {WorkerKills.Wanted} kills came before the end of {runs} runs");
            var most = Math.Min(MostKillsARun, WorkerKills.Wanted - landed);
            var killed = Run(most, pause, runs).Killed;
            landed += killed;
            // Ended before it was killed often enough: the next is killed sooner.
            if (killed < most)
                pause *= 0.7;
        }

        TestContext.Current.TestOutputHelper!.WriteLine($"{landed} kills in {runs} runs; undisturbed it takes {time.TotalMilliseconds:0} ms");

        (int Killed, TimeSpan Time) Run(int most, TimeSpan pause, int run)
        {
            using var scratch = new Scratch();
            var state = prepared.CopyTakenIn(scratch["archive"], postgres);
            var killed = 0;
            for (; killed < most; killed++)
            {
                using var worker = ProgramRun.Start("ingest", "--archive", scratch["archive"]);
                // The start of the runtime takes a good part of it; some kills fall there.
                Thread.Sleep(pause * (0.2 + 0.75 * random.NextDouble()));
                if (worker.HasExited)
                    break;
                WorkerKills.Kill(worker);
            }

            var (code, output, time) = ProgramRun.Run(null, "ingest", "--archive", scratch["archive"]);
            Assert.True(code is 0 or 3, $"run {run}: exit {code}: {output}");
            WorkerKills.MustBe(expected, state(), run);
            return (killed, time);
        }
    }
}
