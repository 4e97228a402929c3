using Lacquer.Formats.Identity;

namespace Lacquer.Stages.Cataloguing.Staging;

/// <summary>What one record says of an artist.</summary>
internal ref struct ArtistPayload
{
    public ReadOnlySpan<byte> Id, Name, Mbid, Key, SortName;
    public int Space;
    public PayloadWords Aliases, Genres;

    public static ArtistPayload Read(scoped ref PayloadReader from)
    {
        var artist = default(ArtistPayload);
        from.Fixed64();
        artist.Id = from.Bytes(EntityId.LengthBytes);
        var parts = (ArtistParts)from.Number();
        artist.Name = from.Text();
        if (parts.HasFlag(ArtistParts.Mbid))
            artist.Mbid = from.Bytes(16);
        if (parts.HasFlag(ArtistParts.Key))
        {
            artist.Space = (int)from.Number();
            artist.Key = from.Text();
        }

        if (parts.HasFlag(ArtistParts.SortName))
            artist.SortName = from.Text();
        if (parts.HasFlag(ArtistParts.Aliases))
            artist.Aliases = PayloadWords.Read(ref from);
        if (parts.HasFlag(ArtistParts.Genres))
            artist.Genres = PayloadWords.Read(ref from);
        return artist;
    }

    public static void Skip(scoped ref PayloadReader from) => Read(ref from);
}

/// <summary>A list of texts in a payload.</summary>
internal readonly ref struct PayloadWords
{
    private readonly ReadOnlySpan<byte> _bytes;

    private PayloadWords(int count, ReadOnlySpan<byte> bytes)
    {
        Count = count;
        _bytes = bytes;
    }

    public int Count { get; }

    /// <summary>The texts with their lengths, as they stand: equal lists have equal bytes.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    public static PayloadWords Read(scoped ref PayloadReader from)
    {
        var count = (int)from.Number();
        var start = from.Rest;
        for (var i = 0; i < count; i++)
            from.Text();
        return new PayloadWords(count, start[..^from.Rest.Length]);
    }

    public PayloadReader Reader() => new(_bytes);
}
