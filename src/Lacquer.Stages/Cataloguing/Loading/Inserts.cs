using Lacquer.Stages.Workbench;

namespace Lacquer.Stages.Cataloguing.Loading;

/// <summary>A prepared insertion for each table.</summary>
internal sealed class Inserts(SqliteLoader loader)
{
    public SqliteLoader.Insert Meta { get; } = loader.Into("meta", 2);
    public SqliteLoader.Insert Source { get; } = loader.Into("source", 4);
    public SqliteLoader.Insert Accession { get; } = loader.Into("accession", 6);
    public SqliteLoader.Insert Artist { get; } = loader.Into("artist", 9);
    public SqliteLoader.Insert ArtistAlias { get; } = loader.Into("artist_alias", 3);
    public SqliteLoader.Insert ArtistKeyMore { get; } = loader.Into("artist_key_more", 3);
    public SqliteLoader.Insert Credit { get; } = loader.Into("credit", 2);
    public SqliteLoader.Insert CreditName { get; } = loader.Into("credit_name", 6);
    public SqliteLoader.Insert Recording { get; } = loader.Into("recording", 10);
    public SqliteLoader.Insert RecordingRare { get; } = loader.Into("recording_rare", 4);
    public SqliteLoader.Insert RecordingIsrcMore { get; } = loader.Into("recording_isrc_more", 2);
    public SqliteLoader.Insert RecordingAlias { get; } = loader.Into("recording_alias", 3);
    public SqliteLoader.Insert RecordingKey { get; } = loader.Into("recording_key", 3);
    public SqliteLoader.Insert RecordingSource { get; } = loader.Into("recording_source", 3);
    public SqliteLoader.Insert RecordingFeature { get; } = loader.Into("recording_feature", 13);
    public SqliteLoader.Insert Release { get; } = loader.Into("release", 18);
    public SqliteLoader.Insert ReleaseAlias { get; } = loader.Into("release_alias", 3);
    public SqliteLoader.Insert ReleaseSourceMore { get; } = loader.Into("release_source_more", 4);
    public SqliteLoader.Insert ReleaseLabelMore { get; } = loader.Into("release_label_more", 4);
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
