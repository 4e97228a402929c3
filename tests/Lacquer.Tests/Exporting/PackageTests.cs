using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Stages.Exporting;
using Lacquer.Stages.Workbench;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Exporting;

/// <summary>Objects handed over to preservation systems, checked by tools that know nothing of us, or by the specification's own words.</summary>
public sealed class PackageTests(PackageTests.Published published) : IClassFixture<PackageTests.Published>
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_bag_is_valid_and_has_each_object_once_with_what_is_known_of_it()
    {
        Tools.Need("sha256sum", "sha512sum");
        await published.MakeAsync();
        using var scratch = new Scratch();
        var report = await Export(scratch["bag"], PackageForm.BagIt);
        Assert.Equal((5L, 0), (report.Recordings, report.Findings.Count));
        foreach (var (tool, algorithm) in new[] { ("sha256sum", "sha256"), ("sha512sum", "sha512") })
            foreach (var manifest in new[] { "manifest", "tagmanifest" })
            {
                var (code, output) = Tools.Run("sh", "-c", $"cd '{scratch["bag"]}' && {tool} --check --strict --quiet {manifest}-{algorithm}.txt");
                Assert.True(code == 0, output);
                var listed = File.ReadLines(scratch[$"bag/{manifest}-{algorithm}.txt"]).Select(l => l[(l.IndexOf(' ', StringComparison.Ordinal) + 2)..]);
                Assert.Equal(Files(scratch["bag"]).Where(f => manifest == "manifest" ? f.StartsWith("data/", StringComparison.Ordinal) : !f.Contains('/', StringComparison.Ordinal) && !f.StartsWith("tagmanifest", StringComparison.Ordinal)), listed);
            }

        Assert.Equal("BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n", await File.ReadAllTextAsync(scratch["bag/bagit.txt"], Stop));
        var payload = Files(scratch["bag/data"]).Select(f => new FileInfo(Path.Combine(scratch["bag/data"], f))).ToList();
        Assert.Contains(FormattableString.Invariant($"Payload-Oxum: {payload.Sum(f => f.Length)}.{payload.Count}"), await File.ReadAllLinesAsync(scratch["bag/bag-info.txt"], Stop));
        // Where the reference implementation is installed, it has the last word.
        if (Tools.Run("/usr/bin/env", "python3", "-c", "import bagit").ExitCode == 0)
            Assert.Equal(0, Tools.Run("/usr/bin/env", "python3", "-m", "bagit", "--validate", scratch["bag"]).ExitCode);

        var record = JsonNode.Parse(await File.ReadAllTextAsync(scratch[$"bag/data/recordings/{Id("first/01.ogg")}.json"], Stop))!;
        Assert.Equal(("Déjà vu", "CC-BY-SA-4.0", true), ((string)record["recording"]!["title"]!, (string)record["rights"]!["licence"]!, (bool)record["rights"]!["publish"]!));
        Assert.Equal("tag", (string)record["rights"]!["evidence"]!["kind"]!);
        Assert.Contains(record["events"]!.AsArray(), e => (string)e!["eventType"]! == "ingest" && (string)e["eventOutcome"]! == "success" && ((string)e["linkingAgentIdentifier"]!).StartsWith("lacquer/", StringComparison.Ordinal));
        var name = (string)record["object"]!["file"]!;
        Assert.Equal((string)record["object"]!["sha256"]!, Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(scratch[$"bag/data/objects/{name[..2]}/{name}"], Stop))));
    }

    [Fact]
    public async Task An_ocfl_storage_root_holds_to_the_specification()
    {
        Tools.Need("sha512sum");
        await published.MakeAsync();
        using var scratch = new Scratch();
        var report = await Export(scratch["ocfl"], PackageForm.Ocfl);
        Assert.Equal(5, report.Recordings);
        // OCFL 1.1 §4.1: the declaration's content is its name without what is before the equals sign.
        Assert.Equal("ocfl_1.1\n", await File.ReadAllTextAsync(scratch["ocfl/0=ocfl_1.1"], Stop));
        var layout = JsonNode.Parse(await File.ReadAllTextAsync(scratch["ocfl/ocfl_layout.json"], Stop))!;
        var config = JsonNode.Parse(await File.ReadAllTextAsync(scratch[$"ocfl/extensions/{layout["extension"]}/config.json"], Stop))!;
        Assert.Equal((string)layout["extension"]!, (string)config["extensionName"]!);
        var roots = Directory.GetFiles(scratch["ocfl"], "0=ocfl_object_1.1", SearchOption.AllDirectories).Select(f => Path.GetDirectoryName(f)!).ToList();
        Assert.Equal(5, roots.Count);
        foreach (var root in roots)
        {
            Assert.Equal("ocfl_object_1.1\n", await File.ReadAllTextAsync(Path.Combine(root, "0=ocfl_object_1.1"), Stop));
            foreach (var folder in new[] { root, Path.Combine(root, "v1") })
            {
                // The sidecar has one space (§3.7); sha512sum wants two.
                var sidecar = await File.ReadAllTextAsync(Path.Combine(folder, "inventory.json.sha512"), Stop);
                Assert.Matches("^[0-9a-f]{128} inventory\\.json\n$", sidecar);
                Assert.StartsWith(sidecar[..128], Tools.Run("sha512sum", Path.Combine(folder, "inventory.json")).Output, StringComparison.Ordinal);
            }

            var inventory = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(root, "inventory.json"), Stop))!;
            Assert.Equal(("https://ocfl.io/1.1/spec/#inventory", "sha512", "v1"), ((string)inventory["type"]!, (string)inventory["digestAlgorithm"]!, (string)inventory["head"]!));
            var hash = Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes((string)inventory["id"]!)));
            Assert.Equal(Path.Combine(scratch["ocfl"], hash[..3], hash[3..6], hash[6..9], hash), root);
            var manifest = inventory["manifest"]!.AsObject();
            foreach (var (digest, paths) in manifest)
                foreach (var path in paths!.AsArray())
                    Assert.StartsWith(digest, Tools.Run("sha512sum", Path.Combine(root, (string)path!)).Output, StringComparison.Ordinal);
            // Every content file is in the manifest, every digest of the state too (§3.5).
            Assert.Equal(Files(Path.Combine(root, "v1", "content")).Select(f => "v1/content/" + f), manifest.SelectMany(m => m.Value!.AsArray()).Select(p => (string)p!).Order(StringComparer.Ordinal));
            var version = inventory["versions"]!["v1"]!;
            Assert.Equal(manifest.Select(m => m.Key), version["state"]!.AsObject().Select(s => s.Key));
            Assert.Matches("^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ$", (string)version["created"]!);
            Assert.Equal(["0=ocfl_object_1.1", "inventory.json", "inventory.json.sha512", "v1"], Directory.GetFileSystemEntries(root).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        }

        Assert.DoesNotContain(Directory.GetDirectories(scratch["ocfl"], "*", SearchOption.AllDirectories), d => !Directory.EnumerateFileSystemEntries(d).Any());
    }

    [Fact]
    public async Task What_is_chosen_is_in_it_and_what_is_named_and_is_not_says_why()
    {
        await published.MakeAsync();
        using var scratch = new Scratch();
        var ids = new[] { Id("second/a.opus"), Id("second/c.ogg"), Id("first/01.ogg"), EntityId.From(EntityKind.Recording, "music", "nowhere"), Id("first/01.ogg") };
        var report = await Export(scratch["some"], PackageForm.BagIt, r => r with { Ids = ids });
        Assert.Equal(2, report.Recordings);
        Assert.Equal([ids[1].ToString(), ids[3].ToString()], report.Findings.Select(f => f.Subject));
        Assert.Equal(2, (await Export(scratch["licensed"], PackageForm.Ocfl, r => r with { Licence = "cc-by-4.0" })).Recordings);
        Assert.Equal(3, (await Export(scratch["top"], PackageForm.BagIt, r => r with { Top = 3 })).Recordings);
        Assert.Contains(Id("first/01.ogg") + ".json", Directory.GetFiles(scratch["top/data/recordings"]).Select(Path.GetFileName));
        Assert.Equal(Failure.Missing, (await Assert.ThrowsAsync<LacquerException>(() => Export(scratch["none"], PackageForm.BagIt, r => r with { Licence = "CC0-1.0" }))).Failure);
        Assert.False(Directory.Exists(scratch["none"]) || Directory.Exists(scratch["none.partial"]));
        // Nothing is replaced, and nothing of others removed.
        Assert.Equal(Failure.Refused, (await Assert.ThrowsAsync<LacquerException>(() => Export(scratch["top"], PackageForm.BagIt))).Failure);
        Directory.CreateDirectory(scratch["new.partial"]);
        await File.WriteAllTextAsync(scratch["new.partial/mine.txt"], "mine", Stop);
        Assert.Equal(Failure.Refused, (await Assert.ThrowsAsync<LacquerException>(() => Export(scratch["new"], PackageForm.BagIt))).Failure);
    }

    [Fact]
    public async Task An_object_that_is_broken_is_left_out_and_the_rest_is_whole()
    {
        await published.MakeAsync();
        using var scratch = new Scratch();
        Scratch.Copy(published.Folder, scratch["archive"]);
        var archive = new Pipeline(scratch["archive"]);
        using (var ledger = archive.Ledger())
        {
            var obj = ledger.Holding(Id("first/01.ogg"))!.Object;
            await File.WriteAllBytesAsync(archive.Layout.Object(obj.Root, obj.Extension), new byte[obj.LengthBytes], Stop);
            obj = ledger.Holding(Id("first/02.ogg"))!.Object;
            File.Delete(archive.Layout.Object(obj.Root, obj.Extension));
        }

        foreach (var form in Enum.GetValues<PackageForm>())
        {
            var report = await Export(scratch[form.ToString()], form, r => r with { Archive = scratch["archive"] });
            Assert.Equal(3, report.Recordings);
            Assert.Equal(["corrupt", "corrupt"], report.Findings.Select(f => f.Kind));
            Assert.DoesNotContain(Directory.GetDirectories(scratch[form.ToString()], "*", SearchOption.AllDirectories), d => form == PackageForm.Ocfl && !Directory.EnumerateFileSystemEntries(d).Any());
        }

        Assert.Equal(0, Tools.Run("sh", "-c", $"cd '{scratch["BagIt"]}' && sha256sum --check --strict --quiet manifest-sha256.txt").ExitCode);
        Assert.Equal(6, Files(scratch["BagIt/data"]).Count);
    }

    private Task<PackageReport> Export(string folder, PackageForm form, Func<PackageRequest, PackageRequest>? change = null)
    {
        var request = new PackageRequest(published.Folder, folder, form, []);
        return PackageExport.RunAsync(change?.Invoke(request) ?? request, TimeProvider.System, new Progress<StageProgress>(), Stop);
    }

    private static EntityId Id(string key) => EntityId.From(EntityKind.Recording, "music", key);

    private static List<string> Files(string folder) => Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(folder, f)).Order(StringComparer.Ordinal).ToList();

    /// <summary>A small archive, made once.</summary>
    public sealed class Published : IDisposable
    {
        private readonly Scratch _scratch = new();
        private bool _isMade;

        internal string Folder => _scratch["archive"];

        internal async Task MakeAsync()
        {
            if (_isMade)
                return;
            var music = Music.CopyTo(_scratch["music"]);
            var archive = new Pipeline(Folder).Init();
            await archive.Harvest(music, Path.Combine(music, "listens.csv"), "music");
            archive.Catalogue();
            await archive.Ingest();
            _isMade = true;
        }

        public void Dispose() => _scratch.Dispose();
    }
}
