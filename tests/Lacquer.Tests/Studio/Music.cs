using System.Globalization;
using Xunit;

namespace Lacquer.Tests.Studio;

/// <summary>A small folder of music made of tones, with tags, licences and a table of listens; made once and copied.</summary>
internal static class Music
{
    private static readonly Lazy<string> Made = new(Make);

    /// <summary>
    /// Copies the folder to <paramref name="folder"/>: seven tagged pieces of a few seconds (Ogg Vorbis near 160 and above 200 kbit/s, Ogg Opus, FLAC, MP3), two of them without a licence, and <c>listens.csv</c> beside the folder.
    /// </summary>
    public static string CopyTo(string folder)
    {
        Tools.Need("ffmpeg", "ffprobe");
        Scratch.Copy(Made.Value, folder);
        return folder;
    }

    /// <summary>Makes one piece.</summary>
    public static void Tone(string path, string title, double seconds, int hertz, string[] codec, params string[] tags)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        string[] arguments =
        [
            "-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i",
            // Two voices and a little noise, so that encoders have something to do; the seed keeps them the same.
            string.Create(CultureInfo.InvariantCulture, $"aevalsrc='0.3*sin(2*PI*{hertz}*t)+0.2*sin(2*PI*{hertz * 1.5}*t)*sin(3*t)+0.03*(random(0)-0.5)|0.3*sin(2*PI*{hertz * 1.01}*t)':s=44100:d={seconds}"),
            .. codec, "-metadata", $"title={title}", .. tags.SelectMany(t => new[] { "-metadata", t }), "-fflags", "+bitexact", "-flags:a", "+bitexact", path,
        ];
        var (exit, output) = Tools.Run("ffmpeg", arguments);
        Assert.True(exit == 0, output);
    }

    private static string Make()
    {
        var folder = Directory.CreateTempSubdirectory("lacquer-music-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        string[] vorbis = ["-c:a", "libvorbis", "-b:a", "128k"];
        string[] high = ["-c:a", "libvorbis", "-b:a", "320k"];
        string[] first = ["artist=Ánna Ström", "album=Första", "date=2021-03-04", "LICENSE=https://creativecommons.org/licenses/by-sa/4.0/"];
        string[] second = ["artist=Кино Тест", "album=Вторая", "date=2019", "LICENSE=CC-BY-4.0"];
        Tone(Path.Combine(folder, "first", "01.ogg"), "Déjà vu", 6, 220, vorbis, [.. first, "track=1", "isrc=SEA012100001"]);
        Tone(Path.Combine(folder, "first", "02.ogg"), "Don't \"stop\"", 5, 262, high, [.. first, "track=2"]);
        Tone(Path.Combine(folder, "first", "03.flac"), "東京", 5, 330, ["-c:a", "flac"], [.. first, "track=3"]);
        Tone(Path.Combine(folder, "second", "a.opus"), "Звезда", 5, 392, ["-c:a", "libopus", "-b:a", "64k"], [.. second, "track=1"]);
        Tone(Path.Combine(folder, "second", "b.mp3"), "Солнце", 5, 440, ["-c:a", "libmp3lame", "-b:a", "128k"], [.. second, "track=2"]);
        Tone(Path.Combine(folder, "second", "c.ogg"), "No licence", 5, 494, vorbis, "artist=Кино Тест", "album=Вторая", "track=3");
        Tone(Path.Combine(folder, "second", "d.ogg"), "Verbatim only", 5, 523, vorbis, "artist=Кино Тест", "album=Вторая", "track=4", "LICENSE=all rights reserved");
        File.WriteAllText(Path.Combine(folder, "listens.csv"), "# invented\npath,listens\nfirst/01.ogg,1000\nfirst/02.ogg,90\nfirst/03.flac,12\nsecond/c.ogg,500\n");
        return folder;
    }
}
