using System.Buffers.Binary;
using System.Text.Json;
using Lacquer.Formats.Accessions;

namespace Lacquer.Benchmarks;

/// <summary>What <see cref="SyntheticMusic"/> wrote.</summary>
/// <param name="Version">Of the generator: what another has written is not what this one would write.</param>
/// <param name="Asked">How many tracks were asked for.</param>
/// <param name="Tracks">How many there are: those asked for, and the rest of the chunk in hand.</param>
/// <param name="Recordings">How many recordings they are of in truth.</param>
/// <param name="Sources">The accessions, in the order of their numbers.</param>
internal sealed record SyntheticSet(int Version, long Asked, long Tracks, long Recordings, IReadOnlyList<SyntheticSource> Sources);

/// <summary>An accession that <see cref="SyntheticMusic"/> wrote.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Name">The source.</param>
/// <param name="Adapter">Of which adapter its records are.</param>
/// <param name="Records">How many lines it has after the first.</param>
/// <param name="Bytes">Bytes of all lines, uncompressed.</param>
/// <param name="LengthBytes">Of the file.</param>
/// <param name="Sha256">Of the file.</param>
/// <param name="File">The file's name without its ending; null: the source's.</param>
internal sealed record SyntheticSource(int Number, string Name, string Adapter, long Records, long Bytes, long LengthBytes, string Sha256, string? File = null)
{
    /// <summary>The accession's file in the folder it was written to.</summary>
    public string Accession(string folder) => Path.Combine(folder, (File ?? Name) + ".jsonl.zst");

    /// <summary>The file of which recording each track is in truth.</summary>
    public string Truth(string folder) => Path.Combine(folder, Name + ".truth");
}

/// <summary>
/// Writes accessions of made-up music of any size, the same bytes for the same size, whatever the machine. Its shape is that of a streaming service's catalogue: 4.4 tracks a release, 3.8 releases an artist,
/// 1.376 tracks an ISRC, 95.1 % of the recordings of popularity 0 to 9 and most of these never heard, a few heard by everybody and one most of all, durations around three minutes with a long tail, years
/// rising to 2024, titles in several scripts. Six releases in seven are of <c>synthetic-feed</c> (adapter <c>release/1</c>: opaque keys, ISRCs, listens, markets), the others of <c>synthetic-mb</c>
/// (<c>musicbrainz/1</c>: MBIDs, labels, types), some of them the same product. Among them is what leads a matcher astray: an ISRC given twice, the same title by the same artist but live, covers, codes that
/// are none, remasters, guests in the title or in the credit. It says of itself that it is synthetic: in the names of its sources and by its first label.
/// </summary>
internal static class SyntheticMusic
{
    private const int Version = 1;
    private const int ChunksARound = 128;
    private const string SetFileName = "synthetic.json";

    /// <summary>Roughly how much disk accessions and truth of this many tracks take.</summary>
    public static long ExpectedBytes(long tracks) => tracks * 130 + (1 << 20);

    /// <summary>Writes the accessions and their truth into a folder, unless they are there already.</summary>
    public static SyntheticSet Write(string folder, long tracks, Action<long> progress)
    {
        if (Read(folder) is { } there && there.Asked == tracks)
            return there;
        Directory.CreateDirectory(folder);
        // What says that it is whole goes first and comes last.
        File.Delete(Path.Combine(folder, SetFileName));
        var words = new SyntheticWords(tracks);
        var chunks = new SyntheticChunk[ChunksARound];
        for (var i = 0; i < chunks.Length; i++)
            chunks[i] = new SyntheticChunk(words, tracks);
        var feed = new SyntheticSource(1, "synthetic-feed", "release/1", 0, 0, 0, "");
        var musicBrainz = new SyntheticSource(2, "synthetic-mb", "musicbrainz/1", 0, 0, 0, "");
        using var feedWriter = new SyntheticWriter(folder, feed);
        using var musicBrainzWriter = new SyntheticWriter(folder, musicBrainz);
        long written = 0, recordings = 0;
        for (var round = 0; written < tracks; round++)
        {
            var first = round * ChunksARound;
            // Ones of a few artists take much longer than others: one at a time to who is free.
            Parallel.ForEach(System.Collections.Concurrent.Partitioner.Create(Enumerable.Range(0, chunks.Length), System.Collections.Concurrent.EnumerablePartitionerOptions.NoBuffering), i => chunks[i].Make(first + i));
            for (var i = 0; i < chunks.Length && written < tracks; i++)
            {
                feedWriter.Add(chunks[i].Feed, recordings);
                musicBrainzWriter.Add(chunks[i].MusicBrainz, recordings);
                written += chunks[i].Tracks;
                recordings += chunks[i].Recordings;
            }

            feedWriter.Write();
            musicBrainzWriter.Write();
            progress(written);
        }

        var set = new SyntheticSet(Version, tracks, written, recordings, [feedWriter.Finish(), musicBrainzWriter.Finish()]);
        File.WriteAllText(Path.Combine(folder, SetFileName), JsonSerializer.Serialize(set));
        return set;
    }

    /// <summary>What was written to a folder, or null where there is nothing whole of this version.</summary>
    public static SyntheticSet? Read(string folder)
    {
        var path = Path.Combine(folder, SetFileName);
        if (!File.Exists(path))
            return null;
        var set = JsonSerializer.Deserialize<SyntheticSet>(File.ReadAllText(path));
        return set?.Version == Version && set.Sources.All(source => File.Exists(source.Accession(folder)) && new FileInfo(source.Accession(folder)).Length == source.LengthBytes) ? set : null;
    }

    private sealed class SyntheticWriter : IDisposable
    {
        private readonly SyntheticSource _source;
        private readonly string _folder;
        private readonly SyntheticAccession _accession;
        private readonly TruthWriter _truth;

        public SyntheticWriter(string folder, SyntheticSource source)
        {
            (_folder, _source) = (folder, source);
            _accession = new SyntheticAccession(source.Accession(folder), new AccessionHeader(source.Number, source.Name, source.Adapter));
            _truth = new TruthWriter(source.Truth(folder), _accession.Bytes);
        }

        public void Add(SyntheticLines lines, long firstRecording)
        {
            _accession.Add(lines.Json.Written, lines.LineBytes);
            var next = 0;
            for (var i = 0; i < lines.LineBytes.Count; i++)
                next = _truth.Add(lines.LineBytes[i], lines.Media[i], lines.Recordings, next, firstRecording);
        }

        public void Write() => _accession.Write();

        public SyntheticSource Finish()
        {
            var sha256 = _accession.Finish();
            _truth.Finish();
            return _source with { Records = _accession.Records, Bytes = _accession.Bytes, LengthBytes = new FileInfo(_source.Accession(_folder)).Length, Sha256 = sha256 };
        }

        public void Dispose()
        {
            _accession.Dispose();
            _truth.Dispose();
        }
    }
}

/// <summary>
/// Which recording each track of an accession is in truth. A file of the length of the accession's first line (uint32), and then for each line its length with its end (uint32), how many media it has (a byte;
/// none where it is not a release), the tracks of each medium (uint16), and for each track the number of its recording (uint32); all little-endian.
/// </summary>
internal sealed class TruthWriter : IDisposable
{
    private readonly FileStream _file;
    private readonly byte[] _buffer = new byte[1 << 16];
    private int _filled;

    public TruthWriter(string path, long firstLineBytes)
    {
        _file = new FileStream(path, FileMode.Create, FileAccess.Write);
        Put4((uint)firstLineBytes);
    }

    /// <summary>Adds a line whose recordings begin at a place of a list; gives the place after them.</summary>
    public int Add(int lineBytes, int[] media, List<int> recordings, int from, long firstRecording)
    {
        Put4((uint)lineBytes);
        Room(1)[0] = checked((byte)media.Length);
        _filled++;
        var tracks = 0;
        foreach (var count in media)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(Room(2), checked((ushort)count));
            _filled += 2;
            tracks += count;
        }

        for (var i = 0; i < tracks; i++)
            Put4(checked((uint)(firstRecording + recordings[from + i])));
        return from + tracks;
    }

    public void Finish()
    {
        _file.Write(_buffer, 0, _filled);
        _filled = 0;
        _file.Flush();
    }

    public void Dispose() => _file.Dispose();

    private void Put4(uint number)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(Room(4), number);
        _filled += 4;
    }

    private Span<byte> Room(int bytes)
    {
        if (_filled + bytes > _buffer.Length)
            Finish();
        return _buffer.AsSpan(_filled, bytes);
    }
}

/// <summary>Reads what <see cref="TruthWriter"/> wrote, a line at a time.</summary>
internal sealed class TruthReader : IDisposable
{
    private readonly BinaryReader _file;

    public TruthReader(string path)
    {
        _file = new BinaryReader(new BufferedStream(File.OpenRead(path), 1 << 20));
        Next = _file.ReadUInt32();
    }

    /// <summary>Where the line read last begins in the accession's uncompressed bytes.</summary>
    public long Offset { get; private set; }

    /// <summary>Tracks of each medium of that line; none where it is not a release.</summary>
    public int[] Media { get; private set; } = [];

    /// <summary>Its recordings, in the order of media and tracks.</summary>
    public uint[] Recordings { get; private set; } = [];

    private long Next { get; set; }

    /// <summary>Goes on to the next line; false at the end.</summary>
    public bool Read()
    {
        uint length;
        try
        {
            length = _file.ReadUInt32();
        }
        catch (EndOfStreamException)
        {
            return false;
        }

        Offset = Next;
        Next += length;
        Media = new int[_file.ReadByte()];
        var tracks = 0;
        for (var i = 0; i < Media.Length; i++)
            tracks += Media[i] = _file.ReadUInt16();
        Recordings = new uint[tracks];
        for (var i = 0; i < tracks; i++)
            Recordings[i] = _file.ReadUInt32();
        return true;
    }

    public void Dispose() => _file.Dispose();
}
