using Lacquer.Formats.Torrents;
using Lacquer.Tests.Proof;
using Xunit;

namespace Lacquer.Tests.Swarms;

/// <summary>What clients that we did not write make of published torrents: they fetch from our web seed, and they follow a volume to its successor.</summary>
public sealed class PublishedVolumeTests(PublishedVolumes published) : IClassFixture<PublishedVolumes>
{
    [Theory]
    [MemberData(nameof(PublishedVolumes.Fetchers), MemberType = typeof(PublishedVolumes))]
    public async Task A_client_fetches_a_volume_from_our_web_seed(string client, TorrentForm form)
    {
        ProofArchive.Need();
        PeerClient.Need(client);
        await published.FetchedAsync(client, form);
    }

    [Theory]
    [MemberData(nameof(PublishedVolumes.Followers), MemberType = typeof(PublishedVolumes))]
    public async Task A_client_that_has_a_volume_and_links_of_its_files_needs_only_the_notice_of_the_successor(string client, TorrentForm form)
    {
        ProofArchive.Need();
        PeerClient.Need(client);
        await published.FollowedAsync(client, form);
    }

    [Theory]
    [MemberData(nameof(PublishedVolumes.Finders), MemberType = typeof(PublishedVolumes))]
    public async Task A_client_that_shares_a_volume_fetches_only_the_notice_of_its_successor(string client, TorrentForm form)
    {
        ProofArchive.Need();
        PeerClient.Need(client);
        await published.FoundAsync(client, form);
    }
}
