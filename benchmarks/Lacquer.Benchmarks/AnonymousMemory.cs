using System.Globalization;

namespace Lacquer.Benchmarks;

/// <summary>Watches how much of the process' memory is of no file (RssAnon of Linux's /proc, proc(5)), a hundred times a second; the system keeps no record of it.</summary>
internal sealed class AnonymousMemory : IDisposable
{
    private readonly Timer _timer;
    private long _peak;

    public AnonymousMemory() => _timer = new Timer(_ => Look(), null, 0, 10);

    /// <summary>The most that was seen, in bytes.</summary>
    public long PeakBytes()
    {
        Look();
        return Interlocked.Read(ref _peak);
    }

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        var line = File.ReadLines("/proc/self/status").FirstOrDefault(l => l.StartsWith("RssAnon:", StringComparison.Ordinal));
        if (line is null)
            return;
        var bytes = long.Parse(line["RssAnon:".Length..^"kB".Length], CultureInfo.InvariantCulture) << 10;
        for (var peak = Interlocked.Read(ref _peak); bytes > peak; peak = Interlocked.Read(ref _peak))
            Interlocked.CompareExchange(ref _peak, bytes, peak);
    }
}
