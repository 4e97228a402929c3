namespace Lacquer.Formats.Ledgers;

/// <summary>The tables of a ledger, in SQLite's words and in PostgreSQL's.</summary>
internal static class LedgerSchema
{
    /// <summary>What format 2 has and format 1 had not.</summary>
    public const string TablesSinceFormat2 = """
        CREATE TABLE IF NOT EXISTS fetched(source TEXT NOT NULL, key TEXT NOT NULL, record TEXT NOT NULL, PRIMARY KEY(source, key)) STRICT, WITHOUT ROWID;
        CREATE TABLE total(name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
        INSERT INTO total SELECT 'objects', count(*) FROM object;
        INSERT INTO total SELECT 'object_bytes', coalesce(sum(length), 0) FROM object;
        DROP INDEX IF EXISTS job_object;
        CREATE INDEX job_object ON job(object) WHERE object IS NOT NULL;
        CREATE INDEX job_aside ON job(recording) WHERE state = 'set-aside';
        CREATE TABLE stage(lower INTEGER PRIMARY KEY, paused INTEGER NOT NULL, first INTEGER NOT NULL, recordings INTEGER NOT NULL, listens INTEGER NOT NULL, waiting INTEGER NOT NULL,
            done INTEGER NOT NULL, done_listens INTEGER NOT NULL, denied INTEGER NOT NULL, set_aside INTEGER NOT NULL) STRICT;
        CREATE TABLE queue(place INTEGER PRIMARY KEY, recording BLOB NOT NULL, stage INTEGER NOT NULL, listens INTEGER NOT NULL, due INTEGER NOT NULL, owner TEXT, begun INTEGER NOT NULL) STRICT;
        CREATE INDEX queue_waiting ON queue(stage, place) WHERE due = 0;
        CREATE INDEX queue_due ON queue(due) WHERE due > 0;
        CREATE INDEX queue_owner ON queue(owner) WHERE owner IS NOT NULL;
        CREATE INDEX object_album ON object(album) WHERE album IS NOT NULL;
        CREATE TABLE pace(minute INTEGER PRIMARY KEY, jobs INTEGER NOT NULL, objects INTEGER NOT NULL, bytes INTEGER NOT NULL) STRICT;
        CREATE TABLE compared(object BLOB PRIMARY KEY REFERENCES object(root), original BLOB, samples BLOB) STRICT, WITHOUT ROWID;
        CREATE INDEX compared_original ON compared(original) WHERE original IS NOT NULL;
        CREATE INDEX compared_samples ON compared(samples) WHERE samples IS NOT NULL;
        CREATE TABLE fingerprint_term(term INTEGER NOT NULL, items INTEGER NOT NULL, object BLOB NOT NULL, PRIMARY KEY(term, items, object)) STRICT, WITHOUT ROWID;
        CREATE TABLE same_audio(recording BLOB PRIMARY KEY, other BLOB NOT NULL, how TEXT NOT NULL, score REAL NOT NULL, apart TEXT NOT NULL, original BLOB) STRICT, WITHOUT ROWID;
        CREATE INDEX same_audio_other ON same_audio(other);
        """;

    /// <summary>What format 3 has and format 2 had not.</summary>
    public const string TablesSinceFormat3 = """
        CREATE TABLE IF NOT EXISTS volume_successor(volume INTEGER PRIMARY KEY, predecessor INTEGER NOT NULL) STRICT;
        CREATE TABLE IF NOT EXISTS withdrawal(number INTEGER PRIMARY KEY, undoes INTEGER, scope TEXT NOT NULL, subject TEXT NOT NULL, reason TEXT NOT NULL, reference TEXT NOT NULL, date TEXT NOT NULL, erased INTEGER NOT NULL, undone INTEGER NOT NULL) STRICT;
        CREATE TABLE IF NOT EXISTS withdrawn(entity TEXT NOT NULL, withdrawal INTEGER NOT NULL, PRIMARY KEY(entity, withdrawal)) STRICT, WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS withdrawn_also(entity TEXT PRIMARY KEY, same_as TEXT NOT NULL, kept INTEGER NOT NULL) STRICT, WITHOUT ROWID;
        """;

    /// <summary>All of an empty ledger, for SQLite.</summary>
    public const string Tables = """
        CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
        CREATE TABLE accession(number INTEGER PRIMARY KEY, source TEXT NOT NULL, adapter TEXT NOT NULL, location TEXT NOT NULL, records INTEGER NOT NULL, length INTEGER NOT NULL, sha256 BLOB NOT NULL) STRICT;
        CREATE TABLE object(root BLOB PRIMARY KEY, sha256 BLOB NOT NULL, length INTEGER NOT NULL, extension TEXT NOT NULL, layer BLOB NOT NULL, digests_v1 BLOB NOT NULL, tier TEXT NOT NULL,
            duration_ms INTEGER, loudness REAL, peak REAL, original BLOB, original_length INTEGER, undo BLOB, fingerprint BLOB, samples BLOB, loudness_blocks BLOB, album BLOB, album_loudness REAL, album_peak REAL) STRICT;
        CREATE TABLE job(recording BLOB PRIMARY KEY, state TEXT NOT NULL CHECK(state IN ('done', 'denied', 'set-aside')), attempts INTEGER NOT NULL, reason TEXT NOT NULL,
            object BLOB REFERENCES object(root), accession INTEGER NOT NULL, "offset" INTEGER NOT NULL, CHECK((state = 'done') = (object IS NOT NULL))) STRICT, WITHOUT ROWID;
        CREATE TABLE rights(recording BLOB PRIMARY KEY, keep INTEGER NOT NULL, publish INTEGER NOT NULL, licence TEXT, reason TEXT NOT NULL, evidence TEXT, policy TEXT NOT NULL) STRICT, WITHOUT ROWID;
        CREATE TABLE volume(number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, stage INTEGER NOT NULL, files INTEGER NOT NULL, length INTEGER NOT NULL, info_hash_v1 BLOB NOT NULL, info_hash_v2 BLOB NOT NULL, retired INTEGER NOT NULL) STRICT;
        CREATE TABLE volume_file(volume INTEGER NOT NULL REFERENCES volume(number), idx INTEGER NOT NULL, name TEXT NOT NULL, object BLOB NOT NULL REFERENCES object(root), PRIMARY KEY(volume, idx)) STRICT, WITHOUT ROWID;
        CREATE INDEX volume_file_object ON volume_file(object);
        CREATE TABLE edition(number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, catalogue TEXT NOT NULL, manifest BLOB NOT NULL) STRICT;
        CREATE TABLE finding(stage TEXT NOT NULL, scope TEXT NOT NULL, subject TEXT NOT NULL, kind TEXT NOT NULL, message TEXT NOT NULL, PRIMARY KEY(stage, scope, subject)) STRICT, WITHOUT ROWID;
        CREATE TABLE event(id INTEGER PRIMARY KEY, at TEXT NOT NULL, type TEXT NOT NULL, subject TEXT NOT NULL, outcome TEXT NOT NULL, agent TEXT NOT NULL, detail TEXT NOT NULL) STRICT;
        CREATE INDEX event_subject ON event(subject);

        """ + TablesSinceFormat2 + TablesSinceFormat3;

    /// <summary>Columns that tables of format 1 may be without.</summary>
    public static IReadOnlyList<(string Table, string Column, string Type)> AddedColumns { get; } =
    [
        ("object", "fingerprint", "BLOB"), ("object", "samples", "BLOB"), ("object", "loudness_blocks", "BLOB"), ("object", "album", "BLOB"), ("object", "album_loudness", "REAL"), ("object", "album_peak", "REAL"),
    ];

    /// <summary>All of an empty ledger, for PostgreSQL.</summary>
    public static string PostgresTables { get; } = "CREATE TABLE session(name TEXT PRIMARY KEY, transactions BIGINT NOT NULL, at TIMESTAMP WITH TIME ZONE NOT NULL);\n" + ForPostgres(Tables)
        // Its rows come and go: a fifth of ten million would be two million before it is cleared up.
        + "\nALTER TABLE queue SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 50000);";

    /// <summary>Tables in PostgreSQL's words: types of 64 bits, texts in the order of their bytes.</summary>
    public static string ForPostgres(string tables) => tables
        .Replace("event(id INTEGER PRIMARY KEY", "event(id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY", StringComparison.Ordinal)
        .Replace(" STRICT, WITHOUT ROWID", "", StringComparison.Ordinal).Replace(" STRICT", "", StringComparison.Ordinal)
        .Replace(" BLOB", " BYTEA", StringComparison.Ordinal).Replace(" INTEGER", " BIGINT", StringComparison.Ordinal).Replace(" REAL", " DOUBLE PRECISION", StringComparison.Ordinal)
        .Replace(" TEXT", " TEXT COLLATE \"C\"", StringComparison.Ordinal);
}
