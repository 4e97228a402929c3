using System.Text;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Objects;

namespace Lacquer.Formats.Torrents;

/// <summary>
/// Reads anybody's .torrent file, v1, v2 or hybrid (BEP 3, 12, 19, 27, 47, 52), and lets through only what can be trusted with a
/// disk: safe paths, lengths that add up, layers that hash to their roots, v1 and v2 that say the same. Memory and time are bounded
/// by the file's length.
/// </summary>
public static class TorrentReader
{
    /// <summary>The longest .torrent file that is read; three and more times what stock clients take.</summary>
    public const int LimitBytes = 64 << 20;

    // A path of n components stands for n references, and nested folders repeat theirs for each file.
    private const int PathComponentLimit = BencodeReader.DefaultTokenLimit;
    private const int AddressLimit = 10_000;
    private const int Sha1LengthBytes = 20;
    private const string PadFolder = ".pad";
    private const int PieceLengthLimitBytes = 1 << 30;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads a .torrent file.</summary>
    /// <param name="bytes">The whole file; the view keeps slices of it.</param>
    /// <exception cref="LacquerException"><see cref="Failure.Damaged"/>, with the reason: no file system should see this torrent.</exception>
    public static TorrentView Parse(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Length > LimitBytes)
            throw Damaged($"{bytes.Length} bytes, where at most {LimitBytes} are read");
        return new Parser(bytes).Run();
    }

    private static LacquerException Damaged(string what) => new(Failure.Damaged, "torrent: " + what);

    private static string Text(ReadOnlySpan<byte> bytes, string what)
    {
        try
        {
            return StrictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            throw Damaged($"{what} is not UTF-8");
        }
    }

    // Hybrids name each file twice, and pad files lie in one folder: what was let through once is not looked at again.
    private static string Component(ReadOnlySpan<byte> bytes, string? likely = null)
    {
        if (likely is not null && Ascii.Equals(bytes, likely))
            return likely;
        if (bytes.Length > PathRules.ComponentLimitBytes)
            throw Damaged($"a path component of {bytes.Length} bytes, where at most {PathRules.ComponentLimitBytes} are safe");
        var name = Text(bytes, "a path component");
        return PathRules.Complaint(name) is { } complaint
            ? throw Damaged($"path component '{Printable(name)}' {complaint}")
            : name;
    }

    private static string Printable(string text) =>
        string.Concat(text.Select(letter => char.IsControl(letter) ? '\ufffd' : letter));

    /// <summary>A file as one of the two lists has it.</summary>
    private sealed record Entry(string[] Path, long LengthBytes, PiecesRoot? Root, bool IsPad);

    /// <summary>Every folder and file met so far, so that no two of them are one on a file system that takes case or composition lightly.</summary>
    private sealed class PathTree
    {
        private readonly Dictionary<(int Folder, string Folded), (string Name, int Node)> _nodes = new(FoldedComparer.Instance);
        private readonly List<bool> _isFile = [false];
        private string[] _last = [];
        private int[] _lastFolders = [];

        public void Add(string[] path)
        {
            // Files of one folder come after each other, and deep folders would be looked up again for each of them.
            var known = 0;
            while (known < path.Length - 1 && known < _last.Length - 1 && path[known] == _last[known])
                known++;
            var folders = new int[path.Length];
            _lastFolders.AsSpan(0, known).CopyTo(folders);
            var node = known == 0 ? 0 : folders[known - 1];
            for (var index = known; index < path.Length; index++)
            {
                node = Step(node, path, index);
                folders[index] = node;
            }

            _last = path;
            _lastFolders = folders;
        }

        private int Step(int folder, string[] path, int index)
        {
            var isFile = index == path.Length - 1;
            var name = path[index];
            var key = (folder, Fold(name));
            if (!_nodes.TryGetValue(key, out var known))
            {
                var node = _isFile.Count;
                _isFile.Add(isFile);
                _nodes.Add(key, (name, node));
                return node;
            }

            if (known.Name != name)
                throw Damaged($"'{name}' and '{known.Name}' are one name where case does not count");
            if (isFile && _isFile[known.Node])
                throw Damaged($"'{string.Join('/', path)}' is there twice");
            if (isFile || _isFile[known.Node])
                throw Damaged($"'{name}' is a file and a folder");
            return known.Node;
        }

        private static string Fold(string name)
        {
            try
            {
                return PathRules.Fold(name);
            }
            catch (ArgumentException)
            {
                throw Damaged($"path component '{Printable(name)}' has letters that Unicode does not know");
            }
        }
    }

    /// <summary>Names of a folder, as where case does not count.</summary>
    private sealed class FoldedComparer : IEqualityComparer<(int Folder, string Folded)>
    {
        public static FoldedComparer Instance { get; } = new();

        public bool Equals((int Folder, string Folded) one, (int Folder, string Folded) other) => one.Folder == other.Folder && string.Equals(one.Folded, other.Folded, StringComparison.OrdinalIgnoreCase);

        public int GetHashCode((int Folder, string Folded) name) => HashCode.Combine(name.Folder, string.GetHashCode(name.Folded, StringComparison.OrdinalIgnoreCase));
    }

    private sealed class Parser(ReadOnlyMemory<byte> bytes)
    {
        private readonly List<string> _trackers = [];
        private readonly HashSet<string> _knownTrackers = new(StringComparer.Ordinal);
        private readonly List<string> _webseeds = [];
        private readonly List<Sha256Digest> _layerRoots = [];
        private readonly List<(Range Layer, bool IsVerified)> _layers = [];
        private List<Entry>? _filesV1;
        private List<Entry>? _filesV2;
        private Range? _info;
        private Range? _pieces;
        private string? _name;
        private long? _lengthV1Bytes;
        private long? _pieceLength;
        private long? _metaVersion;
        private bool _isPadV1;
        private bool _isPrivate;
        private int _pieceLengthBytes;
        private int _pathComponentsV2;

        public TorrentView Run()
        {
            var reader = new BencodeReader(bytes.Span);
            reader.EnterDictionary();
            while (reader.ReadKey(out var key))
            {
                if (key.SequenceEqual("announce"u8)) AddAddress(ref reader, _trackers, "the tracker's address", _knownTrackers);
                else if (key.SequenceEqual("announce-list"u8)) ReadAnnounceList(ref reader);
                else if (key.SequenceEqual("info"u8)) ReadInfo(ref reader);
                else if (key.SequenceEqual("piece layers"u8)) ReadLayers(ref reader);
                else if (key.SequenceEqual("url-list"u8)) ReadWebseeds(ref reader);
                else reader.Skip();
            }

            reader.Finish();
            return Combine(reader.TokenCount);
        }

        private static void AddAddress(ref BencodeReader reader, List<string> addresses, string what, HashSet<string>? known = null)
        {
            var address = Text(reader.ReadString(), what);
            // Some write an empty address for none.
            if (address.Length == 0 || known?.Add(address) == false)
                return;
            if (addresses.Count == AddressLimit)
                throw Damaged($"more than {AddressLimit} addresses");
            addresses.Add(address);
        }

        private void ReadAnnounceList(ref BencodeReader reader)
        {
            reader.EnterList();
            while (reader.ReadItem())
            {
                reader.EnterList();
                while (reader.ReadItem())
                    AddAddress(ref reader, _trackers, "a tracker's address", _knownTrackers);
            }
        }

        private void ReadWebseeds(ref BencodeReader reader)
        {
            // BEP 19: one address or a list of them.
            if (reader.Next == BencodeKind.Bytes)
            {
                AddAddress(ref reader, _webseeds, "a webseed's address");
                return;
            }

            reader.EnterList();
            while (reader.ReadItem())
                AddAddress(ref reader, _webseeds, "a webseed's address");
        }

        private void ReadLayers(ref BencodeReader reader)
        {
            reader.EnterDictionary();
            while (reader.ReadKey(out var key))
            {
                if (key.Length != Sha256Digest.LengthBytes)
                    throw Damaged($"a piece layer's key of {key.Length} bytes, where a root has 32");
                // Keys ascend, so that they are found without a table whose places strangers could aim at.
                _layerRoots.Add(new Sha256Digest(key));
                _layers.Add((reader.ReadStringRange(), false));
            }
        }

        private void ReadInfo(ref BencodeReader reader)
        {
            var start = reader.OffsetBytes;
            reader.EnterDictionary();
            while (reader.ReadKey(out var key))
            {
                if (key.SequenceEqual("attr"u8)) _isPadV1 = ReadAttributes(ref reader);
                else if (key.SequenceEqual("file tree"u8)) ReadFileTree(ref reader);
                else if (key.SequenceEqual("files"u8)) ReadFilesV1(ref reader);
                else if (key.SequenceEqual("length"u8)) _lengthV1Bytes = ReadLength(ref reader);
                else if (key.SequenceEqual("meta version"u8)) _metaVersion = reader.ReadInteger();
                else if (key.SequenceEqual("name"u8)) _name = Component(reader.ReadString());
                else if (key.SequenceEqual("piece length"u8)) _pieceLength = reader.ReadInteger();
                else if (key.SequenceEqual("pieces"u8)) _pieces = reader.ReadStringRange();
                else if (key.SequenceEqual("private"u8)) _isPrivate = reader.ReadInteger() == 1;
                else if (key.SequenceEqual("symlink path"u8)) throw SymbolicLink();
                else reader.Skip();
            }

            _info = start..reader.OffsetBytes;
        }

        private static LacquerException SymbolicLink() => Damaged("a symbolic link, which can lead out of the torrent's folder");

        private static bool ReadAttributes(ref BencodeReader reader)
        {
            var attributes = reader.ReadString();
            // BEP 47: l is a symbolic link, p a pad file; x (executable) and h (hidden) are left alone.
            if (attributes.Contains((byte)'l'))
                throw SymbolicLink();
            return attributes.Contains((byte)'p');
        }

        private static long ReadLength(ref BencodeReader reader)
        {
            var lengthBytes = reader.ReadInteger();
            return lengthBytes >= 0 ? lengthBytes : throw Damaged(FormattableString.Invariant($"a file of {lengthBytes} bytes"));
        }

        private void ReadFilesV1(ref BencodeReader reader)
        {
            _filesV1 = [];
            var path = new List<string>();
            var files = 0;
            reader.EnterList();
            while (reader.ReadItem())
            {
                long? lengthBytes = null;
                var isPad = false;
                var twin = files < _filesV2?.Count ? _filesV2[files].Path : null;
                path.Clear();
                reader.EnterDictionary();
                while (reader.ReadKey(out var key))
                {
                    if (key.SequenceEqual("attr"u8)) isPad = ReadAttributes(ref reader);
                    else if (key.SequenceEqual("length"u8)) lengthBytes = ReadLength(ref reader);
                    else if (key.SequenceEqual("symlink path"u8)) throw SymbolicLink();
                    else if (key.SequenceEqual("path"u8))
                    {
                        reader.EnterList();
                        while (reader.ReadItem())
                            path.Add(Component(reader.ReadString(), isPad && path.Count == 0 ? PadFolder : twin?.ElementAtOrDefault(path.Count)));
                    }
                    else reader.Skip();
                }

                if (path.Count == 0)
                    throw Damaged("a file without a path");
                files += isPad ? 0 : 1;
                _filesV1.Add(new Entry([.. path], lengthBytes ?? throw Damaged($"the file '{string.Join('/', path)}' has no length"), null, isPad));
            }
        }

        private void ReadFileTree(ref BencodeReader reader)
        {
            _filesV2 = [];
            reader.EnterDictionary();
            var path = new List<string>();
            while (reader.ReadKey(out var key))
                ReadChild(ref reader, path, key);
        }

        // Calls itself as deep as the bencode reader lets the tree nest.
        private void ReadChild(ref BencodeReader reader, List<string> path, ReadOnlySpan<byte> name)
        {
            path.Add(Component(name));
            reader.EnterDictionary();
            while (reader.ReadKey(out var key))
            {
                if (!key.IsEmpty)
                {
                    ReadChild(ref reader, path, key);
                    continue;
                }

                // An empty key makes it a file (BEP 52), and sorts before all others.
                ReadFileV2(ref reader, path);
                if (reader.ReadKey(out _))
                    throw Damaged($"'{string.Join('/', path)}' is a file and a folder");
                break;
            }

            path.RemoveAt(path.Count - 1);
        }

        private void ReadFileV2(ref BencodeReader reader, List<string> path)
        {
            long? lengthBytes = null;
            PiecesRoot? root = null;
            reader.EnterDictionary();
            while (reader.ReadKey(out var key))
            {
                if (key.SequenceEqual("attr"u8))
                {
                    if (ReadAttributes(ref reader))
                        throw Damaged("a pad file in a v2 file tree, which needs none");
                }
                else if (key.SequenceEqual("length"u8))
                {
                    lengthBytes = ReadLength(ref reader);
                }
                else if (key.SequenceEqual("pieces root"u8))
                {
                    var digest = reader.ReadString();
                    if (digest.Length != Sha256Digest.LengthBytes)
                        throw Damaged($"a pieces root of {digest.Length} bytes, where it has 32");
                    root = new PiecesRoot(new Sha256Digest(digest));
                }
                else if (key.SequenceEqual("symlink path"u8))
                {
                    throw SymbolicLink();
                }
                else
                {
                    reader.Skip();
                }
            }

            // The tree repeats a folder for each of its files, so it is counted before it is copied.
            _pathComponentsV2 += path.Count;
            if (_pathComponentsV2 > PathComponentLimit)
                throw Damaged($"paths of more than {PathComponentLimit} components together");
            switch (lengthBytes)
            {
                case null: throw Damaged($"the file '{string.Join('/', path)}' has no length");
                case 0 when root is not null: throw Damaged($"the empty file '{string.Join('/', path)}' has a pieces root");
                case > 0 when root is null: throw Damaged($"the file '{string.Join('/', path)}' has no pieces root");
                default: _filesV2!.Add(new Entry([.. path], lengthBytes.Value, root, IsPad: false)); break;
            }
        }

        private TorrentView Combine(int tokenCount)
        {
            var info = _info ?? throw Damaged("no info dictionary");
            var name = _name ?? throw Damaged("no name");
            CheckVersionAndPieceLength();

            // A v2 tree of one file that is called like the torrent has no folder; libtorrent reads it so too.
            var isSingleFileV2 = _filesV2 is [{ Path: [var only] }] && only == name;
            if (_filesV1 is not null && isSingleFileV2)
                throw Damaged("v1 has a folder where v2 has a single file");
            var isSingleFile = _filesV1 is null && (_filesV2 is null || isSingleFileV2);
            if (_pieces is not null)
            {
                if ((_filesV1 is null) == (_lengthV1Bytes is null))
                    throw Damaged("a v1 torrent has either a length or a list of files");
                _filesV1 ??= [new Entry([name], _lengthV1Bytes!.Value, null, _isPadV1)];
            }
            else if (_filesV1 is not null || _lengthV1Bytes is not null)
            {
                throw Damaged("v1 files without pieces");
            }

            var files = _filesV1 is null ? ViewV2(_filesV2!) : ViewV1(_filesV1);
            if (files.All(file => file.IsPad))
                throw Damaged("no files");
            var paths = new PathTree();
            foreach (var file in files)
            {
                if (!file.IsPad)
                    paths.Add((string[])file.Path);
            }

            var infoBytes = bytes[info];
            return new TorrentView(
                name,
                isSingleFile,
                _pieceLengthBytes,
                _filesV1 is null ? null : InfoHashing.V1(infoBytes.Span),
                _filesV2 is null ? null : InfoHashing.V2(infoBytes.Span),
                infoBytes,
                files,
                _pieces is { } pieces ? bytes[pieces] : default,
                _webseeds,
                _trackers,
                _isPrivate,
                tokenCount);
        }

        private void CheckVersionAndPieceLength()
        {
            // A v2 torrent says so, and anything above 2 is not ours to guess at (BEP 52, meta version).
            if (_metaVersion is not (null or 1 or 2))
                throw Damaged(FormattableString.Invariant($"meta version {_metaVersion}, where 1 and 2 are known"));
            if ((_metaVersion == 2) != (_filesV2 is not null))
                throw Damaged(_filesV2 is null ? "meta version 2 without a file tree" : "a file tree without meta version 2");
            if (_filesV2 is null && _pieces is null)
                throw Damaged("neither v1 pieces nor a v2 file tree");

            var pieceLength = _pieceLength ?? throw Damaged("no piece length");
            if (pieceLength is < 1 or > PieceLengthLimitBytes)
                throw Damaged(FormattableString.Invariant($"a piece length of {pieceLength} bytes, where 1 to {PieceLengthLimitBytes} are read"));
            if (_filesV2 is not null && !PieceTree.IsPieceLength(pieceLength))
                throw Damaged($"a piece length of {pieceLength} bytes, where v2 wants a power of two of at least {PieceTree.BlockLengthBytes}");
            _pieceLengthBytes = (int)pieceLength;
        }

        private List<TorrentFileView> ViewV1(List<Entry> entries)
        {
            var files = new List<TorrentFileView>(entries.Count);
            var offsetBytes = 0L;
            var v2 = 0;
            for (var index = 0; index < entries.Count; index++)
            {
                var entry = entries[index];
                var twin = _filesV2 is null || entry.IsPad ? null : TakeTwin(entry, v2++, offsetBytes);
                files.Add(new TorrentFileView(
                    entry.Path, entry.LengthBytes, twin?.Root, twin is null ? default : Layer(twin), index, offsetBytes, entry.IsPad));
                if (entry.LengthBytes > long.MaxValue - offsetBytes)
                    throw Damaged("lengths that are beyond 64 bits together");
                offsetBytes += entry.LengthBytes;
            }

            if (_filesV2 is not null && v2 != _filesV2.Count)
                throw Damaged($"{v2} files by v1 and {_filesV2.Count} by v2");
            var (start, length) = _pieces!.Value.GetOffsetAndLength(bytes.Length);
            var pieces = PieceTree.PieceCount(offsetBytes, _pieceLengthBytes);
            if (length % Sha1LengthBytes != 0 || length / Sha1LengthBytes != pieces)
                throw Damaged($"{length} bytes of v1 piece hashes, where {pieces} pieces of {Sha1LengthBytes} are due");
            return files;
        }

        /// <summary>The same file in the v2 tree: BEP 52 wants both lists in the same order, and each file at the start of a piece.</summary>
        private Entry TakeTwin(Entry entry, int index, long offsetBytes)
        {
            if (index >= _filesV2!.Count)
                throw Damaged($"'{string.Join('/', entry.Path)}' is a file by v1 only");
            var twin = _filesV2[index];
            if (!entry.Path.AsSpan().SequenceEqual(twin.Path))
                throw Damaged($"v1 has '{string.Join('/', entry.Path)}' where v2 has '{string.Join('/', twin.Path)}'");
            if (entry.LengthBytes != twin.LengthBytes)
                throw Damaged($"'{string.Join('/', entry.Path)}' has {entry.LengthBytes} bytes by v1 and {twin.LengthBytes} by v2");
            if (entry.LengthBytes > 0 && offsetBytes % _pieceLengthBytes != 0)
                throw Damaged($"'{string.Join('/', entry.Path)}' does not start with a piece by v1");
            return twin;
        }

        private List<TorrentFileView> ViewV2(List<Entry> entries)
        {
            var files = new List<TorrentFileView>(entries.Count);
            var offsetBytes = 0L;
            foreach (var entry in entries)
            {
                files.Add(new TorrentFileView(entry.Path, entry.LengthBytes, entry.Root, Layer(entry), null, offsetBytes, IsPad: false));
                var pieces = PieceTree.PieceCount(entry.LengthBytes, _pieceLengthBytes);
                if (pieces > (long.MaxValue - offsetBytes) / _pieceLengthBytes)
                    throw Damaged("lengths that are beyond 64 bits together");
                offsetBytes += pieces * _pieceLengthBytes;
            }

            return files;
        }

        private ReadOnlyMemory<byte> Layer(Entry entry)
        {
            if (entry.LengthBytes <= _pieceLengthBytes)
                return default;
            var root = entry.Root!.Value;
            var place = _layerRoots.BinarySearch(root.Digest);
            if (place < 0)
                throw Damaged($"no piece layer for '{string.Join('/', entry.Path)}'");
            var (range, isVerified) = _layers[place];
            var layer = bytes[range];
            var pieces = PieceTree.PieceCount(entry.LengthBytes, _pieceLengthBytes);
            if (layer.Length % PieceTree.NodeLengthBytes != 0 || layer.Length / PieceTree.NodeLengthBytes != pieces)
                throw Damaged($"a piece layer of {layer.Length} bytes for '{string.Join('/', entry.Path)}', where {pieces} nodes of 32 are due");
            // Once for each root, or many files of one root would make a short torrent long work.
            if (!isVerified)
            {
                if (PieceTree.RootOfLayer(layer.Span, _pieceLengthBytes) != root)
                    throw Damaged($"the piece layer of '{string.Join('/', entry.Path)}' does not hash to its root");
                _layers[place] = (range, true);
            }

            return layer;
        }
    }
}
