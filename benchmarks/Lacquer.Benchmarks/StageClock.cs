using System.Diagnostics;
using Lacquer.Stages.Workbench;

namespace Lacquer.Benchmarks;

/// <summary>How long each stage of a run took; where two run side by side, time is his who spoke last.</summary>
internal sealed class StageClock : IProgress<StageProgress>
{
    private readonly Lock _lock = new();
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private readonly List<string> _order = [];
    private readonly Dictionary<string, double> _seconds = [];
    private string _stage = "start";
    private double _since;

    public void Report(StageProgress value)
    {
        lock (_lock)
            if (value.What != _stage)
                Turn(value.What);
    }

    public IReadOnlyList<(string, double)> Stop()
    {
        lock (_lock)
            Turn("");
        return [.. _order.Select(stage => (stage, _seconds[stage]))];
    }

    private void Turn(string next)
    {
        var now = _watch.Elapsed.TotalSeconds;
        if (_seconds.TryAdd(_stage, 0))
            _order.Add(_stage);
        _seconds[_stage] += now - _since;
        (_stage, _since) = (next, now);
    }
}
