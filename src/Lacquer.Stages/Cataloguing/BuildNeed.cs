using System.Globalization;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Ledgers;

namespace Lacquer.Stages.Cataloguing;

/// <summary>What a build needs of disk and memory, reckoned before it takes them.</summary>
internal sealed class BuildNeed(IReadOnlyList<AccessionRow> accessions, long columnBytes)
{
    // At its widest a build holds the staged files and the catalogue: 4.4 bytes for each compressed byte of the synthetic accessions, and something to spare.
    private const long DiskPerByte = 5;

    // Columns, where they do not fit into memory: 1.9 bytes of the same.
    private const long ColumnsPerByte = 2;

    // Empty tables.
    private const long DiskAtLeast = 1 << 20;

    // The program, its buffers and SQLite's cache.
    private const long MemoryBeside = 256L << 20;

    // The search has all terms in memory, and the terms of credits and releases; all else goes out of core. Of synthetic music: some 150 bytes a term, and a term for every sixth track at 5 million, for fewer at more.
    private const long MemoryPerTrack = 12;

    /// <summary>About how much disk the build takes at its widest.</summary>
    public long DiskBytes
    {
        get
        {
            var bytes = accessions.Sum(a => a.LengthBytes);
            return DiskAtLeast + bytes * (bytes * ColumnsPerByte > columnBytes ? DiskPerByte + ColumnsPerByte : DiskPerByte);
        }
    }

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

    /// <summary>What columns may take of a limit: all but what the program itself needs.</summary>
    /// <param name="limit">In bytes.</param>
    /// <param name="tracks">How many there are; 0 while that is not known.</param>
    /// <exception cref="LacquerException"><see cref="Failure.Usage"/>: it is less than what cannot go out of core.</exception>
    public static long ColumnBytes(long limit, long tracks)
    {
        var least = MemoryBeside + tracks * MemoryPerTrack;
        if (limit < least)
            throw new LacquerException(Failure.Usage, string.Create(CultureInfo.InvariantCulture, $"building a catalogue{(tracks > 0 ? $" of {tracks} tracks" : "")} takes at least {Size(least)} of memory, and {Size(limit)} are allowed"),
                $"lacquer catalogue --memory {Math.Ceiling(least / 1e6).ToString("0", CultureInfo.InvariantCulture)}MB is enough; with more it is sooner done");
        return limit - MemoryBeside;
    }

    // Rounded up, so that what is asked for is enough.
    private static string Size(long bytes) => bytes < 1_000_000_000 ? string.Create(CultureInfo.InvariantCulture, $"{Math.Ceiling(bytes / 1e6):0} MB") : string.Create(CultureInfo.InvariantCulture, $"{Math.Ceiling(bytes / 1e8) / 10:0.0} GB");
}
