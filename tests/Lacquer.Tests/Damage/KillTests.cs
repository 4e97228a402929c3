using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Damage;

/// <summary>
/// The program is killed (SIGKILL, with its ffmpeg children) at random moments of a command, run again to the end, and the archive compared with one in which nothing happened.
/// <c>LACQUER_KILLS=N</c> sets how many kills there are of each command; 6 where it is not set.
/// </summary>
public sealed class KillTests(KillTests.Prepared prepared) : IClassFixture<KillTests.Prepared>
{
    private static readonly string[] Way = ["harvest", "musicbrainz", "catalogue", "ingest", "press", "publish", "export", "mirror"];

    [Theory]
    [InlineData("harvest")]
    [InlineData("musicbrainz")]
    [InlineData("catalogue")]
    [InlineData("ingest")]
    [InlineData("press")]
    [InlineData("publish")]
    [InlineData("export")]
    [InlineData("mirror")]
    public void Killed_at_any_moment_and_run_again_it_ends_as_if_nothing_had_happened(string command)
    {
        Tools.Need("ffmpeg", "ffprobe", "setsid", "xz");
        ProgramKills.Run(command, prepared.Of(command), archive => prepared.Arguments(command, archive), ProgramKills.Wanted(6), (exit, _) => exit is 0 or 3);
    }

    /// <summary>An archive before each command and after it, made once.</summary>
    public sealed class Prepared : IDisposable
    {
        private readonly Scratch _scratch = new();
        private readonly Dictionary<string, (string Before, List<string> After, TimeSpan Time)> _of = [];
        private string? _music;

        internal (string Before, List<string> After, TimeSpan Time) Of(string command)
        {
            if (_music is null)
                Make();
            return _of[command];
        }

        internal string[] Arguments(string command, string archive) => command switch
        {
            "harvest" => ["harvest", "folder", _music!, "--source", "music", "--listens", Path.Combine(_music!, "listens.csv"), "--archive", archive],
            "musicbrainz" => ["harvest", "musicbrainz", _scratch["dumps"], "--archive", archive],
            "export" => ["export", Path.Combine(archive, "tables"), "--archive", archive],
            "mirror" => ["mirror", _scratch["after-publish"], "--archive", archive],
            _ => [command, "--archive", archive],
        };

        public void Dispose() => _scratch.Dispose();

        private void Make()
        {
            var music = _scratch["music"];
            string[] vorbis = ["-c:a", "libvorbis", "-b:a", "96k"];
            string[] tags = ["artist=A", "album=B", "LICENSE=CC-BY-4.0"];
            Music.Tone(Path.Combine(music, "a", "1.ogg"), "One", 2, 220, vorbis, tags);
            Music.Tone(Path.Combine(music, "a", "2.flac"), "Two", 2, 330, ["-c:a", "flac"], tags);
            Music.Tone(Path.Combine(music, "b", "3.opus"), "Three", 2, 440, ["-c:a", "libopus", "-b:a", "48k"], tags);
            Music.Tone(Path.Combine(music, "b", "4.flac"), "Four", 2, 550, ["-c:a", "flac"], tags);
            Music.Tone(Path.Combine(music, "b", "5.ogg"), "Five", 1, 660, vorbis, "artist=A");
            File.WriteAllBytes(Path.Combine(music, "b", "6.ogg"), []);
            File.WriteAllText(Path.Combine(music, "listens.csv"), "path,listens\na/1.ogg,1000\na/2.flac,30\n");
            File.WriteAllBytes(Path.Combine(music, "b", "cover.png"), [0x89, (byte)'P', (byte)'N', (byte)'G', 13, 10, 26, 10, 1, 2, 3]);
            _music = music;
            Run("init", "--archive", _scratch["archive"], "--name", "kills");
            Run("init", "--archive", _scratch["mirror"], "--name", "mirror");
            // About forty frames, and lines that are set aside among the others.
            Dump.Write(Path.Combine(_scratch["dumps"], "release.tar.xz"), "release", Enumerable.Range(0, 30_000).Select(i => i % 1009 == 8 ? "[]" : Dump.Recording(i)));
            Dump.Write(Path.Combine(_scratch["dumps"], "recording.tar.xz"), "recording", Enumerable.Range(0, 20_000).Select(i => Dump.Recording(i)));
            Run("init", "--archive", _scratch["dumped"], "--name", "dumped");
            foreach (var command in Way)
            {
                var archive = command switch { "mirror" => _scratch["mirror"], "musicbrainz" => _scratch["dumped"], _ => _scratch["archive"] };
                var before = _scratch["before-" + command];
                Scratch.Copy(archive, before);
                // Once to warm the disk's cache, then for the time.
                Scratch.Copy(before, _scratch["warm-" + command]);
                Run(Arguments(command, _scratch["warm-" + command]));
                var time = Run(Arguments(command, archive));
                _of.Add(command, (before, ArchiveState.Of(archive), time));
                Assert.Equal(ArchiveState.Of(_scratch["warm-" + command]), ArchiveState.Of(archive));
                if (command == "publish")
                    Scratch.Copy(archive, _scratch["after-publish"]);
            }
        }

        private static TimeSpan Run(params string[] arguments)
        {
            var (code, output, time) = ProgramRun.Run(null, arguments);
            Assert.True(code is 0 or 3, $"lacquer {string.Join(' ', arguments)}: exit {code}: {output}");
            return time;
        }
    }
}
