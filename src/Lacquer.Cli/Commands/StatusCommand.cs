using System.CommandLine;
using Lacquer.Cli.Rendering;
using Lacquer.Formats.Accessions;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Ledgers;
using Lacquer.Stages.Workbench;

namespace Lacquer.Cli.Commands;

/// <summary>Says what an archive holds and what was set aside.</summary>
internal sealed class StatusCommand : Verb
{
    private static readonly TimeSpan Watched = TimeSpan.FromSeconds(2);
    private readonly Option<bool> _watch = new("--watch") { Description = "Show how ingest goes on, every two seconds, until Ctrl-C; with --json a document a line." };

    public StatusCommand()
        : base("status", "Says what the archive has, how far it has got, and what was denied or set aside, with the reasons.", "lacquer status", "lacquer status --json --archive /srv/music", "lacquer status --watch")
        => Take(_watch);

    public override async Task<int> RunAsync(ParseResult line, Terminal terminal, CancellationToken stop)
    {
        if (!line.GetValue(_watch))
            return Once(line, terminal);
        while (!stop.IsCancellationRequested)
        {
            Watch(line, terminal);
            await Task.Delay(Watched, terminal.Clock, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return ExitCode.Done;
    }

    private void Watch(ParseResult line, Terminal terminal)
    {
        using var archive = OpenArchive.ToRead(Archive(line, terminal), terminal.Clock);
        using var catalogue = archive.Layout.NewestCatalogue() is { } folder ? CatalogueReader.Open(folder) : null;
        var objects = archive.Ledger.ObjectTotals();
        var queue = QueueState.Of(archive.Ledger, catalogue?.Totals().Listens ?? 0, terminal.Clock);
        var failures = FailureGroup.Of(archive.Ledger.Jobs(JobState.SetAside));
        if (IsJson(line))
        {
            terminal.PrintJsonPart(JsonText.LineOf(new { Objects = new { objects.Count, objects.LengthBytes }, Queue = queue, Failures = failures.Select(f => new { f.Kind, f.Jobs.Count }) }));
            return;
        }

        var table = new Table();
        table.Add("objects", $"{Figures.Count(objects.Count)}  {Figures.Bytes(objects.LengthBytes)}" + (queue.Coverage is { } coverage ? $"; {Figures.Percent(coverage)} of all listens" : ""));
        QueueLines.AddPace(table, queue);
        terminal.ClearScreen();
        table.Print(terminal);
        terminal.Print();
        QueueLines.Stages(queue.Stages).Print(terminal);
        if (failures.Count == 0)
            return;
        terminal.Print();
        terminal.Print("set aside by ingest:");
        var reasons = new Table().Right(0).Elastic(1);
        foreach (var failure in failures)
            reasons.Add(Figures.Count(failure.Jobs.Count), failure.Kind);
        reasons.Print(terminal, "  ");
    }

    private int Once(ParseResult line, Terminal terminal)
    {
        using var archive = OpenArchive.ToRead(Archive(line, terminal), terminal.Clock);
        var ledger = archive.Ledger;
        var accessions = ledger.Accessions();
        using var catalogue = archive.Layout.NewestCatalogue() is { } folder ? CatalogueReader.Open(folder) : null;
        var totals = catalogue?.Totals();
        var objects = ledger.ObjectTotals();
        var jobs = ledger.JobCounts();
        var volumes = ledger.Volumes();
        var editions = ledger.Editions();
        var queue = QueueState.Of(ledger, totals?.Listens ?? 0, terminal.Clock);
        var denied = jobs.Where(j => j.State == JobState.Denied).ToList();
        var aside = ledger.Jobs(JobState.SetAside);
        var findings = ledger.Findings();
        Print(line, terminal, new
        {
            archive.Configuration.Name,
            Archive = archive.Layout.Root,
            Policy = archive.Configuration.Rights.Version,
            Accessions = accessions,
            Catalogue = catalogue is null ? null : new { catalogue.Name, totals!.Recordings, totals.Releases, totals.Artists, totals.Tracks, totals.Listens },
            Objects = new { objects.Count, objects.LengthBytes },
            Publishable = ledger.PublishableCount(),
            Queue = queue,
            Jobs = jobs.Select(j => new { j.State, j.Reason, j.Count }),
            SetAside = findings.Concat(aside.Select(j => new Formats.Findings.Finding("ingest", j.Recording.ToString(), "unusable", j.Reason))),
            Volumes = volumes,
            Editions = editions,
        }, Lines);
        return ExitCode.Done;

        void Lines()
        {
            var table = new Table();
            table.Add("archive", $"{archive.Configuration.Name} in {archive.Layout.Root}");
            foreach (var accession in accessions)
                table.Add("accession", FormattableString.Invariant($"{accession.Source}/{accession.Number:D6}  {(AudioRecord.IsOf(accession.Adapter) ? Figures.Of(accession.Records, "file", "files") : Figures.Of(accession.Records, "record", "records"))} from {accession.Location}"));
            if (accessions.Count == 0)
                table.Add("accessions", "none");
            table.Add("catalogue", catalogue is null ? "none yet"
                : $"{catalogue.Name}  {Figures.Of(totals!.Recordings, "recording", "recordings")}, {Figures.Of(totals.Releases, "release", "releases")}, {Figures.Of(totals.Artists, "artist", "artists")}");
            table.Add("objects", objects.Count == 0 ? "none yet"
                : $"{Figures.Count(objects.Count)}  {Figures.Bytes(objects.LengthBytes)}; {Figures.Of(ledger.PublishableCount(), "recording", "recordings")} may be published");
            if (queue.Coverage is { } coverage && objects.Count > 0)
                table.Add("coverage", $"{Figures.Percent(coverage)} of all listens");
            QueueLines.AddPace(table, queue);
            var standing = volumes.Where(v => !v.Retired).ToList();
            table.Add("volumes", standing.Count == 0 ? "none yet"
                : $"{Figures.Count(standing.Count)}  {Figures.Of(standing.Sum(v => (long)v.Files), "file", "files")}, {Figures.Bytes(standing.Sum(v => v.LengthBytes))}"
                    + (volumes.Count > standing.Count ? $"; {Figures.Count(volumes.Count - standing.Count)} retired" : ""));
            table.Add("editions", editions.Count == 0 ? "none yet" : $"{Figures.Count(editions.Count)}  the newest is {editions[^1].Name}");
            table.Print(terminal);
            if (queue.Waiting + queue.PausedJobs > 0)
            {
                terminal.Print();
                QueueLines.Stages(queue.Stages).Print(terminal);
            }

            if (denied.Count > 0)
            {
                terminal.Print();
                terminal.Print("not let in by the gate:");
                var reasons = new Table().Right(0);
                foreach (var (_, reason, count) in denied.OrderByDescending(d => d.Count))
                    reasons.Add(Figures.Count(count), reason);
                reasons.Print(terminal, "  ");
            }

            foreach (var stage in findings.GroupBy(f => f.Stage))
            {
                terminal.Print();
                terminal.Print($"set aside by {stage.Key}:");
                foreach (var finding in stage)
                    terminal.Print($"  {finding.Subject}: {finding.Message} ({finding.Kind})");
            }

            if (aside.Count > 0)
            {
                terminal.Print();
                terminal.Print("set aside by ingest:");
                QueueLines.Print(terminal, FailureGroup.Of(aside));
            }

            if (accessions.Count == 0 && catalogue is null)
                terminal.Hint("lacquer harvest folder DIR brings the first accession");
        }
    }
}
