using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Editions;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Server;
using Lacquer.Stages.Withdrawing;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Damage;

/// <summary>
/// What takes back, and what follows from edition to edition, is killed (SIGKILL) at random moments, run again to the end, and compared with what an undisturbed run leaves, byte for byte.
/// <c>LACQUER_KILLS=N</c> sets how many kills there are of each command; 10 where it is not set.
/// </summary>
public sealed class UpdateKillTests(UpdateKillTests.Prepared prepared) : IClassFixture<UpdateKillTests.Prepared>
{
    /// <param name="step">
    /// A withdrawal; the press that gives its volume a successor and deletes its audio; a mirror's way to an edition with more music in it, and from there to one without what was withdrawn; a plain copy's way to the former.
    /// </param>
    [Theory]
    [InlineData("withdraw")]
    [InlineData("press")]
    [InlineData("update")]
    [InlineData("follow")]
    [InlineData("copy")]
    public void Killed_at_any_moment_and_run_again_it_ends_as_if_nothing_had_happened(string step)
    {
        Tools.Need("setsid");
        // One killed behind its last write has been done.
        ProgramKills.Run(step, prepared.Of(step), folder => prepared.Arguments(step, folder), ProgramKills.Wanted(10),
            (exit, said) => exit == 0 || (step == "withdraw" && exit == (int)Failure.Usage && said.Contains("is withdrawn already", StringComparison.Ordinal)));
    }

    /// <summary>Three editions, a mirror and a copy of the first, and what undisturbed runs make of them.</summary>
    public sealed class Prepared : IAsyncLifetime
    {
        private readonly Scratch _scratch = new();
        private readonly LineArchive _origin = new();
        private readonly List<ArchiveServer> _servers = [];
        private readonly Dictionary<string, (string Before, List<string> After, TimeSpan Time)> _of = [];
        private readonly string _recording = EntityId.From(EntityKind.Recording, "music", "first/01.ogg").ToString();

        public async ValueTask InitializeAsync()
        {
            if (!Tools.Has("ffmpeg") || !Tools.Has("setsid"))
                return;
            var music = Music.CopyTo(_scratch["music"]);
            // So much in the catalogue that what changes is the smaller part.
            _origin.Add("lines", "release/1", Enumerable.Range(0, 400).Select(i => $$$"""{"entity":"release","record":{"id":"r{{{i}}}","title":"Release {{{i * 31 % 1000}}}","media":[{"tracks":[{"title":"Кино {{{i * 7919 % 1000}}}"}]}]}}"""));
            var archive = await new Pipeline(_origin.Folder).WholeWay(music);
            await new Pipeline(_scratch["before-update"]).Init("mirror").Mirror(_origin.Folder);
            var copy = Directory.CreateDirectory(_scratch["before-copy"]).FullName;
            foreach (var file in new[] { CatalogueReader.CatalogueFileName, CatalogueReader.LookupsFileName, CatalogueReader.SearchFileName })
                File.Copy(Path.Combine(archive.Layout.NewestCatalogue()!, file), Path.Combine(copy, file));
            foreach (var file in new[] { Manifest.FileName, "signing.pub" })
                File.Copy(Path.Combine(archive.Layout.NewestEdition()!, file), Path.Combine(copy, file));

            Music.Tone(Path.Combine(music, "third", "new.ogg"), "New", 3, 587, ["-c:a", "libvorbis", "-b:a", "128k"], "artist=Ánna Ström", "album=Новая", "LICENSE=CC-BY-4.0");
            await archive.WholeWay(music);
            Assert.Contains(Directory.GetFiles(archive.Layout.NewestEdition()!, "*", SearchOption.AllDirectories), file => file.EndsWith("catalogue-from-000001.delta", StringComparison.Ordinal));
            await ServeAsync("second");
            await MakeAsync("update");
            await MakeAsync("copy");

            Scratch.Copy(_origin.Folder, _scratch["before-withdraw"]);
            await MakeAsync("withdraw");
            Withdraw.Run(new WithdrawRequest(_origin.Folder, WithdrawalScope.Recording, _recording, "asked for", "RT-12", IsErased: true), TimeProvider.System);
            archive.Catalogue();
            Scratch.Copy(_origin.Folder, _scratch["before-press"]);
            await MakeAsync("press");
            archive.Press();
            archive.Publish();
            await ServeAsync("third");
            Scratch.Copy(_scratch["after-update"], _scratch["before-follow"]);
            await MakeAsync("follow");
            foreach (var mirror in new[] { "after-update", "after-follow" })
                Assert.Empty((await new Pipeline(_scratch[mirror]).Verify()).Findings);
            Assert.Contains(_of["follow"].After, line => line.StartsWith("withdrawals/000001.json ", StringComparison.Ordinal));
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var server in _servers)
                await server.DisposeAsync();
            _origin.Dispose();
            _scratch.Dispose();
        }

        internal (string Before, List<string> After, TimeSpan Time) Of(string step) => _of[step];

        internal string[] Arguments(string step, string folder) => step switch
        {
            "withdraw" => ["withdraw", _recording, "--reason", "asked for", "--erase", "--archive", folder],
            "press" => ["press", "--archive", folder],
            "copy" => ["update", "--copy", folder, "--from", _servers[0].Address.ToString()],
            _ => ["update", "--from", _servers[step == "update" ? 0 : 1].Address.ToString(), "--archive", folder],
        };

        // By an address, as from a folder less is made and more is copied.
        private async Task ServeAsync(string edition)
        {
            Scratch.Copy(_origin.Folder, _scratch[edition]);
            _servers.Add(await ArchiveServer.StartAsync(new ServeRequest(_scratch[edition], Stores.Of(_scratch[edition]), Port: 0), TimeProvider.System, CancellationToken.None));
        }

        private async Task MakeAsync(string step)
        {
            var (before, folder) = (_scratch["before-" + step], _scratch["after-" + step]);
            Scratch.Copy(before, folder);
            var (code, output, time) = await Task.Run(() => ProgramRun.Run(null, Arguments(step, folder)));
            Assert.True(code == 0, $"{step}: exit {code}: {output}");
            Assert.DoesNotContain("fetched the catalogue whole", output, StringComparison.Ordinal);
            _of[step] = (before, ArchiveState.Of(folder), time);
        }
    }
}
