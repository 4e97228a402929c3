using Lacquer.Formats.Databases;

namespace Lacquer.Stages.Cataloguing.Loading;

/// <summary>A writer for each table but the look-ups.</summary>
internal sealed class TableWriters(DatabaseWriter database)
{
    public TableWriter Meta { get; } = database.Into("meta");
    public TableWriter Source { get; } = database.Into("source");
    public TableWriter Accession { get; } = database.Into("accession");
    public TableWriter Artist { get; } = database.Into("artist");
    public TableWriter ArtistAlias { get; } = database.Into("artist_alias");
    public TableWriter ArtistKeyMore { get; } = database.Into("artist_key_more");
    public TableWriter Credit { get; } = database.Into("credit");
    public TableWriter CreditName { get; } = database.Into("credit_name");
    public TableWriter Recording { get; } = database.Into("recording");
    public TableWriter RecordingRare { get; } = database.Into("recording_rare");
    public TableWriter RecordingIsrcMore { get; } = database.Into("recording_isrc_more");
    public TableWriter RecordingAlias { get; } = database.Into("recording_alias");
    public TableWriter RecordingKey { get; } = database.Into("recording_key");
    public TableWriter RecordingSource { get; } = database.Into("recording_source");
    public TableWriter RecordingFeature { get; } = database.Into("recording_feature");
    public TableWriter Release { get; } = database.Into("release");
    public TableWriter ReleaseAlias { get; } = database.Into("release_alias");
    public TableWriter ReleaseSourceMore { get; } = database.Into("release_source_more");
    public TableWriter ReleaseLabelMore { get; } = database.Into("release_label_more");
    public TableWriter Medium { get; } = database.Into("medium");
    public TableWriter Track { get; } = database.Into("track");
    public TableWriter Image { get; } = database.Into("image");
    public TableWriter Label { get; } = database.Into("label");
    public TableWriter Licence { get; } = database.Into("licence");
    public TableWriter ReleaseType { get; } = database.Into("release_type");
    public TableWriter MediumFormat { get; } = database.Into("medium_format");
    public TableWriter Genre { get; } = database.Into("genre");
    public TableWriter GenreSet { get; } = database.Into("genre_set");
    public TableWriter MarketSet { get; } = database.Into("market_set");
    public TableWriter Coverage { get; } = database.Into("coverage");
    public TableWriter Conflict { get; } = database.Into("conflict");
}
