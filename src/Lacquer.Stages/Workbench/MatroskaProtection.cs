namespace Lacquer.Stages.Workbench;

/// <summary>Encryption of Matroska and WebM files (RFC 9559, §5.1.4.1.31): that a track is encrypted is written there, and not by which system.</summary>
internal static class MatroskaProtection
{
    private const int MostElements = 100_000;
    private const long Unknown = -1;
    private const uint Segment = 0x18538067;
    private const uint Cluster = 0x1F43B675;
    private const uint ContentEncryption = 0x5035;

    // Tracks, TrackEntry, ContentEncodings, ContentEncoding: the way down to ContentEncryption.
    private static readonly HashSet<uint> Ways = [Segment, 0x1654AE6B, 0xAE, 0x6D80, 0x6240];

    public static string? Find(Stream file)
    {
        var elements = 0;
        return IsEncrypted(file, 0, file.Length, ref elements) ? "encryption of its Matroska or WebM container" : null;
    }

    private static bool IsEncrypted(Stream file, long start, long end, ref int elements)
    {
        for (var at = start; at < end && elements++ < MostElements;)
        {
            file.Position = at;
            if (Number(file, 4, keepMark: true) is not { } id || Number(file, 8, keepMark: false) is not { } length)
                return false;
            var body = file.Position;
            // Only a segment and its clusters may be written before their length is known.
            if (length == Unknown)
            {
                if (id != Segment)
                    return false;
                length = end - body;
            }

            if (length > end - body)
                return false;
            if (id == ContentEncryption || (Ways.Contains((uint)id) && IsEncrypted(file, body, body + length, ref elements)))
                return true;
            if (id == Cluster)
                return false;
            at = body + length;
        }

        return false;
    }

    // A number of EBML (RFC 8794, §4): the zeros before its first one say how many bytes follow.
    private static long? Number(Stream file, int mostBytes, bool keepMark)
    {
        var first = file.ReadByte();
        if (first <= 0)
            return null;
        var width = System.Numerics.BitOperations.LeadingZeroCount((uint)first) - 24 + 1;
        if (width > mostBytes)
            return null;
        var mark = 1 << (8 - width);
        long value = keepMark ? first : first & (mark - 1);
        var isUnknown = (first & (mark - 1)) == mark - 1;
        for (var i = 1; i < width; i++)
        {
            var next = file.ReadByte();
            if (next < 0)
                return null;
            value = value << 8 | (uint)next;
            isUnknown &= next == 0xFF;
        }

        return isUnknown && !keepMark ? Unknown : value;
    }
}
