using System.Numerics;
using System.Text;
using Lacquer.Formats.Identity;

namespace Lacquer.Formats.Catalogues;

/// <summary>
/// The lists of one kind of entity, put together for a question: which ranks have all groups of terms, the first of them first. Where lists are too long to be read, the texts tell. For one thread.
/// </summary>
/// <param name="kind">Whose they are.</param>
/// <param name="last">The last rank.</param>
/// <param name="match">Asks FTS5 for ranks after one up to another, so many at most; disposed of with this.</param>
/// <param name="terms">All terms; disposed of with this.</param>
/// <param name="postings">Their lists; disposed of with this.</param>
/// <param name="texts">What was indexed, opened when it is first wanted.</param>
internal sealed class SearchLists(EntityKind kind, long last, Statement match, TermTable terms, PostingReader postings, Lazy<SearchTexts> texts) : IDisposable
{
    /// <summary>Groups of so few terms are written out in the query at once.</summary>
    public const int FewTerms = 64;

    /// <summary>Texts read, or found recordings put to a filter, for one page; about 10 µs each.</summary>
    public const int MostExamined = 2048;

    // A query is never given more terms than this for one unfinished word; about 5 µs each.
    private const int MostTerms = 1024;

    // An unfinished word beside others: on so few leaves of the index, of 4 KB each, its lists are read at once; on not too many if else too many texts were read.
    // A leaf takes about 4 µs and a text four times that.
    private const int FewLeaves = 256;
    private const int MostLeaves = 8192;
    private const int LeavesForText = 4;
    private const int RanksOfLeaf = 3000;

    // Groups of which the ranks are kept while a question is answered, a bit for each entity.
    private const int MostMarked = 4;

    // The ranks of groups, a bit each, while one question is answered: a page of a filtered search asks for the same again and again.
    private readonly List<Marked> _marked = [];
    private ulong[]? _free;

    /// <summary>Whose they are.</summary>
    public EntityKind Kind => kind;

    /// <summary>The last rank.</summary>
    public long Last => last;

    /// <summary>All terms.</summary>
    public TermTable Terms => terms;

    /// <summary>Texts read, and what else was looked at one by one, since this was set to 0.</summary>
    public int Examined { get; set; }

    /// <inheritdoc/>
    public void Dispose()
    {
        match.Dispose();
        terms.Dispose();
        postings.Dispose();
    }

    /// <summary>Ends a question. The memory of one group is kept for the next.</summary>
    public void Forget()
    {
        if (_marked.Count > 0)
            _free = _marked[0].Bits;
        _marked.Clear();
    }

    /// <summary>
    /// The entities after one rank up to another in whose texts all groups match. Exact: what is given back are the first of all matches.
    /// </summary>
    public SearchSlice Match(IReadOnlyList<TermGroup> groups, long after, long last, int limit)
    {
        var sizes = new long[groups.Count];
        for (var i = 0; i < sizes.Length; i++)
        {
            sizes[i] = Size(groups[i]);
            if (sizes[i] == 0)
                return SearchSlice.Nothing;
        }

        if (groups.Count > 1)
            return Together(groups, sizes, after, last, limit);
        return sizes[0] <= FewTerms ? SearchSlice.Of(Run(AnyOf(Terms.ByRank(groups[0].Ranges)), after, last, limit), limit) : AnyOfMany(groups[0], after, last, limit);
    }

    /// <summary>What has any of very many terms.</summary>
    private SearchSlice AnyOfMany(TermGroup group, long after, long last, int limit)
    {
        // The smallest ranks of terms are matches: no match up to the last one wanted has only terms whose smallest rank lies behind it.
        using var byRank = Terms.ByRank(group.Ranges).GetEnumerator();
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
            return SearchSlice.Nothing;
        // Too many terms even so: the texts tell what there is.
        if (isMore && byRank.Current.SmallestRank <= bound)
            return Read(null, [group], after, bound, last, limit);
        var found = Run(AnyOf(taken), after, bound, limit);
        return found.Count == limit ? new SearchSlice(found, found[^1]) : new SearchSlice(found, bound < last ? bound : null);
    }

    /// <summary>
    /// What several groups have in common, from the lists of ranks themselves. Of a group that is spread over too much of the index the lists are not read: whatever has the others is looked at in its text,
    /// and as very many have the one, this is not for long.
    /// </summary>
    private SearchSlice Together(IReadOnlyList<TermGroup> groups, long[] sizes, long after, long last, int limit)
    {
        var ranked = new List<Ranked>(groups.Count);
        var wide = new List<(TermGroup Group, long Leaves)>();
        for (var i = 0; i < groups.Count; i++)
        {
            var leaves = groups[i].Ranges is [{ IsPrefix: false }] ? 0 : groups[i].Ranges.Sum(postings.LeavesOf);
            if (leaves > FewLeaves && sizes[i] > FewTerms)
                wide.Add((groups[i], leaves));
            else
                ranked.Add(RanksOf(groups[i], leaves));
        }

        wide.Sort((left, right) => left.Leaves.CompareTo(right.Leaves));
        for (var i = 0; i < wide.Count;)
        {
            // So many texts at most, if those that have the group lie evenly.
            var (group, leaves) = wide[i];
            var texts = Math.Min(ranked.Count == 0 ? Last : ranked.Min(other => other.Count), limit * Math.Max(1, Last / (leaves * RanksOfLeaf)));
            if (leaves > MostLeaves || texts * LeavesForText < leaves)
            {
                i++;
                continue;
            }

            ranked.Add(RanksOf(group, leaves));
            wide.RemoveAt(i);
        }

        if (wide.Count == 0)
            return SearchSlice.Of(Common(ranked, after, last).Take(limit).ToList(), limit);
        return Read(ranked.Count == 0 ? null : Common(ranked, after, last), wide.ConvertAll(one => one.Group), after, last, last, limit);
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

    private Ranked RanksOf(TermGroup group, long leaves)
    {
        if (leaves == 0 || (leaves > FewLeaves && Size(group) <= FewTerms))
        {
            var terms = Terms.ByRank(group.Ranges).ToList();
            return new Ranked(null, terms.ConvertAll(term => postings.Open(term.Text)), terms.Sum(term => term.Count));
        }

        if (_marked.Find(known => known.Group.Ranges.SequenceEqual(group.Ranges)) is { } kept)
            return new Ranked(kept.Bits, [], kept.Count);
        var bits = NoBits();
        var marked = new Marked(group, bits, group.Ranges.Sum(range => postings.Mark(range, bits)));
        if (_marked.Count < MostMarked)
            _marked.Add(marked);
        return new Ranked(bits, [], marked.Count);
    }

    public long Size(TermGroup group)
    {
        long size = 0;
        foreach (var range in group.Ranges)
            size += Terms.Size(range);
        return size;
    }

    /// <summary>Matches by reading the texts of candidates, which come in rank order, or of all.</summary>
    private SearchSlice Read(IEnumerable<long>? candidates, List<TermGroup> groups, long after, long bound, long last, int limit)
    {
        var found = new List<long>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var terms = new List<string>();
        foreach (var (rank, text) in candidates is null ? texts.Value.Of(Kind, after, bound) : candidates.SelectMany(rank => texts.Value.Of(Kind, rank - 1, rank)))
        {
            SearchTerms.AddTo(text, seen, terms);
            if (groups.TrueForAll(group => terms.Exists(group.Covers)))
                found.Add(rank);
            if (found.Count == limit || (++Examined >= MostExamined && rank < bound))
                return new SearchSlice(found, rank);
        }

        return new SearchSlice(found, bound < last ? bound : null);
    }

    /// <summary>What any of several queries finds.</summary>
    public SearchSlice Union(List<IReadOnlyList<TermGroup>> queries, long after, long last, int limit)
    {
        var found = new SortedSet<long>();
        long? scanned = null;
        foreach (var groups in queries)
        {
            var slice = Match(groups, after, last, limit);
            found.UnionWith(slice.Ranks);
            if (slice.Scanned is { } to)
                scanned = Math.Min(scanned ?? to, to);
        }

        var ranks = found.Where(rank => scanned is null || rank <= scanned).Take(limit).ToList();
        return ranks.Count == limit ? new SearchSlice(ranks, ranks[^1]) : new SearchSlice(ranks, scanned);
    }

    private List<long> Run(string expression, long after, long last, int limit)
    {
        match.Bind(1, expression).Bind(2, after).Bind(3, last).Bind(4, limit);
        return Ranks(match);
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

    // A bit for each rank, none of them set.
    private ulong[] NoBits()
    {
        var bits = _free ?? new ulong[(Last >> 6) + 1];
        if (_free is not null)
            Array.Clear(bits);
        _free = null;
        return bits;
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
