using Lacquer.Formats.Findings;
using Microsoft.Data.Sqlite;

namespace Lacquer.Formats.Catalogues;

/// <summary>Writes <c>search.sqlite</c> from <c>catalogue.sqlite</c> and the <c>lookups.sqlite</c> that was made of it. The same catalogue gives the same bytes.</summary>
public static class SearchWriter
{
    /// <summary>The memory that is used where nothing is said.</summary>
    public const long DefaultMemoryBytes = 1L << 30;

    // With less for each thread, posting lists would be set aside again and again.
    private const long LeastMemoryOfPart = 1L << 28;
    private const int MostParts = 16;

    /// <summary>Writes the file.</summary>
    /// <param name="catalogue">The catalogue's folder.</param>
    /// <param name="path">The file, which must not be there yet. Without a journal: it is whole when this returns, and otherwise to be thrown away. The caller flushes it. Posting lists that outgrow the memory are set aside beside it.</param>
    /// <param name="done">Is told how many recordings are read, now and then, by one thread at a time.</param>
    /// <param name="stop">Gives up.</param>
    /// <param name="memoryBytes">How much memory to use, about; see <see cref="SearchBuilder"/>. The bytes written do not depend on it.</param>
    /// <param name="parts">How many threads read, at most 16; null: as many as there are cores and memory for. Nor do they depend on this.</param>
    /// <exception cref="LacquerException">There is no <c>lookups.sqlite</c>, or it is of another format or another catalogue.</exception>
    /// <exception cref="SqliteException">It cannot be written; <see cref="SqliteException.SqliteErrorCode"/> 13 where the disk is full.</exception>
    public static void Write(string catalogue, string path, Action<long> done, CancellationToken stop, long memoryBytes = DefaultMemoryBytes, int? parts = null)
    {
        using var reader = CatalogueReader.Open(catalogue, withSearch: false);
        reader.NeedLookups();
        var count = (int)Math.Clamp(parts ?? Math.Min(Environment.ProcessorCount, memoryBytes / LeastMemoryOfPart), 1, MostParts);
        using var builder = new SearchBuilder(Path.GetDirectoryName(Path.GetFullPath(path))!, memoryBytes, count);
        var pushers = new List<SearchPusher>();
        try
        {
            for (var i = 0; i < count; i++)
                pushers.Add(new SearchPusher(reader.Folder, builder.Parts[i], i, count, stop));
            var (gate, read) = (new Lock(), 0L);
            AtOnce(pushers, pusher => pusher.Names());
            AtOnce(pushers, pusher => pusher.Releases());
            AtOnce(pushers, pusher => pusher.Recordings(more =>
            {
                lock (gate)
                    done(read += more);
            }));
        }
        finally
        {
            foreach (var pusher in pushers)
                pusher.Dispose();
        }

        builder.Write(path, new Dictionary<string, string>(StringComparer.Ordinal) { ["inputs"] = reader.Meta("inputs") ?? "" }, stop);
    }

    // When this returns or throws, all have ended.
    private static void AtOnce(List<SearchPusher> pushers, Action<SearchPusher> push) => Task.WhenAll(pushers.Select(pusher => Task.Run(() => push(pusher)))).GetAwaiter().GetResult();
}
