using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Ledgers;

namespace Lacquer.Benchmarks;

/// <summary>
/// The queue of jobs with N million of them, in SQLite and in a PostgreSQL of its own, by the calls that ingest makes, with the durability that it has. Jobs are queued; then several workers, each with a connection of its own,
/// claim and end them by the batch, as ingest does with what the gate denies: a job that is claimed has made one transition, one that ends another. Then they take jobs through to objects, one at a time. A restart is a ledger
/// opened and the first job claimed.
/// </summary>
internal static class LedgerCase
{
    // As ingest: so many where jobs end at once, so few where they take time.
    private const int PerClaim = 24;
    private const int PerClaimOfObjects = 8;
    private const int Workers = 2;
    private const double Seconds = 10;
    private const double ObjectSeconds = 3;
    private const int Restarts = 5;
    private const string Round = "000001 bench";
    private static readonly int[] Stages = [50, 20, 1, 0];
    private static readonly string[] Events = ["fixity", "identification", "validation", "migration", "ingest"];
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
            Measure("sqlite", path, jobs, figures, () => Directory.EnumerateFiles(folder, "ledger.sqlite*").Sum(f => new FileInfo(f).Length), () => { });
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        WithPostgres((address, bytes, settle) => Measure("postgres", address, jobs, figures, bytes, settle));
        figures.Print();
        return 0;
    }

    private static void Measure(string name, string place, long jobs, Figures figures, Func<long> bytes, Action settle)
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
        settle();
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

        var (claims, ended, took) = Work(place, PerClaim, Seconds, (ledger, leases) => ledger.End(leases.Select(lease => new JobEnd(lease, null, ("no licence evidence", default))).ToList()));
        figures.Add($"{name}_job_transitions_per_second", 2 * ended / took, $"{name}: transitions a second (reach 20,000)");
        figures.Add($"{name}_claim_p50_ms", claims[claims.Count / 2], $"{name}: claim of {PerClaim} jobs, p50, ms");
        figures.Add($"{name}_claim_p99_ms", claims[Math.Min(claims.Count - 1, claims.Count * 99 / 100)], $"{name}: claim of {PerClaim} jobs, p99, ms (reach 5)");
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"ledger: {name}: {2 * ended / took:0} transitions/s"));
        var (_, objects, objectsTook) = Work(place, PerClaimOfObjects, ObjectSeconds, (ledger, leases) =>
        {
            foreach (var lease in leases.Where(ledger.Begin))
                ledger.Ingested(lease.Job.Recording, default, Object(lease.Job), [.. Events.Select(type => new EventDraft(type, lease.Job.Recording.ToString(), true, "bench"))], lease);
        });
        figures.Add($"{name}_objects_per_second", objects / objectsTook, $"{name}: jobs taken through to objects a second");
        figures.Add($"{name}_bytes_after", bytes(), $"{name}: bytes after it");
    }

    // Gives the times of the claims in milliseconds, in order, how many jobs were claimed, and the seconds it took.
    private static (List<double> ClaimsMs, long Jobs, double Seconds) Work(string place, int most, double seconds, Action<Ledger, IReadOnlyList<JobLease>> end)
    {
        var (claims, jobs, watch) = (new List<double>(), 0L, Stopwatch.StartNew());
        Parallel.For(0, Workers, new ParallelOptions { MaxDegreeOfParallelism = Workers }, worker =>
        {
            using var ledger = Open(place);
            var (own, made) = (new List<double>(), 0L);
            while (watch.Elapsed.TotalSeconds < seconds)
            {
                var began = Stopwatch.GetTimestamp();
                var leases = ledger.Claim($"worker-{worker}", Round, most, Lease);
                own.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
                if (leases.Count == 0)
                    break;
                end(ledger, leases);
                made += leases.Count;
            }

            lock (claims)
                claims.AddRange(own);
            Interlocked.Add(ref jobs, made);
        });
        var took = watch.Elapsed.TotalSeconds;
        claims.Sort();
        return (claims, jobs, took);
    }

    // Of four minutes and four megabytes.
    private static ObjectRow Object(QueuedJob job)
    {
        Sha256Digest Digest(string what) => new(SHA256.HashData([.. job.Recording.ToArray(), .. Encoding.UTF8.GetBytes(what)]));
        return new ObjectRow(new PiecesRoot(Digest("root")), Digest("object"), 4 << 20, "ogg", new byte[4 * 32], new byte[4 * 20], "vorbis-160", 240_000, -14, -1, Digest("original"), 30 << 20, null)
        {
            Fingerprint = new byte[948 * 4],
            LoudnessBlocks = new byte[400],
        };
    }

    private static Ledger Open(string place) => Ledger.Open(place, TimeProvider.System, "bench");

    private static void WithPostgres(Action<string, Func<long>, Action> measure)
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
            PostgresProcess.RunAsServer(Path.Combine(programs, "pg_ctl"), ["start", "-w", "-s", "-D", data, "-l", Path.Combine(folder, "log"), "-o", $"-c unix_socket_directories={folder} -c listen_addresses= -c shared_buffers=1GB -c max_wal_size=4GB -c wal_compression=on -c wal_buffers=64MB"]);
            PostgresProcess.Run(Path.Combine(programs, "createdb"), ["-h", folder, "-U", "postgres", "bench"]);
            // What autovacuum and the checkpointer do in the minutes after millions of rows came in is done at once.
            measure($"postgres://postgres@localhost/bench?host={folder}", () => long.Parse(Ask("SELECT pg_database_size('bench')"), CultureInfo.InvariantCulture), () => _ = Ask("VACUUM ANALYZE") + Ask("CHECKPOINT"));
            string Ask(string sql) => PostgresProcess.Run(Path.Combine(programs, "psql"), ["-h", folder, "-U", "postgres", "-A", "-t", "-q", "-X", "-c", sql, "bench"]);
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
