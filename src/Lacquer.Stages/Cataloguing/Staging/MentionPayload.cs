using Lacquer.Formats.Identity;

namespace Lacquer.Stages.Cataloguing.Staging;

/// <summary>What one record says of a recording, read from its payload.</summary>
internal ref struct MentionPayload
{
    public uint Credit, TrackCredit;
    public ReadOnlySpan<byte> Id, Title, Mbid, Key, TrackTitle, Licence;
    public MentionParts Parts;
    public int DurationMs, InvalidIsrcs, Medium, Position, TrackDurationMs;

    /// <summary>Packed, plus one; 0 for none.</summary>
    public long Isrc;

    public PayloadWords Genres, Aliases;

    /// <summary>Packed codes, as numbers behind their count; empty for none.</summary>
    public PayloadReader FurtherIsrcs;

    /// <summary>4-byte numbers, NaN where not known; empty for none.</summary>
    public ReadOnlySpan<byte> Features;

    public readonly bool? IsExplicit => Parts.HasFlag(MentionParts.IsExplicitKnown) ? Parts.HasFlag(MentionParts.IsExplicit) : null;

    public static MentionPayload Read(ReadOnlySpan<byte> payload)
    {
        var from = new PayloadReader(payload);
        var mention = new MentionPayload { Credit = from.Fixed(), TrackCredit = from.Fixed(), Id = from.Bytes(EntityId.LengthBytes), Parts = (MentionParts)from.Number() };
        mention.Title = from.Text();
        mention.DurationMs = (int)from.Number();
        mention.InvalidIsrcs = (int)from.Number();
        mention.Isrc = (long)from.Number();
        if ((mention.Parts & MentionParts.Mbid) != 0)
            mention.Mbid = from.Bytes(16);
        if ((mention.Parts & MentionParts.Key) != 0)
            mention.Key = from.Text();
        if ((mention.Parts & MentionParts.IsTrack) != 0)
        {
            mention.Medium = (int)from.Number();
            mention.Position = (int)from.Number();
        }

        if ((mention.Parts & MentionParts.TrackTitle) != 0)
            mention.TrackTitle = from.Text();
        if ((mention.Parts & MentionParts.TrackDuration) != 0)
            mention.TrackDurationMs = (int)from.Number();
        if ((mention.Parts & MentionParts.Licence) != 0)
            mention.Licence = from.Text();
        if ((mention.Parts & MentionParts.Genres) != 0)
            mention.Genres = PayloadWords.Read(ref from);
        if ((mention.Parts & MentionParts.Aliases) != 0)
            mention.Aliases = PayloadWords.Read(ref from);
        if ((mention.Parts & MentionParts.FurtherIsrcs) != 0)
        {
            mention.FurtherIsrcs = from;
            for (var count = from.Number(); count > 0; count--)
                from.Number();
        }

        if ((mention.Parts & MentionParts.Features) != 0)
            mention.Features = from.Bytes(4 * PayloadLayout.Features);
        return mention;
    }
}

/// <summary>What one record says of a release, read from its payload.</summary>
internal ref struct ReleasePayload
{
    public uint Credit, MarketSet;
    public ReadOnlySpan<byte> Id, Title, Mbid, Key, Type, Licence;
    public ReleaseParts Parts;
    public int Date;
    public long Gtin;

    /// <summary>Behind their count: name and catalogue number; type, address and digest; position, format and title.</summary>
    public PayloadReader Labels, Images, Media;

    public PayloadWords Genres, Aliases;

    public static ReleasePayload Read(ReadOnlySpan<byte> payload)
    {
        var from = new PayloadReader(payload);
        var release = new ReleasePayload { Credit = from.Fixed(), MarketSet = from.Fixed(), Id = from.Bytes(EntityId.LengthBytes), Parts = (ReleaseParts)from.Number() };
        release.Title = from.Text();
        release.Date = (int)from.Number();
        release.Gtin = (long)from.Number();
        if (release.Parts.HasFlag(ReleaseParts.Mbid))
            release.Mbid = from.Bytes(16);
        if (release.Parts.HasFlag(ReleaseParts.Key))
            release.Key = from.Text();
        if (release.Parts.HasFlag(ReleaseParts.Type))
            release.Type = from.Text();
        if (release.Parts.HasFlag(ReleaseParts.Labels))
            release.Labels = Items(ref from, 2);
        if (release.Parts.HasFlag(ReleaseParts.Genres))
            release.Genres = PayloadWords.Read(ref from);
        if (release.Parts.HasFlag(ReleaseParts.Aliases))
            release.Aliases = PayloadWords.Read(ref from);
        if (release.Parts.HasFlag(ReleaseParts.Licence))
            release.Licence = from.Text();
        if (release.Parts.HasFlag(ReleaseParts.Images))
            release.Images = Items(ref from, 3);
        if (release.Parts.HasFlag(ReleaseParts.Media))
        {
            release.Media = from;
            for (var count = from.Number(); count > 0; count--)
            {
                from.Number();
                from.Text();
                from.Text();
            }
        }

        return release;
    }

    private static PayloadReader Items(scoped ref PayloadReader from, int texts)
    {
        var start = from;
        for (var rest = from.Number() * (ulong)texts; rest > 0; rest--)
            from.Text();
        return start;
    }
}
