using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Identity;
using Microsoft.Data.Sqlite;

namespace Lacquer.Benchmarks;

/// <summary>
/// What a catalogue answers and how soon: warm, the first 20 with all their rows, each time the best of three, as the machine does other things too. What is asked for is taken from recordings drawn at random,
/// so a word is asked for as often as it stands in titles, which follows Zipf's law.
/// <list type="bullet">
/// <item><c>isrc</c>: the recordings of a code. <c>isrc_cold</c>: the same once, after the files were closed, put out of the page cache (<c>posix_fadvise</c>, <c>POSIX_FADV_DONTNEED</c>) and opened again; a
/// server has them open, so opening does not count, but nothing that it read of the look-up or of the rows is left.</item>
/// <item><c>word</c>, <c>and</c>: one word of a title; a word of the title, one of the artist and, every second time, one of the release.</item>
/// <item><c>typeahead</c>: 1 to 5 letters. <c>and_typeahead</c>: as <c>and</c>, the last word unfinished. <c>typo</c>: a word with two letters changed over.</item>
/// <item><c>page_ratio</c>: page 10,000, or the last there is, of the most frequent word over its first page.</item>
/// <item><c>ratio_to_bm25</c>: the first 20 ranks of the most frequent word by SQLite's own FTS5 ordered by bm25, over the same from our index; of the same texts, but for bm25 of the first million
/// recordings at most, which favours it where the catalogue is larger.</item>
/// </list>
/// </summary>
internal static partial class SearchFigures
{
    private const int Queries = 2000;
    private const int WarmUps = 300;
    private const int ColdQueries = 300;
    private const int CommonDraws = 400;
    private const int SlowestSaid = 4;
    private const int PageItems = 20;
    private const int DeepPage = 10_000;
    private const long MostPeerDocuments = 1_000_000;
    private const int DontNeed = 4;

    /// <summary>Measures a catalogue.</summary>
    /// <param name="folder">Its folder; nothing in it is changed.</param>
    /// <param name="scratch">A folder for the documents that bm25 searches, which stay there; null leaves bm25 out.</param>
    /// <param name="figures">What was measured is added here.</param>
    public static void Add(string folder, string? scratch, Figures figures)
    {
        var random = new Random(2);
        var searchFile = Path.Combine(folder, CatalogueReader.SearchFileName);
        List<Isrc> codes;
        using (var reader = CatalogueReader.Open(folder))
        {
            var recordings = reader.Totals().Recordings;
            codes = Codes(reader, recordings, random);
            figures.Add("recordings", recordings, "recordings");
            figures.Add("search_bytes_per_recording", new FileInfo(searchFile).Length / (double)recordings, "bytes a recording, search alone");
            Sizes(searchFile, recordings, figures);
            Timed(figures, "isrc", () => random.Next(codes.Count), code => reader.Recordings(codes[code]).Count);
            SearchPage<FoundRecording> Ask(string query, long after = 0) => reader.Search.Recordings(new SearchRequest(query, after, PageItems));
            void Queried(string name, Func<RecordingRow, string> query, int rounds = Queries) =>
                Timed(figures, name, () => query(Drawn(reader, recordings, random)), text => Ask(text).Items.Count, rounds);

            Queried("word", row => Pick(row.Title, random) + " ");
            Queried("and", row => Words(reader, row, random) + " ");
            Queried("typeahead", row => Pick(row.Title, random) is var word ? Cut(word, random.Next(1, 6)) : "");
            Queried("and_typeahead", row => Words(reader, row, random) is var words ? Cut(words, Math.Max(words.LastIndexOf(' ') + 2, words.Length - 2)) : "");
            Queried("typo", row => Pick(row.Title, random) is { Length: >= 4 } word ? $"{word[..2]}{word[3]}{word[2]}{word[4..]} " : "zzzz ", Queries / 4);

            var common = MostFrequent(reader, recordings, random);
            using var connection = Open(searchFile);
            var matches = Scalar(connection, $"SELECT count(*) FROM recording_text('\"{common}\"')");
            figures.Add("common_word_matches", matches, "common word: matches");
            // As deep as there are pages.
            var depth = Math.Max(0, Math.Min(DeepPage - 1, matches / PageItems - 1)) * PageItems;
            var deep = depth == 0 ? 0 : Scalar(connection, $"SELECT rowid FROM recording_text('\"{common}\"') ORDER BY rowid LIMIT 1 OFFSET {depth - 1}");
            List<double> firstPage = [], deepPage = [];
            for (var i = 0; i < 400; i++)
            {
                firstPage.Add(Milliseconds(() => Ask(common + " ")));
                deepPage.Add(Milliseconds(() => Ask(common + " ", deep)));
            }

            figures.Add("deep_page", (double)depth / PageItems + 1, "the deep page's number");
            figures.Add("page_ratio", Figures.Median(deepPage) / Figures.Median(firstPage), "deep page over page 1, p50");
            if (scratch is not null)
                Peer(folder, scratch, connection, common, Figures.Median(firstPage), figures);
        }

        Cold(folder, codes, figures);
    }

    private static void Timed<T>(Figures figures, string name, Func<T> draw, Func<T, int> ask, int rounds = Queries)
    {
        for (var i = 0; i < WarmUps; i++)
            ask(draw());
        var (times, empty, slowest) = (new List<double>(rounds), 0, new PriorityQueue<string, double>());
        for (var i = 0; i < rounds; i++)
        {
            var drawn = draw();
            var found = 0;
            times.Add(Enumerable.Range(0, 3).Min(_ => Milliseconds(() => found = ask(drawn))));
            empty += found == 0 ? 1 : 0;
            slowest.Enqueue(string.Create(CultureInfo.InvariantCulture, $"'{drawn}' {times[^1]:0.00} ms"), times[^1]);
            if (slowest.Count > SlowestSaid)
                slowest.Dequeue();
        }

        Say(string.Create(CultureInfo.InvariantCulture, $"{name}: slowest {string.Join(", ", slowest.UnorderedItems.OrderByDescending(one => one.Priority).Select(one => one.Element))}; {empty} of {rounds} found nothing"));
        Percentiles(figures, name, times);
    }

    private static void Percentiles(Figures figures, string name, List<double> times)
    {
        times.Sort();
        figures.Add($"{name}_p50_ms", times[times.Count / 2], $"{name}: ms p50");
        figures.Add($"{name}_p99_ms", times[times.Count * 99 / 100], $"{name}: ms p99");
    }

    private static void Cold(string folder, List<Isrc> codes, Figures figures)
    {
        List<double> times = [], openings = [];
        string[] files = [.. new[] { CatalogueReader.CatalogueFileName, CatalogueReader.LookupsFileName, CatalogueReader.SearchFileName }.Select(file => Path.Combine(folder, file))];
        // What is not yet on disk cannot be put out of memory.
        foreach (var file in files)
            using (var handle = File.OpenHandle(file))
                if (FileSync((int)handle.DangerousGetHandle()) != 0)
                    throw new IOException($"{file} cannot be flushed");
        for (var i = 0; i < ColdQueries; i++)
        {
            foreach (var file in files)
                using (var stream = File.OpenRead(file))
                    if (FileAdvise((int)stream.SafeFileHandle.DangerousGetHandle(), 0, 0, DontNeed) is not 0 and var error)
                        throw new IOException($"posix_fadvise gave {error}");
            CatalogueReader? reader = null;
            openings.Add(Milliseconds(() => reader = CatalogueReader.Open(folder)));
            using (reader)
                times.Add(Milliseconds(() => reader!.Recordings(codes[i % codes.Count])));
        }

        Percentiles(figures, "isrc_cold", times);
        figures.Add("open_cold_p50_ms", Figures.Median(openings), "opening, cold: ms p50");
    }

    private static void Peer(string folder, string scratch, SqliteConnection ours, string common, double oursWithRows, Figures figures)
    {
        var clock = Stopwatch.StartNew();
        using var peer = new SqliteConnection($"Data Source={Path.Combine(scratch, "bm25.sqlite")};Pooling=False");
        peer.Open();
        var documents = WritePeer(folder, peer);
        Say(string.Create(CultureInfo.InvariantCulture, $"bm25 over {documents} documents made in {clock.Elapsed.TotalSeconds:0.0} s"));
        using var ranked = peer.CreateCommand();
        ranked.CommandText = $"SELECT rowid FROM text('\"{common}\"') ORDER BY bm25(text) LIMIT {PageItems}";
        var byBm25 = Enumerable.Range(0, 9).Select(_ => Milliseconds(() => Drain(ranked))).Skip(2).ToList();
        // Both without the rows of the catalogue, and then ours with them.
        using var byRank = ours.CreateCommand();
        byRank.CommandText = $"SELECT rowid FROM recording_text('\"{common}\"') ORDER BY rowid LIMIT {PageItems}";
        var byRowid = Enumerable.Range(0, 500).Select(_ => Milliseconds(() => Drain(byRank))).Skip(100).ToList();
        figures.Add("bm25_documents", documents, "bm25: documents");
        figures.Add("bm25_p50_ms", Figures.Median(byBm25), "common word: bm25, ms p50");
        figures.Add("ratio_to_bm25", Figures.Median(byBm25) / Figures.Median(byRowid), "common word: bm25 over ours, p50");
        figures.Add("ratio_to_bm25_with_rows", Figures.Median(byBm25) / oursWithRows, "common word: bm25 over ours with all rows read, p50");
    }

    // Title, credit and titles of up to eight releases, as our own index has them, and the same terms of them.
    private static long WritePeer(string folder, SqliteConnection peer)
    {
        using var facts = Open(Path.Combine(folder, CatalogueReader.CatalogueFileName));
        var documents = Math.Min(MostPeerDocuments, Scalar(facts, "SELECT max(id) FROM recording"));
        var releases = RankedRows.ReleaseTitles(facts, documents);
        using (var create = peer.CreateCommand())
        {
            create.CommandText = "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; CREATE VIRTUAL TABLE text USING fts5(words, content='', tokenize='ascii'); BEGIN";
            create.ExecuteNonQuery();
        }

        using var insert = peer.CreateCommand();
        insert.CommandText = "INSERT INTO text(rowid, words) VALUES($rank, $words)";
        var rank = insert.Parameters.AddWithValue("$rank", 0L);
        var words = insert.Parameters.AddWithValue("$words", "");
        using var command = facts.CreateCommand();
        command.CommandText = $"SELECT r.id, r.title, coalesce(c.name, '') FROM recording r LEFT JOIN artist_credit c ON c.id = r.artist_credit WHERE r.id <= {documents} ORDER BY r.id";
        using var row = command.ExecuteReader();
        while (row.Read())
        {
            rank.Value = row.GetInt64(0);
            words.Value = string.Join(' ', SearchTerms.Of($"{row.GetString(1)}\n{row.GetString(2)}\n{string.Join('\n', releases[row.GetInt64(0)] ?? [])}"));
            insert.ExecuteNonQuery();
        }

        using var finish = peer.CreateCommand();
        finish.CommandText = "INSERT INTO text(text) VALUES('optimize'); COMMIT";
        finish.ExecuteNonQuery();
        return documents;
    }

    private static void Sizes(string search, long recordings, Figures figures)
    {
        using var sizes = Open(search);
        figures.Add("text_bytes_per_recording", Scalar(sizes, "SELECT sum(length(block)) FROM recording_text_data") / (double)recordings, "bytes a recording, full text of recordings");
        figures.Add("term_bytes_per_recording", Scalar(sizes, "SELECT sum(length(entries)) FROM recording_term") / (double)recordings, "bytes a recording, terms of recordings");
        figures.Add("terms", Scalar(sizes, "SELECT CAST(value AS INTEGER) FROM meta WHERE name = 'recording_terms'"), "distinct terms of recordings");
    }

    private static List<Isrc> Codes(CatalogueReader reader, long recordings, Random random)
    {
        List<Isrc> codes = [];
        for (var i = 0; i < 20 * Queries && codes.Count < 2 * Queries; i++)
            codes.AddRange(reader.Isrcs(random.NextInt64(1, recordings + 1)).Take(1));
        return codes;
    }

    // Of a few hundred words drawn; a word that stands in one title of a hundred is among them all but surely.
    private static string MostFrequent(CatalogueReader reader, long recordings, Random random) =>
        Enumerable.Range(0, CommonDraws).Select(_ => Pick(Drawn(reader, recordings, random).Title, random)).Where(word => word.All(char.IsAsciiLetter)).Distinct(StringComparer.Ordinal)
            .MaxBy(word => reader.Search.Recordings(new SearchRequest(word + " ", Limit: 1)).Count ?? 0)?.ToLowerInvariant() ?? SyntheticWords.Common(0);

    private static RecordingRow Drawn(CatalogueReader reader, long recordings, Random random) =>
        reader.Recording(random.NextInt64(1, recordings + 1)) ?? throw new InvalidDataException("a rank has no recording");

    private static string Words(CatalogueReader reader, RecordingRow row, Random random)
    {
        var words = $"{Pick(row.Title, random)} {Pick(row.ArtistCredit, random)}";
        return random.Next(2) == 0 && reader.Appearances(row.Rank) is [var first, ..] ? $"{words} {Pick(first.Release.Title, random)}" : words;
    }

    private static string Pick(string text, Random random)
    {
        var words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return words.Length == 0 ? text : words[random.Next(words.Length)];
    }

    private static string Cut(string text, int length) => text[..Math.Min(text.Length, length)];

    private static SqliteConnection Open(string path)
    {
        var connection = new SqliteConnection($"Data Source={path};Mode=ReadOnly;Pooling=False");
        connection.Open();
        return connection;
    }

    private static long Scalar(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar() is long number ? number : 0;
    }

    private static void Drain(SqliteCommand command)
    {
        using var row = command.ExecuteReader();
        while (row.Read())
        {
            // Only how long it takes is of interest.
        }
    }

    private static double Milliseconds(Action act)
    {
        var from = Stopwatch.GetTimestamp();
        act();
        return Stopwatch.GetElapsedTime(from).TotalMilliseconds;
    }

    private static void Say(string text) => Console.Error.WriteLine($"search: {text}");

    [LibraryImport("libc", EntryPoint = "fsync")]
    private static partial int FileSync(int file);

    [LibraryImport("libc", EntryPoint = "posix_fadvise")]
    private static partial int FileAdvise(int file, long offset, long length, int advice);
}
