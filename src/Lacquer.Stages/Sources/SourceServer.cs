using Lacquer.Formats.Findings;

namespace Lacquer.Stages.Sources;

/// <summary>Where an adapter asks: the source itself, or with <c>--server</c> another that has the same API, such as a mirror or a cache in the operator's network.</summary>
internal static class SourceServer
{
    /// <summary>The option.</summary>
    public static AdapterOption Option { get; } = new("--server", "Another server with the same API, such as a mirror.", "URL");

    /// <summary>The address to ask, ending in <c>/</c>.</summary>
    /// <exception cref="LacquerException">What was given is none.</exception>
    public static Uri Of(AdapterRequest request, Uri standard) => request.Option(Option.Name) is { } given ? Parse(given) : standard;

    /// <summary>The address that an accession's settings name, or the standard one.</summary>
    /// <exception cref="FormatException">They name none.</exception>
    public static Uri OfSettings(string settings, Uri standard)
    {
        try
        {
            return settings.Length == 0 ? standard : Parse(settings);
        }
        catch (LacquerException e)
        {
            throw new FormatException(e.Message, e);
        }
    }

    /// <summary>What stands in the accession: nothing where the source itself was asked.</summary>
    public static string Settings(Uri server, Uri standard) => server == standard ? "" : server.AbsoluteUri;

    private static Uri Parse(string given) =>
        Uri.TryCreate(given.EndsWith('/') ? given : given + "/", UriKind.Absolute, out var server) && server is { Scheme: "http" or "https", UserInfo: "", Query: "", Fragment: "" }
            ? server : throw new LacquerException(Failure.Usage, "--server is no http or https address, or has a password or a query in it", "write it like this: --server https://mirror.example.org/");
}
