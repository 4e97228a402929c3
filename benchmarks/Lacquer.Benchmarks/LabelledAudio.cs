using System.Globalization;
using System.Security.Cryptography;
using Lacquer.Formats.Identity;
using Lacquer.Stages.Workbench;

namespace Lacquer.Benchmarks;

/// <summary>A file of the labelled set.</summary>
/// <param name="Audio">Files with the same name here are the same audio; no others are.</param>
/// <param name="Made">How it was made.</param>
/// <param name="Fingerprint">Its fingerprint as ingest measures it.</param>
/// <param name="Samples">SHA-256 of what it decodes to, of a lossless file; null for a lossy one.</param>
internal sealed record LabelledFile(string Audio, string Made, byte[] Fingerprint, Sha256Digest? Samples);

/// <summary>
/// Free music in the variants in which one recording is met twice, and in those that only sound alike: edits, loops, other voices, other keys. Made by ffmpeg from the first 90 seconds of each piece.
/// </summary>
internal static class LabelledAudio
{
    private const int Seconds = 90;

    // Debian 12 and 13; music of games, under free licences.
    private static readonly string[] Packages = ["wesnoth-1.16-music", "wesnoth-1.18-music", "hyperrogue-music", "singularity-music", "nexuiz-music"];
    private static readonly string[] Extensions = [".ogg", ".mp3", ".flac", ".opus"];

    // The same audio. Filter, how it is encoded, extension.
    private static readonly (string Made, string Filter, string[] Encoding, string Extension)[] Same =
    [
        ("flac", "anull", ["-c:a", "flac", "-compression_level", "0"], "flac"),
        ("flac, packed harder", "anull", ["-c:a", "flac", "-compression_level", "8"], "flac"),
        ("opus 32", "anull", ["-c:a", "libopus", "-b:a", "32k"], "opus"),
        ("opus 75", "anull", ["-c:a", "libopus", "-b:a", "75k"], "opus"),
        ("opus 128", "anull", ["-c:a", "libopus", "-b:a", "128k"], "opus"),
        ("vorbis 80", "anull", ["-c:a", "libvorbis", "-b:a", "80k"], "ogg"),
        ("vorbis 160", "anull", ["-c:a", "libvorbis", "-b:a", "160k"], "ogg"),
        ("mp3 64", "anull", ["-c:a", "libmp3lame", "-b:a", "64k"], "mp3"),
        ("mp3 128", "anull", ["-c:a", "libmp3lame", "-b:a", "128k"], "mp3"),
        ("mp3 320", "anull", ["-c:a", "libmp3lame", "-b:a", "320k"], "mp3"),
        ("aac 96", "anull", ["-c:a", "aac", "-b:a", "96k"], "m4a"),
        ("22,050 Hz", "aresample=22050", ["-c:a", "flac"], "flac"),
        ("mono", "aformat=channel_layouts=mono", ["-c:a", "flac"], "flac"),
        ("6 dB less", "volume=-6dB", ["-c:a", "flac"], "flac"),
        ("3 dB more, limited", "volume=3dB,alimiter=level=0", ["-c:a", "libmp3lame", "-b:a", "192k"], "mp3"),
        ("a second less at the beginning", "atrim=start=1", ["-c:a", "libvorbis", "-b:a", "128k"], "ogg"),
        ("a second less at the end", $"atrim=end={89}", ["-c:a", "libmp3lame", "-b:a", "128k"], "mp3"),
        ("0.44 s less at the beginning, mono", "atrim=start=0.44,aformat=channel_layouts=mono", ["-c:a", "libopus", "-b:a", "64k"], "opus"),
    ];

    // Other audio that has much of it. {0}: the piece; {1}: another piece.
    private static readonly (string Made, string Graph)[] Other =
    [
        ("ten seconds of it repeated in place of the next", "[0]asplit=3[a][b][c];[a]atrim=0:40[a];[b]atrim=30:40,asetpts=N/SR/TB[b];[c]atrim=50:90,asetpts=N/SR/TB[c];[a][b][c]concat=n=3:v=0:a=1"),
        ("its halves the other way round", "[0]asplit[a][b];[a]atrim=45:90,asetpts=N/SR/TB[a];[b]atrim=0:45[b];[a][b]concat=n=2:v=0:a=1"),
        ("its first half", "[0]atrim=0:45"),
        ("with its beginning again after it", "[0]asplit[a][b];[b]atrim=0:20[b];[a][b]concat=n=2:v=0:a=1"),
        ("five seconds of silence in it, and five less at its end", "[0]asplit[a][b];[a]atrim=0:45,apad=pad_dur=5[a];[b]atrim=45:85,asetpts=N/SR/TB[b];[a][b]concat=n=2:v=0:a=1"),
        ("its last fifteen seconds another's", "[0]atrim=0:75[a];[1]atrim=30:45,asetpts=N/SR/TB[b];[a][b]concat=n=2:v=0:a=1"),
        ("eight seconds in it another's", "[0]asplit[a][c];[a]atrim=0:50[a];[1]atrim=30:38,asetpts=N/SR/TB[b];[c]atrim=58:90,asetpts=N/SR/TB[c];[a][b][c]concat=n=3:v=0:a=1"),
        ("another voice over all of it, as loud", "[1]dynaudnorm[b];[0][b]amix=inputs=2:duration=first:normalize=0"),
        ("another voice over all of it, 6 dB softer", "[1]dynaudnorm,volume=-6dB[b];[0][b]amix=inputs=2:duration=first:normalize=0"),
        ("another voice over fifteen seconds", "[1]atrim=30:45,asetpts=N/SR/TB,dynaudnorm,adelay=delays=40000:all=1[b];[0][b]amix=inputs=2:duration=first:normalize=0"),
        ("a semitone higher", "[0]asetrate=44100*1.0594631,aresample=44100,atempo=0.9438743"),
        ("two in a hundred faster", "[0]atempo=1.02"),
        ("five in a thousand slower", "[0]atempo=0.995"),
        ("backwards", "[0]areverse"),
    ];

    // What is no music, of the same length.
    private static readonly (string Made, string Source)[] Bare =
    [
        ("silence", "anullsrc=r=44100:cl=stereo"), ("white noise", "anoisesrc=c=white:r=44100:s=1"), ("white noise again", "anoisesrc=c=white:r=44100:s=2"), ("pink noise", "anoisesrc=c=pink:r=44100:s=3"),
        ("pink noise again", "anoisesrc=c=pink:r=44100:s=4"), ("brown noise", "anoisesrc=c=brown:r=44100:s=5"), ("a tone", "sine=f=440:r=44100"), ("another tone", "sine=f=441:r=44100"), ("a higher tone", "sine=f=880:r=44100"),
        ("a beeping tone", "sine=f=440:b=2:r=44100"), ("a rising tone", "aevalsrc='sin(2*PI*(200+5*t)*t)':s=44100"), ("a faster rising tone", "aevalsrc='sin(2*PI*(200+6*t)*t)':s=44100"),
    ];

    /// <summary>Makes the set in a folder, of so many pieces; files that are gone through are deleted.</summary>
    /// <returns>The files, or null where no music can be had.</returns>
    public static List<LabelledFile>? Make(string folder, string? music, int pieces)
    {
        if ((music is null ? Fetch(folder) : music) is not { } from)
            return null;
        var found = Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories).Where(f => Extensions.Contains(Path.GetExtension(f), StringComparer.OrdinalIgnoreCase)).OrderBy(f => Path.GetFileName(f), StringComparer.Ordinal).ToList();
        var whole = found.AsParallel().AsOrdered().WithDegreeOfParallelism(Environment.ProcessorCount).Select((f, i) => Cut(f, Path.Combine(folder, $"{i}.wav"))).OfType<string>().Take(pieces).ToList();
        Console.Error.WriteLine($"{whole.Count} pieces of {found.Count} are as long as {Seconds} s");
        var files = whole.SelectMany((path, i) => Same.Select(s => (s.Made, Audio: $"piece {i}", Arguments: (string[])["-i", path, "-af", s.Filter, "-ar", s.Filter.StartsWith("aresample", StringComparison.Ordinal) ? "22050" : s.Extension == "opus" ? "48000" : "44100", .. s.Encoding], s.Extension))
                .Concat(Other.SelectMany(o => (string[])["opus", "mp3"], (o, extension) => (o.Made, Audio: $"piece {i}, {o.Made}",
                    Arguments: (string[])["-i", path, "-i", whole[(i + 1) % whole.Count], "-filter_complex", o.Graph, "-c:a", extension == "opus" ? "libopus" : "libmp3lame", "-b:a", "96k"], Extension: extension))))
            .Concat(Bare.SelectMany(b => (string[])["opus", "mp3"], (b, extension) => (b.Made, Audio: b.Made, Arguments: (string[])["-f", "lavfi", "-t", $"{Seconds}", "-i", b.Source, "-c:a", extension == "opus" ? "libopus" : "libmp3lame", "-b:a", "96k"], Extension: extension)))
            .ToList();
        var done = 0;
        return files.AsParallel().AsOrdered().WithDegreeOfParallelism(Environment.ProcessorCount).Select((file, i) =>
        {
            var path = Path.Combine(folder, $"variant-{i}.{file.Extension}");
            Run([.. file.Arguments, path]);
            var fingerprint = Run(["-i", path, "-f", "chromaprint", "-fp_format", "raw", "pipe:1"]);
            var samples = file.Extension == "flac" ? new Sha256Digest(SHA256.HashData(Run(["-i", path, "-f", "s16le", "pipe:1"]))) : (Sha256Digest?)null;
            File.Delete(path);
            if (Interlocked.Increment(ref done) % 100 == 0)
                Console.Error.WriteLine($"{done} of {files.Count} files");
            return new LabelledFile(file.Audio, file.Made, fingerprint, samples);
        }).ToList();
    }

    private static string? Cut(string from, string to)
    {
        try
        {
            Run(["-i", from, "-t", $"{Seconds}", "-ac", "2", "-ar", "44100", "-c:a", "pcm_s16le", to]);
            // Stereo of 16 bits.
            if (new FileInfo(to).Length > Seconds * 44100L * 4)
                return to;
        }
        catch (InvalidDataException e)
        {
            Console.Error.WriteLine(e.Message);
        }

        File.Delete(to);
        return null;
    }

    private static string? Fetch(string folder)
    {
        if (Toolbox.Find("apt-get") is null || Toolbox.Find("dpkg") is null)
            return null;
        var music = Directory.CreateDirectory(Path.Combine(folder, "music")).FullName;
        foreach (var package in Packages)
            Toolbox.RunAsync("/bin/sh", ["-c", "cd \"$1\" && apt-get download -q \"$2\" && dpkg -x ./*.deb . && rm ./*.deb", "sh", music, package], TimeSpan.FromMinutes(20), CancellationToken.None).GetAwaiter().GetResult();
        return Directory.EnumerateFiles(music, "*", SearchOption.AllDirectories).Any() ? music : null;
    }

    private static byte[] Run(string[] arguments)
    {
        var result = Toolbox.RunAsync(Toolbox.Require("ffmpeg", "ffmpeg"), ["-nostdin", "-v", "error", "-y", "-threads", "1", .. arguments], TimeSpan.FromMinutes(5), CancellationToken.None).GetAwaiter().GetResult();
        return result.ExitCode == 0 ? result.Output : throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture, $"ffmpeg {string.Join(' ', arguments)}: {result.Error}"));
    }
}
