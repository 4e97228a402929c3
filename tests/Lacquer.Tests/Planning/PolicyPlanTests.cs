using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Lacquer.Formats.Accessions;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Rights;
using Lacquer.Stages.Planning;
using Lacquer.Stages.Workbench;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Planning;

/// <summary>A plan tries any policy over the catalogue, without a change to the archive.</summary>
public sealed class PolicyPlanTests : IDisposable
{
    private readonly LineArchive _archive = new();
    private readonly Scratch _scratch = new();

    public void Dispose()
    {
        _archive.Dispose();
        _scratch.Dispose();
    }

    [Fact]
    public void Another_policy_gives_other_files_bytes_and_cpu_time()
    {
        // A hundred seconds each: heard, unheard, and of a licence that is kept only where policy says so.
        _archive.Add("music", AudioRecord.Adapter, Line("a.flac", "CC-BY-4.0", 100), Line("b.flac", "CC-BY-4.0", 0), Line("c.flac", "CC-BY-ND-4.0", 50));
        _archive.Build();
        var standing = Plan(null);
        Assert.Equal((2L, 100_000L * 160 / 8 + 100_000L * 75 / 8, null), (standing.Kept, standing.Bytes, standing.Policy));
        Assert.Equal((100 * 0.0145 + 100 * 0.0124) / 86_400, standing.CpuDays, 6);
        Assert.Equal(standing.CpuDays, standing.Steps[^1].CpuDays);

        var path = _scratch["policy.toml"];
        File.WriteAllText(path, "[tiers]\nheard = \"opus-96\"\nunheard = \"opus-96\"\n");
        Assert.Equal((2L, 2 * 100_000L * 96 / 8), Of(Plan(path)));
        File.WriteAllText(path, "[rights]\nkeep = [\"attribution\", \"no-derivatives\"]\npublish = []\nformat_shift_no_derivatives = true\n");
        Assert.Equal((3L, 0L, 2 * 100_000L * 160 / 8 + 100_000L * 75 / 8), (Plan(path).Kept, Plan(path).Published, Plan(path).Bytes));
        // What a file has beside the three tables is not the policy's.
        File.WriteAllText(path, "name = \"other\"\n[ingest]\nworkers = 3\n");
        Assert.Equal(Of(standing), Of(Plan(path)));
        File.WriteAllText(path, "[tiers]\nheard = \"mp3-320\"\n");
        Assert.Contains("tiers.heard", Assert.Throws<LacquerException>(() => Plan(path)).Message, StringComparison.Ordinal);
        Assert.Equal(Failure.Missing, Assert.Throws<LacquerException>(() => Plan(_scratch["none.toml"])).Failure);
    }

    private static (long, long) Of(HoldingsReport report) => (report.Kept, report.Bytes);

    private HoldingsReport Plan(string? policy) =>
        HoldingsPlan.Run(new HoldingsRequest(_archive.Folder, [], policy), TimeProvider.System, new Progress<StageProgress>(), TestContext.Current.CancellationToken);

    private static byte[] Line(string key, string licence, long listens)
    {
        var probe = JsonSerializer.SerializeToElement(new
        {
            streams = new[] { new { codec_type = "audio", codec_name = "flac", channels = 2, sample_rate = "44100", duration = "100.000", tags = new Dictionary<string, string> { ["title"] = key } } },
            format = new { format_name = "flac" },
        });
        var digest = new Sha256Digest(SHA256.HashData(Encoding.UTF8.GetBytes(key)));
        return new AudioRecord(key, 9_000_000, digest, probe, [new Evidence(EvidenceKind.Tag, "LICENSE", licence, digest.ToString())], listens, null).ToLine();
    }
}
