using System.CommandLine;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Lacquer.Cli.Demonstration;
using Lacquer.Cli.Rendering;
using Lacquer.Formats.Archives;
using Lacquer.Formats.Findings;
using Lacquer.Server;
using Lacquer.Stages.Workbench;
using Lacquer.Stages.Workbench.Stores;

namespace Lacquer.Cli.Commands;

/// <summary>
/// Goes the whole way once, small: every step is a command line that is printed and carried out as if it had been typed. What stands already is kept, so a second run is quick and a killed one carries on.
/// </summary>
internal sealed partial class DemoCommand : Verb
{
    private const int FirstPort = 8080;
    private const int Ports = 100;
    private readonly Option<string?> _music = new("--music") { Description = "A folder of music of your own; otherwise free music is fetched, about 150 MB.", HelpName = "DIR" };
    private readonly Option<string> _folder = new("--folder") { Description = "Where everything goes; ./demo without it.", HelpName = "DIR", DefaultValueFactory = _ => "demo" };
    private readonly Option<int> _port = Whole("--port", "The port that is served on; without it the first free one from 8080.", 0, 0, 65535);

    public DemoCommand()
        : base("demo", "Goes the whole way once, small, in a few minutes: fetches free music, makes an archive of it, publishes an edition, mirrors that over HTTP and verifies both.",
            "lacquer demo", "lacquer demo --music ~/Music --folder /tmp/demo")
    {
        Options.Clear();
        Take(_music, _folder, _port);
    }

    public override async Task<int> RunAsync(ParseResult line, Terminal terminal, CancellationToken stop)
    {
        try
        {
            await GoAsync(line, terminal, stop).ConfigureAwait(false);
            return ExitCode.Done;
        }
        catch (StepException e)
        {
            // The step has said why.
            if (e.Code != ExitCode.Interrupted)
                terminal.Hint("lacquer demo carries on where this ended");
            return e.Code;
        }
    }

    private async Task GoAsync(ParseResult line, Terminal terminal, CancellationToken stop)
    {
        var folder = terminal.PathOf(line.GetRequiredValue(_folder));
        var (archive, mirror, listens) = (Path.Combine(folder, "archive"), Path.Combine(folder, "mirror"), Path.Combine(folder, "listens.csv"));
        var layout = new ArchiveLayout(archive);
        var steps = new Steps(terminal, stop);

        steps.Heading("music");
        await DemoMusic.RequireFfmpegAsync(terminal, stop).ConfigureAwait(false);
        Directory.CreateDirectory(folder);
        string music;
        if (line.GetValue(_music) is { } own)
        {
            music = terminal.PathOf(own);
            if (!Directory.Exists(music))
                throw new LacquerException(Failure.Missing, $"no folder at {music}", "lacquer demo alone fetches music");
            terminal.Print($"your own, in {steps.Short(music)}");
        }
        else
        {
            music = Path.Combine(folder, "music");
            if (Directory.Exists(music))
            {
                terminal.Print($"in {steps.Short(music)} already");
            }
            else
            {
                string from;
                using (var progress = new ProgressLine(terminal))
                    from = await DemoMusic.BringAsync(music, terminal, progress, stop).ConfigureAwait(false);
                terminal.Print($"{from}, in {steps.Short(music)}");
            }
        }

        var files = InventedListens.Write(listens, music);
        terminal.Print($"invented listens of {Figures.Of(files, "file", "files")}, in {steps.Short(listens)}");

        await steps.RunAsync("init", "init", "--archive", archive, "--name", "demo", "--title", "Demonstration").ConfigureAwait(false);
        var port = Port(layout.Configuration, line.GetValue(_port));
        await steps.RunAsync("harvest", "harvest", "folder", music, "--source", "demo", "--listens", listens, "--archive", archive).ConfigureAwait(false);
        await steps.RunAsync("catalogue", "catalogue", "--archive", archive).ConfigureAwait(false);
        await steps.RunAsync("plan", "plan", "--archive", archive).ConfigureAwait(false);
        await steps.RunAsync("ingest", "ingest", "--archive", archive).ConfigureAwait(false);
        await steps.RunAsync("press", "press", "--archive", archive).ConfigureAwait(false);
        await steps.RunAsync("publish", "publish", "--archive", archive).ConfigureAwait(false);

        steps.Heading("serve");
        // Somebody may be serving on the port of the edition's addresses: the mirror is then fetched from another.
        var serving = IsFree(port) ? port : 0;
        terminal.Print($"   $ lacquer serve --archive {steps.Short(archive)} --port {Digits(serving)}");
        await using (var server = await ArchiveServer.StartAsync(new ServeRequest(archive, new FolderStore(layout), "127.0.0.1", serving), terminal.Clock, stop).ConfigureAwait(false))
        {
            terminal.Print($"serving at {server.Address}");
            await steps.RunAsync("mirror", "mirror", server.Address.ToString(), "--archive", mirror, "--key", layout.PublicKey).ConfigureAwait(false);
        }

        await steps.RunAsync("verify the archive", "verify", "--archive", archive).ConfigureAwait(false);
        await steps.RunAsync("verify the mirror", "verify", "--archive", mirror).ConfigureAwait(false);

        terminal.Print();
        terminal.Print("Done.");
        var made = new Table();
        made.Add("archive", steps.Short(archive), "what may be kept of the music, ranked, tagged, hashed");
        if (layout.NewestEdition() is { } edition)
            made.Add("edition", steps.Short(edition), "what may be published: signed, with its torrents; open index.html there");
        made.Add("mirror", steps.Short(mirror), "a copy of the edition, fetched over HTTP and checked");
        made.Print(terminal, "  ");
        terminal.Print();
        terminal.Print("What to type next:");
        var next = new Table();
        next.Add($"./lacquer serve --archive {steps.Short(archive)}{(port == FirstPort ? "" : $" --port {Digits(port)}")}", $"then open http://127.0.0.1:{Digits(port)}/ and listen");
        next.Add($"./lacquer show '#1' --archive {steps.Short(archive)}", "the best known recording, its licence and where it is");
        next.Add($"./lacquer status --archive {steps.Short(archive)}", "what was held and what was not let in, with reasons");
        next.Print(terminal, "  ");
    }

    // The edition's addresses name the port, so the one of the first run stays.
    private static int Port(string path, int asked)
    {
        var text = File.ReadAllText(path);
        if (asked == 0 && BaseUrl().Match(text) is { Success: true } match && Uri.TryCreate(match.Groups[1].Value, UriKind.Absolute, out var before) && before.IsLoopback)
            return before.Port;
        var port = asked > 0 ? asked : Enumerable.Range(FirstPort, Ports).FirstOrDefault(IsFree, FirstPort);
        var changed = BaseUrl().Replace(text, $"base_url = \"http://127.0.0.1:{Digits(port)}/\"", 1);
        if (changed != text)
            Durable.WriteFile(path, stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(changed)));
        return port;
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static string Digits(int number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture);

    [GeneratedRegex("""^base_url *= *"([^"]*)" *$""", RegexOptions.Multiline)]
    private static partial Regex BaseUrl();

    private sealed class StepException(int code) : Exception
    {
        public int Code => code;
    }

    /// <summary>The numbered steps, each a command line as somebody would type it.</summary>
    private sealed class Steps(Terminal terminal, CancellationToken stop)
    {
        private readonly Terminal _quiet = terminal.WithoutHints();
        private int _number;

        public void Heading(string text)
        {
            if (_number > 0)
                terminal.Print();
            terminal.Print($"{Digits(++_number)}. {text}");
        }

        public async Task RunAsync(string heading, params string[] args)
        {
            Heading(heading);
            var shown = args.Select(Short).ToArray();
            terminal.Print($"   $ lacquer {string.Join(' ', shown.Select(a => a.Contains(' ', StringComparison.Ordinal) ? $"'{a}'" : a))}");
            var code = await App.RunAsync(shown, _quiet, stop).ConfigureAwait(false);
            // What is set aside is part of the demonstration.
            if (code is not (ExitCode.Done or ExitCode.Findings))
                throw new StepException(code);
        }

        /// <summary>A path as somebody in the current folder would type it.</summary>
        public string Short(string text) =>
            text.StartsWith(terminal.Folder.TrimEnd('/') + "/", StringComparison.Ordinal) && Path.GetRelativePath(terminal.Folder, text) is var relative && relative[0] != '-' ? relative : text;
    }
}
