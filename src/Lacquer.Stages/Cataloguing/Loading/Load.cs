using System.Globalization;
using System.Runtime.InteropServices;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Databases;
using Lacquer.Formats.Ledgers;
using Lacquer.Stages.Cataloguing.Matching;
using Lacquer.Stages.Cataloguing.Staging;
using Lacquer.Stages.Workbench;

namespace Lacquer.Stages.Cataloguing.Loading;

/// <summary>
/// Third stage of a build: what belongs together becomes one row, in rank order, into <c>catalogue.sqlite</c>, and what it is found by into <c>lookups.sqlite</c>. In columns: 20 bytes a mention and 64 a record; then one look-up's pairs at a time. Bounded by
/// memory and staged payloads that are touched at random; to write a row costs little beside it.
/// </summary>
internal sealed partial class Load : IDisposable
{
    private const int MostAliases = 255;
    private const int NearBits = 5;

    private readonly StagedFiles _files;
    private readonly ParsedRecords _parsed;
    private readonly Matched _matched;
    private readonly IReadOnlyList<AccessionRow> _accessions;
    private readonly int[] _sourceOf;
    private readonly DatabaseWriter _database;
    private readonly StagedPayloads _payloads;
    private readonly StagedPayloads _leads;
    private readonly StagedPayloads _artists;
    private readonly StagedPayloads _credits;
    private readonly Dictionary<int, int> _accessionPlace;
    private readonly Columns _columns;
    private readonly Column<Document> _documents;
    private readonly Column<uint> _documentNear;
    private readonly Column<long> _offsets;
    private readonly Column<long> _creditPlaces;
    private readonly Column<uint> _creditNumbers;
    private readonly TableWriters _tables;
    private readonly TextDictionary _labels, _licences, _types, _formats, _genres;
    private readonly SetDictionary _genreSets, _marketSets;
    private readonly List<byte[]> _markets = [];
    private readonly SortedDictionary<(string Field, int Source), long> _conflicts = new(Comparer<(string Field, int Source)>.Create(
        (a, b) => string.CompareOrdinal(a.Field, b.Field) is var order && order != 0 ? order : a.Source.CompareTo(b.Source)));
    private readonly IProgress<StageProgress> _progress;
    private readonly CancellationToken _stop;
    private readonly LookupBuilder _lookups;
    private readonly LookupPairs _releasesOf;
    private readonly RankOrder _mentionsOf;
    private readonly NameHashes _names;
    private readonly int[] _sourceNumbers;
    private bool _isAnyWithdrawn;
    private uint _lastCredit;
    private uint _artistsOf = Mention.None;
    private List<uint>? _artistsIn;

    private Load(
        StagedFiles files, string path, ParsedRecords parsed, Matched matched, IReadOnlyList<AccessionRow> accessions, IReadOnlyDictionary<string, int> sources, int[] sourceOf, Columns columns, long memoryBytes,
        IProgress<StageProgress> progress, CancellationToken stop)
    {
        (_files, _parsed, _matched, _accessions, _sourceOf, _columns, _progress, _stop) = (files, parsed, matched, accessions, sourceOf, columns, progress, stop);
        _accessionPlace = parsed.Accessions.Select((a, i) => (a.Accession, i)).ToDictionary(a => a.Accession, a => a.i);
        _sourceNumbers = accessions.Select(a => sources[a.Source]).ToArray();
        File.Delete(path);
        _database = new DatabaseWriter(path, CatalogueSchema.PageBytes, CatalogueSchema.Tables);
        _lookups = new LookupBuilder(files.Folder, memoryBytes / 2);
        _releasesOf = _lookups.Into(LookupTables.RecordingRelease);
        _payloads = new StagedPayloads(files.Payloads);
        _leads = new StagedPayloads(files.Payloads);
        _artists = new StagedPayloads(files.Artists);
        _credits = new StagedPayloads(files.Credits);
        _documents = columns.Read<Document>(files.Documents);
        _documentNear = DocumentsNear();
        _creditPlaces = columns.Read<long>(files.CreditPlaces);
        _creditNumbers = columns.New<uint>(_creditPlaces.Length);
        _offsets = columns.New<long>(matched.Recordings.Length);
        StagedFiles.ForEach<Mention>(files.Mentions, (start, mentions) =>
        {
            var i = start;
            foreach (ref readonly var mention in mentions.Span)
                _offsets[i++] = mention.Offset;
        });
        var inOrder = true;
        for (var i = 1; i < sourceOf.Length; i++)
            inOrder &= sourceOf[i] >= sourceOf[i - 1];
        _mentionsOf = new RankOrder(columns, matched.Recordings, matched.RecordingCount, inOrder ? null : mention => SourceOf(DocumentOf(mention)));
        _names = new NameHashes(columns, matched.ArtistCount);
        _tables = new TableWriters(_database);
        _labels = new TextDictionary(columns, _tables.Label);
        _licences = new TextDictionary(columns, _tables.Licence);
        _types = new TextDictionary(columns, _tables.ReleaseType);
        _formats = new TextDictionary(columns, _tables.MediumFormat);
        _genres = new TextDictionary(columns, _tables.Genre);
        _genreSets = new SetDictionary(columns, _tables.GenreSet);
        _mediaSets = columns.Index<UInt128>();
        _marketSets = new SetDictionary(columns, _tables.MarketSet);
        foreach (var set in StagedPayloads.All(files.MarketSets))
            _markets.Add(set.Span.ToArray());
    }

    /// <summary>Loads; what is held is told by <see cref="CatalogueReader.Totals"/>.</summary>
    public static void Run(
        StagedFiles files, string path, string lookups, string name, string? withdrawn, ParsedRecords parsed, Matched matched, IReadOnlyList<AccessionRow> accessions, IReadOnlyDictionary<string, int> sources, int[] sourceOf,
        Columns columns, long memoryBytes, IProgress<StageProgress> progress, CancellationToken stop)
    {
        using var load = new Load(files, path, parsed, matched, accessions, sources, sourceOf, columns, memoryBytes, progress, stop);
        load._isAnyWithdrawn = withdrawn is not null;
        load.Sources(sources);
        load.Artists();
        var tracks = load.Releases();
        var listens = load.Recordings();
        load.Rest(name, withdrawn, tracks, listens);
        load._database.Finish();
        // The look-ups need the memory.
        columns.Dispose();
        File.Delete(lookups);
        load._lookups.Write(lookups, path, parsed.Inputs, done => progress.Report(new StageProgress("look-ups", done, LookupTables.All.Count)), stop);
    }

    public void Dispose()
    {
        _database.Dispose();
        _payloads.Dispose();
        _leads.Dispose();
        _artists.Dispose();
        _credits.Dispose();
        _lookups.Dispose();
    }

    private void Sources(IReadOnlyDictionary<string, int> sources)
    {
        foreach (var (name, id) in sources.OrderBy(s => s.Value))
            _tables.Source.With(id).With(name).With(_accessions.First(a => a.Source == name).Adapter).With(_sourceOf[_accessionPlace[_accessions.First(a => a.Source == name).Number]]).Row();
        for (var i = 0; i < _accessions.Count; i++)
            _tables.Accession.With(_accessions[i].Number).With(sources[_accessions[i].Source]).With(_parsed.Accessions[i].Records).With(_parsed.Accessions[i].SetAside).With(_matched.Superseded[i])
                .With(_accessions[i].Sha256.ToArray()).Row();
    }

    private void Artists()
    {
        using var places = _columns.Read<long>(_files.ArtistPlaces);
        // Of an artist's own documents the last, which took the place of the others; -1 where there is none.
        using var own = _columns.New<long>(places.Length);
        using var isFirstOwn = _columns.New<bool>(places.Length);
        own.Span().Fill(-1);
        StagedFiles.ForEach<FurtherPlace>(_files.FurtherArtists, (_, documents) =>
        {
            foreach (ref readonly var document in documents.Span)
            {
                own[document.Number] = document.Offset;
                isFirstOwn[document.Number] |= document.Offset == places[document.Number];
            }
        });
        using var order = new RankOrder(_columns, _matched.Artists, _matched.ArtistCount);
        var (eids, mbids) = (_lookups.Into(LookupTables.ArtistEid), _lookups.Into(LookupTables.ArtistMbid));
        var said = new List<long>();
        var keys = new SortedSet<(int Space, string Key)>(KeyOrder.Instance);
        var aliases = new HashSet<string>(StringComparer.Ordinal);
        using var credited = CreditedNames(places);
        for (var rank = 1U; rank <= _matched.ArtistCount; rank++)
        {
            // An artist's own documents first, as they know best what it is called. Then what credits say.
            said.Clear();
            foreach (var number in order[(int)rank])
                if (own[number] >= 0)
                    said.Add(own[number]);
            foreach (var number in order[(int)rank])
                if (!isFirstOwn[number])
                    said.Add(places[number]);
            var whose = order[(int)rank][0];
            var firstPlace = own[whose] >= 0 ? own[whose] : places[whose];
            var (lead, sortPlace, mbidPlace, genrePlace) = (said[0], -1L, -1L, -1L);
            keys.Clear();
            aliases.Clear();
            foreach (var place in said)
            {
                var artist = Artist(place);
                if (!artist.SortName.IsEmpty && sortPlace < 0)
                    sortPlace = place;
                if (!artist.Mbid.IsEmpty && mbidPlace < 0)
                    mbidPlace = place;
                if (artist.Genres.Count > 0 && genrePlace < 0)
                    genrePlace = place;
                if (!artist.Key.IsEmpty)
                    keys.Add((artist.Space, System.Text.Encoding.UTF8.GetString(artist.Key)));
                var from = artist.Aliases.Reader();
                for (var i = 0; i < artist.Aliases.Count; i++)
                    Alias(rank, System.Text.Encoding.UTF8.GetString(from.Text()), aliases);
            }

            foreach (var number in order[(int)rank])
                for (var i = FirstOf(credited, number); i < credited.Count && credited[i].Artist == number; i++)
                    Alias(rank, System.Text.Encoding.UTF8.GetString(NameIn(credited[i])), aliases);

            var first = Artist(firstPlace);
            eids.AddId(first.Id, rank);
            var row = _tables.Artist.With(rank).WithBytes(first.Id);
            _names.Add(Artist(lead).Name);
            row.WithText(Artist(lead).Name);
            row.WithTextOrNull(sortPlace < 0 ? [] : Artist(sortPlace).SortName);
            row.With(rank <= _matched.ArtistListens.Length ? _matched.ArtistListens[rank - 1L] : 0);
            if (mbidPlace >= 0)
                mbids.AddId(Artist(mbidPlace).Mbid, rank);
            row.WithBytes(mbidPlace < 0 ? [] : Artist(mbidPlace).Mbid);
            row.With(genrePlace < 0 ? null : _genreSets.Genres(Artist(genrePlace).Genres, _genres));
            if (keys.Count == 0)
                row.With(null as long?).With(null as long?).Row();
            else
                row.With(keys.Min.Space).With(keys.Min.Key).Row();
            foreach (var (space, key) in keys.Skip(1))
                _tables.ArtistKeyMore.With(rank).With(space).With(key).Row();
            if ((rank & 0xFFFF) == 0)
                _stop.ThrowIfCancellationRequested();
        }
    }

    private void Alias(uint rank, string name, HashSet<string> aliases)
    {
        if (aliases.Count < MostAliases && aliases.Add(name))
            _tables.ArtistAlias.With(rank).With(aliases.Count).With(name).Row();
    }

    /// <summary>Where the names other than its own stand under which an artist is credited; by number, and then in the order of credits.</summary>
    private ColumnList<CreditedName> CreditedNames(Column<long> places)
    {
        var names = _columns.List<CreditedName>();
        var credit = 0U;
        foreach (var payload in StagedPayloads.All(_files.Credits))
        {
            var from = new CreditPayload(payload.Span);
            for (var position = 0U; from.Next(); position++)
                if (!from.Name.SequenceEqual(Artist(places[from.Artist]).Name))
                    names.Add(new CreditedName(from.Artist, credit, position));

            credit++;
        }

        names.Span().Sort();
        return names;
    }

    private static int FirstOf(ColumnList<CreditedName> names, uint artist)
    {
        var (first, end) = (0, names.Count);
        while (first < end)
        {
            var middle = first + (end - first) / 2;
            if (names[middle].Artist < artist)
                first = middle + 1;
            else
                end = middle;
        }

        return first;
    }

    private ReadOnlySpan<byte> NameIn(CreditedName place)
    {
        var from = NamesOf(place.Credit);
        for (var position = 0U; position <= place.Position; position++)
            from.Next();
        return from.Name;
    }

    private ArtistPayload Artist(long place)
    {
        var from = new PayloadReader(_artists[place]);
        return ArtistPayload.Read(ref from);
    }

    /// <summary>The catalogue's number of a credit, which is written when it is first asked for; null for none.</summary>
    private long? Credit(uint credit)
    {
        if (credit == Mention.None || (_isAnyWithdrawn && CreditsWithdrawn(credit)))
            return null;
        credit = _matched.Credits[credit];
        if (_creditNumbers[credit] != 0)
            return _creditNumbers[credit];
        var number = _creditNumbers[credit] = ++_lastCredit;
        var from = NamesOf(credit);
        if (from.Count == 1 && IsPlain(from) is { } alone)
        {
            _tables.Credit.With(number).With(alone).Row();
            return number;
        }

        _tables.Credit.With(number).With(null as long?).Row();
        for (var position = 0; from.Next(); position++)
        {
            var artist = _matched.Artists[from.Artist];
            _tables.CreditName.With(number).With(position).With(artist).WithTextOrNull(_names.IsNamed(artist, from.Name) ? [] : from.Name).WithText(from.JoinPhrase).WithTextOrNull(from.Role).Row();
        }

        return number;
    }

    // Whether somebody is credited who has no rank. What has such a credit is withdrawn too, but for a track's own.
    private bool CreditsWithdrawn(uint credit)
    {
        for (var from = NamesOf(_matched.Credits[credit]); from.Next();)
            if (_matched.Artists[from.Artist] == 0)
                return true;
        return false;
    }

    // The artist, where the credit is of one by its own name.
    private uint? IsPlain(CreditPayload from) =>
        from.Next() && from.JoinPhrase.IsEmpty && from.Role.IsEmpty && _matched.Artists[from.Artist] is var artist && _names.IsNamed(artist, from.Name) ? artist : null;

    private CreditPayload NamesOf(uint credit) => new(_credits[_creditPlaces[credit]]);

    /// <summary>Ranks of the artists of a credit, each once, ascending.</summary>
    private void ArtistsOf(uint credit, List<uint> artists)
    {
        // The next recording's is mostly the last one's.
        if (credit == _artistsOf && ReferenceEquals(artists, _artistsIn))
            return;
        (_artistsOf, _artistsIn) = (credit, artists);
        artists.Clear();
        if (credit == Mention.None)
            return;
        for (var from = NamesOf(_matched.Credits[credit]); from.Next();)
            if (_matched.Artists[from.Artist] is > 0 and var artist && !artists.Contains(artist))
                artists.Add(artist);
        artists.Sort();
    }

    private int SourceOf(uint document) => _sourceOf[_accessionPlace[_documents[document].Accession]];

    private uint DocumentOf(uint mention)
    {
        // The one that is noted for this mention or one before it; from there it is not far.
        var document = _documentNear[mention >> NearBits];
        while (mention >= _documents[document].FirstMention + (uint)_documents[document].Mentions)
            document++;
        return document;
    }

    // The document of each 32nd mention.
    private Column<uint> DocumentsNear()
    {
        var near = _columns.New<uint>((_matched.Recordings.Length >> NearBits) + 1);
        var next = 0L;
        for (var document = 0U; document < _documents.Length; document++)
            for (var end = _documents[document].FirstMention + (long)_documents[document].Mentions; next < near.Length && next << NearBits < end; next++)
                near[next] = document;
        return near;
    }

    private void Conflict(string field, int source)
    {
        _conflicts.TryGetValue((field, source), out var count);
        _conflicts[(field, source)] = count + 1;
    }

    private void Rest(string name, string? withdrawn, long tracks, (long Listens, IReadOnlyList<CoverageRow> Coverage) heard)
    {
        foreach (var step in heard.Coverage.Reverse())
            _tables.Coverage.With(step.Popularity).With(step.LastRank).With(step.Recordings).With(step.Listens).With(step.DurationMs).Row();
        foreach (var ((field, source), records) in _conflicts)
            _tables.Conflict.With(field).With(source).With(records).Row();
        var meta = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["format"] = CatalogueSchema.Format,
            ["name"] = name,
            ["inputs"] = _parsed.Inputs,
            ["popularity_formula"] = Popularities.Formula.ToString(CultureInfo.InvariantCulture),
            ["recordings"] = _matched.RecordingCount.ToString(CultureInfo.InvariantCulture),
            ["releases"] = _matched.ReleaseCount.ToString(CultureInfo.InvariantCulture),
            ["artists"] = _matched.ArtistCount.ToString(CultureInfo.InvariantCulture),
            ["tracks"] = tracks.ToString(CultureInfo.InvariantCulture),
            ["listens"] = heard.Listens.ToString(CultureInfo.InvariantCulture),
        };
        if (withdrawn is not null)
            meta[WithdrawnThings.MetaName] = withdrawn;
        foreach (var (key, value) in meta)
            _tables.Meta.With(key).With(value).Row();
    }

    private readonly record struct CreditedName(uint Artist, uint Credit, uint Position) : IComparable<CreditedName>
    {
        public int CompareTo(CreditedName other) => (Artist, Credit, Position).CompareTo((other.Artist, other.Credit, other.Position));
    }
}
