using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Ledgers;

namespace Lacquer.Benchmarks;

/// <summary>
/// The queue of jobs with N million of them, in SQLite and in a PostgreSQL of its own, both with their usual durability: a commit is on disk when it returns. Jobs are queued as ingest does it; then several workers, each
/// with a connection of its own, claim and end them: a job that is claimed and ended has made two transitions. A restart is a ledger opened and the first job claimed.
/// </summary>
internal static class LedgerCase
{
    private const int PerClaim = 64;
    private const int Workers = 2;
    private const double Seconds = 10;
    private const int Restarts = 5;
    private const string Round = "000001 bench";
    private static readonly int[] Stages = [50, 20, 1, 0];
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(2);

    public static int Run(BenchRequest request)
    {
        var jobs = (long)(request.ScaleOr(1) * 1_000_000);
        var folder = Directory.CreateTempSubdirectory("lacquer-bench-").FullName;
        var figures = new Figures("ledger");
        figures.Add("jobs", jobs, "jobs");
        figures.Add("workers", Workers, "workers, a connection each");
        try
        {
            var path = Path.Combine(folder, "ledger.sqlite");
            Measure("sqlite", path, jobs, figures, () => Directory.EnumerateFiles(folder, "ledger.sqlite*").Sum(f => new FileInfo(f).Length));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        WithPostgres((address, bytes) => Measure("postgres", address, jobs, figures, bytes));
        figures.Print();
        return 0;
    }

    private static void Measure(string name, string place, long jobs, Figures figures, Func<long> bytes)
    {
        Ledger.Create(place);
        var watch = Stopwatch.StartNew();
        using (var ledger = Open(place))
        {
            ledger.BeginRound(Round, Stages);
            var after = 0L;
            while (after < jobs)
            {
                var upTo = Math.Min(after + 5000, jobs);
                var some = new List<QueuedJob>();
                for (var number = after + 1; number <= upTo; number++)
                    some.Add(new QueuedJob(number, EntityId.From(EntityKind.Recording, "bench", number.ToString(CultureInfo.InvariantCulture)), Stages[Math.Min(3, (int)(number * 4 / (jobs + 1)))], jobs / number));
                ledger.Fill(Round, after, upTo == jobs ? null : upTo, some);
                after = upTo;
            }
        }

        figures.Add($"{name}_queued_per_second", jobs / watch.Elapsed.TotalSeconds, $"{name}: jobs queued a second");
        figures.Add($"{name}_bytes_per_job", bytes() / (double)jobs, $"{name}: bytes a job, queued");
        Console.Error.WriteLine($"ledger: {name}: queued");

        var restarts = new List<double>();
        for (var i = 0; i < Restarts; i++)
        {
            watch.Restart();
            using var ledger = Open(place);
            ledger.Wake(all: false);
            ledger.Claim($"restart-{i}", Round, 1, Lease);
            restarts.Add(watch.Elapsed.TotalSeconds);
            ledger.Release($"restart-{i}", orderly: true);
        }

        figures.Add($"{name}_restart_seconds", restarts.Max(), $"{name}: opened to the first job, the slowest of {Restarts}, s (reach 1)");

        var claims = new List<double>();
        var transitions = 0L;
        watch.Restart();
        Parallel.For(0, Workers, new ParallelOptions { MaxDegreeOfParallelism = Workers }, worker =>
        {
            using var ledger = Open(place);
            var own = new List<double>();
            var made = 0L;
            while (watch.Elapsed.TotalSeconds < Seconds)
            {
                var began = Stopwatch.GetTimestamp();
                var leases = ledger.Claim($"worker-{worker}", Round, PerClaim, Lease);
                own.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
                if (leases.Count == 0)
                    break;
                ledger.End(leases.Select(lease => new JobEnd(lease, null, ("no licence evidence", default))).ToList());
                made += 2 * leases.Count;
            }

            lock (claims)
                claims.AddRange(own);
            Interlocked.Add(ref transitions, made);
        });
        var took = watch.Elapsed.TotalSeconds;
        claims.Sort();
        figures.Add($"{name}_job_transitions_per_second", transitions / took, $"{name}: transitions a second (reach 20,000)");
        figures.Add($"{name}_claim_p50_ms", claims[claims.Count / 2], $"{name}: claim of {PerClaim} jobs, p50, ms");
        figures.Add($"{name}_claim_p99_ms", claims[Math.Min(claims.Count - 1, claims.Count * 99 / 100)], $"{name}: claim of {PerClaim} jobs, p99, ms (reach 5)");
        figures.Add($"{name}_bytes_after", bytes(), $"{name}: bytes after it");
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"ledger: {name}: {transitions / took:0} transitions/s"));
    }

    private static Ledger Open(string place) => Ledger.Open(place, TimeProvider.System, "bench");

    private static void WithPostgres(Action<string, Func<long>> measure)
    {
        var folder = Directory.CreateTempSubdirectory("lacquer-postgres-").FullName;
        string? programs = null;
        try
        {
            programs = PostgresProcess.Programs();
            if (Environment.IsPrivilegedProcess)
                PostgresProcess.Run("chown", ["postgres", folder]);
            var data = Path.Combine(folder, "data");
            PostgresProcess.RunAsServer(Path.Combine(programs, "initdb"), ["-D", data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-locale", "-N"]);
            PostgresProcess.RunAsServer(Path.Combine(programs, "pg_ctl"), ["start", "-w", "-s", "-D", data, "-l", Path.Combine(folder, "log"), "-o", $"-c unix_socket_directories={folder} -c listen_addresses= -c shared_buffers=1GB -c max_wal_size=4GB"]);
            PostgresProcess.Run(Path.Combine(programs, "createdb"), ["-h", folder, "-U", "postgres", "bench"]);
            measure($"postgres://postgres@localhost/bench?host={folder}", () => long.Parse(PostgresProcess.Run(Path.Combine(programs, "psql"), ["-h", folder, "-U", "postgres", "-A", "-t", "-q", "-X", "-c", "SELECT pg_database_size('bench')", "bench"]), CultureInfo.InvariantCulture));
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception or IOException)
        {
            Console.Error.WriteLine($"ledger: postgres is left out: {e.Message}");
        }
        finally
        {
            PostgresProcess.Stop(programs, folder);
            Directory.Delete(folder, recursive: true);
        }
    }
}
