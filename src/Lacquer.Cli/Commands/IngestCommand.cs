using System.CommandLine;
using Lacquer.Cli.Rendering;
using Lacquer.Stages.Ingesting;

namespace Lacquer.Cli.Commands;

/// <summary>Takes audio in.</summary>
internal sealed class IngestCommand : Verb
{
    private readonly Option<long?> _budget = Size("--budget", "Stop when the objects take as much as this.");
    private readonly Option<bool> _retry = new("--retry") { Description = "Try again what was set aside three times." };

    public IngestCommand()
        : base("ingest", "Takes audio into the archive, best known first: through the gate, kept as it is or encoded, tagged, hashed, stored. Stopped at any moment, it carries on when run again; several may run side by side.",
            "lacquer ingest", "lacquer ingest --budget 4TB --archive /srv/music")
        => Take(_budget, _retry);

    public override async Task<int> RunAsync(ParseResult line, Terminal terminal, CancellationToken stop)
    {
        IngestReport report;
        using (var progress = new ProgressLine(terminal))
            report = await Ingest.RunAsync(new IngestRequest(Archive(line, terminal), line.GetValue(_budget), line.GetValue(_retry), terminal.Variable, terminal.Say), terminal.Clock, progress, stop).ConfigureAwait(false);
        Print(line, terminal, report, () =>
        {
            terminal.Print($"ingested {Figures.Of(report.Ingested, "recording", "recordings")}, {Figures.Bytes(report.WrittenBytes)}; held now: {Figures.Count(report.Held)} of {Figures.Count(report.Recordings)}");
            if (report.Denied > 0)
                terminal.Print($"not let in by the gate: {Figures.Count(report.Denied)}");
            if (report.Missing > 0)
                terminal.Print($"could not be fetched now: {Figures.Count(report.Missing)}; lacquer ingest asks again");
            if (report.Paused > 0)
                terminal.Print($"waiting in stages that are paused: {Figures.Count(report.Paused)}");
            if (report.ReachedBudget)
                terminal.Print("the budget is reached");
            if (report.Ingested > 0)
                terminal.Hint("lacquer press seals it into volumes");
            else if (report.Denied > 0)
                terminal.Hint("lacquer status says why; what the gate lets in stands in lacquer.toml under [rights]");
        });
        return End(terminal, report.Findings);
    }
}
