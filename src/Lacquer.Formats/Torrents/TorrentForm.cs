using System.Text;
using Lacquer.Formats.Identity;

namespace Lacquer.Formats.Torrents;

/// <summary>Which protocol a torrent of a volume is for. All forms are of the same files under the same names, and are served by the same web seeds.</summary>
public enum TorrentForm
{
    /// <summary>v1 and v2 in one (BEP 52): one torrent in both swarms.</summary>
    Hybrid,

    /// <summary>v1 alone, for clients that refuse a file tree, as Transmission 3.00 does.</summary>
    V1,

    /// <summary>v2 alone: without pad files, and without SHA-1.</summary>
    V2,
}

/// <summary>What forms are called in configurations, lists and file names.</summary>
public static class TorrentForms
{
    private static readonly string[] Names = ["hybrid", "v1", "v2"];

    /// <summary>Every name.</summary>
    public static IReadOnlyList<string> Known => Names;

    /// <summary>A form's name: <c>hybrid</c>, <c>v1</c> or <c>v2</c>.</summary>
    public static string Name(this TorrentForm form) => Names[(int)form];

    /// <summary>The form of a name.</summary>
    public static bool TryParse(string name, out TorrentForm form)
    {
        var index = Array.IndexOf(Names, name);
        form = (TorrentForm)index;
        return index >= 0;
    }

    /// <summary>What a volume's torrent of this form is called: <c>NAME.torrent</c> for the hybrid, <c>NAME.v1.torrent</c> and <c>NAME.v2.torrent</c> beside it.</summary>
    public static string FileName(this TorrentForm form, string volume) => form == TorrentForm.Hybrid ? $"{volume}.torrent" : $"{volume}.{form.Name()}.torrent";
}

/// <summary>What stands in a .torrent file beside its info dictionary and does not change which torrent it is.</summary>
/// <param name="Webseeds">Addresses of folders that hold the torrent's folder (BEP 19), each ending with a slash.</param>
/// <param name="Trackers">Addresses of trackers, each a tier of its own (BEP 12); the first is also <c>announce</c>.</param>
public sealed record TorrentEnvelope(IReadOnlyList<string> Webseeds, IReadOnlyList<string> Trackers)
{
    // Keys, the torrent's name twice over, a collection and a similar torrent, lists and the lengths of strings: more than there can be.
    private const int FixedBytes = 1000;
    private const int BytesAText = 16;
    private const int LongestCollection = 100;

    /// <summary>Nothing beside the info dictionary.</summary>
    public static TorrentEnvelope Empty { get; } = new([], []);

    /// <summary>A collection that it belongs to (BEP 38), at most 100 bytes: clients look among torrents of the same one for files that they have. Null: none.</summary>
    public string? Collection { get; init; }

    /// <summary>A torrent that shares files with it (BEP 38); null: none.</summary>
    public InfoHashV1? Similar { get; init; }

    /// <summary>Whether there is nothing in it.</summary>
    public bool IsEmpty => Webseeds.Count + Trackers.Count == 0 && Collection is null && Similar is null;

    /// <summary>At most how many bytes a .torrent file has beside its files and pieces; a collection and a similar torrent are counted, there or not.</summary>
    public long MostBytes => FixedBytes + Webseeds.Concat(Trackers).Concat(Trackers.Take(1)).Sum(text => BytesAText + (long)Encoding.UTF8.GetByteCount(text));

    /// <summary>Complains of what cannot be written.</summary>
    /// <exception cref="ArgumentException">A tracker has no address, a webseed's does not end with a slash, or a collection's name is empty or too long.</exception>
    internal void Check()
    {
        // BEP 19: only after a slash does a client add the torrent's name and the file's.
        if (Webseeds.FirstOrDefault(webseed => !webseed.EndsWith('/')) is { } webseed)
            throw new ArgumentException($"the webseed '{webseed}' does not end with a slash");
        if (Trackers.Any(string.IsNullOrWhiteSpace))
            throw new ArgumentException("a tracker without an address");
        if (Collection is not null && Encoding.UTF8.GetByteCount(Collection) is < 1 or > LongestCollection)
            throw new ArgumentException($"a collection's name has 1 to {LongestCollection} bytes");
    }
}
