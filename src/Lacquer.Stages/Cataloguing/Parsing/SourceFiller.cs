using System.Globalization;
using System.Text;
using Lacquer.Formats.Identity;
using Lacquer.Stages.Cataloguing.Staging;
using Lacquer.Stages.Sources;

namespace Lacquer.Stages.Cataloguing.Parsing;

/// <summary>Puts what adapters say of music into a batch.</summary>
internal sealed class SourceFiller(RecordOrigin origin)
{
    // Of one entity, as many as the catalogue keeps; of one credit, one release, one recording: each is compared with the others.
    private const int MostWords = 255;
    private const int MostListed = 100;
    private const int MostNames = 1000;
    private const int MostIsrcs = 1000;
    private const int MostTracks = 100_000;

    private readonly BatchFiller _filler = new(origin);
    private readonly RecordText _text = new();
    private readonly CountrySet _markets = new();
    private readonly List<TextRef> _words = [];
    private readonly List<CreditedName> _names = [];
    private readonly List<long> _isrcs = [];
    private readonly Dictionary<(int, int), int> _unnamed = [];

    /// <summary>Adds what a line says.</summary>
    /// <exception cref="FormatException">It says nothing that can be.</exception>
    public void Add(SourceDocument said, string key, long offset, RecordBatch batch)
    {
        _text.Clear();
        switch (said)
        {
            case SourceRelease release:
                Whole(release, key, offset, batch);
                break;
            case SourceRecording recording:
                Alone(recording, key, offset, batch);
                break;
            case SourceArtist artist:
                Artist(artist, batch);
                break;
            case SourceSame same:
                batch.Same.Add(new SamePair { One = RecordingKey.Of(same.One.ToArray()), Other = RecordingKey.Of(same.Other.ToArray()) });
                break;
        }
    }

    private void Artist(SourceArtist artist, RecordBatch batch)
    {
        var (name, mbid) = (Named(artist.Name, "the artist"), MbidOf(artist.Mbid));
        var id = _text.Add(mbid.Length > 0 ? mbid : artist.Id);
        if (id.IsEmpty)
            throw new FormatException("the artist has no key");
        var aliases = Words(artist.Aliases, "an alias").ToArray();
        _filler.ArtistDocument(batch, _text, id, mbid.Length > 0, name, Text(artist.SortName, "sort name"), aliases, Words(artist.Genres, "a genre").ToArray());
    }

    private void Alone(SourceRecording recording, string key, long offset, RecordBatch batch)
    {
        if (recording.Id.Length == 0 && recording.Mbid.Length == 0)
            throw new FormatException("the recording has no key");
        var since = batch.Credits.Count;
        var document = new Document
        {
            Key = _filler.KeyHash(EntityKind.Recording, Encoding.UTF8.GetBytes(key), isMbid: false),
            Offset = -1,
            Line = offset,
            FirstMention = (uint)batch.Mentions.Count,
            Mentions = 1,
            Release = Mention.None,
            Credit = Mention.None,
            Accession = _filler.Origin.Accession,
        };
        // The recording's credit first: credits are numbered as they are met.
        var credit = Credit(recording.Artists, since, batch);
        var release = recording.Release is { } on ? Release(on, isWhole: false, since, batch, ref document) : 0;
        batch.Documents.Add(document);
        batch.Releases.Add(release);
        Heard(new SourceTrack(recording.Medium, recording.Position, recording) { HasFile = true }, release != 0, null, credit, document.Credit, batch);
    }

    private void Whole(SourceRelease release, string key, long offset, RecordBatch batch)
    {
        if (release.Tracks.Count > MostTracks)
            throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"it has more than {MostTracks} tracks"));
        var since = batch.Credits.Count;
        var document = new Document
        {
            Key = _filler.KeyHash(EntityKind.Release, Encoding.UTF8.GetBytes(key), isMbid: false),
            Line = offset,
            FirstMention = (uint)batch.Mentions.Count,
            Mentions = release.Tracks.Count,
            Accession = _filler.Origin.Accession,
        };
        var hash = Release(release, isWhole: true, since, batch, ref document);
        batch.Documents.Add(document);
        batch.Releases.Add(hash);
        _unnamed.Clear();
        foreach (var track in release.Tracks)
            Heard(track, isTrack: true, release.Id, track.Recording.Artists.Count > 0 ? Credit(track.Recording.Artists, since, batch) : (document.Credit, Comparable(release.Artists)), document.Credit, batch);
    }

    private ulong Release(SourceRelease release, bool isWhole, int since, RecordBatch batch, ref Document document)
    {
        var title = Named(release.Title, "the release");
        var mbid = MbidOf(release.Mbid);
        var hasKey = release.IsIdentity && release.Id.Length > 0;
        if (mbid.Length == 0 && release.Id.Length == 0)
            throw new FormatException("the release has no key");
        var credit = Credit(release.Artists, since, batch).Credit;
        var gtin = _text.Gtin(Text(release.Barcode, "barcode"));
        _markets.Clear();
        foreach (var country in release.Markets)
            if (country.Length == 2 && char.IsAsciiLetter(country[0]) && char.IsAsciiLetter(country[1]))
                _markets.Add((byte)char.ToUpperInvariant(country[0]), (byte)char.ToUpperInvariant(country[1]));
        var parts = (isWhole ? ReleaseParts.IsWhole : 0) | (mbid.Length > 0 ? ReleaseParts.Mbid : 0) | (hasKey ? ReleaseParts.Key : 0) | (release.Type.Length > 0 ? ReleaseParts.Type : 0)
            | (release.Labels.Count > 0 ? ReleaseParts.Labels : 0) | (release.Genres.Count > 0 ? ReleaseParts.Genres : 0) | (release.Aliases.Count > 0 ? ReleaseParts.Aliases : 0)
            | (release.Licence.Length > 0 ? ReleaseParts.Licence : 0) | (release.Images.Count > 0 ? ReleaseParts.Images : 0) | (release.Media.Count > 0 ? ReleaseParts.Media : 0);
        var markets = _filler.MarketSet(batch, _markets);
        var payload = batch.Payloads;
        var start = payload.Begin();
        document.Offset = start;
        document.Credit = credit;
        document.Gtin = gtin;
        document.Title = _filler.Comparable(_text[title]);
        payload.Fixed(credit);
        payload.Fixed(markets);
        Id(EntityKind.Release, mbid, release.Id, payload);
        payload.Number((ulong)parts);
        payload.Text(_text[title]);
        payload.Number(release.Date);
        payload.Number(gtin);
        if (mbid.Length > 0)
            BatchFiller.TryMbid(Encoding.ASCII.GetBytes(mbid), payload.Room(16));
        if (hasKey)
            Put(release.Id, "the release's key", payload);
        if (release.Type.Length > 0)
            Put(release.Type, "type", payload);
        List(release.Labels, label =>
        {
            Put(label.Label, "label", payload);
            Put(label.CatalogueNumber, "catalogue number", payload);
        });
        if (release.Genres.Count > 0)
            BatchFiller.Words(payload, _text, Words(release.Genres, "a genre"));
        if (release.Aliases.Count > 0)
            BatchFiller.Words(payload, _text, Words(release.Aliases, "an alias"));
        if (release.Licence.Length > 0)
            Put(release.Licence, "licence", payload);
        List(release.Images, image =>
        {
            Put(image.Type, "image's type", payload);
            Put(image.Url, "image's address", payload);
            payload.Text(image.Sha256);
        });
        List(release.Media, medium =>
        {
            payload.Number(medium.Position);
            Put(medium.Format, "format", payload);
            Put(medium.Title, "medium's title", payload);
        });
        payload.End(start);
        return _filler.KeyHash(EntityKind.Release, Encoding.UTF8.GetBytes(mbid.Length > 0 ? mbid : release.Id), mbid.Length > 0);

        void List<T>(IReadOnlyList<T> items, Action<T> put)
        {
            if (items.Count == 0)
                return;
            payload.Number(Math.Min(items.Count, MostListed));
            foreach (var item in items.Take(MostListed))
                put(item);
        }
    }

    private void Heard(SourceTrack track, bool isTrack, string? release, (uint Credit, uint Comparable) artist, uint releaseCredit, RecordBatch batch)
    {
        var recording = track.Recording;
        var title = Named(recording.Title, isTrack ? "a track" : "the recording");
        var mbid = MbidOf(recording.Mbid);
        var isIdentified = recording.IsIdentity && recording.Id.Length > 0;
        // Of the files of a release's record, ingest finds the recording's by this key.
        var hasKey = isIdentified || (release is not null && track.HasFile && recording.Id.Length > 0);
        var invalid = Codes(recording.Isrcs);
        var credit = artist.Credit == Mention.None ? releaseCredit : artist.Credit;
        var parts = (track.HasFile ? MentionParts.IsOwnRecord : 0) | (isTrack ? MentionParts.IsTrack : 0) | (mbid.Length > 0 ? MentionParts.Mbid : 0) | (hasKey ? MentionParts.Key : 0)
            | (recording.IsExplicit is null ? 0 : MentionParts.IsExplicitKnown) | (recording.IsExplicit == true ? MentionParts.IsExplicit : 0)
            | (recording.Licence.Length > 0 ? MentionParts.Licence : 0) | (recording.Genres.Count > 0 ? MentionParts.Genres : 0) | (recording.Aliases.Count > 0 ? MentionParts.Aliases : 0)
            | (_isrcs.Count > 1 ? MentionParts.FurtherIsrcs : 0);
        var (medium, position) = (Math.Clamp(track.Medium, 0, ushort.MaxValue), Math.Clamp(track.Position, 0, ushort.MaxValue));
        var payload = batch.Payloads;
        var start = payload.Begin();
        payload.Fixed(credit);
        payload.Fixed(Mention.None);
        Id(EntityKind.Recording, mbid, recording.Id.Length > 0 ? recording.Id : PlaceOf(release ?? "", medium, position), payload);
        payload.Number((ulong)parts);
        payload.Text(_text[title]);
        payload.Number(Math.Max(recording.DurationMs, 0));
        payload.Number(invalid);
        payload.Number(_isrcs.Count > 0 ? _isrcs[0] + 1 : 0);
        if (mbid.Length > 0)
            BatchFiller.TryMbid(Encoding.ASCII.GetBytes(mbid), payload.Room(16));
        if (hasKey)
            Put(recording.Id, "the recording's key", payload);
        if (isTrack)
        {
            payload.Number(medium);
            payload.Number(position);
        }

        if (recording.Licence.Length > 0)
            Put(recording.Licence, "licence", payload);
        if (recording.Genres.Count > 0)
            BatchFiller.Words(payload, _text, Words(recording.Genres, "a genre"));
        if (recording.Aliases.Count > 0)
            BatchFiller.Words(payload, _text, Words(recording.Aliases, "an alias"));
        if (_isrcs.Count > 1)
        {
            payload.Number(_isrcs.Count - 1);
            foreach (var isrc in _isrcs.Skip(1))
            {
                payload.Number(isrc);
                batch.FurtherIsrcs.Add(((uint)batch.Mentions.Count, isrc));
            }
        }

        payload.End(start);
        batch.Mentions.Add(new Mention
        {
            Offset = start,
            Identifier = mbid.Length > 0 ? Mention.InSpace(_filler.KeyHash(EntityKind.Recording, Encoding.ASCII.GetBytes(mbid), isMbid: true), Mention.MusicBrainz)
                : isIdentified ? Mention.InSpace(_filler.KeyHash(EntityKind.Recording, Encoding.UTF8.GetBytes(recording.Id), isMbid: false), _filler.Origin.Space) : 0,
            Isrc = _isrcs.Count > 0 ? _isrcs[0] + 1 : 0,
            Title = _filler.Comparable(_text[title]),
            Artist = artist.Comparable,
            DurationMs = Math.Max(recording.DurationMs, 0),
            Listens = Math.Clamp(recording.Listens, 0, 1L << 48),
            Document = (uint)(batch.Documents.Count - 1),
            Credit = credit,
            Place = (uint)(medium << 16 | position),
        });
    }

    // Known by its place on its release; of several at one place, by which it is of them.
    private string PlaceOf(string release, int medium, int position)
    {
        ref var times = ref System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(_unnamed, (medium, position), out _);
        times++;
        return string.Create(CultureInfo.InvariantCulture, $"{release}/{medium}/{position}{(times > 1 ? $"/{times}" : "")}");
    }

    // Several artists in one name are several; telling them apart by the name alone is guesswork, so a name stays whole.
    private (uint Credit, uint Comparable) Credit(IReadOnlyList<SourceName> names, int since, RecordBatch batch)
    {
        _names.Clear();
        var areMbids = false;
        foreach (var name in names)
        {
            if (name.Name.Length == 0)
                continue;
            if (_names.Count == MostNames)
                throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"a credit has more than {MostNames} names"));
            var printed = Text(name.Name, "an artist's name");
            var mbid = MbidOf(name.Mbid);
            areMbids |= mbid.Length > 0;
            _names.Add(new CreditedName
            {
                Name = printed,
                JoinPhrase = Text(name.JoinPhrase, "join phrase"),
                ArtistId = _text.Add(mbid.Length > 0 ? mbid : name.Id),
                ArtistName = name.ArtistName.Length > 0 ? Text(name.ArtistName, "an artist's name") : printed,
            });
        }

        // The last join phrase joins nothing.
        if (_names.Count > 0)
            _names[^1] = _names[^1] with { JoinPhrase = default };
        return _names.Count == 0 ? (Mention.None, 0)
            : (_filler.Credit(batch, _text, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_names), since, areMbids), (uint)_filler.Comparable(_text[_names[0].ArtistName]));
    }

    private uint Comparable(IReadOnlyList<SourceName> names) => names.FirstOrDefault(n => n.Name.Length > 0) is { } first ? (uint)_filler.Comparable(Encoding.UTF8.GetBytes(first.ArtistName.Length > 0 ? first.ArtistName : first.Name)) : 0;

    private int Codes(IReadOnlyList<string> isrcs)
    {
        _isrcs.Clear();
        var invalid = 0;
        foreach (var code in isrcs.Take(MostIsrcs))
            if (!Isrc.TryParse(code, out var isrc)) invalid++;
            else if (!_isrcs.Contains(isrc.Packed)) _isrcs.Add(isrc.Packed);
        return invalid;
    }

    private ReadOnlySpan<TextRef> Words(IReadOnlyList<string> words, string what)
    {
        _words.Clear();
        foreach (var word in words.Where(w => w.Length > 0).Take(MostWords))
            _words.Add(Text(word, what));
        return System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_words);
    }

    private void Put(string text, string what, PayloadWriter payload) => payload.Text(_text[Text(text, what)]);

    private TextRef Named(string text, string what) => text.Length > 0 ? Text(text, what + "'s title or name") : throw new FormatException($"{what} has no title or name");

    private TextRef Text(string text, string what)
    {
        var added = _text.Add(text);
        return added.Length <= RecordText.LongestText ? added : throw new FormatException($"{what} has {added.Length} bytes");
    }

    private void Id(EntityKind kind, string mbid, string key, PayloadWriter payload) =>
        _filler.Id(kind, Encoding.UTF8.GetBytes(mbid.Length > 0 ? mbid : key), mbid.Length > 0, payload.Room(EntityId.LengthBytes));

    private static string MbidOf(string text) => Guid.TryParseExact(text.Trim(), "D", out var id) ? id.ToString("D") : "";
}
