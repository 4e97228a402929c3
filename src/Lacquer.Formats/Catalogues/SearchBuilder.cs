using System.Globalization;
using Lacquer.Formats.Identity;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Lacquer.Formats.Catalogues;

/// <summary>
/// Builds <c>search.sqlite</c> from texts that are pushed into its <see cref="Parts"/>: first the credits that entities name, then artists, releases and recordings, each kind in rank order, all releases before
/// the first recording. Each part may be filled by a thread of its own. The same texts give the same bytes, however many parts and how much memory there are and in whatever order the kinds come.
/// </summary>
/// <remarks>
/// Nothing is asked of FTS5 but to make its tables: posting lists are gathered here and written as the segment that its own optimizing would leave (docs/decisions/search-segments.md).
/// </remarks>
public sealed class SearchBuilder : IDisposable
{
    // Terms from fetching what stands beside a list to fetching the list, and from there to reading it.
    private const int Ahead = 8;

    private readonly ByteStrings _terms = new();

    /// <summary>Begins.</summary>
    /// <param name="scratchFolder">Where posting lists are set aside when they outgrow the memory; what is put there is gone when this is disposed of.</param>
    /// <param name="memoryBytes">How much memory to use, about. The distinct terms (some 60 bytes each) and the terms of credits and releases (two or three bytes each) stay in memory; posting lists get what is left, and at least a quarter.</param>
    /// <param name="parts">How many parts; each has posting lists of its own, which begin with 32 bytes a term.</param>
    public SearchBuilder(string scratchFolder, long memoryBytes, int parts = 1)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(memoryBytes);
        ArgumentOutOfRangeException.ThrowIfLessThan(parts, 1);
        All = [.. Enumerable.Range(1, parts).Select(i => new SearchPart(this, _terms, Path.Combine(scratchFolder, FormattableString.Invariant($"search-{i:000}-")), memoryBytes / parts))];
    }

    /// <summary>The parts: of each kind, all ranks of a part come before those of the next, and all numbers of credits.</summary>
    public IReadOnlyList<SearchPart> Parts => All;

    /// <summary>The parts, for whoever goes through them for every entity.</summary>
    internal SearchPart[] All { get; }

    /// <summary>Writes the file. Once, at the end.</summary>
    /// <param name="path">The file, which must not be there yet. Without a journal: it is whole when this returns, and otherwise to be thrown away. The caller flushes it.</param>
    /// <param name="meta">What to say in <c>meta</c> beside the format and the numbers of terms.</param>
    /// <param name="stop">Gives up.</param>
    /// <exception cref="SqliteException">It cannot be written; <see cref="SqliteException.SqliteErrorCode"/> 13 where the disk is full.</exception>
    public void Write(string path, IReadOnlyDictionary<string, string> meta, CancellationToken stop = default) => Write(path, meta, _ => { }, stop);

    /// <summary>Writes the file, and more into it.</summary>
    internal void Write(string path, IReadOnlyDictionary<string, string> meta, Action<sqlite3> more, CancellationToken stop)
    {
        foreach (var part in All)
            part.Forget();

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
            var order = SearchTermOrder.Of(_terms, Enumerable.Range(0, _terms.Count).ToArray());
            foreach (var kinds in All.SelectMany(part => part.Kinds).GroupBy(kind => kind.Of))
                all[$"{SearchSchema.Name(kinds.Key)}_terms"] = Write(database, kinds.Key, [.. kinds], order, stop).ToString(CultureInfo.InvariantCulture);

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
        foreach (var run in All.SelectMany(part => part.Kinds).SelectMany(kind => kind.Runs))
            run.Dispose();
    }

    private static void Run(sqlite3 database, string sql)
    {
        using var statement = new Statement(database, sql);
        while (statement.Step())
        {
            // A pragma answers with a row.
        }
    }

    // Terms and their lists lie all over memory.
    private void Prefetch(SearchKind[] kinds, int[] order, int i)
    {
        if (i + Ahead * 2 < order.Length)
            foreach (var kind in kinds)
                kind.Lists.Prefetch(order[i + Ahead * 2]);
        if (i + Ahead >= order.Length)
            return;
        _terms.PrefetchString(order[i + Ahead]);
        foreach (var kind in kinds)
            kind.Lists.PrefetchList(order[i + Ahead]);
    }

    private long Write(sqlite3 database, EntityKind of, SearchKind[] kinds, int[] order, CancellationToken stop)
    {
        var last = 0L;
        foreach (var kind in kinds.Where(kind => kind.Rows > 0))
        {
            SearchKind.Check(kind.First, last);
            last = kind.Last;
            kind.Lists.Flush();
        }

        var name = SearchSchema.Name(of);
        using var segment = new SegmentWriter(database, $"{name}_text");
        using var insert = new Statement(database, $"INSERT INTO {name}_term VALUES(?1, ?2)");
        var table = new TermTableWriter((node, entries) => insert.Bind(1, node).BindBlob(2, entries).Run());
        PostingSink sink = segment.Differences;
        for (var i = 0; i < order.Length; i++)
        {
            if ((i & 0xFFF) == 0)
                stop.ThrowIfCancellationRequested();
            Prefetch(kinds, order, i);
            var term = order[i];
            long first = 0, count = 0;
            foreach (var kind in kinds)
            {
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
        segment.Finish(kinds.Sum(kind => kind.Rows), kinds.Sum(kind => kind.Postings));
        foreach (var kind in kinds)
            kind.Lists.Clear();
        return table.Count;
    }
}
