using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Lacquer.Formats.Accessions;
using Lacquer.Formats.Objects;
using Lacquer.Stages.Harvesting;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Harvesting;

/// <summary>Cue sheets and lyrics beside files of music, and within them.</summary>
public sealed class SideCarTests : IDisposable
{
    private const string Sheet = """
        REM GENRE Folk
        REM DATE 1999
        PERFORMER "The Band"
        TITLE "The Album"
        FILE "album.wav" WAVE
          TRACK 01 AUDIO
            TITLE "First"
            ISRC GBAYE0601498
            INDEX 01 00:00:00
          TRACK 02 AUDIO
            TITLE "Second"
            PERFORMER "A Guest"
            INDEX 00 00:00:70
            INDEX 01 00:01:15
          TRACK 03 AUDIO
            INDEX 01 00:02:00
        """;

    private static readonly byte[] Audio = Tone.Vorbis(440);

    private readonly Scratch _scratch = new();
    private readonly LineArchive _archive = new();

    public SideCarTests() => Assert.SkipUnless(Tone.IsReal, "ffmpeg is not installed, so there is no tone to harvest");

    public void Dispose()
    {
        _archive.Dispose();
        _scratch.Dispose();
    }

    [Fact]
    public async Task A_file_with_a_cue_sheet_is_as_many_recordings_as_the_sheet_has_tracks()
    {
        Write("one/album.ogg", Audio);
        Write("one/album.cue", Sheet);
        Write("one/album.txt", "words of nobody knows which track");
        Assert.Empty((await Harvest()).Findings);
        Assert.Equal([("one/album.ogg#01", "First", "The Band", 0, 1200), ("one/album.ogg#02", "Second", "A Guest", 1200, 800), ("one/album.ogg#03", null, "The Band", 2000, 1000)],
            Records().Select(r => (r.Key, r.Tag("title"), r.Tag("artist"), r.Part!.StartMs, r.DurationMs!.Value)));
        _archive.Build();
        Assert.Equal([["First", 1L], ["Second", 2L], ["album 03", 3L]], _archive.Ask("SELECT r.title, t.position FROM track t JOIN recording r ON r.id = t.recording ORDER BY t.position"));
        Assert.Equal([["The Album", 19990000L, "The Band"]], _archive.Ask("SELECT l.title, l.date, c.name FROM release l JOIN artist_credit c ON c.id = l.artist_credit"));
        Assert.False((await Harvest()).IsNew);
    }

    [Fact]
    public async Task A_sheet_that_does_not_fit_its_file_is_said_and_the_file_taken_as_one()
    {
        Write("album.ogg", Audio);
        Write("album.cue", Sheet.Replace("00:02:00", "00:04:00", StringComparison.Ordinal));
        var report = await Harvest();
        Assert.Equal(("album.ogg", "cue"), Assert.Single(report.Findings.Select(f => (f.Subject, f.Kind))));
        Assert.Equal("album.ogg", Assert.Single(Records()).Key);
    }

    [Fact]
    public async Task A_sheet_of_one_file_for_each_track_changes_nothing()
    {
        Write("01.ogg", Audio);
        Write("x.cue", "FILE \"01.ogg\" WAVE\n TRACK 01 AUDIO\n INDEX 01 00:00:00\nFILE \"02.ogg\" WAVE\n TRACK 02 AUDIO\n INDEX 01 00:00:00\n");
        await Harvest();
        Assert.Null(Assert.Single(Records()).Part);
    }

    [Theory]
    [InlineData("CC0-1.0", 3)]
    [InlineData("CC-BY-ND-4.0", 0)]
    public async Task A_part_of_a_file_is_cut_out_unless_its_licence_lets_nothing_be_changed(string licence, int ingested)
    {
        Write("album.ogg", Audio);
        Write("album.cue", Sheet);
        Write("rights.toml", $"by = \"me\"\ndate = \"2026-01-01\"\n[[files]]\nmatch = \"*\"\nlicence = \"{licence}\"\n");
        var configuration = await File.ReadAllTextAsync(_archive.Layout.Configuration);
        await File.WriteAllTextAsync(_archive.Layout.Configuration, Regex.Replace(configuration, @"(?m)^keep = \[(.*)\]$", "keep = [$1, \"no-derivatives\"]"));
        await Harvest();
        _archive.Build();
        var pipeline = new Pipeline(_archive.Folder);
        var report = await pipeline.Ingest();
        Assert.Equal(ingested, report.Ingested);
        Assert.Equal(3 - ingested, report.Findings.Count(f => f.Message.Contains("part of a longer file", StringComparison.Ordinal)));
        Directory.CreateDirectory(_archive.Layout.Objects);
        var durations = Directory.EnumerateFiles(_archive.Layout.Objects, "*.opus", SearchOption.AllDirectories)
            .Select(o => double.Parse(Tools.Run("ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", o).Output, CultureInfo.InvariantCulture)).Order().ToList();
        Assert.Equal(ingested, durations.Count);
        Assert.All(durations.Zip([0.8, 1.0, 1.2]), d => Assert.InRange(d.First, d.Second - 0.03, d.Second + 0.03));
        Assert.Equal(0, (await pipeline.Ingest()).Ingested);
    }

    [Fact]
    public async Task Lyrics_beside_a_file_are_kept_as_they_are()
    {
        Write("a.ogg", Audio);
        Write("a.lrc", "[00:01.00]one\n[00:02.00]two\n");
        Write("a.txt", Encoding.Latin1.GetBytes("h\u00e9"));
        await Harvest();
        Assert.Equal([(Lyrics.Timed, "a.lrc", "[00:01.00]one\n[00:02.00]two\n"), (Lyrics.Plain, "a.txt", "h\u00e9")], Assert.Single(Records()).Lyrics.Select(l => (l.Kind, l.Place, l.Text)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Lyrics_in_tags_do_not_go_into_objects(bool isHeard)
    {
        using var plain = new MemoryStream(Audio);
        using var tagged = new MemoryStream();
        OggFile.Rewrite(plain, new CommentHeader("x", [new Comment("TITLE", "T"), new Comment("LYRICS", "la la"), new Comment("UNSYNCEDLYRICS", "li li")]), tagged);
        Write("a.ogg", tagged.ToArray());
        Write("rights.toml", "by = \"me\"\ndate = \"2026-01-01\"\n[[files]]\nmatch = \"*\"\nlicence = \"CC0-1.0\"\n");
        Write("listens.csv", "path,listens\na.ogg,9\n");
        await new Pipeline(_archive.Folder).Harvest(_scratch["music"], isHeard ? _scratch["music/listens.csv"] : null);
        Assert.Equal([("LYRICS", null), ("UNSYNCEDLYRICS", (string?)null)], Assert.Single(Records()).Lyrics.Select(l => (l.Place.ToUpperInvariant(), l.Text)).Order());
        _archive.Build();
        Assert.Equal(1, (await new Pipeline(_archive.Folder).Ingest()).Ingested);
        using var made = File.OpenRead(Assert.Single(Directory.EnumerateFiles(Path.Combine(_archive.Folder, "objects"), "*", SearchOption.AllDirectories)));
        var comments = OggFile.ReadHead(made).Tags.Comments;
        Assert.Contains(comments, c => c.Name == "TITLE");
        Assert.DoesNotContain(comments, c => Lyrics.IsTag(c.Name));
    }

    [Fact]
    public async Task A_run_that_was_killed_between_two_parts_goes_on_with_the_next()
    {
        Write("album.ogg", Audio);
        Write("album.cue", Sheet);
        Write("later.ogg", Audio);
        await Harvest();
        var whole = Lines(_archive);
        using var other = new LineArchive();
        Directory.CreateDirectory(Path.GetDirectoryName(other.Layout.Accession("music", 1))!);
        using (var writer = AccessionWriter.Open(other.Layout.Accession("music", 1) + ".partial", new AccessionHeader(1, "music", AudioRecord.Adapter)))
        {
            writer.Add(Encoding.UTF8.GetBytes(whole[0]));
            writer.Add(Encoding.UTF8.GetBytes(whole[1]));
            writer.Finish();
        }

        Assert.Equal(4, (await new Pipeline(other.Folder).Harvest(_scratch["music"])).Records);
        Assert.Equal(whole, Lines(other));

        static List<string> Lines(LineArchive archive)
        {
            using var reader = AccessionReader.Open(archive.Layout.Accession("music", 1));
            return reader.Lines().Select(l => Encoding.UTF8.GetString(l.Line.Span)).ToList();
        }
    }

    [Fact]
    public void A_record_with_a_part_and_lyrics_is_read_as_it_was_written()
    {
        var line = Encoding.UTF8.GetBytes($$$"""
            {"key":"a.flac#02","record":{"length":9,"sha256":"{{{new string('1', 64)}}}","probe":{"streams":[{"codec_type":"audio","duration":"9.0","tags":{"TITLE":"All","LYRICS":"la","ALBUM":"A"}}]},"evidence":[],"part":{"file":"a.flac","number":2,"start_ms":1000,"end_ms":3000,"cue":"a.cue","cue_sha256":"{{{new string('2', 64)}}}","tags":{"TITLE":"Two"}},"cue_problem":"p","lyrics":[{"kind":"text","place":"LYRICS","sha256":"{{{new string('3', 64)}}}"}]}}
            """);
        var record = AudioRecord.Read(line).Record!;
        Assert.Equal(Encoding.UTF8.GetString(line), Encoding.UTF8.GetString(record.ToLine()));
        Assert.Equal(("a.flac", 2000, 9000, "Two", "A", null), (record.File, record.DurationMs, record.FileDurationMs, record.Tag("title"), record.Tag("album"), record.Tag("lyrics")));
        Assert.Throws<FormatException>(() => AudioRecord.Read(Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(line).Replace("3000", "1000", StringComparison.Ordinal))));
    }

    private Task<HarvestReport> Harvest() => new Pipeline(_archive.Folder).Harvest(_scratch["music"]);

    private List<AudioRecord> Records()
    {
        using var reader = AccessionReader.Open(_archive.Layout.Accession("music", 1));
        return reader.Lines().Select(l => AudioRecord.Read(l.Line).Record).OfType<AudioRecord>().ToList();
    }

    private void Write(string name, string text) => Write(name, Encoding.UTF8.GetBytes(text));

    private void Write(string name, byte[] bytes)
    {
        var path = _scratch[$"music/{name}"];
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, bytes);
    }
}
