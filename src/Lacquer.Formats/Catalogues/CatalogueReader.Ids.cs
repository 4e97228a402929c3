using Lacquer.Formats.Identity;

namespace Lacquer.Formats.Catalogues;

/// <summary>Takes a recording's rank and the 10 bytes of its id.</summary>
public delegate void RankSink(long rank, ReadOnlySpan<byte> id);

/// <content>All recordings by id and rank alone.</content>
public sealed partial class CatalogueReader
{
    /// <summary>Gives the rank and id of recordings, in rank order.</summary>
    /// <param name="after">Of those beyond this rank.</param>
    /// <param name="last">Up to this one.</param>
    /// <param name="sink">Is given them.</param>
    /// <exception cref="Microsoft.Data.Sqlite.SqliteException">The catalogue cannot be read.</exception>
    public void ScanRanks(long after, long last, RankSink sink)
    {
        using var database = SealedDatabase.Open(Path.Combine(Folder, CatalogueFileName));
        using var rows = new Statement(database, "SELECT id, eid FROM recording WHERE id > ?1 AND id <= ?2 ORDER BY id").Bind(1, after).Bind(2, last);
        while (rows.Step())
        {
            var id = rows.Blob(1);
            if (id.Length != EntityId.LengthBytes)
                throw new Findings.LacquerException(Findings.Failure.Damaged, $"recording {rows.Int64(0)} of catalogue {Name} has an id of {id.Length} bytes", "rebuild it with lacquer catalogue");
            sink(rows.Int64(0), id);
        }
    }
}
