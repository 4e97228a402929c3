using Lacquer.Stages.Workbench;

namespace Lacquer.Stages.Cataloguing;

/// <summary>Says of each stage's progress how far the whole build has got with it.</summary>
internal sealed class BuildProgress(IProgress<StageProgress> progress) : IProgress<StageProgress>
{
    // Percent of the time that a build of millions of tracks takes; measured on synthetic music.
    private static readonly (string What, double Percent)[] Stages = [("parse", 17), ("match", 10), ("load releases", 30), ("load recordings", 22), ("look-ups", 9), ("search", 12)];

    public void Report(StageProgress value)
    {
        var before = 0.0;
        foreach (var (what, percent) in Stages)
        {
            if (what == value.What)
            {
                progress.Report(value with { Whole = (before + percent * (value.Total > 0 ? Math.Clamp((double)value.Done / value.Total, 0, 1) : 0)) / Stages.Sum(s => s.Percent) });
                return;
            }

            before += percent;
        }

        progress.Report(value);
    }
}
