using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Lacquer.Formats.Identity;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Lacquer.Formats.Catalogues;

/// <summary>Writes <c>search.sqlite</c> from <c>catalogue.sqlite</c> alone. The same catalogue gives the same bytes.</summary>
public static class SearchWriter
{
    // Texts that one thread makes ready while the other indexes.
    private const int BatchTexts = 1024;
    private const int MostBatches = 8;

    // What FTS5 gathers in memory before it writes a segment.
    private const int HashBytes = 64 << 20;

    /// <summary>Writes the file.</summary>
    /// <param name="catalogue">The catalogue's folder.</param>
    /// <param name="path">The file, which must not be there yet. Without a journal: it is whole when this returns, and otherwise to be thrown away. The caller flushes it.</param>
    /// <param name="done">Is told how many recordings are indexed, now and then.</param>
    /// <param name="stop">Gives up.</param>
    /// <exception cref="SqliteException">It cannot be written; <see cref="SqliteException.SqliteErrorCode"/> 13 where the disk is full.</exception>
    public static void Write(string catalogue, string path, Action<long> done, CancellationToken stop)
    {
        using var reader = CatalogueReader.Open(catalogue, withSearch: false);
        Batteries_V2.Init();
        var code = raw.sqlite3_open_v2(path, out var database, raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_CREATE, null);
        using (database)
        {
            SqliteException.ThrowExceptionForRC(code, database);
            Run(database, $"PRAGMA page_size={CatalogueSchema.PageBytes}");
            Run(database, "PRAGMA journal_mode=OFF");
            Run(database, "PRAGMA synchronous=OFF");
            Run(database, "PRAGMA locking_mode=EXCLUSIVE");
            Run(database, "PRAGMA cache_size=-65536");
            Run(database, "BEGIN");
            foreach (var table in SearchSchema.Tables.Split(";\n", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
                Run(database, table);

            var meta = new SortedDictionary<string, string>(StringComparer.Ordinal)
            {
                ["format"] = SearchSchema.Format,
                ["inputs"] = reader.Meta("inputs") ?? "",
                ["transliteration"] = "AnyAscii 0.3.3",
            };
            foreach (var kind in Enum.GetValues<EntityKind>())
            {
                var name = SearchSchema.Name(kind);
                Index(reader, database, kind, kind == EntityKind.Recording ? done : _ => { }, stop);
                meta[$"{name}_terms"] = Terms(database, name, stop).ToString(CultureInfo.InvariantCulture);
            }

            using (var insert = new Statement(database, "INSERT INTO release_gtin VALUES(?1, ?2)"))
                foreach (var (gtin, release) in reader.Gtins())
                    insert.Bind(1, gtin).Bind(2, release).Run();
            using (var insert = new Statement(database, "INSERT INTO meta VALUES(?1, ?2)"))
                foreach (var (name, value) in meta)
                    insert.Bind(1, name).Bind(2, value).Run();
            Run(database, "COMMIT");
        }
    }

    private static void Index(CatalogueReader reader, sqlite3 database, EntityKind kind, Action<long> done, CancellationToken stop)
    {
        var table = $"{SearchSchema.Name(kind)}_text";
        Run(database, $"INSERT INTO {table}({table}, rank) VALUES('hashsize', {HashBytes})");
        Run(database, $"INSERT INTO {table}({table}, rank) VALUES('automerge', 0)");

        // One thread reads and folds, this one indexes.
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
        using var batches = new BlockingCollection<Batch>(MostBatches);
        var reading = Task.Run(() => Read(reader, kind, batches, over.Token), CancellationToken.None);
        using var insert = new Statement(database, $"INSERT INTO {table}(rowid, text) VALUES(?1, ?2)");
        try
        {
            foreach (var batch in batches.GetConsumingEnumerable(stop))
            {
                var start = 0;
                foreach (var (rank, end) in batch.Ends)
                {
                    insert.Bind(1, rank).BindText(2, batch.Texts.AsSpan(start, end - start)).Run();
                    start = end;
                }

                done(batch.Ends[^1].Rank);
            }
        }
        finally
        {
            over.Cancel();
            Task.WaitAny([reading], CancellationToken.None);
        }

        reading.GetAwaiter().GetResult();
        Run(database, $"INSERT INTO {table}({table}) VALUES('optimize')");
    }

    private static void Read(CatalogueReader reader, EntityKind kind, BlockingCollection<Batch> batches, CancellationToken stop)
    {
        try
        {
            using var texts = new SearchTexts(reader.Database);
            var seen = new HashSet<string>(StringComparer.Ordinal);
            var terms = new List<string>();
            var bytes = new byte[1 << 16];
            var length = 0;
            var ends = new List<(long Rank, int End)>(BatchTexts);
            foreach (var (rank, text) in texts.Of(kind, 0, long.MaxValue))
            {
                SearchTerms.AddTo(text, seen, terms);
                foreach (var term in terms)
                {
                    if (bytes.Length - length < (SearchTerms.LongestTerm + 1) * 3)
                        Array.Resize(ref bytes, bytes.Length * 2);
                    length += Encoding.UTF8.GetBytes(term, bytes.AsSpan(length));
                    bytes[length++] = (byte)' ';
                }

                ends.Add((rank, length));
                if (ends.Count == BatchTexts)
                    Send();
            }

            if (ends.Count > 0)
                Send();

            void Send()
            {
                batches.Add(new Batch(bytes[..length], [.. ends]), stop);
                length = 0;
                ends.Clear();
            }
        }
        finally
        {
            batches.CompleteAdding();
        }
    }

    // FTS5 tells its terms in the order of their bytes, each with its rowids: the first is the smallest rank.
    private static long Terms(sqlite3 database, string name, CancellationToken stop)
    {
        Run(database, $"CREATE VIRTUAL TABLE temp.{name}_instance USING fts5vocab('main', '{name}_text', 'instance')");
        long count;
        using (var insert = new Statement(database, $"INSERT INTO {name}_term VALUES(?1, ?2)"))
        using (var terms = new Statement(database, $"SELECT term, min(doc), count(*) FROM temp.{name}_instance GROUP BY term ORDER BY term"))
        {
            var writer = new TermTableWriter((node, entries) => insert.Bind(1, node).BindBlob(2, entries).Run());
            while (terms.Step())
            {
                if (writer.Count % 4096 == 0)
                    stop.ThrowIfCancellationRequested();
                writer.Add(terms.Blob(0), terms.Int64(1), terms.Int64(2));
            }

            writer.Finish();
            count = writer.Count;
        }

        Run(database, $"DROP TABLE temp.{name}_instance");
        return count;
    }

    private static void Run(sqlite3 database, string sql)
    {
        using var statement = new Statement(database, sql);
        while (statement.Step())
        {
            // A pragma answers with a row.
        }
    }

    /// <summary>Some texts, one after another, and where each ends.</summary>
    private sealed record Batch(byte[] Texts, (long Rank, int End)[] Ends);
}
