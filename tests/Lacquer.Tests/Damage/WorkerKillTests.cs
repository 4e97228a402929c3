using System.Diagnostics;
using Lacquer.Formats.Ledgers;
using Lacquer.Stages.Ingesting;
using Lacquer.Stages.Workbench;
using Lacquer.Tests.Studio;
using Npgsql;
using Xunit;

namespace Lacquer.Tests.Damage;

/// <summary>
/// Several processes take in the same archive, are killed (SIGKILL, with their ffmpeg children) at random moments and started again; in the end the archive is as one process leaves it that nothing happened to.
/// <c>LACQUER_KILLS=N</c> sets how many kills there are of each kind; 6 where it is not set.
/// </summary>
public sealed class WorkerKillTests(WorkerKillTests.Prepared prepared) : IClassFixture<WorkerKillTests.Prepared>
{
    private const int MostKillsARun = 20;

    [Theory]
    [InlineData(2, false)]
    [InlineData(4, false)]
    [InlineData(2, true)]
    [InlineData(4, true)]
    public void Killed_workers_lose_nothing_leave_nothing_behind_and_do_nothing_twice(int workers, bool postgres)
    {
        Tools.Need("ffmpeg", "ffprobe", "setsid");
        var random = Seeded.Random();
        var kills = int.TryParse(Environment.GetEnvironmentVariable("LACQUER_KILLS"), out var given) ? given : 6;
        var (landed, runs, ended) = (0, 0, 0);
        while (landed < kills)
        {
            Assert.True(++runs <= kills + 5, $"only {landed} of {kills} kills came before the end of {runs} runs");
            using var scratch = new Scratch();
            var state = prepared.Copy(scratch["archive"], postgres);
            var processes = Enumerable.Range(0, workers).Select(_ => Start()).ToList();
            try
            {
                var most = Math.Min(MostKillsARun, kills - landed);
                for (var kill = 0; kill < most && processes.Any(p => !p.HasExited); kill++)
                {
                    // The start of the runtime takes a good part of it; some kills fall there.
                    Thread.Sleep((int)(prepared.Time.TotalMilliseconds * (0.1 + 0.6 * random.NextDouble())));
                    var at = random.Next(workers);
                    if (processes[at].HasExited)
                    {
                        ended++;
                        continue;
                    }

                    ProgramRun.Signal(processes[at], ProgramRun.SigKill);
                    processes[at].WaitForExit();
                    processes[at].Dispose();
                    landed++;
                    processes[at] = Start();
                }

                foreach (var process in processes)
                {
                    Assert.True(process.WaitForExit(TimeSpan.FromMinutes(3)), "a worker did not end");
                    Assert.True(process.ExitCode is 0 or 3, $"a worker ended with {process.ExitCode}");
                }
            }
            finally
            {
                foreach (var process in processes)
                {
                    if (!process.HasExited)
                        ProgramRun.Signal(process, ProgramRun.SigKill);
                    process.Dispose();
                }
            }

            var (expected, met) = (prepared.After(postgres), state());
            Assert.True(expected.SequenceEqual(met), $"run {runs}:\n{string.Join('\n', expected.Except(met).Take(10).Select(l => "- " + l).Concat(met.Except(expected).Take(10).Select(l => "+ " + l)))}");

            Process Start() => ProgramRun.Start("ingest", "--archive", scratch["archive"]);
        }

        TestContext.Current.TestOutputHelper!.WriteLine($"{landed} kills in {runs} runs of {workers} workers; undisturbed one takes {prepared.Time.TotalMilliseconds:0} ms");
    }

    [Fact]
    public async Task A_worker_stopped_for_longer_than_its_lease_does_nothing_twice()
    {
        Tools.Need("ffmpeg", "ffprobe", "setsid");
        using var scratch = new Scratch();
        var state = prepared.Copy(scratch["archive"], postgres: false);
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

    /// <summary>An archive before ingest and after it, with each ledger, made once.</summary>
    public sealed class Prepared : IDisposable
    {
        private readonly Scratch _scratch = new();
        private readonly Dictionary<bool, (string Address, List<string> After)> _of = [];

        internal TimeSpan Time { get; private set; }

        internal List<string> After(bool postgres) => Of(postgres).After;

        /// <summary>Copies the archive before ingest, and gives what reads its state.</summary>
        internal Func<List<string>> Copy(string archive, bool postgres)
        {
            var (address, _) = Of(postgres);
            return Copy(address, archive, postgres);
        }

        public void Dispose() => _scratch.Dispose();

        private Func<List<string>> Copy(string address, string archive, bool postgres)
        {
            Scratch.Copy(_scratch[$"before-{postgres}"], archive);
            if (!postgres)
                return () => ArchiveState.Of(archive);
            var server = PostgresServer.OfAll();
            var own = server.Database(address);
            var configuration = Path.Combine(archive, "lacquer.toml");
            File.WriteAllText(configuration, File.ReadAllText(configuration).Replace(address, own, StringComparison.Ordinal));
            return () =>
            {
                using NpgsqlConnection ledger = server.Connection(own);
                return ArchiveState.Of(archive, ledger);
            };
        }

        private (string Address, List<string> After) Of(bool postgres)
        {
            if (_of.TryGetValue(postgres, out var made))
                return made;
            var address = postgres ? PostgresServer.OfAll().Database() : "";
            if (!Directory.Exists(_scratch["music"]))
                Make(_scratch["music"]);
            var music = _scratch[$"music-{postgres}"];
            Scratch.Copy(_scratch["music"], music);
            var before = _scratch[$"before-{postgres}"];
            Run(["init", "--archive", before, "--name", "kills", .. postgres ? new[] { "--ledger", address } : []]);
            var configuration = Path.Combine(before, "lacquer.toml");
            File.WriteAllText(configuration, File.ReadAllText(configuration).Replace("workers = 0", "workers = 1", StringComparison.Ordinal));
            Run(["harvest", "folder", music, "--listens", Path.Combine(music, "listens.csv"), "--archive", before]);
            Run(["catalogue", "--archive", before]);
            // One that has gone since: it is set aside.
            File.Delete(Path.Combine(music, "22.flac"));
            var state = Copy(address, _scratch[$"after-{postgres}"], postgres);
            Time = Run(["ingest", "--archive", _scratch[$"after-{postgres}"]]);
            return _of[postgres] = (address, state());
        }

        private static void Make(string music)
        {
            string[] tags = ["artist=A", "album=B", "LICENSE=CC-BY-4.0"];
            for (var i = 0; i < 24; i++)
                Music.Tone(Path.Combine(music, $"{i:00}.{(i % 3 == 0 ? "ogg" : "flac")}"), $"Tone {i}", 1 + i % 4 * 0.5, 200 + 17 * i, i % 3 == 0 ? ["-c:a", "libvorbis", "-b:a", "96k"] : ["-c:a", "flac"], i % 11 == 5 ? ["artist=A"] : tags);
            File.WriteAllText(Path.Combine(music, "listens.csv"), "path,listens\n03.ogg,1000\n04.flac,30\n");
        }

        private static TimeSpan Run(string[] arguments)
        {
            var (code, output, time) = ProgramRun.Run(null, arguments);
            Assert.True(code is 0 or 3, $"lacquer {string.Join(' ', arguments)}: exit {code}: {output}");
            return time;
        }
    }
}
