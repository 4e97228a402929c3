using System.CommandLine;
using Lacquer.Cli.Rendering;
using Lacquer.Formats.Findings;
using Lacquer.Stages.Mirroring;

namespace Lacquer.Cli.Commands;

/// <summary>Brings a mirror, or a plain copy of a catalogue, up to the newest edition.</summary>
internal sealed class UpdateCommand : Verb
{
    private readonly Option<string?> _from = new("--from") { Description = "Where the newest edition is: address or folder of an edition or archive; otherwise where the mirror came from.", HelpName = "EDITION" };
    private readonly Option<string?> _copy = new("--copy") { Description = "A folder with an edition's catalogue.sqlite instead of a mirror; --from says where it came from. Look-ups and search in it are made anew.", HelpName = "DIR" };
    private readonly Option<long?> _budget = Size("--budget", "How much of it; otherwise as much as the last time.");
    private readonly Option<string?> _key = new("--key") { Description = "The publisher's public key: the text that begins with RW, or a file with it; otherwise the one the mirror knows, or signing.pub in the copy.", HelpName = "KEY" };

    public UpdateCommand()
        : base("update", "Brings a mirror to the newest edition of where it came from. Fetches what changed in the catalogue, where that is less than the whole, and the volumes that are new; makes what follows from them; checks every byte.",
            "lacquer update --archive /srv/mirror", "lacquer update --copy ~/catalogue --from https://example.org/music/ --key signing.pub")
        => Take(_from, _copy, _budget, _key);

    public override async Task<int> RunAsync(ParseResult line, Terminal terminal, CancellationToken stop)
    {
        var from = line.GetValue(_from) is { } origin ? MirrorCommand.Origin(origin, terminal) : null;
        var key = MirrorCommand.Key(line.GetValue(_key), terminal);
        if (line.GetValue(_copy) is { } copy)
        {
            CopyUpdateReport updated;
            var request = new CopyUpdateRequest(terminal.PathOf(copy), from ?? throw new LacquerException(Failure.Usage, "a copy does not know where it came from", "name it: --from EDITION"), key);
            using (var progress = new ProgressLine(terminal))
                updated = await CopyUpdate.RunAsync(request, progress, stop).ConfigureAwait(false);
            Print(line, terminal, updated, () =>
            {
                terminal.Print($"catalogue of edition {updated.Edition} of {updated.Origin}");
                if (updated.DeltaRefused is { } why)
                    terminal.Print($"fetched the catalogue whole: {why}");
                terminal.Print($"fetched {Figures.Bytes(updated.FetchedBytes)}; whole it is {Figures.Bytes(updated.WholeBytes)}");
                terminal.Print($"signed with key {updated.KeyId}");
            });
            return ExitCode.Done;
        }

        MirrorReport report;
        using (var progress = new ProgressLine(terminal))
            report = await Mirror.RunAsync(new MirrorRequest(Archive(line, terminal), from, line.GetValue(_budget), key, terminal.Variable), terminal.Clock, progress, stop).ConfigureAwait(false);
        Print(line, terminal, report, () => MirrorCommand.Print(report, terminal));
        return ExitCode.Done;
    }
}
