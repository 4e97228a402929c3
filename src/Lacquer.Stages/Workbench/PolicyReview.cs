using Lacquer.Formats.Rights;

namespace Lacquer.Stages.Workbench;

/// <summary>Asks the gate again where <c>lacquer.toml</c> has changed since it last answered, so that what is no longer allowed is not published because nobody ran ingest.</summary>
public static class PolicyReview
{
    /// <summary>Takes back what the policy of today no longer clears. What it newly clears waits for the next ingest, which looks at all the evidence.</summary>
    public static void Run(OpenArchive archive)
    {
        var policy = archive.Configuration.Rights;
        foreach (var (recording, decision) in archive.Ledger.PublishableByOtherPolicy(policy.Version))
            archive.Ledger.SetRights(recording, Gate.Decide(policy, [decision.Evidence!]));
    }
}
