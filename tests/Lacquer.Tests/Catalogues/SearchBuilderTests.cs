using System.Globalization;
using System.Text;
using CsCheck;
using Lacquer.Formats.Catalogues;
using Lacquer.Tests.Studio;
using Microsoft.Data.Sqlite;
using Xunit;

namespace Lacquer.Tests.Catalogues;

/// <summary>The index that is written here is the one that FTS5 makes of the same texts.</summary>
public sealed class SearchBuilderTests
{
    private const string Table = "recording_text";
    private const long SegmentMask = (1L << 37) - 1;

    [Fact]
    public void Leaves_and_indexes_are_byte_for_byte_those_of_FTS5() => Documents.Sample(documents =>
    {
        using var scratch = new Scratch();
        using var ours = new Database(Build(scratch, documents, long.MaxValue));
        using var theirs = Stock(scratch["stock.sqlite"], documents);
        Assert.Equal(theirs.Rows($"SELECT id & {SegmentMask}, hex(block) FROM {Table}_data WHERE id > 10 ORDER BY 1"), ours.Rows($"SELECT id & {SegmentMask}, hex(block) FROM {Table}_data WHERE id > 10 ORDER BY 1"));
        Assert.Equal(theirs.Rows($"SELECT typeof(term), hex(term), pgno FROM {Table}_idx ORDER BY term"), ours.Rows($"SELECT typeof(term), hex(term), pgno FROM {Table}_idx ORDER BY term"));
        Assert.Equal(theirs.Rows($"SELECT hex(block) FROM {Table}_data WHERE id = 1"), ours.Rows($"SELECT hex(block) FROM {Table}_data WHERE id = 1"));
        Assert.Equal(theirs.Rows($"SELECT * FROM {Table}_config WHERE k = 'version'"), ours.Rows($"SELECT * FROM {Table}_config"));
        ours.Rows($"INSERT INTO {Table}({Table}) VALUES('integrity-check')");
    }, iter: 25, threads: 1);

    [Fact]
    public void Queries_find_what_FTS5_finds() => Gen.Select(Documents, Gen.Int).Sample((documents, seed) =>
    {
        using var scratch = new Scratch();
        using var ours = new Database(Build(scratch, documents, 0));
        using var theirs = Stock(scratch["stock.sqlite"], documents);
        var random = new Random(seed);
        Vocabulary(theirs);
        Vocabulary(ours);
        Assert.Equal(theirs.Rows("SELECT term, doc FROM words ORDER BY term, doc"), ours.Rows("SELECT term, doc FROM words ORDER BY term, doc"));
        var terms = theirs.Rows("SELECT DISTINCT term FROM words");
        var last = documents[^1].Rank;
        for (var i = 0; i < 60 && terms.Count > 0; i++)
        {
            string Term() => $"\"{terms[random.Next(terms.Count)]}\"";
            var match = random.Next(4) switch
            {
                0 => Term(),
                1 => $"{Term()} AND {Term()}",
                2 => $"({Term()} OR {Term()}) AND {Term()}",
                _ => $"{Term()} NOT {Term()}",
            };
            var query = FormattableString.Invariant($"SELECT rowid FROM {Table} WHERE {Table} MATCH '{match}' AND rowid > {random.NextInt64(last)} AND rowid <= {random.NextInt64(last + 1)} ORDER BY rowid {(random.Next(2) == 0 ? "ASC" : "DESC")} LIMIT {random.Next(1, 200)}");
            Assert.Equal(theirs.Rows(query), ours.Rows(query));
        }

        static void Vocabulary(Database database) => database.Rows($"CREATE VIRTUAL TABLE temp.words USING fts5vocab('main', '{Table}', 'instance')");
    }, iter: 15, threads: 1);

    [Fact]
    public void A_term_of_millions_has_an_index_of_several_levels()
    {
        const int Count = 2_200_000, Gap = 1040;
        using var scratch = new Scratch();
        var path = scratch["search.sqlite"];
        using (var builder = new SearchBuilder(scratch.Root, 1 << 20))
        {
            for (var i = 1L; i <= Count; i++)
                builder.Parts[0].Recording(i * Gap, i % 50_000 == 0 ? "the rare"u8 : "the"u8, null, []);
            builder.Write(path, new Dictionary<string, string>());
        }

        using var database = new Database(path);
        Assert.NotEqual("0", Assert.Single(database.Rows($"SELECT count(*) FROM {Table}_data WHERE (id >> 36) & 1 = 1 AND (id >> 31) & 31 = 1")));
        database.Rows($"INSERT INTO {Table}({Table}) VALUES('integrity-check')");
        Assert.Equal(Enumerable.Range(1, Count / 50_000).Select(i => Text(i * 50_000L * Gap)), database.Rows($"SELECT rowid FROM {Table} WHERE {Table} MATCH 'rare AND the' ORDER BY rowid"));
        var random = Seeded.Random();
        for (var i = 0; i < 300; i++)
        {
            var after = random.NextInt64(Count * (long)Gap);
            Assert.Equal(Text((after / Gap + 1) * Gap), Assert.Single(database.Rows($"SELECT rowid FROM {Table} WHERE {Table} MATCH 'the' AND rowid > {after} ORDER BY rowid LIMIT 1")));
            Assert.Equal(after < Gap ? [] : [Text(after / Gap * Gap)], database.Rows($"SELECT rowid FROM {Table} WHERE {Table} MATCH 'the' AND rowid <= {after} ORDER BY rowid DESC LIMIT 1"));
        }
    }

    [Fact]
    public void Any_sqlite3_with_FTS5_reads_and_checks_it()
    {
        Tools.Need("sqlite3");
        using var scratch = new Scratch();
        var path = Build(scratch, Documents.Single(), 0);
        Assert.Equal((0, "ok\n"), Tools.Run("sqlite3", "-batch", path, "PRAGMA integrity_check"));
        foreach (var table in new[] { "recording_text", "release_text", "artist_text" })
            Assert.Equal((0, ""), Tools.Run("sqlite3", "-batch", path, $"INSERT INTO {table}({table}) VALUES('integrity-check')"));
    }

    [Fact]
    public void Neither_memory_nor_parts_nor_the_order_of_kinds_change_the_bytes()
    {
        using var scratch = new Scratch();
        var expected = Push(0, parts: 1, artistsLast: false);
        Assert.Equal(expected, Push(0, parts: 1, artistsLast: true));
        Assert.Equal(expected, Push(1 << 21, parts: 1, artistsLast: false));
        Assert.Equal(expected, Push(long.MaxValue, parts: 1, artistsLast: false));
        Assert.Equal(expected, Push(0, parts: 3, artistsLast: true));
        Assert.Equal(expected, Push(long.MaxValue, parts: 7, artistsLast: false));
        Assert.Empty(Directory.GetFiles(scratch.Root));

        byte[] Push(long memoryBytes, int parts, bool artistsLast)
        {
            var random = new Random(5);
            var credits = Enumerable.Range(1, 3000).Select(i => (Id: i, Text: Words(random, 3))).ToList();
            var releases = Enumerable.Range(1, 20_000).Select(i => (Rank: i, Text: Words(random, 4), Credit: random.Next(3500))).ToList();
            var recordings = Enumerable.Range(1, 80_000).Select(i => (Rank: i, Text: Words(random, 5), Credit: random.Next(3500), On: (uint[])[(uint)random.Next(1, 20_000), (uint)random.Next(1, 30_000)])).ToList();
            var artists = Enumerable.Range(1, 3000).Select(i => (Rank: i, Text: Words(random, 3))).ToList();
            var path = scratch["search.sqlite"];
            using (var builder = new SearchBuilder(scratch.Root, memoryBytes, parts))
            {
                AtOnce(credits, (part, credit) => part.Credit(credit.Id, credit.Text));
                if (!artistsLast)
                    AtOnce(artists, (part, artist) => part.Artist(artist.Rank, artist.Text));
                AtOnce(releases, (part, release) => part.Release(release.Rank, release.Text, release.Credit));
                AtOnce(recordings, (part, recording) => part.Recording(recording.Rank, recording.Text, recording.Credit, recording.On));
                Assert.Equal(memoryBytes < 1 << 30, Directory.GetFiles(scratch.Root).Length > 3);
                if (artistsLast)
                    AtOnce(artists, (part, artist) => part.Artist(artist.Rank, artist.Text));
                builder.Write(path, new Dictionary<string, string> { ["inputs"] = "x" });

                void AtOnce<T>(List<T> all, Action<SearchPart, T> push) => Parallel.For(0, parts, i =>
                {
                    foreach (var one in all[(all.Count * i / parts)..(all.Count * (i + 1) / parts)])
                        push(builder.Parts[i], one);
                });
            }

            var bytes = File.ReadAllBytes(path);
            File.Delete(path);
            return bytes;
        }

        static byte[] Words(Random random, int count) => Encoding.UTF8.GetBytes(string.Join(' ', Enumerable.Range(0, count).Select(_ => Word((int)(Math.Pow(random.NextDouble(), 3) * 9000)))));
    }

    [Fact]
    public void Parts_that_overlap_are_refused()
    {
        using var scratch = new Scratch();
        using var builder = new SearchBuilder(scratch.Root, 0, parts: 2);
        builder.Parts[0].Recording(2, "a"u8, null, []);
        builder.Parts[1].Recording(2, "a"u8, null, []);
        Assert.Throws<ArgumentOutOfRangeException>(() => builder.Write(scratch["search.sqlite"], new Dictionary<string, string>()));
    }

    [Fact]
    public void An_entity_has_the_terms_of_its_texts_and_of_eight_releases()
    {
        using var scratch = new Scratch();
        var path = scratch["search.sqlite"];
        using (var builder = new SearchBuilder(scratch.Root, 0))
        {
            builder.Parts[0].Credit(7, "Motörhead\nIan Kilmister"u8);
            builder.Parts[0].Artist(1, "Motörhead\nMotorhead\nモーターヘッド"u8);
            for (var i = 1; i <= 9; i++)
                builder.Parts[0].Release(i, Encoding.UTF8.GetBytes($"Live{i}"), i == 1 ? 7 : null);
            builder.Parts[0].Recording(1, "Don't Ace of Spades\nЦой"u8, 7, [3, 1, 2, 4, 5, 6, 7, 8, 9]);
            builder.Parts[0].Recording(2, "Ace"u8, 99, [77]);
            builder.Write(path, new Dictionary<string, string>());
        }

        using var database = new Database(path);
        Assert.Equal("ace dont ian kilmister live1 live2 live3 live4 live5 live6 live7 live8 motorhead of spades tsoy цои", Terms("recording", 1));
        Assert.Equal("ace", Terms("recording", 2));
        Assert.Equal("ian kilmister live1 motorhead", Terms("release", 1));
        Assert.Equal("live2", Terms("release", 2));
        Assert.Equal(string.Join(' ', SearchTerms.Of("Motörhead\nモーターヘッド").Order(StringComparer.Ordinal)), Terms("artist", 1));
        Assert.Equal(["artist_terms", "format", "recording_terms", "release_terms", "transliteration"], database.Rows("SELECT name FROM meta ORDER BY name"));
        Assert.Equal("17", Assert.Single(database.Rows("SELECT value FROM meta WHERE name = 'recording_terms'")));

        string Terms(string kind, int rank)
        {
            database.Rows($"DROP TABLE IF EXISTS temp.words; CREATE VIRTUAL TABLE temp.words USING fts5vocab('main', '{kind}_text', 'instance')");
            return string.Join(' ', database.Rows($"SELECT term FROM words WHERE doc = {rank} ORDER BY term"));
        }
    }

    [Fact]
    public void A_text_of_any_bytes_has_the_terms_of_what_they_decode_to() => Gen.Byte.Array[0, 200].Select(bytes => bytes.Select(b => b % 3 == 0 ? (byte)(b % 96 + 32) : b).ToArray()).Sample(bytes =>
    {
        using var scratch = new Scratch();
        var path = scratch["search.sqlite"];
        using (var builder = new SearchBuilder(scratch.Root, 0))
        {
            builder.Parts[0].Recording(1, bytes, null, []);
            builder.Write(path, new Dictionary<string, string>());
        }

        using var database = new Database(path);
        database.Rows($"CREATE VIRTUAL TABLE temp.words USING fts5vocab('main', '{Table}', 'row')");
        Assert.Equal(SearchTerms.Of(Encoding.UTF8.GetString(bytes)).Order(StringComparer.Ordinal), database.Rows("SELECT term FROM words").Order(StringComparer.Ordinal));
    }, iter: 200, threads: 2);

    [Fact]
    public void A_title_of_a_megabyte_counts_so_far_as_a_title_counts()
    {
        var texts = new[]
        {
            new string('a', 1 << 20),
            string.Join(' ', Enumerable.Range(0, 200_000)),
            string.Concat(Enumerable.Repeat("東京\U00020000é ", 100_000)),
            "x" + string.Concat(Enumerable.Repeat("\U00020000", 1 << 18)),
            string.Join('\n', Enumerable.Range(0, 100_000)),
            new string('é', 4096) + "z",
        };
        foreach (var text in texts)
        {
            using var scratch = new Scratch();
            var path = scratch["search.sqlite"];
            using (var builder = new SearchBuilder(scratch.Root, 1 << 20))
            {
                builder.Parts[0].Credit(1, Encoding.UTF8.GetBytes(text));
                builder.Parts[0].Release(1, Encoding.UTF8.GetBytes(text), 1);
                builder.Parts[0].Recording(1, Encoding.UTF8.GetBytes(text), 1, [1]);
                builder.Write(path, new Dictionary<string, string>());
            }

            using var database = new Database(path);
            database.Rows($"CREATE VIRTUAL TABLE temp.words USING fts5vocab('main', '{Table}', 'row')");
            Assert.Equal(SearchTerms.Of(text).Order(StringComparer.Ordinal), database.Rows("SELECT term FROM words").Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public void Nothing_pushed_is_an_empty_index()
    {
        using var scratch = new Scratch();
        using var database = new Database(Build(scratch, [], 0));
        Assert.Empty(database.Rows($"SELECT rowid FROM {Table}('a')"));
        database.Rows($"INSERT INTO {Table}({Table}) VALUES('integrity-check')");
        using var wordless = new Database(Build(scratch, [new Document(1, "!?"), new Document(2, "")], 0));
        Assert.Empty(wordless.Rows($"SELECT rowid FROM {Table}('a')"));
        wordless.Rows($"INSERT INTO {Table}({Table}) VALUES('integrity-check')");
    }

    [Fact]
    public void What_comes_out_of_order_is_refused()
    {
        using var scratch = new Scratch();
        using var builder = new SearchBuilder(scratch.Root, 0);
        builder.Parts[0].Recording(5, "a"u8, null, []);
        Assert.Throws<ArgumentOutOfRangeException>(() => builder.Parts[0].Recording(5, "a"u8, null, []));
        Assert.Throws<ArgumentOutOfRangeException>(() => builder.Parts[0].Artist(0, "a"u8));
        Assert.Throws<ArgumentOutOfRangeException>(() => builder.Parts[0].Artist(1L << 32, "a"u8));
        Assert.Throws<InvalidOperationException>(() => builder.Parts[0].Release(1, "a"u8, null));
    }

    /// <summary>Documents of few words and of many: of terms that all have, that few have and that one has, short and long, with small and large steps between ranks.</summary>
    private static Gen<List<Document>> Documents { get; } = Gen.Select(Gen.Int, Gen.Int[0, 4], Gen.Int[0, 3]).Select((seed, size, step) =>
    {
        var random = new Random(seed);
        var count = (int[])[1, 10, 1000, 20_000, 60_000] is var counts ? random.Next(counts[size]) + 1 : 0;
        var words = random.Next(1, 5) switch { 1 => 3, 2 => 100, 3 => 5000, _ => 50_000 };
        var (rank, documents) = (0L, new List<Document>(count));
        for (var i = 0; i < count; i++)
        {
            rank += random.NextInt64(1, (long[])[2, 3, 1000, uint.MaxValue / count] is var steps ? Math.Max(2, Math.Min(steps[step], uint.MaxValue / count)) : 2);
            var text = new StringBuilder(random.Next(20) > 0 ? "the" : "");
            for (var left = random.Next(6); left > 0; left--)
                text.Append(' ').Append(Word((int)(Math.Pow(random.NextDouble(), 4) * words)));
            documents.Add(new Document(rank, text.ToString()));
        }

        return documents;
    });

    // The same number always gives the same word; some are as long as words can be, some are not ASCII.
    private static string Word(int number) => (number % 17) switch
    {
        3 => string.Concat(Enumerable.Repeat(Text(number), 40)),
        4 => "б" + string.Concat(Text(number).Select(digit => (char)('а' + digit - '0'))),
        5 => string.Concat(Text(number).Select(digit => (char)('一' + digit - '0'))),
        6 => "ab" + Text(number % 100),
        _ => "w" + number.ToString("x", CultureInfo.InvariantCulture),
    };

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Build(Scratch scratch, List<Document> documents, long memoryBytes)
    {
        var path = scratch[$"search-{documents.Count}.sqlite"];
        using var builder = new SearchBuilder(scratch.Root, memoryBytes);
        foreach (var (rank, text) in documents)
            builder.Parts[0].Recording(rank, Encoding.UTF8.GetBytes(text), null, []);
        builder.Write(path, new Dictionary<string, string>());
        return path;
    }

    // In two transactions, so that there are two segments to make one of, at once: FTS5 ends a leaf early where it pauses a merge.
    private static Database Stock(string path, List<Document> documents)
    {
        var database = new Database(path);
        database.Rows($"CREATE VIRTUAL TABLE {Table} USING fts5(text, content='', columnsize=0, detail=none, tokenize='ascii')");
        database.Rows($"INSERT INTO {Table}({Table}, rank) VALUES('automerge', 0); INSERT INTO {Table}({Table}, rank) VALUES('hashsize', 100000000)");
        foreach (var half in new[] { documents.Take(documents.Count / 2), documents.Skip(documents.Count / 2) })
        {
            database.Rows("BEGIN");
            using var insert = database.Connection.CreateCommand();
            insert.CommandText = $"INSERT INTO {Table}(rowid, text) VALUES($rank, $text)";
            var rank = insert.Parameters.AddWithValue("$rank", 0L);
            var text = insert.Parameters.AddWithValue("$text", "");
            foreach (var document in half)
            {
                (rank.Value, text.Value) = (document.Rank, string.Join(' ', SearchTerms.Of(document.Text)));
                insert.ExecuteNonQuery();
            }

            database.Rows("COMMIT");
        }

        database.Rows($"INSERT INTO {Table}({Table}) VALUES('optimize')");
        return database;
    }

    private sealed record Document(long Rank, string Text);

    private sealed class Database : IDisposable
    {
        public Database(string path)
        {
            Connection = new SqliteConnection($"Data Source={path};Pooling=False");
            Connection.Open();
            Rows("PRAGMA synchronous=OFF; PRAGMA journal_mode=MEMORY");
        }

        public SqliteConnection Connection { get; }

        /// <summary>Rows, each as its columns with a bar between.</summary>
        public List<string> Rows(string sql)
        {
            using var command = Connection.CreateCommand();
            command.CommandText = sql;
            using var reader = command.ExecuteReader();
            var rows = new List<string>();
            while (reader.Read())
                rows.Add(string.Join('|', Enumerable.Range(0, reader.FieldCount).Select(i => Convert.ToString(reader.GetValue(i), CultureInfo.InvariantCulture))));
            return rows;
        }

        public void Dispose() => Connection.Dispose();
    }
}
