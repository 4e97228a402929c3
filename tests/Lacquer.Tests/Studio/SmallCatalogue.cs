using System.Globalization;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Identity;
using Microsoft.Data.Sqlite;

namespace Lacquer.Tests.Studio;

/// <summary>
/// A catalogue of every table's rows, written by hand: three artists, six recordings, three releases. Ids begin with the same bytes, so that whoever finds one by them alone finds the wrong one. Without a search.
/// </summary>
internal sealed class SmallCatalogue : IDisposable
{
    private const string Rows = """
        INSERT INTO source VALUES(1, 'musicbrainz', 'musicbrainz/1', 1), (2, 'shop', 'release/1', 2), (3, 'disk', 'folder/1', 3);
        INSERT INTO accession VALUES(1, 1, 10, 0, 0, zeroblob(32)), (2, 2, 5, 1, 2, zeroblob(32)), (3, 3, 2, 0, 0, zeroblob(32));
        INSERT INTO genre VALUES(1, 'jazz'), (2, 'ambient'), (3, 'folk');
        INSERT INTO genre_set VALUES(1, 1), (1, 2), (2, 3);
        INSERT INTO licence VALUES(1, 'CC-BY-4.0'), (2, 'CC0-1.0');
        INSERT INTO release_type VALUES(1, 'Album'), (2, 'Album + Live');
        INSERT INTO medium_format VALUES(1, 'CD'), (2, '12" Vinyl');
        INSERT INTO label VALUES(1, 'Small Records'), (2, 'Else');
        INSERT INTO market_set VALUES(1, 'DE'), (1, 'US'), (2, 'XW');

        INSERT INTO artist VALUES(1, x'01020304050000000001', 'Ada Lark', 'Lark, Ada', 900, x'a0000000000040008000000000000001', 1, 2, 'shop-artist-1');
        INSERT INTO artist VALUES(2, x'01020304050000000002', 'Bo Finch', NULL, 300, x'a0000000000040008000000000000002', NULL, NULL, NULL);
        INSERT INTO artist VALUES(3, x'01020304050000000003', 'Cy Wren', NULL, 5, NULL, NULL, NULL, NULL);
        INSERT INTO artist_alias VALUES(1, 1, 'A. Lark'), (1, 2, 'アダ');
        INSERT INTO credit VALUES(1, 1), (2, NULL), (3, 3);
        INSERT INTO credit_name VALUES(2, 0, 1, NULL, ' feat. ', 'main'), (2, 1, 2, 'B. Finch', '', 'featured');

        INSERT INTO recording VALUES(1, x'01020304050000000011', 'Dawn', 1, 180000, 600, 100, 270000001, x'b0000000000040008000000000000001', 1);
        INSERT INTO recording VALUES(2, x'01020304050000000012', 'Noon', 2, 240000, 300, 89, 270000002, x'b0000000000040008000000000000002', 0);
        INSERT INTO recording VALUES(3, x'01020304050000000013', 'Dusk', 1, NULL, 20, 47, 270000001, NULL, NULL);
        INSERT INTO recording VALUES(4, x'01020304050000000014', 'Night', 3, 61000, 5, 28, NULL, NULL, NULL);
        INSERT INTO recording VALUES(5, x'01020304050000000015', 'Noise', NULL, 1000, 0, 0, NULL, NULL, NULL);
        INSERT INTO recording VALUES(6, x'01020304050000000016', 'More noise', NULL, 1000, 0, 0, NULL, NULL, NULL);
        INSERT INTO recording_rare VALUES(1, 0, 1, 1), (2, 1, NULL, NULL), (3, 0, 2, 2), (5, 2, NULL, NULL);
        INSERT INTO recording_isrc_more VALUES(1, 270000003), (1, 270000000);
        INSERT INTO recording_alias VALUES(1, 1, 'Aube');
        INSERT INTO recording_key VALUES(1, 2, 'shop-1'), (1, 2, 'shop-2');
        INSERT INTO recording_source VALUES(1, 3, 100), (1, 1, 7), (5, 3, 200);
        INSERT INTO recording_feature VALUES(1, 120.5, 0, 1, 4, -7.5, 0.5, 0.6, 0.05, 0.1, 0.9, 0.2, 0.7), (2, 90.0, 9, 0, NULL, NULL, NULL, 0.3, NULL, NULL, NULL, NULL, NULL);

        INSERT INTO release VALUES(1, x'01020304050000000021', 'Day', 1, 20190500, 4006381333931, 920, x'c0000000000040008000000000000001', 1, 1, 1, 1, 1, 1, 'SR-1', 1, 20, NULL);
        INSERT INTO release VALUES(2, x'01020304050000000022', 'Best of Day', 1, 20210101, 4006381333931, 600, x'c0000000000040008000000000000002', 2, NULL, 2, NULL, NULL, NULL, 'X 2', NULL, NULL, NULL);
        INSERT INTO release VALUES(3, x'01020304050000000023', 'Night', 3, NULL, NULL, 5, NULL, NULL, NULL, NULL, 2, NULL, NULL, NULL, NULL, NULL, NULL);
        INSERT INTO release_alias VALUES(1, 1, 'Jour');
        INSERT INTO release_source_more VALUES(1, 2, 5, 'shop-release-1');
        INSERT INTO release_label_more VALUES(1, 1, 2, NULL);
        INSERT INTO medium VALUES(1, 1, 1, NULL), (1, 2, 2, 'Encore');
        INSERT INTO track VALUES(1, 1, 1, 1, NULL, NULL, NULL), (1, 1, 2, 2, 'Noon (album version)', NULL, 239000), (1, 2, 1, 3, NULL, 2, NULL), (2, 1, 1, 1, NULL, NULL, NULL), (2, 1, 5, 1, NULL, NULL, NULL), (3, 1, 1, 4, NULL, NULL, NULL);
        INSERT INTO image VALUES(1, 1, 'front', 'https://example.org/front.jpg', NULL), (1, 2, 'back', NULL, x'000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f');
        INSERT INTO coverage VALUES(100, 1, 1, 600, 180000), (89, 2, 1, 300, 240000), (47, 3, 1, 20, 0), (28, 4, 1, 5, 61000), (0, 6, 2, 0, 2000);
        INSERT INTO conflict VALUES('title', 2, 3), ('date', 3, 1);
        INSERT INTO meta VALUES('format', 'lacquer-catalogue/3'), ('inputs', 'by hand'), ('recordings', '6'), ('releases', '3'), ('artists', '3'), ('tracks', '6'), ('listens', '925');
        """;

    private readonly Scratch _scratch = new();

    public SmallCatalogue()
    {
        Write(Folder);
        Reader = CatalogueReader.Open(Folder);
    }

    public string Folder => _scratch.Root;

    public CatalogueReader Reader { get; }

    public static EntityId Id(EntityKind kind, int last) => new(kind, [1, 2, 3, 4, 5, 0, 0, 0, 0, (byte)last]);

    public static Guid Mbid(char kind, int last) => Guid.Parse(string.Create(CultureInfo.InvariantCulture, $"{kind}0000000-0000-4000-8000-{last:D12}"));

    /// <summary>Writes <c>catalogue.sqlite</c> and <c>lookups.sqlite</c> into a folder.</summary>
    public static void Write(string folder)
    {
        using (var connection = Open(Path.Combine(folder, CatalogueReader.CatalogueFileName)))
        {
            Run(connection, $"PRAGMA page_size={CatalogueSchema.PageBytes}");
            Run(connection, CatalogueSchema.Tables);
            Run(connection, Rows);
        }

        WriteLookups(folder);
    }

    /// <summary>Makes the look-ups of the catalogue in a folder.</summary>
    public static void WriteLookups(string folder) => LookupFile.Write(folder, Path.Combine(folder, CatalogueReader.LookupsFileName), 0, _ => { }, CancellationToken.None);

    public void Dispose()
    {
        Reader.Dispose();
        _scratch.Dispose();
    }

    private static SqliteConnection Open(string path)
    {
        SQLitePCL.Batteries_V2.Init();
        var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        Run(connection, "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF");
        return connection;
    }

    private static void Run(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
