using Lacquer.Stages.Exploring;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Exploring;

/// <summary>Recordings drawn at random.</summary>
public sealed class ShuffleTests
{
    private static readonly SmallRecording[] Recordings = Enumerable.Range(1, 40).Select(i => new SmallRecording($"Piece {i}", $"Artist {i % 5}", i <= 10 ? 1000 - i : 0, "Release", i)).ToArray();

    [Fact]
    public void Asked_for_more_than_there_is_it_gives_all_once()
    {
        using var archive = Archive();
        var report = Draw(archive, 10_000);
        Assert.Equal(Enumerable.Range(1, 40).Select(i => (long)i), report.Recordings.Select(r => r.Rank).Order());
    }

    [Fact]
    public void A_seed_draws_the_same_again_and_another_draws_others()
    {
        using var archive = Archive();
        var first = Draw(archive, 12, seed: 7).Recordings.Select(r => r.Rank).ToList();
        Assert.Equal(first, Draw(archive, 12, seed: 7).Recordings.Select(r => r.Rank));
        Assert.NotEqual(first, Draw(archive, 12, seed: 8).Recordings.Select(r => r.Rank));
    }

    [Fact]
    public void Every_recording_comes_about_as_often_as_any_other_and_at_every_place()
    {
        using var archive = Archive();
        var (times, first) = (new int[41], new int[41]);
        for (var seed = 0; seed < 400; seed++)
        {
            var drawn = Draw(archive, 10, seed: seed).Recordings;
            Assert.Equal(10, drawn.DistinctBy(r => r.Rank).Count());
            first[drawn[0].Rank]++;
            foreach (var recording in drawn)
                times[recording.Rank]++;
        }

        // 100 and 10 are expected; these are five standard deviations away, and the seeds are given.
        Assert.All(times[1..], n => Assert.InRange(n, 57, 143));
        Assert.All(first[1..], n => Assert.InRange(n, 1, 26));
    }

    [Fact]
    public void Without_a_seed_nobody_can_tell()
    {
        using var archive = Archive();
        // One in 40! that two orders are the same.
        Assert.NotEqual(Draw(archive, 40).Recordings.Select(r => r.Rank), Draw(archive, 40).Recordings.Select(r => r.Rank));
    }

    [Fact]
    public void Only_what_is_held_is_drawn_where_that_is_asked()
    {
        using var archive = Archive();
        var held = new[] { Recordings[3], Recordings[20], Recordings[39] };
        foreach (var (recording, i) in held.Select((r, i) => (r, i)))
            archive.Keep(recording, [1, 2, 3, (byte)i], "ogg", SmallArchive.Free);
        var report = Shuffle.Run(new ShuffleRequest(archive.Folder, 10, Held: true), TimeProvider.System, CancellationToken.None);
        Assert.Equal(held.Select(r => r.Id).Order(), report.Recordings.Select(r => r.Id).Order());
    }

    [Fact]
    public void Where_little_is_held_of_much_it_is_found_all_the_same()
    {
        using var archive = new SmallArchive();
        var many = Enumerable.Range(1, 12_000).Select(i => new SmallRecording($"Piece {i}", "Artist", 0, "Release", i)).ToArray();
        archive.Catalogue("000001", many);
        var held = new[] { many[7], many[6000], many[11_999] };
        foreach (var (recording, i) in held.Select((r, i) => (r, i)))
            archive.Keep(recording, [1, 2, 3, (byte)i], "ogg", SmallArchive.Free);
        for (var seed = 0; seed < 3; seed++)
        {
            var report = Shuffle.Run(new ShuffleRequest(archive.Folder, 10, Seed: seed, Held: true), TimeProvider.System, CancellationToken.None);
            Assert.Equal(held.Select(r => r.Id).Order(), report.Recordings.Select(r => r.Id).Order());
            Assert.Single(Shuffle.Run(new ShuffleRequest(archive.Folder, 1, Seed: seed, Held: true), TimeProvider.System, CancellationToken.None).Recordings);
        }
    }

    private static ShuffleReport Draw(SmallArchive archive, int count, int? seed = null) =>
        Shuffle.Run(new ShuffleRequest(archive.Folder, count, Seed: seed), TimeProvider.System, CancellationToken.None);

    private static SmallArchive Archive()
    {
        var archive = new SmallArchive();
        archive.Catalogue("000001", Recordings);
        return archive;
    }
}
