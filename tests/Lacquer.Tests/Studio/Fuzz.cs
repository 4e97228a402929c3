using System.Globalization;
using Lacquer.Formats.Findings;
using Xunit;

namespace Lacquer.Tests.Studio;

/// <summary>Gives a reader of strangers' files what is not in order: each is read or refused, and takes no more memory than it may. <c>LACQUER_FUZZ=N</c> says how many there are.</summary>
internal static class Fuzz
{
    // What a reader may take whatever it is given, and for each byte of that.
    private const long MostBytes = 1 << 20;
    private const long MostBytesAByte = 200;

    /// <summary>Feeds it.</summary>
    /// <param name="usual">How many inputs there are where <c>LACQUER_FUZZ</c> does not say; about a second's.</param>
    /// <param name="input">Makes one.</param>
    /// <param name="read">Reads it.</param>
    /// <param name="refusals">How it may be refused; as damaged where nothing is named.</param>
    /// <param name="mostBytes">What may be allocated, besides so much a byte.</param>
    public static void Run(int usual, Func<Random, byte[]> input, Action<byte[]> read, Failure[]? refusals = null, long mostBytes = MostBytes)
    {
        refusals ??= [Failure.Damaged];
        var rounds = int.TryParse(Environment.GetEnvironmentVariable("LACQUER_FUZZ"), NumberStyles.None, CultureInfo.InvariantCulture, out var asked) ? asked : usual;
        var random = Seeded.Random();
        var (whole, refused, most) = (0, 0, 0L);
        for (var round = 0; round < rounds; round++)
        {
            var bytes = input(random);
            var before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                read(bytes);
                whole++;
            }
            catch (LacquerException e)
            {
                if (!refusals.Contains(e.Failure) || e.Message.Contains('\n', StringComparison.Ordinal))
                    Fail($"is refused as {e.Failure}: {e}");
                refused++;
            }
            catch (Exception e)
            {
                Fail($"throws {e}");
            }

            var taken = GC.GetAllocatedBytesForCurrentThread() - before;
            most = Math.Max(most, taken);
            if (taken > mostBytes + MostBytesAByte * bytes.Length)
                Fail($"takes {taken} bytes of memory");

            void Fail(string how) => Assert.Fail($"input {round} of {bytes.Length} bytes {how}\n{Convert.ToBase64String(bytes.AsSpan(0, Math.Min(bytes.Length, 20_000)))}");
        }

        TestContext.Current.TestOutputHelper!.WriteLine($"{whole} read, {refused} refused; at most {most} bytes allocated");
        Assert.True(whole > 0 && refused > 0, $"{whole} read, {refused} refused: the changes are too tame or too wild");
    }
}
