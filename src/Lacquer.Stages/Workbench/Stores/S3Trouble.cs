using System.Net;
using Amazon.Runtime;
using Amazon.S3;
using Lacquer.Formats.Findings;

namespace Lacquer.Stages.Workbench.Stores;

/// <summary>What a bucket's answers mean for whoever runs the program. Codes and states are passed on, texts of strangers are not: one might quote a key.</summary>
internal static class S3Trouble
{
    /// <summary>Whether an exception is one of asking a bucket, and not a defect or the caller's wish to stop.</summary>
    public static bool Is(Exception e, CancellationToken stop) =>
        !stop.IsCancellationRequested && e is AmazonServiceException or AmazonClientException or HttpRequestException or IOException or OperationCanceledException or TimeoutException
        && e is not (FileNotFoundException or DirectoryNotFoundException) && !Durable.IsDiskFull(e);

    public static bool IsMissing(Exception e) => e is AmazonS3Exception { StatusCode: HttpStatusCode.NotFound } and not { ErrorCode: "NoSuchBucket" };

    /// <summary>The one line for it.</summary>
    /// <param name="what">What was to be done, as in <c>s3://music cannot be read</c>.</param>
    /// <param name="e">What came of it.</param>
    public static LacquerException Say(string what, Exception e) => e switch
    {
        LacquerException said => said,
        AmazonS3Exception { ErrorCode: "NoSuchBucket" } => new LacquerException(Failure.Missing, $"{what}: there is no such bucket", "make it first, or correct objects.location in lacquer.toml", e),
        AmazonS3Exception { StatusCode: HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized } s3 => new LacquerException(Failure.Refused, $"{what}: the store refuses ({Code(s3)})", "look at AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, at what they may do there, and at this machine's clock", e),
        AmazonS3Exception { StatusCode: HttpStatusCode.MovedPermanently or HttpStatusCode.TemporaryRedirect or HttpStatusCode.BadRequest } s3 => new LacquerException(Failure.Usage, $"{what}: the store answers {Code(s3)}", "look at objects.endpoint, objects.region and objects.path_style in lacquer.toml", e),
        AmazonS3Exception s3 => new LacquerException(Failure.Missing, $"{what}: the store answers {Code(s3)}", "run the command again: it carries on", e),
        OperationCanceledException or TimeoutException => new LacquerException(Failure.Missing, $"{what}: the store does not answer", "run the command again when it does: it carries on", e),
        _ => new LacquerException(Failure.Missing, $"{what}: {Innermost(e).Message.ReplaceLineEndings(" ")}", "look at the network and at objects.endpoint in lacquer.toml; run the command again, it carries on", e),
    };

    private static string Code(AmazonS3Exception e) => FormattableString.Invariant($"{(int)e.StatusCode} {(e.ErrorCode is { Length: > 0 and <= 64 } code && code.All(char.IsAsciiLetterOrDigit) ? code : "")}").TrimEnd();

    private static Exception Innermost(Exception e) => e.InnerException is { } inner ? Innermost(inner) : e;
}
