using System.CommandLine;
using Lacquer.Cli.Rendering;
using Lacquer.Stages.Publishing;

namespace Lacquer.Cli.Commands;

/// <summary>Publishes an edition.</summary>
internal sealed class PublishCommand : Verb
{
    public PublishCommand()
        : base("publish", "Makes an edition of the newest catalogue and its volumes: signed manifest, compressed databases, torrents, feed, a page. Where nothing has changed, the edition that stands is kept.",
            "lacquer publish", "lacquer publish --archive /srv/music")
    {
    }

    public override async Task<int> RunAsync(ParseResult line, Terminal terminal, CancellationToken stop)
    {
        PublishReport report;
        using (var progress = new ProgressLine(terminal))
            report = await Task.Run(() => Publish.Run(new PublishRequest(Archive(line, terminal)), terminal.Clock, progress, stop), CancellationToken.None).ConfigureAwait(false);
        Print(line, terminal, report, () =>
        {
            terminal.Print($"edition {report.Edition}{(report.IsNew ? "" : " is up to date")}: catalogue {report.Catalogue}, {Figures.Of(report.Volumes, "volume", "volumes")}, {Figures.Of(report.Recordings, "recording", "recordings")}, {Figures.Bytes(report.PayloadBytes)}");
            terminal.Print($"in {report.Folder}");
            terminal.Print($"signed with {report.PublicKey}");
            foreach (var volume in report.LeftOut)
                terminal.Print($"left out {volume}: it has files that are no longer cleared; lacquer press makes volumes of the others");
            if (report.IsNew)
                terminal.Hint("lacquer serve shows it; for mirrors any web server does that serves its editions/ and volumes/, and nothing else: signing.key lies beside them");
        });
        return ExitCode.Done;
    }
}
