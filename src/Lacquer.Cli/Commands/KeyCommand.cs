using System.CommandLine;
using Lacquer.Stages.Founding;

namespace Lacquer.Cli.Commands;

/// <summary>The key that signs editions.</summary>
internal sealed class KeyCommand : Command
{
    public KeyCommand()
        : base("key", "Shows the key that signs editions, and puts another in its place.")
    {
        Subcommands.Add(new KeyShowCommand());
        Subcommands.Add(new KeyRotateCommand());
    }
}

/// <summary>Shows it.</summary>
internal sealed class KeyShowCommand : Verb
{
    public KeyShowCommand()
        : base("show", "Shows the public key that editions are checked with, and those that came before it.", "lacquer key show")
    {
    }

    public override Task<int> RunAsync(ParseResult line, Terminal terminal, CancellationToken stop)
    {
        var report = KeyRotation.Show(Archive(line, terminal));
        Print(line, terminal, report, () =>
        {
            terminal.Print($"{report.PublicKey}  {report.Id}");
            foreach (var former in report.Former.Reverse())
                terminal.Print($"{former}  before it");
        });
        return Task.FromResult(ExitCode.Done);
    }
}

/// <summary>Changes it.</summary>
internal sealed class KeyRotateCommand : Verb
{
    public KeyRotateCommand()
        : base("rotate", "Puts a new signing key in place of the old one, which signs it: mirrors come from one to the other by that, at their next update.", "lacquer key rotate")
    {
    }

    public override async Task<int> RunAsync(ParseResult line, Terminal terminal, CancellationToken stop)
    {
        var report = await Task.Run(() => KeyRotation.Rotate(Archive(line, terminal), terminal.Clock), CancellationToken.None).ConfigureAwait(false);
        Print(line, terminal, report, () =>
        {
            terminal.Print($"editions are signed with {report.PublicKey} from now on");
            terminal.Print($"the former key is in {report.Kept}");
            terminal.Hint("lacquer publish takes the new key to mirrors; once all have followed, the former one can go");
        });
        return ExitCode.Done;
    }
}
