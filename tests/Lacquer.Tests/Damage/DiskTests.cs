using System.Globalization;
using System.Text.RegularExpressions;
using Lacquer.Formats.Databases;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Stages.Cataloguing;
using Lacquer.Stages.Founding;
using Lacquer.Stages.Workbench;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Damage;

public sealed class DiskTests(DiskTests.Prepared prepared) : IClassFixture<DiskTests.Prepared>
{
    [Theory]
    [InlineData("harvest")]
    [InlineData("catalogue")]
    [InlineData("ingest")]
    [InlineData("press")]
    [InlineData("publish")]
    [InlineData("export")]
    [InlineData("mirror")]
    public async Task On_a_full_disk_a_command_says_so_and_loses_nothing(string command)
    {
        NeedMount();
        using var scratch = new Scratch();
        using var disk = new SmallDisk(scratch["disk"], 64 << 20);
        var archive = Path.Combine(disk.Folder, "archive");
        Scratch.Copy(prepared.Before(command), archive);
        await Done(prepared.Arguments(command, archive));
        var expected = ArchiveState.Of(archive);
        var refused = 0;
        // From no room at all to nearly enough.
        foreach (var room in new[] { 0, 24, 100, 240, 600, 1200 })
        {
            Directory.Delete(archive, recursive: true);
            Scratch.Copy(prepared.Before(command), archive);
            disk.Fill(room << 10);
            var full = await ProgramRun.Here(prepared.Arguments(command, archive));
            Assert.True(full.ExitCode is 0 or 3 or (int)Failure.NoSpace, $"{command} with {room} KiB: exit {full.ExitCode}: {full.Error}");
            if (full.ExitCode == (int)Failure.NoSpace)
            {
                refused++;
                Assert.Contains(command == "catalogue" && full.Error.Contains("needs about", StringComparison.Ordinal) ? "while it is built" : "disk is full", full.Error, StringComparison.Ordinal);
                Assert.Contains("hint:", full.Error, StringComparison.Ordinal);
            }

            disk.Free();
            await Done(prepared.Arguments(command, archive));
            var met = ArchiveState.Of(archive);
            Assert.True(expected.SequenceEqual(met), $"{command} with {room} KiB:\n{string.Join('\n', expected.Except(met).Take(10).Select(l => "- " + l).Concat(met.Except(expected).Take(10).Select(l => "+ " + l)))}");
        }

        Assert.True(refused >= 2, $"the disk was full {refused} times only");
    }

    [Fact]
    public async Task A_catalogue_that_the_disk_cannot_hold_is_refused_before_anything_is_written()
    {
        NeedMount();
        using var scratch = new Scratch();
        using var lines = new LineArchive();
        var random = Seeded.Random();
        lines.Add("a", "release/1", Enumerable.Range(0, 2000).Select(i => $$$"""{"entity":"release","record":{"id":"{{{i}}}","title":"{{{random.NextInt64()}}}","media":[{"tracks":[{"title":"{{{random.NextInt64()}}}"}]}]}}"""));
        using var disk = new SmallDisk(scratch["disk"], 64 << 20);
        var archive = Path.Combine(disk.Folder, "archive");
        Scratch.Copy(lines.Folder, archive);
        disk.Fill(1100 << 10);
        var before = ArchiveState.Of(archive);
        var (code, _, error) = await ProgramRun.Here("catalogue", "--archive", archive);
        Assert.Equal((int)Failure.NoSpace, code);
        Assert.Matches($@"^lacquer: the catalogue needs about \d+ MB while it is built, and the disk of {Regex.Escape(archive)}/catalogues has \d+ MB free\nhint: free \d+ MB", error.ReplaceLineEndings("\n"));
        Assert.Equal(before, ArchiveState.Of(archive));
        Assert.False(Directory.Exists(Path.Combine(archive, "catalogues", "000001.partial")));
        disk.Free();
        await Done("catalogue", "--archive", archive);
    }

    [Fact]
    public void Columns_that_the_disk_cannot_hold_are_refused_and_the_build_goes_on_with_more_room()
    {
        NeedMount();
        using var scratch = new Scratch();
        using var lines = new LineArchive();
        lines.Add("a", "release/1", Enumerable.Range(0, 20_000).Select(i => $$$"""{"entity":"release","record":{"id":"{{{i}}}","title":"t","media":[{"tracks":[{"title":"{{{i}}}"}]}]}}"""));
        using var disk = new SmallDisk(scratch["disk"], 64 << 20);
        var archive = Path.Combine(disk.Folder, "archive");
        Scratch.Copy(lines.Folder, archive);
        var request = new CatalogueRequest(archive, (256L << 20) + 20_000 * 12);
        using var stop = new CancellationTokenSource();
        Assert.ThrowsAny<OperationCanceledException>(() => CatalogueBuild.Run(request, TimeProvider.System, new LineArchive.Heard(p =>
        {
            if (p.What == "match")
                stop.Cancel();
        }), stop.Token));
        // Less than columns take.
        disk.Fill(400 << 10);
        var e = Assert.Throws<LacquerException>(() => CatalogueBuild.Run(request, TimeProvider.System, new LineArchive.Heard(), CancellationToken.None));
        Assert.Equal(Failure.NoSpace, e.Failure);
        Assert.Contains("the disk is full while writing", e.Message, StringComparison.Ordinal);
        disk.Free();
        Assert.True(CatalogueBuild.Run(request, TimeProvider.System, new LineArchive.Heard(), CancellationToken.None).IsNew);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(100_000)]
    public void A_database_that_the_disk_cannot_hold_says_that_the_disk_is_full(int rowBytes)
    {
        NeedMount();
        using var scratch = new Scratch();
        using var disk = new SmallDisk(scratch["disk"], 2 << 20);
        var e = Assert.ThrowsAny<IOException>(() =>
        {
            using var writer = new DatabaseWriter(Path.Combine(disk.Folder, "db"), 8192, "CREATE TABLE t(id INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT");
            var rows = writer.Into("t");
            for (var id = 0L; id * rowBytes < 4 << 20; id++)
                rows.With(id).With(new byte[rowBytes]).Row();
            writer.Finish();
        });
        Assert.True(Durable.IsDiskFull(e), e.Message);
    }

    [Fact]
    public async Task What_cannot_be_written_to_can_be_read_and_says_so()
    {
        NeedMount();
        using var scratch = new Scratch();
        var music = Music.CopyTo(scratch["music"]);
        using var disk = new SmallDisk(scratch["disk"], 64 << 20);
        var root = Path.Combine(disk.Folder, "archive");
        await new Pipeline(root).Init().WholeWay(music);
        disk.ReadOnly();
        foreach (var verb in new[] { "catalogue", "ingest", "press", "publish", "verify" })
        {
            var (code, _, error) = await ProgramRun.Here(verb, "--archive", root);
            Assert.True(code == (int)Failure.Missing, $"{verb}: exit {code}: {error}");
            Assert.Contains("cannot be written to", error, StringComparison.Ordinal);
        }

        var id = EntityId.From(EntityKind.Recording, "music", "first/01.ogg").ToString();
        foreach (var line in new string[][] { ["status"], ["search", "deja"], ["show", id], ["restore", id, "--output", scratch["out.ogg"]], ["shuffle", "--held"], ["report", "--output", scratch["report.html"]], ["export", scratch["tables"]], ["compare", root, root] })
        {
            var (code, _, error) = await ProgramRun.Here([.. line, "--archive", root]);
            Assert.True(code == 0, $"{line[0]}: exit {code}: {error}");
        }

        Assert.Equal(await File.ReadAllBytesAsync(Path.Combine(music, "first", "01.ogg"), TestContext.Current.CancellationToken), await File.ReadAllBytesAsync(scratch["out.ogg"], TestContext.Current.CancellationToken));
        var mirror = new Pipeline(scratch["mirror"]).Init("mirror");
        Assert.Equal(5, (await mirror.Mirror(root)).FetchedObjects);
    }

    [Fact]
    public async Task A_missing_program_is_named_with_what_installs_it()
    {
        Tools.Need("ffmpeg");
        using var scratch = new Scratch();
        var music = Music.CopyTo(scratch["music"]);
        var before = Environment.GetEnvironmentVariable("PATH");
        var archive = scratch["archive"];
        await Done("init", "--archive", archive, "--name", "tools");
        // A process of its own: PATH belongs to every test of this one.
        var (exit, output) = Tools.Run("env", "PATH=/nowhere", Path.Combine(AppContext.BaseDirectory, "lacquer"), "harvest", "folder", music, "--archive", archive);
        if (output.Contains("dotnet", StringComparison.OrdinalIgnoreCase))
            Assert.Skip("the program does not find the runtime without PATH: " + output);
        Assert.Equal((int)Failure.Missing, exit);
        Assert.Contains("ffprobe is not installed", output, StringComparison.Ordinal);
        Assert.Contains("apt-get install ffmpeg", output, StringComparison.Ordinal);
        Assert.Equal(before, Environment.GetEnvironmentVariable("PATH"));
    }

    [Fact]
    public async Task A_folder_that_is_no_archive_is_missing_for_every_command()
    {
        using var scratch = new Scratch();
        Directory.CreateDirectory(scratch["empty"]);
        foreach (var line in new string[][] { ["catalogue"], ["plan"], ["ingest"], ["press"], ["publish"], ["verify"], ["status"], ["search", "x"], ["harvest", "folder", scratch["empty"]], ["mirror", scratch["empty"]] })
            foreach (var folder in new[] { scratch["empty"], scratch["nowhere"] })
            {
                var (code, _, error) = await ProgramRun.Here([.. line, "--archive", folder]);
                Assert.True(code == (int)Failure.Missing, $"{line[0]}: exit {code}: {error}");
                Assert.Contains("hint:", error, StringComparison.Ordinal);
                Assert.Empty(Directory.GetFileSystemEntries(scratch["empty"]));
                Assert.False(Directory.Exists(scratch["nowhere"]));
            }
    }

    [Fact]
    public async Task A_second_process_finds_the_archive_locked_and_readers_do_not_mind()
    {
        using var scratch = new Scratch();
        NewArchive.Run(new NewArchiveRequest(scratch["archive"], "locked"));
        using (OpenArchive.ToWrite(scratch["archive"], TimeProvider.System))
        {
            foreach (var line in new string[][] { ["catalogue"], ["ingest"], ["press"], ["publish"], ["verify"], ["harvest", "folder", scratch.Root], ["mirror", scratch.Root] })
            {
                var (code, _, error) = await ProgramRun.Here([.. line, "--archive", scratch["archive"]]);
                Assert.True(code == (int)Failure.Locked, $"{line[0]}: exit {code}: {error}");
            }

            var other = ProgramRun.Run(null, "catalogue", "--archive", scratch["archive"]);
            Assert.True(other.ExitCode == (int)Failure.Locked, other.Output);
            Assert.Equal(0, (await ProgramRun.Here("status", "--archive", scratch["archive"])).ExitCode);
        }

        Assert.Equal((int)Failure.Missing, (await ProgramRun.Here("catalogue", "--archive", scratch["archive"])).ExitCode);
    }

    private static async Task Done(params string[] arguments)
    {
        var (code, _, error) = await ProgramRun.Here(arguments);
        Assert.True(code is 0 or 3, $"lacquer {string.Join(' ', arguments)}: exit {code}: {error}");
    }

    private static void NeedMount()
    {
        Tools.Need("mount", "umount", "ffmpeg", "ffprobe");
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess)
            Assert.Skip("only root may mount a small disk");
        using var scratch = new Scratch();
        Directory.CreateDirectory(scratch["disk"]);
        var (exit, output) = Tools.Run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", scratch["disk"]);
        if (exit != 0)
            Assert.Skip("a small disk cannot be mounted: " + output.Trim());
        Tools.Run("umount", scratch["disk"]);
    }

    /// <summary>An archive before each command, made once.</summary>
    public sealed class Prepared : IAsyncLifetime
    {
        private readonly Scratch _scratch = new();

        public async ValueTask InitializeAsync()
        {
            if (!Tools.Has("ffmpeg") || !Tools.Has("ffprobe"))
                return;
            Music.CopyTo(_scratch["music"]);
            await Done("init", "--archive", _scratch["archive"], "--name", "disk");
            Scratch.Copy(_scratch["archive"], Before("mirror"));
            foreach (var command in new[] { "harvest", "catalogue", "ingest", "press", "publish" })
            {
                Scratch.Copy(_scratch["archive"], Before(command));
                await Done(Arguments(command, _scratch["archive"]));
            }

            Scratch.Copy(_scratch["archive"], Before("export"));
        }

        public ValueTask DisposeAsync()
        {
            _scratch.Dispose();
            return ValueTask.CompletedTask;
        }

        internal string Before(string command) => _scratch["before-" + command];

        internal string[] Arguments(string command, string archive) => command switch
        {
            "harvest" => ["harvest", "folder", _scratch["music"], "--source", "music", "--listens", Path.Combine(_scratch["music"], "listens.csv"), "--archive", archive],
            "export" => ["export", Path.Combine(archive, "tables"), "--archive", archive],
            "mirror" => ["mirror", _scratch["archive"], "--archive", archive],
            _ => [command, "--archive", archive],
        };
    }

    /// <summary>A disk in memory that can be filled.</summary>
    private sealed class SmallDisk : IDisposable
    {
        public SmallDisk(string folder, long lengthBytes)
        {
            Folder = folder;
            Directory.CreateDirectory(folder);
            var (exit, output) = Tools.Run("mount", "-t", "tmpfs", "-o", string.Create(CultureInfo.InvariantCulture, $"size={lengthBytes}"), "tmpfs", folder);
            Assert.True(exit == 0, output);
        }

        public string Folder { get; }

        /// <summary>Leaves this much room.</summary>
        public void Fill(long roomBytes)
        {
            var left = new DriveInfo(Folder).AvailableFreeSpace - roomBytes;
            using var ballast = new FileStream(Path.Combine(Folder, "ballast"), FileMode.Create);
            var block = new byte[4096];
            for (var written = 0L; written + block.Length <= left; written += block.Length)
                ballast.Write(block);
        }

        public void Free() => File.Delete(Path.Combine(Folder, "ballast"));

        public void ReadOnly()
        {
            var (exit, output) = Tools.Run("mount", "-o", "remount,ro", Folder);
            Assert.True(exit == 0, output);
        }

        public void Dispose() => Tools.Run("umount", "-l", Folder);
    }
}
