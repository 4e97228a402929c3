using System.Runtime.InteropServices;
using System.Text;
using Lacquer.Cli;

using var stop = new CancellationTokenSource();

// The first Ctrl-C (or a service manager's SIGTERM) asks the command to end at the next whole thing; the second ends the process there and then, which loses no more than a power cut would.
void Interrupt(PosixSignalContext signal)
{
    if (stop.IsCancellationRequested)
        return;
    signal.Cancel = true;
    stop.Cancel();
}

using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Interrupt);
using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Interrupt);
if (OperatingSystem.IsWindows())
    Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);

// A reader of standard output that has gone (lacquer search x | head -1) is no error: the runtime drops what is written after that.
var terminal = new Terminal(Console.Out, Console.Error)
{
    ErrorIsTerminal = !Console.IsErrorRedirected,
    // A terminal that does not know its width says 0.
    Width = Console.IsOutputRedirected ? null : Console.WindowWidth is > 0 and var width ? Math.Clamp(width, 40, 400) : 80,
    Unicode = Console.OutputEncoding.CodePage == Encoding.UTF8.CodePage,
    Folder = Environment.CurrentDirectory,
    Variable = Environment.GetEnvironmentVariable,
};
return await App.RunAsync(args, terminal, stop.Token).ConfigureAwait(false);
