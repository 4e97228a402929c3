using System.Buffers.Binary;
using Lacquer.Formats.Databases;
using SQLitePCL;

namespace Lacquer.Formats.Catalogues;

/// <summary>
/// Writes the index of an empty FTS5 table (contentless, <c>detail=none</c>, <c>columnsize=0</c>, one column) as one segment, byte for byte as SQLite's own merge of segments does (fts5_index.c, whose head
/// describes the format; <c>fts5WriteAppendTerm</c> and what follows it say where pages end). Terms come in the order of their bytes, ranks in order.
/// </summary>
internal sealed class SegmentWriter : IDisposable
{
    // FTS5's default; two leaves fill a page of 8192 bytes.
    private const int PageBytes = 4050;
    private const int HeaderBytes = 4;

    // A doclist over so many leaves without a term gets an index of its own.
    private const int LeavesForIndex = 4;

    private const long AveragesId = 1, StructureId = 10, Segment = 1;
    private const byte MainPrefix = (byte)'0';

    private readonly string _table;
    private readonly sqlite3 _database;
    private readonly Statement _data;
    private readonly Statement _index;
    private readonly byte[] _page = new byte[PageBytes * 2];
    private readonly byte[] _footer = new byte[PageBytes * 2];
    private readonly List<DoclistIndex> _doclist = [new DoclistIndex()];
    // Their ids lie behind those of all leaves: written in between they would break up the pages of SQLite's tree.
    private readonly List<(long Id, byte[] Block)> _doclistPages = [];
    private byte[] _term = new byte[256];
    private int _termLength;
    private byte[] _firstTerm = [];
    private long _firstTermPage = 1;
    private int _length = HeaderBytes;
    private int _footerLength;
    private int _lastTermOffset;
    private long _number = 1;
    private int _emptyLeaves;
    private bool _hasTerm, _hasRank;
    private bool _isFirstOfTerm;
    private long _lastRank;
    private long _difference;

    public SegmentWriter(sqlite3 database, string table)
    {
        (_database, _table) = (database, table);
        _data = new Statement(database, $"INSERT INTO {table}_data VALUES(?1, ?2)");
        _index = new Statement(database, $"INSERT INTO {table}_idx VALUES({Segment}, ?1, ?2)");
    }

    /// <summary>Begins a term.</summary>
    public void Term(ReadOnlySpan<byte> text)
    {
        var length = text.Length + 1;
        if (length > _term.Length)
            throw new ArgumentException("a term is at most 255 bytes long", nameof(text));
        Span<byte> term = stackalloc byte[length];
        term[0] = MainPrefix;
        text.CopyTo(term[1..]);

        if (_length + _footerLength + length + 2 >= PageBytes && _length > HeaderBytes)
            EndLeaf();
        _footerLength += SqliteVarint.Put(_footer.AsSpan(_footerLength), _length - _lastTermOffset);
        _lastTermOffset = _length;
        var shared = term.CommonPrefixLength(_term.AsSpan(0, _termLength));
        if (_hasTerm)
        {
            _length += SqliteVarint.Put(_page.AsSpan(_length), shared);
        }
        else
        {
            if (_number != 1)
            {
                EndTermPage();
                // A beginning that tells the term from the one before is enough to find the page.
                _firstTerm = term[..(_termLength == 0 ? length : shared + 1)].ToArray();
                _firstTermPage = _number;
            }

            shared = 0;
        }

        _length += SqliteVarint.Put(_page.AsSpan(_length), length - shared);
        term[shared..].CopyTo(_page.AsSpan(_length));
        _length += length - shared;
        term.CopyTo(_term);
        _termLength = length;
        _hasTerm = _hasRank = _isFirstOfTerm = true;
        _doclist[0].Page = _number;
    }

    /// <summary>Adds a rank to the term.</summary>
    public void Rank(long rank)
    {
        if (_length + _footerLength >= PageBytes)
            EndLeaf();
        if (!_hasRank)
        {
            BinaryPrimitives.WriteUInt16BigEndian(_page, (ushort)_length);
            AppendToDoclistIndex(rank);
        }

        _length += SqliteVarint.Put(_page.AsSpan(_length), _isFirstOfTerm || !_hasRank ? rank : rank - _lastRank);
        _lastRank = rank;
        _isFirstOfTerm = false;
        _hasRank = true;
    }

    /// <summary>Adds ranks to the term by their differences, in variable-length integers; the last may go on in the next call.</summary>
    public void Differences(ReadOnlySpan<byte> bytes)
    {
        var page = _page;
        foreach (var next in bytes)
        {
            if (next < 0x80 && _difference == 0 && _hasRank && !_isFirstOfTerm && _length + _footerLength < PageBytes)
            {
                // Most are one byte long, and are written as they stand.
                page[_length++] = next;
                _lastRank += next;
                continue;
            }

            _difference = (_difference << 7) | (uint)(next & 0x7F);
            if (next >= 0x80)
                continue;
            Rank(_lastRank + _difference);
            _difference = 0;
        }
    }

    /// <summary>Writes what is left and the records about the whole.</summary>
    /// <param name="rows">How many entities there are.</param>
    /// <param name="tokens">How many terms they have together.</param>
    public void Finish(long rows, long tokens)
    {
        if (_length > HeaderBytes)
            EndLeaf();
        if (_number > 1)
            EndTermPage();
        foreach (var (id, block) in _doclistPages)
            _data.Bind(1, id).BindBlob(2, block).Run();

        Span<byte> record = stackalloc byte[64];
        var length = SqliteVarint.Put(record, rows);
        length += SqliteVarint.Put(record[length..], tokens);
        Replace(AveragesId, record[..length]);

        // The record begins with a number by which FTS5 knows whether its settings have changed: it stays.
        Setting().CopyTo(record);
        length = sizeof(uint);
        var leaves = _number - 1;
        if (leaves == 0)
            return;
        // One level, one segment, so many leaves written; of the level: nothing being merged, one segment; of that: id, first leaf, last leaf.
        foreach (var value in (ReadOnlySpan<long>)[1, 1, leaves, 0, 1, Segment, 1, leaves])
            length += SqliteVarint.Put(record[length..], value);
        Replace(StructureId, record[..length]);
    }

    public void Dispose()
    {
        _data.Dispose();
        _index.Dispose();
    }

    private void EndLeaf()
    {
        BinaryPrimitives.WriteUInt16BigEndian(_page.AsSpan(2), (ushort)_length);
        if (_hasTerm)
        {
            _footer.AsSpan(0, _footerLength).CopyTo(_page.AsSpan(_length));
            _length += _footerLength;
        }
        else
        {
            // Neither term nor rank happens only where a list of positions fills a leaf, and here there are none.
            _emptyLeaves++;
        }

        _data.Bind(1, LeafId(_number)).BindBlob(2, _page.AsSpan(0, _length)).Run();
        _page.AsSpan(0, HeaderBytes).Clear();
        _length = HeaderBytes;
        _footerLength = _lastTermOffset = 0;
        _number++;
        _hasTerm = _hasRank = false;
    }

    // The last term of a leaf is over: where it went on over many leaves, its index is written.
    private void EndTermPage()
    {
        var isIndexed = _doclist[0].Bytes.Count > 0 && _emptyLeaves >= LeavesForIndex;
        for (var level = 0; level < _doclist.Count; level++)
        {
            var node = _doclist[level];
            if (node.Bytes.Count == 0)
                break;
            if (isIndexed)
                _doclistPages.Add((DoclistIndexId(level, node.Page), [.. node.Bytes]));
            node.Bytes.Clear();
        }

        _emptyLeaves = 0;
        _index.BindBlob(1, _firstTerm).Bind(2, (_firstTermPage << 1) | (isIndexed ? 1L : 0)).Run();
    }

    // The rank is the first of its leaf.
    private void AppendToDoclistIndex(long rank)
    {
        var isDone = false;
        for (var level = 0; !isDone; level++)
        {
            var node = _doclist[level];
            if (node.Bytes.Count >= PageBytes)
            {
                // Full: its successor's first rank goes one level up, and if it was the root, its own too.
                node.Bytes[0] = 1;
                _doclistPages.Add((DoclistIndexId(level, node.Page), [.. node.Bytes]));
                if (_doclist.Count == level + 1)
                    _doclist.Add(new DoclistIndex());
                var above = _doclist[level + 1];
                if (above.Bytes.Count == 0)
                {
                    above.Page = node.Page;
                    above.Begin(0, node.Page, node.First);
                }

                node.Bytes.Clear();
                node.Page++;
            }
            else
            {
                isDone = true;
            }

            if (node.Bytes.Count > 0)
                node.Append(rank);
            else
                node.Begin(isDone ? (byte)0 : (byte)1, level == 0 ? _number : _doclist[level - 1].Page, rank);
        }
    }

    private static long LeafId(long number) => (Segment << 37) + number;

    private static long DoclistIndexId(int height, long number) => (Segment << 37) + (1L << 36) + ((long)height << 31) + number;

    private byte[] Setting()
    {
        using var record = new Statement(_database, $"SELECT block FROM {_table}_data WHERE id = {StructureId}");
        return record.Step() ? record.Blob(0)[..sizeof(uint)].ToArray() : new byte[sizeof(uint)];
    }

    private void Replace(long id, ReadOnlySpan<byte> block)
    {
        using var replace = new Statement(_database, $"REPLACE INTO {_table}_data VALUES(?1, ?2)");
        replace.Bind(1, id).BindBlob(2, block).Run();
    }

    /// <summary>A page of the index of a long doclist that is being filled: the first rank of each leaf, or of each page below.</summary>
    private sealed class DoclistIndex
    {
        private long _last;

        public List<byte> Bytes { get; } = [];

        public long Page { get; set; }

        public long First { get; private set; }

        public void Begin(byte flags, long child, long rank)
        {
            Bytes.Add(flags);
            Put(child);
            Put(rank);
            First = _last = rank;
        }

        public void Append(long rank)
        {
            Put(rank - _last);
            _last = rank;
        }

        private void Put(long value)
        {
            Span<byte> bytes = stackalloc byte[SqliteVarint.MostBytes];
            Bytes.AddRange(bytes[..SqliteVarint.Put(bytes, value)]);
        }
    }
}
