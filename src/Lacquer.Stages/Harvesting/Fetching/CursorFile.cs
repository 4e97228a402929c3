using System.Text.Json;
using Lacquer.Stages.Workbench;

namespace Lacquer.Stages.Harvesting.Fetching;

/// <summary>How far an adapter has got with its source.</summary>
/// <param name="Position">The source's own cursor, page or date; null: at the start.</param>
/// <param name="Validators">What was told of each address, to ask again with.</param>
public sealed record FetchCursor(string? Position, IReadOnlyDictionary<string, Validators> Validators)
{
    /// <summary>Nothing has been asked for yet.</summary>
    public static FetchCursor Start { get; } = new(null, new Dictionary<string, Validators>());
}

/// <summary>Keeps a <see cref="FetchCursor"/> over a kill: temporary name, flush, rename. Write it after what it stands for is on disk.</summary>
public static class CursorFile
{
    private const long MostBytes = 64 << 20;

    /// <summary>What was written last; the start where nothing was, or where it cannot be read: then the source is asked from its beginning.</summary>
    public static FetchCursor Read(string path)
    {
        try
        {
            return File.Exists(path) && new FileInfo(path).Length <= MostBytes && JsonSerializer.Deserialize<FetchCursor>(File.ReadAllBytes(path)) is { Validators: not null } cursor ? cursor : FetchCursor.Start;
        }
        catch (JsonException)
        {
            return FetchCursor.Start;
        }
    }

    /// <summary>Writes it whole.</summary>
    public static void Write(string path, FetchCursor cursor) => Durable.WriteFile(path, stream => JsonSerializer.Serialize(stream, cursor));
}
