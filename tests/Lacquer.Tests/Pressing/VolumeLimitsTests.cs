using System.Security.Cryptography;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Objects;
using Lacquer.Formats.Torrents;
using Lacquer.Formats.Volumes;
using Xunit;

namespace Lacquer.Tests.Pressing;

/// <summary>A volume closes before its torrent is more than stock clients load.</summary>
public sealed class VolumeLimitsTests
{
    [Theory]
    [InlineData(1 << 20, 3_490_000, 20_000, 0)]
    [InlineData(1 << 20, 8_000_000, 16_000, 0)]
    [InlineData(16_384, 3_490_000, 1_000, 0)]
    [InlineData(16_384, 90_000_000_000, 1, 200)]
    [InlineData(1 << 20, 3_490_000, 20_000, 5_000)]
    public void A_volume_closes_before_its_torrent_is_longer_than_clients_load(int pieceLengthBytes, long lengthBytes, int most, int webseeds)
    {
        var envelope = TorrentEnvelope.Empty with { Webseeds = [.. Enumerable.Range(0, webseeds).Select(i => $"https://mirror-{i:d5}.example.org/volumes/")] };
        var limits = new VolumeLimits(long.MaxValue, 20_000, pieceLengthBytes, envelope);
        var files = new List<TorrentFile>();
        var pieces = PieceTree.PieceCount(lengthBytes, pieceLengthBytes);
        while (files.Count < most && limits.TryAdd(lengthBytes, "opus"))
        {
            var layer = new byte[pieces * 32];
            BitConverter.TryWriteBytes(layer, files.Count);
            var hashes = new ObjectHashes(lengthBytes, new Sha256Digest(SHA256.HashData(layer)), PieceTree.RootOfLayer(layer, pieceLengthBytes), layer, new byte[pieces * 20]);
            files.Add(new TorrentFile(VolumeNames.OfFile(files.Count, hashes.Root, "opus"), hashes));
        }

        if (files.Count == 0)
        {
            // One object that is too large for any torrent.
            Assert.True(pieces > TorrentLint.PieceLimit);
            return;
        }

        var torrent = HybridTorrent.Build("archive-000001-01234567", pieceLengthBytes, files);
        // A successor's has the most in it.
        foreach (var form in Enum.GetValues<TorrentForm>())
            Assert.Null(TorrentLint.Refusal("v", form, torrent.ToBytes(form, envelope with { Collection = new string('a', 100), Similar = torrent.InfoHashV1 })));
        if (files.Count < most)
            Assert.InRange(torrent.ToBytes(TorrentForm.Hybrid, envelope).Length, 0.97 * TorrentLint.LimitBytes, TorrentLint.LimitBytes);
    }
}
