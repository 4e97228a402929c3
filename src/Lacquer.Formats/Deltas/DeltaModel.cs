using Lacquer.Formats.Databases;

namespace Lacquer.Formats.Deltas;

/// <summary>Kinds of things that rows number and other rows refer to. The order is that of the file; a kind comes behind those that its things are made of.</summary>
internal enum DeltaKind
{
    Genre,
    GenreSet,
    Artist,
    Credit,
    Label,
    Licence,
    ReleaseType,
    MediumFormat,
    MediaSet,
    MarketSet,
    Recording,
    Release,
}

/// <summary>What a delta knows of the catalogue's schema: which columns are numbers of a kind of thing; docs/format/delta.md.</summary>
internal static class DeltaModel
{
    public static readonly int Kinds = Enum.GetValues<DeltaKind>().Length;

    // Whose numbers a table gives, where it is by its first column. Further tables whose rows hang on a thing come behind.
    private static readonly Dictionary<string, DeltaKind> Parents = new(StringComparer.Ordinal)
    {
        ["artist.id"] = DeltaKind.Artist,
        ["artist_alias.artist"] = DeltaKind.Artist,
        ["artist_key_more.artist"] = DeltaKind.Artist,
        ["credit.id"] = DeltaKind.Credit,
        ["credit_name.credit"] = DeltaKind.Credit,
        ["recording.id"] = DeltaKind.Recording,
        ["recording_rare.recording"] = DeltaKind.Recording,
        ["recording_isrc_more.recording"] = DeltaKind.Recording,
        ["recording_alias.recording"] = DeltaKind.Recording,
        ["recording_key.recording"] = DeltaKind.Recording,
        ["recording_source.recording"] = DeltaKind.Recording,
        ["recording_feature.recording"] = DeltaKind.Recording,
        ["release.id"] = DeltaKind.Release,
        ["release_alias.release"] = DeltaKind.Release,
        ["release_source_more.release"] = DeltaKind.Release,
        ["release_label_more.release"] = DeltaKind.Release,
        ["track.release"] = DeltaKind.Release,
        ["image.release"] = DeltaKind.Release,
        ["medium.media_set"] = DeltaKind.MediaSet,
        ["label.id"] = DeltaKind.Label,
        ["licence.id"] = DeltaKind.Licence,
        ["release_type.id"] = DeltaKind.ReleaseType,
        ["medium_format.id"] = DeltaKind.MediumFormat,
        ["genre.id"] = DeltaKind.Genre,
        ["genre_set.id"] = DeltaKind.GenreSet,
        ["market_set.id"] = DeltaKind.MarketSet,
    };

    private static readonly Dictionary<string, DeltaKind> References = new(StringComparer.Ordinal)
    {
        ["artist.genre_set"] = DeltaKind.GenreSet,
        ["credit.artist"] = DeltaKind.Artist,
        ["credit_name.artist"] = DeltaKind.Artist,
        ["recording.artist_credit"] = DeltaKind.Credit,
        ["recording_rare.licence"] = DeltaKind.Licence,
        ["recording_rare.genre_set"] = DeltaKind.GenreSet,
        ["release.artist_credit"] = DeltaKind.Credit,
        ["release.type"] = DeltaKind.ReleaseType,
        ["release.media_set"] = DeltaKind.MediaSet,
        ["release.market_set"] = DeltaKind.MarketSet,
        ["release.genre_set"] = DeltaKind.GenreSet,
        ["release.licence"] = DeltaKind.Licence,
        ["release.label"] = DeltaKind.Label,
        ["release_label_more.label"] = DeltaKind.Label,
        ["medium.format"] = DeltaKind.MediumFormat,
        ["track.recording"] = DeltaKind.Recording,
        ["track.artist_credit"] = DeltaKind.Credit,
        ["genre_set.genre"] = DeltaKind.Genre,
    };

    /// <summary>What a table's rows hang on; null where they stand for themselves.</summary>
    public static DeltaKind? ParentOf(string table, TableColumns columns) => Parents.TryGetValue($"{table}.{columns.All[0].Name}", out var kind) ? kind : null;

    /// <summary>What a column's numbers are of; null where they are but numbers.</summary>
    public static DeltaKind? ReferenceOf(string table, string column) => References.TryGetValue($"{table}.{column}", out var kind) ? kind : null;

    /// <summary>The column that holds what a thing of a kind is known by for good, or null where all that its rows say is what it is.</summary>
    public static string? NameOf(DeltaKind kind) => kind is DeltaKind.Artist or DeltaKind.Recording or DeltaKind.Release ? "eid" : null;

    /// <summary>The tables that say what a thing of a kind is.</summary>
    public static IReadOnlyList<string> TablesOf(DeltaKind kind) => kind switch
    {
        DeltaKind.Artist => ["artist"],
        DeltaKind.Recording => ["recording"],
        DeltaKind.Release => ["release"],
        DeltaKind.Credit => ["credit", "credit_name"],
        DeltaKind.Label => ["label"],
        DeltaKind.Licence => ["licence"],
        DeltaKind.ReleaseType => ["release_type"],
        DeltaKind.MediumFormat => ["medium_format"],
        DeltaKind.MediaSet => ["medium"],
        DeltaKind.Genre => ["genre"],
        DeltaKind.GenreSet => ["genre_set"],
        _ => ["market_set"],
    };

    /// <summary>Whether a column is worked out from the listens before it: <c>recording.popularity</c>.</summary>
    public static bool IsPopularity(string table, string column) => table == "recording" && column == "popularity";
}
