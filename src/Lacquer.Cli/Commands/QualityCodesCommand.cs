using System.CommandLine;
using Lacquer.Cli.Rendering;
using Lacquer.Stages.Appraising;

namespace Lacquer.Cli.Commands;

/// <summary>Lists ISRCs and barcodes that are none.</summary>
internal sealed class QualityCodesCommand : Verb
{
    private readonly Option<string?> _source = new("--source") { Description = "Only this source's accessions.", HelpName = "NAME" };

    public QualityCodesCommand()
        : base("codes", "Lists every ISRC and barcode in the accessions that is none, by source and record, with what is wrong and what it probably was. Proposals for whoever keeps the source.",
            "lacquer quality codes", "lacquer quality codes --source musicbrainz --json")
        => Take(_source);

    public override async Task<int> RunAsync(ParseResult line, Terminal terminal, CancellationToken stop)
    {
        var request = new CodeScanRequest(Archive(line, terminal), line.GetValue(_source));
        var list = IsJson(line) ? new JsonList(terminal, "codes") : null;
        CodeScanReport report;
        using (var progress = new ProgressLine(terminal))
            report = await Task.Run(() => CodeScan.Run(request, terminal.Clock, Show, progress, stop), CancellationToken.None).ConfigureAwait(false);
        if (list is not null)
        {
            list.End(report);
            return End(terminal, report.Findings);
        }

        if (report.Counts.Any(c => c.Faulty > 0))
            terminal.Print();
        terminal.Print($"{Figures.Of(report.Records, "record", "records")} of {Figures.Of(report.Accessions, "accession", "accessions")}");
        var table = new Table("source", "code", "codes", "faulty", "with a suggestion").Right(2, 3, 4);
        foreach (var count in report.Counts)
            table.Add(count.Source, Word(count.Kind), Figures.Count(count.Codes), Figures.Count(count.Faulty), Figures.Count(count.Suggested));
        table.Print(terminal);
        return End(terminal, report.Findings);

        void Show(FaultyCode code)
        {
            if (list is not null) list.Add(code);
            else terminal.Print(FormattableString.Invariant($"{code.Source}/{code.Accession:D6} at {code.Offset}  {Word(code.Kind)} '{code.Text}': {code.Problem}{(code.Suggestion is { } suggestion ? $"; {suggestion}?" : "")}"));
        }
    }

    private static string Word(CodeKind kind) => kind == CodeKind.Isrc ? "ISRC" : "GTIN";
}
