using Lacquer.Formats.Identity;
using Lacquer.Stages.Cataloguing.Staging;

namespace Lacquer.Stages.Cataloguing.Matching;

/// <summary>
/// What was withdrawn, among what accessions speak of. A recording is withdrawn where anything that is said of it has the id, or credits an artist who is: whatever it was merged with goes with it. As many entries as there are withdrawals; payloads, which have the ids, are read
/// only where there are any.
/// </summary>
internal sealed class Withdrawals
{
    private readonly StagedFiles _files;
    private readonly CancellationToken _stop;
    private readonly ILookup<EntityKind, EntityId> _ids;

    public Withdrawals(StagedFiles files, IReadOnlyCollection<EntityId> ids, CancellationToken stop)
    {
        (_files, _stop) = (files, stop);
        _ids = ids.ToLookup(id => id.Kind);
    }

    /// <summary>Whether any artist is.</summary>
    public bool HasArtists => _ids[EntityKind.Artist].Any();

    /// <summary>Numbers of the artists.</summary>
    public HashSet<uint> Artists()
    {
        var numbers = new HashSet<uint>();
        if (!HasArtists)
            return numbers;
        var ids = _ids[EntityKind.Artist].ToHashSet();
        var places = new Dictionary<long, uint>();
        foreach (var payload in StagedPayloads.All(_files.Artists))
        {
            var from = new PayloadReader(payload.Span);
            if (ids.Contains(new EntityId(EntityKind.Artist, ArtistPayload.Read(ref from).Id)))
                places.Add(payload.Offset, 0);
        }

        StagedFiles.ForEach<long>(_files.ArtistPlaces, (start, artists) =>
        {
            for (var i = 0; i < artists.Length; i++)
                if (places.ContainsKey(artists.Span[i]))
                    numbers.Add((uint)(start + i));
        });
        StagedFiles.ForEach<FurtherPlace>(_files.FurtherArtists, (_, documents) =>
        {
            foreach (ref readonly var document in documents.Span)
                if (places.ContainsKey(document.Offset))
                    numbers.Add(document.Number);
        });
        return numbers;
    }

    /// <summary>The first mention of each of the recordings, as the matcher finds it.</summary>
    /// <param name="mentions">What is said of recordings.</param>
    /// <param name="matcher">Knows which is of which.</param>
    /// <param name="artists">The artists.</param>
    /// <param name="credits">Who is credited; null where no artist is withdrawn.</param>
    public HashSet<uint> Recordings(MentionTable mentions, RecordingMatcher matcher, IReadOnlySet<uint> artists, CreditTable? credits)
    {
        var ids = _ids[EntityKind.Recording].ToHashSet();
        var first = new HashSet<uint>();
        if (ids.Count == 0 && artists.Count == 0)
            return first;
        using var payloads = new FileStream(_files.Payloads, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20, FileOptions.SequentialScan);
        StagedFiles.ForEach<Mention>(_files.Mentions, (start, staged) =>
        {
            _stop.ThrowIfCancellationRequested();
            var number = (uint)start;
            Span<byte> id = stackalloc byte[EntityId.LengthBytes];
            foreach (ref readonly var mention in staged.Span)
            {
                payloads.Position = mention.Offset + PayloadLayout.Id;
                payloads.ReadExactly(id);
                if (mentions.Counts(number) && (ids.Contains(new EntityId(EntityKind.Recording, id)) || (credits is not null && mentions[number].Credit is var credit && credit != Mention.None && IsAnyIn(credits.ArtistsOf(credit), artists))))
                    first.Add(matcher.Find(number));
                number++;
            }
        });
        return first;
    }

    /// <summary>Numbers of the releases.</summary>
    /// <param name="releases">Which are one.</param>
    /// <param name="artists">The artists.</param>
    /// <param name="credits">Who is credited; null where no artist is withdrawn.</param>
    public HashSet<uint> Releases(Clusters releases, IReadOnlySet<uint> artists, CreditTable? credits)
    {
        var ids = _ids[EntityKind.Release].ToHashSet();
        var numbers = new HashSet<uint>();
        if (ids.Count == 0 && artists.Count == 0)
            return numbers;
        using var payloads = new StagedPayloads(_files.Payloads);
        StagedFiles.ForEach<Document>(_files.Documents, (_, documents) =>
        {
            _stop.ThrowIfCancellationRequested();
            foreach (ref readonly var document in documents.Span)
                if (document.Release != Mention.None && (ids.Contains(new EntityId(EntityKind.Release, ReleasePayload.Read(payloads[document.Offset]).Id))
                    || (credits is not null && document.Credit != Mention.None && IsAnyIn(credits.ArtistsOf(document.Credit), artists))))
                    numbers.Add(releases.Find(document.Release));
        });
        return numbers;
    }

    private static bool IsAnyIn(ReadOnlySpan<uint> numbers, IReadOnlySet<uint> set)
    {
        foreach (var number in numbers)
            if (set.Contains(number))
                return true;
        return false;
    }
}
