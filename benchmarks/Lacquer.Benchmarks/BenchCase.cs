namespace Lacquer.Benchmarks;

/// <summary>One benchmark.</summary>
/// <param name="Name">What it is called on the command line.</param>
/// <param name="Summary">What it measures, and against what, in a line.</param>
/// <param name="Run">Runs it as asked and returns the exit code.</param>
internal sealed record BenchCase(string Name, string Summary, Func<BenchRequest, int> Run);

/// <summary>What was asked for on the command line.</summary>
/// <param name="Scale">How many times the usual size; each case has its own where nothing is said.</param>
/// <param name="Keep">Folder in which generated accessions are kept, and found again by a later run of the same size; null for none.</param>
/// <param name="PostgresScale">Scale of the comparison with PostgreSQL, 0 for none; null where nothing is said.</param>
/// <param name="MusicBrainz">Folder of MusicBrainz JSON dumps; null for none.</param>
/// <param name="Catalogue">Folder of a catalogue that is there already; null to make one.</param>
/// <param name="Music">Folder of music; null to fetch some.</param>
/// <param name="MemoryBytes">What a build of a catalogue may take; null for what it takes by itself.</param>
internal sealed record BenchRequest(double? Scale, string? Keep, double? PostgresScale, string? MusicBrainz, string? Catalogue, string? Music, long? MemoryBytes)
{
    public double ScaleOr(double usual) => Scale ?? usual;
}
