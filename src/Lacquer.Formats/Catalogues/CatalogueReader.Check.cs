using Lacquer.Formats.Identity;
using Microsoft.Data.Sqlite;

namespace Lacquer.Formats.Catalogues;

/// <summary>A track as the table holds it.</summary>
/// <param name="Medium">From 1.</param>
/// <param name="Position">From 1 within the medium.</param>
/// <param name="Recording">The recording's rank.</param>
/// <param name="Title">Where it differs from the recording's; else null.</param>
/// <param name="Credit">Number of the artist credit; so too.</param>
/// <param name="DurationMs">So too.</param>
public sealed record TrackFacts(int Medium, int Position, long Recording, string? Title, long? Credit, int? DurationMs);

/// <summary>An accession as the catalogue counts it.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Source">The source's name.</param>
/// <param name="Priority">The source's; the smaller leads.</param>
/// <param name="Records">Lines.</param>
/// <param name="SetAside">Of these, those that are no records.</param>
/// <param name="Superseded">Of these, those that a later one of the same source took the place of.</param>
/// <param name="Sha256">SHA-256 of the file.</param>
public sealed record AccessionFacts(int Number, string Source, int Priority, long Records, long SetAside, long Superseded, Sha256Digest Sha256);

/// <summary>What comparing a catalogue with what it was made from asks of very many rows: statements that are prepared once.</summary>
public sealed partial class CatalogueReader
{
    private readonly Dictionary<string, SqliteCommand> _kept = new(StringComparer.Ordinal);

    /// <summary>The accessions the catalogue was made from, in order.</summary>
    public IReadOnlyList<AccessionFacts> Accessions() => Rows(
        Command("SELECT a.id, s.name, s.priority, a.records, a.set_aside, a.superseded, a.sha256 FROM accession a JOIN source s ON s.id = a.source ORDER BY a.id"),
        row => new AccessionFacts(row.GetInt32(0), row.GetString(1), row.GetInt32(2), row.GetInt64(3), row.GetInt64(4), row.GetInt64(5), new Sha256Digest(row.GetFieldValue<byte[]>(6))));

    /// <summary>Which records speak of which release, or of which recording by themselves, streamed.</summary>
    public IEnumerable<(long Rank, RecordPlace Place)> Places(EntityKind kind)
    {
        using var command = Command($"SELECT {Table(kind)}, accession, offset FROM {Table(kind)}_source");
        using var row = command.ExecuteReader();
        while (row.Read())
            yield return (row.GetInt64(0), new RecordPlace(row.GetInt32(1), row.GetInt64(2)));
    }

    /// <summary>What sources call artists, MBIDs aside, streamed.</summary>
    public IEnumerable<(long Artist, string Source, string Key)> ArtistKeys()
    {
        using var command = Command("SELECT k.artist, s.name, k.key FROM artist_key k CROSS JOIN source s WHERE s.id = k.source");
        using var row = command.ExecuteReader();
        while (row.Read())
            yield return (row.GetInt64(0), row.GetString(1), row.GetString(2));
    }

    /// <summary>The release of this rank, or null.</summary>
    public ReleaseRow? Release(long rank) => ReleaseAt(rank);

    /// <summary>The artist of this rank, or null.</summary>
    public ArtistRow? Artist(long rank) => ArtistAt(rank);

    /// <summary>The tracks of a release, in order.</summary>
    public IReadOnlyList<TrackFacts> TrackFacts(long release) => Kept(
        "SELECT medium, position, recording, title, artist_credit, duration_ms FROM track WHERE release = $1 ORDER BY medium, position", release,
        row => new TrackFacts(row.GetInt32(0), row.GetInt32(1), row.GetInt64(2), Text(row, 3), row.IsDBNull(4) ? null : row.GetInt64(4), Whole(row, 5)));

    /// <summary>The number of a recording's or a release's artist credit, for <see cref="ArtistCredit"/>; null where it has none.</summary>
    public long? CreditNumber(EntityKind kind, long rank) => Kept($"SELECT artist_credit FROM {Table(kind)} WHERE id = $1", rank, row => row.IsDBNull(0) ? (long?)null : row.GetInt64(0)).FirstOrDefault();

    /// <summary>Whether a recording has an ISRC.</summary>
    public bool HasIsrc(long recording, Isrc isrc)
    {
        foreach (var code in Kept("SELECT isrc FROM recording WHERE id = $1 AND isrc IS NOT NULL", recording, row => row.GetInt64(0)))
            if (code == isrc.Packed)
                return true;
        return Kept("SELECT isrc FROM recording_isrc_more WHERE recording = $1", recording, row => row.GetInt64(0)).Contains(isrc.Packed);
    }

    /// <summary>Whether more than one record speaks of a recording, or is of a release; false also where that takes a longer look.</summary>
    public bool AreSeveralRecords(EntityKind kind, long rank)
    {
        var own = Kept($"SELECT accession FROM {Table(kind)}_source WHERE {Table(kind)} = $1 LIMIT 2", rank, row => row.GetInt32(0)).Count;
        if (own > 1 || kind != EntityKind.Recording)
            return own > 1;
        foreach (var release in Values(LookupTables.RecordingRelease, rank, 0))
        {
            own += Kept("SELECT accession FROM release_source WHERE release = $1 LIMIT 2", release, row => row.GetInt32(0)).Count;
            if (own > 1)
                return true;
        }

        return false;
    }

    // The connection disposes of its commands.
    private List<T> Kept<T>(string sql, long value, Func<SqliteDataReader, T> read)
    {
        if (!_kept.TryGetValue(sql, out var command))
            _kept[sql] = command = Command(sql, value);
        command.Parameters[0].Value = value;
        using var row = command.ExecuteReader();
        var rows = new List<T>();
        while (row.Read())
            rows.Add(read(row));
        return rows;
    }
}
