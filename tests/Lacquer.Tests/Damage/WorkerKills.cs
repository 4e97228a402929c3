using System.Diagnostics;
using Lacquer.Formats.Findings;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Damage;

/// <summary>Kills (SIGKILL, with their ffmpeg children) processes that take in one archive, and starts them again.</summary>
internal static class WorkerKills
{
    private const int MostKillsARun = 20;
    private static readonly TimeSpan LongestRun = TimeSpan.FromMinutes(3);

    /// <summary>How many kills are asked for: <c>LACQUER_KILLS</c>, 4 where it is not set.</summary>
    public static int Wanted => ProgramKills.Wanted(4);

    /// <summary>Kills workers at random moments; each archive is in the end as it is expected to be.</summary>
    /// <param name="workers">How many are at work side by side.</param>
    /// <param name="time">How long one that nothing happens to takes.</param>
    /// <param name="copy">Makes an archive before ingest in a folder, and gives what reads its state.</param>
    /// <param name="expected">The state after an ingest that nothing happens to.</param>
    /// <param name="environment">What is in the workers' environment besides.</param>
    public static async Task RunAsync(int workers, TimeSpan time, Func<string, Task<Func<Task<List<string>>>>> copy, List<string> expected, params (string Name, string Value)[] environment)
    {
        var random = Seeded.Random();
        var (landed, runs, pause) = (0, 0, time);
        while (landed < Wanted)
        {
            Assert.True(++runs <= Wanted + 5, $"only {landed} of {Wanted} kills came before the end of {runs} runs");
            using var scratch = new Scratch();
            var state = await copy(scratch["archive"]);
            var processes = Enumerable.Range(0, workers).Select(_ => Start()).ToList();
            try
            {
                var (before, most) = (landed, Math.Min(MostKillsARun, Wanted - landed));
                for (var kill = 0; kill < most && processes.Any(p => !p.HasExited); kill++)
                {
                    // The start of the runtime takes a good part of it; some kills fall there.
                    Thread.Sleep(pause * (0.1 + 0.6 * random.NextDouble()));
                    var at = random.Next(workers);
                    if (processes[at].HasExited)
                        continue;
                    Kill(processes[at]);
                    processes[at].Dispose();
                    landed++;
                    processes[at] = Start();
                }

                // Ended before they were killed often enough: the next are killed sooner.
                if (landed - before < most)
                    pause *= 0.7;
                foreach (var process in processes)
                    MustEnd(process);
            }
            finally
            {
                processes.ForEach(End);
            }

            MustBe(expected, await state(), runs);
            TestContext.Current.TestOutputHelper!.WriteLine($"{landed} kills in {runs} runs of {workers} workers; undisturbed one takes {time.TotalMilliseconds:0} ms");

            Process Start() => ProgramRun.Start(environment, "ingest", "--archive", scratch["archive"]);
        }
    }

    public static void Kill(Process process)
    {
        ProgramRun.Signal(process, ProgramRun.SigKill);
        process.WaitForExit();
    }

    public static void MustEnd(Process process)
    {
        Assert.True(process.WaitForExit(LongestRun), "a worker did not end");
        // Who is started while another does what is left to the last, alone, is refused after a few seconds.
        Assert.True(process.ExitCode is 0 or 3 || process.ExitCode == (int)Failure.Locked, $"a worker ended with {process.ExitCode}");
    }

    /// <summary>Kills what has not ended.</summary>
    public static void End(Process process)
    {
        if (!process.HasExited)
            ProgramRun.Signal(process, ProgramRun.SigKill);
        process.Dispose();
    }

    public static void MustBe(List<string> expected, List<string> met, int run) =>
        Assert.True(expected.SequenceEqual(met), $"run {run}:\n{string.Join('\n', expected.Except(met).Take(10).Select(l => "- " + l).Concat(met.Except(expected).Take(10).Select(l => "+ " + l)))}");
}
