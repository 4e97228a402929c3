using System.Globalization;

namespace Lacquer.Stages.Exploring;

/// <summary>Something asked of a catalogue, and how the answer is drawn.</summary>
/// <param name="Name">Its name in JSON and in the page's address.</param>
/// <param name="Section">The heading it stands under.</param>
/// <param name="Heading">What is shown.</param>
/// <param name="Sentence">What it means.</param>
/// <param name="Sql">The query, in the words of SQLite.</param>
/// <param name="Draw">The answer as HTML, or null where there is nothing to show.</param>
internal sealed record Question(string Name, string Section, string Heading, string Sentence, string Sql, Func<IReadOnlyList<IReadOnlyList<object?>>, string?> Draw)
{
    private static readonly string[] Pitches = ["C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B"];

    /// <summary>Whether it takes the page's whole width.</summary>
    public bool IsWide { get; init; }

    /// <summary>All, in the order of the page.</summary>
    public static IReadOnlyList<Question> All { get; } =
    [
        new("numbers", "In numbers", "What there is", "Everything that the sources told of, whether its audio is held or not.",
            """
            SELECT name, CAST(value AS INTEGER) AS number FROM meta WHERE name IN ('recordings', 'releases', 'artists', 'tracks', 'listens')
            UNION ALL SELECT 'ISRCs', coalesce(sum(isrcs), 0) FROM isrc_use
            UNION ALL SELECT 'GTINs', coalesce(sum(gtins), 0) FROM gtin_use
            UNION ALL SELECT 'hours', coalesce(sum(duration_ms), 0) / 3600000 FROM coverage
            """,
            rows => Tiles(rows.OrderBy(r => Array.IndexOf(["recordings", "tracks", "releases", "artists", "ISRCs", "GTINs", "listens", "hours"], Text(r[0]))).Select(r => (Text(r[0]), Drawing.Long(Number(r[1])))))) { IsWide = true },
        new("held", "In numbers", "What is held", "Recordings of this catalogue whose audio the archive has, what they take, and what share of all listens they stand for.",
            """
            SELECT count(*) AS recordings, coalesce(sum(r.listens), 0) AS listens, (SELECT coalesce(sum(listens), 0) FROM coverage) AS all_listens,
                (SELECT count(*) FROM ledger.object) AS objects, (SELECT coalesce(sum(length), 0) FROM ledger.object) AS bytes
            FROM held h JOIN recording r ON r.id = h.recording
            """,
            rows => Tiles(new[]
            {
                ("recordings held", Drawing.Long(Number(rows[0][0]))), ("objects", Drawing.Long(Number(rows[0][3]))), ("on disk", Bytes(Number(rows[0][4]))),
            }.Concat(Number(rows[0][2]) > 0 ? [("of listens", Drawing.Percent(Number(rows[0][1]) / Number(rows[0][2])))] : []))) { IsWide = true },

        new("recordings-by-popularity", "Listening", "Recordings by popularity", "Popularity runs from 0, never listened to, to 100, the most listened.",
            "SELECT popularity, recordings FROM coverage ORDER BY popularity",
            rows => rows.Count == 0 ? null : Drawing.Bars("recordings by popularity", Popularities(rows, "recordings"), "popularity")),
        new("recordings-by-popularity-log", "Listening", "Recordings by popularity, logarithmic", "The same, each line ten times the one below, so that the few best-known show.",
            "SELECT popularity, recordings FROM coverage ORDER BY popularity",
            rows => rows.Count == 0 ? null : Drawing.Bars("recordings by popularity, logarithmic", Popularities(rows, "recordings"), "popularity", isLog: true)),
        new("listens-by-popularity", "Listening", "Listens by popularity", "How many of all listens go to recordings of each popularity.",
            "SELECT popularity, listens FROM coverage ORDER BY popularity",
            rows => rows.Sum(r => Number(r[1])) == 0 ? null : Drawing.Bars("listens by popularity", Popularities(rows, "listens"), "popularity")),
        new("artists-by-listens", "Listening", "Artists by listens", "An artist's listens are those of the recordings credited to the artist.",
            "SELECT CASE WHEN listens = 0 THEN 0 ELSE length(listens) END AS digits, count(*) AS artists FROM artist GROUP BY digits ORDER BY digits",
            rows => rows.Count == 0 ? null : Drawing.Bars("artists by listens", Filled(rows, 0, (int)Number(rows[^1][0]), d => d == 0 ? "none" : Drawing.Short(Math.Pow(10, d - 1)) + "+", "artists"), "listens")),
        new("coverage", "Listening", "Coverage", "The share of all listens that the recordings up to a rank account for. The axis of ranks is logarithmic; dots are the steps of popularity.",
            "SELECT last_rank, 1.0 * sum(listens) OVER (ORDER BY last_rank) / (SELECT sum(listens) FROM coverage) AS share FROM coverage ORDER BY last_rank",
            rows => rows.Count == 0 || rows[^1][1] is null ? null : Drawing.Curve("share of listens by rank", rows.Select(r => (Number(r[0]), Number(r[1]))).ToList(), "rank")) { IsWide = true },

        new("held-by-popularity", "What is held", "Share held by popularity", "Of the recordings of each popularity, how many the archive has the audio of.",
            """
            WITH kept AS (SELECT r.popularity, count(*) AS recordings FROM held h JOIN recording r ON r.id = h.recording GROUP BY r.popularity)
            SELECT CASE WHEN c.popularity = 0 THEN -1 ELSE min(c.popularity / 10, 9) END AS band, coalesce(sum(h.recordings), 0) AS held, sum(c.recordings) AS recordings
            FROM coverage c LEFT JOIN kept h ON h.popularity = c.popularity GROUP BY band ORDER BY band
            """,
            rows => rows.Count == 0 ? null : Bands("share held by popularity", rows)),
        new("jobs", "What is held", "What became of recordings", "Recordings that ingest has come to: held, denied by the gate, or set aside because something is wrong with the audio.",
            "SELECT state, count(*) AS recordings FROM ledger.job GROUP BY state ORDER BY 2 DESC, 1",
            rows => Lines("what became of recordings", rows.Select(r => (Text(r[0]) switch { "done" => "held", "set-aside" => "set aside", var state => state }, Number(r[1]))))),
        new("licences", "What is held", "Licences", "Held recordings by the licence that the gate found evidence of.",
            """
            SELECT coalesce(g.licence, 'none recognised') AS licence, count(*) AS recordings FROM ledger.job j JOIN ledger.rights g ON g.recording = j.recording
            WHERE j.state = 'done' GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 20
            """,
            rows => Lines("held recordings by licence", rows.Select(r => (Text(r[0]), Number(r[1]))))),
        new("tiers", "What is held", "Tiers", "What the objects of each tier take on disk; “kept” ones are as they came but for their comments.",
            "SELECT tier, count(*) AS objects, sum(length) AS bytes FROM ledger.object GROUP BY tier ORDER BY 3 DESC, 1",
            rows => rows.Count == 0 ? null : Drawing.Lines("bytes by tier", rows.Select(r => (Text(r[0]), Number(r[2]), Bytes(Number(r[2])))).ToList())),

        new("durations", "Recordings", "Durations", "Recordings of less than twenty minutes, in steps of ten seconds.",
            "SELECT duration_ms / 10000 AS tens_of_seconds, count(*) AS recordings FROM recording WHERE duration_ms < 1200000 GROUP BY 1 ORDER BY 1",
            rows => rows.Count == 0 ? null : Drawing.Bars("recordings by duration",
                Filled(rows, 0, 119, t => t % 12 == 0 ? (t / 6).ToString(CultureInfo.InvariantCulture) : "", "recordings", t => string.Create(CultureInfo.InvariantCulture, $"{t / 6}:{t % 6}0 to {t / 6}:{t % 6}9")), "minutes")),
        new("long-durations", "Recordings", "Long durations", "Recordings of twenty minutes and more.",
            """
            SELECT CASE WHEN duration_ms < 1800000 THEN 1 WHEN duration_ms < 3600000 THEN 2 WHEN duration_ms < 7200000 THEN 3 WHEN duration_ms < 14400000 THEN 4 ELSE 5 END AS length,
                count(*) AS recordings FROM recording WHERE duration_ms >= 1200000 GROUP BY length ORDER BY length
            """,
            rows => rows.Count == 0 ? null : Drawing.Bars("recordings of twenty minutes and more", Filled(rows, 1, 5, l => new[] { "20–30 min", "30–60 min", "1–2 h", "2–4 h", "4 h+" }[l - 1], "recordings"), "duration")),
        new("isrcs-per-recording", "Recordings", "ISRCs per recording", "Most recordings have one code or none; ten stands for ten and more.",
            """
            SELECT isrcs, sum(recordings) AS recordings FROM (
                SELECT isrc IS NOT NULL AS isrcs, count(*) AS recordings FROM recording GROUP BY 1
                UNION ALL SELECT min(codes + 1, 10), count(*) FROM (SELECT count(*) AS codes FROM recording_isrc_more GROUP BY recording) GROUP BY 1
                UNION ALL SELECT 1, -count(*) FROM (SELECT 1 FROM recording_isrc_more GROUP BY recording)
            ) GROUP BY isrcs HAVING sum(recordings) > 0 ORDER BY isrcs
            """,
            rows => rows.All(r => Number(r[0]) == 0) ? null : Drawing.Bars("ISRCs per recording, logarithmic", Filled(rows, 0, (int)Number(rows[^1][0]), Tenth, "recordings"), "ISRCs (heights logarithmic)", isLog: true)),
        new("recordings-per-isrc", "Recordings", "Recordings per ISRC", "A code ought to be of one recording, and is not always; ten stands for ten and more.",
            "SELECT min(recordings, 10) AS recordings, sum(isrcs) AS isrcs FROM isrc_use GROUP BY 1 ORDER BY 1",
            rows => rows.Count == 0 ? null : Drawing.Bars("recordings per ISRC, logarithmic", Filled(rows, 1, (int)Math.Max(Number(rows[^1][0]), 3), Tenth, "ISRCs"), "recordings (heights logarithmic)", isLog: true)),
        new("explicit", "Recordings", "Explicit by popularity", "Of the recordings of which a source says whether their words are explicit, how many are.",
            """
            SELECT CASE WHEN popularity = 0 THEN -1 ELSE min(popularity / 10, 9) END AS band, sum(explicit <> 0) AS explicit, count(*) AS recordings
            FROM recording WHERE explicit IS NOT NULL GROUP BY band ORDER BY band
            """,
            rows => rows.Count == 0 ? null : Bands("share of explicit recordings by popularity", rows)),
        new("licences-told", "Recordings", "Licences that sources tell", "Recordings by the licence that a source says they are under, whether the gate believes it or not.",
            "SELECT l.name AS licence, u.recordings FROM (SELECT licence, count(*) AS recordings FROM recording_rare WHERE licence IS NOT NULL GROUP BY licence) u JOIN licence l ON l.id = u.licence ORDER BY 2 DESC, 1 LIMIT 20",
            rows => Lines("recordings by licence told", rows.Select(r => (Text(r[0]), Number(r[1]))))),

        new("keys", "Sound", "Keys", "Recordings by key, major and minor.",
            "SELECT key, mode, count(*) AS recordings FROM recording_feature WHERE key BETWEEN 0 AND 11 AND mode IN (0, 1) GROUP BY key, mode ORDER BY key, mode",
            rows => rows.Count == 0 ? null : Drawing.Bars("recordings by key and mode", Enumerable.Range(0, 24).Select(i =>
            {
                var name = Pitches[i / 2] + (i % 2 == 0 ? "" : "m");
                var number = rows.Where(r => Number(r[0]) == i / 2 && Number(r[1]) == 1 - i % 2).Sum(r => Number(r[2]));
                return (name, number, $"{Pitches[i / 2]} {(i % 2 == 0 ? "major" : "minor")}: {Drawing.Long(number)} recordings");
            }).ToList(), "key (m: minor)", isWide: true)) { IsWide = true },
        Feature("tempo", "Tempo", "Beats per minute, in steps of ten.", "min(max(CAST(tempo / 10 AS INTEGER), 0), 25)", 25, step => step == 25 ? "250+" : step % 5 == 0 ? Whole(step * 10) : "", step => $"{Whole(step * 10)} to {Whole(step * 10 + 10)}", "beats per minute"),
        Feature("time_signature", "Time signatures", "Beats in a bar.", "min(max(time_signature, 0), 12)", 12, Whole, step => $"{Whole(step)} beats", "beats"),
        Feature("loudness", "Loudness", "In decibels below full scale, in steps of two.", "min(max(CAST(30 + loudness / 2 AS INTEGER), 0), 30)", 30, step => step % 5 == 0 ? Whole(step * 2 - 60) : "", step => $"{Whole(step * 2 - 60)} to {Whole(step * 2 - 58)} dB", "dB"),
        Share("danceability", "Danceability", "How well one can dance to it."),
        Share("energy", "Energy", "How forceful it is."),
        Share("speechiness", "Speechiness", "How much of it is speech."),
        Share("acousticness", "Acousticness", "How sure it is that it is acoustic."),
        Share("instrumentalness", "Instrumentalness", "How sure it is that nobody sings."),
        Share("liveness", "Liveness", "How sure it is that there was an audience."),
        Share("valence", "Valence", "How cheerful it is."),

        new("releases-by-year", "Releases and artists", "Releases by year", "By the year of the release's date, 1900 to 2099; releases without one are not shown.",
            "SELECT date / 10000 AS year, count(*) AS releases FROM release WHERE date BETWEEN 19000000 AND 20991231 GROUP BY 1 ORDER BY 1",
            rows => rows.Count == 0 ? null : Drawing.Bars("releases by year",
                Filled(rows, (int)Math.Min(Number(rows[0][0]), Number(rows[^1][0]) - 9), (int)Number(rows[^1][0]), y => y.ToString(CultureInfo.InvariantCulture), "releases"), "year", isWide: true)) { IsWide = true },
        new("releases-by-tracks", "Releases and artists", "Releases by track count", "From singles to boxes; fifty stands for fifty and more.",
            "SELECT tracks, count(*) AS releases FROM (SELECT min(count(*), 50) AS tracks FROM track GROUP BY release) GROUP BY tracks ORDER BY tracks",
            rows => rows.Count == 0 ? null : Drawing.Bars("releases by track count", Filled(rows, 1, (int)Math.Max(Number(rows[^1][0]), 10), t => t == 50 ? "50+" : t == 1 || t % 5 == 0 ? t.ToString(CultureInfo.InvariantCulture) : "", "releases", t => string.Create(CultureInfo.InvariantCulture, $"{t} tracks")), "tracks")),
        new("releases-by-gtin", "Releases and artists", "Releases with and without GTIN", "A GTIN is the number under the barcode (UPC, EAN).",
            "SELECT CASE WHEN gtin IS NULL THEN 'without GTIN' ELSE 'with GTIN' END AS gtin, count(*) AS releases FROM release GROUP BY 1 ORDER BY 1",
            rows => Lines("releases with and without GTIN", rows.Select(r => (Text(r[0]), Number(r[1]))))),
        new("releases-by-type", "Releases and artists", "Releases by type", "As sources call them.",
            "SELECT t.name AS type, u.releases FROM (SELECT type, count(*) AS releases FROM release WHERE type IS NOT NULL GROUP BY type) u JOIN release_type t ON t.id = u.type ORDER BY 2 DESC, 1 LIMIT 20",
            rows => Lines("releases by type", rows.Select(r => (Text(r[0]), Number(r[1]))))),
        new("releases-by-label", "Releases and artists", "Releases by label", "The twenty labels with most releases.",
            "SELECT l.name AS label, u.releases FROM (SELECT label, count(DISTINCT release) AS releases FROM release_label WHERE label IS NOT NULL GROUP BY label ORDER BY 2 DESC, 1 LIMIT 20) u JOIN label l ON l.id = u.label ORDER BY 2 DESC, 1",
            rows => Lines("releases by label", rows.Select(r => (Text(r[0]), Number(r[1]))))),
        new("markets", "Releases and artists", "Markets", "Releases by the countries they were published in, the first twenty; XW is worldwide.",
            "SELECT s.country, sum(u.releases) AS releases FROM (SELECT market_set, count(*) AS releases FROM release WHERE market_set IS NOT NULL GROUP BY market_set) u JOIN market_set s ON s.id = u.market_set GROUP BY s.country ORDER BY 2 DESC, 1 LIMIT 20",
            rows => Lines("releases by country", rows.Select(r => (Text(r[0]), Number(r[1]))))),
        new("genres", "Releases and artists", "Genres", "Artists by genre, the first twenty; an artist may be of several.",
            "SELECT g.name AS genre, u.artists FROM (SELECT s.genre, sum(n.artists) AS artists FROM (SELECT genre_set, count(*) AS artists FROM artist WHERE genre_set IS NOT NULL GROUP BY genre_set) n JOIN genre_set s ON s.id = n.genre_set GROUP BY s.genre) u JOIN genre g ON g.id = u.genre ORDER BY 2 DESC, 1 LIMIT 20",
            rows => Lines("artists by genre", rows.Select(r => (Text(r[0]), Number(r[1]))))),
        new("top-artists", "Releases and artists", "Most listened artists", "The first fifteen by listens.",
            "SELECT name, listens FROM artist WHERE listens > 0 ORDER BY id LIMIT 15",
            rows => Lines("listens of the most listened artists", rows.Select(r => (Text(r[0]), Number(r[1]))))),
        new("sources", "Releases and artists", "Sources", "Records that each source brought, over all its accessions.",
            "SELECT s.name, s.adapter, count(*) AS accessions, sum(a.records) AS records FROM source s JOIN accession a ON a.source = s.id GROUP BY s.id ORDER BY 4 DESC, 1",
            rows => Lines("records by source", rows.Select(r => (Text(r[0]), Number(r[3]))))),
        new("conflicts", "Releases and artists", "Conflicts", "Where sources said different things: how often a source’s value gave way to another’s, by field.",
            "SELECT c.field, s.name AS source, c.records FROM conflict c JOIN source s ON s.id = c.source ORDER BY 3 DESC, 1, 2 LIMIT 20",
            rows => Lines("values that gave way", rows.Select(r => ($"{Text(r[0])}, {Text(r[1])}", Number(r[2]))))),

        new("top-recordings", "Best known", "The fifty best-known recordings", "By listens, over all sources.",
            """
            SELECT r.id AS rank, r.title, coalesce(c.name, '') AS artist, r.listens, EXISTS (SELECT 1 FROM held h WHERE h.recording = r.id) AS held
            FROM recording r LEFT JOIN artist_credit c ON c.id = r.artist_credit ORDER BY r.id LIMIT 50
            """,
            Table) { IsWide = true },
    ];

    // A histogram of a column of recording_feature; the expression gives the number of the step.
    private static Question Feature(string column, string heading, string sentence, string step, int last, Func<int, string> label, Func<int, string> full, string axis) => new(
        column.Replace('_', '-'), "Sound", heading, sentence, $"SELECT {step} AS step, count(*) AS recordings FROM recording_feature WHERE {column} IS NOT NULL GROUP BY step ORDER BY step",
        rows => rows.Count == 0 ? null : Drawing.Bars($"recordings by {column.Replace('_', ' ')}", Filled(rows, 0, last, label, "recordings", full), axis));

    private static Question Share(string column, string heading, string sentence) => Feature(column, heading, sentence, $"min(max(CAST({column} * 20 AS INTEGER), 0), 19)", 19,
        step => step % 4 == 0 ? (step / 20.0).ToString("0.0", CultureInfo.InvariantCulture) : "",
        step => string.Create(CultureInfo.InvariantCulture, $"{step / 20.0:0.00} to {(step + 1) / 20.0:0.00}"), "0 to 1");

    // Shares by bands of popularity: the band, how many, of how many.
    private static string Bands(string what, IReadOnlyList<IReadOnlyList<object?>> rows) => Drawing.Bars(what, Enumerable.Range(-1, 11).Select(band =>
    {
        var label = band switch { -1 => "0", 0 => "1–9", 9 => "90–100", _ => string.Create(CultureInfo.InvariantCulture, $"{band * 10}–{band * 10 + 9}") };
        return rows.FirstOrDefault(r => Number(r[0]) == band) is { } row
            ? (label, Number(row[1]) / Number(row[2]), $"popularity {label}: {Drawing.Long(Number(row[1]))} of {Drawing.Long(Number(row[2]))}") : (label, 0, "");
    }).ToList(), "popularity", isShare: true);

    private static string Whole(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string? Table(IReadOnlyList<IReadOnlyList<object?>> rows) => rows.Count == 0 ? null :
        "<div class=\"scroll\"><table><thead><tr><th class=\"n\">rank</th><th>title</th><th>artist</th><th class=\"n\">listens</th><th>held</th></tr></thead><tbody>"
        // bdi keeps a title that is written from right to left from turning its neighbours.
        + string.Concat(rows.Select(r => $"<tr><td class=\"n\">{Drawing.Long(Number(r[0]))}</td><td><bdi>{Drawing.Escape(Text(r[1]))}</bdi></td><td><bdi>{Drawing.Escape(Text(r[2]))}</bdi></td><td class=\"n\">{Drawing.Long(Number(r[3]))}</td><td>{(Number(r[4]) > 0 ? "held" : "")}</td></tr>"))
        + "</tbody></table></div>";

    private static string Tiles(IEnumerable<(string Name, string Figure)> tiles) =>
        "<dl class=\"totals\">" + string.Concat(tiles.Select(t => $"<div><dt>{Drawing.Escape(t.Name)}</dt><dd>{Drawing.Escape(t.Figure)}</dd></div>")) + "</dl>";

    private static string? Lines(string what, IEnumerable<(string Name, double Value)> lines)
    {
        var all = lines.Select(l => (l.Name, l.Value, Drawing.Short(l.Value))).ToList();
        return all.Count == 0 ? null : Drawing.Lines(what, all);
    }

    private static List<(string Label, double Value, string Full)> Popularities(IReadOnlyList<IReadOnlyList<object?>> rows, string counted) =>
        Filled(rows, 0, 100, p => p % 10 == 0 ? p.ToString(CultureInfo.InvariantCulture) : "", counted, p => string.Create(CultureInfo.InvariantCulture, $"popularity {p}"));

    // A value that no row speaks of is 0.
    private static List<(string Label, double Value, string Full)> Filled(IReadOnlyList<IReadOnlyList<object?>> rows, int first, int last, Func<int, string> label, string counted, Func<int, string>? full = null)
    {
        var values = rows.ToDictionary(r => (int)Number(r[0]), r => Number(r[1]));
        return Enumerable.Range(first, last - first + 1).Select(i => (label(i), values.GetValueOrDefault(i), $"{(full ?? label)(i)}: {Drawing.Long(values.GetValueOrDefault(i))} {counted}")).ToList();
    }

    private static string Tenth(int number) => number == 10 ? "10+" : number.ToString(CultureInfo.InvariantCulture);

    private static string Bytes(double bytes)
    {
        string[] units = ["B", "kB", "MB", "GB", "TB", "PB"];
        var unit = 0;
        for (; bytes >= 999.5 && unit < units.Length - 1; unit++)
            bytes /= 1000;
        return bytes.ToString(bytes < 99.95 && unit > 0 ? "0.0" : "0", CultureInfo.InvariantCulture) + "\u202f" + units[unit];
    }

    private static string Text(object? value) => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";

    private static double Number(object? value) => Convert.ToDouble(value, CultureInfo.InvariantCulture);
}
