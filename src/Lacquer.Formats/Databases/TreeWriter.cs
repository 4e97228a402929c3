using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Lacquer.Formats.Databases;

/// <summary>
/// Fills one b-tree of a database from records in the order of their keys (file format §1.6): leaves full, extents of them together, then the pages above them. The root takes the place that SQLite gave it.
/// In memory: an extent, and for each leaf its number and the key that parts it from the next.
/// </summary>
internal sealed class TreeWriter
{
    // Bytes before the pointers to cells.
    private const int LeafHeader = 8;
    private const int InteriorHeader = 12;
    private const int PointerBytes = 2;
    private const int PageNumberBytes = 4;
    private const int LeastCell = 4;

    private readonly PageFile _file;
    private readonly uint _root;
    private readonly bool _isIndex;
    private readonly int _mostLocal;
    private readonly int _leastLocal;
    private readonly Level _leaves = new();
    private byte[]? _extent;
    private int _pages;
    private int _cells;
    private int _content;
    private int _lastCell;
    private long _lastRowId;

    /// <summary>Begins a tree.</summary>
    /// <param name="file">Where its pages go.</param>
    /// <param name="root">The page of its root.</param>
    /// <param name="isIndex">Whether it is of records alone (WITHOUT ROWID), not of rowids and records.</param>
    public TreeWriter(PageFile file, uint root, bool isIndex)
    {
        (_file, _root, _isIndex) = (file, root, isIndex);
        var usable = file.PageBytes;
        _mostLocal = isIndex ? (usable - 12) * 64 / 255 - 23 : usable - 35;
        _leastLocal = (usable - 12) * 32 / 255 - 23;
    }

    private Span<byte> Page => _extent.AsSpan(_pages * _file.PageBytes, _file.PageBytes);

    /// <summary>Adds a record.</summary>
    /// <param name="rowId">Above the last one's; means nothing in an index.</param>
    /// <param name="record">In an index, behind the last one.</param>
    public void Add(long rowId, ReadOnlySpan<byte> record)
    {
        Span<byte> head = stackalloc byte[2 * SqliteVarint.MostBytes];
        var headLength = SqliteVarint.Put(head, record.Length);
        if (!_isIndex)
            headLength += SqliteVarint.Put(head[headLength..], rowId);
        var local = Local(record.Length);
        var length = headLength + local + (local < record.Length ? PageNumberBytes : 0);
        var room = Math.Max(length, LeastCell);
        if (_extent is null)
            BeginExtent();
        else if (_content - room < LeafHeader + (_cells + 1) * PointerBytes)
            NextLeaf();
        _content -= room;
        var page = Page;
        var cell = page.Slice(_content, room);
        head[..headLength].CopyTo(cell);
        record[..local].CopyTo(cell[headLength..]);
        if (local < record.Length)
            BinaryPrimitives.WriteUInt32BigEndian(cell[(headLength + local)..], Overflow(record[local..]));
        BinaryPrimitives.WriteUInt16BigEndian(page[(LeafHeader + _cells * PointerBytes)..], (ushort)_content);
        _cells++;
        _lastCell = length;
        _lastRowId = rowId;
    }

    /// <summary>Writes what is left. Must be called once, after the last record.</summary>
    public void Finish()
    {
        // Of a table without rows SQLite made the root.
        if (_extent is null)
            return;
        EndLeaf();
        if (_leaves.Count == 0 && _pages == 0)
        {
            _file.Overwrite(_root, 0, Page);
            return;
        }

        _leaves.Add([]);
        _pages++;
        EndExtent();
        for (var level = _leaves; level.Count > 1;)
            level = Above(level);
    }

    // How much of a record is in its cell; the rest is on overflow pages.
    private int Local(int length)
    {
        if (length <= _mostLocal)
            return length;
        var local = _leastLocal + (length - _leastLocal) % (_file.PageBytes - PageNumberBytes);
        return local <= _mostLocal ? local : _leastLocal;
    }

    // Gives the first of the pages that the bytes are on: each begins with the number of the next, the last with 0.
    private uint Overflow(ReadOnlySpan<byte> bytes)
    {
        var onPage = _file.PageBytes - PageNumberBytes;
        var count = (bytes.Length + onPage - 1) / onPage;
        var pages = new byte[count * (long)_file.PageBytes];
        for (var i = 0; i < count; i++)
        {
            var page = pages.AsSpan(i * _file.PageBytes, _file.PageBytes);
            if (i + 1 < count)
                BinaryPrimitives.WriteUInt32BigEndian(page, _file.Number(_file.Next, i + 1));
            bytes.Slice(i * onPage, Math.Min(onPage, bytes.Length - i * onPage)).CopyTo(page[PageNumberBytes..]);
        }

        return _file.Append(pages);
    }

    private void BeginExtent()
    {
        _extent = _file.Buffer();
        _pages = 0;
        BeginLeaf();
    }

    private void BeginLeaf()
    {
        Page.Clear();
        (_cells, _content) = (0, _file.PageBytes);
    }

    private void NextLeaf()
    {
        if (_isIndex)
        {
            // What parts two leaves of an index is a record above them: the last one of the first. At least four fit into a leaf.
            var cell = Page.Slice(_content, _lastCell);
            _leaves.Add(cell);
            cell.Clear();
            _content += Math.Max(_lastCell, LeastCell);
            Page.Slice(LeafHeader + --_cells * PointerBytes, PointerBytes).Clear();
        }
        else
        {
            Span<byte> key = stackalloc byte[SqliteVarint.MostBytes];
            _leaves.Add(key[..SqliteVarint.Put(key, _lastRowId)]);
        }

        EndLeaf();
        _pages++;
        if (_pages < _file.ExtentPages)
        {
            BeginLeaf();
            return;
        }

        EndExtent();
        BeginExtent();
    }

    private void EndLeaf() => WriteHeader(Page, _isIndex ? PageKind.IndexLeaf : PageKind.TableLeaf, _cells, _content);

    private void EndExtent()
    {
        var first = _file.Append(_extent!, _pages);
        for (var i = 0; i < _pages; i++)
            _leaves.Pages.Add(_file.Number(first, i));
    }

    // The pages above others: each has its children but the last as cells with the key behind them, and the last in its header.
    private Level Above(Level below)
    {
        var above = new Level();
        var page = new byte[_file.PageBytes];
        for (var first = 0; first < below.Count;)
        {
            var last = LastChild(below, first);
            Array.Clear(page);
            var content = page.Length;
            for (var child = first; child < last; child++)
            {
                var key = below.Key(child);
                content -= PageNumberBytes + key.Length;
                BinaryPrimitives.WriteUInt32BigEndian(page.AsSpan(content), below.Pages[child]);
                key.CopyTo(page.AsSpan(content + PageNumberBytes));
                BinaryPrimitives.WriteUInt16BigEndian(page.AsSpan(InteriorHeader + (child - first) * PointerBytes), (ushort)content);
            }

            WriteHeader(page, _isIndex ? PageKind.IndexInterior : PageKind.TableInterior, last - first, content);
            BinaryPrimitives.WriteUInt32BigEndian(page.AsSpan(LeafHeader), below.Pages[last]);
            if (first == 0 && last == below.Count - 1)
            {
                _file.Overwrite(_root, 0, page);
                above.Pages.Add(_root);
            }
            else
            {
                above.Pages.Add(_file.Append(page));
            }

            above.Add(below.Key(last));
            first = last + 1;
        }

        return above;
    }

    private int LastChild(Level below, int first)
    {
        var room = _file.PageBytes - InteriorHeader;
        var last = first;
        while (last < below.Count - 1 && (room -= PageNumberBytes + below.Key(last).Length + PointerBytes) >= 0)
            last++;
        // A page of one child would have no cell, which SQLite takes for damage.
        return last == below.Count - 2 ? last - 1 : last;
    }

    private static void WriteHeader(Span<byte> page, PageKind kind, int cells, int content)
    {
        page[0] = (byte)kind;
        BinaryPrimitives.WriteUInt16BigEndian(page[3..], (ushort)cells);
        // 65536 is written as 0.
        BinaryPrimitives.WriteUInt16BigEndian(page[5..], (ushort)content);
    }

    private enum PageKind : byte
    {
        IndexInterior = 2,
        TableInterior = 5,
        IndexLeaf = 10,
        TableLeaf = 13,
    }

    /// <summary>Pages of one level of the tree, and behind each the key that parts it from the next; none behind the last.</summary>
    private sealed class Level
    {
        private readonly List<byte> _keys = [];
        private readonly List<int> _ends = [];

        public List<uint> Pages { get; } = [];

        /// <summary>How many keys there are, which is how many pages when the level is whole.</summary>
        public int Count => _ends.Count;

        public void Add(ReadOnlySpan<byte> key)
        {
            _keys.AddRange(key);
            _ends.Add(_keys.Count);
        }

        public ReadOnlySpan<byte> Key(int page) => CollectionsMarshal.AsSpan(_keys)[(page == 0 ? 0 : _ends[page - 1]).._ends[page]];
    }
}
