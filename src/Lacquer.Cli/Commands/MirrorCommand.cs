using System.CommandLine;
using Lacquer.Cli.Rendering;
using Lacquer.Formats.Archives;
using Lacquer.Stages.Founding;
using Lacquer.Stages.Mirroring;
using Lacquer.Stages.Workbench;

namespace Lacquer.Cli.Commands;

/// <summary>Mirrors an edition.</summary>
internal sealed class MirrorCommand : Verb
{
    private readonly Argument<string> _edition = new("EDITION") { Description = "Address or folder of an edition, or of an archive, whose newest edition is taken." };
    private readonly Option<long?> _budget = Size("--budget", "How much of it: whole volumes, best known first; otherwise all.");
    private readonly Option<string?> _key = new("--key") { Description = "The publisher's public key: the text that begins with RW, or a file with it.", HelpName = "KEY" };

    private readonly Option<string?> _objects = InitCommand.ObjectsOption();
    private readonly Option<string?> _endpoint = InitCommand.EndpointOption();

    public MirrorCommand()
        : base("mirror", "Makes an archive a copy of an edition, or brings it up to date; a new folder becomes one. Checks the signature, fetches catalogue and volumes, makes the search, checks every byte. Stopped at any moment, it carries on when run again.",
            "lacquer mirror https://example.org/music/ --archive /srv/mirror", "lacquer mirror /mnt/disk/music --budget 500GB --key signing.pub")
    {
        Arguments.Add(_edition);
        Take(_budget, _key, _objects, _endpoint);
    }

    public override async Task<int> RunAsync(ParseResult line, Terminal terminal, CancellationToken stop)
    {
        var folder = Archive(line, terminal);
        var edition = Origin(line.GetRequiredValue(_edition), terminal);
        // No archive is made for an edition that is not there.
        if (!File.Exists(new ArchiveLayout(folder).Configuration))
        {
            (await EditionOrigin.FindAsync(edition, stop).ConfigureAwait(false)).Dispose();
            terminal.Say($"made archive {NewArchive.Run(new NewArchiveRequest(folder, Objects: line.GetValue(_objects), Endpoint: line.GetValue(_endpoint))).Name} in {folder}");
        }

        MirrorReport report;
        using (var progress = new ProgressLine(terminal))
            report = await Mirror.RunAsync(
                new MirrorRequest(folder, edition, line.GetValue(_budget), Key(line.GetValue(_key), terminal), terminal.Variable), terminal.Clock, progress, stop).ConfigureAwait(false);
        Print(line, terminal, report, () => Print(report, terminal));
        return ExitCode.Done;
    }

    /// <summary>Says what was mirrored.</summary>
    public static void Print(MirrorReport report, Terminal terminal)
    {
        terminal.Print($"mirrored edition {report.Edition} of {report.Origin}");
        if (report.DeltaRefused is { } why)
            terminal.Print($"fetched the catalogue whole: {why}");
        if (report.EditionMadeBytes > 0)
            terminal.Print($"fetched {Figures.Bytes(report.EditionFetchedBytes)} of the edition, and made {Figures.Bytes(report.EditionMadeBytes)} of it from what is here");
        terminal.Print($"fetched {Figures.Of(report.FetchedObjects, "object", "objects")}, {Figures.Bytes(report.FetchedBytes)}; {Figures.Count(report.Volumes)} of {Figures.Of(report.OfVolumes, "volume", "volumes")} held");
        terminal.Print($"signed with key {report.KeyId}");
        foreach (var volume in report.Retired)
            terminal.Print($"retired {volume}: the edition no longer has it, or the policy here no longer publishes it");
        foreach (var volume in report.LeftOut)
            terminal.Print($"left out {volume.Volume}: it holds {string.Join(", ", volume.Licences)}, which rights.publish in lacquer.toml does not name");
        if (report.TrustedOnFirstUse)
            terminal.Hint("no key was known, so the edition's own was taken and will be asked for from now on: compare it with what the publisher says elsewhere");
    }

    /// <summary>An address as it is, a folder in full.</summary>
    public static string Origin(string text, Terminal terminal) => text.Contains("://", StringComparison.Ordinal) ? text : terminal.PathOf(text);

    /// <summary>A key as it is, a file in full.</summary>
    public static string? Key(string? text, Terminal terminal) => text is not null && File.Exists(terminal.PathOf(text)) ? terminal.PathOf(text) : text;
}
