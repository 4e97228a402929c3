using System.CommandLine;
using Lacquer.Cli.Rendering;
using Lacquer.Stages.Exporting;

namespace Lacquer.Cli.Commands;

/// <summary>Writes a catalogue as tables.</summary>
internal sealed class ExportCommand : Verb
{
    private readonly Argument<string> _folder = new("DIR") { Description = "The folder to write: new, empty or an earlier export, which is replaced." };
    private readonly Option<string?> _catalogue = new("--catalogue") { Description = "The catalogue's name, such as 000001; otherwise the newest.", HelpName = "NAME" };
    private readonly Option<string?> _tables = new("--tables") { Description = "Only these tables, with commas between; otherwise all.", HelpName = "NAMES" };

    public ExportCommand()
        : base("export", "Writes the tables of a catalogue as Parquet files, with a datapackage.json that describes them: for DuckDB, Polars, Arrow, Spark and whatever else reads tables.",
            "lacquer export tables", "lacquer export tables --tables recording,recording_isrc --archive /srv/music")
    {
        Arguments.Add(_folder);
        Take(_catalogue, _tables);
        _catalogue.Validators.Add(result =>
        {
            if (result.Tokens is [var token, ..] && (token.Value.Length != 6 || !token.Value.All(char.IsAsciiDigit)))
                result.AddError($"a catalogue is named by six digits, such as 000001, not '{token.Value}'");
        });
    }

    public override async Task<int> RunAsync(ParseResult line, Terminal terminal, CancellationToken stop)
    {
        // Without what a shell adds behind a folder's name; the root of all has nothing else.
        var request = new ExportRequest(Archive(line, terminal), Path.TrimEndingDirectorySeparator(terminal.PathOf(line.GetRequiredValue(_folder))), line.GetValue(_catalogue),
            line.GetValue(_tables)?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        ExportReport report;
        using (var progress = new ProgressLine(terminal))
            report = await Task.Run(() => Export.Run(request, terminal.Clock, progress, stop), CancellationToken.None).ConfigureAwait(false);
        Print(line, terminal, report, () =>
        {
            var table = new Table("table", "rows", "size").Right(1, 2);
            foreach (var one in report.Tables)
                table.Add(one.Name, Figures.Count(one.Rows), Figures.Bytes(one.LengthBytes));
            table.Print(terminal);
            terminal.Print($"catalogue {report.Catalogue}: {Figures.Of(report.Tables.Count, "table", "tables")}, {Figures.Bytes(report.LengthBytes)} in {report.Folder}");
        });
        return ExitCode.Done;
    }
}
