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
        var (exit, output) = Tools.Run("env", "LC_ALL=C.UTF-8", checker, path);
        Assert.True(exit == 0, $"{checker} {path}: {output}");
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
        Assert.True(match.Success, report);
        return int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) * 60 + double.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture);
    }

    /// <summary>The duration in seconds as ffprobe has it.</summary>
    public static double Duration(string path)
    {
        var (exit, output) = Tools.Run("ffprobe", "-v", "error", "-select_streams", "a:0", "-show_entries", "stream=duration", "-of", "csv=p=0", path);
        Assert.True(exit == 0, output);
        return double.Parse(output.Trim(), CultureInfo.InvariantCulture);
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

    [GeneratedRegex(@"Playback length: (\d+)m:([\d.]+)s")]
    private static partial Regex Playback();
}
