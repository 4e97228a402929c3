namespace Lacquer.Cli;

/// <summary>What the process ends with, beside the numbers of <see cref="Lacquer.Formats.Findings.Failure"/>.</summary>
public static class ExitCode
{
    /// <summary>Done.</summary>
    public const int Done = 0;

    /// <summary>A defect of this program.</summary>
    public const int Defect = 1;

    /// <summary>The command line asks for something that cannot be done; as <c>Failure.Usage</c>.</summary>
    public const int Usage = 2;

    /// <summary>Done, and something was set aside.</summary>
    public const int Findings = 3;

    /// <summary>No permission to read or write something that must be there; as <c>Failure.Missing</c>.</summary>
    public const int Missing = 10;

    /// <summary>Interrupted: 128 and the number of SIGINT, as shells count.</summary>
    public const int Interrupted = 130;
}
