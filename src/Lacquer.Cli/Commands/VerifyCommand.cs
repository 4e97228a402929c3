using System.CommandLine;
using Lacquer.Cli.Rendering;
using Lacquer.Stages.Verifying;

namespace Lacquer.Cli.Commands;

/// <summary>Checks fixity.</summary>
internal sealed class VerifyCommand : Verb
{
    private readonly Option<bool> _repair = new("--repair") { Description = "Fetch what is broken, piece by piece." };
    private readonly Option<string?> _from = new("--from") { Description = "Where from: address or folder of an edition; otherwise where a mirror came from.", HelpName = "EDITION" };

    public VerifyCommand()
        : base("verify", "Reads every byte of an archive or mirror and compares it with what it should be; what was found goes into the ledger.",
            "lacquer verify", "lacquer verify --repair --from https://example.org/music/")
        => Take(_repair, _from);

    public override async Task<int> RunAsync(ParseResult line, Terminal terminal, CancellationToken stop)
    {
        VerifyReport report;
        var from = line.GetValue(_from) is { } origin ? MirrorCommand.Origin(origin, terminal) : null;
        using (var progress = new ProgressLine(terminal))
            report = await Verify.RunAsync(new VerifyRequest(Archive(line, terminal), line.GetValue(_repair), from, terminal.Variable), terminal.Clock, progress, stop).ConfigureAwait(false);
        Print(line, terminal, report, () =>
        {
            terminal.Print($"checked {Figures.Of(report.Objects, "object", "objects")}, {Figures.Bytes(report.CheckedBytes)}, {Figures.Of(report.Pieces, "piece", "pieces")}; {Figures.Of(report.Volumes, "volume", "volumes")}, {Figures.Of(report.Editions, "edition", "editions")}");
            terminal.Print(report.BadPieces == 0 ? "all pieces are what they should be"
                : $"{Figures.Of(report.BadPieces, "piece was", "pieces were")} not what it should be{(report.RepairedPieces > 0 ? $"; {Figures.Count(report.RepairedPieces)} repaired" : "")}");
            if (report.Findings.Count > 0 && !line.GetValue(_repair))
                terminal.Hint("lacquer verify --repair --from EDITION fetches what is broken");
        });
        return End(terminal, report.Findings);
    }
}
