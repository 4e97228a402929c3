using Lacquer.Formats.Identity;

namespace Lacquer.Formats.Accessions;

/// <summary>The words of a recording, found with a file of it. They are somebody's work: they stay in the accession and are never published.</summary>
/// <param name="Kind"><see cref="Timed"/> or <see cref="Plain"/>.</param>
/// <param name="Place">A path inside the source, or the name of the tag.</param>
/// <param name="Sha256">Of the file; of a tag, of its text in UTF-8.</param>
/// <param name="Text">The words, verbatim; null for those of a tag, which stand in the probe.</param>
public sealed record Lyrics(string Kind, string Place, Sha256Digest Sha256, string? Text)
{
    /// <summary>Lines with times, as in LRC files.</summary>
    public const string Timed = "lrc";

    /// <summary>Text without times.</summary>
    public const string Plain = "text";

    /// <summary>Whether a tag holds lyrics: the names of Vorbis comments, of ID3v2.4's USLT and SYLT, and ffprobe's for them.</summary>
    public static bool IsTag(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return name.ToUpperInvariant() is "LYRICS" or "UNSYNCEDLYRICS" or "UNSYNCED LYRICS" or "SYNCEDLYRICS" or "USLT" or "SYLT" || name.StartsWith("lyrics-", StringComparison.OrdinalIgnoreCase);
    }
}
