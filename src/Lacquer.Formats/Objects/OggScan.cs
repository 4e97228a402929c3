namespace Lacquer.Formats.Objects;

/// <summary>What one pass over all pages of a file found.</summary>
/// <param name="Head">What the headers say.</param>
/// <param name="LengthBytes">The file's length.</param>
/// <param name="Pages">Whole pages, header pages included.</param>
/// <param name="CrcErrors">Pages that do not match their checksum, or are of an unknown version.</param>
/// <param name="NumberGaps">Times that a page's number is not the one after the page's before it.</param>
/// <param name="LostBytes">Bytes between pages that belong to none.</param>
/// <param name="TrailingBytes">Bytes after the last page that belong to none; an unfinished page's are not counted.</param>
/// <param name="EndsMidPage">The file ends within a page.</param>
/// <param name="HasEnd">A page with the end-of-stream flag was met (RFC 3533 §6, field 3).</param>
/// <param name="PagesAfterEnd">Pages of the stream after that one; some old encoders flagged several.</param>
/// <param name="IsMultiplexed">Pages of another stream lie within this one.</param>
/// <param name="IsChained">Another stream, or this one again, follows on this one.</param>
/// <param name="LastGranule">The last granule position: samples up to the end, pre-skip included; 0 where there is none.</param>
/// <param name="DurationMs">
/// Milliseconds of audio by the last granule position: Opus, less the pre-skip (RFC 7845 §4.3). Too long for a piece cut from
/// a longer stream, whose granule positions do not begin at 0.
/// </param>
public sealed record OggScan(
    OggHead Head,
    long LengthBytes,
    long Pages,
    long CrcErrors,
    long NumberGaps,
    long LostBytes,
    long TrailingBytes,
    bool EndsMidPage,
    bool HasEnd,
    long PagesAfterEnd,
    bool IsMultiplexed,
    bool IsChained,
    long LastGranule,
    long DurationMs)
{
    /// <summary>
    /// Whether <see cref="OggFile.Rewrite"/> takes the file: one stream, every page intact, nothing between or after them,
    /// and an end. Gaps in the numbers and pages after the end do not matter to it, and stay.
    /// </summary>
    public bool IsRewritable =>
        CrcErrors == 0 && LostBytes == 0 && TrailingBytes == 0 && !EndsMidPage && HasEnd && !IsMultiplexed && !IsChained;
}
