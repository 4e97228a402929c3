using System.Text.RegularExpressions;
using System.Xml.Linq;
using Lacquer.Formats.Catalogues;
using Lacquer.Stages.Exploring;
using Lacquer.Stages.Workbench;
using Lacquer.Tests.Studio;
using Microsoft.Data.Sqlite;
using Xunit;

namespace Lacquer.Tests.Exploring;

/// <summary>The page of charts.</summary>
public sealed partial class ReportTests
{
    private static readonly SmallRecording[] Recordings =
    [
        new("<script>alert(1)</script> & \"more\"", "A'rtist <b>", 1000, "First", 1, "SEA012100001", 200_000),
        new("Second\u0007 song", "Other", 10, "First", 2, "SEA012100001", 3_000_000),
        new("Third", "Other", 0, "Second", 1, null, null),
    ];

    [Fact]
    public void The_page_needs_nothing_else_and_obeys_no_title()
    {
        using var archive = Archive();
        var page = Write(archive).Page;
        Assert.DoesNotContain("<script", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotMatch(Outside(), page);
        Assert.Contains("&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;more&quot;", page, StringComparison.Ordinal);
        Assert.DoesNotContain('\u0007', page);
        Assert.Contains("default-src 'none'", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_drawing_is_well_formed_and_stays_within_its_frame()
    {
        using var archive = Archive();
        var drawings = Svg().Matches(Write(archive).Page).Select(m => XElement.Parse(m.Value)).ToList();
        Assert.True(drawings.Count > 12, $"{drawings.Count}");
        foreach (var svg in drawings.Where(s => s.Attribute("role") is not null))
        {
            var box = svg.Attribute("viewBox")!.Value.Split(' ').Select(double.Parse).ToArray();
            foreach (var bar in svg.Elements().Where(e => e.Name.LocalName == "rect"))
            {
                double Of(string name) => double.Parse(bar.Attribute(name)!.Value, System.Globalization.CultureInfo.InvariantCulture);
                Assert.InRange(Of("x"), 0, box[2]);
                Assert.InRange(Of("x") + Of("width"), 0, box[2]);
                Assert.InRange(Of("y"), 0, box[3]);
                Assert.InRange(Of("y") + Of("height"), 0, box[3]);
            }
        }
    }

    [Fact]
    public void The_figures_are_those_of_the_catalogue_and_the_ledger()
    {
        using var archive = Archive();
        var charts = Write(archive).Outcome.Charts.ToDictionary(c => c.Name, c => c.Rows.Select(r => string.Join(' ', r)).ToList());
        Assert.Equal(["1 1000 1010 1 4"], charts["held"]);
        Assert.Equal(["0 1", "34 1", "100 1"], charts["recordings-by-popularity"]);
        Assert.Equal(["20 1"], charts["durations"]);
        Assert.Equal(["2 1"], charts["long-durations"]);
        Assert.Equal(["2 1"], charts["recordings-per-isrc"]);
        Assert.Equal(["0 1", "1 2"], charts["isrcs-per-recording"]);
        Assert.Equal(["CC-BY-4.0 1"], charts["licences"]);
        Assert.Equal(["-1 0 1", "3 0 1", "9 1 1"], charts["held-by-popularity"]);
        Assert.Equal("1 <script>alert(1)</script> & \"more\" A'rtist <b> 1000 1", charts["top-recordings"][0]);
    }

    [Fact]
    public void What_the_catalogue_says_nothing_of_is_left_out()
    {
        using var archive = new SmallArchive();
        archive.Catalogue("000001", new SmallRecording("Unheard", "Artist", 0, "Release", DurationMs: null));
        var names = Write(archive).Outcome.Charts.Select(c => c.Name).ToList();
        foreach (var missing in new[] { "durations", "long-durations", "coverage", "listens-by-popularity", "licences", "tiers", "jobs", "isrcs-per-recording", "recordings-per-isrc", "explicit", "licences-told", "keys", "tempo", "energy", "markets", "genres", "conflicts", "releases-by-type", "releases-by-label" })
            Assert.DoesNotContain(missing, names);
    }

    [Fact]
    public void Every_chart_has_its_figures_where_the_catalogue_has_them()
    {
        using var archive = new SmallArchive();
        Directory.CreateDirectory(archive.Layout.Catalogue("000001"));
        SmallCatalogue.Write(archive.Layout.Catalogue("000001"));
        var charts = Write(archive).Outcome.Charts.ToDictionary(c => c.Name, c => c.Rows.Select(r => string.Join(' ', r)).ToList());
        Assert.Contains("ISRCs 4", charts["numbers"]);
        Assert.Contains("GTINs 1", charts["numbers"]);
        Assert.Equal(["0 3", "1 2", "3 1"], charts["isrcs-per-recording"]);
        Assert.Equal(["1 3", "2 1"], charts["recordings-per-isrc"]);
        Assert.Equal(["8 0 1", "9 1 1"], charts["explicit"]);
        Assert.Equal(["CC-BY-4.0 1", "CC0-1.0 1"], charts["licences-told"]);
        Assert.Equal(["0 1 1", "9 0 1"], charts["keys"]);
        Assert.Equal(["9 1", "12 1"], charts["tempo"]);
        Assert.Equal(["4 1"], charts["time-signature"]);
        Assert.Equal(["26 1"], charts["loudness"]);
        Assert.Equal(["6 1", "12 1"], charts["energy"]);
        Assert.Equal(["14 1"], charts["valence"]);
        Assert.Equal(["Album 1", "Album + Live 1"], charts["releases-by-type"]);
        Assert.Equal(["Else 1", "Small Records 1"], charts["releases-by-label"]);
        Assert.Equal(["DE 1", "US 1", "XW 1"], charts["markets"]);
        Assert.Equal(["ambient 1", "jazz 1"], charts["genres"]);
        Assert.Equal(["title shop 3", "date disk 1"], charts["conflicts"]);
        Assert.Equal(["with GTIN 2", "without GTIN 1"], charts["releases-by-gtin"]);
    }

    [Fact]
    public void The_same_archive_gives_the_same_bytes_and_an_older_page_is_replaced()
    {
        using var archive = Archive();
        var first = Write(archive).Page;
        Assert.Equal(first, Write(archive).Page);
    }

    private static (ReportOutcome Outcome, string Page) Write(SmallArchive archive)
    {
        var path = Path.Combine(archive.Folder, "report.html");
        var outcome = Report.Run(new ReportRequest(archive.Folder, path), TimeProvider.System, new Progress<StageProgress>(), CancellationToken.None);
        Assert.Equal(new FileInfo(path).Length, outcome.LengthBytes);
        return (outcome, File.ReadAllText(path));
    }

    private static SmallArchive Archive()
    {
        var archive = new SmallArchive();
        archive.Catalogue("000001", Recordings);
        // The studio's catalogues come without a coverage table.
        using (var database = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = Path.Combine(archive.Layout.Catalogue("000001"), CatalogueReader.CatalogueFileName), Pooling = false }.ToString()))
        {
            database.Open();
            using var command = database.CreateCommand();
            command.CommandText = "INSERT INTO coverage SELECT popularity, max(id), count(*), sum(listens), coalesce(sum(duration_ms), 0) FROM recording GROUP BY popularity";
            command.ExecuteNonQuery();
        }

        archive.Keep(Recordings[0], [1, 2, 3, 4], "ogg", SmallArchive.Free);
        return archive;
    }

    [GeneratedRegex(@"(src|href)\s*=|url\(|@import", RegexOptions.IgnoreCase)]
    private static partial Regex Outside();

    [GeneratedRegex("<svg.*?</svg>", RegexOptions.Singleline)]
    private static partial Regex Svg();
}
