using Lacquer.Formats.Identity;

namespace Lacquer.Formats.Catalogues;

/// <summary>A recording as a list shows it.</summary>
/// <param name="Rank">1 is the most listened; the rowid.</param>
/// <param name="Id">Its name for good.</param>
/// <param name="Title">Verbatim from the source that spoke first.</param>
/// <param name="ArtistCredit">As printed, or "" where no source names an artist.</param>
/// <param name="DurationMs">Milliseconds, or null where unknown.</param>
/// <param name="Listens">Sum over all sources of listens.</param>
/// <param name="Popularity">0 to 100, see <see cref="Popularities"/>.</param>
/// <param name="Mbid">Its MusicBrainz identifier, or null.</param>
/// <param name="IsExplicit">Whether a source calls its words explicit; null where none says.</param>
/// <param name="Licence">What a source says it is under, an SPDX id or an address, or null. What the archive may do is the gate's to say, not this.</param>
public sealed record RecordingRow(
    long Rank, EntityId Id, string Title, string ArtistCredit, int? DurationMs, long Listens, int Popularity, Guid? Mbid = null, bool? IsExplicit = null, string? Licence = null);

/// <summary>A release as a list shows it.</summary>
/// <param name="Rank">By the listens of its recordings.</param>
/// <param name="Id">Its name for good.</param>
/// <param name="Title">Verbatim.</param>
/// <param name="ArtistCredit">As printed, or "".</param>
/// <param name="Date">As YYYYMMDD, with 00 for a month or day that is not known; null where nothing is.</param>
/// <param name="Gtin">Barcode as a number, or null.</param>
/// <param name="Listens">Sum over its recordings.</param>
/// <param name="Mbid">Its MusicBrainz identifier, or null.</param>
/// <param name="Type">What kind of release: <c>Album</c>, <c>Album + Live</c>; null where no source says.</param>
/// <param name="Licence">As of <see cref="RecordingRow"/>.</param>
public sealed record ReleaseRow(
    long Rank, EntityId Id, string Title, string ArtistCredit, int? Date, long? Gtin, long Listens, Guid? Mbid = null, string? Type = null, string? Licence = null);

/// <summary>An artist as a list shows it.</summary>
/// <param name="Rank">By the listens of the artist's recordings.</param>
/// <param name="Id">Its name for good.</param>
/// <param name="Name">As first credited.</param>
/// <param name="Listens">Sum over recordings credited.</param>
/// <param name="SortName">The name as it is sorted, where that is another, or null.</param>
/// <param name="Mbid">Its MusicBrainz identifier, or null.</param>
public sealed record ArtistRow(long Rank, EntityId Id, string Name, long Listens, string? SortName = null, Guid? Mbid = null);

/// <summary>A recording's place on a release.</summary>
/// <param name="Medium">From 1.</param>
/// <param name="Position">From 1 within the medium.</param>
/// <param name="Recording">What is heard there.</param>
/// <param name="Title">As printed on the release, where that differs from the recording's; else null.</param>
/// <param name="ArtistCredit">So too.</param>
/// <param name="DurationMs">So too.</param>
public sealed record TrackRow(int Medium, int Position, RecordingRow Recording, string? Title = null, string? ArtistCredit = null, int? DurationMs = null);

/// <summary>Where a recording stands on a release.</summary>
/// <param name="Release">The release.</param>
/// <param name="Medium">From 1.</param>
/// <param name="Position">From 1 within the medium.</param>
public sealed record AppearanceRow(ReleaseRow Release, int Medium, int Position);

/// <summary>A name in an artist credit.</summary>
/// <param name="Artist">The artist's id.</param>
/// <param name="Name">As printed.</param>
/// <param name="JoinPhrase">What follows the name: <c>" feat. "</c>, or "".</param>
/// <param name="Role">What the artist is there for, or null.</param>
public sealed record CreditName(EntityId Artist, string Name, string JoinPhrase, string? Role);

/// <summary>A label of a release.</summary>
/// <param name="Name">The label's, or null where only a number is known.</param>
/// <param name="CatalogueNumber">The label's number for the release, or null.</param>
public sealed record LabelRow(string? Name, string? CatalogueNumber);

/// <summary>A medium of which more is known than its tracks.</summary>
/// <param name="Position">From 1.</param>
/// <param name="Format">For example <c>CD</c>, or null.</param>
/// <param name="Title">Or null.</param>
public sealed record MediumRow(int Position, string? Format, string? Title);

/// <summary>A picture of a release.</summary>
/// <param name="Position">From 1 or as the source numbers them.</param>
/// <param name="Type">For example <c>front</c>.</param>
/// <param name="Url">Where it can be had, or null.</param>
/// <param name="Sha256">Of its bytes, where they are known.</param>
public sealed record ImageRow(int Position, string Type, string? Url, Sha256Digest? Sha256);

/// <summary>What a source calls an entity.</summary>
/// <param name="Source">The source's name.</param>
/// <param name="Key">Its key there.</param>
public sealed record SourceKey(string Source, string Key);

/// <summary>How often values of a source gave way to another source's.</summary>
/// <param name="Field">Of which field.</param>
/// <param name="Source">The source whose values gave way.</param>
/// <param name="Records">How many.</param>
public sealed record ConflictRow(string Field, string Source, long Records);

/// <summary>What was measured of a recording's sound; null where it was not.</summary>
/// <param name="Tempo">Beats per minute.</param>
/// <param name="Key">Pitch class, 0 for C to 11 for B.</param>
/// <param name="Mode">1 major, 0 minor.</param>
/// <param name="TimeSignature">Beats in a bar.</param>
/// <param name="Loudness">dB relative to full scale.</param>
/// <param name="Danceability">0 to 1, as are those below.</param>
/// <param name="Energy">How forceful.</param>
/// <param name="Speechiness">How much of it is speech.</param>
/// <param name="Acousticness">How sure it is that it is acoustic.</param>
/// <param name="Instrumentalness">How sure it is that nobody sings.</param>
/// <param name="Liveness">How sure it is that there was an audience.</param>
/// <param name="Valence">How cheerful.</param>
public sealed record FeatureRow(
    double? Tempo, int? Key, int? Mode, int? TimeSignature, double? Loudness, double? Danceability, double? Energy, double? Speechiness, double? Acousticness, double? Instrumentalness, double? Liveness, double? Valence);

/// <summary>The record of an accession from which an entity was catalogued.</summary>
/// <param name="Accession">The accession's number.</param>
/// <param name="Offset">Where the record's line begins in the accession's uncompressed bytes.</param>
public readonly record struct RecordPlace(int Accession, long Offset);

/// <summary>How many of each a catalogue has.</summary>
/// <param name="Recordings">Number of recordings, which is also the last rank.</param>
/// <param name="Releases">Number of releases.</param>
/// <param name="Artists">Number of artists.</param>
/// <param name="Tracks">Number of tracks.</param>
/// <param name="Listens">Sum over all recordings.</param>
public sealed record CatalogueTotals(long Recordings, long Releases, long Artists, long Tracks, long Listens);

/// <summary>One step of the coverage table: all recordings of one popularity.</summary>
/// <param name="Popularity">0 to 100.</param>
/// <param name="LastRank">The rank of the last of them, so that all recordings up to there have at least this popularity.</param>
/// <param name="Recordings">How many have just this popularity.</param>
/// <param name="Listens">Their listens.</param>
/// <param name="DurationMs">Their durations.</param>
public sealed record CoverageRow(int Popularity, long LastRank, long Recordings, long Listens, long DurationMs);
