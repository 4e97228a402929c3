using System.Security.Cryptography;
using Lacquer.Formats.Identity;

namespace Lacquer.Formats.Torrents;

/// <summary>The two names of a torrent, over its bencoded info dictionary.</summary>
internal static class InfoHashing
{
    public static InfoHashV1 V1(ReadOnlySpan<byte> info)
    {
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
        digest.AppendData(info);
        return new InfoHashV1(digest.GetHashAndReset());
    }

    public static InfoHashV2 V2(ReadOnlySpan<byte> info) => new(new Sha256Digest(SHA256.HashData(info)));
}
