using System.Globalization;
using System.IO.Compression;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Lacquer.Tests.Studio;

/// <summary>What a stand-in answers: what is right, and what goes wrong.</summary>
internal static class Replies
{
    public static StandIn.Reply Json(string text = """{"fine":true}""", string? etag = null, string? lastModified = null) => context =>
    {
        if (etag is not null)
            context.Response.Headers.ETag = etag;
        if (lastModified is not null)
            context.Response.Headers.LastModified = lastModified;
        if (etag is not null && context.Request.Headers.IfNoneMatch == etag)
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return Task.CompletedTask;
        }

        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(text);
    };

    public static StandIn.Reply Status(int status, string? retryAfter = null) => context =>
    {
        context.Response.StatusCode = status;
        if (retryAfter is not null)
            context.Response.Headers.RetryAfter = retryAfter;
        return Task.CompletedTask;
    };

    /// <summary>What a parameter of the query asks for; "" where it is not there.</summary>
    public static StandIn.Reply By(string parameter, params IReadOnlyList<(string Value, StandIn.Reply Reply)> replies) => context =>
        replies.Single(r => r.Value == context.Request.Query[parameter].ToString()).Reply(context);

    public static StandIn.Reply Redirect(string to, int status = StatusCodes.Status302Found) => context =>
    {
        context.Response.StatusCode = status;
        context.Response.Headers.Location = to;
        return Task.CompletedTask;
    };

    /// <summary>The connection is reset after some bytes, and not before they have <paramref name="arrived"/>: a reset may take along what is on the way.</summary>
    public static StandIn.Reply Reset(byte[] bytes, int after, string? etag = null, Func<bool>? arrived = null) => async context =>
    {
        if (etag is not null)
            context.Response.Headers.ETag = etag;
        var from = PartFrom(context, etag);
        context.Response.ContentLength = bytes.Length - from;
        if (from > 0)
            (context.Response.StatusCode, context.Response.Headers.ContentRange) = (StatusCodes.Status206PartialContent, $"bytes {from}-{bytes.Length - 1}/{bytes.Length}");
        await context.Response.Body.WriteAsync(bytes.AsMemory(from, after - from));
        await context.Response.Body.FlushAsync();
        while (arrived?.Invoke() == false && !context.RequestAborted.IsCancellationRequested)
            await Task.Delay(2);
        context.Abort();
    };

    /// <summary>A file that answers for ranges and If-Range as RFC 9110 has it; or, like some servers, knows none.</summary>
    public static StandIn.Reply File(byte[] bytes, string? etag = null, bool knowsRanges = true) => async context =>
    {
        var response = context.Response;
        if (etag is not null)
            response.Headers.ETag = etag;
        var from = knowsRanges ? PartFrom(context, etag) : 0;
        if (from > 0)
        {
            response.StatusCode = from < bytes.Length ? StatusCodes.Status206PartialContent : StatusCodes.Status416RangeNotSatisfiable;
            response.Headers.ContentRange = from < bytes.Length ? $"bytes {from}-{bytes.Length - 1}/{bytes.Length}" : $"bytes */{bytes.Length}";
            if (from >= bytes.Length)
                return;
        }

        response.ContentLength = bytes.Length - from;
        await response.Body.WriteAsync(bytes.AsMemory(from));
    };

    /// <summary>Compressed; cut off after so many bytes of it where that is said, in an answer that is whole by its framing.</summary>
    public static StandIn.Reply Encoded(string encoding, byte[] plain, int? cutAt = null) => async context =>
    {
        using var packed = new MemoryStream();
        await using (Stream pack = encoding switch { "gzip" => new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true), "br" => new BrotliStream(packed, CompressionLevel.Fastest, leaveOpen: true), _ => new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true) })
            await pack.WriteAsync(plain);
        context.Response.Headers.ContentEncoding = encoding;
        await context.Response.Body.WriteAsync(packed.GetBuffer().AsMemory(0, cutAt ?? (int)packed.Length));
    };

    /// <summary>Zeros for ever, of a length that is said or not; compressed or not.</summary>
    public static StandIn.Reply Endless(long? length = null, bool gzip = false) => async context =>
    {
        context.Response.ContentLength = length;
        if (gzip)
            context.Response.Headers.ContentEncoding = "gzip";
        await using var body = gzip ? new GZipStream(context.Response.Body, CompressionLevel.Optimal) : context.Response.Body;
        var zeros = new byte[1 << 16];
        // Of what is not cut off, 1 GiB is enough to see it.
        for (var i = 0; i < 1 << 14 && !context.RequestAborted.IsCancellationRequested; i++)
            await body.WriteAsync(zeros, context.RequestAborted);
    };

    /// <summary>A byte, and then so much time, over and over; or time alone.</summary>
    public static StandIn.Reply Drip(EagerClock clock, TimeSpan each, bool bytes = true) => async context =>
    {
        context.Response.ContentLength = 1_000_000;
        await context.Response.Body.WriteAsync(Encoding.ASCII.GetBytes("["));
        await context.Response.Body.FlushAsync();
        while (!context.RequestAborted.IsCancellationRequested)
        {
            if (bytes)
            {
                await context.Response.Body.WriteAsync(Encoding.ASCII.GetBytes("1"));
                await context.Response.Body.FlushAsync();
            }

            await Task.Delay(1);
            clock.MoveOn(each);
        }
    };

    private static int PartFrom(HttpContext context, string? etag) =>
        context.Request.Headers.Range is [{ } range] && (context.Request.Headers.IfRange is not [{ } condition] || condition == etag) ? int.Parse(range["bytes=".Length..].TrimEnd('-'), CultureInfo.InvariantCulture) : 0;
}
