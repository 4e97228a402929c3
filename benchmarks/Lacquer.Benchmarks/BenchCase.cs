namespace Lacquer.Benchmarks;

/// <summary>One benchmark.</summary>
/// <param name="Name">What it is called on the command line.</param>
/// <param name="Summary">What it measures, and against what, in a line.</param>
/// <param name="Run">Runs it at a scale (1 is usual) and returns the exit code.</param>
internal sealed record BenchCase(string Name, string Summary, Func<double, int> Run);
