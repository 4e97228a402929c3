using Microsoft.Win32.SafeHandles;

namespace Lacquer.Formats.Databases;

/// <summary>Pages of a database file that lie one behind another, but for the page that SQLite locks.</summary>
/// <param name="First">The number of the first.</param>
/// <param name="Count">How many, the locked one not counted.</param>
internal readonly record struct PageRun(uint First, uint Count);

/// <summary>
/// The pages of a database file behind those that SQLite made: given out in ascending order, all that follow or those of given runs, and written while the caller fills the next.
/// </summary>
internal sealed class PageFile : IDisposable
{
    // How many pages lie together.
    private const int MostExtentPages = 64;

    private readonly SafeFileHandle _file;
    private readonly uint _lockPage;
    private readonly IReadOnlyList<PageRun>? _runs;
    private int _run;
    private uint _left;
    private uint _next;
    private byte[]? _spare;
    private byte[]? _underWay;
    private Task _writing = Task.CompletedTask;

    /// <summary>Opens a file.</summary>
    /// <param name="path">A database.</param>
    /// <param name="pageBytes">Bytes of its pages.</param>
    /// <param name="lockByte">Where SQLite locks: nothing is ever on the page that this byte is of (file format §1.4).</param>
    /// <param name="runs">The only pages that are given out; null: all behind the last.</param>
    public PageFile(string path, int pageBytes, long lockByte, IReadOnlyList<PageRun>? runs = null)
    {
        PageBytes = pageBytes;
        _file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        _lockPage = checked((uint)(lockByte / pageBytes) + 1);
        _next = checked((uint)(RandomAccess.GetLength(_file) / pageBytes) + 1);
        _runs = runs;
        ExtentPages = runs is null ? MostExtentPages : (int)Math.Clamp(runs.Sum(run => (long)run.Count), 1, MostExtentPages);
    }

    public int PageBytes { get; }

    /// <summary>How many pages lie together, so far as there are so many.</summary>
    public int ExtentPages { get; }

    /// <summary>How many pages the file has.</summary>
    public uint Count => _next - 1 == _lockPage ? _next - 2 : _next - 1;

    /// <summary>The number that the next page will have.</summary>
    public uint Next
    {
        get
        {
            if (_runs is not null && _left == 0)
                NextRun();
            return _next;
        }
    }

    /// <summary>The number of a page that was added together with another.</summary>
    /// <param name="first">The number of the first.</param>
    /// <param name="index">How many pages there are between them, and one.</param>
    public uint Number(uint first, int index)
    {
        var number = checked(first + (uint)index);
        return first < _lockPage && number >= _lockPage ? number + 1 : number;
    }

    /// <summary>A buffer for an extent, with anything in it.</summary>
    public byte[] Buffer()
    {
        var buffer = _spare ?? GC.AllocateUninitializedArray<byte>(ExtentPages * PageBytes);
        _spare = null;
        return buffer;
    }

    /// <summary>Adds pages at the end of the file and gives the number of the first. They are written meanwhile, and the buffer is no longer the caller's.</summary>
    public uint Append(byte[] buffer, int pages)
    {
        Wait();
        (_spare, _underWay) = (_underWay, buffer);
        var first = Take(pages);
        _writing = Task.Run(() => Write(first, buffer.AsSpan(0, pages * PageBytes)));
        return first;
    }

    /// <summary>Adds pages at the end of the file, writes them and gives the number of the first.</summary>
    public uint Append(ReadOnlySpan<byte> pages)
    {
        var first = Take(pages.Length / PageBytes);
        Write(first, pages);
        return first;
    }

    /// <summary>Writes bytes of a page that was there from the beginning.</summary>
    public void Overwrite(uint page, int offset, ReadOnlySpan<byte> bytes) => RandomAccess.Write(_file, bytes, (page - 1L) * PageBytes + offset);

    /// <summary>Returns when everything is written.</summary>
    public void Wait() => _writing.GetAwaiter().GetResult();

    public void Dispose()
    {
        // Whoever stops early asks for no result.
        Task.WaitAny([_writing], CancellationToken.None);
        _file.Dispose();
    }

    private uint Take(int pages)
    {
        var first = Next;
        if (_runs is not null)
        {
            if (pages > _left)
                throw new InvalidDataException("a table has more pages than are laid out for it");
            _left -= (uint)pages;
        }

        _next = Number(first, pages);
        return first;
    }

    private void NextRun()
    {
        var run = _run < _runs!.Count ? _runs[_run++] : default;
        (_next, _left) = (run.First, run.Count);
    }

    private void Write(uint first, ReadOnlySpan<byte> pages)
    {
        var before = first < _lockPage ? (int)Math.Min(pages.Length, (_lockPage - first) * (long)PageBytes) : pages.Length;
        Overwrite(first, 0, pages[..before]);
        if (before < pages.Length)
            Overwrite(_lockPage + 1, 0, pages[before..]);
    }
}
