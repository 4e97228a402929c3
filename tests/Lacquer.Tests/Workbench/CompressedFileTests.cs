using System.Buffers.Binary;
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
    public void A_frame_is_read_without_the_others_by_the_table_at_the_end()
    {
        using var scratch = new Scratch();
        var bytes = new byte[CompressedFile.FrameBytes + 100_000];
        new Random(4).NextBytes(bytes.AsSpan(CompressedFile.FrameBytes));
        File.WriteAllBytes(scratch["file"], bytes);
        CompressedFile.Write(scratch["file"], scratch["packed"], 2, new Told(), TestContext.Current.CancellationToken);
        var packed = File.ReadAllBytes(scratch["packed"]);
        uint At(int fromEnd) => BinaryPrimitives.ReadUInt32LittleEndian(packed.AsSpan(packed.Length - fromEnd));
        // Footer: number of frames, descriptor, magic. Before it an entry a frame: packed and unpacked length.
        Assert.Equal((2u, (byte)0, 0x8F92EAB1u), (At(9), packed[^5], At(4)));
        Assert.Equal(((uint)CompressedFile.FrameBytes, 100_000u), (At(9 + 12), At(9 + 4)));
        Assert.Equal((0x184D2A5Eu, 2u * 8 + 9), (At(9 + 16 + 8), At(9 + 16 + 4)));
        using var decompressor = new Decompressor();
        Assert.Equal(bytes.AsSpan(CompressedFile.FrameBytes).ToArray(), decompressor.Unwrap(packed.AsSpan((int)At(9 + 16), (int)At(9 + 8))).ToArray());
        if (Tools.Has("zstd"))
            Assert.Equal(0, Tools.Run("zstd", "-q", "-t", scratch["packed"]).ExitCode);
    }

    [Fact]
    public void It_can_be_stopped()
    {
        using var scratch = new Scratch();
        File.WriteAllBytes(scratch["file"], new byte[100]);
        Assert.ThrowsAny<OperationCanceledException>(() => CompressedFile.Write(scratch["file"], scratch["to"], 1, new Told(), new CancellationToken(canceled: true)));
    }

    private sealed class Told : IProgress<StageProgress>
    {
        public StageProgress Last { get; private set; }

        public void Report(StageProgress value) => Last = value;
    }
}
