using System.IO.Compression;
using System.Text;
using Lacquer.Formats.Accessions;
using Lacquer.Formats.Findings;
using Lacquer.Stages.Harvesting;
using Lacquer.Stages.Sources;
using Lacquer.Stages.Workbench;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Harvesting;

/// <summary>Tables of any columns become accessions and a catalogue.</summary>
public sealed class TableTests : IDisposable
{
    private const string Mapping = """
        [recording]
        id = "track_id"
        title = "name"
        artist = { column = "artists", separator = ";" }
        artist_id = { column = "artist_ids", separator = ";" }
        duration = { column = "length", unit = "ms" }
        isrc = { column = "codes", separator = "|" }
        listens = "plays"
        licence = { value = "CC-BY-4.0" }
        explicit = "explicit"
        position = "nr"
        [release]
        id = "album_id"
        title = "album"
        date = "released"
        [file]
        location = { value = "https://example.org/{track_id}.flac" }
        """;

    private const string Header = "track_id,name,artists,artist_ids,length,codes,plays,explicit,nr,album_id,album,released";
    private const string First = "1,\"One, \"\"two\"\"\nthree\",Ann;Bo,7;8,61500,GBAYE0601498|xx,12,true,2,a,Äpfel,2001-02-03";
    private const string Second = "2,Two,Ann,7,1000,,,0,1,a,Äpfel,2001-02-03";

    private readonly Scratch _scratch = new();
    private readonly LineArchive _archive = new();

    public void Dispose()
    {
        _archive.Dispose();
        _scratch.Dispose();
    }

    public static TheoryData<string> Names => ["t.csv", "t.csv.gz", "t.csv.zst", "t.jsonl", "t.parquet"];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Every_format_gives_the_same_catalogue(string name)
    {
        WriteAs(name, $"\uFEFF{Header}\r\n{First}\r\n\r\n{Second}");
        var report = await Harvest(name, Mapping);
        Assert.Equal(("t", true, 2L, 0L), (report.Source, report.IsNew, report.Records, report.SetAside));
        Assert.False((await Harvest(name, Mapping)).IsNew);
        _archive.Build();
        Assert.Equal([["One, \"two\"\nthree", "Ann, Bo", 61500L, 12L, "CC-BY-4.0", 2L], ["Two", "Ann", 1000L, 0L, "CC-BY-4.0", 1L]],
            _archive.Ask("SELECT r.title, c.name, r.duration_ms, r.listens, l.name, t.position FROM recording r JOIN artist_credit c ON c.id = r.artist_credit JOIN recording_rare x ON x.recording = r.id JOIN licence l ON l.id = x.licence JOIN track t ON t.recording = r.id ORDER BY r.id"));
        Assert.Equal([["Äpfel", 20010203L]], _archive.Ask("SELECT title, date FROM release"));
        Assert.Equal([["Ann"], ["Bo"], ["Various Artists"]], _archive.Ask("SELECT name FROM artist ORDER BY name"));
    }

    [Fact]
    public async Task A_record_is_the_row_and_names_its_file()
    {
        WriteAs("t.csv", $"{Header}\n{First}\n");
        await Harvest("t.csv", Mapping);
        using var accession = AccessionReader.Open(_archive.Layout.Accession("t", 1));
        using var line = System.Text.Json.JsonDocument.Parse(accession.Lines().Single().Line);
        var (key, record) = (line.RootElement.GetProperty("key").GetString()!, line.RootElement.GetProperty("record"));
        Assert.Equal(("1", "One, \"two\"\nthree", "GBAYE0601498|xx"), (key, record.GetProperty("name").GetString(), record.GetProperty("codes").GetString()));
        var file = Assert.Single(AdapterList.Of("table/1")!.Reading(accession.Header.Settings).Files(key, record));
        Assert.Equal(("1", "https://example.org/1.flac", "1.flac", 61500, "CC-BY-4.0"), (file.RecordingId, file.Location, file.FileName, file.DurationMs, file.Evidence.Single().Text));
    }

    [Fact]
    public async Task A_bad_row_is_set_aside_with_its_line_and_the_next_is_read()
    {
        WriteAs("t.csv", "id,title\n1,a\n2,\"b\" c\n3,d,e\n4,\"open\n5,\"f\ng\"\n\"6\",12\" mix\n");
        var report = await Harvest("t.csv", "[recording]\nid = \"id\"\ntitle = \"title\"");
        Assert.Equal([("line 3", "unreadable"), ("line 4", "columns"), ("line 5", "unreadable")], report.Findings.Select(f => (f.Subject, f.Kind)));
        Assert.Equal(["1", "5", "6"], Keys("t"));
        Assert.Equal(3, report.Records);
    }

    [Fact]
    public async Task Rows_and_lines_longer_than_the_bounds_are_passed_over()
    {
        WriteAs("t.csv", $"id,title\n1,\"{new string('x', 2 << 20)}\n2,b\n");
        Assert.Equal("line 2", Assert.Single((await Harvest("t.csv", "[recording]\nid = \"id\"\ntitle = \"title\"")).Findings).Subject);
        Assert.Equal(["2"], Keys("t"));
        WriteText("u.jsonl", $"{{\"id\":1}}\n{{\"id\":\"{new string('x', 16 << 20)}\"}}\n[1]\n{{\"id\":2}}\n{{");
        Assert.Equal([("line 2", "long"), ("line 3", "unreadable"), ("line 5", "unreadable")], (await Harvest("u.jsonl", "[recording]\nid = \"id\"\ntitle = \"id\"")).Findings.Select(f => (f.Subject, f.Kind)));
    }

    [Fact]
    public async Task A_packed_file_that_is_cut_off_gives_what_is_whole()
    {
        WriteAs("t.csv.zst", "id,title\n" + string.Concat(Enumerable.Range(0, 200_000).Select(i => $"{i},{i * 7919L}\n")));
        var bytes = File.ReadAllBytes(_scratch["t.csv.zst"]);
        File.WriteAllBytes(_scratch["t.csv.zst"], bytes[..(bytes.Length / 2)]);
        var report = await Harvest("t.csv.zst", "[recording]\nid = \"id\"\ntitle = \"title\"");
        Assert.InRange(report.Records, 1, 199_999);
        Assert.Equal("damaged", report.Findings[^1].Kind);
    }

    [Fact]
    public async Task A_guess_is_a_mapping_that_can_be_used()
    {
        WriteAs("t.csv", "Track ID;Track Name;Artist Name;ISRC;Duration;License;Year;Mood\n1;One;Ann|Bo;GBAYE0601498;61500;https://creativecommons.org/licenses/by/4.0/;2001;calm\n2;Two;Cy;;120000;;;\n");
        var guess = await Guess("t.csv");
        Assert.Contains("artist = { column = \"Artist Name\", separator = \"|\" }", guess, StringComparison.Ordinal);
        Assert.Contains("duration = { column = \"Duration\", unit = \"ms\" }", guess, StringComparison.Ordinal);
        Assert.Contains("# Not spoken of: \"Mood\"", guess, StringComparison.Ordinal);
        await Harvest("t.csv", guess);
        _archive.Build();
        Assert.Equal([["One", "Ann, Bo", 61500L, "CC-BY-4.0"]],
            _archive.Ask("SELECT r.title, c.name, r.duration_ms, l.name FROM recording r JOIN artist_credit c ON c.id = r.artist_credit JOIN recording_rare x ON x.recording = r.id JOIN licence l ON l.id = x.licence"));
        Assert.Equal([["One"], ["Two"]], _archive.Ask("SELECT title FROM recording ORDER BY title"));
    }

    [Theory]
    [InlineData("title = \"x\"")]
    [InlineData("[recording]\nid = \"id\"")]
    [InlineData("[recording]\ntitle = \"nothing\"")]
    [InlineData("[recording]\ntitle = 3")]
    [InlineData("[recording]\ntitle = { column = \"id\", unit = \"h\" }")]
    [InlineData("[recording]\ntitle = \"id\"\nmood = \"id\"")]
    [InlineData("rows = \"song\"\n[recording]\ntitle = \"id\"")]
    [InlineData("[recording")]
    public async Task A_mapping_that_cannot_be_is_refused(string mapping)
    {
        WriteAs("t.csv", "id,title\n1,a\n");
        Assert.Equal(Failure.Usage, (await Assert.ThrowsAsync<LacquerException>(() => Harvest("t.csv", mapping))).Failure);
    }

    [Theory]
    [InlineData("t.csv", "", Failure.Usage)]
    [InlineData("t.dat", "id\n1\n", Failure.Usage)]
    [InlineData("t.parquet", "PAR1 and no more", Failure.Damaged)]
    public async Task What_is_no_table_is_refused(string name, string text, Failure failure)
    {
        WriteText(name, text);
        Assert.Equal(failure, (await Assert.ThrowsAsync<LacquerException>(() => Harvest(name, "[recording]\ntitle = \"id\""))).Failure);
    }

    private List<string> Keys(string source)
    {
        using var accession = AccessionReader.Open(_archive.Layout.Accession(source, 1));
        return accession.Lines().Select(l => System.Text.Json.JsonDocument.Parse(l.Line).RootElement).Where(l => l.TryGetProperty("record", out _)).Select(l => l.GetProperty("key").GetString()!).ToList();
    }

    private Task<string?> Guess(string table) => AdapterList.Of("table/1")!.AnswerAsync(Request(table, new() { ["--guess"] = "" }), TestContext.Current.CancellationToken);

    private Task<AdapterReport> Harvest(string table, string? mapping)
    {
        File.WriteAllText(_scratch["mapping.toml"], mapping);
        return AdapterHarvest.RunAsync(AdapterList.Of("table/1")!, Request(table, new() { ["--mapping"] = "mapping.toml" }), TimeProvider.System, new Progress<StageProgress>(), TestContext.Current.CancellationToken);
    }

    private AdapterRequest Request(string table, Dictionary<string, string> options) => new(_archive.Folder, table, _scratch["."], null, options, _ => null);

    private void WriteAs(string name, string csv)
    {
        var plain = _scratch["plain.csv"];
        File.WriteAllText(plain, csv);
        var path = _scratch[name].Replace("'", "''", StringComparison.Ordinal);
        switch (Path.GetExtension(name))
        {
            case ".jsonl":
                Duck.Ask($"COPY (FROM read_csv('{plain}', all_varchar = true)) TO '{path}' (FORMAT json)");
                break;
            case ".parquet":
                Duck.Ask($"COPY (SELECT * REPLACE (string_split(artists, ';') AS artists, string_split(artist_ids, ';') AS artist_ids, length::INT AS length, plays::INT AS plays, explicit::BOOL AS explicit) FROM read_csv('{plain}', all_varchar = true)) TO '{path}' (FORMAT parquet)");
                break;
            default:
                WriteText(name, csv);
                break;
        }
    }

    private void WriteText(string name, string text)
    {
        using var file = File.Create(_scratch[name]);
        using Stream to = Path.GetExtension(name) switch
        {
            ".gz" => new GZipStream(file, CompressionLevel.Fastest),
            ".zst" => new ZstdSharp.CompressionStream(file),
            _ => file,
        };
        to.Write(Encoding.UTF8.GetBytes(text));
    }
}
