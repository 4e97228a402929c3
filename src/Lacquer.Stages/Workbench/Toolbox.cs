using System.Text;
using CliWrap;
using Lacquer.Formats.Findings;

namespace Lacquer.Stages.Workbench;

/// <summary>What an outside program did.</summary>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="Output">What it wrote to standard output, at most 64 MiB.</param>
/// <param name="Error">The last 64 KiB of what it wrote to standard error.</param>
public sealed record ToolResult(int ExitCode, byte[] Output, string Error);

/// <summary>Runs outside programs: found once, with a time limit, killed with us.</summary>
public static class Toolbox
{
    private const int LongestOutput = 64 << 20;
    private const int LongestError = 64 << 10;

    /// <summary>The program's path, or null where PATH has none.</summary>
    public static string? Find(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        .Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);

    /// <summary>The program's path.</summary>
    /// <exception cref="LacquerException">It is not installed; the hint says what to type.</exception>
    public static string Require(string program, string debianPackage) =>
        Find(program) ?? throw new LacquerException(Failure.Missing, $"{program} is not installed", $"sudo apt-get install {debianPackage}");

    /// <summary>Runs a program to its end.</summary>
    /// <param name="program">Its path.</param>
    /// <param name="arguments">Passed as they are; no shell reads them.</param>
    /// <param name="limit">It is killed after this time, and <see cref="TimeoutException"/> thrown.</param>
    /// <param name="stop">Kills it.</param>
    /// <param name="read">Reads its standard output to the end as it comes; null: it is kept and given back.</param>
    public static async Task<ToolResult> RunAsync(string program, IReadOnlyList<string> arguments, TimeSpan limit, CancellationToken stop, Func<Stream, CancellationToken, Task>? read = null)
    {
        using var timer = new CancellationTokenSource(limit);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, stop);
        using var output = new MemoryStream();
        var error = new Tail(LongestError);
        try
        {
            var result = await CliWrap.Cli.Wrap(program).WithArguments(arguments).WithValidation(CommandResultValidation.None)
                .WithStandardOutputPipe(PipeTarget.Create(read ?? ((from, cancel) => CopyBounded(from, output, cancel))))
                .WithStandardErrorPipe(PipeTarget.Create(error.ReadAsync))
                .ExecuteAsync(both.Token).ConfigureAwait(false);
            return new ToolResult(result.ExitCode, output.ToArray(), error.ToString());
        }
        catch (OperationCanceledException) when (timer.IsCancellationRequested && !stop.IsCancellationRequested)
        {
            throw new TimeoutException($"{Path.GetFileName(program)} did not end within {limit.TotalSeconds:0} s");
        }
    }

    private static async Task CopyBounded(Stream from, MemoryStream to, CancellationToken stop)
    {
        var buffer = new byte[81920];
        int read;
        while ((read = await from.ReadAsync(buffer, stop).ConfigureAwait(false)) > 0)
            if (to.Length + read <= LongestOutput)
                to.Write(buffer, 0, read);
    }

    /// <summary>Keeps the end of a stream.</summary>
    private sealed class Tail(int length)
    {
        private byte[] _kept = [];

        public async Task ReadAsync(Stream from, CancellationToken stop)
        {
            var buffer = new byte[8192];
            int read;
            while ((read = await from.ReadAsync(buffer, stop).ConfigureAwait(false)) > 0)
            {
                byte[] all = [.. _kept, .. buffer.AsSpan(0, read)];
                _kept = all.Length <= length ? all : all[^length..];
            }
        }

        public override string ToString() => Encoding.UTF8.GetString(_kept);
    }
}
