using System.Buffers.Binary;
using System.Globalization;
using Lacquer.Formats.Archives;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Objects;
using Lacquer.Stages.Founding;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Lacquer.Benchmarks;

/// <summary>
/// An archive whose ledger says that it holds N objects of about 3.5 MB, cleared to publish, one of each recording of its catalogue, and that has no audio. Hashes are made up, but for the roots, which follow from the layers, so that torrents are valid.
/// The same N gives the same archive. Popularities are spread as in the synthetic music.
/// </summary>
internal static class SyntheticLedger
{
    /// <summary>Bytes of disk that ledger, torrents, an edition and what is set aside for them take for each object, about.</summary>
    public const long BytesAnObject = 2_600;

    private const int PieceLengthBytes = 1 << 20;
    private const double MeanBytes = 3_490_000;
    private const double Spread = 0.35;
    private const int Workers = 4;

    /// <summary>Share of recordings above each popularity.</summary>
    private static readonly (int Popularity, double Share)[] Popularities = [(50, 0.0008), (20, 0.02), (1, 0.15), (0, 1)];

    public static ArchiveLayout Make(string folder, long objects)
    {
        var layout = new ArchiveLayout(folder);
        NewArchive.Run(new NewArchiveRequest(folder, "bench"));
        File.WriteAllText(layout.Configuration, File.ReadAllText(layout.Configuration).Replace("folders = true", "folders = false", StringComparison.Ordinal));
        var policy = ArchiveConfiguration.Read(layout.Configuration).Rights.Version;
        var ids = Enumerable.Range(1, (int)objects).Select(rank => (Id: IdOf((uint)rank), Rank: (uint)rank)).ToArray();
        Catalogue(layout.Catalogue("000001"), ids);
        using var ledger = new Filled(layout.Ledger);
        ledger.Run("DROP INDEX job_object");
        using (var rows = ledger.Prepare("INSERT INTO object(root, sha256, length, extension, layer, digests_v1, tier, duration_ms, loudness, peak) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"))
            foreach (var rank in Order(objects))
            {
                var obj = ObjectOf(rank);
                var heard = rank <= objects * Popularities[^2].Share;
                rows.Blob(1, obj.Root.Digest.Bytes).Blob(2, obj.Sha256.Bytes).Number(3, obj.LengthBytes).Text(4, heard ? "ogg" : "opus").Blob(5, obj.PieceLayer.Span).Blob(6, obj.PieceDigestsV1.Span).Text(7, heard ? "vorbis-160" : "opus-75")
                    .Number(8, obj.LengthBytes / 20).Real(9, -9.5).Real(10, -0.5).Run();
            }

        Array.Sort(ids, (left, right) => left.Id.AsSpan().SequenceCompareTo(right.Id));
        using (var jobs = ledger.Prepare("INSERT INTO job VALUES(?1, 'done', 1, '', ?2, 1, ?3)"))
        using (var rights = ledger.Prepare("INSERT INTO rights VALUES(?1, 1, 1, 'CC-BY-4.0', 'attribution is allowed', ?2, ?3)"))
            foreach (var (id, rank) in ids)
            {
                jobs.Blob(1, id).Blob(2, ObjectOf(rank).Root.Digest.Bytes).Number(3, rank * 300L).Run();
                rights.Blob(1, id).Text(2, string.Create(CultureInfo.InvariantCulture, $"{{\"kind\":\"record\",\"accession\":1,\"offset\":{rank * 300L}}}")).Text(3, policy).Run();
            }

        ledger.Run("CREATE INDEX job_object ON job(object)");
        ledger.Run("UPDATE total SET value = (SELECT count(*) FROM object) WHERE name = 'objects'");
        ledger.Run("UPDATE total SET value = (SELECT sum(length) FROM object) WHERE name = 'object_bytes'");
        return layout;
    }

    private static byte[] IdOf(uint rank)
    {
        var id = new byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(id, Numbers.Mix(rank * 2UL + 1));
        BinaryPrimitives.WriteUInt64BigEndian(id.AsSpan(8), Numbers.Mix(rank * 2UL + 2));
        return id[..EntityId.LengthBytes];
    }

    // Several workers at a time end their jobs nearly in rank order.
    private static IEnumerable<uint> Order(long objects) => Enumerable.Range(0, (int)((objects + Workers - 1) / Workers)).SelectMany(round => Enumerable.Range(1, Workers).Select(worker => (uint)(round * Workers + Workers + 1 - worker))).Where(rank => rank <= objects);

    private static ObjectHashes ObjectOf(uint rank)
    {
        var numbers = new Numbers(rank);
        var lengthBytes = Math.Max(20_000, (long)(MeanBytes * (1 + Spread * numbers.Bell())));
        var pieces = PieceTree.PieceCount(lengthBytes, PieceLengthBytes);
        byte[] Bytes(long count)
        {
            var bytes = new byte[count];
            for (var at = 0; at < bytes.Length; at += 4)
                BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(at), (uint)numbers.Next());
            return bytes;
        }

        var layer = pieces == 1 ? [] : Bytes(pieces * PieceTree.NodeLengthBytes);
        return new ObjectHashes(lengthBytes, new Sha256Digest(Bytes(32)), pieces == 1 ? new PiecesRoot(new Sha256Digest(Bytes(32))) : PieceTree.RootOfLayer(layer, PieceLengthBytes), layer, Bytes(pieces * 20));
    }

    private static void Catalogue(string folder, (byte[] Id, uint Rank)[] ids)
    {
        Directory.CreateDirectory(folder);
        using var catalogue = new Filled(Path.Combine(folder, CatalogueReader.CatalogueFileName));
        foreach (var table in CatalogueSchema.Tables.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            catalogue.Run(table);
        catalogue.Run($"INSERT INTO meta VALUES('format', '{CatalogueSchema.Format}'), ('recordings', '{ids.Length}'), ('releases', '0'), ('artists', '1'), ('tracks', '{ids.Length}'), ('listens', '0'), ('inputs', '')");
        catalogue.Run($"INSERT INTO artist(id, eid, name, listens) VALUES(1, x'{Convert.ToHexString(IdOf(0))}', 'Nobody', 0)");
        catalogue.Run("INSERT INTO credit VALUES(1, 1)");
        var next = 0;
        using var rows = catalogue.Prepare("INSERT INTO recording(id, eid, title, artist_credit, duration_ms, listens, popularity, isrc) VALUES(?1, ?2, ?3, 1, 200000, ?4, ?5, ?6)");
        foreach (var (id, rank) in ids)
        {
            while (next < Popularities.Length - 1 && rank > ids.Length * Popularities[next].Share)
                Covered(next++);
            rows.Number(1, rank).Blob(2, id).Text(3, "Synthetic, not music").Number(4, ids.Length / rank).Number(5, Popularities[next].Popularity).Number(6, 1L << 40 | rank).Run();
        }

        Covered(next);

        void Covered(int at) => catalogue.Run(string.Create(CultureInfo.InvariantCulture,
            $"INSERT INTO coverage VALUES({Popularities[at].Popularity}, {(at == Popularities.Length - 1 ? ids.Length : (long)(ids.Length * Popularities[at].Share))}, 0, 0, 0)"));
    }

    /// <summary>A database that is filled from nothing, and thrown away if that fails.</summary>
    private sealed class Filled : IDisposable
    {
        private readonly sqlite3 _database;

        public Filled(string path)
        {
            Batteries_V2.Init();
            SqliteException.ThrowExceptionForRC(raw.sqlite3_open(path, out _database), _database);
            Run("PRAGMA page_size=8192");
            Run("PRAGMA journal_mode=OFF");
            Run("PRAGMA synchronous=OFF");
            Run("PRAGMA cache_size=-1500000");
            Run("BEGIN");
        }

        public void Run(string sql) => SqliteException.ThrowExceptionForRC(raw.sqlite3_exec(_database, sql), _database);

        public Row Prepare(string sql) => new(_database, sql);

        public void Dispose()
        {
            Run("COMMIT");
            Run("PRAGMA journal_mode=WAL");
            _database.Dispose();
        }
    }

    /// <summary>A statement that puts in a row.</summary>
    private sealed class Row : IDisposable
    {
        private readonly sqlite3 _database;
        private readonly sqlite3_stmt _statement;

        public Row(sqlite3 database, string sql)
        {
            _database = database;
            SqliteException.ThrowExceptionForRC(raw.sqlite3_prepare_v2(database, sql, out _statement), database);
        }

        public Row Blob(int at, ReadOnlySpan<byte> value) => Bound(raw.sqlite3_bind_blob(_statement, at, value));

        public Row Number(int at, long value) => Bound(raw.sqlite3_bind_int64(_statement, at, value));

        public Row Real(int at, double value) => Bound(raw.sqlite3_bind_double(_statement, at, value));

        public Row Text(int at, string value) => Bound(raw.sqlite3_bind_text(_statement, at, value));

        public void Run()
        {
            if (raw.sqlite3_step(_statement) is var code && code != raw.SQLITE_DONE)
                SqliteException.ThrowExceptionForRC(code, _database);
            raw.sqlite3_reset(_statement);
        }

        public void Dispose() => _statement.Dispose();

        private Row Bound(int code)
        {
            SqliteException.ThrowExceptionForRC(code, _database);
            return this;
        }
    }
}
