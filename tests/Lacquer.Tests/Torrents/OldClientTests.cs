using Lacquer.Formats.Torrents;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Torrents;

/// <summary>A client that refuses hybrids loads the form for v1 alone.</summary>
public sealed class OldClientTests
{
    [Fact]
    public void Transmission_loads_the_v1_form_and_refuses_the_hybrid()
    {
        Tools.Need("transmission-show");
        using var volume = new SmallVolume(TorrentEnvelope.Empty);
        var (exit, output) = Tools.Run("transmission-show", volume.Path(TorrentForm.V1));
        Assert.True(exit == 0, output);
        Assert.Contains($"Hash: {volume.Torrent.InfoHashV1Only}", output, StringComparison.Ordinal);
        Assert.Contains("Name: volume-000001", output, StringComparison.Ordinal);
        // What docs/format/volume.md says of version 3.00; a newer one may load it.
        if (Tools.Run("transmission-show", "--version").Output.Contains(" 3.00", StringComparison.Ordinal))
            Assert.NotEqual(0, Tools.Run("transmission-show", volume.Path(TorrentForm.Hybrid)).ExitCode);
    }
}
