using System.Collections.Immutable;
using Lacquer.Formats.Archives;
using Lacquer.Formats.Findings;
using Lacquer.Stages.Workbench;

namespace Lacquer.Stages.Sources.Fetching;

/// <summary>How sources are asked: who asks, how often, how long is waited, how much is taken.</summary>
/// <param name="Contact">E-mail or web address of the operator; stands in User-Agent.</param>
public sealed record FetchPolicy(string Contact)
{
    /// <summary>Most requests a second to one host. A longer Crawl-delay in its robots.txt holds instead.</summary>
    public double RequestsPerSecond { get; init; } = 1;

    /// <summary>Most requests under way at one host.</summary>
    public int Connections { get; init; } = 1;

    /// <summary>Time without a byte after which an answer is given up.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How often a thing is asked for before it is given up.</summary>
    public int Attempts { get; init; } = 5;

    /// <summary>The longest Retry-After that is waited for. A host that asks for more is not asked again by this run.</summary>
    public TimeSpan LongestWait { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>An answer that brings less than this, over <see cref="RateWindow"/>, is given up.</summary>
    public int LeastBytesPerSecond { get; init; } = 256;

    /// <summary>Time spent waiting for bytes over which their rate is taken.</summary>
    public TimeSpan RateWindow { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The longest that one attempt at an answer may take.</summary>
    public TimeSpan AnswerTime { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>The longest that one attempt at a file may take; the next goes on where it ended.</summary>
    public TimeSpan DownloadTime { get; init; } = TimeSpan.FromHours(12);

    /// <summary>User-Agent of every request (RFC 9110, 10.1.5).</summary>
    public string UserAgent => $"{Agent.Name} ({Contact})";

    private ImmutableHashSet<string> OwnServers { get; init; } = [];

    /// <summary>
    /// The same, with a server that the operator named. It alone may have an address that is not public: what a source says, and where it redirects to, leads to no machine of the operator's network.
    /// </summary>
    public FetchPolicy WithOwnServer(Uri address) => this with { OwnServers = OwnServers.Add(Server(address)) };

    internal bool IsOwnServer(Uri address) => OwnServers.Contains(Server(address));

    /// <summary>The policy of an archive.</summary>
    /// <exception cref="LacquerException">Its <c>lacquer.toml</c> names no contact.</exception>
    public static FetchPolicy Of(ArchiveConfiguration configuration) =>
        new(configuration.Fetch.Contact ?? throw new LacquerException(Failure.Usage, "lacquer.toml does not say who asks: fetch.contact is empty",
            "put your e-mail or web address there, under [fetch]: contact = \"you@example.org\"; sources see it in every request"))
        {
            RequestsPerSecond = configuration.Fetch.RequestsPerSecond,
            Connections = configuration.Fetch.Connections,
            Patience = TimeSpan.FromSeconds(configuration.Fetch.PatienceSeconds),
        };

    private static string Server(Uri address) => $"{address.IdnHost}:{address.Port}";
}
