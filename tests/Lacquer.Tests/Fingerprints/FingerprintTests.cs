using System.Buffers.Binary;
using System.Numerics;
using Lacquer.Formats.Fingerprints;
using Xunit;

namespace Lacquer.Tests.Fingerprints;

/// <summary>Fingerprints tell the same audio from what only resembles it. What music does is measured by <c>./bench duplicates</c>; these are made up.</summary>
public sealed class FingerprintTests
{
    [Fact]
    public void The_same_audio_encoded_anew_and_cut_by_a_second_is_the_same()
    {
        var items = Items(1, 800);
        var match = Fingerprint.Compare(Of(items), Of(Noisy(items, 2, 0.05)[8..]))!.Value;
        Assert.Equal((8, true), (match.Offset, match.IsSame));
        Assert.InRange(match.ErrorRate, 0.04, 0.06);
        Assert.Equal(new FingerprintMatch(0, 0, 0), Fingerprint.Compare(Of(items), Of(items)));
    }

    [Fact]
    public void Other_audio_and_a_part_of_eight_seconds_that_is_another_are_not()
    {
        var (items, other) = (Items(1, 800), Items(2, 800));
        Assert.False(Fingerprint.Compare(Of(items), Of(other))!.Value.IsSame);
        var match = Fingerprint.Compare(Of(items), Of([.. items[..400], .. other[400..464], .. items[464..]]))!.Value;
        Assert.True(match.ErrorRate < FingerprintMatch.MostErrors);
        Assert.False(match.IsSame);
        // The last block too, of whatever length the rest is.
        Assert.False(Fingerprint.Compare(Of(items), Of([.. items[..775], .. other[775..]]))!.Value.IsSame);
    }

    [Fact]
    public void What_differs_in_length_or_says_nothing_is_not_compared()
    {
        var items = Items(1, 800);
        Assert.Null(Fingerprint.Compare(Of(items), Of(items[..(800 - Fingerprint.MostOffset - 1)])));
        Assert.NotNull(Fingerprint.Compare(Of(items), Of(items[..(800 - Fingerprint.MostOffset)])));
        Assert.Null(Fingerprint.Compare(Of(items[..60]), Of(items[..60])));
        var silence = Of([.. Enumerable.Repeat(627964279U, 800)]);
        Assert.False(silence.IsTelling);
        Assert.Empty(silence.Terms());
        Assert.Null(Fingerprint.Compare(silence, silence));
        Assert.Equal(0, Fingerprint.Parse([1, 2, 3]).Count);
    }

    [Fact]
    public void Terms_are_few_the_same_for_the_same_items_and_shared_by_noisy_ones()
    {
        for (var seed = 1; seed <= 20; seed++)
        {
            var items = Items(seed, 1500);
            var terms = Of(items).Terms();
            Assert.Equal(Fingerprint.MostTerms, terms.Count);
            Assert.Equal(terms, Of(items).Terms());
            Assert.NotEmpty(terms.Intersect(Of(Noisy(items, seed, 0.03)[5..]).Terms()));
            Assert.Empty(terms.Intersect(Of(Items(seed + 100, 1500)).Terms()));
        }
    }

    internal static uint[] Items(int seed, int count)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (uint)random.NextInt64(1L << 32))];
    }

    internal static uint[] Noisy(uint[] items, int seed, double share)
    {
        var random = new Random(seed);
        return [.. items.Select(item => Enumerable.Range(0, 32).Aggregate(item, (with, bit) => random.NextDouble() < share ? with ^ BitOperations.RotateLeft(1U, bit) : with))];
    }

    internal static byte[] Raw(uint[] items)
    {
        var raw = new byte[items.Length * 4];
        for (var i = 0; i < items.Length; i++)
            BinaryPrimitives.WriteUInt32LittleEndian(raw.AsSpan(i * 4), items[i]);
        return raw;
    }

    private static Fingerprint Of(uint[] items) => Fingerprint.Parse(Raw(items));
}
