using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Objects;

namespace Lacquer.Formats.Torrents;

/// <summary>Holds what a torrent says against itself: lengths that add up, layers that hash to their roots, v1 and v2 that name the same files in the same places. What agrees is the view.</summary>
/// <param name="bytes">The .torrent file.</param>
/// <param name="said">What is written in it.</param>
internal sealed class TorrentAgreement(ReadOnlyMemory<byte> bytes, TorrentFields said)
{
    private const int Sha1LengthBytes = 20;
    private const int PieceLengthLimitBytes = 1 << 30;

    // Layers with the roots that they should have, and a file of each.
    private readonly List<(ReadOnlyMemory<byte> Layer, PiecesRoot Root)> _layers = [];
    private readonly List<string[]> _layerPaths = [];

    private int _pieceLengthBytes;

    /// <summary>The view.</summary>
    /// <exception cref="LacquerException">Something does not agree.</exception>
    public TorrentView View()
    {
        var info = said.Info ?? throw TorrentReader.Damaged("no info dictionary");
        var name = said.Name ?? throw TorrentReader.Damaged("no name");
        CheckVersionAndPieceLength();

        // A v2 tree of one file that is called like the torrent has no folder; libtorrent reads it so too.
        var isSingleFileV2 = said.FilesV2 is [{ Path: [var only] }] && only == name;
        if (said.FilesV1 is not null && isSingleFileV2)
            throw TorrentReader.Damaged("v1 has a folder where v2 has a single file");
        var isSingleFile = said.FilesV1 is null && (said.FilesV2 is null || isSingleFileV2);
        if (said.Pieces is not null)
        {
            if ((said.FilesV1 is null) == (said.LengthV1Bytes is null))
                throw TorrentReader.Damaged("a v1 torrent has either a length or a list of files");
            said.FilesV1 ??= [new TorrentEntry([name], said.LengthV1Bytes!.Value, null, said.IsPadV1)];
        }
        else if (said.FilesV1 is not null || said.LengthV1Bytes is not null)
        {
            throw TorrentReader.Damaged("v1 files without pieces");
        }

        var files = said.FilesV1 is null ? ViewV2(said.FilesV2!) : ViewV1(said.FilesV1);
        if (PieceTree.FirstUnlike(_layers, _pieceLengthBytes) is >= 0 and var unlike)
            throw TorrentReader.Damaged($"the piece layer of '{string.Join('/', _layerPaths[unlike])}' does not hash to its root");
        if (files.All(file => file.IsPad))
            throw TorrentReader.Damaged("no files");
        var paths = new PathTree(files.Count);
        foreach (var file in files)
        {
            if (!file.IsPad)
                paths.Add((string[])file.Path);
        }

        return new TorrentView(
            name,
            isSingleFile,
            _pieceLengthBytes,
            said.FilesV1 is not null,
            said.FilesV2 is not null,
            bytes[info],
            files,
            said.Pieces is { } pieces ? bytes[pieces] : default,
            said.Webseeds,
            said.Trackers,
            said.IsPrivate,
            said.TokenCount)
        {
            Collections = said.Collections,
            Similar = said.Similar,
        };
    }

    private void CheckVersionAndPieceLength()
    {
        // A v2 torrent says so, and anything above 2 is not ours to guess at (BEP 52, meta version).
        if (said.MetaVersion is not (null or 1 or 2))
            throw TorrentReader.Damaged(FormattableString.Invariant($"meta version {said.MetaVersion}, where 1 and 2 are known"));
        if ((said.MetaVersion == 2) != (said.FilesV2 is not null))
            throw TorrentReader.Damaged(said.FilesV2 is null ? "meta version 2 without a file tree" : "a file tree without meta version 2");
        if (said.FilesV2 is null && said.Pieces is null)
            throw TorrentReader.Damaged("neither v1 pieces nor a v2 file tree");

        var pieceLength = said.PieceLength ?? throw TorrentReader.Damaged("no piece length");
        if (pieceLength is < 1 or > PieceLengthLimitBytes)
            throw TorrentReader.Damaged(FormattableString.Invariant($"a piece length of {pieceLength} bytes, where 1 to {PieceLengthLimitBytes} are read"));
        if (said.FilesV2 is not null && !PieceTree.IsPieceLength(pieceLength))
            throw TorrentReader.Damaged($"a piece length of {pieceLength} bytes, where v2 wants a power of two of at least {PieceTree.BlockLengthBytes}");
        _pieceLengthBytes = (int)pieceLength;
    }

    private List<TorrentFileView> ViewV1(List<TorrentEntry> entries)
    {
        var files = new List<TorrentFileView>(entries.Count);
        var offsetBytes = 0L;
        var v2 = 0;
        for (var index = 0; index < entries.Count; index++)
        {
            var entry = entries[index];
            var isTwin = said.FilesV2 is not null && !entry.IsPad;
            if (isTwin)
                entry = TakeTwin(entry, v2++, offsetBytes);
            files.Add(new TorrentFileView(entry.Path, entry.LengthBytes, entry.Root, isTwin ? Layer(entry) : default, index, offsetBytes, entry.IsPad));
            if (entry.LengthBytes > long.MaxValue - offsetBytes)
                throw TorrentReader.Damaged("lengths that are beyond 64 bits together");
            offsetBytes += entry.LengthBytes;
        }

        if (said.FilesV2 is not null && v2 != said.FilesV2.Count)
            throw TorrentReader.Damaged($"{v2} files by v1 and {said.FilesV2.Count} by v2");
        var (start, length) = said.Pieces!.Value.GetOffsetAndLength(bytes.Length);
        var pieces = PieceTree.PieceCount(offsetBytes, _pieceLengthBytes);
        if (length % Sha1LengthBytes != 0 || length / Sha1LengthBytes != pieces)
            throw TorrentReader.Damaged($"{length} bytes of v1 piece hashes, where {pieces} pieces of {Sha1LengthBytes} are due");
        return files;
    }

    /// <summary>The same file in the v2 tree: BEP 52 wants both lists in the same order, and each file at the start of a piece.</summary>
    private TorrentEntry TakeTwin(TorrentEntry entry, int index, long offsetBytes)
    {
        if (index >= said.FilesV2!.Count)
            throw TorrentReader.Damaged($"'{string.Join('/', entry.Path)}' is a file by v1 only");
        var twin = said.FilesV2[index];
        if (!entry.Path.AsSpan().SequenceEqual(twin.Path))
            throw TorrentReader.Damaged($"v1 has '{string.Join('/', entry.Path)}' where v2 has '{string.Join('/', twin.Path)}'");
        if (entry.LengthBytes != twin.LengthBytes)
            throw TorrentReader.Damaged($"'{string.Join('/', entry.Path)}' has {entry.LengthBytes} bytes by v1 and {twin.LengthBytes} by v2");
        if (entry.LengthBytes > 0 && offsetBytes % _pieceLengthBytes != 0)
            throw TorrentReader.Damaged($"'{string.Join('/', entry.Path)}' does not start with a piece by v1");
        return twin;
    }

    private List<TorrentFileView> ViewV2(List<TorrentEntry> entries)
    {
        var files = new List<TorrentFileView>(entries.Count);
        var offsetBytes = 0L;
        foreach (var entry in entries)
        {
            files.Add(new TorrentFileView(entry.Path, entry.LengthBytes, entry.Root, Layer(entry), null, offsetBytes, IsPad: false));
            var pieces = PieceTree.PieceCount(entry.LengthBytes, _pieceLengthBytes);
            if (pieces > (long.MaxValue - offsetBytes) / _pieceLengthBytes)
                throw TorrentReader.Damaged("lengths that are beyond 64 bits together");
            offsetBytes += pieces * _pieceLengthBytes;
        }

        return files;
    }

    private ReadOnlyMemory<byte> Layer(TorrentEntry entry)
    {
        if (entry.LengthBytes <= _pieceLengthBytes)
            return default;
        var root = entry.Root!.Value;
        var place = said.LayerRoots.BinarySearch(root.Digest);
        if (place < 0)
            throw TorrentReader.Damaged($"no piece layer for '{string.Join('/', entry.Path)}'");
        var (range, isMet) = said.Layers[place];
        var layer = bytes[range];
        var pieces = PieceTree.PieceCount(entry.LengthBytes, _pieceLengthBytes);
        if (layer.Length % PieceTree.NodeLengthBytes != 0 || layer.Length / PieceTree.NodeLengthBytes != pieces)
            throw TorrentReader.Damaged($"a piece layer of {layer.Length} bytes for '{string.Join('/', entry.Path)}', where {pieces} nodes of 32 are due");
        // Once for each root, or many files of one root would make a short torrent long work.
        if (!isMet)
        {
            _layers.Add((layer, root));
            _layerPaths.Add(entry.Path);
            said.Layers[place] = (range, true);
        }

        return layer;
    }
}
