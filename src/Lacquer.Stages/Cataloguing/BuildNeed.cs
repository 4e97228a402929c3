using System.Globalization;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Ledgers;

namespace Lacquer.Stages.Cataloguing;

/// <summary>What a build needs of disk and memory, reckoned before it takes them.</summary>
internal sealed class BuildNeed(IReadOnlyList<AccessionRow> accessions)
{
    // At its widest a build holds the staged files and the catalogue: 4.4 bytes for each compressed byte of the synthetic accessions, and something to spare.
    private const long DiskPerByte = 5;

    // Empty tables.
    private const long DiskAtLeast = 1 << 20;

    // Matching: 36 bytes in columns, 12 in what is sorted and 12 in clusters and ranks; loading has less. And documents.
    private const long MemoryPerMention = 60;
    private const long MemoryPerDocument = 64;

    // The program, its buffers and SQLite's cache.
    private const long MemoryAtLeast = 256L << 20;

    /// <summary>About how much disk the build takes at its widest.</summary>
    public long DiskBytes { get; } = DiskAtLeast + accessions.Sum(a => a.LengthBytes) * DiskPerByte;

    /// <summary>Refuses a disk that is too small, before anything is written to it.</summary>
    /// <param name="where">The folder of catalogues, or where it will be.</param>
    /// <param name="begun">What is there already of this build, and is not needed twice.</param>
    /// <exception cref="LacquerException"><see cref="Failure.NoSpace"/>.</exception>
    public void CheckDisk(string where, string begun)
    {
        var folder = where;
        while (!Directory.Exists(folder))
            folder = Path.GetDirectoryName(folder)!;
        var has = Directory.Exists(begun) ? new DirectoryInfo(begun).EnumerateFiles("*", SearchOption.AllDirectories).Sum(f => f.Length) : 0;
        var free = new DriveInfo(folder).AvailableFreeSpace;
        if (free + has < DiskBytes)
            throw new LacquerException(Failure.NoSpace, $"the catalogue needs about {Size(DiskBytes)} while it is built, and the disk of {where} has {Size(free)} free{(has > 0 ? $" beside the {Size(has)} begun" : "")}",
                $"free {Size(DiskBytes - free - has)}, or move the archive to a larger disk");
    }

    /// <summary>Refuses a limit that matching cannot keep.</summary>
    /// <exception cref="LacquerException"><see cref="Failure.Usage"/>.</exception>
    public static void CheckMemory(long? limit, long mentions, long documents)
    {
        var needed = MemoryAtLeast + mentions * MemoryPerMention + documents * MemoryPerDocument;
        var total = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        if (needed > (limit ?? total))
            throw new LacquerException(Failure.Usage, string.Create(CultureInfo.InvariantCulture, $"matching {mentions} tracks in {documents} records takes {Size(needed)} of memory, and {(limit is { } given ? $"--memory allows {Size(given)}" : $"the machine has {Size(total)}")}"),
                limit is null ? "build it on a machine with more, or leave out a source" : $"lacquer catalogue --memory {Math.Ceiling(needed / 1e6).ToString("0", CultureInfo.InvariantCulture)}MB goes on from here");
    }

    // Rounded up, so that what is asked for is enough.
    private static string Size(long bytes) => bytes < 1_000_000_000 ? string.Create(CultureInfo.InvariantCulture, $"{Math.Ceiling(bytes / 1e6):0} MB") : string.Create(CultureInfo.InvariantCulture, $"{Math.Ceiling(bytes / 1e8) / 10:0.0} GB");
}
