using System.Data.Common;
using System.Globalization;
using DuckDB.NET.Data;

namespace Lacquer.Tests.Studio;

/// <summary>DuckDB, which we did not write, reading what we wrote.</summary>
internal static class Duck
{
    /// <summary>The rows of an answer, values as DuckDB's driver gives them; null for nothing.</summary>
    public static List<object?[]> Ask(string sql)
    {
        using var connection = new DuckDBConnection("DataSource=:memory:");
        connection.Open();
        return Rows(connection, sql);
    }

    /// <summary>The same of any open database.</summary>
    public static List<object?[]> Rows(DbConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        using var row = command.ExecuteReader();
        var rows = new List<object?[]>();
        while (row.Read())
            rows.Add(Enumerable.Range(0, row.FieldCount).Select(i => row.IsDBNull(i) ? null : row.GetValue(i)).ToArray());
        return rows;
    }

    /// <summary>The rows of a Parquet file.</summary>
    public static List<object?[]> Rows(string parquet) => Ask($"SELECT * FROM {From(parquet)}");

    /// <summary>How many rows a Parquet file has.</summary>
    public static long Count(string parquet) => Convert.ToInt64(Ask($"SELECT count(*) FROM {From(parquet)}")[0][0], CultureInfo.InvariantCulture);

    /// <summary>A Parquet file as a table of a query.</summary>
    public static string From(string parquet) => $"read_parquet('{parquet.Replace("'", "''", StringComparison.Ordinal)}')";
}
