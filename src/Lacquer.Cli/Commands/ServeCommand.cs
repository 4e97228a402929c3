using System.CommandLine;
using Lacquer.Formats.Archives;
using Lacquer.Server;
using Lacquer.Stages.Workbench.Stores;

namespace Lacquer.Cli.Commands;

/// <summary>Serves an archive.</summary>
internal sealed class ServeCommand : Verb
{
    private readonly Option<string> _host = new("--host") { Description = "An address of this machine, or * for all; without it 127.0.0.1, this machine alone.", HelpName = "ADDRESS", DefaultValueFactory = _ => "127.0.0.1" };
    private readonly Option<int> _port = Whole("--port", "The port; 8080 without it, 0 for any free one.", 8080, 0, 65535);

    public ServeCommand()
        : base("serve", "Serves an archive or mirror until Ctrl-C: a page to search and listen, an interface for programs, the editions and volumes for mirrors and torrent clients.",
            "lacquer serve", "lacquer serve --archive /srv/mirror --host '*' --port 80")
        => Take(_host, _port);

    public override async Task<int> RunAsync(ParseResult line, Terminal terminal, CancellationToken stop)
    {
        var layout = new ArchiveLayout(Archive(line, terminal)).MustExist();
        using var objects = await ObjectStores.OpenAsync(layout, ArchiveConfiguration.Read(layout.Configuration).Objects, terminal.Variable, stop).ConfigureAwait(false);
        await using var server = await ArchiveServer.StartAsync(new ServeRequest(layout.Root, objects, line.GetRequiredValue(_host), line.GetValue(_port)), terminal.Clock, stop).ConfigureAwait(false);
        Print(line, terminal, new { Address = server.Address.ToString() }, () => terminal.Print($"serving at {server.Address}"));
        terminal.Hint("Ctrl-C ends it");
        await server.WaitForShutdownAsync(stop).ConfigureAwait(false);
        return ExitCode.Done;
    }
}
