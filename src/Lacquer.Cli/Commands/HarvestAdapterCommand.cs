using System.CommandLine;
using Lacquer.Cli.Rendering;
using Lacquer.Stages.Harvesting;
using Lacquer.Stages.Sources;

namespace Lacquer.Cli.Commands;

/// <summary>Harvests by an adapter.</summary>
internal sealed class HarvestAdapterCommand : Verb
{
    private readonly Adapter _adapter;
    private readonly Argument<string> _location;
    private readonly Option<string?> _source;
    private readonly Option<bool> _dryRun = new("--dry-run") { Description = "Say what would be read, and stop." };
    private readonly List<Option<string?>> _values = [];
    private readonly List<Option<bool>> _flags = [];

    public HarvestAdapterCommand(Adapter adapter)
        : base(adapter.Name, adapter.Summary, [.. adapter.Examples])
    {
        _adapter = adapter;
        _location = new("LOCATION") { Description = adapter.LocationHelp };
        _source = new("--source") { Description = "The source's name: a-z, digits, dots, hyphens.", HelpName = "NAME" };
        Arguments.Add(_location);
        foreach (var option in adapter.Options)
            if (option.HelpName is null) _flags.Add(new Option<bool>(option.Name) { Description = option.Description });
            else _values.Add(new Option<string?>(option.Name) { Description = option.Description, HelpName = option.HelpName });
        Take([_source, .. _values, .. _flags, _dryRun]);
    }

    public override async Task<int> RunAsync(ParseResult line, Terminal terminal, CancellationToken stop)
    {
        var options = _values.Select(o => (o.Name, Value: line.GetValue(o))).Where(o => o.Value is not null).ToDictionary(o => o.Name, o => o.Value!, StringComparer.Ordinal);
        foreach (var flag in _flags.Where(f => line.GetValue(f)))
            options.Add(flag.Name, "");
        var request = new AdapterRequest(Archive(line, terminal), line.GetRequiredValue(_location), terminal.Folder, line.GetValue(_source), options, terminal.Variable);
        if (await _adapter.AnswerAsync(request, stop).ConfigureAwait(false) is { } answer)
        {
            Print(line, terminal, new { Answer = answer }, () =>
            {
                foreach (var text in answer.Split('\n'))
                    terminal.Print(text);
            });
            return ExitCode.Done;
        }

        AdapterReport report;
        using (var progress = new ProgressLine(terminal))
        {
            if (line.GetValue(_dryRun))
            {
                var subject = await AdapterHarvest.PrepareAsync(_adapter, request, progress, stop).ConfigureAwait(false);
                Print(line, terminal, new { subject.Source, Files = subject.Origins.Select(o => o.File).ToList(), subject.Note }, () => terminal.Print($"{(subject.Note.Length > 0 ? subject.Note : $"would read {request.Location}")}, as source {subject.Source}"));
                return ExitCode.Done;
            }

            report = await AdapterHarvest.RunAsync(_adapter, request, terminal.Clock, progress, stop).ConfigureAwait(false);
        }

        Print(line, terminal, report, () =>
        {
            terminal.Print(report.Accession == 0 ? $"{report.Source}: nothing was found"
                : FormattableString.Invariant($"accession {report.Source}/{report.Accession:D6}: {Figures.Of(report.Records, "record", "records")}{(report.IsNew ? "" : ", nothing new")}{(report.Unchanged > 0 ? $", {Figures.Count(report.Unchanged)} unchanged" : "")}{(report.SetAside > 0 ? $", {Figures.Count(report.SetAside)} set aside" : "")}"));
            if (report.IsNew)
                terminal.Hint("lacquer catalogue compiles it");
        });
        return End(terminal, report.Findings);
    }
}
