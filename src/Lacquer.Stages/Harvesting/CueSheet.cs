using System.Globalization;
using System.Text.RegularExpressions;

namespace Lacquer.Stages.Harvesting;

/// <summary>A track of a cue sheet.</summary>
/// <param name="Number">1 to 99.</param>
/// <param name="File">The file it is in, as the sheet names it.</param>
/// <param name="StartMs">Where it begins in the file: its INDEX 01.</param>
/// <param name="Tags">What the sheet says of it and of the disc, under the names that tags have.</param>
internal sealed record CueTrack(int Number, string File, int StartMs, IReadOnlyList<KeyValuePair<string, string>> Tags);

/// <summary>A cue sheet (CDRWIN, "Cue Sheet Commands"): which tracks a file holds, and where each begins. What is not known of it is passed over.</summary>
internal static partial class CueSheet
{
    /// <summary>Bytes of the longest sheet that is read.</summary>
    public const int LongestBytes = 1 << 20;

    private const int MostTracks = 99;
    private const int FramesASecond = 75;

    /// <summary>Its tracks of audio, in order; none where it has none.</summary>
    public static IReadOnlyList<CueTrack> Read(string text)
    {
        var (disc, tracks) = (new List<KeyValuePair<string, string>>(), new List<CueTrack>());
        var (file, number, start) = ("", 0, -1);
        List<KeyValuePair<string, string>>? track = null;
        foreach (var line in text.Split('\n'))
        {
            if (Command().Match(line) is not { Success: true } command)
                continue;
            var value = command.Groups["quoted"].Success ? command.Groups["quoted"].Value : command.Groups["plain"].Value.Trim();
            switch (command.Groups["name"].Value.ToUpperInvariant())
            {
                case "FILE":
                    Close();
                    file = command.Groups["quoted"].Success ? value : value[..Math.Max(value.LastIndexOf(' '), 0)];
                    break;
                case "TRACK":
                    Close();
                    if (value.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var digits, "AUDIO"] && int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number is > 0 and <= MostTracks)
                        track = [];
                    break;
                case "INDEX" when track is not null && Index().Match(value) is { Success: true } index:
                    start = (int)((long.Parse(index.Groups[1].Value, CultureInfo.InvariantCulture) * 60 + int.Parse(index.Groups[2].Value, CultureInfo.InvariantCulture)) * 1000
                        + int.Parse(index.Groups[3].Value, CultureInfo.InvariantCulture) * 1000 / FramesASecond);
                    break;
                case "TITLE": Say(track is null ? "ALBUM" : "TITLE"); break;
                case "PERFORMER": Say(track is null ? "ALBUM_ARTIST" : "ARTIST"); break;
                case "SONGWRITER": Say("COMPOSER"); break;
                case "ISRC": Say("ISRC"); break;
                case "CATALOG": Say("BARCODE"); break;
                case "REM GENRE": Say("GENRE"); break;
                case "REM DATE": Say("DATE"); break;
            }

            void Say(string tag)
            {
                if (value.Length > 0 && value.Length <= 2000)
                    (track ?? disc).Add(new(tag, value));
            }
        }

        Close();
        return tracks;

        void Close()
        {
            if (track is not null && start >= 0 && tracks.Count < MostTracks)
            {
                if (!track.Exists(t => t.Key == "ARTIST") && disc.Find(t => t.Key == "ALBUM_ARTIST").Value is { } performer)
                    track.Add(new("ARTIST", performer));
                tracks.Add(new CueTrack(number, file, start, [.. track, .. disc.Where(d => !track.Exists(t => t.Key == d.Key)), new("TRACKNUMBER", number.ToString(CultureInfo.InvariantCulture))]));
            }

            (track, start) = (null, -1);
        }
    }

    [GeneratedRegex("""^\s*(?<name>REM GENRE|REM DATE|FILE|TRACK|INDEX|TITLE|PERFORMER|SONGWRITER|ISRC|CATALOG)\s+(?:"(?<quoted>[^"]*)"|(?<plain>.*))""", RegexOptions.IgnoreCase)]
    private static partial Regex Command();

    [GeneratedRegex(@"^01 +(\d{1,4}):([0-5]\d):([0-6]\d|7[0-4])$")]
    private static partial Regex Index();
}
