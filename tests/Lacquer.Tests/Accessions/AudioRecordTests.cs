using System.Text;
using System.Text.Json;
using Lacquer.Formats.Accessions;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Rights;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Accessions;

public sealed class AudioRecordTests
{
    private const string Probe = """
        {"streams":[{"index":0,"codec_name":"vorbis","codec_type":"audio","sample_rate":"44100","channels":2,"duration":"6.500000","tags":{"TITLE":"Déjà vu","track":"1"}}],"format":{"format_name":"ogg","duration":"6.500000","tags":{"LICENSE":"CC0"}}}
        """;

    [Fact]
    public void A_record_is_read_as_it_was_written()
    {
        var record = Whole();
        var read = AudioRecord.Read(record.ToLine()).Record!;
        Assert.Equal(record.ToLine(), read.ToLine());
        Assert.Equal(("first/01.ogg", 1234L, 500L), (read.Key, read.LengthBytes, read.Listens));
        Assert.Equal(("vorbis", 6500, 2, 44100), (read.Codec, read.DurationMs, read.Channels, read.SampleRateHz));
        Assert.Equal(record.Evidence, read.Evidence);
        Assert.Equal(record.Cover, read.Cover);
        Assert.Equal("Déjà vu", read.Tag("title"));
        var aside = new Finding("harvest", "a\nb\"c", "damaged", "it is cut off");
        Assert.Equal(aside, AudioRecord.Read(AudioRecord.SetAsideLine(aside)).SetAside);
        Assert.Equal("a\nb\"c", AudioRecord.KeyOf(AudioRecord.SetAsideLine(aside)));
    }

    [Fact]
    public void A_changed_line_is_a_record_or_a_format_exception()
    {
        var random = Seeded.Random();
        var line = Whole().ToLine();
        for (var round = 0; round < 20_000; round++)
        {
            var bad = random.Mutate(line);
            try
            {
                Use(AudioRecord.Read(bad));
            }
            catch (FormatException)
            {
            }
            catch (Exception e)
            {
                Assert.Fail($"{Encoding.UTF8.GetString(bad)}\n{e}");
            }
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"key\":null,\"set_aside\":{\"kind\":\"x\",\"message\":\"y\"}}")]
    [InlineData("{\"key\":\"a\",\"set_aside\":{\"kind\":null,\"message\":\"y\"}}")]
    [InlineData("{\"key\":\"a\",\"record\":{\"length\":-1,\"sha256\":\"ZERO\",\"probe\":{},\"evidence\":[]}}")]
    [InlineData("{\"key\":\"a\",\"record\":{\"length\":1,\"sha256\":\"ZERO\",\"probe\":{},\"evidence\":[],\"listens\":-1}}")]
    [InlineData("{\"key\":\"a\",\"record\":{\"length\":1,\"sha256\":\"12\",\"probe\":{},\"evidence\":[]}}")]
    [InlineData("{\"key\":\"a\",\"record\":{\"length\":1e99,\"sha256\":\"ZERO\",\"probe\":{},\"evidence\":[]}}")]
    [InlineData("{\"key\":null,\"record\":{\"length\":1,\"sha256\":\"ZERO\",\"probe\":{},\"evidence\":[]}}")]
    [InlineData("{\"key\":\"a\",\"record\":{\"length\":1,\"sha256\":\"ZERO\",\"probe\":{},\"evidence\":[{\"kind\":\"tag\",\"place\":null,\"text\":\"\",\"sha256\":\"\"}]}}")]
    [InlineData("{\"key\":\"a\",\"record\":{\"length\":1,\"sha256\":\"ZERO\",\"probe\":{},\"evidence\":[{\"kind\":\"hearsay\",\"place\":\"\",\"text\":\"\",\"sha256\":\"\"}]}}")]
    [InlineData("{\"key\":\"a\",\"record\":{\"length\":1,\"sha256\":\"ZERO\",\"probe\":{},\"evidence\":[],\"cover\":{\"sha256\":\"ZERO\",\"extension\":\"../../x\",\"place\":\"\"}}}")]
    public void What_is_no_record_is_a_format_exception(string line) =>
        Assert.Throws<FormatException>(() => AudioRecord.Read(Encoding.UTF8.GetBytes(line.Replace("ZERO", new string('0', 64), StringComparison.Ordinal))));

    [Theory]
    [InlineData("1")]
    [InlineData("[]")]
    [InlineData("{\"streams\":{},\"format\":[]}")]
    [InlineData("{\"streams\":[1,null,{\"codec_type\":7},{\"codec_type\":\"audio\",\"codec_name\":1,\"channels\":\"2\",\"sample_rate\":44100,\"duration\":6}],\"format\":{\"duration\":[],\"tags\":3}}")]
    [InlineData("{\"streams\":[{\"codec_type\":\"audio\",\"duration\":\"NaN\",\"channels\":1e99,\"sample_rate\":\"-1\"}],\"format\":null}")]
    public void A_probe_of_another_shape_says_nothing(string probe)
    {
        var record = new AudioRecord("k", 1, default, JsonDocument.Parse(probe).RootElement, [], null, null);
        Assert.Equal(("", null, 0, 0), (record.Codec, record.DurationMs, record.Channels, record.SampleRateHz));
        Assert.Empty(record.Tags);
    }

    private static void Use((AudioRecord? Record, Finding? SetAside) read)
    {
        if (read.Record is not { } record)
        {
            Assert.NotNull(read.SetAside!.Subject);
            return;
        }

        _ = (record.Codec, record.DurationMs, record.BitrateKbps, record.Channels, record.SampleRateHz, record.Tag("title", "artist"));
        Assert.NotNull(record.Key);
        Assert.True(record.LengthBytes >= 0);
        new Gate(new RightsPolicy(LicenceClasses.Attribution, LicenceClasses.Attribution, true)).Decide(new RightsQuestion(record.Evidence, new DateOnly(2026, 1, 1)));
        record.ToLine();
    }

    private static AudioRecord Whole() => new("first/01.ogg", 1234, Digest(1), JsonDocument.Parse(Probe).RootElement,
        [new Evidence(EvidenceKind.Tag, "LICENSE", "CC0", Digest(1).ToString()), new Evidence(EvidenceKind.Record, "licenseurl", "CC-BY-4.0", Digest(3).ToString()), new Evidence(EvidenceKind.Statement, "rights.toml", "CC-BY-4.0", Digest(2).ToString(), "A. Person", "2026-01-01")],
        500, new CoverImage(Digest(3), "jpg", "embedded"));

    private static Sha256Digest Digest(byte fill) => new(Enumerable.Repeat(fill, 32).ToArray());
}
