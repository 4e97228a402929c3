using System.IO.Hashing;
using System.Text;
using Lacquer.Formats.Identity;
using Lacquer.Stages.Cataloguing.Matching;
using Lacquer.Stages.Cataloguing.Staging;

namespace Lacquer.Stages.Cataloguing.Parsing;

/// <summary>Where the records of a source are put down.</summary>
/// <param name="Source">The source's name.</param>
/// <param name="Space">The space of its own identifiers, from 2; see <see cref="Mention.SpaceOf"/>.</param>
/// <param name="Accession">The accession's number.</param>
/// <param name="Seed">Of all hashes: strangers who write records cannot know it, so they cannot make two names collide.</param>
internal sealed record RecordOrigin(string Source, int Space, int Accession, long Seed)
{
    public byte[] SourceBytes { get; } = Encoding.UTF8.GetBytes(Source);
}

/// <summary>Turns what was read of a record into payloads, documents, mentions, credits; the same for every adapter.</summary>
internal sealed class BatchFiller(RecordOrigin origin)
{
    private const int MostCompared = 256;

    private static readonly byte[] MusicBrainz = "musicbrainz"u8.ToArray();
    private static readonly byte[] NameSpace = "name"u8.ToArray();

    private readonly MatchText _match = new();
    private readonly PayloadWriter _key = new();

    public RecordOrigin Origin { get; } = origin;

    public ulong Hash(ReadOnlySpan<byte> bytes) => XxHash3.HashToUInt64(bytes, Origin.Seed);

    public ulong Comparable(ReadOnlySpan<byte> name) => _match.Hash(name);

    /// <summary>The hash of a key, of this source or, for a whole MBID, of MusicBrainz.</summary>
    public ulong KeyHash(EntityKind kind, ReadOnlySpan<byte> key, bool isMbid)
    {
        _key.Clear();
        _key.Number((ulong)kind);
        _key.Text(isMbid ? MusicBrainz : Origin.SourceBytes);
        _key.Bytes(key);
        return Math.Max(Hash(_key.Written), 1);
    }

    /// <summary>The id of what this source, or MusicBrainz, calls by a key.</summary>
    public void Id(EntityKind kind, ReadOnlySpan<byte> key, bool isMbid, Span<byte> id) => EntityId.Write(kind, isMbid ? MusicBrainz : Origin.SourceBytes, key, id);

    /// <summary>The same for an artist of whom there is but a name.</summary>
    public static void IdOfName(ReadOnlySpan<byte> folded, Span<byte> id) => EntityId.Write(EntityKind.Artist, NameSpace, folded, id);

    public ulong NameHash(ReadOnlySpan<byte> folded)
    {
        _key.Clear();
        _key.Number((ulong)EntityKind.Artist);
        _key.Text(NameSpace);
        _key.Bytes(folded);
        return Math.Max(Hash(_key.Written), 1);
    }

    /// <summary>The 16 bytes of an MBID in the form it is written in; false where it is none.</summary>
    public static bool TryMbid(ReadOnlySpan<byte> text, Span<byte> mbid) =>
        text.Length == 36 && System.Buffers.Text.Utf8Parser.TryParse(text, out Guid id, out var used, 'D') && used == 36 && id.TryWriteBytes(mbid, bigEndian: true, out _);

    /// <summary>Adds an artist credit and gives its number in the batch, or <see cref="Mention.None"/> for an empty one.</summary>
    /// <param name="batch">Where to.</param>
    /// <param name="text">Where the names stand.</param>
    /// <param name="names">The names.</param>
    /// <param name="since">Credits of the same record begin here; one that is among them is not added again.</param>
    /// <param name="areMbids">Whether the source's identifiers are MusicBrainz's.</param>
    public uint Credit(RecordBatch batch, RecordText text, ReadOnlySpan<CreditedName> names, int since, bool areMbids)
    {
        if (names.IsEmpty)
            return Mention.None;
        var payload = batch.Names;
        var start = payload.Length;
        var length = 0;
        foreach (ref readonly var name in names)
            length += name.Name.Length + name.JoinPhrase.Length;
        payload.Number((ulong)length);
        foreach (ref readonly var name in names)
        {
            payload.Bytes(text[name.Name]);
            payload.Bytes(text[name.JoinPhrase]);
        }

        payload.Number((ulong)names.Length);
        foreach (ref readonly var name in names)
        {
            payload.Text(text[name.Name]);
            payload.Text(text[name.JoinPhrase]);
            payload.Text(text[name.Role]);
            Artist(payload, text[name.ArtistId], areMbids, text[name.ArtistName], text[name.SortName], [], [], text);
        }

        var hash = Math.Max(Hash(payload.Written[start..]), 1);
        // Of a record that names very many, only the last are compared: one that is added twice is found out when batches are put together.
        for (var i = Math.Max(since, batch.Credits.Count - MostCompared); i < batch.Credits.Count; i++)
        {
            if (batch.Credits[i].Hash == hash)
            {
                payload.Cut(start);
                return (uint)i;
            }
        }

        batch.Credits.Add(new RecordBatch.Named(hash, start, payload.Length - start));
        return (uint)(batch.Credits.Count - 1);
    }

    /// <summary>Adds what an artist's own document says.</summary>
    public void ArtistDocument(RecordBatch batch, RecordText text, TextRef id, bool areMbids, TextRef name, TextRef sortName, ReadOnlySpan<TextRef> aliases, ReadOnlySpan<TextRef> genres)
    {
        var start = batch.Names.Length;
        var hash = Artist(batch.Names, text[id], areMbids, text[name], text[sortName], aliases, genres, text);
        batch.Artists.Add(new RecordBatch.Named(hash, start, batch.Names.Length - start));
    }

    /// <summary>The number in the batch of a set of countries, sorted, two letters each; or <see cref="Mention.None"/>.</summary>
    public uint MarketSet(RecordBatch batch, CountrySet countries)
    {
        var start = batch.Names.Length;
        countries.WriteTo(batch.Names);
        if (batch.Names.Length == start)
            return Mention.None;
        batch.MarketSets.Add(new RecordBatch.Named(Math.Max(Hash(batch.Names.Written[start..]), 1), start, batch.Names.Length - start));
        return (uint)(batch.MarketSets.Count - 1);
    }

    // hash, then behind its length: id, space of the key, parts.
    private ulong Artist(
        PayloadWriter payload, ReadOnlySpan<byte> id, bool areMbids, ReadOnlySpan<byte> name, ReadOnlySpan<byte> sortName, ReadOnlySpan<TextRef> aliases, ReadOnlySpan<TextRef> genres, RecordText text)
    {
        Span<byte> mbid = stackalloc byte[16];
        Span<byte> eid = stackalloc byte[EntityId.LengthBytes];
        var isMbid = areMbids && TryMbid(id, mbid);
        ulong hash;
        if (!id.IsEmpty)
        {
            hash = KeyHash(EntityKind.Artist, id, isMbid);
            Id(EntityKind.Artist, id, isMbid, eid);
        }
        else
        {
            // All that is known is the name: whoever is called so is one.
            var folded = Encoding.UTF8.GetBytes(Lacquer.Formats.Catalogues.SearchText.Fold(Encoding.UTF8.GetString(name)));
            hash = NameHash(folded.Length > 0 ? folded : name);
            IdOfName(folded.Length > 0 ? folded : name, eid);
        }

        payload.Fixed(hash);
        payload.Bytes(eid);
        var parts = (isMbid ? ArtistParts.Mbid : !id.IsEmpty ? ArtistParts.Key : 0) | (sortName.IsEmpty || sortName.SequenceEqual(name) ? 0 : ArtistParts.SortName)
            | (aliases.IsEmpty ? 0 : ArtistParts.Aliases) | (genres.IsEmpty ? 0 : ArtistParts.Genres);
        payload.Number((ulong)parts);
        payload.Text(name);
        if (isMbid)
        {
            payload.Bytes(mbid);
        }
        else if (!id.IsEmpty)
        {
            payload.Number((ulong)(Origin.Space - Mention.MusicBrainz));
            payload.Text(id);
        }

        if (parts.HasFlag(ArtistParts.SortName))
            payload.Text(sortName);
        if (!aliases.IsEmpty)
            Words(payload, text, aliases);
        if (!genres.IsEmpty)
            Words(payload, text, genres);
        return hash;
    }

    public static void Words(PayloadWriter payload, RecordText text, ReadOnlySpan<TextRef> words)
    {
        payload.Number((ulong)words.Length);
        foreach (var word in words)
            payload.Text(text[word]);
    }
}
