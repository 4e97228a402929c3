using Lacquer.Formats.Editions;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Tests.Studio;
using Microsoft.Data.Sqlite;
using Xunit;

namespace Lacquer.Tests.Editions;

/// <summary>An edition's map of what is held as a stranger may have written it: changed bytes, and rows that hold anything. <c>LACQUER_FUZZ=N</c> sets how many there are of each kind.</summary>
public sealed class HoldingsFuzzTests
{
    // The values of a row, of any kind and size.
    private static readonly object[] Values = [DBNull.Value, 0L, -1L, long.MaxValue, long.MinValue, 1L << 40, 0.5, "", "ogg", "../x", "a\nb", new string('x', 3000), Array.Empty<byte>(), new byte[10], new byte[32], new byte[33]];

    [Fact]
    public void A_changed_database_is_read_or_damaged()
    {
        using var scratch = Made();
        var path = scratch["changed"];
        var original = File.ReadAllBytes(scratch["holdings"]);
        // Most of its pages is empty.
        var full = Enumerable.Range(0, original.Length).Where(i => original[i] != 0).ToArray();
        Fuzz.Run(1_500, random =>
        {
            var bytes = original.ToArray();
            for (var changes = random.Next(1, 4); changes > 0; changes--)
                bytes[full[random.Next(full.Length)]] = (byte)random.Next(256);
            return random.Next(20) == 0 ? bytes[..random.Next(bytes.Length)] : bytes;
        }, bytes =>
        {
            File.WriteAllBytes(path, bytes);
            Check(Read(path));
        });
    }

    [Fact]
    public void Whatever_its_rows_hold_they_are_read_or_damaged()
    {
        using var scratch = Made();
        var path = scratch["loose"];
        using var connection = Open(path);
        var columns = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        SmallArchive.Run(connection, $"PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; ATTACH '{scratch["holdings"]}' AS made");
        foreach (var table in new[] { "volume", "holding", "merged" })
        {
            SmallArchive.Run(connection, $"CREATE TABLE {table} AS SELECT * FROM made.{table}");
            using var names = connection.CreateCommand();
            names.CommandText = $"SELECT name FROM pragma_table_info('{table}')";
            using var row = names.ExecuteReader();
            columns[table] = [];
            while (row.Read())
                columns[table].Add(row.GetString(0));
        }

        var rounds = 0;
        Fuzz.Run(1_500, random =>
        {
            if (rounds++ % 20 == 0)
                foreach (var table in columns.Keys)
                    SmallArchive.Run(connection, $"DELETE FROM {table}; INSERT INTO {table} SELECT * FROM made.{table}");
            var changed = columns.ElementAt(random.Next(columns.Count));
            SmallArchive.Run(connection, $"UPDATE {changed.Key} SET \"{changed.Value[random.Next(changed.Value.Count)]}\" = $1 WHERE rowid % 3 = {random.Next(3)}", Values[random.Next(Values.Length)]);
            return [];
        }, _ => Check(Read(path)));
    }

    [Fact]
    public void What_is_written_is_found_by_its_object_and_its_recording()
    {
        using var scratch = Made();
        using var reader = HoldingsReader.Open(scratch["holdings"], deletes: true);
        var rights = reader.ByRecording().ToList();
        Assert.Equal(rights.Select(row => row.Recording).Order(), rights.Select(row => row.Recording));
        Assert.All(rights, row => Assert.Equal((1L, "CC-BY-4.0", "licence CC-BY-4.0", "1"), (row.Volume, row.Licence, row.Reason, row.Policy)));
        Assert.Equal((1, null), (reader.VolumeNumber("name-000001"), reader.VolumeNumber("another")));
        var all = rights.SelectMany(row => reader.Of(row.Object)).ToList();
        Assert.Equal([0, 0, 1, 2, 3, 4], all.Select(row => row.Rank).Order());
        Assert.Equal(rights.Select(row => row.Recording), all.Select(row => row.Recording));
        foreach (var row in all)
        {
            Assert.Equal([row], reader.Of(row.Object));
            Assert.Equal([row.Volume], reader.VolumesOf(row.Recording));
        }

        Assert.Equal([("name-000001", "CC-BY-4.0")], reader.Licences());
        Assert.Empty(reader.Of(new PiecesRoot(Digest(9))));
        reader.Dispose();
        Assert.False(File.Exists(scratch["holdings"]));
    }

    [Theory]
    [InlineData("CREATE VIEW holding AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT n.i AS recording, m.* FROM n, kept m")]
    [InlineData("CREATE TABLE holding(recording INTEGER PRIMARY KEY, eid BLOB, object BLOB, extension TEXT, volume INTEGER, file INTEGER, file_v1 INTEGER, \"offset\" INTEGER, name TEXT, length INTEGER, tier TEXT AS (hex(zeroblob(1000000000))), duration_ms INTEGER, licence TEXT, reason TEXT, policy TEXT)")]
    public void One_that_would_have_something_run_is_refused(string schema)
    {
        using var scratch = Made();
        using (var connection = Open(scratch["holdings"]))
            SmallArchive.Run(connection, $"CREATE TABLE kept AS SELECT * FROM merged; DROP TABLE holding; {schema}");
        Assert.Equal(Failure.Damaged, Assert.Throws<LacquerException>(() => Read(scratch["holdings"])).Failure);
    }

    private static List<HeldRecording> Read(string path)
    {
        using var reader = HoldingsReader.Open(path);
        var licences = reader.Licences();
        Assert.All(licences, pair => Assert.NotNull(pair.Licence));
        // An index that was changed finds less, or others.
        return reader.ByRecording().SelectMany(row => reader.VolumesOf(row.Recording) is null || row is not { Licence: not null, Reason: not null, Policy: not null } ? [] : reader.Of(row.Object)).ToList();
    }

    private static void Check(IReadOnlyList<HeldRecording> held) =>
        Assert.All(held, row => Assert.True(row is { Extension.Length: > 0, Volume: not null, Name: not null, Tier: not null, Licence: not null, Reason: not null, Policy: not null }));

    private static Scratch Made()
    {
        var scratch = new Scratch();
        var volume = new ManifestVolume("name-000001", 50, new InfoHashV1(new byte[20]), new InfoHashV2(Digest(4)), 4, 7000);
        Holdings.Write(scratch["holdings"], [volume], ["https://example.org/"], Enumerable.Range(1, 6).Select(i => new HeldRecording(i < 5 ? i : 0, EntityId.From(EntityKind.Recording, "music", $"{i}"), new PiecesRoot(Digest((byte)i)),
            i % 2 == 0 ? "ogg" : "opus", volume.Name, i, 2 * i, i << 20, $"{i:D5}.ogg", 1000 * i, "opus-75", i == 3 ? null : 1000 * i, "CC-BY-4.0", "licence CC-BY-4.0", "1")));
        SqliteConnection.ClearAllPools();
        return scratch;
    }

    private static SqliteConnection Open(string path)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        connection.Open();
        return connection;
    }

    private static Sha256Digest Digest(byte fill) => new(Enumerable.Repeat(fill, 32).ToArray());
}
