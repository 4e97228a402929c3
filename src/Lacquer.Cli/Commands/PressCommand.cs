using System.CommandLine;
using Lacquer.Cli.Rendering;
using Lacquer.Stages.Pressing;

namespace Lacquer.Cli.Commands;

/// <summary>Presses volumes.</summary>
internal sealed class PressCommand : Verb
{
    private readonly Option<bool> _dryRun = new("--dry-run") { Description = "Say what would be pressed, and stop." };

    public PressCommand()
        : base("press", "Seals what may be published and is in no volume yet into volumes, a torrent each, best known first. No audio is read.",
            "lacquer press --dry-run", "lacquer press")
        => Take(_dryRun);

    public override async Task<int> RunAsync(ParseResult line, Terminal terminal, CancellationToken stop)
    {
        var request = new PressRequest(Archive(line, terminal), terminal.Variable);
        if (line.GetValue(_dryRun))
        {
            var plan = Press.Plan(request, terminal.Clock);
            Print(line, terminal, new
            {
                Volumes = plan.Volumes.Select(v => new { v.Number, v.Name, v.Stage, v.Files, v.LengthBytes }),
                Retired = plan.Retired.Select(r => new { r.Volume.Name, r.Uncleared }),
                plan.Waiting,
            }, () =>
            {
                var table = new Table("volume", "popularity from", "files", "size").Right(1, 2, 3).Elastic(0);
                foreach (var volume in plan.Volumes)
                    table.Add(volume.Name, Figures.Count(volume.Stage), Figures.Count(volume.Files), Figures.Bytes(volume.LengthBytes));
                table.Print(terminal);
                foreach (var (volume, uncleared) in plan.Retired)
                    terminal.Print($"would retire {volume.Name}: {Figures.Of(uncleared, "file is", "files are")} no longer cleared{(uncleared < volume.Files ? "; its successor would have the others" : "")}");
                if (plan.Waiting > 0)
                    terminal.Print($"{Figures.Of(plan.Waiting, "file", "files")} would wait for more");
                if (plan.Volumes.Count == 0 && plan.Retired.Count == 0)
                    terminal.Print("nothing to press");
            });
            return ExitCode.Done;
        }

        PressReport report;
        using (var progress = new ProgressLine(terminal))
            report = await Task.Run(() => Press.RunAsync(request, terminal.Clock, progress, stop), CancellationToken.None).ConfigureAwait(false);
        Print(line, terminal, report, () =>
        {
            foreach (var name in report.Pressed)
                terminal.Print($"pressed {name}");
            foreach (var name in report.Retired)
                terminal.Print($"retired {name}: it has files that are no longer cleared{(report.Successors.FirstOrDefault(s => s.Of == name) is { } successor ? $"; {successor.Name} has all others" : "")}");
            if (report.Waiting > 0)
                terminal.Print($"{Figures.Of(report.Waiting, "file waits", "files wait")} for more, so that there are few volumes");
            terminal.Print(report.Pressed.Count == 0 ? $"nothing new to press; {Figures.Of(report.Volumes, "volume", "volumes")}"
                : $"{Figures.Of(report.Files, "file", "files")}, {Figures.Bytes(report.PayloadBytes)}; {Figures.Of(report.Volumes, "volume", "volumes")} in all");
        });
        return ExitCode.Done;
    }
}
