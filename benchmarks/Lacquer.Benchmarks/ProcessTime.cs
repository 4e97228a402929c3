using System.Diagnostics;
using System.Globalization;

namespace Lacquer.Benchmarks;

/// <summary>What processes took of the cores, by Linux's /proc (proc(5)).</summary>
internal static class ProcessTime
{
    // USER_HZ: 100 on every Linux that .NET runs on.
    private const double TicksPerSecond = 100;

    /// <summary>Seconds of core time of this process, of its children that ended, and of those that are at work.</summary>
    public static double TreeSeconds()
    {
        var self = Environment.ProcessId;
        var ticks = Fields("/proc/self/stat") is { } own ? own[11] + own[12] + own[13] + own[14] : 0;
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
            if (char.IsAsciiDigit(Path.GetFileName(folder)[0]) && Fields(Path.Combine(folder, "stat")) is { } other && other[1] == self)
                ticks += other[11] + other[12] + other[13] + other[14];
        return ticks / TicksPerSecond;
    }

    /// <summary>Seconds of all cores together since the machine began: in use by anybody, and in all.</summary>
    public static (double Busy, double All) MachineSeconds()
    {
        var ticks = File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries)[1..9].Select(t => double.Parse(t, CultureInfo.InvariantCulture)).ToList();
        // Idle and waiting for the disk are the fourth and fifth.
        return ((ticks.Sum() - ticks[3] - ticks[4]) / TicksPerSecond, ticks.Sum() / TicksPerSecond);
    }

    /// <summary>The most memory that this process had, in bytes.</summary>
    public static long PeakBytes()
    {
        using var self = Process.GetCurrentProcess();
        return self.PeakWorkingSet64;
    }

    /// <summary>Runs a program to its end; what it prints is not looked at.</summary>
    public static void Run(string program, params IReadOnlyList<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        process.StandardOutput.BaseStream.CopyTo(Stream.Null);
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}");
    }

    // The fields after the program's name, which may have spaces and parentheses: state, parent, …; user and system time are the 11th and 12th, those of waited-for children the next two. Null where it is gone.
    private static long[]? Fields(string path)
    {
        try
        {
            var text = File.ReadAllText(path);
            return [.. text[(text.LastIndexOf(')') + 2)..].Split(' ').Take(15).Select(f => long.TryParse(f, CultureInfo.InvariantCulture, out var number) ? number : 0)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
