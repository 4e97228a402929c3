using Lacquer.Stages.Sources.Fetching;

namespace Lacquer.Tests.Studio;

/// <summary>A stand-in, a clock that does not wait, and a fetcher that knows the stand-in for the operator's own server.</summary>
internal sealed class FetchStudio : IAsyncDisposable
{
    private readonly List<Fetcher> _fetchers = [];

    private FetchStudio(StandIn source) => Source = source;

    public StandIn Source { get; }

    public EagerClock Clock { get; } = new();

    public Scratch Scratch { get; } = new();

    public string Log => Scratch["log/fetch.jsonl"];

    /// <summary>Time limits are so long that they end only where a test moves the clock on.</summary>
    public FetchPolicy Policy => new FetchPolicy("tests@example.org")
    {
        Patience = TimeSpan.FromHours(20),
        AnswerTime = TimeSpan.FromHours(24),
        DownloadTime = TimeSpan.FromHours(24),
    }.WithOwnServer(Source.Address);

    public static async Task<FetchStudio> StartAsync() => new(await StandIn.StartAsync());

    public static FetchRequest Api(Uri address, Validators? known = null, params IReadOnlyList<Secret> secrets) =>
        new(address, AddressKind.Api) { Known = known ?? Validators.None, Secrets = secrets };

    public Fetcher Fetcher(FetchPolicy? policy = null, HttpMessageHandler? handler = null)
    {
        var fetcher = new Fetcher(policy ?? Policy, Clock, handler, _fetchers.Count == 0 ? Log : null);
        _fetchers.Add(fetcher);
        return fetcher;
    }

    public async ValueTask DisposeAsync()
    {
        _fetchers.ForEach(f => f.Dispose());
        await Source.DisposeAsync();
        Scratch.Dispose();
    }
}
