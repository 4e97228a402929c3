using System.Buffers.Binary;

namespace Lacquer.Stages.Workbench;

/// <summary>Recognises audio under DRM from its container, so that it is refused rather than tried. Nothing is ever decrypted.</summary>
public static class ProtectionScan
{
    private const int LongestLook = 64 << 20;

    // ASF (Advanced Systems Format specification §2, "Content Encryption" objects), as the bytes lie in a file.
    private static readonly (string Name, byte[] Guid)[] AsfProtections =
    [
        ("Windows Media DRM", [0xFB, 0xB3, 0x11, 0x22, 0x23, 0xBD, 0xD2, 0x11, 0xB4, 0xB7, 0x00, 0xA0, 0xC9, 0x55, 0xFC, 0x6E]),
        ("Windows Media DRM", [0x14, 0xE6, 0x8A, 0x29, 0x22, 0x26, 0x17, 0x4C, 0xB9, 0x35, 0xDA, 0xE0, 0x7E, 0xE9, 0x28, 0x9C]),
        ("Windows Media DRM", [0x33, 0x85, 0x05, 0x43, 0x81, 0x69, 0xE6, 0x49, 0x9B, 0x74, 0xAD, 0x12, 0xCB, 0x86, 0xD5, 0x8C]),
    ];

    private static ReadOnlySpan<byte> AsfHeader => [0x30, 0x26, 0xB2, 0x75, 0x8E, 0x66, 0xCF, 0x11, 0xA6, 0xD9, 0x00, 0xAA, 0x00, 0x62, 0xCE, 0x6C];

    /// <summary>The protection's name, or null where there is none.</summary>
    public static string? Find(Stream file)
    {
        Span<byte> start = stackalloc byte[32];
        file.Position = 0;
        var read = file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        if (read >= 16 && start.StartsWith(AsfHeader))
            return Asf(file);
        if (read >= 12 && start[4..8].SequenceEqual("ftyp"u8))
            return start[8..11].SequenceEqual("aax"u8) ? "Audible" : Mp4(file, 0, file.Length, 0);
        // Audible's older container.
        return read >= 8 && start[4..8].SequenceEqual((ReadOnlySpan<byte>)[0x57, 0x90, 0x75, 0x36]) ? "Audible" : null;
    }

    private static string? Asf(Stream file)
    {
        var header = new byte[Math.Min(file.Length, 1 << 20)];
        file.Position = 0;
        file.ReadExactly(header);
        foreach (var (name, guid) in AsfProtections)
            if (header.AsSpan().IndexOf(guid) >= 0)
                return name;
        return null;
    }

    // ISO/IEC 14496-12: boxes of 32-bit length and type. Sample entries of protected audio are called drms (FairPlay) or enca (Common Encryption).
    private static string? Mp4(Stream file, long start, long end, int depth)
    {
        Span<byte> head = stackalloc byte[16];
        var boxes = 0;
        for (var at = start; at + 8 <= end && boxes < 100_000; boxes++)
        {
            file.Position = at;
            if (file.ReadAtLeast(head, 8, throwOnEndOfStream: false) < 8)
                return null;
            long length = BinaryPrimitives.ReadUInt32BigEndian(head);
            var type = System.Text.Encoding.Latin1.GetString(head[4..8]);
            var body = at + 8;
            if (length == 1)
            {
                length = (long)BinaryPrimitives.ReadUInt64BigEndian(head[8..]);
                body += 8;
            }
            else if (length == 0)
            {
                length = end - at;
            }

            if (length < body - at || length > end - at)
                return null;
            switch (type)
            {
                case "drms":
                    return "FairPlay";
                case "enca":
                case "pssh":
                    return "Common Encryption (Widevine, PlayReady or FairPlay)";
                case "moov" or "trak" or "mdia" or "minf" or "stbl" or "moof" when depth < 8 && length < LongestLook:
                    if (Mp4(file, body, at + length, depth + 1) is { } found)
                        return found;
                    break;
                case "stsd" when length < LongestLook:
                    // Version, flags and the number of entries come before the entries.
                    if (Mp4(file, body + 8, at + length, depth + 1) is { } entry)
                        return entry;
                    break;
            }

            at += length;
        }

        return null;
    }
}
