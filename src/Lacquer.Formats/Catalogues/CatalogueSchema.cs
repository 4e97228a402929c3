namespace Lacquer.Formats.Catalogues;

/// <summary>
/// The tables of <c>catalogue.sqlite</c>; docs/format/catalogue.md says what is in them. Rank is place: the rowid of a recording, a release or an artist
/// is its rank, 1 for the most listened, without gaps. There are no indexes: what is found by something other than its rank is found through the look-ups (<see cref="Lookup"/>) in <c>lookups.sqlite</c>.
/// </summary>
public static class CatalogueSchema
{
    /// <summary>The schema's number, in <c>meta</c> under <c>format</c>. A reader refuses a number it does not know.</summary>
    public const string Format = "lacquer-catalogue/3";

    /// <summary>Bytes of a database page.</summary>
    public const int PageBytes = 8192;

    /// <summary>The tables, made before loading.</summary>
    public const string Tables = """
        CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
        CREATE TABLE source(id INTEGER PRIMARY KEY, name TEXT NOT NULL, adapter TEXT NOT NULL, priority INTEGER NOT NULL) STRICT;
        CREATE TABLE accession(id INTEGER PRIMARY KEY, source INTEGER NOT NULL, records INTEGER NOT NULL, set_aside INTEGER NOT NULL, superseded INTEGER NOT NULL, sha256 BLOB NOT NULL) STRICT;
        CREATE TABLE artist(id INTEGER PRIMARY KEY, eid BLOB NOT NULL, name TEXT NOT NULL, sort_name TEXT, listens INTEGER NOT NULL, mbid BLOB, genre_set INTEGER, source INTEGER, key TEXT) STRICT;
        CREATE TABLE artist_alias(artist INTEGER NOT NULL, position INTEGER NOT NULL, name TEXT NOT NULL, PRIMARY KEY(artist, position)) STRICT, WITHOUT ROWID;
        CREATE TABLE artist_key_more(artist INTEGER NOT NULL, source INTEGER NOT NULL, key TEXT NOT NULL, PRIMARY KEY(artist, source, key)) STRICT, WITHOUT ROWID;
        CREATE VIEW artist_key(artist, source, key) AS SELECT id, source, key FROM artist WHERE key IS NOT NULL UNION ALL SELECT artist, source, key FROM artist_key_more;
        CREATE TABLE credit(id INTEGER PRIMARY KEY, artist INTEGER) STRICT;
        CREATE TABLE credit_name(credit INTEGER NOT NULL, position INTEGER NOT NULL, artist INTEGER NOT NULL, name TEXT, join_phrase TEXT NOT NULL, role TEXT, PRIMARY KEY(credit, position)) STRICT, WITHOUT ROWID;
        CREATE VIEW artist_credit_name(artist_credit, position, artist, name, join_phrase, role) AS
            SELECT c.id, CAST(0 AS INTEGER), c.artist, CAST((SELECT a.name FROM artist a WHERE a.id = c.artist) AS TEXT), CAST('' AS TEXT), CAST(NULL AS TEXT) FROM credit c WHERE c.artist IS NOT NULL
            UNION ALL SELECT n.credit, n.position, n.artist, CAST(coalesce(n.name, (SELECT a.name FROM artist a WHERE a.id = n.artist)) AS TEXT), n.join_phrase, n.role FROM credit_name n;
        CREATE VIEW artist_credit(id, name) AS SELECT c.id, CAST(coalesce((SELECT a.name FROM artist a WHERE a.id = c.artist),
            (SELECT group_concat(part, '') FROM (SELECT coalesce(n.name, a.name) || n.join_phrase AS part FROM credit_name n CROSS JOIN artist a WHERE n.credit = c.id AND a.id = n.artist ORDER BY n.position))) AS TEXT) FROM credit c;
        CREATE TABLE recording(id INTEGER PRIMARY KEY, eid BLOB NOT NULL, title TEXT NOT NULL, artist_credit INTEGER, duration_ms INTEGER, listens INTEGER NOT NULL, popularity INTEGER NOT NULL, isrc INTEGER, mbid BLOB, explicit INTEGER) STRICT;
        CREATE TABLE recording_rare(recording INTEGER PRIMARY KEY, isrc_invalid INTEGER NOT NULL, licence INTEGER, genre_set INTEGER) STRICT;
        CREATE TABLE recording_isrc_more(recording INTEGER NOT NULL, isrc INTEGER NOT NULL, PRIMARY KEY(recording, isrc)) STRICT, WITHOUT ROWID;
        CREATE VIEW recording_isrc(isrc, recording) AS SELECT isrc, id FROM recording WHERE isrc IS NOT NULL UNION ALL SELECT isrc, recording FROM recording_isrc_more;
        CREATE TABLE recording_alias(recording INTEGER NOT NULL, position INTEGER NOT NULL, name TEXT NOT NULL, PRIMARY KEY(recording, position)) STRICT, WITHOUT ROWID;
        CREATE TABLE recording_key(recording INTEGER NOT NULL, source INTEGER NOT NULL, key TEXT NOT NULL, PRIMARY KEY(recording, source, key)) STRICT, WITHOUT ROWID;
        CREATE TABLE recording_source(recording INTEGER NOT NULL, accession INTEGER NOT NULL, offset INTEGER NOT NULL, PRIMARY KEY(recording, accession, offset)) STRICT, WITHOUT ROWID;
        CREATE TABLE recording_feature(recording INTEGER PRIMARY KEY, tempo REAL, key INTEGER, mode INTEGER, time_signature INTEGER, loudness REAL, danceability REAL, energy REAL, speechiness REAL, acousticness REAL, instrumentalness REAL, liveness REAL, valence REAL) STRICT;
        CREATE TABLE release(id INTEGER PRIMARY KEY, eid BLOB NOT NULL, title TEXT NOT NULL, artist_credit INTEGER, date INTEGER, gtin INTEGER, listens INTEGER NOT NULL, mbid BLOB, type INTEGER, media_set INTEGER, market_set INTEGER, genre_set INTEGER, licence INTEGER, label INTEGER, catalogue_number TEXT, accession INTEGER, offset INTEGER, key TEXT) STRICT;
        CREATE TABLE release_alias(release INTEGER NOT NULL, position INTEGER NOT NULL, name TEXT NOT NULL, PRIMARY KEY(release, position)) STRICT, WITHOUT ROWID;
        CREATE TABLE release_source_more(release INTEGER NOT NULL, accession INTEGER NOT NULL, offset INTEGER NOT NULL, key TEXT, PRIMARY KEY(release, accession, offset)) STRICT, WITHOUT ROWID;
        CREATE VIEW release_source(release, accession, offset) AS SELECT id, accession, offset FROM release WHERE accession IS NOT NULL UNION ALL SELECT release, accession, offset FROM release_source_more;
        CREATE VIEW release_key(release, source, key) AS SELECT r.id, a.source, r.key FROM release r JOIN accession a ON a.id = r.accession WHERE r.key IS NOT NULL
            UNION ALL SELECT m.release, a.source, m.key FROM release_source_more m JOIN accession a ON a.id = m.accession WHERE m.key IS NOT NULL;
        CREATE TABLE release_label_more(release INTEGER NOT NULL, position INTEGER NOT NULL, label INTEGER, catalogue_number TEXT, PRIMARY KEY(release, position)) STRICT, WITHOUT ROWID;
        CREATE VIEW release_label(release, position, label, catalogue_number) AS SELECT id, CAST(0 AS INTEGER), label, catalogue_number FROM release WHERE label IS NOT NULL OR catalogue_number IS NOT NULL UNION ALL SELECT release, position, label, catalogue_number FROM release_label_more;
        CREATE TABLE medium(media_set INTEGER NOT NULL, position INTEGER NOT NULL, format INTEGER, title TEXT, PRIMARY KEY(media_set, position)) STRICT, WITHOUT ROWID;
        CREATE TABLE track(release INTEGER NOT NULL, medium INTEGER NOT NULL, position INTEGER NOT NULL, recording INTEGER NOT NULL, title TEXT, artist_credit INTEGER, duration_ms INTEGER, PRIMARY KEY(release, medium, position)) STRICT, WITHOUT ROWID;
        CREATE TABLE image(release INTEGER NOT NULL, position INTEGER NOT NULL, type TEXT NOT NULL, url TEXT, sha256 BLOB, PRIMARY KEY(release, position)) STRICT, WITHOUT ROWID;
        CREATE TABLE label(id INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT;
        CREATE TABLE licence(id INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT;
        CREATE TABLE release_type(id INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT;
        CREATE TABLE medium_format(id INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT;
        CREATE TABLE genre(id INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT;
        CREATE TABLE genre_set(id INTEGER NOT NULL, genre INTEGER NOT NULL, PRIMARY KEY(id, genre)) STRICT, WITHOUT ROWID;
        CREATE TABLE market_set(id INTEGER NOT NULL, country TEXT NOT NULL, PRIMARY KEY(id, country)) STRICT, WITHOUT ROWID;
        CREATE TABLE coverage(popularity INTEGER PRIMARY KEY, last_rank INTEGER NOT NULL, recordings INTEGER NOT NULL, listens INTEGER NOT NULL, duration_ms INTEGER NOT NULL) STRICT;
        CREATE TABLE conflict(field TEXT NOT NULL, source INTEGER NOT NULL, records INTEGER NOT NULL, PRIMARY KEY(field, source)) STRICT, WITHOUT ROWID;
        """;
}
