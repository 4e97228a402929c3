using System.Text;
using Lacquer.Formats.Ledgers;
using Lacquer.Formats.Objects;

namespace Lacquer.Formats.Volumes;

/// <summary>
/// A small text in the place of a file that was taken back out of a volume, in the volume's successor: so every other file keeps its index, pad files counted, and clients find by BEP 38 the files that they have (docs/decisions/notices.md).
/// It is an object like others, but of no recording. Its bytes follow from the volume that had the file, the file's number and whether a pad file followed: no two places have the same ones, and whoever mirrors it knows that it is nothing else.
/// </summary>
public static class Notice
{
    /// <summary>The extension, without a dot.</summary>
    public const string Extension = "txt";

    /// <summary>The tier that the ledger has for it.</summary>
    public const string Tier = "notice";

    /// <summary>How its name ends, after the number.</summary>
    public const string NameEnd = "-withdrawn." + Extension;

    /// <summary>Its name in the volume, which sorts where the file's did.</summary>
    /// <param name="file">The file's name, as <see cref="VolumeNames.OfFile"/> gives them.</param>
    public static string NameFor(string file) => file[..VolumeNames.FileNumberDigits] + NameEnd;

    /// <summary>Whether a file of a volume is a notice by its name.</summary>
    public static bool IsName(string name) => name.EndsWith(NameEnd, StringComparison.Ordinal);

    /// <summary>Its bytes: some text, or where no pad file is to follow, a whole piece.</summary>
    /// <param name="volume">The volume that had the file.</param>
    /// <param name="file">The file's name there, or the notice's.</param>
    /// <param name="fileBytes">The file's length.</param>
    /// <param name="pieceLengthBytes">The piece length.</param>
    public static byte[] ToBytes(string volume, string file, long fileBytes, int pieceLengthBytes)
    {
        var text = $"{Begin(file)}{volume} was withdrawn. This text is in its place, so that all others keep theirs.";
        return Encoding.ASCII.GetBytes((fileBytes % pieceLengthBytes == 0 ? text.PadRight(pieceLengthBytes - 1) : text) + "\n");
    }

    /// <summary>Whether some bytes are a notice and nothing else. They may be a stranger's.</summary>
    /// <param name="bytes">All of the file.</param>
    /// <param name="name">Its name in a volume.</param>
    /// <param name="pieceLengthBytes">The piece length.</param>
    public static bool Is(ReadOnlySpan<byte> bytes, string name, int pieceLengthBytes)
    {
        if (!IsName(name) || bytes.Length > pieceLengthBytes)
            return false;
        var begin = Encoding.UTF8.GetBytes(Begin(name));
        if (!bytes.StartsWith(begin))
            return false;
        var volume = bytes[begin.Length..];
        volume = volume[..Math.Max(0, volume.IndexOf((byte)' '))];
        return Ascii.IsValid(volume) && Encoding.ASCII.GetString(volume) is var its && VolumeNames.IsVolume(its) && bytes.SequenceEqual(ToBytes(its, name, bytes.Length, pieceLengthBytes));
    }

    /// <summary>What the ledger has of a notice.</summary>
    public static ObjectRow Row(ObjectHashes hashes) =>
        new(hashes.Root, hashes.Sha256, hashes.LengthBytes, Extension, hashes.PieceLayer.ToArray(), hashes.PieceDigestsV1.ToArray(), Tier, null, null, null, null, null, null);

    private static string Begin(string name) => $"File {name[..VolumeNames.FileNumberDigits]} of volume ";
}
