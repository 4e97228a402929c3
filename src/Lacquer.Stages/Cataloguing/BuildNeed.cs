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

    // The program, its buffers and SQLite's cache.
    private const long MemoryBeside = 256L << 20;

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

    /// <summary>What columns may take of a limit: what the program itself does not need.</summary>
    /// <exception cref="LacquerException"><see cref="Failure.Usage"/>: the program alone needs more.</exception>
    public static long ColumnBytes(long limit) => limit >= MemoryBeside ? limit - MemoryBeside
        : throw new LacquerException(Failure.Usage, $"building a catalogue takes at least {Size(MemoryBeside)} of memory, and {Size(limit)} are allowed", $"lacquer catalogue --memory {MemoryBeside >> 20}MiB is enough; with more it is sooner done");

    // Rounded up, so that what is asked for is enough.
    private static string Size(long bytes) => bytes < 1_000_000_000 ? string.Create(CultureInfo.InvariantCulture, $"{Math.Ceiling(bytes / 1e6):0} MB") : string.Create(CultureInfo.InvariantCulture, $"{Math.Ceiling(bytes / 1e8) / 10:0.0} GB");
}
