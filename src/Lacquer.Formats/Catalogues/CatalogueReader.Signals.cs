using Microsoft.Data.Sqlite;

namespace Lacquer.Formats.Catalogues;

/// <summary>What was released on one day under one artist credit.</summary>
/// <param name="Credit">The credit's number.</param>
/// <param name="Name">As printed.</param>
/// <param name="Date">As YYYYMMDD, whole.</param>
/// <param name="Releases">How many releases.</param>
/// <param name="Tracks">Their tracks.</param>
public sealed record ReleaseDayRow(long Credit, string Name, int Date, long Releases, long Tracks);

/// <content>Walks over the whole catalogue, for what shows only in numbers. Each is streamed.</content>
public sealed partial class CatalogueReader
{
    /// <summary>Ranks of recordings that last at most so long, in order.</summary>
    public IEnumerable<(long Recording, int DurationMs)> RecordingsUpTo(int milliseconds) =>
        Streamed(Command("SELECT id, duration_ms FROM recording WHERE duration_ms <= $1 ORDER BY id", milliseconds), row => (row.GetInt64(0), row.GetInt32(1)));

    /// <summary>Days on which releases under one artist credit had more than so many tracks together. What groups them goes to temporary files where it is much.</summary>
    public IEnumerable<ReleaseDayRow> ReleaseDays(int moreTracksThan) => Streamed(Command(
        """
        SELECT d.credit, coalesce(c.name, ''), d.date, d.releases, d.tracks FROM (
            SELECT r.artist_credit AS credit, r.date AS date, count(*) AS releases, sum(t.tracks) AS tracks FROM (SELECT release, count(*) AS tracks FROM track GROUP BY release) t CROSS JOIN release r
            WHERE r.id = t.release AND r.artist_credit IS NOT NULL AND r.date % 100 <> 0 GROUP BY 1, 2 HAVING sum(t.tracks) > $1) d
        LEFT JOIN artist_credit c ON c.id = d.credit ORDER BY d.tracks DESC, d.credit, d.date
        """, moreTracksThan), row => new ReleaseDayRow(row.GetInt64(0), row.GetString(1), row.GetInt32(2), row.GetInt64(3), row.GetInt64(4)));

    /// <summary>Ranks of the releases with a whole date and a credit, in order.</summary>
    public IEnumerable<(long Release, long Credit, int Date)> DatedReleases() => Streamed(
        Command("SELECT id, artist_credit, date FROM release WHERE artist_credit IS NOT NULL AND date % 100 <> 0 ORDER BY id"), row => (row.GetInt64(0), row.GetInt64(1), row.GetInt32(2)));

    /// <summary>Ranks of the releases of at least so many tracks, in order.</summary>
    public IEnumerable<long> ReleasesOf(int leastTracks) =>
        Streamed(Command("SELECT release FROM track GROUP BY release HAVING count(*) >= $1 ORDER BY release", leastTracks), row => row.GetInt64(0));

    /// <summary>Every track's release and recording, by their ranks, in the order of releases.</summary>
    public IEnumerable<(long Release, long Recording)> TrackPlaces() => Streamed(Command("SELECT release, recording FROM track ORDER BY release"), row => (row.GetInt64(0), row.GetInt64(1)));

    private static IEnumerable<T> Streamed<T>(SqliteCommand command, Func<SqliteDataReader, T> read)
    {
        using (command)
        {
            using var row = command.ExecuteReader();
            while (row.Read())
                yield return read(row);
        }
    }
}
