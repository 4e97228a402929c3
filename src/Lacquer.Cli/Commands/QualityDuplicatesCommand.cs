using System.CommandLine;
using Lacquer.Cli.Rendering;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Ledgers;
using Lacquer.Stages.Harvesting;
using Lacquer.Stages.Sources;
using Lacquer.Stages.Workbench;

namespace Lacquer.Cli.Commands;

/// <summary>Lists recordings whose audio is the same, and accepts that they are one.</summary>
internal sealed class QualityDuplicatesCommand : Verb
{
    private const int AtOnce = 1000;

    private readonly Option<string[]> _by = new("--by") { Description = $"Only what was found by this: {string.Join(", ", SameAudioNames.Known)}. May be given several times.", HelpName = "HOW", Arity = ArgumentArity.OneOrMore };
    private readonly Option<bool> _accept = new("--accept") { Description = "Accept that each pair is one recording: an accession says so, and the next catalogue has one of it." };

    public QualityDuplicatesCommand()
        : base("duplicates", "Lists recordings that ingest found to be the same audio as another, what tells so, and whether one object is held for both: the files are the same, or decode to the same samples, or their fingerprints agree from beginning to end.",
            "lacquer quality duplicates", "lacquer quality duplicates --by bytes --by samples --accept")
    {
        _by.Validators.Add(result =>
        {
            foreach (var token in result.Tokens.Where(t => !SameAudioNames.TryParse(t.Value, out _)))
                result.AddError($"'{token.Value}' is none of {string.Join(", ", SameAudioNames.Known)}");
        });
        Take(_by);
        Take(_accept);
    }

    public override async Task<int> RunAsync(ParseResult line, Terminal terminal, CancellationToken stop)
    {
        var names = line.GetValue(_by) is { Length: > 0 } said ? said : SameAudioNames.Known;
        var by = names.Select(name => SameAudioNames.TryParse(name, out var how) ? how : default).Distinct().ToList();
        return line.GetValue(_accept) ? await AcceptAsync(line, terminal, by, stop).ConfigureAwait(false) : List(line, terminal, by, stop);
    }

    private int List(ParseResult line, Terminal terminal, List<SameAudioBy> by, CancellationToken stop)
    {
        using var archive = OpenArchive.ToRead(Archive(line, terminal), terminal.Clock);
        using var catalogue = Lookup.Catalogue(archive);
        var list = IsJson(line) ? new JsonList(terminal, "duplicates") : null;
        var (counts, once, merged) = (new long[SameAudioNames.Known.Count], 0L, 0L);
        for (SameAudioRow? after = null; archive.Ledger.SameAudio(after, AtOnce) is { Count: > 0 } rows; after = rows[^1])
            foreach (var row in rows.Where(r => by.Contains(r.By)))
            {
                stop.ThrowIfCancellationRequested();
                if (catalogue.Recording(row.Recording) is not { } recording || catalogue.Recording(row.Other) is not { } other)
                {
                    merged++; // one of them became the other, or is in the catalogue no more
                    continue;
                }

                counts[(int)row.By]++;
                once += row.Apart.Length == 0 ? 1 : 0;
                if (list is not null) list.Add(row);
                else terminal.Print(FormattableString.Invariant($"{SameAudioNames.Of(row.By)} {row.Score:0.000}  {row.Recording}  {Title(recording)}  =  {row.Other}  {Title(other)}: {(row.Apart.Length == 0 ? "one object" : $"two objects, {row.Apart}")}"));
            }

        var report = new { Catalogue = catalogue.Name, Pairs = by.Select(b => new { By = b, Count = counts[(int)b] }), OneObject = once, NotInCatalogue = merged };
        if (list is not null)
        {
            list.End(report);
            return ExitCode.Done;
        }

        if (counts.Sum() > 0)
            terminal.Print();
        terminal.Print($"catalogue {catalogue.Name}: {string.Join(", ", by.Select(b => $"{SameAudioNames.Of(b)} {Figures.Count(counts[(int)b])}"))}; one object for both: {Figures.Count(once)}");
        if (counts.Sum() > 0)
            terminal.Hint("where they are one recording, lacquer quality duplicates --accept has the next catalogue say so");
        return ExitCode.Done;
    }

    private async Task<int> AcceptAsync(ParseResult line, Terminal terminal, List<SameAudioBy> by, CancellationToken stop)
    {
        var request = new AdapterRequest(Archive(line, terminal), "the archive's ledger", terminal.Folder, null, new Dictionary<string, string>(), terminal.Variable);
        AdapterReport report;
        using (var progress = new ProgressLine(terminal))
            report = await AdapterHarvest.RunAsync(new SameAudioAdapter(by), request, terminal.Clock, progress, stop).ConfigureAwait(false);
        Print(line, terminal, report, () =>
        {
            terminal.Print(report.IsNew ? $"accession {report.Source}/{report.Accession:D6}: {Figures.Of(report.Records, "pair", "pairs")} accepted" : "nothing new to accept");
            if (report.IsNew)
                terminal.Hint("lacquer catalogue takes it up");
        });
        return ExitCode.Done;
    }

    private static string Title(RecordingRow recording) => recording.ArtistCredit.Length > 0 ? $"{recording.ArtistCredit}: {recording.Title}" : recording.Title;
}
