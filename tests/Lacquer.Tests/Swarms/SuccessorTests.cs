using Lacquer.Formats.Torrents;
using Xunit;

namespace Lacquer.Tests.Swarms;

/// <summary>
/// What clients that heed BEP 38 have of a volume when it is added beside others that they share: every file that is in one of its chain, without a link that somebody made and without a byte from anybody. libtorrent 2.0.8 notes such a
/// file under the index that it has in the other, and ends where there is none of it (docs/decisions/notices.md).
/// </summary>
public sealed class SuccessorTests(Successors successors) : IClassFixture<Successors>
{
    [Theory]
    [MemberData(nameof(PublishedVolumes.Finders), MemberType = typeof(PublishedVolumes))]
    public async Task A_client_finds_the_files_of_a_volume_in_those_of_its_chain_and_nowhere_else(string client, TorrentForm form)
    {
        PeerClient.Need(client);
        await successors.RunAsync(client, form);
    }
}
