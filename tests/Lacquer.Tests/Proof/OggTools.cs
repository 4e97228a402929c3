using System.Globalization;
using System.Text.RegularExpressions;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Proof;

/// <summary>What Xiph's own checkers and ffprobe say of a file.</summary>
internal static partial class OggTools
{
    /// <summary>Skips where one is missing.</summary>
    public static void Need() => ProofArchive.Need("ogginfo", "opusinfo", "ffprobe", "env");

    /// <summary>The whole report of <c>ogginfo</c> or <c>opusinfo</c>, which must know the file for what it is.</summary>
    public static string Report(string path, string checker)
    {
        // ogginfo's exit code is of its warnings, too; that it read the file to its end shows in the summary.
        var (_, output) = Tools.Run("env", "LC_ALL=C.UTF-8", checker, path);
        Assert.True(Playback().IsMatch(output), $"{checker} {path}: {output}");
        return output;
    }

    /// <summary>The lines that complain, with numbers of pages and packets left out: a rewritten head moves them.</summary>
    public static IReadOnlyList<string> Warnings(string report) => report.Split('\n').Select(line => line.Trim())
        .Where(line => ((string[])["WARNING", "ERROR", "negative", "invalid", "corrupt", "EOS not set"]).Any(word => line.Contains(word, StringComparison.OrdinalIgnoreCase)))
        .Select(line => Digits().Replace(line, "#")).Order(StringComparer.Ordinal).ToList();

    /// <summary>The duration in seconds as ogginfo and opusinfo find it in the granule positions.</summary>
    public static double PlaybackSeconds(string report)
    {
        var match = Playback().Match(report);
        return int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) * 60 + double.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture);
    }

    /// <summary>The duration in seconds as ffprobe has it.</summary>
    public static double Duration(string path)
    {
        var (exit, output) = Tools.Run("ffprobe", "-v", "error", "-select_streams", "a:0", "-show_entries", "stream=duration", "-of", "default=noprint_wrappers=1:nokey=1", path);
        Assert.True(exit == 0, output);
        return double.Parse(output.Trim(), CultureInfo.InvariantCulture);
    }

    /// <summary>The duration in seconds of all that ffmpeg decodes, at the 44.1 kHz of CDs.</summary>
    public static double DecodedSeconds(string path)
    {
        var (exit, output) = Tools.Run("ffmpeg", "-nostdin", "-hide_banner", "-v", "info", "-i", path, "-map", "0:a:0", "-af", "asetpts=N/SR/TB,ashowinfo", "-f", "null", "-");
        Assert.True(exit == 0, output);
        return Samples().Matches(output).Sum(m => long.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture)) / 44_100.0;
    }

    /// <summary>MD5 over every audio packet, nothing decoded.</summary>
    public static string Packets(string path)
    {
        var (exit, output) = Tools.Run("ffmpeg", "-nostdin", "-v", "error", "-i", path, "-map", "0:a:0", "-c", "copy", "-f", "md5", "-");
        Assert.True(exit == 0, output);
        return output;
    }

    [GeneratedRegex(@"\d+")]
    private static partial Regex Digits();

    [GeneratedRegex(@" nb_samples:(\d+)")]
    private static partial Regex Samples();

    [GeneratedRegex(@"Playback length: (\d+)m:([\d.]+)s")]
    private static partial Regex Playback();
}
