using CsCheck;
using Lacquer.Formats.Deltas;
using Lacquer.Formats.Findings;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Deltas;

/// <summary>A delta makes of one catalogue another, byte for byte, whatever lies between them; and of anything else it makes nothing.</summary>
public sealed class CatalogueDeltaTests
{
    [Fact]
    public void Any_catalogue_becomes_any_later_one()
    {
        var share = Gen.OneOf(Gen.Const(0.0), Gen.Const(0.0), Gen.Double[0, 0.1], Gen.Double[0, 1], Gen.Const(1.0));
        Gen.Select(Gen.Int[0, 100_000], Gen.Int[0, 150], share, share, share, share).Sample((seed, things, gone, added, moved, said) =>
        {
            using var scratch = new Scratch();
            var catalogue = new ChanceCatalogue(seed, things, longTexts: 40);
            catalogue.Write(scratch["old"], 1);
            catalogue.Change(gone, added, moved, said);
            catalogue.Write(scratch["new"], 2);
            Becomes(scratch);
        }, iter: 40, threads: 1);
    }

    [Fact]
    public void Tables_that_take_pages_by_turns_come_to_the_same_pages()
    {
        using var scratch = new Scratch();
        var catalogue = new ChanceCatalogue(5, 9000, longTexts: 200);
        catalogue.Write(scratch["old"], 3);
        catalogue.Change(gone: 0.01, added: 0.01, moved: 0.03, said: 0.005);
        catalogue.Write(scratch["new"], 4);
        Becomes(scratch);
        Assert.True(new FileInfo(scratch["delta"]).Length * 5 < new FileInfo(scratch["new"]).Length);
    }

    [Fact]
    public void Where_nothing_changed_a_delta_says_next_to_nothing()
    {
        using var scratch = new Scratch();
        var catalogue = new ChanceCatalogue(6, 3000);
        catalogue.Write(scratch["old"], 1);
        catalogue.Write(scratch["new"], 1);
        Becomes(scratch);
        Assert.InRange(new FileInfo(scratch["delta"]).Length, 1, 1000);
    }

    [Fact]
    public void What_moved_costs_no_more_than_its_move()
    {
        using var scratch = new Scratch();
        var catalogue = new ChanceCatalogue(7, 3000);
        catalogue.Write(scratch["old"], 1);
        catalogue.Change(0, 0, moved: 0.01, 0);
        catalogue.Write(scratch["new"], 1);
        Becomes(scratch);
        // One in a hundred of all kinds, hundreds of rows that refer to them, and every number between.
        Assert.InRange(new FileInfo(scratch["delta"]).Length, 1, 4000);
    }

    [Fact]
    public void The_same_catalogues_give_the_same_delta()
    {
        using var scratch = new Scratch();
        var catalogue = new ChanceCatalogue(8, 400);
        catalogue.Write(scratch["old"], 1);
        catalogue.Change(0.1, 0.1, 0.1, 0.1);
        catalogue.Write(scratch["new"], 2);
        CatalogueDelta.Write(scratch["old"], scratch["new"], scratch["one"], _ => { }, CancellationToken.None);
        CatalogueDelta.Write(scratch["old"], scratch["new"], scratch["other"], _ => { }, CancellationToken.None);
        Assert.Equal(File.ReadAllBytes(scratch["one"]), File.ReadAllBytes(scratch["other"]));
    }

    [Fact]
    public void A_delta_of_another_catalogue_is_refused()
    {
        using var scratch = new Scratch();
        var catalogue = new ChanceCatalogue(9, 100);
        catalogue.Write(scratch["old"], 1);
        catalogue.Change(0, 0, 0.1, 0);
        catalogue.Write(scratch["new"], 1);
        CatalogueDelta.Write(scratch["old"], scratch["new"], scratch["delta"], _ => { }, CancellationToken.None);
        Assert.Equal(DeltaEnd.Of(scratch["new"]), CatalogueDelta.Ends(scratch["delta"]).To);
        var refused = Assert.Throws<LacquerException>(() => CatalogueDelta.Apply(scratch["new"], scratch["delta"], scratch["made"], _ => { }, CancellationToken.None));
        Assert.Equal(Failure.Damaged, refused.Failure);
        Assert.EndsWith("it is of another catalogue", refused.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(scratch["made"]));
    }

    [Fact]
    public void A_file_that_is_no_catalogue_is_refused()
    {
        using var scratch = new Scratch();
        new ChanceCatalogue(10, 10).Write(scratch["old"], 1);
        File.WriteAllText(scratch["new"], "no database");
        Assert.Throws<LacquerException>(() => CatalogueDelta.Write(scratch["old"], scratch["new"], scratch["delta"], _ => { }, CancellationToken.None));
    }

    private static void Becomes(Scratch scratch)
    {
        CatalogueDelta.Write(scratch["old"], scratch["new"], scratch["delta"], _ => { }, CancellationToken.None);
        CatalogueDelta.Apply(scratch["old"], scratch["delta"], scratch["made"], _ => { }, CancellationToken.None);
        Assert.True(File.ReadAllBytes(scratch["new"]).AsSpan().SequenceEqual(File.ReadAllBytes(scratch["made"])));
    }
}
