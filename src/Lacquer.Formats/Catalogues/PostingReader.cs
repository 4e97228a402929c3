using System.Buffers.Binary;
using System.Text;
using Lacquer.Formats.Findings;

namespace Lacquer.Formats.Catalogues;

/// <summary>
/// Reads the lists of ranks of an FTS5 table as <see cref="SegmentWriter"/> writes them: one segment, no positions. FTS5 answers a word soonest by itself; where several words must all be there, or any of a
/// thousand that begin alike, it decodes and compares rank by rank through layers of iterators, and leaves decoded here in one go are an order of magnitude sooner through.
/// </summary>
/// <param name="database">The open database, with <c>search.sqlite</c> attached as <c>search</c>; not closed here.</param>
/// <param name="table">The full-text table.</param>
public sealed class PostingReader(SQLitePCL.sqlite3 database, string table) : IDisposable
{
    internal const int HeaderBytes = 4;
    private const long FirstLeaf = 1L << 37;
    private const long AfterLeaves = FirstLeaf + (1L << 31);
    private const int LongestTerm = 512;
    private const byte MainPrefix = (byte)'0';

    private readonly Statement _leaf = new(database, $"SELECT block FROM search.{table}_data WHERE id = ?1");
    private readonly Statement _pageOf = new(database, $"SELECT pgno >> 1 FROM search.{table}_idx WHERE segid = 1 AND term <= ?1 ORDER BY term DESC LIMIT 1");
    private readonly Statement _pageAfter = new(database, $"SELECT pgno >> 1 FROM search.{table}_idx WHERE segid = 1 AND term > ?1 ORDER BY term LIMIT 1");
    private readonly Statement _lastLeaf = new(database, $"SELECT max(id) FROM search.{table}_data WHERE id < {AfterLeaves}");
    private long _leaves = -1;

    private long Leaves
    {
        get
        {
            if (_leaves < 0)
            {
                _leaves = _lastLeaf.Step() && _lastLeaf.Int64(0) > FirstLeaf ? _lastLeaf.Int64(0) - FirstLeaf : 0;
                _lastLeaf.Reset();
            }

            return _leaves;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _leaf.Dispose();
        _pageOf.Dispose();
        _pageAfter.Dispose();
        _lastLeaf.Dispose();
    }

    /// <summary>How many leaves of the index the terms of a range lie on, at most.</summary>
    public long LeavesOf(TermRange range)
    {
        var key = Key(range.Text);
        return PageAfter(range.IsPrefix ? [.. key, 0xFF] : key) - PageOf(key) + 1;
    }

    /// <summary>The ranks of one term of the index.</summary>
    /// <exception cref="LacquerException">It is not there, or the index is damaged.</exception>
    public PostingCursor Open(string term)
    {
        var key = Key(term);
        var first = PageOf(key);
        var leaf = Read(first);
        var terms = new LeafTerms(this, leaf);
        while (terms.Next())
            if (terms.Text.SequenceEqual(key))
                return new PostingCursor(this, leaf, first, terms.From, terms.To, terms.IsLast ? PageAfter(key) : first);
        throw Damaged();
    }

    /// <summary>Sets the bit of each rank that a term of the range has.</summary>
    /// <param name="range">The term, or how the terms begin.</param>
    /// <param name="bits">A bit for each rank that there can be.</param>
    /// <returns>How many ranks were met; one that several terms have, as often.</returns>
    /// <exception cref="LacquerException">The index is damaged.</exception>
    public long Mark(TermRange range, ulong[] bits)
    {
        var key = Key(range.Text);
        long count = 0;
        var isWithin = false;
        var last = Leaves;
        for (var page = PageOf(key); page <= last; page++)
        {
            var leaf = Read(page);
            var terms = new LeafTerms(this, leaf);
            if (isWithin)
                count += MarkPart(leaf, FirstRankOffset(leaf), terms.First, bits);
            while (terms.Next())
            {
                isWithin = range.IsPrefix ? terms.Text.StartsWith(key) : terms.Text.SequenceEqual(key);
                if (isWithin)
                    count += MarkPart(leaf, terms.From, terms.To, bits);
                else if (terms.Text.SequenceCompareTo(key) > 0)
                    return count;
            }
        }

        return count;
    }

    private long MarkPart(byte[] leaf, int from, int to, ulong[] bits)
    {
        if (from < HeaderBytes || from >= to)
            return 0;
        long rank = 0, count = 0;
        foreach (var next in new Varints(leaf, from, to))
        {
            rank += next;
            if ((ulong)(rank >> 6) >= (ulong)bits.LongLength)
                throw Damaged();
            bits[rank >> 6] |= 1UL << (int)rank;
            count++;
        }

        return count;
    }

    private static byte[] Key(string text)
    {
        var key = new byte[Encoding.UTF8.GetByteCount(text) + 1];
        key[0] = MainPrefix;
        Encoding.UTF8.GetBytes(text, key.AsSpan(1));
        return key;
    }

    // The leaf on which a term would begin.
    private long PageOf(ReadOnlySpan<byte> key) => Page(_pageOf, key, 1);

    // The next leaf that begins with greater terms than this one's leaf, after which nothing of the term can stand.
    private long PageAfter(ReadOnlySpan<byte> key) => Page(_pageAfter, key, Leaves);

    private static long Page(Statement statement, ReadOnlySpan<byte> key, long otherwise)
    {
        statement.BindBlob(1, key);
        try
        {
            return statement.Step() ? statement.Int64(0) : otherwise;
        }
        finally
        {
            statement.Reset();
        }
    }

    internal byte[] Read(long page)
    {
        _leaf.Bind(1, FirstLeaf + page);
        try
        {
            var leaf = _leaf.Step() ? _leaf.Blob(0).ToArray() : [];
            if (leaf.Length < HeaderBytes || Size(leaf) < HeaderBytes || Size(leaf) > leaf.Length || FirstRankOffset(leaf) > Size(leaf))
                throw Damaged();
            return leaf;
        }
        finally
        {
            _leaf.Reset();
        }
    }

    internal static int FirstRankOffset(byte[] leaf) => BinaryPrimitives.ReadUInt16BigEndian(leaf);

    private static int Size(byte[] leaf) => BinaryPrimitives.ReadUInt16BigEndian(leaf.AsSpan(2));

    internal LacquerException Damaged() => new(Failure.Damaged, $"the index {table} in {CatalogueReader.SearchFileName} cannot be read", $"delete the file; {CatalogueReader.MadeAgain}");

    /// <summary>The terms that begin on a leaf, and where their ranks stand on it.</summary>
    internal ref struct LeafTerms
    {
        private readonly PostingReader _reader;
        private readonly byte[] _leaf;
        private byte[] _text = [];
        private int _length;
        private int _offset;
        private int _footer;

        public LeafTerms(PostingReader reader, byte[] leaf)
        {
            (_reader, _leaf, _footer) = (reader, leaf, Size(leaf));
            First = NextOffset(0);
        }

        /// <summary>Where the first term begins, or the end of the leaf's ranks.</summary>
        public int First { get; }

        public int From { get; private set; }

        public int To { get; private set; }

        public readonly bool IsLast => To == Size(_leaf);

        public readonly ReadOnlySpan<byte> Text => _text.AsSpan(0, _length);

        public bool Next()
        {
            var begin = _offset == 0 ? First : To;
            if (begin >= Size(_leaf))
                return false;
            var isFirst = _offset == 0;
            if (isFirst)
                _text = new byte[LongestTerm];
            _offset = begin;
            To = NextOffset(begin);
            var at = begin;
            var shared = isFirst ? 0 : Take(ref at);
            var rest = Take(ref at);
            if (shared > _length || shared + rest > _text.Length || at + rest > To)
                throw _reader.Damaged();
            _leaf.AsSpan(at, rest).CopyTo(_text.AsSpan(shared));
            _length = shared + rest;
            From = at + rest;
            return true;
        }

        private int NextOffset(int offset)
        {
            if (_footer >= _leaf.Length)
                return Size(_leaf);
            var next = offset + Take(ref _footer);
            return next <= offset || next < HeaderBytes || next >= Size(_leaf) ? throw _reader.Damaged() : next;
        }

        private readonly int Take(ref int at)
        {
            var value = 0;
            for (var i = 0; i < 3 && at < _leaf.Length; i++)
            {
                var part = _leaf[at++];
                value = (value << 7) | (part & 0x7F);
                if (part < 0x80)
                    return value;
            }

            throw _reader.Damaged();
        }
    }

    /// <summary>SQLite's variable-length integers: seven bits to a byte, the highest first, the high bit set on all bytes but the last. One that is cut off at the end is left out.</summary>
    internal ref struct Varints(byte[] bytes, int from, int to)
    {
        private readonly ReadOnlySpan<byte> _bytes = bytes.AsSpan(from, to - from);
        private int _at;

        public long Current { get; private set; }

        public readonly Varints GetEnumerator() => this;

        public bool MoveNext()
        {
            long value = 0;
            while ((uint)_at < (uint)_bytes.Length)
            {
                var part = _bytes[_at++];
                if (part < 0x80)
                {
                    Current = (value << 7) | part;
                    return true;
                }

                value = (value << 7) | (uint)(part & 0x7F);
            }

            return false;
        }
    }
}

/// <summary>The ranks of one term, in order, from the first or from any other on.</summary>
public sealed class PostingCursor
{
    private readonly PostingReader _reader;
    private readonly long _lastPage;
    private readonly Dictionary<long, long> _firstRanks = [];
    private long[] _ranks = new long[1024];
    private int _count;
    private int _at;
    private long _page;

    internal PostingCursor(PostingReader reader, byte[] leaf, long page, int from, int to, long lastPage)
    {
        (_reader, _page, _lastPage) = (reader, page, lastPage);
        Decode(leaf, from, to);
    }

    /// <summary>The first rank that is not smaller, or <see cref="long.MaxValue"/>. What is asked for never becomes smaller.</summary>
    /// <exception cref="LacquerException">The index is damaged.</exception>
    public long SkipTo(long rank)
    {
        while (true)
        {
            if (_count > 0 && rank <= _ranks[_count - 1])
            {
                // Mostly it is near: in steps that grow, then in halves.
                var (low, step) = (_at, 1);
                while (low + step < _count && _ranks[low + step] < rank)
                {
                    low += step;
                    step <<= 1;
                }

                var high = Math.Min(low + step, _count - 1);
                while (low < high)
                {
                    var middle = (low + high) >> 1;
                    if (_ranks[middle] < rank) low = middle + 1;
                    else high = middle;
                }

                _at = low;
                return _ranks[low];
            }

            if (_page >= _lastPage)
            {
                _at = _count;
                return long.MaxValue;
            }

            Turn(PageWith(rank));
        }
    }

    // The last leaf that begins with a rank up to this one, or the next where none of the later does. Ranks of a word lie about evenly, so where it stands can be guessed.
    private long PageWith(long rank)
    {
        var (low, lowRank) = (_page + 1, FirstRank(_page + 1));
        if (lowRank >= rank)
            return low;
        var (high, highRank) = (_lastPage + 1, -1L);
        for (var tries = 0; high - low > 1; tries++)
        {
            var span = high - low;
            var middle = low + span / 2;
            if (tries == 0 && highRank < 0)
            {
                // What a leaf spans here tells how far to go.
                var perPage = Math.Max(1, lowRank - (_count > 0 ? _ranks[0] : 0));
                middle = low + Math.Clamp((rank - lowRank) / perPage, 1, span - 1);
            }
            else if (highRank > lowRank && tries < 5)
            {
                middle = low + Math.Clamp((long)((double)(rank - lowRank) / (highRank - lowRank) * span), 1, span - 1);
            }

            var found = FirstRank(middle);
            if (found <= rank) (low, lowRank) = (middle, found);
            else (high, highRank) = (middle, found == long.MaxValue ? -1 : found);
        }

        return low;
    }

    private long FirstRank(long page)
    {
        if (_firstRanks.TryGetValue(page, out var known))
            return known;
        var leaf = _reader.Read(page);
        var (from, to) = Part(leaf);
        var first = long.MaxValue;
        if (from < to)
        {
            foreach (var rank in new PostingReader.Varints(leaf, from, to))
            {
                first = rank;
                break;
            }
        }

        return _firstRanks[page] = first;
    }

    private void Turn(long page)
    {
        var leaf = _reader.Read(page);
        var (from, to) = Part(leaf);
        _page = page;
        Decode(leaf, from, to);
    }

    // What stands before the first term of a leaf belongs to the last term before.
    private (int From, int To) Part(byte[] leaf)
    {
        var to = new PostingReader.LeafTerms(_reader, leaf).First;
        return PostingReader.FirstRankOffset(leaf) is >= PostingReader.HeaderBytes and var from && from < to ? (from, to) : (to, to);
    }

    private void Decode(byte[] leaf, int from, int to)
    {
        (_count, _at) = (0, 0);
        if (to - from > _ranks.Length)
            _ranks = new long[to - from];
        long rank = 0;
        foreach (var next in new PostingReader.Varints(leaf, from, to))
        {
            if (next <= 0 || (rank += next) >= LookupBlock.ValueLimit)
                throw _reader.Damaged();
            _ranks[_count++] = rank;
        }
    }
}
