using System.CommandLine;
using Lacquer.Cli.Rendering;
using Lacquer.Stages.Harvesting;

namespace Lacquer.Cli.Commands;

/// <summary>Harvests MusicBrainz JSON dumps.</summary>
internal sealed class HarvestMusicBrainzCommand : Verb
{
    private readonly Argument<string> _location = new("LOCATION") { Description = "artist.tar.xz, release-group.tar.xz, release.tar.xz or recording.tar.xz, or a folder with some of them." };
    private readonly Option<string?> _source = new("--source") { Description = "The source's name: a-z, digits, dots, hyphens. Otherwise musicbrainz.", HelpName = "NAME" };
    private readonly Option<bool> _supplementary = new("--with-supplementary") { Description = "Take annotations, genres, ratings and tags too, which are CC BY-NC-SA. Otherwise only what is CC0." };
    private readonly Option<string?> _key = new("--key") { Description = "The OpenPGP key that must have signed the archives or the SHA256SUMS beside them. Needs gpgv.", HelpName = "FILE" };
    private readonly Option<bool> _dryRun = new("--dry-run") { Description = "Say what would be read, and stop." };

    public HarvestMusicBrainzCommand()
        : base("musicbrainz", "Reads MusicBrainz JSON dumps as they are, without unpacking them to disk. Needs xz. Where the archives are those of the last time, no accession is made.",
            "lacquer harvest musicbrainz ~/dumps --archive /srv/music",
            "lacquer harvest musicbrainz release.tar.xz --dry-run")
    {
        Arguments.Add(_location);
        Take(_source, _supplementary, _key, _dryRun);
    }

    public override async Task<int> RunAsync(ParseResult line, Terminal terminal, CancellationToken stop)
    {
        var request = new DumpHarvestRequest(Archive(line, terminal), terminal.PathOf(line.GetRequiredValue(_location)), line.GetValue(_source), line.GetValue(_supplementary), line.GetValue(_key) is { } key ? terminal.PathOf(key) : null);
        var plan = MusicBrainzHarvest.Plan(request);
        if (line.GetValue(_dryRun))
        {
            Print(line, terminal, new { plan.Source, plan.Dumps, plan.Ignored, plan.LengthBytes }, () =>
            {
                foreach (var dump in plan.Dumps)
                    terminal.Print($"would read {dump.Path}, {Figures.Bytes(dump.LengthBytes)}{(dump.Timestamp.Length > 0 ? $", of {dump.Timestamp}" : "")}, as source {plan.Source}");
                SayIgnored(terminal, plan.Ignored);
            });
            return ExitCode.Done;
        }

        DumpHarvestReport report;
        using (var progress = new ProgressLine(terminal))
            report = await MusicBrainzHarvest.RunAsync(plan, terminal.Clock, progress, stop).ConfigureAwait(false);
        Print(line, terminal, report, () =>
        {
            terminal.Print(FormattableString.Invariant($"accession {report.Source}/{report.Accession:D6}: {Figures.Of(report.Records, "record", "records")}{(report.IsNew ? "" : ", nothing new: it was made of the same archives")}"));
            foreach (var dump in report.Dumps)
                terminal.Print($"  {dump.File}: {Figures.Of(dump.Lines, "line", "lines")} in, {Figures.Count(dump.SetAside)} set aside, {Figures.Of(dump.Records, dump.Entity, dump.Entity + "s")} out{(dump.IsChecked ? "; as SHA256SUMS says" : "")}{(dump.IsSigned ? "; signed" : "")}");
            SayIgnored(terminal, report.Ignored);
            if (report.IsNew)
                terminal.Hint("lacquer catalogue compiles it");
        });
        return End(terminal, report.Findings);
    }

    private static void SayIgnored(Terminal terminal, IReadOnlyList<string> ignored)
    {
        if (ignored.Count > 0)
            terminal.Say($"not read: {string.Join(", ", ignored)}");
    }
}
