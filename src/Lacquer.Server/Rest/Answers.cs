using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Unicode;
using Lacquer.Formats.Catalogues;

namespace Lacquer.Server.Rest;

/// <summary>Why there is no other answer.</summary>
internal sealed record ErrorAnswer(string Error, string? Hint);

internal sealed record OverviewAnswer(
    ArchiveAnswer Archive, string? Catalogue, string? Edition, string? Message, TotalsAnswer? Totals, HeldAnswer Held, IReadOnlyList<HeldByRankAnswer> HeldByRank, IReadOnlyList<RecordingItem> Top);

internal sealed record ArchiveAnswer(string Name, string Title);

internal sealed record TotalsAnswer(long Recordings, long Releases, long Artists, long Tracks, long Listens);

internal sealed record HeldAnswer(long Objects, long LengthBytes, long Published, int Volumes);

/// <summary>Of the recordings up to a rank: how many are held and published, the share of all listens they account for, and the share those among them that are held do.</summary>
internal sealed record HeldByRankAnswer(long UpTo, long Held, long Published, double ShareOfListens, double ShareOfListensHeld);

internal sealed record Page<T>(IReadOnlyList<T> Items, long? Next);

internal sealed record SearchAnswer(string Query, FoundPage<FoundRecordingItem>? Recordings, FoundPage<ReleaseItem>? Releases, FoundPage<ArtistItem>? Artists);

/// <summary>A page of what a search found: how many there are in all, whether that is exact, and how the query was understood.</summary>
internal sealed record FoundPage<T>(IReadOnlyList<T> Items, long? Next, long? Count, bool CountIsExact, string Form);

internal record RecordingItem(
    string Id, long Rank, string Title, string ArtistCredit, int? DurationMs, long Listens, int Popularity, bool Held, bool Published, string? Audio, string? Licence, string? Why,
    string? Mbid, bool? Explicit);

/// <summary>A recording with its best-known release.</summary>
internal sealed record FoundRecordingItem : RecordingItem
{
    public FoundRecordingItem(RecordingItem item, ReleaseItem? release)
        : base(item) => Release = release;

    public ReleaseItem? Release { get; }
}

internal sealed record ReleaseItem(string Id, long Rank, string Title, string ArtistCredit, string? Date, string? Gtin, long Listens, string? Type, string? Licence, string? Mbid);

internal sealed record ArtistItem(string Id, long Rank, string Name, long Listens, string? SortName, string? Mbid);

/// <summary>A name in a credit as it is printed, what is printed between it and the next, and what the artist is there for.</summary>
internal sealed record ArtistLink(string Id, string Name, string Join, string? Role);

/// <summary>What a source calls it.</summary>
internal sealed record KeyItem(string Source, string Key);

internal sealed record IsrcAnswer(string Isrc, IReadOnlyList<RecordingItem> Recordings);

internal sealed record RecordingAnswer(
    RecordingItem Recording, IReadOnlyList<ArtistLink> Artists, IReadOnlyList<string> Isrcs, IReadOnlyList<AppearanceAnswer> Appearances, RightsAnswer? Rights, ObjectAnswer? Object,
    VolumeAnswer? Volume, IReadOnlyList<SourceAnswer> Sources, IReadOnlyList<string> Aliases, IReadOnlyList<string> Genres, IReadOnlyList<KeyItem> Keys, FeatureRow? Features);

internal sealed record AppearanceAnswer(int Medium, int Position, ReleaseItem Release);

internal sealed record RightsAnswer(bool Keep, bool Publish, string? Licence, string Reason, string Policy, EvidenceAnswer? Evidence);

internal sealed record EvidenceAnswer(string Kind, string Place, string Text, string Sha256, string? By, string? Date);

internal sealed record ObjectAnswer(
    string Name, string Sha256, long LengthBytes, string Extension, string Tier, int? DurationMs, double? LoudnessLufs, double? PeakDbfs, string? OriginalSha256, long? OriginalLengthBytes);

internal sealed record VolumeAnswer(string Name, int File, string FileName, string Url, int Stage, string InfoHashV1, string InfoHashV2, string Magnet);

internal sealed record SourceAnswer(int Accession, long Offset);

internal sealed record ReleaseAnswer(
    ReleaseItem Release, IReadOnlyList<ArtistLink> Artists, IReadOnlyList<TrackAnswer> Tracks, IReadOnlyList<LabelRow> Labels, IReadOnlyList<string> Markets, IReadOnlyList<MediumRow> Media,
    IReadOnlyList<string> Genres, IReadOnlyList<string> Aliases, IReadOnlyList<ImageItem> Images, IReadOnlyList<KeyItem> Keys, IReadOnlyList<SourceAnswer> Sources);

internal sealed record ImageItem(int Position, string Type, string? Url, string? Sha256);

/// <summary>A track; title, credit and duration only where the release has others than the recording.</summary>
internal sealed record TrackAnswer(int Medium, int Position, string? Title, string? ArtistCredit, int? DurationMs, RecordingItem Recording);

internal sealed record ArtistAnswer(
    ArtistItem Artist, Page<ReleaseItem> Releases, Page<RecordingItem> Recordings, IReadOnlyList<string> Aliases, IReadOnlyList<string> Genres, IReadOnlyList<KeyItem> Keys);

internal sealed record EditionsAnswer(IReadOnlyList<EditionItem> Editions);

internal sealed record EditionItem(string Name, string Url);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ErrorAnswer))]
[JsonSerializable(typeof(OverviewAnswer))]
[JsonSerializable(typeof(SearchAnswer))]
[JsonSerializable(typeof(IsrcAnswer))]
[JsonSerializable(typeof(RecordingAnswer))]
[JsonSerializable(typeof(ReleaseAnswer))]
[JsonSerializable(typeof(ArtistAnswer))]
[JsonSerializable(typeof(Page<RecordingItem>))]
[JsonSerializable(typeof(Page<ReleaseItem>))]
[JsonSerializable(typeof(EditionsAnswer))]
internal sealed partial class AnswersJson : JsonSerializerContext
{
    /// <summary>Other scripts stay readable; what HTML gives a meaning to is escaped all the same.</summary>
    public static readonly AnswersJson Readable = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.Create(UnicodeRanges.All),
        WriteIndented = false,
    });
}
