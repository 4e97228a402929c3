using System.Buffers.Binary;
using Lacquer.Formats.Findings;

namespace Lacquer.Formats.Objects;

/// <summary>
/// The pages at the beginning of a file: the identification page, and the head region, which goes from there to the end
/// of the last page with any of a header packet on it. A rewrite replaces the region and nothing else.
/// </summary>
internal sealed class OggHeadPages
{
    /// <summary>The most a comment packet may have, read or written; four times the largest pictures in use.</summary>
    public const int MaxCommentBytes = 16 * 1024 * 1024;

    /// <summary>The most a Vorbis setup packet may have; libvorbis writes 4 to 8 KB.</summary>
    public const int MaxSetupBytes = 1024 * 1024;

    /// <summary>The most the pages of a head region may have; only pages of a few bytes each could get there.</summary>
    public const int MaxRegionBytes = 32 * 1024 * 1024;

    private readonly byte[] _setupPacket;
    private readonly uint _firstNumber;
    private readonly uint _lastNumber;
    private readonly byte[] _audioLacing;
    private readonly byte[] _audioBody;
    private readonly long _audioGranule;

    private OggHeadPages(OggHead head, byte[] identPage, byte[] region, byte[] setupPacket, int pages, uint firstNumber, in OggPage last, int audioLacing)
    {
        Head = head;
        IdentPage = identPage;
        Region = region;
        Pages = pages;
        _setupPacket = setupPacket;
        _firstNumber = firstNumber;
        _lastNumber = last.Number;
        _audioLacing = last.Lacing[audioLacing..].ToArray();
        _audioBody = last.Body[^SumOf(_audioLacing)..].ToArray();
        _audioGranule = last.Granule;
        EndsStream = last.IsLast;
    }

    public OggHead Head { get; }

    public byte[] IdentPage { get; }

    /// <summary>The head region's bytes.</summary>
    public byte[] Region { get; }

    /// <summary>Pages up to the end of the region, the identification page included.</summary>
    public int Pages { get; }

    /// <summary>Whether the region's last page is the stream's last.</summary>
    public bool EndsStream { get; }

    /// <summary>Reads the pages that hold header packets; the reader is left at the last of them.</summary>
    public static OggHeadPages Read(OggPageReader reader)
    {
        var identPage = ReadIdentPage(reader);
        var ident = new OggPage(identPage);
        var head = ReadIdent(ident.Body);
        var wanted = head.Codec == OggCodec.Vorbis ? 2 : 1;
        var serial = ident.Serial;
        var number = ident.Number;

        using var region = new MemoryStream();
        using var packet = new MemoryStream();
        var commentPacket = Array.Empty<byte>();
        var firstNumber = number + 1;
        var open = false;
        var pages = 1;
        for (var done = 0; ;)
        {
            TryReadPage(reader, serial, mayEnd: false);
            var page = reader.Page;
            pages++;
            if (page.Number != ++number)
                throw Damaged(reader, $"header page {number} is missing: page {page.Number} stands in its place");
            if (page.Lacing.Length > 0 && page.IsContinued != open)
                throw Damaged(reader, "a header packet breaks off between two pages");
            region.Write(page.Bytes);
            if (region.Length > MaxRegionBytes)
                throw new LacquerException(Failure.Refused, $"the header pages have more than {MaxRegionBytes} bytes");

            var body = page.Body;
            var lacing = page.Lacing;
            for (var i = 0; i < lacing.Length; i++)
            {
                packet.Write(body[..lacing[i]]);
                body = body[lacing[i]..];
                open = lacing[i] == 255;
                var limit = done == 0 ? MaxCommentBytes : MaxSetupBytes;
                if (packet.Length > limit)
                    throw new LacquerException(Failure.Refused, $"the {(done == 0 ? "comment" : "setup")} header has more than {limit} bytes");
                if (open)
                    continue;

                if (done == 0)
                {
                    commentPacket = packet.ToArray();
                    head = head with { Tags = ReadComment(head.Codec, commentPacket) };
                }
                else if (!packet.GetBuffer().AsSpan(0, (int)packet.Length).StartsWith("\x05vorbis"u8))
                {
                    throw Damaged(reader, "no Vorbis setup header after the comment header");
                }
                if (++done == wanted)
                {
                    head = head with { Serial = serial, LengthBytes = identPage.Length + region.Length };
                    var setup = wanted == 2 ? packet.ToArray() : [];
                    return new OggHeadPages(head, identPage, region.ToArray(), setup, pages, firstNumber, page, i + 1);
                }
                packet.SetLength(0);
            }
            if (page.IsLast)
                throw Damaged(reader, "the stream ends within its headers");
        }
    }

    /// <summary>
    /// Makes the head region again with another comment header: header packets on pages of their own, and audio that
    /// shared their last page on a page after them where that page can be sound to every reader.
    /// </summary>
    /// <param name="tags">The comment header to write.</param>
    /// <param name="numberDelta">What to add to the number of every later page, modulo 2^32.</param>
    public byte[] Compose(CommentHeader tags, out uint numberDelta)
    {
        var comment = MakeComment(Head.Codec, tags);
        var headLacing = new List<byte>();
        AddLacing(headLacing, comment.Length);
        if (Head.Codec == OggCodec.Vorbis)
            AddLacing(headLacing, _setupPacket.Length);

        // A page for the audio alone needs a granule position above 0: one that says 0 or "no packet ends here" would be
        // sound, as a first Vorbis packet yields no samples, but checkers take it for an encoder's mistake. Such audio
        // stays with the headers, where it was.
        var audioAlone = _audioGranule > 0 && OggPage.EndsPacket(_audioLacing);
        var audioShares = !audioAlone && _audioLacing.Length > 0;
        var shared = audioShares ? Math.Min(headLacing.Count, 255 - _audioLacing.Length) : 0;

        ReadOnlySpan<byte> body = [.. comment, .. _setupPacket];
        ReadOnlySpan<byte> left = headLacing.ToArray();
        using var region = new MemoryStream();
        var number = _firstNumber;
        var continued = false;
        while (left.Length > shared)
        {
            var onPage = left[..Math.Min(255, left.Length - shared)];
            left = left[onPage.Length..];
            var bytes = SumOf(onPage);
            // A header page's granule position is 0 (Vorbis I §A.2, RFC 7845 §3), unless no packet ends there.
            region.Write(OggPage.Make(
                Head.Serial,
                number++,
                OggPage.EndsPacket(onPage) ? 0 : OggPage.NoGranule,
                continued,
                last: EndsStream && left.IsEmpty && _audioLacing.Length == 0,
                onPage,
                body[..bytes]));
            body = body[bytes..];
            continued = onPage[^1] == 255;
        }
        if (_audioLacing.Length > 0)
        {
            region.Write(OggPage.Make(
                Head.Serial,
                number++,
                _audioGranule,
                continued && audioShares,
                last: EndsStream,
                [.. left, .. _audioLacing],
                [.. body, .. _audioBody]));
        }
        numberDelta = number - 1 - _lastNumber;
        return region.ToArray();
    }

    /// <summary>
    /// Reads a page after the first, which must be whole, intact and of the one stream. False at the end of the source, where
    /// the stream may end there.
    /// </summary>
    public static bool TryReadPage(OggPageReader reader, uint serial, bool mayEnd)
    {
        switch (reader.Read())
        {
            case OggReading.End when mayEnd:
                return false;
            case OggReading.End:
                throw Damaged(reader, "the file ends before the stream does");
            case OggReading.CutShort:
                throw Damaged(reader, "the file ends within a page");
            case OggReading.NoCapture:
                throw Damaged(reader, "expected an Ogg page and met other bytes");
            default:
                break;
        }
        var page = reader.Page;
        if (page.Version != 0)
            throw Damaged(reader, $"an Ogg page of version {page.Version}; only 0 is known");
        if (!page.IsIntact)
            throw Damaged(reader, "an Ogg page does not match its checksum");
        if (page.Serial != serial)
            throw Refused(reader, "a second stream begins; only files of one stream are read");
        if (page.IsFirst)
            throw Refused(reader, "the stream begins again; chained files are not read");
        return true;
    }

    private static byte[] ReadIdentPage(OggPageReader reader)
    {
        var reading = reader.Read();
        if (reading is OggReading.CutShort)
            throw Damaged(reader, "the file ends within a page");
        if (reading is not OggReading.Page)
            throw Refused(reader, "not an Ogg file");
        var page = reader.Page;
        if (page.Version != 0)
            throw Damaged(reader, $"an Ogg page of version {page.Version}; only 0 is known");
        if (!page.IsIntact)
            throw Damaged(reader, "an Ogg page does not match its checksum");
        if (!page.IsFirst || page.IsContinued)
            throw Damaged(reader, "the stream's beginning is missing");
        // RFC 3533 §4: the identification packet is alone on its page.
        if (page.Lacing.Length != 1 || page.Lacing[0] == 255 || page.IsLast)
            throw Refused(reader, "the first page does not hold one identification header alone");
        return page.Bytes.ToArray();
    }

    // Serial, tags and length are filled in when they have been read.
    private static OggHead ReadIdent(ReadOnlySpan<byte> packet)
    {
        var none = new CommentHeader("", []);
        if (packet.StartsWith("\x01vorbis"u8))
        {
            // Vorbis I §4.2.2
            if (packet.Length < 30 || BinaryPrimitives.ReadUInt32LittleEndian(packet[7..]) != 0)
                throw new LacquerException(Failure.Damaged, "the Vorbis identification header is too short or of an unknown version");
            var channels = packet[11];
            var sampleRateHz = BinaryPrimitives.ReadInt32LittleEndian(packet[12..]);
            if (channels == 0 || sampleRateHz <= 0 || (packet[29] & 1) == 0)
                throw new LacquerException(Failure.Damaged, "the Vorbis identification header has no channels, no sample rate or no end");
            var bitrateBps = Math.Max(0, BinaryPrimitives.ReadInt32LittleEndian(packet[20..]));
            return new OggHead(OggCodec.Vorbis, 0, none, channels, sampleRateHz, 0, bitrateBps, 0, sampleRateHz, 0);
        }
        if (packet.StartsWith("OpusHead"u8))
        {
            // RFC 7845 §5.1: the upper four bits of the version must be 0.
            if (packet.Length < 19 || packet[8] > 15 || packet[9] == 0)
                throw new LacquerException(Failure.Damaged, "the Opus identification header is too short, of an unknown version or without channels");
            return new OggHead(
                OggCodec.Opus,
                0,
                none,
                packet[9],
                SampleRateHz: 48_000,
                0,
                NominalBitrateBps: 0,
                BinaryPrimitives.ReadUInt16LittleEndian(packet[10..]),
                (int)Math.Min(int.MaxValue, BinaryPrimitives.ReadUInt32LittleEndian(packet[12..])),
                BinaryPrimitives.ReadInt16LittleEndian(packet[16..]));
        }
        throw new LacquerException(Failure.Refused, "the first Ogg stream is neither Vorbis nor Opus");
    }

    private static CommentHeader ReadComment(OggCodec codec, ReadOnlySpan<byte> packet)
    {
        var signature = Signature(codec);
        if (!packet.StartsWith(signature))
            throw new LacquerException(Failure.Damaged, $"no {codec} comment header after the identification header");
        var tags = CommentHeader.Parse(packet[signature.Length..], out var lengthBytes);
        // Vorbis I §5.2.1: without the framing bit the header is an error, and libvorbis refuses the file.
        var after = packet[(signature.Length + lengthBytes)..];
        if (codec == OggCodec.Vorbis && (after.IsEmpty || (after[0] & 1) == 0))
            throw new LacquerException(Failure.Damaged, "the Vorbis comment header has no framing bit");
        return tags;
    }

    private static byte[] MakeComment(OggCodec codec, CommentHeader tags)
    {
        ReadOnlySpan<byte> framing = codec == OggCodec.Vorbis ? [1] : [];
        byte[] packet = [.. Signature(codec), .. tags.ToBytes(), .. framing];
        return packet.Length <= MaxCommentBytes
            ? packet
            : throw new LacquerException(Failure.Refused, $"the comment header would have {packet.Length} bytes; at most {MaxCommentBytes} are written");
    }

    private static ReadOnlySpan<byte> Signature(OggCodec codec) => codec == OggCodec.Vorbis ? "\x03vorbis"u8 : "OpusTags"u8;

    // RFC 3533 §5: as many 255 as fit, then the rest, which is 0 for a multiple of 255.
    private static void AddLacing(List<byte> lacing, int packetBytes)
    {
        lacing.AddRange(Enumerable.Repeat((byte)255, packetBytes / 255));
        lacing.Add((byte)(packetBytes % 255));
    }

    private static int SumOf(ReadOnlySpan<byte> lacing)
    {
        var sum = 0;
        foreach (var value in lacing)
            sum += value;
        return sum;
    }

    private static LacquerException Damaged(OggPageReader reader, string message) =>
        new(Failure.Damaged, FormattableString.Invariant($"{message} (at byte {reader.OffsetBytes})"));

    private static LacquerException Refused(OggPageReader reader, string message) =>
        new(Failure.Refused, FormattableString.Invariant($"{message} (at byte {reader.OffsetBytes})"));
}
