using System.Security.Cryptography;
using System.Text;
using Lacquer.Formats.Accessions;
using Lacquer.Formats.Identity;

namespace Lacquer.Stages.Harvesting;

/// <summary>What lies beside a file of audio and speaks of it.</summary>
/// <param name="Lyrics">Its words.</param>
/// <param name="Cue">The cue sheet that names it, or null.</param>
internal sealed record SideCar(IReadOnlyList<Lyrics> Lyrics, CueFile? Cue);

/// <summary>A cue sheet.</summary>
/// <param name="Place">Its path inside the source, or the tag it stands in.</param>
/// <param name="Sha256">Of its bytes; of a tag, of its text in UTF-8.</param>
/// <param name="Tracks">The tracks that it says one file holds.</param>
internal sealed record CueFile(string Place, Sha256Digest Sha256, IReadOnlyList<CueTrack> Tracks);

/// <summary>Finds lyrics (<c>.lrc</c>, <c>.txt</c>) and cue sheets beside files of audio. Remembers the folder it looked at last; one thread at a time.</summary>
/// <param name="root">The source's folder.</param>
internal sealed class SideCars(string root)
{
    private const int LongestLyrics = 256 << 10;
    private const int MostSheets = 200;

    private string? _folder;
    private HashSet<string> _names = [];
    private List<(string Place, Sha256Digest Sha256, ILookup<string, CueTrack> Tracks)> _sheets = [];

    /// <summary>What lies beside a file.</summary>
    /// <param name="key">Its path inside the source.</param>
    public SideCar For(string key)
    {
        var folder = key.LastIndexOf('/') is >= 0 and var slash ? key[..(slash + 1)] : "";
        if (folder != _folder)
            Look(folder);
        var (name, stem) = (Path.GetFileName(key), Path.GetFileNameWithoutExtension(key));
        var lyrics = new List<Lyrics>();
        foreach (var extension in (ReadOnlySpan<string>)[".lrc", ".txt"])
            if (_names.Contains(stem + extension) && Read(folder + stem + extension, LongestLyrics) is { } bytes && Text(bytes) is { } words)
                lyrics.Add(Of(folder + stem + extension, words, new Sha256Digest(SHA256.HashData(bytes)), isBeside: true));
        // A sheet made beside album.wav still speaks of album.flac, where there is no album.wav any more.
        foreach (var (place, sha256, tracks) in _sheets)
            foreach (var file in tracks)
                if (file.Count() > 1 && (file.Key.Equals(name, StringComparison.OrdinalIgnoreCase)
                    || (!_names.Contains(file.Key) && Path.GetFileNameWithoutExtension(file.Key).Equals(stem, StringComparison.OrdinalIgnoreCase))))
                    return new SideCar(lyrics, new CueFile(place, sha256, file.ToList()));
        return new SideCar(lyrics, null);
    }

    /// <summary>Lyrics and a cue sheet that stand in a file's own tags; the words themselves are not said twice.</summary>
    public static SideCar In(IReadOnlyList<KeyValuePair<string, string>> tags)
    {
        var lyrics = tags.Where(t => Lyrics.IsTag(t.Key) && t.Value.Length > 0).Select(t => Of(t.Key, t.Value, Digest(t.Value), isBeside: false)).ToList();
        var sheet = tags.FirstOrDefault(t => t.Key.Equals("cuesheet", StringComparison.OrdinalIgnoreCase) && t.Value.Length <= CueSheet.LongestBytes);
        // Within a file, whatever name the sheet has for it.
        return new SideCar(lyrics, sheet.Value is { } text && CueSheet.Read(text) is { Count: > 1 } tracks ? new CueFile(sheet.Key, Digest(text), tracks) : null);

        static Sha256Digest Digest(string text) => new(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
    }

    private static Lyrics Of(string place, string words, Sha256Digest sha256, bool isBeside) =>
        new(words.TrimStart().StartsWith('[') && words.Contains(':', StringComparison.Ordinal) && words.Contains(']', StringComparison.Ordinal) ? Lyrics.Timed : Lyrics.Plain, place, sha256, isBeside ? words : null);

    private void Look(string folder)
    {
        _folder = folder;
        try
        {
            _names = Directory.EnumerateFiles(Path.Combine(root, folder)).Select(f => Path.GetFileName(f)).ToHashSet(StringComparer.Ordinal);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _names = [];
        }

        _sheets = [];
        foreach (var name in _names.Where(n => n.EndsWith(".cue", StringComparison.OrdinalIgnoreCase)).Order(StringComparer.Ordinal).Take(MostSheets))
            if (Read(folder + name, CueSheet.LongestBytes) is { } bytes && Text(bytes) is { } text)
                _sheets.Add((folder + name, new Sha256Digest(SHA256.HashData(bytes)), CueSheet.Read(text).ToLookup(t => t.File[(t.File.LastIndexOfAny(['/', '\\']) + 1)..])));
    }

    // Null where it is a link, too long, or cannot be read: what lies beside a file does not keep it out.
    private byte[]? Read(string key, int longest)
    {
        try
        {
            var file = new FileInfo(Path.Combine(root, key));
            return file is { LinkTarget: null, Attributes: var attributes } && (attributes & FileAttributes.Device) == 0 && file.Length > 0 && file.Length <= longest && Workbench.Durable.IsOrdinaryFile(file.FullName)
                ? File.ReadAllBytes(file.FullName) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    // Sheets and lyrics of old programs are in the code page of their time; what is no UTF-8 is read as Latin-1. Binary files are no text.
    private static string? Text(byte[] bytes)
    {
        if (bytes.AsSpan().Contains((byte)0))
            return null;
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes).TrimStart('\uFEFF');
        }
        catch (DecoderFallbackException)
        {
            return Encoding.Latin1.GetString(bytes);
        }
    }
}
