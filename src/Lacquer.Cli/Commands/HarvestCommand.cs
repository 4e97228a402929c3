using System.CommandLine;
using Lacquer.Stages.Sources;

namespace Lacquer.Cli.Commands;

/// <summary>The adapters, one for each kind of source.</summary>
internal sealed class HarvestCommand : Command
{
    public HarvestCommand()
        : base("harvest", "Takes in what a source knows of its music, verbatim, as an accession. No audio is copied yet.")
    {
        Subcommands.Add(new HarvestFolderCommand());
        Subcommands.Add(new HarvestMusicBrainzCommand());
        foreach (var adapter in AdapterList.All)
            Subcommands.Add(new HarvestAdapterCommand(adapter));
    }
}
