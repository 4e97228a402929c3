using Lacquer.Formats.Torrents;
using Lacquer.Tests.Studio;
using Lacquer.Tests.Torrents;
using Xunit;

namespace Lacquer.Tests.Swarms;

/// <summary>Clients that we did not write find each other by our torrents, and fetch from one another.</summary>
public sealed class SwarmTests(Swarm swarm) : IClassFixture<Swarm>
{
    [Theory]
    [MemberData(nameof(Swarm.Shares), MemberType = typeof(Swarm))]
    public async Task A_client_fetches_a_volume_from_its_swarm_and_gives_it_on(string client, TorrentForm form)
    {
        PeerClient.Need(client);
        PeerClient.Need(nameof(Libtorrent));
        await swarm.RunAsync(client, form);
    }

    [Theory]
    [MemberData(nameof(Swarm.Checks), MemberType = typeof(Swarm))]
    public async Task A_client_finds_a_folder_complete_and_sees_a_damaged_file(string client, TorrentForm form, bool damaged)
    {
        PeerClient.Need(client);
        // The one piece that is wrong.
        Assert.Equal(damaged ? HybridTorrentTests.PieceLengthBytes : 0, await swarm.LeftBytesAsync(client, form, damaged));
    }

    [Fact]
    public async Task Aria2_calls_a_hybrid_by_a_hash_of_its_own_so_it_meets_nobody_there()
    {
        PeerClient.Need(nameof(Aria2));
        if (!Tools.Run("aria2c", "--version").Output.Contains(" 1.36.", StringComparison.Ordinal))
            Assert.Skip("this is said of aria2 1.36");
        await swarm.LeftBytesAsync(nameof(Aria2), TorrentForm.Hybrid, damaged: false);
        Assert.Contains(swarm.Tracker.Heard, said => !swarm.Hashes.Contains(said.InfoHash));
    }
}
