using System.Data.Common;
using System.Globalization;
using System.Text;
using System.Text.Json;
using DuckDB.NET.Data;
using Lacquer.Formats.Findings;
using Lacquer.Stages.Workbench;

namespace Lacquer.Stages.Sources;

/// <summary>A row of a table.</summary>
/// <param name="Place">Where it stands, for messages and as a key where it has none: <c>line 7</c>, <c>row 7</c>.</param>
/// <param name="Json">Its cells by their columns' names, a JSON object in UTF-8; valid until the next row is read.</param>
/// <param name="Kind">Why it is set aside, in a word; "" for a good row.</param>
/// <param name="Problem">The same in a sentence.</param>
internal readonly record struct TableRow(string Place, ReadOnlyMemory<byte> Json, string Kind, string Problem);

/// <summary>Reads a table row by row, in bounded memory: CSV and TSV, JSON lines (each packed or not), and Parquet by its row groups, which DuckDB decodes.</summary>
internal sealed class TableRows : IDisposable
{
    /// <summary>The formats.</summary>
    public static readonly string[] Formats = ["csv", "tsv", "jsonl", "parquet"];

    private const int LongestLine = 15 << 20;
    private const string ParquetMemory = "512MB";

    private readonly string _path;
    private readonly PackedReader? _file;
    private readonly CsvReader? _csv;
    private readonly DuckDBConnection? _duck;
    private readonly List<string> _cells = [];
    private bool _isFirstRead;
    private long _rowsRead;

    private TableRows(string path, string format, char delimiter, bool hasHeader)
    {
        _path = path;
        try
        {
            if (format == "parquet")
            {
                _duck = new DuckDBConnection("DataSource=:memory:");
                _duck.Open();
                Total = Convert.ToInt64(Ask($"SET threads = 1; SET memory_limit = '{ParquetMemory}'; SELECT count(*) FROM {Parquet}", row => row.GetValue(0)).First(), CultureInfo.InvariantCulture);
                Columns = Ask($"DESCRIBE SELECT * FROM {Parquet}", row => row.GetString(0)).ToList();
                return;
            }

            Total = new FileInfo(path).Length;
            _file = PackedReader.Open(path);
            if (format == "jsonl")
                return;
            _csv = new CsvReader(WithoutMark, (byte)(format == "tsv" ? '\t' : delimiter), hasQuotes: format != "tsv");
            if (!_csv.TryNext(_cells, out var problem) || problem is not null)
                throw new LacquerException(Failure.Usage, $"{path} has no first row that names its columns: {problem ?? _file.Problem ?? "it is empty"}", "see that it is CSV in UTF-8; for other delimiters write delimiter = \"…\" into the mapping");
            Columns = hasHeader ? Named(_cells) : Enumerable.Range(1, _cells.Count).Select(i => string.Create(CultureInfo.InvariantCulture, $"column_{i}")).ToList();
            _isFirstRead = !hasHeader;
        }
        catch (DbException e)
        {
            Dispose();
            throw new LacquerException(Failure.Damaged, $"{path} cannot be read as Parquet: {Line(e)}", "fetch it again, or write format = \"…\" into the mapping", e);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The columns, each name once; empty for JSON lines, of which each has its own.</summary>
    public IReadOnlyList<string> Columns { get; } = [];

    /// <summary>How much there is: bytes of the file, or rows of Parquet.</summary>
    public long Total { get; }

    /// <summary>How much of it has been read.</summary>
    public long Done => _file?.BytesRead ?? _rowsRead;

    /// <summary>Whether <see cref="Total"/> is in bytes.</summary>
    public bool AreBytes => _file is not null;

    // Letters that DuckDB's paths give a meaning to stand for themselves between brackets; folders called a=b give no columns.
    private string Parquet => $"read_parquet('{string.Concat(_path.Select(c => c is '*' or '?' or '[' ? $"[{c}]" : c == '\'' ? "''" : c.ToString()))}', hive_partitioning = false)";

    /// <summary>Opens a table.</summary>
    /// <exception cref="LacquerException">It is missing, or not of that format.</exception>
    public static TableRows Open(string path, string? format, char delimiter, bool hasHeader)
    {
        if (!File.Exists(path))
            throw new LacquerException(Failure.Missing, $"no table at {path}", "name a file of CSV, TSV, JSON lines or Parquet");
        format ??= Path.GetExtension(PackedReader.Unpacked(path)).ToLowerInvariant() switch
        {
            ".csv" => "csv",
            ".tsv" or ".tab" => "tsv",
            ".jsonl" or ".ndjson" or ".json" => "jsonl",
            ".parquet" => "parquet",
            var other => throw new LacquerException(Failure.Usage, $"{path} ends in '{other}', which says not what it is", "name it .csv, .tsv, .jsonl or .parquet, or write format = \"csv\" into the mapping"),
        };
        return new TableRows(path, format, delimiter, hasHeader);
    }

    /// <summary>All rows, once.</summary>
    public IEnumerable<TableRow> All() => _duck is not null ? ParquetRows() : _csv is not null ? CsvRows(_csv) : JsonLines();

    /// <inheritdoc/>
    public void Dispose()
    {
        _file?.Dispose();
        _duck?.Dispose();
    }

    private IEnumerable<TableRow> CsvRows(CsvReader csv)
    {
        using var buffer = new MemoryStream();
        using var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        string? problem = null;
        while (_isFirstRead || csv.TryNext(_cells, out problem))
        {
            _isFirstRead = false;
            var place = string.Create(CultureInfo.InvariantCulture, $"line {csv.Line}");
            if (problem is not null)
            {
                yield return new TableRow(place, default, "unreadable", problem);
                continue;
            }

            if (_cells.Count != Columns.Count)
            {
                yield return new TableRow(place, default, "columns", string.Create(CultureInfo.InvariantCulture, $"the row has {_cells.Count} cells, and there are {Columns.Count} columns"));
                continue;
            }

            buffer.SetLength(0);
            json.Reset();
            json.WriteStartObject();
            for (var i = 0; i < _cells.Count; i++)
                json.WriteString(Columns[i], _cells[i]);
            json.WriteEndObject();
            json.Flush();
            yield return new TableRow(place, buffer.GetBuffer().AsMemory(0, (int)buffer.Length), "", "");
        }

        if (_file!.Problem is { } ended)
            yield return new TableRow("the end", default, "damaged", $"the file cannot be read on: {ended}");
    }

    private IEnumerable<TableRow> JsonLines()
    {
        var lines = new LineReader(WithoutMark, LongestLine);
        while (lines.TryNext(out var line))
        {
            var place = string.Create(CultureInfo.InvariantCulture, $"line {lines.Number}");
            yield return lines.TooLongBytes > 0 ? new TableRow(place, default, "long", string.Create(CultureInfo.InvariantCulture, $"it has {lines.TooLongBytes} bytes; a line has at most {LongestLine}"))
                : new TableRow(place, line, "", "");
        }

        if (_file!.Problem is { } ended)
            yield return new TableRow("the end", default, "damaged", $"the file cannot be read on: {ended}");
    }

    private IEnumerable<TableRow> ParquetRows()
    {
        using var rows = Ask($"SELECT to_json(t)::VARCHAR FROM {Parquet} t", row => row.GetString(0)).GetEnumerator();
        while (true)
        {
            TableRow next;
            try
            {
                if (!rows.MoveNext())
                    yield break;
                next = new TableRow(string.Create(CultureInfo.InvariantCulture, $"row {++_rowsRead}"), Encoding.UTF8.GetBytes(rows.Current), "", "");
            }
            catch (DbException e)
            {
                next = new TableRow(string.Create(CultureInfo.InvariantCulture, $"row {_rowsRead + 1}"), default, "damaged", $"the file cannot be read on: {Line(e)}");
            }

            yield return next;
            if (next.Kind.Length > 0)
                yield break;
        }
    }

    // Row groups are decoded as they are asked for.
    private IEnumerable<T> Ask<T>(string sql, Func<DuckDBDataReader, T> value)
    {
        using var command = _duck!.CreateCommand();
        command.CommandText = sql;
        command.UseStreamingMode = true;
        using var row = command.ExecuteReader();
        while (row.Read())
            yield return value(row);
    }

    private static string Line(Exception e) => e.Message.ReplaceLineEndings(" ").Trim();

    // A byte order mark is no letter of the first name; UTF-16 is not read.
    private int WithoutMark(Span<byte> buffer)
    {
        var isFirst = _file!.BytesRead == 0;
        var read = _file.Read(buffer);
        if (!isFirst || read < 3)
            return read;
        if (buffer is [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..])
            throw new LacquerException(Failure.Usage, $"{_path} is UTF-16", "iconv -f UTF-16 -t UTF-8 makes it what is read here");
        if (buffer is not [0xEF, 0xBB, 0xBF, ..])
            return read;
        buffer[3..read].CopyTo(buffer);
        return read > 3 ? read - 3 : _file.Read(buffer);
    }

    // Each name once: a second "x" is "x_2"; a column without a name is called by its number.
    private static List<string> Named(List<string> header)
    {
        var names = new List<string>();
        foreach (var (cell, i) in header.Select((cell, i) => (cell.Trim(), i + 1)))
        {
            var name = cell.Length > 0 ? cell : string.Create(CultureInfo.InvariantCulture, $"column_{i}");
            var unique = name;
            for (var n = 2; names.Contains(unique); n++)
                unique = string.Create(CultureInfo.InvariantCulture, $"{name}_{n}");
            names.Add(unique);
        }

        return names.Count <= 10_000 ? names : throw new LacquerException(Failure.Usage, $"the first row names {names.Count} columns; there may be 10000", "see that the delimiter is right");
    }
}
