using Lacquer.Formats.Identity;

namespace Lacquer.Formats.Accessions;

/// <summary>A part of a file that holds several recordings one after the other, as a cue sheet says.</summary>
/// <param name="File">The file's path inside the source.</param>
/// <param name="Number">The track's number in the sheet, 1 to 99.</param>
/// <param name="StartMs">Where it begins in the file.</param>
/// <param name="EndMs">Where it ends; null: with the file.</param>
/// <param name="Cue">The sheet's path inside the source, or the name of the tag it stands in.</param>
/// <param name="CueSha256">Of the sheet's bytes; of a tag, of its text in UTF-8.</param>
/// <param name="Tags">What the sheet says of the part, under names as tags have them.</param>
public sealed record AudioPart(string File, int Number, int StartMs, int? EndMs, string Cue, Sha256Digest CueSha256, IReadOnlyList<KeyValuePair<string, string>> Tags)
{
    // Of the whole file they say what is not so of a part.
    private static readonly HashSet<string> OfWhole = new(["title", "track", "tracknumber", "tracktotal", "totaltracks", "isrc", "tsrc", "cuesheet", "musicbrainz_trackid", "musicbrainz track id", "musicbrainz_recordingid"], StringComparer.OrdinalIgnoreCase);

    /// <summary>The part's key: the file's, and the number behind a <c>#</c>.</summary>
    public string Key => FormattableString.Invariant($"{File}#{Number:D2}");

    /// <summary>The part's tags: those of the sheet, then those of the file that may be said of a part too.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Over(IReadOnlyList<KeyValuePair<string, string>> ofFile) =>
        [.. Tags, .. ofFile.Where(t => !OfWhole.Contains(t.Key) && !Lyrics.IsTag(t.Key) && !Tags.Any(own => own.Key.Equals(t.Key, StringComparison.OrdinalIgnoreCase)))];
}
