using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Lacquer.Formats.Identity;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Lacquer.Formats.Catalogues;

/// <summary>
/// Builds <c>search.sqlite</c> from texts that are pushed into it: first the credits that entities name, then artists, releases and recordings, each kind in rank order, all releases before the first
/// recording. The same texts give the same bytes, however much memory there is and in whatever order the kinds come. One thread at a time.
/// </summary>
/// <remarks>
/// Nothing is asked of FTS5 but to make its tables: posting lists are gathered here and written as the segment that its own optimizing would leave (docs/decisions/search-segments.md).
/// Texts are UTF-8, one name a line; bytes that are not count as separators.
/// </remarks>
public sealed class SearchBuilder : IDisposable
{
    // Longer tokens are rare and hardly recur.
    private const int LongestKept = 256;

    // However little memory is allowed, runs are not smaller than this, nor than these many bytes for each term known.
    private const int LeastRunBytes = 512 << 10;
    private const int LeastRunBytesOfTerm = 64;

    // Words that are looked up together.
    private const int MostWaiting = 16;

    // What a byte does to a word: zero parts words; an apostrophe is passed over; a byte that is not ASCII needs the long way; letters and digits stand for themselves, in lower case.
    private const byte Passed = 1, Other = 2;
    private static readonly byte[] Classes = [.. Enumerable.Range(0, 256).Select(Class)];

    private readonly string _scratchFolder;
    private readonly long _memoryBytes;
    private readonly long _keptBytes;
    private readonly ByteStrings _terms = new();
    private readonly ByteStrings _tokens = new();
    private readonly NumberLists _termsOfTokens = new();
    private readonly NumberLists _termsOfCredits = new();
    private readonly NumberLists _termsOfReleases = new();
    private readonly Kind[] _kinds = [.. Enum.GetValues<EntityKind>().Order().Select(kind => new Kind(SearchSchema.Name(kind)))];
    private readonly Kind _recordings, _releases, _artists;
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
    private readonly List<string> _found = [];
    private readonly byte[] _words = new byte[SearchTerms.LongestTerm * MostWaiting];
    private readonly int[] _ends = new int[MostWaiting];
    private readonly uint[] _hashes = new uint[MostWaiting];
    private int _waiting;
    private readonly byte[] _termBytes = new byte[SearchTerms.LongestTerm * 3];
    private int[] _ids = new int[256];
    private int _count;
    private int _runs;

    /// <summary>Begins.</summary>
    /// <param name="scratchFolder">Where posting lists are set aside when they outgrow the memory; what is put there is gone when this is disposed of.</param>
    /// <param name="memoryBytes">How much memory to use, about. The distinct terms (some 60 bytes each) and the terms of credits and releases (two or three bytes each) stay in memory; posting lists get what is left, and at least a quarter.</param>
    public SearchBuilder(string scratchFolder, long memoryBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(memoryBytes);
        (_scratchFolder, _memoryBytes) = (scratchFolder, memoryBytes);
        _keptBytes = Math.Clamp(memoryBytes / 8, 1 << 22, 1 << 28);
        _recordings = Of(EntityKind.Recording);
        _releases = Of(EntityKind.Release);
        _artists = Of(EntityKind.Artist);

        Kind Of(EntityKind kind) => Array.Find(_kinds, k => k.Name == SearchSchema.Name(kind))!;
    }

    /// <summary>A credit, before the entities that have it.</summary>
    /// <param name="id">Its number; memory is taken for all numbers up to the greatest.</param>
    /// <param name="utf8">The credit as printed, and the artists' names, one a line.</param>
    public void Credit(long id, ReadOnlySpan<byte> utf8)
    {
        _count = 0;
        Collect(utf8);
        _termsOfCredits.Set(id, _ids.AsSpan(0, _count));
    }

    /// <summary>The next artist.</summary>
    /// <param name="rank">Its rank, from 1.</param>
    /// <param name="utf8">All its names, one a line.</param>
    public void Artist(long rank, ReadOnlySpan<byte> utf8)
    {
        _count = 0;
        Collect(utf8);
        Add(_artists, rank);
    }

    /// <summary>The next release.</summary>
    /// <param name="rank">Its rank, from 1.</param>
    /// <param name="utf8">Its title and other titles, one a line.</param>
    /// <param name="credit">Its credit.</param>
    public void Release(long rank, ReadOnlySpan<byte> utf8, long? credit)
    {
        if (_recordings.Last > 0)
            throw new InvalidOperationException("all releases come before the first recording");
        _count = 0;
        Collect(utf8);
        _termsOfReleases.Set(rank, _ids.AsSpan(0, _count));
        if (credit is { } id)
            _termsOfCredits.CopyTo(id, ref _ids, ref _count);
        Add(_releases, rank);
    }

    /// <summary>The next recording.</summary>
    /// <param name="rank">Its rank, from 1.</param>
    /// <param name="utf8">Its title and other titles, one a line.</param>
    /// <param name="credit">Its credit.</param>
    /// <param name="releases">Its releases, best known first; the first <see cref="SearchTexts.MostReleases"/> are used.</param>
    public void Recording(long rank, ReadOnlySpan<byte> utf8, long? credit, ReadOnlySpan<uint> releases)
    {
        _count = 0;
        Collect(utf8);
        if (credit is { } id)
            _termsOfCredits.CopyTo(id, ref _ids, ref _count);
        for (var i = 0; i < releases.Length && i < SearchTexts.MostReleases; i++)
            _termsOfReleases.CopyTo(releases[i], ref _ids, ref _count);
        Add(_recordings, rank);
    }

    /// <summary>Writes the file. Once, at the end.</summary>
    /// <param name="path">The file, which must not be there yet. Without a journal: it is whole when this returns, and otherwise to be thrown away. The caller flushes it.</param>
    /// <param name="meta">What to say in <c>meta</c> beside the format and the numbers of terms.</param>
    /// <param name="stop">Gives up.</param>
    /// <exception cref="SqliteException">It cannot be written; <see cref="SqliteException.SqliteErrorCode"/> 13 where the disk is full.</exception>
    public void Write(string path, IReadOnlyDictionary<string, string> meta, CancellationToken stop = default) => Write(path, meta, _ => { }, stop);

    /// <summary>Writes the file, and more into it.</summary>
    internal void Write(string path, IReadOnlyDictionary<string, string> meta, Action<sqlite3> more, CancellationToken stop)
    {
        _tokens.Clear();
        _termsOfTokens.Clear();
        _termsOfCredits.Clear();
        _termsOfReleases.Clear();

        Batteries_V2.Init();
        var code = raw.sqlite3_open_v2(path, out var database, raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_CREATE, null);
        using (database)
        {
            SqliteException.ThrowExceptionForRC(code, database);
            Run(database, $"PRAGMA page_size={CatalogueSchema.PageBytes}");
            Run(database, "PRAGMA journal_mode=OFF");
            Run(database, "PRAGMA synchronous=OFF");
            Run(database, "PRAGMA locking_mode=EXCLUSIVE");
            Run(database, "BEGIN");
            foreach (var table in SearchSchema.Tables.Split(";\n", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
                Run(database, table);

            var all = new SortedDictionary<string, string>(StringComparer.Ordinal) { ["format"] = SearchSchema.Format, ["transliteration"] = SearchTerms.Transliteration };
            foreach (var (name, value) in meta)
                all[name] = value;
            var order = Sorted();
            foreach (var kind in _kinds)
            {
                kind.Lists.Flush();
                all[$"{kind.Name}_terms"] = Write(database, kind, order, stop).ToString(CultureInfo.InvariantCulture);
            }

            more(database);
            using (var insert = new Statement(database, "INSERT INTO meta VALUES(?1, ?2)"))
                foreach (var (name, value) in all)
                    insert.Bind(1, name).Bind(2, value).Run();
            Run(database, "COMMIT");
        }
    }

    /// <summary>Removes what was set aside.</summary>
    public void Dispose()
    {
        foreach (var run in _kinds.SelectMany(kind => kind.Runs))
            run.Dispose();
    }

    private static byte Class(int letter) => letter switch
    {
        '\'' => Passed,
        >= 0x80 => Other,
        _ when char.IsAsciiLetterOrDigit((char)letter) => (byte)char.ToLowerInvariant((char)letter),
        _ => 0,
    };

    private static void Run(sqlite3 database, string sql)
    {
        using var statement = new Statement(database, sql);
        while (statement.Step())
        {
            // A pragma answers with a row.
        }
    }

    /// <summary>Adds the terms of a text; a term may come several times.</summary>
    private void Collect(ReadOnlySpan<byte> utf8)
    {
        // No line of it can be too long.
        if (utf8.Length <= SearchText.LongestText)
        {
            CollectLine(utf8);
            return;
        }

        foreach (var line in utf8.Split((byte)'\n'))
            CollectLine(Cut(utf8[line]));
    }

    private void CollectLine(ReadOnlySpan<byte> line)
    {
        var classes = Classes;
        var words = _words;
        var (start, from, to, isOther) = (0, 0, 0, false);
        for (var i = 0; i <= line.Length; i++)
        {
            var letter = i < line.Length ? classes[line[i]] : (byte)0;
            if (letter > Other)
            {
                if (to < from + SearchTerms.LongestTerm)
                    words[to++] = letter;
            }
            else if (letter == 0)
            {
                if (isOther)
                {
                    to = from;
                    CollectToken(line[start..i]);
                }
                else if (to > from)
                {
                    var hash = ByteStrings.Hash(words.AsSpan(from, to - from));
                    _terms.Prefetch(hash);
                    (_hashes[_waiting], _ends[_waiting]) = (hash, from = to);
                    if (++_waiting == MostWaiting)
                        from = to = LookUp();
                }

                (start, isOther) = (i + 1, false);
            }
            else if (letter == Other)
            {
                isOther = true;
            }
        }

        LookUp();
    }

    // A line's words are looked up together, when what the look-up needs has had time to come from memory.
    private int LookUp()
    {
        var start = 0;
        for (var i = 0; i < _waiting; i++)
        {
            Push(_terms.Add(_words.AsSpan(start, _ends[i] - start), _hashes[i], out _));
            start = _ends[i];
        }

        return _waiting = 0;
    }

    // Folding and transliterating takes microseconds, and tokens recur.
    private void CollectToken(ReadOnlySpan<byte> token)
    {
        if (token.Length > LongestKept)
        {
            CollectTerms(token);
            return;
        }

        var number = _tokens.Add(token, ByteStrings.Hash(token), out var isNew);
        if (!isNew)
        {
            _termsOfTokens.CopyTo(number, ref _ids, ref _count);
            return;
        }

        var before = _count;
        CollectTerms(token);
        _termsOfTokens.Set(number, _ids.AsSpan(before, _count - before));
        if (_tokens.Bytes + _termsOfTokens.Bytes > _keptBytes)
        {
            _tokens.Clear();
            _termsOfTokens.Clear();
        }
    }

    private void CollectTerms(ReadOnlySpan<byte> token)
    {
        SearchTerms.AddTo(Encoding.UTF8.GetString(token), _seen, _found);
        foreach (var found in _found)
        {
            var term = _termBytes.AsSpan(0, Encoding.UTF8.GetBytes(found, _termBytes));
            Push(_terms.Add(term, ByteStrings.Hash(term), out _));
        }
    }

    private void Push(int id)
    {
        if (_count == _ids.Length)
            Array.Resize(ref _ids, _count * 2);
        _ids[_count++] = id;
    }

    /// <summary>As much of a line as counts: so many UTF-16 code units.</summary>
    private static ReadOnlySpan<byte> Cut(ReadOnlySpan<byte> line)
    {
        if (line.Length <= SearchText.LongestText)
            return line;
        var bytes = 0;
        for (var units = 0; bytes < line.Length;)
        {
            Rune.DecodeFromUtf8(line[bytes..], out var rune, out var used);
            units += rune.Utf16SequenceLength;
            if (units > SearchText.LongestText)
                break;
            bytes += used;
        }

        return line[..bytes];
    }

    private void Add(Kind kind, long rank)
    {
        if (rank <= kind.Last || rank > uint.MaxValue)
            throw new ArgumentOutOfRangeException(nameof(rank), rank, $"after {kind.Last}, in rank order");
        kind.Last = rank;
        kind.Rows++;
        kind.Lists.Add((uint)rank, _ids.AsSpan(0, _count));
        var lists = _recordings.Lists.Bytes + _releases.Lists.Bytes + _artists.Lists.Bytes;
        if (lists > LeastRunBytes && lists > MostListBytes())
            SetAside();
    }

    private long MostListBytes()
    {
        var others = _terms.Bytes + _tokens.Bytes + _termsOfTokens.Bytes + _termsOfCredits.Bytes + _termsOfReleases.Bytes;
        return Math.Max(Math.Max(_memoryBytes - others, _memoryBytes / 4), (long)_terms.Count * LeastRunBytesOfTerm);
    }

    private void SetAside()
    {
        foreach (var kind in _kinds)
            kind.Lists.Flush();
        var order = Sorted();
        foreach (var kind in _kinds.Where(kind => kind.Lists.Postings > 0))
        {
            kind.Runs.Add(new PostingRun(Path.Combine(_scratchFolder, FormattableString.Invariant($"search-{++_runs:000000}.run")), kind.Lists, order));
            kind.Postings += kind.Lists.Postings;
            kind.Lists.Clear();
        }
    }

    /// <summary>The terms in the order of their bytes.</summary>
    private int[] Sorted()
    {
        var order = new int[_terms.Count];
        var beginnings = new ulong[order.Length];
        Span<byte> beginning = stackalloc byte[sizeof(ulong)];
        for (var i = 0; i < order.Length; i++)
        {
            var term = _terms[i];
            beginning.Clear();
            term[..Math.Min(term.Length, sizeof(ulong))].CopyTo(beginning);
            (order[i], beginnings[i]) = (i, BinaryPrimitives.ReadUInt64BigEndian(beginning));
        }

        Array.Sort(beginnings, order);
        Comparison<int> byBytes = (a, b) => _terms[a].SequenceCompareTo(_terms[b]);
        for (int start = 0, end; start < order.Length; start = end)
        {
            for (end = start + 1; end < order.Length && beginnings[end] == beginnings[start]; end++)
            {
                // Those that begin alike.
            }

            if (end - start > 1)
                order.AsSpan(start, end - start).Sort(byBytes);
        }

        return order;
    }

    private long Write(sqlite3 database, Kind kind, int[] order, CancellationToken stop)
    {
        using var segment = new SegmentWriter(database, $"{kind.Name}_text");
        using var insert = new Statement(database, $"INSERT INTO {kind.Name}_term VALUES(?1, ?2)");
        var table = new TermTableWriter((node, entries) => insert.Bind(1, node).BindBlob(2, entries).Run());
        PostingSink sink = segment.Differences;
        for (var i = 0; i < order.Length; i++)
        {
            if ((i & 0xFFF) == 0)
                stop.ThrowIfCancellationRequested();
            var term = order[i];
            long first = 0, count = 0;
            foreach (var run in kind.Runs)
            {
                if (run.Term != term)
                    continue;
                Begin(run.List);
                run.CopyTo(sink);
            }

            if (kind.Lists.TryGet(term, out var list))
            {
                Begin(list);
                kind.Lists.CopyTo(term, sink);
            }

            if (count > 0)
                table.Add(_terms[term], first, count);

            void Begin(in PostingList part)
            {
                if (count == 0)
                {
                    first = part.First;
                    segment.Term(_terms[term]);
                }

                count += part.Count;
                segment.Rank(part.First);
            }
        }

        table.Finish();
        segment.Finish(kind.Rows, kind.Postings + kind.Lists.Postings);
        kind.Lists.Clear();
        return table.Count;
    }

    /// <summary>What is known of one kind of entity.</summary>
    private sealed class Kind(string name)
    {
        public string Name { get; } = name;

        public PostingLists Lists { get; } = new();

        public List<PostingRun> Runs { get; } = [];

        public long Last { get; set; }

        public long Rows { get; set; }

        public long Postings { get; set; }
    }
}
