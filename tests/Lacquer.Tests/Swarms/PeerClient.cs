using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Lacquer.Tests.Proof;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Swarms;

/// <summary>A BitTorrent client that we did not write, as a process. Each has an address of the loopback network of its own, so that to the others it is another machine.</summary>
internal abstract class PeerClient(string home) : IAsyncDisposable
{
    private static readonly bool HasAddresses = CanListen(Address(1));

    private static int _addresses;

    private readonly List<Process> _processes = [];
    private readonly StringBuilder _said = new();

    /// <summary>Where it listens for peers.</summary>
    public IPEndPoint Endpoint { get; } = FreeEndpoint();

    /// <summary>What its processes have printed, for the message of a test that fails.</summary>
    public string Said
    {
        get
        {
            lock (_said)
                return $"{GetType().Name}: {_said}";
        }
    }

    /// <summary>Whether one of its processes has ended, which none does by itself.</summary>
    public bool HasEnded => _processes.Any(process => process.HasExited);

    /// <summary>A folder for its own files.</summary>
    protected string Home { get; } = Directory.CreateDirectory(home).FullName;

    /// <summary>Skips the test where the client is not installed, or cannot be told apart from others.</summary>
    public static void Need(string client)
    {
        if (!HasAddresses)
            Assert.Skip("the loopback network is one address here, and clients are told apart by theirs");
        if (client == nameof(Libtorrent))
            LibtorrentCheck.Need();
        else
            Tools.Need(ProgramOf(client));
    }

    public static bool IsThere(string client) => HasAddresses && (client == nameof(Libtorrent) ? LibtorrentCheck.IsThere : Tools.Has(ProgramOf(client)));

    public static PeerClient Make(string client, string home) => client switch
    {
        nameof(Libtorrent) => new Libtorrent(home),
        nameof(Qbittorrent) => new Qbittorrent(home),
        nameof(Aria2) => new Aria2(home),
        nameof(Transmission) => new Transmission(home),
        _ => new Rtorrent(home),
    };

    /// <summary>Loads a torrent, whose own folder lies in <paramref name="folder"/> or is to be made there; checks what is there, and fetches the rest.</summary>
    public abstract Task AddAsync(string torrent, string folder);

    public virtual async ValueTask DisposeAsync()
    {
        foreach (var process in _processes)
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
            process.Dispose();
        }
    }

    /// <summary>Waits until something is so; where it does not come, or one of the clients ends, says what they said.</summary>
    public static async Task UntilAsync(Func<Task<bool>> isSo, string what, params PeerClient[] clients)
    {
        // A class's clients work before and between its tests, so this is of no single test, and has a limit of its own.
        for (var began = Stopwatch.StartNew(); !await isSo(); await Task.Delay(50, CancellationToken.None))
            Assert.True(began.Elapsed < TimeSpan.FromMinutes(2) && !clients.Any(client => client.HasEnded), $"{what} has not come about. {string.Join('\n', clients.Select(client => client.Said))}");
    }

    public static Task UntilAsync(Func<bool> isSo, string what, params PeerClient[] clients) => UntilAsync(() => Task.FromResult(isSo()), what, clients);

    /// <summary>Starts one of its processes; what that prints is kept.</summary>
    protected Process Start(string program, params string[] arguments)
    {
        var process = new Process { StartInfo = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true } };
        // A home of its own, so that nothing of the user's is read or written.
        process.StartInfo.Environment["HOME"] = Home;
        process.OutputDataReceived += Hear;
        process.ErrorDataReceived += Hear;
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        _processes.Add(process);
        return process;

        void Hear(object sender, DataReceivedEventArgs line)
        {
            lock (_said)
                _said.AppendLine(line.Data);
        }
    }

    private static string ProgramOf(string client) => client switch
    {
        nameof(Qbittorrent) => "qbittorrent-nox",
        nameof(Aria2) => "aria2c",
        nameof(Transmission) => "transmission-cli",
        _ => "rtorrent",
    };

    // Of 127.0.0.0/8, which is all this machine (RFC 1122 §3.2.1.3); by process, so that two runs of the tests do not meet.
    private static IPAddress Address(int number) => new([127, (byte)(32 + Environment.ProcessId % 200), (byte)(number >> 8), (byte)number]);

    private static IPEndPoint FreeEndpoint()
    {
        using var listener = new TcpListener(Address(Interlocked.Increment(ref _addresses)), 0);
        listener.Start();
        return (IPEndPoint)listener.LocalEndpoint;
    }

    private static bool CanListen(IPAddress address)
    {
        try
        {
            using var listener = new TcpListener(address, 0);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
