using System.CommandLine;
using Lacquer.Cli.Rendering;
using Lacquer.Formats.Archives;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Findings;
using Lacquer.Stages.Exploring;
using Lacquer.Stages.Workbench;

namespace Lacquer.Cli.Commands;

/// <summary>Sets two catalogues side by side.</summary>
internal sealed class CompareCommand : Verb
{
    private readonly Argument<string> _a = new("A") { Description = "A catalogue: its name in the archive (000001), its file, or the folder of an archive, which means its newest. Or a MusicBrainz dump: recording.tar.xz, release.tar.xz, or a folder with them." };
    private readonly Argument<string> _b = new("B") { Description = "Another." };
    private readonly Option<string?> _list = new("--list") { Description = "both, only-a or only-b: lists what stands there, a line each, instead of counting.", HelpName = "SIDE" };
    private readonly Option<string> _kind = new("--kind") { Description = "What to list: isrcs (what one gets without it), recordings (ids; beside a dump MBIDs) or releases (GTINs).", HelpName = "KIND", DefaultValueFactory = _ => "isrcs" };

    public CompareCommand()
        : base("compare", "Sets two catalogues side by side: ISRCs, recordings by id and releases by GTIN that are in both, only in the first, only in the second. In place of one or both, a MusicBrainz JSON dump.",
            "lacquer compare 000001 000002", "lacquer compare 000001 recording.tar.xz --list only-b", "lacquer compare /srv/music /srv/other --list only-b --kind recordings")
    {
        _list.Validators.Add(result =>
        {
            if (result.Tokens is [var token, ..] && token.Value is not ("both" or "only-a" or "only-b"))
                result.AddError($"--list is both, only-a or only-b, not '{token.Value}'");
        });
        _kind.Validators.Add(result =>
        {
            if (result.Tokens is [var token, ..] && token.Value is not ("isrcs" or "recordings" or "releases"))
                result.AddError($"--kind is isrcs, recordings or releases, not '{token.Value}'");
        });
        Arguments.Add(_a);
        Arguments.Add(_b);
        Take(_list, _kind);
    }

    public override async Task<int> RunAsync(ParseResult line, Terminal terminal, CancellationToken stop)
    {
        var request = new CompareRequest(Find(line, terminal, line.GetRequiredValue(_a)), Find(line, terminal, line.GetRequiredValue(_b)));
        if (line.GetValue(_list) is { } list)
        {
            var kind = line.GetValue(_kind) switch { "recordings" => CompareKind.Recordings, "releases" => CompareKind.Releases, _ => CompareKind.Isrcs };
            var side = list switch { "only-a" => CompareSide.OnlyA, "only-b" => CompareSide.OnlyB, _ => CompareSide.Both };
            using var reading = new ProgressLine(terminal);
            List(line, terminal, Compare.List(request, kind, side, reading, stop));
            return ExitCode.Done;
        }

        CompareReport report;
        using (var progress = new ProgressLine(terminal))
            report = await Task.Run(() => Compare.Run(request, progress, stop), CancellationToken.None).ConfigureAwait(false);
        Print(line, terminal, report, () =>
        {
            terminal.Print($"A  {report.A}");
            terminal.Print($"B  {report.B}");
            terminal.Print();
            var table = new Table("", "in both", "only in A", "only in B").Right(1, 2, 3);
            var isDump = report.FaultsA is not null || report.FaultsB is not null;
            foreach (var (what, overlap) in new[] { ("ISRCs", report.Isrcs), (isDump ? "recordings by MBID" : "recordings", report.Recordings), ("releases by GTIN", report.Releases) })
                if (overlap is null) table.Add(what, "-", "-", "-");
                else table.Add(what, Figures.Count(overlap.Both), Figures.Count(overlap.OnlyA), Figures.Count(overlap.OnlyB));
            table.Print(terminal);
            foreach (var (side, faults) in new[] { ("A", report.FaultsA), ("B", report.FaultsB) })
            {
                if (faults is { InvalidIsrcs: > 0 })
                    terminal.Print($"{side} has {Figures.Of(faults.InvalidIsrcs, "invalid ISRC", "invalid ISRCs")}");
                if (faults is { UnreadableLines: > 0 })
                    terminal.Print($"{side} has {Figures.Of(faults.UnreadableLines, "line that is no document", "lines that are no documents")}");
            }
        });
        return ExitCode.Done;
    }

    // Line by line, since a list may be longer than memory; ids, ISRCs and GTINs need no escaping.
    private void List(ParseResult line, Terminal terminal, IEnumerable<string> keys)
    {
        if (!IsJson(line))
        {
            foreach (var key in keys)
                terminal.Print(key);
            return;
        }

        string? before = null;
        terminal.Print("[");
        foreach (var key in keys)
        {
            if (before is not null)
                terminal.Print($"  \"{before}\",");
            before = key;
        }

        if (before is not null)
            terminal.Print($"  \"{before}\"");
        terminal.Print("]");
    }

    private string Find(ParseResult line, Terminal terminal, string text)
    {
        if (text.Length == 6 && text.All(char.IsAsciiDigit)
            && Path.Combine(new ArchiveLayout(Archive(line, terminal)).Catalogue(text), CatalogueReader.CatalogueFileName) is var named && File.Exists(named))
            return named;
        var path = terminal.PathOf(text);
        if (File.Exists(path))
            return path;
        var inside = Path.Combine(path, CatalogueReader.CatalogueFileName);
        if (File.Exists(inside))
            return inside;
        if (File.Exists(new ArchiveLayout(path).Configuration))
            return new ArchiveLayout(path).NewestCatalogue() is { } newest
                ? Path.Combine(newest, CatalogueReader.CatalogueFileName)
                : throw new LacquerException(Failure.Missing, $"{path} has no catalogue yet", "lacquer catalogue builds one");
        if (MusicBrainzDump.IsAt(path))
            return path;
        throw new LacquerException(Failure.Missing, $"'{text}' is neither a catalogue of this archive nor a catalogue's file nor an archive's folder nor a MusicBrainz dump", "lacquer status names the newest catalogue");
    }
}
