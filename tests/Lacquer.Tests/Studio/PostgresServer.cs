using System.Globalization;
using Lacquer.Tests.Studio;
using Npgsql;
using Xunit;

[assembly: AssemblyFixture(typeof(PostgresServer.EndOfShared))]

namespace Lacquer.Tests.Studio;

/// <summary>A PostgreSQL server of its own in a temporary folder, on a Unix socket, as a user without privileges.</summary>
internal sealed class PostgresServer : IDisposable
{
    private static readonly Lazy<PostgresServer> Shared = new(() => new PostgresServer());

    private static int _databases;
    private readonly string _folder;
    private readonly string _programs;

    public PostgresServer()
    {
        _programs = Programs!;
        _folder = Directory.CreateTempSubdirectory("lacquer-pg-").FullName;
        if (Environment.IsPrivilegedProcess)
            Run("chown", "postgres", _folder);
        AsServer("initdb", "-D", Data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-locale", "-N");
        Start();
    }

    private static string? Programs { get; } = Directory.Exists("/usr/lib/postgresql")
        ? Directory.EnumerateDirectories("/usr/lib/postgresql").Select(version => Path.Combine(version, "bin")).Where(bin => File.Exists(Path.Combine(bin, "initdb"))).Max(StringComparer.Ordinal) : null;

    private string Data => Path.Combine(_folder, "data");

    /// <summary>The server that tests share; skips the test, and says so, where PostgreSQL is not installed.</summary>
    public static PostgresServer OfAll()
    {
        Need();
        return Shared.Value;
    }

    /// <summary>Skips the test, and says so, where PostgreSQL is not installed.</summary>
    public static void Need()
    {
        if (Programs is null)
            Assert.Skip("PostgreSQL is not installed");
        if (Environment.IsPrivilegedProcess && !Tools.Has("runuser"))
            Assert.Skip("runuser is not installed, and PostgreSQL does not run as root");
    }

    /// <summary>Makes a database, empty or with all that another has, and gives its address.</summary>
    public string Database(string? template = null)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"lacquer_{Interlocked.Increment(ref _databases)}");
        using var connection = new NpgsqlConnection($"Host={_folder};Username=postgres;Database=postgres;Pooling=false");
        connection.Open();
        using var create = new NpgsqlCommand($"CREATE DATABASE {name} TEMPLATE {(template is null ? "template0" : new Uri(template).AbsolutePath.TrimStart('/'))}", connection);
        // The server may notice a moment later that who used the template was killed.
        for (var attempt = 1; ; attempt++)
            try
            {
                create.ExecuteNonQuery();
                break;
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.ObjectInUse && attempt < 100)
            {
                Thread.Sleep(50);
            }

        return $"postgres://postgres@localhost/{name}?host={_folder}";
    }

    /// <summary>An open connection to a database of this server.</summary>
    public NpgsqlConnection Connection(string address)
    {
        var connection = new NpgsqlConnection($"Host={_folder};Username=postgres;Database={new Uri(address).AbsolutePath.TrimStart('/')};Pooling=false");
        connection.Open();
        return connection;
    }

    /// <summary>Ends the server as a crash would, and starts it again.</summary>
    public void Crash()
    {
        AsServer("pg_ctl", "stop", "-m", "immediate", "-w", "-s", "-D", Data);
        Start();
    }

    public void Dispose()
    {
        if (File.Exists(Path.Combine(Data, "postmaster.pid")))
            AsServer("pg_ctl", "stop", "-m", "immediate", "-w", "-s", "-D", Data);
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Ends the server that tests shared, where it was started. With the process it would be too late: xunit waits a second for that.</summary>
    public sealed class EndOfShared : IDisposable
    {
        public void Dispose()
        {
            if (Shared.IsValueCreated)
                Shared.Value.Dispose();
        }
    }

    private void Start() => AsServer("pg_ctl", "start", "-w", "-s", "-D", Data, "-l", Path.Combine(_folder, "log"), "-o", $"-c unix_socket_directories={_folder} -c listen_addresses= -c fsync=off -c max_connections=50");

    private void AsServer(string program, params string[] arguments)
    {
        string[] line = [Path.Combine(_programs, program), .. arguments];
        Run(Environment.IsPrivilegedProcess ? ["runuser", "-u", "postgres", "--", .. line] : line);
    }

    // The server keeps what it inherits open, so nothing is read of it.
    private static void Run(params string[] line)
    {
        var (exit, output) = Tools.Run("/bin/sh", ["-c", "cd / && \"$@\" >/dev/null 2>&1 </dev/null", "sh", .. line]);
        if (exit != 0)
            throw new InvalidOperationException($"{string.Join(' ', line)} ended with {exit} {output}");
    }
}
