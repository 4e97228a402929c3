using Microsoft.Data.Sqlite;

namespace Lacquer.Formats.Catalogues;

/// <summary>Writes <c>search.sqlite</c> from <c>catalogue.sqlite</c> alone. The same catalogue gives the same bytes.</summary>
public static class SearchWriter
{
    /// <summary>The memory that is used where nothing is said.</summary>
    public const long DefaultMemoryBytes = 1L << 30;

    /// <summary>Writes the file.</summary>
    /// <param name="catalogue">The catalogue's folder.</param>
    /// <param name="path">The file, which must not be there yet. Without a journal: it is whole when this returns, and otherwise to be thrown away. The caller flushes it. Posting lists that outgrow the memory are set aside beside it.</param>
    /// <param name="done">Is told how many recordings are read, now and then.</param>
    /// <param name="stop">Gives up.</param>
    /// <param name="memoryBytes">How much memory to use, about; see <see cref="SearchBuilder"/>. The bytes written do not depend on it.</param>
    /// <exception cref="SqliteException">It cannot be written; <see cref="SqliteException.SqliteErrorCode"/> 13 where the disk is full.</exception>
    public static void Write(string catalogue, string path, Action<long> done, CancellationToken stop, long memoryBytes = DefaultMemoryBytes)
    {
        using var reader = CatalogueReader.Open(catalogue, withSearch: false);
        using var builder = new SearchBuilder(Path.GetDirectoryName(Path.GetFullPath(path))!, memoryBytes);
        SearchTexts.Push(reader.Database, builder, done, stop);
        builder.Write(path, new Dictionary<string, string>(StringComparer.Ordinal) { ["inputs"] = reader.Meta("inputs") ?? "" }, stop);
    }
}
