using System.Globalization;
using System.Text;
using CsCheck;
using Lacquer.Formats.Accessions;
using Lacquer.Formats.Catalogues;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Damage;

/// <summary>Records that are none, or nearly: each is set aside with where and why, or read as far as it goes; the work goes on, and the counts add up.</summary>
public sealed class BadRecordTests
{
    public static TheoryData<string, string> Aside => new()
    {
        { "", "it is not JSON" },
        { "{", "it is not JSON" },
        { "nonsense", "it is not JSON" },
        { "null", "it is not a JSON object" },
        { "[]", "it is not a JSON object" },
        { "{}", "it has no record" },
        { Line("{}") + "x", "it is not JSON" },
        { """{"record":{},"entity":"release"}""", "its entity is not known" },
        { """{"entity":"work","record":{}}""", "its entity is not known" },
        { """{"entity":7,"record":{}}""", "its entity is not known" },
        { """{"entity":"release","record":[]}""", "record is a list, not an object" },
        { """{"entity":"release","record":null}""", "record is null, not an object" },
        { """{"\ud800":1,"entity":"release","record":{"id":"x","title":"x"}}""", "half of a surrogate pair" },
        { """{"entity":"\udc00\udc00","record":{"id":"x","title":"x"}}""", "half of a surrogate pair" },
        { Line("{}"), "the release has no id or no title" },
        { Line("""{"id":"","title":"x"}"""), "the release has no id or no title" },
        { Line("""{"id":null,"title":"x"}"""), "the release has no id or no title" },
        { Line("""{"id":7,"title":"x"}"""), "id is a number, not a text" },
        { Line("""{"id":"x","title":{"a":[]}}"""), "title is an object, not a text" },
        { Line("""{"id":"x","title":"\ud800"}"""), "half of a surrogate pair" },
        { Line("""{"id":"x","title":"a\udc00b"}"""), "half of a surrogate pair" },
        { Line($$"""{"id":"x","title":"{{new string('m', 1 << 20)}}"}"""), "title has 1048576 bytes" },
        { Line($$"""{"id":"x","title":"{{new string('m', 4097)}}"}"""), "title has 4097 bytes" },
        { Line("""{"id":"x","title":"x","date":"2024-13"}"""), "date of '2024-13' cannot be" },
        { Line("""{"id":"x","title":"x","date":"2023-02-29"}"""), "date of '2023-02-29' cannot be" },
        { Line("""{"id":"x","title":"x","date":"0000"}"""), "cannot be" },
        { Line("""{"id":"x","title":"x","date":"２０２４"}"""), "cannot be" },
        { Line("""{"id":"x","title":"x","date":"yesterday"}"""), "cannot be" },
        { Line("""{"id":"x","title":"x","date":20240101}"""), "date is a number, not a text" },
        { Line("""{"id":"x","title":"x","media":{}}"""), "media is an object, not a list" },
        { Line("""{"id":"x","title":"x","media":[7]}"""), "medium is a number, not an object" },
        { Line("""{"id":"x","title":"x","media":[{"tracks":"none"}]}"""), "tracks is a text, not a list" },
        { Line("""{"id":"x","title":"x","media":[{"position":65536}]}"""), "medium's position of 65536 cannot be" },
        { Track("""{"title":"t","length":-1}"""), "length of -1 cannot be" },
        { Track("""{"title":"t","length":1.5}"""), "length is a number, not a whole number" },
        { Track("""{"title":"t","length":99999999999999999999999}"""), "length is a number, not a whole number" },
        { Track("""{"title":"t","length":1e400}"""), "length is a number, not a whole number" },
        { Track("""{"title":"t","length":2147483648}"""), "length of 2147483648 cannot be" },
        { Track("""{"title":"t","listens":-7}"""), "listens of -7 cannot be" },
        { Track("""{"title":"t","listens":9223372036854775808}"""), "listens is a number, not a whole number" },
        { Track("""{"title":"t","position":-1}"""), "track's position of -1 cannot be" },
        { Track("""{"title":"t","explicit":"yes"}"""), "explicit is a text, not true or false" },
        { Track("""{"length":1000}"""), "a track has no title" },
        { Track("""{"title":"t","recording":{"isrcs":[null]}}"""), "isrc is null, not a text" },
        { Track("""{"title":"t","recording":{"features":{"tempo":"fast"}}}"""), "tempo is a text, not a number" },
        { Track("""{"title":"t","recording":{"features":{"tempo":1e300}}}"""), "tempo is a number, not a number" },
        { Track("""{"title":"t","recording":{"features":{"\ud800":1}}}"""), "half of a surrogate pair" },
        { Track("""{"title":"t","artist-credit":["A"]}"""), "artist-credit's name is a text, not an object" },
        { Track("""{"title":"t","artist-credit":[""" + string.Join(',', Enumerable.Range(0, 1001).Select(i => $$$"""{"name":"{{{i}}}"}""")) + "]}"), "more than 1000 names" },
        { Track("""{"title":"t","recording":{"isrcs":[""" + string.Join(',', Enumerable.Range(0, 1001).Select(i => $"\"SEA0121{i:D5}\"")) + "]}}"), "more than 1000 ISRCs" },
        { Line($$"""{"id":"x","title":"x","media":[{"tracks":[{{string.Join(',', Enumerable.Repeat("""{"title":"t"}""", 100_001))}}]}]}"""), "it has more than 100000 tracks" },
        { Line("""{"id":"x","title":"x","unknown":""" + new string('[', 200) + new string(']', 200) + "}"), "it is not JSON" },
        { Line("""{"id":"x","title":"x"}""", "artist"), "the artist has no id or no name" },
        { Line("""{"id":"x"}""", "recording"), "the recording has no id or no title" },
    };

    public static TheoryData<string> Taken =>
    [
        Line("""{"id":"x","title":"x","title":"y"}"""),
        Line("""{"\u0069d":"x","t\u0069tle":"y"}"""),
        Line("""{"id":"x","title":"\u0000\uffff\ufffe \u202e😀"}"""),
        Line("""{"id":"x","title":"x","media":[],"aliases":[],"genres":[],"label-info":[],"release-events":[],"artist-credit":[],"images":[]}"""),
        Line("""{"id":"x","title":"x","media":null,"aliases":null,"genres":null,"label-info":null,"release-events":null,"artist-credit":null,"images":null,"date":null,"barcode":null,"country":null,"release-group":null,"cover-art-archive":null,"licence":null}"""),
        Line("""{"id":"x","title":"x","media":[null],"aliases":[null],"genres":[null],"label-info":[null,{"label":null,"catalog-number":null}],"release-events":[null,{"area":null}],"artist-credit":[null,{}],"images":[null]}"""),
        Line("""{"id":"x","title":"x","media":[{"tracks":[null]}]}"""),
        Line("""{"id":"x","title":"x","aliases":[{"name":"x"},{"name":"x"}]}"""),
        Line("""{"id":"x","title":"x","unknown":null,"more":[[[{}]]],"and":{"a":{"b":[1,2,3]}},"number":1e999,"true":true}"""),
        Line("""{"id":"x","title":"x","barcode":"99999999999999999999","date":"","country":"ZZZ"}"""),
        Line("""{"id":"x","title":"x","date":"2000-??-15"}"""),
        Line("""{"id":"x","title":"x","date":"????-05-15"}"""),
        Track("""{"title":"t","length":0,"listens":0,"position":0}"""),
        Track("""{"title":"t","length":null,"listens":null,"position":null,"explicit":null,"artist-credit":null,"recording":null,"number":null}"""),
        Track("""{"title":"t","recording":{"id":null,"title":null,"length":null,"isrcs":null,"features":null,"genres":null,"aliases":null}}"""),
        Track("""{"title":"t","recording":{"isrcs":["nonsense","","SEA012100001","SEA012100001"],"features":{}}}"""),
        Track(string.Join(',', Enumerable.Repeat("""{"title":"t","position":1,"recording":{"id":"r"}}""", 20))),
        Track(string.Join(',', Enumerable.Range(0, 20).Select(i => $$"""{"title":"t{{i}}","position":1}"""))),
        Track("""{"title":"t","artist-credit":[{"name":"","artist":{"id":"a","name":""}},{"name":"A","joinphrase":"\u0000"}]}"""),
        Line("""{"id":"x","name":"x","aliases":[{"name":"x"},"y"]}""", "artist"),
        Line("""{"id":"x","title":"x"}""", "recording"),
    ];

    [Theory]
    [MemberData(nameof(Aside))]
    public void What_is_no_record_is_set_aside_with_where_and_why(string line, string why)
    {
        foreach (var adapter in new[] { "musicbrainz/1", "release/1" })
        {
            using var archive = new LineArchive();
            var path = archive.Add("source", adapter, Good("first"), line, Good("last"));
            var finding = Assert.Single(archive.Build().Findings);
            Assert.Equal("record", finding.Kind);
            Assert.Contains(why, finding.Message, StringComparison.Ordinal);
            // The place is that of the line.
            var at = long.Parse(finding.Subject[(finding.Subject.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture);
            Assert.StartsWith("source/000001 at ", finding.Subject, StringComparison.Ordinal);
            using var reader = AccessionReader.Open(path);
            Assert.Equal(line, Encoding.UTF8.GetString(reader.Record(at).Span));
            AddUp(archive, (3, 1, 0));
            Assert.Equal(["first", "last"], archive.Ask("SELECT title FROM release ORDER BY title").Select(r => (string)r[0]));
        }
    }

    [Theory]
    [MemberData(nameof(Taken))]
    public void What_is_odd_but_a_record_is_taken(string line)
    {
        using var archive = new LineArchive();
        archive.Add("source", "release/1", Good("first"), line, Good("last"));
        Assert.Empty(archive.Build().Findings);
        AddUp(archive, (3, 0, 0), artists: line.Contains("\"artist\",", StringComparison.Ordinal) ? 1 : 0);
        Assert.Equal("ok", archive.Ask("PRAGMA integrity_check")[0][0]);
    }

    [Fact]
    public void Bytes_that_are_not_UTF8_are_set_aside()
    {
        using var archive = new LineArchive();
        byte[] Bad(params byte[] bytes) => [.. """{"entity":"release","record":{"id":"x","title":"""u8, (byte)'"', .. bytes, .. "\"}}"u8];
        archive.Add("source", "release/1", Encoding.UTF8.GetBytes(Good("first")), Bad(0xFF), Bad(0xC3), Bad(0xED, 0xA0, 0x80), Bad(0xC0, 0x80), [0xFF, 0xFE, 0, 0], new byte[1000]);
        var findings = archive.Build().Findings;
        Assert.Equal(6, findings.Count);
        Assert.Equal(5, findings.Count(f => f.Message.Contains("not UTF-8", StringComparison.Ordinal)));
        AddUp(archive, (7, 6, 0));
    }

    [Fact]
    public void The_twentieth_track_at_one_place_is_not_lost()
    {
        using var archive = new LineArchive();
        archive.Add("source", "release/1", Track(string.Join(',', Enumerable.Range(0, 20).Select(i => $$"""{"title":"t{{i}}","position":1}"""))));
        archive.Build();
        Assert.Equal(Enumerable.Range(1, 20).Select(i => (long)i), archive.Ask("SELECT position FROM track ORDER BY position").Select(r => (long)r[0]));
        // Twenty times the same recording at the same place is one track.
        archive.Add("source", "release/1", Track(string.Join(',', Enumerable.Repeat("""{"title":"t","position":1,"recording":{"id":"r"}}""", 20))));
        archive.Build();
        Assert.Equal(1, archive.Number("SELECT count(*) FROM track"));
        AddUp(archive, (1, 0, 1), (1, 0, 0));
    }

    [Fact]
    public void What_is_said_again_of_one_id_takes_the_place_of_what_was_said()
    {
        using var archive = new LineArchive();
        string Said(string id, string title, string track) => $$$"""{"entity":"release","record":{"id":"{{{id}}}","title":"{{{title}}}","media":[{"tracks":[{"title":"{{{track}}}","recording":{"id":"r-{{{track}}}"}}]}]}}""";
        archive.Add("a", "release/1", Said("1", "one", "x"), Said("1", "two", "y"), Said("2", "other", "z"), Said("1", "three", "x"));
        archive.Add("b", "release/1", Said("1", "of another source", "x"));
        archive.Add("a", "release/1", Said("1", "four", "x"), "no record", Said("3", "new", "n"), Said("3", "newer", "n"));
        Assert.Single(archive.Build().Findings);
        AddUp(archive, (4, 0, 3), (1, 0, 0), (4, 1, 1));
        Assert.Equal(["four", "newer", "of another source", "other"], archive.Ask("SELECT title FROM release ORDER BY title").Select(r => (string)r[0]));
        // Whoever stands only on what was superseded is not there.
        Assert.Equal(0, archive.Number("SELECT count(*) FROM recording WHERE title = 'y'"));
    }

    [Fact]
    public void An_accession_cut_off_at_any_byte_gives_what_is_whole_and_says_so()
    {
        using var archive = new LineArchive();
        // Several frames: text that cannot be pressed far.
        var random = Seeded.Random();
        var lines = Enumerable.Range(0, 400).Select(i => $$$"""{"entity":"release","record":{"id":"{{{i}}}","title":"title {{{i}}}","x":"{{{Convert.ToHexString(Bytes(random, 1000))}}}"}}""").ToList();
        var path = archive.Add("source", "release/1", lines);
        archive.Add("other", "release/1", Good("sound"));
        var bytes = File.ReadAllBytes(path);
        var before = -1L;
        foreach (var length in Enumerable.Range(0, 24).Select(i => (int)((long)bytes.Length * i / 24)).Append(bytes.Length - 1).Append(bytes.Length - 20).Order())
        {
            File.WriteAllBytes(path, bytes[..length]);
            if (archive.Layout.NewestCatalogue() is { } newest)
                Directory.Delete(newest, recursive: true);
            var finding = Assert.Single(archive.Build().Findings);
            Assert.Equal(("damaged", "source/000001"), (finding.Kind, finding.Subject));
            Assert.Contains(length < 60 ? "its first frame cannot be read" : "it is cut off", finding.Message, StringComparison.Ordinal);
            var whole = archive.Number("SELECT count(*) FROM release WHERE title LIKE 'title %'");
            Assert.True(whole >= before, $"{whole} records of {length} bytes, {before} of fewer");
            Assert.Equal(whole, archive.Number("SELECT records FROM accession WHERE id = 1"));
            Assert.Equal(1, archive.Number("SELECT count(*) FROM release WHERE title = 'sound'"));
            before = whole;
        }

        Assert.Equal(lines.Count, before);
    }

    [Fact]
    public void A_frame_that_is_broken_is_named_and_those_behind_it_are_read()
    {
        using var archive = new LineArchive();
        var random = Seeded.Random();
        var path = archive.Add("source", "release/1", Enumerable.Range(0, 900).Select(i => $$$"""{"entity":"release","record":{"id":"{{{i}}}","title":"title {{{i}}}","x":"{{{Convert.ToHexString(Bytes(random, 1000))}}}"}}"""));
        long offset;
        using (var reader = AccessionReader.Open(path))
        {
            var frames = reader.Frames().ToList();
            Assert.True(frames.Count > 4);
            offset = frames[1].Offset;
            var bytes = File.ReadAllBytes(path);
            var at = bytes.AsSpan().IndexOf(frames[1].Bytes);
            // Its own first bytes, and some in the middle.
            bytes.AsSpan(at, 6).Fill(0x55);
            bytes.AsSpan(at + frames[1].Bytes.Length / 2, 100).Clear();
            File.WriteAllBytes(path, bytes);
        }

        var finding = Assert.Single(archive.Build().Findings);
        Assert.Equal(("damaged", $"the frame at {offset} cannot be read"), (finding.Kind, finding.Message));
        var titles = archive.Ask("SELECT title FROM release").Select(r => (string)r[0]).ToHashSet();
        Assert.Contains("title 0", titles);
        Assert.Contains("title 899", titles);
        Assert.InRange(titles.Count, 600, 850);
        Assert.Equal(titles.Count, archive.Number("SELECT records FROM accession"));
    }

    [Theory]
    [InlineData("release/1")]
    [InlineData("musicbrainz/1")]
    public void However_lines_are_changed_the_build_goes_on_and_the_counts_add_up(string adapter)
    {
        string[] seeds =
        [
            """{"entity":"release","record":{"id":"b1","title":"Title é","artist-credit":[{"name":"A","joinphrase":" & ","artist":{"id":"a1","name":"A","sort-name":"A, the"}},{"name":"B","role":"guest"}],"date":"2020-02-29","barcode":"4006381333931","country":"DE","release-events":[{"area":{"iso-3166-1-codes":["US"]}}],"label-info":[{"catalog-number":"X 1","label":{"name":"L"}}],"release-group":{"primary-type":"Album","secondary-types":["Live"]},"genres":[{"name":"jazz"}],"aliases":[{"name":"T"}],"cover-art-archive":{"front":true},"media":[{"position":1,"format":"CD","title":"M","tracks":[{"position":1,"title":"t","length":1000,"listens":5,"explicit":false,"artist-credit":[{"name":"C"}],"recording":{"id":"r1","title":"rt","length":1001,"isrcs":["SEA012100001","SEA012100002"],"genres":[{"name":"jazz"}],"features":{"tempo":120.5,"key":3}}},{"position":2,"title":"u"}]}]}}""",
            """{"entity":"recording","record":{"id":"r1","title":"rt","length":1000,"isrcs":["SEA012100001"],"artist-credit":[{"name":"A","artist":{"id":"a1","name":"A"}}],"aliases":[{"name":"alias"}]}}""",
            """{"entity":"artist","record":{"id":"a1","name":"A","sort-name":"A, the","aliases":[{"name":"Ä"}],"genres":[{"name":"jazz"}]}}""",
        ];
        var pieces = Gen.OneOf(new[] { "null", "{}", "[]", "\"\"", "-1", "1e999", "\"\\ud800\"", "true", "99999999999999999999", ",", "}", "]", "\"", ":", "\\", "\0", "é", "\uFFFE" }.Select(piece => Gen.Const(piece)).ToArray());
        var change = Gen.Select(Gen.Int[0, 2], Gen.Select(Gen.Double[0, 1], Gen.Int[0, 12], pieces).Array[0, 4], (seed, changes) =>
        {
            var line = seeds[seed];
            foreach (var (place, length, piece) in changes)
            {
                var at = (int)(place * line.Length);
                line = line[..at] + piece + line[Math.Min(line.Length, at + length)..];
            }

            return line.Replace('\n', ' ');
        });
        // A property's whole value changed for another's: still JSON, so that it goes far.
        var values = new System.Text.RegularExpressions.Regex("""(?<=:)("[^"]*"|-?[\d.]+|true|false|\[\]|\{\})""");
        var exchange = Gen.Select(Gen.Int[0, 2], Gen.Int[0, 60], pieces, (seed, which, piece) =>
        {
            var found = values.Matches(seeds[seed]);
            var match = found[which % found.Count];
            return seeds[seed][..match.Index] + piece + seeds[seed][(match.Index + match.Length)..];
        });
        Gen.OneOf(change, exchange).Array[1, 300].Sample(lines =>
        {
            using var archive = new LineArchive();
            archive.Add("a", adapter, lines.Append(Good("sound")));
            archive.Add("b", "release/1", lines);
            var findings = archive.Build().Findings;
            Assert.Equal(findings.Count, archive.Number("SELECT sum(set_aside) FROM accession"));
            Assert.Equal("ok", archive.Ask("PRAGMA integrity_check")[0][0]);
            Assert.Equal(1, archive.Number("SELECT count(*) FROM release WHERE title = 'sound'"));
            foreach (var row in archive.Ask("SELECT id, records, set_aside, superseded FROM accession"))
            {
                // Artists' documents have no row of their own: what is left are they.
                var live = Live(archive, (long)row[0]);
                var all = (long)row[1] - (long)row[2] - (long)row[3];
                Assert.InRange(live, all - lines.Count(l => l.Contains("artist", StringComparison.Ordinal)), all);
            }
        }, iter: 12, threads: 1);
    }

    private static byte[] Bytes(Random random, int count)
    {
        var bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }

    private static string Line(string record, string entity = "release") => $$"""{"entity":"{{entity}}","record":{{record}}}""";

    private static string Track(string track) => Line($$"""{"id":"x","title":"x","media":[{"tracks":[{{track}}]}]}""");

    private static string Good(string title) => Line($$"""{"id":"{{title}}","title":"{{title}}"}""");

    private static long Live(LineArchive archive, long accession) =>
        archive.Number($"SELECT count(*) FROM (SELECT offset FROM recording_source WHERE accession = {accession} UNION SELECT offset FROM release_source WHERE accession = {accession})");

    // Records = live + set aside + superseded.
    private static void AddUp(LineArchive archive, params (long Records, long SetAside, long Superseded)[] accessions) => AddUp(archive, accessions, 0);

    private static void AddUp(LineArchive archive, (long Records, long SetAside, long Superseded) accession, long artists) => AddUp(archive, [accession], artists);

    private static void AddUp(LineArchive archive, (long Records, long SetAside, long Superseded)[] accessions, long artists)
    {
        var rows = archive.Ask("SELECT id, records, set_aside, superseded FROM accession ORDER BY id");
        Assert.Equal(accessions, rows.Select(r => ((long)r[1], (long)r[2], (long)r[3])));
        foreach (var row in rows)
            Assert.Equal((long)row[1] - (long)row[2] - (long)row[3] - artists, Live(archive, (long)row[0]));
    }
}
