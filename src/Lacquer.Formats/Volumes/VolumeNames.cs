using System.Security.Cryptography;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Ledgers;
using Lacquer.Formats.Objects;

namespace Lacquer.Formats.Volumes;

/// <summary>Names of volumes and of the files in them: short, of fixed width, from <c>[a-z0-9.-]</c>, so that every sort order agrees.</summary>
public static class VolumeNames
{
    /// <summary>A volume's name: the archive's, the volume's number and the first 8 hex digits of SHA-256 over its objects' names in order.</summary>
    public static string Of(string archive, int number, IEnumerable<PiecesRoot> objects)
    {
        using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var root in objects)
            sha256.AppendData(root.Digest.Bytes);
        return FormattableString.Invariant($"{archive}-{number:D6}-{Convert.ToHexStringLower(sha256.GetHashAndReset())[..8]}");
    }

    /// <summary>A file's name: its index in the volume, five digits, and the first 12 hex digits of its object's name. The order of names is the order of rank when the volume was pressed.</summary>
    public static string OfFile(int index, PiecesRoot root, string extension) => FormattableString.Invariant($"{index:D5}-{root.ToString()[..12]}.{extension}");

    /// <summary>What a torrent needs of an object.</summary>
    public static ObjectHashes Hashes(this ObjectRow obj) => new(obj.LengthBytes, obj.Sha256, obj.Root, obj.PieceLayer, obj.PieceDigestsV1);
}

/// <summary>
/// When a volume is full: bytes and files as asked, and what keeps its torrent within the limits of stock clients (10,000,000 bytes, 2,097,152 pieces).
/// </summary>
public sealed class VolumeLimits(long volumeBytes, int volumeFiles, int pieceLengthBytes)
{
    // A hybrid torrent takes at most some 250 bytes a file and 52 a piece (a layer's hash and a v1 digest); the rest is for addresses and names.
    private const long TorrentBytes = 9_700_000;
    private const int BytesAFile = 260;
    private const int BytesAPiece = 52;
    private const long MostPieces = 2_000_000;

    private long _bytes;
    private long _pieces;
    private int _files;

    /// <summary>Adds an object of this length, unless it would overfill the volume.</summary>
    public bool TryAdd(long lengthBytes)
    {
        var pieces = (lengthBytes + pieceLengthBytes - 1) / pieceLengthBytes;
        // The byte limit is a wish: an object larger than it gets a volume of its own.
        if ((_files > 0 && _bytes + lengthBytes > volumeBytes) || _files + 1 > volumeFiles || _pieces + pieces > MostPieces
            || (_files + 1L) * BytesAFile + (_pieces + pieces) * BytesAPiece > TorrentBytes)
            return false;
        _bytes += lengthBytes;
        _pieces += pieces;
        _files++;
        return true;
    }

    /// <summary>Begins the next volume.</summary>
    public void Clear() => (_bytes, _pieces, _files) = (0, 0, 0);
}
