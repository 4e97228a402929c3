using Lacquer.Cli.Rendering;
using Lacquer.Stages.Workbench;

namespace Lacquer.Cli;

/// <summary>
/// Shows how far a stage has got: on a terminal one line that is rewritten, elsewhere a line every ten seconds. The remaining time is reckoned from the last half minute alone, and not
/// shown before there is something to reckon from. Where a stage is a part of a whole, the percentage and the remaining time are the whole's, reckoned from all that was seen of it.
/// </summary>
public sealed class ProgressLine(Terminal terminal) : IProgress<StageProgress>, IDisposable
{
    private const int Columns = 79;
    private static readonly TimeSpan Watched = TimeSpan.FromSeconds(0.1);
    private static readonly TimeSpan Logged = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Sampled = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan Smoothed = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Enough = TimeSpan.FromSeconds(3);

    private readonly Lock _gate = new();
    private readonly Queue<(long At, long Done)> _samples = new();
    private long _last = terminal.Clock.GetTimestamp();
    private long _sampled;
    private string _what = "";
    private (long At, double Done)? _whole;
    private (long At, double Seconds)? _left;
    private int _shown;
    private bool _ended;

    /// <inheritdoc/>
    public void Report(StageProgress value)
    {
        lock (_gate)
        {
            if (_ended)
                return;
            var now = terminal.Clock.GetTimestamp();
            var isOther = value.What != _what;
            if (isOther)
            {
                _what = value.What;
                _samples.Clear();
            }

            if (_samples.Count == 0 || terminal.Clock.GetElapsedTime(_sampled, now) >= Sampled)
            {
                _samples.Enqueue((now, value.Done));
                _sampled = now;
                while (_samples.Count > 2 && terminal.Clock.GetElapsedTime(_samples.Peek().At, now) > Window)
                    _samples.Dequeue();
            }

            if (value.Whole is { } whole)
                Reckon(whole, now);
            var since = terminal.Clock.GetElapsedTime(_last, now);
            if (terminal.ErrorIsTerminal ? since < Watched && !isOther : since < Logged)
                return;
            _last = now;
            var line = Line(value, now);
            if (!terminal.ErrorIsTerminal)
            {
                terminal.Say(line);
                return;
            }

            line = PlainText.Fit(line, Columns);
            terminal.RewriteLine(line, _shown);
            _shown = PlainText.Columns(line);
        }
    }

    /// <summary>Wipes the line.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _ended = true;
            if (_shown > 0)
                terminal.RewriteLine("", _shown);
            _shown = 0;
        }
    }

    // What is left of the whole takes as long as what was done of it since we look, for its share. It is smoothed, as parts do not go at quite the pace that their shares say.
    private void Reckon(double whole, long now)
    {
        var (at, from) = _whole ??= (now, whole);
        var took = terminal.Clock.GetElapsedTime(at, now);
        if (took < Enough || whole - from < 0.01)
            return;
        var seconds = took.TotalSeconds * (1 - whole) / (whole - from);
        if (_left is not { } last)
            _left = (now, seconds);
        else if (terminal.Clock.GetElapsedTime(last.At, now) is var since && since >= Sampled)
            _left = (now, double.Lerp(last.Seconds - since.TotalSeconds, seconds, 1 - Math.Exp(-since / Smoothed)));
    }

    private string Line(StageProgress value, long now)
    {
        string Amount(double amount) => value.IsBytes ? Figures.Bytes((long)amount) : amount is > 0 and < 10 ? Figures.Decimal(amount) : Figures.Count((long)amount);
        if (value.Total <= 0)
            return value.Done > 0 ? $"{value.What}  {Amount(value.Done)}" : $"{value.What} …";
        var done = Math.Min(value.Done, value.Total);
        var percent = value.Whole is { } whole ? (int)(100 * whole) : (int)(100 * (Int128)done / value.Total);
        var line = $"{value.What}  {percent} %  {(value.IsBytes ? Figures.Bytes(done) : Figures.Count(done))} of {(value.IsBytes ? Figures.Bytes(value.Total) : Figures.Count(value.Total))}";
        var (at, from) = _samples.Peek();
        var took = terminal.Clock.GetElapsedTime(at, now);
        if (value.Whole is not null)
            return value.Whole < 1 && _left is { } left ? $"{line}  {Figures.About(TimeSpan.FromSeconds(Math.Clamp(left.Seconds, 0, 1e9)))} left" : line;
        if (took < Enough || value.Done <= from)
            return line;
        var rate = (value.Done - from) / took.TotalSeconds;
        line += $"  {Amount(rate)}/s";
        return done < value.Total ? $"{line}  {Figures.About(TimeSpan.FromSeconds(Math.Min((value.Total - done) / rate, 1e9)))} left" : line;
    }
}
