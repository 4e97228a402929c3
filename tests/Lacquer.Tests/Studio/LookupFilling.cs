using Lacquer.Formats.Catalogues;
using SQLitePCL;
using Xunit;
using static SQLitePCL.raw;

namespace Lacquer.Tests.Studio;

/// <summary>Fills a look-up of a database that stands.</summary>
internal static class LookupFilling
{
    public static void Fill(sqlite3 database, string table, IEnumerable<(long Key, long Value)> pairs)
    {
        Assert.Equal(SQLITE_OK, sqlite3_prepare_v2(database, $"INSERT INTO {table} VALUES(?1, ?2)", out var insert));
        using (insert)
        {
            var writer = new LookupWriter((id, entries) =>
            {
                sqlite3_bind_int64(insert, 1, id);
                sqlite3_bind_blob(insert, 2, entries);
                Assert.Equal(SQLITE_DONE, sqlite3_step(insert));
                sqlite3_reset(insert);
            });
            foreach (var (key, value) in pairs)
                writer.Add(key, value);
            writer.Finish();
        }
    }
}
