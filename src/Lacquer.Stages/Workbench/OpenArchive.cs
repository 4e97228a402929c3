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

    // Who is alone at work for a moment, to tidy up, does not turn others away.
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(2);
    private FileStream? _lock;
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
    public ArchiveConfiguration Configuration { get; private set; }

    /// <summary>The archive's own state.</summary>
    public Ledger Ledger { get; }

    /// <summary>The day by UTC, which the gate is asked on; the events of its decisions have it too.</summary>
    public DateOnly Today => DateOnly.FromDateTime(_clock.GetUtcNow().UtcDateTime);

    /// <summary>Opens an archive to read, beside whoever writes.</summary>
    /// <param name="root">Its folder.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="policy">A file whose policy is tried instead; see <see cref="ArchiveConfiguration.WithPolicy"/>.</param>
    public static OpenArchive ToRead(string root, TimeProvider clock, string? policy = null)
    {
        var archive = Open(root, clock, Sharing.Read, null);
        try
        {
            if (policy is not null)
                archive.Configuration = archive.Configuration.WithPolicy(policy);
            return archive;
        }
        catch
        {
            archive.Dispose();
            throw;
        }
    }

    /// <summary>Opens an archive to write, alone.</summary>
    /// <exception cref="LacquerException">It is not an archive, or another process writes to it.</exception>
    public static OpenArchive ToWrite(string root, TimeProvider clock) => Open(root, clock, Sharing.Alone, null);

    /// <summary>The ledger by a connection of its own, to be read beside the archive's; what is committed by now is seen.</summary>
    public Ledger ReadBeside() => Ledger.Open(Layout.MustHaveLedger(Configuration), _clock, "", readOnly: true);

    /// <summary>Opens an archive to take jobs from its queue, beside others that do so and nobody else.</summary>
    /// <param name="root">The archive's folder.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="patience">How the ledger's database is waited for when it goes away.</param>
    /// <exception cref="LacquerException">It is not an archive, or a process writes to it that must be alone.</exception>
    public static OpenArchive ToTakeJobs(string root, TimeProvider clock, LedgerPatience patience) => Open(root, clock, Sharing.Jobs, patience);

    /// <summary>Does something while nobody else is at work on the archive; not at all where somebody is. Only of an archive that is opened to take jobs.</summary>
    public async Task WhileAloneAsync(Func<Task> work)
    {
        await LeaveJobsAsync(work).ConfigureAwait(false);
        _lock?.Dispose();
        _lock = TakeSharedLock(Layout);
        if (!Ledger.TryHold(alone: false))
            throw AtWork(Layout);
    }

    /// <summary>Takes no more jobs, and does what is to be done when nobody takes any. Where others still do, it is left to them: the last to come here is alone.</summary>
    public async Task LeaveJobsAsync(Func<Task> last)
    {
        _lock!.Dispose();
        _lock = null;
        // Both locks are let go before either is taken alone: of several that come here at once, one has it. The server of a ledger may notice a moment later that a process was killed.
        for (var waited = TimeSpan.Zero; !Ledger.TryHold(alone: true); waited += Moment / 40)
        {
            if (waited >= Moment)
                return;
            await Task.Delay(Moment / 40, CancellationToken.None).ConfigureAwait(false);
        }

        for (var waited = TimeSpan.Zero; _lock is null; waited += Moment / 40)
        {
            try
            {
                _lock = TakeLock(Layout);
            }
            catch (LacquerException e) when (e.Failure == Failure.Locked)
            {
                // Where the ledger itself says that this one is alone, who has the file has just come and is about to be refused: then nobody else would do it.
                if (Configuration.Ledger is null || waited >= Moment)
                    return;
                await Task.Delay(Moment / 40, CancellationToken.None).ConfigureAwait(false);
            }
        }

        await last().ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Ledger.Dispose();
        _lock?.Dispose();
    }

    /// <summary>Takes an archive's lock; the system gives it back when the process ends, however it ends.</summary>
    // FileShare.None is an exclusive advisory flock on Unix, all else a shared one; every writer of an archive comes through here.
    internal static FileStream TakeLock(ArchiveLayout layout) => TakeLock(layout, FileShare.None);

    /// <summary>Whether a file could not be opened because another process has it locked.</summary>
    internal static bool IsHeld(Exception e) => e is IOException && (e.HResult & 0xFFFF) is var code && (code == WouldBlock || code == SharingViolation);

    private static FileStream TakeSharedLock(ArchiveLayout layout)
    {
        for (var waited = TimeSpan.Zero; ; waited += Moment / 40)
        {
            try
            {
                return TakeLock(layout, FileShare.ReadWrite);
            }
            catch (LacquerException e) when (e.Failure == Failure.Locked && waited < Moment)
            {
                Thread.Sleep(Moment / 40);
            }
        }
    }

    private static FileStream TakeLock(ArchiveLayout layout, FileShare share)
    {
        try
        {
            return new FileStream(layout.Lock, FileMode.OpenOrCreate, FileAccess.ReadWrite, share);
        }
        catch (IOException e) when (IsHeld(e))
        {
            throw AtWork(layout, e);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException && !Durable.IsDiskFull(e))
        {
            throw new LacquerException(Failure.Missing, $"{layout.Root} cannot be written to: {e.Message.ReplaceLineEndings(" ")}", "run it as a user who may, or copy the archive to where it can be written", e);
        }
    }

    private static LacquerException AtWork(ArchiveLayout layout, Exception? inner = null) =>
        new(Failure.Locked, $"another lacquer is at work on {layout.Root}", "wait until it ends, or stop it: it loses nothing", inner);

    private static OpenArchive Open(string root, TimeProvider clock, Sharing sharing, LedgerPatience? patience)
    {
        var layout = new ArchiveLayout(root).MustExist();
        var held = sharing switch { Sharing.Alone => TakeLock(layout), Sharing.Jobs => TakeSharedLock(layout), _ => null };
        try
        {
            var configuration = ArchiveConfiguration.Read(layout.Configuration);
            var ledger = Ledger.Open(layout.MustHaveLedger(configuration), clock, Agent.Name, readOnly: sharing == Sharing.Read, patience);
            try
            {
                if (sharing != Sharing.Read && !ledger.TryHold(sharing == Sharing.Alone))
                    throw AtWork(layout);
                if (sharing != Sharing.Read)
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

    /// <summary>Beside whom an archive is opened.</summary>
    private enum Sharing
    {
        Read,
        Alone,
        Jobs,
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
