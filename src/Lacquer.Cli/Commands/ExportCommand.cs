using System.CommandLine;
using Lacquer.Cli.Rendering;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Stages.Exporting;

namespace Lacquer.Cli.Commands;

/// <summary>Writes a catalogue as tables, or objects as a package.</summary>
internal sealed class ExportCommand : Verb
{
    private readonly Argument<string> _folder = new("DIR") { Description = "The folder to write: new or empty; of tables also an earlier export, which is replaced." };
    private readonly Option<string?> _catalogue = new("--catalogue") { Description = "The catalogue's name, such as 000001; otherwise the newest.", HelpName = "NAME" };
    private readonly Option<string?> _tables = new("--tables") { Description = "Only these tables, with commas between; otherwise all.", HelpName = "NAMES" };

    private readonly Argument<string[]> _ids = new("ID") { Description = "Of a package: recordings, and releases, which stand for their recordings; otherwise all that fits.", Arity = ArgumentArity.ZeroOrMore };
    private readonly Option<bool> _bagit = new("--bagit") { Description = "Objects with what is known of them, as a bag (BagIt 1.0)." };
    private readonly Option<bool> _ocfl = new("--ocfl") { Description = "The same as a storage root of the Oxford Common File Layout 1.1." };
    private readonly Option<string?> _list = new("--ids") { Description = "A file with ids, one a line, beside those named.", HelpName = "FILE" };
    private readonly Option<string?> _licence = new("--licence") { Description = "Only what is under this licence, such as CC-BY-4.0.", HelpName = "CODE" };
    private readonly Option<int> _top = Whole("--top", "At most so many, the most listened first; 0: all.", 0, 0, int.MaxValue);
    private readonly Option<bool> _dark = new("--dark") { Description = "Also what may be kept and not published." };

    public ExportCommand()
        : base("export", "Writes the tables of a catalogue as Parquet files, with a datapackage.json that describes them: for DuckDB, Polars, Arrow, Spark and whatever else reads tables. Or objects with what is known of them, for preservation systems.",
            "lacquer export tables", "lacquer export tables --tables recording,recording_isrc --archive /srv/music", "lacquer export bag --bagit --licence CC-BY-4.0 --top 1000")
    {
        Arguments.Add(_folder);
        Arguments.Add(_ids);
        Take(_catalogue, _tables, _bagit, _ocfl, _list, _licence, _top, _dark);
        _catalogue.Validators.Add(result =>
        {
            if (result.Tokens is [var token, ..] && (token.Value.Length != 6 || !token.Value.All(char.IsAsciiDigit)))
                result.AddError($"a catalogue is named by six digits, such as 000001, not '{token.Value}'");
        });
    }

    public override async Task<int> RunAsync(ParseResult line, Terminal terminal, CancellationToken stop)
    {
        var (bagit, ocfl) = (line.GetValue(_bagit), line.GetValue(_ocfl));
        if (bagit && ocfl)
            throw new LacquerException(Failure.Usage, "a package is a bag or an OCFL storage root, not both", "give --bagit or --ocfl");
        if (bagit || ocfl)
            return await PackageAsync(line, terminal, bagit ? PackageForm.BagIt : PackageForm.Ocfl, stop).ConfigureAwait(false);
        if (line.GetValue(_ids) is { Length: > 0 } || line.GetValue(_list) is not null || line.GetValue(_licence) is not null || line.GetValue(_top) > 0 || line.GetValue(_dark))
            throw new LacquerException(Failure.Usage, "what is named chooses objects, and tables are written whole", "add --bagit or --ocfl");
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

    private async Task<int> PackageAsync(ParseResult line, Terminal terminal, PackageForm form, CancellationToken stop)
    {
        if (line.GetValue(_catalogue) is not null || line.GetValue(_tables) is not null)
            throw new LacquerException(Failure.Usage, "--catalogue and --tables choose tables, and a package has objects", "leave them out");
        var request = new PackageRequest(Archive(line, terminal), Path.TrimEndingDirectorySeparator(terminal.PathOf(line.GetRequiredValue(_folder))), form, Ids(line, terminal), line.GetValue(_licence),
            line.GetValue(_top) is > 0 and var top ? top : null, line.GetValue(_dark), terminal.Variable);
        PackageReport report;
        using (var progress = new ProgressLine(terminal))
            report = await PackageExport.RunAsync(request, terminal.Clock, progress, stop).ConfigureAwait(false);
        Print(line, terminal, report, () => terminal.Print($"{Figures.Of(report.Recordings, "recording", "recordings")}, {Figures.Bytes(report.PayloadBytes)} as {(form == PackageForm.BagIt ? "a bag" : "an OCFL storage root")} in {report.Folder}"));
        return End(terminal, report.Findings);
    }

    private List<EntityId> Ids(ParseResult line, Terminal terminal)
    {
        var texts = (line.GetValue(_ids) ?? []).ToList();
        if (line.GetValue(_list) is { } list)
        {
            var path = terminal.PathOf(list);
            if (!File.Exists(path))
                throw new LacquerException(Failure.Missing, $"{path} is not there", "--ids names a file with ids, one a line");
            texts.AddRange(File.ReadLines(path).Select(l => l.Trim()).Where(l => l.Length > 0 && l[0] != '#'));
        }

        return texts.ConvertAll(text => EntityId.TryParse(text, out var id) && id.Kind is EntityKind.Recording or EntityKind.Release ? id
            : throw new LacquerException(Failure.Usage, $"'{text}' is not the id of a recording or a release", "lacquer search finds ids by name"));
    }
}
