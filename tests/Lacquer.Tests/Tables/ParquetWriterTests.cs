using System.Globalization;
using System.Text;
using Lacquer.Formats.Tables;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Tables;

/// <summary>What is written as Parquet, DuckDB reads back value by value.</summary>
public sealed class ParquetWriterTests
{
    private static readonly ParquetColumn[] Columns =
    [
        new("number", ParquetType.Integer, IsOptional: false), new("perhaps", ParquetType.Integer, IsOptional: true), new("real", ParquetType.Real, IsOptional: true),
        new("text", ParquetType.Text, IsOptional: false), new("maybe", ParquetType.Text, IsOptional: true),
    ];

    private sealed record Row(long Number, long? Perhaps, double? Real, string Text, string? Maybe);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(128)]
    [InlineData(129)]
    [InlineData(130)]
    [InlineData(1000)]
    [InlineData(ParquetWriter.GroupRows - 1)]
    [InlineData(ParquetWriter.GroupRows)]
    [InlineData(ParquetWriter.GroupRows * 2 + 1)]
    public void Every_value_comes_back(int count)
    {
        var random = Seeded.Random();
        long Number() => random.Next(6) switch
        {
            0 => long.MaxValue,
            1 => long.MinValue,
            2 => random.Next(-3, 4),
            3 => 1L << random.Next(63),
            _ => random.NextInt64(long.MinValue, long.MaxValue),
        };
        string Text() => random.Next(6) switch
        {
            0 => "",
            1 => "'quoted' \"twice\"; DROP TABLE x, \\ \t\n\0",
            2 => "Кино 東京 é é 🎵 \u202Eשלום",
            3 => new string('x', random.Next(300)),
            _ => random.NextInt64().ToString(CultureInfo.InvariantCulture),
        };
        bool IsThere() => random.Next(3) > 0;
        Same(Enumerable.Range(0, count).Select(_ => new Row(Number(), IsThere() ? Number() : null, IsThere() ? random.NextDouble() * 1e6 - 5e5 : null, Text(), IsThere() ? Text() : null)).ToList());
    }

    [Fact]
    public void Columns_of_nothing_of_one_value_and_of_numbers_in_order_come_back()
    {
        Same(Enumerable.Range(0, 1000).Select(i => new Row(i, null, null, "same", null)).ToList());
        Same(Enumerable.Range(0, 1000).Select(i => new Row(7, -i, i / 8.0, "", i == 999 ? "last" : null)).ToList());
        Same(Enumerable.Range(0, 300).Select(i => new Row(i % 2 == 0 ? long.MinValue : long.MaxValue, i, -0.5, "x", "y")).ToList());
    }

    [Fact]
    public void Long_texts_close_a_row_group_early()
    {
        var text = new string('a', 30 << 20);
        using var scratch = new Scratch();
        Write(scratch["long.parquet"], Enumerable.Range(0, 5).Select(i => new Row(i, null, null, text + i, null)).ToList());
        Assert.Equal([3L, 2L], Duck.Ask($"SELECT DISTINCT row_group_id, row_group_num_rows FROM parquet_metadata('{scratch["long.parquet"]}') ORDER BY 1").Select(r => Convert.ToInt64(r[1], CultureInfo.InvariantCulture)));
        Assert.Equal(5, Convert.ToInt64(Duck.Ask($"SELECT count(DISTINCT text) FROM {Duck.From(scratch["long.parquet"])}")[0][0], CultureInfo.InvariantCulture));
    }

    [Fact]
    public void Least_and_greatest_values_and_missing_ones_are_known_without_reading_the_rows()
    {
        using var scratch = new Scratch();
        var rows = Enumerable.Range(0, ParquetWriter.GroupRows + 10).Select(i => new Row(i - 5, i % 10 == 0 ? null : i, null, $"t{i:D6}", null)).ToList();
        Write(scratch["s.parquet"], rows);
        var known = Duck.Ask($"SELECT path_in_schema, row_group_id, stats_min_value, stats_max_value, stats_null_count FROM parquet_metadata('{scratch["s.parquet"]}') ORDER BY row_group_id, column_id")
            .Select(r => string.Join(' ', r.Select(v => Convert.ToString(v, CultureInfo.InvariantCulture)))).ToList();
        Assert.Contains("number 0 -5 122874 0", known);
        Assert.Contains("perhaps 0 1 122879 12288", known);
        Assert.Contains("text 1 t122880 t122889 0", known);
        Assert.Contains("maybe 1   10", known);
        // The reader leaves row groups out by them, and must still find what is there.
        foreach (var number in new[] { -5, 0, 122_874, 122_875, 122_884 })
            Assert.Equal($"t{number + 5:D6}", Duck.Ask($"SELECT text FROM {Duck.From(scratch["s.parquet"])} WHERE number = {number}")[0][0]);
        Assert.Single(Duck.Ask($"SELECT number FROM {Duck.From(scratch["s.parquet"])} WHERE text = 't122885'"));
        Assert.Empty(Duck.Ask($"SELECT number FROM {Duck.From(scratch["s.parquet"])} WHERE number = 122885"));
    }

    [Fact]
    public void The_same_rows_give_the_same_bytes()
    {
        using var scratch = new Scratch();
        var random = new Random(5);
        var rows = Enumerable.Range(0, 300_000).Select(i => new Row(random.NextInt64(), i % 3 == 0 ? null : random.Next(), i, $"{random.Next()}", null)).ToList();
        foreach (var name in new[] { "a", "b" })
            Write(scratch[name], rows);
        Assert.Equal(File.ReadAllBytes(scratch["a"]), File.ReadAllBytes(scratch["b"]));
    }

    private static void Same(List<Row> rows)
    {
        using var scratch = new Scratch();
        Write(scratch["x.parquet"], rows);
        var read = Duck.Rows(scratch["x.parquet"]);
        Assert.Equal(rows.Count, read.Count);
        for (var i = 0; i < rows.Count; i++)
            Assert.Equal([rows[i].Number, rows[i].Perhaps, rows[i].Real, rows[i].Text, rows[i].Maybe], read[i]);
    }

    private static void Write(string path, List<Row> rows)
    {
        using var file = File.Create(path);
        using var parquet = new ParquetWriter(file, Columns);
        foreach (var row in rows)
        {
            parquet.Integer(0, row.Number);
            if (row.Perhaps is { } perhaps) parquet.Integer(1, perhaps);
            else parquet.Nothing(1);
            if (row.Real is { } real) parquet.Real(2, real);
            else parquet.Nothing(2);
            parquet.Text(3, Encoding.UTF8.GetBytes(row.Text));
            if (row.Maybe is { } maybe) parquet.Text(4, Encoding.UTF8.GetBytes(maybe));
            else parquet.Nothing(4);
            parquet.EndRow();
        }

        parquet.Finish();
    }
}
