using System.Runtime.InteropServices;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Identity;
using Lacquer.Stages.Cataloguing.Staging;
using Lacquer.Stages.Workbench;

namespace Lacquer.Stages.Cataloguing.Matching;

/// <summary>
/// Second stage of a build: which mentions are of one recording, which releases and artists are one, and the rank of each. In memory, 50 bytes a mention at its widest; bounded by the memory's speed, as sorting
/// and joining touch it everywhere.
/// </summary>
internal sealed class Match
{
    private readonly StagedFiles _files;
    private readonly ParsedRecords _parsed;
    private readonly int[] _sourceOf;
    private readonly MentionTable _mentions;
    private readonly Action<string> _step;
    private readonly CancellationToken _stop;

    private Match(StagedFiles files, ParsedRecords parsed, int[] sourceOf, Action<string> step, CancellationToken stop)
    {
        (_files, _parsed, _sourceOf, _step, _stop) = (files, parsed, sourceOf, step, stop);
        step("match");
        _mentions = new MentionTable(files, parsed, sourceOf);
    }

    /// <summary>Matches.</summary>
    /// <param name="files">What parsing left.</param>
    /// <param name="parsed">Its counts.</param>
    /// <param name="sourceOf">For each accession in order, its source's priority: the smaller leads.</param>
    /// <param name="progress">Is told each step.</param>
    /// <param name="stop">Gives up.</param>
    public static Matched Run(StagedFiles files, ParsedRecords parsed, int[] sourceOf, IProgress<StageProgress> progress, CancellationToken stop)
    {
        var steps = 0;
        var match = new Match(files, parsed, sourceOf, what => progress.Report(new StageProgress(what, steps++, 8)), stop);
        return match.Run();
    }

    private Matched Run()
    {
        var matcher = new RecordingMatcher(_mentions);
        var releases = Releases(matcher);
        Step();
        matcher.ByIdentifier(_stop);
        matcher.BySameAudio(SameAudio());
        Step();
        matcher.ByIsrc(StagedFiles.ReadAll<FurtherIsrc>(_files.Isrcs), _stop);
        Step();
        matcher.ByWords(_stop);
        Step();

        var recordings = Number(matcher, out var count);
        var heard = Rank(recordings, count, out var listens);
        Step();
        var leads = Leads(recordings, count);
        var credits = new CreditTable(_files, _parsed);
        var artists = new Clusters(_parsed.Artists);
        var mentionCredits = MentionCredits();
        JoinArtists(recordings, leads, mentionCredits, credits, artists);
        var stands = credits.Merge(artists);
        Step();
        var filled = FillReleaseCredits(releases, mentionCredits, credits, artists);
        var (artistRanks, artistListens, artistCount) = RankArtists(listens, leads, mentionCredits, credits, artists, filled.Values);
        var (releaseRanks, releaseListens, releaseCount) = RankReleases(recordings, heard, listens, releases);
        return new Matched
        {
            Recordings = recordings,
            Releases = releaseRanks,
            Artists = artistRanks,
            Credits = stands,
            Leads = leads,
            RecordingListens = listens,
            ReleaseCredits = filled.Select(f => new FilledCredit { Release = releaseRanks[f.Key], Credit = f.Value }).OrderBy(f => f.Release).ToArray(),
            ReleaseListens = releaseListens,
            ArtistListens = artistListens,
            Superseded = _mentions.Superseded,
            SupersededDocuments = Enumerable.Range(0, _mentions.IsSuperseded.Length).Where(d => _mentions.IsSuperseded[d]).Select(d => (uint)d).ToArray(),
            ReleaseCount = releaseCount,
            ArtistCount = artistCount,
        };
    }

    /// <summary>The pairs that accessions say are one, each by one mention of it that counts. Payloads, which have the ids, are read only where there are any, in their order.</summary>
    private List<(uint One, uint Other)> SameAudio()
    {
        var pairs = StagedFiles.ReadAll<SamePair>(_files.Same);
        if (pairs.Length == 0)
            return [];
        var mentionOf = new Dictionary<RecordingKey, uint>();
        foreach (var pair in pairs)
            (mentionOf[pair.One], mentionOf[pair.Other]) = (Mention.None, Mention.None);
        using var payloads = new FileStream(_files.Payloads, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20, FileOptions.SequentialScan);
        StagedFiles.ForEach<Mention>(_files.Mentions, (start, mentions) =>
        {
            _stop.ThrowIfCancellationRequested();
            var number = (uint)start;
            Span<byte> id = stackalloc byte[EntityId.LengthBytes];
            foreach (ref readonly var mention in mentions.Span)
            {
                payloads.Position = mention.Offset + PayloadLayout.Id;
                payloads.ReadExactly(id);
                if (_mentions.Counts(number) && mentionOf.TryGetValue(RecordingKey.Of(id), out var met) && met == Mention.None)
                    mentionOf[RecordingKey.Of(id)] = number;
                number++;
            }
        });
        return pairs.Select(p => (One: mentionOf[p.One], Other: mentionOf[p.Other])).Where(p => p.One != Mention.None && p.Other != Mention.None).ToList();
    }

    private void Step()
    {
        _stop.ThrowIfCancellationRequested();
        _step("match");
    }

    /// <summary>
    /// Releases of several sources that are one: the same barcode and title, where no source has two releases with that barcode. The tracks that then stand at one place are joined.
    /// </summary>
    private Clusters Releases(RecordingMatcher matcher)
    {
        var clusters = new Clusters(_parsed.Releases);
        var gtins = new long[_parsed.Releases];
        var titles = new ulong[_parsed.Releases];
        var sources = new int[_parsed.Releases];
        StagedFiles.ForEach<Document>(_files.Documents, (start, documents) =>
        {
            var i = start;
            foreach (ref readonly var document in documents.Span)
            {
                if (!_mentions.IsSuperseded[i] && document.Release != Mention.None && document.Gtin != 0 && gtins[document.Release] == 0)
                    (gtins[document.Release], titles[document.Release], sources[document.Release]) = (document.Gtin, document.Title, _sourceOf[_mentions.DocumentAccession[i]]);
                i++;
            }
        });
        var keys = new ulong[_parsed.Releases];
        var numbers = new uint[_parsed.Releases];
        var count = 0;
        for (var release = 0; release < gtins.Length; release++)
            if (gtins[release] != 0)
                (keys[count], numbers[count++]) = ((ulong)gtins[release], (uint)release);
        KeySort.Sort(ref keys, ref numbers, count);
        var merged = new HashSet<uint>();
        for (var start = 0; start < count;)
        {
            var end = start + 1;
            while (end < count && keys[end] == keys[start])
                end++;
            if (end - start is > 1 and < 64)
            {
                var group = numbers.AsSpan(start, end - start);
                for (var i = 0; i < group.Length; i++)
                    for (var j = i + 1; j < group.Length; j++)
                        if (titles[group[i]] == titles[group[j]] && IsAlone(group, i) && IsAlone(group, j) && sources[group[i]] != sources[group[j]])
                        {
                            clusters.Join(group[i], group[j]);
                            merged.Add(group[i]);
                            merged.Add(group[j]);
                        }
            }

            start = end;
        }

        JoinPlaces(matcher, clusters, merged);
        return clusters;

        bool IsAlone(Span<uint> group, int index)
        {
            for (var i = 0; i < group.Length; i++)
                if (i != index && sources[group[i]] == sources[group[index]])
                    return false;
            return true;
        }
    }

    private void JoinPlaces(RecordingMatcher matcher, Clusters releases, HashSet<uint> merged)
    {
        if (merged.Count == 0)
            return;
        var parts = new List<(uint Release, uint First, int Count)>();
        StagedFiles.ForEach<Document>(_files.Documents, (start, documents) =>
        {
            var i = start;
            foreach (ref readonly var document in documents.Span)
            {
                if (document.Release != Mention.None && merged.Contains(document.Release) && !_mentions.IsSuperseded[i])
                    parts.Add((releases.Find(document.Release), document.FirstMention, document.Mentions));
                i++;
            }
        });
        using var file = File.OpenHandle(_files.Mentions);
        var at = new Dictionary<uint, uint>();
        foreach (var release in parts.OrderBy(p => p.Release).ThenBy(p => p.First).GroupBy(p => p.Release))
        {
            at.Clear();
            foreach (var (_, first, count) in release)
            {
                var tracks = new Mention[count];
                var bytes = MemoryMarshal.AsBytes(tracks.AsSpan());
                for (var read = 0; read < bytes.Length;)
                    read += RandomAccess.Read(file, bytes[read..], (long)first * Marshal.SizeOf<Mention>() + read);
                for (var i = 0U; i < count; i++)
                    if (!at.TryAdd(tracks[i].Place, first + i))
                        matcher.ByPlace(at[tracks[i].Place], first + i);
            }
        }
    }

    // Recordings from 1 in the order they were first spoken of; 0 for mentions that do not count.
    private uint[] Number(RecordingMatcher matcher, out int count)
    {
        var recordings = GC.AllocateUninitializedArray<uint>(_mentions.Count);
        var next = 0U;
        for (var mention = 0U; mention < recordings.Length; mention++)
        {
            if (!_mentions.Counts(mention))
                recordings[mention] = 0;
            else if (matcher.Find(mention) is var first && first == mention)
                recordings[mention] = ++next;
            else
                recordings[mention] = recordings[first];
        }

        count = (int)next;
        return recordings;
    }

    /// <summary>
    /// Turns numbers into ranks: most listened first, and of equally many (mostly none) whoever was spoken of first, which leaves releases together. Listens of a recording: of each source the most that one
    /// of its records tells, added up. Gives how many have any.
    /// </summary>
    private int Rank(uint[] recordings, int count, out long[] listens)
    {
        var told = new List<(ulong RecordingAndSource, long Listens)>();
        StagedFiles.ForEach<Mention>(_files.Mentions, (start, mentions) =>
        {
            var i = start;
            foreach (ref readonly var mention in mentions.Span)
            {
                if (mention.Listens > 0 && recordings[i] != 0)
                    told.Add((((ulong)recordings[i] << 16) | (ushort)_sourceOf[_mentions.DocumentAccession[mention.Document]], mention.Listens));
                i++;
            }
        });
        told.Sort();
        var sums = new List<(uint Recording, long Listens)>();
        for (var i = 0; i < told.Count; i++)
        {
            // Sorted by listens too, so the last of a source is its most.
            if (i + 1 < told.Count && told[i + 1].RecordingAndSource == told[i].RecordingAndSource)
                continue;
            var recording = (uint)(told[i].RecordingAndSource >> 16);
            if (sums.Count > 0 && sums[^1].Recording == recording)
                sums[^1] = (recording, sums[^1].Listens + told[i].Listens);
            else
                sums.Add((recording, told[i].Listens));
        }

        sums.Sort((a, b) => a.Listens != b.Listens ? b.Listens.CompareTo(a.Listens) : a.Recording.CompareTo(b.Recording));
        var ranks = new uint[count + 1];
        var next = 0U;
        foreach (var (recording, _) in sums)
            ranks[recording] = ++next;
        for (var recording = 1; recording <= count; recording++)
            if (ranks[recording] == 0)
                ranks[recording] = ++next;
        for (var i = 0; i < recordings.Length; i++)
            recordings[i] = ranks[recordings[i]];
        listens = sums.Select(s => s.Listens).ToArray();
        return sums.Count;
    }

    private uint[] Leads(uint[] recordings, int count)
    {
        var leads = new uint[count];
        Array.Fill(leads, Mention.None);
        for (var mention = 0U; mention < recordings.Length; mention++)
        {
            if (recordings[mention] == 0)
                continue;
            ref var lead = ref leads[recordings[mention] - 1];
            if (lead == Mention.None || Priority(mention) < Priority(lead))
                lead = mention;
        }

        return leads;
    }

    private int Priority(uint mention) => _sourceOf[_mentions.DocumentAccession[_mentions.Documents[mention]]];

    private uint[] MentionCredits()
    {
        var credits = GC.AllocateUninitializedArray<uint>(_mentions.Count);
        StagedFiles.ForEach<Mention>(_files.Mentions, (start, mentions) =>
        {
            var i = start;
            foreach (ref readonly var mention in mentions.Span)
                credits[i++] = mention.Credit;
        });
        return credits;
    }

    // Two who are credited alike for one recording, at one place and by one name, are one.
    private static void JoinArtists(uint[] recordings, uint[] leads, uint[] mentionCredits, CreditTable credits, Clusters artists)
    {
        for (var mention = 0; mention < recordings.Length; mention++)
        {
            if (recordings[mention] == 0 || mentionCredits[mention] is not (var credit and not Mention.None))
                continue;
            var lead = mentionCredits[leads[recordings[mention] - 1]];
            if (lead == credit || lead == Mention.None)
                continue;
            var one = credits.ArtistsOf(lead);
            var other = credits.ArtistsOf(credit);
            for (var i = 0; i < Math.Min(one.Length, other.Length); i++)
                if (one[i] != other[i] && credits.NameHashes[one[i]] != 0 && credits.NameHashes[one[i]] == credits.NameHashes[other[i]])
                    credits.Join(artists, one[i], other[i]);
        }
    }

    /// <summary>For releases that no record gives a credit of their own: the tracks', if it is one and the same artist's, otherwise various artists.</summary>
    private Dictionary<uint, uint> FillReleaseCredits(Clusters releases, uint[] mentionCredits, CreditTable credits, Clusters artists)
    {
        var filled = new Dictionary<uint, uint>();
        var given = new bool[_parsed.Releases];
        StagedFiles.ForEach<Document>(_files.Documents, (start, documents) =>
        {
            var i = start;
            foreach (ref readonly var document in documents.Span)
            {
                if (!_mentions.IsSuperseded[i++] && document.Release != Mention.None && document.Credit != Mention.None)
                    given[releases.Find(document.Release)] = true;
            }
        });
        StagedFiles.ForEach<Document>(_files.Documents, (start, documents) =>
        {
            var i = start;
            foreach (ref readonly var document in documents.Span)
            {
                if (_mentions.IsSuperseded[i++] || document.Release == Mention.None || releases.Find(document.Release) is var release && given[release])
                    continue;
                for (var mention = document.FirstMention; mention < document.FirstMention + document.Mentions; mention++)
                {
                    var credit = mentionCredits[mention];
                    if (credit == Mention.None)
                        continue;
                    if (filled.TryAdd(release, credit) || filled[release] == credit || filled[release] == StagingWriter.VariousArtists)
                        continue;
                    var one = credits.ArtistsOf(filled[release]);
                    var other = credits.ArtistsOf(credit);
                    var same = one.Length == other.Length;
                    for (var n = 0; same && n < one.Length; n++)
                        same = artists.Find(one[n]) == artists.Find(other[n]);
                    if (!same)
                        filled[release] = StagingWriter.VariousArtists;
                }
            }
        });
        return filled;
    }

    private (uint[] Ranks, long[] Listens, int Count) RankArtists(
        long[] listens, uint[] leads, uint[] mentionCredits, CreditTable credits, Clusters artists, IEnumerable<uint> filled)
    {
        var sums = new long[_parsed.Artists];
        var counts = new bool[_parsed.Artists];
        void Use(uint credit)
        {
            if (credit == Mention.None)
                return;
            foreach (var artist in credits.ArtistsOf(credit))
                counts[artists.Find(artist)] = true;
        }

        for (var mention = 0U; mention < mentionCredits.Length; mention++)
            if (_mentions.Counts(mention))
                Use(mentionCredits[mention]);
        StagedFiles.ForEach<Document>(_files.Documents, (start, documents) =>
        {
            var i = start;
            foreach (ref readonly var document in documents.Span)
                if (!_mentions.IsSuperseded[i++])
                    Use(document.Credit);
        });
        // Who is named on a sleeve alone is somebody too.
        StagedFiles.ForEach<TrackCredit>(_files.TrackCredits, (_, credits) =>
        {
            foreach (ref readonly var track in credits.Span)
                if (_mentions.Counts(track.Mention))
                    Use(track.Credit);
        });
        foreach (var credit in filled)
            Use(credit);
        foreach (var further in StagedFiles.ReadAll<FurtherPlace>(_files.FurtherArtists))
            counts[artists.Find(further.Number)] = true;

        var credited = new HashSet<uint>();
        for (var rank = 0; rank < listens.Length; rank++)
        {
            if (mentionCredits[leads[rank]] is not (var credit and not Mention.None))
                continue;
            credited.Clear();
            foreach (var artist in credits.ArtistsOf(credit))
                if (credited.Add(artists.Find(artist)))
                    sums[artists.Find(artist)] += listens[rank];
        }

        var (ranks, heard, count) = Order(sums, artist => counts[artist] && artists.Find((uint)artist) == (uint)artist);
        for (var artist = 0U; artist < ranks.Length; artist++)
            ranks[artist] = ranks[artists.Find(artist)];
        return (ranks, heard, count);
    }

    private (uint[] Ranks, long[] Listens, int Count) RankReleases(uint[] recordings, int heard, long[] listens, Clusters releases)
    {
        var sums = new long[_parsed.Releases];
        var counts = new bool[_parsed.Releases];
        for (var document = 0; document < _mentions.DocumentRelease.Length; document++)
            if (!_mentions.IsSuperseded[document] && _mentions.DocumentRelease[document] is var release && release != Mention.None)
                counts[releases.Find(release)] = true;
        // A recording counts once for a release, however often it stands on it.
        var pairs = new List<ulong>();
        for (var mention = 0; mention < recordings.Length; mention++)
            if (recordings[mention] is > 0 and var rank && rank <= heard && _mentions.DocumentRelease[_mentions.Documents[mention]] is var release && release != Mention.None)
                pairs.Add((ulong)releases.Find(release) << 32 | rank);
        pairs.Sort();
        for (var i = 0; i < pairs.Count; i++)
            if (i == 0 || pairs[i] != pairs[i - 1])
                sums[pairs[i] >> 32] += listens[(uint)pairs[i] - 1];
        var (ranks, heardReleases, count) = Order(sums, release => counts[release] && releases.Find((uint)release) == (uint)release);
        for (var release = 0U; release < ranks.Length; release++)
            ranks[release] = ranks[releases.Find(release)];
        return (ranks, heardReleases, count);
    }

    private static (uint[] Ranks, long[] Listens, int Count) Order(long[] sums, Func<int, bool> counts)
    {
        var ranks = new uint[sums.Length];
        var heard = new List<(long Listens, int Number)>();
        for (var i = 0; i < sums.Length; i++)
            if (sums[i] > 0 && counts(i))
                heard.Add((sums[i], i));
        heard.Sort((a, b) => a.Listens != b.Listens ? b.Listens.CompareTo(a.Listens) : a.Number.CompareTo(b.Number));
        var next = 0U;
        foreach (var (_, number) in heard)
            ranks[number] = ++next;
        for (var i = 0; i < sums.Length; i++)
            if (ranks[i] == 0 && counts(i))
                ranks[i] = ++next;
        return (ranks, heard.Select(h => h.Listens).ToArray(), (int)next);
    }
}
