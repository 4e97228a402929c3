using System.CommandLine;
using Lacquer.Cli.Rendering;
using Lacquer.Stages.Cataloguing;
using Lacquer.Stages.Cataloguing.Checking;

namespace Lacquer.Cli.Commands;

/// <summary>Builds the catalogue.</summary>
internal sealed class CatalogueCommand : Verb
{
    private readonly Option<long?> _memory = Size("--memory", "What the build may take; what does not fit goes to files. Otherwise half of what the machine has.");
    private readonly Option<bool> _dryRun = new("--dry-run") { Description = "Say whether anything would be built, and stop." };
    private readonly Option<bool> _check = new("--check") { Description = "Build nothing: read records of the sources again, and hold each value against the newest catalogue." };
    private readonly Option<int> _sample = Whole("--sample", "With --check: how many records, drawn evenly over all accessions; 1000 if not given.", 1000, 1, int.MaxValue);
    private readonly Option<bool> _all = new("--all") { Description = "With --check: every record." };

    public CatalogueCommand()
        : base("catalogue", "Compiles all accessions into a new catalogue: matched, merged, ranked by listens, searchable. Where nothing has changed, the catalogue that stands is kept.",
            "lacquer catalogue", "lacquer catalogue --memory 4GB --archive /srv/music", "lacquer catalogue --check --all")
    {
        Aliases.Add("catalog");
        Take(_memory, _dryRun, _check, _sample, _all);
        Validators.Add(line =>
        {
            var (sample, all) = (line.GetResult(_sample) is { Implicit: false }, line.GetResult(_all) is { Implicit: false });
            if (line.GetResult(_check) is not { Implicit: false } && (sample || all))
                line.AddError($"{(sample ? "--sample" : "--all")} goes with --check");
            else if (sample && all)
                line.AddError("--sample and --all exclude each other");
        });
    }

    public override async Task<int> RunAsync(ParseResult line, Terminal terminal, CancellationToken stop)
    {
        if (line.GetValue(_check))
            return await CheckAsync(line, terminal, stop).ConfigureAwait(false);
        var request = new CatalogueRequest(Archive(line, terminal), line.GetValue(_memory));
        if (line.GetValue(_dryRun))
        {
            var plan = CatalogueBuild.Plan(request, terminal.Clock);
            var records = plan.Accessions.Sum(a => a.Records);
            Print(line, terminal, new { plan.Name, plan.IsUpToDate, Accessions = plan.Accessions.Count, Records = records },
                () => terminal.Print(plan.IsUpToDate ? $"catalogue {plan.Name} is up to date"
                    : $"would build catalogue {plan.Name} of {Figures.Of(plan.Accessions.Count, "accession", "accessions")}, {Figures.Of(records, "record", "records")}"));
            return ExitCode.Done;
        }

        CatalogueReport report;
        using (var progress = new ProgressLine(terminal))
            report = await Task.Run(() => CatalogueBuild.Run(request, terminal.Clock, progress, stop), CancellationToken.None).ConfigureAwait(false);
        Print(line, terminal, report, () =>
        {
            var t = report.Totals;
            terminal.Print($"catalogue {report.Name}{(report.IsNew ? "" : " is up to date")}: {Figures.Of(t.Recordings, "recording", "recordings")}, {Figures.Of(t.Releases, "release", "releases")}, {Figures.Of(t.Artists, "artist", "artists")}, {Figures.Of(t.Tracks, "track", "tracks")}, {Figures.Of(t.Listens, "listen", "listens")}");
            foreach (var id in report.AlsoWithdrawn)
                terminal.Print($"{id} is held, and the same as what is withdrawn: lacquer withdraw {id} names it, so that mirrors delete it");
            if (report.IsNew)
                terminal.Hint("lacquer search WORDS looks into it; lacquer plan says what keeping it takes");
        });
        return End(terminal, report.Findings);
    }

    private async Task<int> CheckAsync(ParseResult line, Terminal terminal, CancellationToken stop)
    {
        var request = new CatalogueCheckRequest(Archive(line, terminal), line.GetValue(_all) ? null : line.GetValue(_sample));
        CatalogueCheckReport report;
        using (var progress = new ProgressLine(terminal))
            report = await Task.Run(() => CatalogueCheck.RunAsync(request, terminal.Clock, progress, stop), CancellationToken.None).ConfigureAwait(false);
        Print(line, terminal, report, () =>
        {
            terminal.Print($"catalogue {report.Catalogue}, {(report.IsSample ? "a sample of " : "")}{Figures.Of(report.Records, "record", "records")} with {Figures.Of(report.Tracks, "track", "tracks")}: {Figures.Count(report.Same)} the same, {Figures.Count(report.Differing)} where another record leads, {Figures.Count(report.Lost)} lost, {Figures.Count(report.Superseded)} superseded, {Figures.Count(report.SetAside)} set aside");
            terminal.Print();
            var table = new Table().Right(2, 3, 4);
            table.Add("source", "field", "same", "another leads", "lost");
            foreach (var field in report.Fields)
                table.Add(field.Source, field.Field, Figures.Count(field.Same), Figures.Count(field.AnotherLeads), Figures.Count(field.Lost));
            table.Print(terminal);
            Values(terminal, "another record leads:", report.Led);
            Values(terminal, "lost:", report.Missing);
        });
        foreach (var finding in report.Findings)
            terminal.WriteError($"  {finding.Subject}: {finding.Message} ({finding.Kind})");
        if (report.IsWhole)
            return ExitCode.Done;
        terminal.Say(report.Lost > 0 ? $"{Figures.Of(report.Lost, "record", "records")} of the sources did not come through whole: the catalogue is damaged, or its build is at fault" : "not every accession could be read as the catalogue counts it");
        terminal.Hint("lacquer verify checks the archive's files; a catalogue whose folder is removed is built again");
        return ExitCode.Findings;
    }

    private static void Values(Terminal terminal, string title, IReadOnlyList<CheckedValue> values)
    {
        if (values.Count == 0)
            return;
        terminal.Print();
        terminal.Print(title);
        foreach (var value in values)
            terminal.Print(FormattableString.Invariant($"  {value.Source}/{value.Accession:D6} at {value.Offset}, {value.Entity} {value.Field}: '{value.Said}'; catalogued '{value.Held}'{(value.Leads is { } leads ? $" of {leads}" : "")}"));
    }
}
