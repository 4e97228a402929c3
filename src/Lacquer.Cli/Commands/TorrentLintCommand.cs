using System.CommandLine;
using Lacquer.Cli.Rendering;
using Lacquer.Formats.Torrents;

namespace Lacquer.Cli.Commands;

/// <summary>Says which clients load a torrent.</summary>
internal sealed class TorrentLintCommand : Verb
{
    private readonly Argument<string> _file = new("FILE") { Description = "A .torrent file." };

    public TorrentLintCommand()
        : base("lint", "Holds a .torrent file to what real clients load, and says of each whether it does and why not. Ends with 3 where something is wrong with the torrent itself: too large for libtorrent, unsafe names, damage.",
            "lacquer torrent lint album.torrent", "lacquer torrent lint album.torrent --json")
    {
        WithoutArchive();
        Arguments.Add(_file);
    }

    public override Task<int> RunAsync(ParseResult line, Terminal terminal, CancellationToken stop)
    {
        var path = terminal.PathOf(line.GetRequiredValue(_file));
        var bytes = TorrentCommand.Read(path);
        var findings = TorrentLint.Check(Path.GetFileName(path), bytes);
        // What is damaged is no torrent that a client could be asked about.
        var torrent = findings.Any(f => f.Kind == "damaged") ? null : TorrentReader.Parse(bytes);
        var clients = torrent is null ? [] : TorrentClient.All.Select(c => (c.Name, Reads: c.Reads(torrent), Refusal: c.Refusal(torrent, bytes.Length))).ToList();
        Print(line, terminal, new
        {
            Findings = findings.Select(f => new { f.Kind, f.Message }),
            Clients = clients.Select(c => new { c.Name, Loads = c.Refusal is null, Reads = c.Refusal is null ? c.Reads : null, c.Refusal }),
        }, () =>
        {
            foreach (var finding in findings)
                terminal.Print($"{finding.Kind}: {finding.Message}");
            var table = new Table("client", "loads it", "");
            foreach (var (name, reads, refusal) in clients)
                table.Add(name, refusal is null ? "yes" : "no", refusal ?? $"as {reads}");
            if (clients.Count > 0)
                table.Print(terminal);
        });
        return Task.FromResult(findings.Count == 0 ? ExitCode.Done : ExitCode.Findings);
    }
}
