using System.CommandLine;
using Lacquer.Cli.Rendering;
using Lacquer.Formats.Archives;
using Lacquer.Stages.Workbench;

namespace Lacquer.Cli.Commands;

/// <summary>Lists signs that something is not music, or was uploaded in bulk.</summary>
internal sealed class QualitySignalsCommand : Verb
{
    public QualitySignalsCommand()
        : base("signals", "Lists signs that something is not music or was uploaded in bulk, with the numbers they come from, and how many recordings quality.tail in lacquer.toml puts after all others.",
            "lacquer quality signals", "lacquer quality signals --json")
    {
    }

    public override async Task<int> RunAsync(ParseResult line, Terminal terminal, CancellationToken stop)
    {
        using var archive = OpenArchive.ToRead(Archive(line, terminal), terminal.Clock);
        using var catalogue = Lookup.Catalogue(archive);
        var policy = archive.Configuration.Quality;
        var list = IsJson(line) ? new JsonList(terminal, "signals") : null;
        var counts = new long[QualitySignalNames.Known.Count];
        foreach (var sign in QualitySigns.Of(catalogue, archive.Ledger, policy, Enum.GetValues<QualitySignal>()))
        {
            stop.ThrowIfCancellationRequested();
            counts[(int)sign.Signal]++;
            if (list is not null) list.Add(sign);
            else terminal.Print($"{QualitySignalNames.Of(sign.Signal)}  {sign.Id?.ToString() ?? Figures.Date(sign.Date)}  {sign.Name}: {Said(sign)}");
        }

        var tail = await Task.Run(() => QualitySigns.Tail(catalogue, archive.Ledger, policy, stop), CancellationToken.None).ConfigureAwait(false);
        var inTail = tail is null ? 0 : tail.Cast<bool>().LongCount(bit => bit);
        var report = new { Catalogue = catalogue.Name, Signals = QualitySignalNames.Known.Select((name, i) => new { Signal = name, Count = counts[i] }), Tail = policy.Tail.Select(QualitySignalNames.Of), RecordingsInTail = inTail };
        if (list is not null)
        {
            list.End(report);
            return ExitCode.Done;
        }

        if (counts.Sum() > 0)
            terminal.Print();
        terminal.Print($"catalogue {catalogue.Name}: {string.Join(", ", QualitySignalNames.Known.Select((name, i) => $"{name} {Figures.Count(counts[i])}"))}");
        terminal.Print($"in the tail: {Figures.Of(inTail, "recording", "recordings")}{(policy.Tail.Count == 0 ? " (quality.tail is empty)" : "")}");
        return ExitCode.Done;
    }

    private static string Said(QualitySign sign) => sign.Signal switch
    {
        QualitySignal.Short => $"{Figures.Count(sign.Value)} ms, at most {Figures.Count(sign.Threshold)}",
        QualitySignal.Flood => $"{Figures.Count(sign.Value)} tracks in a day, more than {Figures.Count(sign.Threshold)}",
        QualitySignal.SameDuration => $"{Figures.Count(sign.Value)} tracks of the same duration, at least {Figures.Count(sign.Threshold)}",
        QualitySignal.SameAudio => $"the same audio under {Figures.Count(sign.Value)} titles and artists, at least {Figures.Count(sign.Threshold)}",
        _ => $"{Figures.Count(sign.Value)} tracks of the same title, at least {Figures.Count(sign.Threshold)}",
    };
}
