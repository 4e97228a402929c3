using System.Runtime.InteropServices;
using System.Text;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Objects;

namespace Lacquer.Formats.Torrents;

/// <summary>
/// Reads anybody's .torrent file, v1, v2 or hybrid (BEP 3, 12, 19, 27, 38, 47, 52), and lets through only what can be trusted with a
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

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads a .torrent file.</summary>
    /// <param name="bytes">The whole file; the view keeps slices of it.</param>
    /// <exception cref="LacquerException"><see cref="Failure.Damaged"/>, with the reason: no file system should see this torrent.</exception>
    public static TorrentView Parse(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Length > LimitBytes)
            throw Damaged($"{bytes.Length} bytes, where at most {LimitBytes} are read");
        return new TorrentAgreement(bytes, new Parser(bytes).Run()).View();
    }

    internal static LacquerException Damaged(string what) => new(Failure.Damaged, "torrent: " + what);

    /// <summary>A text, which must be UTF-8.</summary>
    internal static string Text(ReadOnlySpan<byte> bytes, string what)
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

    private sealed class Parser(ReadOnlyMemory<byte> bytes)
    {
        private readonly TorrentFields _said = new();
        private readonly HashSet<string> _knownTrackers = new(StringComparer.Ordinal);
        private readonly HashSet<string> _knownCollections = new(StringComparer.Ordinal);
        private readonly HashSet<InfoHashV1> _knownSimilar = [];
        private int _pathComponentsV2;

        public TorrentFields Run()
        {
            var reader = new BencodeReader(bytes.Span);
            reader.EnterDictionary();
            while (reader.ReadKey(out var key))
            {
                if (key.SequenceEqual("announce"u8)) AddAddress(ref reader, _said.Trackers, "the tracker's address", _knownTrackers);
                else if (key.SequenceEqual("announce-list"u8)) ReadAnnounceList(ref reader);
                else if (key.SequenceEqual("collections"u8)) ReadCollections(ref reader);
                else if (key.SequenceEqual("info"u8)) ReadInfo(ref reader);
                else if (key.SequenceEqual("piece layers"u8)) ReadLayers(ref reader);
                else if (key.SequenceEqual("similar"u8)) ReadSimilar(ref reader);
                else if (key.SequenceEqual("url-list"u8)) ReadWebseeds(ref reader);
                else reader.Skip();
            }

            reader.Finish();
            _said.TokenCount = reader.TokenCount;
            return _said;
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
                    AddAddress(ref reader, _said.Trackers, "a tracker's address", _knownTrackers);
            }
        }

        private void ReadWebseeds(ref BencodeReader reader)
        {
            // BEP 19: one address or a list of them.
            if (reader.Next == BencodeKind.Bytes)
            {
                AddAddress(ref reader, _said.Webseeds, "a webseed's address");
                return;
            }

            reader.EnterList();
            while (reader.ReadItem())
                AddAddress(ref reader, _said.Webseeds, "a webseed's address");
        }

        // BEP 38: both may stand in the info dictionary too, and count together.
        private void ReadCollections(ref BencodeReader reader)
        {
            reader.EnterList();
            while (reader.ReadItem())
                AddAddress(ref reader, _said.Collections, "a collection's name", _knownCollections);
        }

        private void ReadSimilar(ref BencodeReader reader)
        {
            reader.EnterList();
            while (reader.ReadItem())
            {
                var hash = reader.ReadString();
                if (hash.Length != InfoHashV1.LengthBytes)
                    throw Damaged($"a similar torrent's hash of {hash.Length} bytes, where it has {InfoHashV1.LengthBytes}");
                if (!_knownSimilar.Add(new InfoHashV1(hash)))
                    continue;
                if (_said.Similar.Count == AddressLimit)
                    throw Damaged($"more than {AddressLimit} similar torrents");
                _said.Similar.Add(new InfoHashV1(hash));
            }
        }

        private void ReadLayers(ref BencodeReader reader)
        {
            reader.EnterDictionary();
            while (reader.ReadKey(out var key))
            {
                if (key.Length != Sha256Digest.LengthBytes)
                    throw Damaged($"a piece layer's key of {key.Length} bytes, where a root has 32");
                // Keys ascend, so that they are found without a table whose places strangers could aim at.
                _said.LayerRoots.Add(new Sha256Digest(key));
                _said.Layers.Add((reader.ReadStringRange(), false));
            }
        }

        private void ReadInfo(ref BencodeReader reader)
        {
            var start = reader.OffsetBytes;
            reader.EnterDictionary();
            while (reader.ReadKey(out var key))
            {
                if (key.SequenceEqual("attr"u8)) _said.IsPadV1 = ReadAttributes(ref reader);
                else if (key.SequenceEqual("collections"u8)) ReadCollections(ref reader);
                else if (key.SequenceEqual("file tree"u8)) ReadFileTree(ref reader);
                else if (key.SequenceEqual("files"u8)) ReadFilesV1(ref reader);
                else if (key.SequenceEqual("length"u8)) _said.LengthV1Bytes = ReadLength(ref reader);
                else if (key.SequenceEqual("meta version"u8)) _said.MetaVersion = reader.ReadInteger();
                else if (key.SequenceEqual("name"u8)) _said.Name = TorrentPath.Component(reader.ReadString());
                else if (key.SequenceEqual("piece length"u8)) _said.PieceLength = reader.ReadInteger();
                else if (key.SequenceEqual("pieces"u8)) _said.Pieces = reader.ReadStringRange();
                else if (key.SequenceEqual("private"u8)) _said.IsPrivate = reader.ReadInteger() == 1;
                else if (key.SequenceEqual("similar"u8)) ReadSimilar(ref reader);
                else if (key.SequenceEqual("symlink path"u8)) throw SymbolicLink();
                else reader.Skip();
            }

            _said.Info = start..reader.OffsetBytes;
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
            _said.FilesV1 = [];
            var path = new List<string>();
            var files = 0;
            reader.EnterList();
            while (reader.ReadItem())
            {
                long? lengthBytes = null;
                var isPad = false;
                var twin = files < _said.FilesV2?.Count ? _said.FilesV2[files].Path : null;
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
                            path.Add(TorrentPath.Component(reader.ReadString(), isPad && path.Count == 0 ? PadFile.Folder : twin?.ElementAtOrDefault(path.Count)));
                    }
                    else reader.Skip();
                }

                if (path.Count == 0)
                    throw Damaged("a file without a path");
                files += isPad ? 0 : 1;
                _said.FilesV1.Add(new TorrentEntry(twin is not null && CollectionsMarshal.AsSpan(path).SequenceEqual(twin) ? twin : [.. path], lengthBytes ?? throw Damaged($"the file '{string.Join('/', path)}' has no length"), null, isPad));
            }
        }

        private void ReadFileTree(ref BencodeReader reader)
        {
            _said.FilesV2 = [];
            reader.EnterDictionary();
            var path = new List<string>();
            while (reader.ReadKey(out var key))
                ReadChild(ref reader, path, key);
        }

        // Calls itself as deep as the bencode reader lets the tree nest.
        private void ReadChild(ref BencodeReader reader, List<string> path, ReadOnlySpan<byte> name)
        {
            path.Add(TorrentPath.Component(name));
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
                default: _said.FilesV2!.Add(new TorrentEntry([.. path], lengthBytes.Value, root, IsPad: false)); break;
            }
        }
    }
}
