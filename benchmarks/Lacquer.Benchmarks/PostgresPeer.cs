using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace Lacquer.Benchmarks;

/// <summary>
/// The same rows loaded and indexed by PostgreSQL 15, as chapter 14.4 of its manual, "Populating a Database", advises: COPY in the transaction that makes the tables, so that rows need no WAL; indexes after the
/// rows; <c>wal_level=minimal</c>, a large <c>max_wal_size</c>, a gigabyte for each index build, parallel workers for B-trees. A server of its own in a temporary folder, as a user without privileges, on a Unix
/// socket, stopped and removed after. It is durable in the sense in which our files are: <c>fsync</c> is on, and a CHECKPOINT at the end is counted. Not counted, in its favour: ANALYZE and VACUUM. Indexes are those
/// of our look-ups, and search is a stored tsvector ('simple', so no stemming) of recordings, releases and artists with GIN.
/// </summary>
internal static class PostgresPeer
{
    private const string Recordings = """
        CREATE TABLE recording(id bigint, eid bytea NOT NULL, title text NOT NULL, artist_credit bigint, credit text NOT NULL, duration_ms bigint, listens bigint NOT NULL, popularity smallint NOT NULL,
            isrc bigint, mbid bytea, releases text NOT NULL, words tsvector GENERATED ALWAYS AS (to_tsvector('simple', title || ' ' || credit || ' ' || releases)) STORED);
        COPY recording(id, eid, title, artist_credit, credit, duration_ms, listens, popularity, isrc, mbid, releases) FROM '{0}/recording';
        ALTER TABLE recording ADD PRIMARY KEY (id);
        CREATE UNIQUE INDEX ON recording(eid);
        CREATE INDEX ON recording(mbid) WHERE mbid IS NOT NULL;
        CREATE INDEX ON recording(isrc);
        CREATE INDEX ON recording(artist_credit);
        CREATE INDEX ON recording USING gin(words);
        """;

    private const string Others = """
        CREATE TABLE artist(id bigint, eid bytea NOT NULL, name text NOT NULL, listens bigint NOT NULL, mbid bytea, words tsvector GENERATED ALWAYS AS (to_tsvector('simple', name)) STORED);
        COPY artist(id, eid, name, listens, mbid) FROM '{0}/artist';
        CREATE TABLE artist_credit(id bigint, name text NOT NULL);
        COPY artist_credit FROM '{0}/artist_credit';
        CREATE TABLE artist_credit_name(artist_credit bigint, position smallint, artist bigint NOT NULL, name text NOT NULL, join_phrase text NOT NULL);
        COPY artist_credit_name FROM '{0}/artist_credit_name';
        CREATE TABLE release(id bigint, eid bytea NOT NULL, title text NOT NULL, artist_credit bigint, credit text NOT NULL, date integer, gtin bigint, listens bigint NOT NULL, mbid bytea,
            words tsvector GENERATED ALWAYS AS (to_tsvector('simple', title || ' ' || credit)) STORED);
        COPY release(id, eid, title, artist_credit, credit, date, gtin, listens, mbid) FROM '{0}/release';
        CREATE TABLE track(release bigint, medium integer, position integer, recording bigint NOT NULL);
        COPY track FROM '{0}/track';
        ALTER TABLE artist ADD PRIMARY KEY (id);
        CREATE UNIQUE INDEX ON artist(eid);
        CREATE INDEX ON artist(mbid) WHERE mbid IS NOT NULL;
        CREATE INDEX ON artist USING gin(words);
        ALTER TABLE artist_credit ADD PRIMARY KEY (id);
        ALTER TABLE artist_credit_name ADD PRIMARY KEY (artist_credit, position);
        CREATE INDEX ON artist_credit_name(artist);
        ALTER TABLE release ADD PRIMARY KEY (id);
        CREATE UNIQUE INDEX ON release(eid);
        CREATE INDEX ON release(mbid) WHERE mbid IS NOT NULL;
        CREATE INDEX ON release(gtin);
        CREATE INDEX ON release(artist_credit);
        CREATE INDEX ON release USING gin(words);
        ALTER TABLE track ADD PRIMARY KEY (release, medium, position);
        CREATE INDEX ON track(recording);
        """;

    /// <summary>All in one session, in one transaction.</summary>
    public static IReadOnlyList<string> OneSession { get; } = [$"BEGIN;\n{Others}\n{Recordings}\nCOMMIT;"];

    /// <summary>Two sessions side by side, a transaction each: the recordings in one and all other tables in the other.</summary>
    public static IReadOnlyList<string> TwoSessions { get; } = [$"BEGIN;\n{Recordings}\nCOMMIT;", $"BEGIN;\n{Others}\nCOMMIT;"];

    /// <summary>Seconds to load and index rows, and bytes on disk; null where PostgreSQL cannot be had or run, which it says.</summary>
    /// <param name="rows">The folder of the rows' files.</param>
    /// <param name="sessions">What each session runs.</param>
    public static (double Seconds, long Bytes)? Load(string rows, IReadOnlyList<string> sessions)
    {
        var folder = Directory.CreateTempSubdirectory("lacquer-postgres-").FullName;
        string? programs = null;
        try
        {
            programs = PostgresProcess.Programs();
            // The server does not run as root, and must be able to read the rows.
            if (Environment.IsPrivilegedProcess)
                PostgresProcess.Run("chown", ["-R", "postgres", folder, rows]);
            var data = Path.Combine(folder, "data");
            PostgresProcess.RunAsServer(Path.Combine(programs, "initdb"), ["-D", data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-locale", "-N"]);
            PostgresProcess.RunAsServer(Path.Combine(programs, "pg_ctl"), ["start", "-w", "-s", "-D", data, "-l", Path.Combine(folder, "log"), "-o", string.Join(' ', Settings(folder).Select(setting => "-c " + setting))]);
            var scripts = sessions.Select((sql, i) =>
            {
                var script = Path.Combine(folder, $"load-{i}.sql");
                File.WriteAllText(script, sql.Replace("{0}", rows, StringComparison.Ordinal));
                return script;
            }).ToArray();
            var watch = Stopwatch.StartNew();
            Task.WaitAll(scripts.Select(script => Task.Run(() => Ask("-v", "ON_ERROR_STOP=1", "-f", script))).ToArray());
            Ask("-c", "CHECKPOINT");
            var seconds = watch.Elapsed.TotalSeconds;
            return (seconds, long.Parse(Ask("-A", "-t", "-c", "SELECT pg_database_size('postgres')"), CultureInfo.InvariantCulture));
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception or AggregateException or IOException)
        {
            Console.Error.WriteLine($"postgres: left out: {(e as AggregateException)?.InnerException?.Message ?? e.Message}");
            return null;
        }
        finally
        {
            PostgresProcess.Stop(programs, folder);
            Directory.Delete(folder, recursive: true);
        }

        string Ask(params string[] arguments) => PostgresProcess.Run(Path.Combine(programs, "psql"), ["-h", folder, "-U", "postgres", "-d", "postgres", "-q", "-X", .. arguments]);
    }

    private static IEnumerable<string> Settings(string folder) =>
    [
        $"unix_socket_directories={folder}", "listen_addresses=", "wal_level=minimal", "max_wal_senders=0", "max_wal_size=100GB", "checkpoint_timeout=1h",
        "autovacuum=off", "shared_buffers=2GB", "maintenance_work_mem=1GB", "work_mem=256MB", $"max_parallel_maintenance_workers={Environment.ProcessorCount}",
    ];
}
