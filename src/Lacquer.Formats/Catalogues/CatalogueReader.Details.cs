using Lacquer.Formats.Identity;
using Microsoft.Data.Sqlite;

namespace Lacquer.Formats.Catalogues;

/// <summary>What a page about one thing shows and a list does not.</summary>
public sealed partial class CatalogueReader
{
    /// <summary>The names in a recording's or a release's credit, in order; none where no source names an artist.</summary>
    public IReadOnlyList<CreditName> CreditOf(EntityKind kind, long rank) => kind == EntityKind.Artist ? [] : Rows(
        Command("SELECT a.eid, n.name, n.join_phrase, n.role FROM artist_credit_name n CROSS JOIN artist a WHERE n.artist_credit = $1 AND a.id = n.artist ORDER BY n.position", CreditIdOf(Table(kind), rank)), ReadCredit);

    /// <summary>The names of an artist credit, in order.</summary>
    /// <param name="credit"><c>artist_credit.id</c>.</param>
    public IReadOnlyList<CreditName> ArtistCredit(long credit) => Rows(
        Command("SELECT a.eid, n.name, n.join_phrase, n.role FROM artist_credit_name n CROSS JOIN artist a WHERE n.artist_credit = $1 AND a.id = n.artist ORDER BY n.position", credit), ReadCredit);

    /// <summary>The genres of an entity, in the order of their names.</summary>
    public IReadOnlyList<string> Genres(EntityKind kind, long rank) => Rows(
        Command($"SELECT g.name FROM {(kind == EntityKind.Recording ? "(SELECT recording AS id, genre_set FROM recording_rare)" : Table(kind))} r CROSS JOIN genre_set s CROSS JOIN genre g WHERE r.id = $1 AND s.id = r.genre_set AND g.id = s.genre ORDER BY g.name", rank), row => row.GetString(0));

    /// <summary>Other names of an entity, in the order of the sources.</summary>
    public IReadOnlyList<string> Aliases(EntityKind kind, long rank) => Rows(
        Command($"SELECT name FROM {Table(kind)}_alias WHERE {Table(kind)} = $1 ORDER BY position", rank), row => row.GetString(0));

    /// <summary>What sources call an entity, MBIDs and paths aside.</summary>
    public IReadOnlyList<SourceKey> Keys(EntityKind kind, long rank) => Rows(
        Command($"SELECT s.name, k.key FROM {Table(kind)}_key k CROSS JOIN source s WHERE k.{Table(kind)} = $1 AND s.id = k.source ORDER BY k.source, k.key", rank), row => new SourceKey(row.GetString(0), row.GetString(1)));

    /// <summary>The accession records a release was catalogued from, first spoken first.</summary>
    public IReadOnlyList<RecordPlace> SourcesOfRelease(long release) => Places("release", release);

    /// <summary>A release's labels, in order.</summary>
    public IReadOnlyList<LabelRow> Labels(long release) => Rows(
        Command("SELECT l.name, n.catalogue_number FROM release_label n LEFT JOIN label l ON l.id = n.label WHERE n.release = $1 ORDER BY n.position", release), row => new LabelRow(Text(row, 0), Text(row, 1)));

    /// <summary>Where a release was published: ISO 3166-1 alpha-2, <c>XW</c> for worldwide, in order.</summary>
    public IReadOnlyList<string> Markets(long release) => Rows(
        Command("SELECT s.country FROM release r CROSS JOIN market_set s WHERE r.id = $1 AND s.id = r.market_set ORDER BY s.country", release), row => row.GetString(0));

    /// <summary>The media of a release of which a format or a title is known, in order.</summary>
    public IReadOnlyList<MediumRow> Media(long release) => Rows(
        Command("SELECT m.position, m.format, m.title FROM release r CROSS JOIN medium m WHERE r.id = $1 AND m.media_set = r.media_set ORDER BY m.position", release), row => new MediumRow(row.GetInt32(0), NameOf("medium_format", row, 1), Text(row, 2)));

    /// <summary>Pictures of a release, in order.</summary>
    public IReadOnlyList<ImageRow> Images(long release) => Rows(
        Command("SELECT i.position, i.type, i.url, i.sha256, r.mbid FROM image i CROSS JOIN release r WHERE i.release = $1 AND r.id = $1 ORDER BY i.position", release),
        row =>
        {
            var digest = row.IsDBNull(3) ? (Sha256Digest?)null : new Sha256Digest(row.GetFieldValue<byte[]>(3));
            // With neither address nor digest it is in the Cover Art Archive, under the release's MBID.
            var url = Text(row, 2) ?? (digest is null && Mbid(row, 4) is { } mbid ? $"https://coverartarchive.org/release/{mbid:D}/{row.GetString(1)}" : null);
            return new ImageRow(row.GetInt32(0), row.GetString(1), url, digest);
        });

    /// <summary>What was measured of a recording's sound, or null.</summary>
    public FeatureRow? Features(long recording) => Rows(
        Command("SELECT tempo, key, mode, time_signature, loudness, danceability, energy, speechiness, acousticness, instrumentalness, liveness, valence FROM recording_feature WHERE recording = $1", recording),
        row => new FeatureRow(Real(row, 0), Whole(row, 1), Whole(row, 2), Whole(row, 3), Real(row, 4), Real(row, 5), Real(row, 6), Real(row, 7), Real(row, 8), Real(row, 9), Real(row, 10), Real(row, 11))).FirstOrDefault();

    /// <summary>How often a source's value gave way to another's, by field and source.</summary>
    public IReadOnlyList<ConflictRow> Conflicts() => Rows(
        Command("SELECT c.field, s.name, c.records FROM conflict c JOIN source s ON s.id = c.source ORDER BY c.field, s.name"), row => new ConflictRow(row.GetString(0), row.GetString(1), row.GetInt64(2)));

    private static string Table(EntityKind kind) => SearchSchema.Name(kind);

    private static CreditName ReadCredit(SqliteDataReader row) => new(new EntityId(EntityKind.Artist, row.GetFieldValue<byte[]>(0)), row.GetString(1), row.GetString(2), Text(row, 3));

    private static double? Real(SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.GetDouble(column);

    private static int? Whole(SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.GetInt32(column);
}
