using System.Globalization;
using System.IO.MemoryMappedFiles;
using System.Numerics;
using System.Runtime.CompilerServices;
using Lacquer.Formats.Findings;
using Lacquer.Stages.Workbench;
using Microsoft.Win32.SafeHandles;

namespace Lacquer.Stages.Cataloguing.Staging;

/// <summary>
/// Makes a stage's columns: in memory as long as all that are there together stay within the limit, then in mapped files of the build's folder, whose pages the system writes out when it needs the memory. All are gone when this is
/// disposed of. One thread at a time.
/// </summary>
internal sealed class Columns : IDisposable
{
    private const string Prefix = "column-";

    private readonly string _folder;
    private readonly long _memoryBytes;
    private readonly HashSet<IDisposable> _columns = [];
    private long _used;
    private int _files;

    /// <summary>Begins, and removes what a killed build left.</summary>
    /// <param name="folder">Where files go, and are made at their full size, so that a full disk is met here.</param>
    /// <param name="memoryBytes">What all columns may take together.</param>
    public Columns(string folder, long memoryBytes)
    {
        (_folder, _memoryBytes) = (folder, memoryBytes);
        foreach (var left in Directory.GetFiles(folder, Prefix + "*"))
            File.Delete(left);
    }

    /// <summary>What brief columns may take now. A quarter of the limit is kept for them.</summary>
    public long BriefBytes => Math.Max(_memoryBytes - _used, 0);

    /// <summary>How many cores may work, where each needs memory beside columns: four, and of more as many as an eighth of the limit is enough for.</summary>
    public int CoresOf(long bytes) => (int)Math.Min(Environment.ProcessorCount, 4 + _memoryBytes / 8 / bytes);

    /// <summary>A column that stays for most of a stage.</summary>
    /// <exception cref="LacquerException">The disk is full.</exception>
    public Column<T> New<T>(long length)
        where T : unmanaged => Make<T>(length, _memoryBytes - _memoryBytes / 4);

    /// <summary>A column that is disposed of before long.</summary>
    /// <exception cref="LacquerException">The disk is full.</exception>
    public Column<T> Brief<T>(long length)
        where T : unmanaged => Make<T>(length, _memoryBytes);

    /// <summary>The items of a staged file of a fixed-size kind: in memory, or the file itself.</summary>
    public Column<T> Read<T>(string path)
        where T : unmanaged
    {
        var bytes = new FileInfo(path).Length;
        var length = bytes / Unsafe.SizeOf<T>();
        if (!IsWithin(bytes, _memoryBytes - _memoryBytes / 4) && length > 0)
        {
            var file = File.OpenHandle(path);
            using var map = MemoryMappedFile.CreateFromFile(file, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
            return Keep(new Column<T>(length, file, map.CreateViewAccessor(0, bytes, MemoryMappedFileAccess.Read).SafeMemoryMappedViewHandle, Gone));
        }

        var column = New<T>(length);
        StagedFiles.ForEach<T>(path, (start, items) => items.Span.CopyTo(column.Span(start, items.Length)));
        return column;
    }

    /// <summary>A column that grows.</summary>
    public ColumnList<T> List<T>()
        where T : unmanaged => new(this);

    /// <summary>Numbers by hash.</summary>
    public HashIndex<THash> Index<THash>()
        where THash : unmanaged, IBinaryInteger<THash> => new(this);

    public void Dispose()
    {
        foreach (var column in _columns.ToList())
            column.Dispose();
    }

    private bool IsWithin(long bytes, long most) => _used + bytes <= most;

    private Column<T> Make<T>(long length, long most)
        where T : unmanaged
    {
        var bytes = checked(length * Unsafe.SizeOf<T>());
        if (length == 0 || IsWithin(bytes, most))
            return Keep(new Column<T>(length, Gone));
        var path = Path.Combine(_folder, string.Create(CultureInfo.InvariantCulture, $"{Prefix}{++_files:000000}.tmp"));
        var file = Create(path, bytes);
        try
        {
            RandomAccess.SetLength(file, bytes);
            using var map = MemoryMappedFile.CreateFromFile(file, null, bytes, MemoryMappedFileAccess.ReadWrite, HandleInheritability.None, leaveOpen: true);
            return Keep(new Column<T>(length, file, map.CreateViewAccessor(0, bytes).SafeMemoryMappedViewHandle, Gone));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    // At its full size: a disk that is full when a mapped page is written ends the process.
    private static SafeFileHandle Create(string path, long bytes)
    {
        try
        {
            return File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, FileOptions.DeleteOnClose, bytes);
        }
        catch (IOException e) when (new DriveInfo(Path.GetDirectoryName(path)!).AvailableFreeSpace < bytes)
        {
            // What is thrown for this has no number by which it could be known.
            throw Durable.DiskFull(path, e);
        }
    }

    private Column<T> Keep<T>(Column<T> column)
        where T : unmanaged
    {
        _columns.Add(column);
        if (!column.IsMapped)
            _used += column.Bytes;
        return column;
    }

    private void Gone<T>(Column<T> column)
        where T : unmanaged
    {
        _columns.Remove(column);
        if (!column.IsMapped)
            _used -= column.Bytes;
    }
}
