using System.Diagnostics;
using System.Security.Cryptography;

namespace Lacquer.Tests.Studio;

/// <summary>Three seconds of a sine in Ogg, made by ffmpeg; where there is none, bytes that only look like it.</summary>
internal static class Tone
{
    private static readonly Lazy<string?> Ffmpeg = new(() => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Select(folder => Path.Combine(folder, "ffmpeg")).FirstOrDefault(File.Exists));

    public static bool IsReal => Ffmpeg.Value is not null;

    public static byte[] Vorbis(int hertz) => Make(hertz, "ogg", "libvorbis");

    public static byte[] Opus(int hertz) => Make(hertz, "opus", "libopus");

    private static byte[] Make(int hertz, string extension, string codec)
    {
        if (Ffmpeg.Value is not { } ffmpeg)
            return [.. "OggS"u8, .. SHA256.HashData(BitConverter.GetBytes(hertz)), .. new byte[40_000]];
        var path = Path.Combine(Path.GetTempPath(), $"lacquer-tone-{Guid.NewGuid():N}.{extension}");
        using (var process = Process.Start(new ProcessStartInfo(ffmpeg, ["-v", "error", "-f", "lavfi", "-i", $"sine=frequency={hertz}:duration=3", "-c:a", codec, "-ac", "2", path]) { RedirectStandardInput = true })!)
            process.WaitForExit();
        var bytes = File.ReadAllBytes(path);
        File.Delete(path);
        return bytes;
    }
}
