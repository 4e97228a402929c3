using Lacquer.Formats.Archives;
using Lacquer.Stages.Sources;
using Lacquer.Stages.Workbench;

namespace Lacquer.Stages.Planning;

/// <summary>
/// CPU time that ingest needs for a file: reading, decoding, loudness, fingerprint, encoding. Seconds for each second of audio in stereo, measured with ffmpeg 5.1 on one core of an AMD EPYC of 2023 over two minutes of
/// orchestral music in FLAC; another processor is faster or slower by a factor that is the same for all.
/// </summary>
internal static class CpuCost
{
    private const double Vorbis = 0.0145;
    private const double Opus = 0.0124;
    private const double Lossless = 0.0066;

    // Decoded and measured, not encoded.
    private const double Kept = 0.0049;

    /// <summary>Seconds; 0 where nobody knows how long the file is.</summary>
    public static double Seconds(TierChoice choice, SourceFile file) => file.DurationMs / 1000.0 * (choice.Handling != AudioHandling.Encode ? Kept : choice.Tier.Codec switch
    {
        TierCodec.Vorbis => Vorbis,
        TierCodec.Opus => Opus,
        _ => Lossless,
    });
}
