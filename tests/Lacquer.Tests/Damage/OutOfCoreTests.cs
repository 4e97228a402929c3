using System.Security.Cryptography;
using Lacquer.Formats.Archives;
using Lacquer.Formats.Findings;
using Lacquer.Stages.Cataloguing;
using Lacquer.Stages.Workbench;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Damage;

/// <summary>A catalogue's build with the least memory: columns and sorts go to files, and the catalogue is the same to the byte.</summary>
public sealed class OutOfCoreTests(OutOfCoreTests.Built built) : IClassFixture<OutOfCoreTests.Built>
{
    private const int Releases = 4_000;

    // What a build of so many tracks takes at least.
    private const long LeastBytes = (256L << 20) + 3 * 2 * Releases * 12;

    [Fact]
    public void It_writes_the_same_bytes()
    {
        using var archive = built.Copy();
        var files = new HashSet<string>(StringComparer.Ordinal);
        var report = Build(archive, LeastBytes, new LineArchive.Heard(p =>
        {
            foreach (var file in Directory.GetFiles(Partial(archive), "column-*"))
                files.Add($"{p.What} {Path.GetFileName(file)}");
        }));
        Assert.True(report.IsNew);
        // This test is of what it says.
        Assert.Contains(files, file => file.StartsWith("match ", StringComparison.Ordinal));
        Assert.Equal(built.State, State(archive));
    }

    [Theory]
    [InlineData("parse")]
    [InlineData("match")]
    [InlineData("load releases")]
    [InlineData("look-ups")]
    [InlineData("search")]
    public void Stopped_in_a_stage_it_leaves_no_columns_and_goes_on(string stage)
    {
        using var archive = built.Copy();
        using var stop = new CancellationTokenSource();
        Assert.ThrowsAny<OperationCanceledException>(() => Build(archive, LeastBytes, new LineArchive.Heard(p =>
        {
            if (p.What == stage)
                stop.Cancel();
        }), stop.Token));
        Assert.Empty(Directory.GetFiles(Partial(archive), "column-*"));
        File.WriteAllText(Path.Combine(Partial(archive), "column-000001.tmp"), "of a build that was killed");
        Build(archive, LeastBytes);
        Assert.Equal(built.State, State(archive));
    }

    [Fact]
    public void Killed_at_any_moment_and_run_again_it_ends_as_if_nothing_had_happened()
    {
        Tools.Need("setsid");
        string[] Arguments(Copied archive) => ["catalogue", "--archive", archive.Folder, "--memory", $"{LeastBytes}"];
        using var whole = built.Copy();
        var (code, output, time) = ProgramRun.Run(null, Arguments(whole));
        Assert.True(code == 0, output);
        var random = Seeded.Random();
        var kills = ProgramKills.Wanted(2);
        for (var kill = 0; kill < kills; kill++)
        {
            using var archive = built.Copy();
            ProgramRun.Run(time * ((kill + random.NextDouble()) / kills * 0.85 + 0.15), Arguments(archive));
            (code, output, _) = ProgramRun.Run(null, Arguments(archive));
            Assert.True(code == 0, output);
            Assert.Equal(built.State, State(archive));
        }
    }

    [Fact]
    public void A_limit_below_what_must_be_in_memory_is_refused_in_one_line_and_the_build_goes_on_with_more()
    {
        using var archive = built.Copy();
        var e = Assert.Throws<LacquerException>(() => Build(archive, 10_000_000));
        Assert.Equal((Failure.Usage, "building a catalogue takes at least 269 MB of memory, and 10 MB are allowed", "lacquer catalogue --memory 269MB is enough; with more it is sooner done"), (e.Failure, e.Message, e.Hint));
        e = Assert.Throws<LacquerException>(() => Build(archive, 268_500_000));
        Assert.Equal((Failure.Usage, "building a catalogue of 24000 tracks takes at least 269 MB of memory, and 269 MB are allowed", "lacquer catalogue --memory 269MB is enough; with more it is sooner done"), (e.Failure, e.Message, e.Hint));
        var heard = new LineArchive.Heard();
        Build(archive, LeastBytes, heard);
        Assert.DoesNotContain("parse", heard.Stages);
        Assert.Equal(built.State, State(archive));
    }

    private static CatalogueReport Build(Copied archive, long memory, IProgress<StageProgress>? progress = null, CancellationToken stop = default) =>
        CatalogueBuild.Run(new CatalogueRequest(archive.Folder, memory), TimeProvider.System, progress ?? new LineArchive.Heard(), stop);

    private static string Partial(Copied archive) => archive.Layout.Catalogue("000001") + ".partial";

    private static List<string> State(Copied archive) =>
        [.. Directory.GetFileSystemEntries(archive.Layout.NewestCatalogue()!).Order(StringComparer.Ordinal).Select(f => $"{Path.GetFileName(f)} {Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(f)))}")];

    /// <summary>An archive, and the catalogue that is built of it with as much memory as it takes; made once.</summary>
    public sealed class Built : IDisposable
    {
        private readonly LineArchive _archive = new();

        public Built()
        {
            // Two sources that have the same music, a third of it each with codes and listens, and names that differ.
            foreach (var source in new[] { 0, 1 })
                _archive.Add($"source-{source}", "release/1", Enumerable.Range(0, Releases).Select(i => Release(i, source)));
            using var copy = Copy();
            CatalogueBuild.Run(new CatalogueRequest(copy.Folder), TimeProvider.System, new LineArchive.Heard(), CancellationToken.None);
            State = OutOfCoreTests.State(copy);
        }

        internal List<string> State { get; }

        internal Copied Copy() => new(_archive.Folder);

        public void Dispose() => _archive.Dispose();

        private static string Release(int i, int source)
        {
            var tracks = Enumerable.Range(0, 3).Select(t => $$$"""{"title":"Piece {{{i}}} {{{t}}}","length":{{{180_000 + i + source * 500}}}{{{(t == 0 ? $",\"listens\":{i % 13},\"recording\":{{\"isrcs\":[\"SEA0121{i:D5}\",\"SEB0121{i % 500:D5}\"]}}" : "")}}},"artist-credit":[{"name":"{{{(source == 0 ? "The " : "")}}}Artist {{{i % 700}}}","artist":{"name":"Artist {{{i % 700}}}"}}]}""");
            return $$$"""{"entity":"release","record":{"id":"r{{{i}}}","title":"Release {{{i}}}","barcode":"40063813{{{i:D5}}}","label-info":[{"label":{"name":"Label {{{i % 90}}}"}}],"media":[{"tracks":[{{{string.Join(',', tracks)}}}]}]}}""";
        }
    }

    /// <summary>A copy of an archive, which goes with this.</summary>
    internal sealed class Copied : IDisposable
    {
        private readonly Scratch _scratch = new();

        public Copied(string from)
        {
            Scratch.Copy(from, Folder);
            Layout = new ArchiveLayout(Folder);
        }

        public string Folder => _scratch["archive"];

        public ArchiveLayout Layout { get; }

        public void Dispose() => _scratch.Dispose();
    }
}
