using System.Buffers.Binary;
using Lacquer.Formats.Catalogues;
using Microsoft.Data.Sqlite;

namespace Lacquer.Formats.Databases;

/// <summary>
/// Writes a new SQLite file page by page: SQLite makes the schema, and the rows of each table, which come in the order of its key, are laid into its tree without being inserted. The result is an ordinary database
/// (<see href="https://www.sqlite.org/fileformat2.html">file format</see>), with full pages. The file is either renamed into place when it is finished, or thrown away. One thread at a time; rows of
/// several tables may come by turns.
/// </summary>
public sealed class DatabaseWriter : IDisposable
{
    /// <summary>Where SQLite locks a database (file format §1.4).</summary>
    public const long LockByte = 0x4000_0000;

    // Of the database header (file format §1.3): how many pages the file has.
    private const int CountOffset = 28;

    private readonly Dictionary<string, (uint Root, TableColumns Columns)> _tables;
    private readonly List<TableWriter> _writers = [];
    private readonly List<PageFile> _planned = [];
    private readonly PageFile _file;
    private readonly long _lockByte;

    /// <summary>Makes the file with this schema.</summary>
    /// <param name="path">Where nothing is yet.</param>
    /// <param name="pageBytes">Bytes of a page, a power of two from 512 to 65536.</param>
    /// <param name="schema">Statements. A table to be filled is <c>STRICT</c>, without indexes; its key is its first column, <c>INTEGER PRIMARY KEY</c>, or, <c>WITHOUT ROWID</c>, its first columns.</param>
    /// <param name="lockByte">Where the readers lock; all do at <see cref="LockByte"/> unless they are told otherwise for a test.</param>
    /// <exception cref="SqliteException">The schema is not in order, or the disk is full.</exception>
    public DatabaseWriter(string path, int pageBytes, string schema, long lockByte = LockByte)
    {
        Path = path;
        using (var database = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString()))
        {
            database.Open();
            // Not as a command: that says nothing of a disk that is full when the transaction ends.
            SqliteException.ThrowExceptionForRC(
                SQLitePCL.raw.sqlite3_exec(database.Handle, $"PRAGMA page_size={pageBytes}; PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; BEGIN; {schema}; COMMIT"), database.Handle);

            Tables = TableColumns.OfAll(database.Handle!);
        }

        _tables = Tables.ToDictionary(table => table.Name, table => (table.Root, table.Columns), StringComparer.Ordinal);
        _lockByte = lockByte;
        SchemaPages = checked((uint)(new FileInfo(path).Length / pageBytes));
        _file = new PageFile(path, pageBytes, lockByte);
    }

    /// <summary>Makes the file from one that has no rows; its header is given when it is finished.</summary>
    internal DatabaseWriter(string path, EmptyDatabase empty)
    {
        (Path, Tables, _lockByte) = (path, empty.Tables, LockByte);
        File.WriteAllBytes(path, empty.Pages);
        _tables = Tables.ToDictionary(table => table.Name, table => (table.Root, table.Columns), StringComparer.Ordinal);
        SchemaPages = (uint)(empty.Pages.Length / empty.PageBytes);
        _file = new PageFile(path, empty.PageBytes, LockByte);
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>How many pages SQLite made for the schema; those of the tables follow.</summary>
    internal uint SchemaPages { get; }

    /// <summary>The tables that can be filled, in the order of the schema.</summary>
    internal IReadOnlyList<(string Name, uint Root, TableColumns Columns)> Tables { get; }

    /// <summary>Begins to fill a table.</summary>
    /// <exception cref="ArgumentException">There is no such table, it is not of the kind that can be filled, or it was begun before.</exception>
    public TableWriter Into(string table) => Into(table, _file);

    /// <summary>Begins to fill a table whose pages are laid out beforehand. Tables begun so may be filled by several threads, each by one.</summary>
    /// <exception cref="ArgumentException">As above.</exception>
    internal TableWriter Into(string table, IReadOnlyList<PageRun> pages)
    {
        var file = new PageFile(Path, _file.PageBytes, _lockByte, pages);
        _planned.Add(file);
        return Into(table, file);
    }

    private TableWriter Into(string table, PageFile file)
    {
        if (!_tables.Remove(table, out var found))
            throw new ArgumentException($"{table} is no table to be filled once from rows in order", nameof(table));
        var writer = new TableWriter(table, found.Columns, new TreeWriter(file, found.Root, found.Columns.IsIndex));
        _writers.Add(writer);
        return writer;
    }

    /// <summary>Writes what is left. Must be called once, after the last row.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Finish()
    {
        FinishTables();
        Span<byte> count = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(count, _file.Count);
        _file.Overwrite(1, CountOffset, count);
    }

    /// <summary>Writes what is left, and a header that is given instead of what SQLite made (file format §1.3).</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    internal void Finish(ReadOnlySpan<byte> header)
    {
        FinishTables();
        _file.Overwrite(1, 0, header);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _file.Dispose();
        foreach (var file in _planned)
            file.Dispose();
    }

    private void FinishTables()
    {
        foreach (var writer in _writers)
            writer.Finish();
        _file.Wait();
        foreach (var file in _planned)
            file.Wait();
    }
}
