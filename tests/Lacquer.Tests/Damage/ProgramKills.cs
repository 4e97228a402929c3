using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Damage;

/// <summary>Kills a command (SIGKILL, with its ffmpeg children) at random moments, runs it again to its end, and holds what there is then against what an undisturbed run leaves.</summary>
internal static class ProgramKills
{
    /// <summary>How many kills there are of a command: <c>LACQUER_KILLS</c>, or as many as are usual.</summary>
    public static int Wanted(int usual) => int.TryParse(Environment.GetEnvironmentVariable("LACQUER_KILLS"), System.Globalization.CultureInfo.InvariantCulture, out var given) ? given : usual;

    /// <summary>Kills it so often, each time in a copy of its own.</summary>
    /// <param name="command">What to call it.</param>
    /// <param name="of">The folder before it, its state after it, and how long it takes.</param>
    /// <param name="arguments">The command line for a folder.</param>
    /// <param name="kills">How often.</param>
    /// <param name="isEnd">Whether a second run ended as it may, by its exit code and what it said.</param>
    public static void Run(string command, (string Before, List<string> After, TimeSpan Time) of, Func<string, string[]> arguments, int kills, Func<int, string, bool> isEnd)
    {
        var (random, (before, after, time)) = (Seeded.Random(), of);
        // One moment in each of so many equal parts of the undisturbed time, the start of the runtime (about a quarter) left to a few.
        var delays = Enumerable.Range(0, kills).Select(i => time * Math.Max(0.02, (i + random.NextDouble()) / kills * 0.85 + 0.15)).OrderBy(_ => random.Next()).ToList();
        var report = TestContext.Current.TestOutputHelper!;
        report.WriteLine($"{command}: {time.TotalMilliseconds:0} ms undisturbed; killed after {string.Join(", ", delays.Select(d => $"{d.TotalMilliseconds:0}"))} ms");
        var (landed, pace, gate) = (0, 1.0, new Lock());
        Parallel.ForEach(delays, new ParallelOptions { MaxDegreeOfParallelism = 2 }, delay =>
        {
            using var scratch = new Scratch();
            var folder = scratch["folder"];
            Scratch.Copy(before, folder);
            double by;
            lock (gate)
                by = pace;
            var (exit, _, took) = ProgramRun.Run(delay * by, arguments(folder));
            lock (gate)
            {
                // It ended before: the machine was busier when the time was taken.
                if (exit is 0 or 3)
                    pace = Math.Min(pace, took / time);
                else
                    landed++;
            }

            var again = ProgramRun.Run(null, arguments(folder));
            Assert.True(isEnd(again.ExitCode, again.Output), $"after {delay}: exit {again.ExitCode}: {again.Output}");
            Compare(after, ArchiveState.Of(folder), $"{command} killed after {delay.TotalMilliseconds:0} ms");
        });
        report.WriteLine($"{landed} of {kills} kills came before the end");
        Assert.True(landed > 0, "no kill came before the end");
    }

    private static void Compare(List<string> expected, List<string> met, string when)
    {
        var missing = expected.Except(met).Take(10).Select(l => "- " + l);
        var extra = met.Except(expected).Take(10).Select(l => "+ " + l);
        if (missing.Concat(extra).ToList() is { Count: > 0 } differences)
            Assert.Fail($"{when}:\n{string.Join('\n', differences)}");
    }
}
