using Lacquer.Formats.Catalogues;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Catalogues;

public sealed class PopularitiesTests
{
    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(0, 100, 0)]
    [InlineData(-5, 100, 0)]
    [InlineData(1, 1, 100)]
    [InlineData(1, 1_000_000_000, 3)]
    [InlineData(1, long.MaxValue, 1)]
    [InlineData(99, 9999, 50)]
    [InlineData(9999, 9999, 100)]
    [InlineData(10_000, 9999, 100)]
    [InlineData(5, 0, 0)]
    [InlineData(long.MaxValue, long.MaxValue, 100)]
    [InlineData(9, 99, 50)]
    public void Popularity_is_100_times_the_ratio_of_logarithms_rounded_down(long listens, long most, int popularity) => Assert.Equal(popularity, Popularities.Of(listens, most));

    [Fact]
    public void It_never_falls_as_listens_rise_and_stays_within_its_bounds()
    {
        var random = Seeded.Random();
        for (var round = 0; round < 300; round++)
        {
            var most = round == 0 ? long.MaxValue : (long)Math.Exp(random.NextDouble() * 43) + 1;
            var last = 0;
            foreach (var listens in Enumerable.Range(0, 200).Select(_ => (long)(most * Math.Pow(random.NextDouble(), 6))).Append(0).Append(1).Append(most - 1).Append(most).Order())
            {
                var popularity = Popularities.Of(listens, most);
                Assert.InRange(popularity, listens > 0 ? 1 : 0, listens > 0 ? 100 : 0);
                Assert.True(popularity >= last, $"{listens} of {most}");
                last = popularity;
            }

            Assert.Equal(100, last);
        }
    }
}
