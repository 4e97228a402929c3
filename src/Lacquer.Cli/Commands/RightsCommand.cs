using System.CommandLine;

namespace Lacquer.Cli.Commands;

/// <summary>What the gate decided, and what it would decide.</summary>
internal sealed class RightsCommand : Command
{
    public RightsCommand()
        : base("rights", "Says what the gate decided and why, and what it would decide today.")
    {
        Subcommands.Add(new RightsExplainCommand());
        Subcommands.Add(new RightsCheckCommand());
    }
}
