using System.CommandLine;
using System.Globalization;
using Lacquer.Cli.Rendering;
using Lacquer.Stages.Exploring;

namespace Lacquer.Cli.Commands;

/// <summary>Draws recordings.</summary>
internal sealed class ShuffleCommand : Verb
{
    private const int NoSeed = -1;

    private readonly Option<int> _count = Whole("--count", "How many to draw; 20 without it.", 20, 1, 10_000);
    private readonly Option<int> _popularity = Whole("--popularity", "Only recordings of at least this popularity, 0 to 100.", 0, 0, 100);
    private readonly Option<int> _seed = Whole("--seed", "Draws the same again for the same number; otherwise nobody can tell what comes.", NoSeed, 0, int.MaxValue);
    private readonly Option<bool> _held = new("--held") { Description = "Only recordings whose audio is held." };

    public ShuffleCommand()
        : base("shuffle", "Draws recordings of the newest catalogue at random: each is as likely as any other, and none comes twice.",
            "lacquer shuffle", "lacquer shuffle --count 5 --popularity 50 --held", "lacquer shuffle --seed 7") => Take(_count, _popularity, _seed, _held);

    public override Task<int> RunAsync(ParseResult line, Terminal terminal, CancellationToken stop)
    {
        var seed = line.GetValue(_seed);
        var report = Shuffle.Run(
            new ShuffleRequest(Archive(line, terminal), line.GetValue(_count), line.GetValue(_popularity), seed == NoSeed ? null : seed, line.GetValue(_held)), terminal.Clock, stop);
        Print(line, terminal, report, () =>
        {
            var table = new Table().Right(0, 3).Elastic(1, 2);
            foreach (var r in report.Recordings)
                table.Add("#" + r.Rank.ToString(CultureInfo.InvariantCulture), r.Title, r.ArtistCredit, Figures.Duration(r.DurationMs), r.Id.ToString());
            table.Print(terminal);
            if (report.Recordings.Count == 0)
                terminal.Say("there is nothing to draw from");
        });
        return Task.FromResult(ExitCode.Done);
    }
}
