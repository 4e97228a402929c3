using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Lacquer.Tests.Studio;

/// <summary>What happens to one request on its way.</summary>
internal abstract record Fault
{
    /// <summary>It is answered with this status and goes no further.</summary>
    internal sealed record Status(int Code) : Fault;

    /// <summary>It is carried out, and its answer breaks off after so many bytes.</summary>
    internal sealed record CutAnswer(int AfterBytes) : Fault;

    /// <summary>So many bytes of it arrive, and it is not answered.</summary>
    internal sealed record CutRequest(int AfterBytes) : Fault;

    /// <summary>It is carried out, and its answer stands still after so many bytes until the client has gone.</summary>
    internal sealed record Stall(int AfterBytes) : Fault;

    /// <summary>It is carried out, and one byte of its answer is another.</summary>
    internal sealed record FlipAnswer(int AtByte) : Fault;
}

/// <summary>Stands before a server on loopback and passes on what it is asked, as it is, but for what a test has it do to some requests.</summary>
internal sealed class FaultyProxy : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly HttpClient _server = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false, Expect100ContinueTimeout = TimeSpan.Zero }) { Timeout = Timeout.InfiniteTimeSpan };
    private readonly Uri _to;
    private readonly ConcurrentQueue<string> _asked = new();

    private FaultyProxy(WebApplication application, Uri to) => (_application, _to) = (application, to);

    /// <summary>Its address.</summary>
    public Uri Address => new(_application.Urls.Single());

    /// <summary>Every request so far: method, path and query.</summary>
    public IReadOnlyList<string> Asked => [.. _asked];

    /// <summary>Decides what happens to a request, given as in <see cref="Asked"/>; null: nothing.</summary>
    public Func<string, Fault?> Decide { get; set; } = _ => null;

    public static async Task<FaultyProxy> StartAsync(Uri to)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Listen(IPAddress.Loopback, 0);
        });
        var proxy = new FaultyProxy(builder.Build(), to);
        proxy._application.Run(proxy.PassAsync);
        await proxy._application.StartAsync();
        return proxy;
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(0);
        await _application.StopAsync(now.Token);
        await _application.DisposeAsync();
        _server.Dispose();
    }

    private async Task PassAsync(HttpContext context)
    {
        var target = context.Features.Get<IHttpRequestFeature>()!.RawTarget;
        var asked = $"{context.Request.Method} {target}";
        _asked.Enqueue(asked);
        var fault = Decide(asked);
        if (fault is Fault.Status(var code))
        {
            context.Response.StatusCode = code;
            context.Response.ContentType = "application/xml";
            await context.Response.WriteAsync(code == 503 ? "<Error><Code>SlowDown</Code></Error>" : "<Error><Code>InternalError</Code></Error>");
            return;
        }

        if (fault is Fault.CutRequest(var some))
        {
            await context.Request.Body.ReadAtLeastAsync(new byte[some], some, throwOnEndOfStream: false);
            context.Abort();
            return;
        }

        using var request = new HttpRequestMessage(new HttpMethod(context.Request.Method), new Uri(_to.GetLeftPart(UriPartial.Authority) + target, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }));
        if (context.Request.Method is "PUT" or "POST")
            request.Content = new StreamContent(context.Request.Body);
        // The host as the client wrote it: it is part of what was signed.
        foreach (var header in context.Request.Headers.Where(h => h.Key is not ("Expect" or "Connection")))
            if (!request.Headers.TryAddWithoutValidation(header.Key, (IEnumerable<string?>)header.Value))
                request.Content?.Headers.TryAddWithoutValidation(header.Key, (IEnumerable<string?>)header.Value);
        using var answer = await _server.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, context.RequestAborted);
        context.Response.StatusCode = (int)answer.StatusCode;
        foreach (var header in answer.Headers.Concat(answer.Content.Headers).Where(h => h.Key is not ("Transfer-Encoding" or "Connection")))
            context.Response.Headers[header.Key] = header.Value.ToArray();
        await using var body = await answer.Content.ReadAsStreamAsync(context.RequestAborted);
        var buffer = new byte[1 << 14];
        for (var (sent, read) = (0, 0); (read = await body.ReadAsync(buffer, context.RequestAborted)) > 0; sent += read)
        {
            var most = fault switch { Fault.CutAnswer(var bytes) => bytes - sent, Fault.Stall(var bytes) => bytes - sent, _ => read };
            if (fault is Fault.FlipAnswer(var at) && at >= sent && at < sent + read)
                buffer[at - sent] ^= 1;
            await context.Response.Body.WriteAsync(buffer.AsMemory(0, Math.Clamp(most, 0, read)), context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            if (most >= read)
                continue;
            if (fault is Fault.Stall)
                await Task.Delay(Timeout.Infinite, context.RequestAborted);
            context.Abort();
            return;
        }
    }
}
