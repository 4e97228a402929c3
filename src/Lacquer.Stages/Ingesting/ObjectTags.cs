using System.Globalization;
using Lacquer.Formats.Accessions;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Objects;
using Lacquer.Stages.Workbench;

namespace Lacquer.Stages.Ingesting;

/// <summary>The comments of an object: its source's own, what the catalogue knows beside them, and ours. <c>docs/format/object.md</c> has the table.</summary>
internal static class ObjectTags
{
    // More than any known file has, so that a stranger's header does not fill ours.
    private const int MostComments = 1000;

    // Other names that sources have for the same thing: what they say need not be said again.
    private static readonly Dictionary<string, string[]> OtherNames = new(StringComparer.Ordinal)
    {
        ["TRACKTOTAL"] = ["TOTALTRACKS"],
        ["DISCTOTAL"] = ["TOTALDISCS"],
        ["DATE"] = ["YEAR"],
        ["ALBUMARTIST"] = ["ALBUM ARTIST"],
        ["LABEL"] = ["PUBLISHER", "ORGANIZATION"],
        ["BARCODE"] = ["UPC", "EAN"],
        ["CATALOGNUMBER"] = ["CATALOG", "LABELNO"],
    };

    /// <summary>The comments, and the release that they name where the catalogue knows it.</summary>
    /// <param name="source">The source's own comments.</param>
    /// <param name="known">What the catalogue knows of the recording.</param>
    /// <param name="candidate">The file.</param>
    /// <param name="extension">The object's, by which it gets the gain tags of its codec.</param>
    /// <param name="loudness">What was measured.</param>
    /// <param name="cover">A picture, or null.</param>
    public static (List<Comment> Comments, EntityId? Album) Of(IEnumerable<Comment> source, CatalogueFacts known, AudioCandidate candidate, string extension, Loudness loudness, Comment? cover)
    {
        var kept = source.Where(c => !IsOurs(c.Name) && !Lyrics.IsTag(c.Name)).Take(MostComments).SelectMany(Split).ToList();
        var names = kept.Where(c => c.Value.Length > 0).Select(c => c.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var release = known.ReleaseOf(First(kept, "MUSICBRAINZ_ALBUMID"), First(kept, "ALBUM"));
        var missing = known.Tags.Concat(release?.Tags ?? []).Where(c => !names.Contains(c.Name) && !OtherNames.GetValueOrDefault(c.Name, []).Any(names.Contains));
        List<Comment> comments = [.. missing, .. kept];
        if (candidate.Rights.Licence is { } licence)
            comments.Add(new Comment("LICENSE", licence));
        if (Uri.TryCreate(candidate.File.Page, UriKind.Absolute, out var page) && page.Scheme is "http" or "https")
            comments.Add(new Comment("WWWAUDIOSOURCE", candidate.File.Page));
        comments.Add(new Comment("LACQUER_RECORDING", known.Recording.ToString()));
        if (cover is { } picture)
            comments.Add(picture);
        comments.AddRange(loudness.Tags(CodecOf(extension), "TRACK"));
        return (comments, release?.Id);
    }

    /// <summary>The same comments with an album's gain instead of what they had of it.</summary>
    public static IReadOnlyList<Comment> WithAlbum(IReadOnlyList<Comment> comments, string extension, Loudness album) =>
        [.. comments.Where(c => !c.Name.StartsWith("REPLAYGAIN_ALBUM_", StringComparison.OrdinalIgnoreCase) && !c.Name.Equals("R128_ALBUM_GAIN", StringComparison.OrdinalIgnoreCase)), .. album.Tags(CodecOf(extension), "ALBUM")];

    /// <summary>The tags that ffprobe read. It gives common ones names of its own; Picard's Vorbis names are the field's.</summary>
    public static IEnumerable<Comment> OfRecord(AudioRecord record) => record.Tags
        .Select(tag => new Comment(tag.Key.ToUpperInvariant() switch
        {
            "TRACK" => "TRACKNUMBER",
            "DISC" => "DISCNUMBER",
            "ALBUM_ARTIST" => "ALBUMARTIST",
            "TSRC" => "ISRC",
            var name => name,
        }, tag.Value))
        .Where(c => Comment.IsName(c.Name))
        .DistinctBy(c => c.Name);

    // FLAC's comments are Vorbis', its gain too.
    private static OggCodec CodecOf(string extension) => extension == "opus" ? OggCodec.Opus : OggCodec.Vorbis;

    private static string? First(List<Comment> comments, string name) =>
        comments.Where(c => c.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(c => c.Value.Trim()).FirstOrDefault(v => v.Length > 0);

    // "3/12", as ID3 has it.
    private static IEnumerable<Comment> Split(Comment comment)
    {
        var total = comment.Name.ToUpperInvariant() switch { "TRACKNUMBER" => "TRACKTOTAL", "DISCNUMBER" => "DISCTOTAL", _ => null };
        if (total is null || comment.Value.Split('/') is not [var number, var of] || !int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out _) || !int.TryParse(of, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            return [comment];
        return [comment with { Value = number }, new Comment(total, of)];
    }

    // What we say ourselves, and pictures.
    private static bool IsOurs(string name) => name.ToUpperInvariant() is "LICENSE" or "LICENCE" or "WWWAUDIOSOURCE" or "LACQUER_RECORDING" or "ENCODER" or "COVERART" or "COVERARTMIME"
        || name.StartsWith("METADATA_BLOCK", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("REPLAYGAIN_", StringComparison.OrdinalIgnoreCase) || name.StartsWith("R128_", StringComparison.OrdinalIgnoreCase);
}
