namespace Lacquer.Stages.Workbench;

/// <summary>How far a stage has got.</summary>
/// <param name="What">What it does, a word or two.</param>
/// <param name="Done">How much is done.</param>
/// <param name="Total">Of how much; 0 where that is not known.</param>
/// <param name="IsBytes">Whether these are bytes, rather than pieces of work.</param>
/// <param name="Whole">Which share of the whole work is done, where this is a part of several that differ; null where it is all there is.</param>
public readonly record struct StageProgress(string What, long Done, long Total, bool IsBytes = false, double? Whole = null);
