using System.Runtime.InteropServices;
using Lacquer.Stages.Cataloguing.Staging;
using Lacquer.Stages.Workbench;

namespace Lacquer.Stages.Cataloguing.Matching;

/// <summary>
/// Second stage of a build: which mentions are of one recording, which releases and artists are one, and the rank of each. In columns, 68 bytes a mention at its widest; bounded by the speed of
/// memory, as sorting and joining touch it everywhere.
/// </summary>
internal sealed class Match
{
    private readonly StagedFiles _files;
    private readonly ParsedRecords _parsed;
    private readonly int[] _sourceOf;
    private readonly Columns _columns;
    private readonly MentionTable _mentions;
    private readonly Action<string> _step;
    private readonly CancellationToken _stop;
    private readonly WithdrawnThings _withdrawn;

    private Match(StagedFiles files, ParsedRecords parsed, int[] sourceOf, WithdrawnThings withdrawn, Columns columns, Action<string> step, CancellationToken stop)
    {
        (_files, _parsed, _sourceOf, _withdrawn, _columns, _step, _stop) = (files, parsed, sourceOf, withdrawn, columns, step, stop);
        step("match");
        _mentions = new MentionTable(files, parsed, columns, sourceOf, stop);
    }

    /// <summary>Matches.</summary>
    /// <param name="files">What parsing left.</param>
    /// <param name="parsed">Its counts.</param>
    /// <param name="sourceOf">For each accession in order, its source's priority: the smaller leads.</param>
    /// <param name="withdrawn">What has no rank, and so no row, with all that is the same.</param>
    /// <param name="columns">Has the result, too.</param>
    /// <param name="progress">Is told each step.</param>
    /// <param name="stop">Gives up.</param>
    public static Matched Run(StagedFiles files, ParsedRecords parsed, int[] sourceOf, WithdrawnThings withdrawn, Columns columns, IProgress<StageProgress> progress, CancellationToken stop)
    {
        var steps = 0;
        var match = new Match(files, parsed, sourceOf, withdrawn, columns, what => progress.Report(new StageProgress(what, steps++, 8)), stop);
        return match.Run();
    }

    private Matched Run()
    {
        var matcher = new RecordingMatcher(_mentions);
        var releases = Releases(matcher);
        Step();
        matcher.ByIdentifier(_stop);
        SameAudio(matcher);
        Step();
        matcher.ByIsrc(_files.Isrcs, _stop);
        Step();
        matcher.ByWords(_stop);
        Step();

        var recordings = Number(matcher, out var count);
        var leads = Leads(recordings, count);
        var credits = new CreditTable(_files, _parsed, _columns);
        var artists = new Clusters(_columns, _parsed.Artists);
        JoinArtists(recordings, leads, credits, artists);
        var stands = credits.Merge(artists);
        var filled = FillReleaseCredits(releases, credits, artists);
        Step();
        var withdrawn = Withdrawals.Find(_files, _withdrawn, _mentions, matcher, releases, credits, artists, filled, _stop);
        var heard = Rank(recordings, ref leads, withdrawn.Recordings, out var listens);
        Step();
        var (artistRanks, artistListens, artistCount) = RankArtists(listens, leads, credits, artists, filled, withdrawn.Artists);
        var (releaseRanks, releaseListens, releaseCount) = RankReleases(recordings, heard, listens, releases, withdrawn.Releases);
        return new Matched
        {
            Recordings = recordings,
            Releases = releaseRanks,
            Artists = artistRanks,
            Credits = stands,
            Leads = leads,
            RecordingListens = listens,
            ReleaseCredits = ReleaseCredits(filled, releaseRanks),
            ReleaseListens = releaseListens,
            ArtistListens = artistListens,
            Superseded = _mentions.Superseded,
            SupersededDocuments = SupersededDocuments(),
            ReleaseCount = releaseCount,
            ArtistCount = artistCount,
            AlsoWithdrawn = withdrawn.Also,
        };
    }

    /// <summary>The pairs that accessions say are one, each by one mention of it that counts. Payloads, which have the ids, are read only where there are any, in their order.</summary>
    private void SameAudio(RecordingMatcher matcher)
    {
        using var pairs = _columns.Read<SamePair>(_files.Same);
        if (pairs.Length == 0)
            return;
        using var ids = _columns.Index<UInt128>();
        foreach (ref readonly var pair in pairs.Span())
        {
            ids.TryAdd(pair.One.AsHash, out _);
            ids.TryAdd(pair.Other.AsHash, out _);
        }

        using var mentionOf = _columns.New<uint>(ids.Count);
        mentionOf.Span().Fill(Mention.None);
        MentionTable.ForEachId(_files, _mentions.Counts, (mention, id) =>
        {
            if (ids.TryGet(RecordingKey.Of(id).AsHash, out var met) && mentionOf[met] == Mention.None)
                mentionOf[met] = mention;
        }, _stop);
        foreach (ref readonly var pair in pairs.Span())
            if (Of(pair.One) is var one and not Mention.None && Of(pair.Other) is var other and not Mention.None)
                matcher.BySameAudio(one, other);

        uint Of(RecordingKey key) => ids.TryGet(key.AsHash, out var number) ? mentionOf[number] : Mention.None;
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
        var clusters = new Clusters(_columns, _parsed.Releases);
        using var gtins = _columns.New<long>(_parsed.Releases);
        using var titles = _columns.New<ulong>(_parsed.Releases);
        using var sources = _columns.New<int>(_parsed.Releases);
        using var merged = _columns.New<bool>(_parsed.Releases);
        var isAnyMerged = false;
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
        SortRounds.Run(_columns, _parsed.Releases, take =>
        {
            // A code has at most fourteen digits: 47 bits.
            for (var release = 0U; release < gtins.Length; release++)
                if (gtins[release] is var gtin and not 0)
                    take((ulong)gtin << 17, release);
        }, (keys, numbers) =>
        {
            for (var start = 0; start < keys.Length;)
            {
                var end = start + 1;
                while (end < keys.Length && keys[end] == keys[start])
                    end++;
                if (end - start is > 1 and < 64)
                {
                    var group = numbers[start..end];
                    for (var i = 0; i < group.Length; i++)
                        for (var j = i + 1; j < group.Length; j++)
                            if (titles[group[i]] == titles[group[j]] && IsAlone(group, i) && IsAlone(group, j) && sources[group[i]] != sources[group[j]])
                            {
                                clusters.Join(group[i], group[j]);
                                merged[group[i]] = merged[group[j]] = isAnyMerged = true;
                            }
                }

                start = end;
            }
        }, _stop);
        if (isAnyMerged)
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

    private void JoinPlaces(RecordingMatcher matcher, Clusters releases, Column<bool> merged)
    {
        using var parts = new ColumnList<(uint Release, uint First, int Count)>(_columns);
        StagedFiles.ForEach<Document>(_files.Documents, (start, documents) =>
        {
            var i = start;
            foreach (ref readonly var document in documents.Span)
            {
                if (document.Release != Mention.None && merged[document.Release] && !_mentions.IsSuperseded[i])
                    parts.Add((releases.Find(document.Release), document.FirstMention, document.Mentions));
                i++;
            }
        });
        parts.Span().Sort();
        using var file = File.OpenHandle(_files.Mentions);
        var at = new Dictionary<uint, uint>();
        for (var part = 0; part < parts.Count; part++)
        {
            if (part > 0 && parts[part].Release != parts[part - 1].Release)
                at.Clear();
            var (_, first, count) = parts[part];
            var tracks = new Mention[count];
            var bytes = MemoryMarshal.AsBytes(tracks.AsSpan());
            for (var read = 0; read < bytes.Length;)
                read += RandomAccess.Read(file, bytes[read..], (long)first * Marshal.SizeOf<Mention>() + read);
            for (var i = 0U; i < count; i++)
                if (!at.TryAdd(tracks[i].Place, first + i))
                    matcher.ByPlace(at[tracks[i].Place], first + i);
        }
    }

    // Recordings from 1 in the order they were first spoken of; 0 for mentions that do not count.
    private Column<uint> Number(RecordingMatcher matcher, out int count)
    {
        var recordings = _columns.New<uint>(_mentions.Count);
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
    /// of its records tells, added up. What is withdrawn has none. Gives how many have any listens.
    /// </summary>
    private int Rank(Column<uint> recordings, ref Column<uint> leads, IReadOnlySet<uint> withdrawn, out Column<long> listens)
    {
        var gone = withdrawn.Select(first => recordings[first]).ToHashSet();
        using var told = new ColumnList<(ulong RecordingAndSource, long Listens)>(_columns);
        StagedFiles.ForEach<Mention>(_files.Mentions, (start, mentions) =>
        {
            var i = start;
            foreach (ref readonly var mention in mentions.Span)
            {
                if (mention.Listens > 0 && recordings[i] != 0 && !gone.Contains(recordings[i]))
                    told.Add((((ulong)recordings[i] << 16) | (ushort)_sourceOf[_mentions.DocumentAccession[mention.Document]], mention.Listens));
                i++;
            }
        });
        told.Span().Sort();
        using var sums = new ColumnList<(uint Recording, long Listens)>(_columns);
        for (var i = 0; i < told.Count; i++)
        {
            // Sorted by listens too, so the last of a source is its most.
            if (i + 1 < told.Count && told[i + 1].RecordingAndSource == told[i].RecordingAndSource)
                continue;
            var recording = (uint)(told[i].RecordingAndSource >> 16);
            if (sums.Count > 0 && sums[sums.Count - 1].Recording == recording)
                sums[sums.Count - 1].Listens += told[i].Listens;
            else
                sums.Add((recording, told[i].Listens));
        }

        sums.Span().Sort((a, b) => a.Listens != b.Listens ? b.Listens.CompareTo(a.Listens) : a.Recording.CompareTo(b.Recording));
        using var ranks = _columns.New<uint>(leads.Length + 1);
        var next = 0U;
        foreach (var (recording, _) in sums.Span())
            ranks[recording] = ++next;
        for (var recording = 1U; recording <= leads.Length; recording++)
            if (ranks[recording] == 0 && !gone.Contains(recording))
                ranks[recording] = ++next;
        for (var i = 0; i < recordings.Length; i++)
            recordings[i] = ranks[recordings[i]];
        var ranked = _columns.New<uint>(next);
        for (var recording = 1U; recording <= leads.Length; recording++)
            if (ranks[recording] is var rank and not 0)
                ranked[rank - 1L] = leads[recording - 1L];
        leads.Dispose();
        leads = ranked;
        listens = _columns.New<long>(sums.Count);
        for (var i = 0; i < sums.Count; i++)
            listens[i] = sums[i].Listens;
        return sums.Count;
    }

    private Column<uint> Leads(Column<uint> recordings, int count)
    {
        var leads = _columns.New<uint>(count);
        leads.Span().Fill(Mention.None);
        for (var mention = 0U; mention < recordings.Length; mention++)
        {
            if (recordings[mention] == 0)
                continue;
            ref var lead = ref leads[(long)recordings[mention] - 1];
            if (lead == Mention.None || Priority(mention) < Priority(lead))
                lead = mention;
        }

        return leads;
    }

    private int Priority(uint mention) => _sourceOf[_mentions.DocumentAccession[_mentions[mention].Document]];

    // Two who are credited alike for one recording, at one place and by one name, are one.
    private void JoinArtists(Column<uint> recordings, Column<uint> leads, CreditTable credits, Clusters artists)
    {
        for (var mention = 0U; mention < recordings.Length; mention++)
        {
            if (recordings[mention] == 0 || _mentions[mention].Credit is not (var credit and not Mention.None))
                continue;
            var lead = _mentions[leads[(long)recordings[mention] - 1]].Credit;
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
    private Column<uint> FillReleaseCredits(Clusters releases, CreditTable credits, Clusters artists)
    {
        var filled = _columns.New<uint>(_parsed.Releases);
        filled.Span().Fill(Mention.None);
        using var given = _columns.New<bool>(_parsed.Releases);
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
                    var credit = _mentions[mention].Credit;
                    if (credit == Mention.None)
                        continue;
                    if (filled[release] == Mention.None)
                        filled[release] = credit;
                    if (filled[release] == credit || filled[release] == StagingWriter.VariousArtists)
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

    private (Column<uint> Ranks, Column<long> Listens, int Count) RankArtists(Column<long> listens, Column<uint> leads, CreditTable credits, Clusters artists, Column<uint> filled, IReadOnlySet<uint> withdrawn)
    {
        using var sums = _columns.New<long>(_parsed.Artists);
        using var counts = _columns.New<bool>(_parsed.Artists);
        void Use(uint credit)
        {
            if (credit == Mention.None)
                return;
            foreach (var artist in credits.ArtistsOf(credit))
                counts[artists.Find(artist)] = true;
        }

        for (var mention = 0U; mention < _mentions.Count; mention++)
            if (_mentions.Counts(mention))
                Use(_mentions[mention].Credit);
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
        for (var release = 0; release < filled.Length; release++)
            Use(filled[release]);
        StagedFiles.ForEach<FurtherPlace>(_files.FurtherArtists, (_, documents) =>
        {
            foreach (ref readonly var further in documents.Span)
                counts[artists.Find(further.Number)] = true;
        });

        foreach (var artist in withdrawn)
            counts[artist] = false;

        var credited = new HashSet<uint>();
        for (var rank = 0; rank < listens.Length; rank++)
        {
            if (_mentions[leads[rank]].Credit is not (var credit and not Mention.None))
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

    private (Column<uint> Ranks, Column<long> Listens, int Count) RankReleases(Column<uint> recordings, int heard, Column<long> listens, Clusters releases, IReadOnlySet<uint> withdrawn)
    {
        using var sums = _columns.New<long>(_parsed.Releases);
        using var counts = _columns.New<bool>(_parsed.Releases);
        for (var document = 0; document < _mentions.DocumentRelease.Length; document++)
            if (!_mentions.IsSuperseded[document] && _mentions.DocumentRelease[document] is var release && release != Mention.None)
                counts[releases.Find(release)] = true;
        foreach (var release in withdrawn)
            counts[release] = false;
        // A recording counts once for a release, however often it stands on it.
        using var pairs = _columns.List<ulong>();
        for (var mention = 0U; mention < recordings.Length; mention++)
            if (recordings[mention] is > 0 and var rank && rank <= heard && _mentions.DocumentRelease[_mentions[mention].Document] is var release && release != Mention.None)
                pairs.Add((ulong)releases.Find(release) << 32 | rank);
        pairs.Span().Sort();
        for (var i = 0; i < pairs.Count; i++)
            if (i == 0 || pairs[i] != pairs[i - 1])
                sums[(long)(pairs[i] >> 32)] += listens[(long)(uint)pairs[i] - 1];
        var (ranks, heardReleases, count) = Order(sums, release => counts[release] && releases.Find((uint)release) == (uint)release);
        for (var release = 0U; release < ranks.Length; release++)
            ranks[release] = ranks[releases.Find(release)];
        return (ranks, heardReleases, count);
    }

    private (Column<uint> Ranks, Column<long> Listens, int Count) Order(Column<long> sums, Func<int, bool> counts)
    {
        var ranks = _columns.New<uint>(sums.Length);
        using var heard = new ColumnList<(long Listens, int Number)>(_columns);
        for (var i = 0; i < sums.Length; i++)
            if (sums[i] > 0 && counts(i))
                heard.Add((sums[i], i));
        heard.Span().Sort((a, b) => a.Listens != b.Listens ? b.Listens.CompareTo(a.Listens) : a.Number.CompareTo(b.Number));
        var next = 0U;
        var listens = _columns.New<long>(heard.Count);
        for (var i = 0; i < heard.Count; i++)
            (ranks[heard[i].Number], listens[i]) = (++next, heard[i].Listens);
        for (var i = 0; i < sums.Length; i++)
            if (ranks[i] == 0 && counts(i))
                ranks[i] = ++next;
        return (ranks, listens, (int)next);
    }

    private Column<FilledCredit> ReleaseCredits(Column<uint> filled, Column<uint> releaseRanks)
    {
        var count = 0;
        foreach (var credit in filled.Span())
            count += credit == Mention.None ? 0 : 1;
        var credits = _columns.New<FilledCredit>(count);
        for (var release = filled.Length - 1; release >= 0; release--)
            if (filled[release] != Mention.None)
                credits[--count] = new FilledCredit { Release = releaseRanks[release], Credit = filled[release] };
        credits.Span().Sort((a, b) => a.Release.CompareTo(b.Release));
        return credits;
    }

    private Column<uint> SupersededDocuments()
    {
        var documents = _columns.New<uint>(_mentions.Superseded.Sum());
        var next = 0;
        for (var document = 0U; document < _mentions.IsSuperseded.Length; document++)
            if (_mentions.IsSuperseded[document])
                documents[next++] = document;
        return documents;
    }
}
