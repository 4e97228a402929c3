namespace Lacquer.Formats.Catalogues;

/// <summary>The tables of <c>lookups.sqlite</c>, which is made from <c>catalogue.sqlite</c> alone: blocked postings, all of one form, written by <see cref="LookupWriter"/> and read by <see cref="Lookup"/>.</summary>
public static class LookupTables
{
    /// <summary>The format, in <c>meta</c> under <c>format</c>. A reader refuses one that it does not know.</summary>
    public const string Format = "lacquer-lookups/1";

    /// <summary>The first four bytes of an artist's id to its rank.</summary>
    public const string ArtistEid = "lookup_artist_eid";

    /// <summary>The first four bytes of an artist's MBID to its rank.</summary>
    public const string ArtistMbid = "lookup_artist_mbid";

    /// <summary>The first four bytes of a recording's id to its rank.</summary>
    public const string RecordingEid = "lookup_recording_eid";

    /// <summary>The first four bytes of a recording's MBID to its rank.</summary>
    public const string RecordingMbid = "lookup_recording_mbid";

    /// <summary>The first four bytes of a release's id to its rank.</summary>
    public const string ReleaseEid = "lookup_release_eid";

    /// <summary>The first four bytes of a release's MBID to its rank.</summary>
    public const string ReleaseMbid = "lookup_release_mbid";

    /// <summary>A packed ISRC to the recordings that carry it.</summary>
    public const string Isrc = "lookup_isrc";

    /// <summary>A GTIN to the releases that carry it.</summary>
    public const string Gtin = "lookup_gtin";

    /// <summary>A recording to the releases it stands on, each once.</summary>
    public const string RecordingRelease = "lookup_recording_release";

    /// <summary>An artist to the recordings whose credit names the artist.</summary>
    public const string ArtistRecording = "lookup_artist_recording";

    /// <summary>An artist to the releases whose credit names the artist.</summary>
    public const string ArtistRelease = "lookup_artist_release";

    /// <summary>All their names, in the order of the schema.</summary>
    public static IReadOnlyList<string> All { get; } =
        [ArtistEid, ArtistMbid, RecordingEid, RecordingMbid, ReleaseEid, ReleaseMbid, Isrc, Gtin, RecordingRelease, ArtistRecording, ArtistRelease];

    /// <summary>The statement that makes one of them.</summary>
    /// <param name="name">One of <see cref="All"/>.</param>
    public static string Create(string name) => $"CREATE TABLE {name}(id INTEGER PRIMARY KEY, entries BLOB NOT NULL) STRICT;";

    /// <summary>The statements that make the file: its <c>meta</c>, and all of them.</summary>
    public static string Schema { get; } = string.Join('\n', All.Select(Create).Prepend("CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;"));

    /// <summary>The table whose rows' ids a look-up finds; null where it finds something else.</summary>
    internal static string? EntityOfIds(string name) => name switch { ArtistEid => "artist", RecordingEid => "recording", ReleaseEid => "release", _ => null };
}
