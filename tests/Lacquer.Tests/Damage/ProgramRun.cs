using System.Diagnostics;
using System.Runtime.InteropServices;
using Lacquer.Cli;
using Xunit;

namespace Lacquer.Tests.Damage;

/// <summary>The built program: in a process group of its own, which can be killed with everything it has started; or in this process.</summary>
internal static partial class ProgramRun
{
    /// <summary>Ends a process at once.</summary>
    public const int SigKill = 9;

    private static string Path { get; } = System.IO.Path.Combine(AppContext.BaseDirectory, "lacquer");

    /// <summary>Runs a command line to its end, or kills its process group after a time.</summary>
    /// <returns>The exit code (137 where it was killed), what it said, and how long it took.</returns>
    public static (int ExitCode, string Output, TimeSpan Time) Run(TimeSpan? killAfter, params string[] arguments) => Run(killAfter, [], arguments);

    /// <summary>The same, with more in its environment.</summary>
    public static (int ExitCode, string Output, TimeSpan Time) Run(TimeSpan? killAfter, IEnumerable<(string Name, string Value)> environment, params string[] arguments)
    {
        using var process = New(environment, arguments);
        var watch = Stopwatch.StartNew();
        process.Start();
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        if (killAfter is { } time && !process.WaitForExit(time))
            _ = Kill(-process.Id, SigKill);
        if (!process.WaitForExit(TimeSpan.FromMinutes(2)))
        {
            _ = Kill(-process.Id, SigKill);
            throw new TimeoutException($"lacquer {string.Join(' ', arguments)} did not end");
        }

        return (process.ExitCode, output.Result + error.Result, watch.Elapsed);
    }

    /// <summary>Starts a command line and leaves it to itself; what it says goes nowhere.</summary>
    public static Process Start(params string[] arguments) => Start([], arguments);

    /// <summary>The same, with more in its environment.</summary>
    public static Process Start(IEnumerable<(string Name, string Value)> environment, params string[] arguments)
    {
        var process = New(environment, arguments);
        process.Start();
        process.StandardInput.Close();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    /// <summary>Sends a signal to a process that was started here, and to everything it has started.</summary>
    public static void Signal(Process process, int signal) => _ = Kill(-process.Id, signal);

    /// <summary>Runs a command line in this process.</summary>
    public static async Task<(int ExitCode, string Output, string Error)> Here(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await App.RunAsync(arguments, new Terminal(output, error), TestContext.Current.CancellationToken);
        return (code, output.ToString(), error.ToString());
    }

    private static Process New(IEnumerable<(string Name, string Value)> environment, string[] arguments)
    {
        var process = new Process { StartInfo = new ProcessStartInfo("setsid", [Path, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true } };
        process.StartInfo.Environment["DOTNET_TieredPGO"] = "0";
        // Of a process that is killed the runtime's sockets and pipes for debuggers would stay in the temporary folder.
        process.StartInfo.Environment["DOTNET_EnableDiagnostics"] = "0";
        foreach (var (name, value) in environment)
            process.StartInfo.Environment[name] = value;
        return process;
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
