using System.Text.Json.Serialization;

namespace Lacquer.Formats.Rights;

/// <summary>Who says which licence a file is under. The order is the order of authority: the first kind that speaks decides.</summary>
public enum EvidenceKind
{
    /// <summary>An operator's own statement, with name and date: in <c>lacquer.toml</c>, or in a <c>rights.toml</c> beside the files.</summary>
    [JsonStringEnumMemberName("statement")]
    Statement,

    /// <summary>A machine-readable Debian copyright file (DEP-5, copyright-format 1.0) whose globs cover the file.</summary>
    [JsonStringEnumMemberName("dep5")]
    Dep5,

    /// <summary>A field of the source's own record of the file or its release, such as the Internet Archive's <c>licenseurl</c>.</summary>
    [JsonStringEnumMemberName("record")]
    Record,

    /// <summary>A tag in the file.</summary>
    [JsonStringEnumMemberName("tag")]
    Tag,

    /// <summary>The date of the earliest release that has the recording, where policy clears by age. Never in an accession: it comes of the catalogue.</summary>
    [JsonStringEnumMemberName("age")]
    Age,
}

/// <summary>One record that says which licence a file is under, so that it can be looked at again.</summary>
/// <param name="Kind">Who says so.</param>
/// <param name="Place">Where: a path inside the source, <c>lacquer.toml</c>, the name of a record's field or of a tag; for an age the release's id.</param>
/// <param name="Text">What it says, verbatim, at most <see cref="Licence.LongestText"/> letters; for an age the date, <c>1925-03-00</c>.</param>
/// <param name="Sha256">SHA-256 of the file it stands in, of the record's line, or of a statement's own text in <see cref="RightsPolicy.Text"/>; 64 hex digits.</param>
/// <param name="By">Who signs a statement; "" for the other kinds.</param>
/// <param name="Date">When a statement was made, as written; "" for the other kinds.</param>
public sealed record Evidence(EvidenceKind Kind, string Place, string Text, string Sha256, string By = "", string Date = "")
{
    /// <summary>The licence it names, or null.</summary>
    public Licence? Recognise() => Kind switch
    {
        EvidenceKind.Dep5 => Licence.RecogniseShortName(Text),
        EvidenceKind.Age => null,
        _ => Licence.Recognise(Text),
    };
}

/// <summary>The names of the kinds, as accessions and the ledger write them.</summary>
public static class EvidenceKindNames
{
    private static readonly string[] All = ["statement", "dep5", "record", "tag", "age"];

    /// <summary>The name of a kind.</summary>
    public static string Of(EvidenceKind kind) => All[(int)kind];

    /// <summary>The kind of this name.</summary>
    public static bool TryParse(string? name, out EvidenceKind kind)
    {
        kind = (EvidenceKind)Array.IndexOf(All, name);
        return kind >= 0;
    }
}
