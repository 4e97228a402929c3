using System.Diagnostics;
using Lacquer.Formats.Ledgers;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Damage;

/// <summary>
/// A worker that has taken everything in is killed at random moments while it compares what is held and stores copies once, and started again; in the end the archive is as one leaves it that nothing happened to.
/// <c>LACQUER_KILLS=N</c> sets how many kills there are with each ledger; 6 where it is not set.
/// </summary>
public sealed class CompareKillTests(PreparedCopies prepared) : IClassFixture<PreparedCopies>
{
    private const int MostKillsARun = 10;
    private static readonly TimeSpan LongestRun = TimeSpan.FromMinutes(3);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Killed_while_copies_are_found_each_is_stored_once_and_none_is_lost(bool postgres)
    {
        Tools.Need("ffmpeg", "ffprobe", "setsid");
        var random = Seeded.Random();
        var expected = prepared.After(postgres);
        Assert.Equal(4, expected.Count(line => line.StartsWith("objects/", StringComparison.Ordinal)));
        var (landed, runs) = (0, 0);
        // From the start of the program to the first job; from the last job to the program's end.
        var (start, rest) = (TimeSpan.Zero, TimeSpan.Zero);
        for (; landed < WorkerKills.Wanted; runs++)
        {
            Assert.True(runs <= WorkerKills.Wanted + 5, $"only {landed} of {WorkerKills.Wanted} kills came before the end of {runs} runs");
            using var scratch = new Scratch();
            var (place, state) = prepared.Copy(scratch["archive"], postgres);
            using (var ledger = Ledger.Open(place, TimeProvider.System, "test"))
            {
                for (int kill = 0, most = Math.Min(MostKillsARun, WorkerKills.Wanted - landed); kill <= most; kill++)
                {
                    var process = ProgramRun.Start("ingest", "--archive", scratch["archive"]);
                    try
                    {
                        // The first run is left alone, and tells how long things take.
                        if (runs > 0 && kill < most && IsKilled(process, ledger, kill > 0))
                        {
                            landed++;
                            continue;
                        }

                        if (runs == 0)
                            (start, rest) = Times(process, ledger);
                        WorkerKills.MustEnd(process);
                        break;
                    }
                    finally
                    {
                        WorkerKills.End(process);
                    }
                }
            }

            WorkerKills.MustBe(expected, state(), runs);
        }

        TestContext.Current.TestOutputHelper!.WriteLine($"{landed} kills in {runs} runs; after {start.TotalMilliseconds:0} ms the first job, {rest.TotalMilliseconds:0} ms after the last");

        bool IsKilled(Process process, Ledger ledger, bool isAgain)
        {
            if (isAgain)
                Thread.Sleep(start);
            else
                Until(() => process.HasExited || IsAllTakenIn(ledger));
            Thread.Sleep(rest * random.NextDouble());
            if (process.HasExited)
                return false;
            WorkerKills.Kill(process);
            return true;
        }
    }

    private static (TimeSpan ToFirst, TimeSpan AfterLast) Times(Process process, Ledger ledger)
    {
        var watch = Stopwatch.StartNew();
        Until(() => process.HasExited || ledger.Owners().Count > 0);
        var start = watch.Elapsed;
        Until(() => process.HasExited || IsAllTakenIn(ledger));
        var taken = watch.Elapsed;
        Until(() => process.HasExited);
        return (start, watch.Elapsed - taken);
    }

    private static bool IsAllTakenIn(Ledger ledger) => ledger.Round is not null && ledger.FilledTo is null && ledger.Stages().All(s => s.Waiting == 0);

    private static void Until(Func<bool> condition) => Assert.True(SpinWait.SpinUntil(condition, LongestRun), "a worker did not come to its end");
}
