using Lacquer.Stages.Restoring;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Proof;

[Collection(ProofArchiveUsers.Name)]
public sealed class ObjectCheckTests(ProofArchive proof)
{
    [Fact]
    public void Ogginfo_and_opusinfo_complain_of_no_object()
    {
        OggTools.Need();
        foreach (var (row, path, source) in proof.Objects())
        {
            var report = OggTools.Report(path, row.Extension == "opus" ? "opusinfo" : "ogginfo");
            Assert.True(OggTools.Warnings(report).Count == 0, $"{source}: {report}");
            Assert.InRange(Math.Abs(OggTools.PlaybackSeconds(report) - OggTools.Duration(source)), 0, 0.06);
        }
    }

    [Fact]
    public void Every_object_tells_players_its_loudness_in_the_way_of_its_codec()
    {
        ProofArchive.Need();
        foreach (var (row, path, _) in proof.Objects())
        {
            var names = ProofArchive.Head(path).Tags.Comments.Select(c => c.Name).ToList();
            string[] expected = row.Extension == "opus" ? ["R128_TRACK_GAIN", "R128_ALBUM_GAIN"] : ["REPLAYGAIN_TRACK_GAIN", "REPLAYGAIN_TRACK_PEAK", "REPLAYGAIN_ALBUM_GAIN", "REPLAYGAIN_ALBUM_PEAK"];
            // What stands on no release has no album's.
            Assert.Equal(row.Album is null ? expected.Where(n => n.Contains("TRACK", StringComparison.Ordinal)) : expected, names.Where(n => n.StartsWith("R128_", StringComparison.Ordinal) || n.StartsWith("REPLAYGAIN_", StringComparison.Ordinal)));
        }
    }

    [Fact]
    public async Task What_was_kept_as_it_is_has_the_same_packets_and_comes_back_bit_for_bit()
    {
        ProofArchive.Need();
        using var scratch = new Scratch();
        using var ledger = proof.Archive.Ledger();
        var kept = proof.Objects().Where(o => o.Object.Undo is not null).ToList();
        Assert.Equal(2, kept.Count);
        foreach (var (row, path, source) in kept)
        {
            Assert.Equal(OggTools.Packets(source), OggTools.Packets(path));
            var output = scratch[row.Root.ToString()];
            await Restore.RunAsync(new RestoreRequest(proof.Folder, Assert.Single(ledger.RecordingsOf(row.Root)), output), TimeProvider.System, TestContext.Current.CancellationToken);
            Assert.Equal(File.ReadAllBytes(source), File.ReadAllBytes(output));
        }
    }
}
