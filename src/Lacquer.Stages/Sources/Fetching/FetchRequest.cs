using System.Net.Http.Headers;
using Lacquer.Formats.Findings;

namespace Lacquer.Stages.Sources.Fetching;

/// <summary>What tells whether a thing has changed (RFC 9110, 8.8), as the server wrote it.</summary>
/// <param name="ETag">The entity tag, with its quotes.</param>
/// <param name="LastModified">The date.</param>
public sealed record Validators(string? ETag, string? LastModified)
{
    /// <summary>Nothing is known.</summary>
    public static Validators None { get; } = new(null, null);
}

/// <summary>What kind of address is asked.</summary>
public enum AddressKind
{
    /// <summary>A documented API, or a file that it names: its terms and limits hold, and robots.txt is not asked.</summary>
    Api,

    /// <summary>A page, asked as a browser would: robots.txt holds.</summary>
    Page,
}

/// <summary>What is asked for: an address, what it is asked with, and how much of it is taken.</summary>
public sealed class FetchRequest
{
    /// <summary>The longest address that is asked or followed, in characters.</summary>
    public const int MostAddressLength = 8192;

    /// <summary>Asks for an address.</summary>
    /// <exception cref="LacquerException">It cannot be asked: another scheme, a password in it, too long.</exception>
    public FetchRequest(Uri address, AddressKind kind)
    {
        if (!address.IsAbsoluteUri || address.Scheme is not ("http" or "https"))
            throw new LacquerException(Failure.Usage, $"{(address.IsAbsoluteUri ? $"an address of scheme '{address.Scheme}'" : "an address without a scheme")} cannot be fetched", "write it with http or https: https://example.org/");
        if (address.UserInfo.Length > 0)
            throw new LacquerException(Failure.Usage, $"an address at {address.Host} has a password in it: it would stand in logs", "give the account apart from the address");
        if (address.OriginalString.Length > MostAddressLength)
            throw new LacquerException(Failure.Usage, $"an address at {address.Host} is longer than {MostAddressLength} characters", "ask for less at once");
        (Address, Kind) = (new UriBuilder(address) { Fragment = "" }.Uri, kind);
    }

    /// <summary>The address, without anything secret.</summary>
    public Uri Address { get; }

    /// <summary>Whether robots.txt holds for it.</summary>
    public AddressKind Kind { get; }

    /// <summary>Credentials; they go to the address' own scheme, host and port alone.</summary>
    public IReadOnlyList<Secret> Secrets { get; init; } = [];

    /// <summary>What is known from before: an unchanged thing is not sent again.</summary>
    public Validators Known { get; init; } = Validators.None;

    /// <summary>Whether secret parameters go in the body of a form (POST) instead of the query, so that they stand in no log of the server either.</summary>
    public bool PostsSecrets { get; init; }

    /// <summary>The media type wanted; null: any.</summary>
    public string? Accept { get; init; }

    /// <summary>A question too long for an address, as JSON (POST). It may be asked again: it must change nothing.</summary>
    public ReadOnlyMemory<byte>? Json { get; init; }

    /// <summary>A longer answer is refused; null: 32 MiB for an answer, for a file its expected length or else 256 GiB. Counted after decompression.</summary>
    public long? MostBytes { get; init; }

    /// <inheritdoc/>
    public override string ToString() => Shown(Address);

    /// <summary>An address as it may be printed and logged.</summary>
    internal string Shown(Uri address) => Secret.Scrub(address.AbsoluteUri, Secrets);

    internal HttpRequestMessage ToMessage(Uri address)
    {
        var own = IsOwn(address);
        var posts = own && PostsSecrets;
        var message = new HttpRequestMessage(posts ? HttpMethod.Post : HttpMethod.Get, own && !posts ? Secret.With(address, Secrets) : address);
        if (posts)
            message.Content = new FormUrlEncodedContent(Secrets.Where(s => !s.IsHeader).Select(s => KeyValuePair.Create(s.Name, s.Value)));
        foreach (var secret in Secrets.Where(s => own && s.IsHeader))
            message.Headers.TryAddWithoutValidation(secret.Name, secret.Value);
        if (Accept is not null)
            message.Headers.Accept.Add(MediaTypeWithQualityHeaderValue.Parse(Accept));
        // Where a redirect leads to another origin, it gets no question.
        if (Json is { } question && own)
            (message.Method, message.Content) = (HttpMethod.Post, new ReadOnlyMemoryContent(question) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } });
        return message;
    }

    /// <summary>
    /// Where a redirect leads, without secrets. From https to anything else, odd schemes and passwords are refused.
    /// </summary>
    internal Uri Follow(Uri from, Uri location)
    {
        var to = new UriBuilder(new Uri(from, location)) { Fragment = "" }.Uri;
        to = Secret.Without(to, Secrets, leaves: !IsOwn(to));
        if (to.Scheme is not "https" && to.Scheme != from.Scheme)
            throw new LacquerException(Failure.Refused, $"{Shown(from)} redirects to {to.Scheme}: it is followed from https to https, and from http to http or https", "the source is misconfigured; ask its people");
        if (to.UserInfo.Length > 0 || to.AbsoluteUri.Length > MostAddressLength)
            throw new LacquerException(Failure.Refused, $"{Shown(from)} redirects to an address with a password in it, or to one of more than {MostAddressLength} characters: it is not followed", "the source is misconfigured; ask its people");
        return to;
    }

    private bool IsOwn(Uri address) => Uri.Compare(address, Address, UriComponents.SchemeAndServer, UriFormat.SafeUnescaped, StringComparison.OrdinalIgnoreCase) == 0;
}
