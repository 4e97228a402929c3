using System.Globalization;
using System.Text.RegularExpressions;
using Lacquer.Formats.Identity;

namespace Lacquer.Stages.Sources;

/// <summary>What one record of a source says of music, in MusicBrainz's terms: a release with its tracks, a recording, or an artist. Texts are verbatim; "" stands for what is not said.</summary>
public abstract record SourceDocument;

/// <summary>An artist.</summary>
/// <param name="Id">The source's own key.</param>
/// <param name="Name">The name.</param>
public sealed record SourceArtist(string Id, string Name) : SourceDocument
{
    /// <summary>The MusicBrainz identifier, or "".</summary>
    public string Mbid { get; init; } = "";

    /// <summary>The name as it is sorted by.</summary>
    public string SortName { get; init; } = "";

    /// <summary>Other names; at most 255 are kept.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>Genres; at most 255 are kept.</summary>
    public IReadOnlyList<string> Genres { get; init; } = [];
}

/// <summary>Two recordings that are one, by the ids that a catalogue gives them.</summary>
/// <param name="One">One.</param>
/// <param name="Other">The other.</param>
public sealed record SourceSame(EntityId One, EntityId Other) : SourceDocument;

/// <summary>A recording: by itself, or with the place it says it has on a release.</summary>
/// <param name="Id">The source's own key.</param>
/// <param name="Title">The title.</param>
public sealed record SourceRecording(string Id, string Title) : SourceDocument
{
    /// <summary>Whether two records with this key are of one recording. A path is no identity: two files may hold one recording.</summary>
    public bool IsIdentity { get; init; } = true;

    /// <summary>The MusicBrainz identifier, or "".</summary>
    public string Mbid { get; init; } = "";

    /// <summary>The artist credit, in order.</summary>
    public IReadOnlyList<SourceName> Artists { get; init; } = [];

    /// <summary>Milliseconds; 0 where not known.</summary>
    public int DurationMs { get; init; }

    /// <summary>ISRCs as the source writes them; those that are none are counted.</summary>
    public IReadOnlyList<string> Isrcs { get; init; } = [];

    /// <summary>How often it was heard, in the source's own count; 0 where not known.</summary>
    public long Listens { get; init; }

    /// <summary>Whether its words are explicit, where the source says.</summary>
    public bool? IsExplicit { get; init; }

    /// <summary>The licence: an SPDX id where one was recognised.</summary>
    public string Licence { get; init; } = "";

    /// <summary>Genres; at most 255 are kept.</summary>
    public IReadOnlyList<string> Genres { get; init; } = [];

    /// <summary>Other titles; at most 255 are kept.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>The release it stands on, without tracks; null where it says none. Many records may speak of one release so.</summary>
    public SourceRelease? Release { get; init; }

    /// <summary>Its medium on that release, from 1.</summary>
    public int Medium { get; init; } = 1;

    /// <summary>Its position there; 0 where not known.</summary>
    public int Position { get; init; }
}

/// <summary>A release.</summary>
/// <param name="Id">The source's own key.</param>
/// <param name="Title">The title.</param>
public sealed record SourceRelease(string Id, string Title) : SourceDocument
{
    /// <summary>As <see cref="SourceRecording.IsIdentity"/>.</summary>
    public bool IsIdentity { get; init; } = true;

    /// <summary>The MusicBrainz identifier, or "".</summary>
    public string Mbid { get; init; } = "";

    /// <summary>The artist credit, in order.</summary>
    public IReadOnlyList<SourceName> Artists { get; init; } = [];

    /// <summary>YYYYMMDD, with 00 for what is not known of it; 0 for none. See <see cref="SourceText.Date"/>.</summary>
    public int Date { get; init; }

    /// <summary>The barcode as the source writes it.</summary>
    public string Barcode { get; init; } = "";

    /// <summary>Album, Single, EP, …</summary>
    public string Type { get; init; } = "";

    /// <summary>Labels with their catalogue numbers, either may be "".</summary>
    public IReadOnlyList<(string Label, string CatalogueNumber)> Labels { get; init; } = [];

    /// <summary>The media that have a format or title.</summary>
    public IReadOnlyList<(int Position, string Format, string Title)> Media { get; init; } = [];

    /// <summary>Genres; at most 255 are kept.</summary>
    public IReadOnlyList<string> Genres { get; init; } = [];

    /// <summary>Other titles; at most 255 are kept.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>Countries where it can be had, two letters (ISO 3166-1).</summary>
    public IReadOnlyList<string> Markets { get; init; } = [];

    /// <summary>The licence: an SPDX id where one was recognised.</summary>
    public string Licence { get; init; } = "";

    /// <summary>Pictures.</summary>
    public IReadOnlyList<SourceImage> Images { get; init; } = [];

    /// <summary>All its tracks.</summary>
    public IReadOnlyList<SourceTrack> Tracks { get; init; } = [];
}

/// <summary>A place on a release.</summary>
/// <param name="Medium">From 1.</param>
/// <param name="Position">From 1; 0 where not known.</param>
/// <param name="Recording">What is heard there. Where its <see cref="SourceRecording.Id"/> is "", it is known by this place. Its own release is passed over.</param>
public sealed record SourceTrack(int Medium, int Position, SourceRecording Recording)
{
    /// <summary>Whether the record has a file for it (<see cref="Adapter.Files"/>), by the recording's key.</summary>
    public bool HasFile { get; init; }
}

/// <summary>One name of an artist credit.</summary>
/// <param name="Name">As printed.</param>
public sealed record SourceName(string Name)
{
    /// <summary>The source's own key for the artist, or "".</summary>
    public string Id { get; init; } = "";

    /// <summary>The artist's MusicBrainz identifier, or "".</summary>
    public string Mbid { get; init; } = "";

    /// <summary>The artist's own name, where the credit has another.</summary>
    public string ArtistName { get; init; } = "";

    /// <summary>What stands between this name and the next, blanks included.</summary>
    public string JoinPhrase { get; init; } = "";
}

/// <summary>A picture of a release.</summary>
/// <param name="Type">Front, back, …</param>
/// <param name="Url">Where it can be had, or "".</param>
/// <param name="Sha256">The picture kept in the archive's <c>images</c>; empty where none is.</param>
public sealed record SourceImage(string Type, string Url, byte[] Sha256);

/// <summary>How texts of sources are read, leniently: what cannot be is not known.</summary>
public static partial class SourceText
{
    /// <summary>A date that begins with a year of four digits, then month and day if they are there, as YYYYMMDD; 0 where it is none.</summary>
    public static int Date(string? text)
    {
        var match = DateParts().Match(text ?? "");
        if (!match.Success)
            return 0;
        int Part(string name, int most) => int.TryParse(match.Groups[name].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value <= most ? value : 0;
        var (year, month, day) = (Part("year", 9999), Part("month", 12), Part("day", 31));
        if (year < 1000)
            return 0;
        // The thirtieth of February is a month without a day.
        if (month == 0 || (day > 0 && day > DateTime.DaysInMonth(year, month)))
            day = 0;
        return year * 10_000 + month * 100 + day;
    }

    /// <summary>A duration written as seconds, M:SS or H:MM:SS in milliseconds; 0 where it is none, or longer than two weeks.</summary>
    public static int DurationMs(string? text)
    {
        var seconds = 0.0;
        foreach (var part in (text ?? "").Trim().Split(':'))
        {
            if (!double.TryParse(part, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
                return 0;
            seconds = seconds * 60 + number;
        }

        return seconds < 14 * 86400 ? (int)Math.Round(seconds * 1000) : 0;
    }

    /// <summary>A whole number at the beginning, as in "9", "09" or "9/12"; null where there is none below 100,000.</summary>
    public static int? Number(string? text) =>
        NumberOf().Match(text ?? "") is { Success: true } match && int.TryParse(match.Groups[1].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is > 0 and < 100_000
            ? number : null;

    [GeneratedRegex(@"^\s*0*(\d{1,6})")]
    private static partial Regex NumberOf();

    [GeneratedRegex(@"^\s*(?<year>\d{4})(?:[-/.](?<month>\d{1,2})(?:[-/.](?<day>\d{1,2}))?)?")]
    private static partial Regex DateParts();
}
