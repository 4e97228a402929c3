using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Ledgers;
using Lacquer.Formats.Objects;
using Lacquer.Formats.Torrents;

namespace Lacquer.Formats.Volumes;

/// <summary>Names of volumes and of the files in them: short, of fixed width, from <c>[a-z0-9.-]</c>, so that every sort order agrees.</summary>
public static partial class VolumeNames
{
    /// <summary>With how many digits a file's name begins.</summary>
    public const int FileNumberDigits = 5;

    /// <summary>A volume's name: the archive's, the volume's number and the first 8 hex digits of SHA-256 over its objects' names in order.</summary>
    public static string Of(string archive, int number, IEnumerable<PiecesRoot> objects)
    {
        using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        // A call for each digest would cost more than its bytes.
        Span<byte> some = stackalloc byte[64 * Sha256Digest.LengthBytes];
        var filled = 0;
        foreach (var root in objects)
        {
            root.Digest.Bytes.CopyTo(some[filled..]);
            if ((filled += Sha256Digest.LengthBytes) < some.Length)
                continue;
            sha256.AppendData(some);
            filled = 0;
        }

        sha256.AppendData(some[..filled]);
        return FormattableString.Invariant($"{archive}-{number:D6}-{Convert.ToHexStringLower(sha256.GetHashAndReset())[..8]}");
    }

    /// <summary>A file's name: its index in the volume, five digits, and the first 12 hex digits of its object's name. The order of names is the order of rank when the volume was pressed.</summary>
    public static string OfFile(int index, PiecesRoot root, string extension) => string.Create(CultureInfo.InvariantCulture, $"{index:D5}-{Convert.ToHexStringLower(root.Digest.Bytes[..6])}.{extension}");

    /// <summary>Whether a text is what <see cref="Of"/> gives, for some archive.</summary>
    public static bool IsVolume(string name) => VolumeName().IsMatch(name);

    /// <summary>Whether a text begins as what <see cref="OfFile"/> gives: with a number and a hyphen.</summary>
    public static bool IsFile(string name) => NumberedName().IsMatch(name);

    /// <summary>A magnet for one file of a volume: both info hashes (BEP 9, BEP 52), the file (BEP 53), and where to ask.</summary>
    /// <param name="volume">The volume.</param>
    /// <param name="indexV1">The file's index among the v1 files, pad files counted.</param>
    /// <param name="envelope">What its torrent is published with.</param>
    public static string Magnet(this VolumeRow volume, int indexV1, TorrentEnvelope envelope)
    {
        // 0x12 is SHA-256 and 0x20 its length in a multihash (BEP 52).
        var magnet = new StringBuilder(FormattableString.Invariant($"magnet:?xt=urn:btih:{volume.InfoHashV1}&xt=urn:btmh:1220{volume.InfoHashV2}&dn={volume.Name}&so={indexV1}"));
        foreach (var tracker in envelope.Trackers)
            magnet.Append("&tr=").Append(Uri.EscapeDataString(tracker));
        foreach (var webseed in envelope.Webseeds)
            magnet.Append("&ws=").Append(Uri.EscapeDataString(webseed));
        return magnet.ToString();
    }

    /// <summary>The address of a volume's file under a web seed's (BEP 19).</summary>
    public static string Address(string webseed, string volume, string file) => $"{webseed}{volume}/{file}";

    /// <summary>What a torrent needs of an object.</summary>
    public static ObjectHashes Hashes(this ObjectRow obj) => new(obj.LengthBytes, obj.Sha256, obj.Root, obj.PieceLayer, obj.PieceDigestsV1);

    [GeneratedRegex(@"\A[a-z0-9-]{1,24}-[0-9]{6,10}-[0-9a-f]{8}\z")]
    private static partial Regex VolumeName();

    [GeneratedRegex(@"\A[0-9]{5}-")]
    private static partial Regex NumberedName();
}

/// <summary>
/// When a volume is full: bytes and files as asked, and what keeps its torrent within the limits of stock clients (<see cref="TorrentLint"/>), with all that it will be published with.
/// </summary>
/// <param name="volumeBytes">Bytes of its objects, at most, but for one that is larger alone.</param>
/// <param name="volumeFiles">Objects, at most.</param>
/// <param name="pieceLengthBytes">The piece length.</param>
/// <param name="envelope">What its torrent will be published with.</param>
public sealed class VolumeLimits(long volumeBytes, int volumeFiles, int pieceLengthBytes, TorrentEnvelope envelope)
{
    // Of a name that VolumeNames gives, without the extension.
    private const int NameLength = 19;

    private readonly long _mostTorrentBytes = TorrentLint.LimitBytes - envelope.MostBytes;
    private long _bytes;
    private long _pieces;
    private long _torrentBytes;
    private int _files;

    /// <summary>Adds an object, unless it would overfill the volume.</summary>
    public bool TryAdd(long lengthBytes, string extension)
    {
        var pieces = _pieces + PieceTree.PieceCount(lengthBytes, pieceLengthBytes);
        var torrentBytes = _torrentBytes + HybridTorrent.MostBytesOfFile(NameLength + extension.Length, lengthBytes, pieceLengthBytes);
        // The byte limit is a wish: an object larger than it gets a volume of its own.
        if ((_files > 0 && _bytes + lengthBytes > volumeBytes) || _files == volumeFiles || pieces >= TorrentLint.PieceLimit || torrentBytes > _mostTorrentBytes)
            return false;
        (_bytes, _pieces, _torrentBytes, _files) = (_bytes + lengthBytes, pieces, torrentBytes, _files + 1);
        return true;
    }

    /// <summary>Begins the next volume.</summary>
    public void Clear() => (_bytes, _pieces, _torrentBytes, _files) = (0, 0, 0, 0);
}
