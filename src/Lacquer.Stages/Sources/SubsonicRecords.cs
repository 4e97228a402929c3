using System.Text.Json;
using Lacquer.Formats.Identity;
using Lacquer.Stages.Workbench;

namespace Lacquer.Stages.Sources;

/// <summary>What a Subsonic server's records say of music. Fields beside those of API 1.16.1 are OpenSubsonic's.</summary>
internal static class SubsonicRecords
{
    /// <summary>An artist of <c>getArtists</c>. Its MBID is left to the record: albums and songs name their artists by the server's key alone, and with the MBID it would be another artist than theirs.</summary>
    public static SourceArtist? Artist(JsonElement artist) => artist.Text("name").Length == 0 ? null : new SourceArtist(artist.Text("id"), artist.Text("name"))
    {
        SortName = artist.Text("sortName"),
    };

    /// <summary>An album of <c>getAlbum</c>, with its songs.</summary>
    public static SourceRelease? Album(JsonElement record)
    {
        var album = record.Child("album");
        var title = album.Text("name") is { Length: > 0 } name ? name : album.Text("title");
        var cover = record.Child("cover");
        return title.Length == 0 ? null : new SourceRelease(album.Text("id"), title)
        {
            Mbid = album.Text("musicBrainzId"),
            Artists = Credit(album),
            Date = Date(album),
            Type = album.Texts("releaseTypes") is [var type, ..] ? type : album.TryGetProperty("isCompilation", out var mixed) && mixed.ValueKind == JsonValueKind.True ? "Compilation" : "",
            Labels = album.List("recordLabels").Select(l => (l.Text("name"), "")).Where(l => l.Item1.Length > 0).Distinct().ToList(),
            Media = album.List("discTitles").Select(d => (Position: (int)Math.Min(d.Whole("disc") ?? 0, ushort.MaxValue), Format: "", Title: d.Text("title"))).Where(d => d.Position > 0 && d.Title.Length > 0).ToList(),
            Genres = Genres(album),
            Images = Sha256Digest.TryParse(cover.Text("sha256"), out var digest) && CoverFiles.IsExtension(cover.Text("extension")) ? [new SourceImage("front", "", digest.ToArray())] : [],
            Tracks = Songs(album).Select(song => new SourceTrack((int)Math.Clamp(song.Whole("discNumber") ?? 1, 1, ushort.MaxValue), (int)Math.Min(song.Whole("track") ?? 0, ushort.MaxValue), Song(song)) { HasFile = true }).ToList(),
        };
    }

    /// <summary>The songs of an album that have a key and a name.</summary>
    public static IEnumerable<JsonElement> Songs(JsonElement album) => album.List("song")
        .Where(s => s.ValueKind == JsonValueKind.Object && s.Text("id").Length > 0 && Title(s).Length > 0 && !(s.TryGetProperty("isVideo", out var video) && video.ValueKind == JsonValueKind.True));

    /// <summary>Milliseconds; 0 where the server does not say.</summary>
    public static int DurationMs(JsonElement song) => song.Whole("duration") is > 0 and < 2_000_000 and var seconds ? (int)seconds * 1000 : 0;

    /// <summary>A member that is an object; of what is none, nothing.</summary>
    public static JsonElement Child(this JsonElement record, string name) =>
        record.ValueKind == JsonValueKind.Object && record.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Object ? value : default;

    // The server's key is of a file, and one recording may lie in two files.
    private static SourceRecording Song(JsonElement song) => new(song.Text("id"), Title(song))
    {
        IsIdentity = false,
        Mbid = song.Text("musicBrainzId"),
        Artists = Credit(song),
        DurationMs = DurationMs(song),
        Isrcs = song.Texts("isrc"),
        Listens = song.Whole("playCount") ?? 0,
        IsExplicit = song.Text("explicitStatus") switch { "explicit" => true, "clean" => false, _ => null },
        Genres = Genres(song),
    };

    private static string Title(JsonElement song) => song.Text("title") is { Length: > 0 } title ? title : Path.GetFileNameWithoutExtension(song.Text("path"));

    private static List<SourceName> Credit(JsonElement of)
    {
        var names = of.List("artists").Where(a => a.Text("name").Length > 0).Select(a => new SourceName(a.Text("name")) { Id = a.Text("id") }).ToList();
        if (names.Count == 0)
            return of.Text("artist") is { Length: > 0 } artist ? [new SourceName(artist) { Id = of.Text("artistId") }] : [];
        // What is printed between two names stands in the whole credit, where that is given.
        var (display, at) = (of.Text("displayArtist"), 0);
        for (var i = 0; i + 1 < names.Count; i++)
        {
            var end = display.IndexOf(names[i].Name, at, StringComparison.Ordinal) is >= 0 and var start ? start + names[i].Name.Length : -1;
            var next = end < 0 ? -1 : display.IndexOf(names[i + 1].Name, end, StringComparison.Ordinal);
            names[i] = names[i] with { JoinPhrase = next < 0 ? ", " : display[end..next] };
            at = next < 0 ? display.Length : next;
        }

        return names;
    }

    private static List<string> Genres(JsonElement of) => of.List("genres").Select(g => g.Text("name")).Append(of.Text("genre")).Where(g => g.Length > 0).Distinct(StringComparer.Ordinal).ToList();

    private static int Date(JsonElement album)
    {
        foreach (var date in new[] { album.Child("releaseDate"), album.Child("originalReleaseDate") })
            if (date.Whole("year") is >= 1000 and <= 9999 and var year)
                return SourceText.Date(FormattableString.Invariant($"{year:0000}-{date.Whole("month") ?? 0:00}-{date.Whole("day") ?? 0:00}"));
        return SourceText.Date(album.Text("year"));
    }
}
