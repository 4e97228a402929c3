using Lacquer.Formats.Archives;
using Lacquer.Formats.Findings;

namespace Lacquer.Server.State;

/// <summary>
/// What the server knows of the archive's folder: its configuration, its ledger and its newest catalogue, all opened for reading alone. The folder is looked at again at
/// most every <see cref="LookAgainAfter"/>, when a request comes; a change is taken up by the next request, while those under way end with what they began with.
/// </summary>
internal sealed partial class ArchiveState : IDisposable
{
    public static readonly TimeSpan LookAgainAfter = TimeSpan.FromSeconds(2);

    private readonly ArchiveLayout _layout;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly Lock _gate = new();
    private Snapshot _current;
    private Stamp _stamp;
    private long _lookedAt;

    public ArchiveState(ArchiveLayout layout, TimeProvider clock, ILogger log)
    {
        _layout = layout;
        _clock = clock;
        _log = log;
        _stamp = Stamp.Of(layout);
        _lookedAt = clock.GetTimestamp();
        _current = Snapshot.Open(layout, _stamp.Catalogue, clock);
    }

    public ArchiveLayout Layout => _layout;

    /// <summary>The archive as it is now, for one request; to be disposed of when its answer is composed.</summary>
    public View Look()
    {
        lock (_gate)
        {
            if (_clock.GetElapsedTime(_lookedAt) >= LookAgainAfter)
            {
                _lookedAt = _clock.GetTimestamp();
                Renew();
            }

            return _current.Enter();
        }
    }

    public void Dispose()
    {
        lock (_gate)
            _current.Retire();
    }

    private void Renew()
    {
        var stamp = Stamp.Of(_layout);
        if (stamp == _stamp)
            return;
        try
        {
            var next = Snapshot.Open(_layout, stamp.Catalogue, _clock);
            _current.Retire();
            _current = next;
            _stamp = stamp;
        }
        catch (LacquerException e)
        {
            // What was good a moment ago is served until the folder is in order again.
            LogStale(_log, e.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "still serving the archive as it was: {Reason}")]
    private static partial void LogStale(ILogger log, string reason);

    /// <summary>
    /// What tells that the folder has changed. Commits of another process are seen through the open ledger anyway; its time and length change when it is
    /// checkpointed, or replaced by another file, which an open connection would not see.
    /// </summary>
    private readonly record struct Stamp(string? Catalogue, DateTime Ledger, long LedgerBytes, DateTime Configuration)
    {
        public static Stamp Of(ArchiveLayout layout)
        {
            var ledger = new FileInfo(layout.Ledger);
            return new Stamp(layout.NewestCatalogue(), ledger.LastWriteTimeUtc, ledger.Exists ? ledger.Length : -1, File.GetLastWriteTimeUtc(layout.Configuration));
        }
    }
}
