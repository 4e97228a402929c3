using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Globalization;
using Lacquer.Formats.Accessions;
using Lacquer.Formats.Archives;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Ledgers;
using Lacquer.Stages.Cataloguing.Parsing;
using Lacquer.Stages.Cataloguing.Staging;
using Lacquer.Stages.Workbench;

namespace Lacquer.Stages.Cataloguing.Checking;

/// <summary>
/// The round trip: reads records of the accessions again and holds each value against the newest catalogue. Reads accessions and catalogue, writes nothing. Frames are read on every core; in memory are some frames for
/// each and 12 bytes for each record the catalogue names.
/// </summary>
public sealed class CatalogueCheck : IDisposable
{
    private const int MostExamples = 20;

    // Of each field and source so many differences are followed to the record that leads, and superseded records to the later one; for the rest it is enough that there is another record of the same.
    private const int MostFollowed = 100;
    private const int MostCandidates = 200;

    private readonly OpenArchive _archive;
    private readonly CatalogueReader _catalogue;
    private readonly CancellationToken _stop;
    private readonly IProgress<StageProgress> _progress;
    private readonly Dictionary<int, (AccessionFacts Facts, AccessionRow Row, RecordOrigin Origin)> _accessions = [];
    private readonly Dictionary<int, (AccessionReader Lines, SaidReader Records)> _open = [];
    private readonly SortedDictionary<(string Source, string Field), long[]> _fields = [];
    private readonly Dictionary<(string, string), int> _followed = [];
    private readonly List<CheckedValue> _led = [], _missing = [];
    private readonly List<Finding> _findings = [];
    private readonly List<PendingRecord> _pending = [];
    private readonly PlaceTable _releases, _recordings;
    private readonly ArtistNames _artists;
    private long _records, _same, _differing, _lost, _superseded, _setAside, _tracks;

    private CatalogueCheck(OpenArchive archive, CatalogueReader catalogue, IProgress<StageProgress> progress, CancellationToken stop)
    {
        (_archive, _catalogue, _progress, _stop) = (archive, catalogue, progress, stop);
        // Hashes of keys are compared within this run alone; the build's seed will do.
        var seed = BinaryPrimitives.ReadInt64LittleEndian(Convert.FromHexString(catalogue.Meta("inputs") ?? "0000000000000000"));
        var rows = archive.Ledger.Accessions().ToDictionary(a => a.Number);
        foreach (var facts in catalogue.Accessions())
        {
            if (!rows.TryGetValue(facts.Number, out var row) || row.Sha256 != facts.Sha256)
                _findings.Add(new Finding("check", Name(facts), "missing", "the archive has no such accession, though the catalogue was made from it"));
            else
                _accessions[facts.Number] = (facts, row, new RecordOrigin(facts.Source, Mention.MusicBrainz + 1, facts.Number, seed));
        }

        progress.Report(new StageProgress("look up", 0, 0));
        _releases = new PlaceTable(catalogue, EntityKind.Release, stop);
        _recordings = new PlaceTable(catalogue, EntityKind.Recording, stop);
        _artists = new ArtistNames(catalogue, stop);
    }

    /// <summary>Checks.</summary>
    /// <exception cref="LacquerException">There is no catalogue, or an accession is missing or damaged from its start.</exception>
    public static async Task<CatalogueCheckReport> RunAsync(CatalogueCheckRequest request, TimeProvider clock, IProgress<StageProgress> progress, CancellationToken stop)
    {
        using var archive = OpenArchive.ToRead(request.Archive, clock);
        using var catalogue = CatalogueReader.Open(archive.Layout.NewestCatalogue() ?? throw new LacquerException(Failure.Missing, $"{archive.Layout.Root} has no catalogue yet", "lacquer catalogue builds one"));
        using var check = new CatalogueCheck(archive, catalogue, progress, stop);
        return await check.RunAsync(request).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (lines, _) in _open.Values)
            lines.Dispose();
    }

    private async Task<CatalogueCheckReport> RunAsync(CatalogueCheckRequest request)
    {
        var all = _accessions.Values.Sum(a => a.Facts.Records);
        var sample = request.Sample is { } wanted && wanted < all ? wanted : (int?)null;
        var (before, drawn) = (0L, 0L);
        var total = _accessions.Values.Sum(a => a.Row.LengthBytes);
        var done = 0L;
        foreach (var (number, (facts, row, origin)) in _accessions.OrderBy(a => a.Key))
        {
            before += facts.Records;
            var share = sample is { } n ? (long)((UInt128)before * (UInt128)n / (UInt128)all) - drawn : facts.Records;
            drawn += share;
            if (share > 0)
                await AccessionAsync(facts, row, origin, sample is null ? null : share, done, total).ConfigureAwait(false);
            done += row.LengthBytes;
        }

        await ResolveAsync().ConfigureAwait(false);
        return new CatalogueCheckReport(_catalogue.Name, sample is not null, _records, _same, _differing, _lost, _superseded, _setAside, _tracks,
            [.. _fields.Select(f => new CheckedField(f.Key.Source, f.Key.Field, f.Value[0], f.Value[1], f.Value[2]))], _led, _missing, _findings);
    }

    private async Task AccessionAsync(AccessionFacts facts, AccessionRow row, RecordOrigin origin, long? share, long done, long total)
    {
        using var reader = AccessionReader.Open(_archive.Layout.Accession(facts.Source, facts.Number));
        using var workers = new Workers(this, facts, reader.Header, origin);
        var (records, aside, superseded) = (_records, _setAside, _superseded);
        var pending = _pending.Count;
        try
        {
            await foreach (var frame in Drawn(reader, share).InOrder(Environment.ProcessorCount, (drawn, _) => Task.FromResult(workers.Check(drawn.Frame, drawn.Quota)), _stop).ConfigureAwait(false))
            {
                Take(frame, facts);
                done += frame.Bytes;
                _progress.Report(new StageProgress("check", done, total, IsBytes: true));
            }
        }
        catch (LacquerException e) when (e.Failure == Failure.Damaged)
        {
            _findings.Add(new Finding("check", Name(facts), "damaged", e.Message));
        }

        if (share is null && (_records - records != facts.Records || _setAside - aside != facts.SetAside || _superseded - superseded + _pending.Skip(pending).Count(p => p.Artist is null) < facts.Superseded))
            _findings.Add(new Finding("check", Name(facts), "counts", string.Create(CultureInfo.InvariantCulture,
                $"the catalogue counts {facts.Records} records, {facts.SetAside} set aside and {facts.Superseded} superseded; there are {_records - records}, {_setAside - aside} and {_superseded - superseded}")));
    }

    // How many records of a frame are drawn, by the bytes it takes up: so many that they add up to the accession's share.
    private static long Quota(long start, long end, long of, long share) => (long)((UInt128)end * (UInt128)share / (UInt128)of) - (long)((UInt128)start * (UInt128)share / (UInt128)of);

    private static IEnumerable<(AccessionFrame Frame, long Quota)> Drawn(AccessionReader reader, long? share)
    {
        var quota = long.MaxValue;
        foreach (var frame in reader.Frames(share is { } n ? (start, end, of) => (quota = Quota(start, end, of, n)) > 0 : null))
            yield return (frame, quota);
    }

    // Frames come in their order, so that examples and what is followed do not depend on which core was quicker.
    private void Take(CheckedFrame frame, AccessionFacts facts)
    {
        if (frame.Damage is { } damage)
            _findings.Add(new Finding("check", Name(facts), "damaged", damage));
        _records += frame.Records;
        _setAside += frame.SetAside;
        _tracks += frame.Tracks;
        foreach (var (field, count) in frame.Same)
            Count(facts.Source, field)[0] += count;
        _same += frame.SameRecords;
        foreach (var (place, said, differences) in frame.Different)
        {
            if (differences.Count == 0)
                Unplaced(facts, place, said);
            else if (said.Artist is { } artist)
                _pending.Add(new PendingRecord(facts, place, said.Key, said.Content, artist, differences));
            else
                Differ(facts, place, said, differences);
        }
    }

    private void Differ(AccessionFacts facts, RecordPlace place, SaidRecord said, List<FieldDifference> differences)
    {
        var isLost = false;
        foreach (var difference in differences)
        {
            var leads = Leads(facts, place, said, difference) ?? Withdrawn(difference);
            isLost |= leads is null;
            Note(facts, place, difference, leads);
        }

        if (isLost) _lost++;
        else _differing++;
    }

    private void Note(AccessionFacts facts, RecordPlace place, FieldDifference difference, string? leads)
    {
        Count(facts.Source, difference.Field)[leads is null ? 2 : 1]++;
        var examples = leads is null ? _missing : _led;
        if (examples.Count < MostExamples)
            examples.Add(new CheckedValue(facts.Source, facts.Number, place.Offset, difference.Entity, difference.Field, difference.Said, difference.Held, leads));
    }

    private long[] Count(string source, string field)
    {
        if (!_fields.TryGetValue((source, field), out var counts))
            _fields[(source, field)] = counts = new long[3];
        return counts;
    }

    // Whose value it is that the catalogue holds; null where nobody's who comes earlier.
    private string? Leads(AccessionFacts facts, RecordPlace place, SaidRecord said, FieldDifference difference)
    {
        if (difference.Can == Explanation.None)
            return null;
        ref var followed = ref System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(_followed, (facts.Source, difference.Field), out _);
        if (followed++ >= MostFollowed && _catalogue.AreSeveralRecords(difference.Kind, difference.Rank))
            return "another record";
        var candidates = Candidates(difference);
        candidates.Add(place);
        if (followed > MostFollowed)
            return candidates.Count > 1 || (said.Recordings.Count > 1 && difference.Kind == EntityKind.Recording) ? "another record" : null;
        var own = (facts.Priority, place.Accession, place.Offset);
        var places = difference.Kind == EntityKind.Recording ? Positions(difference.Rank) : [];
        foreach (var (other, at) in candidates.Where(p => _accessions.ContainsKey(p.Accession)).Select(p => (_accessions[p.Accession].Facts, p))
            .Where(p => (p.Facts.Priority, p.p.Accession, p.p.Offset).CompareTo(own) <= 0).OrderBy(p => p.Facts.Priority).ThenBy(p => p.p.Accession).ThenBy(p => p.p.Offset))
        {
            // What a record says of a track only another can contradict, or another line of its own for the same place.
            if (at == place && difference.Kind == EntityKind.Release && said.Recordings.Count(r => (r.Medium, r.Position) == (difference.Medium, difference.Position)) < 2)
                continue;
            if (Reread(at) is { } record && Values(record, difference, places).Any(value => value == difference.Held))
                return string.Create(CultureInfo.InvariantCulture, $"{Name(other)} at {at.Offset}");
        }

        return null;
    }

    // A catalogue is without what was taken back, and names nobody who was.
    private string? Withdrawn(FieldDifference difference)
    {
        var gone = difference.Rank == 0 ? [difference.Entity] : difference.Credit?.Artists.Select(a => a.Id) ?? [];
        return gone.Select(_archive.Ledger.WithdrawalOf).FirstOrDefault(w => w is not null) is { } by ? string.Create(CultureInfo.InvariantCulture, $"withdrawal {by.Number:D6}") : null;
    }

    // The records that speak of the same thing.
    private HashSet<RecordPlace> Candidates(FieldDifference difference)
    {
        var places = new HashSet<RecordPlace>();
        if (difference.Kind == EntityKind.Recording)
        {
            places.UnionWith(_catalogue.Sources(difference.Rank));
            foreach (var appearance in _catalogue.Appearances(difference.Rank).DistinctBy(a => a.Release.Rank))
                if (places.Count < MostCandidates)
                    places.UnionWith(_catalogue.SourcesOfRelease(appearance.Release.Rank));
            return places;
        }

        places.UnionWith(_catalogue.SourcesOfRelease(difference.Rank));
        foreach (var track in _catalogue.TrackFacts(difference.Rank))
            if (places.Count < MostCandidates)
                places.UnionWith(_catalogue.Sources(track.Recording));
        return places;
    }

    private HashSet<(int, int)> Positions(long recording) => [.. _catalogue.Appearances(recording).Select(a => (a.Medium, a.Position))];

    private static IEnumerable<string> Values(SaidRecord record, FieldDifference difference, HashSet<(int, int)> places)
    {
        if (difference.Field.StartsWith("track.", StringComparison.Ordinal))
        {
            foreach (var said in record.Recordings.Where(r => (r.Medium, r.Position) == (difference.Medium, difference.Position)))
            {
                var value = difference.Field switch
                {
                    "track.title" => said.TrackTitle,
                    "track.duration_ms" => said.TrackDurationMs == 0 ? null : said.TrackDurationMs.ToString(CultureInfo.InvariantCulture),
                    "track.artist_credit" => said.TrackCredit?.Text,
                    _ => difference.Held,
                };
                // Whoever leads at this place and says nothing leaves it to the recording.
                yield return value ?? difference.Held;
            }
        }
        else if (difference.Kind == EntityKind.Release)
        {
            foreach (var value in record.Release is { } release ? Values(difference.Field, release.Facts, release.Credit) : [])
                yield return value;
        }
        else
        {
            foreach (var said in record.Recordings.Where(r => !r.IsTrack || r.Position == 0 || r.Id == difference.Entity || places.Contains((r.Medium, r.Position))))
                foreach (var value in Values(difference.Field, said.Facts, said.Credit))
                    yield return value;
        }
    }

    private static IEnumerable<string> Values(string field, IReadOnlyList<Fact> facts, SaidCredit? credit) =>
        field.EndsWith(".artist_credit", StringComparison.Ordinal) ? credit is null ? [] : [credit.Text]
        : field.EndsWith(".artists", StringComparison.Ordinal) ? credit is null ? [] : credit.Artists.Select(a => a.Id.ToString())
        : facts.Where(f => f.Field == field).Select(f => f.Value);

    private SaidRecord? Reread(RecordPlace place)
    {
        if (!_open.TryGetValue(place.Accession, out var open))
        {
            var (facts, _, origin) = _accessions[place.Accession];
            var reader = AccessionReader.Open(_archive.Layout.Accession(facts.Source, facts.Number));
            _open[place.Accession] = open = (reader, new SaidReader(reader.Header, origin));
        }

        return open.Records.Read(open.Lines.Record(place.Offset), place.Offset);
    }

    // A record that nothing was made of: a later one of its source and key must stand in its place, or an earlier one that says the same.
    private void Unplaced(AccessionFacts facts, RecordPlace place, SaidRecord said)
    {
        var kind = said.Release is { IsWhole: true } ? EntityKind.Release : EntityKind.Recording;
        var (id, mbid) = kind == EntityKind.Release ? (said.Release!.Id, said.Release.Mbid) : (said.Recordings[0].Id, said.Recordings[0].Mbid);
        var places = kind == EntityKind.Release
            ? (_catalogue.Release(id) ?? (mbid is { } m ? _catalogue.Release(m) : null)) is { } release ? _catalogue.SourcesOfRelease(release.Rank) : []
            : (_catalogue.Recording(id) ?? (mbid is { } r ? _catalogue.Recording(r) : null)) is { } recording ? _catalogue.Sources(recording.Rank) : [];
        // Its id is made of the key, so another record of the source is of the same key, or of one that was matched with it.
        var isTrusted = System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(_followed, (facts.Source, "superseded"), out _)++ >= MostFollowed;
        foreach (var other in places)
        {
            if (_accessions.TryGetValue(other.Accession, out var its) && its.Facts.Source == facts.Source && (isTrusted || (Reread(other) is { } record && record.Key == said.Key && IsInPlaceOf(other, record, place, said.Content))))
            {
                _superseded++;
                return;
            }
        }

        _pending.Add(new PendingRecord(facts, place, said.Key, said.Content, null, [new FieldDifference(kind == EntityKind.Release ? "release" : "recording", kind, 0, id, id.ToString(), "", Explanation.None)]));
    }

    /// <summary>What is left open is looked for in all accessions: later records of the same key, and who else speaks of an artist.</summary>
    private async Task ResolveAsync()
    {
        if (_pending.Count == 0)
            return;
        var keys = _pending.Where(p => p.Artist is null).ToLookup(p => (p.Facts.Source, p.Key));
        var artists = _pending.Where(p => p.Artist is not null).SelectMany(p => p.Differences.Select(d => d.Entity).Append(p.Artist!.Id).Distinct().Select(id => (id, p))).ToLookup(p => p.id, p => p.p);
        var total = _accessions.Values.Sum(a => a.Row.LengthBytes);
        var done = 0L;
        foreach (var (number, (facts, row, origin)) in _accessions.OrderBy(a => a.Key))
        {
            using var reader = AccessionReader.Open(_archive.Layout.Accession(facts.Source, number));
            using var workers = new FrameReaders(reader.Header, origin);
            try
            {
                await foreach (var (bytes, records) in reader.Frames().InOrder(Environment.ProcessorCount, (frame, _) => Task.FromResult((frame.Bytes.Length,
                    workers.Read(frame, (_, record) => keys.Contains((facts.Source, record.Key)) || Artists(record).Any(a => artists.Contains(a.Id))))), _stop).ConfigureAwait(false))
                {
                    foreach (var (place, record) in records)
                    {
                        foreach (var pending in record.Artist is null ? keys[(facts.Source, record.Key)] : [])
                            pending.IsSuperseded |= IsInPlaceOf(place, record, pending.Place, pending.Content) && IsPlaced(record, place);
                        foreach (var artist in Artists(record))
                            foreach (var pending in artists[artist.Id])
                                if (place != pending.Place)
                                    foreach (var fact in artist.Facts)
                                        if (pending.Differences.Any(d => d.Field == fact.Field && d.Held == fact.Value))
                                            pending.Leads.TryAdd(fact.Field, string.Create(CultureInfo.InvariantCulture, $"{Name(facts)} at {place.Offset}"));
                    }

                    done += bytes;
                    _progress.Report(new StageProgress("look for the rest", done, total, IsBytes: true));
                }
            }
            catch (LacquerException e) when (e.Failure == Failure.Damaged)
            {
                // Said when the records were compared.
            }
        }

        foreach (var pending in _pending)
        {
            if (pending.IsSuperseded)
            {
                _superseded++;
                continue;
            }

            var isLost = false;
            foreach (var difference in pending.Differences)
            {
                var leads = difference.Can == Explanation.None ? null : pending.Leads.GetValueOrDefault(difference.Field);
                leads ??= Withdrawn(difference);
                isLost |= leads is null;
                Note(pending.Facts, pending.Place, difference, leads);
            }

            if (isLost) _lost++;
            else _differing++;
        }

        static IEnumerable<SaidArtist> Artists(SaidRecord record) => record.Artist is { } artist ? [artist] : record.Credited;
    }

    private static bool IsInPlaceOf(RecordPlace other, SaidRecord record, RecordPlace place, ulong content) => (other.Accession, other.Offset).CompareTo((place.Accession, place.Offset)) > 0 || record.Content == content;

    private bool IsPlaced(SaidRecord record, RecordPlace place) => (record.Release is { IsWhole: true } ? _releases : _recordings).Find(place) is not null;

    private static string Name(AccessionFacts facts) => string.Create(CultureInfo.InvariantCulture, $"{facts.Source}/{facts.Number:D6}");

    /// <summary>A record of which it is open whether it is lost.</summary>
    private sealed record PendingRecord(AccessionFacts Facts, RecordPlace Place, ulong Key, ulong Content, SaidArtist? Artist, IReadOnlyList<FieldDifference> Differences)
    {
        public bool IsSuperseded { get; set; }

        public Dictionary<string, string> Leads { get; } = new(StringComparer.Ordinal);
    }

    /// <summary>Comparers, one for each thread that is at work.</summary>
    private sealed class Workers(CatalogueCheck check, AccessionFacts facts, AccessionHeader accession, RecordOrigin origin) : IDisposable
    {
        private readonly ConcurrentBag<(FrameLines Lines, SaidReader Reader, RecordComparer Comparer)> _idle = [];

        public CheckedFrame Check(AccessionFrame frame, long wanted)
        {
            var result = new CheckedFrame { Bytes = frame.Bytes.Length };
            var worker = _idle.TryTake(out var free) ? free
                : (Lines: new FrameLines(), Reader: new SaidReader(accession, origin), Comparer: new RecordComparer(CatalogueReader.Open(check._catalogue.Folder), check._artists));
            try
            {
                var (bytes, lines) = worker.Lines.Of(frame);
                var quota = Math.Min(lines.Count, wanted);
                worker.Comparer.Same.Clear();
                worker.Comparer.Tracks = 0;
                for (long drawn = 0; drawn < quota; drawn++)
                {
                    var (start, length) = lines[(int)((2 * drawn + 1) * lines.Count / (2 * quota))];
                    One(worker.Reader, worker.Comparer, bytes.Slice(start, length), frame.Offset + start, result);
                }

                result.Same.AddRange(worker.Comparer.Same);
                result.Tracks = worker.Comparer.Tracks;
            }
            catch (FormatException e)
            {
                result.Damage = e.Message;
            }

            _idle.Add(worker);
            return result;
        }

        private void One(SaidReader reader, RecordComparer comparer, ReadOnlyMemory<byte> line, long offset, CheckedFrame result)
        {
            result.Records++;
            if (reader.Read(line, offset) is not { } said)
            {
                result.SetAside++;
                return;
            }

            if (said == SaidRecord.Nothing)
            {
                result.SameRecords++;
                return;
            }

            var place = new RecordPlace(facts.Number, offset);
            if (said.Artist is not null)
            {
                comparer.Artist(said, facts.Source);
            }
            else if (said.Release is { IsWhole: true })
            {
                if (check._releases.Find(place) is not { } rank)
                {
                    result.Different.Add((place, said, []));
                    return;
                }

                comparer.Release(said, facts.Source, rank);
            }
            else
            {
                if (check._recordings.Find(place) is not { } rank)
                {
                    result.Different.Add((place, said, []));
                    return;
                }

                comparer.Recording(said, facts.Source, rank);
            }

            if (comparer.Differences.Count == 0)
                result.SameRecords++;
            else
                result.Different.Add((place, said, [.. comparer.Differences]));
        }

        public void Dispose()
        {
            foreach (var (lines, _, comparer) in _idle)
            {
                lines.Dispose();
                comparer.Dispose();
            }
        }
    }
}
