using Lacquer.Formats.Archives;
using Lacquer.Stages.Ingesting;
using Lacquer.Stages.Workbench;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Ingesting;

/// <summary>Encoders that do not do their work; shell scripts take ffmpeg's place.</summary>
public sealed class EncoderFaultTests
{
    [Theory]
    [InlineData("exit 0", "decodes nothing")]
    [InlineData("echo 'not audio at all, but a long line of text'; exit 0", "decodes nothing")]
    [InlineData("echo 'something is invalid: Error' >&2; exit 1", "something is invalid")]
    [InlineData("kill -SEGV $$", "cannot decode it")]
    [InlineData("exec sleep 60", "did not end within")]
    [InlineData("yes nonsense | head -c 1000000", "decodes nothing")]
    public async Task A_file_whose_encoder_fails_is_set_aside_with_the_reason(string script, string reason)
    {
        using var scratch = new Scratch();
        var pass = await Source(scratch, TierCodec.Opus);
        var e = await Assert.ThrowsAsync<UnusableAudioException>(() => Encoder(scratch, script).RunAsync(pass, TestContext.Current.CancellationToken));
        Assert.Contains(reason, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("asetpts=N/SR/TB", null)]
    [InlineData("volume=0", "is silent at 0 s")]
    [InlineData("afade=t=out:st=1.9:d=0.05", "is silent at 2 s")]
    [InlineData("volume=0.8", "its loudness is")]
    [InlineData("atrim=end=3.5", "lasts 3.5")]
    [InlineData("adelay=200:all=1", "lasts 4.2")]
    public async Task What_was_encoded_is_compared_with_its_source(string effect, string? reason)
    {
        foreach (var codec in new[] { TierCodec.Opus, TierCodec.Vorbis })
        {
            using var scratch = new Scratch();
            var pass = await Source(scratch, codec);
            var stop = TestContext.Current.CancellationToken;
            // Bash puts the effect before the encoder, and nowhere else.
            var substitution = @"@/asetpts=N\/SR\/TB\[a\]/" + effect.Replace("/", @"\/", StringComparison.Ordinal) + @",asetpts=N\/SR\/TB[a]";
            var encoder = Encoder(scratch, "exec \"$(command -v ffmpeg)\" \"${" + substitution + "}\"");
            var passed = await encoder.RunAsync(pass, stop);
            var check = new AudioEncoder().CheckAsync(pass, passed, stop);
            if (reason is null)
                await check;
            else
                Assert.Contains(reason, (await Assert.ThrowsAsync<UnusableAudioException>(() => check)).Message, StringComparison.Ordinal);
        }
    }

    private static AudioEncoder Encoder(Scratch scratch, string script)
    {
        File.WriteAllText(scratch["ffmpeg"], "#!/bin/bash\n" + script + "\n");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(scratch["ffmpeg"], UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return new AudioEncoder(scratch["ffmpeg"], script.Contains("sleep", StringComparison.Ordinal) ? TimeSpan.FromMilliseconds(-3500) : TimeSpan.FromMinutes(1));
    }

    private static async Task<AudioPass> Source(Scratch scratch, TierCodec codec)
    {
        Tools.Need("ffmpeg", "ffprobe", "bash");
        Music.Tone(scratch["a.flac"], "A", 4, 300, ["-c:a", "flac"]);
        return new AudioPass(scratch["a.flac"], await new AudioProbe().DescribeAsync("a.flac", scratch["a.flac"], [], TestContext.Current.CancellationToken), scratch["work"], new Tier(codec, 96), 1);
    }
}
