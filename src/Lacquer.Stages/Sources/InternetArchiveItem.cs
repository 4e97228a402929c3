using System.Text.Json;
using Lacquer.Formats.Rights;

namespace Lacquer.Stages.Sources;

/// <summary>What an answer of the Internet Archive's metadata API says of music: an item is a release, and an audio file with all that the archive made of it is a track.</summary>
internal static class InternetArchiveItem
{
    private const int LongestTitle = 1000;
    private const string Recording = "urn:mb_recording_id:";
    private const string ReleaseId = "urn:mb_release_id:";

    // Codecs as ffprobe names them, by extension; "" where an extension may hold several. Lossless ones first: of two originals of one track the first is taken.
    private static readonly (string Extension, string Codec)[] Codecs =
    [
        (".flac", "flac"), (".wav", ""), (".aiff", ""), (".aif", ""), (".shn", "shorten"), (".ape", "ape"), (".wv", "wavpack"), (".m4a", ""),
        (".opus", "opus"), (".ogg", "vorbis"), (".oga", ""), (".mp3", "mp3"), (".mp2", "mp2"), (".aac", "aac"), (".wma", ""),
    ];

    /// <summary>Why an item is not taken; null where it is.</summary>
    public static (string Kind, string Message)? SetAside(JsonElement item)
    {
        if (item.ValueKind != JsonValueKind.Object || item.Text("error").Length > 0 || !item.EnumerateObject().Any())
            return ("missing", "the archive has no such item");
        if (IsSet(item, "is_dark"))
            return ("dark", "the archive has taken it out of sight");
        if (!item.TryGetProperty("metadata", out var about) || about.ValueKind != JsonValueKind.Object)
            return ("unreadable", "the answer has no metadata");
        if (IsSet(about, "access-restricted-item"))
            return ("restricted", "the archive lends it or restricts who may have it");
        return IsOtherMedia(about.Text("mediatype")) ?? (Tracks(item, about).Count == 0 ? ("empty", "it has no audio files") : null);
    }

    /// <summary>Why an item of this media type is not taken; null where it is.</summary>
    public static (string Kind, string Message)? IsOtherMedia(string mediatype) =>
        mediatype is "audio" or "etree" ? null : ("mediatype", mediatype.Length is > 0 and < 40 ? $"it is of the media type {mediatype}, not of audio or etree" : "its media type is neither audio nor etree");

    /// <summary>The release.</summary>
    /// <exception cref="FormatException">It is no answer for an item.</exception>
    public static SourceRelease Release(string key, JsonElement item)
    {
        if (!item.TryGetProperty("metadata", out var about) || about.ValueKind != JsonValueKind.Object)
            throw new FormatException("the answer has no metadata");
        var tracks = Tracks(item, about);
        var isPlaced = tracks.All(t => t.Position > 0) && tracks.DistinctBy(t => (t.Medium, t.Position)).Count() == tracks.Count;
        var licence = Licence.Recognise(about.Text("licenseurl"))?.Code ?? "";
        return new SourceRelease(key, Cut(about.Text("title") is { Length: > 0 } title ? title : key))
        {
            Mbid = Named(about, ReleaseId),
            Artists = Credit(about.Texts("creator")),
            Date = SourceText.Date(about.Text("date")) is > 0 and var date ? date : SourceText.Date(about.Text("year")),
            Barcode = new string(Named(about, "urn:upc:").Where(char.IsAsciiDigit).ToArray()),
            Genres = Cut(about.Texts("genre")),
            Licence = licence,
            // Numbered where all the numbers make sense together, otherwise in the order of the files.
            Tracks = tracks.Select((track, i) => new SourceTrack(isPlaced ? track.Medium : 1, isPlaced ? track.Position : i + 1, Heard(key, track, licence)) { HasFile = track.Files.Exists(f => f.IsPublic) }).ToList(),
        };
    }

    /// <summary>The files that anybody may download.</summary>
    public static IEnumerable<SourceFile> Files(string key, JsonElement item, Uri server)
    {
        if (!item.TryGetProperty("metadata", out var about) || about.ValueKind != JsonValueKind.Object)
            return [];
        var evidence = SourceFile.EvidenceOf(key, item, ("licenseurl", about.Text("licenseurl")), ("rights", about.Text("rights")));
        return from track in Tracks(item, about)
               from file in track.Files
               where file.IsPublic
               select new SourceFile(KeyOf(key, track), new Uri(server, $"download/{Uri.EscapeDataString(key)}/{string.Join('/', file.Name.Split('/').Select(Uri.EscapeDataString))}").AbsoluteUri, evidence)
               {
                   FileName = file.Name,
                   Page = new Uri(server, $"details/{Uri.EscapeDataString(key)}").AbsoluteUri,
                   LengthBytes = file.About.Whole("size"),
                   DurationMs = SourceText.DurationMs(file.About.Text("length")),
                   Codec = Codecs[file.Preference].Codec,
                   BitrateKbps = file.About.Whole("bitrate"),
                   Md5 = file.About.Text("md5").ToLowerInvariant(),
                   Sha1 = file.About.Text("sha1").ToLowerInvariant(),
                   IsDerivative = file.IsDerivative,
               };
    }

    private static SourceRecording Heard(string key, Track track, string licence)
    {
        var about = track.Files[0].About;
        var artists = about.Texts("artist") is { Count: > 0 } named ? named : about.Texts("creator");
        return new SourceRecording(KeyOf(key, track), Cut(about.Text("title") is { Length: > 0 } title ? title : track.Name[(track.Name.LastIndexOf('/') + 1)..]))
        {
            // A path is no identity: two items may hold one recording.
            IsIdentity = false,
            Mbid = Named(about, Recording),
            Artists = Credit(artists),
            DurationMs = track.Files.Select(f => SourceText.DurationMs(f.About.Text("length"))).FirstOrDefault(d => d > 0),
            Isrcs = about.Texts("isrc") is { Count: > 0 } codes ? codes : Named(about, "urn:isrc:") is { Length: > 0 } code ? [code] : [],
            Licence = licence,
            Genres = Cut(about.Texts("genre")),
        };
    }

    // What was made of an original belongs to it, whatever it is called; originals that differ in their extension alone are one track in several formats.
    private static List<Track> Tracks(JsonElement item, JsonElement about)
    {
        var isStreamed = about.Texts("collection").Contains("stream_only", StringComparer.Ordinal);
        var originals = new Dictionary<string, string>(StringComparer.Ordinal);
        var listed = item.List("files").Where(f => f.ValueKind == JsonValueKind.Object).Select(f => (About: f, Name: f.Text("name"))).Where(f => f.Name.Length > 0).ToList();
        foreach (var (file, name) in listed)
            if (file.Text("source") == "derivative" && file.Text("original") is { Length: > 0 } original)
                originals[name] = original;
        var tracks = new Dictionary<string, Track>(StringComparer.Ordinal);
        foreach (var (file, name) in listed)
        {
            var preference = PreferenceOf(name);
            if (preference < 0)
                continue;
            var isSafe = !name.Split('/').Any(part => part is "" or "." or "..");
            var root = name;
            for (var i = 0; i < 4 && originals.TryGetValue(root, out var of); i++)
                root = of;
            // Of a disc's image many tracks may have been made.
            var key = Path.ChangeExtension(PreferenceOf(root) >= 0 ? root : name, null);
            if (!tracks.TryGetValue(key, out var track))
                tracks.Add(key, track = new Track(key, []));
            track.Files.Add(new ItemFile(file, name, preference, originals.ContainsKey(name), isSafe && !isStreamed && !IsSet(file, "private")));
        }

        return tracks.Values.Select(t => t with { Files = [.. t.Files.OrderBy(f => f.IsDerivative).ThenBy(f => !f.IsPublic).ThenBy(f => f.Preference).ThenBy(f => f.Name, StringComparer.Ordinal)] }).ToList();
    }

    private static int PreferenceOf(string name) => Array.FindIndex(Codecs, c => name.EndsWith(c.Extension, StringComparison.OrdinalIgnoreCase));

    private static string KeyOf(string item, Track track) => $"{item}/{track.Name}";

    private static List<SourceName> Credit(IReadOnlyList<string> names) => names.Take(100).Select(n => new SourceName(Cut(n)) { JoinPhrase = ", " }).ToList();

    private static string Named(JsonElement about, string prefix) =>
        about.Texts("external-identifier").FirstOrDefault(i => i.StartsWith(prefix, StringComparison.Ordinal)) is { } found ? found[prefix.Length..] : "";

    // A flag is a truth value, or the word for one.
    private static bool IsSet(JsonElement item, string name) => item.TryGetProperty(name, out var value) && (value.ValueKind == JsonValueKind.True || value.Text() is "true" or "1");

    private static List<string> Cut(IReadOnlyList<string> texts) => texts.Take(20).Select(Cut).ToList();

    private static string Cut(string text) => text.Length <= LongestTitle ? text : text[..(char.IsHighSurrogate(text[LongestTitle - 1]) ? LongestTitle - 1 : LongestTitle)];

    private sealed record Track(string Name, List<ItemFile> Files)
    {
        public int Position => SourceText.Number(Files[0].About.Text("track")) ?? 0;

        public int Medium => SourceText.Number(Files[0].About.Text("disc")) ?? 1;
    }

    private sealed record ItemFile(JsonElement About, string Name, int Preference, bool IsDerivative, bool IsPublic);
}
