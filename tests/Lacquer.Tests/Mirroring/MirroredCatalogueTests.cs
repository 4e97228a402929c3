using Lacquer.Formats.Archives;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Editions;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Stages.Exploring;
using Lacquer.Stages.Founding;
using Lacquer.Stages.Mirroring;
using Lacquer.Stages.Publishing;
using Lacquer.Stages.Workbench;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Mirroring;

/// <summary>A mirror makes what an edition does not hand out, and takes nothing that is not what the signed manifest says.</summary>
public sealed class MirroredCatalogueTests : IDisposable
{
    private readonly Scratch _scratch = new();
    private readonly LineArchive _origin = new();

    public MirroredCatalogueTests()
    {
        _origin.Add("one", "release/1", Enumerable.Range(0, 200).Select(i =>
            $$$"""{"entity":"release","record":{"id":"r{{{i}}}","title":"Release {{{i}}}","barcode":"4006381333931","artist-credit":[{"name":"Artist {{{i % 40}}}"}],"media":[{"tracks":[{"title":"Кино {{{i}}}","listens":{{{i}}},"recording":{"isrcs":["SEA0121{{{i:D5}}}"]}}]}]}}"""));
        _origin.Build();
        Publish();
        NewArchive.Run(new NewArchiveRequest(_scratch["mirror"], "mirror"));
    }

    private ArchiveLayout Mirror => new(_scratch["mirror"]);

    private string Edition => _origin.Layout.NewestEdition()!;

    public void Dispose()
    {
        _scratch.Dispose();
        _origin.Dispose();
    }

    [Fact]
    public async Task A_mirror_has_the_publishers_bytes_which_no_edition_hands_out()
    {
        await Run();
        Assert.Equal(Databases(_origin.Layout), Databases(Mirror));
        Assert.Equal(3, Databases(Mirror).Count);
        var manifest = Manifest.Read(File.ReadAllBytes(Path.Combine(Edition, Manifest.FileName)), "it");
        Assert.Equal(["catalogue.sqlite.zst", "holdings.sqlite.zst"], manifest.Files.Select(f => f.Path).Where(p => p.EndsWith(".zst", StringComparison.Ordinal)));
        Assert.Equal(["lookups.sqlite", "search.sqlite"], manifest.Made.Select(m => m.Name));
        Assert.DoesNotContain("search.sqlite.zst", File.ReadAllText(Path.Combine(Edition, "datapackage.json")) + File.ReadAllText(Path.Combine(Edition, "index.html")), StringComparison.Ordinal);
        using var reader = CatalogueReader.Open(Mirror.NewestCatalogue()!);
        Assert.Equal(199, reader.Search.Recordings(new SearchRequest("kino 199 ")).Items[0].Recording.Listens);
        Assert.Equal("Кино 7", Assert.Single(reader.Recordings(Isrc.TryParse("SEA012100007", out var isrc) ? isrc : default)).Title);
    }

    [Fact]
    public async Task What_has_gone_missing_or_changed_in_a_mirror_is_made_again()
    {
        await Run();
        var whole = Databases(Mirror);
        foreach (var (name, harm) in new (string, Action<string>)[]
        {
            ("lookups.sqlite", File.Delete), ("search.sqlite", File.Delete), ("search.sqlite", path => File.Move(path, path + ".partial")), ("lookups.sqlite", path => File.WriteAllText(path, "half")),
            ("search.sqlite", path => File.WriteAllBytes(path, [.. File.ReadAllBytes(path)[..^1], 7])),
        })
        {
            harm(Path.Combine(Mirror.NewestCatalogue()!, name));
            await Run();
            Assert.Equal(whole, Databases(Mirror));
        }
    }

    [Theory]
    [InlineData("look-ups")]
    [InlineData("search")]
    public async Task A_mirror_stopped_while_it_makes_them_gets_there_when_it_is_run_again(string stage)
    {
        using var stop = new CancellationTokenSource();
        var heard = new LineArchive.Heard(p =>
        {
            if (p.What == stage)
                stop.Cancel();
        });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Stages.Mirroring.Mirror.RunAsync(new MirrorRequest(Mirror.Root, _origin.Folder), TimeProvider.System, heard, stop.Token));
        Assert.Null(Mirror.NewestCatalogue());
        await Run();
        Assert.Equal(Databases(_origin.Layout), Databases(Mirror));
        Assert.Equal(["000001"], Directory.GetFileSystemEntries(Mirror.Catalogues).Select(f => Path.GetFileName(f)));
    }

    [Theory]
    [InlineData("lookups.sqlite")]
    [InlineData("search.sqlite")]
    public async Task A_manifest_that_names_other_bytes_is_refused_and_the_mirror_keeps_what_it_has(string name)
    {
        var fresh = new ArchiveLayout(_scratch["fresh"]);
        NewArchive.Run(new NewArchiveRequest(fresh.Root, "fresh"));
        await Run();
        var whole = Databases(Mirror);
        Another();
        Sign(manifest => manifest with { Made = [.. manifest.Made.Select(m => m.Name == name ? m with { Sha256 = manifest.Files[0].Sha256 } : m)] });
        foreach (var mirror in new[] { fresh, Mirror })
        {
            var e = await Assert.ThrowsAsync<LacquerException>(() => Run(mirror));
            Assert.Equal(Failure.Untrusted, e.Failure);
            Assert.Contains($"{name}, made from the catalogue", e.Message, StringComparison.Ordinal);
        }

        Assert.Null(fresh.NewestCatalogue());
        Assert.Empty(Directory.GetFileSystemEntries(fresh.Catalogues));
        Assert.Equal(whole, Databases(Mirror));
        Assert.Equal("000001", Path.GetFileName(Mirror.NewestEdition()));
    }

    [Fact]
    public async Task An_edition_of_another_version_is_refused_before_anything_is_fetched_with_the_version_that_it_takes()
    {
        await Run();
        Another();
        var manifest = Manifest.Read(File.ReadAllBytes(Path.Combine(Edition, Manifest.FileName)), "it");
        foreach (var (made, says) in new (IReadOnlyList<ManifestMade>, string)[]
        {
            ([manifest.Made[0], manifest.Made[1] with { By = "lacquer-search/9" }], "search.sqlite of the edition at"), ([manifest.Made[0]], "does not say what its search.sqlite is"),
            ([.. manifest.Made, manifest.Made[0] with { Name = "more.sqlite" }], "wants more.sqlite made"),
        })
        {
            Sign(m => m with { Made = made });
            var e = await Assert.ThrowsAsync<LacquerException>(() => Run());
            Assert.Equal((Failure.Missing, "use the version that published it; the mirror keeps what it has"), (e.Failure, e.Hint));
            Assert.Contains(says, e.Message, StringComparison.Ordinal);
            Assert.Equal("000001", Path.GetFileName(Mirror.NewestEdition()));
            Assert.False(Directory.Exists(Mirror.Edition("000002") + ".partial"));
        }

        Sign(m => m with { Made = manifest.Made });
        await Run();
        Assert.Equal("000002", Path.GetFileName(Mirror.NewestEdition()));
    }

    [Fact]
    public void A_catalogue_without_its_search_is_not_published()
    {
        File.Delete(Path.Combine(_origin.Layout.NewestCatalogue()!, CatalogueReader.SearchFileName));
        Assert.Equal(Failure.Missing, Assert.Throws<LacquerException>(Publish).Failure);
        _origin.Build();
        Publish();
    }

    [Fact]
    public void A_catalogue_that_came_alone_is_compared_like_one_with_look_ups()
    {
        var alone = Path.Combine(_scratch.Root, CatalogueReader.CatalogueFileName);
        var whole = Path.Combine(_origin.Layout.NewestCatalogue()!, CatalogueReader.CatalogueFileName);
        File.Copy(whole, alone);
        var report = Compare.Run(new CompareRequest(alone, whole), new LineArchive.Heard(), CancellationToken.None);
        Assert.Equal((200, 0, 0), (report.Isrcs.Both, report.Isrcs.OnlyA, report.Isrcs.OnlyB));
        Assert.Equal((1, 0, 0), (report.Releases!.Both, report.Releases.OnlyA, report.Releases.OnlyB));
    }

    private void Publish() => Stages.Publishing.Publish.Run(new PublishRequest(_origin.Folder), TimeProvider.System, new LineArchive.Heard(), CancellationToken.None);

    private Task<MirrorReport> Run(ArchiveLayout? mirror = null) => Stages.Mirroring.Mirror.RunAsync(new MirrorRequest((mirror ?? Mirror).Root, _origin.Folder), TimeProvider.System, new LineArchive.Heard(), CancellationToken.None);

    // A second edition, of the same catalogue.
    private void Another()
    {
        var text = File.ReadAllText(_origin.Layout.Configuration);
        File.WriteAllText(_origin.Layout.Configuration, text.Replace("title = \"", "title = \"Again: ", StringComparison.Ordinal));
        Publish();
        Assert.Equal("000002", Path.GetFileName(Edition));
    }

    // What only the publisher can do.
    private void Sign(Func<Manifest, Manifest> change)
    {
        var path = Path.Combine(Edition, Manifest.FileName);
        var manifest = change(Manifest.Read(File.ReadAllBytes(path), "it"));
        using var key = MinisignKey.Read(_origin.Layout.SigningKey);
        using var file = File.Create(path);
        manifest.Write(file);
        file.Position = 0;
        File.WriteAllText(Path.Combine(Edition, Manifest.SignatureFileName), key.Sign(file, "lines edition 000002"));
    }

    private static List<string> Databases(ArchiveLayout layout) => Directory.GetFiles(layout.NewestCatalogue()!).Order(StringComparer.Ordinal)
        .Select(f => $"{Path.GetFileName(f)} {Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(f)))}").ToList();
}
