using Lacquer.Formats.Archives;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Ledgers;
using Lacquer.Formats.Objects;

namespace Lacquer.Stages.Workbench;

/// <summary>An archive in hand: its layout, configuration and ledger, and for as long as it is written to, its lock.</summary>
public sealed class OpenArchive : IDisposable
{
    // What taking a lock that is held fails with: EWOULDBLOCK of Linux and of macOS, ERROR_SHARING_VIOLATION.
    private static readonly int WouldBlock = OperatingSystem.IsMacOS() ? 35 : 11;
    private const int SharingViolation = 32;
    private readonly FileStream? _lock;
    private readonly TimeProvider _clock;

    private OpenArchive(ArchiveLayout layout, ArchiveConfiguration configuration, Ledger ledger, FileStream? held, TimeProvider clock)
    {
        _clock = clock;
        Layout = layout;
        Configuration = configuration;
        Ledger = ledger;
        _lock = held;
    }

    /// <summary>Where everything lies.</summary>
    public ArchiveLayout Layout { get; }

    /// <summary>What <c>lacquer.toml</c> says.</summary>
    public ArchiveConfiguration Configuration { get; }

    /// <summary>The archive's own state.</summary>
    public Ledger Ledger { get; }

    /// <summary>The day by UTC, which the gate is asked on; the events of its decisions have it too.</summary>
    public DateOnly Today => DateOnly.FromDateTime(_clock.GetUtcNow().UtcDateTime);

    /// <summary>Opens an archive to read, beside whoever writes.</summary>
    public static OpenArchive ToRead(string root, TimeProvider clock) => Open(root, clock, write: false);

    /// <summary>Opens an archive to write, alone.</summary>
    /// <exception cref="LacquerException">It is not an archive, or another process writes to it.</exception>
    public static OpenArchive ToWrite(string root, TimeProvider clock) => Open(root, clock, write: true);

    /// <inheritdoc/>
    public void Dispose()
    {
        Ledger.Dispose();
        _lock?.Dispose();
    }

    /// <summary>Takes an archive's lock; the system gives it back when the process ends, however it ends.</summary>
    internal static FileStream TakeLock(ArchiveLayout layout)
    {
        try
        {
            // FileShare.None is an advisory flock on Unix; every writer of an archive comes through here.
            return new FileStream(layout.Lock, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when ((e.HResult & 0xFFFF) is var code && (code == WouldBlock || code == SharingViolation))
        {
            throw new LacquerException(Failure.Locked, $"another lacquer is at work on {layout.Root}", "wait until it ends, or stop it: it loses nothing", e);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException && !Durable.IsDiskFull(e))
        {
            throw new LacquerException(Failure.Missing, $"{layout.Root} cannot be written to: {e.Message.ReplaceLineEndings(" ")}", "run it as a user who may, or copy the archive to where it can be written", e);
        }
    }

    private static OpenArchive Open(string root, TimeProvider clock, bool write)
    {
        var layout = new ArchiveLayout(root).MustExist();
        var held = write ? TakeLock(layout) : null;
        try
        {
            var configuration = ArchiveConfiguration.Read(layout.Configuration);
            var ledger = Ledger.Open(layout.Ledger, clock, Agent.Name, readOnly: !write);
            try
            {
                if (write)
                    MustFitPieces(layout, configuration, ledger);
                return new OpenArchive(layout, configuration, ledger, held, clock);
            }
            catch
            {
                ledger.Dispose();
                throw;
            }
        }
        catch
        {
            held?.Dispose();
            throw;
        }
    }

    // The ledger's hashes are of pieces of one length; with another, every object would look broken. A few objects tell: one of more than a piece shows it by the number of its digests.
    private static void MustFitPieces(ArchiveLayout layout, ArchiveConfiguration configuration, Ledger ledger)
    {
        if (ledger.Objects(null, 50).FirstOrDefault(o => o.PieceDigestsV1.Length != 20 * PieceTree.PieceCount(o.LengthBytes, configuration.PieceLengthBytes)) is { } other)
            throw new LacquerException(Failure.Usage, $"{layout.Configuration}: piece_length is {configuration.PieceLengthBytes}, and object {other.Root} was hashed with another", "put piece_length back to what it was: it never changes once objects are in the archive");
    }
}

/// <summary>How this program names itself in events and requests.</summary>
public static class Agent
{
    /// <summary>Program and version.</summary>
    public static string Name { get; } = "lacquer/" + typeof(Agent).Assembly.GetName().Version!.ToString(3);
}
