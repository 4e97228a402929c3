using CsCheck;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Findings;
using Lacquer.Tests.Studio;
using SQLitePCL;
using Xunit;
using static SQLitePCL.raw;

namespace Lacquer.Tests.Catalogues;

/// <summary>Blocked postings: what is written is what is read, and costs what it should.</summary>
public sealed class LookupTests : IDisposable
{
    private const string Table = LookupTables.Isrc;
    private const int LastNumber = 16383;
    private readonly sqlite3 _database;

    public LookupTests()
    {
        Batteries_V2.Init();
        Assert.Equal(SQLITE_OK, sqlite3_open(":memory:", out _database));
        Run(LookupTables.Create(Table));
    }

    public void Dispose() => _database.Dispose();

    [Fact]
    public void The_example_of_the_format_is_written_as_it_stands_there()
    {
        LookupFilling.Fill(_database, Table, [(7, 3), (7, 300), (9, 1), (1000, 70_000)]);

        Assert.Equal([(7L << 14, "0300A902" + "02D504" + "DF07DEC508")], Blocks());
    }

    [Fact]
    public void A_key_that_fills_several_blocks_numbers_those_that_begin_with_it()
    {
        // 72 pairs of other keys, 344 of key 500, one more.
        LookupFilling.Fill(_database, Table, [.. Enumerable.Range(0, 72).Select(i => (i + 1L, 1L)), .. Enumerable.Range(1, 344).Select(i => (500L, (long)i)), (501, 1)]);

        // 56 of key 500 stand in the first block; 128, 128 and 32 in those that begin with it, of which the last has the other key too.
        Assert.Equal([1L << 14, 500L << 14, 500L << 14 | 1, 500L << 14 | 2], Blocks().Select(b => b.Id));
        using var lookup = new Lookup(_database, Table);
        Assert.Equal(Enumerable.Range(1, 344).Select(i => (long)i), lookup.Values(500));
        Assert.Equal([57L], lookup.Values(500, 56).Take(1));
        Assert.Equal([1L], lookup.Values(501));
        Assert.Empty(lookup.Values(502));
        Assert.Empty(lookup.Values(0));
    }

    [Fact]
    public void Any_set_of_pairs_is_read_as_it_was_written()
    {
        // Few keys, so that some have many values, beside keys and values from all that can be.
        var pair = Gen.Frequency(
            (3, Gen.Select(Gen.Long[0, 4], Gen.Long[1, 2000])), (1, Gen.Select(Gen.Long[0, (1L << 49) - 1], Gen.Long[1, (1L << 32) - 1])), (1, Gen.Select(Gen.Long[(1L << 49) - 3, (1L << 49) - 1], Gen.Long[1, 400])));
        Gen.Select(pair.Array[0, 3000], Gen.Long[-1, 2100]).Sample((drawn, after) =>
        {
            Run($"DELETE FROM {Table}");
            var pairs = drawn.Distinct().Order().ToList();
            LookupFilling.Fill(_database, Table, pairs);
            using var lookup = new Lookup(_database, Table);
            Assert.Equal(pairs, lookup.All());
            var values = pairs.ToLookup(p => p.Item1, p => p.Item2);
            foreach (var key in pairs.Select(p => p.Item1).Distinct().Take(8).Concat([0, 1, 2, 3, 4, 5, (1L << 49) - 1, 1L << 49, -1]))
            {
                Assert.Equal(values[key], lookup.Values(key));
                Assert.Equal(values[key].Where(v => v > after), lookup.Values(key, after));
            }
        }, iter: 60, threads: 1);
    }

    [Fact]
    public void A_key_with_more_values_than_its_blocks_have_numbers_for_keeps_the_rest_in_the_last()
    {
        // 16383 blocks of 128, and one with whatever is left.
        const long Values = (LastNumber + 3L) * 128;
        LookupFilling.Fill(_database, Table, Pairs());
        static IEnumerable<(long, long)> Pairs()
        {
            for (long value = 1; value <= Values; value++)
                yield return (3, value);
            yield return (4, 9);
        }

        using var lookup = new Lookup(_database, Table);
        Assert.Equal(4L << 14, Scalar($"SELECT max(id) FROM {Table}"));
        Assert.Equal(LastNumber + 2, Scalar($"SELECT count(*) FROM {Table}"));
        foreach (var after in new[] { 0, 1, 127, 128, 129, 1_000_000, Values - 700, Values - 1 })
            Assert.Equal(after + 1, lookup.Values(3, after).First());
        Assert.Empty(lookup.Values(3, Values));
        Assert.Equal([9L], lookup.Values(4));
        Assert.Equal(Values + 1, lookup.All().LongCount());
    }

    [Fact]
    public void A_page_far_down_a_long_list_reads_few_blocks()
    {
        LookupFilling.Fill(_database, Table, Enumerable.Range(1, 1_000_000).Select(i => (1L, i * 2L)));
        using var lookup = new Lookup(_database, Table);
        // The first call warms nothing that the second would read.
        var steps = Steps(() => Assert.Equal(1_500_002, lookup.Values(1, 1_500_001).First()));
        Assert.InRange(steps, 1, 20 * 13);
    }

    [Fact]
    public void Enumerations_may_be_open_at_once()
    {
        LookupFilling.Fill(_database, Table, Enumerable.Range(1, 2000).Select(i => (i % 2 == 0 ? 2L : 1L, (long)i)).Order());
        using var lookup = new Lookup(_database, Table);
        Assert.Equal(Enumerable.Range(0, 1000).Select(i => (2L * i + 1, 2L * i + 2)), lookup.Values(1).Zip(lookup.Values(2)));
    }

    [Theory]
    [InlineData(5, 5)]
    [InlineData(5, 4)]
    [InlineData(4, 9)]
    [InlineData(6, 0)]
    [InlineData(6, 1L << 32)]
    [InlineData(1L << 49, 1)]
    [InlineData(-1, 1)]
    public void Pairs_out_of_order_are_refused(long key, long value)
    {
        var writer = new LookupWriter((_, _) => { });
        writer.Add(5, 5);
        Assert.Throws<ArgumentException>(() => writer.Add(key, value));
    }

    [Theory]
    [InlineData("")]
    [InlineData("80")]
    [InlineData("0101")]
    [InlineData("01FFFFFFFFFFFFFFFFFF01")]
    public void A_block_that_cannot_be_read_is_damage(string entries)
    {
        Run($"INSERT INTO {Table} VALUES({1L << 14}, x'{entries}')");
        using var lookup = new Lookup(_database, Table);
        Assert.Equal(Failure.Damaged, Assert.Throws<LacquerException>(() => lookup.Values(2).ToList()).Failure);
        Assert.Equal(Failure.Damaged, Assert.Throws<LacquerException>(() => lookup.All().ToList()).Failure);
    }

    [Fact]
    public void The_key_of_an_id_is_its_first_four_bytes() => Assert.Equal(0x01020304, Lookup.KeyOf([1, 2, 3, 4, 5, 6, 7]));

    // How many instructions of SQLite's machine an action takes, by its progress handler.
    private int Steps(Action action)
    {
        var steps = 0;
        sqlite3_progress_handler(_database, 1, _ =>
        {
            steps++;
            return 0;
        }, null);
        action();
        sqlite3_progress_handler(_database, 0, (delegate_progress?)null, null);
        return steps;
    }

    private List<(long Id, string Entries)> Blocks()
    {
        var blocks = new List<(long, string)>();
        sqlite3_prepare_v2(_database, $"SELECT id, hex(entries) FROM {Table} ORDER BY id", out var statement);
        using (statement)
            while (sqlite3_step(statement) == SQLITE_ROW)
                blocks.Add((sqlite3_column_int64(statement, 0), sqlite3_column_text(statement, 1).utf8_to_string()));
        return blocks;
    }

    private long Scalar(string sql)
    {
        sqlite3_prepare_v2(_database, sql, out var statement);
        using (statement)
            return sqlite3_step(statement) == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : -1;
    }

    private void Run(string sql) => Assert.Equal(SQLITE_OK, sqlite3_exec(_database, sql));
}
