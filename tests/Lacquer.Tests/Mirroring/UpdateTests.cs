using Lacquer.Formats.Archives;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Deltas;
using Lacquer.Formats.Editions;
using Lacquer.Formats.Findings;
using Lacquer.Server;
using Lacquer.Stages.Founding;
using Lacquer.Stages.Mirroring;
using Lacquer.Stages.Publishing;
using Lacquer.Stages.Workbench;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Mirroring;

/// <summary>From edition to edition a mirror fetches what changed, makes what it can, and has in the end what the publisher has; where anything is not in order it fetches the whole.</summary>
public sealed class UpdateTests : IAsyncLifetime
{
    private const string Delta = "/deltas/catalogue-from-";
    private readonly Scratch _scratch = new();
    private readonly LineArchive _origin = new();
    private ArchiveServer _server = null!;
    private FaultyProxy _proxy = null!;

    private ArchiveLayout Mirror => new(_scratch["mirror"]);

    public async ValueTask InitializeAsync()
    {
        _origin.Add("one", "release/1", Enumerable.Range(0, 400).Select(i => Release(i, $"Кино {i * 7919 % 1000}", i)));
        Next();
        NewArchive.Run(new NewArchiveRequest(_scratch["mirror"], "mirror"));
        _server = await ArchiveServer.StartAsync(new ServeRequest(_origin.Folder, Stores.Of(_origin.Folder), Port: 0), TimeProvider.System, CancellationToken.None);
        _proxy = await FaultyProxy.StartAsync(_server.Address);
    }

    public async ValueTask DisposeAsync()
    {
        await _proxy.DisposeAsync();
        await _server.DisposeAsync();
        _origin.Dispose();
        _scratch.Dispose();
    }

    [Fact]
    public async Task A_mirror_fetches_what_changed_and_makes_the_rest()
    {
        await Run(_proxy.Address.ToString());
        Tell(3);
        var published = Next();
        Assert.InRange(published.DeltaBytes, 1, new FileInfo(Path.Combine(published.Folder, "catalogue.sqlite.zst")).Length / 2);
        var before = _proxy.Asked.Count;
        var report = await Run();
        Assert.Equal(("000002", null), (report.Edition, report.DeltaRefused));
        Same();
        var asked = _proxy.Asked.Skip(before).ToList();
        Assert.Contains(asked, request => request.Contains(Delta + "000001.delta", StringComparison.Ordinal));
        Assert.DoesNotContain(asked, request => request.Contains("catalogue.sqlite.zst", StringComparison.Ordinal) || request.Contains(".parquet", StringComparison.Ordinal));
        Assert.Equal(manifestOf().Files.Sum(file => file.LengthBytes), report.EditionFetchedBytes + report.EditionMadeBytes);

        before = _proxy.Asked.Count;
        report = await Run();
        Assert.Equal((0, 0), (report.EditionFetchedBytes, report.EditionMadeBytes));
        Assert.DoesNotContain(_proxy.Asked.Skip(before), request => request.Contains(Delta, StringComparison.Ordinal));

        Manifest manifestOf() => Manifest.Read(File.ReadAllBytes(Path.Combine(published.Folder, Manifest.FileName)), "it");
    }

    [Fact]
    public async Task A_mirror_that_has_missed_editions_follows_them_one_by_one()
    {
        await Run(_proxy.Address.ToString());
        for (var i = 0; i < 3; i++)
        {
            Tell(i);
            Next();
        }

        // One of the same catalogue, which has no delta.
        var text = File.ReadAllText(_origin.Layout.Configuration);
        File.WriteAllText(_origin.Layout.Configuration, text.Replace("title = \"", "title = \"Again: ", StringComparison.Ordinal));
        Assert.Equal(0, Publish().DeltaBytes);
        var before = _proxy.Asked.Count;
        Assert.Equal("000005", (await Run()).Edition);
        Same();
        var asked = _proxy.Asked.Skip(before).Where(request => request.Contains(Delta, StringComparison.Ordinal)).ToList();
        Assert.Equal(3, asked.Count);
        Assert.DoesNotContain(_proxy.Asked.Skip(before), request => request.Contains("catalogue.sqlite.zst", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Where_the_chain_is_broken_the_catalogue_is_fetched_whole()
    {
        await Run(_proxy.Address.ToString());
        Tell(1);
        Next();
        Tell(2);
        Next();
        foreach (var fault in new Func<string, Fault?>[]
        {
            request => request.Contains("000002/manifest.json", StringComparison.Ordinal) ? new Fault.Status(404) : null,
            request => request.Contains("000002/manifest.json", StringComparison.Ordinal) ? new Fault.FlipAnswer(200) : null,
            request => request.Contains("000002" + Delta, StringComparison.Ordinal) ? new Fault.FlipAnswer(300) : null,
            request => request.Contains("000002" + Delta, StringComparison.Ordinal) ? new Fault.Status(404) : null,
        })
        {
            var fresh = new ArchiveLayout(_scratch[$"fresh-{Guid.NewGuid():N}"]);
            Scratch.Copy(Mirror.Root, fresh.Root);
            var before = _proxy.Asked.Count;
            _proxy.Decide = fault;
            var report = await Run(mirror: fresh);
            Assert.Equal("000003", report.Edition);
            Assert.NotNull(report.DeltaRefused);
            Assert.DoesNotContain('\n', report.DeltaRefused);
            Same(fresh);
            Assert.Contains(_proxy.Asked.Skip(before), request => request.Contains("000003/catalogue.sqlite.zst", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task A_mirror_whose_own_catalogue_is_damaged_fetches_the_whole()
    {
        await Run(_proxy.Address.ToString());
        Tell(1);
        Next();
        var catalogue = Path.Combine(Mirror.NewestCatalogue()!, CatalogueReader.CatalogueFileName);
        var bytes = File.ReadAllBytes(catalogue);
        bytes[^1] ^= 1;
        File.WriteAllBytes(catalogue, bytes);
        await Run();
        Same();
    }

    [Theory]
    [InlineData("apply the delta")]
    [InlineData("look-ups")]
    [InlineData("search")]
    [InlineData("compress catalogue.sqlite")]
    [InlineData("table recording")]
    public async Task A_mirror_stopped_in_between_gets_there_when_it_is_run_again(string stage)
    {
        await Run(_proxy.Address.ToString());
        Tell(1);
        Next();
        using var stop = new CancellationTokenSource();
        var heard = new LineArchive.Heard(p =>
        {
            if (p.What == stage)
                stop.Cancel();
        });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Stages.Mirroring.Mirror.RunAsync(new MirrorRequest(Mirror.Root, null), TimeProvider.System, heard, stop.Token));
        Assert.Equal("000001", Path.GetFileName(Mirror.NewestEdition()));
        await Run();
        Same();
        Assert.Equal(["000001", "000002"], Directory.GetFileSystemEntries(Mirror.Catalogues).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.DoesNotContain(Directory.EnumerateFileSystemEntries(Mirror.Root, "*", SearchOption.AllDirectories), path => path.EndsWith(Durable.Partial, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Tables_that_another_version_writes_otherwise_are_fetched()
    {
        await Run(_proxy.Address.ToString());
        Tell(1);
        var folder = Next().Folder;
        var table = Path.Combine(folder, "tables", "recording.parquet");
        File.AppendAllText(table, "other bytes");
        Sign(folder, manifest => manifest with { Files = [.. manifest.Files.Select(file => file.Path == "tables/recording.parquet" ? file with { LengthBytes = DeltaEnd.Of(table).LengthBytes, Sha256 = DeltaEnd.Of(table).Sha256 } : file)] });
        await Run();
        Same();
    }

    [Fact]
    public async Task A_delta_that_comes_to_other_bytes_than_are_signed_is_not_taken_nor_is_such_a_catalogue()
    {
        await Run(_proxy.Address.ToString());
        Tell(1);
        var folder = Next().Folder;
        Sign(folder, manifest => manifest with { CatalogueFile = manifest.CatalogueFile!.Value with { Sha256 = manifest.Files[0].Sha256 } });
        var refused = await Assert.ThrowsAsync<LacquerException>(() => Run());
        Assert.Equal(Failure.Untrusted, refused.Failure);
        Assert.Equal("000001", Path.GetFileName(Mirror.NewestCatalogue()));
    }

    [Fact]
    public async Task A_folder_that_never_was_a_mirror_has_nothing_to_be_updated_from() =>
        Assert.Equal(Failure.Usage, (await Assert.ThrowsAsync<LacquerException>(() => Run())).Failure);

    [Fact]
    public async Task A_plain_copy_of_a_catalogue_is_brought_up_to_date()
    {
        var first = _origin.Layout.NewestEdition()!;
        var copy = Directory.CreateDirectory(_scratch["copy"]).FullName;
        File.Copy(Path.Combine(_origin.Layout.NewestCatalogue()!, CatalogueReader.CatalogueFileName), Path.Combine(copy, CatalogueReader.CatalogueFileName));
        File.Copy(Path.Combine(first, Manifest.FileName), Path.Combine(copy, Manifest.FileName));
        File.Copy(Path.Combine(first, "signing.pub"), Path.Combine(copy, "signing.pub"));
        Tell(1);
        Next();
        var report = await Update(_proxy.Address.ToString());
        Assert.Equal("000002", report.Edition);
        Assert.True(report.FetchedBytes < report.WholeBytes);
        SameCopy([CatalogueReader.CatalogueFileName]);

        // With look-ups and search in it, those too; where there are no deltas, whole; and by a key that comes from the one before.
        KeyRotation.Rotate(_origin.Folder, TimeProvider.System);
        MadeFiles.MakeMissing(copy, null, new LineArchive.Heard(), CancellationToken.None);
        Tell(2);
        Next();
        _proxy.Decide = request => request.Contains(Delta, StringComparison.Ordinal) ? new Fault.Status(404) : null;
        report = await Update(_proxy.Address.ToString());
        Assert.True(report.FetchedBytes >= report.WholeBytes);
        SameCopy([CatalogueReader.CatalogueFileName, CatalogueReader.LookupsFileName, CatalogueReader.SearchFileName]);
        Assert.Equal(File.ReadAllText(Path.Combine(_origin.Layout.NewestEdition()!, "signing.pub")), File.ReadAllText(Path.Combine(copy, "signing.pub")));
        Assert.Equal(Failure.Untrusted, (await Assert.ThrowsAsync<LacquerException>(() => Update(first))).Failure);

        Task<CopyUpdateReport> Update(string from) => CopyUpdate.RunAsync(new CopyUpdateRequest(copy, from), new LineArchive.Heard(), CancellationToken.None);

        void SameCopy(IEnumerable<string> files)
        {
            Assert.Equal([.. files.Concat([Manifest.FileName, Manifest.SignatureFileName, "signing.pub"]).Order(StringComparer.Ordinal)], Directory.GetFileSystemEntries(copy).Select(Path.GetFileName).Order(StringComparer.Ordinal));
            foreach (var file in files)
                Assert.Equal(DeltaEnd.Of(Path.Combine(_origin.Layout.NewestCatalogue()!, file)), DeltaEnd.Of(Path.Combine(copy, file)));
        }
    }

    private static string Release(int i, string title, int listens) =>
        $$$"""{"entity":"release","record":{"id":"r{{{i}}}","title":"Release {{{i * 31 % 1000}}}","artist-credit":[{"name":"Artist {{{i % 40}}}"}],"media":[{"tracks":[{"title":"{{{title}}}","listens":{{{listens}}},"recording":{"isrcs":["SEA0121{{{i:D5}}}"]}}]}]}}""";

    // A few records are told anew: other titles, other listens, and something new.
    private void Tell(int time) => _origin.Add("one", "release/1", Release(5 + time, $"Another {time}", 300 + time), Release(70 + time, $"Кино {time}", 2), Release(1000 + time, "New", 150));

    private PublishReport Next()
    {
        _origin.Build();
        return Publish();
    }

    private PublishReport Publish() => Stages.Publishing.Publish.Run(new PublishRequest(_origin.Folder), TimeProvider.System, new LineArchive.Heard(), CancellationToken.None);

    private Task<MirrorReport> Run(string? edition = null, ArchiveLayout? mirror = null) =>
        Stages.Mirroring.Mirror.RunAsync(new MirrorRequest((mirror ?? Mirror).Root, edition), TimeProvider.System, new LineArchive.Heard(), CancellationToken.None);

    private void Same(ArchiveLayout? mirror = null)
    {
        mirror ??= Mirror;
        Assert.Equal(Files(_origin.Layout.NewestEdition()!), Files(mirror.NewestEdition()!));
        Assert.Equal(Files(_origin.Layout.NewestCatalogue()!), Files(mirror.NewestCatalogue()!));
    }

    // What only the publisher can do.
    private void Sign(string folder, Func<Manifest, Manifest> change)
    {
        var path = Path.Combine(folder, Manifest.FileName);
        var manifest = change(Manifest.Read(File.ReadAllBytes(path), "it"));
        using var key = MinisignKey.Read(_origin.Layout.SigningKey);
        using var file = File.Create(path);
        manifest.Write(file);
        file.Position = 0;
        File.WriteAllText(Path.Combine(folder, Manifest.SignatureFileName), key.Sign(file, "lines edition"));
    }

    private static List<string> Files(string folder) => Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
        .Select(file => $"{Path.GetRelativePath(folder, file)} {DeltaEnd.Of(file).Sha256}").ToList();
}
