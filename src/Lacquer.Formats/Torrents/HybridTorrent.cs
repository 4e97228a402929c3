using System.Globalization;
using System.Text;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Objects;

namespace Lacquer.Formats.Torrents;

/// <summary>One file of a torrent to be made.</summary>
/// <param name="Name">Its name in the torrent's folder: <c>[a-z0-9.-]</c>, one path component.</param>
/// <param name="Hashes">Its hashes at the torrent's piece length.</param>
public sealed record TorrentFile(string Name, ObjectHashes Hashes);

/// <summary>
/// A hybrid torrent, v1 and v2 in one (BEP 3, BEP 52), put together from hashes alone. All files lie flat in the torrent's folder,
/// and a pad file (BEP 47) follows each, the last one too, unless it ends with a piece: so a file's hashes do not depend on its neighbours.
/// The same files give the same bytes.
/// </summary>
public sealed class HybridTorrent
{
    private readonly byte[] _pieceLayers;

    private HybridTorrent(string name, byte[] info, byte[] infoV1Only, byte[] pieceLayers, int[] v1FileIndexes, int v1FileCount)
    {
        Name = name;
        Info = info;
        InfoV1Only = infoV1Only;
        InfoHashV1 = InfoHashing.V1(info);
        InfoHashV2 = InfoHashing.V2(info);
        InfoHashV1Only = InfoHashing.V1(infoV1Only);
        _pieceLayers = pieceLayers;
        V1FileIndexes = v1FileIndexes;
        V1FileCount = v1FileCount;
    }

    /// <summary>The torrent's name, which is its folder's.</summary>
    public string Name { get; }

    /// <summary>The bencoded info dictionary.</summary>
    public ReadOnlyMemory<byte> Info { get; }

    /// <summary>SHA-1 of <see cref="Info"/> (BEP 3).</summary>
    public InfoHashV1 InfoHashV1 { get; }

    /// <summary>SHA-256 of <see cref="Info"/> (BEP 52).</summary>
    public InfoHashV2 InfoHashV2 { get; }

    /// <summary>
    /// The info dictionary of the same volume for clients that refuse hybrids: v1 alone, with the same name, files, pads and pieces.
    /// </summary>
    public ReadOnlyMemory<byte> InfoV1Only { get; }

    /// <summary>SHA-1 of <see cref="InfoV1Only"/>: another swarm than the hybrid's.</summary>
    public InfoHashV1 InfoHashV1Only { get; }

    /// <summary>For each file in the order given, its index from 0 among the v1 files, pad files counted: what <c>so=</c> means (BEP 53).</summary>
    public IReadOnlyList<int> V1FileIndexes { get; }

    /// <summary>How many v1 files there are, pad files counted.</summary>
    public int V1FileCount { get; }

    /// <summary>Puts a torrent together.</summary>
    /// <param name="name">The torrent's name: <c>[a-z0-9.-]</c>.</param>
    /// <param name="pieceLengthBytes">The piece length the files were hashed with, a power of two of at least 16 KiB.</param>
    /// <param name="files">At least one file, in ordinal order of name, each name once and none of them the torrent's.</param>
    /// <exception cref="ArgumentException">A name, the order, or a file's hashes are not as they must be.</exception>
    public static HybridTorrent Build(string name, int pieceLengthBytes, IReadOnlyList<TorrentFile> files)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(files);
        PieceTree.RequirePieceLength(pieceLengthBytes);
        Check(name, pieceLengthBytes, files);

        var v1FileIndexes = new int[files.Count];
        var v1FileCount = 0;
        for (var index = 0; index < files.Count; index++)
        {
            v1FileIndexes[index] = v1FileCount;
            v1FileCount += PadLength(files[index], pieceLengthBytes) == 0 ? 1 : 2;
        }

        return new HybridTorrent(
            name,
            WriteInfo(name, pieceLengthBytes, files, withV2: true),
            WriteInfo(name, pieceLengthBytes, files, withV2: false),
            WritePieceLayers(files),
            v1FileIndexes,
            v1FileCount);
    }

    /// <summary>The .torrent file: the info dictionary, the piece layers, and where to ask; no date and no author.</summary>
    /// <param name="webseeds">Addresses of folders that hold the torrent's folder (BEP 19), each ending with a slash.</param>
    /// <param name="trackers">Addresses of trackers, each a tier of its own (BEP 12); the first is also <c>announce</c>.</param>
    /// <exception cref="ArgumentException">An address is empty, or a webseed's does not end with a slash.</exception>
    public byte[] ToBytes(IReadOnlyList<string> webseeds, IReadOnlyList<string> trackers) =>
        Write(webseeds, trackers, Info.Span, _pieceLayers);

    /// <summary>The .torrent file of <see cref="InfoV1Only"/>.</summary>
    /// <param name="webseeds">Addresses of folders that hold the torrent's folder (BEP 19), each ending with a slash.</param>
    /// <param name="trackers">Addresses of trackers, each a tier of its own (BEP 12); the first is also <c>announce</c>.</param>
    /// <exception cref="ArgumentException">An address is empty, or a webseed's does not end with a slash.</exception>
    public byte[] ToV1OnlyBytes(IReadOnlyList<string> webseeds, IReadOnlyList<string> trackers) =>
        Write(webseeds, trackers, InfoV1Only.Span, null);

    /// <summary>The magnet link with both hashes (BEP 9, BEP 52), and for some files only, with their indexes (BEP 53).</summary>
    /// <param name="v1FileIndexes">Indexes from 0 among the v1 files, pad files counted (see <see cref="V1FileIndexes"/>); null for all.</param>
    /// <exception cref="ArgumentException">The list is empty or not ascending, or an index is beyond the last file.</exception>
    public string Magnet(IReadOnlyList<int>? v1FileIndexes = null)
    {
        // 0x12 is SHA-256 and 0x20 its length in a multihash (BEP 52). The name needs no escape: Build saw to that.
        var magnet = new StringBuilder($"magnet:?xt=urn:btih:{InfoHashV1}&xt=urn:btmh:1220{InfoHashV2}&dn={Name}");
        if (v1FileIndexes is null)
            return magnet.ToString();
        if (v1FileIndexes.Count == 0)
            throw new ArgumentException("a magnet for no file", nameof(v1FileIndexes));

        for (var first = 0; first < v1FileIndexes.Count;)
        {
            var last = first;
            while (last + 1 < v1FileIndexes.Count && v1FileIndexes[last + 1] == v1FileIndexes[last] + 1)
                last++;
            if (v1FileIndexes[first] < 0 || v1FileIndexes[last] >= V1FileCount
                || (last + 1 < v1FileIndexes.Count && v1FileIndexes[last + 1] <= v1FileIndexes[last]))
                throw new ArgumentException($"file indexes must ascend from 0 to {V1FileCount - 1}", nameof(v1FileIndexes));
            magnet.Append(first == 0 ? "&so=" : ",").Append(CultureInfo.InvariantCulture, $"{v1FileIndexes[first]}");
            if (last > first)
                magnet.Append(CultureInfo.InvariantCulture, $"-{v1FileIndexes[last]}");
            first = last + 1;
        }

        return magnet.ToString();
    }

    private static void Check(string name, int pieceLengthBytes, IReadOnlyList<TorrentFile> files)
    {
        if (PathRules.ComplaintAboutOurs(name) is { } complaint)
            throw new ArgumentException($"the torrent's name '{name}' {complaint}", nameof(name));
        if (files.Count == 0)
            throw new ArgumentException("a torrent of no files", nameof(files));

        Int128 lengthBytes = 0;
        for (var index = 0; index < files.Count; index++)
        {
            var file = files[index];
            if (PathRules.ComplaintAboutOurs(file.Name) is { } fileComplaint)
                throw new ArgumentException($"the file name '{file.Name}' {fileComplaint}", nameof(files));
            // libtorrent takes a v2 tree whose only file is called like the torrent for a torrent without a folder.
            if (file.Name == name)
                throw new ArgumentException($"the file '{file.Name}' is called like the torrent", nameof(files));
            if (index > 0 && string.CompareOrdinal(files[index - 1].Name, file.Name) >= 0)
                throw new ArgumentException($"the file '{file.Name}' does not sort after '{files[index - 1].Name}'", nameof(files));

            var hashes = file.Hashes;
            if (hashes.LengthBytes < 1)
                throw new ArgumentException($"the file '{file.Name}' is empty", nameof(files));
            var pieces = PieceTree.PieceCount(hashes.LengthBytes, pieceLengthBytes);
            if (hashes.PieceDigestsV1.Length != pieces * 20
                || hashes.PieceLayer.Length != (pieces == 1 ? 0 : pieces * PieceTree.NodeLengthBytes))
                throw new ArgumentException($"the file '{file.Name}' was not hashed with pieces of {pieceLengthBytes} bytes", nameof(files));
            lengthBytes += pieces * (Int128)pieceLengthBytes;
        }

        if (lengthBytes > long.MaxValue)
            throw new ArgumentException("the files' lengths together are beyond 64 bits", nameof(files));
    }

    private static long PadLength(TorrentFile file, int pieceLengthBytes) =>
        (pieceLengthBytes - file.Hashes.LengthBytes % pieceLengthBytes) % pieceLengthBytes;

    private static byte[] WriteInfo(string name, int pieceLengthBytes, IReadOnlyList<TorrentFile> files, bool withV2)
    {
        var writer = new BencodeWriter();
        writer.StartDictionary();
        if (withV2)
        {
            writer.WriteKey("file tree"u8);
            writer.StartDictionary();
            foreach (var file in files)
            {
                writer.WriteKey(file.Name);
                writer.StartDictionary();
                writer.WriteKey(""u8);
                writer.StartDictionary();
                writer.WriteKey("length"u8);
                writer.WriteInteger(file.Hashes.LengthBytes);
                writer.WriteKey("pieces root"u8);
                writer.WriteString(file.Hashes.Root.Digest.Bytes);
                writer.End();
                writer.End();
            }

            writer.End();
        }

        writer.WriteKey("files"u8);
        writer.StartList();
        foreach (var file in files)
        {
            WriteV1File(writer, file.Hashes.LengthBytes, isPad: false, file.Name);
            // BEP 47: a pad file lies in ".pad" and is called by its length.
            if (PadLength(file, pieceLengthBytes) is > 0 and var padLengthBytes)
                WriteV1File(writer, padLengthBytes, isPad: true, ".pad", padLengthBytes.ToString(CultureInfo.InvariantCulture));
        }

        writer.End();
        if (withV2)
        {
            writer.WriteKey("meta version"u8);
            writer.WriteInteger(2);
        }

        writer.WriteKey("name"u8);
        writer.WriteString(name);
        writer.WriteKey("piece length"u8);
        writer.WriteInteger(pieceLengthBytes);
        writer.WriteKey("pieces"u8);
        writer.WriteString(Concatenate(files));
        writer.End();
        return writer.ToArray();
    }

    private static byte[] Concatenate(IReadOnlyList<TorrentFile> files)
    {
        var pieces = new byte[files.Sum(file => (long)file.Hashes.PieceDigestsV1.Length)];
        var offset = 0;
        foreach (var file in files)
        {
            file.Hashes.PieceDigestsV1.CopyTo(pieces, offset);
            offset += file.Hashes.PieceDigestsV1.Length;
        }

        return pieces;
    }

    private static void WriteV1File(BencodeWriter writer, long lengthBytes, bool isPad, params ReadOnlySpan<string> path)
    {
        writer.StartDictionary();
        if (isPad)
        {
            writer.WriteKey("attr"u8);
            writer.WriteString("p"u8);
        }

        writer.WriteKey("length"u8);
        writer.WriteInteger(lengthBytes);
        writer.WriteKey("path"u8);
        writer.StartList();
        foreach (var component in path)
            writer.WriteString(component);
        writer.End();
        writer.End();
    }

    private static byte[] WritePieceLayers(IReadOnlyList<TorrentFile> files)
    {
        var writer = new BencodeWriter();
        writer.StartDictionary();
        PiecesRoot? last = null;
        foreach (var hashes in files.Select(file => file.Hashes).Where(hashes => hashes.PieceLayer.Length > 0).OrderBy(hashes => hashes.Root.Digest))
        {
            // Two names may stand for the same bytes.
            if (hashes.Root == last)
                continue;
            writer.WriteKey(hashes.Root.Digest.Bytes);
            writer.WriteString(hashes.PieceLayer);
            last = hashes.Root;
        }

        writer.End();
        return writer.ToArray();
    }

    private static byte[] Write(IReadOnlyList<string> webseeds, IReadOnlyList<string> trackers, ReadOnlySpan<byte> info, byte[]? pieceLayers)
    {
        foreach (var webseed in webseeds)
        {
            // BEP 19: only after a slash does a client add the torrent's name and the file's.
            if (!webseed.EndsWith('/'))
                throw new ArgumentException($"the webseed '{webseed}' does not end with a slash", nameof(webseeds));
        }

        if (trackers.Any(string.IsNullOrWhiteSpace))
            throw new ArgumentException("a tracker without an address", nameof(trackers));

        var writer = new BencodeWriter();
        writer.StartDictionary();
        if (trackers.Count > 0)
        {
            writer.WriteKey("announce"u8);
            writer.WriteString(trackers[0]);
        }

        if (trackers.Count > 1)
        {
            writer.WriteKey("announce-list"u8);
            writer.StartList();
            foreach (var tracker in trackers)
            {
                writer.StartList();
                writer.WriteString(tracker);
                writer.End();
            }

            writer.End();
        }

        writer.WriteKey("info"u8);
        writer.WriteEncoded(info);
        if (pieceLayers is not null)
        {
            writer.WriteKey("piece layers"u8);
            writer.WriteEncoded(pieceLayers);
        }

        if (webseeds.Count > 0)
        {
            writer.WriteKey("url-list"u8);
            writer.StartList();
            foreach (var webseed in webseeds)
                writer.WriteString(webseed);
            writer.End();
        }

        writer.End();
        return writer.ToArray();
    }
}
