namespace Lacquer.Formats.Catalogues;

/// <summary>
/// The tables of <c>catalogue.sqlite</c>. Rank is place: the rowid of a recording, a release or an artist
/// is its rank, 1 for the most listened, without gaps.
/// </summary>
public static class CatalogueSchema
{
    /// <summary>The schema's number, in <c>meta</c> under <c>format</c>. A reader refuses a number it does not know.</summary>
    public const string Format = "lacquer-catalogue/1";

    /// <summary>Bytes of a database page.</summary>
    public const int PageBytes = 8192;

    /// <summary>The tables of <c>catalogue.sqlite</c>, made before loading.</summary>
    public const string Tables = """
        CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
        CREATE TABLE source(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, adapter TEXT NOT NULL) STRICT;
        CREATE TABLE accession(id INTEGER PRIMARY KEY, source INTEGER NOT NULL REFERENCES source(id), records INTEGER NOT NULL, sha256 BLOB NOT NULL) STRICT;
        CREATE TABLE artist(id INTEGER PRIMARY KEY, eid BLOB NOT NULL, name TEXT NOT NULL, listens INTEGER NOT NULL) STRICT;
        CREATE TABLE artist_credit(id INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT;
        CREATE TABLE artist_credit_name(artist_credit INTEGER NOT NULL, position INTEGER NOT NULL, artist INTEGER NOT NULL, name TEXT NOT NULL, join_phrase TEXT NOT NULL, PRIMARY KEY(artist_credit, position)) STRICT, WITHOUT ROWID;
        CREATE TABLE recording(id INTEGER PRIMARY KEY, eid BLOB NOT NULL, title TEXT NOT NULL, artist_credit INTEGER, duration_ms INTEGER, listens INTEGER NOT NULL, popularity INTEGER NOT NULL, isrc_invalid INTEGER NOT NULL) STRICT;
        CREATE TABLE recording_isrc(isrc INTEGER NOT NULL, recording INTEGER NOT NULL, PRIMARY KEY(isrc, recording)) STRICT, WITHOUT ROWID;
        CREATE TABLE release(id INTEGER PRIMARY KEY, eid BLOB NOT NULL, title TEXT NOT NULL, artist_credit INTEGER, date INTEGER, gtin INTEGER, listens INTEGER NOT NULL) STRICT;
        CREATE TABLE track(release INTEGER NOT NULL, medium INTEGER NOT NULL, position INTEGER NOT NULL, recording INTEGER NOT NULL, PRIMARY KEY(release, medium, position)) STRICT, WITHOUT ROWID;
        CREATE TABLE recording_source(recording INTEGER NOT NULL, accession INTEGER NOT NULL, offset INTEGER NOT NULL, PRIMARY KEY(recording, accession, offset)) STRICT, WITHOUT ROWID;
        CREATE TABLE coverage(popularity INTEGER PRIMARY KEY, last_rank INTEGER NOT NULL, recordings INTEGER NOT NULL, listens INTEGER NOT NULL, duration_ms INTEGER NOT NULL) STRICT;
        """;

    /// <summary>The indexes of <c>catalogue.sqlite</c>, made after loading. The unique ones also prove that no two entities share an id.</summary>
    public const string Indexes = """
        CREATE UNIQUE INDEX artist_eid ON artist(eid);
        CREATE UNIQUE INDEX recording_eid ON recording(eid);
        CREATE UNIQUE INDEX release_eid ON release(eid);
        CREATE INDEX artist_credit_name_artist ON artist_credit_name(artist, artist_credit);
        CREATE INDEX recording_artist_credit ON recording(artist_credit, id);
        CREATE INDEX release_artist_credit ON release(artist_credit, id);
        CREATE INDEX track_recording ON track(recording);
        CREATE INDEX recording_isrc_recording ON recording_isrc(recording);
        """;
}
