using Lacquer.Formats.Archives;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Rights;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Archives;

public sealed class ArchiveConfigurationTests
{
    private static readonly string[] Required = ["name = \"n\"", "title = \"t\""];

    [Fact]
    public void The_file_that_init_writes_says_the_defaults()
    {
        var written = ArchiveConfiguration.Parse(ArchiveConfiguration.Default("name", "Title \"quoted\" \\ é"), "lacquer.toml");
        Assert.Equal(("name", "Title \"quoted\" \\ é", 1 << 20), (written.Name, written.Title, written.PieceLengthBytes));
        Assert.Equal((new Tier(TierCodec.Vorbis, 160), new Tier(TierCodec.Opus, 75), 1.25), (written.Heard, written.Unheard, written.KeepLossyUpTo));
        Assert.Equal(LicenceClasses.PublicDomain | LicenceClasses.Attribution | LicenceClasses.ShareAlike | LicenceClasses.Copyleft | LicenceClasses.Permissive, written.Rights.Publish);
        Assert.Equal(written.Rights.Publish | LicenceClasses.NonCommercial, written.Rights.Keep);
        Assert.False(written.Rights.KeepUnknown);
        Assert.Equal([50, 20, 1, 0], written.Stages);
        Assert.Equal((70_000_000_000, 20_000, 0), (written.VolumeBytes, written.VolumeFiles, written.Workers));
        Assert.Equal(new FetchSettings(null, 1, 1, 60), written.Fetch);
        Assert.Null(written.BaseUrl);
        Assert.Empty(written.Webseeds);
        Assert.Empty(written.Trackers);
        Assert.Equal((written.Heard, written.Unheard), (written.TierOf(1), written.TierOf(0)));
        Assert.Equal([50, 20, 1, 0], new[] { 100, 49, 19, 0 }.Select(written.StageOf));
    }

    [Fact]
    public void A_line_that_is_deleted_stays_as_it_was()
    {
        var whole = ArchiveConfiguration.Default("name", "Title");
        var lines = whole.Split('\n');
        var expected = Show(ArchiveConfiguration.Parse(whole, "x"));
        for (var i = 0; i < lines.Length; i++)
            if (lines[i].Contains('=', StringComparison.Ordinal) && !lines[i].StartsWith("name", StringComparison.Ordinal) && !lines[i].StartsWith("title", StringComparison.Ordinal) && !lines[i].StartsWith('#'))
                Assert.Equal(expected, Show(ArchiveConfiguration.Parse(string.Join('\n', lines.Where((_, j) => j != i)), "x")));
    }

    [Theory]
    [InlineData("", "nam = 1", "nam")]
    [InlineData("", "piece_length = 1000", "piece_length")]
    [InlineData("", "piece_length = 8192", "piece_length")]
    [InlineData("", "piece_length = \"1048576\"", "piece_length")]
    [InlineData("", "piece_length = -1", "piece_length")]
    [InlineData("", "piece_length = 99999999999999999999", "lacquer.toml")]
    [InlineData("", "tiers = 3", "tiers")]
    [InlineData("[tier]", "heard = \"vorbis-160\"", "tier")]
    [InlineData("[tiers]", "heard = \"mp3-320\"", "tiers.heard")]
    [InlineData("[tiers]", "heard = \"vorbis\"", "tiers.heard")]
    [InlineData("[tiers]", "unheard = \"opus-9999\"", "tiers.unheard")]
    [InlineData("[tiers]", "unheard = 75", "tiers.unheard")]
    [InlineData("[tiers]", "keep_lossy_up_to = \"1\"", "tiers.keep_lossy_up_to")]
    [InlineData("[tiers]", "keep_lossy_up_to = nan", "tiers.keep_lossy_up_to")]
    [InlineData("[tiers]", "keep_lossy_up_to = -1", "tiers.keep_lossy_up_to")]
    [InlineData("[tiers]", "heard = \"flac-8\"", "tiers.heard")]
    [InlineData("[tiers]", "lossy = true", "tiers.lossy")]
    [InlineData("[tiers]", "lossy = \"drop\"", "tiers.lossy")]
    [InlineData("[rights]", "keep = [\"everything\"]", "rights.keep")]
    [InlineData("[rights]", "keep = \"attribution\"", "rights.keep")]
    [InlineData("[rights]", "keep = [1]", "rights.keep")]
    [InlineData("[rights]", "keep = []", "rights.publish")]
    [InlineData("[rights]", "publish = [\"no-derivatives\"]", "rights.publish")]
    [InlineData("[rights]", "keep_unknown = \"yes\"", "rights.keep_unknown")]
    [InlineData("[rights]", "publish_unknown = true", "rights.publish_unknown")]
    [InlineData("[rights]", "territory = \"Germany\"", "rights.territory")]
    [InlineData("[rights]", "territory = \"de\"", "rights.territory")]
    [InlineData("[rights]", "format_shift_no_derivatives = 1", "rights.format_shift_no_derivatives")]
    [InlineData("[rights]", "source = 1", "[[rights.source]]")]
    [InlineData("[[rights.source]]", "publish = []", "rights.source[0].name")]
    [InlineData("[[rights.source]]", "name = \"x\"\npublish = [\"no-derivatives\"]", "rights.source[0].publish")]
    [InlineData("[[rights.source]]", "name = \"x\"\nallow = true", "rights.source[0].allow")]
    [InlineData("[[rights.source]]", "name = \"x\"\n[[rights.source]]\nname = \"x\"", "rights.source")]
    [InlineData("[[rights.statement]]", "licence = \"CC0\"\ndate = 2026-01-01\nsource = \"x\"", "rights.statement[0].by")]
    [InlineData("[[rights.statement]]", "by = \"A\"\nlicence = \"CC0\"\nsource = \"x\"", "rights.statement[0].date")]
    [InlineData("[[rights.statement]]", "by = \"A\"\nlicence = \"CC0\"\ndate = 7\nsource = \"x\"", "rights.statement[0].date")]
    [InlineData("[[rights.statement]]", "by = \"A\"\ndate = 2026-01-01\nlicence = \"CC0\"", "rights.statement[0].recording")]
    [InlineData("[[rights.statement]]", "by = \"A\"\ndate = 2026-01-01\nlicence = \"CC0\"\nrecording = \"rel-altkz4u2wgnqlw5a\"", "rights.statement[0].recording")]
    [InlineData("[rights.age]", "by = \"A\"\ndate = 2026-01-01", "rights.territory")]
    [InlineData("[rights]", "territory = \"DE\"\n[rights.age]\nby = \"A\"\ndate = 2026-01-01\nyears = 50", "rights.age.years")]
    [InlineData("[rights]", "territory = \"BR\"\n[rights.age]\nby = \"A\"\ndate = 2026-01-01", "rights.age.years")]
    [InlineData("[rights]", "territory = \"DE\"\n[rights.age]\ndate = 2026-01-01", "rights.age.by")]
    [InlineData("[quality]", "tail = [\"long\"]", "quality.tail")]
    [InlineData("[quality]", "series_tracks = 1", "quality.series_tracks")]
    [InlineData("[quality]", "tails = []", "quality.tails")]
    [InlineData("[press]", "stages = []", "press.stages")]
    [InlineData("[press]", "stages = [50, 20]", "press.stages")]
    [InlineData("[press]", "stages = [20, 50, 0]", "press.stages")]
    [InlineData("[press]", "stages = [0, 0]", "press.stages")]
    [InlineData("[press]", "stages = [101, 0]", "press.stages")]
    [InlineData("[press]", "stages = [-1, 0]", "press.stages")]
    [InlineData("[press]", "volume_bytes = 10", "press.volume_bytes")]
    [InlineData("[press]", "volume_files = 0", "press.volume_files")]
    [InlineData("[press]", "volume_files = 20001", "press.volume_files")]
    [InlineData("[publish]", "base_url = \"example.org\"", "publish.base_url")]
    [InlineData("[publish]", "base_url = \"https://example.org/music\"", "publish.base_url")]
    [InlineData("[publish]", "base_url = \"file:///music/\"", "publish.base_url")]
    [InlineData("[publish]", "webseeds = [\"ftp://example.org/\"]", "publish.webseeds")]
    [InlineData("[publish]", "trackers = [\"example.org\"]", "publish.trackers")]
    [InlineData("[ingest]", "workers = -1", "ingest.workers")]
    [InlineData("[ingest]", "workers = 2.5", "ingest.workers")]
    [InlineData("[fetch]", "contact = \"me\"", "fetch.contact")]
    [InlineData("[fetch]", "contact = \"me@example.org) evil\"", "fetch.contact")]
    [InlineData("[fetch]", "contact = \"ftp://example.org\"", "fetch.contact")]
    [InlineData("[fetch]", "requests_per_second = 0", "fetch.requests_per_second")]
    [InlineData("[fetch]", "connections = 17", "fetch.connections")]
    [InlineData("[fetch]", "patience_seconds = 0", "fetch.patience_seconds")]
    public void What_cannot_be_is_refused_by_its_key(string section, string line, string key)
    {
        var e = Assert.Throws<LacquerException>(() => ArchiveConfiguration.Parse(string.Join('\n', [.. Required, section, line]), "lacquer.toml"));
        Assert.Equal(Failure.Usage, e.Failure);
        Assert.Contains(key, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', e.Message);
        Assert.NotNull(e.Hint);
    }

    [Fact]
    public void Rules_for_sources_statements_and_age_are_read()
    {
        var rights = ArchiveConfiguration.Parse("""
            [rights]
            territory = "DE"
            [[rights.source]]
            name = "label-x"
            publish = ["attribution", "non-commercial"]
            [[rights.source]]
            name = "gone"
            deny = true
            [[rights.statement]]
            by = "A. Person"
            date = 2026-03-14
            licence = "CC0"
            source = "label-x"
            match = "live/*"
            [[rights.statement]]
            by = "A. Person"
            date = "March 2026"
            licence = "CC-BY-4.0"
            recording = "rec-altkz4u2wgnqlw5a"
            [rights.age]
            by = "A. Person"
            date = 2026-03-14
            """, "lacquer.toml").Rights;
        Assert.Equal(new SourcePolicy("label-x", rights.Keep, LicenceClasses.Attribution | LicenceClasses.NonCommercial, false, false), rights.Sources[0]);
        Assert.True(rights.Sources[1].Deny);
        Assert.Equal(("DE", new AgeRule("A. Person", "2026-03-14", null)), (rights.Territory, rights.Age));
        Assert.Equal(("2026-03-14", "label-x", "live/*"), (rights.Statements[0].Date, rights.Statements[0].Source, rights.Statements[0].Match));
        Assert.Equal(("March 2026", "rec-altkz4u2wgnqlw5a"), (rights.Statements[1].Date, rights.Statements[1].Recording.ToString()));
    }

    [Theory]
    [InlineData("name = \"\"")]
    [InlineData("name = \"Upper\"")]
    [InlineData("name = \"a/b\"")]
    [InlineData("name = \"abcdefghijklmnopqrstuvwxyz\"")]
    [InlineData("name = 7")]
    public void A_name_that_cannot_be_is_refused(string line)
    {
        var e = Assert.Throws<LacquerException>(() => ArchiveConfiguration.Parse(line + "\ntitle = \"t\"", "lacquer.toml"));
        Assert.Equal(Failure.Usage, e.Failure);
        Assert.Contains("name", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_file_is_missing()
    {
        using var scratch = new Scratch();
        Assert.Equal(Failure.Missing, Assert.Throws<LacquerException>(() => ArchiveConfiguration.Read(scratch["lacquer.toml"])).Failure);
    }

    [Fact]
    public void A_changed_file_is_read_or_refused()
    {
        var random = Seeded.Random();
        var bytes = System.Text.Encoding.UTF8.GetBytes(ArchiveConfiguration.Default("name", "Title"));
        for (var round = 0; round < 3000; round++)
        {
            var text = System.Text.Encoding.UTF8.GetString(random.Mutate(bytes));
            try
            {
                ArchiveConfiguration.Parse(text, "lacquer.toml");
            }
            catch (LacquerException e)
            {
                Assert.Equal(Failure.Usage, e.Failure);
            }
            catch (Exception e) when (e is not Xunit.Sdk.XunitException)
            {
                Assert.Fail($"{text}\n{e}");
            }
        }
    }

    private static string Show(ArchiveConfiguration c) =>
        string.Join(' ', c.PieceLengthBytes, c.Heard, c.Unheard, c.KeepLossyUpTo, c.KeepsLossy, c.Rights.Version, string.Join(',', c.Stages), c.VolumeBytes, c.VolumeFiles, c.BaseUrl, string.Join(',', c.Webseeds), string.Join(',', c.Trackers), c.Workers, c.Fetch);
}
