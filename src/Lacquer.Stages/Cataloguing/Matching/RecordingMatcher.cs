using System.Runtime.InteropServices;
using Lacquer.Formats.Catalogues;
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

    // Pairs sorted at once, 24 bytes each.
    private const int MostAtOnce = 1 << 26;

    private readonly MentionTable _mentions;
    private readonly Clusters _clusters;
    private readonly List<uint> _heads = [];

    public RecordingMatcher(MentionTable mentions)
    {
        _mentions = mentions;
        _clusters = new Clusters(mentions.Count);
    }

    public uint Find(uint mention) => _clusters.Find(mention);

    public void ByIdentifier(CancellationToken stop) => Groups(i => _mentions.Identifiers[i], [], group =>
    {
        for (var i = 1; i < group.Length; i++)
            Join(group[0], group[i]);
    }, stop);

    /// <summary>What somebody listened to, or a hash vouches for.</summary>
    public void BySameAudio(IEnumerable<(uint One, uint Other)> pairs)
    {
        foreach (var (one, other) in pairs)
            if (!IsToldApart(one, other))
                Join(one, other);
    }

    public void ByIsrc(IReadOnlyList<FurtherIsrc> further, CancellationToken stop) => Groups(i => (ulong)_mentions.Isrcs[i],
        further.Where(f => _mentions.Counts(f.Mention)).Select(f => ((ulong)f.Isrc + 1, f.Mention)).ToList(), group => Cluster(group, IsBorneOut), stop);

    public void ByWords(CancellationToken stop) => Groups(
        i => _mentions.Titles[i] == 0 || _mentions.Artists[i] == 0 || _mentions.Durations[i] == 0 ? 0 : Math.Max((_mentions.Titles[i] ^ _mentions.Artists[i]) * 0x9E3779B97F4A7C15, 1), [],
        group =>
        {
            group.Sort((a, b) => _mentions.Durations[a] != _mentions.Durations[b] ? _mentions.Durations[a].CompareTo(_mentions.Durations[b]) : a.CompareTo(b));
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
        return SameTitle(one, other) ? apart <= SameTitleMs : apart is >= 0 and <= SameIsrcMs && _mentions.Artists[one] != 0 && _mentions.Artists[one] == _mentions.Artists[other];
    }

    private bool IsOneByWords(uint one, uint other) =>
        Apart(one, other) <= SameWordsMs && _mentions.Documents[one] != _mentions.Documents[other] && SameTitle(one, other) && _mentions.Artists[one] == _mentions.Artists[other] && !IsToldApart(one, other)
            && !(_mentions.Isrcs[_clusters.Find(one)] is var a and not 0 && _mentions.Isrcs[_clusters.Find(other)] is var b and not 0 && a != b);

    private bool SameTitle(uint one, uint other) => _mentions.Titles[one] != 0 && _mentions.Titles[one] == _mentions.Titles[other];

    // Milliseconds, or -1 where one is not known.
    private int Apart(uint one, uint other) => _mentions.Durations[one] is var a and > 0 && _mentions.Durations[other] is var b and > 0 ? Math.Abs(a - b) : -1;

    private bool IsToldApart(uint one, uint other)
    {
        var (a, b) = (_mentions.Identifiers[_clusters.Find(one)], _mentions.Identifiers[_clusters.Find(other)]);
        return a != 0 && b != 0 && a != b && Mention.SpaceOf(a) == Mention.SpaceOf(b);
    }

    private void Join(uint one, uint other)
    {
        if (_clusters.Find(one) == _clusters.Find(other))
            return;
        var (kept, gone) = _clusters.Join(one, other);
        // The cluster has what one of its parts has; MusicBrainz's identifier, if there is one, as it is the one that tells apart across sources.
        if (_mentions.Identifiers[kept] == 0 || Mention.SpaceOf(_mentions.Identifiers[gone]) == Mention.MusicBrainz)
            _mentions.Identifiers[kept] = _mentions.Identifiers[gone] != 0 ? _mentions.Identifiers[gone] : _mentions.Identifiers[kept];
        if (_mentions.Isrcs[kept] == 0)
            _mentions.Isrcs[kept] = _mentions.Isrcs[gone];
    }

    // Mentions that share a key, in order; keys of 0 are none. In as many rounds as memory asks for.
    private void Groups(Func<int, ulong> keyOf, List<(ulong Key, uint Mention)> further, SpanAction each, CancellationToken stop)
    {
        var rounds = _mentions.Count / MostAtOnce + 1;
        var keys = new ulong[Math.Min(_mentions.Count, MostAtOnce) + 1024];
        var numbers = new uint[keys.Length];
        for (var round = 0; round < rounds; round++)
        {
            var count = 0;
            void Take(ulong key, uint mention)
            {
                if (key == 0 || (rounds > 1 && (int)((key * 0xD6E8FEB86659FD93 >> 40) % (ulong)rounds) != round))
                    return;
                if (count == keys.Length)
                {
                    Array.Resize(ref keys, keys.Length * 2);
                    Array.Resize(ref numbers, keys.Length);
                }

                (keys[count], numbers[count]) = (key, mention);
                count++;
            }

            for (var i = 0; i < _mentions.Count; i++)
                Take(keyOf(i), (uint)i);
            foreach (var (key, mention) in further)
                Take(key, mention);
            KeySort.Sort(ref keys, ref numbers, count);
            for (var start = 0; start < count;)
            {
                var end = start + 1;
                while (end < count && keys[end] == keys[start])
                    end++;
                if (end - start > 1)
                {
                    var group = numbers.AsSpan(start, end - start);
                    if (further.Count > 0)
                        group.Sort();
                    each(group);
                }

                start = end;
                if ((start & 0xFFFFF) == 0)
                    stop.ThrowIfCancellationRequested();
            }
        }
    }

    private delegate void SpanAction(Span<uint> group);
}
