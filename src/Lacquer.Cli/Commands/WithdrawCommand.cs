using System.CommandLine;
using Lacquer.Cli.Rendering;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Editions;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Stages.Withdrawing;
using Lacquer.Stages.Workbench;

namespace Lacquer.Cli.Commands;

/// <summary>Takes back what was published.</summary>
internal sealed class WithdrawCommand : Verb
{
    private readonly Argument<string?> _id = new("ID") { Description = "A recording, a release with the recordings on it, or an artist with all of its: rec-…, rel-…, art-…, an MBID, an ISRC, or a rank as #7.", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<string?> _licence = new("--licence") { Description = "Everything held under a licence (CC-BY-NC-4.0) or a class of licences (non-commercial).", HelpName = "LICENCE" };
    private readonly Option<string?> _source = new("--source") { Description = "Everything held from a source; no later catalogue reads its records.", HelpName = "NAME" };
    private readonly Option<int?> _undo = new("--undo") { Description = "Undo withdrawal N.", HelpName = "N" };
    private readonly Option<string?> _reason = new("--reason") { Description = "Why; it is published.", HelpName = "TEXT" };
    private readonly Option<string?> _reference = new("--reference") { Description = "The request's reference, as you keep it; it is published.", HelpName = "TEXT" };
    private readonly Option<bool> _erase = new("--erase") { Description = "Delete the audio at the next press. Otherwise it stays here in the dark." };
    private readonly Option<bool> _dryRun = new("--dry-run") { Description = "Say what would be taken back, and change nothing." };
    private readonly Option<bool> _list = new("--list") { Description = "List the withdrawals on record." };

    public WithdrawCommand()
        : base("withdraw", "Takes back what was published: a signed tombstone. The next catalogue and edition are without it, volumes that held it get a successor that shares every other file, and mirrors follow and delete it.",
            "lacquer withdraw rec-aaaaaaaaaaaaaaaa --reason \"asked for by the artist\" --reference RT-1234", "lacquer withdraw --licence non-commercial --reason \"new policy\" --dry-run", "lacquer withdraw --undo 1 --reason \"the request was withdrawn\"")
    {
        Arguments.Add(_id);
        Take(_licence, _source, _undo, _reason, _reference, _erase, _dryRun, _list);
    }

    public override async Task<int> RunAsync(ParseResult line, Terminal terminal, CancellationToken stop)
    {
        var folder = Archive(line, terminal);
        var named = new[] { line.GetValue(_id), line.GetValue(_licence), line.GetValue(_source), line.GetValue(_undo)?.ToString(System.Globalization.CultureInfo.InvariantCulture), line.GetValue(_list) ? "" : null }.OfType<string>().Count();
        if (named != 1)
            throw new LacquerException(Failure.Usage, named == 0 ? "nothing is named" : "more than one thing is named", "name an ID, or one of --licence, --source, --undo and --list");
        if (line.GetValue(_list))
            return List(line, terminal, folder);
        var reason = line.GetValue(_reason) ?? throw new LacquerException(Failure.Usage, "a withdrawal has a reason, which is published", "--reason \"asked for by the rights holder\"");
        var reference = line.GetValue(_reference) ?? "";
        if (line.GetValue(_undo) is { } number)
        {
            var undone = await Task.Run(() => Withdraw.Undo(folder, number, reason, reference, terminal.Clock), CancellationToken.None).ConfigureAwait(false);
            Print(line, terminal, undone, () =>
            {
                terminal.Print(FormattableString.Invariant($"withdrawal {number:D6} is undone, by {undone.Number:D6}"));
                terminal.Hint("lacquer catalogue, ingest, press and publish have what it named again");
            });
            return ExitCode.Done;
        }

        var request = Request(line, folder, reason, reference, terminal);
        var report = await Task.Run(() => line.GetValue(_dryRun) ? Withdraw.Plan(request, terminal.Clock) : Withdraw.Run(request, terminal.Clock), CancellationToken.None).ConfigureAwait(false);
        Print(line, terminal, report, () =>
        {
            terminal.Print(FormattableString.Invariant($"{(report.File is null ? "would be withdrawal" : "withdrawal")} {report.Number:D6}: ") + $"{Figures.Of(report.Recordings, "recording", "recordings")}, {Figures.Of(report.Releases, "release", "releases")}, {Figures.Of(report.Artists, "artist", "artists")}; {Figures.Of(report.Objects, "object", "objects")}, {Figures.Bytes(report.Bytes)}");
            foreach (var volume in report.Volumes)
                terminal.Print($"  {volume} {(report.File is null ? "would get" : "gets")} a successor without what is withdrawn");
            if (report.File is not { } file)
                return;
            terminal.Print($"in {file}");
            terminal.Hint("lacquer catalogue, press and publish make the edition without it; older editions still name it, and may be deleted");
        });
        return ExitCode.Done;
    }

    private WithdrawRequest Request(ParseResult line, string folder, string reason, string reference, Terminal terminal)
    {
        var erase = line.GetValue(_erase);
        if (line.GetValue(_licence) is { } licence)
            return new WithdrawRequest(folder, WithdrawalScope.Licence, licence, reason, reference, erase);
        if (line.GetValue(_source) is { } source)
            return new WithdrawRequest(folder, WithdrawalScope.Source, source, reason, reference, erase);
        var id = Lookup.Id(folder, line.GetValue(_id)!, terminal.Clock);
        return new WithdrawRequest(folder, id.Kind switch { EntityKind.Recording => WithdrawalScope.Recording, EntityKind.Release => WithdrawalScope.Release, _ => WithdrawalScope.Artist }, id.ToString(), reason, reference, erase);
    }

    private int List(ParseResult line, Terminal terminal, string folder)
    {
        using var archive = OpenArchive.ToRead(folder, terminal.Clock);
        var all = archive.Ledger.Withdrawals();
        Print(line, terminal, all, () =>
        {
            foreach (var w in all)
                terminal.Print(FormattableString.Invariant($"{w.Number:D6}  {w.Date:yyyy-MM-dd}  ") + (w.Undoes is { } undoes ? FormattableString.Invariant($"undoes {undoes:D6}") : $"{Tombstone.Name(w.Scope)} {w.Subject}{(w.IsErased ? ", erased" : "")}{(w.IsUndone ? ", undone" : "")}") + $": {w.Reason}{(w.Reference.Length > 0 ? $" ({w.Reference})" : "")}");
            if (all.Count == 0)
                terminal.Print("nothing was withdrawn");
        });
        return ExitCode.Done;
    }
}
