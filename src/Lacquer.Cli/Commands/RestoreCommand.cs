using System.CommandLine;
using Lacquer.Cli.Rendering;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Stages.Restoring;

namespace Lacquer.Cli.Commands;

/// <summary>Gives an original back.</summary>
internal sealed class RestoreCommand : Verb
{
    private readonly Argument<string> _id = new("ID") { Description = "A recording: rec-…, an ISRC, or its rank as #7." };
    private readonly Option<string> _output = new("--output") { Description = "The file to write; it must not be there yet.", HelpName = "FILE", Required = true };

    public RestoreCommand()
        : base("restore", "Gives back, bit for bit, the original of a recording whose file was kept as it is.", "lacquer restore rec-aaaaaaaaaaaaaaaa --output original.ogg")
    {
        Arguments.Add(_id);
        Take(_output);
    }

    public override async Task<int> RunAsync(ParseResult line, Terminal terminal, CancellationToken stop)
    {
        var folder = Archive(line, terminal);
        var id = Lookup.Id(folder, line.GetRequiredValue(_id), terminal.Clock);
        if (id.Kind != EntityKind.Recording)
            throw new LacquerException(Failure.Usage, $"{id} is not a recording", $"lacquer show {id} lists its recordings");
        var report = await Restore.RunAsync(new RestoreRequest(folder, id, terminal.PathOf(line.GetRequiredValue(_output)), terminal.Variable), terminal.Clock, stop).ConfigureAwait(false);
        Print(line, terminal, report, () => terminal.Print($"restored {report.Output}, {Figures.Bytes(report.LengthBytes)}, SHA-256 {report.Sha256}"));
        return ExitCode.Done;
    }
}
