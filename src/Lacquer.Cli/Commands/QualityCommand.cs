using System.CommandLine;

namespace Lacquer.Cli.Commands;

/// <summary>What is doubtful in what came in.</summary>
internal sealed class QualityCommand : Command
{
    public QualityCommand()
        : base("quality", "Says what is doubtful in what came in. Nothing is put right or left out by it.")
    {
        Subcommands.Add(new QualityCodesCommand());
        Subcommands.Add(new QualityDuplicatesCommand());
        Subcommands.Add(new QualitySignalsCommand());
    }
}
