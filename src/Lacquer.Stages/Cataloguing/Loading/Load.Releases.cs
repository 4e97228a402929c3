using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Databases;
using Lacquer.Stages.Cataloguing.Staging;
using Lacquer.Stages.Workbench;

namespace Lacquer.Stages.Cataloguing.Loading;

/// <summary>Releases and their tracks.</summary>
internal sealed partial class Load
{
    private readonly Dictionary<(int Medium, int Position), uint> _taken = [];
    private readonly Dictionary<int, int> _lastOf = [];
    private readonly List<TrackPlace> _tracks = [];
    private readonly HashIndex<UInt128> _mediaSets;
    private readonly SortedSet<(int Accession, long Line, uint Document)> _places = [];
    private byte[] _title = new byte[1024];
    private long _filled;

    // Gives how many tracks there are.
    private long Releases()
    {
        using var order = ReleaseOrder();
        var (eids, mbids, gtins, artists) = (_lookups.Into(LookupTables.ReleaseEid), _lookups.Into(LookupTables.ReleaseMbid), _lookups.Into(LookupTables.Gtin), _lookups.Into(LookupTables.ArtistRelease));
        var credited = new List<uint>();
        var total = 0L;
        for (var rank = 1U; rank <= _matched.ReleaseCount; rank++)
        {
            var documents = order[(int)rank];
            var credit = documents.Length == 1 ? Alone(rank, documents[0], eids, mbids, gtins) : Merged(rank, documents, eids, mbids, gtins);
            ArtistsOf(credit, credited);
            foreach (var artist in credited)
                artists.Add(artist, rank);
            total += Tracks(rank, documents);
            if ((rank & 0x3FFF) == 0)
            {
                _stop.ThrowIfCancellationRequested();
                _progress.Report(new StageProgress("load releases", rank, _matched.ReleaseCount));
            }
        }

        return total;
    }

    private RankOrder ReleaseOrder()
    {
        using var ranks = _columns.New<uint>(_documents.Length);
        var superseded = 0;
        for (var document = 0U; document < _documents.Length; document++)
        {
            ref readonly var d = ref _documents[document];
            if (superseded < _matched.SupersededDocuments.Length && _matched.SupersededDocuments[superseded] == document)
                superseded++;
            else if (d.Release != Mention.None)
                ranks[document] = _matched.Releases[d.Release];
        }

        return new RankOrder(_columns, ranks, _matched.ReleaseCount, document => SourceOf(document));
    }

    // The credit that stands for those of its tracks, or none. Both come in the order of ranks.
    private uint CreditOfTracks(uint rank)
    {
        var filled = _matched.ReleaseCredits;
        while (_filled < filled.Length && filled[_filled].Release < rank)
            _filled++;
        return _filled < filled.Length && filled[_filled].Release == rank ? filled[_filled].Credit : Mention.None;
    }

    private ReleasePayload ReleaseOf(uint document) => ReleasePayload.Read(_payloads[_documents[document].Offset]);

    // Most releases are spoken of once: the same as below, read once.
    private uint Alone(uint rank, uint document, LookupPairs eids, LookupPairs mbids, LookupPairs gtins)
    {
        var said = ReleaseOf(document);
        var credit = said.Credit == Mention.None ? CreditOfTracks(rank) : said.Credit;
        var number = Credit(credit);
        eids.AddId(said.Id, rank);
        if (!said.Mbid.IsEmpty)
            mbids.AddId(said.Mbid, rank);
        if (said.Gtin != 0)
            gtins.Add(said.Gtin, rank);
        var isWhole = said.Parts.HasFlag(ReleaseParts.IsWhole);
        var row = _tables.Release.With(rank).WithBytes(said.Id).WithText(said.Title).With(number).With(said.Date == 0 ? null : said.Date).With(said.Gtin == 0 ? null : said.Gtin)
            .With(rank <= _matched.ReleaseListens.Length ? _matched.ReleaseListens[rank - 1L] : 0).WithBytes(said.Mbid).With(_types[said.Type]).With(said.Parts.HasFlag(ReleaseParts.Media) ? Media(said.Media) : null)
            .With(said.MarketSet == Mention.None ? null : _marketSets.Countries(_markets[(int)said.MarketSet])).With(_genreSets.Genres(said.Genres, _genres)).With(_licences[said.Licence]);
        Label(row, said.Labels, said.Parts.HasFlag(ReleaseParts.Labels));
        if (isWhole)
            row.With(_documents[document].Accession).With(_documents[document].Line).WithTextOrNull(said.Key).Row();
        else
            row.With(null as long?).With(null as long?).With(null as long?).Row();
        if (said.Parts.HasFlag(ReleaseParts.Labels))
            FurtherLabels(rank, said.Labels);
        if (said.Parts.HasFlag(ReleaseParts.Images))
            Images(rank, said.Images);
        if (isWhole && said.Aliases.Count > 0)
        {
            _aliases.Clear();
            AliasesOf(rank, said.Aliases);
        }

        return credit;
    }

    private void AliasesOf(uint rank, PayloadWords words)
    {
        var from = words.Reader();
        for (var i = 0; i < words.Count; i++)
        {
            var name = from.Text();
            if (_aliases.Count < MostAliases && _aliases.Add(System.Text.Encoding.UTF8.GetString(name)))
                _tables.ReleaseAlias.With(rank).With(_aliases.Count).WithText(name).Row();
        }
    }

    private uint Merged(uint rank, ReadOnlySpan<uint> documents, LookupPairs eids, LookupPairs mbids, LookupPairs gtins)
    {
        // For each fact the first document that has it.
        var (credit, date, gtin, mbid, type, markets, genres, licence, labels, images, media) = (Mention.None, 0, 0L, Mention.None, Mention.None, Mention.None, Mention.None, Mention.None, Mention.None, Mention.None, Mention.None);
        var lead = documents[0];
        var count = 0;
        foreach (var document in documents)
        {
            var said = ReleaseOf(document);
            var source = documents.Length > 1 ? SourceOf(document) : 0;
            if (said.Credit != Mention.None)
            {
                if (credit == Mention.None) credit = said.Credit;
                else if (_matched.Credits[credit] != _matched.Credits[said.Credit]) Conflict("release.artist_credit", source);
            }

            if (said.Date != 0)
            {
                if (date == 0) date = said.Date;
                else if (date != said.Date) Conflict("release.date", source);
            }

            if (said.Gtin != 0)
            {
                if (gtin == 0) gtin = said.Gtin;
                else if (gtin != said.Gtin) Conflict("release.gtin", source);
            }

            if (!said.Mbid.IsEmpty && mbid == Mention.None) mbid = document;
            if (!said.Type.IsEmpty && type == Mention.None) type = document;
            if (said.MarketSet != Mention.None && markets == Mention.None) markets = said.MarketSet;
            if (said.Genres.Count > 0 && genres == Mention.None) genres = document;
            if (!said.Licence.IsEmpty && licence == Mention.None) licence = document;
            if (said.Parts.HasFlag(ReleaseParts.Labels) && labels == Mention.None) labels = document;
            if (said.Parts.HasFlag(ReleaseParts.Images) && images == Mention.None) images = document;
            if (said.Parts.HasFlag(ReleaseParts.Media) && media == Mention.None) media = document;
            if (document != lead)
            {
                KeepTitle(said.Title);
                if (!ReleaseOf(lead).Title.SequenceEqual(_title.AsSpan(0, _titleLength))) Conflict("release.title", source);
            }

            count++;
        }

        if (credit == Mention.None)
            credit = CreditOfTracks(rank);
        var number = Credit(credit);
        var row = _tables.Release.With(rank);
        // Ids are of whoever spoke first, whatever leads.
        var first = documents[0];
        foreach (var document in documents)
            first = Math.Min(first, document);
        var id = ReleaseOf(first).Id;
        eids.AddId(id, rank);
        row.WithBytes(id);
        row.WithText(ReleaseOf(lead).Title).With(number).With(date == 0 ? null : date).With(gtin == 0 ? null : gtin);
        row.With(rank <= _matched.ReleaseListens.Length ? _matched.ReleaseListens[rank - 1L] : 0);
        if (mbid != Mention.None)
            mbids.AddId(ReleaseOf(mbid).Mbid, rank);
        row.WithBytes(mbid == Mention.None ? [] : ReleaseOf(mbid).Mbid);
        row.With(type == Mention.None ? null : _types[ReleaseOf(type).Type]);
        row.With(media == Mention.None ? null : Media(ReleaseOf(media).Media));
        row.With(markets == Mention.None ? null : _marketSets.Countries(_markets[(int)markets]));
        row.With(genres == Mention.None ? null : _genreSets.Genres(ReleaseOf(genres).Genres, _genres));
        row.With(licence == Mention.None ? null : _licences[ReleaseOf(licence).Licence]);
        Label(row, labels == Mention.None ? default : ReleaseOf(labels).Labels, labels != Mention.None);
        Source(row, documents);
        row.Row();
        if (gtin != 0)
            gtins.Add(gtin, rank);
        if (labels != Mention.None)
            FurtherLabels(rank, ReleaseOf(labels).Labels);
        if (images != Mention.None)
            Images(rank, ReleaseOf(images).Images);
        FurtherSources(rank, documents);
        return credit;
    }

    private int _titleLength;

    private void KeepTitle(ReadOnlySpan<byte> title)
    {
        if (_title.Length < title.Length)
            _title = new byte[title.Length * 2];
        title.CopyTo(_title);
        _titleLength = title.Length;
    }

    // The first stands in the release's row.
    private void Label(TableWriter row, PayloadReader from, bool isKnown)
    {
        if (!isKnown || from.Number() == 0)
        {
            row.With(null as long?).With(null as long?);
            return;
        }

        var name = from.Text();
        row.With(_labels[name]).WithTextOrNull(from.Text());
    }

    private void FurtherLabels(uint rank, PayloadReader from)
    {
        var count = (int)from.Number();
        for (var position = 0; position < count; position++)
        {
            var name = from.Text();
            var number = from.Text();
            if (position > 0)
                _tables.ReleaseLabelMore.With(rank).With(position).With(_labels[name]).WithTextOrNull(number).Row();
        }
    }

    private void Images(uint rank, PayloadReader from)
    {
        var count = (int)from.Number();
        for (var position = 0; position < count; position++)
        {
            var type = from.Text();
            var url = from.Text();
            var digest = from.Text();
            _tables.Image.With(rank).With(position).WithText(type).WithTextOrNull(url).WithBytes(digest).Row();
        }
    }

    // The number of a list of media; most releases have one of a few.
    private long Media(PayloadReader from)
    {
        var count = from.Number();
        var list = from;
        for (var i = count; i > 0; i--)
        {
            from.Number();
            from.Text();
            from.Text();
        }

        var hash = System.IO.Hashing.XxHash128.HashToUInt128(list.Rest[..^from.Rest.Length]);
        var isNew = _mediaSets.TryAdd(hash, out var known);
        var number = known + 1L;
        if (!isNew)
            return number;
        // Of several that are said to be at one place the first counts.
        var media = new SortedDictionary<int, (byte[] Format, byte[] Title)>();
        for (; count > 0; count--)
        {
            var position = (int)list.Number();
            media.TryAdd(position, (list.Text().ToArray(), list.Text().ToArray()));
        }

        foreach (var (position, (format, title)) in media)
            _tables.Medium.With(number).With(position).With(_formats[format]).WithTextOrNull(title).Row();
        return number;
    }

    // The record that leads stands in the release's row, if it is of the whole release.
    private void Source(TableWriter row, ReadOnlySpan<uint> documents)
    {
        foreach (var document in documents)
        {
            var said = ReleaseOf(document);
            if (!said.Parts.HasFlag(ReleaseParts.IsWhole))
                continue;
            row.With(_documents[document].Accession).With(_documents[document].Line).WithTextOrNull(said.Key);
            return;
        }

        row.With(null as long?).With(null as long?).With(null as long?);
    }

    private void FurtherSources(uint rank, ReadOnlySpan<uint> documents)
    {
        var isFirst = true;
        _aliases.Clear();
        _places.Clear();
        foreach (var document in documents)
        {
            var said = ReleaseOf(document);
            if (!said.Parts.HasFlag(ReleaseParts.IsWhole))
                continue;
            if (!isFirst)
                _places.Add((_documents[document].Accession, _documents[document].Line, document));
            isFirst = false;
            AliasesOf(rank, said.Aliases);
        }

        foreach (var (accession, line, document) in _places)
            _tables.ReleaseSourceMore.With(rank).With(accession).With(line).WithTextOrNull(ReleaseOf(document).Key).Row();
    }

    /// <summary>Tracks at their places. A place that is unknown or taken by another recording is behind the last of the medium.</summary>
    private int Tracks(uint rank, ReadOnlySpan<uint> documents)
    {
        // Mostly one record lists all, each behind the last, and they can be written as they come.
        return documents.Length == 1 && InOrder(rank, _documents[documents[0]]) is { } written ? written : Sorted(rank, documents);
    }

    /// <summary>Writes the tracks of a record if each has a place behind the last one's, and gives how many; otherwise writes none, and gives null.</summary>
    private int? InOrder(uint rank, in Document document)
    {
        var last = 0L;
        for (var mention = document.FirstMention; mention < document.FirstMention + document.Mentions; mention++)
        {
            var said = Said(mention);
            var place = (long)said.Medium << 32 | (uint)said.Position;
            if (!said.Parts.HasFlag(MentionParts.IsTrack) || said.Position == 0 || place <= last || _matched.Recordings[mention] == 0)
                return null;
            last = place;
        }

        for (var mention = document.FirstMention; mention < document.FirstMention + document.Mentions; mention++)
            Track(rank, Said(mention), mention);
        return document.Mentions;
    }

    private int Sorted(uint rank, ReadOnlySpan<uint> documents)
    {
        _taken.Clear();
        _tracks.Clear();
        _lastOf.Clear();
        var behind = false;
        foreach (var document in documents)
        {
            ref readonly var d = ref _documents[document];
            for (var mention = d.FirstMention; mention < d.FirstMention + d.Mentions; mention++)
            {
                var recording = _matched.Recordings[mention];
                if (recording == 0)
                    continue; // withdrawn
                var said = MentionPayload.Read(_payloads[_offsets[mention]]);
                if (!said.Parts.HasFlag(MentionParts.IsTrack))
                    continue;
                var position = said.Position;
                if (position > 0 && !_taken.TryAdd((said.Medium, position), recording))
                {
                    // The same recording at the same place is the same track.
                    if (_taken[(said.Medium, position)] == recording)
                        continue;
                    position = 0;
                }

                behind |= position == 0;
                if (position > _lastOf.GetValueOrDefault(said.Medium))
                    _lastOf[said.Medium] = position;
                _tracks.Add(new TrackPlace(said.Medium, position, mention));
            }
        }

        if (behind)
        {
            for (var i = 0; i < _tracks.Count; i++)
                if (_tracks[i] is { Position: 0 } track)
                    _tracks[i] = track with { Position = _lastOf[track.Medium] = _lastOf.GetValueOrDefault(track.Medium) + 1 };
        }

        _tracks.Sort();
        foreach (var (medium, position, mention) in _tracks)
        {
            var said = Said(mention);
            (said.Medium, said.Position) = (medium, position);
            Track(rank, said, mention);
        }

        return _tracks.Count;
    }

    private void Track(uint release, in MentionPayload said, uint mention)
    {
        var recording = _matched.Recordings[mention];
        var lead = _matched.Leads[recording - 1L];
        var title = said.TrackTitle.IsEmpty ? said.Title : said.TrackTitle;
        var credit = said.TrackCredit == Mention.None ? said.Credit : said.TrackCredit;
        var duration = said.TrackDurationMs == 0 ? said.DurationMs : said.TrackDurationMs;
        _releasesOf.Add(recording, release);
        var row = _tables.Track.With(release).With(said.Medium).With(said.Position).With(recording);
        if (lead == mention && said.TrackTitle.IsEmpty && said.TrackDurationMs == 0 && said.TrackCredit == Mention.None)
        {
            row.WithBytes([]).WithBytes([]).WithBytes([]).Row();
            return;
        }

        var chosen = lead == mention ? said : MentionPayload.Read(_leads[_offsets[lead]]);
        row.WithTextOrNull(title.SequenceEqual(chosen.Title) ? [] : title);
        var (chosenCredit, chosenDuration) = (chosen.Credit == Mention.None ? CreditOf(recording) : chosen.Credit, chosen.DurationMs == 0 ? DurationOf(recording) : chosen.DurationMs);
        row.With(credit == Mention.None || _matched.Credits[credit] == _matched.Credits[chosenCredit] ? null : Credit(credit)).With(duration == 0 || duration == chosenDuration ? null : duration).Row();
    }

    // What the recording's row will say where its lead does not: rare.
    private uint CreditOf(uint recording)
    {
        foreach (var mention in _mentionsOf[(int)recording])
            if (MentionPayload.Read(_leads[_offsets[mention]]).Credit is var credit && credit != Mention.None)
                return credit;
        return Mention.None;
    }

    private int DurationOf(uint recording)
    {
        foreach (var mention in _mentionsOf[(int)recording])
            if (MentionPayload.Read(_leads[_offsets[mention]]).DurationMs is var duration and > 0)
                return duration;
        return 0;
    }

    private readonly record struct TrackPlace(int Medium, int Position, uint Mention) : IComparable<TrackPlace>
    {
        public int CompareTo(TrackPlace other) => Medium != other.Medium ? Medium.CompareTo(other.Medium) : Position.CompareTo(other.Position);
    }
}
