using Lacquer.Stages.Cataloguing.Staging;

namespace Lacquer.Stages.Cataloguing.Matching;

/// <summary>
/// Finds mentions of one recording: by identifier; else where their audio is accepted to be the same; else by ISRC, where title or artist and duration bear it out; else by title, artist and duration. Two that one source tells apart by
/// identifiers are never joined, and two with different ISRCs not by their words. docs/format/catalogue.md has the rules.
/// </summary>
internal sealed class RecordingMatcher
{
    // Of one title, with the same ISRC: cuts and fades differ; and two of different titles.
    private const int SameTitleMs = 7000;
    private const int SameIsrcMs = 3000;

    // By words alone.
    private const int SameWordsMs = 2000;

    // Compared with at most so many clusters of one key, so that a key which thousands of recordings claim does not cost its square.
    private const int MostClusters = 64;

    private readonly MentionTable _mentions;
    private readonly Clusters _clusters;
    private readonly List<uint> _heads = [];

    public RecordingMatcher(MentionTable mentions)
    {
        _mentions = mentions;
        _clusters = new Clusters(mentions.Columns, mentions.Count);
    }

    public uint Find(uint mention) => _clusters.Find(mention);

    public void ByIdentifier(CancellationToken stop) => Groups(i => _mentions[i].Identifier, null, group =>
    {
        for (var i = 1; i < group.Length; i++)
            Join(group[0], group[i]);
    }, stop);

    /// <summary>What somebody listened to, or a hash vouches for.</summary>
    public void BySameAudio(uint one, uint other)
    {
        if (!IsToldApart(one, other))
            Join(one, other);
    }

    /// <param name="further">The file of further ISRCs.</param>
    /// <param name="stop">Gives up.</param>
    public void ByIsrc(string further, CancellationToken stop) => Groups(i => IsrcKey(_mentions[i].Isrc), further, group => Cluster(group, IsBorneOut), stop);

    public void ByWords(CancellationToken stop) => Groups(
        i => _mentions[i] is { Title: not 0, Artist: not 0, DurationMs: not 0 } said ? Math.Max((said.Title ^ said.Artist) * 0x9E3779B97F4A7C15, 1) : 0, null,
        group =>
        {
            group.Sort((a, b) => _mentions[a].DurationMs is var one && _mentions[b].DurationMs is var other && one != other ? one.CompareTo(other) : a.CompareTo(b));
            Cluster(group, IsOneByWords);
        }, stop);

    /// <summary>Tracks at one place of two records of one release.</summary>
    public void ByPlace(uint one, uint other)
    {
        if (!IsToldApart(one, other) && (SameTitle(one, other) || Apart(one, other) is >= 0 and <= SameIsrcMs))
            Join(one, other);
    }

    private void Cluster(Span<uint> group, Func<uint, uint, bool> isOne)
    {
        _heads.Clear();
        foreach (var mention in group)
        {
            var joined = false;
            // From the last: sorted by duration, that is the nearest.
            for (var i = _heads.Count - 1; i >= 0 && !joined; i--)
            {
                if (!isOne(_heads[i], mention))
                    continue;
                Join(_heads[i], mention);
                _heads[i] = mention;
                joined = true;
            }

            if (joined)
                continue;
            if (_heads.Count == MostClusters)
                _heads.RemoveAt(0);
            _heads.Add(mention);
        }
    }

    private bool IsBorneOut(uint one, uint other)
    {
        if (IsToldApart(one, other))
            return false;
        var apart = Apart(one, other);
        return SameTitle(one, other) ? apart <= SameTitleMs : apart is >= 0 and <= SameIsrcMs && _mentions[one].Artist != 0 && _mentions[one].Artist == _mentions[other].Artist;
    }

    private bool IsOneByWords(uint one, uint other) =>
        Apart(one, other) <= SameWordsMs && _mentions[one].Document != _mentions[other].Document && SameTitle(one, other) && _mentions[one].Artist == _mentions[other].Artist && !IsToldApart(one, other)
            && !(_mentions[_clusters.Find(one)].Isrc is var a and not 0 && _mentions[_clusters.Find(other)].Isrc is var b and not 0 && a != b);

    private bool SameTitle(uint one, uint other) => _mentions[one].Title != 0 && _mentions[one].Title == _mentions[other].Title;

    // Milliseconds, or -1 where one is not known.
    private int Apart(uint one, uint other) => _mentions[one].DurationMs is var a and > 0 && _mentions[other].DurationMs is var b and > 0 ? Math.Abs(a - b) : -1;

    private bool IsToldApart(uint one, uint other)
    {
        var (a, b) = (_mentions[_clusters.Find(one)].Identifier, _mentions[_clusters.Find(other)].Identifier);
        return a != 0 && b != 0 && a != b && Mention.SpaceOf(a) == Mention.SpaceOf(b);
    }

    private void Join(uint one, uint other)
    {
        if (_clusters.Find(one) == _clusters.Find(other))
            return;
        var (kept, gone) = _clusters.Join(one, other);
        // The cluster has what one of its parts has; MusicBrainz's identifier, if there is one, as it is the one that tells apart across sources.
        if (_mentions[kept].Identifier == 0 || Mention.SpaceOf(_mentions[gone].Identifier) == Mention.MusicBrainz)
            _mentions[kept].Identifier = _mentions[gone].Identifier != 0 ? _mentions[gone].Identifier : _mentions[kept].Identifier;
        if (_mentions[kept].Isrc == 0)
            _mentions[kept].Isrc = _mentions[gone].Isrc;
    }

    // In the order of the codes, which differ in their first bits: 49 bits, plus one.
    private static ulong IsrcKey(long isrc) => (ulong)isrc << 14;

    // Mentions that share a key, in order; keys of 0 are none.
    private void Groups(Func<uint, ulong> keyOf, string? further, GroupAction each, CancellationToken stop)
    {
        var most = (long)_mentions.Count + (further is null ? 0 : StagedFiles.Count<FurtherIsrc>(further));
        SortRounds.Run(_mentions.Columns, most, take =>
        {
            for (var i = 0U; i < _mentions.Count; i++)
                if (keyOf(i) is var key and not 0)
                    take(key, i);
            if (further is null)
                return;
            StagedFiles.ForEach<FurtherIsrc>(further, (_, rows) =>
            {
                foreach (ref readonly var row in rows.Span)
                    if (_mentions.Counts(row.Mention))
                        take(IsrcKey(row.Isrc + 1), row.Mention);
            });
        }, (keys, numbers) =>
        {
            for (var start = 0; start < keys.Length;)
            {
                var end = start + 1;
                while (end < keys.Length && keys[end] == keys[start])
                    end++;
                if (end - start > 1)
                {
                    var group = numbers[start..end];
                    if (further is not null)
                        group.Sort();
                    each(group);
                }

                start = end;
                if ((start & 0xFFFFF) == 0)
                    stop.ThrowIfCancellationRequested();
            }
        }, stop);
    }

    private delegate void GroupAction(Span<uint> group);
}
