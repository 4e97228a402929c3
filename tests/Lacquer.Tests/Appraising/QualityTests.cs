using System.Text.Json;
using Lacquer.Cli;
using Lacquer.Formats.Accessions;
using Lacquer.Formats.Archives;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Ledgers;
using Lacquer.Stages.Appraising;
using Lacquer.Stages.Workbench;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Appraising;

public sealed class QualityTests : IDisposable
{
    private static readonly QualityPolicy Policy = new([], 1000, 10, 5, 3, []);
    private readonly LineArchive _archive = new();

    [Fact]
    public void Codes_are_found_under_their_names_in_the_records_of_every_adapter()
    {
        _archive.Add("dump", "musicbrainz/1",
            """{"key":"r","record":{"id":"x","barcode":"4006381333931","media":[{"tracks":[{"recording":{"isrcs":["USRC17607839","US-RC1-76-7840"]}}]}]}}""",
            """{"key":"s","record":{"barcode":"4006381333932","isrcs":[],"title":"isrc","note":"USRC"}}""",
            """{"key":"t","record":{"barcode":null,"isrcs":[{"isrc":null}],"tags":["4006381333932"],"upc":36000291452,"ean":""}}""");
        _archive.Add("tags", AudioRecord.Adapter, """{"key":"a","record":{"tags":{"TSRC":"USRC17607839; USRC1760784O","ISRC":"nope"}}}""", "{\"key\":\"b\",\"record\":{\"isrc\":\"bro");
        var (report, faulty) = Scan();
        Assert.Equal(
            ["dump 1 Isrc US-RC1-76-7840 USRC17607840", "dump 1 Gtin 4006381333932 ", "dump 1 Gtin 36000291452 036000291452", "tags 2 Isrc USRC1760784O USRC17607840", "tags 2 Isrc nope "],
            faulty.Select(f => $"{f.Source} {f.Accession} {f.Kind} {f.Text} {f.Suggestion}"));
        Assert.Equal([new("dump", CodeKind.Isrc, 2, 1, 1), new("dump", CodeKind.Gtin, 3, 2, 1), new("tags", CodeKind.Isrc, 3, 2, 1)], report.Counts);
        Assert.Equal((2, 5L), (report.Accessions, report.Records));
        Assert.Equal(faulty[1].Offset, faulty[2].Offset - """{"key":"s","record":{"barcode":"4006381333932","isrcs":[],"title":"isrc","note":"USRC"}}""".Length - 1);
        Assert.Equal(["tags"], Scan("tags").Report.Counts.Select(c => c.Source));
    }

    [Fact]
    public async Task The_list_of_codes_is_JSON_when_asked_for()
    {
        _archive.Add("dump", "musicbrainz/1", """{"key":"s","record":{"barcode":"4006381333932\u0007","isrc":"US-RC1-76-7840"}}""");
        using var json = JsonDocument.Parse(await Run("quality", "codes", "--json"));
        Assert.Equal(["gtin", "isrc"], json.RootElement.GetProperty("codes").EnumerateArray().Select(c => c.GetProperty("kind").GetString()));
        Assert.Equal(1, json.RootElement.GetProperty("report").GetProperty("records").GetInt32());
        Assert.Contains("ISRC 'US-RC1-76-7840': its designation has fewer than five digits; USRC17607840?", await Run("quality", "codes"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Signs_are_counted_and_named()
    {
        Fill();
        using var catalogue = Open();
        using var ledger = OpenLedger();
        var signs = QualitySigns.Of(catalogue, ledger, Policy, Enum.GetValues<QualitySignal>()).ToList();
        Assert.Equal(
            ["Short blip 800", "Flood Upload Farm 12", "SameDuration Alike 6", "SameTitle Alike 6"],
            signs.Select(s => $"{s.Signal} {s.Name} {s.Value}"));
        Assert.Equal(20200102, signs[1].Date);
        File.WriteAllText(_archive.Layout.Configuration, "name = \"lines\"\n[quality]\ntail = [\"short\", \"same-duration\"]\nflood_tracks = 10\nseries_tracks = 5\n");
        using var json = JsonDocument.Parse(await Run("quality", "signals", "--json"));
        Assert.Equal(["short", "flood", "same-duration", "same-title"], json.RootElement.GetProperty("signals").EnumerateArray().Select(s => s.GetProperty("signal").GetString()));
        Assert.Equal(6, json.RootElement.GetProperty("report").GetProperty("recordings_in_tail").GetInt32());
        Assert.Contains("in the tail: 6 recordings", await Run("quality", "signals"), StringComparison.Ordinal);
    }

    [Fact]
    public void What_has_a_sign_comes_last_and_nothing_is_left_out()
    {
        Fill();
        using var catalogue = Open();
        using var ledger = OpenLedger();
        var all = catalogue.Recordings().Select(r => r.Rank).ToList();
        Assert.Equal(all, Order(catalogue, ledger, []));
        foreach (var (tail, count) in new[] { (new[] { QualitySignal.Short }, 1), ([QualitySignal.Flood], 12), ([QualitySignal.SameTitle], 5), (Enum.GetValues<QualitySignal>(), 18) })
        {
            var order = Order(catalogue, ledger, tail);
            Assert.Equal(all, order.Order());
            // Two runs, each in the order of rank, the tail being the second.
            var last = order[^count..];
            Assert.Equal(order[..^count].Order().Concat(last.Order()), order);
            Assert.Equal(count, QualitySigns.Tail(catalogue, ledger, Policy with { Tail = tail }, TestContext.Current.CancellationToken)!.Cast<bool>().Count(b => b));
        }

        // A recording that somebody put on another release, too, is no bulk.
        var shared = catalogue.Recordings().Single(r => r.Title == "Part 1");
        Assert.False(QualitySigns.Tail(catalogue, ledger, Policy with { Tail = [QualitySignal.SameTitle] }, TestContext.Current.CancellationToken)![(int)shared.Rank]);
    }

    public void Dispose() => _archive.Dispose();

    private Ledger OpenLedger() => Ledger.Open(_archive.Layout.Ledger, TimeProvider.System, "test", readOnly: true);

    private void Fill()
    {
        var lines = new List<byte[]> { Line("blip", "Somebody", "Noise", 1, "2001", 800) };
        // Twelve tracks of a day under one name, on two releases; and twelve of many artists.
        for (var i = 0; i < 12; i++)
        {
            lines.Add(Line($"Farmed {(char)('a' + i)}", "Upload Farm", i % 2 == 0 ? "One" : "Two", i + 1, "2020-01-02", 60_000 + 5000 * i));
            lines.Add(Line($"Hit {(char)('a' + i)}", "Various Artists", "Hits", i + 1, "2020-01-02", 60_000 + 5000 * i));
        }

        for (var i = 1; i <= 6; i++)
            lines.Add(Line($"Part {i}", "Looper", "Alike", i, "2010", 30_000));
        lines.Add(Line("Part 1", "Looper", "Best of", 1, "2012", 30_000));
        _archive.Add("music", AudioRecord.Adapter, lines);
        _archive.Build();
    }

    private static byte[] Line(string title, string artist, string album, int track, string date, int durationMs)
    {
        var key = $"{album}/{track}.ogg";
        var tags = new Dictionary<string, string> { ["title"] = title, ["artist"] = artist, ["album"] = album, ["album_artist"] = artist, ["track"] = $"{track}", ["date"] = date };
        var probe = JsonSerializer.SerializeToElement(new
        {
            streams = new[] { new { codec_type = "audio", codec_name = "vorbis", channels = 2, sample_rate = "44100", duration = (durationMs / 1000.0).ToString("0.000", System.Globalization.CultureInfo.InvariantCulture), tags } },
            format = new { format_name = "ogg" },
        });
        return new AudioRecord(key, 1000, new Sha256Digest(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(key))), probe, [], null, null).ToLine();
    }

    private CatalogueReader Open() => CatalogueReader.Open(_archive.Layout.NewestCatalogue()!);

    private static List<long> Order(CatalogueReader catalogue, Ledger ledger, IReadOnlyList<QualitySignal> tail) =>
        QualitySigns.Ordered(catalogue, ledger, Policy with { Tail = tail }, TestContext.Current.CancellationToken).Select(r => r.Rank).ToList();

    private (CodeScanReport Report, List<FaultyCode> Faulty) Scan(string? source = null)
    {
        var faulty = new List<FaultyCode>();
        return (CodeScan.Run(new CodeScanRequest(_archive.Folder, source), TimeProvider.System, faulty.Add, new LineArchive.Heard(), TestContext.Current.CancellationToken), faulty);
    }

    private async Task<string> Run(params string[] words)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await App.RunAsync([.. words, "--archive", _archive.Folder], new Terminal(output, error), TestContext.Current.CancellationToken);
        Assert.True(code == 0, error.ToString());
        return output.ToString();
    }
}
