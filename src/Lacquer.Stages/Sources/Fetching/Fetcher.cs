using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Stages.Workbench;
using Microsoft.Extensions.Http.Resilience;
using Polly;
using Polly.Retry;
using Polly.Timeout;

namespace Lacquer.Stages.Sources.Fetching;

/// <summary>
/// Asks sources over HTTP, for all adapters of a run: so often and no oftener, again where that may help, within bounds whatever is answered, and with every exchange in a log.
/// Redirects are followed by hand, so that a credential stays with the origin it is for and nothing leads into the operator's own network.
/// </summary>
public sealed class Fetcher : IDisposable
{
    /// <summary>The most redirects that are followed from one address.</summary>
    public const int MostRedirects = 5;

    private const long MostAnswerBytes = 32 << 20;
    private const int MostValidatorLength = 1024;
    private const int MostRounds = 20;
    private const long RoundBytes = 1 << 20;
    private static readonly TimeSpan FirstBackOff = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestBackOff = TimeSpan.FromMinutes(1);
    private readonly FetchPolicy _policy;
    private readonly TimeProvider _clock;
    private readonly HttpClient _http;
    private readonly FetchLog? _log;
    private readonly IProgress<StageProgress>? _progress;
    private readonly ResiliencePipeline<HttpResponseMessage> _answers;
    private readonly ResiliencePipeline<HttpResponseMessage> _downloads;
    private readonly ConcurrentDictionary<string, HostGate> _gates = new(StringComparer.OrdinalIgnoreCase);
    private readonly ConcurrentDictionary<string, Lazy<Task<RobotsRules>>> _robots = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Makes the fetcher of a run.</summary>
    /// <param name="policy">How sources are asked.</param>
    /// <param name="clock">Every wait and limit is by it.</param>
    /// <param name="handler">Takes the network's place; null: the network. It must not follow redirects.</param>
    /// <param name="logFile">Where the log is continued; null: none is kept.</param>
    /// <param name="progress">Told how downloads go on.</param>
    public Fetcher(FetchPolicy policy, TimeProvider clock, HttpMessageHandler? handler = null, string? logFile = null, IProgress<StageProgress>? progress = null)
    {
        (_policy, _clock, _progress) = (policy, clock, progress);
        _http = new HttpClient(handler ?? Network(), disposeHandler: handler is null) { Timeout = Timeout.InfiniteTimeSpan };
        _log = logFile is null ? null : new FetchLog(logFile, clock);
        _answers = Pipeline(policy.AnswerTime);
        _downloads = Pipeline(policy.DownloadTime);
    }

    /// <summary>Asks for something small.</summary>
    /// <exception cref="LacquerException">The source does not answer, refuses, or answers with what cannot be taken.</exception>
    public Task<FetchedAnswer> GetAsync(FetchRequest request, CancellationToken stop) => GetAsync(request, null, stop);

    /// <summary>Asks for something small that is one JSON text; one that is cut off is asked for again.</summary>
    /// <exception cref="LacquerException">The source does not answer, refuses, or answers with what cannot be taken.</exception>
    public Task<FetchedAnswer> GetJsonAsync(FetchRequest request, CancellationToken stop) => GetAsync(request, MustBeJson, stop);

    /// <summary>
    /// Downloads a file: to <c>PATH.partial</c>, checked, flushed, renamed. After a broken connection or a kill it goes on where it was, if the source's file is still the same one.
    /// As long as five attempts bring another MiB, five more are made, a hundred in all. A file that is there already and has the digest expected is not asked for.
    /// </summary>
    /// <exception cref="LacquerException">The source does not answer or refuses, the file is not the one expected, or the disk is full.</exception>
    public async Task<DownloadedFile> DownloadAsync(FetchRequest request, string path, ExpectedFile? expected, CancellationToken stop)
    {
        try
        {
            if (expected is { HasDigest: true } && File.Exists(path) && await Download.DigestAsync(path, expected, stop).ConfigureAwait(false) is (var held, null))
                return new DownloadedFile(FetchOutcome.Fetched, new FileInfo(path).Length, held, Validators.None);
            var download = new Download(request, path, expected, _policy, _clock, _progress);
            for (var round = 1; ; round++)
            {
                var before = download.PartialLength;
                try
                {
                    var status = await AskAsync(_downloads, request, download.Dress, download.TakeAsync, stop).ConfigureAwait(false);
                    return download.Finish(download.IsWhole ? FetchOutcome.Fetched : OutcomeOf(request, status));
                }
                catch (LacquerException e) when (e.Failure == Failure.Missing && round < MostRounds && download.PartialLength >= before + RoundBytes)
                {
                    // It breaks off time and again, and gets on: large files come so.
                }
            }
        }
        catch (Exception e) when (Durable.IsDiskFull(e))
        {
            throw Durable.DiskFull(path, e);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _http.Dispose();
        _log?.Dispose();
        foreach (var gate in _gates.Values)
            gate.Dispose();
    }

    private async Task<FetchedAnswer> GetAsync(FetchRequest request, Action<ReadOnlyMemory<byte>>? check, CancellationToken stop)
    {
        using var body = new MemoryStream();
        Sha256Digest? digest = null;
        var validators = Validators.None;
        var status = await AskAsync(_answers, request, message => Condition(message, request.Known), async (response, line, token) =>
        {
            body.SetLength(0);
            await new BoundedBody(response, request.ToString(), request.MostBytes ?? MostAnswerBytes, _policy, _clock).CopyAsync(bytes =>
            {
                body.Write(bytes.Span);
                return ValueTask.CompletedTask;
            }, token).ConfigureAwait(false);
            line.Bytes = body.Length;
            digest = new Sha256Digest(SHA256.HashData(body.GetBuffer().AsSpan(0, (int)body.Length)));
            line.Sha256 = digest;
            validators = line.Validators;
            check?.Invoke(body.GetBuffer().AsMemory(0, (int)body.Length));
        }, stop).ConfigureAwait(false);
        var outcome = OutcomeOf(request, status);
        return new FetchedAnswer(outcome, outcome == FetchOutcome.Fetched ? body.ToArray() : default, digest, outcome == FetchOutcome.NotModified ? request.Known : validators);
    }

    // One thing asked for, as often as the policy says. What the last attempt met is put into words here.
    private async Task<HttpStatusCode> AskAsync(ResiliencePipeline<HttpResponseMessage> pipeline, FetchRequest request, Action<HttpRequestMessage> dress,
        Func<HttpResponseMessage, FetchLogLine, CancellationToken, Task> take, CancellationToken stop)
    {
        var attempt = 0;
        string met;
        try
        {
            using var response = await pipeline.ExecuteAsync(async token => await FollowAsync(request, ++attempt, dress, take, token).ConfigureAwait(false), stop).ConfigureAwait(false);
            return response.StatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or BrokenAnswerException)
        {
            met = Secret.Scrub(e.Message, request.Secrets);
        }
        catch (TimeoutRejectedException e)
        {
            met = $"it was not whole after {e.Timeout.TotalMinutes:0} minutes";
        }

        throw new LacquerException(Failure.Missing, $"{request} cannot be fetched: {met} ({attempt} attempts)", "run the command again: it carries on");
    }

    // One attempt: the request, and the redirects that it meets.
    private async Task<HttpResponseMessage> FollowAsync(FetchRequest request, int attempt, Action<HttpRequestMessage> dress, Func<HttpResponseMessage, FetchLogLine, CancellationToken, Task> take, CancellationToken stop)
    {
        var address = request.Address;
        for (var hop = 0; ; hop++)
        {
            if (request.Kind == AddressKind.Page && !(await RobotsAsync(address, stop).ConfigureAwait(false)).Allows(address))
                throw new LacquerException(Failure.Refused, $"robots.txt of {address.Authority} does not allow {request.Shown(address)}", "it is not asked for; look whether the source has an API");
            using var place = await GateOf(address).EnterAsync(stop).ConfigureAwait(false);
            using var message = request.ToMessage(address);
            message.Headers.TryAddWithoutValidation("User-Agent", _policy.UserAgent);
            dress(message);
            var line = new FetchLogLine(message.Method, request.Shown(address), attempt) { From = message.Headers.Range?.Ranges.First().From ?? 0 };
            HttpResponseMessage? response = null;
            try
            {
                response = await SendAsync(message, address, stop).ConfigureAwait(false);
                line.Status = (int)response.StatusCode;
                line.Validators = Said(response);
                if (response.StatusCode is HttpStatusCode.MovedPermanently or HttpStatusCode.Found or HttpStatusCode.SeeOther or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect)
                {
                    if (hop == MostRedirects)
                        throw new LacquerException(Failure.Refused, $"{request} redirects more than {MostRedirects} times", "the source is misconfigured; ask its people");
                    address = request.Follow(address, response.Headers.Location ?? throw new LacquerException(Failure.Missing, $"{request} redirects without saying where to", "the source is misconfigured; ask its people"));
                    line.Location = request.Shown(address);
                    response.Dispose();
                    continue;
                }

                if (RetryAfter(response) is { } wait && IsTransient(Outcome.FromResult(response)))
                    GateOf(address).CloseFor(wait);
                var isPart = message.Headers.Range is not null;
                if (response.StatusCode == HttpStatusCode.PartialContent && !isPart)
                    throw new BrokenAnswerException("a part came, though the whole was asked for");
                if (response.IsSuccessStatusCode || (response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable && isPart))
                    await take(response, line, stop).ConfigureAwait(false);
                return response;
            }
            catch (Exception e)
            {
                response?.Dispose();
                line.Error = Secret.Scrub(e.Message, request.Secrets);
                throw;
            }
            finally
            {
                _log?.Write(line);
            }
        }
    }

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage message, Uri address, CancellationToken stop)
    {
        if (!_policy.IsOwnServer(address) && (address.IsLoopback || (IPAddress.TryParse(address.DnsSafeHost, out var number) && !PublicAddress.Is(number))))
            throw NotPublic(address);
        using var patience = new CancellationTokenSource(_policy.Patience, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, stop);
        try
        {
            return await _http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, either.Token).ConfigureAwait(false);
        }
        catch (HttpRequestException e) when (e.InnerException is NotPublicException)
        {
            throw NotPublic(address);
        }
        catch (OperationCanceledException e) when (!stop.IsCancellationRequested)
        {
            throw new BrokenAnswerException($"no answer came for {_policy.Patience.TotalSeconds:0} seconds", e);
        }
    }

    private static LacquerException NotPublic(Uri address) =>
        new(Failure.Refused, $"{address.Authority} is not on the public network: only a server that you named may be there", "nothing was sent to it; the source that named it is misconfigured or hostile");

    private HostGate GateOf(Uri address) => _gates.GetOrAdd(address.Host, host => new HostGate(host, _policy, _clock));

    private async Task<RobotsRules> RobotsAsync(Uri address, CancellationToken stop)
    {
        var host = address.GetLeftPart(UriPartial.Authority);
        try
        {
            return await _robots.GetOrAdd(host, _ => new Lazy<Task<RobotsRules>>(() => AskRobotsAsync(address, stop))).Value.ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            _robots.TryRemove(host, out _);
            throw;
        }
    }

    // RFC 9309, 2.3.1: none there (4xx) allows everything, one that cannot be had forbids everything.
    private async Task<RobotsRules> AskRobotsAsync(Uri address, CancellationToken stop)
    {
        var text = new StringBuilder();
        var request = new FetchRequest(new Uri(address, "/robots.txt"), AddressKind.Api);
        try
        {
            using var body = new MemoryStream();
            var status = await AskAsync(_answers, request, static _ => { }, async (response, line, token) =>
            {
                body.SetLength(0);
                await new BoundedBody(response, request.ToString(), MostAnswerBytes, _policy, _clock).CopyAsync(bytes =>
                {
                    body.Write(bytes.Span[..(int)Math.Min(bytes.Length, RobotsRules.MostBytes - body.Length)]);
                    return ValueTask.CompletedTask;
                }, token).ConfigureAwait(false);
                line.Bytes = body.Length;
            }, stop).ConfigureAwait(false);
            if ((int)status is >= 200 and < 300)
            {
                var rules = RobotsRules.Parse(Encoding.UTF8.GetString(body.GetBuffer(), 0, (int)body.Length), Agent.Name.Split('/')[0]);
                if (rules.CrawlDelay is { } delay)
                    GateOf(address).SlowTo(delay);
                return rules;
            }

            return (int)status is >= 400 and < 500 and not 429 ? RobotsRules.AllowAll : RobotsRules.AllowNothing;
        }
        catch (LacquerException)
        {
            return RobotsRules.AllowNothing;
        }
    }

    private static FetchOutcome OutcomeOf(FetchRequest request, HttpStatusCode status) => status switch
    {
        >= (HttpStatusCode)200 and < (HttpStatusCode)300 => FetchOutcome.Fetched,
        HttpStatusCode.NotModified => FetchOutcome.NotModified,
        HttpStatusCode.NotFound or HttpStatusCode.Gone => FetchOutcome.Missing,
        HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.UnavailableForLegalReasons =>
            throw new LacquerException(Failure.Refused, $"{request} answers {(int)status}: it is not for everybody", "look at the account or key that you gave"),
        _ => throw new LacquerException(Failure.Missing, $"{request} answers {(int)status}", "run the command again later: it carries on"),
    };

    private static void Condition(HttpRequestMessage message, Validators known)
    {
        message.Headers.TryAddWithoutValidation("Accept-Encoding", "gzip, br, deflate");
        if (known.ETag is not null)
            message.Headers.TryAddWithoutValidation("If-None-Match", known.ETag);
        if (known.LastModified is not null)
            message.Headers.TryAddWithoutValidation("If-Modified-Since", known.LastModified);
    }

    private static Validators Said(HttpResponseMessage response)
    {
        return new Validators(First(response.Headers.NonValidated, "ETag"), First(response.Content.Headers.NonValidated, "Last-Modified"));

        static string? First(System.Net.Http.Headers.HttpHeadersNonValidated headers, string name) =>
            headers.TryGetValues(name, out var values) && values.First() is { Length: <= MostValidatorLength } value ? value : null;
    }

    private TimeSpan? RetryAfter(HttpResponseMessage response)
    {
        var said = response.Headers.RetryAfter;
        var wait = said?.Delta ?? said?.Date - _clock.GetUtcNow();
        return wait > TimeSpan.Zero ? wait : null;
    }

    // 408, 429, 5xx, no connection, no whole answer: the next attempt may do better.
    private static bool IsTransient(Outcome<HttpResponseMessage> outcome) => HttpClientResiliencePredicates.IsTransient(outcome) || outcome.Exception is BrokenAnswerException;

    private static void MustBeJson(ReadOnlyMemory<byte> text)
    {
        try
        {
            var reader = new Utf8JsonReader(text.Span.StartsWith("\uFEFF"u8) ? text.Span[3..] : text.Span);
            while (reader.Read())
            {
            }
        }
        catch (JsonException e)
        {
            throw new BrokenAnswerException($"the answer is not whole JSON: line {e.LineNumber + 1}, byte {e.BytePositionInLine}", e);
        }
    }

    private ResiliencePipeline<HttpResponseMessage> Pipeline(TimeSpan most)
    {
        var builder = new ResiliencePipelineBuilder<HttpResponseMessage> { TimeProvider = _clock };
        if (_policy.Attempts > 1)
            builder.AddRetry(new HttpRetryStrategyOptions
            {
                MaxRetryAttempts = _policy.Attempts - 1,
                Delay = FirstBackOff,
                MaxDelay = LongestBackOff,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                ShouldHandle = args => ValueTask.FromResult(IsTransient(args.Outcome)),
                // The host's gate waits for as long as the host asked.
                ShouldRetryAfterHeader = false,
                DelayGenerator = args => ValueTask.FromResult<TimeSpan?>(args.Outcome.Result is { } response && RetryAfter(response) is not null ? TimeSpan.Zero : null),
            });
        return builder.AddTimeout(new TimeoutStrategyOptions { Timeout = most }).Build();
    }

    private SocketsHttpHandler Network() => new()
    {
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        UseCookies = false,
        MaxConnectionsPerServer = _policy.Connections,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        ConnectCallback = (context, stop) => PublicAddress.ConnectAsync(context.DnsEndPoint, own: context.InitialRequestMessage.RequestUri is { } address && (_policy.IsOwnServer(address) || IsProxy(context.DnsEndPoint, address)), stop),
    };

    // The operator names it in the environment. It looks names up by itself.
    private static bool IsProxy(DnsEndPoint host, Uri address) => HttpClient.DefaultProxy.GetProxy(address) is { } proxy && proxy.IdnHost == host.Host && proxy.Port == host.Port;
}
