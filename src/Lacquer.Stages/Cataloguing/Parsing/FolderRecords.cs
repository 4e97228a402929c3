using Lacquer.Formats.Accessions;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Rights;
using Lacquer.Stages.Cataloguing.Staging;
using Lacquer.Stages.Sources;

namespace Lacquer.Stages.Cataloguing.Parsing;

/// <summary>Records of the adapters <c>folder/1</c> and <c>folder/2</c>: files, or parts of files, with tags by Picard's names, read leniently and kept verbatim. Each is one recording, and its word about the release it says it stands on.</summary>
internal sealed class FolderRecords(RecordOrigin origin) : IRecordReader
{
    private const int LongestTitle = 2000;

    private readonly SourceFiller _filler = new(origin);

    public void Read(ReadOnlyMemory<byte> line, long offset, RecordBatch batch)
    {
        if (AudioRecord.Read(line).Record is { } record)
            _filler.Add(Recording(record), record.Key, offset, batch);
        else
            batch.AsideAtHarvest++;
    }

    private static SourceRecording Recording(AudioRecord record) => new(record.Key, Cut(record.Tag("title") ?? Named(record)))
    {
        IsIdentity = false,
        Mbid = record.Tag("musicbrainz_trackid", "musicbrainz track id", "musicbrainz_recordingid") ?? "",
        Artists = Credit(record.Tag("artist", "artists", "album_artist", "albumartist"), record.Tag("musicbrainz_artistid", "musicbrainz artist id")),
        DurationMs = record.DurationMs ?? 0,
        Isrcs = Parts(record.Tag("isrc", "tsrc"), 100),
        Listens = record.Listens ?? 0,
        Licence = record.Evidence.Select(e => e.Recognise()).FirstOrDefault(l => l is not null)?.Code ?? "",
        Release = record.Tag("album") is { } album ? Release(record, album) : null,
        Medium = SourceText.Number(record.Tag("disc", "discnumber")) ?? 1,
        Position = SourceText.Number(record.Tag("track", "tracknumber")) ?? 0,
    };

    private static string Named(AudioRecord record) =>
        Path.GetFileNameWithoutExtension(record.File) + (record.Part is { } part ? FormattableString.Invariant($" {part.Number:D2}") : "");

    private static SourceRelease Release(AudioRecord record, string album)
    {
        var folder = record.Key.LastIndexOf('/') is > 0 and var slash ? record.Key[..slash] : "";
        var (label, number) = (record.Tag("label", "publisher", "organization"), record.Tag("catalognumber"));
        return new SourceRelease($"{folder}\n{SearchText.Fold(album)}", Cut(album))
        {
            IsIdentity = false,
            Mbid = record.Tag("musicbrainz_albumid", "musicbrainz album id") ?? "",
            Artists = Credit(record.Tag("album_artist", "albumartist", "album artist"), record.Tag("musicbrainz_albumartistid", "musicbrainz album artist id")),
            Date = SourceText.Date(record.Tag("date", "year", "originaldate")),
            Barcode = new string((record.Tag("barcode", "upc", "ean") ?? "").Where(char.IsAsciiDigit).ToArray()),
            Labels = label is null && number is null ? [] : [(Cut(label ?? ""), Cut(number ?? ""))],
            Genres = Parts(record.Tag("genre"), 20),
            Images = record.Cover is { } cover ? [new SourceImage("front", "", cover.Sha256.ToArray())] : [],
        };
    }

    private static List<SourceName> Credit(string? tag, string? mbid) => tag is null ? [] : [new SourceName(Cut(tag)) { Mbid = mbid ?? "" }];

    private static List<string> Parts(string? tag, int most) => (tag ?? "").Split([';', '/', ','], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Take(most).Select(Cut).ToList();

    private static string Cut(string text) => text.Length <= LongestTitle ? text : text[..(char.IsHighSurrogate(text[LongestTitle - 1]) ? LongestTitle - 1 : LongestTitle)];
}
