namespace Lacquer.Formats.Ledgers;

/// <summary>How a database that went away is waited for.</summary>
/// <param name="Longest">For how long.</param>
/// <param name="Say">Is told when the waiting begins and when it ends.</param>
/// <param name="Stop">Ends it.</param>
public sealed record LedgerPatience(TimeSpan Longest, Action<string> Say, CancellationToken Stop)
{
    /// <summary>Not at all.</summary>
    public static LedgerPatience None { get; } = new(TimeSpan.Zero, _ => { }, CancellationToken.None);
}
