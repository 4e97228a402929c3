using System.Security.Cryptography;
using System.Text;

namespace Lacquer.Tests.Objects;

/// <summary>The content of the files in Vectors/torrents: SHA-256 in counter mode.</summary>
internal static class CounterContent
{
    public static byte[] Make(int seed, int lengthBytes)
    {
        var content = new byte[(lengthBytes + 31) / 32 * 32];
        for (var counter = 0; counter * 32 < lengthBytes; counter++)
            SHA256.HashData(Encoding.ASCII.GetBytes(FormattableString.Invariant($"{seed}:{counter}")), content.AsSpan(counter * 32, 32));
        return content[..lengthBytes];
    }
}
