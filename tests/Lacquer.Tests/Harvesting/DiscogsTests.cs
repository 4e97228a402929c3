using System.IO.Compression;
using System.Text;
using Lacquer.Formats.Accessions;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Stages.Harvesting;
using Lacquer.Stages.Sources;
using Lacquer.Stages.Workbench;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Harvesting;

/// <summary>Discogs' dumps become accessions and a catalogue.</summary>
public sealed class DiscogsTests : IDisposable
{
    private const string Release = """
        <release id="7" status="Accepted"><artists><artist><id>3</id><name>Äm (2)</name><anv>AM</anv><join>&amp;</join></artist><artist><id>4</id><name>Bo</name><anv/><join/></artist></artists>
        <title>Two Sides &lt;1&gt;</title><labels><label name="Svek (3)" catno="SK 1" id="5"/><label name="Own" catno="none" id="6"/></labels>
        <formats><format name="CD" qty="2" text=""><descriptions><description>Album</description></descriptions></format></formats>
        <genres><genre>Electronic</genre></genres><styles><style>Techno</style></styles><released>1999-03-00</released>
        <tracklist><track><position></position><title>Heading</title><duration></duration></track><track><position>1-1</position><title>One</title><duration>4:45</duration></track>
        <track><position></position><title>Suite</title><sub_tracks><track><position>1-2a</position><title>Part</title><duration>1:00:01</duration></track></sub_tracks></track>
        <track><position>2-1</position><title>Other Disc</title><duration>x</duration><artists><artist><id>9</id><name>Guest</name></artist></artists></track></tracklist>
        <identifiers><identifier type="Matrix / Runout" value="X"/><identifier type="Barcode" value="4 006381 333931"/></identifiers></release>
        """;

    private const string Artists = """<artists><artist><id>3</id><name>Äm (2)</name><namevariations><name>AM</name></namevariations></artist><artist><id>99</id><name>Uncredited</name></artist></artists>""";

    private readonly Scratch _scratch = new();
    private readonly LineArchive _archive = new();

    public void Dispose()
    {
        _archive.Dispose();
        _scratch.Dispose();
    }

    [Fact]
    public async Task Artists_and_releases_become_a_catalogue()
    {
        Write("discogs_20260801_releases.xml.gz", $"<releases>\n{Release}\n</releases>");
        Write("discogs_20260801_artists.xml.gz", Artists);
        var report = await Harvest();
        Assert.Equal(("discogs", true, 3L, 0L), (report.Source, report.IsNew, report.Records, report.SetAside));
        Assert.False((await Harvest()).IsNew);
        _archive.Build();
        Assert.Equal([["Two Sides <1>", "AM & Bo", 19990300L, 4006381333931L, "Album"]],
            _archive.Ask("SELECT r.title, c.name, r.date, r.gtin, t.name FROM release r JOIN artist_credit c ON c.id = r.artist_credit JOIN release_type t ON t.id = r.type"));
        Assert.Equal([["One", 1L, 1L, 285000L, "AM & Bo"], ["Part", 1L, 2L, 3601000L, "AM & Bo"], ["Other Disc", 2L, 1L, DBNull.Value, "Guest"]],
            _archive.Ask("SELECT r.title, t.medium, t.position, r.duration_ms, c.name FROM track t JOIN recording r ON r.id = t.recording JOIN artist_credit c ON c.id = r.artist_credit ORDER BY t.medium, t.position"));
        Assert.Equal([["Svek", "SK 1"], ["Own", DBNull.Value]], _archive.Ask("SELECT l.name, r.catalogue_number FROM release_label r JOIN label l ON l.id = r.label ORDER BY r.position"));
        Assert.Equal([["Bo"], ["Guest"], ["Uncredited"], ["Äm"]], _archive.Ask("SELECT name FROM artist ORDER BY name"));
        Assert.Equal([[EntityId.From(EntityKind.Release, "discogs", "7").ToArray()]], _archive.Ask("SELECT eid FROM release"));
    }

    [Fact]
    public async Task What_is_whole_of_a_broken_file_is_taken()
    {
        var good = string.Concat(Enumerable.Range(1, 50).Select(i => $"""<release id="{i}"><title>T{i}</title></release>"""));
        Write("discogs_20260801_releases.xml", $"<releases>{good}<release status=\"x\"><title>no id</title></release><release id=\"51\"><title>cut o");
        var report = await Harvest();
        Assert.Equal((50L, 2L), (report.Records, report.SetAside));
        Assert.Equal(["unreadable", "damaged"], report.Findings.Select(f => f.Kind));
        using var reader = AccessionReader.Open(_archive.Layout.Accession("discogs", 1));
        Assert.Equal(52, reader.Lines().Count());
    }

    [Theory]
    [InlineData("discogs_20260801_masters.xml.gz", "<masters/>", Failure.Usage)]
    [InlineData("discogs_20260801_releases.xml", "<artists/>", Failure.Damaged)]
    [InlineData("elsewhere.xml", "<releases/>", Failure.Usage)]
    public async Task What_is_no_dump_is_refused(string name, string text, Failure failure)
    {
        Write(name, text);
        Assert.Equal(failure, (await Assert.ThrowsAsync<LacquerException>(Harvest)).Failure);
    }

    [Fact]
    public async Task Entities_and_references_do_not_lead_out_of_the_file()
    {
        File.WriteAllText(_scratch["secret"], "SECRET");
        Write("discogs_20260801_releases.xml", $"<!DOCTYPE x [<!ENTITY e SYSTEM \"file://{_scratch["secret"]}\">]><releases><release id=\"1\"><title>&e;</title></release></releases>");
        var report = await Harvest();
        Assert.Equal((0L, 1L), (report.Records, report.SetAside));
    }

    private Task<AdapterReport> Harvest() => AdapterHarvest.RunAsync(AdapterList.Of("discogs/1")!,
        new AdapterRequest(_archive.Folder, _scratch["dumps"], "/", null, new Dictionary<string, string>(), _ => null), TimeProvider.System, new Progress<StageProgress>(), TestContext.Current.CancellationToken);

    private void Write(string name, string text)
    {
        Directory.CreateDirectory(_scratch["dumps"]);
        using var file = File.Create(_scratch[$"dumps/{name}"]);
        using Stream to = name.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(file, CompressionLevel.Fastest) : file;
        to.Write(Encoding.UTF8.GetBytes(text));
    }
}
