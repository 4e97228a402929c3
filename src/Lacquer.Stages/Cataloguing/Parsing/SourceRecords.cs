using System.Text.Json;
using Lacquer.Stages.Cataloguing.Staging;
using Lacquer.Stages.Sources;

namespace Lacquer.Stages.Cataloguing.Parsing;

/// <summary>Lines of the accessions that adapters write, <c>{"key":…,"record":…}</c>: what the adapter says that a record says.</summary>
internal sealed class SourceRecords(RecordOrigin origin, Adapter adapter) : IRecordReader
{
    private readonly SourceFiller _filler = new(origin);

    public void Read(ReadOnlyMemory<byte> line, long offset, RecordBatch batch)
    {
        try
        {
            using var document = JsonDocument.Parse(line, new JsonDocumentOptions { MaxDepth = 64 });
            var root = document.RootElement;
            if (root.TryGetProperty("set_aside", out _))
            {
                batch.AsideAtHarvest++;
                return;
            }

            var key = root.GetProperty("key").GetString() ?? throw new FormatException("it has no key");
            if (adapter.Describe(key, root.GetProperty("record")) is { } said)
                _filler.Add(said, key, offset, batch);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or ArgumentException)
        {
            throw new FormatException($"it cannot be read: {e.Message.ReplaceLineEndings(" ")}", e);
        }
    }
}
