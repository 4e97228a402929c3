using System.Text.Json;
using Lacquer.Cli;
using Lacquer.Formats.Accessions;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Ledgers;
using Lacquer.Formats.Rights;
using Lacquer.Stages.Ingesting;
using Lacquer.Stages.Reviewing;
using Lacquer.Stages.Workbench;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Reviewing;

/// <summary>Decisions that are asked again. The records speak of files that are not there: the gate decides before anybody opens one.</summary>
public sealed class RightsReviewTests : IDisposable
{
    private readonly LineArchive _archive = new();
    private readonly ManualClock _clock = new();

    [Fact]
    public async Task A_check_says_what_would_change_and_changes_nothing_until_it_is_told_to()
    {
        await Decided(("free", "CC0"), ("share", "CC-BY-SA-4.0"), ("dark", "CC-BY-NC-4.0"), ("odd", "ask me"));
        Configure("""publish = ["public-domain", "non-commercial", "attribution"]""");
        var before = Ledger(l => l.Decisions(null, 10));
        var (report, changes) = Check(apply: false);
        Assert.Equal([new(RightsAnswer.Keep, RightsAnswer.Publish, 1), new(RightsAnswer.Publish, RightsAnswer.Keep, 1)], report.Changes);
        Assert.Equal((4L, 2L, 0L, false), (report.Decisions, report.Same, report.Reworded, report.IsApplied));
        Assert.Equal([Id("dark"), Id("share")], changes.Select(c => c.Recording).OrderBy(id => id == Id("share")));
        Assert.Equal(before, Ledger(l => l.Decisions(null, 10)));

        Assert.True(Check(apply: true).Report.IsApplied);
        Assert.All(Ledger(l => l.Decisions(null, 10)), d => Assert.Equal(report.Policy, d.Rights.Policy));
        Assert.Equal((true, false), (Ledger(l => l.Rights(Id("dark"))!.Publish), Ledger(l => l.Rights(Id("share"))!.Publish)));
        var again = Check(apply: true);
        Assert.Equal((4L, 0), (again.Report.Same, again.Changes.Count));
        // Each decision left an event, and the same one twice only one.
        Assert.Equal(2, Ledger(l => l.Events(Id("dark").ToString())).Count(e => e.Type == "rights"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(8)]
    public async Task A_check_goes_by_pages_in_the_order_of_ids(int pageRows)
    {
        await Decided(Enumerable.Range(0, 7).Select(i => ($"t{i}", "CC-BY-SA-4.0")).ToArray());
        Configure("""publish = ["public-domain"]""");
        var (report, changes) = Check(apply: true, pageRows);
        Assert.Equal((7L, 7), (report.Decisions, changes.Count));
        Assert.Equal(Enumerable.Range(0, 7).Select(i => Id($"t{i}")).Order(), changes.Select(c => c.Recording));
        Assert.Empty(Check(apply: false, pageRows).Changes);
    }

    [Fact]
    public async Task A_source_may_be_shut_and_a_statement_opens_one_recording()
    {
        await Decided(("a", "CC0"), ("b", "CC0"), ("c", "ask me"));
        Configure("", $"[[rights.statement]]\nby = \"A. Person\"\ndate = 2026-03-14\nlicence = \"CC-BY-4.0\"\nrecording = \"{Id("c")}\"\n");
        Assert.Equal([new(RightsAnswer.Deny, RightsAnswer.Publish, 1)], Check(apply: true).Report.Changes);
        var evidence = Ledger(l => l.Rights(Id("c")))!.Evidence!;
        Assert.Equal(("lacquer.toml", "A. Person", "2026-03-14", "CC-BY-4.0"), (evidence.Place, evidence.By, evidence.Date, evidence.Text));
        Configure("", "[[rights.source]]\nname = \"label\"\ndeny = true\n");
        Assert.Equal([new(RightsAnswer.Publish, RightsAnswer.Deny, 3)], Check(apply: false).Report.Changes);
    }

    [Fact]
    public async Task What_is_old_enough_is_free_from_the_day_on_that_the_law_says()
    {
        await Decided([("old", "", "1925"), ("late", "", "1956-05-01"), ("new", "", "1990"), ("said", "all rights reserved", "1925"), ("undated", "", null)]);
        Assert.All(Ledger(l => l.Decisions(null, 10)), d => Assert.False(d.Rights.Keep));
        Configure("", "territory = \"DE\"\n[rights.age]\nby = \"A. Person\"\ndate = 2026-03-14\n");
        Assert.Equal([new(RightsAnswer.Deny, RightsAnswer.Publish, 2)], Check(apply: true).Report.Changes);
        var old = Ledger(l => l.Rights(Id("old")))!;
        Assert.Equal(("LicenseRef-public-domain-DE", EvidenceKind.Age, "1925-00-00", "A. Person"), (old.Licence, old.Evidence!.Kind, old.Evidence.Text, old.Evidence.By));
        Assert.StartsWith("rel-", old.Evidence.Place, StringComparison.Ordinal);
        Assert.Equal(64, old.Evidence.Sha256.Length);
        Assert.Contains("free in DE since 1976-01-01", old.Reason, StringComparison.Ordinal);
        Assert.Equal("2026-03-01", Ledger(l => l.Events(Id("old").ToString()))[^1].At[..10]);
        Assert.Contains("protected in DE until 2060-12-31", Ledger(l => l.Rights(Id("new")))!.Reason, StringComparison.Ordinal);

        // In the United States 1956 has to wait, and waiting is enough.
        Configure("", "territory = \"US\"\n[rights.age]\nby = \"A. Person\"\ndate = 2026-03-14\n");
        Assert.Equal([new(RightsAnswer.Publish, RightsAnswer.Deny, 1)], Check(apply: true).Report.Changes);
        _clock.MoveOn(TimeSpan.FromDays(365.25 * 41));
        Assert.Equal([new(RightsAnswer.Deny, RightsAnswer.Publish, 1)], Check(apply: false).Report.Changes);
    }

    [Fact]
    public async Task A_broken_accession_is_a_finding_and_its_decisions_stay()
    {
        var path = await Decided(("a", "CC0"), ("b", "CC0"));
        Configure("""publish = ["attribution"]""");
        var bytes = await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(path, bytes[..(bytes.Length / 2)], TestContext.Current.CancellationToken);
        var (report, changes) = Check(apply: true);
        Assert.Equal((2L, 0), (report.Unanswered, changes.Count));
        Assert.NotEmpty(report.Findings);
        Assert.True(Ledger(l => l.Rights(Id("a"))!.Publish));

        // Before anything is published, the evidence that decided is asked: what the policy no longer allows goes, whatever is broken.
        using (var archive = OpenArchive.ToWrite(_archive.Folder, _clock))
            PolicyReview.Run(archive);
        Assert.False(Ledger(l => l.Rights(Id("a"))!.Publish));
    }

    [Fact]
    public async Task An_explanation_has_decision_evidence_hash_time_and_record()
    {
        await Decided(("free", "CC0"), ("odd", "ask me"));
        foreach (var id in new[] { Id("free").ToString(), "#1", Release("free") })
        {
            var text = await Run("rights", "explain", id);
            foreach (var part in new[] { Id("free").ToString(), "keep and publish: CC0-1.0, by tag LICENSE=CC0", "by policy ", "2026-03-01T00:00:00.000Z", "label/000001 at ", "tag LICENSE: CC0, SHA-256 ", "SHA-256 " + Digest("free"), "free.ogg" })
                Assert.Contains(part, text, StringComparison.Ordinal);
        }

        Assert.Contains("do not keep: licence not recognised: tag LICENSE=ask me", await Run("rights", "explain", Id("odd").ToString()), StringComparison.Ordinal);
        using var json = JsonDocument.Parse(await Run("rights", "explain", Id("free").ToString(), "--json"));
        var one = json.RootElement[0];
        Assert.Equal("CC0-1.0", one.GetProperty("decided").GetProperty("licence").GetString());
        Assert.Equal("LICENSE", one.GetProperty("files")[0].GetProperty("evidence")[0].GetProperty("place").GetString());
        Assert.Equal("2026-03-01T00:00:00.000Z", one.GetProperty("decided_at").GetString());
    }

    [Fact]
    public async Task The_list_of_changes_is_JSON_when_asked_for()
    {
        await Decided(("a", "CC0"), ("b", "CC0"), ("c", "CC-BY-4.0"));
        using (var none = JsonDocument.Parse(await Run("rights", "check", "--json")))
            Assert.Equal((0, 3L), (none.RootElement.GetProperty("changes").GetArrayLength(), none.RootElement.GetProperty("report").GetProperty("same").GetInt64()));
        Configure("""publish = ["attribution"]""");
        using var json = JsonDocument.Parse(await Run("rights", "check", "--json"));
        Assert.Equal(["keep", "keep"], json.RootElement.GetProperty("changes").EnumerateArray().Select(c => c.GetProperty("to").GetString()));
        Assert.Contains("publish -> keep: 2", await Run("rights", "check"), StringComparison.Ordinal);
    }

    public void Dispose() => _archive.Dispose();

    private Task<string> Decided(params (string Title, string Licence)[] files) => Decided(files.Select(f => (f.Title, f.Licence, (string?)null)).ToArray());

    private async Task<string> Decided(params (string Title, string Licence, string? Date)[] files)
    {
        Tools.Need("ffmpeg");
        var path = _archive.Add("label", AudioRecord.Adapter, files.Select(f => Line(f.Title, f.Licence, f.Date)));
        _archive.Build();
        await Ingest.RunAsync(new IngestRequest(_archive.Folder), _clock, new LineArchive.Heard(), TestContext.Current.CancellationToken);
        return path;
    }

    private static byte[] Line(string title, string licence, string? date)
    {
        var probe = JsonSerializer.SerializeToElement(new
        {
            streams = new[] { new { codec_type = "audio", codec_name = "vorbis", channels = 2, sample_rate = "44100", duration = "60.0", tags = new Dictionary<string, string> { ["title"] = title, ["artist"] = "Somebody", ["album"] = "Of " + title, ["date"] = date ?? "" } } },
            format = new { format_name = "ogg" },
        });
        return new AudioRecord(title + ".ogg", 1000, new Sha256Digest(Convert.FromHexString(Digest(title))), probe,
            licence.Length == 0 ? [] : [new Evidence(EvidenceKind.Tag, "LICENSE", licence, Digest(title))], null, null).ToLine();
    }

    private (RightsCheckReport Report, List<RightsChange> Changes) Check(bool apply, int pageRows = 100)
    {
        var changes = new List<RightsChange>();
        return (RightsCheck.Run(new RightsCheckRequest(_archive.Folder, apply, pageRows), _clock, changes.Add, new LineArchive.Heard(), TestContext.Current.CancellationToken), changes);
    }

    // The table [rights] with one line of its own and tables after it.
    private void Configure(string line, string tables = "") => File.WriteAllText(_archive.Layout.Configuration, $"name = \"lines\"\ntitle = \"Lines\"\n[rights]\n{line}\n{tables}");

    private T Ledger<T>(Func<Ledger, T> ask)
    {
        using var ledger = Formats.Ledgers.Ledger.Open(_archive.Layout.Ledger, TimeProvider.System, "test", readOnly: true);
        return ask(ledger);
    }

    private string Release(string title) => new EntityId(EntityKind.Release, (byte[])_archive.Ask($"SELECT eid FROM release WHERE title = 'Of {title}'")[0][0]).ToString();

    private async Task<string> Run(params string[] words)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await App.RunAsync([.. words, "--archive", _archive.Folder], new Terminal(output, error) { Clock = _clock }, TestContext.Current.CancellationToken);
        Assert.True(code == 0, error.ToString());
        return output.ToString();
    }

    private static EntityId Id(string title) => EntityId.From(EntityKind.Recording, "label", title + ".ogg");

    private static string Digest(string title) => Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(title)));
}
