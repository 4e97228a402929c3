namespace Lacquer.Stages.Workbench;

/// <summary>Recognises audio under DRM from its container, so that it is refused rather than tried. Nothing is ever decrypted.</summary>
public static class ProtectionScan
{
    // What a file of the ISO base media format or of QuickTime may begin with.
    private static readonly string[] FirstBoxes = ["ftyp", "styp", "moov", "moof", "sidx", "mdat", "free", "skip", "wide", "pnot", "uuid", "pssh"];

    private static ReadOnlySpan<byte> AsfHeader => [0x30, 0x26, 0xB2, 0x75, 0x8E, 0x66, 0xCF, 0x11, 0xA6, 0xD9, 0x00, 0xAA, 0x00, 0x62, 0xCE, 0x6C];

    private static ReadOnlySpan<byte> EbmlHeader => [0x1A, 0x45, 0xDF, 0xA3];

    // Audible's own container (.aa), at its fifth byte.
    private static ReadOnlySpan<byte> AudibleMark => [0x57, 0x90, 0x75, 0x36];

    /// <summary>The protection's name, or null where there is none. What cannot be followed to its end is taken for unprotected: other programs will not read it either.</summary>
    public static string? Find(Stream file)
    {
        Span<byte> start = stackalloc byte[16];
        file.Position = 0;
        var read = file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        if (read >= 16 && start.StartsWith(AsfHeader))
            return AsfProtection.Find(file);
        if (read >= 4 && start.StartsWith(EbmlHeader))
            return MatroskaProtection.Find(file);
        if (read >= 8 && start[4..8].SequenceEqual(AudibleMark))
            return "Audible";
        return read >= 8 && FirstBoxes.Contains(System.Text.Encoding.Latin1.GetString(start[4..8]), StringComparer.Ordinal) ? new Mp4Protection(file).Find() : null;
    }
}
