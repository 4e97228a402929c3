using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Objects;

namespace Lacquer.Formats.Torrents;

/// <summary>One file of a torrent to be made.</summary>
/// <param name="Name">Its name in the torrent's folder: <c>[a-z0-9.-]</c>, one path component.</param>
/// <param name="Hashes">Its hashes at the torrent's piece length.</param>
public sealed record TorrentFile(string Name, ObjectHashes Hashes);

/// <summary>
/// A hybrid torrent, v1 and v2 in one (BEP 3, BEP 52), and its forms for v1 and v2 alone, put together from hashes alone. All files lie flat in the torrent's folder,
/// and a pad file (BEP 47) follows each, the last one too, unless it ends with a piece: so a file's hashes do not depend on its neighbours.
/// The same files give the same bytes.
/// </summary>
public sealed class HybridTorrent
{
    private readonly int _pieceLengthBytes;
    private readonly IReadOnlyList<TorrentFile> _files;

    // The hybrid with its envelope. It is long, and its info dictionary and piece layers are parts of it.
    private readonly TorrentEnvelope _envelope;
    private readonly ReadOnlyMemory<byte> _whole;
    private readonly ReadOnlyMemory<byte> _pieceLayers;
    private ReadOnlyMemory<byte>? _infoV1Only;
    private ReadOnlyMemory<byte>? _infoV2Only;

    private HybridTorrent(string name, int pieceLengthBytes, IReadOnlyList<TorrentFile> files, TorrentEnvelope envelope, int[] v1FileIndexes, int v1FileCount)
    {
        Name = name;
        _pieceLengthBytes = pieceLengthBytes;
        _files = files;
        _envelope = envelope;
        var writer = new BencodeWriter((int)Math.Min(Array.MaxLength, MostBytes() + envelope.MostBytes));
        writer.StartDictionary();
        WriteBefore(writer, envelope);
        writer.WriteKey("info"u8);
        var info = writer.LengthBytes;
        WriteInfo(writer, TorrentForm.Hybrid);
        var infoLengthBytes = writer.LengthBytes - info;
        writer.WriteKey("piece layers"u8);
        var layers = writer.LengthBytes;
        WritePieceLayers(writer);
        var layersLengthBytes = writer.LengthBytes - layers;
        WriteBehind(writer, envelope);
        writer.End();
        _whole = writer.Written;
        Info = _whole.Slice(info, infoLengthBytes);
        _pieceLayers = _whole.Slice(layers, layersLengthBytes);
        InfoHashV1 = InfoHashing.V1(Info.Span);
        InfoHashV2 = InfoHashing.V2(Info.Span);
        V1FileIndexes = v1FileIndexes;
        V1FileCount = v1FileCount;
    }

    /// <summary>The torrent's name, which is its folder's.</summary>
    public string Name { get; }

    /// <summary>The bencoded info dictionary of the hybrid.</summary>
    public ReadOnlyMemory<byte> Info { get; }

    /// <summary>SHA-1 of <see cref="Info"/> (BEP 3).</summary>
    public InfoHashV1 InfoHashV1 { get; }

    /// <summary>SHA-256 of <see cref="Info"/> (BEP 52).</summary>
    public InfoHashV2 InfoHashV2 { get; }

    /// <summary>SHA-1 of the info dictionary of <see cref="TorrentForm.V1"/>: another swarm than the hybrid's.</summary>
    public InfoHashV1 InfoHashV1Only => InfoHashing.V1(InfoOf(TorrentForm.V1));

    /// <summary>SHA-256 of the info dictionary of <see cref="TorrentForm.V2"/>: another swarm than the hybrid's.</summary>
    public InfoHashV2 InfoHashV2Only => InfoHashing.V2(InfoOf(TorrentForm.V2));

    /// <summary>For each file in the order given, its index from 0 among the v1 files, pad files counted: what <c>so=</c> means (BEP 53).</summary>
    public IReadOnlyList<int> V1FileIndexes { get; }

    /// <summary>How many v1 files there are, pad files counted.</summary>
    public int V1FileCount { get; }

    /// <summary>Puts a torrent together.</summary>
    /// <param name="name">The torrent's name: <c>[a-z0-9.-]</c>.</param>
    /// <param name="pieceLengthBytes">The piece length the files were hashed with, a power of two of at least 16 KiB.</param>
    /// <param name="files">At least one file, in ordinal order of name, each name once and none of them the torrent's.</param>
    /// <param name="envelope">What the hybrid's file will have beside: it is then written once, and not again for it. Null: nothing.</param>
    /// <exception cref="ArgumentException">A name, the order, a file's hashes or the envelope are not as they must be.</exception>
    public static HybridTorrent Build(string name, int pieceLengthBytes, IReadOnlyList<TorrentFile> files, TorrentEnvelope? envelope = null)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(files);
        PieceTree.RequirePieceLength(pieceLengthBytes);
        Check(name, pieceLengthBytes, files);
        envelope?.Check();

        var v1FileIndexes = new int[files.Count];
        var v1FileCount = 0;
        for (var index = 0; index < files.Count; index++)
        {
            v1FileIndexes[index] = v1FileCount;
            v1FileCount += PadLength(files[index], pieceLengthBytes) == 0 ? 1 : 2;
        }

        return new HybridTorrent(name, pieceLengthBytes, files, envelope ?? TorrentEnvelope.Empty, v1FileIndexes, v1FileCount);
    }

    /// <summary>For each file in the order given, where it begins in the run of all files, pad files included, in bytes: at a piece.</summary>
    public IReadOnlyList<long> OffsetsBytes()
    {
        var offsets = new long[_files.Count];
        for (var i = 1; i < offsets.Length; i++)
            offsets[i] = offsets[i - 1] + PieceTree.PieceCount(_files[i - 1].Hashes.LengthBytes, _pieceLengthBytes) * _pieceLengthBytes;
        return offsets;
    }

    /// <summary>At most how many bytes a file takes in a hybrid, which is the longest form.</summary>
    /// <param name="nameLength">Letters of its name.</param>
    /// <param name="lengthBytes">Its length.</param>
    /// <param name="pieceLengthBytes">The piece length.</param>
    public static long MostBytesOfFile(int nameLength, long lengthBytes, int pieceLengthBytes)
    {
        // The bencode of its entries in the tree and in the list, of its pad file, the hundred-thousandth of its length at most, and of its layer, without what is counted below.
        const int Fixed = 65 + 20 + 47;
        const int LayerFixed = 35 + 12;
        var pieces = PieceTree.PieceCount(lengthBytes, pieceLengthBytes);
        return Fixed + 2 * (Digits(lengthBytes) + nameLength + Digits(nameLength) + 1) + 2 * Digits(pieceLengthBytes) + 20 * pieces + (pieces > 1 ? LayerFixed + 32 * pieces : 0);

        static int Digits(long number)
        {
            var digits = 1;
            for (var least = 10L; digits < 19 && least <= number; least *= 10)
                digits++;
            return digits;
        }
    }

    /// <summary>The .torrent file of the hybrid: the info dictionary, the piece layers, and where to ask; no date and no author.</summary>
    /// <param name="webseeds">Addresses of folders that hold the torrent's folder (BEP 19), each ending with a slash.</param>
    /// <param name="trackers">Addresses of trackers, each a tier of its own (BEP 12); the first is also <c>announce</c>.</param>
    /// <exception cref="ArgumentException">An address is empty, or a webseed's does not end with a slash.</exception>
    public ReadOnlyMemory<byte> ToBytes(IReadOnlyList<string> webseeds, IReadOnlyList<string> trackers) => ToBytes(TorrentForm.Hybrid, TorrentEnvelope.Empty with { Webseeds = webseeds, Trackers = trackers });

    /// <summary>The .torrent file of a form.</summary>
    /// <exception cref="ArgumentException">The envelope has something in it that cannot be written.</exception>
    public ReadOnlyMemory<byte> ToBytes(TorrentForm form, TorrentEnvelope envelope)
    {
        envelope.Check();
        if (form == TorrentForm.Hybrid && (envelope == _envelope || (envelope.IsEmpty && _envelope.IsEmpty)))
            return _whole;
        var info = InfoOf(form);
        var writer = new BencodeWriter(info.Length + _pieceLayers.Length + (int)envelope.MostBytes);
        writer.StartDictionary();
        WriteBefore(writer, envelope);
        writer.WriteKey("info"u8);
        writer.WriteOwn(info);
        if (form != TorrentForm.V1)
        {
            writer.WriteKey("piece layers"u8);
            writer.WriteOwn(_pieceLayers.Span);
        }

        WriteBehind(writer, envelope);
        writer.End();
        return writer.Written;
    }

    /// <summary>Writes the hybrid's file without an envelope: what <see cref="ToBytes(TorrentForm, TorrentEnvelope)"/> gives for an empty one.</summary>
    public void WriteBare(Stream stream)
    {
        stream.Write("d4:info"u8);
        stream.Write(Info.Span);
        stream.Write("12:piece layers"u8);
        stream.Write(_pieceLayers.Span);
        stream.Write("e"u8);
    }

    /// <summary>The magnet link of a form for the whole torrent (BEP 9, BEP 52).</summary>
    public string Magnet(TorrentForm form) => form switch
    {
        TorrentForm.V1 => $"magnet:?xt=urn:btih:{InfoHashV1Only}&dn={Name}",
        TorrentForm.V2 => $"magnet:?xt=urn:btmh:1220{InfoHashV2Only}&dn={Name}",
        _ => Magnet(),
    };

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

    // What sorts before "info".
    private static void WriteBefore(BencodeWriter writer, TorrentEnvelope envelope)
    {
        if (envelope.Trackers.Count > 0)
        {
            writer.WriteKey("announce"u8);
            writer.WriteString(envelope.Trackers[0]);
        }

        if (envelope.Trackers.Count > 1)
        {
            writer.WriteKey("announce-list"u8);
            writer.StartList();
            foreach (var tracker in envelope.Trackers)
                WriteList(writer, [tracker]);
            writer.End();
        }

        if (envelope.Collection is { } collection)
        {
            writer.WriteKey("collections"u8);
            WriteList(writer, [collection]);
        }
    }

    // What sorts behind "piece layers".
    private static void WriteBehind(BencodeWriter writer, TorrentEnvelope envelope)
    {
        if (envelope.Similar is { } similar)
        {
            writer.WriteKey("similar"u8);
            writer.StartList();
            writer.WriteString(similar.ToArray());
            writer.End();
        }

        if (envelope.Webseeds.Count > 0)
        {
            writer.WriteKey("url-list"u8);
            WriteList(writer, envelope.Webseeds);
        }
    }

    private static long PadLength(TorrentFile file, int pieceLengthBytes) =>
        (pieceLengthBytes - file.Hashes.LengthBytes % pieceLengthBytes) % pieceLengthBytes;

    private ReadOnlySpan<byte> InfoOf(TorrentForm form) => form switch
    {
        TorrentForm.V1 => (_infoV1Only ??= InfoAlone(form)).Span,
        TorrentForm.V2 => (_infoV2Only ??= InfoAlone(form)).Span,
        _ => Info.Span,
    };

    private ReadOnlyMemory<byte> InfoAlone(TorrentForm form)
    {
        var writer = new BencodeWriter(Info.Length);
        WriteInfo(writer, form);
        return writer.Written;
    }

    // What the hybrid has beside its files is short.
    private long MostBytes() => 2L * Name.Length + 200 + _files.Sum(file => MostBytesOfFile(file.Name.Length, file.Hashes.LengthBytes, _pieceLengthBytes));

    private void WriteInfo(BencodeWriter writer, TorrentForm form)
    {
        writer.StartDictionary();
        if (form != TorrentForm.V1)
            WriteFileTree(writer);
        if (form != TorrentForm.V2)
        {
            writer.WriteKey("files"u8);
            writer.StartList();
            var pads = new Dictionary<long, int>(_files.Count);
            foreach (var file in _files)
            {
                WriteV1File(writer, file.Hashes.LengthBytes, isPad: false, file.Name);
                if (PadLength(file, _pieceLengthBytes) is > 0 and var padLengthBytes)
                {
                    var number = ++CollectionsMarshal.GetValueRefOrAddDefault(pads, padLengthBytes, out _);
                    WriteV1File(writer, padLengthBytes, isPad: true, PadFile.Folder, PadFile.Name(padLengthBytes, number));
                }
            }

            writer.End();
        }

        if (form != TorrentForm.V1)
        {
            writer.WriteKey("meta version"u8);
            writer.WriteInteger(2);
        }

        writer.WriteKey("name"u8);
        writer.WriteString(Name);
        writer.WriteKey("piece length"u8);
        writer.WriteInteger(_pieceLengthBytes);
        if (form != TorrentForm.V2)
        {
            writer.WriteKey("pieces"u8);
            var pieces = writer.WriteString(checked((int)_files.Sum(file => (long)file.Hashes.PieceDigestsV1.Length)));
            foreach (var file in _files)
            {
                file.Hashes.PieceDigestsV1.Span.CopyTo(pieces);
                pieces = pieces[file.Hashes.PieceDigestsV1.Length..];
            }
        }

        writer.End();
    }

    private void WriteFileTree(BencodeWriter writer)
    {
        writer.WriteKey("file tree"u8);
        writer.StartDictionary();
        foreach (var file in _files)
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

    private static void WriteList(BencodeWriter writer, IReadOnlyList<string> texts)
    {
        writer.StartList();
        foreach (var text in texts)
            writer.WriteString(text);
        writer.End();
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

    private void WritePieceLayers(BencodeWriter writer)
    {
        var hashes = _files.Select(file => file.Hashes).Where(its => its.PieceLayer.Length > 0).ToArray();
        // The first 16 bytes of a SHA-256 digest tell it from all others, and are sorted fast.
        Array.Sort(Array.ConvertAll(hashes, its => BinaryPrimitives.ReadUInt128BigEndian(its.Root.Digest.Bytes)), hashes);
        writer.StartDictionary();
        for (var i = 0; i < hashes.Length; i++)
        {
            // Two names may stand for the same bytes.
            if (i > 0 && hashes[i].Root == hashes[i - 1].Root)
                continue;
            writer.WriteKey(hashes[i].Root.Digest.Bytes);
            writer.WriteString(hashes[i].PieceLayer.Span);
        }

        writer.End();
    }
}
