using Lacquer.Formats.Ledgers;
using Lacquer.Tests.Studio;
using Npgsql;
using Xunit;

[assembly: AssemblyFixture(typeof(Lacquer.Tests.Damage.PreparedTones))]

namespace Lacquer.Tests.Damage;

/// <summary>An archive before an ingest and what is in it after one that nothing happens to, with each ledger, made once.</summary>
public abstract class PreparedIngest : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Scratch _scratch = new();
    private readonly Dictionary<bool, (string Address, List<string> After)> _of = [];
    private readonly Dictionary<bool, (string Folder, string Address)> _takenIn = [];

    /// <summary>How long an ingest by one worker takes.</summary>
    internal TimeSpan Time { get; private set; }

    internal List<string> After(bool postgres) => Of(postgres).After;

    /// <summary>Copies the archive before ingest, and gives where its ledger is and what reads its state.</summary>
    internal (string Ledger, Func<List<string>> State) Copy(string archive, bool postgres) => Copy(_scratch[$"before-{postgres}"], Of(postgres).Address, archive, postgres);

    /// <summary>Copies the archive as a worker left it that was killed when it had taken everything in, and had not yet compared it all; gives what reads its state.</summary>
    internal Func<List<string>> CopyTakenIn(string archive, bool postgres)
    {
        lock (_gate)
        {
            if (!_takenIn.ContainsKey(postgres))
                _takenIn[postgres] = TakeIn(postgres);
        }

        var (folder, address) = _takenIn[postgres];
        return Copy(folder, address, archive, postgres).State;
    }

    public void Dispose()
    {
        _scratch.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Makes the music, with <c>listens.csv</c>.</summary>
    protected abstract void Make(string music);

    /// <summary>What goes before the ingest.</summary>
    protected virtual void Change(string music)
    {
    }

    private (string Ledger, Func<List<string>> State) Copy(string from, string address, string archive, bool postgres)
    {
        Scratch.Copy(from, archive);
        if (!postgres)
            return (Path.Combine(archive, "ledger.sqlite"), () => ArchiveState.Of(archive));
        var server = PostgresServer.OfAll();
        var own = server.Database(address);
        var configuration = Path.Combine(archive, "lacquer.toml");
        File.WriteAllText(configuration, File.ReadAllText(configuration).Replace(address, own, StringComparison.Ordinal));
        return (own, State);

        List<string> State()
        {
            using NpgsqlConnection ledger = server.Connection(own);
            return ArchiveState.Of(archive, ledger);
        }
    }

    private (string Folder, string Address) TakeIn(bool postgres)
    {
        for (var attempt = 1; ; attempt++)
        {
            Assert.True(attempt < 6, "a worker always ended before it could be killed");
            var folder = _scratch[$"taken-in-{postgres}-{attempt}"];
            var (place, state) = Copy(folder, postgres);
            using (var ledger = Ledger.Open(place, TimeProvider.System, "test"))
            {
                using var worker = ProgramRun.Start("ingest", "--archive", folder);
                Assert.True(SpinWait.SpinUntil(() => worker.HasExited || (ledger.Round is not null && ledger.FilledTo is null && ledger.Stages().All(s => s.Waiting == 0)), TimeSpan.FromMinutes(3)), "a worker did not come to its end");
                WorkerKills.Kill(worker);
            }

            if (!state().SequenceEqual(After(postgres)))
                return (folder, place);
        }
    }

    private (string Address, List<string> After) Of(bool postgres)
    {
        lock (_gate)
            return Made(postgres);
    }

    private (string Address, List<string> After) Made(bool postgres)
    {
        if (_of.TryGetValue(postgres, out var made))
            return made;
        var address = postgres ? PostgresServer.OfAll().Database() : "";
        if (!Directory.Exists(_scratch["music"]))
            Make(_scratch["music"]);
        var music = _scratch[$"music-{postgres}"];
        Scratch.Copy(_scratch["music"], music);
        var before = _scratch[$"before-{postgres}"];
        Run(["init", "--archive", before, "--name", "kills", .. postgres ? new[] { "--ledger", address } : []]);
        var configuration = Path.Combine(before, "lacquer.toml");
        File.WriteAllText(configuration, File.ReadAllText(configuration).Replace("workers = 0", "workers = 1", StringComparison.Ordinal));
        Run(["harvest", "folder", music, "--listens", Path.Combine(music, "listens.csv"), "--archive", before]);
        Run(["catalogue", "--archive", before]);
        Change(music);
        var (_, state) = Copy(before, address, _scratch[$"after-{postgres}"], postgres);
        Time = Run(["ingest", "--archive", _scratch[$"after-{postgres}"]]);
        return _of[postgres] = (address, state());
    }

    private static TimeSpan Run(string[] arguments)
    {
        var (code, output, time) = ProgramRun.Run(null, arguments);
        Assert.True(code is 0 or 3, $"lacquer {string.Join(' ', arguments)}: exit {code}: {output}");
        return time;
    }
}

/// <summary>Sixteen short pieces of all kinds, most of one album; one without a licence, one gone before the ingest. For all tests that take it.</summary>
public sealed class PreparedTones : PreparedIngest
{
    protected override void Make(string music)
    {
        string[] tags = ["artist=A", "album=B", "LICENSE=CC-BY-4.0"];
        for (var i = 0; i < 16; i++)
            Music.Tone(Path.Combine(music, $"{i:00}.{(i % 3 == 0 ? "ogg" : "flac")}"), $"Tone {i}", 1 + i % 4 * 0.5, 200 + 17 * i, i % 3 == 0 ? ["-c:a", "libvorbis", "-b:a", "96k"] : ["-c:a", "flac"], i % 11 == 5 ? ["artist=A"] : tags);
        File.WriteAllText(Path.Combine(music, "listens.csv"), "path,listens\n03.ogg,1000\n04.flac,30\n");
    }

    protected override void Change(string music) => File.Delete(Path.Combine(music, "14.flac"));
}

/// <summary>Four short pieces, each under four recordings: without a title, each file is called by its name.</summary>
public sealed class PreparedCopies : PreparedIngest
{
    protected override void Make(string music)
    {
        for (var i = 0; i < 4; i++)
        {
            var first = Path.Combine(music, $"{i}-0.ogg");
            Music.Tone(first, "", 3, 200 + 60 * i, ["-c:a", "libvorbis", "-b:a", "128k"], "LICENSE=CC-BY-4.0");
            for (var copy = 1; copy < 4; copy++)
                File.Copy(first, Path.Combine(music, $"{i}-{copy}.ogg"));
        }

        // All are listened to, so that they are kept as they are.
        File.WriteAllLines(Path.Combine(music, "listens.csv"), Enumerable.Range(0, 16).Select(i => $"{i % 4}-{i / 4}.ogg,{1000 - 7 * i}").Prepend("path,listens"));
    }
}
