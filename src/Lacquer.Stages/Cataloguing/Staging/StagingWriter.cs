using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Lacquer.Stages.Cataloguing.Staging;

/// <summary>
/// Puts batches down in order, one thread's work: their numbers become those of the whole, and credits, artists, releases and market sets get theirs when they are first named. What it keeps in memory is a
/// hash and a number for each of these.
/// </summary>
internal sealed class StagingWriter : IDisposable
{
    private readonly HashIndex<ulong> _releases;
    private readonly HashIndex<ulong> _artists;
    private readonly HashIndex<ulong> _credits;
    private readonly HashIndex<ulong> _marketSets;
    private readonly StagedFile _payloads, _mentions, _documents, _isrcs, _same, _trackCredits, _artistPayloads, _artistPlaces, _furtherArtists, _creditPayloads, _creditPlaces, _marketPayloads;
    private readonly PayloadWriter _credit = new();
    private uint[] _creditNumbers = new uint[1024];
    private uint[] _marketNumbers = new uint[1024];

    /// <summary>Begins.</summary>
    /// <param name="files">Where to.</param>
    /// <param name="columns">Gives the memory of what is known; disposed of by the caller.</param>
    public StagingWriter(StagedFiles files, Columns columns)
    {
        _releases = columns.Index<ulong>();
        _credits = columns.Index<ulong>();
        _artists = columns.Index<ulong>();
        _marketSets = columns.Index<ulong>();
        _payloads = Create(files.Payloads);
        _mentions = Create(files.Mentions);
        _documents = Create(files.Documents);
        _isrcs = Create(files.Isrcs);
        _same = Create(files.Same);
        _trackCredits = Create(files.TrackCredits);
        _artistPayloads = Create(files.Artists);
        _artistPlaces = Create(files.ArtistPlaces);
        _furtherArtists = Create(files.FurtherArtists);
        _creditPayloads = Create(files.Credits);
        _creditPlaces = Create(files.CreditPlaces);
        _marketPayloads = Create(files.MarketSets);
        AddVariousArtists();
    }

    /// <summary>The credit of releases whose tracks are by several, where no source gives one.</summary>
    public const uint VariousArtists = 0;

    public long Mentions { get; private set; }

    public long Documents { get; private set; }

    public int Releases => _releases.Count;

    public int Artists => _artists.Count;

    public int Credits => _credits.Count;

    public int MarketSets => _marketSets.Count;

    /// <summary>Adds the batch that comes next in the order of accessions.</summary>
    public void Add(RecordBatch batch)
    {
        Credit(batch);
        foreach (var artist in batch.Artists)
            Artist(batch.Names.Written.Slice(artist.Start, artist.Length), isDocument: true);
        if (_marketNumbers.Length < batch.MarketSets.Count)
            _marketNumbers = new uint[batch.MarketSets.Count * 2];
        for (var i = 0; i < batch.MarketSets.Count; i++)
        {
            var set = batch.MarketSets[i];
            if (!_marketSets.TryAdd(set.Hash, out _marketNumbers[i]))
                continue;
            Number(_marketPayloads, (uint)set.Length);
            _marketPayloads.Write(batch.Names.Written.Slice(set.Start, set.Length));
        }

        var mentions = CollectionsMarshal.AsSpan(batch.Mentions);
        var documents = CollectionsMarshal.AsSpan(batch.Documents);
        var offset = _payloads.Position;
        for (var i = 0; i < documents.Length; i++)
        {
            ref var document = ref documents[i];
            var release = batch.Releases[i];
            document.Release = Mention.None;
            if (release != 0)
            {
                _releases.TryAdd(release, out var number);
                document.Release = number;
                Patch(batch, (int)document.Offset + PayloadLayout.ReleaseCredit, _creditNumbers);
                Patch(batch, (int)document.Offset + PayloadLayout.MarketSet, _marketNumbers);
                document.Offset += offset;
            }

            document.Credit = document.Credit == Mention.None ? Mention.None : _creditNumbers[document.Credit];
            document.FirstMention += checked((uint)Mentions);
        }

        var spoken = (uint)Mentions;
        foreach (ref var mention in mentions)
        {
            Patch(batch, (int)mention.Offset + PayloadLayout.Credit, _creditNumbers);
            Patch(batch, (int)mention.Offset + PayloadLayout.TrackCredit, _creditNumbers);
            if (batch.Payloads.FixedAt((int)mention.Offset + PayloadLayout.TrackCredit) is var credit && credit != Mention.None)
            {
                var row = new TrackCredit { Mention = spoken, Credit = credit };
                _trackCredits.Write(MemoryMarshal.AsBytes(new ReadOnlySpan<TrackCredit>(ref row)));
            }

            spoken++;
            mention.Offset += offset;
            mention.Document += (uint)Documents;
            mention.Credit = mention.Credit == Mention.None ? Mention.None : _creditNumbers[mention.Credit];
        }

        foreach (var (mention, isrc) in batch.FurtherIsrcs)
        {
            var row = new FurtherIsrc { Mention = (uint)(mention + Mentions), Isrc = isrc };
            _isrcs.Write(MemoryMarshal.AsBytes(new ReadOnlySpan<FurtherIsrc>(ref row)));
        }

        _same.Write(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(batch.Same)));
        _payloads.Write(batch.Payloads.Written);
        _mentions.Write(MemoryMarshal.AsBytes(mentions));
        _documents.Write(MemoryMarshal.AsBytes(documents));
        Mentions += mentions.Length;
        Documents += documents.Length;
        if (Mentions > int.MaxValue - (1 << 20))
            throw new Lacquer.Formats.Findings.LacquerException(Lacquer.Formats.Findings.Failure.Usage, "one catalogue holds at most two thousand million tracks", "leave out a source");
    }

    /// <summary>Hands everything to the system, and gives what the files are known by.</summary>
    public IReadOnlyList<StagedDigest> Finish() => [.. Files.Select(file => file.Finish())];

    public void Dispose()
    {
        foreach (var file in Files)
            file.Dispose();
    }

    private StagedFile[] Files => [_payloads, _mentions, _documents, _isrcs, _same, _trackCredits, _artistPayloads, _artistPlaces, _furtherArtists, _creditPayloads, _creditPlaces, _marketPayloads];

    private static StagedFile Create(string path) => new(path);

    private static void Patch(RecordBatch batch, int at, uint[] numbers)
    {
        if (batch.Payloads.FixedAt(at) is var number && number != Mention.None)
            batch.Payloads.Patch(at, numbers[number]);
    }

    // Number 0 of artists and of credits; in the catalogue only where it is used.
    private void AddVariousArtists()
    {
        var batch = new RecordBatch();
        var name = "Various Artists"u8;
        batch.Names.Text(name);
        batch.Names.Number(1UL);
        batch.Names.Text(name);
        batch.Names.Text([]);
        batch.Names.Text([]);
        batch.Names.Fixed(1UL);
        Lacquer.Formats.Identity.EntityId.Write(Lacquer.Formats.Identity.EntityKind.Artist, "lacquer"u8, "various artists"u8, batch.Names.Room(Lacquer.Formats.Identity.EntityId.LengthBytes));
        batch.Names.Number(0UL);
        batch.Names.Text(name);
        batch.Credits.Add(new RecordBatch.Named(1, 0, batch.Names.Length));
        Credit(batch);
    }

    private void Credit(RecordBatch batch)
    {
        if (_creditNumbers.Length < batch.Credits.Count)
            _creditNumbers = new uint[batch.Credits.Count * 2];
        for (var i = 0; i < batch.Credits.Count; i++)
        {
            var credit = batch.Credits[i];
            if (!_credits.TryAdd(credit.Hash, out _creditNumbers[i]))
                continue;
            var from = new PayloadReader(batch.Names.Written.Slice(credit.Start, credit.Length));
            _credit.Clear();
            _credit.Text(from.Text());
            var names = from.Number();
            _credit.Number(names);
            for (ulong n = 0; n < names; n++)
            {
                _credit.Text(from.Text());
                _credit.Text(from.Text());
                _credit.Text(from.Text());
                var whole = from.Rest;
                ArtistPayload.Skip(ref from);
                _credit.Number((ulong)Artist(whole[..^from.Rest.Length], isDocument: false));
            }

            Place(_creditPlaces, _creditPayloads.Position);
            Number(_creditPayloads, (uint)_credit.Length);
            _creditPayloads.Write(_credit.Written);
        }
    }

    private uint Artist(ReadOnlySpan<byte> payload, bool isDocument)
    {
        var hash = new PayloadReader(payload).Fixed64();
        var isNew = _artists.TryAdd(hash, out var number);
        if (isNew)
            Place(_artistPlaces, _artistPayloads.Position);
        // An artist's own document is known as one, also where nobody has heard of the artist before.
        if (isDocument)
        {
            var row = new FurtherPlace { Number = number, Offset = _artistPayloads.Position };
            _furtherArtists.Write(MemoryMarshal.AsBytes(new ReadOnlySpan<FurtherPlace>(ref row)));
        }

        if (isNew || isDocument)
        {
            Number(_artistPayloads, (uint)payload.Length);
            _artistPayloads.Write(payload);
        }

        return number;
    }

    private static void Place(StagedFile file, long offset) => file.Write(MemoryMarshal.AsBytes(new ReadOnlySpan<long>(ref offset)));

    private static void Number(StagedFile file, uint value) => file.Write(MemoryMarshal.AsBytes(new ReadOnlySpan<uint>(ref value)));
}

/// <summary>An ISRC beside a mention's first.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct FurtherIsrc
{
    public uint Mention;
    public long Isrc;
}

/// <summary>The ten bytes of a recording's id, as two numbers.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal readonly record struct RecordingKey(ulong First, ushort Last)
{
    /// <summary>All of it, and never 0.</summary>
    public UInt128 AsHash => new(1UL << 16 | Last, First);

    public static RecordingKey Of(ReadOnlySpan<byte> id) => new(BinaryPrimitives.ReadUInt64LittleEndian(id), BinaryPrimitives.ReadUInt16LittleEndian(id[8..]));
}

/// <summary>Two recordings that are said to be one.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct SamePair
{
    public RecordingKey One;
    public RecordingKey Other;
}

/// <summary>A credit that a track has and its recording has not.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct TrackCredit
{
    public uint Mention;
    public uint Credit;
}

/// <summary>Where more is said of something that has a number.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct FurtherPlace
{
    public uint Number;
    public long Offset;
}
