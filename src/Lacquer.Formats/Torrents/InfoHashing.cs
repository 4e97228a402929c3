using System.Security.Cryptography;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Objects;

namespace Lacquer.Formats.Torrents;

/// <summary>The two names of a torrent, over its bencoded info dictionary.</summary>
internal static class InfoHashing
{
    public static InfoHashV1 V1(ReadOnlySpan<byte> info)
    {
        using var digest = RunningDigest.Sha1();
        digest.Append(info);
        Span<byte> hash = stackalloc byte[20];
        digest.Finish(hash);
        return new InfoHashV1(hash);
    }

    public static InfoHashV2 V2(ReadOnlySpan<byte> info) => new(new Sha256Digest(SHA256.HashData(info)));
}
