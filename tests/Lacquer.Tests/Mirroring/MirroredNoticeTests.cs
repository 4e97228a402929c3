using Lacquer.Formats.Editions;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Ledgers;
using Lacquer.Formats.Torrents;
using Lacquer.Formats.Volumes;
using Lacquer.Stages.Withdrawing;
using Lacquer.Tests.Proof;
using Lacquer.Tests.Studio;
using Microsoft.Data.Sqlite;
using Xunit;

namespace Lacquer.Tests.Mirroring;

/// <summary>A notice is all that a mirror takes without rights on record, and nothing else comes in by its name.</summary>
public sealed class MirroredNoticeTests : IDisposable
{
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [InlineData(1 << 20, false)]
    [InlineData(1 << 20, true)]
    [InlineData(16_384, false)]
    public async Task Audio_under_the_name_of_a_notice_is_refused(int pieceLengthBytes, bool isHeld)
    {
        var (archive, mirror) = (New("archive", pieceLengthBytes), New("mirror", pieceLengthBytes));
        await archive.WholeWay(Music.CopyTo(_scratch["music"]));
        if (isHeld)
            await mirror.Mirror(_scratch["archive"]);
        VolumeRow volume;
        VolumeFileRow audio;
        HybridTorrent torrent;
        using (var ledger = archive.Ledger())
        {
            volume = ledger.Volumes().First(v => v.Files > 1);
            var files = ledger.VolumeFiles(volume.Number);
            audio = files[0];
            torrent = HybridTorrent.Build(volume.Name, pieceLengthBytes, files.Select(f => new TorrentFile(f == audio ? Notice.NameFor(f.Name) : f.Name, f.Object.Hashes())).ToList());
        }

        // A publisher who means ill: a volume that has it by another name, and a ledger that knows no recording of it.
        var root = audio.Object.Root.Digest.ToArray();
        Change(archive, "UPDATE volume_file SET name = $1 WHERE object = $2", Notice.NameFor(audio.Name), root);
        Change(archive, "UPDATE volume SET info_hash_v1 = $1, info_hash_v2 = $2 WHERE number = $3", torrent.InfoHashV1.ToArray(), torrent.InfoHashV2.Digest.ToArray(), volume.Number);
        Change(archive, "DELETE FROM job WHERE object = $1", root);
        File.Move(Path.Combine(archive.Layout.Volume(volume.Name), audio.Name), Path.Combine(archive.Layout.Volume(volume.Name), Notice.NameFor(audio.Name)));
        Assert.True(archive.Publish().IsNew);
        // By its old name the mirror has the volume already.
        if (isHeld)
            Change(mirror, "UPDATE volume SET name = 'other', retired = 1 WHERE name = $1", volume.Name);

        var refused = await Assert.ThrowsAsync<LacquerException>(() => mirror.Mirror(_scratch["archive"]));
        Assert.Equal(Failure.Damaged, refused.Failure);
        Assert.Contains("is called a notice of a withdrawal, and is something else", refused.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(mirror.Layout.Volume(volume.Name)));
        Assert.Equal(isHeld, mirror.Ledger().Object(audio.Object.Root) is not null);
        Assert.Equal(isHeld, Directory.Exists(mirror.Layout.Objects) && Directory.EnumerateFiles(mirror.Layout.Objects, audio.Object.Root + ".*", SearchOption.AllDirectories).Any());
    }

    [Fact]
    public async Task A_notice_is_the_audio_of_no_recording()
    {
        var archive = await New("archive", 1 << 20).WholeWay(Music.CopyTo(_scratch["music"]));
        Withdraw.Run(new WithdrawRequest(archive.Layout.Root, WithdrawalScope.Recording, EntityId.From(EntityKind.Recording, "music", "first/01.ogg").ToString(), "asked for"), TimeProvider.System);
        archive.Catalogue();
        archive.Press();
        using (var ledger = archive.Ledger())
        {
            var (volume, _) = ledger.Predecessors().Select(p => (ledger.Volumes().Single(v => v.Number == p.Key), p.Value)).Single();
            var notice = ledger.VolumeFiles(volume.Number).Single(f => f.Object.IsNotice);
            Change(archive, "UPDATE job SET object = $1 WHERE recording = $2", notice.Object.Root.Digest.ToArray(), EntityId.From(EntityKind.Recording, "music", "second/a.opus").ToArray());
        }

        archive.Publish();
        Assert.Equal(Failure.Damaged, (await Assert.ThrowsAsync<LacquerException>(() => New("mirror", 1 << 20).Mirror(_scratch["archive"]))).Failure);
    }

    private Pipeline New(string name, int pieceLengthBytes)
    {
        var archive = new Pipeline(_scratch[name]).Init(name);
        ProofArchive.ConfigureText(archive, ("piece_length = 1048576", $"piece_length = {pieceLengthBytes}"));
        return archive;
    }

    private static void Change(Pipeline archive, string sql, params object[] values)
    {
        using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = archive.Layout.Ledger, Pooling = false }.ToString());
        connection.Open();
        SmallArchive.Run(connection, sql, values);
    }
}
