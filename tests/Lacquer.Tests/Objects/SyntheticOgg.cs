using System.Buffers.Binary;
using System.Text;
using Lacquer.Formats.Objects;
using Xunit;

namespace Lacquer.Tests.Objects;

/// <summary>
/// Makes and takes apart Ogg files by the letter of RFC 3533, byte by byte and apart from the code under test.
/// </summary>
internal static class SyntheticOgg
{
    public sealed record Page(byte Flags, long Granule, uint Serial, uint Number, byte[] Lacing, byte[] Body)
    {
        public byte[] ToBytes()
        {
            var bytes = new byte[27 + Lacing.Length + Body.Length];
            "OggS"u8.CopyTo(bytes);
            bytes[5] = Flags;
            BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(6), Granule);
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(14), Serial);
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(18), Number);
            bytes[26] = (byte)Lacing.Length;
            Lacing.CopyTo(bytes, 27);
            Body.CopyTo(bytes, 27 + Lacing.Length);
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(22), Crc(bytes));
            return bytes;
        }
    }

    /// <summary>Puts the checksums of the pages right, up to where they no longer follow one another.</summary>
    public static void Resign(byte[] bytes)
    {
        for (var at = 0; at + 27 <= bytes.Length && bytes.AsSpan(at).StartsWith("OggS"u8);)
        {
            var segments = bytes[at + 26];
            if (at + 27 + segments > bytes.Length)
                return;
            var length = 27 + segments + bytes.AsSpan(at + 27, segments).ToArray().Sum(l => l);
            if (at + length > bytes.Length)
                return;
            var page = bytes.AsSpan(at, length);
            page[22..26].Clear();
            BinaryPrimitives.WriteUInt32LittleEndian(page[22..], Crc(page));
            at += length;
        }
    }

    /// <summary>One bit at a time, as the standard says it.</summary>
    public static uint Crc(ReadOnlySpan<byte> bytes)
    {
        var crc = 0u;
        foreach (var b in bytes)
        {
            crc ^= (uint)b << 24;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc & 0x8000_0000) != 0 ? (crc << 1) ^ 0x04C1_1DB7 : crc << 1;
        }
        return crc;
    }

    public static byte[] Ident(OggCodec codec)
    {
        if (codec == OggCodec.Opus)
            return [.. "OpusHead"u8, 1, 2, 0x38, 0x01, 0x44, 0xAC, 0, 0, 0x80, 0xFF, 0];
        return [1, .. "vorbis"u8, 0, 0, 0, 0, 2, 0x44, 0xAC, 0, 0, 0, 0, 0, 0, 0, 0x71, 2, 0, 0, 0, 0, 0, 0xB8, 1];
    }

    public static byte[] CommentPacket(OggCodec codec, CommentHeader tags, byte[]? padding = null)
    {
        byte[] signature = codec == OggCodec.Vorbis ? [3, .. "vorbis"u8] : [.. "OpusTags"u8];
        byte[] framing = codec == OggCodec.Vorbis ? [1] : [];
        using var packet = new MemoryStream();
        packet.Write(signature);
        Put(packet, tags.Vendor);
        packet.Write(BitConverter.GetBytes(tags.Comments.Count));
        foreach (var comment in tags.Comments)
            Put(packet, comment.Name + "=" + comment.Value);
        packet.Write(framing);
        packet.Write(padding ?? []);
        return packet.ToArray();
    }

    public static byte[] SetupPacket(int length, int seed)
    {
        var packet = Noise(Math.Max(7, length), seed);
        ((byte[])[5, .. "vorbis"u8]).CopyTo(packet, 0);
        return packet;
    }

    public static byte[] Noise(int length, int seed)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    /// <summary>
    /// Lays packets out on pages. <paramref name="pageSegments"/> says, page after page and round again, how many lacing
    /// values go on a page; where <paramref name="share"/> is false a page ends with the last header packet.
    /// </summary>
    public static List<Page> Lay(OggCodec codec, uint serial, uint firstNumber, IReadOnlyList<byte[]> packets, IReadOnlyList<int> pageSegments, bool share)
    {
        var headers = codec == OggCodec.Vorbis ? 3 : 2;
        var pages = new List<Page>();
        var lacing = new List<byte>();
        var body = new List<byte>();
        var (continued, granule, samples) = (false, -1L, 0L);
        void End(bool last)
        {
            var flags = (byte)((continued ? 1 : 0) | (pages.Count == 0 ? 2 : 0) | (last ? 4 : 0));
            pages.Add(new Page(flags, granule, serial, unchecked(firstNumber + (uint)pages.Count), [.. lacing], [.. body]));
            continued = lacing[^1] == 255;
            lacing.Clear();
            body.Clear();
            granule = -1;
        }
        for (var i = 0; i < packets.Count; i++)
        {
            if (i >= headers)
                samples += 1024;
            var packet = packets[i];
            for (var at = 0; ; at += 255)
            {
                var part = Math.Min(255, packet.Length - at);
                lacing.Add((byte)part);
                body.AddRange(packet.AsSpan(at, part));
                if (part < 255)
                    granule = samples;
                var last = i == packets.Count - 1 && part < 255;
                var headerEnds = part < 255 && (i == 0 || (i == headers - 1 && !share));
                if (last || headerEnds || lacing.Count >= pageSegments[pages.Count % pageSegments.Count])
                    End(last);
                if (part < 255)
                    break;
            }
        }
        return pages;
    }

    public static byte[] Join(IEnumerable<Page> pages) => [.. pages.SelectMany(p => p.ToBytes())];

    /// <summary>Takes a file apart, and holds every page's checksum to its word.</summary>
    public static List<Page> Pages(byte[] file)
    {
        var pages = new List<Page>();
        for (var at = 0; at < file.Length;)
        {
            Assert.Equal("OggS", Encoding.ASCII.GetString(file, at, 4));
            var segments = file[at + 26];
            var lacing = file[(at + 27)..(at + 27 + segments)];
            var length = 27 + segments + lacing.Sum(l => l);
            var page = new Page(
                file[at + 5],
                BinaryPrimitives.ReadInt64LittleEndian(file.AsSpan(at + 6)),
                BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at + 14)),
                BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at + 18)),
                lacing,
                file[(at + 27 + segments)..(at + length)]);
            Assert.Equal(page.ToBytes(), file[at..(at + length)]);
            pages.Add(page);
            at += length;
        }
        return pages;
    }

    /// <summary>
    /// The packets of a file, an unfinished last one included, each with the granule position that its end gives to its
    /// page, where it is the last to end there. Continued flags and "no packet ends here" are held to the standard.
    /// </summary>
    public static List<(byte[] Bytes, long? Granule)> Packets(IEnumerable<Page> pages)
    {
        var packets = new List<(byte[] Bytes, long? Granule)>();
        var open = new List<byte>();
        var unfinished = false;
        foreach (var page in pages)
        {
            if (page.Lacing.Length > 0)
                Assert.Equal(unfinished, (page.Flags & 1) != 0);
            var at = 0;
            var ended = false;
            foreach (var part in page.Lacing)
            {
                open.AddRange(page.Body.AsSpan(at, part));
                at += part;
                unfinished = part == 255;
                if (unfinished)
                    continue;
                ended = true;
                packets.Add(([.. open], null));
                open.Clear();
            }
            if (ended)
                packets[^1] = (packets[^1].Bytes, page.Granule);
            else
                Assert.Equal(-1, page.Granule);
        }
        if (open.Count > 0)
            packets.Add(([.. open], null));
        return packets;
    }

    private static void Put(MemoryStream packet, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        packet.Write(BitConverter.GetBytes(bytes.Length));
        packet.Write(bytes);
    }
}
