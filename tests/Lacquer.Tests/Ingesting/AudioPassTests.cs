using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Lacquer.Formats.Archives;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Objects;
using Lacquer.Stages.Ingesting;
using Lacquer.Stages.Workbench;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Ingesting;

/// <summary>What one pass over a file finds, against other people's programs.</summary>
public sealed partial class AudioPassTests
{
    // What swells and fades passes and fails the relative gate; clipped noise has peaks between its samples.
    private const string Swelling = "0.9*sin(2*PI*440*t)*pow(abs(sin(t/7)),3)+0.05*(random(0)-0.5)";

    [Theory]
    [InlineData($"aevalsrc='{Swelling}|{Swelling}*0.3':s=44100:d=40")]
    [InlineData($"aevalsrc='{Swelling}':s=48000:d=40")]
    [InlineData("anoisesrc=d=20:r=22050:seed=7:amplitude=0.9,lowpass=f=6000")]
    [InlineData("sine=frequency=11025:duration=20:sample_rate=44100,volume=12dB,aphaser=speed=0.3,pan=stereo|c0=c0|c1=0.5*c0")]
    [InlineData("aevalsrc='0.2*sin(2*PI*200*t)|0.1*sin(2*PI*300*t)|0.3*sin(2*PI*440*t)|0.8*sin(2*PI*50*t)|0.2*sin(2*PI*700*t)|0.1*sin(2*PI*990*t)':s=48000:d=12:c=5.1")]
    public async Task Loudness_and_true_peak_are_those_that_ffmpeg_measures(string sound)
    {
        Tools.Need("ffmpeg", "ffprobe");
        using var scratch = new Scratch();
        Make(scratch["a.wav"], sound, "-c:a", "pcm_f32le");
        var ours = (await Pass(scratch, "a.wav")).Loudness;
        var theirs = Ebur128(scratch["a.wav"]);
        Assert.InRange(ours.IntegratedLufs!.Value, theirs.Lufs - 0.1, theirs.Lufs + 0.1);
        // Annex 2's filter is allowed to read half a decibel too little.
        Assert.InRange(ours.PeakDbfs!.Value, theirs.Peak - 0.5, theirs.Peak + 0.5);
    }

    [Fact]
    public async Task An_album_is_as_loud_as_its_tracks_one_after_another()
    {
        Tools.Need("ffmpeg", "ffprobe");
        using var scratch = new Scratch();
        string[] levels = ["0.9", "0.02", "0.3"];
        var album = new LoudnessBlocks();
        for (var i = 0; i < levels.Length; i++)
        {
            Make(scratch[$"{i}.wav"], $"aevalsrc='{levels[i]}*({Swelling})|{levels[i]}*sin(2*PI*{200 + 100 * i}*t)':s=44100:d={20 + 5 * i}");
            album.Add(LoudnessBlocks.Parse((await Pass(scratch, $"{i}.wav")).Loudness.Blocks.ToBytes()));
        }

        var (exit, output) = Tools.Run("ffmpeg", ["-nostdin", "-v", "error", .. levels.SelectMany((_, i) => new[] { "-i", scratch[$"{i}.wav"] }), "-filter_complex", $"concat=n={levels.Length}:v=0:a=1", scratch["album.wav"]]);
        Assert.True(exit == 0, output);
        Assert.InRange(album.IntegratedLufs()!.Value, Ebur128(scratch["album.wav"]).Lufs - 0.1, Ebur128(scratch["album.wav"]).Lufs + 0.1);
    }

    [Fact]
    public async Task Silence_has_no_loudness_and_no_gain()
    {
        Tools.Need("ffmpeg", "ffprobe");
        using var scratch = new Scratch();
        Make(scratch["a.wav"], "anullsrc=r=44100:cl=stereo:d=3");
        var passed = await Pass(scratch, "a.wav");
        Assert.Equal((null, null, 3000), (passed.Loudness.IntegratedLufs, passed.Loudness.PeakDbfs, passed.DurationMs));
        Assert.Empty(passed.Loudness.Tags(OggCodec.Vorbis, "TRACK"));
        Assert.Empty(passed.Loudness.Blocks.ToBytes());
    }

    [Fact]
    public async Task The_fingerprint_is_the_one_of_fpcalc()
    {
        Tools.Need("ffmpeg", "ffprobe", "fpcalc");
        using var scratch = new Scratch();
        Make(scratch["a.flac"], $"aevalsrc='{Swelling}*sin(2*PI*t*(300+20*floor(t)))|0.3*sin(2*PI*(100+3*floor(t))*t)':s=44100:d=150");
        var items = MemoryMarshal.Cast<byte, uint>((await Pass(scratch, "a.flac")).Fingerprint!).ToArray();
        var (_, output) = Tools.Run("fpcalc", "-raw", scratch["a.flac"]);
        var theirs = output.Split("FINGERPRINT=")[1].Trim().Split(',').Select(n => uint.Parse(n, CultureInfo.InvariantCulture)).ToArray();
        Assert.Equal(theirs.Length, items.Length);
        // One decodes to 16 bits with dither and the other without: a bit here and there may differ.
        Assert.InRange(items.Zip(theirs).Sum(p => uint.PopCount(p.First ^ p.Second)), 0u, (uint)items.Length);
    }

    [Fact]
    public async Task The_same_samples_have_the_same_hash_in_every_lossless_container()
    {
        Tools.Need("ffmpeg", "ffprobe");
        using var scratch = new Scratch();
        Make(scratch["a.wav"], $"aevalsrc='{Swelling}|0.2*sin(2*PI*300*t)':s=44100:d=5", "-c:a", "pcm_s16le");
        foreach (var name in new[] { "b.flac", "c.aiff", "d.wv" })
            Assert.Equal(0, Tools.Run("ffmpeg", "-nostdin", "-v", "error", "-i", scratch["a.wav"], scratch[name]).ExitCode);
        Assert.Equal(0, Tools.Run("ffmpeg", "-nostdin", "-v", "error", "-i", scratch["a.wav"], "-c:a", "pcm_s24le", scratch["e.wav"]).ExitCode);
        Assert.Equal(0, Tools.Run("ffmpeg", "-nostdin", "-v", "error", "-i", scratch["a.wav"], "-c:a", "libvorbis", scratch["lossy.ogg"]).ExitCode);
        var hash = (await Pass(scratch, "a.wav")).Samples;
        Assert.NotNull(hash);
        foreach (var name in new[] { "b.flac", "c.aiff", "d.wv", "e.wav" })
            Assert.Equal(hash, (await Pass(scratch, name)).Samples);
        Assert.Null((await Pass(scratch, "lossy.ogg")).Samples);
    }

    [Fact]
    public void Loudness_blocks_that_are_none_are_refused()
    {
        Assert.Equal(Failure.Damaged, Assert.Throws<LacquerException>(() => LoudnessBlocks.Parse([1, 2, 3])).Failure);
        Assert.Equal(Failure.Damaged, Assert.Throws<LacquerException>(() => LoudnessBlocks.Parse([0xE8, 3, 1, 0])).Failure);
        var many = new LoudnessBlocks();
        for (var i = 0; i < 70_000; i++)
            many.Add(0.01);
        Assert.Equal(8, many.ToBytes().Length);
        Assert.Equal(many.IntegratedLufs(), LoudnessBlocks.Parse(many.ToBytes()).IntegratedLufs());
        Assert.InRange(many.IntegratedLufs()!.Value, -20.75, -20.64);
    }

    private static async Task<AudioPassed> Pass(Scratch scratch, string name)
    {
        var stop = TestContext.Current.CancellationToken;
        return await new AudioEncoder().RunAsync(new AudioPass(scratch[name], await new AudioProbe().DescribeAsync(name, scratch[name], [], stop), scratch["work"], null, 1), stop);
    }

    private static (double Lufs, double Peak) Ebur128(string path)
    {
        var (exit, output) = Tools.Run("ffmpeg", "-nostdin", "-hide_banner", "-nostats", "-i", path, "-af", "ebur128=peak=true:framelog=verbose", "-f", "null", "-");
        Assert.True(exit == 0, output);
        var figures = Figure().Matches(output[output.LastIndexOf("Integrated loudness:", StringComparison.Ordinal)..]).Select(m => double.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture)).ToList();
        return (figures[0], figures[1]);
    }

    private static void Make(string path, string sound, params string[] codec)
    {
        var (exit, output) = Tools.Run("ffmpeg", ["-nostdin", "-v", "error", "-f", "lavfi", "-i", sound, .. codec, path]);
        Assert.True(exit == 0, output);
    }

    [GeneratedRegex(@"^\s*(?:I|Peak):\s*(-?[\d.]+) ", RegexOptions.Multiline)]
    private static partial Regex Figure();
}
