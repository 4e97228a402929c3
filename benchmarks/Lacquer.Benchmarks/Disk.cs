using System.Globalization;

namespace Lacquer.Benchmarks;

/// <summary>Room on disk.</summary>
internal static class Disk
{
    /// <summary>Whether there is this much room where a folder is or will be; says so in one line where not.</summary>
    public static bool HasRoom(string folder, long bytes)
    {
        var there = Path.GetFullPath(folder);
        while (!Directory.Exists(there))
            there = Path.GetDirectoryName(there)!;
        var free = new DriveInfo(there).AvailableFreeSpace;
        if (free >= bytes)
            return true;
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"bench: this needs about {bytes / 1e9:0.0} GB in {folder}, and {free / 1e9:0.0} GB are free; take a smaller --scale, or a larger disk by TMPDIR and --keep"));
        return false;
    }
}
