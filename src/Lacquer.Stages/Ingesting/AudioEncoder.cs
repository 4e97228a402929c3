using System.Globalization;
using System.Text.RegularExpressions;
using Lacquer.Formats.Accessions;
using Lacquer.Formats.Archives;
using Lacquer.Formats.Objects;
using Lacquer.Stages.Workbench;

namespace Lacquer.Stages.Ingesting;

/// <summary>Loudness of a file (EBU R 128).</summary>
/// <param name="IntegratedLufs">Integrated loudness in LUFS; null for silence.</param>
/// <param name="PeakDbfs">True peak in dBFS; null for silence.</param>
public sealed record Loudness(double? IntegratedLufs, double? PeakDbfs)
{
    /// <summary>
    /// The tags that tell players: for Vorbis ReplayGain 2.0 (reference −18 LUFS), for Opus <c>R128_TRACK_GAIN</c> in 1/256 dB (RFC 7845 §5.2.1, reference −23 LUFS). None for silence.
    /// </summary>
    public IEnumerable<Comment> Tags(OggCodec codec)
    {
        if (IntegratedLufs is not { } lufs)
            yield break;
        if (codec == OggCodec.Opus)
        {
            var gain = Math.Clamp((int)Math.Round((-23 - lufs) * 256), short.MinValue, short.MaxValue);
            yield return new Comment("R128_TRACK_GAIN", gain.ToString(CultureInfo.InvariantCulture));
            yield break;
        }

        yield return new Comment("REPLAYGAIN_TRACK_GAIN", (-18 - lufs).ToString("+0.00;-0.00", CultureInfo.InvariantCulture) + " dB");
        if (PeakDbfs is { } peak)
            yield return new Comment("REPLAYGAIN_TRACK_PEAK", Math.Pow(10, peak / 20).ToString("0.000000", CultureInfo.InvariantCulture));
    }
}

/// <summary>Something is wrong with a file's audio; it is set aside with this reason.</summary>
public sealed class UnusableAudioException(string message) : Exception(message);

/// <summary>Decodes, measures and encodes with ffmpeg, in one pass over the source.</summary>
public sealed partial class AudioEncoder
{
    private const int LongestNoise = 300;
    private readonly string _ffmpeg = Toolbox.Require("ffmpeg", "ffmpeg");

    /// <summary>Decodes a file and measures it.</summary>
    /// <exception cref="UnusableAudioException">It cannot be decoded.</exception>
    public async Task<Loudness> MeasureAsync(string source, int? durationMs, CancellationToken stop)
    {
        var result = await RunAsync([.. Input(source), "-filter_complex", "[0:a:0]ebur128=peak=true:framelog=verbose[a]", "-map", "[a]", "-f", "null", "-"], durationMs, stop).ConfigureAwait(false);
        Decoded(result, durationMs);
        return ReadLoudness(result.Error);
    }

    /// <summary>Decodes a file, measures it and encodes it to an Ogg file without tags.</summary>
    /// <param name="source">The file.</param>
    /// <param name="part">The part of it that is wanted, cut at the samples nearest to its ends; null: all.</param>
    /// <param name="durationMs">The duration of what is wanted.</param>
    /// <param name="sampleRateHz">Its sample rate.</param>
    /// <param name="tier">What to encode to.</param>
    /// <param name="serial">Serial number of the Ogg stream, so that the same source gives the same bytes.</param>
    /// <param name="destination">Where to write; replaced.</param>
    /// <param name="stop">Kills the encoder.</param>
    /// <exception cref="UnusableAudioException">It cannot be decoded or encoded.</exception>
    public async Task<Loudness> EncodeAsync(string source, AudioPart? part, int? durationMs, int sampleRateHz, Tier tier, int serial, string destination, CancellationToken stop)
    {
        // Time is counted anew, in samples as the encoder gets them: sources whose own time steps back a little (a page out of place, a splice) are not rare, and no muxer takes that;
        // and time that was rounded from another rate gives Opus pages whose granule positions do not fit their samples.
        var rate = tier.Codec == TierCodec.Opus || sampleRateHz > 48_000 ? "aresample=48000," : "";
        string[] codec = tier.Codec == TierCodec.Opus
            ? ["-c:a", "libopus", "-b:a", $"{tier.BitrateKbps}k", "-vbr", "on"]
            : ["-c:a", "libvorbis", "-b:a", $"{tier.BitrateKbps}k"];
        // What stands before it is decoded and dropped: to seek is not exact in every format.
        var cut = part is null ? "" : string.Create(CultureInfo.InvariantCulture, $"atrim=start={part.StartMs}ms{(part.EndMs is { } end ? $":end={end}ms" : "")},asetpts=PTS-STARTPTS,");
        string[] Arguments(string[] chosen) =>
        [
            .. Input(source), "-filter_complex", $"[0:a:0]{cut}asplit[c][b];[b]ebur128=peak=true:framelog=verbose,anullsink;[c]{rate}asetpts=N/SR/TB[a]",
            "-map", "[a]", "-map_metadata", "-1", "-map_chapters", "-1", .. chosen,
            "-fflags", "+bitexact", "-flags:a", "+bitexact", "-serial_offset", serial.ToString(CultureInfo.InvariantCulture), "-f", "ogg", "-y", "file:" + destination,
        ];

        var result = await RunAsync(Arguments(codec), part?.EndMs ?? durationMs, stop).ConfigureAwait(false);
        if (result.ExitCode != 0 && tier.Codec == TierCodec.Vorbis && !IsDiskFull(result))
            // libvorbis has no mode of that bitrate for low sample rates and few channels; then its quality 5, which is 160 kbit/s where it has.
            result = await RunAsync(Arguments(["-c:a", "libvorbis", "-q:a", "5"]), durationMs, stop).ConfigureAwait(false);
        if (IsDiskFull(result))
            throw Durable.DiskFull(destination);
        Decoded(result, durationMs);
        return ReadLoudness(result.Error);
    }

    private static string[] Input(string source) => ["-nostdin", "-hide_banner", "-nostats", "-v", "info", "-xerror", "-i", "file:" + source, "-vn", "-sn", "-dn"];

    private async Task<ToolResult> RunAsync(string[] arguments, int? durationMs, CancellationToken stop)
    {
        // A file that takes longer than it plays, or ten minutes, hangs.
        var limit = TimeSpan.FromMilliseconds(durationMs ?? 0) + TimeSpan.FromMinutes(10);
        try
        {
            return await Toolbox.RunAsync(_ffmpeg, arguments, limit, stop).ConfigureAwait(false);
        }
        catch (TimeoutException e)
        {
            throw new UnusableAudioException(e.Message);
        }
    }

    private static bool IsDiskFull(ToolResult result) => result.Error.Contains("No space left on device", StringComparison.Ordinal);

    private static void Decoded(ToolResult result, int? durationMs)
    {
        if (result.ExitCode != 0)
            throw new UnusableAudioException("ffmpeg cannot decode it: " + LastComplaint(result.Error));
        // A file that is cut off decodes without complaint up to where it ends.
        if (durationMs is { } expected && Decoding().Matches(result.Error) is { Count: > 0 } times
            && TimeSpan.TryParse(times[^1].Groups[1].Value, CultureInfo.InvariantCulture, out var got)
            && expected - got.TotalMilliseconds > Math.Max(1000, expected * 0.02))
            throw new UnusableAudioException(string.Create(CultureInfo.InvariantCulture, $"only {got.TotalSeconds:0.0} of its {expected / 1000.0:0.0} seconds can be decoded"));
    }

    private static Loudness ReadLoudness(string text)
    {
        var summary = text.LastIndexOf("Integrated loudness:", StringComparison.Ordinal);
        if (summary < 0)
            throw new UnusableAudioException("ffmpeg measured no loudness");
        var end = text[summary..];
        // Below −70 LUFS nothing passes the absolute gate (EBU R 128): that is silence.
        return Figure(Integrated().Match(end)) is { } lufs && lufs > -70 ? new Loudness(lufs, Figure(Peak().Match(end))) : new Loudness(null, null);
    }

    private static double? Figure(Match match) =>
        match.Success && double.TryParse(match.Groups[1].Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value) ? value : null;

    private static string LastComplaint(string error)
    {
        var line = error.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .LastOrDefault(l => l.Contains("rror", StringComparison.Ordinal) || l.Contains("nvalid", StringComparison.Ordinal) || l.Contains("aborting", StringComparison.Ordinal)) ?? "no reason given";
        line = FilePath().Replace(Address().Replace(line, ""), "it");
        return line.Length <= LongestNoise ? line : line[..LongestNoise];
    }

    [GeneratedRegex(@"^\s*I:\s*(-?[\d.]+) LUFS", RegexOptions.Multiline)]
    private static partial Regex Integrated();

    [GeneratedRegex(@"^\s*Peak:\s*(-?[\d.]+) dBFS", RegexOptions.Multiline)]
    private static partial Regex Peak();

    [GeneratedRegex(@"time=(\d+:\d\d:\d\d\.\d+)")]
    private static partial Regex Decoding();

    [GeneratedRegex(@" @ 0x[0-9a-f]+")]
    private static partial Regex Address();

    [GeneratedRegex(@"file:\S+")]
    private static partial Regex FilePath();
}
