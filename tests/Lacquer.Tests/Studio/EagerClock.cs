namespace Lacquer.Tests.Studio;

/// <summary>A clock on which waits of at most an hour, or what is given, pass at once, and longer ones, which are time limits, when it is moved on.</summary>
internal sealed class EagerClock(TimeSpan? longestWait = null) : TimeProvider
{
    private readonly TimeSpan _eager = longestWait ?? TimeSpan.FromHours(1);
    private readonly Lock _lock = new();
    private readonly List<Alarm> _alarms = [];
    private DateTimeOffset _now = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);

    public static DateTimeOffset Start { get; } = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>What has passed since the start.</summary>
    public TimeSpan Passed => GetUtcNow() - Start;

    public override DateTimeOffset GetUtcNow()
    {
        lock (_lock)
            return _now;
    }

    public override long GetTimestamp() => GetUtcNow().Ticks;

    public void MoveOn(TimeSpan time)
    {
        List<Alarm> due;
        lock (_lock)
        {
            _now += time;
            due = _alarms.Where(a => a.At <= _now).ToList();
            _alarms.RemoveAll(due.Contains);
        }

        foreach (var alarm in due)
            ThreadPool.QueueUserWorkItem(_ => alarm.Ring());
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var alarm = new Alarm(this, callback, state);
        alarm.Change(dueTime, period);
        return alarm;
    }

    private void Set(Alarm alarm, TimeSpan due)
    {
        lock (_lock)
        {
            _alarms.Remove(alarm);
            alarm.At = _now + (due > TimeSpan.Zero ? due : TimeSpan.Zero);
            if (due != Timeout.InfiniteTimeSpan)
                _alarms.Add(alarm);
        }

        if (due != Timeout.InfiniteTimeSpan && due <= _eager)
            MoveOn(due);
    }

    private sealed class Alarm(EagerClock clock, TimerCallback callback, object? state) : ITimer
    {
        public DateTimeOffset At { get; set; }

        public void Ring() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            clock.Set(this, dueTime);
            return true;
        }

        public void Dispose() => clock.Set(this, Timeout.InfiniteTimeSpan);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
