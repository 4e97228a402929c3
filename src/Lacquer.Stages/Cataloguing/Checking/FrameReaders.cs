using System.Collections.Concurrent;
using Lacquer.Formats.Accessions;
using Lacquer.Formats.Catalogues;
using Lacquer.Stages.Cataloguing.Parsing;

namespace Lacquer.Stages.Cataloguing.Checking;

/// <summary>Readers, one for each thread that is at work.</summary>
internal sealed class FrameReaders(AccessionHeader accession, RecordOrigin origin) : IDisposable
{
    private readonly ConcurrentBag<(FrameLines Lines, SaidReader Reader)> _idle = [];

    /// <summary>The records of a frame that are wanted.</summary>
    public List<(RecordPlace Place, SaidRecord Record)> Read(AccessionFrame frame, Func<RecordPlace, SaidRecord, bool> isWanted)
    {
        var records = new List<(RecordPlace, SaidRecord)>();
        var worker = _idle.TryTake(out var free) ? free : (new FrameLines(), new SaidReader(accession, origin));
        try
        {
            var (bytes, lines) = worker.Item1.Of(frame);
            foreach (var (start, length) in lines)
            {
                var place = new RecordPlace(origin.Accession, frame.Offset + start);
                if (worker.Item2.Read(bytes.Slice(start, length), place.Offset) is { } record && isWanted(place, record))
                    records.Add((place, record));
            }
        }
        catch (FormatException)
        {
            // Said when the records were compared.
        }

        _idle.Add(worker);
        return records;
    }

    public void Dispose()
    {
        foreach (var (lines, _) in _idle)
            lines.Dispose();
    }
}
