using System.Globalization;
using System.Text.RegularExpressions;
using Lacquer.Formats.Accessions;
using Lacquer.Formats.Archives;
using Lacquer.Formats.Identity;
using Lacquer.Stages.Workbench;

namespace Lacquer.Stages.Ingesting;

/// <summary>Something is wrong with a file's audio; it is set aside with this reason.</summary>
public sealed class UnusableAudioException(string message) : Exception(message);

/// <summary>What is to be done with a file, in one pass over it.</summary>
/// <param name="Path">The file.</param>
/// <param name="Record">What was found in it when it was harvested.</param>
/// <param name="Work">Where to write, as a path to which endings are added; replaced, and left there.</param>
/// <param name="Tier">What to encode to; null: it is measured only.</param>
/// <param name="Serial">Serial number of the Ogg stream, so that the same source gives the same bytes.</param>
public sealed record AudioPass(string Path, AudioRecord Record, string Work, Tier? Tier, int Serial)
{
    /// <summary>Where the encoded file is, without tags. Missing where FLAC cannot hold the samples.</summary>
    public string Encoded => Work + ".encoded";

    /// <summary>Where ffmpeg leaves the fingerprint.</summary>
    public string Fingerprint => Work + ".fingerprint";
}

/// <summary>What one pass over a file found.</summary>
/// <param name="Loudness">How loud it is.</param>
/// <param name="Fingerprint">Chromaprint's items, little-endian; null where it is too short for any.</param>
/// <param name="Samples">Of a lossless file: SHA-256 of its samples as 32-bit floats, little-endian, all channels of one moment after another; of audio of at most 24 bits, the same for every container.</param>
/// <param name="DurationMs">Milliseconds decoded.</param>
/// <param name="Format">What ffmpeg took it for.</param>
/// <param name="Agent">ffmpeg and its version.</param>
public sealed record AudioPassed(Loudness Loudness, byte[]? Fingerprint, Sha256Digest? Samples, double DurationMs, string Format, string Agent);

/// <summary>Decodes, measures, fingerprints and encodes with ffmpeg, in one pass over the source: ffmpeg decodes once, encodes, and hands the samples on to be measured here.</summary>
public sealed partial class AudioEncoder
{
    private const int LongestNoise = 300;

    // As much as Chromaprint's own program takes unless told otherwise, and what AcoustID knows recordings by.
    private const int FingerprintSeconds = 120;

    // Mean squares: −50 and −75 dB. What an encoder leaves out of something that can be heard is far less than what lies between.
    private const float Sound = 1e-5f;
    private const float Silence = 3e-8f;
    private readonly string _ffmpeg;
    private readonly TimeSpan _patience;

    /// <summary>Finds ffmpeg on PATH.</summary>
    /// <exception cref="Formats.Findings.LacquerException">It is not installed.</exception>
    public AudioEncoder()
        : this(Toolbox.Require("ffmpeg", "ffmpeg"), TimeSpan.FromMinutes(10))
    {
    }

    /// <summary>Takes this ffmpeg.</summary>
    /// <param name="ffmpeg">Its path.</param>
    /// <param name="patience">How much longer than it plays a file may take.</param>
    public AudioEncoder(string ffmpeg, TimeSpan patience)
    {
        _ffmpeg = ffmpeg;
        _patience = patience;
    }

    /// <summary>Goes over a file once.</summary>
    /// <exception cref="UnusableAudioException">It cannot be decoded or encoded.</exception>
    public async Task<AudioPassed> RunAsync(AudioPass pass, CancellationToken stop)
    {
        var (result, audio) = await OnceAsync(pass, Codec(pass.Tier), stop).ConfigureAwait(false);
        if (result.ExitCode != 0 && pass.Tier is { Codec: TierCodec.Vorbis or TierCodec.Flac } tier && !IsDiskFull(result) && NoMode().IsMatch(result.Error))
        {
            audio.Dispose();
            File.Delete(pass.Encoded);
            // libvorbis has no mode of that bitrate for low sample rates and few channels; then its quality 5, which is 160 kbit/s where it has. What FLAC has no room for (more than 8 channels) is measured only.
            (result, audio) = tier.Codec == TierCodec.Vorbis ? await OnceAsync(pass, ["-c:a", "libvorbis", "-q:a", "5"], stop).ConfigureAwait(false) : await OnceAsync(pass with { Tier = null }, [], stop).ConfigureAwait(false);
        }

        using (audio)
        {
            if (IsDiskFull(result))
                throw Durable.DiskFull(pass.Work);
            if (result.ExitCode != 0)
                throw new UnusableAudioException("ffmpeg cannot decode it: " + LastComplaint(result.Error));
            var (loudness, samples) = audio.Finish();
            // A file that is cut off decodes without complaint up to where it ends.
            var ms = audio.DurationMs!.Value;
            if (pass.Record.DurationMs is { } expected && expected - ms > Math.Max(1000, expected * 0.02))
                throw new UnusableAudioException(string.Create(CultureInfo.InvariantCulture, $"only {ms / 1000:0.0} of its {expected / 1000.0:0.0} seconds can be decoded"));
            var items = File.Exists(pass.Fingerprint) ? await File.ReadAllBytesAsync(pass.Fingerprint, stop).ConfigureAwait(false) : [];
            return new AudioPassed(loudness, items.Length > 0 ? items : null, samples, ms,
                Container().Match(result.Error) is { Success: true } container && AudioStream().Match(result.Error) is { Success: true } stream ? $"{container.Groups[1].Value}: {stream.Groups[1].Value.Trim()}" : pass.Record.Codec,
                Version().Match(result.Error) is { Success: true } version ? "ffmpeg " + version.Groups[1].Value : "ffmpeg");
        }
    }

    /// <summary>Decodes what a pass encoded, and compares it with what that pass heard: as long to the frame, as loud within 0.5 LU, silent nowhere where there was sound.</summary>
    /// <exception cref="UnusableAudioException">It is not.</exception>
    public async Task CheckAsync(AudioPass pass, AudioPassed source, CancellationToken stop)
    {
        var (result, audio) = await OnceAsync(pass with { Path = pass.Encoded, Record = pass.Record with { Part = null }, Work = pass.Encoded, Tier = null }, [], stop).ConfigureAwait(false);
        using (audio)
        {
            File.Delete(pass.Encoded + ".fingerprint");
            if (result.ExitCode != 0)
                throw Failed("ffmpeg cannot decode it: " + LastComplaint(result.Error));
            var (made, _) = audio.Finish();
            // A packet of Opus has 20 ms, libvorbis' long blocks 2048 samples.
            var frameMs = pass.Tier!.Codec == TierCodec.Opus ? 20 : 2048_000.0 / Math.Clamp(pass.Record.SampleRateHz, 1, 48_000);
            if (Math.Abs(audio.DurationMs!.Value - source.DurationMs) > frameMs)
                throw Failed(string.Create(CultureInfo.InvariantCulture, $"it lasts {audio.DurationMs / 1000:0.000} s, and its source {source.DurationMs / 1000:0.000} s"));
            for (var i = 0; i < Math.Min(made.Seconds.Count, source.Loudness.Seconds.Count); i++)
                if (source.Loudness.Seconds[i] > Sound && made.Seconds[i] < Silence)
                    throw Failed(string.Create(CultureInfo.InvariantCulture, $"it is silent at {i} s, and its source is not"));
            if (source.Loudness.IntegratedLufs is { } lufs && !(Math.Abs(lufs - (made.IntegratedLufs ?? double.NegativeInfinity)) <= 0.5))
                throw Failed(string.Create(CultureInfo.InvariantCulture, $"its loudness is {made.IntegratedLufs:0.0} LUFS, and that of its source {lufs:0.0}"));
        }

        UnusableAudioException Failed(string why) => new($"what was encoded to {pass.Tier!.Name} is not what it was made of: {why}");
    }

    /// <summary>Decodes what a pass encoded to FLAC, and says whether it has the samples of its source, all and to the bit. What FLAC cannot hold (floats, more than 24 bits) does not.</summary>
    public async Task<bool> IsLosslessAsync(AudioPass pass, AudioPassed source, CancellationToken stop)
    {
        if (!File.Exists(pass.Encoded))
            return false;
        var (result, audio) = await OnceAsync(pass with { Path = pass.Encoded, Record = pass.Record with { Part = null }, Work = pass.Encoded, Tier = null }, [], stop).ConfigureAwait(false);
        using (audio)
        {
            File.Delete(pass.Encoded + ".fingerprint");
            return result.ExitCode == 0 && audio.Finish().Samples == source.Samples;
        }
    }

    private async Task<(ToolResult Result, DecodedAudio Audio)> OnceAsync(AudioPass pass, string[] codec, CancellationToken stop)
    {
        var (part, rate) = (pass.Record.Part, "");
        // What stands before it is decoded and dropped: to seek is not exact in every format.
        var cut = part is null ? "" : string.Create(CultureInfo.InvariantCulture, $"atrim=start={part.StartMs}ms{(part.EndMs is { } end ? $":end={end}ms" : "")},asetpts=PTS-STARTPTS,");
        // Time is counted anew, in samples as the encoder gets them: sources whose own time steps back a little (a page out of place, a splice) are not rare, and no muxer takes that;
        // and time that was rounded from another rate gives Opus pages whose granule positions do not fit their samples.
        if (pass.Tier is { Codec: TierCodec.Opus } || (pass.Tier is { Codec: TierCodec.Vorbis } && pass.Record.SampleRateHz > 48_000))
            rate = "aresample=48000,";
        string[] encode = pass.Tier is null ? [] :
        [
            "-map", "[a]", "-map_metadata", "-1", "-map_chapters", "-1", .. codec, "-fflags", "+bitexact", "-flags:a", "+bitexact",
            .. pass.Tier.Codec == TierCodec.Flac ? ["-f", "flac"] : new[] { "-serial_offset", pass.Serial.ToString(CultureInfo.InvariantCulture), "-f", "ogg" }, "-y", "file:" + pass.Encoded,
        ];
        string[] arguments =
        [
            "-nostdin", "-nostats", "-v", "info", "-xerror", "-threads", "1", "-i", "file:" + pass.Path, "-vn", "-sn", "-dn", "-filter_complex",
            string.Create(CultureInfo.InvariantCulture, $"[0:a:0]{cut}asplit={(pass.Tier is null ? 2 : 3)}[m][p]{(pass.Tier is null ? "" : $"[c];[c]{rate}asetpts=N/SR/TB[a]")};[p]asetpts=N/SR/TB,atrim=end={FingerprintSeconds},aformat=channel_layouts=mono|stereo[f]"),
            .. encode,
            "-map", "[m]", "-map_metadata", "-1", "-c:a", "pcm_f32le", "-f", "wav", "pipe:1",
            "-map", "[f]", "-map_metadata", "-1", "-f", "chromaprint", "-algorithm", "1", "-fp_format", "raw", "-y", "file:" + pass.Fingerprint,
        ];
        var audio = new DecodedAudio(AudioRecord.IsLossless(pass.Record.Codec));
        try
        {
            var limit = TimeSpan.FromMilliseconds(part?.EndMs ?? pass.Record.FileDurationMs ?? 0) + _patience;
            return (await Toolbox.RunAsync(_ffmpeg, arguments, limit, stop, audio.ReadAsync).ConfigureAwait(false), audio);
        }
        catch (Exception e)
        {
            audio.Dispose();
            if (e is TimeoutException)
                throw new UnusableAudioException(e.Message);
            throw;
        }
    }

    private static string[] Codec(Tier? tier) => tier?.Codec switch
    {
        null => [],
        TierCodec.Opus => ["-c:a", "libopus", "-b:a", $"{tier.BitrateKbps}k", "-vbr", "on"],
        TierCodec.Flac => ["-c:a", "flac", "-compression_level", "8"],
        _ => ["-c:a", "libvorbis", "-b:a", $"{tier.BitrateKbps}k"],
    };

    private static bool IsDiskFull(ToolResult result) => result.Error.Contains("No space left on device", StringComparison.Ordinal);

    private static string LastComplaint(string error)
    {
        var line = error.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .LastOrDefault(l => l.Contains("rror", StringComparison.Ordinal) || l.Contains("nvalid", StringComparison.Ordinal) || l.Contains("aborting", StringComparison.Ordinal)) ?? "no reason given";
        line = FilePath().Replace(Address().Replace(line, ""), "it");
        return line.Length <= LongestNoise ? line : line[..LongestNoise];
    }

    [GeneratedRegex(@"^ffmpeg version (\S+)", RegexOptions.Multiline)]
    private static partial Regex Version();

    [GeneratedRegex(@"^Input #0, (.+), from ", RegexOptions.Multiline)]
    private static partial Regex Container();

    [GeneratedRegex(@"^\s*Stream #0:\d+[^:\n]*: Audio: (.+)$", RegexOptions.Multiline)]
    private static partial Regex AudioStream();

    [GeneratedRegex(@"encoder setup failed|Error initializing output stream|Error while opening encoder")]
    private static partial Regex NoMode();

    [GeneratedRegex(@" @ 0x[0-9a-f]+")]
    private static partial Regex Address();

    [GeneratedRegex(@"file:\S+")]
    private static partial Regex FilePath();
}
