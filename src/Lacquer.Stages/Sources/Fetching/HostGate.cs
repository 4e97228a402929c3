using Lacquer.Formats.Findings;

namespace Lacquer.Stages.Sources.Fetching;

/// <summary>Lets requests through to one host: so many at once, so many a second, and none while the host wants to be left alone.</summary>
internal sealed class HostGate(string host, FetchPolicy policy, TimeProvider clock) : IDisposable
{
    private readonly SemaphoreSlim _places = new(policy.Connections);
    private readonly Lock _lock = new();
    private readonly long _start = clock.GetTimestamp();
    private TimeSpan _interval = TimeSpan.FromSeconds(1 / policy.RequestsPerSecond);
    private TimeSpan _next;
    private TimeSpan _closedUntil;

    /// <summary>Waits for a place; disposing of it gives it back.</summary>
    /// <exception cref="LacquerException">The host asked to be left alone for longer than is waited.</exception>
    public async Task<Place> EnterAsync(CancellationToken stop)
    {
        await _places.WaitAsync(stop).ConfigureAwait(false);
        try
        {
            while (true)
            {
                TimeSpan wait;
                lock (_lock)
                {
                    var now = clock.GetElapsedTime(_start);
                    if (_closedUntil - now > policy.LongestWait)
                        throw new LacquerException(Failure.Missing, $"{host} asks not to be asked again before {clock.GetUtcNow() + (_closedUntil - now):yyyy-MM-dd HH:mm:ss} UTC", "run the command again then: it carries on");
                    wait = (_closedUntil > _next ? _closedUntil : _next) - now;
                    if (wait <= TimeSpan.Zero)
                    {
                        _next = now + _interval;
                        return new Place(_places);
                    }
                }

                // Timers count whole milliseconds, and may be early.
                await Task.Delay(wait + TimeSpan.FromMilliseconds(1), clock, stop).ConfigureAwait(false);
            }
        }
        catch
        {
            _places.Release();
            throw;
        }
    }

    /// <summary>Lets nothing through for a while (Retry-After).</summary>
    public void CloseFor(TimeSpan time)
    {
        lock (_lock)
        {
            var until = clock.GetElapsedTime(_start) + time;
            _closedUntil = until > _closedUntil ? until : _closedUntil;
        }
    }

    /// <summary>Lets requests through no closer together than this (Crawl-delay).</summary>
    public void SlowTo(TimeSpan interval)
    {
        lock (_lock)
            _interval = interval > _interval ? interval : _interval;
    }

    public void Dispose() => _places.Dispose();

    internal sealed class Place(SemaphoreSlim places) : IDisposable
    {
        public void Dispose() => places.Release();
    }
}
