using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Lacquer.Formats.Objects;
using Xunit;

namespace Lacquer.Tests.Objects;

/// <summary>What other people's programs say of our files. Skipped where they are not installed.</summary>
public sealed class OggToolTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("lacquer-ogg-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    public static TheoryData<OggCodec, bool, bool> Cases
    {
        get
        {
            var cases = new TheoryData<OggCodec, bool, bool>();
            foreach (var codec in (OggCodec[])[OggCodec.Vorbis, OggCodec.Opus])
            {
                foreach (var withPicture in (bool[])[false, true])
                {
                    cases.Add(codec, withPicture, false);
                    cases.Add(codec, withPicture, true);
                }
            }
            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void An_encoded_tone_sounds_the_same_after_a_rewrite_and_no_checker_complains_anew(OggCodec codec, bool withPicture, bool share)
    {
        var source = Tone(codec, share);
        var head = OggFile.ReadHead(new MemoryStream(source));
        Assert.Equal((codec, 2), (head.Codec, head.Channels));
        Assert.InRange(OggFile.Scan(new MemoryStream(source)).DurationMs, 1990, 2010);
        CommentHeader tags = head.Tags with { Comments = [.. head.Tags.Comments, new("TITLE", "Ein Ton"), new("MUSICBRAINZ_TRACKID", "0"), .. Picture(withPicture)] };
        var (rewritten, undo) = OggRewriteTests.Rewrite(source, tags);
        Assert.Equal(source, OggRewriteTests.Restore(rewritten, undo));
        Assert.InRange(undo.Length, 30, 400);

        var before = Write("before", source);
        var after = Write("after", rewritten);
        Assert.Equal(Run("ffmpeg", "-v", "error", "-i", before, "-map", "0:a", "-f", "md5", "-"), Run("ffmpeg", "-v", "error", "-i", after, "-map", "0:a", "-f", "md5", "-"));
        // RFC 7845 §3 forbids audio on the last header page, and ffmpeg gives such audio wrong times. A rewrite mends that.
        var mended = codec == OggCodec.Opus && share;
        Assert.Equal(Frames(before, withTimes: !mended), Frames(after, withTimes: !mended));
        Assert.Contains("TITLE=Ein Ton", Run("ffprobe", "-v", "error", "-show_entries", "stream_tags=TITLE", "-of", "default", after), StringComparison.OrdinalIgnoreCase);
        var checker = codec == OggCodec.Vorbis ? "ogginfo" : "opusinfo";
        if (TryRun(checker, out var met, after) && TryRun(checker, out var known, before))
        {
            Assert.Contains("Ein Ton", met, StringComparison.Ordinal);
            Assert.Empty(Complaints(met).Except(Complaints(known)));
        }
    }

    [Theory]
    [InlineData(false, 0u)]
    [InlineData(true, 1u)]
    public void The_documented_commands_give_the_original_back(bool share, uint numberDelta)
    {
        var source = Tone(OggCodec.Vorbis, share);
        var (rewritten, undo) = OggRewriteTests.Rewrite(source, new CommentHeader("Lacquer", [new("TITLE", "Ein Ton")]));
        Assert.Equal(numberDelta, BitConverter.ToUInt32(undo, 12));
        Write("object", rewritten);
        Write("undo", undo);
        RequireTools("bash", "zstd", "python3");
        Run("bash", "-c", DocumentedBlock("sh"));
        Assert.Equal(source, File.ReadAllBytes(Path.Combine(_folder, "original")));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(16_384)]
    [InlineData(40_000)]
    public void The_documented_program_computes_the_name_of_an_object(int length)
    {
        RequireTools("python3");
        var bytes = SyntheticOgg.Noise(length, 1);
        var leaves = bytes.Chunk(16_384).Select(SHA256.HashData).ToList();
        if (leaves.Count == 3)
            leaves = [SHA256.HashData([.. leaves[0], .. leaves[1]]), SHA256.HashData([.. leaves[2], .. new byte[32]])];
        var root = leaves.Count == 1 ? leaves[0] : SHA256.HashData([.. leaves[0], .. leaves[1]]);
        Assert.Equal(Convert.ToHexStringLower(root), Run("python3", "-c", DocumentedBlock("python"), Write("file", bytes)).Trim());
    }

    /// <summary>Two seconds of two tones; shared: with the first audio on the last header page, as many old files have it.</summary>
    private byte[] Tone(OggCodec codec, bool share)
    {
        RequireTools("ffmpeg");
        var path = Path.Combine(_folder, "tone.ogg");
        string[] encoder = codec == OggCodec.Vorbis ? ["-c:a", "libvorbis", "-b:a", "160k"] : ["-c:a", "libopus", "-b:a", "75k"];
        Run("ffmpeg", ["-v", "error", "-y", "-f", "lavfi", "-i", "sine=440:duration=2:sample_rate=48000", "-f", "lavfi", "-i", "sine=660:duration=2:sample_rate=48000",
            "-filter_complex", "amerge=inputs=2", .. encoder, "-page_duration", "200000", "-f", "ogg", path]);
        var bytes = File.ReadAllBytes(path);
        if (!share)
            return bytes;
        var pages = SyntheticOgg.Pages(bytes);
        var lastHeader = 1;
        while (pages[lastHeader + 1].Granule <= 0)
            lastHeader++;
        var (header, audio) = (pages[lastHeader], pages[lastHeader + 1]);
        var joined = audio with { Number = header.Number, Flags = header.Flags, Lacing = [.. header.Lacing, .. audio.Lacing], Body = [.. header.Body, .. audio.Body] };
        return SyntheticOgg.Join([.. pages.Take(lastHeader), joined, .. pages.Skip(lastHeader + 2).Select(page => page with { Number = page.Number - 1 })]);
    }

    // FLAC's picture block, which Vorbis comments carry in base64: front cover, PNG, no description. Large enough for pages.
    private Comment[] Picture(bool wanted)
    {
        if (!wanted)
            return [];
        var path = Path.Combine(_folder, "cover.png");
        Run("ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", "testsrc2=size=400x400,noise=alls=60", "-frames:v", "1", path);
        var png = File.ReadAllBytes(path);
        Assert.True(png.Length > 100_000);
        byte[] length = [0, (byte)(png.Length >> 16), (byte)(png.Length >> 8), (byte)png.Length];
        return [new("METADATA_BLOCK_PICTURE", Convert.ToBase64String([
            0, 0, 0, 3, 0, 0, 0, 9, .. "image/png"u8, 0, 0, 0, 0, 0, 0, 1, 0x90, 0, 0, 1, 0x90, 0, 0, 0, 24, 0, 0, 0, 0, .. length, .. png]))];
    }

    // Time stamps, sizes and checksums of packets; what comes after them on a line describes the comments.
    private string[] Frames(string path, bool withTimes) =>
        [.. Lines(Run("ffmpeg", "-v", "error", "-i", path, "-map", "0:a", "-c", "copy", "-f", "framecrc", "-"))
            .Where(line => !line.StartsWith('#')).Select(line => string.Join(',', line.Split(',')[(withTimes ? 0 : 4)..6]))];

    private static IEnumerable<string> Complaints(string report) =>
        Lines(report).Where(line => !line.StartsWith("METADATA_BLOCK_PICTURE", StringComparison.Ordinal) && ((string[])["warn", "error", "negative", "invalid", "corrupt", "missing"]).Any(word => line.Contains(word, StringComparison.OrdinalIgnoreCase)));

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private string Write(string name, byte[] bytes)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    private static string DocumentedBlock(string language)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Lacquer.slnx")))
            folder = folder.Parent ?? throw new DirectoryNotFoundException("no Lacquer.slnx above the tests");
        var text = File.ReadAllText(Path.Combine(folder.FullName, "docs", "format", "object.md"));
        var from = text.IndexOf($"```{language}\n", StringComparison.Ordinal) + language.Length + 4;
        return text[from..text.IndexOf("```", from, StringComparison.Ordinal)];
    }

    private static void RequireTools(params string[] tools)
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        foreach (var tool in tools)
        {
            if (!folders.Any(folder => File.Exists(Path.Combine(folder, tool))))
                Assert.Skip($"{tool} is not installed");
        }
    }

    private string Run(string program, params string[] arguments)
    {
        RequireTools(program);
        Assert.True(TryRun(program, out var output, arguments), $"{program} {string.Join(' ', arguments.Select(a => a.Length > 40 ? "…" : a))}: {output}");
        return output;
    }

    private bool TryRun(string program, out string output, params string[] arguments)
    {
        output = "";
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            WorkingDirectory = _folder,
        };
        start.Environment["LC_ALL"] = "C.UTF-8";
        try
        {
            using var process = Process.Start(start)!;
            var errors = process.StandardError.ReadToEndAsync();
            output = process.StandardOutput.ReadToEnd() + errors.GetAwaiter().GetResult();
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
