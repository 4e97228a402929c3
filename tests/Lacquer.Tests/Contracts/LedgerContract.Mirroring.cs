using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Ledgers;
using Lacquer.Formats.Rights;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Contracts;

public abstract partial class LedgerContract
{
    [Fact]
    public void What_an_edition_says_is_taken_over_where_its_objects_are_held_and_differs()
    {
        var ledger = Open();
        var (one, two, three) = (Object("one", 1), Object("two", 2), Object("three", 3));
        var (free, other) = (new RightsDecision(true, true, "CC0-1.0", "licence CC0-1.0", null, "origin:1"), new RightsDecision(true, true, "CC-BY-4.0", "licence CC-BY-4.0", null, "origin:1"));
        ledger.Replicated(one, [(Id(1), free), (Id(2), free)], "here");
        ledger.Replicated(two, [(Id(3), SmallArchive.Free)], "here");
        Assert.True(ledger.NotIngested(Id(4), new RecordPlace(1, 40), JobState.Denied, "no licence"));
        // The second has become another, of the third object there is nothing, and of the third recording what it says first counts.
        ledger.Replicated([new(Id(1), one.Root, other), new(Id(2), two.Root, free), new(Id(3), three.Root, free), new(Id(3), two.Root, other), new(Id(3), one.Root, other), new(Id(5), three.Root, free), new(Id(6), one.Root, free)], "there");
        var expected = new[] { (1, one, other), (2, two, free), (3, two, other), (6, one, free) }.Select(e => (Id(e.Item1), e.Item2.Root, (RightsDecision?)e.Item3)).OrderBy(e => e.Item1).ToList();
        Assert.Equal(expected, Held(expected[0].Item1, expected[^1].Item1));
        Assert.Equal(expected[1..3], Held(expected[1].Item1, expected[2].Item1));
        var events = ledger.Events(Id(1).ToString()).Count;
        ledger.Replicated([new(Id(1), one.Root, other)], "there");
        Assert.Equal(events, ledger.Events(Id(1).ToString()).Count);
        ledger.SetRights(Id(1), SmallArchive.Free);
        Assert.Null(Assert.Single(Held(Id(1), Id(1))).Rights);
        var roots = new List<string>();
        ledger.ScanRoots(root => roots.Add(Convert.ToHexStringLower(root)));
        Assert.Equal(new[] { one, two }.Select(o => o.Root.ToString()).Order(), roots.Order());

        List<(EntityId, PiecesRoot, RightsDecision? Rights)> Held(EntityId first, EntityId last)
        {
            var held = new List<(EntityId, PiecesRoot, RightsDecision?)>();
            ledger.ScanHeld(first, last, (recording, root, rights) => held.Add((recording, root, rights)));
            return held;
        }
    }
}
