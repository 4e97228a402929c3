using Lacquer.Formats.Identity;

namespace Lacquer.Stages.Sources.Fetching;

/// <summary>What became of a request that the source answered.</summary>
public enum FetchOutcome
{
    /// <summary>It is here, whole.</summary>
    Fetched,

    /// <summary>It is as it was (304).</summary>
    NotModified,

    /// <summary>The source does not have it (404, 410).</summary>
    Missing,
}

/// <summary>A small answer.</summary>
/// <param name="Outcome">What became of the request.</param>
/// <param name="Body">The bytes, decompressed; empty unless fetched.</param>
/// <param name="Sha256">Their digest, as the log has it; null unless fetched.</param>
/// <param name="Validators">To ask again with.</param>
public sealed record FetchedAnswer(FetchOutcome Outcome, ReadOnlyMemory<byte> Body, Sha256Digest? Sha256, Validators Validators);

/// <summary>A downloaded file.</summary>
/// <param name="Outcome">What became of the request.</param>
/// <param name="LengthBytes">Its length; 0 unless fetched.</param>
/// <param name="Sha256">Its digest; null unless fetched.</param>
/// <param name="Validators">To ask again with.</param>
public sealed record DownloadedFile(FetchOutcome Outcome, long LengthBytes, Sha256Digest? Sha256, Validators Validators);

/// <summary>What a file must be, as its source says; null where it does not say.</summary>
/// <param name="LengthBytes">Length.</param>
/// <param name="Md5">MD5 (RFC 1321), hex. Tells a broken transfer, not a forgery.</param>
/// <param name="Sha1">SHA-1 (FIPS 180-4), hex. The same.</param>
/// <param name="Sha256">SHA-256 (FIPS 180-4).</param>
public sealed record ExpectedFile(long? LengthBytes = null, string? Md5 = null, string? Sha1 = null, Sha256Digest? Sha256 = null)
{
    internal bool HasDigest => Md5 is not null || Sha1 is not null || Sha256 is not null;
}

/// <summary>An answer that broke off, came too slowly or is not whole: it is asked for again.</summary>
internal sealed class BrokenAnswerException(string message, Exception? inner = null) : Exception(message, inner);
