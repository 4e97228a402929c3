using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Globalization;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text;
using Lacquer.Formats.Accessions;
using Lacquer.Formats.Archives;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Ledgers;
using Lacquer.Stages.Cataloguing.Staging;
using Lacquer.Stages.Workbench;
using ZstdSharp;

namespace Lacquer.Stages.Cataloguing.Parsing;

/// <summary>
/// First stage of a build: the records of all accessions into staged files. Frames are unpacked and parsed on every core, and put down in order. Bounded by parsing JSON; what it keeps in memory is
/// some frames for each core and the hashes of <see cref="StagingWriter"/>, in columns.
/// </summary>
internal static class Parse
{
    // Frames packed, unpacked and parsed, four for each core.
    private const long BytesACore = 16 << 20;

    public static ParsedRecords Run(
        StagedFiles files, string inputs, ArchiveLayout layout, IReadOnlyList<AccessionRow> accessions, IReadOnlyDictionary<string, int> sources, Columns columns, IProgress<StageProgress> progress,
        CancellationToken stop) =>
        RunAsync(files, inputs, layout, accessions, sources, columns, progress, stop).GetAwaiter().GetResult();

    private static async Task<ParsedRecords> RunAsync(
        StagedFiles files, string inputs, ArchiveLayout layout, IReadOnlyList<AccessionRow> accessions, IReadOnlyDictionary<string, int> sources, Columns columns, IProgress<StageProgress> progress,
        CancellationToken stop)
    {
        // Of the accessions' digests, which nobody who writes one can choose.
        var seed = BinaryPrimitives.ReadInt64LittleEndian(Convert.FromHexString(inputs));
        using var writer = new StagingWriter(files, columns);
        var findings = new List<Finding>();
        var parsed = new List<ParsedAccession>();
        var total = accessions.Sum(a => a.LengthBytes);
        long done = 0;
        foreach (var accession in accessions)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"{accession.Source}/{accession.Number:D6}");
            var origin = new RecordOrigin(accession.Source, sources[accession.Source] + Mention.MusicBrainz, accession.Number, seed);
            var (records, aside) = (0L, 0L);
            try
            {
                using var reader = AccessionReader.Open(layout.Accession(accession.Source, accession.Number));
                using var workers = new Workers(reader.Header, origin, ContentSeed(accession, reader.Header, seed));
                await foreach (var batch in reader.Frames().InOrder(columns.CoresOf(BytesACore), (frame, _) => Task.FromResult(workers.Parse(frame)), stop).ConfigureAwait(false))
                {
                    writer.Add(batch.Records);
                    foreach (var (line, why) in batch.Records.Aside)
                        findings.Add(new Finding("catalogue", string.Create(CultureInfo.InvariantCulture, $"{name} at {line}"), "record", why));
                    if (batch.Damage is { } damage)
                        findings.Add(new Finding("catalogue", name, "damaged", damage));
                    records += batch.Records.Lines;
                    aside += batch.Records.Aside.Count + batch.Records.AsideAtHarvest;
                    done += batch.FrameBytes;
                    workers.GiveBack(batch);
                    progress.Report(new StageProgress("parse", done, total, IsBytes: true));
                }
            }
            catch (LacquerException e) when (e.Failure == Failure.Damaged)
            {
                // What was whole has been read; the rest is reported.
                findings.Add(new Finding("catalogue", name, "damaged", e.Message));
            }

            parsed.Add(new ParsedAccession(accession.Number, records, aside));
        }

        var staged = writer.Finish();
        var result = new ParsedRecords(inputs, writer.Mentions, writer.Documents, writer.Releases, writer.Artists, writer.Credits, writer.MarketSets, parsed, findings, staged);
        files.WriteParsed(result);
        return result;
    }

    // Adapter and settings say how a line is read; a folder's files lie where it was harvested.
    private static long ContentSeed(AccessionRow accession, AccessionHeader header, long seed) => (long)XxHash3.HashToUInt64(
        Encoding.UTF8.GetBytes($"{header.Adapter}\n{(AudioRecord.IsOf(header.Adapter) ? accession.Location : "")}\n{header.Settings}"), seed);

    /// <summary>A frame's records.</summary>
    private sealed class ParsedFrame
    {
        public RecordBatch Records { get; } = new();

        public string? Damage { get; set; }

        public int FrameBytes { get; set; }
    }

    /// <summary>Readers, buffers and batches, taken by whoever parses and given back.</summary>
    private sealed class Workers(AccessionHeader accession, RecordOrigin origin, long contentSeed) : IDisposable
    {
        private readonly ConcurrentBag<Worker> _idle = [];
        private readonly ConcurrentBag<ParsedFrame> _frames = [];

        public ParsedFrame Parse(AccessionFrame frame)
        {
            var parsed = _frames.TryTake(out var used) ? used : new ParsedFrame();
            var worker = _idle.TryTake(out var free) ? free : new Worker(RecordReaders.Of(accession, origin), contentSeed);
            parsed.Records.Clear();
            parsed.FrameBytes = frame.Bytes.Length;
            parsed.Damage = worker.Parse(frame, parsed.Records);
            _idle.Add(worker);
            return parsed;
        }

        public void GiveBack(ParsedFrame frame) => _frames.Add(frame);

        public void Dispose()
        {
            foreach (var worker in _idle)
                worker.Dispose();
        }
    }

    private sealed class Worker(IRecordReader reader, long contentSeed) : IDisposable
    {
        private readonly Decompressor _decompressor = new();
        private byte[] _buffer = new byte[AccessionFile.FrameBytes * 2];

        /// <summary>Parses a frame's lines, and says why it cannot be read, or null.</summary>
        public string? Parse(AccessionFrame frame, RecordBatch batch)
        {
            ReadOnlyMemory<byte> lines;
            try
            {
                lines = frame.Unpack(_decompressor, ref _buffer);
            }
            catch (FormatException e)
            {
                return e.Message;
            }

            for (var start = 0; start < lines.Length;)
            {
                var length = lines.Span[start..].IndexOf((byte)'\n');
                if (length < 0)
                    return FormattableString.Invariant($"the frame at {frame.Offset} does not end with a line");
                batch.Lines++;
                var end = batch.End();
                try
                {
                    var line = lines.Slice(start, length);
                    reader.Read(line, frame.Offset + start, batch);
                    foreach (ref var document in CollectionsMarshal.AsSpan(batch.Documents)[end.Documents..])
                        document.Content = XxHash3.HashToUInt64(line.Span, contentSeed);
                }
                catch (FormatException e)
                {
                    batch.CutTo(end);
                    batch.Aside.Add((frame.Offset + start, e.Message));
                }

                start += length + 1;
            }

            return null;
        }

        public void Dispose() => _decompressor.Dispose();
    }
}
