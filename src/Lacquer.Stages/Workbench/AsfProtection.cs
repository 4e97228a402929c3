using System.Buffers.Binary;
using System.Text;

namespace Lacquer.Stages.Workbench;

/// <summary>Protection of Windows Media files (Advanced Systems Format specification 1.2, §3 and §10.1): Windows Media DRM, and PlayReady in the same object.</summary>
internal static class AsfProtection
{
    private const int MostObjects = 10_000;
    private const int LongestHeader = 64 << 10;
    private const int ObjectHeadBytes = 24;
    private static readonly Guid ContentEncryption = Guid.Parse("2211b3fb-bd23-11d2-b4b7-00a0c955fc6e");
    private static readonly Guid ExtendedContentEncryption = Guid.Parse("298ae614-2622-4c17-b935-dae07ee9289c");
    private static readonly Guid AdvancedContentEncryption = Guid.Parse("43058533-6981-49e6-9b74-ad12cb86d58c");
    private static readonly Guid HeaderExtension = Guid.Parse("5fbf03b5-a92e-11cf-8ee3-00c00c205365");
    private static readonly Guid StreamProperties = Guid.Parse("b7dc0791-a9b7-11cf-8ee6-00c00c205365");

    public static string? Find(Stream file)
    {
        Span<byte> head = stackalloc byte[ObjectHeadBytes];
        file.Position = 0;
        if (file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) < head.Length)
            return null;
        // The number of objects and two reserved bytes come before them.
        return Walk(file, ObjectHeadBytes + 6, Math.Min(file.Length, End(0, head)), 0);
    }

    private static string? Walk(Stream file, long start, long end, int depth)
    {
        Span<byte> head = stackalloc byte[ObjectHeadBytes];
        Span<byte> flags = stackalloc byte[2];
        var objects = 0;
        for (var at = start; at + ObjectHeadBytes <= end && objects++ < MostObjects;)
        {
            file.Position = at;
            if (file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) < head.Length)
                return null;
            var id = new Guid(head[..16]);
            var next = End(at, head);
            if (next < at + ObjectHeadBytes || next > end)
                return null;
            if (id == ContentEncryption || id == AdvancedContentEncryption)
                return "Windows Media DRM";
            if (id == ExtendedContentEncryption)
                return IsPlayReady(file, at, next) ? "PlayReady" : "Windows Media DRM";
            // Stream type, error correction type, time offset and two lengths stand before the flags, whose highest bit is "encrypted content".
            if (id == StreamProperties && At(file, at + ObjectHeadBytes + 48, flags) && (flags[1] & 0x80) != 0)
                return "Windows Media DRM";
            if (id == HeaderExtension && depth == 0 && Walk(file, at + ObjectHeadBytes + 22, next, 1) is { } found)
                return found;
            at = next;
        }

        return null;
    }

    // A rights management header of version 4 is PlayReady's; Windows Media DRM has version 2.
    private static bool IsPlayReady(Stream file, long at, long end)
    {
        var header = new byte[Math.Min(end - at, LongestHeader)];
        if (!At(file, at, header))
            return false;
        var mark = Encoding.Unicode.GetBytes("version=\"4");
        return header.AsSpan().IndexOf(mark) >= 0;
    }

    private static bool At(Stream file, long at, Span<byte> bytes)
    {
        file.Position = at;
        return file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) == bytes.Length;
    }

    // Lengths are of 64 bits; one that leads beyond every file is none.
    private static long End(long at, ReadOnlySpan<byte> head)
    {
        var length = BinaryPrimitives.ReadUInt64LittleEndian(head[16..]);
        return length > long.MaxValue / 2 ? long.MaxValue / 2 : at + (long)length;
    }
}
