using System.Globalization;
using Lacquer.Formats.Objects;

namespace Lacquer.Stages.Ingesting;

/// <summary>Loudness of a piece of audio, or of an album (EBU R 128).</summary>
/// <param name="IntegratedLufs">Integrated loudness in LUFS; null for silence.</param>
/// <param name="PeakDbfs">True peak in dBFS; null for silence.</param>
public sealed record Loudness(double? IntegratedLufs, double? PeakDbfs)
{
    // ReplayGain 2.0; RFC 7845 §5.2.1.
    private const double ReplayGainLufs = -18;
    private const double R128Lufs = -23;

    /// <summary>What was measured; below the absolute gate there is only silence.</summary>
    public Loudness(LoudnessBlocks blocks, double? peakDbfs)
        : this(blocks.IntegratedLufs(), peakDbfs)
    {
        Blocks = blocks;
        if (IntegratedLufs is null)
            PeakDbfs = null;
    }

    /// <summary>The blocks it was measured from.</summary>
    public LoudnessBlocks Blocks { get; } = new();

    /// <summary>Mean square of each whole second, K-weighted, 1 about full scale.</summary>
    public IReadOnlyList<float> Seconds { get; init; } = [];

    /// <summary>
    /// The tags that tell players: for Opus a gain in 1/256 dB (RFC 7845 §5.2.1), for Vorbis and FLAC ReplayGain 2.0. None for silence.
    /// </summary>
    /// <param name="codec">Whose tags.</param>
    /// <param name="scope"><c>TRACK</c> or <c>ALBUM</c>.</param>
    public IEnumerable<Comment> Tags(OggCodec codec, string scope)
    {
        if (IntegratedLufs is not { } lufs)
            yield break;
        if (codec == OggCodec.Opus)
        {
            var gain = Math.Clamp((int)Math.Round((R128Lufs - lufs) * 256), short.MinValue, short.MaxValue);
            yield return new Comment($"R128_{scope}_GAIN", gain.ToString(CultureInfo.InvariantCulture));
            yield break;
        }

        yield return new Comment($"REPLAYGAIN_{scope}_GAIN", (ReplayGainLufs - lufs).ToString("+0.00;-0.00", CultureInfo.InvariantCulture) + " dB");
        if (PeakDbfs is { } peak)
            yield return new Comment($"REPLAYGAIN_{scope}_PEAK", Math.Pow(10, peak / 20).ToString("0.000000", CultureInfo.InvariantCulture));
    }
}
