using System.Globalization;

namespace Lacquer.Formats.Torrents;

/// <summary>
/// Names of pad files. BEP 47 has them all in <c>.pad</c>, each called by its length. A second one of the same length in a torrent is <c>N-2</c>, the next <c>N-3</c>: rtorrent 0.9.8 refuses a torrent in which
/// two files have the same path.
/// </summary>
public static class PadFile
{
    /// <summary>The folder in a torrent's folder where they lie.</summary>
    public const string Folder = ".pad";

    /// <summary>A pad file's name in its folder.</summary>
    /// <param name="lengthBytes">Its length, at least 1.</param>
    /// <param name="number">Which one of this length it is in its torrent, from 1.</param>
    public static string Name(long lengthBytes, int number) => number == 1 ? lengthBytes.ToString(CultureInfo.InvariantCulture) : string.Create(CultureInfo.InvariantCulture, $"{lengthBytes}-{number}");

    /// <summary>The length that a name says; false where it is not the name of a pad file shorter than a piece.</summary>
    public static bool TryParse(string name, int pieceLengthBytes, out int lengthBytes)
    {
        var (length, number) = name.IndexOf('-', StringComparison.Ordinal) is >= 0 and var hyphen ? (name[..hyphen], name[(hyphen + 1)..]) : (name, "1");
        return int.TryParse(length, NumberStyles.None, CultureInfo.InvariantCulture, out lengthBytes) && lengthBytes > 0 && lengthBytes < pieceLengthBytes
            && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var which) && which > 0 && Name(lengthBytes, which) == name;
    }
}
