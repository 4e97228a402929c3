using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Findings;
using Microsoft.Data.Sqlite;

namespace Lacquer.Stages.Workbench;

/// <summary>
/// Makes what follows from a catalogue's facts, <c>lookups.sqlite</c> and then <c>search.sqlite</c>, in the folder of <c>catalogue.sqlite</c>: whoever builds a catalogue and whoever has one from an edition. Each has its
/// name only when it is whole and on the disk, so what was killed is done again.
/// </summary>
public static class MadeFiles
{
    // The program, its buffers and SQLite's cache.
    private const long MemoryBeside = 256L << 20;
    private const long LeastMemory = 32L << 20;
    private const long MostMemory = 4L << 30;

    /// <summary>What may be taken where this is asked for: half the machine's memory, or of what its container has, where nothing is.</summary>
    public static long Limit(long? asked) => asked ?? GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 2;

    /// <summary>What one of them may take of a limit.</summary>
    /// <param name="limit">Bytes; null: half the machine's.</param>
    public static long MemoryBytes(long? limit) => Math.Clamp(Limit(limit) - MemoryBeside, LeastMemory, MostMemory);

    /// <summary>Makes those that are missing, of a format that is not known, or of another catalogue.</summary>
    /// <param name="folder">The catalogue's.</param>
    /// <param name="memoryBytes">What it may take; null: half the machine's.</param>
    /// <param name="progress">Is told.</param>
    /// <param name="stop">Gives up.</param>
    public static void MakeMissing(string folder, long? memoryBytes, IProgress<StageProgress> progress, CancellationToken stop)
    {
        if (!Has(reader => reader.HasLookups))
            Make(folder, CatalogueReader.LookupsFileName, memoryBytes, progress, stop);
        if (!Has(reader => reader.IsSearchable))
            Make(folder, CatalogueReader.SearchFileName, memoryBytes, progress, stop);

        bool Has(Func<CatalogueReader, bool> has)
        {
            using var reader = CatalogueReader.Open(folder);
            return has(reader);
        }
    }

    /// <summary>Makes one of them, whatever was there.</summary>
    /// <param name="folder">The catalogue's. For the search, the look-ups are in it.</param>
    /// <param name="name"><see cref="CatalogueReader.LookupsFileName"/> or <see cref="CatalogueReader.SearchFileName"/>.</param>
    /// <param name="memoryBytes">What it may take; null: half the machine's.</param>
    /// <param name="progress">Is told.</param>
    /// <param name="stop">Gives up.</param>
    /// <param name="accept">Is shown the file before it gets its name, and throws where it may not have it; then it is removed.</param>
    /// <exception cref="LacquerException">The disk is full, or the catalogue is damaged.</exception>
    public static void Make(string folder, string name, long? memoryBytes, IProgress<StageProgress> progress, CancellationToken stop, Action<string>? accept = null)
    {
        var partial = Path.Combine(folder, name + Durable.Partial);
        foreach (var left in Directory.GetFiles(folder, "search-*.run").Concat(Directory.GetFiles(folder, "pairs-*.bin")).Append(partial))
            File.Delete(left);
        try
        {
            Write(folder, name, partial, MemoryBytes(memoryBytes), progress, stop);
            Durable.FlushFile(partial);
        }
        catch (Exception e) when (Durable.IsDiskFull(e) || e is SqliteException { SqliteErrorCode: SQLitePCL.raw.SQLITE_IOERR })
        {
            throw Durable.DiskFull(partial, e);
        }
        catch (SqliteException e)
        {
            throw new LacquerException(Failure.Damaged, $"{name} cannot be made from {Path.Combine(folder, CatalogueReader.CatalogueFileName)}: {e.Message}", "rebuild it with lacquer catalogue; of an edition, ask its publisher", e);
        }

        try
        {
            accept?.Invoke(partial);
        }
        catch (LacquerException)
        {
            File.Delete(partial);
            throw;
        }

        Durable.Rename(partial, Path.Combine(folder, name));
    }

    private static void Write(string folder, string name, string path, long memoryBytes, IProgress<StageProgress> progress, CancellationToken stop)
    {
        var what = name == CatalogueReader.SearchFileName ? "search" : "look-ups";
        long total;
        using (var catalogue = CatalogueReader.Open(folder))
            total = catalogue.Totals().Recordings;
        progress.Report(new StageProgress(what, 0, total));
        void Done(long done) => progress.Report(new StageProgress(what, done, total));
        if (name == CatalogueReader.SearchFileName)
            SearchWriter.Write(folder, path, Done, stop, memoryBytes);
        else
            LookupFile.Write(folder, path, memoryBytes, Done, stop);
    }
}
