using System.Globalization;
using System.Numerics;
using System.Text;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Microsoft.Data.Sqlite;

namespace Lacquer.Formats.Catalogues;

/// <summary>
/// Finds recordings, releases and artists by words and identifiers, best-known first. Ranks are rowids, so a match list is met best-known first and stops when the page is full; the next page begins at the
/// last rank. Whatever is asked, the work for a page is bounded: where a filter or a very short unfinished word lets little through, the page is short and says where to go on.
/// Belongs to a <see cref="CatalogueReader"/>, and like it to one thread at a time.
/// </summary>
public sealed class CatalogueSearch : IDisposable
{
    // Groups of so few terms are written out in the query at once.
    private const int FewTerms = 64;

    // A query is never given more terms than this for one unfinished word; about 5 µs each.
    private const int MostTerms = 1024;

    // Texts read, or found recordings put to a filter, for one page; about 10 µs each.
    private const int MostExamined = 2048;
    private const int Chunk = 128;

    // An unfinished word beside others: on so few leaves of the index, of 4 KB each, its lists are read at once; on not too many if else too many texts were read.
    // A leaf takes about 4 µs and a text four times that.
    private const int FewLeaves = 256;
    private const int MostLeaves = 8192;
    private const int LeavesForText = 4;
    private const int RanksOfLeaf = 3000;

    // Groups of which the ranks are kept while a question is answered, a bit for each entity.
    private const int MostMarked = 4;

    // An address with an MBID in it, and a little more.
    private const int LongestIdentifier = 100;

    // Words that are tried for a typo where all of them are known.
    private const int MostCorrected = 8;

    private readonly CatalogueReader _reader;
    private readonly Dictionary<EntityKind, Index> _indexes = [];
    private SearchTexts? _texts;
    private int _examined;

    internal CatalogueSearch(CatalogueReader reader)
    {
        _reader = reader;
        var totals = reader.Totals();
        foreach (var (kind, last) in new[] { (EntityKind.Recording, totals.Recordings), (EntityKind.Release, totals.Releases), (EntityKind.Artist, totals.Artists) })
        {
            var name = SearchSchema.Name(kind);
            _ = long.TryParse(reader.SearchMeta($"{name}_terms"), CultureInfo.InvariantCulture, out var terms);
            _indexes.Add(kind, new Index(kind, last,
                new Statement(reader.Database, $"SELECT rowid FROM search.{name}_text WHERE {name}_text MATCH ?1 AND rowid > ?2 AND rowid <= ?3 ORDER BY rowid LIMIT ?4"),
                new TermTable(reader.Database, $"{name}_term", terms), new PostingReader(reader.Database, $"{name}_text")));
        }
    }

    /// <summary>Recordings in whose title, artist credit or release titles every word stands; or the recordings of an ISRC, or the recording of an id or an MBID.</summary>
    /// <exception cref="LacquerException">The index is damaged.</exception>
    public SearchPage<FoundRecording> Recordings(SearchRequest request) => Page(EntityKind.Recording, request, rank =>
        _reader.RecordingAt(rank) is { } recording ? new FoundRecording(recording, _reader.BestRelease(rank)) : null);

    /// <summary>Releases in whose title or artist credit every word stands; or the releases of a GTIN, or the release of an id or an MBID. Of the filters, the years apply.</summary>
    /// <exception cref="LacquerException">The index is damaged.</exception>
    public SearchPage<ReleaseRow> Releases(SearchRequest request) => Page(EntityKind.Release, request, _reader.ReleaseAt);

    /// <summary>Artists in whose names every word stands; or the artist of an id or an MBID. No filter applies.</summary>
    /// <exception cref="LacquerException">The index is damaged.</exception>
    public SearchPage<ArtistRow> Artists(SearchRequest request) => Page(EntityKind.Artist, request, _reader.ArtistAt);

    /// <inheritdoc/>
    public void Dispose()
    {
        _texts?.Dispose();
        foreach (var index in _indexes.Values)
        {
            index.Match.Dispose();
            index.Terms.Dispose();
            index.Postings.Dispose();
        }
    }

    private SearchPage<T> Page<T>(EntityKind kind, SearchRequest request, Func<long, T?> row)
        where T : class
    {
        ArgumentOutOfRangeException.ThrowIfNegative(request.After);
        ArgumentOutOfRangeException.ThrowIfLessThan(request.Limit, 1);
        try
        {
            var index = _indexes[kind];
            foreach (var (form, groups, match) in Forms(index, request.Query))
            {
                var page = Page(index, request, match);
                // A later page, or one that a filter left empty, is of the form that finds something at all.
                var isFound = page.Ranks.Count > 0 || form == SearchForm.Identifier
                    || ((request.After > 0 || page.Next is not null || IsFiltered(kind, request)) && IsAnything(index, match));
                if (!isFound)
                    continue;
                var (count, isExact) = Count(index, request, groups, page);
                var items = new List<T>(page.Ranks.Count);
                foreach (var rank in page.Ranks)
                    if (row(rank) is { } item)
                        items.Add(item);
                return new SearchPage<T>(items, page.Next, count, isExact, form);
            }

            return new SearchPage<T>([], null, 0, IsExact: true, SearchForm.Typed);
        }
        catch (SqliteException e)
        {
            throw new LacquerException(Failure.Damaged, $"{Path.Combine(_reader.Folder, CatalogueReader.SearchFileName)} cannot be searched: {e.Message}", "delete the file; lacquer catalogue makes it again", e);
        }
        finally
        {
            _indexes[kind].Forget();
        }
    }

    /// <summary>The ways to understand a query, the likeliest first; the first that finds anything is taken.</summary>
    private IEnumerable<(SearchForm Form, IReadOnlyList<TermGroup> Groups, Matching Match)> Forms(Index index, string query)
    {
        if (Identify(index.Kind, query) is { } identified)
        {
            yield return (SearchForm.Identifier, [], identified);
            yield break;
        }

        var typed = SearchQuery.Parse(query);
        if (typed.Count == 0)
            yield break;
        yield return (SearchForm.Typed, typed, (after, last, limit) => Match(index, typed, after, last, limit));

        var latin = Ascii.IsValid(query) ? [] : SearchQuery.Parse(SearchTerms.Latin(query));
        if (latin.Count > 0)
            yield return (SearchForm.Transliterated, latin, (after, last, limit) => Match(index, latin, after, last, limit));

        foreach (var groups in new[] { typed, latin })
            if (Corrected(index, groups) is { Count: > 0 } corrected)
                yield return (SearchForm.Corrected, [], (after, last, limit) => Union(index, corrected, after, last, limit));
    }

    /// <summary>What a query that is an identifier names, if the catalogue knows it; of another kind, nothing.</summary>
    private Matching? Identify(EntityKind kind, string query)
    {
        var text = query.Trim();
        if (text.Length > LongestIdentifier)
            return null;
        if (EntityId.TryParse(text, out var id))
        {
            var rank = id.Kind switch
            {
                EntityKind.Recording => _reader.Recording(id)?.Rank,
                EntityKind.Release => _reader.Release(id)?.Rank,
                _ => _reader.Artist(id)?.Rank,
            };
            if (rank is { } one)
                return One(id.Kind, one);
        }

        if (Mbid.TryParse(text, out var mbid))
        {
            // An MBID alone does not say what it names; one of another kind is so unlikely that the first that is found is taken.
            if (_reader.Recording(mbid) is { } recording)
                return One(EntityKind.Recording, recording.Rank);
            if (_reader.Release(mbid) is { } release)
                return One(EntityKind.Release, release.Rank);
            if (_reader.Artist(mbid) is { } artist)
                return One(EntityKind.Artist, artist.Rank);
        }

        if (Isrc.TryParse(text, out var isrc) && _reader.Values(LookupTables.Isrc, isrc.Packed, 0).Any())
            return Carriers(EntityKind.Recording, LookupTables.Isrc, isrc.Packed);
        if (Gtin(text) is { } gtin && _reader.Values(LookupTables.Gtin, gtin, 0).Any())
            return Carriers(EntityKind.Release, LookupTables.Gtin, gtin);
        return null;

        Matching One(EntityKind its, long rank) => (after, last, _) => its == kind && rank > after && rank <= last ? new Slice([rank], null) : Slice.Nothing;

        Matching Carriers(EntityKind their, string lookup, long key) => (after, last, limit) =>
            their == kind ? Slice.Of(_reader.Values(lookup, key, after).TakeWhile(rank => rank <= last).Take(limit).ToList(), limit) : Slice.Nothing;
    }

    // GTIN-8 to GTIN-14, as one number: leading zeros say nothing (GS1 General Specifications §3.3).
    private static long? Gtin(string text)
    {
        var digits = text.Replace(" ", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal);
        return digits.Length is >= 8 and <= 14 && long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var gtin) ? gtin : null;
    }

    private static List<long> Ranks(Statement statement)
    {
        var ranks = new List<long>();
        try
        {
            while (statement.Step())
                ranks.Add(statement.Int64(0));
            return ranks;
        }
        finally
        {
            statement.Reset();
        }
    }

    private static bool IsFiltered(EntityKind kind, SearchRequest request) =>
        (kind != EntityKind.Artist && (request.FromYear is not null || request.ToYear is not null))
        || (kind == EntityKind.Recording && (request.LeastPopularity > 0 || request.Keep is not null));

    private bool IsAnything(Index index, Matching match)
    {
        _examined = 0;
        for (long after = 0; ;)
        {
            var slice = match(after, index.Last, 1);
            if (slice.Ranks.Count > 0)
                return true;
            if (slice.Scanned is not { } to)
                return false;
            // A short unfinished word whose matches are sparse: taken as found rather than searched for to the end.
            if (_examined >= MostExamined)
                return true;
            after = to;
        }
    }

    /// <summary>One page of what matches and passes the filters.</summary>
    private (List<long> Ranks, long? Next) Page(Index index, SearchRequest request, Matching match)
    {
        var ranks = new List<long>();
        var last = LastRank(index, request);
        var isSifted = Sift(index.Kind, request) is not null;
        var sift = Sift(index.Kind, request);
        _examined = 0;
        for (var after = request.After; ;)
        {
            // One more than is wanted tells whether there is a next page.
            var slice = match(after, last, isSifted ? Math.Max(Chunk, request.Limit + 1) : request.Limit + 1);
            if (isSifted)
                _examined += slice.Ranks.Count;
            foreach (var rank in sift is null ? slice.Ranks : sift(slice.Ranks))
            {
                if (ranks.Count == request.Limit)
                    return (ranks, ranks[^1]);
                ranks.Add(rank);
            }

            if (slice.Scanned is not { } to)
                return (ranks, null);
            if (_examined >= MostExamined)
                return (ranks, to);
            after = to;
        }
    }

    private long LastRank(Index index, SearchRequest request)
    {
        if (index.Kind != EntityKind.Recording || request.LeastPopularity <= 0)
            return index.Last;
        return _reader.Coverage().Where(step => step.Popularity >= request.LeastPopularity).Select(step => step.LastRank).DefaultIfEmpty(0).Max();
    }

    /// <summary>The filters that look at each find; null where there are none.</summary>
    private Func<List<long>, IEnumerable<long>>? Sift(EntityKind kind, SearchRequest request)
    {
        var (from, to) = (request.FromYear, request.ToYear);
        Func<long, int?>? year = (from, to, kind) switch
        {
            (null, null, _) or (_, _, EntityKind.Artist) => null,
            (_, _, EntityKind.Release) => rank => _reader.ReleaseAt(rank)?.Date / 10000,
            _ => _reader.YearOfRecording,
        };
        var keep = kind == EntityKind.Recording ? request.Keep : null;
        if (year is null && keep is null)
            return null;
        return ranks =>
        {
            var left = year is null ? ranks : ranks.Where(rank => year(rank) is { } known && (from is null || known >= from) && (to is null || known <= to)).ToList();
            return keep is null ? left : keep(left.Select(_reader.RecordingAt).OfType<RecordingRow>().ToList()).Select(row => row.Rank);
        };
    }

    /// <summary>Counted where the term table or the page itself tells; else how many there would be if the rest of the ranks were as rich as those seen, and not more than the rarest word has.</summary>
    private (long? Count, bool IsExact) Count(Index index, SearchRequest request, IReadOnlyList<TermGroup> groups, (List<long> Ranks, long? Next) page)
    {
        if (request.After == 0 && page.Next is null)
            return (page.Ranks.Count, true);
        var isFiltered = IsFiltered(index.Kind, request);
        var most = index.Last;
        foreach (var group in groups)
        {
            if (Size(index, group) > FewTerms)
                continue;
            var terms = index.Terms.ByRank(group.Ranges).ToList();
            if (!isFiltered && groups.Count == 1 && terms.Count == 1)
                return (terms[0].Count, true);
            most = Math.Min(most, terms.Sum(term => term.Count));
        }

        if (request.After > 0 || page.Next is not { } seen)
            return (null, false);
        var found = page.Ranks.Count + 1L;
        var estimate = Math.Clamp((long)((double)page.Ranks.Count * LastRank(index, request) / seen), found, Math.Max(found, most));
        // Two digits: more would say more than is known.
        long step = 1;
        while (estimate / step >= 100)
            step *= 10;
        return (Math.Max(estimate / step * step, found), false);
    }

    /// <summary>
    /// The entities after one rank up to another in whose texts all groups match. Exact: what is given back are the first of all matches.
    /// </summary>
    private Slice Match(Index index, IReadOnlyList<TermGroup> groups, long after, long last, int limit)
    {
        var sizes = new long[groups.Count];
        for (var i = 0; i < sizes.Length; i++)
        {
            sizes[i] = Size(index, groups[i]);
            if (sizes[i] == 0)
                return Slice.Nothing;
        }

        if (groups.Count > 1)
            return Together(index, groups, sizes, after, last, limit);
        return sizes[0] <= FewTerms ? Slice.Of(Run(index, AnyOf(index.Terms.ByRank(groups[0].Ranges)), after, last, limit), limit) : AnyOfMany(index, groups[0], after, last, limit);
    }

    /// <summary>What has any of very many terms.</summary>
    private Slice AnyOfMany(Index index, TermGroup group, long after, long last, int limit)
    {
        // The smallest ranks of terms are matches: no match up to the last one wanted has only terms whose smallest rank lies behind it.
        using var byRank = index.Terms.ByRank(group.Ranges).GetEnumerator();
        var taken = new List<Term>();
        var isMore = byRank.MoveNext();
        var bound = last;
        var known = new HashSet<long>();
        for (; isMore && byRank.Current.SmallestRank <= bound && taken.Count < MostTerms; isMore = byRank.MoveNext())
        {
            taken.Add(byRank.Current);
            if (byRank.Current.SmallestRank > after && known.Add(byRank.Current.SmallestRank) && known.Count == limit)
                bound = byRank.Current.SmallestRank;
        }

        if (taken.Count == 0)
            return Slice.Nothing;
        // Too many terms even so: the texts tell what there is.
        if (isMore && byRank.Current.SmallestRank <= bound)
            return Read(index, null, [group], after, bound, last, limit);
        var found = Run(index, AnyOf(taken), after, bound, limit);
        return found.Count == limit ? new Slice(found, found[^1]) : new Slice(found, bound < last ? bound : null);
    }

    /// <summary>
    /// What several groups have in common, from the lists of ranks themselves. Of a group that is spread over too much of the index the lists are not read: whatever has the others is looked at in its text,
    /// and as very many have the one, this is not for long.
    /// </summary>
    private Slice Together(Index index, IReadOnlyList<TermGroup> groups, long[] sizes, long after, long last, int limit)
    {
        var ranked = new List<Ranked>(groups.Count);
        var wide = new List<(TermGroup Group, long Leaves)>();
        for (var i = 0; i < groups.Count; i++)
        {
            var leaves = groups[i].Ranges is [{ IsPrefix: false }] ? 0 : groups[i].Ranges.Sum(index.Postings.LeavesOf);
            if (leaves > FewLeaves && sizes[i] > FewTerms)
                wide.Add((groups[i], leaves));
            else
                ranked.Add(RanksOf(index, groups[i], leaves));
        }

        wide.Sort((left, right) => left.Leaves.CompareTo(right.Leaves));
        for (var i = 0; i < wide.Count;)
        {
            // So many texts at most, if those that have the group lie evenly.
            var (group, leaves) = wide[i];
            var texts = Math.Min(ranked.Count == 0 ? index.Last : ranked.Min(other => other.Count), limit * Math.Max(1, index.Last / (leaves * RanksOfLeaf)));
            if (leaves > MostLeaves || texts * LeavesForText < leaves)
            {
                i++;
                continue;
            }

            ranked.Add(RanksOf(index, group, leaves));
            wide.RemoveAt(i);
        }

        if (wide.Count == 0)
            return Slice.Of(Common(ranked, after, last).Take(limit).ToList(), limit);
        return Read(index, ranked.Count == 0 ? null : Common(ranked, after, last), wide.ConvertAll(one => one.Group), after, last, last, limit);
    }

    /// <summary>The ranks after one up to another that are in all lists. The shortest is gone through; whatever stands in it is looked for in the others, the shorter first.</summary>
    private static IEnumerable<long> Common(List<Ranked> ranked, long after, long last)
    {
        ranked.Sort((left, right) => left.Count.CompareTo(right.Count));
        for (var rank = ranked[0].SkipTo(after + 1); rank <= last; rank = ranked[0].SkipTo(rank + 1))
        {
            var isCommon = true;
            for (var i = 1; i < ranked.Count && isCommon; i++)
                isCommon = ranked[i].Has(rank);
            if (isCommon)
                yield return rank;
        }
    }

    private static Ranked RanksOf(Index index, TermGroup group, long leaves)
    {
        if (leaves == 0 || (leaves > FewLeaves && Size(index, group) <= FewTerms))
        {
            var terms = index.Terms.ByRank(group.Ranges).ToList();
            return new Ranked(null, terms.ConvertAll(term => index.Postings.Open(term.Text)), terms.Sum(term => term.Count));
        }

        if (index.Marked.Find(known => known.Group.Ranges.SequenceEqual(group.Ranges)) is { } kept)
            return new Ranked(kept.Bits, [], kept.Count);
        var bits = index.NoBits();
        var marked = new Marked(group, bits, group.Ranges.Sum(range => index.Postings.Mark(range, bits)));
        if (index.Marked.Count < MostMarked)
            index.Marked.Add(marked);
        return new Ranked(bits, [], marked.Count);
    }

    private static long Size(Index index, TermGroup group)
    {
        long size = 0;
        foreach (var range in group.Ranges)
            size += index.Terms.Size(range);
        return size;
    }

    /// <summary>Matches by reading the texts of candidates, which come in rank order, or of all.</summary>
    private Slice Read(Index index, IEnumerable<long>? candidates, List<TermGroup> groups, long after, long bound, long last, int limit)
    {
        _texts ??= new SearchTexts(_reader.Database);
        var found = new List<long>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var terms = new List<string>();
        foreach (var (rank, text) in candidates is null ? _texts.Of(index.Kind, after, bound) : candidates.SelectMany(rank => _texts.Of(index.Kind, rank - 1, rank)))
        {
            SearchTerms.AddTo(text, seen, terms);
            if (groups.TrueForAll(group => terms.Exists(group.Covers)))
                found.Add(rank);
            if (found.Count == limit || (++_examined >= MostExamined && rank < bound))
                return new Slice(found, rank);
        }

        return new Slice(found, bound < last ? bound : null);
    }

    /// <summary>The queries in which one word is replaced by what lies one typo away from it.</summary>
    private static List<IReadOnlyList<TermGroup>> Corrected(Index index, IReadOnlyList<TermGroup> groups)
    {
        var unknown = Enumerable.Range(0, groups.Count).Where(i => Size(index, groups[i]) == 0).ToList();
        if (unknown.Count > 1)
            return [];
        var corrected = new List<IReadOnlyList<TermGroup>>();
        foreach (var i in unknown.Count == 1 ? unknown : [.. Enumerable.Range(0, groups.Count).Where(i => groups[i].IsWord).Take(MostCorrected)])
        {
            if (!groups[i].IsWord)
                continue;
            var word = groups[i].Ranges[0];
            var near = new List<TermRange>();
            foreach (var text in SearchQuery.OneTypoAway(word.Text))
            {
                // In order, so a beginning comes before what it covers.
                var range = new TermRange(text, word.IsPrefix);
                if (!(near.Count > 0 && near[^1].Covers(text)) && index.Terms.Size(range) > 0)
                    near.Add(range);
            }

            if (near.Count > 0)
                corrected.Add([.. groups.Take(i), new TermGroup(near, IsWord: true), .. groups.Skip(i + 1)]);
        }

        return corrected;
    }

    /// <summary>What any of several queries finds.</summary>
    private Slice Union(Index index, List<IReadOnlyList<TermGroup>> queries, long after, long last, int limit)
    {
        var found = new SortedSet<long>();
        long? scanned = null;
        foreach (var groups in queries)
        {
            var slice = Match(index, groups, after, last, limit);
            found.UnionWith(slice.Ranks);
            if (slice.Scanned is { } to)
                scanned = Math.Min(scanned ?? to, to);
        }

        var ranks = found.Where(rank => scanned is null || rank <= scanned).Take(limit).ToList();
        return ranks.Count == limit ? new Slice(ranks, ranks[^1]) : new Slice(ranks, scanned);
    }

    private static List<long> Run(Index index, string expression, long after, long last, int limit)
    {
        index.Match.Bind(1, expression).Bind(2, after).Bind(3, last).Bind(4, limit);
        return Ranks(index.Match);
    }

    // Terms are letters and digits, so no quote ends early and no word is an operator.
    private static string AnyOf(IEnumerable<Term> terms)
    {
        var clause = new StringBuilder();
        var count = 0;
        foreach (var term in terms)
            clause.Append(count++ == 0 ? "\"" : " OR \"").Append(term.Text).Append('"');
        return count == 1 ? clause.ToString() : $"({clause})";
    }

    /// <summary>Finds up to a limit of ranks after one up to another.</summary>
    private delegate Slice Matching(long after, long last, int limit);

    /// <summary>Some of what matches, in rank order.</summary>
    /// <param name="Ranks">The first of it.</param>
    /// <param name="Scanned">Up to which rank that is all; null: there is no more.</param>
    private readonly record struct Slice(List<long> Ranks, long? Scanned)
    {
        public static Slice Nothing => new([], null);

        public static Slice Of(List<long> ranks, int limit) => new(ranks, ranks.Count < limit ? null : ranks[^1]);
    }

    /// <summary>The index of one kind of entity.</summary>
    private sealed record Index(EntityKind Kind, long Last, Statement Match, TermTable Terms, PostingReader Postings)
    {
        private ulong[]? _free;

        /// <summary>The ranks of groups, a bit each, while one question is answered: a page of a filtered search asks for the same again and again.</summary>
        public List<Marked> Marked { get; } = [];

        /// <summary>A bit for each rank, none of them set.</summary>
        public ulong[] NoBits()
        {
            var bits = _free ?? new ulong[(Last >> 6) + 1];
            if (_free is not null)
                Array.Clear(bits);
            _free = null;
            return bits;
        }

        /// <summary>Ends a question. The memory of one group is kept for the next.</summary>
        public void Forget()
        {
            if (Marked.Count > 0)
                _free = Marked[0].Bits;
            Marked.Clear();
        }
    }

    /// <summary>The ranks of all terms of a group.</summary>
    private sealed record Marked(TermGroup Group, ulong[] Bits, long Count);

    /// <summary>The ranks of a group, for going through several groups at once.</summary>
    /// <param name="Bits">A bit a rank, or null.</param>
    /// <param name="Terms">Where there are no bits: those of each term.</param>
    /// <param name="Count">About how many there are.</param>
    private sealed record Ranked(ulong[]? Bits, List<PostingCursor> Terms, long Count)
    {
        /// <summary>The first rank that is not smaller, or <see cref="long.MaxValue"/>. Not smaller than asked for before.</summary>
        public long SkipTo(long rank)
        {
            if (Bits is not null)
                return FirstBit(Bits, rank);
            var first = long.MaxValue;
            foreach (var term in Terms)
                first = Math.Min(first, term.SkipTo(rank));
            return first;
        }

        /// <summary>Whether the rank is among them.</summary>
        public bool Has(long rank) => Bits is null ? SkipTo(rank) == rank : (Bits[rank >> 6] >> (int)rank & 1) != 0;

        private static long FirstBit(ulong[] bits, long rank)
        {
            var word = rank >> 6;
            if (word >= bits.LongLength)
                return long.MaxValue;
            for (var left = bits[word] & (ulong.MaxValue << (int)rank); ; left = bits[word])
            {
                if (left != 0)
                    return (word << 6) + BitOperations.TrailingZeroCount(left);
                if (++word == bits.LongLength)
                    return long.MaxValue;
            }
        }
    }
}
