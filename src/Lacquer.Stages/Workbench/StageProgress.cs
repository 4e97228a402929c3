namespace Lacquer.Stages.Workbench;

/// <summary>How far a stage has got.</summary>
/// <param name="What">What it does, a word or two.</param>
/// <param name="Done">How much is done.</param>
/// <param name="Total">Of how much; 0 where that is not known.</param>
/// <param name="IsBytes">Whether these are bytes, rather than pieces of work.</param>
public readonly record struct StageProgress(string What, long Done, long Total, bool IsBytes = false);
