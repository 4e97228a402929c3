using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Databases;

namespace Lacquer.Formats.Deltas;

/// <summary>Which table has which pages. Tables are filled by turns when a catalogue is built, and take pages as they need them; so laid out, they can be filled one beside another.</summary>
internal static class PageLayout
{
    /// <summary>Writes, for the pages behind the schema's, table and number of pages of each run. Gives how many each table has.</summary>
    public static long[] Write(DatabaseReader database, DeltaOutput to)
    {
        var pages = new long[database.Tables.Count];
        var owners = TablePages.Owners(database);
        var first = Array.FindIndex(owners, owner => owner != 0);
        var locked = LockPage(database.PageBytes);
        for (var page = first < 0 ? owners.Length : first; page < owners.Length;)
        {
            if (page == locked)
            {
                page++;
                continue;
            }

            var (owner, count) = (owners[page], 0);
            for (; page < owners.Length && (page == locked || owners[page] == owner); page++)
                if (page != locked)
                    count++;
            if (owner == 0)
                throw new InvalidDataException($"page {page - 1} is of no table");
            to.Put(owner - 1U);
            to.Put((ulong)count);
            pages[owner - 1] += count;
        }

        return pages;
    }

    /// <summary>Reads it, for each table.</summary>
    /// <exception cref="InvalidDataException">It is of other tables, of more pages than there are, or of none.</exception>
    public static List<PageRun>[] Read(DeltaInput from, int tables, uint schemaPages, long pages)
    {
        var runs = Enumerable.Range(0, tables).Select(_ => new List<PageRun>()).ToArray();
        var locked = LockPage(CatalogueSchema.PageBytes);
        for (long page = schemaPages + 1L; !from.IsAtEnd;)
        {
            var table = (int)from.Number(tables - 1);
            var count = from.Number(pages);
            // A compressed list of nothing would be collected without end.
            if (count == 0)
                throw new InvalidDataException("a run of pages has none");
            if (page == locked)
                page++;
            runs[table].Add(new PageRun(checked((uint)page), (uint)count));
            page += page < locked && page + count > locked ? count + 1 : count;
            if (page > pages + 1)
                throw new InvalidDataException("its pages are more than the file has");
        }

        return runs;
    }

    private static long LockPage(int pageBytes) => DatabaseWriter.LockByte / pageBytes + 1;
}
