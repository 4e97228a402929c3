using Lacquer.Formats.Findings;

namespace Lacquer.Formats.Objects;

/// <summary>
/// Ogg Vorbis and Ogg Opus files of one stream: their headers, their soundness, and another comment header without a
/// change to the audio (RFC 3533; Vorbis I, appendix A; RFC 7845). Every method goes through the source once, forwards,
/// from where it stands, and holds the headers and a page in memory, never the file.
/// </summary>
public static class OggFile
{
    private const int OutputBufferBytes = 128 * 1024;

    /// <summary>Reads the header packets.</summary>
    /// <param name="source">From the file's first byte; read a little past the headers.</param>
    /// <exception cref="LacquerException">
    /// Damaged: a page that is cut short, missing or not as its checksum says, or a header that is not well formed.
    /// Refused: not Ogg, not Vorbis or Opus, more than one stream, or headers of more than 16 MiB (setup: 1 MiB).
    /// </exception>
    public static OggHead ReadHead(Stream source) =>
        OggHeadPages.Read(new OggPageReader(source, OggPageReader.ReadAheadForHead)).Head;

    /// <summary>Goes over all pages and says what is wrong with them.</summary>
    /// <param name="source">From the file's first byte; read to its end.</param>
    /// <exception cref="LacquerException">The headers cannot be read; as <see cref="ReadHead"/>.</exception>
    public static OggScan Scan(Stream source)
    {
        var reader = new OggPageReader(source, OggPageReader.ReadAheadForFile);
        var first = OggHeadPages.Read(reader);
        var head = first.Head;
        var last = reader.Page;
        var (pages, crcErrors, gaps, lostBytes, trailingBytes, afterEnd) = ((long)first.Pages, 0L, 0L, 0L, 0L, 0L);
        var (midPage, hasEnd, multiplexed, chained) = (false, first.EndsStream, false, false);
        var (granule, next) = (Math.Max(0, last.Granule), last.Number + 1);
        for (var over = false; !over;)
        {
            switch (reader.Read())
            {
                case OggReading.End:
                    over = true;
                    break;
                case OggReading.CutShort:
                    midPage = over = true;
                    // What was lost before it is no tail.
                    lostBytes += trailingBytes;
                    trailingBytes = 0;
                    break;
                case OggReading.NoCapture:
                    trailingBytes += reader.SkipToCapture();
                    break;
                default:
                    lostBytes += trailingBytes;
                    trailingBytes = 0;
                    pages++;
                    var page = reader.Page;
                    if (page.Version != 0 || !page.IsIntact)
                    {
                        // Its fields cannot be believed, but its place in the order is taken.
                        crcErrors++;
                        next++;
                        continue;
                    }
                    if (page.IsFirst || page.Serial != head.Serial)
                    {
                        if (hasEnd || page.Serial == head.Serial)
                            chained = true;
                        else
                            multiplexed = true;
                        continue;
                    }
                    if (page.Number != next)
                        gaps++;
                    next = page.Number + 1;
                    if (hasEnd)
                        afterEnd++;
                    hasEnd |= page.IsLast;
                    if (page.Granule > 0)
                        granule = page.Granule;
                    break;
            }
        }
        // A granule position may be any 63-bit number; a nonsensical one must only not overflow.
        var samples = (Int128)Math.Max(0, granule - head.PreSkipSamples);
        var durationMs = (long)Int128.Min(long.MaxValue, samples * 1000 / head.SampleRateHz);
        return new OggScan(head, reader.OffsetBytes + reader.SeenBytes, pages, crcErrors, gaps, lostBytes, trailingBytes, midPage, hasEnd, afterEnd, multiplexed, chained, granule, durationMs);
    }

    /// <summary>
    /// Writes the file with another comment header. The identification page stays as it is, header packets get pages of
    /// their own (Vorbis I §A.2, RFC 7845 §3) unless audio on the last of them has no granule position above 0 for a page
    /// of its own, and every later page keeps all its bytes but number and checksum. What
    /// was written when this throws is worthless.
    /// </summary>
    /// <param name="source">From the file's first byte; read to its end.</param>
    /// <param name="tags">The comment header to write, pictures included.</param>
    /// <param name="destination">Gets the rewritten file; flushed, not closed.</param>
    /// <returns>The undo record, with which <see cref="Restore"/> gives the source back bit for bit.</returns>
    /// <exception cref="LacquerException">
    /// As <see cref="ReadHead"/>, and damaged: any page not as its checksum says, other bytes between or after pages, no
    /// end of stream. Refused: chained or multiplexed streams, or a comment header of more than 16 MiB.
    /// </exception>
    /// <exception cref="ArgumentException">The tags cannot be written; see <see cref="CommentHeader.ToBytes"/>.</exception>
    public static byte[] Rewrite(Stream source, CommentHeader tags, Stream destination)
    {
        var reader = new OggPageReader(source, OggPageReader.ReadAheadForFile);
        var first = OggHeadPages.Read(reader);
        var region = first.Compose(tags, out var numberDelta);
        var output = new BufferedStream(destination, OutputBufferBytes);
        output.Write(first.IdentPage);
        output.Write(region);
        var checksums = OggCrc.Append(0, new OggPage(first.IdentPage).CrcField);
        var hasEnd = first.EndsStream;
        while (OggHeadPages.TryReadPage(reader, first.Head.Serial, mayEnd: hasEnd))
        {
            var page = reader.Page;
            hasEnd |= page.IsLast;
            checksums = OggCrc.Append(checksums, page.CrcField);
            if (numberDelta != 0)
                page.Renumber(unchecked(page.Number + numberDelta));
            output.Write(page.Bytes);
        }
        output.Flush();
        return new OggUndo(region.Length, first.Region.Length, numberDelta, checksums).ToBytes(first.Region, region);
    }

    /// <summary>Gives back the file that <see cref="Rewrite"/> was given, bit for bit.</summary>
    /// <param name="rewritten">From the rewritten file's first byte; read to its end.</param>
    /// <param name="undo">The undo record of that rewrite.</param>
    /// <param name="destination">Gets the original; flushed, not closed. Worthless if this throws.</param>
    /// <exception cref="LacquerException">Damaged: the record or the file is not what it was, or they do not belong together.</exception>
    public static void Restore(Stream rewritten, byte[] undo, Stream destination)
    {
        var record = OggUndo.Parse(undo);
        var reader = new OggPageReader(rewritten, OggPageReader.ReadAheadForFile);
        if (reader.Read() != OggReading.Page || !reader.Page.IsIntact)
            throw new LacquerException(Failure.Damaged, "the first page of the file to restore is not intact");
        var output = new BufferedStream(destination, OutputBufferBytes);
        output.Write(reader.Page.Bytes);
        var serial = reader.Page.Serial;
        var checksums = OggCrc.Append(0, reader.Page.CrcField);

        var region = new byte[record.RewrittenBytes];
        if (!reader.TryReadBytes(region))
            throw new LacquerException(Failure.Damaged, "the file to restore is shorter than its undo record says");
        output.Write(record.Original(undo, region));
        while (OggHeadPages.TryReadPage(reader, serial, mayEnd: true))
        {
            var page = reader.Page;
            if (record.NumberDelta != 0)
                page.Renumber(unchecked(page.Number - record.NumberDelta));
            checksums = OggCrc.Append(checksums, page.CrcField);
            output.Write(page.Bytes);
        }
        if (checksums != record.ChecksumsCrc)
            throw new LacquerException(Failure.Damaged, "the undo record is not that of this file, or pages are missing");
        output.Flush();
    }
}
