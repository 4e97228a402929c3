using Lacquer.Stages.Workbench;

namespace Lacquer.Stages.Sources;

/// <summary>Where a harvest goes on after a kill: a small file beside the accession in hand, never ahead of what is on disk.</summary>
internal sealed class HarvestCursor
{
    private readonly string _path;
    private readonly Queue<(string Value, long Records)> _pending = [];

    private HarvestCursor(string path) => _path = path;

    /// <summary>The cursor of the run before, or null.</summary>
    public string? Value { get; private init; }

    /// <summary>Takes up what a killed run left beside this accession.</summary>
    public static HarvestCursor Open(string partial)
    {
        var path = PathOf(partial);
        try
        {
            // A cursor without the accession it belongs to is of nothing.
            if (File.Exists(path) && new FileInfo(path).Length < 1 << 20)
                return new HarvestCursor(path) { Value = File.Exists(partial) ? File.ReadAllText(path) : null };
        }
        catch (IOException)
        {
            // Begun again: what is there already is passed over.
        }

        return new HarvestCursor(path);
    }

    public static string PathOf(string partial) => partial + ".cursor";

    public void Save(string value, long records, long written)
    {
        _pending.Enqueue((value, records));
        string? reached = null;
        while (_pending.TryPeek(out var next) && next.Records <= written)
            reached = _pending.Dequeue().Value;
        if (reached is null)
            return;
        Durable.WriteFile(_path, stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(reached)));
    }
}
