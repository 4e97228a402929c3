using Xunit;

namespace Lacquer.Tests.Proof;

/// <summary>A stock client loads our torrents and finds the archive complete.</summary>
[Collection(ProofArchiveUsers.Name)]
public sealed class TorrentClientTests(ProofArchive proof)
{
    [Fact]
    public void Libtorrent_takes_every_torrent_as_v1_and_v2_and_finds_the_archive_complete()
    {
        ProofArchive.Need();
        LibtorrentCheck.Need();
        var volumes = proof.Manifest.Volumes;
        Assert.Equal(3, volumes.Count);
        // As published, and as sealed beside the volumes.
        foreach (var torrents in new[] { volumes.Select(v => Path.Combine(proof.Edition, v.TorrentPath)), volumes.Select(v => proof.Archive.Layout.VolumeTorrent(v.Name)) })
        {
            var answers = LibtorrentCheck.Ask(proof.Archive.Layout.Volumes, torrents);
            Assert.Equal(volumes.Select(v => (v.Name, true, true, v.InfoHashV1.ToString(), v.InfoHashV2.ToString())), answers.Select(a => (a.Name, a.HasV1, a.HasV2, a.V1, a.V2)));
            Assert.All(answers, a => Assert.Equal((1.0, a.OfPieces, null), (a.Progress, a.Pieces, a.Error)));
        }
    }
}
