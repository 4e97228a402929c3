using System.Globalization;
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
    private const int Chunk = 128;

    // An address with an MBID in it, and a little more.
    private const int LongestIdentifier = 100;

    // Words that are tried for a typo where all of them are known.
    private const int MostCorrected = 8;

    private readonly CatalogueReader _reader;
    private readonly Dictionary<EntityKind, SearchLists> _indexes = [];
    private readonly Lazy<SearchTexts> _texts;

    internal CatalogueSearch(CatalogueReader reader)
    {
        _reader = reader;
        _texts = new Lazy<SearchTexts>(() => new SearchTexts(reader.Database));
        var totals = reader.Totals();
        foreach (var (kind, last) in new[] { (EntityKind.Recording, totals.Recordings), (EntityKind.Release, totals.Releases), (EntityKind.Artist, totals.Artists) })
        {
            var name = SearchSchema.Name(kind);
            _ = long.TryParse(reader.Meta("search", $"{name}_terms"), CultureInfo.InvariantCulture, out var terms);
            _indexes.Add(kind, new SearchLists(kind, last,
                new Statement(reader.Database, $"SELECT rowid FROM search.{name}_text WHERE {name}_text MATCH ?1 AND rowid > ?2 AND rowid <= ?3 ORDER BY rowid LIMIT ?4"),
                new TermTable(reader.Database, $"{name}_term", terms), new PostingReader(reader.Database, $"{name}_text"), _texts));
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
        if (_texts.IsValueCreated)
            _texts.Value.Dispose();
        foreach (var index in _indexes.Values)
            index.Dispose();
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
            throw new LacquerException(Failure.Damaged, $"{Path.Combine(_reader.Folder, CatalogueReader.SearchFileName)} cannot be searched: {e.Message}", $"delete the file; {CatalogueReader.MadeAgain}", e);
        }
        finally
        {
            _indexes[kind].Forget();
        }
    }

    /// <summary>The ways to understand a query, the likeliest first; the first that finds anything is taken.</summary>
    private IEnumerable<(SearchForm Form, IReadOnlyList<TermGroup> Groups, Matching Match)> Forms(SearchLists index, string query)
    {
        if (Identify(index.Kind, query) is { } identified)
        {
            yield return (SearchForm.Identifier, [], identified);
            yield break;
        }

        var typed = SearchQuery.Parse(query);
        if (typed.Count == 0)
            yield break;
        yield return (SearchForm.Typed, typed, (after, last, limit) => index.Match(typed, after, last, limit));

        var latin = Ascii.IsValid(query) ? [] : SearchQuery.Parse(SearchTerms.Latin(query));
        if (latin.Count > 0)
            yield return (SearchForm.Transliterated, latin, (after, last, limit) => index.Match(latin, after, last, limit));

        foreach (var groups in new[] { typed, latin })
            if (Corrected(index, groups) is { Count: > 0 } corrected)
                yield return (SearchForm.Corrected, [], (after, last, limit) => index.Union(corrected, after, last, limit));
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

        Matching One(EntityKind its, long rank) => (after, last, _) => its == kind && rank > after && rank <= last ? new SearchSlice([rank], null) : SearchSlice.Nothing;

        Matching Carriers(EntityKind their, string lookup, long key) => (after, last, limit) =>
            their == kind ? SearchSlice.Of(_reader.Values(lookup, key, after).TakeWhile(rank => rank <= last).Take(limit).ToList(), limit) : SearchSlice.Nothing;
    }

    // GTIN-8 to GTIN-14, as one number: leading zeros say nothing (GS1 General Specifications §3.3).
    private static long? Gtin(string text)
    {
        var digits = text.Replace(" ", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal);
        return digits.Length is >= 8 and <= 14 && long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var gtin) ? gtin : null;
    }

    private static bool IsFiltered(EntityKind kind, SearchRequest request) =>
        (kind != EntityKind.Artist && (request.FromYear is not null || request.ToYear is not null))
        || (kind == EntityKind.Recording && (request.LeastPopularity > 0 || request.Keep is not null));

    private static bool IsAnything(SearchLists index, Matching match)
    {
        index.Examined = 0;
        for (long after = 0; ;)
        {
            var slice = match(after, index.Last, 1);
            if (slice.Ranks.Count > 0)
                return true;
            if (slice.Scanned is not { } to)
                return false;
            // A short unfinished word whose matches are sparse: taken as found rather than searched for to the end.
            if (index.Examined >= SearchLists.MostExamined)
                return true;
            after = to;
        }
    }

    /// <summary>One page of what matches and passes the filters.</summary>
    private (List<long> Ranks, long? Next) Page(SearchLists index, SearchRequest request, Matching match)
    {
        var ranks = new List<long>();
        var last = LastRank(index, request);
        var isSifted = Sift(index.Kind, request) is not null;
        var sift = Sift(index.Kind, request);
        index.Examined = 0;
        for (var after = request.After; ;)
        {
            // One more than is wanted tells whether there is a next page.
            var slice = match(after, last, isSifted ? Math.Max(Chunk, request.Limit + 1) : request.Limit + 1);
            if (isSifted)
                index.Examined += slice.Ranks.Count;
            foreach (var rank in sift is null ? slice.Ranks : sift(slice.Ranks))
            {
                if (ranks.Count == request.Limit)
                    return (ranks, ranks[^1]);
                ranks.Add(rank);
            }

            if (slice.Scanned is not { } to)
                return (ranks, null);
            if (index.Examined >= SearchLists.MostExamined)
                return (ranks, to);
            after = to;
        }
    }

    private long LastRank(SearchLists index, SearchRequest request)
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
    private (long? Count, bool IsExact) Count(SearchLists index, SearchRequest request, IReadOnlyList<TermGroup> groups, (List<long> Ranks, long? Next) page)
    {
        if (request.After == 0 && page.Next is null)
            return (page.Ranks.Count, true);
        var isFiltered = IsFiltered(index.Kind, request);
        var most = index.Last;
        foreach (var group in groups)
        {
            if (index.Size(group) > SearchLists.FewTerms)
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

    /// <summary>The queries in which one word is replaced by what lies one typo away from it.</summary>
    private static List<IReadOnlyList<TermGroup>> Corrected(SearchLists index, IReadOnlyList<TermGroup> groups)
    {
        var unknown = Enumerable.Range(0, groups.Count).Where(i => index.Size(groups[i]) == 0).ToList();
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
}
