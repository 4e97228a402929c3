using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Lacquer.Formats.Identity;
using Lacquer.Stages.Cataloguing.Staging;

namespace Lacquer.Stages.Cataloguing.Parsing;

/// <summary>
/// Records of the adapters <c>musicbrainz/1</c> and <c>release/1</c>: <c>{"entity":…,"record":{…}}</c>, where the record is a release, a recording or an artist of MusicBrainz's shape.
/// </summary>
internal sealed class DocumentRecords(RecordOrigin origin, bool areMbids) : IRecordReader
{
    /// <summary>MusicBrainz's own documents: identifiers that are UUIDs are MBIDs.</summary>
    public const string MusicBrainzAdapter = "musicbrainz/1";

    /// <summary>Documents of the same shape from anywhere else: identifiers are the source's own.</summary>
    public const string ReleaseAdapter = "release/1";

    private readonly BatchFiller _filler = new(origin);
    private readonly DocumentReader _document = new();
    private readonly byte[] _place = new byte[RecordText.LongestText + 48];
    private readonly Dictionary<(int Medium, int Position), int> _unnamed = [];

    private enum Entity
    {
        Unknown,
        Release,
        Recording,
        Artist,

        /// <summary>What releases share. The catalogue takes what each release says of its own.</summary>
        ReleaseGroup,
    }

    public void Read(ReadOnlyMemory<byte> line, long offset, RecordBatch batch)
    {
        RecordText.CheckUtf8(line.Span);
        _document.Clear();
        var json = new Utf8JsonReader(line.Span);
        try
        {
            if (!json.Read() || json.TokenType != JsonTokenType.StartObject)
                throw new FormatException("it is not a JSON object");
            var entity = Entity.Unknown;
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                if (json.ValueTextEquals("entity"u8))
                {
                    json.Read();
                    entity = json.TokenType != JsonTokenType.String ? Entity.Unknown : json.ValueTextEquals("release"u8) ? Entity.Release
                        : json.ValueTextEquals("recording"u8) ? Entity.Recording : json.ValueTextEquals("artist"u8) ? Entity.Artist
                        : json.ValueTextEquals("release-group"u8) ? Entity.ReleaseGroup : Entity.Unknown;
                }
                else if (json.ValueTextEquals("set_aside"u8))
                {
                    batch.AsideAtHarvest++;
                    return;
                }
                else if (json.ValueTextEquals("record"u8))
                {
                    json.Read();
                    if (json.TokenType != JsonTokenType.StartObject)
                        throw RecordText.Wrong(ref json, "record", "an object");
                    switch (entity)
                    {
                        case Entity.Release:
                            _document.Release(ref json);
                            Finish(ref json);
                            Release(offset, batch);
                            return;
                        case Entity.Recording:
                            var recording = _document.Recording(ref json);
                            Finish(ref json);
                            Recording(recording, offset, batch);
                            return;
                        case Entity.Artist:
                            _document.Artist(ref json);
                            Finish(ref json);
                            Artist(batch);
                            return;
                        case Entity.ReleaseGroup:
                            json.Skip();
                            Finish(ref json);
                            return;
                        default:
                            throw new FormatException("its entity is not known");
                    }
                }
                else
                {
                    json.Skip();
                }
            }
        }
        catch (JsonException e)
        {
            throw new FormatException($"it is not JSON: {e.Message.ReplaceLineEndings(" ")}", e);
        }
        catch (InvalidOperationException e)
        {
            // Names of properties are compared without their escapes.
            throw new FormatException("it is not Unicode: half of a surrogate pair", e);
        }

        throw new FormatException("it has no record");
    }

    // What follows the record must be JSON too.
    private static void Finish(ref Utf8JsonReader json)
    {
        while (json.Read())
        {
        }
    }

    private void Artist(RecordBatch batch)
    {
        if (_document.Id.IsEmpty || _document.Name.IsEmpty)
            throw new FormatException("the artist has no id or no name");
        _filler.ArtistDocument(batch, _document.Text, _document.Id, areMbids, _document.Name, _document.SortName, Words(_document.Aliases), Words(_document.Genres));
    }

    private void Recording(in RecordingScratch recording, long offset, RecordBatch batch)
    {
        if (recording.Id.IsEmpty || recording.Title.IsEmpty)
            throw new FormatException("the recording has no id or no title");
        var since = batch.Credits.Count;
        var track = new TrackScratch { Recording = recording };
        batch.Documents.Add(new Document
        {
            Key = _filler.KeyHash(EntityKind.Recording, _document.Text[recording.Id], isMbid: false),
            Offset = -1,
            Line = offset,
            FirstMention = (uint)batch.Mentions.Count,
            Mentions = 1,
            Release = Staging.Mention.None,
            Credit = Staging.Mention.None,
            Accession = _filler.Origin.Accession,
        });
        batch.Releases.Add(0);
        Mention(track, MentionParts.IsOwnRecord, default, Staging.Mention.None, since, batch);
    }

    private void Release(long offset, RecordBatch batch)
    {
        var d = _document;
        if (d.Id.IsEmpty || d.Title.IsEmpty)
            throw new FormatException("the release has no id or no title");
        foreach (ref readonly var track in CollectionsMarshal.AsSpan(d.Tracks))
            if (track.Title.IsEmpty && track.Recording.Title.IsEmpty)
                throw new FormatException("a track has no title");

        var text = d.Text;
        Span<byte> mbid = stackalloc byte[16];
        var key = text[d.Id];
        var isMbid = areMbids && BatchFiller.TryMbid(key, mbid);
        var since = batch.Credits.Count;
        var credit = _filler.Credit(batch, text, Names(d.Credit), since, areMbids);
        d.Market(text[d.Country]);
        var payload = batch.Payloads;
        var start = payload.Begin();
        payload.Fixed(credit);
        payload.Fixed(_filler.MarketSet(batch, d.Markets));
        _filler.Id(EntityKind.Release, key, isMbid, payload.Room(EntityId.LengthBytes));
        if (isMbid && d.HasFrontCover)
            // Its address follows from the MBID.
            d.Images.Insert(0, (text.Add("front"u8), default));
        var gtin = text.Gtin(d.Barcode);
        var hasType = !d.PrimaryType.IsEmpty || d.SecondaryTypes.Count > 0;
        var parts = ReleaseParts.IsWhole | (isMbid ? ReleaseParts.Mbid : ReleaseParts.Key) | (hasType ? ReleaseParts.Type : 0) | (d.Labels.Count > 0 ? ReleaseParts.Labels : 0)
            | (d.Genres.Count > 0 ? ReleaseParts.Genres : 0) | (d.Aliases.Count > 0 ? ReleaseParts.Aliases : 0) | (d.Licence.IsEmpty ? 0 : ReleaseParts.Licence)
            | (d.Images.Count > 0 ? ReleaseParts.Images : 0) | (d.Media.Count > 0 ? ReleaseParts.Media : 0);
        payload.Number((ulong)parts);
        payload.Text(text[d.Title]);
        payload.Number(d.Date);
        payload.Number(gtin);
        if (isMbid) payload.Bytes(mbid);
        else payload.Text(key);
        if (hasType)
            Type(payload);
        if (d.Labels.Count > 0)
        {
            payload.Number(d.Labels.Count);
            foreach (var (label, number) in d.Labels)
            {
                payload.Text(text[label]);
                payload.Text(text[number]);
            }
        }

        if (d.Genres.Count > 0)
            BatchFiller.Words(payload, text, Words(d.Genres));
        if (d.Aliases.Count > 0)
            BatchFiller.Words(payload, text, Words(d.Aliases));
        if (!d.Licence.IsEmpty)
            payload.Text(text[d.Licence]);
        if (d.Images.Count > 0)
        {
            payload.Number(d.Images.Count);
            foreach (var (type, url) in d.Images)
            {
                payload.Text(text[type]);
                payload.Text(text[url]);
                payload.Text([]);
            }
        }

        if (d.Media.Count > 0)
        {
            payload.Number(d.Media.Count);
            foreach (var (position, format, title) in d.Media)
            {
                payload.Number(position);
                payload.Text(text[format]);
                payload.Text(text[title]);
            }
        }

        payload.End(start);
        batch.Documents.Add(new Document
        {
            Key = _filler.KeyHash(EntityKind.Release, key, isMbid: false),
            Offset = start,
            Line = offset,
            FirstMention = (uint)batch.Mentions.Count,
            Mentions = d.Tracks.Count,
            Credit = credit,
            Gtin = gtin,
            Title = _filler.Comparable(text[d.Title]),
            Accession = _filler.Origin.Accession,
        });
        batch.Releases.Add(_filler.KeyHash(EntityKind.Release, key, isMbid));
        _unnamed.Clear();
        foreach (ref readonly var track in CollectionsMarshal.AsSpan(d.Tracks))
            Mention(track, MentionParts.IsTrack, key, credit, since, batch);
    }

    private void Type(PayloadWriter payload)
    {
        var text = _document.Text;
        var type = Encoding.UTF8.GetString(text[_document.PrimaryType]);
        foreach (var second in Words(_document.SecondaryTypes))
            type += (type.Length > 0 ? " + " : "") + Encoding.UTF8.GetString(text[second]);
        payload.Text(Encoding.UTF8.GetBytes(type));
    }

    private void Mention(in TrackScratch track, MentionParts parts, ReadOnlySpan<byte> release, uint releaseCredit, int since, RecordBatch batch)
    {
        var text = _document.Text;
        ref readonly var recording = ref track.Recording;
        Span<byte> mbid = stackalloc byte[16];
        var key = text[recording.Id];
        var isMbid = areMbids && BatchFiller.TryMbid(key, mbid);
        var names = recording.Credit.Count > 0 ? recording.Credit : track.Credit;
        var credit = names.Count == 0 ? releaseCredit : _filler.Credit(batch, text, Names(names), since, areMbids);
        var trackCredit = recording.Credit.Count == 0 || track.Credit.Count == 0 ? Staging.Mention.None : _filler.Credit(batch, text, Names(track.Credit), since, areMbids);
        if (trackCredit == credit)
            trackCredit = Staging.Mention.None;
        var title = recording.Title.IsEmpty ? track.Title : recording.Title;
        var duration = recording.DurationMs > 0 ? recording.DurationMs : track.DurationMs;
        var isExplicit = track.IsExplicit ?? recording.IsExplicit;
        var isrcs = CollectionsMarshal.AsSpan(_document.Isrcs).Slice(recording.Isrcs.Start, recording.Isrcs.Count);

        var payload = batch.Payloads;
        var start = payload.Begin();
        payload.Fixed(credit);
        payload.Fixed(trackCredit);
        var id = payload.Room(EntityId.LengthBytes);
        if (key.IsEmpty)
        {
            // Known by its place on its release.
            release.CopyTo(_place);
            _place[release.Length] = (byte)'/';
            System.Buffers.Text.Utf8Formatter.TryFormat(track.Medium, _place.AsSpan(release.Length + 1), out var length);
            length += release.Length + 1;
            _place[length++] = (byte)'/';
            System.Buffers.Text.Utf8Formatter.TryFormat(track.Position, _place.AsSpan(length), out var more);
            length += more;
            // Of several at one place, as where places are not known, by which it is of them.
            if (++CollectionsMarshal.GetValueRefOrAddDefault(_unnamed, (track.Medium, track.Position), out _) is > 1 and var times)
            {
                _place[length++] = (byte)'/';
                System.Buffers.Text.Utf8Formatter.TryFormat(times, _place.AsSpan(length), out more);
                length += more;
            }

            _filler.Id(EntityKind.Recording, _place.AsSpan(0, length), isMbid: false, id);
        }
        else
        {
            _filler.Id(EntityKind.Recording, key, isMbid, id);
        }

        parts |= (isMbid ? MentionParts.Mbid : key.IsEmpty ? 0 : MentionParts.Key) | (isExplicit is null ? 0 : MentionParts.IsExplicitKnown) | (isExplicit == true ? MentionParts.IsExplicit : 0)
            | (recording.Licence.IsEmpty ? 0 : MentionParts.Licence) | (recording.Genres.Count > 0 ? MentionParts.Genres : 0) | (recording.Aliases.Count > 0 ? MentionParts.Aliases : 0)
            | (recording.HasFeatures ? MentionParts.Features : 0) | (isrcs.Length > 1 ? MentionParts.FurtherIsrcs : 0)
            | (!track.Title.IsEmpty && !text[track.Title].SequenceEqual(text[title]) ? MentionParts.TrackTitle : 0)
            | (track.DurationMs > 0 && track.DurationMs != duration ? MentionParts.TrackDuration : 0);
        payload.Number((ulong)parts);
        payload.Text(text[title]);
        payload.Number(duration);
        payload.Number(recording.InvalidIsrcs);
        payload.Number(isrcs.IsEmpty ? 0 : isrcs[0] + 1);
        if (isMbid) payload.Bytes(mbid);
        else if (!key.IsEmpty) payload.Text(key);
        if (parts.HasFlag(MentionParts.IsTrack))
        {
            payload.Number(track.Medium);
            payload.Number(track.Position);
        }

        if (parts.HasFlag(MentionParts.TrackTitle))
            payload.Text(text[track.Title]);
        if (parts.HasFlag(MentionParts.TrackDuration))
            payload.Number(track.DurationMs);
        if (parts.HasFlag(MentionParts.Licence))
            payload.Text(text[recording.Licence]);
        if (parts.HasFlag(MentionParts.Genres))
            BatchFiller.Words(payload, text, Words(recording.Genres));
        if (parts.HasFlag(MentionParts.Aliases))
            BatchFiller.Words(payload, text, Words(recording.Aliases));
        if (parts.HasFlag(MentionParts.FurtherIsrcs))
        {
            payload.Number(isrcs.Length - 1);
            foreach (var isrc in isrcs[1..])
            {
                payload.Number(isrc);
                batch.FurtherIsrcs.Add(((uint)batch.Mentions.Count, isrc));
            }
        }

        if (parts.HasFlag(MentionParts.Features))
            for (var i = 0; i < PayloadLayout.Features; i++)
                BinaryPrimitives.WriteSingleLittleEndian(payload.Room(4), recording.Features[i]);

        var first = names.Count > 0 ? names : _document.Credit;
        payload.End(start);
        batch.Mentions.Add(new Mention
        {
            Offset = start,
            Identifier = key.IsEmpty ? 0 : Staging.Mention.InSpace(_filler.KeyHash(EntityKind.Recording, key, isMbid), isMbid ? Staging.Mention.MusicBrainz : _filler.Origin.Space),
            Isrc = isrcs.IsEmpty ? 0 : isrcs[0] + 1,
            Title = _filler.Comparable(text[title]),
            Artist = first.Count > 0 ? (uint)_filler.Comparable(text[_document.Names[first.Start].ArtistName]) : 0,
            DurationMs = duration,
            Listens = track.Listens > 0 ? track.Listens : recording.Listens,
            Document = (uint)(batch.Documents.Count - 1),
            Credit = credit,
            Place = (uint)(track.Medium << 16 | track.Position),
        });
    }

    private ReadOnlySpan<CreditedName> Names(ListPart part) => CollectionsMarshal.AsSpan(_document.Names).Slice(part.Start, part.Count);

    private ReadOnlySpan<TextRef> Words(ListPart part) => CollectionsMarshal.AsSpan(_document.Words).Slice(part.Start, part.Count);
}
