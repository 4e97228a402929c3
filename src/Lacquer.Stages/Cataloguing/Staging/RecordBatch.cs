using System.Runtime.InteropServices;
using Lacquer.Formats.Identity;

namespace Lacquer.Stages.Cataloguing.Staging;

/// <summary>
/// What one core made of some lines of one accession: payloads, documents and mentions numbered from the batch's own start, and the credits, artists and market sets that they name, each once or a
/// few times, by hash. Putting batches together in order is another's work (<see cref="StagingWriter"/>). Batches are used again and again.
/// </summary>
internal sealed class RecordBatch
{
    public PayloadWriter Payloads { get; } = new();

    public List<Document> Documents { get; } = [];

    public List<Mention> Mentions { get; } = [];

    /// <summary>Further ISRCs, packed, of mentions of this batch.</summary>
    public List<(uint Mention, long Isrc)> FurtherIsrcs { get; } = [];

    /// <summary>Recordings that are said to be one.</summary>
    public List<SamePair> Same { get; } = [];

    /// <summary>Credits and market sets are payloads of their own here, and <see cref="Artists"/> too.</summary>
    public PayloadWriter Names { get; } = new();

    public List<Named> Credits { get; } = [];

    public List<Named> MarketSets { get; } = [];

    /// <summary>What artists' own documents say.</summary>
    public List<Named> Artists { get; } = [];

    /// <summary>Hashes of releases, for each document; 0 for none.</summary>
    public List<ulong> Releases { get; } = [];

    /// <summary>Lines that are no records, with the place of each and why.</summary>
    public List<(long Line, string Why)> Aside { get; } = [];

    /// <summary>Lines read, those set aside included.</summary>
    public int Lines { get; set; }

    /// <summary>Lines that the harvest set aside, with its own reason on record.</summary>
    public int AsideAtHarvest { get; set; }

    public void Clear()
    {
        Payloads.Clear();
        Names.Clear();
        Documents.Clear();
        Mentions.Clear();
        FurtherIsrcs.Clear();
        Same.Clear();
        Credits.Clear();
        MarketSets.Clear();
        Artists.Clear();
        Releases.Clear();
        Aside.Clear();
        Lines = 0;
        AsideAtHarvest = 0;
    }

    /// <summary>Where the batch ends, so that what a record put behind it can be taken back.</summary>
    public Mark End() => new(Payloads.Length, Names.Length, Documents.Count, Mentions.Count, FurtherIsrcs.Count, Same.Count, Credits.Count, MarketSets.Count, Artists.Count);

    /// <summary>Takes back what stands behind a mark: a record is in a batch as a whole or not at all.</summary>
    public void CutTo(Mark end)
    {
        Payloads.Cut(end.Payloads);
        Names.Cut(end.Names);
        CollectionsMarshal.SetCount(Documents, end.Documents);
        CollectionsMarshal.SetCount(Releases, end.Documents);
        CollectionsMarshal.SetCount(Mentions, end.Mentions);
        CollectionsMarshal.SetCount(FurtherIsrcs, end.FurtherIsrcs);
        CollectionsMarshal.SetCount(Same, end.Same);
        CollectionsMarshal.SetCount(Credits, end.Credits);
        CollectionsMarshal.SetCount(MarketSets, end.MarketSets);
        CollectionsMarshal.SetCount(Artists, end.Artists);
    }

    /// <summary>An end of a batch.</summary>
    public readonly record struct Mark(int Payloads, int Names, int Documents, int Mentions, int FurtherIsrcs, int Same, int Credits, int MarketSets, int Artists);

    /// <summary>Something that is known by a hash, and its payload in <see cref="Names"/>.</summary>
    public readonly record struct Named(ulong Hash, int Start, int Length);
}

/// <summary>Places inside the payloads that must be known from outside: numbers of the batch stand there until it is staged, then those of the whole.</summary>
internal static class PayloadLayout
{
    /// <summary>Each begins with the number of bytes that follow.</summary>
    public const int LengthBytes = 4;

    /// <summary>A mention's credit and that of its track.</summary>
    public const int Credit = LengthBytes, TrackCredit = LengthBytes + 4;

    /// <summary>A mention's id, <see cref="EntityId.LengthBytes"/> long.</summary>
    public const int Id = LengthBytes + 8;

    /// <summary>A release's credit and market set.</summary>
    public const int ReleaseCredit = LengthBytes, MarketSet = LengthBytes + 4;

    /// <summary>Numbers of a recording's features: tempo to valence, in the order of the table.</summary>
    public const int Features = 12;
}

/// <summary>What a mention's payload holds beside what it always does.</summary>
[Flags]
internal enum MentionParts
{
    None = 0,
    Mbid = 1,
    Key = 2,
    IsExplicitKnown = 4,
    IsExplicit = 8,
    Licence = 16,
    Genres = 32,
    Aliases = 64,
    Features = 128,
    FurtherIsrcs = 256,

    /// <summary>The record is of the recording itself, as a file is or a recording's own document.</summary>
    IsOwnRecord = 512,

    /// <summary>It has a place on the document's release.</summary>
    IsTrack = 1024,

    /// <summary>The track's own title, where it is not the recording's; so with the next.</summary>
    TrackTitle = 2048,
    TrackDuration = 4096,
}

/// <summary>What a release's payload holds beside what it always does.</summary>
[Flags]
internal enum ReleaseParts
{
    None = 0,
    Mbid = 1,
    Key = 2,
    Type = 4,
    Labels = 8,
    Genres = 16,
    Aliases = 32,
    Licence = 64,
    Images = 128,
    Media = 256,

    /// <summary>The record lists all its tracks; without it, it is one file's word about the release.</summary>
    IsWhole = 512,
}

/// <summary>What an artist's payload holds beside what it always does.</summary>
[Flags]
internal enum ArtistParts
{
    None = 0,
    Mbid = 1,
    Key = 2,
    SortName = 4,
    Aliases = 8,
    Genres = 16,
}
