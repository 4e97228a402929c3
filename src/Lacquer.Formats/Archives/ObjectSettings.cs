using Lacquer.Formats.Objects;

namespace Lacquer.Formats.Archives;

/// <summary>Where an archive's objects lie: in its folder, or in a bucket of an S3-compatible store.</summary>
/// <param name="Bucket">The bucket's name; null: the folder <c>objects</c> of the archive.</param>
/// <param name="Prefix">What the keys in the bucket begin with, ending in <c>/</c>, or empty.</param>
/// <param name="Endpoint">The store's address; null: that of AWS for the region.</param>
/// <param name="Region">What requests are signed for.</param>
/// <param name="PathStyle">Whether the bucket stands in the path of an address, not in its host name.</param>
/// <param name="PatienceSeconds">Seconds without a byte after which a request is given up and made again.</param>
public sealed record ObjectSettings(string? Bucket, string Prefix, Uri? Endpoint, string Region, bool PathStyle, int PatienceSeconds)
{
    private const string Scheme = "s3://";

    /// <summary>The folder, as nothing else is said.</summary>
    public static ObjectSettings Folder { get; } = new(null, "", null, "us-east-1", true, 60);

    /// <summary><c>s3://bucket/prefix</c>, or empty for the folder.</summary>
    public string Location => Bucket is null ? "" : $"{Scheme}{Bucket}/{Prefix}".TrimEnd('/');

    /// <summary>What people call the place of an object: <c>objects/ab/ab….ogg</c>, or <c>s3://bucket/prefix/ab/ab….ogg</c>.</summary>
    public string PlaceOf(ObjectName name) => Bucket is null ? $"objects/{name.Key}" : $"{Scheme}{Bucket}/{Prefix}{name.Key}";

    /// <summary>Reads a <see cref="Location"/>.</summary>
    public static bool TryParse(string text, out string? bucket, out string prefix)
    {
        (bucket, prefix) = (null, "");
        if (text.Length == 0)
            return true;
        if (!text.StartsWith(Scheme, StringComparison.Ordinal))
            return false;
        var parts = text[Scheme.Length..].TrimEnd('/').Split('/');
        // A bucket's name is part of a host name: 3 to 63 letters. Keys have at most 1024 bytes; an object's own name takes 72 of them.
        if (parts[0].Length is < 3 or > 63 || !parts[0].All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '.' or '-') || !char.IsAsciiLetterOrDigit(parts[0][0]) || !char.IsAsciiLetterOrDigit(parts[0][^1])
            || text.Length > 600 || parts[1..].Any(p => p is "" or "." or ".." || !p.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_')))
            return false;
        (bucket, prefix) = (parts[0], string.Concat(parts[1..].Select(p => p + "/")));
        return true;
    }

    /// <summary>Whether an address can be an endpoint: http or https, with nothing behind the host, and no account in it, as it stands in logs.</summary>
    public static bool IsEndpoint(string text) => Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.UserInfo.Length == 0 && uri.PathAndQuery == "/" && uri.Fragment.Length == 0;
}
