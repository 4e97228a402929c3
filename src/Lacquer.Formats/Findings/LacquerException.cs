namespace Lacquer.Formats.Findings;

/// <summary>What kind of trouble ended a command. The number is the process's exit code and never changes once released.</summary>
public enum Failure
{
    /// <summary>The command line or a configuration file asks for something that cannot be done.</summary>
    Usage = 2,

    /// <summary>Something that must be there is not: an archive, a file, a program.</summary>
    Missing = 10,

    /// <summary>Another process is at work on the same archive.</summary>
    Locked = 11,

    /// <summary>A signature, key or hash does not vouch for what was received.</summary>
    Untrusted = 12,

    /// <summary>Bytes on disk are not what they should be.</summary>
    Damaged = 13,

    /// <summary>The disk is full.</summary>
    NoSpace = 14,

    /// <summary>It could be done, and must not be: rights, DRM, terms.</summary>
    Refused = 15,
}

/// <summary>Trouble an operator can act on: the message says what, where, expected and met; the hint is what to do next.</summary>
public sealed class LacquerException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="failure">The kind of trouble, which is the exit code.</param>
    /// <param name="message">What, where, expected and met, in one line, lower case.</param>
    /// <param name="hint">The next command or step, or null where there is none.</param>
    /// <param name="inner">What caused it.</param>
    public LacquerException(Failure failure, string message, string? hint = null, Exception? inner = null)
        : base(message, inner)
    {
        Failure = failure;
        Hint = hint;
    }

    /// <summary>The kind of trouble.</summary>
    public Failure Failure { get; }

    /// <summary>The next command or step.</summary>
    public string? Hint { get; }
}
