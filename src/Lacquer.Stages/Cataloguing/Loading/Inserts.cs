using Lacquer.Stages.Workbench;

namespace Lacquer.Stages.Cataloguing.Loading;

/// <summary>A prepared insertion for each table.</summary>
internal sealed class Inserts(SqliteLoader loader)
{
    public SqliteLoader.Insert Meta { get; } = loader.Into("meta", 2);
    public SqliteLoader.Insert Source { get; } = loader.Into("source", 4);
    public SqliteLoader.Insert Accession { get; } = loader.Into("accession", 6);
    public SqliteLoader.Insert Artist { get; } = loader.Into("artist", 7);
    public SqliteLoader.Insert ArtistAlias { get; } = loader.Into("artist_alias", 3);
    public SqliteLoader.Insert ArtistKey { get; } = loader.Into("artist_key", 3);
    public SqliteLoader.Insert ArtistCredit { get; } = loader.Into("artist_credit", 2);
    public SqliteLoader.Insert ArtistCreditName { get; } = loader.Into("artist_credit_name", 6);
    public SqliteLoader.Insert Recording { get; } = loader.Into("recording", 13);
    public SqliteLoader.Insert RecordingIsrcMore { get; } = loader.Into("recording_isrc_more", 2);
    public SqliteLoader.Insert RecordingAlias { get; } = loader.Into("recording_alias", 3);
    public SqliteLoader.Insert RecordingKey { get; } = loader.Into("recording_key", 3);
    public SqliteLoader.Insert RecordingSource { get; } = loader.Into("recording_source", 3);
    public SqliteLoader.Insert RecordingFeature { get; } = loader.Into("recording_feature", 13);
    public SqliteLoader.Insert Release { get; } = loader.Into("release", 12);
    public SqliteLoader.Insert ReleaseAlias { get; } = loader.Into("release_alias", 3);
    public SqliteLoader.Insert ReleaseKey { get; } = loader.Into("release_key", 3);
    public SqliteLoader.Insert ReleaseSource { get; } = loader.Into("release_source", 3);
    public SqliteLoader.Insert ReleaseLabel { get; } = loader.Into("release_label", 4);
    public SqliteLoader.Insert Medium { get; } = loader.Into("medium", 4);
    public SqliteLoader.Insert Track { get; } = loader.Into("track", 7);
    public SqliteLoader.Insert Image { get; } = loader.Into("image", 5);
    public SqliteLoader.Insert Label { get; } = loader.Into("label", 2);
    public SqliteLoader.Insert Licence { get; } = loader.Into("licence", 2);
    public SqliteLoader.Insert ReleaseType { get; } = loader.Into("release_type", 2);
    public SqliteLoader.Insert MediumFormat { get; } = loader.Into("medium_format", 2);
    public SqliteLoader.Insert Genre { get; } = loader.Into("genre", 2);
    public SqliteLoader.Insert GenreSet { get; } = loader.Into("genre_set", 2);
    public SqliteLoader.Insert MarketSet { get; } = loader.Into("market_set", 2);
    public SqliteLoader.Insert Coverage { get; } = loader.Into("coverage", 5);
    public SqliteLoader.Insert Conflict { get; } = loader.Into("conflict", 3);
}
