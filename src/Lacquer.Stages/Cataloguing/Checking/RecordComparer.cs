using System.Globalization;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Identity;

namespace Lacquer.Stages.Cataloguing.Checking;

/// <summary>A value of a record that is not the catalogue's.</summary>
/// <param name="Field">Of which field.</param>
/// <param name="Kind">Of what.</param>
/// <param name="Rank">Its rank; 0 where the catalogue has nothing for it.</param>
/// <param name="Entity">Its id.</param>
/// <param name="Said">The record's value.</param>
/// <param name="Held">The catalogue's.</param>
/// <param name="Can">Whether another record may explain it.</param>
/// <param name="Release">For a track, the release's rank.</param>
/// <param name="Medium">For a track, its place: as the catalogue has it, or where it is that which differs, the record.</param>
/// <param name="Position">So too.</param>
/// <param name="Credit">For a track's credit, who the record says they are.</param>
internal sealed record FieldDifference(string Field, EntityKind Kind, long Rank, EntityId Entity, string Said, string Held, Explanation Can, long Release = 0, int Medium = 0, int Position = 0, SaidCredit? Credit = null);

/// <summary>What may explain a difference.</summary>
internal enum Explanation
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>A record that comes earlier and says what the catalogue holds; for a track's place, that something else is there.</summary>
    AnotherRecord,
}

/// <summary>Compares what a record says with what the catalogue holds of the same thing. Of each thread its own.</summary>
internal sealed class RecordComparer(CatalogueReader catalogue, ArtistNames artists) : IDisposable
{
    // As many as the catalogue keeps of one entity.
    private const int MostAliases = 255;
    private const int MostRemembered = 100_000;

    private readonly Dictionary<long, (string Text, IReadOnlyList<CreditName> Names)> _credits = [];
    private readonly Dictionary<(EntityId, EntityId), bool> _isArtist = [];
    private readonly Dictionary<(int, int), TrackFacts> _places = [];
    private Dictionary<EntityId, TrackFacts>? _byId;
    private Dictionary<Guid, TrackFacts>? _byMbid;
    private string _source = "";
    private RecordingRow? _row;

    /// <summary>Fields that were the same, since they were last taken.</summary>
    public Dictionary<string, long> Same { get; } = new(StringComparer.Ordinal);

    /// <summary>Differences of the record that was compared last.</summary>
    public List<FieldDifference> Differences { get; } = [];

    public long Tracks { get; set; }

    public CatalogueReader Catalogue => catalogue;

    /// <summary>Compares a whole release.</summary>
    public void Release(SaidRecord record, string source, long rank)
    {
        Begin(source);
        var said = record.Release!;
        if (Row(said, rank) is not { } row)
            return;
        ReleaseFacts(said, row);
        Places(row.Rank);
        foreach (var recording in record.Recordings)
        {
            Tracks++;
            if (Track(recording, row, null) is { } track)
                RecordingFacts(recording, track.Recording);
        }
    }

    /// <summary>Compares a recording's own document, or a file and what it says of its release.</summary>
    public void Recording(SaidRecord record, string source, long rank)
    {
        Begin(source);
        var said = record.Recordings[0];
        RecordingFacts(said, rank);
        if (record.Release is not { } release)
            return;
        Tracks++;
        var row = catalogue.Release(release.Id) ?? (release.Mbid is { } mbid ? catalogue.Release(mbid) : null)
            ?? catalogue.Appearances(rank).Select(a => a.Release).FirstOrDefault(r => release.Facts.Any(f => f.Field == "release.gtin" && f.Value == Text(r.Gtin)) || release.Facts.Any(f => f.Field == "release.title" && f.Value == r.Title));
        if (row is null)
        {
            Different(new FieldDifference("release", EntityKind.Release, 0, release.Id, release.Id.ToString(), "", Explanation.None));
            return;
        }

        ReleaseFacts(release, row);
        Places(row.Rank);
        Track(said, row, rank);
    }

    /// <summary>Compares an artist's document.</summary>
    public void Artist(SaidRecord record, string source)
    {
        Begin(source);
        var said = record.Artist!;
        var row = catalogue.Artist(said.Id) ?? (said.Mbid is { } mbid ? catalogue.Artist(mbid) : null) ?? (said.Key is { } key && artists.Find(source, key) is { } id ? catalogue.Artist(id) : null);
        if (row is null)
        {
            Different(new FieldDifference("artist", EntityKind.Artist, 0, said.Id, said.Name, "", Explanation.None));
            return;
        }

        IReadOnlyList<string>? aliases = null;
        foreach (var fact in said.Facts)
        {
            var held = fact.Field switch
            {
                "artist.name" => row.Name,
                "artist.sort_name" => row.SortName ?? "",
                "artist.genres" => SaidReader.Words(catalogue.Genres(EntityKind.Artist, row.Rank)),
                _ => (aliases ??= catalogue.Aliases(EntityKind.Artist, row.Rank)).Contains(fact.Value) || aliases.Count >= MostAliases ? fact.Value : "",
            };
            Fact(fact, held, EntityKind.Artist, row.Rank, row.Id);
        }
    }

    public void Dispose() => catalogue.Dispose();

    private void Begin(string source)
    {
        _source = source;
        Differences.Clear();
        (_byId, _byMbid) = (null, null);
    }

    private ReleaseRow? Row(SaidRelease said, long rank)
    {
        if (catalogue.Release(rank) is { } row)
            return row;
        Different(new FieldDifference("release", EntityKind.Release, 0, said.Id, said.Id.ToString(), "", Explanation.None));
        return null;
    }

    private void ReleaseFacts(SaidRelease said, ReleaseRow row)
    {
        if (said.Credit is { } credit)
            Credit("release", credit, catalogue.CreditNumber(EntityKind.Release, row.Rank), EntityKind.Release, row.Rank, row.Id);
        foreach (var fact in said.Facts)
        {
            var held = fact.Field switch
            {
                "release.title" => row.Title,
                "release.date" => Text(row.Date),
                "release.gtin" => Text(row.Gtin),
                "release.type" => row.Type ?? "",
                "release.licence" => row.Licence ?? "",
                "release.mbid" => row.Mbid?.ToString() ?? "",
                "release.key" => row.Id == said.Id || HasKey(EntityKind.Release, row.Rank, fact.Value) ? fact.Value : "",
                "release.genres" => SaidReader.Words(catalogue.Genres(EntityKind.Release, row.Rank)),
                "release.alias" => catalogue.Aliases(EntityKind.Release, row.Rank) is var aliases && (aliases.Count >= MostAliases || aliases.Contains(fact.Value)) ? fact.Value : "",
                "release.markets" => string.Join(' ', catalogue.Markets(row.Rank)),
                "release.labels" => string.Join("; ", catalogue.Labels(row.Rank).Select(l => SaidReader.Label(l.Name, l.CatalogueNumber))),
                "release.images" => string.Join("; ", catalogue.Images(row.Rank).Select(i => SaidReader.Image(i.Type, i.Url, i.Sha256?.ToString()))),
                _ => string.Join("; ", catalogue.Media(row.Rank).Select(m => SaidReader.Medium(m.Position, m.Format, m.Title))),
            };
            Fact(fact, held, EntityKind.Release, row.Rank, row.Id);
        }
    }

    private void RecordingFacts(SaidRecording said, long rank)
    {
        if (RowOf(rank) is not { } row)
        {
            Different(new FieldDifference("recording", EntityKind.Recording, 0, said.Id, said.Id.ToString(), "", Explanation.None));
            return;
        }

        if (said.Credit is { } credit)
            Credit("recording", credit, catalogue.CreditNumber(EntityKind.Recording, rank), EntityKind.Recording, rank, row.Id);
        foreach (var fact in said.Facts)
        {
            var held = fact.Field switch
            {
                "recording.title" => row.Title,
                "recording.duration_ms" => Text(row.DurationMs),
                "recording.isrc" => Isrc.TryParse(fact.Value, out var isrc) && catalogue.HasIsrc(rank, isrc) ? fact.Value : "",
                "recording.explicit" => row.IsExplicit is { } isExplicit ? isExplicit ? "yes" : "no" : "",
                "recording.licence" => row.Licence ?? "",
                "recording.mbid" => row.Mbid?.ToString() ?? "",
                "recording.key" => row.Id == said.Id || HasKey(EntityKind.Recording, rank, fact.Value) ? fact.Value : "",
                "recording.genres" => SaidReader.Words(catalogue.Genres(EntityKind.Recording, rank)),
                "recording.alias" => catalogue.Aliases(EntityKind.Recording, rank) is var aliases && (aliases.Count >= MostAliases || aliases.Contains(fact.Value)) ? fact.Value : "",
                _ => catalogue.Features(rank) is { } f ? SaidReader.Features(
                    [f.Tempo, f.Key, f.Mode, f.TimeSignature, f.Loudness, f.Danceability, f.Energy, f.Speechiness, f.Acousticness, f.Instrumentalness, f.Liveness, f.Valence]) : "",
            };
            Fact(fact, held, EntityKind.Recording, rank, row.Id);
        }
    }

    // One row is asked for several times in turn.
    private RecordingRow? RowOf(long rank)
    {
        if (_row?.Rank != rank)
            _row = catalogue.Recording(rank);
        return _row;
    }

    private void Places(long release)
    {
        _places.Clear();
        (_byId, _byMbid) = (null, null);
        foreach (var track in catalogue.TrackFacts(release))
            _places.Add((track.Medium, track.Position), track);
    }

    // The track of a release that is the one a record names, compared; null where there is none.
    private TrackFacts? Track(SaidRecording said, ReleaseRow release, long? recording)
    {
        if (!said.IsTrack)
            return null;
        var at = _places.GetValueOrDefault((said.Medium, said.Position));
        var isAt = at is not null && (recording is null ? Is(said, at.Recording) : at.Recording == recording);
        var track = isAt ? at : recording is null ? Elsewhere(said) : _places.Values.FirstOrDefault(t => t.Recording == recording);
        // What has no identifier, or one of a source that does not lead, may stand under another's.
        if (track is null && at is not null && recording is null && !IsToldApart(said, at.Recording))
            (track, isAt) = (at, true);
        if (track is null)
        {
            Different(new FieldDifference("track", EntityKind.Recording, 0, said.Id, $"{Place(said.Medium, said.Position)} of {release.Id}", at is null ? "" : RowOf(at.Recording)?.Id.ToString() ?? "", Explanation.None));
            return null;
        }

        if (said.Position > 0 && !isAt)
            Different(new FieldDifference("track.place", EntityKind.Release, release.Rank, release.Id, Place(said.Medium, said.Position), Place(track.Medium, track.Position),
                at is null ? Explanation.None : Explanation.AnotherRecord, release.Rank, said.Medium, said.Position));
        else
            IsSame("track");
        var row = RowOf(track.Recording);
        TrackFact("track.title", said.TrackTitle, track.Title ?? row?.Title ?? "", release, track);
        if (said.TrackDurationMs > 0)
            TrackFact("track.duration_ms", Text(said.TrackDurationMs), Text(track.DurationMs ?? row?.DurationMs), release, track);
        if (said.TrackCredit is { } credit)
            TrackFact("track.artist_credit", credit.Text, HeldCredit(track.Credit ?? catalogue.CreditNumber(EntityKind.Recording, track.Recording)).Text, release, track, credit);
        return track;
    }

    private void TrackFact(string field, string said, string held, ReleaseRow release, TrackFacts track, SaidCredit? credit = null)
    {
        if (said == held)
            IsSame(field);
        else
            Different(new FieldDifference(field, EntityKind.Release, release.Rank, release.Id, said, held, Explanation.AnotherRecord, release.Rank, track.Medium, track.Position, credit));
    }

    private TrackFacts? Elsewhere(SaidRecording said)
    {
        if (_byId is null)
        {
            (_byId, _byMbid) = ([], []);
            foreach (var track in _places.Values)
            {
                if (RowOf(track.Recording) is not { } row)
                    continue;
                _byId.TryAdd(row.Id, track);
                if (row.Mbid is { } known)
                    _byMbid.TryAdd(known, track);
            }
        }

        return _byId.GetValueOrDefault(said.Id) ?? (said.Mbid is { } mbid ? _byMbid!.GetValueOrDefault(mbid) : null)
            ?? (said.Key is { } key && said.Position == 0 ? _places.Values.FirstOrDefault(t => HasKey(EntityKind.Recording, t.Recording, key)) : null);
    }

    private bool Is(SaidRecording said, long rank) => RowOf(rank) is { } row
        && (row.Id == said.Id || (said.Mbid is not null && said.Mbid == row.Mbid) || (said.Key is { } key && HasKey(EntityKind.Recording, rank, key)));

    private bool IsToldApart(SaidRecording said, long rank) => RowOf(rank) is { } row && (said.Key is not null || (said.Mbid is not null && row.Mbid is not null && said.Mbid != row.Mbid));

    private bool HasKey(EntityKind kind, long rank, string key)
    {
        foreach (var known in catalogue.Keys(kind, rank))
            if (known.Key == key && known.Source == _source)
                return true;
        return false;
    }

    private void Credit(string of, SaidCredit said, long? number, EntityKind kind, long rank, EntityId id)
    {
        var (text, names) = HeldCredit(number);
        Fact(new Fact(of == "release" ? "release.artist_credit" : "recording.artist_credit", said.Text), text, kind, rank, id);
        if (text != said.Text || names.Count != said.Artists.Count)
            return;
        var field = of == "release" ? "release.artists" : "recording.artists";
        for (var i = 0; i < names.Count; i++)
        {
            if (names[i].Artist == said.Artists[i].Id || IsArtist(said.Artists[i], names[i].Artist))
                IsSame(field);
            else
                Different(new FieldDifference(field, kind, rank, id, said.Artists[i].Id.ToString(), names[i].Artist.ToString(), Explanation.AnotherRecord));
        }
    }

    private bool IsArtist(SaidArtist said, EntityId held)
    {
        if (_isArtist.TryGetValue((said.Id, held), out var known))
            return known;
        if (_isArtist.Count > MostRemembered)
            _isArtist.Clear();
        return _isArtist[(said.Id, held)] = catalogue.Artist(held) is { } row
            && ((said.Mbid is not null && said.Mbid == row.Mbid) || (said.Key is { } key && HasKey(EntityKind.Artist, row.Rank, key))
                || (said.Key is null && (said.Mbid is null || row.Mbid is null) && (row.Name == said.Name || catalogue.Aliases(EntityKind.Artist, row.Rank).Contains(said.Name))));
    }

    private (string Text, IReadOnlyList<CreditName> Names) HeldCredit(long? number)
    {
        if (number is not { } credit)
            return ("", []);
        if (_credits.TryGetValue(credit, out var held))
            return held;
        if (_credits.Count > MostRemembered)
            _credits.Clear();
        var names = catalogue.ArtistCredit(credit);
        return _credits[credit] = (SaidReader.CreditText(names.Select(n => (n.Name, n.JoinPhrase, n.Role))), names);
    }

    private void Fact(Fact fact, string held, EntityKind kind, long rank, EntityId id)
    {
        if (fact.Value == held)
            IsSame(fact.Field);
        else
            Different(new FieldDifference(fact.Field, kind, rank, id, fact.Value, held, fact.IsMember ? Explanation.None : Explanation.AnotherRecord));
    }

    private void IsSame(string field) => System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(Same, field, out _)++;

    private void Different(FieldDifference difference) => Differences.Add(difference);

    private static string Place(int medium, int position) => string.Create(CultureInfo.InvariantCulture, $"{medium}.{position}");

    private static string Text(long? number) => number?.ToString(CultureInfo.InvariantCulture) ?? "";
}

/// <summary>Artists that go by another key than the one their id is made of: sources that turned out to speak of one artist.</summary>
internal sealed class ArtistNames
{
    private readonly Dictionary<EntityId, EntityId> _artists = [];

    public ArtistNames(CatalogueReader catalogue, CancellationToken stop)
    {
        var count = 0;
        using var rows = CatalogueReader.Open(catalogue.Folder);
        foreach (var (rank, source, key) in catalogue.ArtistKeys())
        {
            if ((++count & 0xFFFF) == 0)
                stop.ThrowIfCancellationRequested();
            var id = EntityId.From(EntityKind.Artist, source, key);
            if (rows.Artist(rank) is { } row && row.Id != id)
                _artists[id] = row.Id;
        }
    }

    public EntityId? Find(string source, string key) => _artists.TryGetValue(EntityId.From(EntityKind.Artist, source, key), out var id) ? id : null;
}
