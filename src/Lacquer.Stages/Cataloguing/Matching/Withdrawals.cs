using Lacquer.Formats.Identity;
using Lacquer.Stages.Cataloguing.Staging;
using Lacquer.Stages.Workbench;

namespace Lacquer.Stages.Cataloguing.Matching;

/// <summary>What has no rank, as it is withdrawn.</summary>
/// <param name="Recordings">The first mention of each recording.</param>
/// <param name="Releases">Numbers of releases that stand for their cluster.</param>
/// <param name="Artists">Numbers of artists that stand for theirs.</param>
/// <param name="Also">Ids that no withdrawal names, and the withdrawn ones that they turned out to be the same as, or to belong to.</param>
internal sealed record WithdrawnRanks(IReadOnlySet<uint> Recordings, IReadOnlySet<uint> Releases, IReadOnlySet<uint> Artists, IReadOnlyList<(EntityId Id, EntityId SameAs)> Also)
{
    public static WithdrawnRanks None { get; } = new(new HashSet<uint>(), new HashSet<uint>(), new HashSet<uint>(), []);
}

/// <summary>
/// Finds what was withdrawn among what accessions speak of, by the catalogue's own matching: docs/decisions/how-far-a-withdrawal-reaches.md. Nothing is read where nothing is withdrawn; otherwise the ids, which stand in the payloads, and 4 bytes a document are in memory.
/// </summary>
internal sealed class Withdrawals
{
    // Tracks at one place of two records of one key, one of which took the other's place.
    private const int SameTrackMs = 3000;

    private readonly StagedFiles _files;
    private readonly MentionTable _mentions;
    private readonly RecordingMatcher _matcher;
    private readonly Clusters _releaseClusters, _artistClusters;
    private readonly CreditTable _credits;
    private readonly Column<Document> _documents;
    private readonly Column<Mention> _staged;
    private readonly Column<uint> _standing;
    private readonly HashSet<EntityId> _whole;

    // What is known to be withdrawn, with the id that a tombstone has.
    private readonly Dictionary<EntityId, EntityId> _ids;
    private readonly CancellationToken _stop;

    // Who stands for what is withdrawn, and by which id it is.
    private readonly Dictionary<uint, EntityId> _recordings = [], _releases = [], _wholeReleases = [], _artists = [], _credited = [];
    private readonly List<(EntityId Id, EntityId SameAs)> _also = [];

    private Withdrawals(StagedFiles files, WithdrawnThings withdrawn, MentionTable mentions, RecordingMatcher matcher, Clusters releases, CreditTable credits, Clusters artists, CancellationToken stop)
    {
        (_files, _mentions, _matcher, _releaseClusters, _credits, _artistClusters, _stop) = (files, mentions, matcher, releases, credits, artists, stop);
        _whole = [.. withdrawn.WholeReleases];
        _ids = withdrawn.Kept.ToDictionary(kept => kept.Id, kept => kept.SameAs);
        foreach (var id in withdrawn.Entities)
            _ids[id] = id;
        _documents = mentions.Columns.Read<Document>(files.Documents);
        _staged = mentions.Columns.Read<Mention>(files.Mentions);
        _standing = mentions.Standing(files, stop);
    }

    /// <summary>Finds it.</summary>
    /// <param name="files">What parsing left.</param>
    /// <param name="withdrawn">What was asked for.</param>
    /// <param name="mentions">What is said of recordings.</param>
    /// <param name="matcher">Knows which is of which.</param>
    /// <param name="releases">Which releases are one.</param>
    /// <param name="credits">Who is credited.</param>
    /// <param name="artists">Which artists are one.</param>
    /// <param name="filled">Credits of releases that come from their tracks.</param>
    /// <param name="stop">Gives up.</param>
    public static WithdrawnRanks Find(
        StagedFiles files, WithdrawnThings withdrawn, MentionTable mentions, RecordingMatcher matcher, Clusters releases, CreditTable credits, Clusters artists, Column<uint> filled, CancellationToken stop)
    {
        if (withdrawn.Entities.Count == 0)
            return WithdrawnRanks.None;
        var search = new Withdrawals(files, withdrawn, mentions, matcher, releases, credits, artists, stop);
        using (search._documents)
        using (search._staged)
        using (search._standing)
        {
            search.Artists();
            search.Releases(filled);
            search.Recordings();
            search.AlsoRecordings();
        }

        return new WithdrawnRanks(search._recordings.Keys.ToHashSet(), search._releases.Keys.ToHashSet(), search._artists.Keys.ToHashSet(), search._also);
    }

    private void Artists()
    {
        Each((number, id) =>
        {
            if (_ids.TryGetValue(id, out var named))
                _artists.TryAdd(_artistClusters.Find(number), named);
        });
        if (_artists.Count > 0)
            FormerNames();
        Each((number, id) => Also(_artists, _artistClusters.Find(number), id));
        for (var credit = 0U; credit < _credits.Count; credit++)
            foreach (var artist in _credits.ArtistsOf(credit))
                if (_artists.TryGetValue(_artistClusters.Find(artist), out var id))
                    _credited.TryAdd(credit, id);
        return;

        void Each(Action<uint, EntityId> each)
        {
            using var places = _mentions.Columns.Read<long>(_files.ArtistPlaces);
            var number = 0U;
            foreach (var payload in StagedPayloads.All(_files.Artists))
            {
                if (number >= places.Length || payload.Offset != places[number])
                    continue;
                var from = new PayloadReader(payload.Span);
                each(number++, new EntityId(EntityKind.Artist, ArtistPayload.Read(ref from).Id));
            }
        }
    }

    // One whom a later record of the same key credits under another identifier, at the same place and by the same name.
    private void FormerNames()
    {
        for (var mention = 0U; mention < _staged.Length; mention++)
        {
            if (_mentions.Counts(mention) || _mentions[mention].Credit is not (var former and not Mention.None) || !IsAnyGone(former))
                continue;
            if (Successor(mention) is not (var now and not Mention.None) || _mentions[now].Credit is not (var credit and not Mention.None))
                continue;
            var one = _credits.ArtistsOf(former);
            var other = _credits.ArtistsOf(credit);
            for (var i = 0; i < Math.Min(one.Length, other.Length); i++)
                if (_artists.TryGetValue(_artistClusters.Find(one[i]), out var id) && _credits.NameHashes[one[i]] is var name && name != 0 && name == _credits.NameHashes[other[i]])
                    _artists.TryAdd(_artistClusters.Find(other[i]), id);
        }

        bool IsAnyGone(uint credit)
        {
            foreach (var artist in _credits.ArtistsOf(credit))
                if (_artists.ContainsKey(_artistClusters.Find(artist)))
                    return true;
            return false;
        }
    }

    private void Releases(Column<uint> filled)
    {
        EachRelease((document, id, isWhole) =>
        {
            ref readonly var said = ref _documents[document];
            if (_ids.TryGetValue(id, out var named))
            {
                Release(said.Release, named);
                // What a file says of its release may be of another by now.
                if (isWhole && _documents[_standing[document]].Release is var now && now != Mention.None)
                    Release(now, named);
            }
            else if (said.Credit != Mention.None && !_mentions.IsSuperseded[document] && _credited.TryGetValue(said.Credit, out var artist))
            {
                Release(said.Release, artist);
            }
        });
        for (var release = 0U; release < filled.Length; release++)
            if (filled[release] is var credit && credit != Mention.None && _credited.TryGetValue(credit, out var artist))
                Release(release, artist);
        if (_releases.Count > 0)
            EachRelease((document, id, _) => Also(_releases, _releaseClusters.Find(_documents[document].Release), id));
    }

    private void Release(uint number, EntityId id)
    {
        _releases.TryAdd(_releaseClusters.Find(number), id);
        if (_whole.Contains(id))
            _wholeReleases.TryAdd(_releaseClusters.Find(number), id);
    }

    private void EachRelease(Action<uint, EntityId, bool> each)
    {
        using var payloads = new StagedPayloads(_files.Payloads);
        for (var document = 0U; document < _documents.Length; document++)
        {
            if ((document & 0xFFFFF) == 0)
                _stop.ThrowIfCancellationRequested();
            if (_documents[document].Release == Mention.None)
                continue;
            var said = ReleasePayload.Read(payloads[_documents[document].Offset]);
            each(document, new EntityId(EntityKind.Release, said.Id), said.Parts.HasFlag(ReleaseParts.IsWhole));
        }
    }

    private void Recordings() => MentionTable.ForEachId(_files, _ => true, (mention, bytes) =>
    {
        var isNamed = _ids.TryGetValue(new EntityId(EntityKind.Recording, bytes), out var id);
        if (!_mentions.Counts(mention))
        {
            if (isNamed && Successor(mention) is var now and not Mention.None)
                _recordings.TryAdd(_matcher.Find(now), id);
        }
        else if (isNamed || (_mentions[mention].Credit is var credit && credit != Mention.None && _credited.TryGetValue(credit, out id))
            || (_documents[_mentions[mention].Document].Release is var release && release != Mention.None && _wholeReleases.TryGetValue(_releaseClusters.Find(release), out id)))
        {
            _recordings.TryAdd(_matcher.Find(mention), id);
        }
    }, _stop);

    // The ledger may know what is withdrawn by any id that it ever had.
    private void AlsoRecordings()
    {
        if (_recordings.Count == 0)
            return;
        var documents = new HashSet<uint>();
        for (var mention = 0U; mention < _staged.Length; mention++)
            if (_mentions.Counts(mention) && _recordings.ContainsKey(_matcher.Find(mention)))
                documents.Add(_mentions[mention].Document);
        MentionTable.ForEachId(_files, mention => documents.Contains(_standing[_mentions[mention].Document]), (mention, bytes) =>
        {
            var now = _mentions.Counts(mention) ? mention : Successor(mention);
            if (now != Mention.None)
                Also(_recordings, _matcher.Find(now), new EntityId(EntityKind.Recording, bytes));
        }, _stop);
    }

    private void Also(Dictionary<uint, EntityId> withdrawn, uint stands, EntityId id)
    {
        if (withdrawn.TryGetValue(stands, out var by) && _ids.TryAdd(id, by))
            _also.Add((id, by));
    }

    // The mention of the record that took the place of this one's, of the same recording; or none.
    private uint Successor(uint mention)
    {
        ref readonly var said = ref _staged[mention];
        ref readonly var now = ref _documents[_standing[said.Document]];
        if (now.Mentions == 1 && _documents[said.Document].Mentions == 1)
            return now.FirstMention;
        for (var other = now.FirstMention; other < now.FirstMention + now.Mentions; other++)
        {
            ref readonly var track = ref _staged[other];
            if (track.Place == said.Place && ((said.Title != 0 && said.Title == track.Title) || (said.DurationMs > 0 && track.DurationMs > 0 && Math.Abs(said.DurationMs - track.DurationMs) <= SameTrackMs)))
                return other;
        }

        return Mention.None;
    }
}
