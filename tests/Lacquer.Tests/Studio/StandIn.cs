using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Lacquer.Tests.Studio;

/// <summary>What a stand-in was asked.</summary>
/// <param name="Path">Path and query.</param>
/// <param name="Headers">The request's headers.</param>
/// <param name="Body">The request's body.</param>
internal sealed record Asked(string Path, IReadOnlyDictionary<string, string> Headers, string Body)
{
    public string? this[string header] => Headers.GetValueOrDefault(header);
}

/// <summary>A source's place is taken by this server on loopback. Each path has its replies in order; the last one is given again and again, and where there is none, 404.</summary>
internal sealed class StandIn : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly ConcurrentDictionary<string, ConcurrentQueue<Reply>> _replies = new();
    private readonly ConcurrentQueue<Asked> _asked = new();

    private StandIn(WebApplication application) => _application = application;

    public delegate Task Reply(HttpContext context);

    /// <summary>Its address, ending in <c>/</c>.</summary>
    public Uri Address => new(_application.Urls.Single() + "/");

    public IReadOnlyList<Asked> Requests => [.. _asked];

    public static async Task<StandIn> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var standIn = new StandIn(builder.Build());
        standIn._application.Run(standIn.AnswerAsync);
        await standIn._application.StartAsync();
        return standIn;
    }

    /// <summary>Sets what is answered at a path.</summary>
    public Uri Answers(string path, params ReadOnlySpan<Reply> replies)
    {
        _replies[path] = new ConcurrentQueue<Reply>(replies.ToArray());
        return new Uri(Address, path);
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(0);
        await _application.StopAsync(now.Token);
        await _application.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        // A reply may read the form that it is asked with.
        context.Request.EnableBuffering();
        using var body = new StreamReader(context.Request.Body, leaveOpen: true);
        var question = await body.ReadToEndAsync();
        context.Request.Body.Position = 0;
        _asked.Enqueue(new Asked(context.Request.Path.ToUriComponent() + context.Request.QueryString, context.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase), question));
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        if (!_replies.TryGetValue(context.Request.Path, out var replies))
            return;
        if (replies.Count == 1 ? !replies.TryPeek(out var reply) : !replies.TryDequeue(out reply))
            return;
        context.Response.StatusCode = StatusCodes.Status200OK;
        await reply(context);
    }
}
