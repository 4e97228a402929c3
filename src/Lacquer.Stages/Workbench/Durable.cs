using System.Runtime.InteropServices;
using DuckDB.NET.Data;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Ledgers;
using Microsoft.Data.Sqlite;

namespace Lacquer.Stages.Workbench;

/// <summary>Writes that are whole or not there: temporary name, flush, rename, flush of the folder.</summary>
public static partial class Durable
{
    /// <summary>The ending of what is not finished yet.</summary>
    public const string Partial = ".partial";

    private const int CurrentFolder = -100;
    private const uint InodeMask = 0x100;
    private const uint TypeMask = 1;
    private const int OrdinaryFile = 0x8000;
    private const int NoSpaceErrno = 28;
    private const int QuotaErrno = 122;

    /// <summary>Writes a file whole.</summary>
    public static void WriteFile(string path, Action<Stream> write)
    {
        var partial = path + Partial;
        using (var stream = new FileStream(partial, FileMode.Create, FileAccess.ReadWrite, FileShare.None))
        {
            write(stream);
            stream.Flush(flushToDisk: true);
        }

        Rename(partial, path);
    }

    /// <summary>Renames a flushed file into place, replacing what is there.</summary>
    public static void Rename(string from, string to)
    {
        File.Move(from, to, overwrite: true);
        FlushFolder(Path.GetDirectoryName(to)!);
    }

    /// <summary>Makes sure that a file's bytes are on disk.</summary>
    public static void FlushFile(string path)
    {
        using var handle = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
        RandomAccess.FlushToDisk(handle);
    }

    /// <summary>Makes sure that a folder's entries are on disk. .NET cannot open a folder, so this asks the system itself.</summary>
    public static void FlushFolder(string path)
    {
        if (!OperatingSystem.IsLinux() && !OperatingSystem.IsMacOS())
            return;
        var handle = Open(path, 0);
        if (handle < 0)
            return;
        _ = Fsync(handle);
        _ = Close(handle);
    }

    /// <summary>Gives a file a second name in the archive; where the file system has no hard links, a copy.</summary>
    public static void HardLink(string existing, string name)
    {
        if ((OperatingSystem.IsLinux() || OperatingSystem.IsMacOS()) && Link(existing, name) == 0)
            return;
        File.Copy(existing, name, overwrite: true);
    }

    /// <summary>Points a symbolic link at a folder beside it, in one step. Where the system or the file system has none there is none afterwards.</summary>
    public static void PointTo(string link, string folder)
    {
        if (!OperatingSystem.IsLinux() && !OperatingSystem.IsMacOS())
            return;
        var partial = link + Partial;
        try
        {
            File.Delete(partial);
            File.CreateSymbolicLink(partial, folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException && !IsDiskFull(e))
        {
            return;
        }

        // .NET would move what it points at.
        if (RenameName(partial, link) != 0)
            File.Delete(partial);
    }

    /// <summary>Whether two names are of one file (same device and inode). False where the system cannot say.</summary>
    public static bool IsSameFile(string left, string right)
    {
        if (!OperatingSystem.IsLinux())
            return false;
        Span<byte> one = stackalloc byte[256];
        Span<byte> other = stackalloc byte[256];
        // struct statx is the same on every processor: inode at 32, device at 136 and 140 (statx(2)).
        return Statx(CurrentFolder, left, 0, InodeMask, one) == 0 && Statx(CurrentFolder, right, 0, InodeMask, other) == 0
            && one[32..40].SequenceEqual(other[32..40]) && one[136..144].SequenceEqual(other[136..144]);
    }

    /// <summary>Whether a name is of an ordinary file or leads to one, so that reading it ends: to open a pipe that nobody writes to would wait for ever. True where the system cannot say.</summary>
    public static bool IsOrdinaryFile(string path)
    {
        if (!OperatingSystem.IsLinux())
            return true;
        Span<byte> found = stackalloc byte[256];
        // struct statx: mode at 28, whose upper four bits are the type (inode(7)).
        return Statx(CurrentFolder, path, 0, TypeMask, found) != 0 || (BitConverter.ToUInt16(found[28..]) & 0xF000) == OrdinaryFile;
    }

    /// <summary>Whether an exception says that the disk is full: the system's, SQLite's or DuckDB's.</summary>
    public static bool IsDiskFull(Exception e) => e switch
    {
        IOException io => (io.HResult & 0xFFFF) is NoSpaceErrno or QuotaErrno or 112,
        SqliteException sqlite => Ledger.IsDiskFull(sqlite),
        DuckDBException duck => duck.Message.Contains("No space left", StringComparison.OrdinalIgnoreCase),
        _ => false,
    };

    /// <summary>The one line for a full disk.</summary>
    public static LacquerException DiskFull(string where, Exception? inner = null) =>
        new(Failure.NoSpace, $"the disk is full while writing {where}", "free some space and run the command again: it carries on", inner);

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Fsync(int handle);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int handle);

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Statx(int folder, string path, int flags, uint mask, Span<byte> result);

    [LibraryImport("libc", EntryPoint = "rename", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int RenameName(string from, string to);

    [LibraryImport("libc", EntryPoint = "link", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Link(string existing, string name);
}
