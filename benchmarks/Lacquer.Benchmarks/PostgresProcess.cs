using System.Diagnostics;

namespace Lacquer.Benchmarks;

/// <summary>PostgreSQL's programs, run as a user without privileges.</summary>
internal static class PostgresProcess
{
    // Where Debian puts them; installed if they are not there and may be.
    public static string Programs()
    {
        const string Debian = "/usr/lib/postgresql/15/bin";
        if (!Directory.Exists(Debian) && Environment.IsPrivilegedProcess)
        {
            Console.Error.WriteLine("postgres: installing postgresql-15");
            Run("apt-get", ["install", "-y", "-qq", "--no-install-recommends", "postgresql-15"]);
        }

        return Directory.Exists(Debian) ? Debian : throw new InvalidOperationException($"there is no PostgreSQL 15 in {Debian}");
    }

    public static void Stop(string? programs, string folder)
    {
        if (programs is null || !File.Exists(Path.Combine(folder, "data", "postmaster.pid")))
            return;
        try
        {
            RunAsServer(Path.Combine(programs, "pg_ctl"), ["stop", "-m", "immediate", "-w", "-s", "-D", Path.Combine(folder, "data")]);
        }
        catch (InvalidOperationException e)
        {
            Console.Error.WriteLine($"postgres: not stopped: {e.Message}");
        }
    }

    public static void RunAsServer(string program, string[] arguments)
    {
        if (Environment.IsPrivilegedProcess)
            Run("runuser", ["-u", "postgres", "--", program, .. arguments]);
        else
            Run(program, arguments);
    }

    public static string Run(string program, string[] arguments)
    {
        // The server keeps what it inherits open: its output goes to files, or reading to the end of it would never end.
        var log = Path.GetTempFileName();
        try
        {
            var start = new ProcessStartInfo("/bin/sh") { WorkingDirectory = "/" };
            foreach (var argument in (string[])["-c", "log=$1; shift; exec \"$@\" >\"$log\" 2>&1 </dev/null", "sh", log, program, .. arguments])
                start.ArgumentList.Add(argument);
            using var process = Process.Start(start)!;
            process.WaitForExit();
            var said = File.ReadAllText(log).Trim();
            return process.ExitCode == 0 ? said : throw new InvalidOperationException($"{Path.GetFileName(program)} ended with {process.ExitCode}: {said.ReplaceLineEndings(" / ")}");
        }
        finally
        {
            File.Delete(log);
        }
    }
}
