using Lacquer.Formats.Identity;

namespace Lacquer.Formats.Torrents;

/// <summary>A file as one of a torrent's two lists has it.</summary>
internal readonly record struct TorrentEntry(string[] Path, long LengthBytes, PiecesRoot? Root, bool IsPad);

/// <summary>What is written in a .torrent file, each part by itself; null where it is not there. Ranges are of the file's bytes.</summary>
internal sealed class TorrentFields
{
    public List<string> Trackers { get; } = [];

    public List<string> Webseeds { get; } = [];

    public List<string> Collections { get; } = [];

    public List<InfoHashV1> Similar { get; } = [];

    /// <summary>Whose layers there are, ascending as the keys are.</summary>
    public List<Sha256Digest> LayerRoots { get; } = [];

    /// <summary>Their layers, and which of them a file was met for.</summary>
    public List<(Range Layer, bool IsMet)> Layers { get; } = [];

    public List<TorrentEntry>? FilesV1 { get; set; }

    public List<TorrentEntry>? FilesV2 { get; set; }

    /// <summary>The info dictionary.</summary>
    public Range? Info { get; set; }

    /// <summary>v1's piece hashes.</summary>
    public Range? Pieces { get; set; }

    public string? Name { get; set; }

    /// <summary>Of a v1 torrent of one file.</summary>
    public long? LengthV1Bytes { get; set; }

    public long? PieceLength { get; set; }

    public long? MetaVersion { get; set; }

    public bool IsPadV1 { get; set; }

    public bool IsPrivate { get; set; }

    public int TokenCount { get; set; }
}
