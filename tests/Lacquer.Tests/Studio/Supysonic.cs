using System.Diagnostics;
using Xunit;

namespace Lacquer.Tests.Studio;

/// <summary>
/// Debian's supysonic, a real Subsonic server, with a library, a database and one account of its own, on loopback. It knows no tokens. It counts plays, and its answers do not tell them.
/// </summary>
internal sealed class Supysonic : IDisposable
{
    public const string User = "alice";
    public const string Password = "se cret&1";

    private const string Launcher = """
        from supysonic.web import create_application
        from werkzeug.serving import make_server
        server = make_server("127.0.0.1", 0, create_application(), threaded=True)
        print(server.port, flush=True)
        server.serve_forever()
        """;

    private readonly string _home;
    private readonly Process _process;

    private Supysonic(string home, Process process, Uri address) => (_home, _process, Address) = (home, process, address);

    public Uri Address { get; }

    /// <summary>The server's own database, SQLite.</summary>
    public string Database => Path.Combine(_home, "supysonic.db");

    /// <summary>Skips the test where it is not installed.</summary>
    public static void Need() => Tools.Need("ffmpeg", "ffprobe", "supysonic-cli");

    /// <summary>Starts it over a folder of music.</summary>
    public static Supysonic Start(string home, string music)
    {
        Directory.CreateDirectory(Path.Combine(home, "cache"));
        File.WriteAllText(Path.Combine(home, "supysonic.conf"), $"""
            [base]
            database_uri = sqlite:///{home}/supysonic.db
            [webapp]
            cache_dir = {home}/cache
            [daemon]
            socket = {home}/daemon.sock
            """);
        Command(home, "user", "add", User, "-p", Password);
        Command(home, "folder", "add", "music", music);
        Scan(home);
        // Debian's own python: another that comes first in PATH does not see Debian's packages.
        var process = new Process { StartInfo = At(home, "/usr/bin/python3", "-c", Launcher) };
        process.ErrorDataReceived += (_, _) => { };
        process.Start();
        process.BeginErrorReadLine();
        var port = process.StandardOutput.ReadLine();
        Assert.True(port is not null, "supysonic did not start");
        return new Supysonic(home, process, new Uri($"http://127.0.0.1:{port}/"));
    }

    /// <summary>Lets it look at its folder again.</summary>
    public void Scan() => Scan(_home);

    public void Dispose()
    {
        _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
    }

    private static void Scan(string home) => Command(home, "folder", "scan", "--foreground", "music");

    private static void Command(string home, params string[] arguments)
    {
        using var process = Process.Start(At(home, "supysonic-cli", arguments))!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, output.Result + error);
    }

    private static ProcessStartInfo At(string home, string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = home, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["HOME"] = home;
        start.Environment["PYTHONDONTWRITEBYTECODE"] = "1";
        return start;
    }
}
