using System.Data.Common;
using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Data.Sqlite;

namespace Lacquer.Tests.Damage;

/// <summary>Everything that an archive's folder holds, as lines of text that can be compared: each file by its SHA-256, the ledger row by row.</summary>
internal static class ArchiveState
{
    /// <summary>Files and rows. Of events only what happened counts, not when and how often; of jobs not how often they were tried, nor when they ended.</summary>
    public static List<string> Of(string archive)
    {
        // A plain copy of a catalogue has none.
        if (!File.Exists(Path.Combine(archive, "ledger.sqlite")))
            return Files(archive);
        SQLitePCL.Batteries_V2.Init();
        using var ledger = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = Path.Combine(archive, "ledger.sqlite"), Pooling = false, Mode = SqliteOpenMode.ReadWrite }.ToString());
        ledger.Open();
        return Of(archive, ledger, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name");
    }

    /// <summary>The same where the ledger lies in a PostgreSQL database; without <c>lacquer.toml</c>, which names the database.</summary>
    public static List<string> Of(string archive, DbConnection ledger) => Of(archive, ledger, "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'session' ORDER BY 1")
        .Where(line => !line.StartsWith("lacquer.toml", StringComparison.Ordinal)).ToList();

    private static List<string> Of(string archive, DbConnection ledger, string tables)
    {
        var lines = Files(archive);
        foreach (var table in Rows(ledger, tables))
            lines.AddRange(Rows(ledger, table switch
            {
                "event" => "SELECT DISTINCT type, subject, outcome, detail FROM event",
                "job" => "SELECT recording, state, reason, object, accession, \"offset\" FROM job",
                "queue" => "SELECT place, recording, stage, listens, owner FROM queue",
                "pace" => "SELECT 1 FROM pace WHERE 1 = 0",
                _ => $"SELECT * FROM {table}",
            }).Select(row => $"ledger {table}: {row}"));
        lines.Sort(StringComparer.Ordinal);
        return lines;
    }

    private static List<string> Files(string archive)
    {
        var lines = new List<string>();
        foreach (var path in Directory.EnumerateFileSystemEntries(archive, "*", SearchOption.AllDirectories))
        {
            var name = Path.GetRelativePath(archive, path);
            if (name == "lacquer.lock" || name.StartsWith("ledger.sqlite", StringComparison.Ordinal))
                continue;
            if (Directory.Exists(path))
            {
                // Folders of objects may stay behind empty.
                if (!name.StartsWith("objects", StringComparison.Ordinal))
                    lines.Add(name);
                continue;
            }

            using var file = File.OpenRead(path);
            lines.Add($"{name} {Convert.ToHexStringLower(SHA256.HashData(file))[..16]}");
        }

        lines.Sort(StringComparer.Ordinal);
        return lines;
    }

    private static List<string> Rows(DbConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        using var row = command.ExecuteReader();
        var rows = new List<string>();
        while (row.Read())
            rows.Add(string.Join(" | ", Enumerable.Range(0, row.FieldCount).Select(i => row.GetValue(i) switch
            {
                byte[] bytes => Convert.ToHexStringLower(bytes.Length > 32 ? SHA256.HashData(bytes) : bytes),
                var value => Convert.ToString(value, CultureInfo.InvariantCulture),
            })));
        return rows;
    }
}
