using System.Buffers.Binary;
using Lacquer.Formats.Catalogues;
using Lacquer.Stages.Cataloguing.Staging;
using Lacquer.Stages.Workbench;

namespace Lacquer.Stages.Cataloguing.Loading;

/// <summary>Recordings.</summary>
internal sealed partial class Load
{
    private readonly List<uint> _credited = [];
    private readonly List<long> _codes = [];
    private readonly SortedSet<(int Accession, long Line)> _ownPlaces = [];
    private readonly SortedSet<(int Source, string Key)> _ownKeys = new(KeyOrder.Instance);
    private readonly HashSet<string> _aliases = new(StringComparer.Ordinal);

    private (long Listens, IReadOnlyList<CoverageRow> Coverage) Recordings()
    {
        var (eids, mbids, isrcs, artists) = (_lookups.Into(LookupTables.RecordingEid), _lookups.Into(LookupTables.RecordingMbid), _lookups.Into(LookupTables.Isrc), _lookups.Into(LookupTables.ArtistRecording));
        var heard = _matched.RecordingListens;
        var most = heard.Length > 0 ? heard[0] : 0;
        var coverage = new List<CoverageRow>();
        var sum = 0L;
        for (var rank = 1U; rank <= _matched.RecordingCount; rank++)
        {
            var mentions = _mentionsOf[(int)rank];
            var listens = rank <= heard.Length ? heard[rank - 1L] : 0;
            var popularity = Popularities.Of(listens, most);
            var (credit, duration) = Recording(rank, mentions, listens, popularity, eids, mbids, isrcs);
            ArtistsOf(credit, _credited);
            foreach (var artist in _credited)
                artists.Add(artist, rank);
            sum += listens;
            Cover(coverage, popularity, rank, listens, duration);
            if ((rank & 0x3FFF) == 0)
            {
                _stop.ThrowIfCancellationRequested();
                _progress.Report(new StageProgress("load recordings", rank, _matched.RecordingCount));
            }
        }

        return (sum, coverage);
    }

    private MentionPayload Said(uint mention) => MentionPayload.Read(_payloads[_offsets[mention]]);

    private (uint Credit, int DurationMs) Recording(uint rank, ReadOnlySpan<uint> mentions, long listens, int popularity, LookupPairs eids, LookupPairs mbids, LookupPairs isrcs) =>
        mentions.Length == 1 ? Alone(rank, mentions[0], listens, popularity, eids, mbids, isrcs) : Merged(rank, mentions, listens, popularity, eids, mbids, isrcs);

    // Most recordings are spoken of once: the same as below, read once.
    private (uint Credit, int DurationMs) Alone(uint rank, uint mention, long listens, int popularity, LookupPairs eids, LookupPairs mbids, LookupPairs isrcs)
    {
        var said = Said(mention);
        _codes.Clear();
        Codes(said);
        eids.AddId(said.Id, rank);
        if (!said.Mbid.IsEmpty)
            mbids.AddId(said.Mbid, rank);
        _tables.Recording.With(rank).WithBytes(said.Id).WithText(said.Title).With(Credit(said.Credit)).With(said.DurationMs == 0 ? null : said.DurationMs).With(listens).With(popularity)
            .With(_codes.Count > 0 ? _codes[0] : null).WithBytes(said.Mbid).With(said.IsExplicit is { } known ? known ? 1 : 0 : null).Row();
        if (said.InvalidIsrcs > 0 || !said.Licence.IsEmpty || said.Genres.Count > 0)
            _tables.RecordingRare.With(rank).With(said.InvalidIsrcs).With(_licences[said.Licence]).With(_genreSets.Genres(said.Genres, _genres)).Row();
        if (said.Parts.HasFlag(MentionParts.IsOwnRecord) || !said.Key.IsEmpty)
        {
            ref readonly var document = ref _documents[DocumentOf(mention)];
            if (said.Parts.HasFlag(MentionParts.IsOwnRecord))
                _tables.RecordingSource.With(rank).With(document.Accession).With(document.Line).Row();
            if (!said.Key.IsEmpty)
                _tables.RecordingKey.With(rank).With(_sourceNumbers[_accessionPlace[document.Accession]]).WithText(said.Key).Row();
        }

        if (said.Aliases.Count > 0)
        {
            _aliases.Clear();
            Aliases(rank, said.Aliases);
        }

        if (!said.Features.IsEmpty)
            Features(rank, said.Features);
        CodesOf(rank, isrcs);
        return (said.Credit, said.DurationMs);
    }

    private void Codes(in MentionPayload said)
    {
        if (said.Isrc != 0 && !_codes.Contains(said.Isrc - 1))
            _codes.Add(said.Isrc - 1);
        if (!said.Parts.HasFlag(MentionParts.FurtherIsrcs))
            return;
        var from = said.FurtherIsrcs;
        for (var count = from.Number(); count > 0; count--)
            if ((long)from.Number() is var code && !_codes.Contains(code))
                _codes.Add(code);
    }

    // All ISRCs into the look-up, and those beside the first into their table.
    private void CodesOf(uint rank, LookupPairs isrcs)
    {
        foreach (var code in _codes)
            isrcs.Add(code, rank);
        if (_codes.Count <= 1)
            return;
        _codes.RemoveAt(0);
        _codes.Sort();
        foreach (var code in _codes)
            _tables.RecordingIsrcMore.With(rank).With(code).Row();
    }

    private (uint Credit, int DurationMs) Merged(uint rank, ReadOnlySpan<uint> mentions, long listens, int popularity, LookupPairs eids, LookupPairs mbids, LookupPairs isrcs)
    {
        var lead = mentions[0];
        var (credit, duration, mbid, licence, genres, features) = (Mention.None, 0, Mention.None, Mention.None, Mention.None, Mention.None);
        var invalid = 0;
        var first = lead;
        bool? isExplicit = null;
        _codes.Clear();
        _aliases.Clear();
        foreach (var mention in mentions)
        {
            var said = Said(mention);
            first = Math.Min(first, mention);
            var source = SourceOf(DocumentOf(mention));
            if (said.Credit != Mention.None)
            {
                if (credit == Mention.None) credit = said.Credit;
                else if (_matched.Credits[credit] != _matched.Credits[said.Credit]) Conflict("recording.artist_credit", source);
            }

            if (said.DurationMs > 0)
            {
                if (duration == 0) duration = said.DurationMs;
                else if (duration != said.DurationMs) Conflict("recording.duration_ms", source);
            }

            if (said.IsExplicit is { } word)
            {
                if (isExplicit is null) isExplicit = word;
                else if (isExplicit != word) Conflict("recording.explicit", source);
            }

            if (!said.Licence.IsEmpty && licence == Mention.None) licence = mention;
            if (!said.Mbid.IsEmpty && mbid == Mention.None) mbid = mention;
            if (said.Genres.Count > 0 && genres == Mention.None) genres = mention;
            if (!said.Features.IsEmpty && features == Mention.None) features = mention;
            invalid = Math.Max(invalid, said.InvalidIsrcs);
            Codes(said);
            if (said.Aliases.Count > 0)
                Aliases(rank, said.Aliases);
            if (mention != lead)
            {
                KeepTitle(said.Title);
                if (!Said(lead).Title.SequenceEqual(_title.AsSpan(0, _titleLength))) Conflict("recording.title", source);
            }
        }

        OwnRecords(rank, mentions);
        var number = Credit(credit);
        var row = _tables.Recording.With(rank);
        var id = Said(first).Id;
        eids.AddId(id, rank);
        row.WithBytes(id);
        row.WithText(Said(lead).Title).With(number).With(duration == 0 ? null : duration).With(listens).With(popularity).With(_codes.Count > 0 ? _codes[0] : null);
        if (mbid != Mention.None)
            mbids.AddId(Said(mbid).Mbid, rank);
        row.WithBytes(mbid == Mention.None ? [] : Said(mbid).Mbid);
        row.With(isExplicit is { } known ? known ? 1 : 0 : null).Row();
        if (invalid > 0 || licence != Mention.None || genres != Mention.None)
        {
            var rare = _tables.RecordingRare.With(rank).With(invalid).With(licence == Mention.None ? null : _licences[Said(licence).Licence]);
            rare.With(genres == Mention.None ? null : _genreSets.Genres(Said(genres).Genres, _genres)).Row();
        }

        CodesOf(rank, isrcs);
        if (features != Mention.None)
            Features(rank, Said(features).Features);
        return (credit, duration);
    }

    // Records of the recording itself, each once and in order; and what sources call it.
    private void OwnRecords(uint rank, ReadOnlySpan<uint> mentions)
    {
        _ownPlaces.Clear();
        _ownKeys.Clear();
        foreach (var mention in mentions)
        {
            var said = Said(mention);
            if (said.Parts.HasFlag(MentionParts.IsOwnRecord) || !said.Key.IsEmpty)
            {
                ref readonly var document = ref _documents[DocumentOf(mention)];
                if (said.Parts.HasFlag(MentionParts.IsOwnRecord))
                    _ownPlaces.Add((document.Accession, document.Line));
                if (!said.Key.IsEmpty)
                    _ownKeys.Add((_sourceNumbers[_accessionPlace[document.Accession]], System.Text.Encoding.UTF8.GetString(said.Key)));
            }
        }

        foreach (var (accession, line) in _ownPlaces)
            _tables.RecordingSource.With(rank).With(accession).With(line).Row();
        foreach (var (source, key) in _ownKeys)
            _tables.RecordingKey.With(rank).With(source).With(key).Row();
    }

    private void Aliases(uint rank, PayloadWords words)
    {
        var from = words.Reader();
        for (var i = 0; i < words.Count; i++)
        {
            var name = from.Text();
            if (_aliases.Count < 255 && _aliases.Add(System.Text.Encoding.UTF8.GetString(name)))
                _tables.RecordingAlias.With(rank).With(_aliases.Count).WithText(name).Row();
        }
    }

    private void Features(uint rank, ReadOnlySpan<byte> numbers)
    {
        var row = _tables.RecordingFeature.With(rank);
        for (var i = 0; i < PayloadLayout.Features; i++)
        {
            var number = BinaryPrimitives.ReadSingleLittleEndian(numbers[(4 * i)..]);
            // Key, mode and time signature are whole.
            if (i is 1 or 2 or 3) row.With(float.IsNaN(number) ? null : (long)Math.Clamp(number, -1e6, 1e6));
            else row.WithReal(number);
        }

        row.Row();
    }

    // Recordings come in rank order, so popularity only falls.
    private static void Cover(List<CoverageRow> rows, int popularity, long rank, long listens, long durationMs)
    {
        if (rows.Count > 0 && rows[^1].Popularity == popularity)
            rows[^1] = new CoverageRow(popularity, rank, rows[^1].Recordings + 1, rows[^1].Listens + listens, rows[^1].DurationMs + durationMs);
        else
            rows.Add(new CoverageRow(popularity, rank, 1, listens, durationMs));
    }
}
