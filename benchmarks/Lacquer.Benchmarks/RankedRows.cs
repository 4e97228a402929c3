using System.Globalization;
using System.Text;
using Microsoft.Data.Sqlite;

namespace Lacquer.Benchmarks;

/// <summary>The rows of a catalogue as another database would be given them.</summary>
internal static class RankedRows
{
    private const int MostTitles = 8;

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
    public static void WriteCopy(SqliteConnection catalogue, string query, string path, Func<long, string>? last = null)
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
                    case string text: Write(file, text); break;
                    case IFormattable number: file.Write(number.ToString(null, CultureInfo.InvariantCulture)); break;
                }
            }

            if (last is not null)
            {
                file.Write('\t');
                Write(file, last(row.GetInt64(0)));
            }

            file.Write('\n');
        }
    }

    private static void Write(StreamWriter file, string text)
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
