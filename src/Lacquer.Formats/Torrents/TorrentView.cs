using Lacquer.Formats.Identity;

namespace Lacquer.Formats.Torrents;

/// <summary>What a .torrent file says, read and checked by <see cref="TorrentReader"/>. Slices point into the bytes it was read from.</summary>
/// <param name="Name">The torrent's name: its folder, or its file where <see cref="IsSingleFile"/>. Safe as a path component.</param>
/// <param name="IsSingleFile">Whether it is one file without a folder.</param>
/// <param name="PieceLengthBytes">The piece length; with v2 a power of two of at least 16 KiB.</param>
/// <param name="HasV1">Whether there is a v1 part.</param>
/// <param name="HasV2">Whether there is a v2 part.</param>
/// <param name="Info">The bencoded info dictionary.</param>
/// <param name="Files">All files, pad files included, in v1 order, or for v2 alone in the order of the file tree. A hybrid has each file once.</param>
/// <param name="PieceDigestsV1">20 bytes for each v1 piece; empty for v2 alone.</param>
/// <param name="Webseeds">Addresses from <c>url-list</c> (BEP 19), unchecked.</param>
/// <param name="Trackers">Addresses from <c>announce</c> and <c>announce-list</c> (BEP 12), each once, unchecked.</param>
/// <param name="IsPrivate">Whether it asks to be kept off DHT and peer exchange (BEP 27).</param>
/// <param name="TokenCount">Bencode tokens in the whole file, as libtorrent counts them.</param>
public sealed record TorrentView(
    string Name,
    bool IsSingleFile,
    int PieceLengthBytes,
    bool HasV1,
    bool HasV2,
    ReadOnlyMemory<byte> Info,
    IReadOnlyList<TorrentFileView> Files,
    ReadOnlyMemory<byte> PieceDigestsV1,
    IReadOnlyList<string> Webseeds,
    IReadOnlyList<string> Trackers,
    bool IsPrivate,
    int TokenCount)
{
    /// <summary>Names of collections that it says it belongs to (BEP 38), each once, unchecked.</summary>
    public IReadOnlyList<string> Collections { get; init; } = [];

    /// <summary>Torrents that it says share files with it (BEP 38), each once: v1 info hashes, or the first 20 bytes of v2's.</summary>
    public IReadOnlyList<InfoHashV1> Similar { get; init; } = [];

    private InfoHashV1? _infoHashV1;
    private InfoHashV2? _infoHashV2;

    /// <summary>The v1 name, or null for a torrent of v2 alone.</summary>
    public InfoHashV1? InfoHashV1 => HasV1 ? _infoHashV1 ??= InfoHashing.V1(Info.Span) : null;

    /// <summary>The v2 name, or null for a torrent of v1 alone.</summary>
    public InfoHashV2? InfoHashV2 => HasV2 ? _infoHashV2 ??= InfoHashing.V2(Info.Span) : null;

    /// <summary>The length of all files but pad files; fits 64 bits, the reader saw to that.</summary>
    public long PayloadBytes => Files.Where(file => !file.IsPad).Sum(file => file.LengthBytes);

    /// <summary>How many pieces it has; for v2 alone, where each file starts with one, those of all files.</summary>
    public long PieceCount => HasV1 ? PieceDigestsV1.Length / 20 : Files.Sum(file => (long)Objects.PieceTree.PieceCount(file.LengthBytes, PieceLengthBytes));
}

/// <summary>One file of a torrent.</summary>
/// <param name="Path">Path components below the torrent's folder, each safe; for a torrent of a single file, its name.</param>
/// <param name="LengthBytes">The length, zero or more.</param>
/// <param name="Root">BEP 52 "pieces root"; null in v1 alone, for empty files and for pad files.</param>
/// <param name="PieceLayer">
/// BEP 52 piece layer, 32 bytes a piece, which hashes to <paramref name="Root"/>; empty for a file of at most one piece and in v1 alone.
/// </param>
/// <param name="V1Index">Its index from 0 among the v1 files, pad files counted (BEP 53 counts so); null in v2 alone.</param>
/// <param name="OffsetBytes">
/// Where it starts in the v1 run of all files; in v2 alone, where every file starts with a piece, the same counted in whole pieces.
/// </param>
/// <param name="IsPad">Whether it is a pad file (BEP 47): zero bytes that nobody needs to write.</param>
public readonly record struct TorrentFileView(
    IReadOnlyList<string> Path,
    long LengthBytes,
    PiecesRoot? Root,
    ReadOnlyMemory<byte> PieceLayer,
    int? V1Index,
    long OffsetBytes,
    bool IsPad);
