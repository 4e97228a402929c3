using System.Diagnostics;
using System.Text;
using Xunit;

namespace Lacquer.Tests.Studio;

/// <summary>Programs that we did not write.</summary>
internal static class Tools
{
    public static bool Has(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, program)));

    /// <summary>Skips the test, and says so, where a program is not installed.</summary>
    public static void Need(params string[] programs)
    {
        foreach (var program in programs)
            if (!Has(program))
                Assert.Skip($"{program} is not installed");
    }

    public static (int ExitCode, string Output) Run(string program, params string[] arguments) => Run(program, TimeSpan.FromMinutes(2), arguments);

    /// <summary>Runs a program; standard error follows standard output.</summary>
    public static (int ExitCode, string Output) Run(string program, TimeSpan limit, params string[] arguments)
    {
        using var process = new Process { StartInfo = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true } };
        process.Start();
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(limit))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} did not end within {limit}");
        }

        return (process.ExitCode, new StringBuilder(output.Result).Append(error.Result).ToString());
    }
}
