using System.Globalization;
using System.Text.RegularExpressions;
using Lacquer.Formats.Accessions;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Identity;

namespace Lacquer.Stages.Cataloguing;

/// <summary>What a release is by one of its tracks' records.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Title">Verbatim.</param>
/// <param name="Artist">The release's own artist, or "" where only tracks name one.</param>
/// <param name="ArtistId">That artist's id.</param>
/// <param name="Date">YYYYMMDD, 00 where unknown; or null.</param>
/// <param name="Gtin">Barcode, or null.</param>
/// <param name="Medium">From 1.</param>
/// <param name="Position">From 1, or null where unknown.</param>
internal sealed record ReleaseEntry(EntityId Id, string Title, string Artist, EntityId ArtistId, int? Date, long? Gtin, int Medium, int? Position);

/// <summary>What the catalogue takes from one record of a folder: tags by Picard's names, read leniently and kept verbatim.</summary>
internal sealed partial class CatalogueEntry
{
    private const int LongestTitle = 2000;

    public CatalogueEntry(string source, AudioRecord record)
    {
        Record = record;
        Mbid = MbidOf(record.Tag("musicbrainz_trackid", "musicbrainz track id", "musicbrainz_recordingid"));
        Id = Mbid.Length > 0 ? EntityId.From(EntityKind.Recording, "musicbrainz", Mbid) : EntityId.From(EntityKind.Recording, source, record.Key);
        Title = Cut(record.Tag("title") ?? Path.GetFileNameWithoutExtension(record.Key));
        Artist = Cut(record.Tag("artist", "artists", "album_artist", "albumartist") ?? "");
        TitleFolded = SearchText.Fold(Title);
        ArtistFolded = SearchText.Fold(Artist);
        DurationMs = record.DurationMs;
        ArtistId = IdOfArtist(Artist, record.Tag("musicbrainz_artistid", "musicbrainz artist id"));

        foreach (var code in (record.Tag("isrc", "tsrc") ?? "").Split([';', '/', ','], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Take(100))
            if (Isrc.TryParse(code, out var isrc)) Isrcs.Add(isrc);
            else InvalidIsrcs++;

        if (record.Tag("album") is not { } album)
            return;
        var releaseMbid = MbidOf(record.Tag("musicbrainz_albumid", "musicbrainz album id"));
        var folder = record.Key.LastIndexOf('/') is > 0 and var slash ? record.Key[..slash] : "";
        var id = releaseMbid.Length > 0 ? EntityId.From(EntityKind.Release, "musicbrainz", releaseMbid)
            : EntityId.From(EntityKind.Release, source, $"{folder}\n{SearchText.Fold(album)}");
        var artist = Cut(record.Tag("album_artist", "albumartist", "album artist") ?? "");
        var position = Number(record.Tag("track", "tracknumber"));
        var medium = Number(record.Tag("disc", "discnumber"));
        Release = new ReleaseEntry(id, Cut(album), artist, IdOfArtist(artist, record.Tag("musicbrainz_albumartistid", "musicbrainz album artist id")),
            DateOf(record.Tag("date", "year", "originaldate")), GtinOf(record.Tag("barcode", "upc", "ean")), medium ?? 1, position);
    }

    public AudioRecord Record { get; }

    public EntityId Id { get; }

    /// <summary>MusicBrainz recording id, or "".</summary>
    public string Mbid { get; }

    public string Title { get; }

    /// <summary>As credited, or "".</summary>
    public string Artist { get; }

    public EntityId ArtistId { get; }

    public string TitleFolded { get; }

    public string ArtistFolded { get; }

    public int? DurationMs { get; }

    public List<Isrc> Isrcs { get; } = [];

    public int InvalidIsrcs { get; }

    public ReleaseEntry? Release { get; }

    // Several artists in one tag are several; telling them apart by name alone is guesswork, so the credit stays whole unless there is just one MBID.
    private static EntityId IdOfArtist(string name, string? mbid) => MbidOf(mbid) is { Length: > 0 } id
        ? EntityId.From(EntityKind.Artist, "musicbrainz", id)
        : EntityId.From(EntityKind.Artist, "name", SearchText.Fold(name) is { Length: > 0 } folded ? folded : name);

    private static string MbidOf(string? text) => Guid.TryParseExact(text?.Trim(), "D", out var id) ? id.ToString("D") : "";

    // "9", "09" or "9/12".
    private static int? Number(string? text) =>
        NumberOf().Match(text ?? "") is { Success: true } match && int.TryParse(match.Groups[1].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is > 0 and < 100_000
            ? number : null;

    private static int? DateOf(string? text)
    {
        var match = DateParts().Match(text ?? "");
        if (!match.Success)
            return null;
        int Part(string name, int most) => int.TryParse(match.Groups[name].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value <= most ? value : 0;
        var (year, month, day) = (Part("year", 9999), Part("month", 12), Part("day", 31));
        if (year < 1000)
            return null;
        // The thirtieth of February is a month without a day.
        if (month == 0 || (day > 0 && day > DateTime.DaysInMonth(year, month)))
            day = 0;
        return year * 10_000 + month * 100 + day;
    }

    private static long? GtinOf(string? text)
    {
        var digits = new string((text ?? "").Where(char.IsAsciiDigit).ToArray());
        return digits.Length is >= 8 and <= 14 && long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var gtin) && gtin > 0 ? gtin : null;
    }

    private static string Cut(string text) => text.Length <= LongestTitle ? text : text[..LongestTitle];

    [GeneratedRegex(@"^\s*0*(\d{1,6})")]
    private static partial Regex NumberOf();

    [GeneratedRegex(@"^\s*(?<year>\d{4})(?:[-/.](?<month>\d{1,2})(?:[-/.](?<day>\d{1,2}))?)?")]
    private static partial Regex DateParts();
}
