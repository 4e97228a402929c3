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
public sealed record RecordingRow(long Rank, EntityId Id, string Title, string ArtistCredit, int? DurationMs, long Listens, int Popularity);

/// <summary>A release as a list shows it.</summary>
/// <param name="Rank">By the listens of its recordings.</param>
/// <param name="Id">Its name for good.</param>
/// <param name="Title">Verbatim.</param>
/// <param name="ArtistCredit">As printed, or "".</param>
/// <param name="Date">As YYYYMMDD, with 00 for a month or day that is not known; null where nothing is.</param>
/// <param name="Gtin">Barcode as a number, or null.</param>
/// <param name="Listens">Sum over its recordings.</param>
public sealed record ReleaseRow(long Rank, EntityId Id, string Title, string ArtistCredit, int? Date, long? Gtin, long Listens);

/// <summary>An artist as a list shows it.</summary>
/// <param name="Rank">By the listens of the artist's recordings.</param>
/// <param name="Id">Its name for good.</param>
/// <param name="Name">As first credited.</param>
/// <param name="Listens">Sum over recordings credited.</param>
public sealed record ArtistRow(long Rank, EntityId Id, string Name, long Listens);

/// <summary>A recording's place on a release.</summary>
/// <param name="Medium">From 1.</param>
/// <param name="Position">From 1 within the medium.</param>
/// <param name="Recording">What is heard there.</param>
public sealed record TrackRow(int Medium, int Position, RecordingRow Recording);

/// <summary>Where a recording stands on a release.</summary>
/// <param name="Release">The release.</param>
/// <param name="Medium">From 1.</param>
/// <param name="Position">From 1 within the medium.</param>
public sealed record AppearanceRow(ReleaseRow Release, int Medium, int Position);

/// <summary>The record of an accession from which a recording was catalogued.</summary>
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
