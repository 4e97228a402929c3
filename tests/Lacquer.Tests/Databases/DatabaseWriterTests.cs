using System.Globalization;
using System.Text;
using CsCheck;
using Lacquer.Formats.Databases;
using Lacquer.Tests.Studio;
using Microsoft.Data.Sqlite;
using Xunit;

namespace Lacquer.Tests.Databases;

/// <summary>What is written page by page is a database like any other: SQLite, ours and the one that is installed, finds it whole, reads the rows that were given, and may change it.</summary>
public sealed class DatabaseWriterTests
{
    private const string Schema = """
        CREATE TABLE placed(id INTEGER PRIMARY KEY, number INTEGER, part REAL, name TEXT, bytes BLOB, sure INTEGER NOT NULL) STRICT;
        CREATE TABLE keyed(number INTEGER NOT NULL, name TEXT NOT NULL, other INTEGER NOT NULL, bytes BLOB, part REAL, PRIMARY KEY(number, name, other)) STRICT, WITHOUT ROWID;
        CREATE TABLE named(name TEXT PRIMARY KEY, number INTEGER) STRICT, WITHOUT ROWID;
        CREATE TABLE bare(id INTEGER PRIMARY KEY) STRICT;
        CREATE TABLE bare_key(number INTEGER PRIMARY KEY) STRICT, WITHOUT ROWID;
        CREATE TABLE none(id INTEGER PRIMARY KEY, name TEXT) STRICT;
        CREATE VIEW numbers AS SELECT number FROM placed;
        """;

    private static readonly string[] Names = ["placed", "keyed", "named", "bare", "bare_key", "none"];

    private static readonly Gen<long> Number = Gen.OneOf(Gen.Long[-3, 300], Gen.Select(Gen.Int[0, 62], Gen.Long[-2, 2], (bits, near) => (1L << bits) + near), Gen.Select(Gen.Int[0, 62], Gen.Long[-2, 2], (bits, near) => -(1L << bits) + near), Gen.Long);

    private static readonly Gen<double> Real = Gen.OneOf(Gen.Double, Number.Select(n => (double)n), Any(0.0, -0.0, 0.5, 1.5, double.PositiveInfinity, double.NegativeInfinity, double.Epsilon, double.MaxValue));

    [Theory]
    [InlineData(512)]
    [InlineData(1024)]
    [InlineData(8192)]
    [InlineData(65536)]
    public void Any_rows_are_read_by_SQLite_as_they_were_given(int pageBytes)
    {
        var length = Lengths(pageBytes);
        var text = Gen.OneOf(length.SelectMany(n => Gen.Char['a', 'c'].Array[n]).Select(letters => new string(letters)), Gen.OneOf(Gen.String[0, 20], Any("", "\0", "a\0", "a\0b", "a", "\uE000", "\U0001F3B5", "東京")).Where(IsWhole));
        var blob = length.SelectMany(n => Gen.Byte.Array[n]);
        var placed = Gen.Select(Number, Number.Nullable(), Real.Nullable(), text.Null(), blob.Null(), Number, (id, number, part, name, bytes, sure) => new object?[] { id, number, part, name, bytes, sure });
        var keyed = Gen.Select(Gen.OneOf(Gen.Long[0, 3], Number), text, Number, blob.Null(), Real.Nullable(), (number, name, other, bytes, part) => new object?[] { number, name, other, bytes, part });
        var named = Gen.Select(text, Number.Nullable(), (name, number) => new object?[] { name, number });
        var bare = Number.Select(id => new object?[] { id });
        Gen.Select(placed.Array[0, 60], keyed.Array[0, 60], named.Array[0, 60], bare.Array[0, 400], bare.Array[0, 400], Gen.Int).Sample((p, k, n, b, c, seed) =>
        {
            using var expected = Open(":memory:");
            Run(expected, Schema);
            foreach (var (table, rows) in new[] { ("placed", p), ("keyed", k), ("named", n), ("bare", b), ("bare_key", c) })
                Insert(expected, table, rows);
            using var scratch = new Scratch();
            Write(scratch["db"], pageBytes, expected, new Random(seed));
            using var written = Open(scratch["db"]);
            Same(expected, written);
        }, iter: 8, threads: 1);
    }

    [Theory]
    [InlineData(512)]
    [InlineData(2048)]
    public void A_value_of_every_length_about_what_a_page_holds_comes_back(int pageBytes)
    {
        using var expected = Open(":memory:");
        Run(expected, Schema);
        var lengths = Enumerable.Range(0, 700).Concat(Enumerable.Range(pageBytes - 60, 120)).Concat(Enumerable.Range(2 * pageBytes - 60, 120)).Distinct().Order().ToList();
        Insert(expected, "placed", lengths.Select(n => new object?[] { (long)n, null, null, null, Bytes(n), 1L }));
        Insert(expected, "keyed", lengths.Select(n => new object?[] { 0L, "", (long)n, Bytes(n), null }));
        Insert(expected, "named", lengths.Select(n => new object?[] { new string('n', n), null }));
        using var scratch = new Scratch();
        Write(scratch["db"], pageBytes, expected, new Random(1));
        using var written = Open(scratch["db"]);
        Same(expected, written);
    }

    [Fact]
    public void A_value_of_megabytes_comes_back()
    {
        using var expected = Open(":memory:");
        Run(expected, Schema);
        Insert(expected, "placed", [[long.MinValue, null, null, new string('x', 3_000_000), Bytes(2_500_000), 0L], [long.MaxValue, null, null, "", Bytes(1), 0L]]);
        Insert(expected, "keyed", [[0L, new string('k', 1_000_000), 1L, Bytes(1_000_000), null], [0L, new string('k', 1_000_000), 2L, null, 0.25]]);
        using var scratch = new Scratch();
        Write(scratch["db"], 8192, expected, new Random(1));
        using var written = Open(scratch["db"]);
        Same(expected, written);
    }

    [Theory]
    [InlineData("(id INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT", 1)]
    [InlineData("(id INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT, WITHOUT ROWID", 1)]
    [InlineData("(id INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT", 150)]
    [InlineData("(id INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT, WITHOUT ROWID", 150)]
    public void Trees_of_every_number_of_rows_are_sound(string table, int valueBytes)
    {
        // With 150 bytes to a row three are on a page of 512, so that these trees have up to five levels and every way to end a level comes about.
        const int Tables = 160;
        using var scratch = new Scratch();
        var value = Bytes(valueBytes);
        using (var writer = new DatabaseWriter(scratch["db"], 512, string.Concat(Enumerable.Range(0, Tables).Select(i => $"CREATE TABLE t{i}{table};"))))
        {
            for (var i = 0; i < Tables; i++)
            {
                var rows = writer.Into($"t{i}");
                for (var id = 1; id <= i; id++)
                    rows.With(id).With(value).Row();
            }

            writer.Finish();
        }

        using var written = Open(scratch["db"]);
        Assert.Equal("ok", Scalar(written, "PRAGMA integrity_check"));
        for (var i = 0; i < Tables; i++)
            Assert.Equal($"{i} {i * (i + 1L) / 2} {i}", Scalar(written, $"SELECT count(*) || ' ' || coalesce(sum(id), 0) || ' ' || (SELECT count(*) FROM t{i} a JOIN t{i} b ON b.id = a.id) FROM t{i} WHERE length(bytes) = {valueBytes}"));
    }

    [Fact]
    public void What_was_written_may_be_changed()
    {
        using var scratch = new Scratch();
        using (var writer = new DatabaseWriter(scratch["db"], 1024, Schema))
        {
            var (placed, keyed) = (writer.Into("placed"), writer.Into("keyed"));
            for (var i = 0; i < 3000; i++)
            {
                placed.With(i).With(i).WithReal(i).With($"name {i}").With(Bytes(i % 90)).With(1).Row();
                keyed.With(i / 10).With($"name {i % 10}").With(1).With(Bytes(i % 300)).WithReal(double.NaN).Row();
            }

            writer.Finish();
        }

        using var written = Open(scratch["db"]);
        Run(written, """
            DELETE FROM placed WHERE id % 3 = 0; DELETE FROM keyed WHERE number % 7 < 5; INSERT INTO placed SELECT id + 10000, number, part, name, bytes, sure FROM placed; UPDATE keyed SET bytes = zeroblob(2000) WHERE other = 1;
            INSERT INTO none VALUES(1, 'one'); CREATE INDEX placed_name ON placed(name);
            """);
        Assert.Equal("ok", Scalar(written, "PRAGMA integrity_check"));
        Assert.Equal(4000L, Scalar(written, "SELECT count(*) FROM placed"));
        Run(written, "VACUUM");
        Assert.Equal("ok", Scalar(written, "PRAGMA integrity_check"));
    }

    [Fact]
    public void Pages_of_a_table_lie_together_and_none_is_left_over()
    {
        using var scratch = new Scratch();
        using (var writer = new DatabaseWriter(scratch["db"], 512, Schema))
        {
            var (placed, keyed) = (writer.Into("placed"), writer.Into("keyed"));
            for (var i = 0; i < 20_000; i++)
            {
                placed.With(i).With((long?)null).WithReal(double.NaN).With("a name").WithBytes([]).With(1).Row();
                keyed.With(i).With("").With(0).WithBytes([]).WithReal(double.NaN).Row();
            }

            writer.Finish();
        }

        var pages = File.ReadAllBytes(scratch["db"]).Chunk(512).ToList();
        using var written = Open(scratch["db"]);
        Assert.Equal((long)pages.Count, Scalar(written, "PRAGMA page_count"));
        Assert.Equal(0L, Scalar(written, "PRAGMA freelist_count"));
        // A page's first byte is its kind: leaves of a table, leaves of an index.
        var turns = pages.Skip(1).Select(page => page[0]).Where(kind => kind is 10 or 13).ToList();
        Assert.InRange(turns.Zip(turns.Skip(1)).Count(pair => pair.First != pair.Second), 1, turns.Count / 60);
        // SQLite itself, which puts them as close as it can, does with hardly fewer.
        Run(written, "VACUUM");
        Assert.InRange(pages.Count, 1, (long)Scalar(written, "PRAGMA page_count")! * 1.01);
    }

    [Fact]
    public void The_page_at_which_SQLite_locks_stays_empty_wherever_it_falls()
    {
        Tools.Need("sqlite3");
        var random = Seeded.Random();
        long pages;
        foreach (var lockPage in Enumerable.Range(0, 6).Select(_ => random.Next(30, 420)).Append(0).ToList())
        {
            using var scratch = new Scratch();
            // None in this file, or one of its pages; and at last the one behind its last page.
            pages = WriteLocked(scratch["db"], lockPage == 0 ? DatabaseWriter.LockByte : lockPage * 512L);
            if (lockPage == 0)
                Assert.Equal(pages, WriteLocked(scratch["other"], pages * 512));
            Assert.Equal(0, new FileInfo(scratch["db"]).Length % 512);
            var (exit, output) = Tools.Run("sqlite3", "-batch", "-cmd", string.Create(CultureInfo.InvariantCulture, $".testctrl pending_byte {(lockPage == 0 ? DatabaseWriter.LockByte : lockPage * 512L)}"), scratch["db"],
                "PRAGMA integrity_check; SELECT count(*), sum(id), sum(length(bytes)) FROM placed; SELECT count(*), sum(number) FROM keyed");
            Assert.True(exit == 0, output);
            Assert.EndsWith("ok\n1000|499500|300300\n1000|499500\n", output, StringComparison.Ordinal);
            if (lockPage > 0)
                Assert.All(File.ReadAllBytes(scratch["db"]).Skip(lockPage * 512).Take(512), b => Assert.Equal(0, b));
        }
    }

    [Fact]
    public void Sqlite3_reads_it()
    {
        Tools.Need("sqlite3");
        using var scratch = new Scratch();
        using (var writer = new DatabaseWriter(scratch["db"], 8192, Schema))
        {
            writer.Into("named").With("Déjà vu").With(7).Row();
            writer.Into("placed").With(-1).With(1L << 40).WithReal(3).With("東京").With([0xAB]).With(0).Row();
            writer.Finish();
        }

        Assert.Equal((0, "ok\n-1|1099511627776|3.0|東京|AB|0\n7\n1099511627776\n"), Tools.Run("sqlite3", "-batch", scratch["db"],
            "PRAGMA integrity_check; SELECT id, number, part, name, hex(bytes), sure FROM placed; SELECT number FROM named WHERE name = 'Déjà vu'; SELECT * FROM numbers"));
    }

    [Fact]
    public void What_SQLite_would_refuse_is_refused()
    {
        using var scratch = new Scratch();
        using var writer = new DatabaseWriter(scratch["db"], 8192, Schema);
        var (placed, keyed) = (writer.Into("placed"), writer.Into("keyed"));
        Refused(() => placed.With("1"), "a row of placed has a value of kind Text for column 1");
        Refused(() => placed.With((long?)null), "a row of placed has no value for column 1");
        placed.With(1);
        Refused(() => placed.WithText("x"u8), "a row of placed has a value of kind Text for column 2");
        Refused(() => placed.With([1]), "a row of placed has a value of kind Blob for column 2");
        Refused(placed.Row, "a row of placed has 1 of 6 values");
        placed.With(2);
        Refused(() => placed.With(3), "a row of placed has a value of kind Integer for column 3");
        placed.WithReal(3).With("").With([]);
        Refused(() => placed.WithReal(double.NaN), "a row of placed has no value for column 6");
        placed.With(1).Row();
        Refused(() => keyed.WithTextOrNull([]), "a row of keyed has no value for column 1");
        keyed.With(1);
        Refused(() => keyed.WithTextOrNull([]), "a row of keyed has no value for column 2");
        keyed.With("").With(1).WithBytes([]).WithReal(1);
        Refused(() => keyed.With(1), "a row of keyed has a value of kind Integer for column 6");
        Refused(() => keyed.WithTextOrNull([]), "a row of keyed has no value for column 6");
        Refused(writer.Finish, "a row of keyed was begun and not ended");
    }

    [Theory]
    [InlineData(1, "b", 2, 1, "b", 2)]
    [InlineData(1, "b", 2, 1, "b", 1)]
    [InlineData(1, "b", 2, 1, "a", 9)]
    [InlineData(1, "b", 2, 1, "", 9)]
    [InlineData(1, "b", 2, 0, "c", 9)]
    [InlineData(1, "b", 2, -1, "c", 9)]
    [InlineData(1, "b\0", 2, 1, "b", 9)]
    [InlineData(1, "\U0001F3B5", 2, 1, "\uE000", 9)]
    [InlineData(256, "", 0, 255, "", 0)]
    public void A_row_out_of_order_is_refused(long number, string name, long other, long nextNumber, string nextName, long nextOther)
    {
        using var scratch = new Scratch();
        using var writer = new DatabaseWriter(scratch["db"], 8192, Schema);
        var (placed, keyed) = (writer.Into("placed"), writer.Into("keyed"));
        keyed.With(number).With(name).With(other).WithBytes([]).WithReal(1).Row();
        Refused(keyed.With(nextNumber).With(nextName).With(nextOther).WithBytes([]).WithReal(1).Row, "a row of keyed is not behind the last one");
        placed.With(number).With(1).WithReal(1).With("").With([]).With(1).Row();
        Refused(placed.With(Math.Min(number, nextNumber)).With(1).WithReal(1).With("").With([]).With(1).Row, "a row of placed is not behind the last one");
    }

    [Theory]
    [InlineData("CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT)")]
    [InlineData("CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT UNIQUE) STRICT")]
    [InlineData("CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT) STRICT; CREATE INDEX t_name ON t(name)")]
    [InlineData("CREATE TABLE t(name TEXT) STRICT")]
    [InlineData("CREATE TABLE t(name TEXT PRIMARY KEY) STRICT")]
    [InlineData("CREATE TABLE t(name TEXT, id INTEGER PRIMARY KEY) STRICT")]
    [InlineData("CREATE TABLE t(a INTEGER, b INTEGER, PRIMARY KEY(b, a)) STRICT, WITHOUT ROWID")]
    [InlineData("CREATE TABLE t(a INTEGER, b INTEGER, PRIMARY KEY(b)) STRICT, WITHOUT ROWID")]
    [InlineData("CREATE TABLE t(a BLOB PRIMARY KEY) STRICT, WITHOUT ROWID")]
    [InlineData("CREATE TABLE t(id INTEGER PRIMARY KEY, b ANY) STRICT")]
    [InlineData("CREATE TABLE t(id INTEGER PRIMARY KEY, b INTEGER AS (id + 1) STORED) STRICT")]
    [InlineData("CREATE TABLE t(id TEXT COLLATE NOCASE PRIMARY KEY) STRICT, WITHOUT ROWID")]
    [InlineData("CREATE TABLE t(id INTEGER, PRIMARY KEY(id DESC)) STRICT, WITHOUT ROWID")]
    [InlineData("CREATE VIEW t AS SELECT 1")]
    [InlineData("CREATE TABLE other(id INTEGER PRIMARY KEY) STRICT")]
    public void A_table_that_cannot_be_filled_so_is_refused(string schema)
    {
        using var scratch = new Scratch();
        using var writer = new DatabaseWriter(scratch["db"], 8192, schema);
        Assert.Throws<ArgumentException>(() => writer.Into("t"));
    }

    [Fact]
    public void A_table_is_filled_once()
    {
        using var scratch = new Scratch();
        using var writer = new DatabaseWriter(scratch["db"], 8192, Schema);
        writer.Into("none");
        Assert.Throws<ArgumentException>(() => writer.Into("none"));
    }

    // Nothing, little, about what a leaf or a cell holds, about a page, and some pages.
    private static Gen<int> Lengths(int pageBytes)
    {
        int[] limits = [(pageBytes - 12) * 64 / 255 - 23, (pageBytes - 12) * 32 / 255 - 23, pageBytes - 35, pageBytes - 4, 2 * pageBytes];
        return Gen.OneOf(Gen.Int[0, 40], Gen.Int[0, 40], Gen.Select(Any(limits), Gen.Int[-20, 20], (limit, near) => Math.Max(0, limit + near)), Gen.Int[0, 3 * pageBytes]);
    }

    private static Gen<T> Any<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static bool IsWhole(string text) => !text.Any(char.IsSurrogate) || text == Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));

    private static byte[] Bytes(int length)
    {
        var bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        return bytes;
    }

    private static long WriteLocked(string path, long lockByte)
    {
        using (var writer = new DatabaseWriter(path, 512, Schema, lockByte))
        {
            var (placed, keyed) = (writer.Into("placed"), writer.Into("keyed"));
            for (var i = 0; i < 1000; i++)
            {
                // Some with overflow pages.
                placed.With(i).With((long?)null).WithReal(double.NaN).WithTextOrNull([]).With(Bytes(i % 10 == 0 ? 2103 : 100)).With(1).Row();
                keyed.With(i).With("name").With(0).WithBytes([]).WithReal(double.NaN).Row();
            }

            writer.Finish();
        }

        return new FileInfo(path).Length / 512;
    }

    // The rows of a database in the order that SQLite gives them, those of one table among those of the others.
    private static void Write(string path, int pageBytes, SqliteConnection rows, Random turns)
    {
        using var writer = new DatabaseWriter(path, pageBytes, Schema);
        var waiting = Names.Where(name => name != "none").Select(name => (Writer: writer.Into(name), Rows: new Queue<object[]>(Rows(rows, name)), Kinds: Kinds(rows, name))).ToList();
        while (waiting.Count > 0)
        {
            var turn = turns.Next(waiting.Count);
            var (table, left, kinds) = waiting[turn];
            if (!left.TryDequeue(out var row))
            {
                waiting.RemoveAt(turn);
                continue;
            }

            for (var i = 0; i < row.Length; i++)
            {
                _ = (row[i], kinds[i]) switch
                {
                    (DBNull, "REAL") => table.WithReal(double.NaN),
                    (DBNull, _) => table.WithTextOrNull([]),
                    (long number, _) => table.With(number),
                    (double real, _) => table.WithReal(real),
                    (string text, _) => turns.Next(2) == 0 ? table.With(text) : table.WithText(Encoding.UTF8.GetBytes(text)),
                    var (bytes, _) => table.With((byte[])bytes),
                };
            }

            table.Row();
        }

        writer.Finish();
    }

    private static void Same(SqliteConnection expected, SqliteConnection written)
    {
        Assert.Equal("ok", Scalar(written, "PRAGMA integrity_check"));
        foreach (var name in Names)
        {
            Assert.Equal(Rows(expected, name), Rows(written, name));
            Assert.Equal(Scalar(expected, $"SELECT count(*) FROM {name}"), Scalar(written, $"SELECT count(*) FROM {name}"));
        }

        // Each row is found by its key, too.
        Assert.Equal(Scalar(written, "SELECT count(*) FROM placed"), Scalar(written, "SELECT count(*) FROM placed a CROSS JOIN placed b WHERE b.id = a.id"));
        Assert.Equal(Scalar(written, "SELECT count(*) FROM keyed"), Scalar(written, "SELECT count(*) FROM keyed a CROSS JOIN keyed b WHERE b.number = a.number AND b.name = a.name AND b.other = a.other"));
    }

    private static List<object[]> Rows(SqliteConnection database, string table)
    {
        using var command = database.CreateCommand();
        command.CommandText = $"SELECT * FROM {table}";
        using var row = command.ExecuteReader();
        var rows = new List<object[]>();
        while (row.Read())
        {
            rows.Add(new object[row.FieldCount]);
            row.GetValues(rows[^1]);
        }

        return rows;
    }

    private static List<string> Kinds(SqliteConnection database, string table)
    {
        using var command = database.CreateCommand();
        command.CommandText = $"SELECT type FROM pragma_table_info('{table}')";
        using var row = command.ExecuteReader();
        var kinds = new List<string>();
        while (row.Read())
            kinds.Add(row.GetString(0));
        return kinds;
    }

    private static void Insert(SqliteConnection database, string table, IEnumerable<object?[]> rows)
    {
        using var transaction = database.BeginTransaction();
        foreach (var row in rows)
        {
            using var command = database.CreateCommand();
            command.CommandText = $"INSERT OR IGNORE INTO {table} VALUES({string.Join(',', row.Select((_, i) => $"${i}"))})";
            for (var i = 0; i < row.Length; i++)
                command.Parameters.AddWithValue($"${i}", row[i] is double real && double.IsNaN(real) ? DBNull.Value : row[i] ?? DBNull.Value);
            command.ExecuteNonQuery();
        }

        transaction.Commit();
    }

    private static SqliteConnection Open(string path)
    {
        var database = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        database.Open();
        return database;
    }

    private static void Run(SqliteConnection database, string sql)
    {
        using var command = database.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static object? Scalar(SqliteConnection database, string sql)
    {
        using var command = database.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }

    private static void Refused(Action action, string why) => Assert.Equal(why, Assert.Throws<InvalidOperationException>(action).Message);
}
