using System.Text;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Microsoft.Data.Sqlite;

namespace Lacquer.Formats.Tables;

/// <summary>
/// Reads the tables of a sealed database as tables for others. What there is is asked of the database: any schema of <c>STRICT</c> tables will do.
/// </summary>
public sealed class TableSource : IDisposable
{
    private const string FurtherSuffix = "_more";
    private readonly SqliteConnection _connection;
    private readonly string _path;

    private TableSource(SqliteConnection connection, string path)
    {
        _connection = connection;
        _path = path;
    }

    /// <summary>Its tables and views, by name.</summary>
    public IReadOnlyList<TableSchema> Schemas { get; private set; } = [];

    /// <summary>Opens a database that nobody writes to.</summary>
    /// <exception cref="LacquerException">It is missing or cannot be read.</exception>
    public static TableSource Open(string path)
    {
        path = Path.GetFullPath(path);
        if (!File.Exists(path))
            throw new LacquerException(Failure.Missing, $"no database at {path}", "lacquer catalogue builds one");
        SQLitePCL.Batteries_V2.Init();
        var connection = new SqliteConnection($"Data Source={CatalogueReader.SealedUri(path)};Pooling=False");
        var source = new TableSource(connection, path);
        try
        {
            connection.Open();
            source.Schemas = source.ReadSchemas();
            return source;
        }
        catch (SqliteException e)
        {
            connection.Dispose();
            throw source.Unreadable(e);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>The names of the sources in a catalogue, in the order of their numbers.</summary>
    public IReadOnlyList<string> SourceNames()
    {
        var names = new List<string>();
        using var statement = new Statement(_connection.Handle!, "SELECT name FROM source ORDER BY id");
        while (statement.Step())
            names.Add(statement.Text(0));
        return names;
    }

    /// <summary>Writes a table as Parquet, rows in the order of the primary key; those of a view as it gives them.</summary>
    /// <param name="schema">One of <see cref="Schemas"/>.</param>
    /// <param name="stream">Where to; it stays open.</param>
    /// <param name="rowsDone">Is told from time to time how many rows there are so far.</param>
    /// <param name="stop">Ends it early.</param>
    /// <returns>How many rows there are.</returns>
    /// <exception cref="LacquerException">The database cannot be read.</exception>
    public long WriteParquet(TableSchema schema, Stream stream, Action<long> rowsDone, CancellationToken stop)
    {
        var columns = schema.Columns;
        using var parquet = new ParquetWriter(stream, columns.Select(c => new ParquetColumn(c.Name, TypeOf(c.Form), !c.IsRequired)).ToList());
        try
        {
            // Said, because an index that has all the columns would be read instead of the table, in its own order. Keys are the order in which tables lie, so nothing is sorted.
            using var rows = new Statement(_connection.Handle!, $"SELECT {string.Join(", ", columns.Select(c => Quote(c.Name)))} FROM {Quote(schema.Name)}{(schema.PrimaryKey.Count == 0 ? "" : $" ORDER BY {string.Join(", ", schema.PrimaryKey.Select(Quote))}")}");
            while (rows.Step())
            {
                for (var i = 0; i < columns.Count; i++)
                    Copy(rows, i, columns[i], schema, parquet);
                parquet.EndRow();
                if (parquet.Rows % 100_000 != 0)
                    continue;
                stop.ThrowIfCancellationRequested();
                rowsDone(parquet.Rows);
            }
        }
        catch (SqliteException e)
        {
            throw Unreadable(e);
        }

        parquet.Finish();
        return parquet.Rows;
    }

    /// <inheritdoc/>
    public void Dispose() => _connection.Dispose();

    private void Copy(Statement rows, int i, TableColumn column, TableSchema schema, ParquetWriter parquet)
    {
        if (!column.IsRequired && rows.IsNull(i))
        {
            parquet.Nothing(i);
            return;
        }

        switch (column.Form)
        {
            case TableForm.Integer:
                parquet.Integer(i, rows.Int64(i));
                break;
            case TableForm.Real:
                parquet.Real(i, rows.Double(i));
                break;
            case TableForm.Text:
                parquet.Text(i, rows.Blob(i));
                break;
            case TableForm.Isrc:
                Written(Isrc.TryFromPacked(rows.Int64(i), out var isrc) ? isrc.ToString() : throw Odd("no ISRC"));
                break;
            case TableForm.Id:
                Written(rows.Blob(i) is { Length: EntityId.LengthBytes } id ? new EntityId(schema.Kind, id).ToString() : throw Odd("not ten bytes"));
                break;
            case TableForm.Uuid:
                Written(rows.Blob(i) is { Length: 16 } uuid ? new Guid(uuid, bigEndian: true).ToString("D") : throw Odd("not sixteen bytes"));
                break;
            default:
                Written(Convert.ToHexStringLower(rows.Blob(i)));
                break;
        }

        void Written(string text)
        {
            Span<byte> utf8 = stackalloc byte[256];
            parquet.Text(i, text.Length <= utf8.Length ? utf8[..Encoding.ASCII.GetBytes(text, utf8)] : Encoding.ASCII.GetBytes(text));
        }

        LacquerException Odd(string what) => new(Failure.Damaged, FormattableString.Invariant($"{_path}: {schema.Name}.{column.Name} of row {parquet.Rows + 1} is {what}"), "build the catalogue again: lacquer catalogue");
    }

    private List<TableSchema> ReadSchemas()
    {
        var schemas = new List<TableSchema>();
        foreach (var (name, type) in Ask("SELECT name, type FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name", r => (r.Text(0), r.Text(1))))
        {
            // What is in the parts of a view is in the view.
            if (name.EndsWith(FurtherSuffix, StringComparison.Ordinal) || name is "credit" or "credit_name")
                continue;
            var columns = Ask($"SELECT name, type, \"notnull\", pk FROM pragma_table_info({Literal(name)}) ORDER BY cid", r => (Name: r.Text(0), Type: r.Text(1), IsRequired: r.Int64(2) != 0, Key: r.Int64(3)));
            // A view has no key of its own; the id of what it shows is one.
            if (type == "view")
                columns = columns.ConvertAll(c => c with { Key = c.Name == "id" ? 1 : 0 });
            var references = Ask($"SELECT \"from\", \"table\", coalesce(\"to\", 'id') FROM pragma_foreign_key_list({Literal(name)}) ORDER BY id DESC, seq", r => new TableReference(r.Text(0), r.Text(1), r.Text(2)));
            schemas.Add(new TableSchema(name, type == "view", columns.ConvertAll(c => new TableColumn(c.Name, FormOf(name, c.Name, c.Type), c.IsRequired || c.Key > 0)),
                columns.Where(c => c.Key > 0).OrderBy(c => c.Key).Select(c => c.Name).ToList(), references));
        }

        return schemas;
    }

    private TableForm FormOf(string table, string column, string type) => (type.ToUpperInvariant(), column) switch
    {
        ("INTEGER" or "INT", "isrc") => TableForm.Isrc,
        // What SQLite calls a number that a view makes.
        ("INTEGER" or "INT" or "NUM", _) => TableForm.Integer,
        ("REAL", _) => TableForm.Real,
        ("TEXT", _) => TableForm.Text,
        ("BLOB", "eid") => TableForm.Id,
        ("BLOB", "mbid") => TableForm.Uuid,
        ("BLOB", _) => TableForm.Hex,
        _ => throw new LacquerException(Failure.Damaged, $"{_path}: {table}.{column} is of the type '{type}', which no table here has", "build the catalogue again: lacquer catalogue"),
    };

    private static ParquetType TypeOf(TableForm form) => form switch { TableForm.Integer => ParquetType.Integer, TableForm.Real => ParquetType.Real, _ => ParquetType.Text };

    private List<T> Ask<T>(string sql, Func<Statement, T> read)
    {
        using var statement = new Statement(_connection.Handle!, sql);
        var answers = new List<T>();
        while (statement.Step())
            answers.Add(read(statement));
        return answers;
    }

    private LacquerException Unreadable(SqliteException e) => new(Failure.Damaged, $"{_path} cannot be read: {e.Message}", "build the catalogue again: lacquer catalogue", e);

    private static string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private static string Literal(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";
}
