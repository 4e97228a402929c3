using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;
using Lacquer.Formats.Catalogues;
using Microsoft.Data.Sqlite;

namespace Lacquer.Formats.Databases;

/// <summary>
/// Reads the tables of a sealed SQLite file that <see cref="DatabaseWriter"/> could have written, page by page and without SQLite (<see href="https://www.sqlite.org/fileformat2.html">file format</see>): any number of
/// cursors at once, each of one thread. The file is mapped into memory. Whatever is not in order is an <see cref="InvalidDataException"/> or <see cref="IndexOutOfRangeException"/>, never a read beside the file.
/// </summary>
internal sealed unsafe class DatabaseReader : IDisposable
{
    /// <summary>Bytes of the header on the first page (file format §1.3).</summary>
    public const int HeaderBytes = 100;

    private const int PageBytesOffset = 16;

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _bytes;

    /// <summary>Opens a file.</summary>
    /// <exception cref="SqliteException">SQLite cannot read its schema.</exception>
    /// <exception cref="InvalidDataException">It is no such file.</exception>
    public DatabaseReader(string path)
    {
        using (var database = SealedDatabase.Open(path))
            Tables = TableColumns.OfAll(database);
        LengthBytes = new FileInfo(path).Length;
        _file = MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, 0, MemoryMappedFileAccess.Read);
        _view = _file.CreateViewAccessor(0, LengthBytes, MemoryMappedFileAccess.Read);
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _bytes);
        var pageBytes = BinaryPrimitives.ReadUInt16BigEndian(new ReadOnlySpan<byte>(_bytes + PageBytesOffset, sizeof(ushort)));
        PageBytes = pageBytes == 1 ? 65536 : pageBytes;
        if (PageBytes < 512 || LengthBytes % PageBytes != 0)
        {
            Dispose();
            throw new InvalidDataException("its pages are not whole");
        }
    }

    /// <summary>Tables, in the order in which they were made.</summary>
    public IReadOnlyList<(string Name, uint Root, TableColumns Columns)> Tables { get; }

    public long LengthBytes { get; }

    public int PageBytes { get; }

    public uint Pages => (uint)(LengthBytes / PageBytes);

    public ReadOnlySpan<byte> Header => new(_bytes, HeaderBytes);

    /// <summary>A page, by its number from 1.</summary>
    /// <exception cref="InvalidDataException">There is none.</exception>
    public ReadOnlySpan<byte> Page(uint number) =>
        number >= 1 && number <= Pages ? new ReadOnlySpan<byte>(_bytes + (number - 1L) * PageBytes, PageBytes) : throw new InvalidDataException($"it has no page {number}");

    /// <summary>The rows of a table.</summary>
    public TableCursor Rows(int table) => new(this, Tables[table].Root, Tables[table].Columns);

    /// <inheritdoc/>
    public void Dispose()
    {
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }
}
