using System.Globalization;
using System.Text;
using Microsoft.Data.Sqlite;

namespace Lacquer.Benchmarks;

/// <summary>
/// The rows of a catalogue in rank order, as files in the text format of PostgreSQL's COPY: what <see cref="PostgresPeer"/> and <see cref="RankedLoad"/> both load. Texts by which a recording or a release is
/// found stand joined in its row, which PostgreSQL needs for its tsvectors; we leave them unread and join ourselves.
/// </summary>
internal static class RankedRows
{
    public const string Recording = "recording", Release = "release", Artist = "artist", ArtistCredit = "artist_credit", ArtistCreditName = "artist_credit_name", Track = "track";

    private const int MostTitles = 8;

    /// <summary>Writes a file for each table into a folder.</summary>
    public static void Write(BuiltCatalogue catalogue, string folder)
    {
        using var facts = new SqliteConnection($"Data Source={catalogue.CatalogueFile};Mode=ReadOnly;Pooling=False");
        facts.Open();
        var releases = ReleaseTitles(facts, catalogue.Report.Totals.Recordings);
        WriteCopy(facts,
            "SELECT r.id, r.eid, r.title, r.artist_credit, coalesce(c.name, ''), r.duration_ms, r.listens, r.popularity, r.isrc, r.mbid FROM recording r LEFT JOIN artist_credit c ON c.id = r.artist_credit ORDER BY r.id",
            Path.Combine(folder, Recording), rank => string.Join(' ', releases[rank] ?? []));
        WriteCopy(facts, "SELECT id, eid, name, listens, mbid FROM artist ORDER BY id", Path.Combine(folder, Artist));
        WriteCopy(facts, "SELECT id, name FROM artist_credit ORDER BY id", Path.Combine(folder, ArtistCredit));
        WriteCopy(facts, "SELECT artist_credit, position, artist, name, join_phrase FROM artist_credit_name ORDER BY artist_credit, position", Path.Combine(folder, ArtistCreditName));
        WriteCopy(facts,
            "SELECT r.id, r.eid, r.title, r.artist_credit, coalesce(c.name, ''), r.date, r.gtin, r.listens, r.mbid FROM release r LEFT JOIN artist_credit c ON c.id = r.artist_credit ORDER BY r.id",
            Path.Combine(folder, Release));
        WriteCopy(facts, "SELECT release, medium, position, recording FROM track ORDER BY release, medium, position", Path.Combine(folder, Track));
    }

    /// <summary>For each recording up to a rank the titles of its up to eight best-known releases, by rank; null where there are none.</summary>
    public static List<string>?[] ReleaseTitles(SqliteConnection catalogue, long lastRank)
    {
        var titles = new List<string>?[lastRank + 1];
        using var command = catalogue.CreateCommand();
        command.CommandText = $"SELECT t.recording, r.title FROM track t CROSS JOIN release r ON r.id = t.release WHERE t.recording <= {lastRank} ORDER BY t.release";
        using var row = command.ExecuteReader();
        while (row.Read())
            if ((titles[row.GetInt64(0)] ??= []) is { Count: < MostTitles } few)
                few.Add(row.GetString(1));
        return titles;
    }

    /// <summary>Writes what a query gives in the text format of PostgreSQL's COPY; the function, where there is one, gives a last column by the first.</summary>
    private static void WriteCopy(SqliteConnection catalogue, string query, string path, Func<long, string>? last = null)
    {
        using var command = catalogue.CreateCommand();
        command.CommandText = query;
        using var row = command.ExecuteReader();
        using var file = new StreamWriter(path, append: false, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), 1 << 20);
        while (row.Read())
        {
            for (var i = 0; i < row.FieldCount; i++)
            {
                if (i > 0)
                    file.Write('\t');
                switch (row.GetValue(i))
                {
                    case DBNull: file.Write("\\N"); break;
                    case byte[] bytes: file.Write("\\\\x"); file.Write(Convert.ToHexStringLower(bytes)); break;
                    case string text: WriteText(file, text); break;
                    case IFormattable number: file.Write(number.ToString(null, CultureInfo.InvariantCulture)); break;
                }
            }

            if (last is not null)
            {
                file.Write('\t');
                WriteText(file, last(row.GetInt64(0)));
            }

            file.Write('\n');
        }
    }

    private static void WriteText(StreamWriter file, string text)
    {
        foreach (var letter in text)
        {
            switch (letter)
            {
                case '\\': file.Write("\\\\"); break;
                case '\t': file.Write("\\t"); break;
                case '\n': file.Write("\\n"); break;
                case '\r': file.Write("\\r"); break;
                // PostgreSQL has no text with a zero in it.
                case '\0': break;
                default: file.Write(letter); break;
            }
        }
    }
}
