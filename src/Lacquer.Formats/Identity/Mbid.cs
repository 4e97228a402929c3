namespace Lacquer.Formats.Identity;

/// <summary>
/// MusicBrainz identifiers: UUIDs (RFC 9562 §4) in their written form of 36 letters, or in an address as MusicBrainz gives it, <c>https://musicbrainz.org/recording/UUID</c>. In a catalogue an MBID is the 16
/// bytes in the order of the written form: <c>Guid.ToByteArray(bigEndian: true)</c>.
/// </summary>
public static class Mbid
{
    private const int Letters = 36;

    /// <summary>Reads an MBID from its written form or an address.</summary>
    public static bool TryParse(string? text, out Guid mbid)
    {
        mbid = default;
        if (text is null)
            return false;
        var rest = text.AsSpan().Trim();
        foreach (var scheme in (ReadOnlySpan<string>)["https://", "http://"])
            if (rest.StartsWith(scheme, StringComparison.OrdinalIgnoreCase))
                rest = rest[scheme.Length..];
        foreach (var host in (ReadOnlySpan<string>)["www.musicbrainz.org/", "beta.musicbrainz.org/", "musicbrainz.org/"])
        {
            if (!rest.StartsWith(host, StringComparison.OrdinalIgnoreCase))
                continue;
            rest = rest[host.Length..];
            var slash = rest.IndexOf('/');
            if (slash < 0 || rest[..slash].ContainsAnyExceptInRange('a', 'z') && !rest[..slash].SequenceEqual("release-group"))
                return false;
            rest = rest[(slash + 1)..];
            // Whatever follows, a page of it or a query, names the same thing.
            if (rest.Length > Letters && rest[Letters] is '/' or '?' or '#')
                rest = rest[..Letters];
            break;
        }

        return rest.Length == Letters && Guid.TryParseExact(rest, "D", out mbid);
    }
}
