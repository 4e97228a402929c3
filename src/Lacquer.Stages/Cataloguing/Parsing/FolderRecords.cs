using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Lacquer.Formats.Accessions;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Rights;
using Lacquer.Stages.Cataloguing.Staging;

namespace Lacquer.Stages.Cataloguing.Parsing;

/// <summary>Records of the adapter <c>folder/1</c>: files with tags by Picard's names, read leniently and kept verbatim. Each is one recording, and its word about the release it says it stands on.</summary>
internal sealed partial class FolderRecords(RecordOrigin origin) : IRecordReader
{
    private const int LongestTitle = 2000;

    private readonly BatchFiller _filler = new(origin);
    private readonly RecordText _text = new();

    public void Read(ReadOnlyMemory<byte> line, long offset, RecordBatch batch)
    {
        if (AudioRecord.Read(line).Record is not { } record)
        {
            batch.AsideAtHarvest++;
            return;
        }

        _text.Clear();
        var key = _text.Add(record.Key);
        var since = batch.Credits.Count;
        var recordingMbid = MbidOf(record.Tag("musicbrainz_trackid", "musicbrainz track id", "musicbrainz_recordingid"));
        var artist = Credit(record.Tag("artist", "artists", "album_artist", "albumartist"), record.Tag("musicbrainz_artistid", "musicbrainz artist id"), since, batch);
        var medium = Number(record.Tag("disc", "discnumber")) ?? 1;
        var position = Number(record.Tag("track", "tracknumber")) ?? 0;
        var document = new Document
        {
            Key = _filler.KeyHash(EntityKind.Recording, _text[key], isMbid: false),
            Offset = -1,
            Line = offset,
            FirstMention = (uint)batch.Mentions.Count,
            Mentions = 1,
            Credit = Mention.None,
            Accession = _filler.Origin.Accession,
        };
        var release = 0UL;
        if (record.Tag("album") is { } album)
            release = Release(record, album, since, batch, ref document);
        batch.Documents.Add(document);
        batch.Releases.Add(release);

        var isrcs = new List<long>();
        var invalid = 0;
        foreach (var code in (record.Tag("isrc", "tsrc") ?? "").Split([';', '/', ','], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Take(100))
            if (!Isrc.TryParse(code, out var isrc)) invalid++;
            else if (!isrcs.Contains(isrc.Packed)) isrcs.Add(isrc.Packed);

        var title = _text.Add(Cut(record.Tag("title") ?? Path.GetFileNameWithoutExtension(record.Key)));
        var licence = LicenceOf(record);
        var parts = MentionParts.IsOwnRecord | (release != 0 ? MentionParts.IsTrack : 0) | (recordingMbid.Length > 0 ? MentionParts.Mbid : 0)
            | (licence is null ? 0 : MentionParts.Licence) | (isrcs.Count > 1 ? MentionParts.FurtherIsrcs : 0);
        var payload = batch.Payloads;
        var start = payload.Begin();
        payload.Fixed(artist.Credit);
        payload.Fixed(Mention.None);
        Id(EntityKind.Recording, recordingMbid, record.Key, payload);
        payload.Number((ulong)parts);
        payload.Text(_text[title]);
        payload.Number(record.DurationMs ?? 0);
        payload.Number(invalid);
        payload.Number(isrcs.Count > 0 ? isrcs[0] + 1 : 0);
        if (recordingMbid.Length > 0)
            Mbid(recordingMbid, payload);
        if (release != 0)
        {
            payload.Number(medium);
            payload.Number(position);
        }

        if (licence is not null)
            payload.Text(Encoding.UTF8.GetBytes(licence));
        if (isrcs.Count > 1)
        {
            payload.Number(isrcs.Count - 1);
            foreach (var isrc in isrcs.Skip(1))
            {
                payload.Number(isrc);
                batch.FurtherIsrcs.Add(((uint)batch.Mentions.Count, isrc));
            }
        }

        payload.End(start);
        batch.Mentions.Add(new Mention
        {
            Offset = start,
            // A path is no identity: two files may hold one recording.
            Identifier = recordingMbid.Length > 0 ? Mention.InSpace(_filler.KeyHash(EntityKind.Recording, Encoding.ASCII.GetBytes(recordingMbid), isMbid: true), Mention.MusicBrainz) : 0,
            Isrc = isrcs.Count > 0 ? isrcs[0] + 1 : 0,
            Title = _filler.Comparable(_text[title]),
            Artist = artist.Comparable,
            DurationMs = record.DurationMs ?? 0,
            Listens = record.Listens ?? 0,
            Document = (uint)(batch.Documents.Count - 1),
            Credit = artist.Credit,
            Place = (uint)(Math.Min(medium, ushort.MaxValue) << 16 | Math.Min(position, ushort.MaxValue)),
        });
    }

    private ulong Release(AudioRecord record, string album, int since, RecordBatch batch, ref Document document)
    {
        var mbid = MbidOf(record.Tag("musicbrainz_albumid", "musicbrainz album id"));
        var folder = record.Key.LastIndexOf('/') is > 0 and var slash ? record.Key[..slash] : "";
        var key = $"{folder}\n{SearchText.Fold(album)}";
        var credit = Credit(record.Tag("album_artist", "albumartist", "album artist"), record.Tag("musicbrainz_albumartistid", "musicbrainz album artist id"), since, batch).Credit;
        var title = _text.Add(Cut(album));
        var gtin = GtinOf(record.Tag("barcode", "upc", "ean"));
        var label = record.Tag("label", "publisher", "organization");
        var number = record.Tag("catalognumber");
        var genres = (record.Tag("genre") ?? "").Split([';', '/', ','], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Take(20).Select(_text.Add).ToList();
        var parts = (mbid.Length > 0 ? ReleaseParts.Mbid : 0) | (label is null && number is null ? 0 : ReleaseParts.Labels) | (genres.Count > 0 ? ReleaseParts.Genres : 0) | (record.Cover is null ? 0 : ReleaseParts.Images);
        var payload = batch.Payloads;
        var start = payload.Begin();
        document.Offset = start;
        document.Credit = credit;
        document.Gtin = gtin;
        document.Title = _filler.Comparable(_text[title]);
        payload.Fixed(credit);
        payload.Fixed(Mention.None);
        Id(EntityKind.Release, mbid, key, payload);
        payload.Number((ulong)parts);
        payload.Text(_text[title]);
        payload.Number(DateOf(record.Tag("date", "year", "originaldate")));
        payload.Number(gtin);
        if (mbid.Length > 0)
            Mbid(mbid, payload);
        if (parts.HasFlag(ReleaseParts.Labels))
        {
            payload.Number(1);
            payload.Text(Encoding.UTF8.GetBytes(Cut(label ?? "")));
            payload.Text(Encoding.UTF8.GetBytes(Cut(number ?? "")));
        }

        if (genres.Count > 0)
            BatchFiller.Words(payload, _text, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(genres));
        if (record.Cover is { } cover)
        {
            payload.Number(1);
            payload.Text("front"u8);
            payload.Text([]);
            payload.Text(cover.Sha256.ToArray());
        }

        payload.End(start);
        return _filler.KeyHash(EntityKind.Release, Encoding.UTF8.GetBytes(mbid.Length > 0 ? mbid : key), mbid.Length > 0);
    }

    // Several artists in one tag are several; telling them apart by name alone is guesswork, so the credit stays whole.
    private (uint Credit, uint Comparable) Credit(string? tag, string? mbid, int since, RecordBatch batch)
    {
        if (tag is null)
            return (Mention.None, 0);
        var name = _text.Add(Cut(tag));
        var credited = new CreditedName { Name = name, ArtistName = name, ArtistId = _text.Add(MbidOf(mbid)) };
        return (_filler.Credit(batch, _text, [credited], since, areMbids: true), (uint)_filler.Comparable(_text[name]));
    }

    private void Id(EntityKind kind, string mbid, string key, PayloadWriter payload) =>
        _filler.Id(kind, Encoding.UTF8.GetBytes(mbid.Length > 0 ? mbid : key), mbid.Length > 0, payload.Room(EntityId.LengthBytes));

    private static void Mbid(string mbid, PayloadWriter payload) => BatchFiller.TryMbid(Encoding.ASCII.GetBytes(mbid), payload.Room(16));

    private static string? LicenceOf(AudioRecord record)
    {
        foreach (var evidence in record.Evidence)
            if (evidence.Recognise() is { } licence)
                return licence.Code;
        return null;
    }

    private static string MbidOf(string? text) => Guid.TryParseExact(text?.Trim(), "D", out var id) ? id.ToString("D") : "";

    // "9", "09" or "9/12".
    private static int? Number(string? text) =>
        NumberOf().Match(text ?? "") is { Success: true } match && int.TryParse(match.Groups[1].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is > 0 and < 100_000
            ? number : null;

    private static int DateOf(string? text)
    {
        var match = DateParts().Match(text ?? "");
        if (!match.Success)
            return 0;
        int Part(string name, int most) => int.TryParse(match.Groups[name].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value <= most ? value : 0;
        var (year, month, day) = (Part("year", 9999), Part("month", 12), Part("day", 31));
        if (year < 1000)
            return 0;
        // The thirtieth of February is a month without a day.
        if (month == 0 || (day > 0 && day > DateTime.DaysInMonth(year, month)))
            day = 0;
        return year * 10_000 + month * 100 + day;
    }

    private static long GtinOf(string? text)
    {
        var digits = new string((text ?? "").Where(char.IsAsciiDigit).ToArray());
        return digits.Length is >= 8 and <= 14 && long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var gtin) ? gtin : 0;
    }

    private static string Cut(string text) => text.Length <= LongestTitle ? text : text[..(char.IsHighSurrogate(text[LongestTitle - 1]) ? LongestTitle - 1 : LongestTitle)];

    [GeneratedRegex(@"^\s*0*(\d{1,6})")]
    private static partial Regex NumberOf();

    [GeneratedRegex(@"^\s*(?<year>\d{4})(?:[-/.](?<month>\d{1,2})(?:[-/.](?<day>\d{1,2}))?)?")]
    private static partial Regex DateParts();
}
