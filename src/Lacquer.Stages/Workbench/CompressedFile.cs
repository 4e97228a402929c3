using ZstdSharp;
using ZstdSharp.Unsafe;

namespace Lacquer.Stages.Workbench;

/// <summary>Files compressed to be handed out: on all cores, and for a plain <c>zstd -d</c>. How many cores there are changes no byte.</summary>
public static class CompressedFile
{
    // Measured on a catalogue: the next levels take twice the time for a percent.
    private const int Level = 16;

    // 128 MiB, the most that zstd and our own reader take without being told to.
    private const int WindowLog = 27;

    private const int BufferBytes = 1 << 20;

    /// <summary>Compresses a file.</summary>
    /// <param name="from">The file.</param>
    /// <param name="to">Where nothing is yet.</param>
    /// <param name="workers">How many cores work on it, from 1.</param>
    /// <param name="progress">Is told the bytes done, and of how many.</param>
    /// <param name="stop">Ends it in between.</param>
    public static void Write(string from, string to, int workers, IProgress<StageProgress> progress, CancellationToken stop)
    {
        using var source = File.OpenRead(from);
        using var target = new FileStream(to, FileMode.CreateNew, FileAccess.Write);
        using var zstd = new CompressionStream(target, Level);
        zstd.SetParameter(ZSTD_cParameter.ZSTD_c_nbWorkers, workers);
        zstd.SetParameter(ZSTD_cParameter.ZSTD_c_windowLog, WindowLog);
        zstd.SetParameter(ZSTD_cParameter.ZSTD_c_enableLongDistanceMatching, 1);
        var what = "compress " + Path.GetFileName(from);
        var buffer = new byte[BufferBytes];
        for (int count; (count = source.Read(buffer)) > 0;)
        {
            stop.ThrowIfCancellationRequested();
            zstd.Write(buffer, 0, count);
            progress.Report(new StageProgress(what, source.Position, source.Length, IsBytes: true));
        }
    }
}
