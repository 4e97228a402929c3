using System.Net;
using Lacquer.Formats.Findings;
using Lacquer.Server.Rest;

namespace Lacquer.Server;

/// <summary>What holds for every answer: only reading, headers that keep browsers careful, and an error for every trouble that programs and people can read.</summary>
internal sealed partial class Answering(ILogger log, bool loopbackOnly)
{
    // An edition's pages carry their style with them. A mirror's were written by somebody else, so no script of theirs runs here.
    private const string PagePolicy = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'";
    private const string EditionPolicy = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; script-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'";

    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = context.Request.Path.StartsWithSegments("/editions", StringComparison.Ordinal) ? EditionPolicy : PagePolicy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        try
        {
            if (!HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method))
            {
                headers.Allow = "GET, HEAD";
                throw new Refusal(StatusCodes.Status405MethodNotAllowed, "this archive can be read and not written", "GET or HEAD");
            }

            // A page elsewhere can have its own name resolved to this machine and read what only this machine should (DNS rebinding).
            if (loopbackOnly && !IsLoopback(context.Request.Host.Host))
                throw new Refusal(StatusCodes.Status421MisdirectedRequest, "this server answers to localhost only", "a proxy in front of it sends Host: localhost; lacquer serve --host serves other names");
            await next(context).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // Whoever asked has gone.
        }
        catch (BadHttpRequestException e)
        {
            await SayAsync(context, e.StatusCode, e.Message, null).ConfigureAwait(false);
        }
        catch (Refusal e)
        {
            await SayAsync(context, e.Status, e.Message, e.Hint).ConfigureAwait(false);
        }
        catch (LacquerException e)
        {
            LogTrouble(log, e.Message);
            // The message names folders of this machine, which are for its operator's eyes.
            await SayAsync(context, StatusCodes.Status503ServiceUnavailable, "the archive's folder is not in order; the server's log says more", e.Hint).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            LogDefect(log, context.Request.Path, e);
            await SayAsync(context, StatusCodes.Status500InternalServerError, "the server has a defect; its log says more", null).ConfigureAwait(false);
        }
    }

    private static bool IsLoopback(string host) => host == "localhost" || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));

    private static Task SayAsync(HttpContext context, int status, string error, string? hint)
    {
        // Half an answer cannot be taken back: breaking it off is the only way left to say that it is not whole.
        if (context.Response.HasStarted)
        {
            context.Abort();
            return Task.CompletedTask;
        }

        context.Response.StatusCode = status;
        context.Response.ContentLength = null;
        context.Response.Headers.ETag = default;
        context.Response.Headers.CacheControl = "no-cache";
        return context.Response.WriteAsJsonAsync(new ErrorAnswer(error, hint), AnswersJson.Readable.ErrorAnswer, "application/json; charset=utf-8", context.RequestAborted);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Trouble}")]
    private static partial void LogTrouble(ILogger log, string trouble);

    [LoggerMessage(Level = LogLevel.Error, Message = "while answering {Path}")]
    private static partial void LogDefect(ILogger log, PathString path, Exception defect);
}
