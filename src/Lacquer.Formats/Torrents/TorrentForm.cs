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
/// <param name="Collections">Names of collections that it belongs to (BEP 38): clients look among torrents of the same one for files they have.</param>
/// <param name="Similar">Info hashes of torrents that share files with it (BEP 38), 20 bytes each: v1, or the first 20 bytes of v2.</param>
public sealed record TorrentEnvelope(IReadOnlyList<string> Webseeds, IReadOnlyList<string> Trackers, IReadOnlyList<string> Collections, IReadOnlyList<byte[]> Similar)
{
    private const int HashBytes = 20;

    // Keys, the torrent's name twice over, lists and the lengths of strings: more than there can be.
    private const int FixedBytes = 1000;
    private const int BytesAText = 16;

    /// <summary>Nothing beside the info dictionary.</summary>
    public static TorrentEnvelope Empty { get; } = new([], [], [], []);

    /// <summary>Whether there is nothing in it.</summary>
    public bool IsEmpty => Webseeds.Count + Trackers.Count + Collections.Count + Similar.Count == 0;

    /// <summary>At most how many bytes a .torrent file has beside its files and pieces.</summary>
    public long MostBytes => FixedBytes + Webseeds.Concat(Trackers).Concat(Trackers.Take(1)).Concat(Collections).Sum(text => BytesAText + (long)System.Text.Encoding.UTF8.GetByteCount(text)) + Similar.Count * (long)(HashBytes + BytesAText);

    /// <summary>Complains of what cannot be written.</summary>
    /// <exception cref="ArgumentException">An address is empty, a webseed's does not end with a slash, or a hash has not 20 bytes.</exception>
    internal void Check()
    {
        // BEP 19: only after a slash does a client add the torrent's name and the file's.
        if (Webseeds.FirstOrDefault(webseed => !webseed.EndsWith('/')) is { } webseed)
            throw new ArgumentException($"the webseed '{webseed}' does not end with a slash");
        if (Trackers.Any(string.IsNullOrWhiteSpace))
            throw new ArgumentException("a tracker without an address");
        if (Collections.Any(string.IsNullOrWhiteSpace))
            throw new ArgumentException("a collection without a name");
        if (Similar.Any(hash => hash.Length != HashBytes))
            throw new ArgumentException($"a similar torrent's hash has not {HashBytes} bytes");
    }
}
