using Lacquer.Formats.Archives;
using Lacquer.Stages.Ingesting;
using Lacquer.Stages.Workbench;
using Lacquer.Tests.Objects;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Proof;

public sealed class EncoderTests
{
    [Theory]
    [InlineData(TierCodec.Opus, 44_100)]
    [InlineData(TierCodec.Opus, 22_050)]
    [InlineData(TierCodec.Vorbis, 96_000)]
    public async Task Granule_positions_fit_the_samples_at_every_rate_of_the_source(TierCodec codec, int rate)
    {
        OggTools.Need();
        using var scratch = new Scratch();
        Make(scratch["source.flac"], 70, rate, "flac");
        await Encoded(scratch, "source.flac", codec, 70, 0.001);
    }

    [Theory]
    [InlineData(TierCodec.Opus)]
    [InlineData(TierCodec.Vorbis)]
    public async Task A_source_whose_time_steps_back_is_encoded_whole(TierCodec codec)
    {
        OggTools.Need();
        using var scratch = new Scratch();
        Make(scratch["even.ogg"], 20, 44_100, "libvorbis");
        var pages = SyntheticOgg.Pages(await File.ReadAllBytesAsync(scratch["even.ogg"], TestContext.Current.CancellationToken));
        await File.WriteAllBytesAsync(scratch["uneven.ogg"], SyntheticOgg.Join([.. pages.Select((page, i) => i < pages.Count / 2 || page.Granule <= 0 ? page : page with { Granule = page.Granule - 5_000 })]), TestContext.Current.CancellationToken);
        // A muxer would refuse, or move, what comes twice at the same time.
        await Encoded(scratch, "uneven.ogg", codec, 20, 0.12);
    }

    private static async Task Encoded(Scratch scratch, string source, TierCodec codec, double seconds, double tolerance)
    {
        var stop = TestContext.Current.CancellationToken;
        var pass = new AudioPass(scratch[source], await new AudioProbe().DescribeAsync(source, scratch[source], [], stop), scratch["object"], new Tier(codec, codec == TierCodec.Opus ? 75 : 160), 77);
        await new AudioEncoder().RunAsync(pass, stop);
        var output = pass.Encoded;
        var report = OggTools.Report(output, codec == TierCodec.Opus ? "opusinfo" : "ogginfo");
        Assert.Equal("", string.Join("\n", OggTools.Warnings(report)));
        Assert.InRange(OggTools.PlaybackSeconds(report), seconds - tolerance, seconds + tolerance);
    }

    private static void Make(string path, double seconds, int rate, string codec)
    {
        var (exit, output) = Tools.Run("ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi", "-i", FormattableString.Invariant($"anoisesrc=duration={seconds}:sample_rate={rate}:seed=5:amplitude=0.2"), "-ac", "2", "-c:a", codec, path);
        Assert.True(exit == 0, output);
    }
}
