using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Lacquer.Formats.Accessions;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Ledgers;
using Lacquer.Formats.Rights;
using Lacquer.Formats.Volumes;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Contracts;

/// <summary>What every ledger does, whatever database it lies in.</summary>
public abstract partial class LedgerContract : IDisposable
{
    protected const string SecondFormat = "DROP TABLE volume_successor; DROP TABLE withdrawal; DROP TABLE withdrawn; DROP TABLE withdrawn_also; ";

    private const string Round = "000001 policy a";
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(2);
    private readonly List<Ledger> _open = [];
    private string? _place;

    [Fact]
    public void What_is_written_is_read_back()
    {
        var ledger = Open();
        ledger.SetMeta("a", "1");
        ledger.SetMeta("a", "2");
        Assert.Equal("2", ledger.Meta("a"));
        Assert.Null(ledger.Meta("b"));
        var accession = new AccessionRow(1, "music", "folder", "/somewhere", 7, 1234, Hash("accession"));
        ledger.AddAccession(accession, [new Finding("harvest", "x.ogg", "empty", "it is empty")]);
        Assert.Equal([accession], ledger.Accessions());
        ledger.ReplaceFindings("verify", "", [new Finding("verify", "y", "corrupt", "one"), new Finding("verify", "y", "missing", "two")]);
        Assert.Equal(["it is empty", "two"], ledger.Findings().Select(f => f.Message));

        var (one, two) = (Object("one", 100), Object("two", 3 << 20));
        Assert.True(ledger.Ingested(Id(1), new RecordPlace(1, 10), one, [new EventDraft("ingest", one.Root.ToString(), true, "made")]));
        Assert.True(ledger.Ingested(Id(2), new RecordPlace(1, 20), two, []));
        Assert.True(ledger.Ingested(Id(3), new RecordPlace(1, 30), one, []));
        Assert.True(ledger.NotIngested(Id(4), new RecordPlace(1, 40), JobState.SetAside, "a.ogg: it is empty"));
        Assert.True(ledger.NotIngested(Id(4), new RecordPlace(1, 40), JobState.SetAside, "a.ogg: it is empty"));
        Assert.True(ledger.NotIngested(Id(5), new RecordPlace(1, 50), JobState.Denied, "no licence"));
        Assert.Equal((2, 100 + (3L << 20)), ledger.ObjectTotals());
        Same(one, ledger.Object(one.Root)!);
        Assert.Null(ledger.Object(Object("three", 1).Root));
        Assert.Equal([one.Root, two.Root], ledger.Objects(null, 10).Select(o => o.Root).OrderBy(r => r == two.Root));
        Assert.Equal([Id(1), Id(3)], ledger.RecordingsOf(one.Root).OrderBy(id => id == Id(3)));
        Assert.Equal(2, Assert.Single(ledger.Jobs(JobState.SetAside)).Attempts);
        Assert.Equal([(JobState.Denied, 1L), (JobState.Done, 3L), (JobState.SetAside, 1L)], ledger.JobCounts().Select(c => (c.State, c.Count)));
        Assert.Equal("made", Assert.Single(ledger.Events(one.Root.ToString())).Detail);

        ledger.SetRights(Id(1), SmallArchive.Free);
        ledger.SetRights(Id(1), SmallArchive.Free);
        ledger.SetRights(Id(2), SmallArchive.Dark);
        Assert.Equal(SmallArchive.Free, ledger.Rights(Id(1)));
        Assert.Single(ledger.Events(Id(1).ToString()));
        Assert.Equal(2, ledger.DecisionCount());
        Assert.Equal(2, ledger.Decisions(null, 10).Count);
        Assert.Single(ledger.PublishableByOtherPolicy("other", null, 10));
        Assert.Equal(1, ledger.PublishableCount());
        Assert.Equal(one.Root, ledger.Holding(Id(1))!.Object.Root);
        var standings = ledger.Standings(Enumerable.Range(1, 300).Select(Id));
        Assert.Equal(5, standings.Count);
        Assert.True(standings[Id(1)].Publish);
        Assert.Equal(JobState.Denied, standings[Id(5)].State);

        var volume = new VolumeRow(1, "v-1", 50, 2, one.LengthBytes + two.LengthBytes, new InfoHashV1([.. Hash("v1").ToArray().Take(20)]), new InfoHashV2(Hash("v2")), false);
        var publishable = new List<(string, string)>();
        ledger.ScanPublishable(0, 255, (recording, root) => publishable.Add((Convert.ToHexStringLower(recording), Convert.ToHexStringLower(root))));
        Assert.Equal([(Convert.ToHexStringLower(Id(1).ToArray()), one.Root.ToString())], publishable);
        ledger.ScanPublishable(0, (byte)(Id(1).ToArray()[0] - 1), (_, _) => Assert.Fail("that is not its first byte"));
        var cleared = new List<string>();
        ledger.ScanCleared(0, 255, (recording, root, licence, reason, policy) => cleared.Add($"{Convert.ToHexStringLower(root)} {licence} {reason} {policy}"));
        Assert.Equal([$"{one.Root} {SmallArchive.Free.Licence} {SmallArchive.Free.Reason} {SmallArchive.Free.Policy}"], cleared);
        var facts = new List<string>();
        ledger.ScanObjectFacts((root, sha256, lengthBytes, extension, tier, durationMs) => facts.Add($"{Convert.ToHexStringLower(root)} {Convert.ToHexStringLower(sha256)} {lengthBytes} {extension} {tier} {durationMs}"));
        Assert.Contains($"{one.Root} {one.Sha256} {one.LengthBytes} {one.Extension} {one.Tier} {one.DurationMs}", facts);
        Assert.Equal(ledger.ObjectTotals().Count, facts.Count);
        var objects = new List<(string, long, string, string, string)>();
        ledger.ScanObjects((root, sha256, lengthBytes, extension, pieceLayer, pieceDigestsV1) => objects.Add((Convert.ToHexStringLower(root), lengthBytes, extension, Convert.ToHexStringLower(sha256) + Convert.ToHexStringLower(pieceLayer), Convert.ToHexStringLower(pieceDigestsV1))));
        Assert.Contains((one.Root.ToString(), one.LengthBytes, one.Extension, one.Sha256 + Convert.ToHexStringLower(one.PieceLayer), Convert.ToHexStringLower(one.PieceDigestsV1)), objects);
        Assert.Equal(ledger.ObjectTotals().Count, objects.Count);
        ledger.BeginPressing(1_000_000);
        ledger.AddVolume(volume, [("00000.ogg", one.Root), ("00001.ogg", two.Root)]);
        ledger.EndPressing();
        var standing = new List<string>();
        ledger.ScanVolumeFiles(1, 1, (number, index, root) => standing.Add(FormattableString.Invariant($"{number} {index} {Convert.ToHexStringLower(root)}")));
        ledger.ScanVolumeFiles(2, 9, (_, _, _) => Assert.Fail("there is one volume"));
        Assert.Equal([$"1 0 {one.Root}", $"1 1 {two.Root}"], standing.Order(StringComparer.Ordinal));
        Assert.Equal([volume], ledger.Volumes());
        Assert.Equal((two.Root, false), ledger.VolumeFile(1, "00001.ogg"));
        Assert.Equal([0], ledger.ClearedFiles(1));
        Assert.Equal((2, 1L << 20), ledger.PlaceV1(1, 1, 1 << 20));
        Assert.Equal((0, 0L), ledger.PlaceV1(1, 0, 1 << 20));
        Assert.Equal([0, 1], ledger.VolumeFiles(1).Select(f => f.Index));
        Assert.Equal("v-1", ledger.VolumeOf(two.Root)!.Value.Volume.Name);
        var (totals, notice) = (ledger.ObjectTotals(), Object("notice", 118) with { Extension = Notice.Extension, Tier = Notice.Tier });
        var successor = volume with { Number = 2, Name = "v-2" };
        ledger.Succeed(volume, "why", successor, [("00000.ogg", one.Root), ("00001-withdrawn.txt", notice.Root)], [notice]);
        Assert.True(ledger.Volume("v-1")!.Retired);
        Assert.Equal("v-1", Assert.Single(ledger.Predecessors()).Value.Name);
        var audio = new List<string>();
        ledger.ScanVolumeFiles(1, 2, (number, index, root) => audio.Add(FormattableString.Invariant($"{number} {index} {Convert.ToHexStringLower(root)}")), withNotices: false);
        Assert.Equal([$"2 0 {one.Root}"], audio);
        Assert.Equal(((one.Root, true), (notice.Root, true)), (ledger.VolumeFile(2, "00000.ogg"), ledger.VolumeFile(2, "00001-withdrawn.txt")));
        Same(notice, ledger.Object(notice.Root)!);
        Assert.Equal(totals, ledger.ObjectTotals());
        ledger.RetireVolume(successor, "why");
        Assert.True(ledger.Volume("v-2")!.Retired);
        var edition = new EditionRow(1, "000001", "000001", Hash("edition"));
        ledger.AddEdition(edition);
        Assert.Equal([edition], ledger.Editions());
        ledger.Replicated(Object("four", 7), [(Id(9), SmallArchive.Free)], "origin");
        Assert.Equal(JobState.Done, ledger.Job(Id(9))!.State);
        Assert.Null(ledger.Fetched("music", "k"));
    }

    [Fact]
    public void A_transaction_that_fails_leaves_nothing()
    {
        var ledger = Open();
        var volume = new VolumeRow(1, "v-1", 50, 1, 1, new InfoHashV1([.. Hash("v1").ToArray().Take(20)]), new InfoHashV2(Hash("v2")), false);
        Assert.ThrowsAny<System.Data.Common.DbException>(() => ledger.AddVolume(volume, [("00000.ogg", Object("nobody knows it", 1).Root)]));
        Assert.Empty(ledger.Volumes());
        Assert.Empty(ledger.Events("v-1"));
        ledger.SetMeta("after", "all is well");
        Assert.Equal("all is well", ledger.Meta("after"));
    }

    [Fact]
    public void Jobs_come_in_order_but_for_stages_that_are_paused_or_first()
    {
        var ledger = Filled(20);
        Assert.Equal([1L, 2, 3], Claim(ledger, "a", 3));
        ledger.Pause(0, paused: true);
        Assert.Equal([4L, 5, 6, 7, 8, 9, 10], Claim(ledger, "a", 30));
        Assert.Empty(Claim(ledger, "a", 1));
        Assert.False(ledger.IsAnyLeft("a"));
        Assert.True(ledger.IsAnyLeft("b"));
        ledger.Pause(0, paused: false);
        Assert.Equal([11L], Claim(ledger, "a", 1));
        Assert.False(ledger.Pause(7, paused: true));
        ledger.Release("a", orderly: true);
        ledger.First([0]);
        Assert.Equal([11L, 12], Claim(ledger, "a", 2));
        ledger.First([]);
        Assert.Equal([1L, 2], Claim(ledger, "a", 2));
        Assert.Equal([("a", 4L)], ledger.Owners().Select(o => (o.Owner, o.Jobs)));
    }

    [Fact]
    public void What_others_gave_back_is_found_before_a_claim_comes_back_with_less_than_asked_for()
    {
        var (one, two) = (Filled(20), Open());
        Assert.Equal([1L, 2, 3], Claim(one, "a", 3));
        Assert.Equal([4L, 5, 6], Claim(two, "b", 3));
        one.Release("a", orderly: true);
        Assert.Equal(17, Claim(two, "b", 99).Count);
        Assert.False(one.IsAnyLeft("b"));
    }

    [Fact]
    public void A_job_whose_lease_ran_out_goes_to_another_and_the_first_can_no_longer_end_it()
    {
        var ledger = Filled(3);
        var stale = ledger.Claim("a", Round, 1, TimeSpan.Zero)[0];
        Assert.True(ledger.Begin(stale));
        // Not to itself: it is at work on it.
        Assert.Equal(2, ledger.Claim("a", Round, 1, Lease)[0].Job.Place);
        var taken = ledger.Claim("b", Round, 1, Lease)[0];
        Assert.Equal((stale.Job, 1), (taken.Job, taken.Begun));
        var made = Object("made", 10);
        Assert.False(ledger.Begin(stale));
        Assert.False(ledger.Ingested(stale.Job.Recording, default, made, [new EventDraft("ingest", "x", true, "twice")], stale));
        Assert.False(ledger.NotIngested(stale.Job.Recording, default, JobState.SetAside, "no", stale));
        ledger.End([new JobEnd(stale, SmallArchive.Denied, ("no", default))]);
        ledger.Rest(stale, null);
        Assert.Null(ledger.Object(made.Root));
        Assert.Null(ledger.Job(stale.Job.Recording));
        Assert.Null(ledger.Rights(stale.Job.Recording));
        Assert.True(ledger.Ingested(taken.Job.Recording, default, made, [new EventDraft("ingest", "x", true, "once")], taken));
        Assert.False(ledger.Ingested(taken.Job.Recording, default, made, [new EventDraft("ingest", "x", true, "twice")], taken));
        Assert.Equal("once", Assert.Single(ledger.Events("x")).Detail);
    }

    [Fact]
    public void A_lease_that_is_renewed_stays()
    {
        var ledger = Filled(1);
        var lease = ledger.Claim("a", Round, 1, TimeSpan.Zero)[0];
        ledger.Renew("a", Lease);
        Assert.Empty(ledger.Claim("b", Round, 1, Lease));
        ledger.End([new JobEnd(lease, null, null)]);
        Assert.False(ledger.IsAnyLeft("b"));
    }

    [Fact]
    public void What_failed_rests_until_its_time_or_until_it_is_asked_for()
    {
        var ledger = Filled(4);
        var leases = ledger.Claim("a", Round, 4, Lease);
        ledger.Rest(leases[0], TimeSpan.Zero);
        ledger.Rest(leases[1], TimeSpan.FromHours(1));
        ledger.NotIngested(Id(3), default, JobState.SetAside, "x.ogg: bad", leases[2], null);
        ledger.NotIngested(Id(4), default, JobState.Denied, "no", leases[3]);
        Assert.Equal([1L], Claim(ledger, "a", 9));
        Assert.Equal(1, ledger.Stages().Sum(s => s.Waiting));
        ledger.Wake(all: false);
        Assert.Equal([2L], Claim(ledger, "a", 9));
        ledger.Wake(all: true);
        Assert.Equal([3L], Claim(ledger, "a", 9));
        Assert.Equal(0, ledger.Job(Id(3))!.Attempts);
        Assert.Equal((3, 1, 1), (ledger.Stages().Sum(s => s.Waiting), ledger.Stages().Sum(s => s.Denied), ledger.Stages().Sum(s => s.SetAside)));
    }

    [Fact]
    public void A_queue_half_filled_is_filled_to_its_end_by_whoever_comes_and_nothing_is_there_twice()
    {
        var ledger = Open();
        ledger.BeginRound(Round, [50, 0]);
        ledger.Fill(Round, 0, 5, Jobs(1, 5));
        ledger.Fill(Round, 0, 5, Jobs(1, 5));
        Assert.Equal(5, ledger.FilledTo);
        ledger.BeginRound(Round, [50, 0]);
        Assert.Equal(5, ledger.FilledTo);
        ledger.Fill(Round, 5, null, Jobs(6, 20));
        ledger.Fill(Round, 5, null, Jobs(6, 20));
        Assert.Null(ledger.FilledTo);
        Assert.Equal((20, 20), (ledger.Stages().Sum(s => s.Recordings), ledger.Stages().Sum(s => s.Waiting)));
        Assert.Equal(Enumerable.Range(1, 20).Select(i => (long)i), Claim(ledger, "a", 99));
    }

    [Fact]
    public void A_new_round_asks_everything_again_and_forgets_nothing_that_became_of_it()
    {
        var ledger = Filled(4);
        var leases = ledger.Claim("a", Round, 3, Lease);
        ledger.Ingested(Id(1), default, Object("one", 5), [], leases[0]);
        ledger.End([new JobEnd(leases[1], SmallArchive.Denied, ("no", default))]);
        ledger.Pause(0, paused: true);
        ledger.BeginRound("000002 policy a", [50, 0]);
        ledger.Fill("000002 policy a", 0, null, Jobs(1, 6));
        // Who has one of the former round in hand cannot end it.
        Assert.False(ledger.Ingested(Id(3), default, Object("three", 5), [], leases[2]));
        Assert.Equal(Failure.Locked, Assert.Throws<LacquerException>(() => ledger.Claim("a", Round, 1, Lease)).Failure);
        var stage = ledger.Stages()[0];
        Assert.Equal((50, 6, 6, 1, Id(1), 1), (stage.Lower, stage.Recordings, stage.Waiting, stage.Done, ledger.HeldRecordings(null, 1)[0], stage.Denied));
        Assert.Equal(Jobs(1, 1)[0].Listens, stage.DoneListens);
        Assert.True(ledger.Stages()[1].Paused);
    }

    [Fact]
    public async Task Many_at_once_lose_nothing_and_do_nothing_twice()
    {
        const int Count = 600;
        var ledger = Filled(Count);
        var taken = new ConcurrentBag<long>();
        await Task.WhenAll(Enumerable.Range(0, 4).Select(w => Task.Run(() =>
        {
            var own = Open();
            for (var none = 0; none < 3;)
            {
                var leases = own.Claim($"w{w}", Round, 7, Lease);
                none = leases.Count == 0 ? none + 1 : 0;
                var ends = new List<JobEnd>();
                foreach (var lease in leases)
                {
                    taken.Add(lease.Job.Place);
                    if (lease.Job.Place % 3 == 0)
                        Assert.True(own.Ingested(lease.Job.Recording, default, Object($"{lease.Job.Place % 30}", 10), [new EventDraft("ingest", $"{lease.Job.Place}", true, "")], lease));
                    else
                        ends.Add(new JobEnd(lease, null, lease.Job.Place % 3 == 1 ? ("no", default) : null));
                }

                own.End(ends);
            }
        }, TestContext.Current.CancellationToken)));
        Assert.Equal(Enumerable.Range(1, Count).Select(i => (long)i), taken.Order());
        Assert.False(ledger.IsAnyLeft("nobody"));
        Assert.Equal([(JobState.Denied, Count / 3L), (JobState.Done, Count / 3L)], ledger.JobCounts().Select(c => (c.State, c.Count)));
        Assert.Equal((10, 100), ledger.ObjectTotals());
        Assert.Equal((0, Count / 3, Count / 3), (ledger.Stages().Sum(s => s.Waiting), ledger.Stages().Sum(s => s.Done), ledger.Stages().Sum(s => s.Denied)));
        Assert.Equal(Count, ledger.Pace(0).Sum(p => p.Jobs));
        Assert.All(Enumerable.Range(1, Count / 3), i => Assert.Single(ledger.Events($"{3 * i}")));
    }

    public void Dispose()
    {
        foreach (var ledger in _open)
            ledger.Dispose();
        Close();
        GC.SuppressFinalize(this);
    }

    /// <summary>A place where no ledger is yet.</summary>
    protected abstract string NewPlace();

    protected abstract void Close();

    private Ledger Open()
    {
        lock (_open)
        {
            if (_place is null)
                Ledger.Create(_place = NewPlace());
            var ledger = Ledger.Open(_place, TimeProvider.System, "test");
            _open.Add(ledger);
            return ledger;
        }
    }

    private Ledger Filled(int count)
    {
        var ledger = Open();
        ledger.BeginRound(Round, [50, 0]);
        ledger.Fill(Round, 0, null, Jobs(1, count));
        return ledger;
    }

    // The first ten are of stage 50.
    private static List<QueuedJob> Jobs(int first, int last) => Enumerable.Range(first, last - first + 1).Select(i => new QueuedJob(i, Id(i), i <= 10 ? 50 : 0, 1000 / i)).ToList();

    private static List<long> Claim(Ledger ledger, string owner, int most) => ledger.Claim(owner, Round, most, Lease).Select(l => l.Job.Place).ToList();

    private static EntityId Id(int number) => EntityId.From(EntityKind.Recording, "contract", $"{number}");

    private static Sha256Digest Hash(string text) => new(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static ObjectRow Object(string text, long length) => new(new PiecesRoot(Hash(text)), Hash(text + "1"), length, "ogg", [1, 2], [3, 4], "vorbis-160", 1234, -14.25, null, Hash(text + "2"), 99, null) { Fingerprint = [5, 6], Samples = Hash("s") };

    private static void Same(ObjectRow expected, ObjectRow met)
    {
        Assert.Equal(expected with { PieceLayer = [], PieceDigestsV1 = [], Fingerprint = null }, met with { PieceLayer = [], PieceDigestsV1 = [], Fingerprint = null });
        Assert.Equal([expected.PieceLayer, expected.PieceDigestsV1, expected.Fingerprint!], new[] { met.PieceLayer, met.PieceDigestsV1, met.Fingerprint! });
    }
}

/// <summary>In a file.</summary>
public sealed class SqliteLedgerTests : LedgerContract
{
    private readonly Scratch _scratch = new();

    [Fact]
    public void A_ledger_of_the_first_format_is_brought_up_to_date_by_who_writes_and_who_reads_says_so()
    {
        var path = _scratch["old.sqlite"];
        using (var old = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={path};Pooling=false"))
        {
            old.Open();
            using var command = old.CreateCommand();
            command.CommandText = """
                CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
                CREATE TABLE object(root BLOB PRIMARY KEY, sha256 BLOB NOT NULL, length INTEGER NOT NULL, extension TEXT NOT NULL, layer BLOB NOT NULL, digests_v1 BLOB NOT NULL, tier TEXT NOT NULL,
                    duration_ms INTEGER, loudness REAL, peak REAL, original BLOB, original_length INTEGER, undo BLOB) STRICT;
                CREATE TABLE job(recording BLOB PRIMARY KEY, state TEXT NOT NULL CHECK(state IN ('done', 'denied', 'set-aside')), attempts INTEGER NOT NULL, reason TEXT NOT NULL,
                    object BLOB REFERENCES object(root), accession INTEGER NOT NULL, offset INTEGER NOT NULL, CHECK((state = 'done') = (object IS NOT NULL))) STRICT, WITHOUT ROWID;
                INSERT INTO object VALUES(zeroblob(32), zeroblob(32), 77, 'ogg', x'', x'', 'vorbis-160', NULL, NULL, NULL, NULL, NULL, NULL);
                PRAGMA user_version=1;
                """;
            command.ExecuteNonQuery();
        }

        var refused = Assert.Throws<LacquerException>(() => Ledger.Open(path, TimeProvider.System, "test", readOnly: true));
        Assert.Equal(Failure.Usage, refused.Failure);
        Assert.Contains("lacquer init", refused.Hint, StringComparison.Ordinal);
        using (var ledger = Ledger.Open(path, TimeProvider.System, "test"))
            Assert.Equal((1, 77), ledger.ObjectTotals());
        using (var ledger = Ledger.Open(path, TimeProvider.System, "test", readOnly: true))
            Assert.Null(Assert.Single(ledger.Objects(null, 9)).Samples);
    }

    [Fact]
    public void A_ledger_of_the_second_format_gets_the_tables_of_withdrawals()
    {
        var path = NewPlace();
        Ledger.Create(path);
        using (var old = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={path};Pooling=false"))
        {
            old.Open();
            using var command = old.CreateCommand();
            command.CommandText = SecondFormat + "PRAGMA user_version=2;";
            command.ExecuteNonQuery();
        }

        Assert.Equal(Failure.Usage, Assert.Throws<LacquerException>(() => Ledger.Open(path, TimeProvider.System, "test", readOnly: true)).Failure);
        for (var time = 0; time < 2; time++)
            using (var ledger = Ledger.Open(path, TimeProvider.System, "test"))
                Assert.Empty(ledger.Withdrawals());
    }

    protected override string NewPlace() => _scratch["ledger.sqlite"];

    protected override void Close() => _scratch.Dispose();
}

/// <summary>In a PostgreSQL database.</summary>
public sealed class PostgresLedgerTests : LedgerContract
{
    [Fact]
    public void An_address_with_a_password_is_refused_and_not_repeated()
    {
        foreach (var address in new[] { "postgres://me:geheim@host/db", "postgresql://me@host/db?password=geheim" })
        {
            var refused = Assert.Throws<LacquerException>(() => PostgresAddress.Parse(address));
            Assert.DoesNotContain("geheim", refused.Message + refused.Hint, StringComparison.Ordinal);
            Assert.Contains("PGPASSWORD", refused.Hint, StringComparison.Ordinal);
        }

        Assert.Equal(("db.example", 5433, "me", "music", "require"), PostgresAddress.Parse("postgres://me@db.example:5433/music?sslmode=require") is var a ? (a.Host, a.Port, a.User, a.Database, a.SslMode) : default);
        foreach (var bad in new[] { "postgres://host", "postgres:///db", "postgres://host/a/b", "postgres://host/db?x=1", "postgres://host/db?sslmode=perhaps" })
            Assert.Equal(Failure.Usage, Assert.Throws<LacquerException>(() => PostgresAddress.Parse(bad)).Failure);
    }

    [Fact]
    public void A_ledger_of_the_second_format_gets_the_tables_of_withdrawals()
    {
        var server = PostgresServer.OfAll();
        var address = server.Database();
        Ledger.Create(address);
        using (var connection = server.Connection(address))
        using (var command = new Npgsql.NpgsqlCommand(SecondFormat + "UPDATE meta SET value = '2' WHERE name = 'format'", connection))
            command.ExecuteNonQuery();
        Assert.Equal(Failure.Usage, Assert.Throws<LacquerException>(() => Ledger.Open(address, TimeProvider.System, "test", readOnly: true)).Failure);
        for (var time = 0; time < 2; time++)
            using (var ledger = Ledger.Open(address, TimeProvider.System, "test"))
                Assert.Empty(ledger.Withdrawals());
    }

    [Fact]
    public void A_database_that_is_not_there_or_holds_something_else_is_said_to_be_so()
    {
        var server = PostgresServer.OfAll();
        var address = server.Database();
        Assert.Equal(Failure.Missing, Assert.Throws<LacquerException>(() => Ledger.Open(address, TimeProvider.System, "test")).Failure);
        Assert.Equal(Failure.Missing, Assert.Throws<LacquerException>(() => Ledger.Open(address.Replace("lacquer_", "none_", StringComparison.Ordinal), TimeProvider.System, "test")).Failure);
        using (var connection = server.Connection(address))
        using (var command = new Npgsql.NpgsqlCommand("CREATE TABLE of_somebody(x INTEGER)", connection))
            command.ExecuteNonQuery();
        Assert.Equal(Failure.Usage, Assert.Throws<LacquerException>(() => Ledger.Create(address)).Failure);

        var used = server.Database();
        Ledger.Create(used);
        Ledger.Create(used);
        using (var ledger = Ledger.Open(used, TimeProvider.System, "test"))
            ledger.SetRights(EntityId.From(EntityKind.Recording, "a", "b"), SmallArchive.Free);
        Assert.Contains("already", Assert.Throws<LacquerException>(() => Ledger.Create(used)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Who_must_be_alone_at_work_is()
    {
        var address = PostgresServer.OfAll().Database();
        Ledger.Create(address);
        Ledger.Create(address);
        using var one = Ledger.Open(address, TimeProvider.System, "test");
        using var two = Ledger.Open(address, TimeProvider.System, "test");
        Assert.True(one.TryHold(alone: false));
        Assert.True(two.TryHold(alone: false));
        Assert.False(one.TryHold(alone: true));
        two.Dispose();
        Assert.True(SpinWait.SpinUntil(() => one.TryHold(alone: true), TimeSpan.FromSeconds(20)));
        using var three = Ledger.Open(address, TimeProvider.System, "test");
        Assert.False(three.TryHold(alone: false));
    }

    [Fact]
    public async Task A_server_that_crashes_is_waited_for_and_nothing_is_written_twice_or_lost()
    {
        PostgresServer.Need();
        using var server = new PostgresServer();
        var address = server.Database();
        Ledger.Create(address);
        var said = new ConcurrentQueue<string>();
        var stop = TestContext.Current.CancellationToken;
        var patience = new LedgerPatience(TimeSpan.FromMinutes(2), said.Enqueue, stop);
        using var over = new CancellationTokenSource();
        // Opened before the first crash: a database that is not there to begin with is complained of at once.
        var ledgers = Enumerable.Range(0, 3).Select(_ => Ledger.Open(address, TimeProvider.System, "test", patience: patience)).ToList();
        var writers = ledgers.Select((opened, w) => Task.Run(() =>
        {
            using var ledger = opened;
            Assert.True(ledger.TryHold(alone: false));
            var written = 0;
            for (; !over.IsCancellationRequested; written++)
                ledger.FixityChecked(new PiecesRoot(new Sha256Digest([(byte)w, .. new byte[31]])), true, $"{written}");
            return (Writer: w, Written: written);
        }, stop)).ToList();
        for (var crash = 0; crash < 4; crash++)
        {
            await Task.Delay(300, stop);
            server.Crash();
        }

        await Task.Delay(300, stop);
        await over.CancelAsync();
        var counts = await Task.WhenAll(writers);
        using var reader = Ledger.Open(address, TimeProvider.System, "test", readOnly: true);
        foreach (var (writer, written) in counts)
            Assert.Equal(Enumerable.Range(0, written).Select(i => $"{i}"), reader.Events(new PiecesRoot(new Sha256Digest([(byte)writer, .. new byte[31]])).ToString()).Select(e => e.Detail));
        Assert.Contains(said, s => s.EndsWith("does not answer; waiting for it", StringComparison.Ordinal));
        Assert.Contains(said, s => s.EndsWith("answers again", StringComparison.Ordinal));
    }

    protected override string NewPlace() => PostgresServer.OfAll().Database();

    protected override void Close()
    {
    }
}
