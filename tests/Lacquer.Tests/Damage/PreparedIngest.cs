using Lacquer.Tests.Studio;
using Npgsql;
using Xunit;

namespace Lacquer.Tests.Damage;

/// <summary>An archive before an ingest and what is in it after one that nothing happens to, with each ledger, made once.</summary>
public abstract class PreparedIngest : IDisposable
{
    private readonly Scratch _scratch = new();
    private readonly Dictionary<bool, (string Address, List<string> After)> _of = [];

    /// <summary>How long an ingest by one worker takes.</summary>
    internal TimeSpan Time { get; private set; }

    internal List<string> After(bool postgres) => Of(postgres).After;

    /// <summary>Copies the archive before ingest, and gives where its ledger is and what reads its state.</summary>
    internal (string Ledger, Func<List<string>> State) Copy(string archive, bool postgres) => Copy(Of(postgres).Address, archive, postgres);

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

    private (string Ledger, Func<List<string>> State) Copy(string address, string archive, bool postgres)
    {
        Scratch.Copy(_scratch[$"before-{postgres}"], archive);
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

    private (string Address, List<string> After) Of(bool postgres)
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
        var (_, state) = Copy(address, _scratch[$"after-{postgres}"], postgres);
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

/// <summary>Two dozen short pieces of all kinds, most of one album; some without a licence, one gone before the ingest.</summary>
public sealed class PreparedTones : PreparedIngest
{
    protected override void Make(string music)
    {
        string[] tags = ["artist=A", "album=B", "LICENSE=CC-BY-4.0"];
        for (var i = 0; i < 24; i++)
            Music.Tone(Path.Combine(music, $"{i:00}.{(i % 3 == 0 ? "ogg" : "flac")}"), $"Tone {i}", 1 + i % 4 * 0.5, 200 + 17 * i, i % 3 == 0 ? ["-c:a", "libvorbis", "-b:a", "96k"] : ["-c:a", "flac"], i % 11 == 5 ? ["artist=A"] : tags);
        File.WriteAllText(Path.Combine(music, "listens.csv"), "path,listens\n03.ogg,1000\n04.flac,30\n");
    }

    protected override void Change(string music) => File.Delete(Path.Combine(music, "22.flac"));
}

/// <summary>Four short pieces, each under eight recordings: without a title, each file is called by its name.</summary>
public sealed class PreparedCopies : PreparedIngest
{
    protected override void Make(string music)
    {
        for (var i = 0; i < 4; i++)
        {
            var first = Path.Combine(music, $"{i}-0.ogg");
            Music.Tone(first, "", 3, 200 + 60 * i, ["-c:a", "libvorbis", "-b:a", "128k"], "LICENSE=CC-BY-4.0");
            for (var copy = 1; copy < 8; copy++)
                File.Copy(first, Path.Combine(music, $"{i}-{copy}.ogg"));
        }

        // All are listened to, so that they are kept as they are.
        File.WriteAllLines(Path.Combine(music, "listens.csv"), Enumerable.Range(0, 32).Select(i => $"{i % 4}-{i / 4}.ogg,{1000 - 7 * i}").Prepend("path,listens"));
    }
}
