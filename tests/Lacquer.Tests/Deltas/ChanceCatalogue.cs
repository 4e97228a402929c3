using System.Globalization;
using System.Text;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Databases;
using Lacquer.Tests.Studio;
using Microsoft.Data.Sqlite;

namespace Lacquer.Tests.Deltas;

/// <summary>
/// A catalogue of chance: things of every kind in some order, and rows that say anything at all of them and of one another, in every table. It can be changed, and written as a build writes, tables by turns.
/// </summary>
internal sealed class ChanceCatalogue
{
    private static readonly Dictionary<string, List<Column>> Tables = ReadTables();

    private readonly Random _random;
    private readonly Dictionary<string, List<int>> _things = new(StringComparer.Ordinal);
    // What is said anew of a thing has another number.
    private readonly Dictionary<(string Kind, int Thing, string Column), int> _versions = [];
    private readonly int _longTexts;
    private readonly int _firstThings;
    private Dictionary<string, int[]> _byAge = [];
    private int _lastThing;
    private int _alone = 5;

    public ChanceCatalogue(int seed, int things, int longTexts = 0)
    {
        (_random, _longTexts) = (new Random(seed), longTexts);
        foreach (var kind in Tables.Select(table => ParentOf(table.Key)).OfType<string>().Distinct())
            _things[kind] = [.. Enumerable.Range(0, kind is "recording" or "release" ? things : _random.Next(things / 3 + 2)).Select(_ => ++_lastThing)];
        _firstThings = _lastThing + 1;
    }

    /// <summary>Takes away, adds, moves and says anew a share of everything.</summary>
    public void Change(double gone, double added, double moved, double said)
    {
        foreach (var (kind, things) in _things)
        {
            things.RemoveAll(_ => _random.NextDouble() < gone);
            for (var i = (int)Math.Ceiling(things.Count * added); i > 0; i--)
                things.Insert(_random.Next(things.Count + 1), ++_lastThing);
            for (var i = (int)(things.Count * moved); i > 0; i--)
            {
                var from = _random.Next(things.Count);
                var thing = things[from];
                things.RemoveAt(from);
                things.Insert(_random.Next(things.Count + 1), thing);
            }

            foreach (var (table, columns) in Tables.Where(table => ParentOf(table.Key) == kind))
                foreach (var thing in things)
                    foreach (var column in columns)
                        if (_random.NextDouble() < said)
                            _versions[(table, thing, column.Name)] = _versions.GetValueOrDefault((table, thing, column.Name)) + 1;
        }

        if (said > 0)
            _alone++;
    }

    /// <summary>Writes it, tables by turns.</summary>
    public void Write(string path, int turns = 1)
    {
        var numbers = _things.ToDictionary(kind => kind.Key, kind => kind.Value.Select((thing, i) => (thing, number: i + 1L)).ToDictionary(t => t.thing, t => t.number), StringComparer.Ordinal);
        _byAge = _things.ToDictionary(kind => kind.Key, kind => kind.Value.Order().ToArray(), StringComparer.Ordinal);
        using var writer = new DatabaseWriter(path, CatalogueSchema.PageBytes, CatalogueSchema.Tables);
        var tables = Tables.Select(table => (Into: writer.Into(table.Key), Columns: table.Value, Rows: new Queue<object?[]>(Rows(table.Key, table.Value, numbers)))).Where(table => table.Rows.Count > 0).ToList();
        var random = new Random(turns);
        foreach (var (_, columns, rows) in tables.Where(table => table.Columns.Any(column => column.Name == "popularity") && table.Columns.Any(column => column.Name == "eid")))
        {
            // As it is worked out, but for a few.
            var listens = columns.FindIndex(column => column.Name == "listens");
            foreach (var row in rows.Where(row => ((byte[])row[1]!)[0] % 64 != 0))
                row[listens + 1] = (long)Popularities.Of((long)row[listens]!, (long)rows.Peek()[listens]!);
        }

        while (tables.Count > 0)
        {
            var which = random.Next(tables.Count);
            var (into, columns, rows) = tables[which];
            for (var i = random.Next(1, 300); i > 0 && rows.TryDequeue(out var row); i--)
                Write(into, columns, row);
            if (rows.Count == 0)
                tables.RemoveAt(which);
        }

        writer.Finish();
    }

    private static void Write(TableWriter into, List<Column> columns, object?[] row)
    {
        for (var i = 0; i < row.Length; i++)
            _ = (row[i], columns[i].Type) switch
            {
                (null, "REAL") => into.WithReal(double.NaN),
                (null, _) => into.With(null as long?),
                (long number, _) => into.With(number),
                (double real, _) => into.WithReal(real),
                (byte[] bytes, _) => into.With(bytes),
                (string text, _) => into.With(text),
                _ => throw new InvalidOperationException(),
            };
        into.Row();
    }

    private IEnumerable<object?[]> Rows(string table, List<Column> columns, Dictionary<string, Dictionary<int, long>> numbers)
    {
        var keys = columns.Count(column => column.IsKey);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        if (ParentOf(table) is not { } parent)
            return Sorted(Enumerable.Range(1, table == "accession" ? _alone : 4).Select(n => columns.Select((column, i) => i == 0 ? column.Type == "TEXT" ? $"name {n}" : (object)(long)n : Value(table, n, column, n, numbers)).ToArray()));
        return Sorted(_things[parent].SelectMany(thing =>
        {
            var count = columns[0].Name == "id" && keys == 1 ? 1 : new Random(thing * 31 + table.Length + _versions.GetValueOrDefault((table, thing, columns[0].Name))).Next(columns[0].Name is "id" or "media_set" ? 1 : 0, keys == 1 ? 2 : 4);
            return Enumerable.Range(1, count).Select(n => columns.Select((column, i) => i == 0 ? numbers[parent][thing] : Value(table, thing, column, n, numbers)).ToArray());
        }));

        IEnumerable<object?[]> Sorted(IEnumerable<object?[]> rows) => rows
            .Where(row => seen.Add(string.Join('\0', row.Take(keys).Select(key => key is string text ? text : string.Create(CultureInfo.InvariantCulture, $"{key}")))))
            .Order(Comparer<object?[]>.Create((a, b) => Enumerable.Range(0, keys).Select(i => a[i] is string one ? Encoding.UTF8.GetBytes(one).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes((string)b[i]!)) : ((long)a[i]!).CompareTo((long)b[i]!)).FirstOrDefault(order => order != 0)));
    }

    private object? Value(string table, int thing, Column column, int row, Dictionary<string, Dictionary<int, long>> numbers)
    {
        if (column.Name == "eid")
            return BitConverter.GetBytes((ulong)thing * 0x9E3779B97F4A7C15UL).Concat(new byte[2]).ToArray();
        var random = new Random(thing * 7919 + row * 104729 + column.Name.Length * 31 + column.Name[0] + table.Length * 17 + _versions.GetValueOrDefault((table, thing, column.Name)) * 15485863);
        if (!column.IsRequired && random.Next(3) == 0)
            return null;
        if (KindOf(table, column.Name) is { } kind)
            return _things[kind].Count > 0 ? numbers[kind][Referred(kind, random.Next(_firstThings))] : column.IsRequired ? 1L : null;
        return column.Type switch
        {
            "INTEGER" when column.IsKey => random.Next(8) + row * 8L,
            "INTEGER" => (object)(random.Next(5) switch { 0 => 0L, 1 => random.Next(-3, 300), 2 => random.NextInt64(), 3 => long.MinValue + random.Next(2), _ => random.Next() }),
            "REAL" => random.Next(3) == 0 ? (double)random.Next(100) : random.NextDouble() * 200 - 100,
            "BLOB" => Enumerable.Range(0, 16).Select(_ => (byte)random.Next(256)).ToArray(),
            _ => Text(random),
        };
    }

    // The same thing as before while it is there, or the next one that came after it.
    private int Referred(string kind, int wanted)
    {
        var byAge = _byAge[kind];
        var at = Array.BinarySearch(byAge, wanted);
        return byAge[Math.Min(at < 0 ? ~at : at, byAge.Length - 1)];
    }

    private string Text(Random random)
    {
        var length = _longTexts > 0 && random.Next(_longTexts) == 0 ? random.Next(12_000) : random.Next(30);
        return string.Concat(Enumerable.Range(0, length).Select(_ => (char)random.Next('a', 'e')));
    }

    private static string? ParentOf(string table) => table is "source" or "accession" or "meta" or "coverage" or "conflict" ? null : KindOf(table, Tables[table][0].Name);

    private static string? KindOf(string table, string column) => (table, column) switch
    {
        ("source" or "accession" or "coverage" or "conflict", _) => null,
        (_, "id") => table,
        (_, "artist_credit") => "credit",
        ("release", "type") => "release_type",
        ("medium", "format") => "medium_format",
        (_, "artist" or "credit" or "recording" or "release" or "genre" or "genre_set" or "media_set" or "market_set" or "label" or "licence") => column,
        _ => null,
    };

    private static Dictionary<string, List<Column>> ReadTables()
    {
        using var connection = new SqliteConnection("Data Source=:memory:");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = CatalogueSchema.Tables;
        command.ExecuteNonQuery();
        command.CommandText = "SELECT s.name, c.name, c.type, c.\"notnull\" OR c.pk > 0, c.pk > 0 FROM sqlite_schema s JOIN pragma_table_info(s.name) c WHERE s.type = 'table' ORDER BY s.rowid, c.cid";
        var tables = new Dictionary<string, List<Column>>(StringComparer.Ordinal);
        using var rows = command.ExecuteReader();
        while (rows.Read())
        {
            if (!tables.TryGetValue(rows.GetString(0), out var columns))
                tables.Add(rows.GetString(0), columns = []);
            columns.Add(new Column(rows.GetString(1), rows.GetString(2), rows.GetBoolean(3), rows.GetBoolean(4)));
        }

        return tables;
    }

    private sealed record Column(string Name, string Type, bool IsRequired, bool IsKey);
}
