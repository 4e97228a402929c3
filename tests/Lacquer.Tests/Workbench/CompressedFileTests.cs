using Lacquer.Stages.Workbench;
using Lacquer.Tests.Studio;
using Xunit;
using ZstdSharp;

namespace Lacquer.Tests.Workbench;

/// <summary>What is compressed to be handed out is read by anybody, and is the same wherever it was made.</summary>
public sealed class CompressedFileTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(5_000_000)]
    public void Zstd_reads_it_as_it_comes_and_the_number_of_cores_changes_no_byte(int length)
    {
        Tools.Need("zstd");
        using var scratch = new Scratch();
        var bytes = new byte[length];
        new Random(3).NextBytes(bytes.AsSpan(0, length / 2));
        File.WriteAllBytes(scratch["file"], bytes);
        var told = new Told();
        CompressedFile.Write(scratch["file"], scratch["one"], 1, told, TestContext.Current.CancellationToken);
        CompressedFile.Write(scratch["file"], scratch["three"], 3, told, TestContext.Current.CancellationToken);
        Assert.Equal(File.ReadAllBytes(scratch["one"]), File.ReadAllBytes(scratch["three"]));
        var (exit, output) = Tools.Run("zstd", "-q", "-d", scratch["one"], "-o", scratch["back"]);
        Assert.True(exit == 0, output);
        Assert.Equal(bytes, File.ReadAllBytes(scratch["back"]));
        using var stream = new DecompressionStream(File.OpenRead(scratch["one"]), leaveOpen: false);
        using var read = new MemoryStream();
        stream.CopyTo(read);
        Assert.Equal(bytes, read.ToArray());
        Assert.Equal(length, told.Last.Done);
    }

    [Fact]
    public void It_can_be_stopped()
    {
        using var scratch = new Scratch();
        File.WriteAllBytes(scratch["file"], new byte[100]);
        Assert.Throws<OperationCanceledException>(() => CompressedFile.Write(scratch["file"], scratch["to"], 1, new Told(), new CancellationToken(canceled: true)));
    }

    private sealed class Told : IProgress<StageProgress>
    {
        public StageProgress Last { get; private set; }

        public void Report(StageProgress value) => Last = value;
    }
}
