using System.Text;
using Lacquer.Formats.Findings;

namespace Lacquer.Stages.Sources.Fetching;

/// <summary>
/// A credential: a query parameter or a header, added when a request is sent, to the origin it is for and no other. It prints as its name.
/// </summary>
public sealed class Secret
{
    // Shorter texts are no credentials, and would be found in every other word.
    private const int LeastLength = 4;

    private Secret(string name, string value, bool isHeader, bool isAccount = false)
    {
        if (value.Any(char.IsControl))
            throw new LacquerException(Failure.Usage, $"the value of {name} has a line end or another control character in it", "look for one at its end, where it was copied from");
        (Name, Value, IsHeader, IsAccount) = (name, value, isHeader, isAccount);
    }

    /// <summary>The parameter's or header's name.</summary>
    public string Name { get; }

    internal string Value { get; }

    internal bool IsHeader { get; }

    internal bool IsAccount { get; }

    /// <summary>A query parameter, such as Jamendo's <c>client_id</c>.</summary>
    /// <exception cref="LacquerException">The value has control characters.</exception>
    public static Secret Parameter(string name, string value) => new(name, value, isHeader: false);

    /// <summary>A query parameter with an account's name, such as Subsonic's <c>u</c>: it goes where secrets go, and is not looked for in texts, as it may be any word in them.</summary>
    /// <exception cref="LacquerException">The value has control characters.</exception>
    public static Secret Account(string name, string value) => new(name, value, isHeader: false, isAccount: true);

    /// <summary>A header, such as <c>Authorization</c>.</summary>
    /// <exception cref="LacquerException">The value has control characters.</exception>
    public static Secret Header(string name, string value) => new(name, value, isHeader: true);

    /// <inheritdoc/>
    public override string ToString() => Name;

    /// <summary>A text without any of the values, as they are or percent-encoded.</summary>
    public static string Scrub(string text, IReadOnlyList<Secret> secrets)
    {
        foreach (var form in secrets.SelectMany(Forms))
            text = text.Replace(form, "***", StringComparison.OrdinalIgnoreCase);
        return text;
    }

    /// <summary>An address without the query parameters that are secrets by name, nor, where it <paramref name="leaves"/> for another origin, by value.</summary>
    internal static Uri Without(Uri address, IReadOnlyList<Secret> secrets, bool leaves)
    {
        var parts = address.Query.TrimStart('?').Split('&');
        var kept = parts.Where(part => part.Split('=', 2) is var pair && !secrets.Any(s =>
            (!s.IsHeader && s.Name == Uri.UnescapeDataString(pair[0])) || (leaves && pair.Length == 2 && s.Value == Uri.UnescapeDataString(pair[1])))).ToList();
        return kept.Count == parts.Length ? address : new UriBuilder(address) { Query = string.Join('&', kept) }.Uri;
    }

    /// <summary>An address with the query parameters that are secrets.</summary>
    internal static Uri With(Uri address, IReadOnlyList<Secret> secrets)
    {
        var query = new StringBuilder(address.Query.TrimStart('?'));
        foreach (var secret in secrets.Where(s => !s.IsHeader))
            query.Append(query.Length == 0 ? "" : "&").Append(Uri.EscapeDataString(secret.Name)).Append('=').Append(Uri.EscapeDataString(secret.Value));
        return new UriBuilder(address) { Query = query.ToString() }.Uri;
    }

    private static IEnumerable<string> Forms(Secret secret) => secret.IsAccount || secret.Value.Length < LeastLength ? []
        : new[] { secret.Value, Uri.EscapeDataString(secret.Value), Uri.EscapeDataString(secret.Value).Replace("%20", "+", StringComparison.Ordinal) }.Distinct(StringComparer.Ordinal);
}
