using System.Buffers.Binary;

namespace Lacquer.Formats.Databases;

/// <summary>The parts of a page of a tree (file format §1.6).</summary>
internal static class TreePage
{
    public const byte IndexInterior = 2;
    public const byte TableInterior = 5;
    public const byte IndexLeaf = 10;
    public const byte TableLeaf = 13;

    private const int LeafHeader = 8;
    private const int InteriorHeader = 12;

    public static bool IsInterior(ReadOnlySpan<byte> page) => page[0] switch
    {
        IndexInterior or TableInterior => true,
        IndexLeaf or TableLeaf => false,
        _ => throw new InvalidDataException("a page is of no tree"),
    };

    public static int Cells(ReadOnlySpan<byte> page) => BinaryPrimitives.ReadUInt16BigEndian(page[3..]);

    /// <summary>What begins with a cell.</summary>
    public static ReadOnlySpan<byte> Cell(ReadOnlySpan<byte> page, int cell) =>
        page[BinaryPrimitives.ReadUInt16BigEndian(page[((IsInterior(page) ? InteriorHeader : LeafHeader) + 2 * cell)..])..];

    /// <summary>The page below a cell, or below what is behind the last.</summary>
    public static uint Child(ReadOnlySpan<byte> page, int cell) =>
        BinaryPrimitives.ReadUInt32BigEndian(cell < Cells(page) ? Cell(page, cell) : page[LeafHeader..]);

    /// <summary>How many bytes of a record are in its cell (file format §1.6); behind them is the number of the page with the rest, if there is any.</summary>
    public static int Local(int usable, bool isIndex, long length)
    {
        var most = isIndex ? (usable - 12) * 64 / 255 - 23 : usable - 35;
        if (length <= most)
            return (int)length;
        var least = (usable - 12) * 32 / 255 - 23;
        var local = least + (length - least) % (usable - 4);
        return (int)(local <= most ? local : least);
    }
}

/// <summary>Whose each page of a database is.</summary>
internal static class TablePages
{
    // Deeper than any tree of pages of 512 bytes.
    private const int MostLevels = 40;

    /// <summary>For each page the number of the table, from 1, whose rows are on it; 0 where it is the schema's, the root of a table, or the one that SQLite locks.</summary>
    /// <exception cref="InvalidDataException">A page is of two tables, or of none that can be.</exception>
    public static byte[] Owners(DatabaseReader database)
    {
        var owners = new byte[database.Pages + 1];
        for (var table = 0; table < database.Tables.Count; table++)
            Walk(database, database.Tables[table].Root, (byte)(table + 1), database.Tables[table].Columns.IsIndex, owners, MostLevels);
        return owners;
    }

    private static void Walk(DatabaseReader database, uint number, byte table, bool isIndex, byte[] owners, int levels)
    {
        if (levels == 0)
            throw new InvalidDataException("a tree has no leaves");
        var page = database.Page(number);
        var isInterior = TreePage.IsInterior(page);
        var cells = TreePage.Cells(page);
        for (var i = 0; i < cells + (isInterior ? 1 : 0); i++)
        {
            if (isInterior)
            {
                var child = TreePage.Child(page, i);
                Take(owners, child, table);
                Walk(database, child, table, isIndex, owners, levels - 1);
            }

            if (i < cells && (!isInterior || isIndex))
                Overflow(database, TreePage.Cell(page, i)[(isInterior ? 4 : 0)..], table, isIndex, owners);
        }
    }

    private static void Overflow(DatabaseReader database, ReadOnlySpan<byte> cell, byte table, bool isIndex, byte[] owners)
    {
        var at = SqliteVarint.Get(cell, out var length);
        var local = TreePage.Local(database.PageBytes, isIndex, length);
        if (local == length)
            return;
        if (!isIndex)
            at += SqliteVarint.Get(cell[at..], out _);
        for (var number = BinaryPrimitives.ReadUInt32BigEndian(cell[(at + local)..]); number != 0; number = BinaryPrimitives.ReadUInt32BigEndian(database.Page(number)))
            Take(owners, number, table);
    }

    private static void Take(byte[] owners, uint page, byte table)
    {
        if (page == 0 || page >= owners.Length || owners[page] != 0)
            throw new InvalidDataException($"page {page} cannot be of the table");
        owners[page] = table;
    }
}
