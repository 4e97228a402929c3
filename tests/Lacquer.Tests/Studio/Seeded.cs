using Xunit;

namespace Lacquer.Tests.Studio;

/// <summary>Chance for tests: a new seed each time, printed, so that a failure can be had again with <c>LACQUER_SEED=N</c>.</summary>
internal static class Seeded
{
    public static Random Random()
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("LACQUER_SEED"), out var given) ? given : System.Random.Shared.Next();
        TestContext.Current.TestOutputHelper?.WriteLine($"LACQUER_SEED={seed}");
        return new Random(seed);
    }

    /// <summary>Does one small harm to bytes: flips, cuts, doubles, removes, inserts or swaps.</summary>
    public static byte[] Mutate(this Random random, byte[] bytes)
    {
        var harmed = bytes.ToList();
        for (var times = random.Next(1, 4); times > 0 && harmed.Count > 0; times--)
        {
            var at = random.Next(harmed.Count);
            var count = Math.Min(random.Next(1, 9), harmed.Count - at);
            switch (random.Next(7))
            {
                case 0: harmed[at] ^= (byte)(1 << random.Next(8)); break;
                case 1: harmed[at] = (byte)random.Next(256); break;
                case 2: harmed.RemoveRange(at, harmed.Count - at); break;
                case 3: harmed.InsertRange(at, harmed.GetRange(at, count)); break;
                case 4: harmed.RemoveRange(at, count); break;
                case 5: harmed.Insert(at, (byte)random.Next(256)); break;
                default: harmed[at] = (byte)"\"{}[]:,0-9eE.\\null"[random.Next(18)]; break;
            }
        }

        return [.. harmed];
    }
}
