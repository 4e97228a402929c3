using Lacquer.Formats.Identity;
using Lacquer.Formats.Ledgers;
using Lacquer.Formats.Rights;
using Lacquer.Tests.Studio;
using Microsoft.Data.Sqlite;
using Xunit;

namespace Lacquer.Tests.Mirroring;

/// <summary>After each run a mirror's ledger says of the recordings whose objects it holds what the edition says, whatever it said before.</summary>
public sealed class RightsPassTests
{
    [Fact]
    public async Task Whatever_a_mirrors_ledger_said_of_what_it_holds_it_says_what_the_edition_does_and_writes_nothing_else()
    {
        using var scratch = new Scratch();
        await new Pipeline(scratch["archive"]).Init().WholeWay(Music.CopyTo(scratch["music"]));
        var mirror = new Pipeline(scratch["mirror"]).Init("mirror");
        await mirror.Mirror(scratch["archive"]);
        var first = State(mirror);
        Assert.True(first.Recordings.Count >= 4);
        Assert.Equal(0, (await mirror.Mirror(scratch["archive"])).FetchedObjects);
        Assert.Equal(first.Events, State(mirror).Events);

        // Another licence, another object, none at all, and no decision.
        var changed = first.Recordings.Take(4).Select(r => r.Recording).ToList();
        Change(mirror, "UPDATE rights SET licence = 'CC0-1.0' WHERE recording = $1", changed[0]);
        Change(mirror, "UPDATE job SET object = (SELECT object FROM job WHERE recording > $1 ORDER BY recording LIMIT 1) WHERE recording = $1", changed[1]);
        Change(mirror, "DELETE FROM job WHERE recording = $1", changed[2]);
        Change(mirror, "DELETE FROM rights WHERE recording = $1", changed[3]);
        // What the edition does not speak of stays.
        var own = EntityId.From(EntityKind.Recording, "own", "1");
        Change(mirror, "INSERT INTO job SELECT $1, state, attempts, reason, object, accession, \"offset\" FROM job LIMIT 1", own);
        await mirror.Mirror(scratch["archive"]);
        var after = State(mirror);
        Assert.Equal(first.Recordings, after.Recordings.Where(r => r.Recording != own));
        Assert.Null(Assert.Single(after.Recordings, r => r.Recording == own).Rights);
        using var ledger = mirror.Ledger();
        Assert.Equal(2, ledger.Events(changed[0].ToString()).Count);
        Assert.Equal(2, ledger.Events(changed[3].ToString()).Count);
        Assert.Equal(first.Events + 4, after.Events);
        Assert.Empty((await mirror.Verify()).Findings);
    }

    [Fact]
    public async Task Of_volumes_that_are_not_here_only_what_was_here_before_is_followed()
    {
        using var scratch = new Scratch();
        var archive = new Pipeline(scratch["archive"]).Init();
        File.WriteAllText(archive.Layout.Configuration, File.ReadAllText(archive.Layout.Configuration).Replace("volume_files = 20000", "volume_files = 1", StringComparison.Ordinal));
        await archive.WholeWay(Music.CopyTo(scratch["music"]));
        var mirror = new Pipeline(scratch["mirror"]).Init("mirror");
        await mirror.Mirror(scratch["archive"]);
        var all = State(mirror);
        var retired = all.Recordings[0];
        // As after an edition that had it elsewhere: the object is here, and its volume is not.
        Change(mirror, "UPDATE volume SET retired = 1 WHERE number IN (SELECT f.volume FROM volume_file f JOIN job j ON j.object = f.object WHERE j.recording = $1)", retired.Recording);
        Change(mirror, "DELETE FROM job WHERE recording = $1", retired.Recording);
        Change(mirror, "UPDATE rights SET reason = 'of before' WHERE recording = $1", retired.Recording);
        var report = await mirror.Mirror(scratch["archive"], budget: 1);
        Assert.Equal(0, report.FetchedObjects);
        Assert.Equal(all.Recordings, State(mirror).Recordings);

        var small = new Pipeline(scratch["small"]).Init("small");
        Assert.Equal(0, (await small.Mirror(scratch["archive"], budget: 1)).FetchedObjects);
        Assert.Empty(State(small).Recordings);
    }

    private static (List<(EntityId Recording, PiecesRoot? Object, RightsDecision? Rights)> Recordings, long Events) State(Pipeline mirror)
    {
        using var ledger = mirror.Ledger();
        using var connection = new SqliteConnection($"Data Source={mirror.Layout.Ledger};Pooling=False");
        connection.Open();
        using var count = connection.CreateCommand();
        count.CommandText = "SELECT count(*) FROM event";
        return (ledger.HeldRecordings(null, 1000).Select(r => (r, ledger.Job(r)?.Object, ledger.Rights(r))).ToList(), (long)count.ExecuteScalar()!);
    }

    private static void Change(Pipeline mirror, string sql, EntityId recording)
    {
        using var connection = new SqliteConnection($"Data Source={mirror.Layout.Ledger};Pooling=False");
        connection.Open();
        SmallArchive.Run(connection, sql, recording.ToArray());
    }
}
